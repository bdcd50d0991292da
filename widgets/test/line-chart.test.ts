import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LineChart } from "../src/renderers/line-chart";

/** What is drawn on each canvas: the names of the calls, and the words that are written. */
const calls = new Map<HTMLCanvasElement, { name: string; words: string }[]>();

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(function (
    this: HTMLCanvasElement,
  ) {
    const drawn = calls.get(this) ?? [];
    calls.set(this, drawn);
    const context = { canvas: this, measureText: (words: string) => ({ width: 6 * words.length }) };
    return new Proxy(context, {
      get: (target, name: string) =>
        name in target
          ? target[name as keyof typeof target]
          : (words: unknown) => drawn.push({ name, words: String(words) }),
      set: () => true,
    }) as unknown as CanvasRenderingContext2D;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  calls.clear();
  document.body.replaceChildren();
});

async function opened() {
  const host = document.createElement("div");
  document.body.append(host);
  const chart = new LineChart(host, { xLabel: "step", yLabel: "loss", x: [0, 100], y: [0, 1] });
  const line = { x: [0, 50, 100], y: [1, NaN, 0] };
  chart.setBack([{ ...line, faint: true }]);
  chart.setFront([{ ...line, label: "loss" }]);
  await Promise.resolve();
  const [base, overlay] = host.querySelectorAll("canvas");
  const plot = host.querySelector<HTMLElement>(".jt-plot")!;
  plot.setPointerCapture = () => undefined;
  const taken = (canvas: HTMLCanvasElement) => calls.get(canvas)!.splice(0);
  /** What is written since the last time. */
  const words = () =>
    taken(base!)
      .filter(({ name }) => name === "fillText")
      .map(({ words: text }) => text);
  const point = (type: string, x: number, y: number) => {
    const event = new MouseEvent(type, { clientX: x, clientY: y, bubbles: true });
    plot.dispatchEvent(event);
  };
  return { chart, base: base!, overlay: overlay!, line, taken, words, point, plot };
}

describe("a chart", () => {
  it("has marks and names on its axes", async () => {
    const { words, chart } = await opened();
    expect(words()).toEqual([
      ...["0", "20", "40", "60", "80", "100", "step"],
      ...["0", "0.2", "0.4", "0.6", "0.8", "1", "loss"],
    ]);
    chart.destroy();
  });

  it("draws nothing anew at another step but the lines of the step", async () => {
    const { chart, base, overlay, line, taken } = await opened();
    taken(base);
    taken(overlay);
    chart.restyle();
    chart.setFront([{ ...line, label: "loss", dots: [0] }]);
    await Promise.resolve();
    expect(taken(base)).toEqual([]);
    expect(taken(overlay).filter(({ name }) => name === "arc").length).toBe(1);
  });

  it("is zoomed by a drag, in both directions by a slanting one, and whole again by a double click", async () => {
    const { words, point } = await opened();
    words();
    point("pointerdown", 0, 100);
    point("pointermove", 100, 102);
    point("pointerup", 100, 102);
    await Promise.resolve();
    const zoomed = words();
    expect(zoomed).not.toContain("100");
    expect(zoomed).toContain("1");
    point("dblclick", 0, 0);
    await Promise.resolve();
    expect(words()).toContain("100");
    point("pointerdown", 0, 0);
    point("pointermove", 200, 60);
    point("pointerup", 200, 60);
    await Promise.resolve();
    expect(words()).not.toContain("0.2");
    point("dblclick", 0, 0);
    await Promise.resolve();
    expect(words()).toContain("0.2");
  });

  it("is not zoomed by a click", async () => {
    const { words, point } = await opened();
    words();
    point("pointerdown", 50, 50);
    point("pointerup", 51, 51);
    await Promise.resolve();
    expect(words()).toEqual([]);
  });

  it("tells the values of the point nearest to the pointer", async () => {
    const { point, plot } = await opened();
    const tip = plot.querySelector<HTMLElement>(".jt-tip")!;
    expect(tip.hidden).toBe(true);
    point("pointermove", 14, 10);
    await vi.waitFor(() => expect(tip.hidden).toBe(false));
    expect([...tip.children].map((line) => line.textContent)).toEqual(["loss", "step 0", "loss 1"]);
    point("pointerleave", 0, 0);
    await vi.waitFor(() => expect(tip.hidden).toBe(true));
  });
});

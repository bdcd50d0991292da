import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { svgOf } from "../src/dom/save";
import { LineChart } from "../src/renderers/line-chart";
import type { Axes } from "../src/renderers/axes";
import type { ChartLine } from "../src/renderers/chart-line";

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

const line = { x: [0, 50, 100], y: [1, NaN, 0] };

async function opened(
  lines: ChartLine[] = [{ ...line, label: "loss" }],
  more: Partial<Axes> = {},
  host = document.createElement("div"),
) {
  document.body.append(host);
  const axes = { xLabel: "step", yLabel: "loss", x: [0, 100], y: [0, 1], ...more } as Axes;
  const clicked: number[] = [];
  const chart = new LineChart(host, axes, () => "loss <b>", { clicked: (x) => clicked.push(x) });
  chart.setBack([{ ...line, faint: true }]);
  chart.setFront(lines);
  await Promise.resolve();
  const element = [...host.querySelectorAll(".jt-chart")].at(-1)!;
  const [base, overlay] = element.querySelectorAll("canvas");
  const plot = element.querySelector<HTMLElement>(".jt-plot")!;
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
  const tip = plot.querySelector<HTMLElement>(".jt-tip")!;
  const told = () => (tip.hidden ? null : [...tip.children].map((each) => each.textContent));
  const reset = element.querySelector<HTMLButtonElement>(".jt-chart-tools > button")!;
  return { chart, base: base!, overlay: overlay!, taken, words, point, told, reset, clicked };
}

const drag = async ({ point }: Awaited<ReturnType<typeof opened>>, ...[x, y]: [number, number]) => {
  point("pointerdown", 0, 100);
  point("pointermove", x, y);
  point("pointerup", x, y);
  await Promise.resolve();
};

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
    const { chart, base, overlay, taken } = await opened();
    taken(base);
    taken(overlay);
    chart.restyle();
    chart.setFront([{ ...line, label: "loss", dots: [0] }]);
    await Promise.resolve();
    expect(taken(base)).toEqual([]);
    // The dot, and the ring around it.
    expect(taken(overlay).filter(({ name }) => name === "arc").length).toBe(2);
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

  it("is not zoomed by a click, which tells the place on its x axis while all of it is seen", async () => {
    const { words, point, clicked } = await opened();
    words();
    point("pointerdown", 50, 50);
    point("pointerup", 51, 51);
    await Promise.resolve();
    expect(words()).toEqual([]);
    expect(clicked).toHaveLength(1);
    expect(clicked[0]).toBeGreaterThan(0);
    expect(clicked[0]).toBeLessThan(100);
    point("pointerdown", 0, 100);
    point("pointermove", 100, 102);
    point("pointerup", 100, 102);
    point("pointerdown", 50, 50);
    point("pointerup", 50, 50);
    expect(clicked).toHaveLength(1);
  });

  it("tells the value of every line at the place of the pointer, the highest first", async () => {
    const { point, told } = await opened([
      { ...line, label: "loss" },
      { x: [0, 50, 100], y: [2, 2, 2], colour: 1, label: "<b>val", unit: "B" },
      { x: [60, 100], y: [3, 3], label: "late" },
    ]);
    expect(told()).toBeNull();
    point("pointermove", 14, 10);
    await vi.waitFor(() => expect(told()).toEqual(["step 0", "<b>val2 B", "loss1"]));
    point("pointermove", 230, 10);
    await vi.waitFor(() => expect(told()?.[0]).toBe("step 50"));
    expect(told()).toContain("lossNaN");
    point("pointerleave", 0, 0);
    await vi.waitFor(() => expect(told()).toBeNull());
  });

  it("shares the crosshair and the zoom with the charts of its view over the same axis", async () => {
    const view = document.createElement("div");
    view.className = "jt-stage";
    const [one, two, other] = [
      await opened(undefined, {}, view),
      await opened([{ x: [0, 49, 100], y: [5, 6, 7], label: "acc" }], {}, view),
      await opened(undefined, { xLabel: "time" }, view),
    ];
    one!.point("pointermove", 230, 10);
    await vi.waitFor(() => expect(two!.told()).toEqual(["step 49", "acc6"]));
    expect(other!.told()).toBeNull();
    for (const each of [one, two, other]) each!.words();
    await drag(one!, 100, 102);
    expect(one!.chart.zoomedTo).not.toBeNull();
    expect(two!.chart.zoomedTo!.x).toEqual(one!.chart.zoomedTo!.x);
    expect(other!.chart.zoomedTo).toBeNull();
    expect([one, two, other].map((each) => each!.reset.hidden)).toEqual([false, false, true]);
    expect(one!.reset.textContent).toBe("reset zoom");
    two!.reset.click();
    await Promise.resolve();
    expect(one!.chart.zoomedTo).toBeNull();
    expect([one, two].map((each) => each!.reset.hidden)).toEqual([true, true]);
    expect(one!.words()).toContain("100");
  });

  it("marks what is no finite number: at the edges beyond which it lies, and at the axis", async () => {
    const values = { x: [0, 30, 60, 100], y: [1, NaN, Infinity, -Infinity] };
    const { chart, overlay, taken } = await opened([]);
    taken(overlay);
    chart.setFront([{ ...values, colour: 0, odd: true }]);
    await Promise.resolve();
    const drawn = taken(overlay).map(({ name }) => name);
    // Two triangles; a cross is a second line.
    expect(drawn.filter((name) => name === "fill").length).toBe(2);
    expect(drawn.filter((name) => name === "stroke").length).toBe(2);
  });

  it("is as wide as its place, and does not change its height for a scroll bar", async () => {
    const { chart, base } = await opened();
    const sized = async (width: number) => {
      Object.defineProperty(base.parentElement!, "clientWidth", {
        value: width,
        configurable: true,
      });
      chart.setFront([]);
      chart.setAxes({ xLabel: "step", yLabel: "loss", x: [0, 1], y: [0, 1] });
      await Promise.resolve();
      return [base.style.width, base.style.height];
    };
    expect(await sized(700)).toEqual(["700px", "280px"]);
    expect(await sized(685)).toEqual(["685px", "280px"]);
    expect(await sized(1_400)).toEqual(["1400px", "320px"]);
    expect(await sized(300)).toEqual(["300px", "240px"]);
  });

  it("says why it is empty", async () => {
    const { chart, words } = await opened([], { empty: "no finite value to draw" });
    expect(words()).toEqual(["step", "loss"]);
    expect(document.querySelector(".jt-empty")!.textContent).toBe("no finite value to draw");
    chart.destroy();
  });

  it("has names at the ends of its lines where they fit, and a legend in its picture where they do not", async () => {
    const { chart } = await opened([], { y: [0, 10] });
    const lines = (gap: number) =>
      [0, 1].map((n) => ({
        x: [0, 100],
        y: [0, 5 + n * gap],
        colour: n,
        label: `l${n}`,
        end: `l${n}`,
      }));
    chart.setBack(lines(3));
    const texts = () => {
      const { height, ...picture } = chart.picture();
      const found = svgOf({ ...picture, height }).querySelectorAll("text");
      return [
        Array.from(found, ({ textContent }) => textContent).filter((t) => t!.startsWith("l")),
        height,
      ];
    };
    const [named, low] = texts();
    expect(named).toEqual(["loss <b>", "loss", "l1", "l0"]);
    chart.setBack([0, 1, 2, 3, 4, 5].flatMap(() => lines(0.01)));
    const [listed, high] = texts();
    expect(listed).toEqual(["loss <b>", ...Array(6).fill(["l0", "l1"]).flat(), "loss"]);
    expect(high as number).toBeGreaterThan(low as number);
  });

  it("is saved as a picture and as numbers, with names as texts", async () => {
    const saved: [string, Blob][] = [];
    const blobs: Blob[] = [];
    URL.createObjectURL = (blob) => `blob:${blobs.push(blob as Blob)}`;
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      saved.push([this.download, blobs.at(-1)!]);
    });
    await opened([{ x: [0, 1], y: [0.5, NaN], colour: 0, label: '<img src=x onerror="x">, "a"' }]);
    const buttons = [...document.querySelectorAll<HTMLButtonElement>(".jt-save button")];
    expect(buttons.map(({ textContent }) => textContent)).toEqual(["SVG", "PNG", "CSV"]);
    buttons[0]!.click();
    buttons[2]!.click();
    expect(saved.map(([name]) => name)).toEqual(["loss_b_.svg", "loss_b_.csv"]);
    const read = (blob: Blob) =>
      new Promise<string>((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result as string);
        reader.readAsText(blob);
      });
    const made = new DOMParser().parseFromString(await read(saved[0]![1]), "image/svg+xml");
    expect(made.querySelector("parsererror")).toBeNull();
    expect(new Set([...made.querySelectorAll("*")].map(({ localName }) => localName))).toEqual(
      new Set(["svg", "rect", "text", "path"]),
    );
    expect(made.documentElement.textContent).toContain("loss <b>");
    expect(await read(saved[1]![1])).toBe(
      'line,step,loss\r\n"<img src=x onerror=""x"">, ""a""",0,0.5\r\n"<img src=x onerror=""x"">, ""a""",1,NaN\r\n',
    );
  });
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Scale } from "../src/many/columns";
import { readRuns, RunsPlot } from "../src/many/plot";
import { shade } from "../src/many/shades";
import { wordsOf } from "../src/many/importance";
import { plotHead, type PlotHead } from "../src/model/many-heads";
import { Payload } from "../src/model/payload";

function sample(name: "scatter" | "parallel"): Payload<PlotHead> {
  const file = join(import.meta.dirname, "samples", "many", `${name}.json`);
  const { head, buffers } = JSON.parse(readFileSync(file, "utf8"));
  const views = (buffers as string[]).map((text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new DataView(bytes.buffer);
  });
  return new Payload(head, views);
}

function made(name: "scatter" | "parallel") {
  const back = { open: vi.fn(), choose: vi.fn() };
  const plot = new RunsPlot(sample(name), document.body, back);
  const listed = () =>
    [...plot.element.querySelectorAll<HTMLElement>(".jt-runs-list tbody .jt-from-button")].map(
      (button) => button.textContent,
    );
  return { plot, back, element: plot.element, listed };
}

const press = (target: Element, ...keys: string[]): void => {
  for (const key of keys)
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
};

const handle = (element: Element, label: string): HTMLElement =>
  element.querySelector<HTMLElement>(`[role=slider][aria-label="${label}"]`)!;

beforeEach(() => {
  document.body.replaceChildren();
});

describe("the columns of many runs", () => {
  it.each(["scatter", "parallel"] as const)("of a %s have a head that the page knows", (name) => {
    expect(v.safeParse(plotHead, sample(name).head).issues).toBeUndefined();
  });

  it("give what is missing and what is no number places of their own", () => {
    const { columns, count } = readRuns(sample("scatter"));
    const named = (name: string) => columns.find((column) => column.name === name)!;
    const decay = new Scale(named("decay"), count, false);
    expect(decay.odd).toEqual(["missing"]);
    expect(decay.at(3)).toBeLessThan(0);
    expect(decay.words(decay.at(3))).toBe("missing");
    expect(decay.at(0)).toBe(1);
    expect(decay.at(5)).toBe(0);
    const onLog = new Scale(named("decay"), count, true);
    expect(onLog.odd).toEqual(["not above zero", "missing"]);
    expect(onLog.oddity(5)).toBe("not above zero");
    expect(new Scale(named("accuracy"), count, false).odd).toEqual(["NaN"]);
    const rate = new Scale(named("lr"), count, true);
    expect(rate.at(2)).toBeCloseTo(0.4);
    const words = new Scale(named("optimizer"), count, false);
    expect([words.at(0), words.words(0.9), words.words(0.1)]).toEqual([0.75, "sgd", "adam"]);
    expect(named("decay").text(3)).toBe("missing");
  });

  it("are coloured so that grey tells them apart too", () => {
    const brightness = (colour: string) => {
      const [r, g, b] = colour.match(/\d+/g)!.map(Number) as [number, number, number];
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const steps = [0, 0.25, 0.5, 0.75, 1];
    const light = steps.map((at) => brightness(shade(at, false)));
    const dark = steps.map((at) => brightness(shade(at, true)));
    expect(light).toEqual([...light].sort((a, b) => b - a));
    expect(dark).toEqual([...dark].sort((a, b) => a - b));
  });
});

describe("a scatter plot", () => {
  it("says what is on its axes and what was chosen", () => {
    const { element, listed } = made("scatter");
    const plot = element.querySelector("[role=application]")!;
    expect(plot.getAttribute("aria-label")).toMatch(
      /^scatter plot of 6 runs: lr, accuracy\. Arrow/,
    );
    expect(element.querySelector("canvas")!.getAttribute("role")).toBe("img");
    expect(element.textContent).toContain("y: accuracy, the first score");
    expect(listed()).toEqual(["run5", "run4", "run3", "run2", "run1", "run0"]);
  });

  it("is walked by arrows, each along its axis, and Enter opens", async () => {
    const { element, back } = made("scatter");
    await new Promise(requestAnimationFrame);
    const plot = element.querySelector("[role=application]")!;
    press(plot, "ArrowRight");
    const spoken = element.querySelector(".jt-of-runs [role=status]")!;
    expect(spoken.textContent).toBe("run5: lr 1e-5, accuracy 0.75");
    press(plot, "ArrowRight");
    expect(spoken.textContent).toContain("run4: lr 0.0001, accuracy NaN");
    press(plot, "Enter");
    expect(back.open).toHaveBeenCalledWith(`${"4".padStart(32, "0")}`, 1);
    press(plot, "End");
    expect(spoken.textContent).toContain("run0: lr 1");
    press(plot, "Escape");
    expect(element.querySelector<HTMLElement>(".jt-tip")!.hidden).toBe(true);
  });

  it("is brushed by the keys of a handle, which filters the list", () => {
    const { element, listed, back } = made("scatter");
    const from = handle(element, "accuracy, from");
    expect(from.getAttribute("aria-valuetext")).toBe("NaN");
    press(from, "ArrowUp");
    expect(listed()).not.toContain("run4"); // whose accuracy is no number
    expect(listed().length).toBe(5);
    expect(element.textContent).toContain("5 of 6 runs left by the brushes");
    expect(back.choose.mock.lastCall![0]).toHaveLength(5);
    press(handle(element, "lr, to"), "PageDown", "PageDown", "PageDown", "PageDown", "PageDown");
    expect(listed()).toEqual(["run5", "run3"]);
    press(from, "Escape");
    press(handle(element, "lr, to"), "End");
    expect(listed().length).toBe(6);
    expect(back.choose).toHaveBeenLastCalledWith([]);
  });

  it("takes other axes, and keeps what is brushed on one that stays", () => {
    const { element, listed } = made("scatter");
    press(handle(element, "accuracy, from"), "ArrowUp");
    const [x] = element.querySelectorAll("select");
    x!.value = "inputs.optimizer";
    x!.dispatchEvent(new Event("change"));
    expect(element.querySelector("[role=application]")!.getAttribute("aria-label")).toContain(
      "optimizer, accuracy",
    );
    expect(listed().length).toBe(5);
    press(handle(element, "optimizer, from"), "ArrowRight");
    expect(handle(element, "optimizer, from").getAttribute("aria-valuetext")).toBe("sgd");
    expect(listed()).toEqual(["run5", "run3", "run1"]);
    element.querySelector<HTMLElement>(".jt-importance button")!.click();
    expect(element.querySelectorAll("select")[0]!.value).toBe("inputs.lr");
  });
});

describe("parallel coordinates", () => {
  it("have an axis for each column, with a brush that filters", () => {
    const { element, listed } = made("parallel");
    expect(element.querySelectorAll("[role=slider]")).toHaveLength(8);
    press(handle(element, "decay, to"), "Home");
    expect(listed()).toEqual(["run2"]); // the one that has none
    [...element.querySelectorAll("button")]
      .find((button) => button.textContent === "clear brushes")!
      .click();
    expect(listed().length).toBe(6);
  });

  it("show and leave out axes, two at least", () => {
    const { element } = made("parallel");
    const boxes = () => [...element.querySelectorAll<HTMLInputElement>("[data-jt-tool^='axis ']")];
    expect(boxes().map((box) => box.checked)).toEqual([true, true, true, true, false]);
    for (const n of [0, 1, 2, 3]) boxes()[n]!.click();
    expect(boxes().filter((box) => box.checked)).toHaveLength(2);
    boxes()[4]!.click();
    expect(element.querySelector("canvas")!.getAttribute("aria-label")).toContain("loss");
  });

  it("list the runs in the order of a column, what has no number last", () => {
    const { element, listed } = made("parallel");
    const heading = (name: string) =>
      [...element.querySelectorAll<HTMLElement>(".jt-order")].find((b) =>
        b.textContent!.startsWith(name),
      )!;
    heading("accuracy").click();
    expect(listed()).toEqual(["run5", "run3", "run2", "run1", "run0", "run4"]);
    expect(heading("accuracy").closest("th")!.getAttribute("aria-sort")).toBe("descending");
    heading("accuracy").click();
    expect(listed()).toEqual(["run0", "run1", "run2", "run3", "run5", "run4"]);
  });

  it("say what has to do with the result, and how sure that is", () => {
    const { element } = made("parallel");
    const items = [...element.querySelectorAll(".jt-importance li")].map((li) => li.textContent);
    expect(items[0]).toMatch(/^lr−1\.00 \(−1\.00 to /);
    expect(wordsOf(["a", 0.5, null, null, 3, "spearman"])).toBe("+0.50 (3 runs: too few)");
    expect(wordsOf(["a", null, null, null, 3, "eta"])).toBe("nothing to say of 3 runs");
    expect(wordsOf(["a", 0.5, 0.25, 0.625, 9, "eta"])).toBe("0.50 (0.25 to 0.63)");
  });

  it("shows a run in full where there is no kernel", () => {
    const { plot } = made("parallel");
    const card = plot.card(3);
    expect(card.querySelector(".jt-run")!.textContent).toBe("run2");
    expect(card.textContent).not.toContain("decay");
  });
});

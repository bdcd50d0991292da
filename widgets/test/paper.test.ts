// What is printed: between `beforeprint` and `afterprint` the page has what paper needs.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { afterPaint } from "../src/dom/dom";
import type { PanelInfo } from "../src/model/model";
import { Payload } from "../src/model/payload";
import { SHARED } from "../src/model/kept-steps";
import { StepCache } from "../src/model/step-cache";
import { LineChart } from "../src/renderers/line-chart";
import { Grid, listed } from "../src/table/grid";
import { SAME } from "../src/table/rows";
import { StepView } from "../src/widgets/step-view";
import { payload } from "./made";

const printing = (begins: boolean) =>
  window.dispatchEvent(new Event(begins ? "beforeprint" : "afterprint"));

beforeEach(() => document.body.replaceChildren());
afterEach(() => printing(false));

/** A grid of numbers: row times thousand and column. */
function opened(rows: number, columns: number, kept = rows) {
  const grid = new Grid(
    { label: "rows", rowHeight: 25 },
    { sort: () => undefined, open: () => undefined },
  );
  document.body.append(grid.element);
  const cell = (n: number) => ({ text: String(n), full: String(n), kind: "" as const });
  const about = Array.from({ length: columns }, (_, c) => ({
    name: c ? `c${c}` : "",
    rowHeader: c === 0,
    sticky: c === 0,
    align: "right" as const,
    width: 10,
  }));
  const row = (n: number) =>
    n < kept ? { status: SAME, cells: about.map((_, c) => cell(n * 1000 + c)) } : null;
  grid.show({ count: rows, row }, rows, { columns: listed(about), marker: null, total: columns });
  const printed = () => [...grid.element.querySelectorAll<HTMLTableElement>(".jt-paper table")];
  const note = () => grid.element.querySelector(".jt-paper > .jt-caption")?.textContent ?? "";
  return { grid, printed, note };
}

describe("a table on paper", () => {
  it("has every column, in tables that are each as wide as the paper and name their rows", () => {
    const { printed } = opened(3, 21);
    printing(true);
    const heads = printed().map((table) =>
      [...table.querySelectorAll("thead th")].map((th) => th.textContent!.trim()),
    );
    expect(heads.length).toBeGreaterThan(1);
    expect(heads.every((names) => names.length <= 9 && names[0] === "")).toBe(true);
    expect(heads.flatMap((names) => names.slice(1))).toEqual(
      Array.from({ length: 20 }, (_, c) => `c${c + 1}`),
    );
    const last = printed().at(-1)!.querySelectorAll("tbody tr")[2]!;
    expect([...last.children].map((c) => c.textContent)).toEqual([
      "2000",
      "2015",
      "2016",
      "2017",
      "2018",
      "2019",
      "2020",
    ]);
  });

  it("says which rows are printed, where not all are", () => {
    const { printed, note } = opened(500, 3);
    printing(true);
    expect(printed()[0]!.querySelectorAll("tbody tr")).toHaveLength(50);
    expect(note()).toBe("printed: rows 1 to 50 of 500");
  });

  it("prints the rows that a saved page has, and those from where it is scrolled to", () => {
    const { grid, printed, note } = opened(500, 3, 20);
    printing(true);
    expect(printed()[0]!.querySelectorAll("tbody tr")).toHaveLength(20);
    expect(note()).toBe("printed: rows 1 to 20 of 500");
    printing(false);
    grid.scrollTo(5);
    printing(true);
    expect(printed()[0]!.querySelector("tbody td, tbody th")!.textContent).toBe("5000");
  });

  it("is on screen as it was, afterwards and when it is destroyed meanwhile", () => {
    const { grid, printed } = opened(3, 3);
    printing(true);
    expect(printed()).toHaveLength(1);
    printing(false);
    expect(printed()).toHaveLength(0);
    grid.destroy();
    printing(true);
    expect(printed()).toHaveLength(0);
  });
});

describe("a chart on paper", () => {
  const axes = {
    xLabel: "step",
    yLabel: "loss",
    x: [0, 2] as [number, number],
    y: [0, 1] as [number, number],
  };

  it("is a drawing as wide as the paper, with the lines of the step, before the page is printed", () => {
    const chart = new LineChart(document.body, axes, () => "loss");
    chart.setFront([{ x: [0, 1, 2], y: [0, 1, 0], colour: 0 }]);
    printing(true);
    const drawing = document.querySelector(".jt-chart > svg.jt-paper")!;
    expect(drawing.getAttribute("viewBox")).toBe("0 0 640 256");
    const lines = [...drawing.querySelectorAll("svg")].at(-1)!;
    expect(lines.children).toHaveLength(1);
    printing(false);
    expect(document.querySelector(".jt-paper")).toBeNull();
  });
});

describe("a step on paper", () => {
  const info: PanelInfo = {
    kind: "text",
    name: "notes",
    view: "text",
    steps: [0, 10],
    times: [0, 0],
  };

  function shown(panel: PanelInfo) {
    const payloads = new StepCache(1e9, () => undefined, afterPaint);
    payloads.put({ panel: 0, number: SHARED }, new Payload({}, []));
    panel.steps.forEach((step, k) =>
      payloads.put({ panel: 0, number: k }, payload({}, `at ${step}`)),
    );
    const about = { run: { uuid: "u", name: "r" }, steps: panel.steps, panels: [panel] };
    const view = new StepView({ about, payloads, move: () => undefined }, document.body);
    return {
      view,
      heading: () => document.querySelector<HTMLElement>(".jt-title")!.dataset["jtPrinted"],
    };
  }

  it("is said in the heading", () => {
    const { view, heading } = shown(info);
    view.show(1);
    expect(heading()).toBe(" · step 10");
    view.show(0);
    expect(heading()).toBe(" · step 0");
  });

  it("is not said where there is none", () => {
    const { view, heading } = shown({ ...info, steps: [null] });
    view.show(0);
    expect(heading()).toBe("");
  });

  it("is drawn in the colours of paper, and then in those of the page", () => {
    const { view } = shown(info);
    printing(true);
    expect(view.element.hasAttribute("data-jt-paper")).toBe(true);
    printing(false);
    expect(view.element.hasAttribute("data-jt-paper")).toBe(false);
  });
});

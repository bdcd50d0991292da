import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Comparison } from "../src/many/comparison";
import { chartHead, comparisonHead } from "../src/model/many-heads";
import { Payload } from "../src/model/payload";
import { drawLine } from "../src/renderers/chart-line";
import { SvgContext } from "../src/dom/svg-context";
import { colours } from "../src/dom/theme";
import { Legend } from "../src/renderers/overlay";

function sample(name: "comparison" | "groups"): Payload[] {
  const file = join(import.meta.dirname, "samples", "many", `${name}.json`);
  const drawn: { head: any; buffers: string[] }[] = JSON.parse(readFileSync(file, "utf8"));
  return drawn.map(({ head, buffers }) => {
    const views = buffers.map((text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      return new DataView(bytes.buffer);
    });
    return new Payload(head, views);
  });
}

/** The comparison of many runs: those of a sample again and again. */
function enlarged(times: number): Payload[] {
  const [table, chart] = sample("comparison") as [Payload<any>, Payload<any>];
  const count = table.head.rows as number;
  const repeat = <T>(list: T[]): T[] => Array.from({ length: times }, () => list).flat();
  const head = {
    ...table.head,
    rows: count * times,
    labels: repeat(table.head.labels).map((label, n) => `${label} ${n}`),
    uuids: repeat(table.head.uuids).map((uuid, n) => `${uuid}${n}`),
    statuses: repeat(table.head.statuses),
  };
  const columns = (from: Payload<any>) =>
    from.buffers.map((view) => {
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      const all = new Uint8Array(bytes.length * times);
      for (let n = 0; n < times; n += 1) all.set(bytes, n * bytes.length);
      return new DataView(all.buffer);
    });
  const rows = Array.from({ length: count * times }, (_, n) => n);
  return [
    new Payload(head, columns(table)),
    new Payload({ ...chart.head, rows }, columns(chart)),
  ] as Payload[];
}

function made(payloads: Payload[]) {
  const back = { open: vi.fn() };
  const view = new Comparison(payloads, document.body, back);
  const marks = () => [...view.element.querySelectorAll<HTMLElement>(".jt-line-mark")];
  return { view, back, element: view.element, marks };
}

beforeEach(() => {
  document.body.replaceChildren();
});

describe("a comparison of runs", () => {
  it.each(["comparison", "groups"] as const)("of %s has heads that the page knows", (name) => {
    const [table, ...charts] = sample(name);
    expect(v.safeParse(comparisonHead, table!.head).issues).toBeUndefined();
    for (const { head } of charts) expect(v.safeParse(chartHead, head).issues).toBeUndefined();
  });

  it("says what is equal, what differs, and which is the best and why", () => {
    const { element } = made(sample("comparison"));
    expect(element.textContent).toContain("4 runs · all succeeded");
    expect(element.textContent).toContain("equal in all: data digits, epochs 4");
    expect(element.textContent).toContain("environment: 1 differs, 2 equal");
    const headings = [...element.querySelectorAll("thead th")].map((th) => th.textContent);
    expect(headings).toEqual(["run", "val/accuracy", "loss", "model", "lr", "seed"]);
    const best = [...element.querySelectorAll<HTMLElement>(".jt-many-best")];
    expect(
      best.map((each) => each.closest("tr")!.querySelector(".jt-from-button")!.textContent),
    ).toEqual(["run0", "run0"]);
    expect(best[0]!.title).toBe("val/accuracy: greater is better, guessed from its name");
    expect(best[0]!.querySelector("[role=img]")!.getAttribute("aria-label")).toBe("best");
  });

  it("has a chart for each metric, which tells its last values", () => {
    const { element } = made(sample("comparison"));
    const charts = [...element.querySelectorAll("section.jt-pane")];
    expect(charts.map((each) => each.getAttribute("aria-label"))).toEqual(["loss", "val/accuracy"]);
    const label = charts[0]!.querySelector("canvas")!.getAttribute("aria-label");
    expect(label).toMatch(/^loss over step; the last values: run0 0\.3, run1 0\.35, /);
  });

  it("hides a line by its mark in the table, of few runs", () => {
    const { element, marks } = made(sample("comparison"));
    expect(marks().map((each) => each.getAttribute("aria-pressed"))).toEqual(Array(4).fill("true"));
    marks()[1]!.click();
    expect(marks()[1]!.getAttribute("aria-pressed")).toBe("false");
    const label = element.querySelector("section canvas")!.getAttribute("aria-label");
    expect(label).not.toContain("run1");
    [...element.querySelectorAll("button")]
      .find((button) => button.textContent === "show all alike")!
      .click();
    expect(marks()[1]!.getAttribute("aria-pressed")).toBe("true");
  });

  it("picks lines by their marks, of many runs, and begins with the best on top", () => {
    const { element, marks } = made(enlarged(10));
    expect(element.textContent).toContain(
      "40 runs · all succeeded · the best val/accuracy is picked",
    );
    const names = () =>
      [...element.querySelectorAll("tbody .jt-from-button")].map((b) => b.textContent);
    expect(names()[0]).toBe("run0 0");
    expect(marks().filter((each) => each.getAttribute("aria-pressed") === "true")).toHaveLength(1);
    marks()[5]!.click();
    expect(marks()[5]!.getAttribute("aria-label")).toMatch(/^pick /);
    expect(marks().filter((each) => each.getAttribute("aria-pressed") === "true")).toHaveLength(2);
    // The table scrolls in a part of the page of its own.
    expect(element.querySelector(".jt-list-frame")!.getAttribute("role")).toBe("region");
  });

  it("opens a run, and of a group shows its runs", () => {
    const runs = made(sample("comparison"));
    runs.element.querySelector<HTMLElement>("tbody .jt-from-button")!.click();
    expect(runs.back.open).toHaveBeenCalledWith("0".padStart(32, "0"));
    const groups = made(sample("groups"));
    expect(groups.element.textContent).toContain("2 groups by inputs.model");
    const cells = [...groups.element.querySelectorAll("tbody td")].map((td) => td.textContent);
    expect(cells[0]).toMatch(/^★ 0\.7 ± 0\.071$/);
    groups.element.querySelector<HTMLElement>("tbody .jt-from-button")!.click();
    const members = groups.element.querySelector("[role=group][aria-label^='runs of']")!;
    expect([...members.children].map((each) => each.textContent)).toEqual(["run0", "run2"]);
    members.querySelector("button")!.click();
    expect(groups.back.open).toHaveBeenCalledWith("0".padStart(32, "0"));
  });

  it("keeps what is hidden while the runs go on", () => {
    const { view, marks } = made(sample("comparison"));
    marks()[2]!.click();
    view.update(sample("comparison"));
    expect(marks()[2]!.getAttribute("aria-pressed")).toBe("false");
    view.destroy();
    expect(document.body.childElementCount).toBe(0);
  });
});

describe("lines of many runs", () => {
  it("have a band on both sides, in pieces where there is none", () => {
    const ctx = new SvgContext(100, 100, null);
    const same = (value: number) => value;
    const area = { ctx, px: same, py: same, colours: colours(document.body), height: 100 };
    const line = { x: [0, 10, 20, 30, 40], y: [50, 50, 50, 50, 50], band: [5, 5, NaN, 5, 5] };
    drawLine(area, line, 1);
    const paths = [...ctx.element.querySelectorAll("path")].map((path) => path.getAttribute("d"));
    expect(paths).toContain("M0 55L10 55L10 45L0 45");
    expect(paths).toContain("M30 55L40 55L40 45L30 45");
  });

  it("are told apart by pointing at their names in the legend, of more than a few", () => {
    const changed = vi.fn();
    const names = Array.from({ length: 12 }, (_, n) => `run${n}`);
    const legend = new Legend(names, "runs", changed);
    legend.element.children[3]!.dispatchEvent(new Event("focus"));
    expect([legend.pointed, changed.mock.lastCall]).toEqual([3, [true]]);
    legend.element.children[3]!.dispatchEvent(new Event("blur"));
    expect(legend.pointed).toBe(-1);
    const few = new Legend(names.slice(0, 3), "runs", changed);
    few.element.children[1]!.dispatchEvent(new Event("focus"));
    expect(few.pointed).toBe(-1);
  });
});

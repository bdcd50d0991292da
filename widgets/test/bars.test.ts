import { afterEach, describe, expect, it } from "vitest";
import { payload } from "./made";
import { openedTable } from "./opened-table";

afterEach(() => document.body.replaceChildren());

const step = (bars?: [string, [string, number][]][]) =>
  payload(
    {
      rows: 2,
      from: 0,
      count: 2,
      width: 1,
      done: true,
      fields: [{ name: "gain", dtype: "float64", kind: "number" as const, at: 0 }],
      columns: { v0: [0, "f8"] },
      ...(bars ? { bars } : {}),
    },
    Float64Array.of(3, -1),
  );

const GAIN: [string, [string, number][]] = [
  "gain",
  [
    ["radius", 3],
    ["a <b>name</b>", -1],
  ],
];
const SPLIT: [string, [string, number][]] = ["split", [["radius", 7]]];

function opened(...steps: ReturnType<typeof step>[]) {
  const { element, draw } = openedTable(steps);
  const find = <T extends HTMLElement>(selector: string) => element.querySelector<T>(selector)!;
  return {
    draw,
    find,
    words: () => [...element.querySelectorAll(".jt-bars li")].map((li) => li.textContent),
    boxes: () =>
      [...element.querySelectorAll<HTMLElement>(".jt-filled")].map((bar) => [
        bar.style.left,
        bar.style.width,
      ]),
    rows: () => find(".jt-scroll").parentElement!,
    press: () => find<HTMLButtonElement>(".jt-bars-view .jt-toggle").click(),
  };
}

describe("a table of importances", () => {
  it("is shown as bars to both sides of zero, with its names and numbers", () => {
    const { draw, words, boxes } = opened(step([GAIN, SPLIT]));
    draw(0);
    expect(words()).toEqual(["radius3", "a <b>name</b>-1"]);
    expect(boxes()).toEqual([
      ["25%", "75%"],
      ["0%", "25%"],
    ]);
  });

  it("shows its rows when they are asked for", () => {
    const { draw, rows, press } = opened(step([GAIN]));
    draw(0);
    expect(rows().hidden).toBe(true);
    press();
    expect(rows().hidden).toBe(false);
    press();
    expect(rows().hidden).toBe(true);
  });

  it("keeps the measure that was chosen from step to step", () => {
    const { draw, find, words } = opened(step([GAIN, SPLIT]), step([SPLIT, GAIN]), step([GAIN]));
    draw(0);
    const measure = find<HTMLSelectElement>(".jt-bars-view select");
    measure.value = "split";
    measure.dispatchEvent(new Event("change"));
    expect(words()).toEqual(["radius7"]);
    draw(1);
    expect(words()).toEqual(["radius7"]);
    draw(2);
    expect(words()).toEqual(["radius3", "a <b>name</b>-1"]);
  });

  it("of a step without bars is a table alone", () => {
    const { draw, find, rows } = opened(step([GAIN]), step());
    draw(0);
    draw(1);
    expect(find(".jt-bars-view").hidden).toBe(true);
    expect(rows().hidden).toBe(false);
  });
});

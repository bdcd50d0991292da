import { beforeEach, describe, expect, it } from "vitest";
import { confusion } from "../src/renderers/confusion";
import type { Host } from "../src/model/renderer";
import { payload } from "./made";

beforeEach(() => document.body.replaceChildren());

function opened(names: string[], numbers: number[]) {
  const element = document.createElement("div");
  document.body.append(element);
  const about = { kind: "confusion", name: "classes", view: "confusion", steps: [3], times: [] };
  const host = { element, about, shared: payload({ most: 9 } as never), redraw: () => undefined };
  const drawing = confusion(host as unknown as Host<"confusion">);
  const step = payload(
    { x: names, y: names, columns: { z: [0, "f8"] } } as never,
    new Float64Array(numbers),
  );
  drawing.draw({ at: 0, step: 3, payload: step as never });
  return element;
}

describe("a confusion matrix", () => {
  it("says that its rows are the truth, and its columns what was predicted", () => {
    const element = opened(["cat", "<i>dog"], [5, 1, 0, 4]);
    const side = element.querySelector<HTMLTableCellElement>(".jt-side")!;
    const top = element.querySelector<HTMLTableCellElement>(".jt-top")!;
    expect([side.textContent, side.rowSpan, side.scope]).toEqual(["true", 2, "rowgroup"]);
    expect([top.textContent, top.colSpan, top.scope]).toEqual(["predicted", 2, "colgroup"]);
    const cells = [...element.querySelectorAll<HTMLElement>("tbody td")];
    expect(cells.map(({ textContent }) => textContent)).toEqual(["5", "1", "0", "4"]);
    expect(cells[1]!.title).toBe("true cat, predicted <i>dog: 1, 16.7% of its row");
    expect(element.querySelector(".jt-caption")!.textContent).toBe(
      "2 true × 2 predicted classes · 10 in all · 90.0% on the diagonal",
    );
  });

  it("of many classes says so where only colours are painted", () => {
    const names = Array.from({ length: 40 }, (_, n) => `c${n}`);
    const element = opened(names, Array<number>(1_600).fill(1));
    expect(element.querySelector("canvas")!.getAttribute("aria-label")).toContain(
      "true classes downwards, predicted ones across",
    );
  });

  it("can be saved", () => {
    const element = opened(["a", "b"], [1, 2, 3, 4]);
    const labels = [...element.querySelectorAll(".jt-save button")].map((each) => each.textContent);
    expect(labels).toEqual(["SVG", "PNG", "CSV"]);
  });
});

import { describe, expect, it, vi } from "vitest";
import { dataframe } from "../src/dataframe";
import type { Frame } from "../src/frame";
import type { Host } from "../src/view";
import { frame } from "./made";

const fields = [{ name: "", dtype: "int64", kind: "number", index: true, missing: "" }, { name: "p", dtype: "float64", kind: "number", missing: "NaN" }];

function rows(from: number, count: number, total: number): Frame {
  const index = Float64Array.from({ length: count }, (_, n) => from + n);
  const values = index.map((n) => n / 8);
  const missing = Uint8Array.from(index, (n) => (n === 2 ? 1 : 0));
  return frame({ rows: total, from, count, width: 1, fields, columns: { v0: [0, "f8"], v1: [1, "f8"], n1: [2, "u1"] } }, index, values, missing);
}

function shown(total: number, ask: Host["ask"], live = true) {
  const element = document.createElement("div");
  document.body.append(element);
  const pane = dataframe({ element, about: { kind: "dataframe", name: "d", view: "dataframe", steps: [1], times: [0] }, ground: frame({}), frame: () => undefined, ask, live });
  pane.draw({ at: 0, step: 1, frame: rows(0, Math.min(60, total), total) });
  const cells = () => [...element.querySelectorAll("tbody tr:not(.jt-space)")].map((tr) => [...tr.children].map((td) => td.textContent));
  return { element, scroll: element.querySelector<HTMLElement>(".jt-scroll")!, cells };
}

describe("the table", () => {
  it("has only the rows on screen in the page, however many there are", () => {
    const { cells } = shown(10_000_000, () => new Promise(() => undefined));
    expect(cells().length).toBeLessThan(40);
    expect(cells()[2]).toEqual(["2", "NaN"]);
    expect(cells()[3]).toEqual(["3", "0.375"]);
  });

  it("asks for a page when it is scrolled to, once, and shows it", async () => {
    const ask = vi.fn(async (query: Record<string, unknown>) => { const [from, to] = query["rows"] as [number, number]; return rows(from, to - from, 1000); });
    const { scroll, cells } = shown(1000, ask);
    scroll.scrollTop = 25 * 500;
    scroll.dispatchEvent(new Event("scroll"));
    expect(cells()[4]![0]).toBe("…");
    await vi.waitFor(() => expect(cells()[4]).toEqual(["500", "62.500"]));
    expect(ask.mock.calls.map(([q]) => q["rows"])).toEqual([[400, 600]]);
  });

  it("says in words when a page cannot be had", async () => {
    const { scroll, element } = shown(1000, () => Promise.reject(new Error("the kernel does not answer")));
    scroll.scrollTop = 25 * 500;
    scroll.dispatchEvent(new Event("scroll"));
    await vi.waitFor(() => expect(element.textContent).toContain("the kernel does not answer"));
  });

  it("says how many rows a saved page has", () => {
    expect(shown(1000, () => Promise.reject(new Error()), false).element.textContent).toContain("the first 60 rows are kept in this page");
  });

  it("shows markup in a cell as the text it is", () => {
    const element = document.createElement("div");
    const evil = "<img src=x onerror=alert(1)>";
    const pane = dataframe({ element, about: { kind: "dataframe", name: evil, view: "dataframe", steps: [1], times: [0] }, ground: frame({}), frame: () => undefined, ask: () => new Promise(() => undefined), live: true });
    pane.draw({ at: 0, step: 1, frame: frame({ rows: 1, from: 0, count: 1, width: 1, fields: [{ name: evil, dtype: evil, kind: "text", missing: "", text: 1 }], columns: { e0: [0, "u4"] } }, new Uint32Array([evil.length]), evil) });
    expect(element.querySelector("img")).toBeNull();
    expect(element.querySelector("td")!.textContent).toBe(evil);
  });
});

// A table of 20,000 columns: what is in the page, and what is asked of the kernel, while one moves sideways.

import { afterEach, describe, expect, it, vi } from "vitest";
import type { AnswerHead, StoredRowsHead, TableField } from "../src/model/payload-heads";
import type { TableQuery } from "../src/model/messages";
import type { Payload } from "../src/model/payload";
import { payload } from "./made";
import { key as pressed, openedTable } from "./opened-table";

const WIDTH = 20_000;
const BLOCK = 100;
/** A screen of rows and of columns of the least width, with what is drawn around them. */
const MOST_ROWS = 30;
const MOST_COLUMNS = 40;

/** Rows of some columns; the value in row r of column c is r + c / 100,000. */
function block(
  from: number,
  count: number,
  first: number,
  more: Partial<AnswerHead<"dataframe">> = {},
): Payload<StoredRowsHead> {
  const places = Array.from({ length: Math.min(BLOCK, WIDTH - first) }, (_, n) => first + n);
  const fields: TableField[] = [
    { name: "", dtype: "int64", kind: "number", index: true, at: -1 },
    ...places.map((at): TableField => ({ name: `c${at}`, dtype: "float64", kind: "number", at })),
  ];
  const columns = Object.fromEntries(fields.map((_, n) => [`v${n}`, [n, "f8"] as [number, "f8"]]));
  const of = (value: (row: number) => number) =>
    Float64Array.from({ length: count }, (_, n) => value(from + n));
  const head = { rows: 1000, from, count, width: WIDTH, hidden: WIDTH - BLOCK, done: true };
  return payload(
    { ...head, fields, columns, ...more },
    of((row) => row),
    ...places.map((at) => of((row) => row + at / 100_000)),
  );
}

const answer = async (query: TableQuery): Promise<Payload<AnswerHead<"dataframe">>> => {
  const [from, to] = query["rows"] as [number, number];
  return block(from, Math.min(to, 1000) - from, Number(query["columns"] ?? 0));
};

function opened({ live = true } = {}) {
  const ask = vi.fn(answer);
  const { element, draw, scroll } = openedTable([block(0, 60, 0)], { ask, live });
  draw(0);
  const headings = () =>
    [...element.querySelectorAll("thead th")].map(
      (th) => th.querySelector(".jt-field")?.textContent,
    );
  const cell = (row: number, column: number) =>
    element.querySelector<HTMLElement>(`[aria-rowindex="${row + 2}"] [data-column="${column}"]`);
  return {
    element,
    ask,
    scroll,
    headings,
    cell,
    questions: () => ask.mock.calls.map(([query]) => query),
    sideways: (to: number) => {
      scroll.scrollLeft = to;
      scroll.dispatchEvent(new Event("scroll"));
    },
    expectFewElements: () => {
      expect(element.querySelectorAll("tbody tr").length).toBeLessThan(MOST_ROWS);
      expect(element.querySelectorAll("thead th").length).toBeLessThan(MOST_COLUMNS);
      expect(element.querySelectorAll("col").length).toBeLessThan(MOST_COLUMNS);
      expect(element.querySelectorAll("td, th").length).toBeLessThan(MOST_ROWS * MOST_COLUMNS);
      expect(element.querySelectorAll("*").length).toBeLessThan(4 * MOST_ROWS * MOST_COLUMNS);
    },
  };
}

const key = (name: string) => pressed(document.activeElement!, name);

afterEach(() => document.body.replaceChildren());

describe("a table of 20,000 columns", () => {
  it("has the headings and cells in view in the page, and no others", () => {
    const { expectFewElements, headings, element, ask } = opened();
    expectFewElements();
    expect(headings().slice(0, 3)).toEqual(["\u00a0", "c0", "c1"]);
    expect(element.querySelector("table")!.getAttribute("aria-colcount")).toBe("20001");
    expect(element.querySelector("[data-column='3']")!.getAttribute("aria-colindex")).toBe("4");
    expect(ask).not.toHaveBeenCalled();
  });

  it("is as wide as all of its columns", () => {
    const { element, sideways } = opened();
    const width = () =>
      [...element.querySelectorAll("col")].reduce((sum, col) => sum + parseInt(col.style.width), 0);
    const before = width();
    expect(before).toBeGreaterThan(20_000 * 42);
    sideways(500_000);
    expect(width()).toBe(before);
  });

  it("asks for the columns that are scrolled to, each block once, and draws them", async () => {
    const { sideways, headings, cell, questions, expectFewElements } = opened();
    sideways(900_000);
    expect(headings()[0]).toBe("\u00a0");
    await vi.waitFor(() => expect(headings()[8]).toMatch(/^c1\d{4}$/));
    await vi.waitFor(() => expect(questions().length).toBeGreaterThan(0));
    const shown = Number(headings()[8]!.slice(1));
    await vi.waitFor(() =>
      expect(Number(cell(5, shown + 1)!.textContent)).toBeCloseTo(5 + shown / 100_000, 4),
    );
    expectFewElements();
    const asked = questions().map((query) => JSON.stringify(query));
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked.length).toBeLessThanOrEqual(3);
    // Back again nothing is asked for: the page has it.
    sideways(0);
    await vi.waitFor(() => expect(headings()[1]).toBe("c0"));
    expect(questions().length).toBe(asked.length);
  });

  it("is walked through by keys, to its last column and back", async () => {
    const { cell, headings, expectFewElements, scroll } = opened();
    cell(0, 0)!.focus();
    key("End");
    expect(document.activeElement!.getAttribute("data-column")).toBe("20000");
    expect(scroll.scrollLeft).toBeGreaterThan(800_000);
    await vi.waitFor(() => expect(headings().at(-1)).toBe("c19999"));
    await vi.waitFor(() => expect(Number(cell(0, WIDTH)!.textContent)).toBeCloseTo(0.19999, 4));
    expect(document.activeElement!.getAttribute("data-column")).toBe("20000");
    key("ArrowLeft");
    expect(document.activeElement!.getAttribute("data-column")).toBe("19999");
    key("ArrowDown");
    expect(document.activeElement!.getAttribute("aria-colindex") ?? "").toBe("");
    expect(document.activeElement!.closest("tr")!.getAttribute("aria-rowindex")).toBe("3");
    expectFewElements();
    // The index is in view all the time; the column after it is not.
    key("Home");
    expect(document.activeElement!.getAttribute("data-column")).toBe("0");
    key("ArrowRight");
    expect(scroll.scrollLeft).toBe(0);
    await vi.waitFor(() => expect(headings()[1]).toBe("c0"));
  });

  it("is sorted by a column far from the first, with the cells of what is in view", async () => {
    const { sideways, headings, element, questions } = opened();
    sideways(10_000_000);
    await vi.waitFor(() => expect(headings().at(-1)).toBe("c19999"));
    element.querySelector<HTMLElement>("th[data-column='20000']")!.click();
    await vi.waitFor(() =>
      expect(element.querySelector(".jt-caption")!.textContent).toContain("by c19999, least first"),
    );
    expect(questions()).toContainEqual({ rows: [0, 60], sort: [19_999, 0], columns: 19_900 });
    const heading = () => element.querySelector("th[data-column='20000']")!;
    expect(heading().getAttribute("aria-sort")).toBe("ascending");
    sideways(0);
    await vi.waitFor(() => expect(headings()[1]).toBe("c0"));
    await vi.waitFor(() =>
      expect(questions()).toContainEqual({ rows: [0, 60], sort: [19_999, 0] }),
    );
  });

  it("in a saved page has the first block, which is moved through in the same way", () => {
    const { sideways, headings, element, expectFewElements, ask } = opened({ live: false });
    expectFewElements();
    sideways(10_000_000);
    expect(headings().at(-1)).toBe("c99");
    expect(element.querySelector(".jt-caption")!.textContent).toContain(
      "the first 100 columns are kept in this page",
    );
    expect(ask).not.toHaveBeenCalled();
  });

  it("offers no list of all columns", () => {
    const { element } = opened();
    [...element.querySelectorAll("button")].find((b) => b.textContent === "changes")!.click();
    expect(element.querySelectorAll("option").length).toBeLessThan(BLOCK + 10);
  });
});

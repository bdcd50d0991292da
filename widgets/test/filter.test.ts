// The filter's language: the vectors that the kernel half is tested with too, and what only a page has.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { completeFilter, parseFilter, type FilterColumn } from "../src/filter";

type Values = Record<string, unknown>;

interface Vectors {
  now: number;
  columns: { name: string; kind?: FilterColumn["kind"]; also?: string[] }[];
  rows: Values[];
  cases: { filter: string; rows: number[] }[];
  errors: { filter: string; at: number; length: number; message: string }[];
  completions: { filter: string; position: number; start: number; words: string[] }[];
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../tests/filters/vectors.json"), "utf8"),
) as Vectors;
const columns: FilterColumn[] = vectors.columns.map((column) => ({ kind: "any", ...column }));
const rows = vectors.rows.map((row) =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, made(value)])),
);

/** JSON has neither long integers nor numbers that are not finite. */
function made(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { integer, float } = value as { integer?: string; float?: string };
  if (integer !== undefined) return BigInt(integer);
  if (float !== undefined) return { nan: NaN, inf: Infinity, "-inf": -Infinity }[float];
  return value;
}

const parse = (filter: string) =>
  parseFilter(filter, columns, (row: Values, column) => row[column.name] ?? null, {
    now: vectors.now,
  });

/** A place in characters as one in halves of them. */
const inHalves = (text: string, at: number) => Array.from(text).slice(0, at).join("").length;

describe("filters", () => {
  it.each(vectors.cases)("lets the rows pass that $filter says", ({ filter, rows: expected }) => {
    const { test, error } = parse(filter);
    expect(error).toBeUndefined();
    expect(rows.flatMap((row, n) => (test(row) ? [n] : []))).toEqual(expected);
  });

  it.each(vectors.errors)("says what is wrong with $filter", ({ filter, at, length, message }) => {
    const { error, test } = parse(filter);
    const start = inHalves(filter, at);
    expect(error).toEqual({ at: start, length: inHalves(filter, at + length) - start, message });
    expect(test({})).toBe(true);
  });

  it.each(vectors.completions)(
    "completes $filter at $position",
    ({ filter, position, start, words }) => {
      const valuesOf = (column: FilterColumn) => rows.map((row) => row[column.name] ?? null);
      expect(completeFilter(filter, inHalves(filter, position), columns, valuesOf)).toEqual({
        start: inHalves(filter, start),
        words,
      });
    },
  );

  it("asks for a row's text only for plain words, and as often as the caller likes", () => {
    let asked = 0;
    const text = () => {
      asked += 1;
      return "resnet";
    };
    const value = () => null;
    expect(parseFilter("lr < 1", columns, value, { text }).test(0)).toBe(false);
    expect(asked).toBe(0);
    expect(parseFilter("RES net", columns, value, { text }).test(0)).toBe(true);
    expect(asked).toBe(2);
  });
});

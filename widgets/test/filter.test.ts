// The filter's language: the vectors that the kernel half is tested with too, and what only a page has.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { completeFilter, parseFilter, type FilterColumn } from "../src/filter";
import { timeOf } from "../src/filter/times";

type Values = Record<string, unknown>;

interface Case {
  filter: string;
  rows: number[];
}

interface Wrong {
  filter: string;
  at: number;
  length: number;
  message: string;
}

type WrittenColumn = Omit<FilterColumn, "kind"> & Partial<FilterColumn>;

interface Vectors {
  now: number;
  columns: WrittenColumn[];
  rows: Values[];
  cases: Case[];
  errors: Wrong[];
  completions: { filter: string; position: number; start: number; words: string[] }[];
  generated_now: number;
  generated_columns: WrittenColumn[];
  generated_rows: Values[];
  generated_cases: Case[];
  hostile: (Case | Wrong)[];
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../tests/filters/vectors.json"), "utf8"),
) as Vectors;
const withKinds = (columns: WrittenColumn[]): FilterColumn[] =>
  columns.map((column) => ({ kind: "any", ...column }));
const columns = withKinds(vectors.columns);
const rows = vectors.rows.map(madeRow);

function madeRow(row: Values): Values {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, made(value)]));
}

/** JSON has neither long integers nor numbers that are not finite. */
function made(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(made);
  if (typeof value !== "object" || value === null) return value;
  const { integer, float } = value as { integer?: string; float?: string };
  if (integer !== undefined) return BigInt(integer);
  if (float !== undefined) return { nan: NaN, inf: Infinity, "-inf": -Infinity }[float];
  return value;
}

const parse = (filter: string, among = columns, now = vectors.now) =>
  parseFilter(filter, among, (row: Values, column) => row[column.name] ?? null, { now });

/** A place in characters as one in halves of them. */
const inHalves = (text: string, at: number) => Array.from(text).slice(0, at).join("").length;

function expectedError({ filter, at, length, message }: Wrong) {
  const start = inHalves(filter, at);
  return { at: start, length: inHalves(filter, at + length) - start, message };
}

describe("filters", () => {
  it.each(vectors.cases)("lets the rows pass that $filter says", ({ filter, rows: expected }) => {
    const { test, error } = parse(filter);
    expect(error).toBeUndefined();
    expect(rows.flatMap((row, n) => (test(row) ? [n] : []))).toEqual(expected);
  });

  it.each(vectors.errors)("says what is wrong with $filter", (wrong) => {
    const { error, test } = parse(wrong.filter);
    expect(error).toEqual(expectedError(wrong));
    expect(test({})).toBe(true);
  });

  it("says of filters that were made at random what the kernel half says", () => {
    const among = withKinds(vectors.generated_columns);
    const some = vectors.generated_rows.map(madeRow);
    for (const one of [...vectors.generated_cases, ...vectors.hostile]) {
      const { error, test } = parse(one.filter, among, vectors.generated_now);
      const said = error ?? some.flatMap((row, n) => (test(row) ? [n] : []));
      expect([one.filter, said]).toEqual([
        one.filter,
        "rows" in one ? one.rows : expectedError(one),
      ]);
    }
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

  it("takes a time without a zone as local", () => {
    const zone = process.env.TZ;
    process.env.TZ = "America/New_York";
    try {
      const day = timeOf("2026-11-01", vectors.generated_now)!;
      const start = 1_793_491_200_000_000;
      const hours = Array.from({ length: 90 }, (_, n) => n - 30);
      const inside = hours.filter((n) => day.fits!(start + n * 3_600_000_000));
      expect([inside[0], inside.at(-1), inside.length]).toEqual([4, 28, 25]);
      expect(timeOf("2026-11-01 12:30:00.5", 0)!.value).toBe(1_793_554_200_500_000);
      expect(timeOf("today", vectors.generated_now)!.value).toBe(1_793_682_000_000_000);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it("asks whether a row has a word only for plain words, in small letters", () => {
    const asked: string[] = [];
    const has = (word: string) => {
      asked.push(word);
      return () => "resnet".includes(word);
    };
    const value = () => null;
    expect(parseFilter("lr < 1", columns, value, { has }).test(0)).toBe(false);
    expect(asked).toEqual([]);
    expect(parseFilter("RES net", columns, value, { has }).test(0)).toBe(true);
    expect(asked).toEqual(["res", "net"]);
  });
});

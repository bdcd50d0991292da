// The heads of payloads: what the kernel says beside the binary columns, for each renderer. One table is the source of both the types that the
// renderers are written against and the check that the tests put samples of the kernel half through.

import type { Step } from "./format";

interface Check<T> {
  (value: unknown): value is T;
  optional?: true;
}
interface Optional<T> extends Check<T | undefined> {
  optional: true;
}
type Checked<C> = C extends Check<infer T> ? T : never;
type Fields = Record<string, Check<unknown>>;
type Simplify<T> = { [K in keyof T]: T[K] };
type Checks<F extends Fields> = Simplify<
  { [K in keyof F as F[K] extends { optional: true } ? never : K]: Checked<F[K]> } & {
    [K in keyof F as F[K] extends { optional: true } ? K : never]?: Checked<F[K]>;
  }
>;

const text: Check<string> = (value): value is string => typeof value === "string";
const number: Check<number> = (value): value is number => typeof value === "number";
const boolean: Check<boolean> = (value): value is boolean => typeof value === "boolean";
const step: Check<Step> = (value): value is Step =>
  value === null || typeof value === "number" || typeof value === "string";

const anyOf =
  <C extends Check<unknown>[]>(...checks: C): Check<Checked<C[number]>> =>
  (value): value is Checked<C[number]> =>
    checks.some((check) => check(value));
const oneOf =
  <T extends string>(...words: T[]): Check<T> =>
  (value): value is T =>
    words.some((word) => word === value);
const list =
  <T>(check: Check<T>): Check<T[]> =>
  (value): value is T[] =>
    Array.isArray(value) && value.every((item) => check(item));
const tuple =
  <C extends Check<unknown>[]>(...checks: C): Check<{ [K in keyof C]: Checked<C[K]> }> =>
  (value): value is { [K in keyof C]: Checked<C[K]> } =>
    Array.isArray(value) &&
    value.length <= checks.length &&
    checks.every((check, n) => check(value[n]));
const record =
  <T>(check: Check<T>): Check<Record<string, T>> =>
  (value): value is Record<string, T> =>
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((item) => check(item));
const optional = <T>(check: Check<T>): Optional<T> =>
  Object.assign((value: unknown): value is T | undefined => value === undefined || check(value), {
    optional: true as const,
  });
/** An object with these fields and no others: what the page has no type for, it cannot show. */
const object =
  <F extends Fields>(fields: F): Check<Checks<F>> =>
  (value): value is Checks<F> =>
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).every((name) => Object.hasOwn(fields, name)) &&
    Object.entries(fields).every(([name, check]) =>
      check((value as Record<string, unknown>)[name]),
    );

const numberType = oneOf("f4", "f8", "i4", "i2", "u1", "u2", "u4");
export type NumberType = Checked<typeof numberType>;

const base = {
  /** Of each column its buffer's number and the type of its numbers. */
  columns: optional(record(tuple(number, numberType))),
};
/** What went wrong in the kernel, in words; nothing else is in such a head. */
const failed = object({ error: text });

const head = <F extends Fields>(fields: F) => object({ ...fields, ...base });
const nothing = head({});

/** Of each line of a chart its place among the panel's members, its first buffer, how many buffers it has, and its head. */
const parts = <H>(one: Check<H>) =>
  head({ parts: list(tuple(number, number, number, anyOf(one, failed))) });

const range = tuple(number, number);
const curveShared = head({ curve: text, x: range, y: range });
const curveStep = head({
  points: number,
  annotation: anyOf(text, (value): value is null => value === null),
  /** How many points have a coordinate that is not a number. */
  gaps: optional(number),
  x: optional(range),
  y: optional(range),
  /** Which of the member's own steps it is: its latest by the step on screen. */
  step,
});
const metricShared = head({ points: number });

const factValue = anyOf(text, number);
const fact: Check<[name: string, value: string | number, kind?: "bytes" | "path" | "code"]> = anyOf(
  tuple(text, factValue),
  tuple(text, factValue, oneOf("bytes", "path", "code")),
);
const facts = head({ facts: list(fact) });

const tableField = object({
  name: text,
  dtype: text,
  kind: oneOf("number", "boolean", "text"),
  /** Its number among the table's columns; below zero, an index level: -1 is the first. */
  at: number,
  index: optional(boolean),
  /** The words for what is missing, by the code that a cell has. */
  missing: optional(list(text)),
  /** The buffer that holds its strings. */
  text: optional(number),
  right: optional(boolean),
});
const limit = anyOf(number, text, boolean);
const columnSummary = object({
  nulls: number,
  distinct: optional(number),
  /** There are more different values than were counted. */
  more: optional(boolean),
  low: optional(limit),
  high: optional(limit),
  bins: optional(list(number)),
  top: optional(list(tuple(text, number))),
  endless: optional(number),
});
/** By the number of the column. */
const summary = list(tuple(number, columnSummary));
const tableRows = {
  rows: number,
  from: number,
  count: number,
  done: boolean,
  fields: list(tableField),
};
const storedRows = head({
  ...tableRows,
  width: number,
  hidden: optional(number),
  stored: optional(text),
  summary: optional(summary),
});
const orderedRows = head({ ...tableRows, of: number, seen: number });
const tally = object({
  same: number,
  added: number,
  removed: number,
  changed: number,
  cells: number,
});
const changedRows = head({
  ...tableRows,
  seen: number,
  tally,
  before: list(tableField),
  pairs: list(number),
  cells: record(number),
  added: list(text),
  removed: list(text),
});
const tableSummary = head({ summary, done: boolean, seen: number });
const tableCell = head({ done: boolean });

const plot = object({
  title: text,
  labels: tuple(text, text),
  logs: tuple(boolean, boolean),
  /** What stands at 0, 1, 2, … of the x axis, where it has words. */
  names: list(text),
  dates: boolean,
  traces: list(object({ name: text, mode: text })),
  x: range,
  y: range,
});
const textStep = head({ cut: optional(number) });

const runField = object({
  group: text,
  name: text,
  kind: oneOf("text", "number", "time", "seconds"),
  words: optional(list(text)),
});
/** The table of runs, which no renderer draws. */
const runs = head({ rows: number, fields: list(runField) });

/** Of each renderer the heads of its shared payload, of the payload of a step, and of the answers to its queries. */
export const heads = {
  audio: {
    shared: nothing,
    step: head({
      size: number,
      rate: optional(number),
      seconds: optional(number),
      channels: optional(number),
      /** The name of a file that is too large for the page. */
      absent: optional(text),
      type: optional(text),
      sound: optional(number),
    }),
    answer: nothing,
  },
  chart: {
    shared: nothing,
    step: head({
      library: text,
      size: number,
      /** The kernel has the library that draws the chart. */
      renderer: optional(boolean),
      plot: optional(plot),
      json: optional(number),
    }),
    answer: head({ library: text }),
  },
  confusion: {
    shared: head({ most: number }),
    step: head({ x: list(text), y: list(text) }),
    answer: nothing,
  },
  curve: { shared: parts(curveShared), step: parts(curveStep), answer: nothing },
  dataframe: {
    shared: nothing,
    step: anyOf(storedRows, facts),
    answer: anyOf(storedRows, orderedRows, changedRows, tableSummary, tableCell),
  },
  file: { shared: anyOf(nothing, facts), step: facts, answer: nothing },
  histogram: {
    shared: head({ x: range, y: range, steps: list(step) }),
    step: nothing,
    answer: nothing,
  },
  html: { shared: nothing, step: textStep, answer: nothing },
  image: { shared: nothing, step: head({ type: text, size: number }), answer: nothing },
  markdown: {
    shared: nothing,
    /** The buffer with the source is 0; `tree` is the number of the one with the parsed document. */
    step: head({ cut: optional(number), tree: number }),
    answer: nothing,
  },
  metric: { shared: parts(metricShared), step: nothing, answer: nothing },
  text: { shared: nothing, step: textStep, answer: nothing },
  trace: { shared: nothing, step: head({ bare: optional(boolean) }), answer: nothing },
  video: {
    shared: nothing,
    step: head({
      size: number,
      type: optional(text),
      video: optional(number),
      absent: optional(text),
    }),
    answer: nothing,
  },
  runs: { shared: runs, step: nothing, answer: nothing },
};

/** The name of a renderer: the stem of its file here and of its module in Python. */
export type Stem = Exclude<keyof typeof heads, "runs">;
export type Role = "shared" | "step" | "answer";

/** What every head may have. When there is an error, the head has nothing else. */
export interface Head {
  columns?: Record<string, [buffer: number, type: NumberType]>;
  error?: string;
}
type WithError<H> = H extends unknown ? H & { error?: string } : never;
export type HeadOf<S extends keyof typeof heads, R extends Role> = WithError<
  Checked<(typeof heads)[S][R]>
>;
export type SharedHead<S extends Stem> = HeadOf<S, "shared">;
export type StepHead<S extends Stem> = HeadOf<S, "step">;
export type AnswerHead<S extends Stem> = HeadOf<S, "answer">;
export type FailedHead = Checked<typeof failed>;
export type CurveSharedHead = Checked<typeof curveShared>;
export type CurveHead = Checked<typeof curveStep>;
export type MetricHead = Checked<typeof metricShared>;
/** The head of a chart of several lines, each with a head of its own. */
export interface PartsHead<H> extends Head {
  parts: [line: number, first: number, buffers: number, head: H | FailedHead][];
}
export type Fact = Checked<typeof fact>;
export type FactsHead = WithError<Checked<typeof facts>>;
export type Plot = Checked<typeof plot>;
export type TableField = Checked<typeof tableField>;
export type ColumnSummary = Checked<typeof columnSummary>;
export type Tally = Checked<typeof tally>;
export type StoredRowsHead = WithError<Checked<typeof storedRows>>;
export type ChangedRowsHead = WithError<Checked<typeof changedRows>>;
export type TableSummaryHead = WithError<Checked<typeof tableSummary>>;
/** A page of rows, as they are stored or in an order. */
export type RowsHead = StoredRowsHead | WithError<Checked<typeof orderedRows>>;
export type RunField = Checked<typeof runField>;
export type RunsHead = HeadOf<"runs", "shared">;

/** Whether a head is one that the page can draw, or says what went wrong. */
export function isHead(stem: string, role: Role, value: unknown): boolean {
  return (
    failed(value) || (Object.hasOwn(heads, stem) && heads[stem as keyof typeof heads][role](value))
  );
}

// The heads of payloads: what the kernel says beside the binary columns, for each renderer. One table is the source of both the types that the
// renderers are written against and the check that the tests put samples of the kernel half through.

import * as v from "valibot";

const step = v.union([v.null(), v.number(), v.string()]);

const numberType = v.picklist(["f4", "f8", "i4", "i2", "u1", "u2", "u4"]);
export type NumberType = v.InferOutput<typeof numberType>;

const rangeOfColumn = v.strictTuple([v.number(), v.number(), v.number()]);
/** Whole numbers at the same distance from each other. */
export type Range = [first: number, by: number, count: number];

/** Of each column its buffer's number, or the numbers themselves as a range, and their type. */
export const columns = v.optional(
  v.record(v.string(), v.strictTuple([v.union([v.number(), rangeOfColumn]), numberType])),
);
const base = { columns };
/** What went wrong in the kernel, in words; nothing else is in such a head. */
const failed = v.strictObject({ error: v.string() });

const head = <F extends v.ObjectEntries>(fields: F) => v.strictObject({ ...fields, ...base });
const nothing = head({});

/** Of each line of a chart its place among the panel's members, its first buffer, how many buffers it has, and its head. */
const parts = <H extends v.GenericSchema>(one: H) =>
  head({
    parts: v.array(v.strictTuple([v.number(), v.number(), v.number(), v.union([one, failed])])),
  });

const range = v.strictTuple([v.number(), v.number()]);
const curveShared = head({ curve: v.string(), x: range, y: range });
const curveStep = head({
  points: v.number(),
  annotation: v.nullable(v.string()),
  /** How many points have a coordinate that is not a number. */
  gaps: v.optional(v.number()),
  x: v.optional(range),
  y: v.optional(range),
  /** Which of the member's own steps it is: its latest by the step on screen. */
  step,
});
const metricShared = head({
  points: v.number(),
  unit: v.optional(v.string()),
  /** How many values are NaN, infinite, and negatively infinite. */
  odd: v.optional(v.strictTuple([v.number(), v.number(), v.number()])),
});
/** How many points there are in the range that was asked for, and whether these are all. */
const pointsOfRange = head({ points: v.number(), all: v.boolean() });

/** The name of a fact, its value, and how the value is written. */
export type Fact = [name: string, value: string | number, kind?: "bytes" | "path" | "code"];
const fact: v.GenericSchema<Fact> = v.strictTuple([
  v.string(),
  v.union([v.string(), v.number()]),
  v.optional(v.picklist(["bytes", "path", "code"])),
]);
const facts = head({ facts: v.array(fact) });

const tableField = v.strictObject({
  name: v.string(),
  dtype: v.string(),
  kind: v.picklist(["number", "boolean", "text"]),
  /** Its number among the table's columns; below zero, an index level: -1 is the first. */
  at: v.number(),
  index: v.optional(v.boolean()),
  /** The words for what is missing, by the code that a cell has. */
  missing: v.optional(v.array(v.string())),
  /** The buffer that holds its strings. */
  text: v.optional(v.number()),
  right: v.optional(v.boolean()),
});
const limit = v.union([v.number(), v.string(), v.boolean()]);
const columnSummary = v.strictObject({
  nulls: v.number(),
  distinct: v.optional(v.number()),
  /** There are more different values than were counted. */
  more: v.optional(v.boolean()),
  low: v.optional(limit),
  high: v.optional(limit),
  bins: v.optional(v.array(v.number())),
  top: v.optional(v.array(v.strictTuple([v.string(), v.number()]))),
  endless: v.optional(v.number()),
});
/** By the number of the column. */
const summary = v.array(v.strictTuple([v.number(), columnSummary]));
const tableRows = {
  rows: v.number(),
  from: v.number(),
  count: v.number(),
  done: v.boolean(),
  fields: v.array(tableField),
};
const storedRows = head({
  ...tableRows,
  width: v.number(),
  hidden: v.optional(v.number()),
  stored: v.optional(v.string()),
  summary: v.optional(summary),
  /** Of a table of importances: for each measure the names and numbers of its bars. */
  bars: v.optional(v.array(v.tuple([v.string(), v.array(v.tuple([v.string(), v.number()]))]))),
});
const orderedRows = head({ ...tableRows, of: v.number(), seen: v.number() });
const tally = v.strictObject({
  same: v.number(),
  added: v.number(),
  removed: v.number(),
  changed: v.number(),
  cells: v.number(),
});
const changedRows = head({
  ...tableRows,
  seen: v.number(),
  tally,
  before: v.array(tableField),
  pairs: v.array(v.number()),
  cells: v.record(v.string(), v.number()),
  added: v.array(v.string()),
  removed: v.array(v.string()),
});
const tableSummary = head({ summary, done: v.boolean(), seen: v.number() });
const tableCell = head({ done: v.boolean() });

const plot = v.strictObject({
  title: v.string(),
  labels: v.strictTuple([v.string(), v.string()]),
  logs: v.strictTuple([v.boolean(), v.boolean()]),
  /** What stands at 0, 1, 2, … of the x axis, where it has words. */
  names: v.array(v.string()),
  dates: v.boolean(),
  traces: v.array(v.strictObject({ name: v.string(), mode: v.string() })),
  x: range,
  y: range,
});
const textStep = head({ cut: v.optional(v.number()) });

const runField = v.strictObject({
  group: v.string(),
  name: v.string(),
  kind: v.picklist(["text", "number", "time", "seconds"]),
  words: v.optional(v.array(v.string())),
  /** What is better of an output, and how that is known. */
  goal: v.optional(v.picklist(["max", "min"])),
  why: v.optional(v.string()),
});
/** The table of runs, which no renderer draws. */
const runs = head({
  rows: v.number(),
  fields: v.array(runField),
  /** Whether archived runs are shown only where somebody asks for them. */
  hides_archived: v.optional(v.boolean()),
  /** The result whose course is drawn beside it. */
  spark: v.optional(v.string()),
});

/** Of each renderer the heads of its shared payload, of the payload of a step, and of the answers to its queries. */
export const heads = {
  audio: {
    shared: nothing,
    step: head({
      size: v.number(),
      rate: v.optional(v.number()),
      seconds: v.optional(v.number()),
      channels: v.optional(v.number()),
      /** The name of a file that is too large for the page. */
      absent: v.optional(v.string()),
      type: v.optional(v.string()),
      sound: v.optional(v.number()),
    }),
    answer: nothing,
  },
  chart: {
    shared: nothing,
    step: head({
      library: v.string(),
      size: v.number(),
      /** The kernel has the library that draws the chart. */
      renderer: v.optional(v.boolean()),
      plot: v.optional(plot),
      json: v.optional(v.number()),
    }),
    answer: head({ library: v.string() }),
  },
  confusion: {
    shared: head({ most: v.number() }),
    step: head({ x: v.array(v.string()), y: v.array(v.string()) }),
    answer: nothing,
  },
  curve: { shared: parts(curveShared), step: parts(curveStep), answer: parts(pointsOfRange) },
  dataframe: {
    shared: nothing,
    step: v.union([storedRows, facts]),
    answer: v.union([storedRows, orderedRows, changedRows, tableSummary, tableCell]),
  },
  file: { shared: v.union([nothing, facts]), step: facts, answer: nothing },
  histogram: {
    shared: head({ x: range, y: range, steps: v.array(step) }),
    step: nothing,
    answer: nothing,
  },
  html: { shared: nothing, step: textStep, answer: nothing },
  image: { shared: nothing, step: head({ type: v.string(), size: v.number() }), answer: nothing },
  markdown: {
    shared: nothing,
    /** The buffer with the source is 0; `tree` is the number of the one with the parsed document. */
    step: head({ cut: v.optional(v.number()), tree: v.number() }),
    answer: nothing,
  },
  metric: { shared: parts(metricShared), step: nothing, answer: parts(pointsOfRange) },
  text: { shared: nothing, step: textStep, answer: nothing },
  trace: { shared: nothing, step: head({ bare: v.optional(v.boolean()) }), answer: nothing },
  video: {
    shared: nothing,
    step: head({
      size: v.number(),
      type: v.optional(v.string()),
      video: v.optional(v.number()),
      absent: v.optional(v.string()),
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
  columns?: Record<string, [buffer: number | Range, type: NumberType]>;
  error?: string;
}
type WithError<H> = H extends unknown ? H & { error?: string } : never;
export type HeadOf<S extends keyof typeof heads, R extends Role> = WithError<
  v.InferOutput<(typeof heads)[S][R]>
>;
export type SharedHead<S extends Stem> = HeadOf<S, "shared">;
export type StepHead<S extends Stem> = HeadOf<S, "step">;
export type AnswerHead<S extends Stem> = HeadOf<S, "answer">;
export type FailedHead = v.InferOutput<typeof failed>;
export type CurveSharedHead = v.InferOutput<typeof curveShared>;
export type CurveHead = v.InferOutput<typeof curveStep>;
export type MetricHead = v.InferOutput<typeof metricShared>;
export type RangeHead = v.InferOutput<typeof pointsOfRange>;
/** The head of a chart of several lines, each with a head of its own. */
export interface PartsHead<H> extends Head {
  parts: [line: number, first: number, buffers: number, head: H | FailedHead][];
}
export type Plot = v.InferOutput<typeof plot>;
export type TableField = v.InferOutput<typeof tableField>;
export type ColumnSummary = v.InferOutput<typeof columnSummary>;
export type Tally = v.InferOutput<typeof tally>;
export type StoredRowsHead = WithError<v.InferOutput<typeof storedRows>>;
export type ChangedRowsHead = WithError<v.InferOutput<typeof changedRows>>;
export type TableSummaryHead = WithError<v.InferOutput<typeof tableSummary>>;
/** A page of rows, as they are stored or in an order. */
export type RowsHead = StoredRowsHead | WithError<v.InferOutput<typeof orderedRows>>;
export type RunField = v.InferOutput<typeof runField>;
export type RunsHead = HeadOf<"runs", "shared">;

/** Whether a head is one that the page can draw, or says what went wrong. */
export function isHead(stem: string, role: Role, value: unknown): boolean {
  const own = Object.hasOwn(heads, stem) ? heads[stem as keyof typeof heads][role] : null;
  return v.is(failed, value) || (own !== null && v.is(own, value));
}

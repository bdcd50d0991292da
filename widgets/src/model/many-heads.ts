// The heads of the payloads that views of many runs have, checked as those of the renderers are.

import * as v from "valibot";
import { columns } from "./payload-heads";

const group = v.picklist(["", "inputs", "outputs"]);
const field = v.strictObject({
  group,
  name: v.string(),
  /** The column's name in the frame of `runs()`. */
  key: v.string(),
  kind: v.picklist(["number", "words"]),
  words: v.optional(v.array(v.string())),
  /** A logarithmic axis shows it better. */
  log: v.optional(v.boolean()),
});
export type ManyField = v.InferOutput<typeof field>;

const figure = v.nullable(v.number());
/** What an input has to do with a result: correlation, ends of its interval, runs that have both, and by which measure. */
const importance = v.array(
  v.strictTuple([v.string(), figure, figure, figure, v.number(), v.picklist(["spearman", "eta"])]),
);
export type Importance = v.InferOutput<typeof importance>[number];

const runs = {
  rows: v.number(),
  /** Of how many runs these are the first. */
  total: v.number(),
  labels: v.array(v.string()),
  uuids: v.array(v.string()),
  statuses: v.array(v.string()),
  fields: v.array(field),
  score: v.nullable(v.string()),
  importance,
  note: v.string(),
  columns,
};

export const plotHead = v.strictObject({
  ...runs,
  plot: v.picklist(["scatter", "parallel"]),
  /** Places among the fields. */
  axes: v.array(v.number()),
  color: v.nullable(v.number()),
});
export type PlotHead = v.InferOutput<typeof plotHead>;

/** Some value, and the rows that have it. */
const having = v.strictTuple([v.string(), v.array(v.number())]);

export const comparisonHead = v.strictObject({
  ...runs,
  /** By the place of a result among the fields: the rows that have the best of it, what is better, and how that is known. */
  best: v.record(
    v.string(),
    v.strictTuple([v.array(v.number()), v.nullable(v.picklist(["max", "min"])), v.string()]),
  ),
  /** Inputs that are equal in all runs, of which there are so many. */
  same: v.array(v.strictTuple([v.string(), v.string()])),
  same_count: v.number(),
  /** By what the rows are groups of runs, and the runs of each: what they are called, and their uuids. */
  group_by: v.nullable(v.array(v.string())),
  members: v.array(v.array(v.strictTuple([v.string(), v.string()]))),
  /** What differs in the environments, how many things do not, and the same of the code. */
  differs: v.array(v.strictTuple([v.string(), v.array(having)])),
  alike: v.number(),
  code: v.array(having),
  diffs: v.array(v.strictTuple([v.string(), v.string()])),
  /** How many charts there are. */
  charts: v.number(),
});
export type ComparisonHead = v.InferOutput<typeof comparisonHead>;

export const chartHead = v.strictObject({
  name: v.string(),
  over: v.picklist(["step", "order logged"]),
  /** The row of each line. */
  rows: v.array(v.number()),
  unit: v.optional(v.string()),
  /** How many lines have fewer points than were logged. */
  thinned: v.number(),
  columns,
});
export type ChartHead = v.InferOutput<typeof chartHead>;

// The heads of the payloads that views of many runs have, checked as those of the renderers are.

import * as v from "valibot";

const columns = v.optional(
  v.record(
    v.string(),
    v.tuple([v.number(), v.picklist(["f4", "f8", "i4", "i2", "u1", "u2", "u4"])]),
  ),
);
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

// Which columns the table of runs has, in which order, and what they are called: those that one would choose, unless somebody chose.

import type { RunField } from "../model/payload-heads";
import type { RunRows } from "../widgets/run-rows";

/** More columns than these are shown only when they are chosen. */
const MOST = 60;
/** Columns that stay whatever their values are: what is asked first of a run. */
const ALWAYS = ["name", "status", "created"];
/** The run's own columns, behind its results and its inputs, where any run has them. */
const BEHIND = ["tags", "note", "group", "parent", "project", "duration"];
/** What is a column only where it is chosen, and what is not worth a word where it is the same in all runs. */
const UNASKED = ["finished"];
const PLAIN = ["project"];
/** What is shown as a part of other columns. */
const PARTS = ["id", "why", "pinned", "archived"];
const titles: Record<string, string> = { duration: "took" };

/** What a column is known by, whatever table it is in. */
export const keyOf = ({ group, name }: RunField): string => (group ? `${group}.${name}` : name);

export const titleOf = ({ group, name }: RunField): string =>
  group ? name : (titles[name] ?? name);

/** How it is said what is better of a result. */
export const goalOf = ({ goal, why }: RunField): string =>
  goal ? `${goal === "max" ? "higher" : "lower"} is better (${why ?? ""})` : "";

/** A value that is the same in every run, or in every run that has one. */
export interface Same {
  field: number;
  /** How many runs have it. */
  count: number;
}

export interface Choice {
  /** The numbers of the fields that are shown, in order. */
  fields: number[];
  same: Same[];
}

/** The fields that can be shown as columns. */
export function offered(rows: RunRows): number[] {
  return rows.fields.flatMap((f, n) => (f.group === "" && PARTS.includes(f.name) ? [] : [n]));
}

/**
 * Choose columns: name, status and time, the results, those with a goal first, then the inputs that differ, and what else the runs have.
 * Among fewer than two runs nothing is the same.
 */
export function choose(rows: RunRows): Choice {
  const { fields } = rows;
  const same: Same[] = [];
  const varied = offered(rows).filter((n) => {
    const { name, group } = fields[n]!;
    if (group === "" && ALWAYS.includes(name)) return true;
    if (group === "" && UNASKED.includes(name)) return false;
    const { distinct, count } = rows.variety(n);
    if (count === 0) return false;
    if (distinct > 1 || rows.listed < 2 || (group === "" && name === "parent")) return true;
    if (group === "" && PLAIN.includes(name)) return false;
    if (group !== "" || count === rows.listed) same.push({ field: n, count });
    return group === "" && count < rows.listed;
  });
  const rank = (n: number): number => {
    const { group, name, goal } = fields[n]!;
    if (group === "outputs") return goal ? 10 : fields[n]!.kind === "number" ? 11 : 30;
    if (group === "inputs") return 20;
    return ALWAYS.includes(name) ? ALWAYS.indexOf(name) : 40 + BEHIND.indexOf(name);
  };
  // Of the results, those that somebody defined come first.
  const defined = (n: number): number => (/defined/.test(fields[n]!.why ?? "") ? 0 : 1);
  // Of the inputs, those that most runs were given.
  const given = (n: number): number => (fields[n]!.group === "inputs" ? -rows.variety(n).count : 0);
  varied.sort(
    (a, b) => rank(a) - rank(b) || defined(a) - defined(b) || given(a) - given(b) || a - b,
  );
  return { fields: varied.slice(0, MOST), same };
}

/** The fields of columns that were chosen before, by their keys; what no run has any more is left out. */
export function chosenFields(rows: RunRows, keys: readonly string[]): number[] {
  const numbers = new Map(offered(rows).map((n) => [keyOf(rows.fields[n]!), n]));
  const found = [...new Set(["name", ...keys])].flatMap((key) => numbers.get(key) ?? []);
  return found;
}

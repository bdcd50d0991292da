// What the table of runs shows, line by line: runs with those below them that they are the parents of, or groups of runs.

import { figuresOf } from "./figures";
import type { RunRows, RunSort } from "../widgets/run-rows";

export interface RunLine {
  row: number;
  level: number;
  /** The runs below it, in order, whether they are shown or not. */
  below: readonly number[];
  group: null;
}
export interface GroupLine {
  /** Its runs, in order. */
  group: number[];
  /** What they have in common, a value for each field that they are grouped by. */
  values: string[];
  key: string;
  level: 1;
}
export type Line = RunLine | GroupLine;

/** Longer chains of parents than this are taken for a mistake: their runs stand beside each other. */
const DEEPEST = 30;
const NONE: readonly number[] = [];

/** The runs as a tree, each below its parent where that is among them; `sort` is how they were put in order. */
class Tree {
  readonly top: number[] = [];
  private readonly children = new Map<number, number[]>();

  constructor(
    private readonly rows: RunRows,
    found: readonly number[],
    private readonly sort: RunSort | null,
  ) {
    const field = rows.fieldNamed("parent");
    const isGiven = field >= 0 && rows.variety(field).count > 0;
    const known = new Map(isGiven ? found.map((row) => [rows.id(row), row]) : []);
    const parentOf = (row: number): number | undefined =>
      isGiven ? known.get(String(rows.at(row, field))) : undefined;
    for (const row of found) {
      let depth = 0;
      let above = parentOf(row);
      while (above !== undefined && above !== row && depth < DEEPEST) {
        above = parentOf(above);
        depth += 1;
      }
      const parent = above === undefined ? parentOf(row) : undefined;
      const beside = parent === undefined ? this.top : (this.children.get(parent) ?? []);
      beside.push(row);
      if (parent !== undefined) this.children.set(parent, beside);
    }
    if (this.children.size > 0 && sort) this.place();
  }

  below(row: number): readonly number[] {
    return this.children.get(row) ?? NONE;
  }

  /** Put a run that has no value of its own where the first of those below it would stand. */
  private place(): void {
    const { rows, sort } = this;
    const ranks = rows.ranks(sort!.field);
    const rank = (row: number): number => {
      const own = ranks[row]!;
      const [first] = this.below(row);
      return Number.isNaN(own) && first !== undefined ? rank(first) : own;
    };
    const direction = sort!.descending ? -1 : 1;
    const order = (a: number, b: number): number => {
      const [x, y] = [rank(a), rank(b)];
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(x !== x) - Number(y !== y);
      return x === y ? 0 : (x < y ? -1 : 1) * direction;
    };
    for (const below of this.children.values()) below.sort(order);
    this.top.sort(order);
  }
}

const pinnedFirst = (rows: RunRows, found: number[]): number[] => {
  const pinned = found.filter((row) => rows.is(row, "pinned"));
  return pinned.length ? [...pinned, ...found.filter((row) => !rows.is(row, "pinned"))] : found;
};

/**
 * The lines of runs, pinned ones first.
 *
 * @param found their numbers, in order.
 * @param isOpen whether the runs below the one of an id are shown.
 */
export function runLines(
  rows: RunRows,
  found: readonly number[],
  sort: RunSort | null,
  isOpen: (id: string) => boolean,
): Line[] {
  const tree = new Tree(rows, found, sort);
  const lines: Line[] = [];
  const add = (row: number, level: number): void => {
    const below = tree.below(row);
    lines.push({ row, level, below, group: null });
    if (below.length > 0 && isOpen(rows.id(row))) for (const each of below) add(each, level + 1);
  };
  for (const row of pinnedFirst(rows, tree.top)) add(row, 1);
  return lines;
}

/** The lines of groups of runs, each with its runs below it where it is open; in the order of what they have in common, or of a field. */
export function groupLines(
  rows: RunRows,
  found: readonly number[],
  fields: readonly number[],
  sort: RunSort | null,
  isOpen: (key: string) => boolean,
): Line[] {
  const groups = new Map<string, GroupLine>();
  const put = (row: number, keys: readonly (string | number | null)[], values: string[]): void => {
    const key = JSON.stringify(keys.map((each) => (each === null ? null : String(each))));
    const group = groups.get(key) ?? { group: [], values, key, level: 1 as const };
    group.group.push(row);
    groups.set(key, group);
  };
  const tags = fields.findIndex(
    (n) => rows.fields[n]!.group === "" && rows.fields[n]!.name === "tags",
  );
  for (const row of found) {
    const keys = fields.map((field) => rows.at(row, field));
    const values = fields.map((field) => rows.text(row, field));
    if (tags < 0 || !keys[tags]) {
      put(row, keys, values);
      continue;
    }
    // A run is in the group of each of its tags.
    for (const tag of new Set(String(keys[tags]).split(", ")))
      put(row, keys.with(tags, tag), values.with(tags, tag));
  }
  const ranks = fields.map((field) => rows.ranks(field));
  const known = [...new Set([...groups.values()].map(({ values }) => values[tags] ?? ""))].sort();
  const tagRank = (tag: string): number => (tag === "" ? NaN : known.indexOf(tag));
  const rank = ({ group, values }: GroupLine): number[] => {
    if (!sort)
      return ranks.map((each, n) => (n === tags ? tagRank(values[tags]!) : each[group[0]!]!));
    const own = rows.ranks(sort.field);
    return [figuresOf(group.map((row) => own[row]!)).mean];
  };
  const placed = [...groups.values()].map((group) => ({ group, rank: rank(group) }));
  const direction = sort?.descending ? -1 : 1;
  placed.sort((a, b) => {
    for (let n = 0; n < a.rank.length; n += 1) {
      const [x, y] = [a.rank[n]!, b.rank[n]!];
      if (Number.isNaN(x) && Number.isNaN(y)) continue;
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(x !== x) - Number(y !== y);
      if (x !== y) return (x < y ? -1 : 1) * direction;
    }
    return 0;
  });
  return placed.flatMap(({ group }): Line[] => [
    group,
    ...(isOpen(group.key)
      ? pinnedFirst(rows, group.group).map((row): Line => ({
          row,
          level: 2,
          below: [],
          group: null,
        }))
      : []),
  ]);
}

// The runs of a table, as the kernel sends them: read as text, searched and sorted in the page.

import { parseFilter, type Filter } from "../filter";
import * as format from "../model/format";
import type { RunField, RunsHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";
import { filterColumns, filterValue, type RunColumn } from "../run-table/filtering";
import { WordSearch } from "../run-table/word-search";

/** A row that changed since the table was sent. JSON has no infinite numbers: they come as strings. */
export type Patch = [row: number, cells: (string | number | null)[]];
type Value = string | number | null;

export interface RunSort {
  field: number;
  descending: boolean;
}

/** How many different values the listed runs have in a field, and how many of the runs have one. */
export interface Variety {
  distinct: number;
  count: number;
}

/** The course of a metric: heights from 0 to 254, 255 where there is none. */
export type Spark = Uint8Array;
/** Of how many heights one is that comes along. */
const SPARK = 24;

/** Sorts names as people do: run2 comes before run10. */
const collator = new Intl.Collator(undefined, { numeric: true });
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const infinite: Record<string, number> = { inf: Infinity, "-inf": -Infinity };

export class RunRows {
  readonly fields: RunField[];
  readonly count: number;
  /** How many runs are listed unless archived ones are asked for. */
  readonly listed: number;
  /** The result whose course is drawn beside it; -1 for none. */
  readonly sparkField: number;
  private readonly sparks: Uint8Array;
  /** Where the fields are that are the run's own. */
  private readonly own: ReadonlyMap<string, number>;
  /** Of each field a value for every run. */
  private readonly values: Value[][];
  private readonly archivedField: number;
  private readonly hidesArchived: boolean;
  private readonly rankings = new Map<number, Float64Array>();
  private readonly decimalsOf = new Map<number, number | null>();
  private readonly varieties = new Map<number, Variety>();
  private readonly words = new WordSearch(this);
  private columns: RunColumn[] | null = null;
  private names: Map<string, number> | null = null;

  constructor(payload: Payload<RunsHead>, patches: Patch[] = []) {
    this.fields = payload.head.fields;
    this.count = payload.head.rows;
    const own = this.fields.map(({ group, name }, n): [string, number] => [group ? "" : name, n]);
    this.own = new Map(own.reverse());
    this.values = this.fields.map((field, n) => {
      if (field.kind === "text")
        return Array.from(payload.column(`c${n}`), (code) => field.words?.[code] ?? "");
      const missing = payload.column(`n${n}`);
      return Array.from(payload.column(`v${n}`), (value, row) => (missing[row] ? null : value));
    });
    for (const [row, cells] of patches) {
      cells.forEach((cell, n) => {
        const column = this.values[n];
        if (column) column[row] = patched(this.fields[n]!, cell);
      });
    }
    const { spark } = payload.head;
    this.sparkField = spark
      ? this.fields.findIndex((f) => f.group === "outputs" && f.name === spark)
      : -1;
    this.sparks = payload.column("spark") as Uint8Array;
    this.archivedField = this.fieldNamed("archived");
    this.hidesArchived = payload.head.hides_archived ?? false;
    this.listed = this.hidesArchived
      ? Array.from({ length: this.count }, (_, row) => row).filter((row) => !this.isHidden(row))
          .length
      : this.count;
  }

  at(row: number, field: number): Value {
    return this.values[field]?.[row] ?? null;
  }

  /** The values of a field, of every run. */
  column(field: number): readonly Value[] {
    return this.values[field] ?? [];
  }

  /** The value of a field of each run, by the run's id. */
  byId(field: number): Map<string, Value> {
    const ids = this.values[this.fieldNamed("id")] ?? [];
    return new Map(field < 0 ? [] : ids.map((id, row) => [String(id), this.at(row, field)]));
  }

  /** The number of a field that is the run's own, not one of its inputs or outputs. */
  fieldNamed(name: string): number {
    return this.own.get(name) ?? -1;
  }

  id(row: number): string {
    return String(this.at(row, this.fieldNamed("id")) ?? "");
  }

  name(row: number): string {
    return String(this.at(row, this.fieldNamed("name")) || this.id(row));
  }

  /** What tells runs of the same name apart; nothing where the name does. */
  aside(row: number): string {
    this.names ??= counted(this.values[this.fieldNamed("name")] ?? []);
    const name = this.at(row, this.fieldNamed("name"));
    return name && (this.names.get(String(name)) ?? 0) > 1 ? this.id(row) : "";
  }

  /** The course of the first result of a run, where it came along. */
  spark(row: number): Spark | undefined {
    const heights = this.sparks.subarray(row * SPARK, (row + 1) * SPARK);
    const count = heights.findLastIndex((height) => height !== 255) + 1;
    return count > 0 ? heights.subarray(0, count) : undefined;
  }

  is(row: number, mark: "pinned" | "archived"): boolean {
    return Boolean(this.at(row, this.fieldNamed(mark)));
  }

  /** Whether a run is shown only where archived ones are asked for. */
  isHidden(row: number): boolean {
    return this.hidesArchived && Boolean(this.at(row, this.archivedField));
  }

  /** How the listed runs differ in a field. */
  variety(field: number): Variety {
    let variety = this.varieties.get(field);
    if (!variety) {
      variety = this.varietyOf(field);
      this.varieties.set(field, variety);
    }
    return variety;
  }

  private varietyOf(field: number): Variety {
    const values = this.values[field] ?? [];
    const known = new Set<Value>();
    let count = 0;
    for (let row = 0; row < this.count; row += 1) {
      const value = values[row]!;
      if (value === null || value === "" || this.isHidden(row)) continue;
      known.add(value);
      count += 1;
    }
    return { distinct: known.size, count };
  }

  text(row: number, field: number): string {
    const value = this.at(row, field);
    return value === null ? "" : this.written(value, field);
  }

  /** A value of a field as it is written in the table. */
  written(value: string | number, field: number): string {
    const { kind } = this.fields[field]!;
    if (typeof value === "string") return value;
    if (kind === "seconds") return format.duration(value);
    if (kind === "time") return format.time(value);
    if (Number.isInteger(value) || this.fields[field]!.group !== "outputs")
      return format.number(Number.isInteger(value) ? value : Number(value.toPrecision(5)));
    const decimals = this.decimals(field);
    return Number.isFinite(value) && decimals !== null
      ? value.toFixed(decimals)
      : format.number(Number(value.toPrecision(5)));
  }

  /** With how many decimals results stand in line: so many that the runs are told apart. Null where they are too small or too large. */
  private decimals(field: number): number | null {
    let known = this.decimalsOf.get(field);
    if (known === undefined) {
      let [low, high, least] = [Infinity, -Infinity, Infinity];
      for (const value of this.values[field]!) {
        if (typeof value !== "number" || !Number.isFinite(value)) continue;
        [low, high] = [Math.min(low, value), Math.max(high, value)];
        if (value !== 0) least = Math.min(least, Math.abs(value));
      }
      const range = high > low ? high - low : Math.max(Math.abs(high), 1e-6);
      const isPlain = least >= 1e-4 && Math.max(high, -low) < 1e6;
      known = isPlain ? Math.min(6, Math.max(2, 3 - Math.floor(Math.log10(range)))) : null;
      this.decimalsOf.set(field, known);
    }
    return known;
  }

  /** A moment as short as a column of them can be read: with the year where that is not the newest run's. */
  when(row: number): string {
    const field = this.fieldNamed("created");
    const [micros, newest] = [this.at(row, field), this.at(0, field)];
    if (typeof micros !== "number") return "";
    const [date, last] = [new Date(micros / 1000), new Date(Number(newest) / 1000)];
    const day = `${date.getDate()} ${MONTHS[date.getMonth()]}`;
    return date.getFullYear() === last.getFullYear()
      ? `${day} ${format.time(micros).slice(11, 16)}`
      : `${day} ${date.getFullYear()}`;
  }

  /** The first value that a listed run has in a field, as it is written. */
  sample(field: number): string {
    for (let row = 0; row < this.count; row += 1) {
      const text = this.isHidden(row) ? "" : this.text(row, field);
      if (text !== "") return text;
    }
    return "";
  }

  /** A filter, or words, read for these runs. */
  filter(search: string): Filter<number> {
    this.columns ??= filterColumns(this);
    const value = (row: number, column: RunColumn): unknown => filterValue(this, row, column);
    const has = (word: string) => {
      let found: Uint8Array | undefined; // looked for when the first run is tested
      return (row: number): boolean => (found ??= this.words.find(word))[row] === 1;
    };
    return parseFilter(search, this.columns, value, { has });
  }

  /** Get ready, for so many ms, for words that are looked for next; return whether there is more to do. */
  prepareSearch(ms: number): boolean {
    return this.words.writeAhead(ms);
  }

  /** The numbers of the runs that pass a filter, in the order of a field, or as they came. */
  find(filter: string | Filter<number>, sort: RunSort | null, archived = false): number[] {
    const { test } = typeof filter === "string" ? this.filter(filter) : filter;
    const found: number[] = [];
    for (let row = 0; row < this.count; row += 1)
      if ((archived || !this.isHidden(row)) && test(row)) found.push(row);
    return sort ? this.sorted(found, sort) : found;
  }

  /** The different values that runs have in a field. */
  distinct(field: number): (string | number)[] {
    const found = new Set(this.values[field]);
    return [...found].filter((value) => value !== null && value !== "") as (string | number)[];
  }

  /** The different texts that runs have in a field; none where it has numbers. */
  distinctTexts(field: number): string[] {
    return this.fields[field]?.kind === "text" ? this.distinct(field).map(String) : [];
  }

  /** Put runs in the order of a field. */
  sorted(found: number[], { field, descending }: RunSort): number[] {
    const ranks = this.ranks(field);
    const direction = descending ? -1 : 1;
    return found.sort((a, b) => {
      const [x, y] = [ranks[a]!, ranks[b]!];
      // A run without a value comes last in either order.
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(x !== x) - Number(y !== y) || a - b;
      return x === y ? a - b : (x - y < 0 ? -1 : 1) * direction;
    });
  }

  /** A field as numbers to sort by, NaN where a run has none; those of strings are their places in their order. */
  ranks(field: number): Float64Array {
    let ranks = this.rankings.get(field);
    if (!ranks) {
      ranks = this.ranked(field);
      this.rankings.set(field, ranks);
    }
    return ranks;
  }

  private ranked(field: number): Float64Array {
    const values = this.values[field] ?? [];
    if (this.fields[field]?.kind !== "text")
      return Float64Array.from(values, (value) => (value === null ? NaN : Number(value)));
    const words = inOrder([...new Set(values.map(String))]);
    const ranks = new Map(words.map((word, n) => [word, word === "" ? NaN : n]));
    return Float64Array.from(values, (word) => ranks.get(String(word)) ?? NaN);
  }
}

/** Put names in order. Of runs that a search numbers, only the numbers are compared: a collator takes ten times as long for ten thousand. */
function inOrder(words: string[]): string[] {
  const stem = words.find(Boolean)?.replace(/\d+$/, "") ?? "";
  const isNumbered = (word: string): boolean =>
    word.startsWith(stem) && /^\d{1,15}$/.test(word.slice(stem.length));
  if (!words.every((word) => word === "" || isNumbered(word))) return words.sort(collator.compare);
  const number = (word: string): number => (word === "" ? -1 : Number(word.slice(stem.length)));
  return words.sort((a, b) => number(a) - number(b));
}

function counted(values: readonly Value[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return counts;
}

function patched(field: RunField, cell: string | number | null): Value {
  if (field.kind === "text") return cell === null ? "" : String(cell);
  return typeof cell === "string" ? (infinite[cell] ?? NaN) : cell;
}

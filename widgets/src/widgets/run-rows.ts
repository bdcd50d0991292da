// The runs of a table, as the kernel sends them: read as text, searched and sorted in the page.

import * as format from "../model/format";
import type { RunField, RunsHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";

/** A row that changed since the table was sent. JSON has no infinite numbers: they come as strings. */
export type Patch = [row: number, cells: (string | number | null)[]];
type Value = string | number | null;

export interface RunSort {
  field: number;
  descending: boolean;
}

/** Sorts names as people do: run2 comes before run10. */
const collator = new Intl.Collator(undefined, { numeric: true });
const infinite: Record<string, number> = { inf: Infinity, "-inf": -Infinity };

export class RunRows {
  readonly fields: RunField[];
  readonly count: number;
  /** Of each field a value for every run. */
  private readonly values: Value[][];
  private searchTexts: string[] | null = null;

  constructor(payload: Payload<RunsHead>, patches: Patch[] = []) {
    this.fields = payload.head.fields;
    this.count = payload.head.rows;
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
  }

  at(row: number, field: number): Value {
    return this.values[field]?.[row] ?? null;
  }

  /** The number of a field that is the run's own, not one of its inputs or outputs. */
  fieldNamed(name: string): number {
    return this.fields.findIndex((f) => f.group === "" && f.name === name);
  }

  id(row: number): string {
    return String(this.at(row, this.fieldNamed("id")) ?? "");
  }

  name(row: number): string {
    return String(this.at(row, this.fieldNamed("name")) || this.id(row));
  }

  /** Whether a field has a value for any run. */
  hasValues(field: number): boolean {
    return (this.values[field] ?? []).some((value) => value !== null && value !== "");
  }

  text(row: number, field: number): string {
    const value = this.at(row, field);
    if (value === null) return "";
    const { kind } = this.fields[field]!;
    if (typeof value === "string") return value;
    if (kind === "seconds") return format.duration(value);
    if (kind === "time") return format.time(value);
    return format.number(Number.isInteger(value) ? value : Number(value.toPrecision(5)));
  }

  /** The numbers of the runs that have all words of a search, in the order of a field, or as they came. */
  find(search: string, sort: RunSort | null): number[] {
    const rows = Array.from({ length: this.count }, (_, row) => row);
    if (search.trim()) this.searchTexts ??= rows.map((row) => this.searchText(row));
    const isFound = format.matcher(search);
    const found = rows.filter((row) => isFound(this.searchTexts?.[row] ?? ""));
    if (!sort) return found;
    const ranks = this.ranks(sort.field);
    const direction = sort.descending ? -1 : 1;
    return found.sort((a, b) => {
      const [x, y] = [ranks[a]!, ranks[b]!];
      // A run without a value comes last in either order.
      if (Number.isNaN(x) || Number.isNaN(y)) return Number(x !== x) - Number(y !== y) || a - b;
      return x === y ? a - b : (x - y < 0 ? -1 : 1) * direction;
    });
  }

  /** A field as numbers to sort by; those of strings are their places in their order. */
  private ranks(field: number): Float64Array {
    const values = this.values[field] ?? [];
    if (this.fields[field]?.kind !== "text")
      return Float64Array.from(values, (value) => (value === null ? NaN : Number(value)));
    const words = [...new Set(values.map(String))].sort(collator.compare);
    const ranks = new Map(words.map((word, n) => [word, word === "" ? NaN : n]));
    return Float64Array.from(values, (word) => ranks.get(String(word)) ?? NaN);
  }

  /** What a run is searched in: inputs and outputs as name=value, and what it is called. */
  private searchText(row: number): string {
    return this.fields
      .map((field, n) => {
        if (field.kind === "time" || field.kind === "seconds") return "";
        const text = this.text(row, n);
        return text === "" ? "" : field.group ? `${field.name}=${text}` : text;
      })
      .join(" ");
  }
}

function patched(field: RunField, cell: string | number | null): Value {
  if (field.kind === "text") return cell === null ? "" : String(cell);
  return typeof cell === "string" ? (infinite[cell] ?? NaN) : cell;
}

// A page of a stored table's rows, as the kernel sends it, read as cells.

import * as format from "../model/format";
import type { ChangedRowsHead, RowsHead, TableField } from "../model/payload-heads";
import { strings, type Payload } from "../model/payload";
import { SAME, type Cell, type Row } from "./rows";

/** What a cell is compared and sorted by; null where it is missing. */
export type Value = number | string | null;

/** The code of a cell whose string was cut; smaller ones say what is missing there, and 0 is a value. */
const CUT = 255;

export class TablePage {
  private readonly texts: (string[] | undefined)[] = [];
  private readonly formatters: ((value: number) => string)[];

  /**
   * @param like a page whose numbers have the same decimals, so that they stand in line.
   * @param prefix goes before the names of the columns in the payload.
   */
  constructor(
    private readonly payload: Payload<RowsHead | ChangedRowsHead>,
    like?: TablePage,
    readonly fields: TableField[] = payload.head.fields,
    private readonly prefix = "",
  ) {
    this.formatters = fields.map((field, n) => {
      const other = like?.fields[n];
      const same =
        other?.name === field.name && other.dtype === field.dtype && other.kind === field.kind;
      if (same) return like!.formatters[n]!;
      return field.kind === "number" ? formatter(field, this.values(n)) : String;
    });
  }

  get count(): number {
    return this.payload.head.count;
  }

  /** One of the page's rows, counted from 0; null where it has no such row. */
  row(n: number): Row | null {
    if (n >= this.count) return null;
    return {
      status: SAME,
      cells: this.fields.map((_, c) => this.cell(c, n)),
      number: this.rowNumber(n),
    };
  }

  cell(column: number, row: number): Cell {
    const field = this.fields[column]!;
    const code = this.code(column, row);
    if (code > 0 && code < CUT) {
      const word = field.missing?.[code - 1] ?? "missing";
      return { text: word, full: word, kind: "missing" };
    }
    if (field.kind === "text") {
      const text = this.text(column, row);
      if (text === "") return { text: '""', full: "", kind: "empty" };
      return code === CUT
        ? { text: `${oneLine(text)}…`, full: text, kind: "", cut: true }
        : { text: oneLine(text), full: text, kind: "" };
    }
    const value = this.values(column)[row]!;
    if (field.kind === "boolean") {
      const text = value ? "True" : "False";
      return { text, full: text, kind: "" };
    }
    return {
      text: this.formatters[column]!(value),
      full: roundTrip(value, field.dtype),
      kind: "",
    };
  }

  value(column: number, row: number): Value {
    const code = this.code(column, row);
    if (code > 0 && code < CUT) return null;
    if (this.fields[column]!.kind === "text") return this.text(column, row);
    return this.values(column)[row]!;
  }

  /** The number of a row in the stored table. Rows that are in another order come with theirs. */
  private rowNumber(row: number): number {
    return this.payload.has("r") ? this.payload.column("r")[row]! : this.payload.head.from + row;
  }

  private values(column: number): ArrayLike<number> {
    return this.payload.column(`${this.prefix}v${column}`);
  }

  private code(column: number, row: number): number {
    return this.payload.column(`${this.prefix}n${column}`)[row] ?? 0;
  }

  private text(column: number, row: number): string {
    const { prefix, fields, payload } = this;
    this.texts[column] ??= strings(payload, `${prefix}e${column}`, fields[column]!.text!);
    return this.texts[column]![row] ?? "";
  }
}

function formatter(field: TableField, values: ArrayLike<number>): (value: number) => string {
  const write = format.column(values);
  if (!field.dtype.toLowerCase().startsWith("float") && !field.dtype.startsWith("double"))
    return write;
  // A float that happens to be whole is still seen to be one.
  return (value) => {
    const text = write(value);
    return /^-?\d+$/.test(text) && Math.abs(value) < 1e15 ? `${text}.0` : text;
  };
}

/** The fewest digits that give the number back. A 32-bit float has fewer of them than the same number in 64 bits. */
function roundTrip(value: number, dtype: string): string {
  if (!Number.isFinite(value)) return format.number(value);
  if (/32/.test(dtype)) {
    for (let digits = 6; digits < 10; digits += 1) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === Math.fround(value)) return String(short);
    }
  }
  return String(value);
}

/** A string with its line breaks made visible, since a cell has a single line. */
const oneLine = (text: string): string => text.replace(/\r\n|\r|\n/g, "⏎");

/** Whether a column reads as text, and so is aligned to the left. */
export function isText(field: TableField): boolean {
  return field.kind === "text" && !field.right;
}

/** How many levels the index has. */
export const indexLevels = (fields: TableField[]): number => fields.filter((f) => f.index).length;

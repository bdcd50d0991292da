// Rows of a dataframe as cells: what is written, what it is in full, and whether it is missing or empty.

import * as format from "../model/format";
import { strings, type Payload } from "../model/payload";

/** A column, or a level of the index. `at` is its number among the table's columns; below zero, an index level: -1 is the first. */
export interface Field {
  name: string;
  dtype: string;
  kind: "number" | "boolean" | "text";
  at: number;
  index?: boolean;
  /** The words for what is missing, by the code that a cell has. */
  missing?: string[];
  text?: number;
  right?: boolean;
}

export interface Cell {
  text: string;
  full: string;
  kind: "" | "missing" | "empty";
  cut?: boolean;
}

/** What a cell is compared and sorted by; null where it is missing. */
export type Value = number | string | null;

const CUT = 255;

function written(field: Field, values: ArrayLike<number>): (value: number) => string {
  const write = format.column(values);
  if (!field.dtype.toLowerCase().startsWith("float") && !field.dtype.startsWith("double"))
    return write;
  // A float that happens to be whole is still seen to be one.
  return (value) => {
    const text = write(value);
    return /^-?\d+$/.test(text) && Math.abs(value) < 1e15 ? `${text}.0` : text;
  };
}

/** The shortest digits that give the number back: a 32-bit one has fewer than it would as 64 bits. */
function exact(value: number, dtype: string): string {
  if (!Number.isFinite(value)) return format.number(value);
  if (/32/.test(dtype)) {
    for (let digits = 6; digits < 10; digits += 1) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === Math.fround(value)) return String(short);
    }
  }
  return String(value);
}

/** One line of a text, however many it has. */
const flat = (text: string): string => text.replace(/\r\n|\r|\n/g, "⏎");

export class Page {
  readonly from: number;
  readonly count: number;
  private readonly texts: (string[] | undefined)[] = [];
  private readonly writers: ((value: number) => string)[];

  /**
   * @param like a page whose numbers are written alike, so that they stand in line.
   * @param prefix goes before the names of the columns in the frame.
   */
  constructor(
    private readonly frame: Payload,
    readonly fields: Field[],
    count: number,
    like?: Page,
    private readonly prefix = "",
  ) {
    this.from = frame.head.from ?? 0;
    this.count = count;
    this.writers = fields.map((field, i) => {
      const twin = like?.fields[i];
      if (
        twin &&
        twin.name === field.name &&
        twin.dtype === field.dtype &&
        twin.kind === field.kind
      )
        return like.writers[i]!;
      return field.kind === "number" ? written(field, frame.column(`${prefix}v${i}`)) : String;
    });
  }

  private code(column: number, row: number): number {
    const name = `${this.prefix}n${column}`;
    return this.frame.has(name) ? this.frame.column(name)[row]! : 0;
  }

  private words(column: number, row: number): string {
    const { prefix, fields, frame } = this;
    this.texts[column] ??= strings(frame, `${prefix}e${column}`, fields[column]!.text!);
    return this.texts[column]![row] ?? "";
  }

  cell(column: number, row: number): Cell {
    const field = this.fields[column]!;
    const code = this.code(column, row);
    if (code > 0 && code < CUT) {
      const word = field.missing?.[code - 1] ?? "missing";
      return { text: word, full: word, kind: "missing" };
    }
    if (field.kind === "text") {
      const text = this.words(column, row);
      if (text === "") return { text: '""', full: "", kind: "empty" };
      return code === CUT
        ? { text: `${flat(text)}…`, full: text, kind: "", cut: true }
        : { text: flat(text), full: text, kind: "" };
    }
    const value = this.frame.column(`${this.prefix}v${column}`)[row]!;
    if (field.kind === "boolean") {
      const text = value ? "True" : "False";
      return { text, full: text, kind: "" };
    }
    return { text: this.writers[column]!(value), full: exact(value, field.dtype), kind: "" };
  }

  /** The number of a row in its table. */
  place(row: number): number {
    return this.frame.has("r") ? this.frame.column("r")[row]! : this.from + row;
  }

  value(column: number, row: number): Value {
    const code = this.code(column, row);
    if (code > 0 && code < CUT) return null;
    if (this.fields[column]!.kind === "text") return this.words(column, row);
    return this.frame.column(`${this.prefix}v${column}`)[row]!;
  }
}

export function pageOf(frame: Payload, like?: Page): Page {
  return new Page(frame, frame.head.fields ?? [], frame.head.count ?? 0, like);
}

/** Whether a column is read as words, and so stands to the left. */
export function isWords(field: Field): boolean {
  return field.kind === "text" && !field.right;
}

// Words are looked for in the runs of a table column by column, in each different text once, however many runs have it.

import type { RunRows } from "../widgets/run-rows";

/** The values of a column, their texts as far as they were asked for, and of each run which it has; without `places` each its own. */
interface Values {
  values: readonly (string | number | null)[];
  texts: string[];
  places?: Int32Array;
}

/** What a written number consists of: to write all numbers of many runs takes long, and another word is in none. */
const IN_A_NUMBER = /^[\d.e+\-−∞na]*$/;
const MOST_KEPT = 20;
const enum Is {
  Unknown,
  Without,
  With,
}

/** Looks for words in what runs are called, and in their inputs and outputs as name=value, as the table writes them. */
export class WordSearch {
  private readonly columns: (Values | undefined)[] = [];
  private readonly found = new Map<string, Uint8Array>();

  constructor(private readonly rows: RunRows) {}

  /** Of each run whether it has a word in small letters, as 0 or 1. */
  find(word: string): Uint8Array {
    let found = this.found.get(word);
    if (!found) {
      found = new Uint8Array(this.rows.count);
      const { fields } = this.rows;
      // Numbers come last, and are written only for runs that do not have the word elsewhere.
      const isNumber = (field: number): number => Number(fields[field]!.kind === "number");
      const order = [...fields.keys()].sort((a, b) => isNumber(a) - isNumber(b) || a - b);
      for (const field of order) if (found.includes(0)) this.findIn(field, word, found);
      if (this.found.size >= MOST_KEPT) this.found.clear();
      this.found.set(word, found);
    }
    return found;
  }

  private findIn(field: number, word: string, found: Uint8Array): void {
    const { kind, group, name } = this.rows.fields[field]!;
    if (kind === "time" || kind === "seconds") return;
    const before = group ? `${name}=`.toLowerCase() : "";
    if (before.includes(word)) {
      this.rows.column(field).forEach((value, row) => {
        if (value !== null && value !== "") found[row] = 1;
      });
      return;
    }
    const end = word.lastIndexOf("=") + 1;
    const mayBeInNumber = before.endsWith(word.slice(0, end)) && IN_A_NUMBER.test(word.slice(end));
    if (kind === "number" && !mayBeInNumber) return;
    const { values, texts, places } = (this.columns[field] ??= this.valuesOf(field));
    const known = new Uint8Array(values.length);
    for (let row = 0; row < found.length; row += 1) {
      const place = places ? places[row]! : row;
      const value = values[place] ?? "";
      if (found[row] || value === "") continue;
      if (known[place] === Is.Unknown) {
        const text = (texts[place] ??= this.rows.written(value, field).toLowerCase());
        known[place] = (before + text).includes(word) ? Is.With : Is.Without;
      }
      if (known[place] === Is.With) found[row] = 1;
    }
  }

  /** Of numbers most are different: to put the same ones together takes longer than to write each. */
  private valuesOf(field: number): Values {
    const column = this.rows.column(field);
    if (this.rows.fields[field]!.kind === "number") return { values: column, texts: [] };
    const known = new Map<string | number | null, number>();
    const places = Int32Array.from(column, (value) => {
      let place = known.get(value);
      if (place === undefined) {
        place = known.size;
        known.set(value, place);
      }
      return place;
    });
    return { values: [...known.keys()], texts: [], places };
  }
}

// Words are looked for in the runs of a table column by column, in each different text once, however many runs have it.

import type { RunRows } from "../widgets/run-rows";

/** The texts of a column's values one behind the other, each after a line's end; and of each run which it has, without `places` its own. */
interface Texts {
  joined: string;
  /** Where the line's end before each is, and where the last one ends. */
  starts: Int32Array;
  places?: Int32Array;
}

/** What a written number consists of: to write all numbers of many runs takes long, and another word is in none. */
const IN_A_NUMBER = /^[\d.e+\-−∞na]*$/;
const MOST_KEPT = 20;

/** Looks for words in what runs are called, and in their inputs and outputs as name=value, as the table writes them. */
export class WordSearch {
  private readonly columns: (Texts | undefined)[] = [];
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
    const texts = (this.columns[field] ??= this.textsOf(field, before));
    // A number is written without its name: what stands behind it is how the text begins.
    const isAfterName = kind === "number" && end > 0;
    const has = textsWith(isAfterName ? `\n${word.slice(end)}` : word, isAfterName, texts);
    const { places } = texts;
    if (!places) has.forEach((one, row) => (found[row]! |= one));
    else places.forEach((place, row) => (found[row]! |= has[place]!));
  }

  /** Write the numbers in which words may be looked for next, a column at least and for so many ms; return whether some are left. */
  writeAhead(ms: number): boolean {
    const until = performance.now() + ms;
    let isBegun = false;
    for (const [field, { kind }] of this.rows.fields.entries()) {
      if (kind !== "number" || this.columns[field]) continue;
      if (isBegun && performance.now() >= until) return true;
      this.columns[field] = this.textsOf(field, "");
      isBegun = true;
    }
    return false;
  }

  /** Of numbers most are different: to put the same ones together takes longer than to write each. */
  private textsOf(field: number, before: string): Texts {
    const column = this.rows.column(field);
    const text = (value: string | number | null): string =>
      value === null || value === "" ? "" : this.rows.written(value, field).toLowerCase();
    if (this.rows.fields[field]!.kind === "number") return joined(column.map(text));
    const known = new Map<string | number | null, number>();
    const places = Int32Array.from(column, (value) => {
      let place = known.get(value);
      if (place === undefined) {
        place = known.size;
        known.set(value, place);
      }
      return place;
    });
    const texts = [...known.keys()].map(text);
    return { ...joined(texts.map((each) => each && before + each)), places };
  }
}

function joined(texts: string[]): Texts {
  const starts = new Int32Array(texts.length + 1);
  texts.forEach((text, n) => (starts[n + 1] = starts[n]! + 1 + text.length));
  return { joined: texts.map((text) => `\n${text}`).join(""), starts };
}

/** Of each text whether it has a word in it, as 0 or 1; or, where that begins with the line's end before it, whether it begins so. */
function textsWith(word: string, isBeginning: boolean, { joined, starts }: Texts): Uint8Array {
  const has = new Uint8Array(starts.length - 1);
  const before = isBeginning ? 0 : 1;
  let n = 0;
  let at = joined.indexOf(word);
  while (at >= 0) {
    while (n < has.length && starts[n + 1]! <= at) n += 1;
    if (n === has.length) break;
    // A word with a line's end in it can lie across two texts.
    const isInside = at >= starts[n]! + before && at + word.length <= starts[n + 1]!;
    if (isInside) has[n] = 1;
    at = joined.indexOf(word, isInside ? starts[n + 1]! : at + 1);
  }
  return has;
}

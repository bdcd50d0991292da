// The columns that a filter can name, and those nearest to a name that is none; as read/filter/columns.py has it.

import { isBare, said } from "./words";

const GROUPS = ["inputs.", "outputs.", "run."];
const MOST_NAMED = 5;
const MOST_COMPARED = 2000;
const NEAR = 0.4;

export interface FilterColumn {
  /** In full, such as inputs.lr. */
  name: string;
  /** The values of a time are microseconds since 1970, those of a flag true or false; plain words are looked for in those of kind any. */
  kind: "time" | "seconds" | "flag" | "any";
  /** Other names of it, where no column has them. */
  also?: string[];
}

/** A column's name without inputs., outputs. or run. before it. */
export function withoutGroup(name: string): string {
  const group = GROUPS.find((prefix) => name.startsWith(prefix));
  return group ? name.slice(group.length) : name;
}

export const shortName = (column: FilterColumn): string => withoutGroup(column.name);

/** Columns, found by what a filter calls them. */
export class Columns<C extends FilterColumn> {
  private readonly exact = new Map<string, C>();
  private readonly short = new Map<string, C[]>();
  private readonly also = new Map<string, C>();

  constructor(readonly every: readonly C[]) {
    for (const column of every)
      if (!this.exact.has(column.name)) this.exact.set(column.name, column);
    for (const column of every) {
      for (const name of column.also ?? []) if (!this.also.has(name)) this.also.set(name, column);
      const short = shortName(column);
      if (short === column.name) continue;
      const known = this.short.get(short);
      if (known) known.push(column);
      else this.short.set(short, [column]);
    }
  }

  /** The column of a name, or all that a short name may mean, or none. */
  find(name: string): C[] {
    const exact = this.exact.get(name);
    if (exact) return [exact];
    const other = this.also.get(name);
    return this.short.get(name) ?? (other ? [other] : []);
  }

  /** The shortest name by which a column is found, as a filter writes it. */
  label(column: C): string {
    const short = shortName(column);
    const found = this.find(short);
    return asName(found.length === 1 && found[0] === column ? short : column.name);
  }

  /** "; near: lr, loss" for the columns whose names are most like a word, or "; there are: …", or "". */
  nearest(word: string): string {
    const whole = pairsOf(withoutGroup(word));
    const last = pairsOf(lastPart(word));
    const ranked: [number, C][] = [];
    for (const column of this.every.slice(0, MOST_COMPARED)) {
      const short = shortName(column);
      const like = Math.max(
        likeness(whole, pairsOf(short)),
        likeness(last, pairsOf(lastPart(short))),
      );
      if (like >= NEAR) ranked.push([like, column]);
    }
    ranked.sort((a, b) => b[0] - a[0]);
    const near = ranked.slice(0, MOST_NAMED).map(([, column]) => this.label(column));
    if (near.length) return `; near: ${near.join(", ")}`;
    const some = this.every.slice(0, MOST_NAMED).map((column) => this.label(column));
    return some.length ? `; there are: ${some.join(", ")}` : "";
  }
}

/** What stands after the last dot or slash of a name: acc of val/acc. */
function lastPart(name: string): string {
  return name.slice(Math.max(name.lastIndexOf("."), name.lastIndexOf("/")) + 1);
}

/** A column's name as a filter writes it. */
export function asName(name: string): string {
  return isBare(name) ? name : `\`${name.replaceAll("`", "``")}\``;
}

/** A text in quotes. */
export function asText(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** What to say of a short name that several columns have. */
export function ambiguous(word: string, found: FilterColumn[]): string {
  return `${said(word)} may be ${found.map((column) => asName(column.name)).join(" or ")}; say which`;
}

/** Each two letters of a word that follow each other, its start and its end too. */
export function pairsOf(word: string): Set<string> {
  const letters = Array.from(`^${Array.from(word).slice(0, 60).join("").toLowerCase()}$`);
  return new Set(letters.slice(1).map((letter, n) => letters[n]! + letter));
}

/** The share of the pairs that two words have in common. */
export function likeness(one: Set<string>, other: Set<string>): number {
  let common = 0;
  for (const pair of one) if (other.has(pair)) common += 1;
  return (2 * common) / (one.size + other.size);
}

// Completes a filter that is being written: columns, operators, and the values that a column has; as read/filter/completion.py does.

import { asText, Columns, shortName, type FilterColumn } from "./columns";
import { isMissing, textOf } from "./comparing";
import { isBare, KEYWORDS, Mistake, tokensOf, type Token } from "./words";

const OPERATORS = ["<", "<=", ">", ">=", "=", "!=", "~", "in", "is missing"];
const MOST_OFFERED = 100;
const MOST_VALUES = 2000;
const TIMES = ["today", "yesterday", "now"];
const SPANS = ["1h", "1d", "1w"];

export interface Completion {
  /** From where on a word replaces what is written there, up to the place. */
  start: number;
  /** Each as a filter writes it. */
  words: string[];
}

/** A word as a filter writes it, and by the beginnings of what it is found. */
type Offer = [word: string, names: string[]];

const isOperand = (token: Token | undefined): boolean =>
  token !== undefined && (token.kind === "word" || token.kind === "text" || token.kind === "name");

/**
 * What may stand at a place of a filter; what follows it is not looked at.
 *
 * @param valuesOf the values of a column, in the order in which they are offered; lists stand for their values.
 */
export function completeFilter<C extends FilterColumn>(
  text: string,
  position: number,
  columns: readonly C[],
  valuesOf: (column: C) => Iterable<unknown>,
): Completion {
  let before: Token[];
  try {
    before = tokensOf(text.slice(0, position), true).slice(0, -1);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    return { start: position, words: [] };
  }
  const last = before[before.length - 1];
  let fragment: Token | undefined;
  if (last && last.end === position) {
    // && and the like are keywords too.
    const isWord = last.kind === "word" || KEYWORDS.has(last.text.toLowerCase());
    if (isWord || !last.closed) fragment = last;
  }
  if (fragment) before.pop();
  const wanted = fragment?.text.toLowerCase() ?? "";
  const words = new Set<string>();
  for (const [word, names] of offered(before, new Columns(columns), valuesOf)) {
    if (words.size === MOST_OFFERED) break;
    if (names.some((name) => name.toLowerCase().startsWith(wanted))) words.add(word);
  }
  return { start: fragment?.at ?? position, words: [...words] };
}

/** What may follow some words. */
function* offered<C extends FilterColumn>(
  before: Token[],
  columns: Columns<C>,
  valuesOf: (column: C) => Iterable<unknown>,
): Iterable<Offer> {
  const token = before[before.length - 1];
  const [last, second] = [token?.kind, before[before.length - 2]?.kind];
  if (last === "is" || (last === "not" && second === "is")) {
    yield* plain(last === "not" ? ["missing"] : ["missing", "not missing"]);
  } else if (last === "not" && isOperand(before[before.length - 2])) {
    yield* plain(["in"]);
  } else if (last === "comparison" || last === "in" || opensList(before)) {
    const column = compared(before, columns);
    if (column && last === "in") yield* plain(["["]);
    if (column && last !== "in") yield* values(column, columns, valuesOf);
    if (!column || last === "in") yield* names(columns);
  } else if (isOperand(token) || last === ")" || last === "]") {
    const isCompared = second === "comparison" || second === "in";
    const isName = last === "word" || last === "name";
    if (isName && !isCompared && columns.find(token!.text).length) yield* plain(OPERATORS);
    yield* plain(["and", "or"]);
    yield* names(columns);
  } else {
    yield* names(columns);
    yield* plain(["not"]);
  }
}

/** Whether the next word is one of a list. */
function opensList(before: Token[]): boolean {
  const last = before[before.length - 1]?.kind;
  return listStart(before) !== null && (last === "[" || last === "(" || last === ",");
}

/** Where the list opens that the next word is in; null where it is in none. */
function listStart(before: Token[]): number | null {
  for (let n = before.length - 1; n > 0; n -= 1) {
    const { kind } = before[n]!;
    if (kind === "[" || kind === "(") return before[n - 1]!.kind === "in" ? n : null;
    if (kind !== "word" && kind !== "text" && kind !== ",") return null;
  }
  return null;
}

/** The column that the next word is compared with. */
function compared<C extends FilterColumn>(before: Token[], columns: Columns<C>): C | null {
  // Before the operator.
  let at = (listStart(before) ?? before.length) - 2;
  if (before[at + 1]?.kind === "in" && before[at]?.kind === "not") at -= 1;
  const left = before[at];
  if (!left || (left.kind !== "word" && left.kind !== "name")) return null;
  return columns.find(left.text)[0] ?? null;
}

const plain = (words: string[]): Offer[] => words.map((word) => [word, [word]]);

function* names<C extends FilterColumn>(columns: Columns<C>): Iterable<Offer> {
  for (const column of columns.every) {
    const label = columns.label(column);
    yield [label, [label, shortName(column), column.name]];
  }
}

/** The values of a column as a filter writes them, or what else may stand there. */
function* values<C extends FilterColumn>(
  column: C,
  columns: Columns<C>,
  valuesOf: (column: C) => Iterable<unknown>,
): Iterable<Offer> {
  if (column.kind === "time" || column.kind === "seconds") {
    yield* plain(column.kind === "time" ? TIMES : SPANS);
    return;
  }
  let count = 0;
  for (const value of valuesOf(column)) {
    if (count === MOST_VALUES) return;
    count += 1;
    for (const each of Array.isArray(value) ? value : [value]) {
      if (isMissing(each) || typeof each === "object") continue;
      const said = textOf(each);
      const isPlain = typeof each !== "string" || (isBare(said) && !columns.find(said).length);
      yield [isPlain ? said : asText(said), [said]];
    }
  }
}

// Reads a filter: recursive descent over its words into functions that test a row; as read/filter/grammar.py has it.

import { ambiguous, Columns, shortName, type FilterColumn } from "./columns";
import { areEqual, holds, isAmong, isLess, isMissing, Literal, textOf } from "./comparing";
import { isInTwo, secondsOf, timeOf } from "./times";
import {
  BOOLEANS,
  clipped,
  isLikeNumber,
  MISSING,
  Mistake,
  numberOf,
  said,
  tokensOf,
  type Kind,
  type Token,
} from "./words";

const MOST_NESTED = 50;
const A_TIME = "compare it with a date such as 2026-11-01, or with today, yesterday or now";
const A_SPAN = "compare it with seconds such as 90, or with 90s, 5m, 2h, 3d or 1w";
const IN_ONE = {
  time: "write 2026-11-01T12:30, or both in quotes",
  seconds: "write 90s, 5m, 2h, 3d or 1w",
};
const A_TEST = "a test such as lr < 0.01, or a word";
const operands: Kind[] = ["word", "text", "name"];
const equal = new Set(["=", "==", "!="]);

/** A mistake in a filter: from where, of how many characters (0 at the end), and what is wrong. */
export interface FilterError {
  at: number;
  length: number;
  message: string;
}

export interface Filter<R> {
  /** Whether a row passes; of a filter with a mistake, every row does. */
  test(row: R): boolean;
  error?: FilterError;
}

export interface FilterOptions<R> {
  /** The present moment in microseconds since 1970. */
  now?: number;
  /** The test whether a row has a plain word, which is in small letters; give it where that is known sooner than from `rowText`. */
  has?: (word: string) => (row: R) => boolean;
}

/**
 * Read a filter; every row passes an empty one.
 *
 * @param value a row's value in a column: a number, bigint, text, boolean, list, or null where it is missing.
 */
export function parseFilter<R, C extends FilterColumn>(
  text: string,
  columns: readonly C[],
  value: (row: R, column: C) => unknown,
  options: FilterOptions<R> = {},
): Filter<R> {
  try {
    return { test: new Reader(text, new Columns(columns), value, options).whole() };
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const { at, length, message } = error;
    return { test: () => true, error: { at, length, message } };
  }
}

/** What plain words are looked for in, in small letters: texts, and inputs and outputs as name=value. */
export function rowText<R, C extends FilterColumn>(
  row: R,
  columns: readonly C[],
  value: (row: R, column: C) => unknown,
): string {
  const parts: string[] = [];
  for (const column of columns) {
    if (column.kind !== "any") continue;
    const text = textOf(value(row, column));
    const short = shortName(column);
    if (text) parts.push(short === column.name ? text : `${short}=${text}`);
  }
  return parts.join("\n").toLowerCase();
}

type Test<R> = (row: R) => boolean;

/** One side of a comparison: a column, or what stands there. */
interface Operand<C> {
  token: Token;
  column: C | null;
}

class Reader<R, C extends FilterColumn> {
  private readonly tokens: Token[];
  private readonly now: number;
  private readonly has: (word: string) => (row: R) => boolean;
  private next = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly columns: Columns<C>,
    private readonly value: (row: R, column: C) => unknown,
    options: FilterOptions<R>,
  ) {
    this.tokens = tokensOf(text);
    this.now = options.now ?? Date.now() * 1000;
    this.has =
      options.has ?? ((word) => (row) => rowText(row, columns.every, value).includes(word));
  }

  private get token(): Token {
    return this.tokens[this.next]!;
  }

  private get isAtEnd(): boolean {
    return this.token.kind === "end";
  }

  private get after(): Kind | undefined {
    return this.tokens[this.next + 1]?.kind;
  }

  /** Go past the next word if it is of one of these kinds. */
  private take(...kinds: Kind[]): Token | null {
    const { token } = this;
    if (!kinds.includes(token.kind)) return null;
    this.next += 1;
    return token;
  }

  private refuse(token: Token, message: string): Mistake {
    return new Mistake(token.at, token.end - token.at, message);
  }

  private unexpected(wanted: string): Mistake {
    const { token } = this;
    const what = this.isAtEnd
      ? "the filter ends too early"
      : `${said(this.text.slice(token.at, token.end))} cannot stand here`;
    return this.refuse(token, `${what}; expected ${wanted}`);
  }

  private nest(token: Token): void {
    this.depth += 1;
    if (this.depth > MOST_NESTED)
      throw this.refuse(token, `the filter is nested deeper than ${MOST_NESTED} levels`);
  }

  // --- tests joined

  whole(): Test<R> {
    if (this.isAtEnd) return () => true;
    const test = this.either();
    if (!this.isAtEnd) throw this.unexpected(A_TEST);
    return test;
  }

  private either(): Test<R> {
    const tests = [this.both()];
    while (this.take("or")) tests.push(this.both());
    return tests.length === 1 ? tests[0]! : (row) => tests.some((test) => test(row));
  }

  /** Tests with `and`, or nothing, between them. */
  private both(): Test<R> {
    const tests = [this.negated()];
    while (
      this.take("and") ||
      this.token.kind === "not" ||
      this.token.kind === "(" ||
      operands.includes(this.token.kind)
    )
      tests.push(this.negated());
    return all(tests);
  }

  private negated(): Test<R> {
    const token = this.take("not", "(");
    if (!token) return this.compared();
    this.nest(token);
    if (token.kind === "not") {
      const test = this.negated();
      this.depth -= 1;
      return (row) => !test(row);
    }
    const test = this.either();
    if (!this.take(")")) throw this.unclosed(token);
    this.depth -= 1;
    return test;
  }

  private unclosed(opened: Token): Mistake {
    const closes = opened.kind === "(" ? ")" : "]";
    if (this.isAtEnd)
      return this.refuse(opened, `this bracket is never closed; ${closes} closes it`);
    return this.unexpected(`${closes}, which closes the bracket`);
  }

  // --- one test

  private compared(): Test<R> {
    const first = this.operand(A_TEST);
    if (this.take("is")) return this.missing(first);
    if (this.token.kind === "in" || (this.token.kind === "not" && this.after === "in")) {
      const isNegated = this.take("not");
      this.take("in");
      const among = this.among(first);
      return isNegated ? (row) => !among(row) : among;
    }
    const sides = [first];
    const signs: Token[] = [];
    for (let sign = this.take("comparison"); sign; sign = this.take("comparison")) {
      signs.push(sign);
      sides.push(this.operand(`a column or a value after ${sign.text}`));
    }
    if (signs.length === 0) {
      const word = first.token.text.toLowerCase();
      return this.has(word);
    }
    this.needColumn(sides);
    this.needWhole(sides[sides.length - 2]!, sides[sides.length - 1]!);
    return all(signs.map((sign, n) => this.pair(sides[n]!, sign, sides[n + 1]!)));
  }

  private operand(wanted: string): Operand<C> {
    const token = this.take(...operands);
    if (!token) throw this.unexpected(wanted);
    return { token, column: this.column(token) };
  }

  /** The column that a word names; only one in backquotes has to. */
  private column(token: Token): C | null {
    const isWord = token.kind === "word";
    if (token.kind === "text" || (isWord && numberOf(token.text) !== null)) return null;
    const found = this.columns.find(token.text);
    if (found.length > 1) {
      if (isWord && this.isAlone()) return null;
      throw this.refuse(token, ambiguous(token.text, found));
    }
    if (found.length === 0 && token.kind === "name") throw this.unknown(token);
    const lowered = token.text.toLowerCase();
    const isLiteral = isWord && (MISSING.has(lowered) || BOOLEANS.has(lowered));
    return isLiteral ? null : (found[0] ?? null);
  }

  /** Whether the word that was just read is compared with nothing. */
  private isAlone(): boolean {
    const before = this.tokens[this.next - 2]?.kind;
    const { kind } = this.token;
    const follows =
      kind === "comparison" ||
      kind === "is" ||
      kind === "in" ||
      (kind === "not" && this.after === "in");
    return !follows && before !== "comparison" && before !== "in";
  }

  private unknown(token: Token): Mistake {
    const near = this.columns.nearest(token.text);
    return this.refuse(token, `there is no column ${said(token.text)}${near}`);
  }

  /** Refuse to compare values with each other. */
  private needColumn(sides: Operand<C>[]): void {
    if (sides.some((side) => side.column)) return;
    const word = sides.find(({ token }) => token.kind === "word" && numberOf(token.text) === null);
    if (word) throw this.unknown(word.token);
    const first = sides[0]!.token;
    const { end } = sides[sides.length - 1]!.token;
    const quoted = sides
      .filter(({ token }) => token.kind === "text")
      .flatMap(({ token }) => this.columns.find(token.text).slice(0, 1))[0];
    const hint = quoted ? `; ${this.columns.label(quoted)} is one` : "";
    const message = `one side of a comparison has to be a column${hint}`;
    throw new Mistake(first.at, end - first.at, message);
  }

  /** Refuse a time or a length of time of two words, of which the second would be looked for as a plain word. */
  private needWhole(before: Operand<C>, last: Operand<C>): void {
    const kind = before.column?.kind ?? "any";
    const { token: second } = this;
    if (last.column || last.token.kind !== "word" || second.kind !== "word") return;
    const both = `${last.token.text} ${second.text}`;
    if ((kind === "time" || kind === "seconds") && isInTwo(kind, both)) {
      const message = `${said(both)} are two words; ${IN_ONE[kind]}`;
      throw new Mistake(last.token.at, second.end - last.token.at, message);
    }
  }

  /** What follows `is`. */
  private missing(operand: Operand<C>): Test<R> {
    const isNegated = this.take("not") !== null;
    if (this.token.kind !== "word" || !MISSING.has(this.token.text.toLowerCase()))
      throw this.unexpected(isNegated ? "missing" : "missing or not missing");
    this.next += 1;
    this.needColumn([operand]);
    const column = operand.column!;
    return (row) => isMissing(this.value(row, column)) !== isNegated;
  }

  /** What follows `in`: a list, or a column whose values are lists or texts. */
  private among(item: Operand<C>): Test<R> {
    const opened = this.take("[", "(");
    if (!opened) {
      const several = this.operand("a list such as [1, 2], or a column");
      if (!several.column) throw this.noList(item, several.token);
      const [left, right] = [this.side(item, several.column), this.side(several, null)];
      return (row) => isAmong(left(row), right(row));
    }
    this.needColumn([item]);
    const tests: Test<R>[] = [];
    while (this.token.kind !== "]" && this.token.kind !== ")") {
      const token = this.take("word", "text");
      if (!token) break;
      tests.push(this.pair(item, null, { token, column: null }));
      if (!this.take(",")) break;
    }
    if (this.token.kind !== (opened.kind === "[" ? "]" : ")")) throw this.unclosed(opened);
    this.next += 1;
    return (row) => tests.some((test) => test(row));
  }

  /** The mistake that a value stands where a list or a column has to; beside a column, with the list that was meant. */
  private noList({ column }: Operand<C>, first: Token): Mistake {
    const isWord = first.kind === "word" && numberOf(first.text) === null;
    if (!column && isWord) return this.unknown(first);
    if (!column) return this.refuse(first, "after in stands a list such as [1, 2], or a column");
    let last = first;
    while (this.take(",")) {
      const more = this.take("word", "text");
      if (!more) break;
      last = more;
    }
    const listed = `${this.columns.label(column)} in [${clipped(this.text.slice(first.at, last.end))}]`;
    if (!isWord)
      return this.refuse(first, `after in stands a list in brackets, as in ${listed}, or a column`);
    const near = this.columns.nearest(first.text);
    const none = `there is no column ${said(first.text)}${near.startsWith("; near") ? near : ""}`;
    return this.refuse(first, `${none}; a list stands in brackets, as in ${listed}`);
  }

  // --- two sides

  /** The test of two sides of a comparison; without a sign, whether they are equal. */
  private pair(one: Operand<C>, sign: Token | null, other: Operand<C>): Test<R> {
    const operator = sign?.text ?? "=";
    if (operator === "~") return this.part(one, other);
    for (const [side, { column }] of [
      [one, other],
      [other, one],
    ] as const)
      if (column && isWordForMissing(side) && equal.has(operator))
        return (row) => isMissing(this.value(row, column)) !== (operator === "!=");
    const [left, right] = [this.side(one, other.column), this.side(other, one.column)];
    if (operator === "=" || operator === "==") return (row) => areEqual(left(row), right(row));
    if (operator === "!=") return (row) => !areEqual(left(row), right(row));
    this.checkOrder(one, other);
    this.checkOrder(other, one);
    const orEqual = operator.endsWith("=");
    if (operator.startsWith("<")) return (row) => isLess(left(row), right(row), orEqual);
    return (row) => isLess(right(row), left(row), orEqual);
  }

  /** Refuse a bare word for less or greater that was meant as a number: as a text it would never be. */
  private checkOrder({ token, column }: Operand<C>, other: Operand<C>): void {
    const kind = other.column?.kind;
    if (column || !kind || kind === "time" || kind === "seconds" || token.kind !== "word") return;
    const { text } = token;
    if (isLikeNumber(text) && numberOf(text) === null && !timeOf(text, this.now))
      throw this.refuse(token, `${said(text)} is no number; a text stands in quotes`);
  }

  /** The test of `~`, beside which a number is a text like others. */
  private part(whole: Operand<C>, part: Operand<C>): Test<R> {
    for (const { token, column } of [whole, part]) {
      if (column && column.kind !== "any") {
        const label = this.columns.label(column);
        throw this.refuse(token, `${label} is no text; ~ looks for a part of a text`);
      }
    }
    const [left, right] = [whole, part].map((side) =>
      side.column ? this.side(side, null) : () => side.token.text,
    );
    return (row) => holds(left!(row), right!(row));
  }

  /** The function from a row to the value of one side, which is read as the column on the other side is. */
  private side({ token, column }: Operand<C>, other: C | null): (row: R) => unknown {
    if (column) return (row) => this.value(row, column);
    const literal = this.literal(token, other);
    return () => literal;
  }

  /** The value that a word is, beside a column. */
  private literal(token: Token, other: C | null): Literal {
    const word = token.kind === "word" ? token.text.toLowerCase() : "";
    if (MISSING.has(word)) return new Literal(null);
    if (other?.kind === "time") {
      const moment = timeOf(token.text, this.now);
      if (!moment) throw this.refuse(token, `${this.columns.label(other)} is a time; ${A_TIME}`);
      return moment;
    }
    let number = token.kind === "word" ? numberOf(token.text) : null;
    if (other?.kind === "seconds" && number === null) {
      number = secondsOf(token.text);
      if (number === null)
        throw this.refuse(token, `${this.columns.label(other)} is in seconds; ${A_SPAN}`);
    }
    if (number !== null) return new Literal(number);
    const truth = BOOLEANS.get(word);
    if (truth === undefined) return new Literal(token.text);
    return new Literal(truth, (value) =>
      typeof value === "string" ? value.toLowerCase() === word : value === truth,
    );
  }
}

function isWordForMissing({ token, column }: Operand<unknown>): boolean {
  return !column && token.kind === "word" && MISSING.has(token.text.toLowerCase());
}

function all<R>(tests: Test<R>[]): Test<R> {
  return tests.length === 1 ? tests[0]! : (row) => tests.every((test) => test(row));
}

// The inputs and results of many runs, as the kernel sends them, and where each value lies on an axis.

import * as format from "../model/format";
import type { ManyField } from "../model/many-heads";
import type { Payload } from "../model/payload";
import { marksOf, roomy, toPixels, valueAt, type Mark, type Range } from "../renderers/axes";

/** What has no place among the others has one of its own, below the axis. */
const ODD = ["not above zero", "−∞", "∞", "NaN", "missing"] as const;
export type Odd = (typeof ODD)[number];

export class Column {
  readonly name: string;
  readonly key: string;
  /** What the values are, where they are words; of numbers none. */
  readonly words: string[];
  private readonly values: ArrayLike<number>;
  private readonly gone: ArrayLike<number>;

  constructor(
    readonly field: ManyField,
    payload: Payload,
    number: number,
  ) {
    this.name = field.name;
    this.key = field.key;
    this.words = field.words ?? [];
    this.values = payload.column(this.isNumber ? `v${number}` : `c${number}`);
    this.gone = payload.column(`n${number}`);
  }

  get isNumber(): boolean {
    return this.field.kind === "number";
  }

  /** The number of a run, or the place of its word; NaN where there is none. */
  number(row: number): number {
    return this.isMissing(row) ? NaN : (this.values[row] ?? NaN);
  }

  isMissing(row: number): boolean {
    if (!this.isNumber) return (this.values[row] ?? Infinity) >= this.words.length;
    return this.gone[row] === 1 || this.values[row] === undefined;
  }

  text(row: number): string {
    if (this.isMissing(row)) return "missing";
    const value = this.values[row]!;
    return this.isNumber ? format.number(value) : (this.words[value] ?? "");
  }

  /** Whether a logarithmic axis would show any of it. */
  get canBeLog(): boolean {
    return this.isNumber && Array.from(this.values).some((value) => value > 0 && value < Infinity);
  }
}

/** What the page is told of many runs. */
export interface ManyRuns {
  count: number;
  total: number;
  labels: string[];
  uuids: string[];
  statuses: string[];
  columns: Column[];
}

/** How high each place below an axis is, as a share of the axis, and how far the first of them is away. */
const PLACE = { high: 0.085, away: 0.02 };
/** Between the axis and what lies below it. */
const BETWEEN = -PLACE.away / 2;

/**
 * Where the values of a column lie on an axis: from 0 to 1, and below 0 what has no place among the others. A position is linear in
 * pixels.
 */
export class Scale {
  /** What of the column is odd, from the axis down. */
  readonly odd: Odd[];
  readonly low: number;
  private readonly range: Range;
  /** Whether all its numbers are whole, so that no mark stands between two of them. */
  private readonly isWhole: boolean;
  private readonly turn: (value: number) => number;

  /** @param airy leave a little room around the numbers. */
  constructor(
    readonly column: Column,
    readonly rows: number,
    readonly log: boolean,
    airy = false,
  ) {
    let [low, high, isWhole] = [Infinity, -Infinity, true];
    const odd = new Set<Odd>();
    for (let row = 0; row < rows; row += 1) {
      const kind = this.oddity(row);
      if (kind) odd.add(kind);
      else {
        const value = column.number(row);
        if (value < low) low = value;
        if (value > high) high = value;
        isWhole &&= Number.isInteger(value);
      }
    }
    this.isWhole = isWhole;
    this.odd = ODD.filter((kind) => odd.has(kind));
    this.low = this.odd.length ? -(PLACE.away + PLACE.high * this.odd.length) : 0;
    this.range =
      column.isNumber && !airy && low < high
        ? [low, high]
        : roomy([low, high], column.isNumber && log);
    this.turn = toPixels(this.range, 1, log);
  }

  /** Why a run's value has no place among the others; nothing for one that has. */
  oddity(row: number): Odd | null {
    const { column } = this;
    if (column.isMissing(row)) return "missing";
    if (!column.isNumber) return null;
    const value = column.number(row);
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
    return this.log && value <= 0 ? "not above zero" : null;
  }

  private placeOf = (odd: Odd): number =>
    -(PLACE.away + PLACE.high * (this.odd.indexOf(odd) + 0.5));

  at(row: number): number {
    const odd = this.oddity(row);
    if (odd) return this.placeOf(odd);
    const value = this.column.number(row);
    if (this.column.isNumber) return this.turn(value);
    return (value + 0.5) / Math.max(1, this.column.words.length);
  }

  /** Where a key leads to from a position: by a part of the axis, or over a whole place of what is odd. */
  step(at: number, times: number): number {
    const { column, odd } = this;
    const by = column.isNumber ? 0.02 : 1 / Math.max(1, column.words.length);
    const edges = odd.map((_, n) => this.low + PLACE.high * n).concat(BETWEEN);
    const up = times > 0;
    if (up && at < BETWEEN) return edges.find((edge) => edge > at + 1e-9) ?? 0;
    if (!up && at < by / 2) return edges.reverse().find((edge) => edge < at - 1e-9) ?? this.low;
    return Math.max(up ? 0 : Math.min(at, 0), Math.min(1, at + times * by));
  }

  /** The lowest place at which a part of the axis may end: what is odd and lies lowest is above it. */
  get lowestEnd(): number {
    return this.odd.length > 1 ? this.low + PLACE.high : this.odd.length ? BETWEEN : this.low;
  }

  /** What lies at a position, in words. */
  words(at: number): string {
    if (at < 0) {
      const place = Math.floor((-at - PLACE.away) / PLACE.high);
      return this.odd[Math.max(0, Math.min(place, this.odd.length - 1))] ?? this.words(0);
    }
    const { column } = this;
    if (column.isNumber)
      return format.number(Number(valueAt(this.range, Math.min(1, at), this.log).toPrecision(3)));
    const place = Math.min(column.words.length - 1, Math.floor(at * column.words.length));
    return column.words[place] ?? "";
  }

  /** At most about so many marks; a mark's place is a position. Those of what is odd are among them. */
  marks(most: number): Mark[] {
    const { column } = this;
    const odd = this.odd.map((kind) => ({ at: this.placeOf(kind), label: kind }));
    if (!column.isNumber) {
      const every = Math.max(1, Math.ceil(column.words.length / Math.max(2, most)));
      const marks = column.words.flatMap((word, n) =>
        n % every ? [] : [{ at: (n + 0.5) / column.words.length, label: word || "(empty)" }],
      );
      return [...odd, ...marks];
    }
    const found = marksOf(this.range, most, { log: this.log, whole: this.isWhole });
    return [...odd, ...found.map(({ at, label }) => ({ at: this.turn(at), label }))];
  }
}

/** A part of an axis that is chosen: between two positions. */
export type Brushed = [from: number, to: number];

export const isWithin = (at: number, brushed: Brushed | null | undefined): boolean =>
  !brushed || (at >= brushed[0] - 1e-9 && at <= brushed[1] + 1e-9);

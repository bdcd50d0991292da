// The axes of a chart: their ranges, where a value lies on them in pixels, and their marks.

import * as format from "../model/format";

export type Range = [low: number, high: number];

export interface Axes {
  xLabel: string;
  yLabel: string;
  x: Range;
  y: Range;
  xLog?: boolean;
  yLog?: boolean;
  /** The values of x are seconds since the epoch. */
  xTime?: boolean;
  /** What is drawn stands on the lower end of the y axis: no air below it. */
  floor?: boolean;
  /** Another height than the usual one, in pixels. */
  height?: number;
  /** What to write at a place of an axis instead of its number. */
  xWords?: (value: number) => string;
  yWords?: (value: number) => string;
}

/** A place on an axis: a line of the grid, and what is written there. */
export interface Mark {
  at: number;
  label: string;
}

/** The lowest and the highest finite number, of the positive ones for a logarithmic axis; without any, Infinity and -Infinity. */
export function extent(values: ArrayLike<number>, positive = false): Range {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (!Number.isFinite(value) || (positive && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** A little air around the data; never an empty range. */
export function roomy([low, high]: Range, log = false): Range {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return log ? [1, 10] : [0, 1];
  if (log) {
    const from = low > 0 ? low : high > 0 ? high / 1e3 : 1;
    return from < high ? [from / 1.15, high * 1.15] : [from / 2, from * 2];
  }
  if (low === high) {
    const pad = Math.abs(low) * 0.1 || 1;
    return [low - pad, high + pad];
  }
  const air = (high - low) * 0.04;
  return [low - air, high + air];
}

/** From a value to its distance from the axis' lower end, in pixels; NaN for what a logarithmic axis has no place for. */
export function toPixels([low, high]: Range, size: number, log = false): (value: number) => number {
  if (!log) {
    const k = size / (high - low);
    return (value) => (value - low) * k;
  }
  const from = Math.log10(low);
  const k = size / (Math.log10(high) - from);
  return (value) => (value > 0 ? (Math.log10(value) - from) * k : NaN);
}

/** The value at a share of an axis' length. */
export function valueAt([low, high]: Range, share: number, log = false): number {
  return log ? low * (high / low) ** share : low + (high - low) * share;
}

/** The smallest of 1, 2, 5, 10, 20, … (and of 0.5, 0.2, …) that is not below a number. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10);
}

/** Multiples of a step in a range. */
function multiples([low, high]: Range, step: number): number[] {
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  // A product of numbers such as 3 and 0.1 is not the round number that is meant, and would be written out in full.
  const decimals = Math.min(100, Math.max(0, -Math.floor(Math.log10(step))));
  return Array.from({ length: Math.max(0, count) }, (_, n) =>
    Number(((first + n) * step).toFixed(decimals)),
  );
}

function linearMarks(range: Range, most: number, words?: (value: number) => string): Mark[] {
  const least = (range[1] - range[0]) / most;
  return multiples(range, niceStep(words ? Math.max(1, least) : least)).map((at) => ({
    at,
    label: words ? words(at) : format.number(at),
  }));
}

function logMarks([low, high]: Range, most: number): Mark[] {
  const decades = Math.log10(high / low);
  if (decades < 1) return linearMarks([low, high], most);
  // Of many decades some are marked; of few, each has lines between, and of very few those have labels too.
  const every = Math.ceil(decades / most);
  const labelled = decades * 3 < most ? [1, 2, 5] : [1];
  const marks: Mark[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1)
    for (let digit = 1; digit < (every === 1 ? 10 : 2); digit += 1) {
      const at = Number(`${digit}e${power}`);
      if (at < low || at > high || power % every !== 0) continue;
      marks.push({ at, label: labelled.includes(digit) ? format.number(at) : "" });
    }
  return marks;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const clockSteps = [
  ...[1, 5, 10, 15, 30],
  ...[1, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
];
const daySteps = [1, 2, 5, 7, 14];
const monthSteps = [1, 3, 6];
const MONTH = 30.44 * DAY;

/** Dates from the one that holds `low`, each as many days or months after the one before. */
function calendar([low, high]: Range, days: number, months: number): number[] {
  const first = new Date(low * 1000);
  const month = first.getFullYear() * 12 + first.getMonth();
  const at = (n: number): number =>
    (months
      ? new Date(0, (Math.floor(month / months) + n) * months - 1900 * 12, 1)
      : new Date(first.getFullYear(), first.getMonth(), first.getDate() + n * days)
    ).getTime() / 1000;
  const dates: number[] = [];
  for (let n = 0; at(n) <= high; n += 1) if (at(n) >= low) dates.push(at(n));
  return dates;
}

/** Marks at round times of the reader's clock, or at days, months and years. */
function timeMarks(range: Range, most: number): Mark[] {
  const [low, high] = range;
  const least = (high - low) / most;
  const clock =
    least < 1 ? niceStep(Math.max(0.001, least)) : clockSteps.find((step) => step >= least);
  const days = daySteps.find((step) => step * DAY >= least);
  const months =
    monthSteps.find((step) => step * MONTH >= least) ??
    12 * niceStep(Math.max(1, least / MONTH / 12));
  let places: number[];
  /** What is written, and what is written below it where it is another than at the mark before. */
  let write: (date: string, time: string) => [string, string];
  if (clock) {
    const day = new Date(low * 1000);
    const midnight = new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime() / 1000;
    places = multiples([low - midnight, high - midnight], clock).map((at) => midnight + at);
    const length = clock < 1 ? 12 : clock < MINUTE ? 8 : 5;
    write = (date, time) => [time.slice(0, length), date];
  } else if (days) {
    places = calendar(range, days, 0);
    write = (date) => [date.slice(5), date.slice(0, 4)];
  } else {
    places = calendar(range, 0, months);
    write = (date) => [months < 12 ? date.slice(0, 7) : date.slice(0, 4), ""];
  }
  let before = "";
  return places.map((at) => {
    const millis = String(Math.round((at % 1) * 1000)).padStart(3, "0");
    const [date = "", time = ""] = format.time(at * 1e6).split(" ");
    const [label, below] = write(date, `${time}.${millis}`);
    const changed = below !== before;
    before = below;
    return { at, label: changed ? `${label}\n${below}` : label };
  });
}

/** Marks of an axis, at most about `most` of them with a label. */
export function marksOf(
  range: Range,
  most: number,
  { log, time, words }: { log?: boolean; time?: boolean; words?: (value: number) => string } = {},
): Mark[] {
  if (!(range[1] > range[0])) return [];
  const room = Math.max(2, most);
  return time
    ? timeMarks(range, room)
    : log
      ? logMarks(range, room)
      : linearMarks(range, room, words);
}

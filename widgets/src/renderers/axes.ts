// The axes of a chart: their ranges, where a value lies on them in pixels, and their marks.

import * as format from "../model/format";

export type Range = [low: number, high: number];
/** How an axis goes: evenly; `true` by powers of ten; a number: evenly up to it on both sides of zero, by powers of ten beyond. */
export type Scale = boolean | number;

export interface Axes {
  xLabel: string;
  yLabel: string;
  x: Range;
  y: Range;
  xLog?: Scale;
  yLog?: Scale;
  /** The values are counts, steps or places: there are no marks between them. */
  xWhole?: boolean;
  yWhole?: boolean;
  yUnit?: string;
  /** Why there is nothing to draw, when there is nothing. */
  empty?: string;
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
export function roomy([low, high]: Range, log: Scale = false): Range {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return log ? [1, 10] : [0, 1];
  if (typeof log === "number") {
    const [to, from] = [scaled(log), unscaled(log)];
    const [bottom, top] = roomy([to(low), to(high)]);
    return [from(bottom), from(top)];
  }
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

/** Up to where the axis of a range that has both signs, or zero, goes evenly: three powers of ten below its largest number. */
export const evenUpTo = ([low, high]: Range): number => {
  const size = Math.max(-low, high);
  return size > 0 && Number.isFinite(size) ? 10 ** (Math.floor(Math.log10(size)) - 3) : 1;
};

/** The y axis by the name of its scale, which people choose. */
export const scaleOf = (name: string, limits: Range): Scale =>
  name === "log" || (name === "symlog" && evenUpTo(limits));

/** The y axis of the lines shown, of which these are the values: its range, its scale, and why nothing is drawn, when nothing is. */
export function valueAxis(
  values: ArrayLike<number>[],
  scale: string,
): Pick<Axes, "y" | "yLog" | "empty"> {
  const log = scale === "log";
  const y = extent(
    values.flatMap((each) => extent(each, log)),
    log,
  );
  let empty = "";
  if (values.length === 0) empty = "every line is hidden";
  else if (!Number.isFinite(y[0]))
    empty = log ? "no value above zero, where a log axis begins" : "no finite value to draw";
  return { y, yLog: scaleOf(scale, y), ...(empty && { empty }) };
}

type Turn = (value: number) => number;
const scaled = (log: Scale): Turn =>
  log === true
    ? (value) => (value > 0 ? Math.log10(value) : NaN)
    : log
      ? (value) => Math.sign(value) * Math.log10(1 + Math.abs(value) / log)
      : (value) => value;
const unscaled = (log: Scale): Turn =>
  log === true
    ? (value) => 10 ** value
    : log
      ? (value) => Math.sign(value) * log * (10 ** Math.abs(value) - 1)
      : (value) => value;

/** From a value to its distance from the axis' lower end, in pixels; NaN for what a logarithmic axis has no place for. */
export function toPixels([low, high]: Range, size: number, log: Scale = false): Turn {
  const turn = scaled(log);
  const from = turn(low);
  const k = size / (turn(high) - from);
  return (value) => (turn(value) - from) * k;
}

/** The value at a share of an axis' length. */
export function valueAt([low, high]: Range, share: number, log: Scale = false): number {
  const [from, to] = [scaled(log)(low), scaled(log)(high)];
  return unscaled(log)(from + (to - from) * share);
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

interface Told {
  log?: Scale;
  time?: boolean;
  whole?: boolean;
  unit?: string;
  words?: (value: number) => string;
}

function linearMarks(range: Range, most: number, { words, whole, unit }: Told): Mark[] {
  const least = (range[1] - range[0]) / most;
  const step = niceStep(words || whole ? Math.max(1, least) : least);
  const write = words ?? format.marks(Math.max(-range[0], range[1]), step, unit);
  return multiples(range, step).map((at) => ({ at, label: write(at) }));
}

/** A mark that stands for itself: its neighbours are many times as large. */
const alone = (at: number, told: Told): string =>
  format.marks(Math.abs(at) || 1, Math.abs(at), told.unit)(at);

function symlogMarks(range: Range, most: number, even: number, told: Told): Mark[] {
  const turn = scaled(even);
  const every = Math.max(1, Math.ceil((turn(range[1]) - turn(range[0])) / most));
  const marks: Mark[] = [];
  const furthest = Math.max(-range[0], range[1]);
  for (
    let power = every, at;
    (at = Number((even * 10 ** power).toPrecision(6))) <= furthest;
    power += every
  )
    marks.push({ at: -at, label: alone(-at, told) }, { at, label: alone(at, told) });
  marks.push({ at: 0, label: alone(0, told) });
  const within = marks.filter(({ at }) => at >= range[0] && at <= range[1]);
  return within.length > 2 ? within.sort((a, b) => a.at - b.at) : linearMarks(range, most, told);
}

function logMarks([low, high]: Range, most: number, told: Told): Mark[] {
  const decades = Math.log10(high / low);
  if (decades < 1) return linearMarks([low, high], most, told);
  // Of many decades some are marked; of few, each has lines between, and of very few those have labels too.
  const every = Math.ceil(decades / most);
  const labelled = decades * 3 < most ? [1, 2, 5] : [1];
  const marks: Mark[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1)
    for (let digit = 1; digit < (every === 1 ? 10 : 2); digit += 1) {
      const at = Number(`${digit}e${power}`);
      if (at < low || at > high || power % every !== 0) continue;
      marks.push({ at, label: labelled.includes(digit) ? alone(at, told) : "" });
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
export function marksOf(range: Range, most: number, told: Told = {}): Mark[] {
  if (!(range[1] > range[0])) return [];
  const room = Math.max(2, most);
  if (told.time) return timeMarks(range, room);
  if (told.log === true) return logMarks(range, room, told);
  return told.log ? symlogMarks(range, room, told.log, told) : linearMarks(range, room, told);
}

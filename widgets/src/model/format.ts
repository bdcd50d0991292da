// Numbers, sizes and times as they are written in the page.

/** A number in at most six significant digits; integers whole. */
export function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return String(value);
  if (size >= 1e6 || size < 1e-4)
    return value
      .toExponential(4)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  return String(Number(value.toPrecision(6)));
}

const prefixes = ["", "k", "M", "G", "T"];

/** A number with what it is measured in, in four digits, bytes in thousands of each other; without a unit as `number`. */
export function quantity(value: number, unit = ""): string {
  if (!unit || !Number.isFinite(value)) return number(value);
  let place = 0;
  // What would be written as 1000 is one of the next larger unit.
  if (unit.startsWith("B"))
    for (; place < prefixes.length - 1 && Math.abs(value) >= 999.95; place += 1) value /= 1000;
  return `${Number(value.toPrecision(4))}${unit === "%" ? "" : " "}${prefixes[place]}${unit}`;
}

/** How the marks of an axis are written: all with one prefix for thousands, or all as powers of ten, and no two alike. */
export function marks(size: number, step: number, unit = ""): (value: number) => string {
  const isBytes = unit.startsWith("B");
  const space = unit && unit !== "%" ? " " : "";
  if (!isBytes && (size < 1e-3 || size >= 1e15))
    return (value) =>
      value ? value.toExponential().replace("e+", "e") + space + unit : `0${space}${unit}`;
  let place = 0;
  // A mark has two decimals at most, and few thousands are written out.
  while (
    (isBytes || size >= 1e4) &&
    place < prefixes.length - 1 &&
    size >= 1000 ** (place + 1) &&
    step * 100 >= 1000 ** (place + 1)
  )
    place += 1;
  return (value) => {
    const short = Number((value / 1000 ** place).toPrecision(15));
    return `${short}${space}${value || isBytes ? prefixes[place] : ""}${unit}`;
  };
}

/** How a column of numbers is written: six significant digits at most, all with the same decimals, so that they stand in line. */
export function column(values: ArrayLike<number>): (value: number) => string {
  let decimals = 0;
  let wide = false;
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i]!;
    if (!Number.isFinite(v) || v === 0) continue;
    const size = Math.abs(v);
    if (size >= 1e9 || (size < 1e-4 && !Number.isInteger(v))) {
      wide = true;
      break;
    }
    if (Number.isInteger(v)) continue;
    const text = String(Number(v.toPrecision(6)));
    decimals = Math.max(decimals, Math.min(6, text.length - text.indexOf(".") - 1));
  }
  if (wide) return number;
  return (value) => (Number.isFinite(value) ? value.toFixed(decimals) : number(value));
}

/** A whole number with separators between thousands. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** A count with its noun: 1 row, 2 rows. */
export const plural = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** The words of a caption, those that there are. */
export const joined = (...words: (string | null | undefined | false)[]): string =>
  words.filter(Boolean).join(" · ");

/** What went wrong, in words. */
export const error = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** Whether a text has all words of a search, in any order and case. */
export function matcher(search: string): (text: string) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.toLowerCase().includes(word));
}

/** A size in bytes, in decimal units. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = size;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Microseconds since the epoch as local date and time. */
export function time(micros: number): string {
  const date = new Date(micros / 1000);
  if (Number.isNaN(date.getTime())) return "";
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** A duration in seconds, in units that keep it short. */
export function duration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 60) return `${Number(seconds.toFixed(seconds < 10 ? 1 : 0))} s`;
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

export type Step = number | string | null;

/** A step as it is written in the page; steps beyond 2^53 travel as strings. */
export function step(value: Step | undefined): string {
  return String(value ?? "None");
}

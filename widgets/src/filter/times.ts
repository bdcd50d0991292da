// Times and lengths of time as a filter writes them; a time without a zone is local. As read/filter/times.py has it.

import { isNumber, Literal } from "./comparing";

const moment =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?$/;
const span = /^([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([smhdw])$/i;
const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const days = new Map([
  ["yesterday", -1],
  ["today", 0],
  ["tomorrow", 1],
]);
const DAY = 86_400_000_000;

/**
 * A time in microseconds since 1970, which a day equals as a whole; null where a text is no time.
 *
 * @param now the present moment, in the same unit.
 */
export function timeOf(text: string, now: number): Literal | null {
  const word = text.toLowerCase();
  if (word === "now") return new Literal(now);
  const shift = days.get(word);
  if (shift !== undefined) {
    const today = new Date(now / 1000);
    return localDay(today.getFullYear(), today.getMonth(), today.getDate() + shift);
  }
  const found = moment.exec(text);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const zone = found[8];
  const micros = Number((found[7] ?? "").padEnd(6, "0"));
  const isDay = found[4] === undefined;
  if (year! < 1970 || year! > 9998 || hour! > 23 || minute! > 59 || second! > 59) return null;
  const utc = new Date(Date.UTC(year!, month! - 1, day, hour, minute, second));
  if (utc.getUTCMonth() !== month! - 1 || utc.getUTCDate() !== day) return null;
  if (zone === undefined) {
    if (isDay) return localDay(year!, month! - 1, day!);
    const local = new Date(year!, month! - 1, day, hour, minute, second);
    return new Literal(local.getTime() * 1000 + micros);
  }
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  const isUtc = zone.toLowerCase() === "z";
  if (!isUtc && (hours > 23 || minutes > 59)) return null;
  const offset = isUtc ? 0 : (zone[0] === "-" ? -1 : 1) * (hours * 60 + minutes);
  const at = utc.getTime() * 1000 + micros - offset * 60_000_000;
  return isDay ? between(at, at + DAY) : new Literal(at);
}

function localDay(year: number, month: number, day: number): Literal {
  const start = new Date(year, month, day).getTime() * 1000;
  return between(start, new Date(year, month, day + 1).getTime() * 1000);
}

function between(start: number, end: number): Literal {
  return new Literal(start, (value) => isNumber(value) && start <= value && value < end);
}

/** A length of time in seconds: 90s, 1.5h, 2d; null where a text is none. */
export function secondsOf(text: string): number | null {
  const found = span.exec(text);
  return found ? Number(found[1]) * units[found[2]!.toLowerCase()]! : null;
}

const twoWords = {
  time: /^\S+ [0-9]{1,2}:[0-9]{2}/,
  seconds: /^[0-9.]+ (?:secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?)$/i,
};

/** Whether two words look like one time (a day, and a time of it) or like one length of time (a number, and a unit). */
export function isInTwo(kind: "time" | "seconds", words: string): boolean {
  return twoWords[kind].test(words);
}

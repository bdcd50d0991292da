// What a filter's operators mean for two values, and a value as the text in which words are looked for; as read/filter/comparing.py has it.

const DEEPEST = 20;

/** A value that a filter names. */
export class Literal {
  /**
   * @param value what is compared.
   * @param fits whether something equals it, where that is more than being the same value: a moment is of a day, a text says true.
   */
  constructor(
    readonly value: unknown,
    readonly fits?: (value: unknown) => boolean,
  ) {}
}

export const isMissing = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === "number" && Number.isNaN(value));

export const isNumber = (value: unknown): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";

const plainValue = (value: unknown): unknown => (value instanceof Literal ? value.value : value);

export function areEqual(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((each, n) => areSame(each, right[n]));
  if (Array.isArray(left)) return left.some((each) => areSame(each, right));
  if (Array.isArray(right)) return right.some((each) => areSame(left, each));
  return areSame(left, right);
}

function areSame(left: unknown, right: unknown): boolean {
  if (left instanceof Literal) [left, right] = [right, left];
  if (right instanceof Literal) {
    if (right.fits) return right.fits(left);
    right = right.value;
  }
  if (isMissing(left) || isMissing(right)) return false;
  // A bigint and a number are equal where they are so exactly.
  if (isNumber(left) && isNumber(right)) return left == right;
  const comparable = typeof left === "boolean" || typeof left === "string";
  return comparable && left === right;
}

/** Whether a number is less than a number, or a text comes before a text; nothing else is. */
export function isLess(left: unknown, right: unknown, orEqual: boolean): boolean {
  const [one, other] = [plainValue(left), plainValue(right)];
  if (typeof one === "string" && typeof other === "string") {
    const order = textOrder(one, other);
    return orEqual ? order <= 0 : order < 0;
  }
  if (!isNumber(one) || !isNumber(other)) return false;
  return orEqual ? one <= other : one < other;
}

/** Which of two texts comes first by their characters, those of two halves included. */
function textOrder(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  for (let n = 0; n < most; n += 1) {
    if (one[n] !== other[n]) return upperHalf(one.charCodeAt(n)) - upperHalf(other.charCodeAt(n));
  }
  return one.length - other.length;
}

/** Halves of characters come after all whole ones. */
const upperHalf = (code: number): number =>
  code >= 0xd800 && code <= 0xdfff ? code + 0x10000 : code;

/** Whether a text, a number as a text, or one of a list's values has a part in it, in whatever case. */
export function holds(value: unknown, part: unknown): boolean {
  const [whole, wanted] = [plainValue(value), plainValue(part)];
  if (isMissing(whole) || isMissing(wanted) || typeof wanted === "object") return false;
  const text = textOf(wanted).toLowerCase();
  return (Array.isArray(whole) ? whole : [whole]).some(
    (each) => !isMissing(each) && textOf(each).toLowerCase().includes(text),
  );
}

/** Whether a value is one of a list's, or a part of a text. */
export function isAmong(item: unknown, several: unknown): boolean {
  if (Array.isArray(several)) return several.some((each) => areSame(item, each));
  const value = plainValue(item);
  const areTexts = typeof several === "string" && typeof value === "string";
  return areTexts && several.toLowerCase().includes(value.toLowerCase());
}

/** A value as a text in which words are looked for. */
export function textOf(value: unknown, depth = 0): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined || depth > DEEPEST) return "";
  if (typeof value === "number") {
    if (Number.isFinite(value)) return String(value);
    return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  }
  if (Array.isArray(value)) return value.map((each) => textOf(each, depth + 1)).join(", ");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([key, each]) => `${key}: ${textOf(each, depth + 1)}`)
      .join(", ");
  }
  return String(value);
}

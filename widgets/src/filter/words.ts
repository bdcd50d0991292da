// A filter as words: what is a name, a text, an operator or a bracket, and where it stands; as read/filter/words.py has it.

export const MOST_CHARACTERS = 4000;
export const KEYWORDS = new Set(["and", "or", "not", "in", "is"]);
export const MISSING = new Set(["missing", "none", "null", "nan"]);
export const BOOLEANS = new Map([
  ["true", true],
  ["false", false],
]);

const SPACE = "\\t\\n\\x0b\\x0c\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LETTER = `[^${SPACE}<>=!~&|()\\[\\],"'\`≤≥≠]`;
const spaces = new RegExp(`[${SPACE}]*`, "y");
const wordPattern = new RegExp(`(?:${LETTER}|(?<=${LETTER})'(?=${LETTER}))+`, "y");
const signPattern = /<=|>=|==|!=|&&|\|\||[<>=!~&|()[\],≤≥≠]/y;
const comparisons = new Set(["<", "<=", ">", ">=", "==", "=", "!=", "~"]);
const written: Record<string, string> = { "≤": "<=", "≥": ">=", "≠": "!=" };
const signs: Record<string, Kind> = { "&": "and", "&&": "and", "|": "or", "||": "or", "!": "not" };
const DIGITS = "[0-9]+(?:_[0-9]+)*";
const numberPattern = new RegExp(
  `^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`,
  "i",
);
const integerPattern = new RegExp(`^[+-]?${DIGITS}$`);
const likeNumberPattern = /^[+-]*\.?[0-9]|^[+-]+$/;
const infinitePattern = /^([+-]?)inf(?:inity)?$/i;

/** What a word is: in quotes (text), in backquotes (name), bare (word), an operator, a keyword, a bracket. */
export type Kind =
  | "word"
  | "text"
  | "name"
  | "comparison"
  | "and"
  | "or"
  | "not"
  | "in"
  | "is"
  | "("
  | ")"
  | "["
  | "]"
  | ","
  | "end";

export interface Token {
  kind: Kind;
  text: string;
  at: number;
  end: number;
  /** Whether its quote is closed. */
  closed: boolean;
}

/** A filter that is none: what is wrong, where it starts, and of how many characters it is. */
export class Mistake extends Error {
  constructor(
    readonly at: number,
    readonly length: number,
    message: string,
  ) {
    super(message);
  }
}

/** The words of a filter; `end` comes last. In one that is unfinished, the last quote may be open. */
export function tokensOf(text: string, unfinished = false): Token[] {
  if (text.length > MOST_CHARACTERS) {
    const letters = Array.from(text);
    if (letters.length > MOST_CHARACTERS) {
      const at = letters.slice(0, MOST_CHARACTERS).join("").length;
      const message = `the filter is longer than ${MOST_CHARACTERS} characters`;
      throw new Mistake(at, text.length - at, message);
    }
  }
  const found: Token[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    const char = text[at]!;
    const isQuote = char === '"' || char === "'" || char === "`";
    const token = isQuote ? quoted(text, at) : plain(text, at);
    if (!token.closed && !unfinished) {
      const what = char === "`" ? "backquote" : "quote";
      const message = `the ${what} is never closed; another ${char} closes it`;
      throw new Mistake(at, text.length - at, message);
    }
    found.push(token);
    at = skip(text, token.end);
  }
  const end = text.length;
  return [...found, { kind: "end", text: "", at: end, end, closed: true }];
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

function skip(text: string, at: number): number {
  return at + matchAt(spaces, text, at).length;
}

function plain(filter: string, at: number): Token {
  const sign = matchAt(signPattern, filter, at);
  if (sign) {
    const text = written[sign] ?? sign;
    const kind = comparisons.has(text) ? "comparison" : (signs[text] ?? (text as Kind));
    return { kind, text, at, end: at + sign.length, closed: true };
  }
  const word = matchAt(wordPattern, filter, at) || filter[at]!;
  const keyword = word.toLowerCase();
  const kind = KEYWORDS.has(keyword) ? (keyword as Kind) : "word";
  return { kind, text: word, at, end: at + word.length, closed: true };
}

/** What is in quotes, where a backslash stands before a quote or another one; in backquotes, two of them are one. */
function quoted(text: string, at: number): Token {
  const quote = text[at]!;
  const kind = quote === "`" ? "name" : "text";
  const parts: string[] = [];
  let here = at + 1;
  while (here < text.length) {
    const char = text[here]!;
    const next = text[here + 1] ?? "";
    const escaped =
      next !== "" &&
      ((char === "\\" && kind === "text" && "\\\"'".includes(next)) ||
        (char === "`" && next === "`" && quote === "`"));
    if (escaped) {
      parts.push(next);
      here += 2;
    } else if (char === quote) {
      return { kind, text: parts.join(""), at, end: here + 1, closed: true };
    } else {
      parts.push(char);
      here += 1;
    }
  }
  return { kind, text: parts.join(""), at, end: text.length, closed: false };
}

/** A bare word as a number, where it is one as Python writes it; a whole number that a float would change is a bigint. */
export function numberOf(word: string): number | bigint | null {
  if (integerPattern.test(word)) {
    const digits = word.replaceAll("_", "");
    const near = Number(digits);
    if (Number.isSafeInteger(near)) return near;
    const magnitude = BigInt(digits.replace(/^[+-]/, ""));
    return digits.startsWith("-") ? -magnitude : magnitude;
  }
  if (numberPattern.test(word)) return Number(word.replaceAll("_", ""));
  const infinite = infinitePattern.exec(word);
  return infinite ? (infinite[1] === "-" ? -Infinity : Infinity) : null;
}

/** Whether a bare word begins as a number does, such as 90%. */
export const isLikeNumber = (word: string): boolean => likeNumberPattern.test(word);

/** Whether a name or a text can be written without quotes and is then itself. */
export function isBare(word: string): boolean {
  const lowered = word.toLowerCase();
  const reserved = KEYWORDS.has(lowered) || MISSING.has(lowered) || BOOLEANS.has(lowered);
  const isWhole = word !== "" && matchAt(wordPattern, word, 0) === word;
  return isWhole && !reserved && numberOf(word) === null;
}

/** A part of a filter as a message shows it. */
export function said(text: string): string {
  return `"${clipped(text)}"`;
}

/** The beginning of a text, as much as a message has room for. */
export function clipped(text: string): string {
  const letters = Array.from(text);
  return letters.length <= 40 ? text : `${letters.slice(0, 40).join("")}…`;
}

// Whole numbers by the thousand, such as steps and times, come as ranges: here they become lists again. `encode_numbers` in Python makes them.

import type { Step } from "./format";
import type { Member, PanelInfo, ViewInfo } from "./model";

/** A number, a range, or many numbers packed into a text. Numbers that JavaScript would round are strings. */
export type Piece =
  Step | [first: number | string, by: number | string, count: number] | [packed: string];

/** A description as it comes: with pieces in place of numbers. */
type Encoded<T> = {
  [K in keyof T]: T[K] extends (infer N)[] | undefined
    ? [N] extends [Step]
      ? Piece[]
      : T[K]
    : T[K];
};
export type WireVersions = Record<string, number> | [places: Piece[], counts: Piece[]];
export type WirePanelInfo = Omit<Encoded<PanelInfo>, "versions" | "members"> & {
  versions?: WireVersions;
  members?: Encoded<Member>[];
};
export type WireViewInfo = Omit<Encoded<ViewInfo>, "panels"> & { panels: WirePanelInfo[] };

export function decodeView(about: WireViewInfo): ViewInfo {
  return {
    ...decodeLists(about, ["steps"]),
    panels: about.panels.map((panel) => ({
      ...decodeLists(panel, ["steps", "times", "from", "at"]),
      versions: decodeVersions(panel.versions),
      ...(panel.members
        ? { members: panel.members.map((member) => decodeLists(member, ["steps", "at"])) }
        : {}),
    })),
  } as ViewInfo;
}

function decodeLists<T extends object>(described: T, names: (keyof T)[]): T {
  const decoded = { ...described };
  for (const name of names)
    if (described[name] !== undefined)
      decoded[name] = decodeNumbers(described[name] as Piece[]) as T[keyof T];
  return decoded;
}

function decodeVersions(versions: WireVersions = {}): Record<string, number> {
  if (!Array.isArray(versions)) return versions;
  const [places, counts] = versions.map(decodeNumbers) as [number[], number[]];
  return Object.fromEntries(places.map((place, n) => [place, counts[n]!]));
}

export function decodeNumbers(pieces: readonly Piece[]): Step[] {
  const numbers: Step[] = [];
  for (const piece of pieces) {
    if (!Array.isArray(piece)) numbers.push(piece);
    else if (piece.length === 1) unpack(piece[0], numbers);
    else addRange(piece, numbers);
  }
  return numbers;
}

function addRange(
  [first, by, count]: [number | string, number | string, number],
  numbers: Step[],
): void {
  const whole = typeof first === "number" && typeof by === "number" ? [first, by] : null;
  const length = whole ? whole[1]! * (count - 1) : NaN;
  if (whole && Number.isSafeInteger(length) && Number.isSafeInteger(whole[0]! + length)) {
    for (let n = 0; n < count; n += 1) numbers.push(whole[0]! + whole[1]! * n);
    return;
  }
  for (let n = 0, at = BigInt(first); n < count; n += 1, at += BigInt(by)) {
    const exact = Number.isSafeInteger(Number(at));
    numbers.push(exact ? Number(at) : String(at));
  }
}

/** Distances to the number before, seven bits a byte, the lowest first; negative ones stand between the others. */
function unpack(packed: string, numbers: Step[]): void {
  let number = 0;
  let distance = 0;
  let worth = 1;
  for (const byte of atob(packed)) {
    const bits = byte.charCodeAt(0);
    distance += (bits & 127) * worth;
    worth *= 128;
    if (bits > 127) continue;
    number += distance % 2 ? -(distance + 1) / 2 : distance / 2;
    numbers.push(number);
    distance = 0;
    worth = 1;
  }
}

// The lines of a table, wherever they come from: a page that is here, filtered and sorted here; two of them compared; pages still to come.

import type { Asked } from "../model/query-cache";
import type { Cell, Page, Value } from "./page";

export const SAME = 0;
export const ADDED = 1;
export const REMOVED = 2;
export const CHANGED = 3;

/** A row on screen. `before` has the earlier cell where it was another. */
export interface Line {
  status: number;
  cells: Cell[];
  before?: (Cell | undefined)[];
  row?: number | undefined;
}

export interface Lines {
  readonly count: number;
  /** Null while it is on its way. */
  line(n: number): Line | null;
  /** What to ask the kernel for these lines. */
  wants?(from: number, to: number): Asked[];
}

export function lineOf(page: Page, row: number): Line {
  return {
    status: SAME,
    cells: page.fields.map((_, c) => page.cell(c, row)),
    row: page.place(row),
  };
}

/** What is missing comes last, either way. */
export function compare(a: Value, b: Value, down: boolean): number {
  if (a === null || b === null || a !== a || b !== b)
    return Number(a === null || a !== a) - Number(b === null || b !== b);
  const order = a < b ? -1 : a > b ? 1 : 0;
  return down ? -order : order;
}

/** Rows of a page that hold a text, in the order of a column. */
export function order(page: Page, text: string, column: number, down: boolean): Lines {
  const wanted = text.toLowerCase();
  const rows = Array.from({ length: page.count }, (_, r) => r).filter(
    (r) =>
      !wanted ||
      page.fields.some(
        (f, c) =>
          !(f.index && f.dtype === "int64" && f.name === "") && holds(page.cell(c, r), wanted),
      ),
  );
  if (column >= 0) rows.sort((a, b) => compare(page.value(column, a), page.value(column, b), down));
  return {
    count: rows.length,
    line: (n) => (rows[n] === undefined ? null : lineOf(page, rows[n]!)),
  };
}

function holds(cell: Cell, wanted: string): boolean {
  return (
    cell.kind === "" &&
    (cell.full.toLowerCase().includes(wanted) || cell.text.toLowerCase().includes(wanted))
  );
}

export interface Tally {
  same: number;
  added: number;
  removed: number;
  changed: number;
  cells: number;
}
export interface Changes extends Lines {
  tally: Tally;
  /** How many cells of each column of the later page changed. */
  cells: number[];
  added: string[];
  removed: string[];
}

const alike = (a: Cell, b: Cell): boolean =>
  a.kind === "missing" || b.kind === "missing"
    ? a.kind === b.kind
    : a.full === b.full && a.kind === b.kind;

/** What changed from one page to another, rows matched by the index, or by a column; in the same order as the kernel has it. */
export function changes(was: Page, now: Page, key: string | null, only: boolean): Changes {
  const place = (page: Page, name: string) =>
    page.fields.findIndex((f) => !f.index && f.name === name);
  const keys = (page: Page): string[] => {
    const columns =
      key === null
        ? page.fields.flatMap((f, c) => (f.index ? [c] : []))
        : [place(page, key)].filter((c) => c >= 0);
    const seen = new Map<string, number>();
    return Array.from({ length: page.count }, (_, r) => {
      const own = JSON.stringify(
        columns.map((c) => {
          const cell = page.cell(c, r);
          return [cell.kind, cell.full];
        }),
      );
      const turn = seen.get(own) ?? 0;
      seen.set(own, turn + 1);
      return `${turn} ${own}`;
    });
  };
  const before = keys(was);
  const after = keys(now);
  const found = new Map(before.map((own, r) => [own, r]));
  const still = new Map(after.map((own, r) => [own, r]));
  const pair = now.fields.map((f) => (f.index ? -1 : place(was, f.name)));
  const cells = now.fields.map(() => 0);
  const tally: Tally = { same: 0, added: 0, removed: 0, changed: 0, cells: 0 };
  const list: Line[] = [];
  // A row that is gone follows the one it stood behind.
  const gone = new Map<number, number[]>();
  let anchor = -1;
  before.forEach((own, r) => {
    const there = still.get(own);
    if (there !== undefined) {
      anchor = there;
      return;
    }
    gone.set(anchor, [...(gone.get(anchor) ?? []), r]);
  });
  const leave = (behind: number): void => {
    for (const r of gone.get(behind) ?? []) {
      const column = (f: Page["fields"][number], c: number) =>
        f.index ? was.fields.findIndex((g) => g.at === f.at) : pair[c]!;
      const blank: Cell = { text: "", full: "", kind: "" };
      list.push({
        status: REMOVED,
        cells: now.fields.map((f, c) => {
          const at = column(f, c);
          return at < 0 ? blank : was.cell(at, r);
        }),
      });
      tally.removed += 1;
    }
  };
  leave(-1);
  after.forEach((own, r) => {
    const line = lineOf(now, r);
    const old = found.get(own);
    if (old === undefined) {
      list.push({ ...line, status: ADDED });
      tally.added += 1;
    } else {
      const earlier = now.fields.map((_, c) => {
        if (pair[c]! < 0) return undefined;
        const cell = was.cell(pair[c]!, old);
        if (alike(cell, line.cells[c]!)) return undefined;
        cells[c]! += 1;
        tally.cells += 1;
        return cell;
      });
      const changed = earlier.some((cell) => cell !== undefined);
      tally[changed ? "changed" : "same"] += 1;
      if (changed) list.push({ ...line, status: CHANGED, before: earlier });
      else if (!only) list.push(line);
    }
    leave(r);
  });
  const names = (page: Page) => page.fields.filter((f) => !f.index).map((f) => f.name);
  return {
    count: list.length,
    line: (n) => list[n] ?? null,
    tally,
    cells,
    added: names(now).filter((name) => place(was, name) < 0),
    removed: names(was).filter((name) => place(now, name) < 0),
  };
}

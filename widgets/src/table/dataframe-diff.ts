// What changed between two steps of a table: computed here where both are in the page, else read from the kernel's answer.

import type { AnswerHead, ChangedRowsHead, TableField, Tally } from "../model/payload-heads";
import type { Payload } from "../model/payload";
import { indexLevels, TablePage } from "./page";
import type { RowDecoder } from "./paged";
import { ADDED, CHANGED, REMOVED, type Cell, type Row, type RowSource } from "./rows";

export interface Diff extends RowSource {
  tally: Tally;
  /** How many cells of each column of the later page changed. */
  changedCells: number[];
  columnsAdded: string[];
  columnsRemoved: string[];
}

const BLANK: Cell = { text: "", full: "", kind: "" };

const sameValue = (a: Cell, b: Cell): boolean =>
  a.kind === "missing" || b.kind === "missing"
    ? a.kind === b.kind
    : a.full === b.full && a.kind === b.kind;

const columnNamed = (page: TablePage, name: string): number =>
  page.fields.findIndex((f) => !f.index && f.name === name);

/**
 * Compare two pages row by row, in the order in which the kernel would.
 *
 * @param key the column by which rows are matched; the index when null.
 * @param onlyChanged whether rows that are the same are left out.
 */
export function diff(
  earlier: TablePage,
  later: TablePage,
  key: string | null,
  onlyChanged: boolean,
): Diff {
  const keysBefore = rowKeys(earlier, key);
  const keysAfter = rowKeys(later, key);
  const rowBefore = new Map(keysBefore.map((own, r) => [own, r]));
  const removed = removedRows(keysBefore, keysAfter);
  // Of each column of the later page its number in the earlier one; -1 where it is new.
  const pair = later.fields.map((f) =>
    f.index ? earlier.fields.findIndex((g) => g.at === f.at) : columnNamed(earlier, f.name),
  );
  const changedCells = later.fields.map(() => 0);
  const tally: Tally = { same: 0, added: 0, removed: 0, changed: 0, cells: 0 };
  const rows: Row[] = [];

  const addRemoved = (after: number): void => {
    for (const r of removed.get(after) ?? []) {
      rows.push({ status: REMOVED, cells: pair.map((p) => (p < 0 ? BLANK : earlier.cell(p, r))) });
      tally.removed += 1;
    }
  };
  const addMatched = (row: Row, r: number): void => {
    const before = later.fields.map((f, c) => {
      // Rows that are matched have the same index, or are matched by a column whatever their index.
      if (f.index || pair[c]! < 0) return undefined;
      const cell = earlier.cell(pair[c]!, r);
      if (sameValue(cell, row.cells[c]!)) return undefined;
      changedCells[c]! += 1;
      tally.cells += 1;
      return cell;
    });
    const changed = before.some((cell) => cell !== undefined);
    tally[changed ? "changed" : "same"] += 1;
    if (changed) rows.push({ ...row, status: CHANGED, before });
    else if (!onlyChanged) rows.push(row);
  };

  addRemoved(-1);
  keysAfter.forEach((own, r) => {
    const row = later.row(r)!;
    const matched = rowBefore.get(own);
    if (matched === undefined) {
      rows.push({ ...row, status: ADDED });
      tally.added += 1;
    } else addMatched(row, matched);
    addRemoved(r);
  });

  const names = (page: TablePage) => page.fields.filter((f) => !f.index).map((f) => f.name);
  return {
    count: rows.length,
    row: (n) => rows[n] ?? null,
    tally,
    changedCells,
    columnsAdded: names(later).filter((name) => columnNamed(earlier, name) < 0),
    columnsRemoved: names(earlier).filter((name) => columnNamed(later, name) < 0),
  };
}

/** What the rows are matched by. Rows of the same values are told apart by how many there were before. */
function rowKeys(page: TablePage, key: string | null): string[] {
  const columns =
    key === null
      ? page.fields.flatMap((f, c) => (f.index ? [c] : []))
      : [columnNamed(page, key)].filter((c) => c >= 0);
  const seen = new Map<string, number>();
  return Array.from({ length: page.count }, (_, r) => {
    const values = JSON.stringify(
      columns.map((c) => {
        const cell = page.cell(c, r);
        return [cell.kind, cell.full];
      }),
    );
    const occurrence = seen.get(values) ?? 0;
    seen.set(values, occurrence + 1);
    return `${occurrence} ${values}`;
  });
}

/** The removed rows by the row of the later page after which they are shown: the one that they used to follow, or -1. */
function removedRows(before: string[], after: string[]): Map<number, number[]> {
  const rowAfter = new Map(after.map((own, r) => [own, r]));
  const removed = new Map<number, number[]>();
  let previous = -1;
  before.forEach((own, r) => {
    const kept = rowAfter.get(own);
    if (kept !== undefined) previous = kept;
    else removed.set(previous, [...(removed.get(previous) ?? []), r]);
  });
  return removed;
}

/** Columns that have kept their name but not their dtype. */
export function dtypeChanges(before: TableField[], after: TableField[]): string[] {
  return after.flatMap((f) => {
    const old = before.find((g) => g.name === f.name && (g.index ?? false) === (f.index ?? false));
    return old && old.dtype !== f.dtype
      ? [`${f.name || "the index"} was ${old.dtype}, is ${f.dtype}`]
      : [];
  });
}

/**
 * Reads the kernel's answer: the rows of both steps, which of them belong together, and which cells differ.
 *
 * @param like a page whose numbers have the same decimals.
 */
export function diffDecoder(like: TablePage): RowDecoder {
  return (answer: Payload<AnswerHead<"dataframe">>) => {
    const payload = answer as Payload<ChangedRowsHead>;
    const { head } = payload;
    const after = new TablePage(payload, like);
    const before = new TablePage(payload, like, head.before, "o");
    const [status, rowAfter, rowBefore] = [
      payload.column("status"),
      payload.column("now"),
      payload.column("was"),
    ];
    const levels = indexLevels(before.fields);
    const pair = after.fields.map((f) =>
      before.fields.findIndex((g, n) =>
        f.index ? g.at === f.at : !g.index && head.pairs[n - levels] === f.at,
      ),
    );
    const changed = after.fields.map((_, c) =>
      payload.has(`c${c}`) ? payload.column(`c${c}`) : null,
    );
    return (n) => {
      const what = status[n];
      if (what === undefined) return null;
      const earlier = (p: number) => before.cell(p, rowBefore[n]!);
      if (what === REMOVED)
        return { status: what, cells: pair.map((p) => (p < 0 ? BLANK : earlier(p))) };
      const cells = after.fields.map((_, c) => after.cell(c, rowAfter[n]!));
      if (what !== CHANGED) return { status: what, cells };
      return {
        status: what,
        cells,
        before: changed.map((mask, c) => (mask?.[n] ? earlier(pair[c]!) : undefined)),
      };
    };
  };
}

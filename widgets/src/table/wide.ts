// A table of more columns than one answer of the kernel has: views of the same rows, each of other columns, beside each other.

import type { TableField } from "../model/payload-heads";
import type { Asked } from "../model/query-cache";
import { indexLevels } from "./page";
import type { QueryResult, TableView } from "./query";
import type { Cell, Row, RowSource } from "./rows";

/** Columns that one answer of the kernel has. */
export const BLOCK = 100;

/** The blocks in which columns lie, by the first column of each. */
export function blocksOf(first: number, last: number): number[] {
  const blocks: number[] = [];
  for (let n = Math.floor(first / BLOCK); n * BLOCK <= last; n += 1) blocks.push(n * BLOCK);
  return blocks;
}

/**
 * Join what is known of each block. There is a view as soon as one of them has one; the cells of the others are on their way.
 *
 * @param isFirst whether there is the first block alone, whose fields stand where they do in the table.
 */
export function joined(results: QueryResult[], isFirst: boolean): QueryResult {
  const views = results.flatMap(({ view }) => view ?? []);
  return {
    view: isFirst || !views.length ? (views[0] ?? null) : besideEachOther(views),
    questions: results.flatMap(({ questions }) => questions),
    error: results.find(({ error }) => error)?.error,
    progress: results.find(({ progress }) => progress)?.progress,
  };
}

/** A view whose fields and cells stand where their columns do in the table; in between there are gaps. */
export function besideEachOther(views: TableView[]): TableView {
  const [first] = views as [TableView];
  const fields: TableField[] = [];
  const changedCells: number[] = [];
  for (const view of views)
    placesOf(view).forEach((place, n) => {
      fields[place] = view.fields[n]!;
      changedCells[place] = view.changedCells?.[n] ?? 0;
    });
  const { diff } = first;
  return {
    ...first,
    fields,
    rows: new JoinedRows(views),
    ...(first.changedCells ? { changedCells } : {}),
    ...(diff
      ? {
          diff: {
            ...diff,
            dtypeChanges: [...new Set(views.flatMap((view) => view.diff?.dtypeChanges ?? []))],
          },
        }
      : {}),
  };
}

/** Where the fields of a view stand in the table: the levels of the index first. */
function placesOf({ fields }: TableView): number[] {
  const levels = indexLevels(fields);
  return fields.map((f) => (f.index ? -1 - f.at : levels + f.at));
}

class JoinedRows implements RowSource {
  private readonly parts: { rows: RowSource; places: number[] }[];

  constructor(views: TableView[]) {
    this.parts = views.map((view) => ({ rows: view.rows, places: placesOf(view) }));
  }

  get count(): number {
    return this.parts[0]!.rows.count;
  }

  row(n: number): Row | null {
    let joined: Row | null = null;
    let isComplete = true;
    const cells: Cell[] = [];
    const before: (Cell | undefined)[] = [];
    for (const { rows, places } of this.parts) {
      const row = rows.row(n);
      if (!row) {
        isComplete = false;
        continue;
      }
      joined ??= { ...row, cells };
      places.forEach((place, c) => {
        cells[place] = row.cells[c]!;
        if (row.before?.[c]) before[place] = row.before[c];
      });
      if (row.before) joined.before = before;
    }
    return joined && { ...joined, isComplete };
  }

  questions(from: number, to: number): Asked[] {
    return this.parts.flatMap(({ rows }) => rows.questions?.(from, to) ?? []);
  }
}

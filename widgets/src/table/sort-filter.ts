// Sorting and filtering of rows that are all in the page, with the results that the kernel would give.

import type { TablePage, Value } from "./page";
import type { Cell, RowSource } from "./rows";

export interface SortBy {
  column: number;
  descending: boolean;
}

/** The rows of a page in which a cell has the text, whatever its case; in the order of a column, or as they are stored. */
export function sortAndFilter(page: TablePage, text: string, sort: SortBy | null): RowSource {
  const searched = text.toLowerCase();
  // Numbers of the rows, which are the index of a table that has none of its own, are not searched.
  const columns = page.fields.flatMap((f, c) =>
    f.index && f.dtype === "int64" && f.name === "" ? [] : [c],
  );
  const rows = Array.from({ length: page.count }, (_, r) => r).filter(
    (r) => !searched || columns.some((c) => contains(page.cell(c, r), searched)),
  );
  if (sort) {
    const { column, descending } = sort;
    rows.sort((a, b) => compare(page.value(column, a), page.value(column, b), descending));
  }
  return {
    count: rows.length,
    row: (n) => (rows[n] === undefined ? null : page.row(rows[n])),
  };
}

/** Missing values and NaN come last in either order, as in pandas. */
function compare(a: Value, b: Value, descending: boolean): number {
  const missing = (value: Value) => value === null || Number.isNaN(value);
  if (missing(a) || missing(b)) return Number(missing(a)) - Number(missing(b));
  const order = a! < b! ? -1 : a! > b! ? 1 : 0;
  return descending ? -order : order;
}

function contains(cell: Cell, text: string): boolean {
  return (
    cell.kind === "" &&
    (cell.full.toLowerCase().includes(text) || cell.text.toLowerCase().includes(text))
  );
}

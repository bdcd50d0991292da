// What of a grid is printed: rows from the first in view on, with all of their columns, in tables as wide as the paper.

import { h } from "../dom/dom";
import * as format from "../model/format";
import { columnHeading, markerHeading, type Head } from "./headings";
import { RowElement } from "./row-element";
import type { Row, RowSource } from "./rows";

/** Of a longer table so many rows are printed, and so many of the columns of a wider one. */
const ROWS = 50;
const COLUMNS = 100;
/** Characters that fit into a line, and what stands between two columns. */
const LINE = 104;
const BETWEEN = 2;

/** Which columns stand in which table: as many as fit, after those that name the row, which each has. */
function tables(columns: number[], widths: ArrayLike<number>, naming: number): number[][] {
  const first = columns.slice(0, naming);
  const width = (n: number): number => widths[n]! + BETWEEN;
  const room = LINE - first.reduce((sum, n) => sum + width(n), 0);
  const found: number[][] = [];
  let used = Infinity;
  for (const n of columns.slice(naming)) {
    if (used + width(n) > room) {
      found.push([...first]);
      used = 0;
    }
    found.at(-1)!.push(n);
    used += width(n);
  }
  return found.length ? found : [first];
}

/** @param from the row in view that is the first. */
export function printedTables(rows: RowSource, from: number, head: Head): HTMLElement {
  const { columns, total } = head;
  const printed: Row[] = [];
  // A page that is not live has only the first rows.
  for (const start of [from, 0]) {
    if (printed.length > 0) break;
    from = start;
    for (let row; printed.length < ROWS && (row = rows.row(from + printed.length));)
      printed.push(row);
  }
  const there = Array.from(columns.widths, (_, n) => n)
    .filter((n) => printed.length === 0 || printed[0]!.cells[n])
    .slice(0, COLUMNS);
  const shown = there.map((n) => ({ n, column: { ...columns.column(n), summary: null } }));
  const naming = shown.filter(({ column }) => column.rowHeader).length;
  const marker = head.marker === "change" ? head.marker : null;
  const drawn = tables(there, columns.widths, naming).map((numbers) => {
    const own = shown.filter(({ n }) => numbers.includes(n));
    const heading = own.map(({ n, column }) =>
      columnHeading(column, n, { marker, isPartial: false }, false, () => undefined),
    );
    const body = printed.map((row, n) => {
      const look = { byRow: true, rowClass: "", idAttribute: "" };
      const element = new RowElement({ columns: own, marker, beside: null }, look);
      element.write(from + n, row);
      return element.element;
    });
    return h(
      "table",
      { class: "jt-table" },
      h("thead", {}, h("tr", {}, marker ? markerHeading(marker) : null, ...heading)),
      h("tbody", {}, ...body),
    );
  });
  const part = (what: string, first: number, count: number, of: number): string =>
    count < of
      ? `${what} ${format.count(first + 1)} to ${format.count(first + count)} of ${format.count(of)}`
      : "";
  const left = format.joined(
    part("rows", from, printed.length, rows.count),
    part("columns", 0, there.length - naming, total - naming),
  );
  return h(
    "div",
    { class: "jt-paper", "aria-hidden": "true" },
    ...drawn,
    left ? h("p", { class: "jt-caption" }, `printed: ${left}`) : null,
  );
}

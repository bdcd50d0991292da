// The column headings of a grid.

import { h, keepKeys, span } from "../dom/dom";

export interface Column {
  name: string;
  /** A line above the name: what the column belongs to, such as the inputs of a run. */
  group?: string;
  /** The tooltip of the name, where it is not the name itself. */
  title?: string;
  /** What is better of the column's numbers: a sign for it, and it in words. */
  goal?: { sign: string; words: string };
  dtype?: string;
  /** A word beside the dtype: that the column is new, or how many of its cells changed. */
  badge?: string | undefined;
  summary?: Element | null | undefined;
  /** Whether the column names its row, as the index of a DataFrame does. */
  rowHeader: boolean;
  /** Whether it stays in view when the others move sideways; such columns come first. */
  sticky: boolean;
  align: "left" | "right";
  /** In characters. */
  width: number;
  sorted?: "ascending" | "descending" | undefined;
}

/** A narrow column before the others: what changed in the row, or a box to choose it by. */
export type Marker = "change" | "choice";

/** Columns by their numbers, of which those in view are made. */
export interface Columns {
  /** Of all columns, in characters. */
  widths: ArrayLike<number>;
  /** How many of the first columns stay in view. */
  sticky: number;
  column(n: number): Column;
}

export interface Head {
  columns: Columns;
  marker: Marker | null;
  /** How many columns the table has, including those that are not shown. */
  total: number;
}

export const MARKER = {
  change: { label: "change", width: "2.6ch" },
  choice: { label: "choose", width: "30px" },
};

const SIGN = { ascending: "▲", descending: "▼" };

export function listed(columns: Column[]): Columns {
  const other = columns.findIndex((c) => !c.sticky);
  return {
    widths: columns.map((c) => c.width),
    sticky: other < 0 ? columns.length : other,
    column: (n) => columns[n]!,
  };
}

/** The classes by which a column's heading and its cells are styled. */
export function columnCssClass({ rowHeader, align, sticky }: Column): string {
  return [rowHeader ? "jt-index" : "", align === "left" ? "jt-words" : "", sticky ? "jt-stuck" : ""]
    .filter(Boolean)
    .join(" ");
}

/** The left edge of a sticky column; how wide those before it are is only known once they are drawn. */
export const stickyLeft = (n: number): string => `var(--jt-left-${n})`;

export const markerWidth = (marker: Marker): HTMLElement =>
  h("col", { style: `width:${MARKER[marker].width}` });

export const columnWidth = (width: string): HTMLElement => h("col", { style: `width:${width}` });

export function markerHeading(marker: Marker): HTMLElement {
  return h(
    "th",
    { class: "jt-sign jt-stuck", scope: "col" },
    span("jt-unseen", MARKER[marker].label),
  );
}

/**
 * @param isPartial whether not all columns are drawn, so that their numbers have to be said.
 * @param asButton whether the heading is a button that Tab leads to; otherwise the heading itself takes the focus, as one of the grid's cells.
 */
export function columnHeading(
  c: Column,
  n: number,
  { marker, isPartial }: { marker: Marker | null; isPartial: boolean },
  asButton: boolean,
  press: () => void,
): HTMLElement {
  const content = [
    c.group || c.goal
      ? span(
          "jt-group-of",
          c.group ?? "",
          c.goal ? h("span", { "aria-hidden": "true" }, ` ${c.goal.sign}`) : null,
          c.goal ? span("jt-unseen", `, ${c.goal.words}`) : null,
        )
      : null,
    h(
      "span",
      { class: "jt-heading-name", title: c.title ?? c.name },
      span("jt-field", c.name || "\u00a0"),
    ),
    c.dtype === undefined
      ? null
      : span(
          "jt-dtype",
          c.rowHeader ? `index · ${c.dtype}` : c.dtype,
          c.badge ? span("jt-badge", c.badge) : null,
        ),
    c.summary,
  ];
  const cell = h(
    "th",
    {
      scope: "col",
      tabindex: asButton ? null : -1,
      class: columnCssClass(c),
      "data-column": n,
      "aria-colindex": isPartial ? n + 1 + (marker ? 1 : 0) : null,
      onclick: press,
    },
    ...(asButton ? [h("button", { type: "button", class: "jt-sort" }, ...content)] : content),
  );
  if (c.sticky) cell.style.left = stickyLeft(n);
  markSorted(cell, c.sorted);
  return asButton ? cell : keepKeys(cell);
}

/** Have a heading say how the rows are sorted by its column; return whether it said another thing. */
export function markSorted(heading: HTMLElement, sorted: Column["sorted"]): boolean {
  const order = sorted ?? "none";
  if (heading.getAttribute("aria-sort") === order) return false;
  heading.setAttribute("aria-sort", order);
  heading.querySelector(".jt-arrow")?.remove();
  const arrow = { class: "jt-arrow", "aria-hidden": "true" };
  if (sorted) heading.querySelector(".jt-heading-name")!.append(h("span", arrow, SIGN[sorted]));
  return true;
}

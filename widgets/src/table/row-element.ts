// One row of the grid in the page. It is written again for another row of the table when that one comes into view, and touches only what differs.

import { h, keepKeys, put, say } from "../dom/dom";
import { columnCssClass, stickyLeft, type Column, type Marker } from "./headings";
import { ADDED, CHANGED, REMOVED, SAME, type Cell, type Row } from "./rows";

/** How a row that changed is marked: the sign before it, the name of that sign, and the class of the row. */
const CHANGES: Record<number, { sign: string; name: string; class: string }> = {
  [SAME]: { sign: "", name: "the same", class: "" },
  [ADDED]: { sign: "+", name: "added", class: "jt-added" },
  [REMOVED]: { sign: "−", name: "removed", class: "jt-removed" },
  [CHANGED]: { sign: "~", name: "changed", class: "" },
};

export interface RowLook {
  /** Whether the focus moves by rows; otherwise by cells. */
  byRow: boolean;
  /** A class that every row has. */
  rowClass: string;
  /** The attribute that has the row's id. */
  idAttribute: string;
}

/** The columns that a row has cells for: their numbers, and how many of the first stay in view. */
export interface DrawnColumns {
  columns: { n: number; column: Column }[];
  marker: Marker | null;
  /** How many of the first columns stay in view; behind them, and at the end, is room for those that are not drawn. Null where all are. */
  beside: number | null;
}

/** Have room, behind the columns that stay in view and at the end, for what is not drawn. */
export function withRoom(
  cells: HTMLElement[],
  beside: number | null,
  make: () => HTMLElement,
): HTMLElement[] {
  return beside === null
    ? cells
    : [...cells.slice(0, beside), make(), ...cells.slice(beside), make()];
}

export class RowElement {
  readonly element: HTMLTableRowElement;
  readonly cells: CellElement[];
  /** The number of the row that is shown; -1 before the first. */
  index = -1;
  /** Whether the row, or a part of it, has not come from the kernel yet. */
  isPending = true;
  /** The numbers of its columns. */
  private readonly numbers: number[];
  private readonly marker: HTMLElement | null;
  private readonly checkbox: HTMLInputElement | null;

  constructor(
    { columns, marker, beside }: DrawnColumns,
    private readonly look: RowLook,
  ) {
    this.numbers = columns.map(({ n }) => n);
    this.cells = columns.map(({ n, column }) => new CellElement(column, n, !look.byRow));
    this.checkbox = marker === "choice" ? h("input", { type: "checkbox", tabindex: -1 }) : null;
    this.marker = marker ? markerCell(marker, this.checkbox) : null;
    const cells = this.cells.map((cell) => cell.element);
    const room = () => h("td", { class: "jt-room", role: "presentation" });
    this.element = h("tr", {}, this.marker, ...withRoom(cells, beside, room));
    if (look.byRow) keepKeys(this.element).tabIndex = -1;
  }

  /** @param row null while it is on its way from the kernel. */
  write(n: number, row: Row | null): void {
    const { element, look } = this;
    this.index = n;
    this.isPending = row?.isComplete === false || row === null;
    const change = CHANGES[row?.status ?? SAME]!;
    setAttribute(element, "aria-rowindex", String(n + 2));
    const own = [look.rowClass, row?.class ?? "", n % 2 ? "jt-odd" : ""];
    const parts = [...own, change.class, row ? "" : "jt-coming"];
    setClass(element, parts.filter(Boolean).join(" "));
    setAttribute(element, "aria-level", row?.level ? String(row.level) : null);
    setAttribute(element, "aria-expanded", row?.fold ? String(row.fold === "open") : null);
    if (look.idAttribute) {
      setAttribute(element, look.idAttribute, row?.id ?? null);
      setAttribute(element, "aria-current", row?.current ? "true" : null);
    }
    if (this.checkbox) this.writeChoice(this.checkbox, row);
    else if (this.marker) {
      say(this.marker, change.sign);
      setAttribute(this.marker, "aria-label", change.name);
    }
    this.cells.forEach((cell, place) => {
      const c = this.numbers[place]!;
      cell.write(row?.cells[c], row?.before?.[c]);
    });
  }

  private writeChoice(checkbox: HTMLInputElement, row: Row | null): void {
    setAttribute(this.element, "aria-selected", String(row?.chosen ?? false));
    setAttribute(checkbox, "aria-label", `choose ${row?.label ?? ""}`);
    checkbox.checked = row?.chosen ?? false;
  }
}

function markerCell(marker: Marker, checkbox: HTMLElement | null): HTMLElement {
  return h("td", { class: `jt-sign jt-stuck${marker === "choice" ? " jt-tick" : ""}` }, checkbox);
}

export class CellElement {
  readonly element: HTMLElement;
  private readonly text = document.createTextNode("");
  private readonly ownClass: string;
  /** What is shown inside of further elements; null while it is the text alone. */
  private inside: string | null = null;

  constructor(column: Column, n: number, focusable: boolean) {
    this.ownClass = columnCssClass(column);
    this.element = column.rowHeader ? h("th", { scope: "row" }) : h("td");
    this.element.append(this.text);
    if (column.sticky) this.element.style.left = stickyLeft(n);
    this.element.dataset["column"] = String(n);
    if (focusable) keepKeys(this.element).tabIndex = -1;
  }

  /** @param before the earlier cell, where it was another. */
  write(cell: Cell | undefined, before: Cell | undefined): void {
    if (cell && before) this.writeChange(before, cell);
    else if (cell?.inside) this.writeInside(cell.inside.key, cell.inside.make);
    else {
      if (this.inside !== null) put(this.element, this.text);
      this.inside = null;
      const text = cell ? cell.text : "…";
      if (this.text.data !== text) this.text.data = text;
    }
    const parts = [this.ownClass, kindClass(cell), before ? "jt-changed" : ""];
    setClass(this.element, parts.filter(Boolean).join(" "));
    setAttribute(this.element, "title", tooltip(cell, before) || null);
  }

  private writeChange(before: Cell, cell: Cell): void {
    this.writeInside(`${before.text}\u0000${cell.text}`, () => [
      h("del", { class: kindClass(before) || null }, before.text),
      h("span", { class: "jt-change-arrow", "aria-hidden": "true" }, " → "),
      h("ins", { class: kindClass(cell) || null }, cell.text),
    ]);
  }

  private writeInside(shown: string, make: () => Node[]): void {
    if (this.inside === shown) return;
    this.inside = shown;
    put(this.element, ...make());
  }
}

const kindClass = (cell: Cell | undefined): string => (cell?.kind ? `jt-${cell.kind}` : "");

function tooltip(cell: Cell | undefined, before: Cell | undefined): string {
  if (!cell) return "";
  if (before) return `${before.full || before.text} → ${cell.full || cell.text}`;
  if (cell.title !== undefined) return cell.title;
  return cell.full === cell.text ? "" : cell.full || "empty text";
}

// A change of an attribute, even to the same value, makes the browser work; with some hundred cells a scroll that is felt.
function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

function setClass(element: Element, name: string): void {
  if (element.className !== name) element.className = name;
}

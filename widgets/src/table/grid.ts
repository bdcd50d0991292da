// The grid that shows dataframes and runs: only the rows on screen are in the page, however many there are. It knows of rows and keys, and of
// nothing behind them.

import { h, keepKeys, put, watchSize } from "../dom/dom";
import { onpaper } from "../dom/paper";
import {
  columnCssClass,
  columnHeading,
  columnWidth,
  listed,
  MARKER,
  markerHeading,
  markSorted,
  markerWidth,
  type Columns,
  type Head,
} from "./headings";
import { moveByKeys, moveByMouse } from "./heading-moves";
import { destination, type Position } from "./keys";
import { printedTables } from "./paper";
import { RowElement, withRoom, type DrawnColumns, type RowLook } from "./row-element";
import type { RowSource } from "./rows";
import { Sideways } from "./sideways";
import { Viewport } from "./viewport";

export { listed, type Column, type Columns, type Head } from "./headings";

export interface GridOptions extends Partial<RowLook> {
  /** What assistive technology calls the grid. */
  label: string;
  /** In pixels. */
  rowHeight: number;
}

export interface GridEvents {
  /** A heading was pressed. */
  sort(column: number): void;
  /** A row or a cell was opened: by Enter, by a click on a row, by a double click on a cell. */
  open(row: number, column: number): void;
  /** A row was chosen, or no longer is: by its checkbox or by Space; with Shift, all rows from the one before are. */
  toggle?(row: number, extend: boolean): void;
  /** All rows are to be chosen. */
  all?(): void;
  /** What is below a row is to be shown, or hidden. */
  fold?(row: number): void;
  /** A heading was moved to the place of another column. */
  move?(from: number, to: number): void;
  /** A column was made so many characters wide. */
  widen?(column: number, width: number): void;
  /** A cell has the focus; the row of a heading is -1. */
  focus?(row: number, column: number): void;
  /** Rows on screen have not come yet; none when both are the same. */
  need?(from: number, to: number): void;
  /** Other columns have come into view. */
  columns?(): void;
}

const HEADING = -1;
const WHOLE = -1;
const noRows: RowSource = { count: 0, row: () => null };

export class Grid {
  readonly element: HTMLElement;
  readonly destroy: () => void;
  private readonly columnGroup = h("colgroup");
  private readonly thead = h("thead");
  private readonly body = h("tbody");
  private readonly above = h("td", { role: "presentation" });
  private readonly below = h("td", { role: "presentation" });
  private readonly table: HTMLTableElement;
  private readonly viewport: Viewport;
  private readonly look: RowLook;
  private readonly sideways: Sideways;
  private head: Head = { columns: listed([]), marker: null, total: 0 };
  private drawn: DrawnColumns = { columns: [], marker: null, beside: null };
  /** The headings that are drawn, and all that can be seen of them. */
  private headings: HTMLElement[] = [];
  private headLook = "";
  /** Rows can be written again as long as the columns look the same. */
  private columnsLook = "";
  private stickyWidth = 0;
  private rows: RowSource = noRows;
  private elements: RowElement[] = [];
  private printed: HTMLElement | null = null;
  /** The column of a whole row is -1. */
  private active: Position;
  /** The row or cell that Tab leads to. */
  private tabStop: HTMLElement | null = null;

  constructor(
    { label, rowHeight, byRow = false, rowClass = "", idAttribute = "" }: GridOptions,
    private readonly events: GridEvents,
  ) {
    this.look = { byRow, rowClass, idAttribute };
    this.active = { row: 0, column: byRow ? WHOLE : 0 };
    this.table = h(
      "table",
      { class: "jt-table", role: "grid", "aria-label": label, "aria-readonly": "true" },
      this.columnGroup,
      this.thead,
      padding(this.above),
      this.body,
      padding(this.below),
    );
    if (events.toggle) this.table.setAttribute("aria-multiselectable", "true");
    this.table.style.setProperty("--jt-row-height", `${rowHeight}px`);
    this.element = h("div", { class: "jt-scroll" }, this.table);
    this.sideways = new Sideways(this.element);
    // First, as where it is would have a browser lay out what the viewport writes.
    this.element.addEventListener("scroll", () => this.onSideways(), { passive: true });
    this.viewport = new Viewport(this.element, this.thead, rowHeight, () => this.draw(false));
    this.table.addEventListener("keydown", (event) => this.onKey(event));
    this.table.addEventListener("focusin", (event) => this.onFocus(event.target as HTMLElement));
    if (byRow) this.body.addEventListener("click", (event) => this.onClick(event));
    else
      this.table.addEventListener("dblclick", () =>
        events.open(this.active.row, this.active.column),
      );
    const stopWatchingSize = watchSize(this.element, () => this.onResize());
    const stopPrinting = onpaper((printing) => this.print(printing));
    this.destroy = () => {
      stopWatchingSize();
      stopPrinting();
    };
  }

  /** The row that the focus is on, or would go to. */
  get activeRow(): number {
    return this.active.row;
  }

  /**
   * Show rows, scrolled to where the grid is.
   *
   * @param visible the grid is as high as so many rows, up to a limit.
   * @param head the columns; null when they are the same as before.
   * @param active the row that the focus goes to, if the grid has it; `reveal` brings it into view in any case.
   */
  show(
    rows: RowSource,
    visible: number,
    head: Head | null,
    active?: { row: number; reveal: boolean },
  ): void {
    const hadFocus = this.hasFocus();
    this.table.setAttribute("role", rows.isTree ? "treegrid" : "grid");
    const isNew = head !== null && this.setHead(head);
    this.rows = rows;
    this.table.setAttribute("aria-rowcount", String(rows.count + 1));
    this.viewport.resize(rows.count, visible);
    if (active) {
      this.active.row = active.row;
      if (hadFocus || active.reveal) this.viewport.reveal(active.row);
    }
    this.draw(true, hadFocus);
    // How wide headings are is asked of a page that has just been changed, which is then laid out at once.
    if (isNew) this.placeStickyColumns();
    if (head) this.events.columns?.();
    if (this.printed) this.print(true);
  }

  /** The numbers of the first and the last column in view. */
  get columnsInView(): [first: number, last: number] {
    return this.sideways.visible;
  }

  /** How many characters the columns may have together without one being out of view. */
  get lettersThatFit(): number {
    return this.sideways.letters(
      this.thead.querySelector<HTMLElement>(".jt-sign")?.offsetWidth ?? 0,
    );
  }

  /** Put the focus on the row that had it last, or would have it. */
  focus(): void {
    this.activeElement()?.focus({ preventScroll: true });
  }

  /** Whether an element is a row, or in one. */
  hasRow(target: Node): boolean {
    return this.body.contains(target);
  }

  /** Put a row at the upper edge. */
  scrollTo(row: number): void {
    this.viewport.moveTo(row);
    this.draw(false);
  }

  /** Give the columns other widths. */
  resize(columns: Columns): void {
    const hadFocus = this.hasFocus();
    this.setHead({ ...this.head, columns });
    this.draw(false, hadFocus);
    this.placeStickyColumns();
  }

  /** Put the focus on the heading of a column. */
  focusHeading(column: number): void {
    const heading = this.headings[this.drawn.columns.findIndex(({ n }) => n === column)];
    heading?.querySelector("button")?.focus();
  }

  /** Write the rows on screen again: something about them has changed. */
  redraw(): void {
    this.draw(true);
  }

  /** Put what is printed into the page, or take it out. */
  private print(printing: boolean): void {
    this.printed?.remove();
    const [first] = this.viewport.visible;
    this.printed = printing ? printedTables(this.rows, first, this.head) : null;
    if (this.printed) this.element.append(this.printed);
  }

  /** The grid has another size; before it was in the page for the first time, it had none. */
  private onResize(): void {
    if (this.element.offsetHeight === 0 || !this.viewport.measure()) return;
    const hadFocus = this.hasFocus();
    this.viewport.fit();
    this.setHead(this.head);
    this.draw(false, hadFocus);
    this.placeStickyColumns();
    this.events.columns?.();
  }

  private onSideways(): void {
    if (!this.sideways.follow()) return;
    const hadFocus = this.hasFocus();
    this.drawHead();
    this.draw(false, hadFocus);
    this.placeStickyColumns();
    this.events.columns?.();
  }

  /** @returns whether the headings are others than before. */
  private setHead(head: Head): boolean {
    const { columns, marker, total } = head;
    this.head = head;
    this.table.setAttribute("aria-colcount", String(total + (marker ? 1 : 0)));
    this.sideways.resize(columns.widths, columns.sticky);
    return this.drawHead();
  }

  /** Draw the headings of the columns in view; they are left alone while they look the same: from step to step only cells change. */
  private drawHead(): boolean {
    const { head, sideways } = this;
    const { marker } = head;
    const columns = sideways.drawn.map((n) => ({ n, column: head.columns.column(n) }));
    const { isPartial } = sideways;
    const look = JSON.stringify([
      columns.map(({ n, column: { summary, sorted: _, ...c } }) => [
        n,
        c,
        isPartial && sideways.width(n),
        summary?.textContent,
        summary?.getAttribute("title"),
      ]),
      marker,
      sideways.padding,
    ]);
    if (look === this.headLook) {
      const marked = this.headings.filter((cell, i) => markSorted(cell, columns[i]!.column.sorted));
      // Only where a heading decides how wide its column is, the mark can have moved others.
      return marked.length > 0 && !this.look.byRow;
    }
    this.headLook = look;
    const focused = this.headings.findIndex((cell) => cell.contains(this.focusedElement()));
    const column = this.drawn.columns[focused]?.n;
    const beside = isPartial ? head.columns.sticky : null;
    this.drawn = { columns, marker, beside };
    const [before, after] = sideways.padding;
    const rooms = [after, before];
    const width = ({ n, column: c }: DrawnColumns["columns"][number]) =>
      columnWidth(isPartial ? `${sideways.width(n)}px` : `${c.width.toFixed(1)}ch`);
    put(
      this.columnGroup,
      marker ? markerWidth(marker) : null,
      ...withRoom(columns.map(width), beside, () => columnWidth(`${rooms.pop()!}px`)),
    );
    if (this.look.byRow) this.table.style.width = this.wholeWidth();
    this.headings = columns.map(({ n, column: c }) => {
      const shown = { marker, isPartial };
      const cell = columnHeading(c, n, shown, this.look.byRow, () => this.events.sort(n));
      moveByMouse(cell, n, c, this.events);
      return cell;
    });
    const room = () => h("td", { class: "jt-room", role: "presentation" });
    put(
      this.thead,
      h(
        "tr",
        { "aria-rowindex": 1 },
        marker ? markerHeading(marker) : null,
        ...withRoom(this.headings, beside, room),
      ),
    );
    const span = columns.length + (marker ? 1 : 0) + (isPartial ? 2 : 0);
    for (const cell of [this.above, this.below])
      cell.setAttribute("colspan", String(Math.max(1, span)));
    const rowLook = JSON.stringify([marker, columns.map((c) => [c.n, columnCssClass(c.column)])]);
    if (rowLook !== this.columnsLook) {
      for (const row of this.elements) row.element.remove();
      this.elements = [];
    }
    this.columnsLook = rowLook;
    // A cell that stays in the page keeps its place in the order of Tab: without one it would lose the focus.
    if (this.tabStop && !this.table.contains(this.tabStop)) this.setTabStop(null);
    this.viewport.measure();
    // A heading that was pressed by a key keeps the focus, although it has been made anew.
    const again = this.headings[columns.findIndex(({ n }) => n === column)];
    (this.look.byRow ? again?.querySelector("button") : again)?.focus({ preventScroll: true });
    return true;
  }

  /** How wide all columns are together: only a table of a width that is said cuts what its cells have no room for. */
  private wholeWidth(): string {
    const { columns, marker } = this.head;
    const letters = Array.from(columns.widths).reduce((sum, width) => sum + width, 0);
    const beside = marker ? MARKER[marker].width : "0px";
    const { isPartial } = this.sideways;
    const all = isPartial ? `${this.sideways.whole}px` : `${letters.toFixed(1)}ch`;
    return `calc(${all} + ${beside})`;
  }

  /** Put the columns that stay in view one beside the other; how wide they are is only known when they are drawn. */
  private placeStickyColumns(): void {
    let left = this.thead.querySelector<HTMLElement>(".jt-sign")?.offsetWidth ?? 0;
    this.headings.slice(0, this.head.columns.sticky).forEach((heading, n) => {
      this.table.style.setProperty(`--jt-left-${n}`, `${left}px`);
      left += heading.offsetWidth;
    });
    this.stickyWidth = left;
  }

  /** @param rewrite whether rows that are drawn already are written again. */
  private draw(rewrite: boolean, hadFocus = this.hasFocus()): void {
    const [from, to] = this.viewport.range;
    this.recycle(from, to);
    let missing: [number, number] | null = null;
    for (let n = from; n < to; n += 1) {
      const element = this.elements[n - from]!;
      if (!rewrite && element.index === n && !element.isPending) continue;
      element.write(n, this.rows.row(n));
      if (element.isPending) missing = missing ? [missing[0], n] : [n, n];
    }
    const [above, below] = this.viewport.padding(from, to);
    this.above.style.height = `${above}px`;
    this.below.style.height = `${below}px`;
    this.keepTabStop(hadFocus);
    this.events.need?.(missing?.[0] ?? 0, missing ? missing[1] + 1 : 0);
    // Moving the scroll bar moves the padding, and can bring a row into view that was just outside.
    if (this.viewport.syncScrollBar()) this.draw(false);
  }

  /** Have an element for each row to draw. One that is still in view stays the element of its row, so that a screen reader follows the focus. */
  private recycle(from: number, to: number): void {
    const { elements, body } = this;
    const moved = from - (elements[0]?.index ?? from);
    if (moved > 0 && moved < elements.length) {
      elements.push(...elements.splice(0, moved));
      body.append(...elements.slice(-moved).map((row) => row.element));
    } else if (moved < 0 && -moved < elements.length) {
      elements.unshift(...elements.splice(moved));
      body.prepend(...elements.slice(0, -moved).map((row) => row.element));
    }
    while (elements.length > to - from) elements.pop()!.element.remove();
    while (elements.length < to - from) {
      const row = new RowElement(this.drawn, this.look);
      body.append(row.element);
      elements.push(row);
    }
  }

  // ---------------------------------------------------------------------------------------------------- focus and keys

  private focusedElement(): Element | null {
    return (this.element.getRootNode() as Document | ShadowRoot).activeElement;
  }

  /** Whether the focus is on one of the rows. */
  private hasFocus(): boolean {
    const focused = this.focusedElement();
    return focused !== null && this.body.contains(focused);
  }

  /** The element of the active row or cell, if it is drawn. */
  private activeElement(): HTMLElement | null {
    const { row, column } = this.active;
    const place = this.drawn.columns.findIndex(({ n }) => n === column);
    if (row === HEADING) return this.look.byRow ? null : (this.headings[place] ?? null);
    const drawn = this.elements[row - (this.elements[0]?.index ?? 0)];
    return (column === WHOLE ? drawn?.element : drawn?.cells[place]?.element) ?? null;
  }

  private setTabStop(element: HTMLElement | null): void {
    if (element === this.tabStop) return;
    const before = this.tabStop;
    // A cell of a row that takes the focus itself would take it from the row with every click.
    if (before && this.look.byRow && before.localName !== "tr") before.removeAttribute("tabindex");
    else if (before) before.tabIndex = -1;
    if (element) keepKeys(element).tabIndex = 0;
    this.tabStop = element;
  }

  /** Keep one row or cell in the order of Tab, on screen, and the focus on it if the grid had it. */
  private keepTabStop(hadFocus: boolean): void {
    const { active, rows } = this;
    const { widths, sticky } = this.head.columns;
    const first = this.look.byRow ? WHOLE : 0;
    active.column = Math.max(first, Math.min(active.column, widths.length - 1));
    if (active.column >= sticky && this.drawn.beside !== null) {
      const [first, last] = this.sideways.visible;
      active.column = Math.min(Math.max(active.column, first), last);
    }
    if (rows.count === 0) active.row = HEADING;
    else if (active.row !== HEADING || this.look.byRow) {
      const [first, last] = this.viewport.visible;
      active.row = Math.min(Math.max(active.row, first), last, rows.count - 1);
    }
    const element = this.activeElement();
    this.setTabStop(element);
    if (hadFocus && element && !element.contains(this.focusedElement()))
      element.focus({ preventScroll: true });
  }

  /** The number of the row that an element is in; that of the headings is -1. */
  private rowOf(target: Element): number {
    return this.elements.find((row) => row.element.contains(target))?.index ?? HEADING;
  }

  private onFocus(target: HTMLElement): void {
    const row = this.rowOf(target);
    const cell = target.closest<HTMLElement>("[data-column]");
    if (this.look.byRow) {
      // The buttons of the headings are in the order of Tab themselves.
      if (row === HEADING) return;
      this.active = { row, column: target === cell ? Number(cell.dataset["column"]) : WHOLE };
    } else {
      if (!cell) return;
      this.active = { row, column: Number(cell.dataset["column"]) };
    }
    this.setTabStop(this.activeElement());
    this.events.focus?.(this.active.row, this.active.column);
  }

  private onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const row = this.rowOf(target);
    if (row === HEADING) return;
    this.active.row = row;
    if (target.closest(".jt-twist")) this.events.fold?.(row);
    else if (target.closest(".jt-tick")) this.events.toggle?.(row, event.shiftKey);
    else this.events.open(row, 0);
  }

  private onKey(event: KeyboardEvent): void {
    const { active, look } = this;
    const target = event.target as HTMLElement;
    if (look.byRow && this.thead.contains(target)) {
      this.onHeadingKey(event, target);
      return;
    }
    // What else can have the focus, such as a checkbox, has keys of its own.
    if (look.byRow && target !== this.activeElement()) return;
    if (this.act(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const size = {
      rows: this.rows.count,
      columns: this.head.columns.widths.length,
      page: Math.max(1, this.viewport.rowsThatFit - 1),
    };
    const isWhole = look.byRow && active.column === WHOLE;
    if (isWhole && (event.ctrlKey || event.metaKey)) return;
    const led = destination(event, active, size, isWhole);
    const to =
      (look.byRow ? this.besideWhole(event, active) : null) ??
      (led && isWhole ? { ...led, column: WHOLE } : led);
    if (!to || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.moveFocus({
      row: Math.max(isWhole ? 0 : HEADING, Math.min(to.row, size.rows - 1)),
      column: Math.max(look.byRow ? WHOLE : 0, Math.min(to.column, size.columns - 1)),
    });
  }

  /** Where the arrows lead from a whole row and from its first cell: into the row, out of it, and to the row that it is below. */
  private besideWhole({ key }: KeyboardEvent, { row, column }: Position): Position | null {
    if (key === "ArrowRight" && column === WHOLE) return { row, column: 0 };
    if (key === "ArrowLeft" && column === 0) return { row, column: WHOLE };
    if (key !== "ArrowLeft" || column !== WHOLE) return null;
    const level = this.rows.row(row)?.level ?? 1;
    let above = row;
    while (level > 1 && above > 0 && (this.rows.row(above)?.level ?? 1) >= level) above -= 1;
    return { row: above, column: WHOLE };
  }

  /** Headings are moved between by arrows, moved and widened by arrows with a key held; the arrow down leads to the rows. */
  private onHeadingKey(event: KeyboardEvent, target: HTMLElement): void {
    const column = Number(target.closest<HTMLElement>("[data-column]")?.dataset["column"] ?? NaN);
    const heading = this.drawn.columns.find(({ n }) => n === column);
    if (!heading || event.altKey) return;
    const { key, shiftKey, ctrlKey, metaKey } = event;
    if (!moveByKeys(event, column, heading.column, this.events)) {
      if (shiftKey || ctrlKey || metaKey) return;
      const aside = { ArrowLeft: -1, ArrowRight: 1 }[key];
      if (aside) {
        const place = this.drawn.columns.indexOf(heading) + aside;
        this.headings[place]?.querySelector("button")?.focus();
      } else if (key === "ArrowDown" && this.rows.count > 0)
        this.moveFocus({ row: this.viewport.visible[0], column });
      else return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Do what a key does where the focus is; return whether it does anything. */
  private act({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
    const { row, column } = this.active;
    const fold = { ArrowRight: "closed", ArrowLeft: "open" }[key];
    if (altKey) return false;
    if (column === WHOLE && fold && this.rows.row(row)?.fold === fold) this.events.fold?.(row);
    else if (key === "a" && (ctrlKey || metaKey) && this.events.all) this.events.all();
    else if (this.look.byRow && (ctrlKey || metaKey) && (column === WHOLE || key !== "c"))
      return false;
    else if (key === "c" && (ctrlKey || metaKey) && (getSelection()?.isCollapsed ?? true)) {
      void navigator.clipboard?.writeText(this.rows.row(row)?.cells[column]?.full ?? "");
    } else if (row === HEADING && (key === "Enter" || key === " ")) this.events.sort(column);
    else if (key === "Enter") this.events.open(row, column);
    else if (key === " " && this.events.toggle) this.events.toggle(row, shiftKey);
    else return false;
    return true;
  }

  private moveFocus(to: Position): void {
    if (this.look.byRow && to.row === HEADING) {
      const place = this.drawn.columns.findIndex(({ n }) => n === to.column);
      this.headings[place]?.querySelector("button")?.focus();
      return;
    }
    this.active = to;
    if (this.drawn.beside !== null && to.column !== WHOLE) {
      this.sideways.reveal(to.column);
      this.onSideways();
      this.active = to;
    }
    if (to.row !== HEADING && this.viewport.reveal(to.row)) this.draw(false);
    // Where only part of a row fits on screen, drawing takes the active row to its neighbour.
    this.active = to;
    const element = this.activeElement();
    this.setTabStop(element);
    element?.focus({ preventScroll: true });
    const isRevealed = to.column === WHOLE || this.drawn.beside !== null;
    if (element && !isRevealed) this.revealSideways(element);
  }

  private revealSideways(cell: HTMLElement): void {
    if (cell.classList.contains("jt-stuck")) return;
    const { element, stickyWidth } = this;
    const left = cell.offsetLeft;
    const right = left + cell.offsetWidth;
    if (left - stickyWidth < element.scrollLeft) element.scrollLeft = left - stickyWidth;
    else if (right > element.scrollLeft + element.clientWidth)
      element.scrollLeft = Math.min(left - stickyWidth, right - element.clientWidth);
  }
}

/** The space that rows outside of the view would take up. */
function padding(cell: HTMLElement): HTMLElement {
  return h(
    "tbody",
    { "aria-hidden": "true", role: "presentation" },
    h("tr", { class: "jt-space", role: "presentation" }, cell),
  );
}

// A grid that has only the rows on screen in the page, however many there are. It knows of lines and keys, and of nothing behind them.

import { h, keepKeys, put } from "../dom/dom";
import { ADDED, CHANGED, REMOVED, SAME, type Line, type Lines } from "./lines";
import type { Cell } from "./page";

export interface Heading {
  name: string;
  dtype: string;
  index: boolean;
  /** Words stand to the left, numbers to the right. */
  words: boolean;
  width: number;
  sorted?: "ascending" | "descending" | undefined;
  /** A word beside the name: new, or how many cells changed. */
  badge?: string | undefined;
  summary?: Element | null | undefined;
}

/** `signed`: a narrow column before the others says what happened to each row. `total`: how many columns there are, here or not. */
export interface Head {
  columns: Heading[];
  signed: boolean;
  total: number;
}

export interface Events {
  /** A heading was pressed. */
  press(column: number): void;
  /** Lines on screen that have not come yet; none when both are the same. */
  need(from: number, to: number): void;
  /** The cell that has the focus, and whether it was opened (Enter, a double click). */
  at(line: number, column: number, opened: boolean): void;
}

export const ROW = 25;
export const LINES = 12;
const AROUND = 4;
// Browsers give up on elements much higher than this; beyond it a pixel of the scroll bar is more than one of the rows.
const TALLEST = 6_000_000;
const HEADING = -1;

const signs = { [SAME]: "", [ADDED]: "+", [REMOVED]: "−", [CHANGED]: "~" } as Record<
  number,
  string
>;
const names = {
  [SAME]: "the same",
  [ADDED]: "added",
  [REMOVED]: "removed",
  [CHANGED]: "changed",
} as Record<number, string>;
const classes = {
  [SAME]: "",
  [ADDED]: "jt-added",
  [REMOVED]: "jt-removed",
  [CHANGED]: "",
} as Record<number, string>;

interface Panel {
  element: HTMLElement;
  words: Text;
  shown: string;
  kind: string;
  title: string;
  split: boolean;
}
interface Row {
  element: HTMLTableRowElement;
  slots: Panel[];
  sign: HTMLElement | null;
  kind: string;
  index: number;
}

const none: Lines = { count: 0, line: () => null };

export class Grid {
  readonly element: HTMLElement;
  private readonly columns = h("colgroup");
  private readonly thead = h("thead");
  private readonly body = h("tbody");
  private readonly above = h("td", { role: "presentation" });
  private readonly below = h("td", { role: "presentation" });
  private readonly table: HTMLTableElement;
  private headings: Heading[] = [];
  private heads: HTMLElement[] = [];
  private kinds = "";
  private tall = "";
  /** How much of the left edge does not move sideways. */
  private stuck = 0;
  private signed = false;
  private lines: Lines = none;
  private rows: Row[] = [];
  /** Number of the line at the upper edge, with its fraction. */
  private top = 0;
  private scrolled = 0;
  /** Where we have put the scroll bar ourselves. */
  private ours = -1;
  private shownHeight = 0;
  private headHeight = 0;
  private active = { row: 0, column: 0 };
  private tab: HTMLElement | null = null;
  private readonly sizes: ResizeObserver | null;

  constructor(
    label: string,
    private readonly events: Events,
  ) {
    const space = (cell: HTMLElement) =>
      h(
        "tbody",
        { "aria-hidden": "true", role: "presentation" },
        h("tr", { class: "jt-space", role: "presentation" }, cell),
      );
    this.table = h(
      "table",
      { class: "jt-table", role: "grid", "aria-label": label, "aria-readonly": "true" },
      this.columns,
      this.thead,
      space(this.above),
      this.body,
      space(this.below),
    );
    this.element = h("div", { class: "jt-scroll" }, this.table);
    this.element.addEventListener("scroll", () => this.moved(), { passive: true });
    this.element.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    this.table.addEventListener("keydown", (event) => this.pressed(event));
    this.table.addEventListener("focusin", (event) => this.focused(event.target as HTMLElement));
    this.table.addEventListener("dblclick", () =>
      this.events.at(this.active.row, this.active.column, true),
    );
    this.sizes =
      typeof ResizeObserver === "function"
        ? new ResizeObserver(() => {
            if (this.measure() && this.headings.length) this.fill();
          })
        : null;
    this.sizes?.observe(this.element);
  }

  destroy(): void {
    this.sizes?.disconnect();
  }

  /**
   * Show lines, at the place on screen.
   *
   * @param tall as high as so many lines, or less.
   * @param head other columns than before.
   */
  show(lines: Lines, tall: number, head: Head | null): void {
    const held = this.holds();
    if (head) this.setHead(head);
    this.lines = lines;
    const height = `${Math.min(Math.max(tall, 1), LINES) * ROW + this.headHeight + 2}px`;
    // Someone may have made it higher; that stays until it has to be another height by itself.
    if (this.tall !== height) {
      this.tall = height;
      this.element.style.height = height;
      this.measure();
    }
    this.table.setAttribute("aria-rowcount", String(lines.count + 1));
    this.top = Math.min(this.top, this.last());
    this.fill(held);
    this.settle();
    if (head) this.stick();
  }

  /** Put the columns that stay in view one beside the other; how wide they are is only known when they are there. */
  private stick(): void {
    let left = this.thead.querySelector<HTMLElement>(".jt-sign")?.offsetWidth ?? 0;
    for (const [n, cell] of this.heads.entries()) {
      if (!cell.style.left) continue;
      this.table.style.setProperty(`--jt-left-${n}`, `${left}px`);
      left += cell.offsetWidth;
    }
    this.stuck = left;
  }

  private setHead({ columns, signed, total }: Head): void {
    const same = this.headings.length === columns.length && this.signed === signed;
    this.headings = columns;
    this.signed = signed;
    put(
      this.columns,
      signed ? h("col", { style: "width:2.6ch" }) : null,
      ...columns.map((c) => h("col", { style: `width:${c.width.toFixed(1)}ch` })),
    );
    const before = signed ? 1 : 0;
    // The index stays in view when the rest moves sideways, unless it leaves no room.
    const stuck = columns.reduce((sum, c) => sum + (c.index ? c.width : 0), 0) <= 30;
    const cells = columns.map((c, n) => {
      const cell = keepKeys(
        h(
          "th",
          {
            scope: "col",
            tabindex: -1,
            class: [
              c.index ? "jt-index" : "",
              c.words ? "jt-words" : "",
              c.index && stuck ? "jt-stuck" : "",
            ]
              .filter(Boolean)
              .join(" "),
            "data-column": n,
            "aria-sort": c.sorted ?? "none",
            "aria-colindex": total > columns.length ? n + 1 + before : null,
            onclick: () => this.events.press(n),
          },
          h(
            "span",
            { class: "jt-field", title: c.name },
            c.name || "\u00a0",
            c.sorted
              ? h(
                  "span",
                  { class: "jt-arrow", "aria-hidden": "true" },
                  c.sorted === "ascending" ? " ▲" : " ▼",
                )
              : null,
          ),
          h(
            "span",
            { class: "jt-dtype" },
            c.index ? `index · ${c.dtype}` : c.dtype,
            c.badge ? h("span", { class: "jt-badge" }, c.badge) : null,
          ),
          c.summary,
        ),
      );
      return cell;
    });
    const sign = signed
      ? h(
          "th",
          { class: "jt-sign jt-stuck", scope: "col" },
          h("span", { class: "jt-unseen" }, "change"),
        )
      : null;
    put(this.thead, h("tr", { "aria-rowindex": 1 }, sign, ...cells));
    this.heads = cells;
    for (const [n, cell] of cells.entries())
      if (stuck && columns[n]!.index) cell.style.left = `var(--jt-left-${n})`;
    this.table.setAttribute("aria-colcount", String(total + before));
    for (const cell of [this.above, this.below])
      cell.setAttribute("colspan", String(Math.max(1, columns.length + before)));
    const kinds = columns.map((c, n) => `${c.index} ${c.words} ${cells[n]!.style.left}`).join();
    if (!same || kinds !== this.kinds) {
      for (const row of this.rows) row.element.remove();
      this.rows = [];
    }
    this.kinds = kinds;
    this.tab = null;
    this.measure();
  }

  /** Put a line at the upper edge. */
  scrollTo(line: number): void {
    this.top = Math.max(0, Math.min(line, this.last()));
    this.fill();
    this.settle();
  }

  private measure(): boolean {
    const before = this.shownHeight + this.headHeight * 1e5;
    this.headHeight = this.thead.offsetHeight;
    this.shownHeight = this.element.clientHeight;
    return before !== this.shownHeight + this.headHeight * 1e5;
  }

  private get space(): number {
    return Math.max(ROW, (this.shownHeight || LINES * ROW) - this.headHeight);
  }
  private get height(): number {
    return Math.min(this.lines.count * ROW, TALLEST);
  }
  /** Pixels of the scroll bar a line. */
  private get ratio(): number {
    return this.last() > 0 && this.lines.count * ROW > TALLEST
      ? (this.height - this.space) / this.last()
      : ROW;
  }
  private last(): number {
    return Math.max(0, this.lines.count - this.space / ROW);
  }

  private moved(): void {
    this.scrolled = this.element.scrollTop;
    if (Math.abs(this.scrolled - this.ours) < 2) return;
    this.ours = -1;
    this.top = Math.min(this.scrolled / this.ratio, this.last());
    this.fill();
  }

  /** Where a pixel of the bar is many rows, the wheel still moves by rows. */
  private wheeled(event: WheelEvent): void {
    if (this.ratio === ROW || event.ctrlKey || event.shiftKey || !event.deltaY) return;
    const unit = event.deltaMode === 1 ? 1 : event.deltaMode === 2 ? this.space / ROW : 1 / ROW;
    const to = Math.max(0, Math.min(this.top + event.deltaY * unit, this.last()));
    if (to === this.top) return;
    event.preventDefault();
    this.scrollTo(to);
  }

  /** Bring the scroll bar to the line at the upper edge. */
  private settle(): void {
    const to = this.top * this.ratio;
    if (Math.abs(to - this.scrolled) < 1) return;
    this.ours = to;
    this.element.scrollTop = to;
    this.scrolled = this.element.scrollTop;
    this.ours = this.scrolled;
    this.fill();
  }

  private row(): Row {
    const sign = this.signed ? h("td", { class: "jt-sign jt-stuck" }) : null;
    const slots = this.headings.map((c, n): Panel => {
      const words = document.createTextNode("");
      const kind = c.index ? `jt-index${c.words ? " jt-words" : ""}` : c.words ? "jt-words" : "";
      const element = keepKeys(c.index ? h("th", { scope: "row" }) : h("td"));
      element.tabIndex = -1;
      element.dataset["column"] = String(n);
      element.append(words);
      const { left } = this.heads[n]!.style;
      if (left) element.style.left = left;
      return {
        element,
        words,
        shown: "",
        kind: `${kind}${left ? " jt-stuck" : ""}`.trim(),
        title: "",
        split: false,
      };
    });
    for (const slot of slots) slot.element.className = slot.kind;
    const element = h("tr", {}, sign, ...slots.map((s) => s.element));
    return { element, slots, sign, kind: "", index: -1 };
  }

  private fill(held = this.holds()): void {
    const { lines } = this;
    const from = Math.max(0, Math.floor(this.top) - AROUND);
    const to = Math.min(lines.count, Math.ceil(this.top + this.space / ROW) + AROUND);
    while (this.rows.length > to - from) this.rows.pop()!.element.remove();
    while (this.rows.length < to - from) {
      const row = this.row();
      this.body.append(row.element);
      this.rows.push(row);
    }
    let missing: [number, number] | null = null;
    for (let n = from; n < to; n += 1) {
      const line = lines.line(n);
      if (!line) missing = missing ? [missing[0], n] : [n, n];
      this.write(this.rows[n - from]!, n, line);
    }
    const start = Math.max(0, this.scrolled - (this.top - from) * ROW);
    this.above.style.height = `${start}px`;
    this.below.style.height = `${Math.max(0, this.height - start - (to - from) * ROW)}px`;
    this.rove(held);
    this.events.need(missing?.[0] ?? 0, missing ? missing[1] + 1 : 0);
  }

  private write(row: Row, n: number, line: Line | null): void {
    if (row.index !== n) {
      row.index = n;
      row.element.setAttribute("aria-rowindex", String(n + 2));
    }
    const status = line?.status ?? SAME;
    const kind = `${n % 2 ? "jt-odd" : ""} ${classes[status]}${line ? "" : " jt-coming"}`.trim();
    if (row.kind !== kind) {
      row.kind = kind;
      row.element.className = kind;
    }
    if (row.sign && row.sign.dataset["status"] !== String(status)) {
      row.sign.dataset["status"] = String(status);
      row.sign.textContent = signs[status]!;
      row.sign.setAttribute("aria-label", names[status]!);
    }
    row.slots.forEach((slot, c) => this.cell(slot, line?.cells[c], line?.before?.[c]));
  }

  private cell(slot: Panel, cell: Cell | undefined, before: Cell | undefined): void {
    const text = cell ? cell.text : "…";
    const kind = `${cell?.kind ? `jt-${cell.kind}` : ""}${before ? " jt-changed" : ""}`.trim();
    if (before) {
      slot.split = true;
      slot.shown = `${before.text}\u0000${text}`;
      put(
        slot.element,
        h("del", { class: before.kind ? `jt-${before.kind}` : null }, before.text),
        h("span", { class: "jt-turn", "aria-hidden": "true" }, " → "),
        h("ins", { class: cell?.kind ? `jt-${cell.kind}` : null }, text),
      );
    } else {
      if (slot.split) {
        put(slot.element, slot.words);
        slot.split = false;
        slot.shown = "\u0000";
      }
      if (slot.shown !== text) {
        slot.words.data = text;
        slot.shown = text;
      }
    }
    const full = `${slot.kind} ${kind}`.trim();
    if (slot.element.className !== full) slot.element.className = full;
    const title = before
      ? `${before.full || before.text} → ${cell!.full || cell!.text}`
      : cell && cell.full !== cell.text
        ? cell.full || "empty text"
        : "";
    if (slot.title !== title) {
      slot.title = title;
      if (title) slot.element.title = title;
      else slot.element.removeAttribute("title");
    }
  }

  // ------------------------------------------------------------------------------------------------------------ keys
  private holds(): boolean {
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    return activeElement !== null && this.table.contains(activeElement);
  }

  /** The element of the cell that Tab leads to. */
  private tabStop(): HTMLElement | null {
    const { row, column } = this.active;
    if (row === HEADING) return this.heads[column] ?? null;
    const first = this.rows[0]?.index ?? 0;
    return this.rows[row - first]?.slots[column]?.element ?? null;
  }

  /** Keep one cell in the order of Tab, on screen, and the focus on it if it is ours. */
  private rove(held: boolean): void {
    const { active, lines } = this;
    active.column = Math.max(0, Math.min(active.column, this.headings.length - 1));
    if (active.row !== HEADING) {
      const first = Math.ceil(this.top - 0.5);
      const last = Math.max(first, Math.floor(this.top + this.space / ROW) - 1);
      active.row =
        lines.count === 0 ? HEADING : Math.min(Math.max(active.row, first), last, lines.count - 1);
    }
    const element = this.tabStop();
    if (element !== this.tab) {
      if (this.tab) this.tab.tabIndex = -1;
      if (element) element.tabIndex = 0;
      this.tab = element;
    }
    if (
      held &&
      element &&
      !element.contains((this.element.getRootNode() as Document | ShadowRoot).activeElement)
    )
      element.focus({ preventScroll: true });
  }

  private focused(target: HTMLElement): void {
    const cell = target.closest<HTMLElement>("[data-column]");
    if (!cell) return;
    const column = Number(cell.dataset["column"]);
    const row = this.rows.find((r) => r.element === cell.parentElement)?.index ?? HEADING;
    this.active = { row, column };
    if (this.tab && this.tab !== cell) this.tab.tabIndex = -1;
    cell.tabIndex = 0;
    this.tab = cell;
    this.events.at(row, column, false);
  }

  private pressed(event: KeyboardEvent): void {
    const { active, lines } = this;
    const page = Math.max(1, Math.floor(this.space / ROW) - 1);
    const wide = this.headings.length - 1;
    const all = event.ctrlKey || event.metaKey;
    let { row, column } = active;
    switch (event.key) {
      case "ArrowUp":
        row = all ? 0 : row - 1;
        break;
      case "ArrowDown":
        row = all ? lines.count - 1 : row + 1;
        break;
      case "ArrowLeft":
        column = all ? 0 : column - 1;
        break;
      case "ArrowRight":
        column = all ? wide : column + 1;
        break;
      case "PageUp":
        row = Math.max(0, row - page);
        break;
      case "PageDown":
        row = Math.max(0, row) + page;
        break;
      case "Home":
        column = 0;
        if (all) row = 0;
        break;
      case "End":
        column = wide;
        if (all) row = lines.count - 1;
        break;
      case "Enter":
      case " ":
        if (row === HEADING) this.events.press(column);
        else if (event.key === "Enter") this.events.at(row, column, true);
        else return;
        event.preventDefault();
        event.stopPropagation();
        return;
      case "c":
        if (!all || !(getSelection()?.isCollapsed ?? true)) return;
        void navigator.clipboard?.writeText(lines.line(row)?.cells[column]?.full ?? "");
        event.preventDefault();
        return;
      default:
        return;
    }
    if (event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.go(Math.max(HEADING, Math.min(row, lines.count - 1)), Math.max(0, Math.min(column, wide)));
  }

  private go(row: number, column: number): void {
    this.active = { row, column };
    const fit = Math.max(1, Math.floor(this.space / ROW));
    if (row !== HEADING && row < this.top) this.scrollTo(row);
    else if (row !== HEADING && row > this.top + fit - 1) this.scrollTo(row - fit + 1);
    this.active = { row, column };
    this.fill();
    const element = this.tabStop();
    if (!element) return;
    element.focus({ preventScroll: true });
    this.aside(element);
  }

  /** Bring a cell into view sideways. */
  private aside(element: HTMLElement): void {
    if (element.classList.contains("jt-stuck")) return;
    const { element: box, stuck } = this;
    const left = element.offsetLeft;
    const right = left + element.offsetWidth;
    if (left - stuck < box.scrollLeft) box.scrollLeft = left - stuck;
    else if (right > box.scrollLeft + box.clientWidth)
      box.scrollLeft = Math.min(left - stuck, right - box.clientWidth);
  }
}

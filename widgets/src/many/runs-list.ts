// The runs that brushes leave, as a table: pointed at, sorted, and opened.

import { h, put, region } from "../dom/dom";
import { textButton } from "../dom/toolbar";
import * as format from "../model/format";
import { statusClass } from "../model/model";
import type { Column, ManyRuns } from "./columns";

const MOST = 100;

/** What else the table shows, and how its rows are. */
export interface ListOptions {
  /** What a row is: "run". */
  what?: string;
  /** What stands before a row's name. */
  lead?(row: number): Node;
  /** A cell, where it is more than its text. */
  cell?(column: Column, row: number): Node | null;
  /** What is said of a column's heading. */
  title?(column: Column): string;
}

export class RunsList {
  readonly element: HTMLElement;
  private readonly body = h("tbody", {});
  private readonly head = h("tr", {});
  private readonly more = h("p", { class: "jt-caption" });
  private runs: ManyRuns | null = null;
  private columns: Column[] = [];
  private left: ArrayLike<number> = [];
  private sort: { key: string; descending: boolean } | null = null;
  private elements = new Map<number, HTMLElement>();
  private opened = "";

  constructor(
    private readonly open: (row: number) => void,
    private readonly point: (row: number) => void,
    private readonly options: ListOptions = {},
  ) {
    const table = h("table", { class: "jt-runs-list" }, h("thead", {}, this.head), this.body);
    this.element = h("div", {}, region("div", "jt-list-frame", "runs", table), this.more);
    this.body.addEventListener("pointerleave", () => this.point(-1));
  }

  sortBy(key: string, descending: boolean): void {
    this.sort = { key, descending };
  }

  show(runs: ManyRuns, columns: Column[]): void {
    this.runs = runs;
    this.columns = columns;
    this.draw();
  }

  /** Show those alone for which there is a 1. */
  filter(left: ArrayLike<number>): void {
    this.left = left;
    this.draw();
  }

  mark(row: number): void {
    for (const [n, element] of this.elements) element.classList.toggle("jt-is-pointed", n === row);
  }

  showOpened(uuid: string): void {
    this.opened = uuid;
    this.draw();
  }

  /** The status that all have, in words; nothing where they differ, which a column says then. */
  sameStatus({ statuses }: ManyRuns): string {
    return new Set(statuses).size === 1 && this.options.what !== "group"
      ? `all ${statuses[0]}`
      : "";
  }

  redraw(): void {
    this.draw();
  }

  private draw(): void {
    const { runs, columns } = this;
    if (!runs) return;
    const sorted = columns.find(({ key }) => key === this.sort?.key);
    const rows = Array.from({ length: runs.count }, (_, row) => row).filter(
      (row) => this.left[row],
    );
    const sign = this.sort?.descending ? -1 : 1;
    const hasStatus = this.options.what !== "group" && new Set(runs.statuses).size > 1;
    if (sorted)
      rows.sort((a, b) => {
        const [x, y] = [sorted.number(a), sorted.number(b)];
        if (Number.isNaN(x) || Number.isNaN(y))
          return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
        return x === y ? a - b : (x < y ? -1 : 1) * sign;
      });
    const heading = (column: Column): HTMLElement => {
      const isSorted = column === sorted;
      const order = isSorted ? (sign < 0 ? "descending" : "ascending") : "none";
      const press = (): void => {
        this.sort = !isSorted
          ? { key: column.key, descending: true }
          : sign < 0
            ? { key: column.key, descending: false }
            : null;
        this.draw();
      };
      const button = textButton(`${column.name}${isSorted ? (sign < 0 ? " ↓" : " ↑") : ""}`, press);
      button.className = "jt-order";
      const title = this.options.title?.(column) || null;
      const side = column.isNumber ? "jt-number" : null;
      return h("th", { scope: "col", class: side, "aria-sort": order, title }, button);
    };
    put(
      this.head,
      h("th", { scope: "col" }, this.options.what ?? "run"),
      hasStatus ? h("th", { scope: "col" }, "status") : null,
      ...columns.map(heading),
    );
    const focused = this.body.contains(document.activeElement)
      ? document.activeElement!.closest("tr")!.dataset["jtUuid"]
      : undefined;
    this.elements = new Map();
    put(
      this.body,
      ...rows.slice(0, MOST).map((row) => {
        const uuid = runs.uuids[row]!;
        const status = runs.statuses[row]!;
        const isOpen = uuid === this.opened;
        const name = h(
          "button",
          {
            type: "button",
            class: "jt-from-button",
            "aria-current": isOpen ? "true" : null,
            onclick: () => this.open(row),
            onfocus: () => this.point(row),
          },
          runs.labels[row]!,
        );
        const element = h(
          "tr",
          {
            "data-jt-uuid": uuid,
            class: isOpen ? "jt-is-open" : "",
            onpointerenter: () => this.point(row),
          },
          h("th", { scope: "row" }, this.options.lead?.(row), name),
          hasStatus ? h("td", {}, h("span", { class: statusClass(status) }, status)) : null,
          ...columns.map((column) =>
            h(
              "td",
              { class: column.isNumber ? "jt-number" : "" },
              this.options.cell?.(column, row) ?? (column.isMissing(row) ? "" : column.text(row)),
            ),
          ),
        );
        this.elements.set(row, element);
        return element;
      }),
    );
    if (focused)
      this.body
        .querySelector<HTMLElement>(`tr[data-jt-uuid="${CSS.escape(focused)}"] button`)
        ?.focus({ preventScroll: true });
    const rest = rows.length - MOST;
    this.more.textContent = rest > 0 ? `and ${format.count(rest)} more` : "";
    this.more.hidden = rest <= 0;
  }
}

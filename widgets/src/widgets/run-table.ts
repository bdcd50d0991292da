// The table of runs: found by a search, sorted, opened one at a time, and chosen to be compared.

import { h, put, say } from "../dom/dom";
import { bar, textButton, searchBox } from "../dom/toolbar";
import * as format from "../model/format";
import { statusClass } from "../model/model";
import { Grid, listed, type Column } from "../table/grid";
import { SAME, type Cell, type Row } from "../table/rows";
import type { RunRows, RunSort } from "./run-rows";

export interface RunTableOptions {
  /** A run was opened. */
  open(id: string): void;
  /** Other runs are chosen; missing where they cannot be compared. */
  choose?(ids: string[]): void;
  /** The chosen runs are to be compared in an artifact. */
  compare?(kind: string, name: string): void;
  /** What is said under the table. */
  note?: string;
}

/** An artifact that several of the chosen runs have, and how many of them. */
export type SharedArtifact = [kind: string, name: string, count: number];

const MAX_COLUMNS = 60;
/** Rows whose values decide how wide a column is. */
const SAMPLE = 200;
const titles: Record<string, string> = {
  id: "run",
  name: "name",
  status: "status",
  created: "created",
  duration: "took",
  tags: "tags",
};

export class RunTable {
  readonly element: HTMLElement;
  private readonly grid: Grid;
  private readonly comparison: ComparisonBar;
  /** The numbers of the runs that are shown, in order. */
  private order: number[] = [];
  /** The numbers of the fields that are shown. */
  private fields: number[] = [];
  private widths: number[] = [];
  private sort: RunSort | null = null;
  private openId = "";
  private readonly chosen = new Set<string>();
  private readonly search = searchBox("search runs", "search names, tags, inputs: lr=0.01", () =>
    this.find(),
  );
  private readonly caption = h("p", { class: "jt-caption", role: "status" });

  constructor(
    private rows: RunRows,
    private readonly options: RunTableOptions,
  ) {
    this.grid = new Grid(
      {
        label: "runs",
        rowHeight: 28,
        byRow: true,
        rowClass: "jt-runs-row",
        idAttribute: "data-jt-run",
      },
      {
        sort: (column) => this.sortBy(column),
        open: (row) => this.open(row),
        toggle: (row) => this.toggle(this.rows.id(this.order[row]!)),
      },
    );
    this.comparison = new ComparisonBar(
      () => this.choose([]),
      (kind, name) => options.compare?.(kind, name),
    );
    this.element = h(
      "div",
      { class: "jt-run-table" },
      bar(this.search, this.caption),
      this.grid.element,
      options.compare ? this.comparison.element : null,
      options.note ? h("p", { class: "jt-note" }, options.note) : null,
    );
    this.update(rows);
  }

  destroy(): void {
    this.grid.destroy();
  }

  /** Show other rows; the search, the order, which run is open, the chosen ones and the focus stay. */
  update(rows: RunRows): void {
    const sorted = this.sort && this.rows.fields[this.sort.field];
    const active = this.order[this.grid.activeRow];
    const activeId = active === undefined ? "" : this.rows.id(active);
    this.rows = rows;
    const field = sorted
      ? rows.fields.findIndex((f) => f.group === sorted.group && f.name === sorted.name)
      : -1;
    this.sort = field < 0 ? null : { field, descending: this.sort!.descending };
    this.fields = this.shownFields();
    this.widths = this.fields.map((shown) => this.width(shown));
    this.find(true, activeId);
  }

  /** Mark the run that is open. */
  mark(id: string): void {
    this.openId = id;
    this.grid.redraw();
  }

  /** Mark these runs as chosen, without telling of it. */
  showChosen(ids: string[]): void {
    this.chosen.clear();
    for (const id of ids) this.chosen.add(id);
    this.grid.redraw();
    this.comparison.showCount(ids.length);
  }

  /** Offer artifacts to compare the chosen runs in. */
  offer(shared: SharedArtifact[]): void {
    this.comparison.offer(shared);
  }

  /** The name first, which stays in view; then what any of the runs has. */
  private shownFields(): number[] {
    const { rows } = this;
    const name = rows.fieldNamed("name");
    const others = rows.fields.flatMap((f, n) => {
      const always = f.group === "" && f.name !== "tags";
      const hidden = f.group === "" && (f.name === "id" || f.name === "why");
      return n !== name && !hidden && (always || rows.hasValues(n)) ? [n] : [];
    });
    return [name, ...others].filter((n) => n >= 0).slice(0, MAX_COLUMNS);
  }

  private title(field: number): string {
    const { group, name } = this.rows.fields[field]!;
    return group ? name : (titles[name] ?? name);
  }

  /** In characters. */
  private width(field: number): number {
    const { rows } = this;
    const { group, kind } = rows.fields[field]!;
    const sample = Math.min(rows.count, SAMPLE);
    let widest = Math.max(this.title(field).length + 2, group.length, kind === "number" ? 10 : 0);
    for (let n = 0; n < sample; n += 1) {
      const row = Math.floor((n * rows.count) / sample);
      widest = Math.max(widest, rows.text(row, field).length);
    }
    return Math.min(34, Math.max(8, widest + (this.isStatus(field) ? 5 : 3)));
  }

  private columns(): Column[] {
    return this.fields.map((field, n): Column => {
      const { group, kind } = this.rows.fields[field]!;
      const title = this.title(field);
      return {
        name: title,
        title: group ? `${group}: ${title}` : title,
        ...(group ? { group } : {}),
        rowHeader: n === 0,
        sticky: n === 0,
        align: kind === "number" || kind === "seconds" ? "right" : "left",
        width: this.widths[n]!,
        sorted:
          this.sort?.field === field
            ? this.sort.descending
              ? "descending"
              : "ascending"
            : undefined,
      };
    });
  }

  private isStatus(field: number): boolean {
    const { group, name } = this.rows.fields[field]!;
    return group === "" && name === "status";
  }

  private row(n: number): Row | null {
    const row = this.order[n];
    if (row === undefined) return null;
    const { rows } = this;
    const id = rows.id(row);
    const name = rows.name(row);
    return {
      status: SAME,
      cells: this.fields.map((field, c) => {
        const text = c === 0 ? name : rows.text(row, field);
        const cell: Cell = { text, full: text, kind: "", title: text };
        if (!this.isStatus(field)) return cell;
        const why = rows.text(row, rows.fieldNamed("why"));
        return { ...cell, badge: statusClass(text), title: why ? `${text}: ${why}` : text };
      }),
      id,
      label: name,
      chosen: this.chosen.has(id),
      current: id === this.openId,
    };
  }

  /** Sort by a column: numbers and times first with the greatest on top, names from A to Z; then the other way; then as the runs came. */
  private sortBy(column: number): void {
    const field = this.fields[column]!;
    const first = this.rows.fields[field]!.kind !== "text";
    if (this.sort?.field !== field) this.sort = { field, descending: first };
    else this.sort = this.sort.descending === first ? { field, descending: !first } : null;
    this.find(true);
  }

  /**
   * Show the runs that have the words of the search, in order.
   *
   * @param otherColumns whether the headings are other ones than before.
   * @param activeId the run that keeps the focus; without it the table is scrolled to its first run.
   */
  private find(otherColumns = false, activeId = ""): void {
    const { rows, grid } = this;
    this.order = rows.find(this.search.value, this.sort);
    const active = activeId ? this.order.findIndex((row) => rows.id(row) === activeId) : -1;
    const columns = this.columns();
    grid.show(
      { count: this.order.length, row: (n) => this.row(n) },
      rows.count,
      otherColumns ? { columns: listed(columns), marker: "choice", total: columns.length } : null,
      { row: Math.max(0, active), reveal: active < 0 },
    );
    const all = format.plural(rows.count, "run");
    const found =
      this.order.length === rows.count ? all : `${format.count(this.order.length)} of ${all}`;
    say(this.caption, rows.count === 0 ? "no runs yet" : found);
  }

  private open(n: number): void {
    const row = this.order[n];
    if (row === undefined) return;
    const id = this.rows.id(row);
    this.mark(id);
    this.options.open(id);
  }

  private toggle(id: string): void {
    this.choose(
      this.chosen.has(id) ? [...this.chosen].filter((other) => other !== id) : [...this.chosen, id],
    );
  }

  private choose(ids: string[]): void {
    this.showChosen(ids);
    this.options.choose?.(ids);
  }
}

/** Under the table, while runs are chosen: how many, and what they can be compared in. */
class ComparisonBar {
  readonly element: HTMLElement;
  private count = 0;
  private shared: SharedArtifact[] = [];
  private readonly words = h("span", {});
  private readonly artifact = h("select", {
    class: "jt-select",
    "aria-label": "artifact to compare",
  });
  private readonly compareButton: HTMLElement;

  constructor(clear: () => void, compare: (kind: string, name: string) => void) {
    this.compareButton = textButton("compare", () => {
      const chosen = this.shared[Number(this.artifact.value)];
      if (chosen) compare(chosen[0], chosen[1]);
    });
    this.element = h(
      "div",
      { class: "jt-tools jt-choice", role: "group", "aria-label": "chosen runs" },
      this.words,
      this.artifact,
      this.compareButton,
      textButton("clear", clear),
    );
    this.update();
  }

  showCount(count: number): void {
    this.count = count;
    this.update();
  }

  offer(shared: SharedArtifact[]): void {
    this.shared = shared;
    const chosen = this.artifact.value;
    const options = shared.map(([kind, name, count], n) =>
      h(
        "option",
        { value: n, selected: String(n) === chosen },
        `${name} · ${kind}${count < this.count ? ` (${count} of them)` : ""}`,
      ),
    );
    put(this.artifact, ...options);
    this.update();
  }

  private update(): void {
    const { count } = this;
    const nothingToCompare = count < 2 || this.shared.length === 0;
    this.element.hidden = count === 0;
    this.artifact.hidden = nothingToCompare;
    this.compareButton.hidden = nothingToCompare;
    const none = this.shared.length ? "" : "; they have no artifact of the same name";
    const more = count === 1 ? "; choose another to compare" : none;
    say(this.words, `${format.plural(count, "run")} chosen${more}`);
  }
}

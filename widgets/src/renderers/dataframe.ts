// Dataframes: the controls above the table, the table, and what is said under it.

import { h, put, say } from "../dom/dom";
import * as format from "../model/format";
import type { ColumnSummary, StoredRowsHead, TableSummaryHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";
import { QueryCache, type Asked, type Question } from "../model/query-cache";
import type { Drawing, Host, Shown } from "../model/renderer";
import { Grid, type Column, type Columns } from "../table/grid";
import { indexLevels, isText } from "../table/page";
import { storedRows, TableQueries, type TableView } from "../table/query";
import type { Cell } from "../table/rows";
import { summary } from "../table/summary";
import { diffLegend, TableToolbar } from "../table/toolbar";
import { blocksOf, joined } from "../table/wide";
import { Bars } from "./bars";
import { factList } from "./file";

/** Milliseconds after which it is said that the kernel is waited for; a quick answer should not make the words flicker. */
const PATIENCE = 350;
/** Least width of a column with its summary, in characters. */
const SUMMARY_WIDTH = 15;
/** An index wider than this, in characters, does not stay in view: it would leave no room for the rest. */
const MAX_STICKY_WIDTH = 30;
/** Width of a column of which nothing is known yet, in characters. */
const UNKNOWN_WIDTH = 12;

export function dataframe(host: Host<"dataframe">): Drawing<"dataframe"> {
  const table = new DataframeTable(host);
  const place = (element: HTMLElement): void => {
    if (host.element.firstChild !== element) host.element.replaceChildren(element);
  };
  place(table.element);
  return {
    draw: ({ payload, ...shown }) => {
      if (!payload) return undefined;
      if ("facts" in payload.head) {
        // A file that is not opened, such as a pickle.
        place(factList(payload.head.facts));
        return undefined;
      }
      place(table.element);
      return table.draw({ ...shown, payload });
    },
    destroy: () => table.destroy(),
  };
}

class DataframeTable {
  readonly element: HTMLElement;
  private readonly answers: QueryCache;
  private readonly queries: TableQueries;
  private readonly grid: Grid;
  private readonly toolbar: TableToolbar;
  private readonly detail: CellDetail;
  private readonly bars = new Bars(() => this.render());
  private readonly rows: HTMLElement;
  private readonly legend = h("p", { class: "jt-marks" });
  private readonly caption = h("p", { class: "jt-caption", role: "status" });
  private shown: Shown<"dataframe"> | null = null;
  private view: TableView | null = null;
  /** What is asked of the kernel whichever rows are on screen. */
  private questions: Asked[] = [];
  /** A step that is drawn as soon as the kernel has answered. */
  private pending: { at: number; done: () => void } | null = null;
  /** The widths that columns had, by their place, and what they were. */
  private readonly columnWidths = new Map<number, { what: string; width: number }>();
  /** The first columns of the blocks that are in view. */
  private blocks: number[] = [0];
  private rowsError = "";
  private progress = "";
  private patience = 0;
  private isLate = false;

  constructor(private readonly host: Host<"dataframe">) {
    this.answers = new QueryCache(host, () => this.render());
    this.queries = new TableQueries(host, this.answers);
    this.toolbar = new TableToolbar(host, () => this.render());
    this.detail = new CellDetail(host);
    const tell = (row: number, column: number, opened: boolean) =>
      this.detail.show(this.view, this.shown!.at, [row, column], opened);
    this.grid = new Grid(
      { label: `rows of ${host.about.name}`, rowHeight: 25 },
      {
        sort: (column) => this.sort(column),
        need: (from, to) => this.request(from, to),
        focus: (row, column) => tell(row, column, false),
        open: (row, column) => tell(row, column, true),
        columns: () => this.onColumns(),
      },
    );
    this.rows = h(
      "div",
      {},
      this.toolbar.element,
      this.legend,
      this.grid.element,
      this.detail.element,
    );
    this.element = h("div", { class: "jt-frame" }, this.bars.element, this.rows, this.caption);
  }

  draw(shown: Shown<"dataframe">): void | Promise<void> {
    this.shown = shown;
    this.answers.retryFailed();
    // What was shown before stays until the kernel has answered.
    if (this.render()) return undefined;
    return new Promise((done) => {
      this.pending = { at: shown.at, done };
    });
  }

  destroy(): void {
    this.grid.destroy();
    this.toolbar.destroy();
    this.answers.clear();
    clearTimeout(this.patience);
  }

  /** Show what is wanted, and ask for what is missing; return whether that could be done at once. */
  private render(): boolean {
    const { shown, host, answers, toolbar } = this;
    const payload = storedRows(shown?.payload);
    if (!shown || !payload) return false;
    this.bars.draw(payload.head.bars ?? []);
    this.rows.hidden = !this.bars.showsRows;
    toolbar.offerComparisons(this.queries.page(payload).fields);
    const { options } = toolbar;
    const blocks = this.blocksInView(payload.head);
    const result = joined(
      blocks.map((firstColumn) => this.queries.run(shown, payload, { ...options, firstColumn })),
      String(blocks) === "0",
    );
    this.questions = result.questions;
    const aboutColumns = blocks
      .filter((first) => toolbar.showSummary && host.live && (first || !payload.head.summary))
      .map((first): Question => ({ summary: true, ...(first ? { columns: first } : {}) }));
    for (const question of aboutColumns) this.questions.push([shown.at, question]);
    if (result.view) {
      this.view = result.view;
      this.askAhead(shown.at, result.view, aboutColumns);
      const summaries = aboutColumns.flatMap(
        (question) => answers.get<TableSummaryHead>(shown.at, question)?.head.summary ?? [],
      );
      this.display(result.view, payload, [...(payload.head.summary ?? []), ...summaries]);
      if (this.pending?.at === shown.at) {
        this.pending.done();
        this.pending = null;
      }
    } else answers.request(this.questions);
    const error =
      result.error ??
      aboutColumns.map((question) => answers.error(shown.at, question)).find(Boolean);
    this.element.classList.toggle("jt-waiting", !result.view);
    if (error) say(this.caption, error);
    if (result.view || error) this.stopWaiting();
    else this.sayWaiting(result.progress ?? "waiting for the kernel…");
    return result.view !== null || error !== undefined;
  }

  /** The first columns of the blocks that are to be shown. A saved page has the first block only. */
  private blocksInView({ hidden }: StoredRowsHead): number[] {
    return hidden && this.host.live ? this.blocks : [0];
  }

  /** Other columns have come into view, which may have to be asked for. */
  private onColumns(): void {
    const levels = indexLevels(this.view?.fields ?? []);
    const [first, last] = this.grid.columnsInView;
    const blocks = blocksOf(Math.max(0, first - levels), Math.max(0, last - levels));
    if (String(blocks) === String(this.blocks)) return;
    this.blocks = blocks;
    // The grid is still drawing what it has.
    queueMicrotask(() => this.render());
  }

  private stopWaiting(): void {
    clearTimeout(this.patience);
    this.patience = 0;
    this.isLate = false;
  }

  private sayWaiting(progress: string): void {
    this.progress = progress;
    if (this.isLate) say(this.caption, progress);
    else
      this.patience ||= window.setTimeout(() => {
        this.isLate = true;
        this.patience = 0;
        say(this.caption, this.progress);
      }, PATIENCE);
  }

  /** Ask, after all else, what the next and the previous step will need. */
  private askAhead(at: number, { question }: TableView, aboutColumns: Question[]): void {
    const { host, toolbar, questions } = this;
    const { changes, since } = toolbar.options;
    if (!host.live) return;
    for (const near of [at + 1, at - 1]) {
      if (near < 0 || near >= host.about.steps.length) continue;
      if (question && !(changes && since === "previous")) questions.push([near, question]);
      else if (question && near > 0) questions.push([near, { ...question, since: near - 1 }]);
      for (const about of aboutColumns) questions.push([near, about]);
    }
  }

  /** Ask for rows on screen that are not here, before all else. */
  private request(from: number, to: number): void {
    const { answers } = this;
    const rows = from < to ? (this.view?.rows.questions?.(from, to) ?? []) : [];
    answers.request([...rows, ...this.questions]);
    const error = rows.map((asked) => answers.error(...asked)).find(Boolean);
    this.rowsError = error ? `rows ${format.count(from)} and on: ${error}` : "";
    if (this.rowsError) say(this.caption, this.rowsError);
  }

  private display(
    view: TableView,
    { head }: Payload<StoredRowsHead>,
    summaries: [number, ColumnSummary][],
  ): void {
    const columns = this.columns(view, head, new Map(summaries));
    const marker = view.diff ? "change" : null;
    const total = head.width + indexLevels(view.fields);
    this.grid.show(view.rows, head.rows, { columns, marker, total });
    this.detail.refresh(view, this.shown!.at);
    put(this.legend, ...(view.diff ? diffLegend(view, view.diff) : []));
    this.legend.hidden = !view.diff;
    this.toolbar.update(head);
    say(this.caption, this.rowsError || this.describe(view, head));
  }

  private describe({ notes }: TableView, head: StoredRowsHead): string {
    const kept =
      head.hidden && !this.host.live
        ? `the first ${format.count(head.width - head.hidden)} columns are kept in this page`
        : "";
    return format.joined(
      `${format.plural(head.rows, "row")} × ${format.plural(head.width, "column")}`,
      head.stored,
      kept,
      ...notes,
    );
  }

  private columns(
    view: TableView,
    { rows, width, hidden }: StoredRowsHead,
    summaries: Map<number, ColumnSummary>,
  ): Columns {
    const { showSummary } = this.toolbar;
    const { fields, sorted } = view;
    const levels = indexLevels(fields);
    const widths = this.widths(
      view,
      levels,
      hidden && this.host.live ? levels + width : fields.length,
    );
    const indexWidth = widths.slice(0, levels).reduce((sum, w) => sum + w, 0);
    const sticky = indexWidth <= MAX_STICKY_WIDTH ? levels : 0;
    return {
      widths,
      sticky,
      column: (c): Column => {
        const f = fields[c];
        const common = { width: widths[c]!, sticky: c < sticky };
        if (!f) return { ...common, name: "…", dtype: "…", rowHeader: false, align: "right" };
        const isSorted = sorted?.at === f.at;
        return {
          ...common,
          name: f.name,
          dtype: f.dtype,
          badge: diffBadge(view, c),
          summary: showSummary ? summary(summaries.get(f.at), rows) : null,
          rowHeader: f.index ?? false,
          align: isText(f) ? "left" : "right",
          sorted: isSorted ? (sorted.descending ? "descending" : "ascending") : undefined,
        };
      },
    };
  }

  /** The same columns keep their widths from step to step, or grow: a number that is cut reads as another one. */
  private widths(view: TableView, levels: number, count: number): number[] {
    const { showSummary } = this.toolbar;
    const content = contentWidths(view);
    view.fields.forEach((f, c) => {
      const what = JSON.stringify([f.name, f.dtype, view.diff !== undefined]);
      const before = this.columnWidths.get(f.at);
      const width = Math.max(content[c]!, before?.what === what ? before.width : 0);
      this.columnWidths.set(f.at, { what, width });
    });
    return Array.from({ length: count }, (_, c) => {
      const width = this.columnWidths.get(c < levels ? -1 - c : c - levels)?.width;
      const badge = diffBadge(view, c);
      const badgeWidth = badge ? (view.fields[c]!.dtype.length + badge.length) * 0.9 + 4 : 0;
      return Math.max(width ?? UNKNOWN_WIDTH, showSummary ? SUMMARY_WIDTH : 0, badgeWidth);
    });
  }

  /** Sort by a column upwards, then downwards, then not at all. */
  private sort(column: number): void {
    const field = this.view?.fields[column];
    const { sort, options } = this.toolbar;
    if (!field || options.changes) return;
    const { name, index = false, at } = field;
    const isAgain = sort?.at === at || this.view?.sorted?.at === at;
    if (sort?.name !== name || sort.index !== index || !isAgain)
      this.toolbar.sort = { name, index, at, descending: false };
    else this.toolbar.sort = sort.descending ? null : { ...sort, descending: true };
    this.grid.scrollTo(0);
    this.render();
  }
}

/** The cell that has the focus, in full, under the table. */
class CellDetail {
  readonly element = h("p", { class: "jt-detail" });
  private place: [row: number, column: number] | null = null;
  private told = "";

  constructor(private readonly host: Host<"dataframe">) {}

  /** @param opened whether the whole of a string that was cut is asked for. */
  show(
    view: TableView | null,
    at: number,
    [n, column]: [row: number, column: number],
    opened: boolean,
  ): void {
    const { host } = this;
    this.place = [n, column];
    const told = (this.told = identity(view, at, this.place));
    const { row, field, cell } = cellAt(view, this.place);
    if (!field || !row || !cell) {
      say(this.element, "");
      return;
    }
    const before = row.before?.[column];
    const tell = (text: string) => {
      const change = before ? `${describe(before)} → ` : "";
      // The focus may have gone on while the kernel was asked.
      if (this.told === told) say(this.element, `${field.name || "index"} = ${change}${text}`);
    };
    const canAsk = cell.cut && row.number !== undefined && host.live;
    tell(cell.cut ? `${cell.full}…${canAsk ? " (Enter for all of it)" : ""}` : describe(cell));
    if (!opened || !canAsk) return;
    host.ask({ cell: [row.number!, field.at] }, at).then(
      (answer) => tell(answer.head.error ?? answer.text(0)),
      (error: unknown) => tell(String(error)),
    );
  }

  /** The rows are others; tell what the cell holds now, unless it is the same. */
  refresh(view: TableView, at: number): void {
    if (this.place && this.told !== identity(view, at, this.place))
      this.show(view, at, this.place, false);
  }
}

function cellAt(view: TableView | null, [n, column]: [number, number]) {
  const row = n < 0 ? null : (view?.rows.row(n) ?? null);
  return { row, field: view?.fields[column], cell: row?.cells[column] };
}

/** Differs for cells, and for steps, of which something else is told. */
function identity(view: TableView | null, at: number, place: [number, number]): string {
  const { row, field, cell } = cellAt(view, place);
  return JSON.stringify([place, at, field?.name, row?.before?.[place[1]]?.full, cell?.full]);
}

function describe(cell: Cell): string {
  if (cell.kind === "missing") return `${cell.text} (missing)`;
  return cell.kind === "empty" ? "an empty text" : cell.full;
}

/** Columns as wide as what is in their first rows, within reason, in characters. */
function contentWidths({ fields, rows }: TableView): number[] {
  const widths = fields.map((f) =>
    // The dtype is written smaller than the name.
    Math.max(f.name.length + 2, (f.dtype.length + (f.index ? "index · ".length : 0)) * 0.9),
  );
  for (let n = 0; n < Math.min(rows.count, 40); n += 1) {
    const row = rows.row(n);
    if (!row) break;
    row.cells.forEach((cell, c) => {
      const before = row.before?.[c];
      const width = cell.text.length + (before ? before.text.length + " → ".length : 0);
      widths[c] = Math.max(widths[c] ?? 0, width);
    });
  }
  return widths.map((w) => Math.min(Math.max(w * 0.98 + 2.4, 6), 42));
}

function diffBadge({ fields, diff, changedCells }: TableView, column: number): string | undefined {
  const field = fields[column];
  if (!field || !diff || field.index) return undefined;
  if (diff.columnsAdded.includes(field.name)) return "new";
  const count = changedCells?.[column] ?? 0;
  return count ? `${format.count(count)} changed` : undefined;
}

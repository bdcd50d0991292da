// The table of runs: found by a search, sorted, grouped, opened one at a time, and chosen to be compared.

import { h, put, say, span, watchSize, whenIdle } from "../dom/dom";
import { bar, textButton, toggle } from "../dom/toolbar";
import * as format from "../model/format";
import { arrangementOf, type Arrangement } from "../run-table/arrangement";
import {
  groupCell,
  groupNameCell,
  nameCell,
  valueCell,
  type CellContext,
} from "../run-table/cells";
import { ColumnChooser, movedBy } from "../run-table/column-chooser";
import { choose, chosenFields, goalOf, keyOf, titleOf, type Same } from "../run-table/columns";
import { completions, nearFilters } from "../run-table/filtering";
import { fieldsOf, GroupControl } from "../run-table/grouping";
import { groupLines, runLines, type Line } from "../run-table/lines";
import { Curating, keyOfVerb, type Said, type Verb } from "../run-table/curating";
import { SameLine } from "../run-table/same-line";
import { SearchField } from "../run-table/search-field";
import { Grid, listed, type Column } from "../table/grid";
import { SAME, type Row } from "../table/rows";
import type { RunRows, RunSort, Spark } from "./run-rows";

export interface RunTableOptions {
  /** A run was opened. */
  open(id: string): void;
  /** Other runs are chosen; missing where nothing can be done with those that are, and then they have no boxes. */
  choose?(ids: string[]): void;
  /** The chosen runs are to be compared in an artifact; in all that they have where it has no name. */
  compare?(kind: string, name: string, ids: string[]): void;
  /** What the inputs of runs have to do with their results is to be shown: of those chosen, or of all that are found. */
  plot?(ids: string[]): void;
  /** Something is to be done to runs, or the last of it taken back; missing where there is no kernel to do it. */
  curate?(verb: Verb, value: string, ids: string[]): void;
  undo?(): void;
  /** The courses of the first results of runs are wanted. */
  askSparks?(ids: string[]): void;
  /** What is said under the table. */
  note?: string;
  /** How the table was arranged before. */
  arrangement?: unknown;
  /** The table was arranged in another way. */
  arranged?(arrangement: Arrangement): void;
}

/** An artifact that several of the chosen runs have, and how many of them. */
export type SharedArtifact = [kind: string, name: string, count: number];

/** Rows whose values decide how wide a column is. */
const SAMPLE = 200;
/** In characters: what a column has at most unless it is made wider, and a status with its reason. */
const WIDEST = 34;
const REASON = 24;
const WIDEST_REASON = 48;
/** A reason is in smaller letters. */
const SMALLER = 0.85;
/** Beside the numbers of a group: what stands between the mean and how it spreads, and before the best. */
const SPREAD = 5;
const SPREAD_AND_BEST = 11;
/** A view is narrow below so many pixels: the name and the status have no more characters than these there. */
const NARROW = 600;
const NARROW_NAME = 18;
const NARROW_STATUS = 13;
/** Below so many, as in a side panel, a result has no room for its course beside it. */
const TIGHT = 360;
/** How long courses are waited for that are asked for together (ms), and how many these are. */
const SPARK_WAIT = 60;
const MOST_SPARKS = 60;
/** For how long (ms) the page gets ready for a search before it looks whether anything else is to be done. */
const PREPARING = 4;
const NO_SPARK = new Uint8Array();

export class RunTable {
  readonly element: HTMLElement;
  private readonly grid: Grid;
  private readonly comparison: ComparisonBar;
  private readonly curating: Curating | null;
  private arrangement: Arrangement;
  /** The numbers of the runs that are found, in order, and the lines that show them. */
  private order: number[] = [];
  private lines: Line[] = [];
  /** The numbers of the fields that are shown, and what all runs have in common. */
  private fields: number[] = [];
  private same: Same[] = [];
  private widths: number[] = [];
  private context: CellContext;
  private openId = "";
  private readonly chosen = new Set<string>();
  /** The lines that show what is below them, by their keys; and where the last choice was. */
  private readonly sparks = new Map<string, Spark>();
  private readonly wanted = new Set<string>();
  private readonly outdated = new Set<string>();
  private readonly unfolded = new Set<string>();
  private anchor = -1;
  private isNarrow = false;
  private isTight = false;
  private isTree = false;
  private readonly stopWatchingSize: () => void;
  private readonly search = new SearchField(
    () => {
      this.arrange({ search: this.search.value });
      this.find();
    },
    (text, caret) => completions(this.rows, text, caret),
    () => this.prepareSearch(),
  );
  private readonly caption = h("p", { class: "jt-caption", role: "status" });
  private readonly chooser = new ColumnChooser((keys) => {
    this.arrange(keys ? { columns: keys } : { columns: undefined, widths: undefined });
    this.layOut();
  });
  private readonly grouping = new GroupControl((fields) => {
    this.arrange({ groups: fields.map((n) => keyOf(this.rows.fields[n]!)) });
    this.layOut();
  });
  private readonly archived = toggle("archived", () => {
    this.arrange({ archived: this.archived.value });
    this.find();
  });
  private readonly inputs = textButton("which inputs matter", () =>
    this.options.plot?.(this.meant()),
  );
  private readonly sameLine = new SameLine();
  private readonly nothing = h("div", { class: "jt-nothing", hidden: true });

  constructor(
    private rows: RunRows,
    private readonly options: RunTableOptions,
  ) {
    this.arrangement = arrangementOf(options.arrangement);
    this.search.value = this.arrangement.search ?? "";
    if (this.arrangement.archived) this.archived.element.setAttribute("aria-pressed", "true");
    this.context = this.contextOf();
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
        open: (line) => this.open(line),
        ...(options.choose
          ? {
              toggle: (line: number, extend: boolean) => this.toggle(line, extend),
              all: () => this.chooseAll(),
            }
          : {}),
        fold: (line) => this.fold(line),
        move: (from, to) => this.move(from, to),
        widen: (column, width) => this.widen(column, width),
      },
    );
    this.curating = options.curate
      ? new Curating(
          (verb, value) => options.curate!(verb, value, [...this.chosen]),
          () => options.undo?.(),
        )
      : null;
    this.comparison = new ComparisonBar(
      () => this.choose([]),
      (kind, name) => options.compare?.(kind, name, [...this.chosen]),
      this.curating?.element ?? null,
      () => this.chooseAll(),
    );
    this.element = h(
      "div",
      { class: "jt-run-table", onkeydown: (event: KeyboardEvent) => this.onKey(event) },
      bar(
        this.search.element,
        this.chooser.button,
        this.grouping.element,
        this.archived,
        options.plot ? this.inputs : null,
        this.caption,
      ),
      this.search.mistake,
      this.chooser.panel,
      this.sameLine.element,
      this.nothing,
      this.grid.element,
      options.compare ? this.comparison.element : null,
      this.curating?.said ?? null,
      options.note ? h("p", { class: "jt-note" }, options.note) : null,
    );
    this.layOut();
    this.stopWatchingSize = watchSize(this.element, () => {
      const width = this.element.offsetWidth;
      const [isNarrow, isTight] = [width < NARROW, width < TIGHT];
      if (width === 0) return;
      if (isNarrow === this.isNarrow && isTight === this.isTight) return this.showReasons();
      [this.isNarrow, this.isTight] = [isNarrow, isTight];
      this.layOut();
    });
  }

  destroy(): void {
    this.stopWatchingSize();
    this.grid.destroy();
  }

  /** Show other rows; the search, the order, which run is open, the chosen ones and the focus stay. */
  update(rows: RunRows): void {
    const active = this.lines[this.grid.activeRow];
    const activeKey = active ? this.keyOfLine(active) : "";
    // The courses of runs that have gone on are asked for again; until they come, the earlier ones stay.
    const scores = this.rows.sparkField < 0 ? null : this.rows.byId(this.rows.sparkField);
    for (const [id, score] of rows.byId(rows.sparkField))
      if (scores?.has(id) && !Object.is(scores.get(id), score)) this.outdated.add(id);
    this.rows = rows;
    this.layOut(activeKey);
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
    this.showCurating();
  }

  /** Say what was done to runs. */
  tell(said: Said): void {
    this.curating?.tell(said);
    // What had the focus may be gone: a run that was deleted, or a button.
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    if (activeElement && activeElement !== document.body) return;
    if (!this.grid.element.hidden && this.lines.length > 0) this.grid.focus();
    else this.curating?.focusUndo();
  }

  /** The runs that are chosen, if several are, else all that are found. */
  private meant(): string[] {
    return this.chosen.size > 1 ? [...this.chosen] : this.order.map((row) => this.rows.id(row));
  }

  private showCurating(): void {
    const { rows, chosen, curating } = this;
    const those = Array.from({ length: chosen.size && rows.count }, (_, row) => row).filter((row) =>
      chosen.has(rows.id(row)),
    );
    const shown = chosen.size ? this.order.filter((row) => chosen.has(rows.id(row))).length : 0;
    this.comparison.showHidden(chosen.size - shown, this.order.length - shown);
    const texts = (name: string): string[] =>
      those.map((row) => rows.text(row, rows.fieldNamed(name)));
    const [note = "", ...notes] = texts("note");
    curating?.show({
      count: chosen.size,
      name: those.length === 1 ? rows.name(those[0]!) : "",
      note: notes.every((other) => other === note) ? note : "",
      tags: [...new Set(texts("tags").flatMap((tags) => tags.split(", ")))].filter(Boolean),
      arePinned: those.length > 0 && those.every((row) => rows.is(row, "pinned")),
      areArchived: those.length > 0 && those.every((row) => rows.is(row, "archived")),
    });
  }

  /** Offer artifacts to compare the chosen runs in. */
  offer(shared: SharedArtifact[]): void {
    this.comparison.offer(shared);
  }

  /** Whoever is in the field will type: write the numbers of many runs before, between what else there is to do. */
  private prepareSearch(): void {
    whenIdle(() => {
      if (this.rows.prepareSearch(PREPARING)) this.prepareSearch();
    });
  }

  // ------------------------------------------------------------------------------------------------------ columns

  /** Choose columns anew, and find the runs again. */
  private layOut(activeKey = ""): void {
    const { rows, arrangement } = this;
    const choice = choose(rows);
    this.fields = arrangement.columns ? chosenFields(rows, arrangement.columns) : choice.fields;
    if (this.isNarrow && !arrangement.columns) this.fields = resultsFirst(rows, this.fields);
    this.same = choice.same.filter(({ field }) => !this.fields.includes(field));
    this.widths = this.fields.map((field) => this.width(field));
    this.widenStatus();
    this.sameLine.show(rows, this.same);
    this.chooser.update(rows, this.fields);
    this.grouping.update(rows, this.groups());
    const archived = rows.count - rows.listed;
    this.archived.element.hidden = archived === 0;
    this.inputs.hidden = rows.listed < 3;
    say(this.archived.element, `${format.count(archived)} archived`);
    this.find(true, activeKey);
  }

  private arrange(change: { [K in keyof Arrangement]: Arrangement[K] | undefined }): void {
    this.arrangement = arrangementOf({ ...this.arrangement, ...change });
    this.options.arranged?.(this.arrangement);
  }

  private groups(): number[] {
    return fieldsOf(this.rows, this.arrangement.groups ?? []);
  }

  private sort(): RunSort | null {
    const { sort } = this.arrangement;
    const [field] = sort ? fieldsOf(this.rows, [sort[0]]) : [];
    return field === undefined ? null : { field, descending: sort![1] };
  }

  /** In characters. */
  private width(field: number): number {
    const { rows } = this;
    const about = rows.fields[field]!;
    const chosen = this.arrangement.widths?.[keyOf(about)];
    if (chosen !== undefined) return chosen;
    const { group } = about;
    const isName = group === "" && about.name === "name";
    const most = this.isNarrow ? (isName ? NARROW_NAME : NARROW_STATUS) : Infinity;
    if (isName || this.isStatus(field)) return Math.min(most, this.widthOf(field, isName));
    return this.widthOf(field, isName);
  }

  private widthOf(field: number, isName: boolean): number {
    const { rows } = this;
    const about = rows.fields[field]!;
    const { group, kind, goal } = about;
    const sample = Math.min(rows.count, SAMPLE);
    const isNumber = group !== "" && kind === "number";
    const heading = Math.max(titleOf(about).length + 2, group.length + (goal ? 2 : 0));
    let widest = Math.max(heading, isNumber ? 10 : 0);
    for (let n = 0; n < sample; n += 1) {
      const row = Math.floor((n * rows.count) / sample);
      const more = isName ? rows.aside(row).length + 1 : 0;
      widest = Math.max(widest, this.plainText(row, field).length + more);
    }
    if (isName && this.arrangement.groups) widest = Math.max(widest, this.groupNameLength());
    if (group === "outputs" && isNumber && this.arrangement.groups) {
      const number = rows.sample(field).length;
      return Math.max(widest, number * (goal ? 3 : 2) + (goal ? SPREAD_AND_BEST : SPREAD));
    }
    if (this.isStatus(field))
      return rows.variety(rows.fieldNamed("why")).count > 0 ? REASON : widest + 5;
    const beside = field === rows.sparkField && !this.isTight ? 11 : 3;
    return Math.min(WIDEST, Math.max(8, widest + beside));
  }

  /** Give the reasons why runs failed the room that they can have now, which is another one where the table is. */
  private showReasons(): void {
    if (this.widenStatus()) this.grid.resize(listed(this.columns()));
  }

  /** Give the column of the status the room that is left, and return whether it has become another one. */
  private widenStatus(): boolean {
    const n = this.fields.findIndex((field) => this.isStatus(field));
    const before = this.widths[n];
    if (before === undefined) return false;
    this.widths[n] = this.reasonWidth(n, before);
    return this.widths[n] !== before;
  }

  /** How wide the status in column `n` is: it has the room that is left beside name, time and values, as far as the reasons need it. */
  private reasonWidth(n: number, width: number): number {
    const { rows, widths } = this;
    const why = rows.fieldNamed("why");
    if (this.isNarrow || this.arrangement.widths?.["status"] || !rows.variety(why).count)
      return width;
    const longest = rows.distinctTexts(why).reduce((most, each) => Math.max(most, each.length), 0);
    const isBehind = (column: number): boolean =>
      column > n + 1 && rows.fields[this.fields[column]!]!.group === "";
    const others = widths.reduce((sum, width, c) => sum + (c === n || isBehind(c) ? 0 : width), 0);
    const room = Math.min(this.grid.lettersThatFit - others, WIDEST_REASON);
    return Math.max(REASON, Math.min(room, Math.ceil(REASON / 2 + longest * SMALLER)));
  }

  /** About how many letters the longest name of a group has, with how many runs it has. */
  private groupNameLength(): number {
    const { rows } = this;
    const longest = (n: number): number =>
      rows
        .distinct(n)
        .reduce<number>((most, each) => Math.max(most, rows.written(each, n).length), 0);
    const parts = this.groups().map((n) => titleOf(rows.fields[n]!).length + longest(n) + 4);
    return parts.reduce((sum, part) => sum + part, 10);
  }

  /** What a cell shows, as text. */
  private plainText(row: number, field: number): string {
    const { group, name } = this.rows.fields[field]!;
    if (group === "" && name === "name") return this.rows.name(row);
    const text = this.rows.text(row, field);
    return group === "" && name === "created" ? this.rows.when(row) : text;
  }

  private columns(): Column[] {
    const sort = this.sort();
    return this.fields.map((field, n): Column => {
      const about = this.rows.fields[field]!;
      const { group, kind, goal } = about;
      const title = titleOf(about);
      const words = goalOf(about);
      return {
        name: title,
        title: format.joined(group ? `${group}: ${title}` : title, words),
        ...(group ? { group } : {}),
        ...(goal ? { goal: { sign: goal === "max" ? "↑" : "↓", words } } : {}),
        rowHeader: n === 0,
        sticky: n === 0,
        align: kind === "number" || kind === "seconds" ? "right" : "left",
        width: this.widths[n]!,
        sorted: sort?.field === field ? (sort.descending ? "descending" : "ascending") : undefined,
      };
    });
  }

  private move(from: number, to: number): void {
    const moved = movedBy(this.fields, from, to - from);
    if (!moved) return;
    const { fields } = this.rows;
    this.arrange({ columns: moved.map((n) => keyOf(fields[n]!)) });
    this.layOut();
    this.grid.focusHeading(to);
    say(this.caption, `${titleOf(fields[moved[to]!]!)} is column ${to + 1} of ${moved.length}`);
  }

  private widen(column: number, width: number): void {
    const key = keyOf(this.rows.fields[this.fields[column]!]!);
    this.arrange({ widths: { ...this.arrangement.widths, [key]: Math.round(width * 10) / 10 } });
    this.widths[column] = width;
    this.grid.resize(listed(this.columns()));
  }

  private isStatus(field: number): boolean {
    const { group, name } = this.rows.fields[field]!;
    return group === "" && name === "status";
  }

  // ------------------------------------------------------------------------------------------------------ lines

  private keyOfLine(line: Line): string {
    return line.group ? line.key : this.rows.id(line.row);
  }

  private foldOf(line: Line): "open" | "closed" | undefined {
    if (!line.group && line.below.length === 0) return undefined;
    return this.unfolded.has(this.keyOfLine(line)) ? "open" : "closed";
  }

  private row(n: number): Row | null {
    const line = this.lines[n];
    if (!line) return null;
    const { rows, context, fields } = this;
    const fold = this.foldOf(line);
    const shared = { status: SAME, fold, ...(this.isTree ? { level: line.level } : {}) };
    if (line.group) {
      const groups = this.groups();
      const ids = line.group.map((row) => rows.id(row));
      return {
        ...shared,
        cells: fields.map((field, c) =>
          c === 0 ? groupNameCell(rows, line, groups, fold) : groupCell(context, line, field),
        ),
        label: `the ${format.plural(ids.length, "run")} of ${line.values.join(", ")}`,
        class: "jt-runs-group",
        chosen: ids.every((id) => this.chosen.has(id)),
      };
    }
    const id = rows.id(line.row);
    return {
      ...shared,
      cells: fields.map((field, c) =>
        c === 0 ? nameCell(rows, line, fold) : valueCell(context, line, field),
      ),
      id,
      label: [rows.name(line.row), rows.aside(line.row)].filter(Boolean).join(" "),
      chosen: this.chosen.has(id),
      current: id === this.openId,
    };
  }

  /** The course of a run's first result; one that is not known is asked for, together with others that come into sight. */
  private spark(row: number): Spark | undefined {
    if (this.isTight) return undefined;
    const id = this.rows.id(row);
    const known = this.sparks.get(id) ?? this.rows.spark(row);
    if (this.options.askSparks && (!known || this.outdated.has(id))) {
      if (this.wanted.size === 0) setTimeout(() => this.askSparks(), SPARK_WAIT);
      this.wanted.add(id);
    }
    return known?.length ? known : undefined;
  }

  private askSparks(): void {
    const ids = [...this.wanted].slice(-MOST_SPARKS);
    this.wanted.clear();
    for (const id of ids) {
      this.outdated.delete(id);
      if (!this.sparks.has(id)) this.sparks.set(id, NO_SPARK);
    }
    this.options.askSparks?.(ids);
  }

  /** Show courses that have come. */
  takeSparks(ids: string[], sparks: Spark[]): void {
    ids.forEach((id, n) => this.sparks.set(id, sparks[n] ?? NO_SPARK));
    this.grid.redraw();
  }

  /** The best of each result among the runs that are found. */
  private contextOf(): CellContext {
    const { rows, order } = this;
    const best = new Map<number, number>();
    rows.fields.forEach(({ goal, kind }, field) => {
      if (!goal || kind !== "number") return;
      const ranks = rows.ranks(field);
      let [low, high] = [Infinity, -Infinity];
      for (const row of order) {
        const value = ranks[row]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
      // Where all have the same, none is the best.
      if (low < high) best.set(field, goal === "max" ? high : low);
    });
    return { rows, best, found: order.length, spark: (row) => this.spark(row) };
  }

  /** Sort by a column: results with the best on top, other numbers and times the greatest, names from A to Z; then the other way; then as the runs came. */
  private sortBy(column: number): void {
    const about = this.rows.fields[this.fields[column]!]!;
    const key = keyOf(about);
    const first = about.goal ? about.goal === "max" : about.kind !== "text";
    const [before, descending] = this.arrangement.sort ?? [];
    const sort: [string, boolean] | undefined =
      before !== key ? [key, first] : descending === first ? [key, !first] : undefined;
    this.arrange({ sort });
    this.find(true);
  }

  /**
   * Show the runs that have the words of the search, in order.
   *
   * @param otherColumns whether the headings are other ones than before.
   * @param activeKey the line that keeps the focus; without it the table is scrolled to its first line.
   */
  private find(otherColumns = false, activeKey = ""): void {
    const { rows, search, arrangement } = this;
    const filter = rows.filter(search.value);
    search.show(filter.error);
    // While a filter is typed it is none yet: what the last one found stays.
    if (filter.error && !otherColumns && this.order.length > 0) return;
    this.order = rows.find(filter, this.sort(), arrangement.archived);
    this.context = this.contextOf();
    this.drawLines(otherColumns, activeKey);
    this.showCurating();
    const all = format.plural(arrangement.archived ? rows.count : rows.listed, "run");
    const found = `${format.count(this.order.length)} of ${all}`;
    const groups = this.groups().length ? format.plural(this.groupCount(), "group") : "";
    const words = found.startsWith(`${all.split(" ")[0]} of`) ? all : found;
    say(this.caption, format.joined(rows.count === 0 ? "no runs yet" : words, groups));
    const isEmpty = rows.count > 0 && this.order.length === 0;
    this.nothing.hidden = !isEmpty;
    if (isEmpty) this.sayNothing();
  }

  private groupCount(): number {
    return this.lines.filter((line) => line.group).length;
  }

  /** No run is found: say so, and offer what leads back. */
  private sayNothing(): void {
    const search = (text: string): void => {
      this.search.value = text;
      this.arrange({ search: text });
      this.find();
      this.search.input.focus();
    };
    const near = nearFilters(this.rows, this.search.value);
    put(
      this.nothing,
      h("p", { class: "jt-note" }, `no run passes “${this.search.value.trim()}”`),
      near.length ? span("jt-aside", "near: ") : null,
      ...near.map((text) => textButton(text, () => search(text))),
      textButton("clear the filter", () => search("")),
    );
  }

  private drawLines(otherColumns: boolean, activeKey: string): void {
    const { rows, grid } = this;
    const [groups, sort] = [this.groups(), this.sort()];
    const isOpen = (key: string): boolean => this.unfolded.has(key);
    this.lines = groups.length
      ? groupLines(rows, this.order, groups, sort, isOpen)
      : runLines(rows, this.order, sort, isOpen);
    grid.element.hidden = this.lines.length === 0 && rows.count > 0;
    this.isTree =
      groups.length > 0 || this.lines.some((line) => !line.group && line.below.length > 0);
    const active = activeKey
      ? this.lines.findIndex((line) => this.keyOfLine(line) === activeKey)
      : -1;
    const columns = this.columns();
    const marker = this.options.choose ? "choice" : null;
    grid.show(
      { count: this.lines.length, row: (n) => this.row(n), isTree: this.isTree },
      this.lines.length,
      otherColumns ? { columns: listed(columns), marker, total: columns.length } : null,
      { row: Math.max(0, active), reveal: active < 0 },
    );
  }

  private fold(n: number): void {
    const line = this.lines[n];
    if (!line || !this.foldOf(line)) return;
    const key = this.keyOfLine(line);
    if (!this.unfolded.delete(key)) this.unfolded.add(key);
    this.drawLines(false, key);
  }

  private open(n: number): void {
    const line = this.lines[n];
    if (!line) return;
    if (line.group) {
      this.fold(n);
      return;
    }
    const id = this.rows.id(line.row);
    this.mark(id);
    this.options.open(id);
  }

  /** Choose the runs of a line, or no longer; or those of all lines from the last one on. */
  private toggle(n: number, extend: boolean): void {
    const idsOf = (line: Line): string[] =>
      (line.group ?? [line.row]).map((row) => this.rows.id(row));
    const line = this.lines[n];
    if (!line) return;
    const from = extend && this.anchor >= 0 ? this.anchor : n;
    const ids = this.lines.slice(Math.min(from, n), Math.max(from, n) + 1).flatMap(idsOf);
    const isChosen = from === n && ids.every((id) => this.chosen.has(id));
    this.anchor = n;
    const others = [...this.chosen].filter((id) => !ids.includes(id));
    this.choose(isChosen ? others : [...this.chosen, ...ids.filter((id) => !this.chosen.has(id))]);
  }

  private chooseAll(): void {
    const found = this.order.map((row) => this.rows.id(row));
    this.choose([...new Set([...this.chosen, ...found])]);
  }

  private choose(ids: string[]): void {
    this.showChosen(ids);
    this.options.choose?.(ids);
  }

  /** A slash leads to the search from wherever nothing is typed, the arrow down from there to the runs; letters on a row do what buttons do. */
  private onKey(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const { key, altKey } = event;
    if (event.defaultPrevented || altKey) return;
    const isTyped =
      /^(input|select|textarea)$/.test(target.localName) &&
      !/checkbox/.test(target.getAttribute("type") ?? "");
    const isFar = event.ctrlKey || event.metaKey;
    if (key === "/" && !isFar && !isTyped) {
      this.search.input.focus();
      this.search.input.select();
    } else if (key === "ArrowDown" && !isFar && target === this.search.input && this.lines.length)
      this.grid.focus();
    else if (isTyped || !this.grid.hasRow(target) || !this.act(key, isFar)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Do what a key on a row says, to the runs that are chosen, or else to that of the row; return whether it says anything. */
  private act(key: string, isFar: boolean): boolean {
    const { curating, grid, comparison } = this;
    if (isFar) return key === "z" && (curating?.takeBack() ?? false);
    if (key === "Escape" && this.chosen.size > 0) {
      this.choose([]);
      return true;
    }
    if (key === "c" && this.options.compare && this.chosen.size > 1) {
      comparison.compare();
      return true;
    }
    if (key === "i" && this.options.plot) {
      this.options.plot(this.meant());
      return true;
    }
    const isVerb = Object.values(keyOfVerb).includes(key);
    if (!curating || !isVerb) return false;
    if (this.chosen.size === 0) this.toggle(grid.activeRow, false);
    return this.chosen.size > 0 && curating.press(key, () => grid.focus());
  }
}

/** Where there is little room, the results come before status and time. */
function resultsFirst(rows: RunRows, fields: readonly number[]): number[] {
  const behind = fields.filter(
    (n) => n === rows.fieldNamed("status") || n === rows.fieldNamed("created"),
  );
  const others = fields.filter((n) => !behind.includes(n));
  const end = others.findLastIndex((n) => rows.fields[n]!.goal) + 1 || 1;
  return [...others.slice(0, end), ...behind, ...others.slice(end)];
}

/** Under the table, while runs are chosen: how many, and what they can be compared in. */
class ComparisonBar {
  readonly element: HTMLElement;
  private count = 0;
  private hiddenCount = 0;
  private shared: SharedArtifact[] = [];
  private readonly words = h("span", {});
  private readonly artifact = h("select", {
    class: "jt-select",
    "aria-label": "artifact to compare",
  });
  private readonly compareButton: HTMLElement;
  /** Compare the chosen runs in what is chosen of them. */
  readonly compare: () => void;
  private readonly allButton: HTMLElement;

  constructor(
    clear: () => void,
    compare: (kind: string, name: string) => void,
    curating: HTMLElement | null,
    all: () => void,
  ) {
    this.allButton = textButton("", all);
    this.compare = () => {
      const [kind, name] = this.shared[Number(this.artifact.value)] ?? ["", ""];
      compare(kind, name);
    };
    this.compareButton = textButton("compare", () => this.compare());
    this.compareButton.setAttribute("aria-keyshortcuts", "c");
    this.compareButton.title = "on a row: c";
    this.element = h(
      "div",
      { class: "jt-tools jt-choice", role: "group", "aria-label": "chosen runs" },
      this.words,
      this.artifact,
      this.compareButton,
      curating,
      this.allButton,
      textButton("clear", clear),
    );
    this.update();
  }

  /**
   * @param hidden how many of the chosen runs the search does not find.
   * @param more how many runs that it finds are not chosen.
   */
  showHidden(hidden: number, more: number): void {
    this.hiddenCount = hidden;
    this.allButton.hidden = more === 0;
    say(this.allButton, `choose ${format.count(more)} more`);
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
    put(this.artifact, h("option", { value: -1 }, "all that they have"), ...options);
    this.update();
  }

  private update(): void {
    const { count } = this;
    this.element.hidden = count === 0;
    this.artifact.hidden = this.compareButton.hidden = count < 2;
    const more = count === 1 ? "; choose another to compare" : "";
    const hidden = this.hiddenCount ? `, ${format.count(this.hiddenCount)} not shown` : "";
    say(this.words, `${format.plural(count, "run")} chosen${hidden}${more}`);
  }
}

// A scatter plot or parallel coordinates of many runs: the chart, what is chosen for its axes, what has to do with the result, and the runs.

import { h, put, say } from "../dom/dom";
import type { Row } from "../dom/save";
import type { Colours } from "../dom/theme";
import { bar, checkbox, textButton } from "../dom/toolbar";
import * as format from "../model/format";
import type { PlotHead } from "../model/many-heads";
import type { Payload } from "../model/payload";
import { AT_ONCE, RunsChart } from "./chart";
import { Column, Scale, type ManyRuns } from "./columns";
import { importanceList } from "./importance";
import { RunsList } from "./runs-list";
import { legendOf } from "./shades";

/** After so long without a move a brush rests (ms). */
const RESTS = 90;

export interface PlotOptions {
  /** A run is opened, by its uuid. */
  open(uuid: string, row: number): void;
  /** Other runs are left by the brushes; none where nothing is brushed. */
  choose?(uuids: string[]): void;
}

export class RunsPlot {
  readonly element: HTMLElement;
  private head: PlotHead;
  private runs: ManyRuns;
  private readonly chart: RunsChart;
  private readonly list: RunsList;
  private readonly tools = h("div", { class: "jt-plot-tools" });
  private readonly legend = h("div", {});
  private readonly aside = h("div", { class: "jt-many-aside" });
  private readonly count = h("span", { role: "status" });
  private readonly clear = textButton("clear brushes", () => this.chart.clear());
  private readonly note = h("p", { class: "jt-caption" });
  /** The keys of the columns on the axes, and of the one that colours. */
  private axes: string[];
  private color: string | null;
  /** Which axes are logarithmic, by the column's key, where somebody has said so. */
  private readonly logs = new Map<string, boolean>();

  /** @param host where it is put first: a chart is drawn in the colours that are in force there. */
  constructor(
    payload: Payload<PlotHead>,
    host: HTMLElement,
    private readonly options: PlotOptions,
  ) {
    this.head = payload.head;
    this.runs = readRuns(payload);
    const { kind } = this;
    this.axes = this.head.axes.map((n) => this.runs.columns[n]!.key);
    this.color = this.head.color === null ? null : this.runs.columns[this.head.color]!.key;
    const stage = h("div", { class: "jt-plot-stage" });
    this.chart = new RunsChart(stage, {
      kind,
      title: () => this.title,
      label: (row) => this.runs.labels[row]!,
      told: (row) => this.told(row),
      open: (row) => this.open(row),
      brushed: () => this.brushed(),
      pointed: (row) => this.list.mark(row),
      rows: () => this.rows(),
      painted: (look) => this.drawLegend(look),
    });
    this.list = new RunsList(
      (row) => this.open(row),
      (row) => this.chart.point(row),
    );
    this.element = h(
      "div",
      { class: `jt-browser jt-many-runs jt-${kind}-view` },
      this.tools,
      stage,
      this.legend,
      this.note,
      h(
        "div",
        { class: "jt-many-columns" },
        h("div", {}, bar(this.count, this.clear), this.list.element),
        this.aside,
      ),
    );
    host.append(this.element);
    this.redraw();
  }

  /** The runs have gone on. What is chosen stays. */
  update(payload: Payload<PlotHead>): void {
    this.head = payload.head;
    this.runs = readRuns(payload);
    const known = new Set(this.runs.columns.map(({ key }) => key));
    this.axes = this.axes.filter((key) => known.has(key));
    if (this.color && !known.has(this.color)) this.color = null;
    this.redraw();
  }

  showOpened(uuid: string): void {
    this.list.showOpened(uuid);
  }

  destroy(): void {
    clearTimeout(this.filtering);
    this.chart.destroy();
    this.element.remove();
  }

  private get kind(): "scatter" | "parallel" {
    return this.head.plot;
  }

  private get title(): string {
    const names = this.shown.map(({ name }) => name);
    return this.kind === "scatter" ? `${names[1]} over ${names[0]}` : names.join(", ");
  }

  private get shown(): Column[] {
    return this.axes.map((key) => this.column(key));
  }

  private column(key: string): Column {
    return this.runs.columns.find((column) => column.key === key)!;
  }

  private isLog(column: Column): boolean {
    return column.canBeLog && (this.logs.get(column.key) ?? column.field.log ?? false);
  }

  private scale(column: Column): Scale {
    return new Scale(column, this.runs.count, this.isLog(column), this.kind === "scatter");
  }

  /** Draw all of it anew: other axes, or other runs. */
  private redraw(): void {
    this.chart.show({
      scales: this.shown.map((column) => this.scale(column)),
      colour: this.color === null ? null : this.colourScale(),
      rows: this.runs.count,
    });
    const columns = new Set([...this.shown, ...(this.color ? [this.column(this.color)] : [])]);
    this.list.show(this.runs, [...columns]);
    this.drawTools();
    this.legendIsOf = "";
    const { score, importance, note, total, rows } = this.head;
    const few =
      total > rows
        ? `the newest ${format.count(rows)} of ${format.plural(total, "run")} are kept in this page`
        : "";
    this.note.textContent = format.joined(note, few);
    this.note.hidden = !this.note.textContent;
    const press =
      this.kind === "scatter" ? (input: string) => this.setAxis(0, `inputs.${input}`) : undefined;
    put(
      this.aside,
      score !== null && importance.length ? importanceList(importance, score, press) : null,
    );
  }

  private colourScale(): Scale {
    return new Scale(
      this.column(this.color!),
      this.runs.count,
      this.isLog(this.column(this.color!)),
    );
  }

  /** What the legend shows; nothing where it is to be drawn. */
  private legendIsOf = "";

  private drawLegend(look: Colours): void {
    const column = this.color === null ? null : this.column(this.color);
    const shown = `${look.text} ${look.background} ${this.color}`;
    if (shown === this.legendIsOf) return;
    this.legendIsOf = shown;
    put(
      this.legend,
      column && legendOf(column, this.colourScale(), look, this.kind === "parallel"),
    );
  }

  private setAxis(axis: number, key: string): void {
    if (!this.runs.columns.some((column) => column.key === key)) return;
    this.axes[axis] = key;
    this.redraw();
  }

  private drawTools(): void {
    const focused = this.tools.contains(document.activeElement)
      ? document.activeElement?.getAttribute("data-jt-tool")
      : null;
    const logOf = (column: Column, label: string): HTMLElement | null => {
      if (!column.canBeLog) return null;
      const box = checkbox(
        label,
        () => {
          this.logs.set(column.key, box.value);
          this.redraw();
        },
        this.isLog(column),
      );
      box.element.querySelector("input")!.setAttribute("data-jt-tool", `log ${label}`);
      return box.element;
    };
    const colour = this.choice(
      "colour",
      this.color ?? "",
      (key) => {
        this.color = key || null;
        this.redraw();
      },
      true,
    );
    if (this.kind === "scatter") {
      const [x, y] = this.shown as [Column, Column];
      put(
        this.tools,
        bar(
          this.choice("x", x.key, (key) => this.setAxis(0, key)),
          logOf(x, "log x"),
          this.choice("y", y.key, (key) => this.setAxis(1, key)),
          logOf(y, "log y"),
          colour,
          this.chart.save,
        ),
      );
    } else put(this.tools, bar(colour, this.axesMenu(logOf), this.chart.save));
    if (focused)
      this.tools.querySelector<HTMLElement>(`[data-jt-tool="${CSS.escape(focused)}"]`)?.focus();
  }

  /** A list to choose a column from. */
  private choice(
    label: string,
    chosen: string,
    choose: (key: string) => void,
    none = false,
  ): HTMLElement {
    const list = h(
      "select",
      { class: "jt-select", "data-jt-tool": label, onchange: () => choose(list.value) },
      none ? h("option", { value: "", selected: chosen === "" }, "none") : null,
      ...(["inputs", "outputs", ""] as const).flatMap((group) => {
        const own = this.runs.columns.filter(({ field }) => field.group === group);
        const options = own.map(({ key, name }) =>
          h("option", { value: key, selected: key === chosen }, name),
        );
        return options.length ? [h("optgroup", { label: group || "run" }, ...options)] : [];
      }),
    );
    return h("label", { class: "jt-check" }, label, list);
  }

  private menuIsOpen = false;

  /** Which columns have an axis, and how it goes. */
  private axesMenu(logOf: (column: Column, label: string) => HTMLElement | null): HTMLElement {
    const menu = h(
      "details",
      {
        class: "jt-axes-menu",
        open: this.menuIsOpen,
        ontoggle: () => (this.menuIsOpen = menu.open),
      },
      h("summary", { "data-jt-tool": "axes" }, "axes"),
      h(
        "ul",
        {},
        ...this.runs.columns.map((column) => {
          const isShown = this.axes.includes(column.key);
          const box = checkbox(
            column.name,
            () => {
              const order = this.runs.columns.map(({ key }) => key);
              const kept = new Set(this.axes);
              if (!kept.delete(column.key)) kept.add(column.key);
              if (kept.size >= 2) this.axes = order.filter((key) => kept.has(key));
              this.redraw();
            },
            isShown,
          );
          box.element.querySelector("input")!.setAttribute("data-jt-tool", `axis ${column.key}`);
          return h("li", {}, box.element, isShown ? logOf(column, `log ${column.name}`) : null);
        }),
      ),
    );
    return menu;
  }

  private told(row: number): [string, string][] {
    const columns = new Set([...this.shown, ...(this.color ? [this.column(this.color)] : [])]);
    return [...columns].map((column) => [column.name, column.text(row)]);
  }

  private filtering = 0;

  private open(row: number): void {
    this.options.open(this.runs.uuids[row]!, row);
  }

  private brushed(): void {
    const { left, isBrushed } = this.chart;
    const rows = Array.from(left, (is, row) => (is ? row : -1)).filter((row) => row >= 0);
    const all = format.plural(this.runs.count, "run");
    const words = format.joined(all, this.list?.sameStatus(this.runs));
    say(
      this.count,
      isBrushed ? `${format.count(rows.length)} of ${all} left by the brushes` : words,
    );
    this.clear.hidden = !isBrushed;
    clearTimeout(this.filtering);
    // Of very many runs the list waits until the brush rests: it takes longer than what follows the brush.
    if (this.runs.count > AT_ONCE && isBrushed)
      this.filtering = window.setTimeout(() => this.list.filter(left), RESTS);
    else this.list?.filter(left);
    this.options.choose?.(isBrushed ? rows.map((row) => this.runs.uuids[row]!) : []);
  }

  /** What a run is called and has, for a page that has no kernel to show more. */
  card(row: number): HTMLElement {
    const facts = this.runs.columns.flatMap((column) =>
      column.isMissing(row) ? [] : [h("dt", {}, column.name), h("dd", {}, column.text(row))],
    );
    return h(
      "div",
      { class: "jt-card" },
      h(
        "div",
        { class: "jt-heading" },
        h("span", { class: "jt-run" }, this.runs.labels[row]!),
        h("code", {}, this.runs.uuids[row]!),
      ),
      h(
        "dl",
        { class: "jt-facts" },
        h("dt", {}, "status"),
        h("dd", {}, this.runs.statuses[row]!),
        ...facts,
      ),
    );
  }

  private rows(): Row[] {
    const { columns, labels, uuids, count } = this.runs;
    return [
      ["run", "uuid", ...columns.map(({ key }) => key)],
      ...Array.from({ length: count }, (_, row) => [
        labels[row]!,
        uuids[row]!,
        ...columns.map((column) =>
          column.isMissing(row) ? "" : column.isNumber ? column.number(row) : column.text(row),
        ),
      ]),
    ];
  }
}

export function readRuns(payload: Payload<Omit<PlotHead, "plot" | "axes" | "color">>): ManyRuns {
  const { rows, total, labels, uuids, statuses, fields } = payload.head;
  const times = new Map<string, number>();
  for (const { name } of fields) times.set(name, (times.get(name) ?? 0) + 1);
  // An input and a result of one name are told apart.
  const called = fields.map((field) =>
    times.get(field.name)! > 1 ? { ...field, name: field.key } : field,
  );
  const columns = called.map((field, n) => new Column(field, payload as Payload, n));
  return { count: rows, total, labels, uuids, statuses, columns };
}

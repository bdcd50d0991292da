// Runs compared: their results in a table, which is the legend of the charts below it, and what differs in what they were given and ran in.

import { h, put, say, span } from "../dom/dom";
import { onpaper } from "../dom/paper";
import { colours, ontheme } from "../dom/theme";
import { bar, select, slider, textButton } from "../dom/toolbar";
import * as format from "../model/format";
import type { ChartHead, ComparisonHead } from "../model/many-heads";
import type { Payload } from "../model/payload";
import { extent, valueAxis, type Axes } from "../renderers/axes";
import { FEW, type ChartLine } from "../renderers/chart-line";
import { sample } from "../renderers/crosshair";
import { LineChart } from "../renderers/line-chart";
import { dashOf } from "../renderers/overlay";
import { exponentialSmoothing } from "../model/smoothing";
import type { Column, ManyRuns } from "./columns";
import { importanceList } from "./importance";
import { readRuns } from "./plot";
import { RunsList } from "./runs-list";

export interface ComparisonOptions {
  /** A run is opened, by its uuid. */
  open(uuid: string): void;
}

/** So many lines have a colour each; of more only those that are pointed at or picked. */
const COLOURED = 24;

interface Line {
  row: number;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  band?: ArrayLike<number>;
}

const linesOf = (payload: Payload<ChartHead>): Line[] => {
  const [x, y, std] = [payload.column("x"), payload.column("y"), payload.column("std")];
  let from = 0;
  return Array.from(payload.column("count"), (count, n) => {
    const to = from + count;
    const line: Line = {
      row: payload.head.rows[n]!,
      x: x.subarray(from, to),
      y: y.subarray(from, to),
    };
    if (payload.has("std")) line.band = std.subarray(from, to);
    from = to;
    return line;
  });
};

export class Comparison {
  readonly element: HTMLElement;
  private head!: ComparisonHead;
  private runs!: ManyRuns;
  /** Of each result of a group its standard deviation, by the column's key. */
  private spreads = new Map<string, ArrayLike<number>>();
  private charts: { chart: LineChart; payload: Payload<ChartHead>; element: HTMLElement }[] = [];
  private readonly list: RunsList;
  private readonly hidden = new Set<number>();
  private readonly picked = new Set<number>();
  private pointed = -1;
  private opened = "";
  private readonly scale = select("y axis", ["linear", "log", "symlog"], () => this.redraw());
  private readonly smoothing = slider("smooth", [0, 0.99, 0.01, 0], () => this.redraw());
  private readonly words = h("span", { role: "status" });
  private readonly unpick = textButton("show all alike", () => {
    this.picked.clear();
    this.hidden.clear();
    this.changed();
  });
  private readonly grid = h("div", { class: "jt-panes jt-many jt-small-charts" });
  private readonly same = h("p", { class: "jt-caption" });
  private readonly note = h("p", { class: "jt-note" });
  private readonly aside = h("div", { class: "jt-many-aside" });
  private readonly around = h("div", {});
  private readonly members = h("div", {});
  private readonly stops: (() => void)[];

  /** @param host where it is put first: charts are drawn in the colours that are in force there. */
  constructor(
    payloads: Payload[],
    host: HTMLElement,
    private readonly options: ComparisonOptions,
  ) {
    this.list = new RunsList(
      (row) => this.open(row),
      (row) => this.point(row),
      {
        what: (payloads[0]!.head as unknown as ComparisonHead).group_by ? "group" : "run",
        lead: (row) => this.lead(row),
        cell: (column, row) => this.cell(column, row),
        title: (column) => this.goal(column),
      },
    );
    this.element = h(
      "div",
      { class: "jt-browser jt-many-runs jt-comparison" },
      h(
        "div",
        { class: "jt-many-columns" },
        h("div", {}, bar(this.words, this.unpick), this.list.element, this.same, this.members),
        this.aside,
      ),
      this.around,
      bar(this.scale, this.smoothing),
      this.grid,
      this.note,
    );
    host.append(this.element);
    const repaint = (): void => {
      this.list.redraw();
      for (const { chart } of this.charts) chart.restyle();
    };
    // Paper is white: what is drawn is drawn in its colours before it prints itself.
    this.stops = [ontheme(repaint), onpaper(repaint)];
    this.update(payloads);
  }

  /** The runs have gone on; what is picked and hidden stays. */
  update(payloads: Payload[]): void {
    const isFirst = this.charts.length === 0;
    const [table, ...charts] = payloads as [Payload<ComparisonHead>, ...Payload[]];
    const { head } = table;
    this.head = head;
    this.runs = readRuns(table);
    this.spreads = new Map(
      head.fields.flatMap(({ key }, n) =>
        table.has(`s${n}`) ? [[key, table.column(`s${n}`)]] : [],
      ),
    );
    const score = this.runs.columns.findIndex(({ field }) => field.key === `outputs.${head.score}`);
    if (isFirst && this.many)
      for (const row of head.best[String(score)]?.[0] ?? []) this.picked.add(row);
    const what = head.group_by
      ? `${format.plural(head.rows, "group")} by ${head.group_by.join(", ")}`
      : format.plural(head.rows, "run");
    const many = this.picked.size
      ? `the best ${head.score} is picked; press a line’s mark to pick others`
      : "press a line’s mark to pick it";
    say(
      this.words,
      format.joined(what, this.list.sameStatus(this.runs), isFirst && this.many && many),
    );
    // What they are compared by comes first.
    const isInput = ({ field }: Column) => field.group === "inputs";
    const { columns } = this.runs;
    const ordered = [
      ...columns.filter((_, n) => n === score),
      ...columns.filter((column, n) => n !== score && !isInput(column)),
      ...columns.filter(isInput),
    ];
    if (isFirst && this.many && score >= 0)
      this.list.sortBy(columns[score]!.key, head.best[String(score)]?.[1] !== "min");
    this.list.show(this.runs, ordered);
    this.list.filter(new Uint8Array(this.runs.count).fill(1));
    this.drawSame();
    this.drawAround();
    put(
      this.aside,
      head.score !== null && head.importance.length
        ? importanceList(head.importance, head.score)
        : null,
    );
    const known = charts as unknown as Payload<ChartHead>[];
    if (
      known.length !== this.charts.length ||
      known.some((each, n) => each.head.name !== this.charts[n]!.payload.head.name)
    )
      this.makeCharts(known);
    else known.forEach((payload, n) => (this.charts[n]!.payload = payload));
    const thinned = known.filter((each) => each.head.thinned).length;
    const { rows, total, charts: made } = head;
    this.note.textContent = format.joined(
      head.note,
      total > rows &&
        `the first ${format.count(rows)} of ${format.plural(total, "run")} are kept in this page`,
      made > known.length &&
        `${known.length} of ${format.plural(made, "chart")} are kept in this page`,
      thinned > 0 &&
        `of long lines, points that draw the same are kept (${format.plural(thinned, "chart")})`,
    );
    this.note.hidden = !this.note.textContent;
    this.changed();
  }

  showOpened(uuid: string): void {
    this.opened = uuid;
    this.list.showOpened(uuid);
  }

  destroy(): void {
    for (const stop of this.stops) stop();
    for (const { chart } of this.charts) chart.destroy();
    this.element.remove();
  }

  // --- the table, which is the legend -----------------------------------------------------------

  private get many(): boolean {
    return this.runs.count > COLOURED;
  }

  /** Whether a line has its colour now. */
  private isColoured(row: number): boolean {
    if (this.pointed >= 0) return row === this.pointed || this.picked.has(row);
    return this.picked.size ? this.picked.has(row) : !this.many;
  }

  /** The line of a row, as it is drawn: pressed, a line is hidden; of many, it is picked. */
  private lead(row: number): HTMLElement {
    const { lines, faint } = colours(this.element);
    const isOn = this.many ? this.picked.has(row) : !this.hidden.has(row);
    const label = this.runs.labels[row]!;
    const colour = this.many && !isOn ? faint : lines[row % lines.length]!;
    return h(
      "button",
      {
        type: "button",
        class: "jt-line-run jt-line-mark",
        "aria-pressed": String(isOn),
        "aria-label": `${this.many ? "pick" : "line of"} ${label}`,
        title: this.many ? `pick or leave ${label}` : `hide or show ${label}`,
        onclick: () => this.press(row),
        onfocus: () => this.point(row),
      },
      sample(colour, dashOf(row), 26),
    );
  }

  private press(row: number): void {
    const set = this.many ? this.picked : this.hidden;
    if (!set.delete(row)) set.add(row);
    this.changed();
  }

  /** What is better of a result, and how that is known. */
  private goal(column: Column): string {
    const found = this.head.best[String(this.runs.columns.indexOf(column))];
    if (!found) return column.name;
    const [, better, why] = found;
    return better
      ? `${column.name}: ${better === "max" ? "greater" : "less"} is better, ${why}`
      : `${column.name}: ${why}, so no best is marked`;
  }

  private cell(column: Column, row: number): Node | null {
    const place = this.runs.columns.indexOf(column);
    const isBest = this.head.best[String(place)]?.[0].includes(row) ?? false;
    const spread = this.spreads.get(column.key);
    if ((!isBest && !spread) || column.isMissing(row)) return null;
    const std = spread?.[row] ?? NaN;
    const short = (value: number) => format.number(Number(value.toPrecision(4)));
    const value = spread ? short(column.number(row)) : column.text(row);
    const words = `${value}${Number.isFinite(std) ? ` ± ${format.number(Number(std.toPrecision(2)))}` : ""}`;
    if (!isBest) return span("", words);
    return h(
      "b",
      { class: "jt-many-best", title: this.goal(column) },
      h("span", { role: "img", "aria-label": "best" }, "★"),
      ` ${words}`,
    );
  }

  private drawSame(): void {
    const { same, same_count: count } = this.head;
    const named = same.map(([name, value]) => `${name} ${value}`).join(", ");
    const rest = count > same.length ? ` and ${count - same.length} more` : "";
    this.same.textContent = count ? `equal in all: ${named}${rest}` : "";
    this.same.hidden = count === 0;
  }

  private open(row: number): void {
    const uuid = this.runs.uuids[row]!;
    if (!this.head.group_by) {
      this.options.open(uuid);
      return;
    }
    const isOpen = this.opened === uuid;
    this.showOpened(isOpen ? "" : uuid);
    const runs = (isOpen ? [] : (this.head.members[row] ?? [])).map(([label, each]) =>
      textButton(label, () => this.options.open(each)),
    );
    put(
      this.members,
      runs.length
        ? h(
            "div",
            { class: "jt-tools", role: "group", "aria-label": `runs of ${this.runs.labels[row]}` },
            ...runs,
          )
        : null,
    );
  }

  // --- what runs ran in -------------------------------------------------------------------------

  private drawAround(): void {
    const { differs, alike, code, diffs } = this.head;
    const names = this.head.group_by
      ? this.head.members.flat().map(([label]) => label)
      : this.runs.labels;
    const told = (rows: number[]): string => {
      const few = rows
        .slice(0, 4)
        .map((row) => names[row] ?? String(row))
        .join(", ");
      return rows.length > 4 ? `${format.plural(rows.length, "run")}` : few;
    };
    const values = (having: [string, number[]][]): HTMLElement[] =>
      having.map(([value, rows]) =>
        h("div", {}, span("jt-name", value), span("jt-kind", ` ${told(rows)}`)),
      );
    const environment =
      differs.length === 0
        ? alike > 0
          ? h(
              "p",
              { class: "jt-caption" },
              `environment: the same in all (${format.plural(alike, "fact")} and versions)`,
            )
          : null
        : h(
            "details",
            { class: "jt-around" },
            h(
              "summary",
              {},
              `environment: ${differs.length} ${differs.length === 1 ? "differs" : "differ"}, ${alike} equal`,
            ),
            h(
              "dl",
              { class: "jt-facts" },
              ...differs.flatMap(([name, having]) => [
                h("dt", {}, name),
                h("dd", {}, ...values(having)),
              ]),
            ),
          );
    const codes =
      code.length === 0
        ? null
        : code.length === 1
          ? h("p", { class: "jt-caption" }, "code: the same cells in all")
          : h(
              "details",
              { class: "jt-around" },
              h("summary", {}, `code: ${code.length} versions`),
              h(
                "dl",
                { class: "jt-facts" },
                ...code.flatMap(([name, rows]) => [h("dt", {}, name), h("dd", {}, told(rows))]),
              ),
              ...diffs.map(([name, text]) =>
                h("details", {}, h("summary", {}, name), diffOf(text)),
              ),
            );
    put(this.around, environment, codes);
  }

  // --- the charts -------------------------------------------------------------------------------

  private makeCharts(payloads: Payload<ChartHead>[]): void {
    for (const { chart } of this.charts) chart.destroy();
    this.charts = [];
    put(this.grid);
    for (const payload of payloads) {
      const { name, rows } = payload.head;
      const element = h(
        "section",
        { class: "jt-pane", "aria-label": name },
        h("h2", { class: "jt-title" }, span("jt-name", name), this.partOf(rows.length)),
      );
      this.grid.append(element);
      const chart = new LineChart(element, this.axes(linesOf(payload), payload.head), () => name, {
        heights: [210, 290],
      });
      this.charts.push({ chart, payload, element });
    }
  }

  private partOf(count: number): HTMLElement | null {
    return count < this.runs.count ? span("jt-kind", ` in ${count} of ${this.runs.count}`) : null;
  }

  private axes(lines: Line[], { name, over, unit }: ChartHead): Axes {
    const shown = lines.filter(({ row }) => !this.hidden.has(row));
    const values = shown.map(({ y, band }) =>
      band
        ? Array.from(y, (value, n) => [value - (band[n] || 0), value + (band[n] || 0)]).flat()
        : y,
    );
    return {
      ...valueAxis(values, this.scale.value),
      ...(unit ? { yUnit: unit } : {}),
      xWhole: true,
      xLabel: over,
      yLabel: name,
      x: extent(shown.flatMap(({ x }) => extent(x))),
    };
  }

  private point(row: number): void {
    if (this.pointed === row) return;
    this.pointed = row;
    this.list.mark(row);
    this.redraw(true);
  }

  private changed(): void {
    this.unpick.hidden = this.picked.size + this.hidden.size === 0;
    this.list.redraw();
    this.redraw();
  }

  private redraw(keepZoom = false): void {
    const weight = this.smoothing.value;
    for (const { chart, payload } of this.charts) {
      const lines = linesOf(payload).filter(({ row }) => !this.hidden.has(row));
      if (!keepZoom) chart.setAxes(this.axes(lines, payload.head), true);
      const isPlain = ({ row }: Line) => !this.isColoured(row);
      const dimmed = this.pointed >= 0 || this.picked.size > 0;
      // What is coloured lies over what is not.
      const order = [...lines.filter(isPlain), ...lines.filter((line) => !isPlain(line))];
      chart.setBack(
        order.map(({ row, x, y, band }): ChartLine => {
          const plain = !this.isColoured(row);
          return {
            x,
            y: weight ? exponentialSmoothing(y, weight) : y,
            label: this.runs.labels[row]!,
            ...(band && !weight ? { band } : {}),
            ...(plain && this.many ? { width: 1 } : { colour: row, dash: dashOf(row) }),
            ...(plain && dimmed ? { faint: true } : {}),
            ...(row === this.pointed ? { width: 3 } : {}),
            ...(weight || plain ? {} : { marks: x.length <= FEW && !this.many, odd: true }),
          };
        }),
      );
      const { name, over } = payload.head;
      const ends = lines
        .slice(0, 12)
        .map(
          ({ row, y }) =>
            `${this.runs.labels[row]} ${format.quantity(y[y.length - 1] ?? NaN, payload.head.unit)}`,
        );
      const rest = lines.length > ends.length ? `, and ${lines.length - ends.length} more` : "";
      chart.describe(`${name} over ${over}; the last values: ${ends.join(", ")}${rest}`);
    }
  }
}

/** A difference of code, a line a line: what is added and what is removed. */
function diffOf(text: string): HTMLElement {
  return h(
    "pre",
    { class: "jt-text", tabindex: 0, role: "region", "aria-label": "difference of the code" },
    ...text.split("\n").map((line) => {
      const kind = /^(---|\+\+\+|@@)/.test(line)
        ? "jt-kind"
        : line.startsWith("+")
          ? "jt-added"
          : line.startsWith("-")
            ? "jt-removed"
            : "";
      return h("span", { class: kind }, `${line}\n`);
    }),
  );
}

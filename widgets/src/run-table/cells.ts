// The cells of the table of runs: of a run, and of a group of runs.

import { h, span, svg } from "../dom/dom";
import * as format from "../model/format";
import { statusClass } from "../model/model";
import type { Cell } from "../table/rows";
import type { RunRows, Spark } from "../widgets/run-rows";
import { goalOf, keyOf, titleOf } from "./columns";
import { bestOf, figuresOf, type Figures } from "./figures";
import type { GroupLine, RunLine } from "./lines";

const GAP = 255;
const [WIDE, HIGH] = [52, 16];

/** What the cells of all rows depend on. */
export interface CellContext {
  rows: RunRows;
  /** The best value of each field that has a goal, among the runs that are found. */
  best: ReadonlyMap<number, number>;
  /** How many runs these are. */
  found: number;
  /** The course of a run's first result, where it is known. */
  spark(row: number): Spark | undefined;
}

type Fold = "open" | "closed" | undefined;

const plain = (text: string, title = text): Cell => ({ text, full: text, kind: "", title });
const soft = (text: string): HTMLElement => span("jt-aside", text);

/** A cell of elements beside the text. */
const rich = (cell: Cell, key: string, make: () => Node[]): Cell => ({
  ...cell,
  inside: { key, make },
});

const twist = (fold: Fold): Node[] =>
  fold
    ? [h("span", { class: "jt-twist", "aria-hidden": "true" }, fold === "open" ? "▾" : "▸")]
    : [];

const indent = (level: number): Node[] =>
  level > 1 ? [h("span", { class: "jt-indent", style: `width:${(level - 1) * 16}px` })] : [];

const bestMark = (): Node[] => [
  h("span", { class: "jt-best", "aria-hidden": "true" }, "★ "),
  span("jt-unseen", "best: "),
];

/** The name of a run, with what tells it from others of that name. */
export function nameCell(rows: RunRows, line: RunLine, fold: Fold): Cell {
  const { row, level, below } = line;
  const [name, aside] = [rows.name(row), rows.aside(row)];
  const count = below.length ? `${format.plural(below.length, "run")} below` : "";
  const [pinned, archived] = [rows.is(row, "pinned"), rows.is(row, "archived")];
  const note = rows.text(row, rows.fieldNamed("note"));
  const title = format.joined(name, aside, pinned && "pinned", archived && "archived", note);
  const key = [name, aside, count, pinned, archived, level, fold].join("\u0000");
  return rich(plain(name, title), key, () => [
    ...indent(level),
    ...twist(fold),
    ...(pinned ? [h("span", { class: "jt-pin", role: "img", "aria-label": "pinned" }, "◆ ")] : []),
    span("jt-name", name),
    ...[aside, archived ? "archived" : "", count].filter(Boolean).map((text) => soft(` ${text}`)),
  ]);
}

/** A status, and why. */
function statusCell(rows: RunRows, row: number, text: string): Cell {
  const why = rows.text(row, rows.fieldNamed("why"));
  return rich(plain(text, why ? `${text}: ${why}` : text), `${text}\u0000${why}`, () => [
    span(statusClass(text), text),
    ...(why ? [soft(` ${why}`)] : []),
  ]);
}

function sparkline(heights: Spark): SVGSVGElement {
  const x = (n: number): number => 1 + (n * (WIDE - 2)) / Math.max(1, heights.length - 1);
  const y = (height: number): number => HIGH - 2 - (height / (GAP - 1)) * (HIGH - 4);
  let path = "";
  heights.forEach((height, n) => {
    if (height === GAP) return;
    const isFirst = n === 0 || heights[n - 1] === GAP;
    path += `${isFirst ? "M" : "L"}${x(n).toFixed(1)} ${y(height).toFixed(1)}`;
  });
  const attributes = { class: "jt-spark", viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" };
  return svg(
    "svg",
    { ...attributes, width: WIDE, height: HIGH },
    svg("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.2 }),
  );
}

/** A value of a run. Of a run that has none, but has runs below it, it is their mean. */
export function valueCell(context: CellContext, line: RunLine, field: number): Cell {
  const { rows, best, found } = context;
  const { row, below } = line;
  const about = rows.fields[field]!;
  const text = rows.text(row, field);
  if (about.group === "") {
    if (about.name === "status") return statusCell(rows, row, text);
    if (about.name === "created") return plain(rows.when(row), text);
    return plain(text);
  }
  if (text === "" && below.length > 0 && about.group === "outputs" && about.kind === "number") {
    const figures = figuresOf(below.map((each) => rows.ranks(field)[each]!));
    if (figures.count > 0) return spreadCell(context, figures, field, "the runs below it", true);
  }
  const value = rows.at(row, field);
  const exact = typeof value === "number" && !Number.isInteger(value) ? String(value) : text;
  const isBest = value !== null && best.get(field) === value;
  const spark = field === rows.sparkField ? context.spark(row) : undefined;
  const cell = { ...plain(text, isBest ? `${exact}: the best of ${found}` : exact), full: exact };
  if (!isBest && !spark) return cell;
  const key = [text, isBest, spark?.join(",") ?? ""].join("\u0000");
  return rich(cell, key, () => [
    ...(spark ? [sparkline(spark)] : []),
    ...(isBest ? bestMark() : []),
    isBest ? h("b", {}, text) : span("jt-number", text),
  ]);
}

/** The mean of several numbers, how far they spread, and the best of them; briefly, whether that is the best of all. */
function spreadCell(
  { rows, best }: CellContext,
  figures: Figures,
  field: number,
  of: string,
  isBrief: boolean,
): Cell {
  const { count, mean, std, min, max } = figures;
  const spread = Number.isNaN(std) ? "" : ` ± ${rows.written(std, field)}`;
  const text = `${rows.written(mean, field)}${spread}`;
  const { goal } = rows.fields[field]!;
  const top = bestOf(figures, goal);
  const isBest = best.get(field) === top;
  const all = `of ${of}: n ${count}, mean ${mean}, std ${std}, min ${min}, max ${max}`;
  return rich(plain(text, all), `${text}\u0000${top}\u0000${isBest}`, () => [
    ...(isBrief && isBest ? bestMark() : []),
    document.createTextNode(text),
    ...(goal && !isBrief
      ? [span("jt-aside", " best ", ...(isBest ? bestMark() : []), rows.written(top, field))]
      : []),
  ]);
}

/** What a group's runs have in common. */
export function groupNameCell(
  rows: RunRows,
  { values, group, key }: GroupLine,
  fields: readonly number[],
  fold: Fold,
): Cell {
  const title = (n: number): string => titleOf(rows.fields[fields[n]!]!);
  const words = values.map((value, n) => (value ? `${title(n)} ${value}` : `no ${title(n)}`));
  const name = words.join(" · ");
  const count = format.plural(group.length, "run");
  return rich(plain(name, `${name}: ${count}`), `${key}${count}${fold}`, () => [
    ...twist(fold),
    span("jt-name", name),
    soft(` ${count}`),
  ]);
}

/** The figures of groups, which are asked for with each scroll. */
const known = new WeakMap<GroupLine, Map<number, Figures>>();

function groupFigures(rows: RunRows, line: GroupLine, field: number): Figures {
  const own = known.get(line) ?? new Map<number, Figures>();
  known.set(line, own);
  const ranks = rows.ranks(field);
  const figures = own.get(field) ?? figuresOf(line.group.map((row) => ranks[row]!));
  own.set(field, figures);
  return figures;
}

/** What a group's runs have in a field: of results mean, deviation and best; of anything else what is the same, or how many values. */
export function groupCell(context: CellContext, line: GroupLine, field: number): Cell {
  const { rows } = context;
  const { group } = line;
  const about = rows.fields[field]!;
  const { group: section, kind, name } = about;
  if (section === "outputs" && kind === "number") {
    const figures = groupFigures(rows, line, field);
    if (figures.count === 0) return plain("");
    return spreadCell(context, figures, field, format.joined(keyOf(about), goalOf(about)), false);
  }
  const counts = new Map<string, number>();
  for (const row of group) {
    const text = rows.text(row, field);
    if (text !== "") counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  if (section === "" && kind !== "text") return plain("");
  if (counts.size <= 1) return plain([...counts.keys()][0] ?? "");
  const listed = [...counts].map(([text, count]) => `${count} ${text}`).join(" · ");
  if (section === "" && name === "status") return plain(listed);
  return { ...plain(`${format.count(counts.size)} values`, listed), kind: "missing" };
}

// What a chart looks like but for its lines: the axes, their names and marks, and the names at the ends of the lines.

import { within, type Paint } from "../dom/svg-context";
import type { Colours } from "../dom/theme";
import type { Area } from "../dom/svg-context";
import { marksOf, toPixels, type Axes, type Mark, type Range } from "./axes";
import { drawLine, type ChartLine, type PlotArea } from "./chart-line";

export interface Ranges {
  x: Range;
  y: Range;
}
/** Where everything lies. */
export interface Layout extends Ranges {
  width: number;
  height: number;
  area: Area;
  xMarks: Mark[];
  yMarks: Mark[];
  ends: End[];
}
/** A name at the end of a line: where the line ends, and where the name stands. */
interface End {
  words: string;
  colour: number;
  from: number;
  at: number;
}

const LINE_HEIGHT = 15;
/** Pixels around the lines: above for the name of the y axis, below for two lines of marks, of which the second has the name of x too. */
const MARGIN = { top: 24, right: 14, bottom: 40, gap: 8 };
/** Pixels that a mark needs at least. */
const ROOM = { x: 64, y: 30 };
/** Marks that a y axis has at most, however high it is. */
const MOST = 8;
const TICK = 4;
/** Names at the ends of lines: the share of the width that they may take, where the chart is as wide as this, and how far one may be moved. */
const ENDS = { share: 0.2, least: 480, moved: 22 };

export const fontOf = (look: Colours, size = 11, weight = ""): string =>
  `${weight}${size}px ${look.font}`;

/** Lay out a chart. `ctx` measures words. */
export function layOut(
  ctx: Paint,
  look: Colours,
  axes: Axes,
  ranges: Ranges,
  lines: ChartLine[],
  width: number,
  height: number,
): Layout {
  ctx.font = fontOf(look);
  const inner = height - MARGIN.top - MARGIN.bottom;
  const measure = (words: string) => ctx.measureText(words).width;
  const told = { log: axes.yLog, words: axes.yWords, unit: axes.yUnit, whole: axes.yWhole };
  const yMarks = axes.empty ? [] : marksOf(ranges.y, Math.min(MOST, inner / ROOM.y), told);
  // The y axis is as wide as its longest label, and the right side as the longest name there.
  const left = Math.max(
    24,
    Math.ceil(Math.max(0, ...yMarks.map(({ label }) => measure(label)))) + MARGIN.gap + 4,
  );
  const widest = Math.max(0, ...lines.map(({ end }) => (end ? measure(end) + 14 : 0)));
  const fits = width >= ENDS.least && widest <= width * ENDS.share;
  const y = toPixels(ranges.y, inner, axes.yLog);
  const ends = fits ? endsOf(lines, ranges, (value) => inner - y(value), inner) : [];
  const right = Math.max(MARGIN.right, ends.length ? Math.ceil(widest) : 0);
  const area = { left, top: MARGIN.top, width: width - left - right, height: inner };
  const xMarks = axes.empty
    ? []
    : marksOf(ranges.x, area.width / ROOM.x, {
        log: axes.xLog,
        time: axes.xTime,
        words: axes.xWords,
        whole: axes.xWhole,
      });
  return { ...ranges, width, height, area, xMarks, yMarks, ends };
}

/** The names at the ends, moved apart where they would touch; none when that is too far. */
function endsOf(
  lines: ChartLine[],
  { x: [low, high] }: Ranges,
  py: (value: number) => number,
  height: number,
): End[] {
  const ends = lines.flatMap(({ x, y, end, colour = 0 }) => {
    if (!end) return [];
    let last = y.length - 1;
    while (last >= 0 && !(x[last]! >= low && x[last]! <= high && Number.isFinite(py(y[last]!))))
      last -= 1;
    const from = py(y[last] ?? NaN);
    return from >= 0 && from <= height ? [{ words: end, colour, from, at: from }] : [];
  });
  ends.sort((a, b) => a.from - b.from);
  ends.forEach(
    (each, n) => (each.at = Math.max(each.from, (ends[n - 1]?.at ?? -Infinity) + LINE_HEIGHT)),
  );
  for (
    let n = ends.length - 1, below = height;
    n >= 0;
    n -= 1, below = ends[n + 1]!.at - LINE_HEIGHT
  )
    ends[n]!.at = Math.min(ends[n]!.at, below);
  return ends.every(({ from, at }) => Math.abs(from - at) <= ENDS.moved && at >= 0) ? ends : [];
}

/** From values to pixels of the plotting area. */
export function plotAreaOf(
  ctx: Paint,
  look: Colours,
  axes: Axes,
  { x, y, area }: Layout,
): PlotArea {
  const up = toPixels(y, area.height, axes.yLog);
  return {
    ctx,
    px: toPixels(x, area.width, axes.xLog),
    py: (value) => area.height - up(value),
    colours: look,
    height: area.height,
  };
}

/** Paint the axes, and lines within them. */
export function paintChart(
  ctx: Paint,
  look: Colours,
  axes: Axes,
  layout: Layout,
  lines: ChartLine[],
): void {
  const plotArea = plotAreaOf(ctx, look, axes, layout);
  paintAxes(plotArea, axes, layout);
  const draw = (): void => {
    for (const line of lines) drawLine(plotArea, line, lines.length);
  };
  within(ctx, layout.area, draw);
  paintEnds(ctx, look, layout);
}

function paintAxes(
  { ctx, px, py, colours }: PlotArea,
  axes: Axes,
  { area, xMarks, yMarks, width, height, y }: Layout,
): void {
  const { left, top } = area;
  const bottom = top + area.height;
  ctx.font = fontOf(colours);
  ctx.fillStyle = colours.faint;
  ctx.lineWidth = 1;
  ctx.strokeStyle = colours.grid;
  ctx.beginPath();
  // A line of one pixel is sharp between two whole coordinates.
  for (const { at } of yMarks) {
    const line = Math.round(top + py(at)) + 0.5;
    ctx.moveTo(left, line);
    ctx.lineTo(left + area.width, line);
  }
  ctx.stroke();
  ctx.strokeStyle = colours.axis;
  ctx.beginPath();
  const floor = Math.round(bottom) + 0.5;
  ctx.moveTo(left, floor);
  ctx.lineTo(left + area.width, floor);
  const zero = Math.round(top + py(0)) + 0.5;
  // Close to the floor the two would look like one thick line.
  if (y[0] < 0 && y[1] > 0 && !axes.yWords && floor - zero > 12) {
    ctx.moveTo(left, zero);
    ctx.lineTo(left + area.width, zero);
  }
  for (const { at, label } of xMarks) {
    const x = Math.round(left + px(at)) + 0.5;
    ctx.moveTo(x, floor);
    ctx.lineTo(x, floor + (label ? TICK : TICK / 2));
  }
  ctx.stroke();
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  /** How far each line of labels is written. */
  const written: number[] = [];
  const name = ctx.measureText(axes.xLabel).width;
  for (const { at, label } of xMarks.filter(({ label }) => label)) {
    label.split("\n").forEach((line, n) => {
      const half = ctx.measureText(line).width / 2;
      // A label at the end of the axis stays within the chart; one that would lie over the one before is left out.
      const x = Math.max(half, Math.min(width - half, left + px(at)));
      const most = n ? left + area.width - name - 12 : Infinity;
      if (x - half < (written[n] ?? -Infinity) || x + half > most) return;
      written[n] = x + half + 8;
      ctx.fillText(line, x, bottom + 8 + n * LINE_HEIGHT);
    });
  }
  ctx.textAlign = "right";
  ctx.fillText(axes.xLabel, left + area.width, height - LINE_HEIGHT);
  ctx.textBaseline = "middle";
  for (const { at, label } of yMarks) ctx.fillText(label, left - MARGIN.gap, top + py(at));
  ctx.textAlign = "left";
  ctx.fillText(axes.yLabel, 2, 9);
}

/** Each name beside its line's end, with a piece of the line that leads there. */
function paintEnds(ctx: Paint, look: Colours, { area, ends }: Layout): void {
  const edge = area.left + area.width;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.lineWidth = 1;
  for (const { words, colour, from, at } of ends) {
    ctx.strokeStyle = look.lines[colour % look.lines.length]!;
    ctx.beginPath();
    ctx.moveTo(edge, area.top + from);
    ctx.lineTo(edge + 9, area.top + at);
    ctx.stroke();
    ctx.fillStyle = look.text;
    ctx.fillText(words, edge + 12, area.top + at);
  }
}

// A line of a chart, and how it is drawn: as a line, as bars, with marks or as dots.

import type { Paint } from "../dom/svg-context";
import type { Colours } from "../dom/theme";

export interface ChartLine {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** A number in the palette. */
  colour?: number;
  faint?: boolean;
  width?: number;
  dash?: number[];
  /** What the pointer is told of the line; one without a label is not found by it. */
  label?: string;
  /** Draw only the points at these indexes, as dots. */
  dots?: number[];
  /** Draw bars: from `x` to these, from `base` to `y`. */
  bars?: ArrayLike<number>;
  base?: number;
  /** A mark at every point. */
  marks?: boolean;
  /** A mark at the edge for what lies beyond it, infinity, and at the axis for what is not a number. */
  odd?: boolean;
  /** What is written at the line's end, where there is room. */
  end?: string;
  /** What of its values is written behind the number. */
  unit?: string;
  /** What is under the line hides what is behind it. */
  fill?: boolean;
  /** How far the values spread on both sides, at each point: a band behind the line. */
  band?: ArrayLike<number>;
}

/** Where lines are drawn: from values to pixels, in the colours that are in force. */
export interface PlotArea {
  ctx: Paint;
  px: (value: number) => number;
  py: (value: number) => number;
  colours: Colours;
  height: number;
}

const FULL_CIRCLE = 2 * Math.PI;

/** As few points as these are marked, each. */
export const FEW = 40;

function dot({ ctx }: PlotArea, x: number, y: number, radius: number): void {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, FULL_CIRCLE);
  ctx.fill();
}

/** @param many how many lines are drawn beside it: few faint lines would be lost, many would be a cloud. */
export function drawLine(area: PlotArea, line: ChartLine, many: number): void {
  const { ctx, px, py, colours } = area;
  const { lines, faint, dark } = colours;
  const { x, y } = line;
  ctx.strokeStyle =
    line.colour === undefined ? faint : (lines[line.colour % lines.length] ?? faint);
  ctx.fillStyle = ctx.strokeStyle;
  ctx.globalAlpha = line.faint ? (dark ? 0.24 : 0.18) + 0.25 * Math.max(0, 1 - many / 24) : 1;
  ctx.lineWidth = line.width ?? (line.faint ? 1 : 1.75);
  ctx.lineJoin = "round";
  ctx.setLineDash(line.dash ?? []);
  const count = Math.min(x.length, y.length);
  if (line.dots)
    for (const i of line.dots) {
      // A ring of the background keeps it apart from the lines.
      ctx.fillStyle = colours.background;
      dot(area, px(x[i]!), py(y[i]!), 6);
      ctx.fillStyle = ctx.strokeStyle;
      dot(area, px(x[i]!), py(y[i]!), 4);
    }
  else if (line.bars) drawBars(area, line, line.bars);
  else {
    if (line.band) drawBand(area, line, line.band, count);
    tracePath(area, line, count);
    if (line.fill) {
      ctx.fillStyle = colours.background;
      ctx.fill();
      ctx.fillStyle = ctx.strokeStyle;
      ctx.globalAlpha = line.colour === undefined ? 0.1 : 0.35;
      ctx.fill();
      ctx.globalAlpha = 1;
    }
    if (line.width !== 0) ctx.stroke();
    if (line.marks)
      for (let i = 0; i < count; i += 1) dot(area, px(x[i]!), py(y[i]!), x.length > 400 ? 2 : 3);
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  if (line.odd) for (let i = 0; i < count; i += 1) drawOdd(area, px(x[i]!), y[i]!);
}

/** A triangle at the edge beyond which an infinite value lies, a cross on the axis for one that is not a number. */
function drawOdd({ ctx, height }: PlotArea, x: number, y: number): void {
  if (Number.isFinite(y) || !Number.isFinite(x)) return;
  const r = 4;
  ctx.beginPath();
  if (Number.isNaN(y)) {
    const [top, bottom] = [height - 2 * r, height];
    ctx.lineWidth = 1.5;
    ctx.moveTo(x - r, top);
    ctx.lineTo(x + r, bottom);
    ctx.moveTo(x + r, top);
    ctx.lineTo(x - r, bottom);
    ctx.stroke();
  } else {
    const [edge, inside] = y > 0 ? [0, 2 * r] : [height, height - 2 * r];
    ctx.moveTo(x, edge);
    ctx.lineTo(x - r, inside);
    ctx.lineTo(x + r, inside);
    ctx.fill();
  }
}

function tracePath({ ctx, px, py }: PlotArea, { x, y }: ChartLine, count: number): void {
  ctx.beginPath();
  let connected = false;
  for (let i = 0; i < count; i += 1) {
    const a = px(x[i]!);
    const b = py(y[i]!);
    // A value that is not a number is a gap, which the line does not bridge.
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      connected = false;
      continue;
    }
    if (connected) ctx.lineTo(a, b);
    else {
      ctx.moveTo(a, b);
      // A point between two gaps would leave nothing to see.
      if (i + 1 >= count || !Number.isFinite(py(y[i + 1]!))) ctx.arc(a, b, 0.5, 0, FULL_CIRCLE);
    }
    connected = true;
  }
}

/** The band around a line, in pieces where it has gaps. */
function drawBand(
  { ctx, px, py }: PlotArea,
  { x, y, faint }: ChartLine,
  band: ArrayLike<number>,
  count: number,
): void {
  const before = ctx.globalAlpha;
  ctx.globalAlpha = faint ? 0.05 : 0.16;
  let piece: number[] = [];
  const draw = (): void => {
    const edge = (side: 1 | -1) =>
      piece.map((i) => [px(x[i]!), py(y[i]! + side * band[i]!)] as const);
    ctx.beginPath();
    [...edge(1), ...edge(-1).reverse()].forEach(([a, b], n) =>
      n ? ctx.lineTo(a, b) : ctx.moveTo(a, b),
    );
    if (piece.length > 1) ctx.fill();
    piece = [];
  };
  for (let i = 0; i < count; i += 1) {
    const ends = [py(y[i]! + band[i]!), py(y[i]! - band[i]!), px(x[i]!)];
    if (ends.every(Number.isFinite)) piece.push(i);
    else draw();
  }
  draw();
  ctx.globalAlpha = before;
}

function drawBars(
  { ctx, px, py, height }: PlotArea,
  { x, y, base = 0 }: ChartLine,
  right: ArrayLike<number>,
): void {
  const floor = Number.isFinite(py(base)) ? py(base) : height;
  for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
    const a = px(x[i]!);
    const width = px(right[i]!) - a;
    const top = py(y[i]!);
    if (!Number.isFinite(a) || !Number.isFinite(width) || !Number.isFinite(top)) continue;
    // A thin gap keeps neighbours apart where there is room for one.
    const gap = width > 5 ? 1 : 0;
    ctx.fillRect(a, Math.min(top, floor), Math.max(1, width - gap), Math.abs(floor - top));
  }
}

/** A point of a line, in pixels. */
export interface Found {
  line: ChartLine;
  index: number;
  x: number;
  y: number;
}

/** As far from the others as this a point is not listed with them (pixels of the page). */
const APART = 24;

/**
 * Of each line with a label the point at a place of the x axis, the nearest of all first; of lines that come by several times, and of
 * points without a line, the one that is nearest in height too. Over a bar is all of its column.
 */
export function pointsAt(
  area: PlotArea,
  lines: ChartLine[],
  aim: { x: number; y: number | null },
): Found[] {
  const labelled = lines.filter(({ label, dots }) => label !== undefined && !dots);
  const found = labelled.flatMap((line) => nearest(area, line, aim) ?? []);
  const away = ({ x }: Found) => Math.abs(x - aim.x);
  const first = found.reduce<Found | null>(
    (best, each) => (best && away(best) <= away(each) ? best : each),
    null,
  );
  if (!first) return [];
  // Each line at the place of the point that was found, and not of the pointer.
  const others = found.filter(({ x, line }) => line.bars || Math.abs(x - first.x) <= APART);
  return [first, ...others.filter((each) => each !== first)];
}

function nearest(
  { px, py }: PlotArea,
  line: ChartLine,
  aim: { x: number; y: number | null },
): Found | null {
  let best: Found | null = null;
  let least = Infinity;
  const count = Math.min(line.x.length, line.y.length);
  const scattered = line.width === 0;
  for (let index = 0; index < count; index += 1) {
    const left = px(line.x[index]!);
    const y = py(line.y[index]!);
    if (line.bars) {
      const right = px(line.bars[index]!);
      if (aim.x >= left && aim.x < right) return { line, index, x: (left + right) / 2, y };
      continue;
    }
    if (!Number.isFinite(left)) continue;
    const across = Math.abs(left - aim.x);
    const up = aim.y === null || !Number.isFinite(y) ? 0 : Math.abs(y - aim.y);
    const distance = scattered ? across + up : Math.round(across) * 1e5 + up;
    if (distance >= least || (scattered && distance > 2 * APART)) continue;
    least = distance;
    best = { line, index, x: left, y };
  }
  return best;
}

// A line of a chart, and how it is drawn: as a line, as bars, with marks or as dots.

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
  /** What is under the line hides what is behind it. */
  fill?: boolean;
}

/** Where lines are drawn: from values to pixels of a canvas, in the colours that are in force. */
export interface PlotArea {
  ctx: CanvasRenderingContext2D;
  px: (value: number) => number;
  py: (value: number) => number;
  /** Pixels of the canvas for one of the page. */
  ratio: number;
  colours: Colours;
}

const FULL_CIRCLE = 2 * Math.PI;

function dot({ ctx }: PlotArea, x: number, y: number, radius: number): void {
  if (!Number.isFinite(x) || !Number.isFinite(y)) return;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, FULL_CIRCLE);
  ctx.fill();
}

/** @param many how many lines are drawn beside it: few faint lines would be lost, many would be a cloud. */
export function drawLine(area: PlotArea, line: ChartLine, many: number): void {
  const { ctx, px, py, ratio, colours } = area;
  const { lines, faint, dark } = colours;
  const { x, y } = line;
  ctx.strokeStyle =
    line.colour === undefined ? faint : (lines[line.colour % lines.length] ?? faint);
  ctx.fillStyle = ctx.strokeStyle;
  ctx.globalAlpha = line.faint ? (dark ? 0.24 : 0.18) + 0.25 * Math.max(0, 1 - many / 24) : 1;
  ctx.lineWidth = (line.width ?? (line.faint ? 1 : 2)) * ratio;
  ctx.lineJoin = "round";
  ctx.setLineDash((line.dash ?? []).map((length) => length * ratio));
  const count = Math.min(x.length, y.length);
  if (line.dots) for (const i of line.dots) dot(area, px(x[i]!), py(y[i]!), 4 * ratio);
  else if (line.bars) drawBars(area, line, line.bars);
  else {
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
      for (let i = 0; i < count; i += 1)
        dot(area, px(x[i]!), py(y[i]!), (x.length > 400 ? 2 : 3) * ratio);
  }
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
}

function tracePath({ ctx, px, py, ratio }: PlotArea, { x, y }: ChartLine, count: number): void {
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
      if (i + 1 >= count || !Number.isFinite(py(y[i + 1]!)))
        ctx.arc(a, b, 0.5 * ratio, 0, FULL_CIRCLE);
    }
    connected = true;
  }
}

function drawBars(
  { ctx, px, py, ratio }: PlotArea,
  { x, y, base = 0 }: ChartLine,
  right: ArrayLike<number>,
): void {
  const floor = Number.isFinite(py(base)) ? py(base) : ctx.canvas.height;
  for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
    const a = px(x[i]!);
    const width = px(right[i]!) - a;
    const top = py(y[i]!);
    if (!Number.isFinite(a) || !Number.isFinite(width) || !Number.isFinite(top)) continue;
    // A thin gap keeps neighbours apart where there is room for one.
    const gap = width > 5 * ratio ? ratio : 0;
    ctx.fillRect(a, Math.min(top, floor), Math.max(1, width - gap), Math.abs(floor - top));
  }
}

/** A point of a line near the pointer, in pixels of the canvas. */
export interface Found {
  line: ChartLine;
  index: number;
  x: number;
  y: number;
}

/** The point nearest to a place, if there is one near; over a bar is all of its column. */
export function nearestPoint(
  { px, py, ratio }: PlotArea,
  lines: ChartLine[],
  aim: { x: number; y: number },
): Found | null {
  let best: Found | null = null;
  let near = (48 * ratio) ** 2;
  for (const line of lines) {
    if (line.dots || line.label === undefined) continue;
    const count = Math.min(line.x.length, line.y.length);
    for (let index = 0; index < count; index += 1) {
      const left = px(line.x[index]!);
      const y = py(line.y[index]!);
      if (line.bars) {
        const right = px(line.bars[index]!);
        if (aim.x < left || aim.x >= right) continue;
        near = 0;
        best = { line, index, x: (left + right) / 2, y };
        continue;
      }
      const distance = (left - aim.x) ** 2 + (y - aim.y) ** 2;
      if (distance < near) {
        near = distance;
        best = { line, index, x: left, y };
      }
    }
  }
  return best;
}

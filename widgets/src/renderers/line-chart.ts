// Lines on axes. uPlot has the axes, scales and zoom; the lines themselves are ours, because each has its own x and the
// current step has to be redrawn without the rest.

import uPlot from "uplot";
import { h, put } from "../dom/dom";
import * as format from "../model/format";
import { colours, type Colours } from "../dom/theme";

export interface Line {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** A number in the palette. */
  colour?: number;
  faint?: boolean;
  width?: number;
  dash?: number[];
  label?: string;
  /** Draw only points at these indexes as dots. */
  dots?: number[];
  /** Draw bars: from `x` to these, from `base` to `y`. */
  bars?: ArrayLike<number>;
  base?: number;
  /** A mark at every point. */
  marks?: boolean;
  /** What is under the line hides what is behind it. */
  fill?: boolean;
}

export interface Axes {
  xLabel: string;
  yLabel: string;
  x: [number, number];
  y: [number, number];
  xLog?: boolean;
  yLog?: boolean;
  xTime?: boolean;
  /** What is drawn stands on the lower end of the y axis: no air below it. */
  floor?: boolean;
  /** Another height than the usual one, in pixels. */
  height?: number;
  /** What to write at a place of an axis instead of its number. */
  xWords?: (value: number) => string;
  yWords?: (value: number) => string;
}

export type Range = [number, number];

/** The lowest and the highest finite number, of the positive ones for a logarithmic axis; without any, Infinity and -Infinity. */
export function extent(values: ArrayLike<number>, positive = false): Range {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i]!;
    if (!Number.isFinite(value) || (positive && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** A little air around the data; never an empty range. */
export function roomy([low, high]: Range, log = false): Range {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return log ? [1, 10] : [0, 1];
  if (log) {
    const from = low > 0 ? low : high > 0 ? high / 1e3 : 1;
    return from < high ? [from / 1.15, high * 1.15] : [from / 2, from * 2];
  }
  if (low === high) {
    const pad = Math.abs(low) * 0.1 || 1;
    return [low - pad, high + pad];
  }
  const air = (high - low) * 0.04;
  return [low - air, high + air];
}

export class Lines {
  private plot: uPlot | null = null;
  private back: Line[] = [];
  private front: Line[] = [];
  private zoom: { x: Range; y: Range } | null = null;
  private readonly overlay = h("canvas", { class: "jt-overlay" });
  private readonly tip = h("div", { class: "jt-tip" });
  private readonly watcher: ResizeObserver | null;
  private look: Colours;
  private hover: { x: number; y: number } | null = null;
  private readonly frameElement: HTMLElement;
  private queued = 0;

  constructor(
    private readonly host: HTMLElement,
    private axes: Axes,
    private readonly usual = 300,
  ) {
    this.frameElement = h("div", { class: "jt-chart", role: "img" });
    host.append(this.frameElement);
    this.look = colours(host);
    this.tip.hidden = true;
    this.watcher =
      typeof ResizeObserver === "function" ? new ResizeObserver(() => this.resize()) : null;
    this.watcher?.observe(this.frameElement);
    this.build();
  }

  describe(words: string): void {
    this.frameElement.setAttribute("aria-label", words);
  }

  setAxes(axes: Axes, keepZoom = false): void {
    this.axes = axes;
    if (!keepZoom) this.zoom = null;
    this.build();
  }

  /** Lines that stay: drawn once, beneath. */
  setBack(lines: Line[]): void {
    this.back = lines;
    this.plot?.redraw(false);
  }

  /** The lines of the current step. */
  setFront(lines: Line[]): void {
    this.front = lines;
    this.paint();
  }

  /** Colours may have changed. */
  restyle(): void {
    const look = colours(this.host);
    if (look.text !== this.look.text || look.background !== this.look.background) {
      this.look = look;
      this.build();
    }
  }

  destroy(): void {
    cancelAnimationFrame(this.queued);
    this.watcher?.disconnect();
    this.plot?.destroy();
    this.plot = null;
    this.frameElement.remove();
  }

  private get height(): number {
    return this.axes.height ?? this.usual;
  }
  private get width(): number {
    return Math.max(200, Math.floor(this.frameElement.clientWidth || 480));
  }

  private ranges(): { x: Range; y: Range } {
    if (this.zoom) return this.zoom;
    const y = roomy(this.axes.y, this.axes.yLog);
    return {
      x: roomy(this.axes.x, this.axes.xLog),
      y: this.axes.floor ? [this.axes.y[0], y[1]] : y,
    };
  }

  private build(): void {
    this.plot?.destroy();
    const { axes, look } = this;
    const font = "12px system-ui, sans-serif";
    const axis = (label: string, size: number): uPlot.Axis => ({
      label,
      labelSize: 20,
      labelFont: font,
      font,
      size,
      stroke: look.faint,
      labelGap: 2,
      grid: { stroke: look.grid, width: 1 },
      ticks: { stroke: look.grid, width: 1, size: 5 },
    });
    const values =
      (words: ((value: number) => string) | undefined) => (_: uPlot, marks: (number | null)[]) =>
        marks.map((v) =>
          v === null ? "" : words ? words(v) : format.number(Number(v.toPrecision(10))),
        );
    const { x } = this.ranges();
    const options: uPlot.Options = {
      width: this.width,
      height: this.height,
      legend: { show: false },
      padding: [10, 14, 0, 0],
      cursor: {
        drag: { x: true, y: true, uni: 24, setScale: false },
        points: { show: false },
        x: false,
        y: false,
      },
      scales: {
        x: {
          time: axes.xTime ?? false,
          auto: false,
          distr: axes.xLog ? 3 : 1,
          range: () => this.ranges().x,
        },
        y: { auto: false, distr: axes.yLog ? 3 : 1, range: () => this.ranges().y },
      },
      axes: [
        { ...axis(axes.xLabel, 34), ...(axes.xTime ? {} : { values: values(axes.xWords) }) },
        {
          ...axis(axes.yLabel, 58),
          values: values(axes.yWords),
          size: (plot, marks) => this.gutter(plot, marks, font),
        },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        drawClear: [(plot) => this.paintBack(plot)],
        draw: [() => this.paint()],
        setSelect: [(plot) => this.select(plot)],
      },
    };
    this.plot = new uPlot(
      options,
      [
        [x[0], x[1]],
        [null, null],
      ] as uPlot.AlignedData,
      this.frameElement,
    );
    this.plot.over.append(this.overlay, this.tip);
    this.plot.over.addEventListener("mousemove", (event) =>
      this.point(event.offsetX, event.offsetY),
    );
    this.plot.over.addEventListener("mouseleave", () => this.point(null, null));
    this.plot.over.addEventListener(
      "dblclick",
      (event) => {
        event.stopPropagation();
        this.setZoom(null);
      },
      true,
    );
    this.paint();
  }

  /** The y axis is as wide as its longest label. */
  private gutter(plot: uPlot, marks: string[] | null, font: string): number {
    if (!marks?.length) return 46;
    plot.ctx.save();
    plot.ctx.font = font;
    const widest = Math.max(...marks.map((m) => plot.ctx.measureText(m).width));
    plot.ctx.restore();
    return Math.ceil(widest) + 18;
  }

  private resize(): void {
    const { plot } = this;
    if (plot && (plot.width !== this.width || plot.height !== this.height))
      plot.setSize({ width: this.width, height: this.height });
  }

  private select(plot: uPlot): void {
    const { left, top, width, height } = plot.select;
    if (width < 4 && height < 4) return;
    const now = this.ranges();
    const x: Range =
      width < 4 ? now.x : [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    const y: Range =
      height < 4 || height >= plot.over.clientHeight - 1
        ? now.y
        : [plot.posToVal(top + height, "y"), plot.posToVal(top, "y")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.setZoom({ x, y });
  }

  private setZoom(zoom: { x: Range; y: Range } | null): void {
    this.zoom = zoom;
    const { x, y } = this.ranges();
    this.plot?.batch(() => {
      this.plot?.setScale("x", { min: x[0], max: x[1] });
      this.plot?.setScale("y", { min: y[0], max: y[1] });
    });
  }

  /** From values to pixels of the plotting area, for a given size. */
  private scale(
    width: number,
    height: number,
  ): { px: (v: number) => number; py: (v: number) => number } {
    const { x, y } =
      this.plot?.scales.x?.min != null
        ? {
            x: [this.plot.scales.x!.min!, this.plot.scales.x!.max!] as Range,
            y: [this.plot.scales.y!.min!, this.plot.scales.y!.max!] as Range,
          }
        : this.ranges();
    const along = ([low, high]: Range, size: number, log: boolean | undefined) => {
      if (!log) {
        const k = size / (high - low);
        return (v: number) => (v - low) * k;
      }
      const from = Math.log10(low);
      const k = size / (Math.log10(high) - from);
      return (v: number) => (v > 0 ? (Math.log10(v) - from) * k : NaN);
    };
    const px = along(x, width, this.axes.xLog);
    const up = along(y, height, this.axes.yLog);
    return { px, py: (v) => height - up(v) };
  }

  private paintBack(plot: uPlot): void {
    const { left, top, width, height } = plot.bbox;
    const { ctx } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    ctx.translate(left, top);
    const ratio = devicePixelRatio || 1;
    const { px, py } = this.scale(width, height);
    for (const line of this.back) this.stroke(ctx, line, px, py, ratio);
    ctx.restore();
  }

  private paint(): void {
    const { plot } = this;
    if (!plot) return;
    const ratio = devicePixelRatio || 1;
    const width = Math.round(plot.bbox.width);
    const height = Math.round(plot.bbox.height);
    if (this.overlay.width !== width || this.overlay.height !== height) {
      this.overlay.width = width;
      this.overlay.height = height;
      this.overlay.style.width = `${width / ratio}px`;
      this.overlay.style.height = `${height / ratio}px`;
    }
    const ctx = this.overlay.getContext("2d");
    if (!ctx) return;
    ctx.clearRect(0, 0, width, height);
    const { px, py } = this.scale(width, height);
    for (const line of this.front) this.stroke(ctx, line, px, py, ratio);
    this.paintHover(ctx, px, py, ratio);
  }

  private stroke(
    ctx: CanvasRenderingContext2D,
    line: Line,
    px: (v: number) => number,
    py: (v: number) => number,
    ratio: number,
  ): void {
    const { x, y } = line;
    const { lines, faint } = this.look;
    ctx.strokeStyle =
      line.colour === undefined ? faint : (lines[line.colour % lines.length] ?? faint);
    ctx.fillStyle = ctx.strokeStyle;
    // Few faint lines would be lost; many would be a cloud.
    ctx.globalAlpha = line.faint
      ? (this.look.dark ? 0.24 : 0.18) + 0.25 * Math.max(0, 1 - this.back.length / 24)
      : 1;
    ctx.lineWidth = (line.width ?? (line.faint ? 1 : 2)) * ratio;
    ctx.lineJoin = "round";
    ctx.setLineDash((line.dash ?? []).map((d) => d * ratio));
    const n = Math.min(x.length, y.length);
    if (line.bars) this.blocks(ctx, line, line.bars, px, py, ratio);
    else if (!line.dots) {
      ctx.beginPath();
      let pen = false;
      let alone = false;
      for (let i = 0; i < n; i += 1) {
        const a = px(x[i]!);
        const b = py(y[i]!);
        // A value that is not a number is a gap, not a bridge.
        if (!Number.isFinite(a) || !Number.isFinite(b)) {
          pen = false;
          continue;
        }
        if (pen) {
          ctx.lineTo(a, b);
          alone = false;
        } else {
          ctx.moveTo(a, b);
          alone = i + 1 >= n || !Number.isFinite(py(y[i + 1]!));
          if (alone) ctx.arc(a, b, 0.5 * ratio, 0, 6.3);
        }
        pen = true;
      }
      if (line.fill) {
        ctx.fillStyle = this.look.background;
        ctx.fill();
        ctx.fillStyle = ctx.strokeStyle;
        ctx.globalAlpha = line.colour === undefined ? 0.1 : 0.35;
        ctx.fill();
        ctx.globalAlpha = 1;
      }
      if (line.width !== 0) ctx.stroke();
      if (line.marks) this.marks(ctx, line, px, py, ratio);
    } else {
      for (const i of line.dots) {
        const a = px(x[i]!);
        const b = py(y[i]!);
        if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
        ctx.beginPath();
        ctx.arc(a, b, 4 * ratio, 0, 6.3);
        ctx.fill();
      }
    }
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }

  private marks(
    ctx: CanvasRenderingContext2D,
    { x, y }: Line,
    px: (v: number) => number,
    py: (v: number) => number,
    ratio: number,
  ): void {
    const size = (x.length > 400 ? 2 : 3) * ratio;
    for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
      ctx.beginPath();
      ctx.arc(px(x[i]!), py(y[i]!), size, 0, 6.3);
      ctx.fill();
    }
  }

  private blocks(
    ctx: CanvasRenderingContext2D,
    { x, y, base = 0 }: Line,
    right: ArrayLike<number>,
    px: (v: number) => number,
    py: (v: number) => number,
    ratio: number,
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

  private point(x: number | null, y: number | null): void {
    this.hover = x === null || y === null ? null : { x, y };
    cancelAnimationFrame(this.queued);
    this.queued = requestAnimationFrame(() => this.paint());
  }

  /** The point nearest to the pointer: a dot on the line and its values beside. */
  private paintHover(
    ctx: CanvasRenderingContext2D,
    px: (v: number) => number,
    py: (v: number) => number,
    ratio: number,
  ): void {
    if (!this.hover) {
      this.tip.hidden = true;
      return;
    }
    const aim = { x: this.hover.x * ratio, y: this.hover.y * ratio };
    let best: { line: Line; i: number; a: number; b: number } | null = null;
    let near = (48 * ratio) ** 2;
    for (const line of this.front) {
      if (line.dots || line.label === undefined) continue;
      const n = Math.min(line.x.length, line.y.length);
      for (let i = 0; i < n; i += 1) {
        const a = line.bars ? (px(line.x[i]!) + px(line.bars[i]!)) / 2 : px(line.x[i]!);
        const b = py(line.y[i]!);
        if (line.bars) {
          // Over a bar is all of its column.
          if (aim.x >= px(line.x[i]!) && aim.x < px(line.bars[i]!)) {
            near = 0;
            best = { line, i, a, b };
          }
          continue;
        }
        const d = (a - aim.x) ** 2 + (b - aim.y) ** 2;
        if (d < near) {
          near = d;
          best = { line, i, a, b };
        }
      }
    }
    if (!best) {
      this.tip.hidden = true;
      return;
    }
    ctx.fillStyle = this.look.lines[(best.line.colour ?? 0) % this.look.lines.length]!;
    ctx.beginPath();
    if (!best.line.bars) ctx.arc(best.a, best.b, 4.5 * ratio, 0, 6.3);
    ctx.fill();
    const xv = best.line.x[best.i]!;
    const { xWords } = this.axes;
    const number =
      best.line.bars && !xWords
        ? `${format.number(xv)} to ${format.number(best.line.bars[best.i]!)}`
        : format.number(xv);
    const where = this.axes.xTime
      ? format.time(xv * 1e6)
      : xWords
        ? xWords(Math.round(best.line.bars ? (xv + best.line.bars[best.i]!) / 2 : xv))
        : number;
    put(
      this.tip,
      h("b", {}, best.line.label || this.axes.yLabel),
      h("span", {}, `${this.axes.xLabel} ${where}`),
      h("span", {}, `${this.axes.yLabel} ${format.number(best.line.y[best.i]!)}`),
    );
    this.tip.hidden = false;
    const left = best.a / ratio;
    const flip = left > this.overlay.clientWidth * 0.6;
    this.tip.style.left = flip ? "auto" : `${left + 12}px`;
    this.tip.style.right = flip ? `${this.overlay.clientWidth - left + 12}px` : "auto";
    this.tip.style.top = `${Math.min(best.b / ratio, this.overlay.clientHeight - 54)}px`;
  }
}

// Lines on axes, with zoom and the nearest point's values. There are two canvases, so that a step change draws only the lines of the step.

import { h, put, watchSize } from "../dom/dom";
import { colours, type Colours } from "../dom/theme";
import * as format from "../model/format";
import { marksOf, roomy, toPixels, valueAt, type Axes, type Mark, type Range } from "./axes";
import { drawLine, nearestPoint, type Found, type PlotArea, type ChartLine } from "./chart-line";

interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}
interface Ranges {
  x: Range;
  y: Range;
}

const FONT = "12px system-ui, sans-serif";
const LINE_HEIGHT = 15;
/** Pixels around the lines: above and to the right for half a label; below for two lines of labels and the axis' name. */
const MARGIN = { top: 10, right: 14, bottom: 54, name: 20, labels: 46 };
/** Pixels that a mark needs at least. */
const ROOM = { x: 50, y: 30 };
const TICK = 5;
/** A drag that is shorter than this in one direction zooms in the other alone. */
const STRAIGHT = 24;
const CLICK = 4;

export class LineChart {
  private back: ChartLine[] = [];
  private front: ChartLine[] = [];
  private zoom: Ranges | null = null;
  private readonly element = h("div", { class: "jt-chart", role: "img" });
  private readonly base = h("canvas", { style: "display:block" });
  private readonly overlay = h("canvas", { class: "jt-overlay" });
  private readonly tip = h("div", { class: "jt-tip" });
  private readonly selection = h("div", { class: "jt-selection" });
  /** Is as large as the plotting area, and takes the pointer. */
  private readonly plot = h("div", { class: "jt-plot" }, this.overlay, this.selection, this.tip);
  private readonly stopWatchingSize: () => void;
  private look: Colours;
  private area: Area = { left: 0, top: 0, width: 0, height: 0 };
  private pointer: { x: number; y: number } | null = null;
  private dragged: { x: number; y: number } | null = null;
  private hovering = 0;
  private baseIsStale = false;
  private scheduled = false;

  /**
   * @param usual the height in pixels, unless the axes have another.
   * @param zoomed is called when someone has zoomed, or has gone back to all.
   */
  constructor(
    private readonly container: HTMLElement,
    private axes: Axes,
    private readonly usual = 300,
    private readonly zoomed: () => void = () => undefined,
  ) {
    this.element.append(this.base, this.plot);
    container.append(this.element);
    this.look = colours(container);
    this.tip.hidden = this.selection.hidden = true;
    this.listen();
    this.stopWatchingSize = watchSize(this.element, () => this.resize());
    this.schedule(true);
  }

  describe(words: string): void {
    this.element.setAttribute("aria-label", words);
  }

  setAxes(axes: Axes, keepZoom = false): void {
    this.axes = axes;
    if (!keepZoom) this.zoom = null;
    this.schedule(true);
  }

  /** What is zoomed to on the x axis, and how many pixels of the canvas that is. */
  get zoomedTo(): { x: Range; pixels: number } | null {
    const pixels = Math.round(this.area.width * (devicePixelRatio || 1));
    return this.zoom && { x: this.zoom.x, pixels };
  }

  /** Lines that stay: drawn once, beneath. */
  setBack(lines: ChartLine[]): void {
    this.back = lines;
    this.schedule(true);
  }

  /** The lines of the current step. */
  setFront(lines: ChartLine[]): void {
    this.front = lines;
    this.schedule(false);
  }

  /** Colours may have changed. */
  restyle(): void {
    const look = colours(this.container);
    if (look.text === this.look.text && look.background === this.look.background) return;
    this.look = look;
    this.schedule(true);
  }

  destroy(): void {
    cancelAnimationFrame(this.hovering);
    this.stopWatchingSize();
    this.element.remove();
  }

  /** Draw once after all that is set now, `all` with axes and the lines that stay. */
  private schedule(all: boolean): void {
    this.baseIsStale ||= all;
    if (this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (this.baseIsStale) this.paintBase();
      this.baseIsStale = false;
      this.paintFront();
    });
  }

  private get height(): number {
    return this.axes.height ?? this.usual;
  }
  private get width(): number {
    return Math.max(200, Math.floor(this.element.clientWidth || 480));
  }

  private ranges(): Ranges {
    if (this.zoom) return this.zoom;
    const { axes } = this;
    const y = roomy(axes.y, axes.yLog);
    return { x: roomy(axes.x, axes.xLog), y: axes.floor ? [axes.y[0], y[1]] : y };
  }

  private resize(): void {
    const ratio = devicePixelRatio || 1;
    const { width, height } = this.base;
    if (width !== Math.round(this.width * ratio) || height !== Math.round(this.height * ratio))
      this.schedule(true);
  }

  private plotArea(ctx: CanvasRenderingContext2D, ratio: number): PlotArea {
    const { x, y } = this.ranges();
    const height = this.area.height * ratio;
    const px = toPixels(x, this.area.width * ratio, this.axes.xLog);
    const up = toPixels(y, height, this.axes.yLog);
    return { ctx, px, py: (value) => height - up(value), ratio, colours: this.look };
  }

  private paintBase(): void {
    const { axes, base, width, height } = this;
    const ratio = devicePixelRatio || 1;
    base.width = Math.round(width * ratio);
    base.height = Math.round(height * ratio);
    base.style.width = `${width}px`;
    base.style.height = `${height}px`;
    const ctx = base.getContext("2d");
    if (!ctx) return;
    ctx.scale(ratio, ratio);
    ctx.font = FONT;
    const ranges = this.ranges();
    const inner = height - MARGIN.top - MARGIN.bottom;
    const yMarks = marksOf(ranges.y, inner / ROOM.y, { log: axes.yLog, words: axes.yWords });
    // The y axis is as wide as its longest label.
    const widest = Math.max(0, ...yMarks.map(({ label }) => ctx.measureText(label).width));
    const left = MARGIN.name + (yMarks.length ? Math.ceil(widest) + 18 : MARGIN.labels);
    this.area = { left, top: MARGIN.top, width: width - left - MARGIN.right, height: inner };
    const xMarks = marksOf(ranges.x, this.area.width / ROOM.x, {
      log: axes.xLog,
      time: axes.xTime,
      words: axes.xWords,
    });
    this.paintAxes(ctx, xMarks, yMarks);
    ctx.setTransform(1, 0, 0, 1, left * ratio, MARGIN.top * ratio);
    ctx.beginPath();
    ctx.rect(0, 0, this.area.width * ratio, inner * ratio);
    ctx.clip();
    const plotArea = this.plotArea(ctx, ratio);
    for (const line of this.back) drawLine(plotArea, line, this.back.length);
  }

  private paintAxes(ctx: CanvasRenderingContext2D, xMarks: Mark[], yMarks: Mark[]): void {
    const { left, top, width, height } = this.area;
    const { px, py } = this.plotArea(ctx, 1);
    const bottom = top + height;
    ctx.strokeStyle = this.look.grid;
    ctx.fillStyle = this.look.faint;
    ctx.lineWidth = 1;
    ctx.beginPath();
    // A line of one pixel is sharp between two whole coordinates.
    for (const { at, label } of xMarks) {
      const x = Math.round(left + px(at)) + 0.5;
      ctx.moveTo(x, top);
      ctx.lineTo(x, bottom + (label ? TICK : 0));
    }
    for (const { at, label } of yMarks) {
      const y = Math.round(top + py(at)) + 0.5;
      ctx.moveTo(left - (label ? TICK : 0), y);
      ctx.lineTo(left + width, y);
    }
    ctx.stroke();
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    /** How far each line of labels is written. */
    const written: number[] = [];
    for (const { at, label } of xMarks.filter(({ label }) => label)) {
      label.split("\n").forEach((line, n) => {
        const half = ctx.measureText(line).width / 2;
        // A label at the end of the axis stays within the chart; one that would lie over the one before is left out.
        const x = Math.max(half, Math.min(this.width - half, left + px(at)));
        if (x - half < (written[n] ?? -Infinity)) return;
        written[n] = x + half + 6;
        ctx.fillText(line, x, bottom + 10 + n * LINE_HEIGHT);
      });
    }
    ctx.fillText(this.axes.xLabel, left + width / 2, this.height - LINE_HEIGHT);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const { at, label } of yMarks) ctx.fillText(label, left - 10, top + py(at));
    ctx.save();
    ctx.translate(MARGIN.name / 2, top + height / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "center";
    ctx.fillText(this.axes.yLabel, 0, 0);
    ctx.restore();
  }

  private paintFront(): void {
    const { area, overlay, plot } = this;
    const ratio = devicePixelRatio || 1;
    const width = Math.round(area.width * ratio);
    const height = Math.round(area.height * ratio);
    if (overlay.width !== width || overlay.height !== height) {
      overlay.width = width;
      overlay.height = height;
    }
    for (const [name, value] of Object.entries(area)) plot.style.setProperty(name, `${value}px`);
    overlay.style.width = `${area.width}px`;
    overlay.style.height = `${area.height}px`;
    const ctx = overlay.getContext("2d");
    if (!ctx) return;
    ctx.clearRect(0, 0, width, height);
    const plotArea = this.plotArea(ctx, ratio);
    for (const line of this.front) drawLine(plotArea, line, this.front.length);
    const { pointer } = this;
    const aim = pointer && { x: pointer.x * ratio, y: pointer.y * ratio };
    this.paintFound(plotArea, aim && nearestPoint(plotArea, this.front, aim));
  }

  /** A dot on the point nearest to the pointer, and its values beside. */
  private paintFound({ ctx, ratio }: PlotArea, found: Found | null): void {
    this.tip.hidden = !found;
    if (!found) return;
    const { axes, area, tip } = this;
    const { line, index } = found;
    const { lines } = this.look;
    if (!line.bars) {
      ctx.fillStyle = lines[(line.colour ?? 0) % lines.length]!;
      ctx.beginPath();
      ctx.arc(found.x, found.y, 4.5 * ratio, 0, 2 * Math.PI);
      ctx.fill();
    }
    const from = line.x[index]!;
    const to = line.bars?.[index] ?? from;
    const where = axes.xTime
      ? format.time(from * 1e6)
      : axes.xWords
        ? axes.xWords(Math.round((from + to) / 2))
        : line.bars
          ? `${format.number(from)} to ${format.number(to)}`
          : format.number(from);
    put(
      tip,
      h("b", {}, line.label || axes.yLabel),
      h("span", {}, `${axes.xLabel} ${where}`),
      h("span", {}, `${axes.yLabel} ${format.number(line.y[index]!)}`),
    );
    const left = found.x / ratio;
    const flip = left > area.width * 0.6;
    tip.style.left = flip ? "auto" : `${left + 12}px`;
    tip.style.right = flip ? `${area.width - left + 12}px` : "auto";
    tip.style.top = `${Math.min(found.y / ratio, area.height - 54)}px`;
  }

  private listen(): void {
    const { plot } = this;
    plot.addEventListener("pointerdown", (event) => {
      // A finger scrolls the page.
      if (event.pointerType === "touch" || event.button !== 0) return;
      this.dragged = this.placeOf(event);
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      this.pointer = this.placeOf(event);
      if (this.dragged) this.showSelection();
      this.paintSoon();
    });
    plot.addEventListener("pointerup", (event) => {
      this.pointer = this.placeOf(event);
      const selected = this.selected();
      this.stopDragging();
      if (selected) this.zoomTo(selected);
    });
    plot.addEventListener("pointercancel", () => this.stopDragging());
    plot.addEventListener("pointerleave", () => {
      this.pointer = null;
      this.paintSoon();
    });
    plot.addEventListener("dblclick", (event) => {
      event.stopPropagation();
      this.zoom = null;
      this.schedule(true);
      this.zoomed();
    });
  }

  private placeOf({ clientX, clientY }: MouseEvent): { x: number; y: number } {
    const box = this.plot.getBoundingClientRect();
    return {
      x: Math.max(0, Math.min(this.area.width, clientX - box.left)),
      y: Math.max(0, Math.min(this.area.height, clientY - box.top)),
    };
  }

  private paintSoon(): void {
    cancelAnimationFrame(this.hovering);
    this.hovering = requestAnimationFrame(() => this.paintFront());
  }

  /** What was dragged over; the whole height or width when the drag was straight. */
  private selected(): Area | null {
    const { area, dragged: from, pointer: to } = this;
    if (!from || !to) return null;
    const width = Math.abs(to.x - from.x);
    const height = Math.abs(to.y - from.y);
    if (width < CLICK && height < CLICK) return null;
    const across = width >= STRAIGHT || width >= height;
    const down = height >= STRAIGHT || height > width;
    return {
      ...(across ? { left: Math.min(from.x, to.x), width } : { left: 0, width: area.width }),
      ...(down ? { top: Math.min(from.y, to.y), height } : { top: 0, height: area.height }),
    };
  }

  private showSelection(): void {
    const selected = this.selected();
    this.selection.hidden = !selected;
    for (const [name, value] of Object.entries(selected ?? {}))
      this.selection.style.setProperty(name, `${value}px`);
  }

  private stopDragging(): void {
    this.dragged = null;
    this.selection.hidden = true;
  }

  private zoomTo({ left, top, width, height }: Area): void {
    const { area, axes } = this;
    const { x, y } = this.ranges();
    const across = (pixel: number) => valueAt(x, pixel / area.width, axes.xLog);
    const up = (pixel: number) => valueAt(y, 1 - pixel / area.height, axes.yLog);
    this.zoom = { x: [across(left), across(left + width)], y: [up(top + height), up(top)] };
    this.schedule(true);
    this.zoomed();
  }
}

// Lines on axes, with zoom and the values under the pointer, which all charts of a view share. There are two canvases, so that a step
// change draws only the lines of the step.

import { sized } from "../dom/canvas";
import { h, watchSize } from "../dom/dom";
import { onpaper, PAPER } from "../dom/paper";
import { saveMenu, svgOf, type Picture, type Row } from "../dom/save";
import { SvgContext, within, type Area, type Paint } from "../dom/svg-context";
import { colours, type Colours } from "../dom/theme";
import { roomy, valueAt, type Axes, type Range } from "./axes";
import { drawLine, pointsAt, type ChartLine } from "./chart-line";
import { fontOf, layOut, paintChart, plotAreaOf, type Layout, type Ranges } from "./chart-paint";
import { tell } from "./crosshair";

/** A drag that is shorter than this in one direction zooms in the other alone. */
const STRAIGHT = 24;
const CLICK = 4;
/** A chart is as high as this share of its width, between the heights that it is given. */
const SHARE = 0.4;
/** A height that differs by less stays: a page's scroll bar, which comes with a higher chart, makes it narrower and must not go again. */
const STILL = 12;
/** Of a picture: how high the line with its title is, and one of names. */
const PICTURE = { title: 28, names: 20, pad: 10 };

/** The charts on screen, by their elements: those of one view are found through the page. */
const charts = new WeakMap<Element, LineChart>();

interface Options {
  /** The least and the most pixels, unless the axes have another height. */
  heights?: [least: number, most: number];
  /** Is called when someone has zoomed, or has gone back to all. */
  zoomed?: () => void;
  /** Is called with a place of the x axis that someone has clicked at, while all of it is seen: a second click in what is zoomed goes back. */
  clicked?: (x: number) => void;
  /** The numbers, where they are more than those of the lines. */
  rows?: () => Row[];
}
interface Place {
  x: number;
  y: number;
}

export class LineChart {
  private back: ChartLine[] = [];
  private front: ChartLine[] = [];
  private zoom: { x: Range | null; y: Range | null } = { x: null, y: null };
  private readonly base = h("canvas", { role: "img", style: "display:block" });
  private readonly overlay = h("canvas", { class: "jt-overlay" });
  private readonly tip = h("div", { class: "jt-tip" });
  private readonly selection = h("div", { class: "jt-selection" });
  private readonly empty = h("p", { class: "jt-empty" });
  private readonly reset = h(
    "button",
    { type: "button", class: "jt-button jt-words-button", onclick: () => this.zoomOut() },
    "reset zoom",
  );
  /** Is as large as the plotting area, and takes the pointer. */
  private readonly plot = h(
    "div",
    { class: "jt-plot", "aria-hidden": "true" },
    this.overlay,
    this.selection,
    this.tip,
  );
  private readonly element = h("div", { class: "jt-chart" }, this.base, this.plot, this.empty);
  private readonly stopWatchingSize: () => void;
  private readonly stopPrinting: () => void;
  /** What is printed in place of the canvases. */
  private printed: SVGSVGElement | null = null;
  /** Measures words. */
  private readonly measure: Paint;
  private readonly heights: [least: number, most: number];
  private readonly zoomed: () => void;
  private readonly clicked: ((x: number) => void) | undefined;
  private look: Colours;
  private layout: Layout;
  private pointer: Place | null = null;
  /** The place of the x axis that is told, by the pointer here or over another chart, and how high the pointer is here. */
  private told: { x: number; y: number | null } | null = null;
  private dragged: Place | null = null;
  private hovering = 0;
  /** The height, unless the axes have another. */
  private usual = 0;
  /** Pixels of the canvases for one of the page. */
  private ratio = 1;
  /** How wide the element was when that changed last: asked while a step is drawn, the browser would lay out the page at once. */
  private room = 0;
  private baseIsStale = false;
  private scheduled = false;

  /** @param title what the chart shows, for its pictures and their files. */
  constructor(
    container: HTMLElement,
    private axes: Axes,
    private readonly title: () => string,
    {
      heights = [240, 320],
      zoomed = () => undefined,
      clicked,
      rows = () => this.rows(),
    }: Options = {},
  ) {
    this.clicked = clicked;
    this.heights = heights;
    this.zoomed = zoomed;
    const save = saveMenu(title, () => this.picture(), rows);
    this.element.append(h("div", { class: "jt-chart-tools" }, this.reset, save));
    container.append(this.element);
    charts.set(this.element, this);
    this.look = colours(this.element);
    this.measure = this.base.getContext("2d") ?? new SvgContext(0, 0, null);
    this.layout = this.layOut();
    this.tip.hidden = this.selection.hidden = this.reset.hidden = this.empty.hidden = true;
    this.listen();
    this.stopWatchingSize = watchSize(this.element, () => this.resize());
    this.schedule(true);
    this.stopPrinting = onpaper((printing) => this.print(printing));
  }

  describe(words: string): void {
    this.base.setAttribute("aria-label", words);
  }

  setAxes(axes: Axes, keepZoom = false): void {
    this.axes = axes;
    if (!keepZoom) this.zoom = { x: null, y: null };
    this.schedule(true);
  }

  /** What is zoomed to on the x axis, and how many pixels of the canvas that is. */
  get zoomedTo(): { x: Range; pixels: number } | null {
    const pixels = Math.round(this.layout.area.width * (devicePixelRatio || 1));
    return this.zoom.x && { x: this.zoom.x, pixels };
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
    const look = colours(this.element);
    if (look.text === this.look.text && look.background === this.look.background) return;
    this.look = look;
    this.schedule(true);
  }

  /** The chart as a picture, `titled` with a title, and the names of its lines where there are several. */
  picture(width = this.width, height = this.height, titled = true): Picture {
    const { look, axes, back, front } = this;
    const named = [...back, ...front].filter(({ label, dots }) => label && !dots);
    const layout = layOut(this.measure, look, axes, this.ranges(), back, width, height);
    const names = titled && named.length > 1 && layout.ends.length === 0 ? named : [];
    const paint = (ctx: Paint): void => {
      ctx.fillStyle = look.background;
      ctx.fillRect(0, 0, width, above + height);
      ctx.fillStyle = look.text;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      ctx.font = fontOf(look, 13, "600 ");
      if (titled) ctx.fillText(this.title(), 2, PICTURE.title / 2);
      ctx.font = fontOf(look, 12);
      names.forEach(({ label, colour = 0, dash }, n) => {
        const y = PICTURE.title + PICTURE.names * (n + 0.5);
        ctx.fillStyle = look.text;
        ctx.fillText(label!, 36, y);
        const line = { x: [2, 30], y: [y, y], colour, ...(dash ? { dash } : {}) };
        const same = (value: number) => value;
        drawLine({ ctx, px: same, py: same, colours: look, height }, line, 1);
      });
      const draw = () => paintChart(ctx, look, axes, layout, [...back, ...front]);
      within(ctx, { left: 0, top: above, width, height }, draw);
    };
    const above = titled ? PICTURE.title + PICTURE.names * names.length : 0;
    return { width, height: above + height, paint };
  }

  /** The numbers of the lines that have a name. */
  private rows(): Row[] {
    const { axes } = this;
    const named = [...this.back, ...this.front].filter(
      ({ label, dots }) => label !== undefined && !dots,
    );
    // What came in half the digits is not written in all.
    const write = (values: ArrayLike<number>, n: number) =>
      values instanceof Float32Array ? Number(values[n]!.toPrecision(7)) : values[n]!;
    return [
      ["line", axes.xLabel, axes.yLabel],
      ...named.flatMap(({ label, x, y }) =>
        Array.from(x, (_, n) => [label!, write(x, n), write(y, n)]),
      ),
    ];
  }

  destroy(): void {
    cancelAnimationFrame(this.hovering);
    this.stopWatchingSize();
    this.stopPrinting();
    this.element.remove();
  }

  /** Put the chart as it is printed into the page, or take it out. */
  private print(printing: boolean): void {
    this.printed?.remove();
    this.printed = printing ? svgOf(this.picture(PAPER, this.heightOf(PAPER), false)) : null;
    if (!this.printed) return;
    this.printed.setAttribute("class", "jt-paper");
    this.element.append(this.printed);
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
      if (this.printed) this.print(true);
    });
  }

  private get width(): number {
    return Math.max(200, Math.floor(this.room || this.element.clientWidth || 480));
  }
  private get height(): number {
    const wanted = this.heightOf(this.width);
    if (Math.abs(wanted - this.usual) > STILL) this.usual = wanted;
    return this.axes.height ?? this.usual;
  }
  private heightOf(width: number): number {
    const [least, most] = this.heights;
    return this.axes.height ?? Math.round(Math.max(least, Math.min(most, width * SHARE)));
  }

  private ranges(): Ranges {
    const { axes, zoom } = this;
    const y = roomy(axes.y, axes.yLog);
    return {
      x: zoom.x ?? roomy(axes.x, axes.xLog),
      y: zoom.y ?? (axes.floor ? [axes.y[0], y[1]] : y),
    };
  }

  private layOut(): Layout {
    const { measure, look, axes, back, width, height } = this;
    return layOut(measure, look, axes, this.ranges(), back, width, height);
  }

  private resize(): void {
    this.room = this.element.clientWidth;
    const { width, height } = this.layout;
    if (width !== this.width || height !== this.height || this.ratio !== devicePixelRatio)
      this.schedule(true);
  }

  private paintBase(): void {
    const { base, look, axes, back, empty, zoom } = this;
    this.layout = this.layOut();
    const { width, height } = this.layout;
    this.ratio = devicePixelRatio;
    const ctx = sized(base, width, height);
    this.reset.hidden = !zoom.x && !zoom.y;
    empty.hidden = !axes.empty;
    empty.textContent = axes.empty ?? "";
    if (ctx) paintChart(ctx, look, axes, this.layout, back);
  }

  private paintFront(): void {
    const { overlay, plot, look, axes, layout, front, told } = this;
    const { area } = layout;
    for (const [name, value] of Object.entries(area)) plot.style.setProperty(name, `${value}px`);
    const ctx = sized(overlay, area.width, area.height);
    if (!ctx) return;
    const plotArea = plotAreaOf(ctx, look, axes, layout);
    for (const line of front) drawLine(plotArea, line, front.length);
    const at = told && plotArea.px(told.x);
    const isHere = at !== null && at >= -1 && at <= area.width + 1 && !axes.empty;
    const found = isHere ? pointsAt(plotArea, [...this.back, ...front], { x: at, y: told!.y }) : [];
    tell(this.tip, axes, look, area, found);
    const [first] = found;
    if (!first) return;
    if (!first.line.bars) {
      const x = Math.round(first.x) + 0.5;
      drawLine({ ...plotArea, px: (value) => value }, { x: [x, x], y: layout.y, width: 1 }, 1);
    }
    for (const { line, index } of found)
      if (!line.bars) {
        const { colour = 0 } = line;
        drawLine(plotArea, { x: [line.x[index]!], y: [line.y[index]!], colour, dots: [0] }, 1);
      }
    const top = told!.y ?? 0;
    this.tip.style.top = `${Math.max(0, Math.min(top, area.height - this.tip.offsetHeight))}px`;
  }

  /** All charts of this view whose x axis is of the same: this one among them. */
  private linked(): LineChart[] {
    const { element, axes } = this;
    const view = element.closest(".jt-browser") ?? element.closest(".jt-stage");
    const found = [...(view?.querySelectorAll(".jt-chart") ?? [])].flatMap(
      (each) => charts.get(each) ?? [],
    );
    const same = found.filter(
      ({ axes: { xLabel, xTime } }) => xLabel === axes.xLabel && xTime === axes.xTime,
    );
    return same.includes(this) ? same : [this];
  }

  /** Tell the values at the pointer, in all linked charts. */
  private tellAll(): void {
    const { pointer, layout, axes } = this;
    const x = pointer && valueAt(layout.x, pointer.x / layout.area.width, axes.xLog);
    for (const chart of this.linked()) {
      chart.told = x === null ? null : { x, y: chart === this ? pointer!.y : null };
      chart.paintSoon();
    }
  }

  private listen(): void {
    const { plot } = this;
    plot.addEventListener("pointerdown", (event) => {
      // A finger scrolls the page, and is told what it touches.
      if (event.pointerType === "touch") {
        this.pointer = this.placeOf(event);
        this.tellAll();
      }
      if (event.pointerType === "touch" || event.button !== 0) return;
      this.dragged = this.placeOf(event);
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointermove", (event) => {
      this.pointer = this.placeOf(event);
      if (this.dragged) this.showSelection();
      this.tellAll();
    });
    plot.addEventListener("pointerup", (event) => {
      this.pointer = this.placeOf(event);
      const selected = this.selected();
      const pressed = this.dragged !== null;
      this.stopDragging();
      if (selected) this.zoomTo(selected);
      else if (pressed && !this.zoom.x && !this.zoom.y) {
        const { x, area } = this.layout;
        this.clicked?.(valueAt(x, this.pointer.x / area.width, this.axes.xLog));
      }
    });
    plot.addEventListener("pointercancel", () => this.stopDragging());
    plot.addEventListener("pointerleave", () => {
      this.pointer = null;
      this.tellAll();
    });
    plot.addEventListener("dblclick", (event) => {
      event.stopPropagation();
      this.zoomOut();
    });
  }

  private placeOf({ clientX, clientY }: MouseEvent): Place {
    const box = this.plot.getBoundingClientRect();
    return {
      x: Math.max(0, Math.min(this.layout.area.width, clientX - box.left)),
      y: Math.max(0, Math.min(this.layout.area.height, clientY - box.top)),
    };
  }

  private paintSoon(): void {
    cancelAnimationFrame(this.hovering);
    this.hovering = requestAnimationFrame(() => this.paintFront());
  }

  /** What was dragged over; the whole height or width when the drag was straight. */
  private selected(): Area | null {
    const { dragged: from, pointer: to } = this;
    const { area } = this.layout;
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

  /** Zoom to what was dragged over, and all linked charts to the same part of the x axis. */
  private zoomTo({ left, top, width, height }: Area): void {
    const { axes } = this;
    const { x, y, area } = this.layout;
    const across = (pixel: number) => valueAt(x, pixel / area.width, axes.xLog);
    const up = (pixel: number) => valueAt(y, 1 - pixel / area.height, axes.yLog);
    if (height < area.height) this.zoom.y = [up(top + height), up(top)];
    const range: Range = [across(left), across(left + width)];
    const also = width < area.width ? this.linked() : [this];
    for (const chart of also) chart.zoomX(width < area.width ? range : chart.zoom.x);
  }

  private zoomOut(): void {
    for (const chart of this.linked()) {
      if (chart !== this && !chart.zoom.x && !chart.zoom.y) continue;
      chart.zoom.y = null;
      chart.zoomX(null);
    }
  }

  private zoomX(range: Range | null): void {
    this.zoom.x = range;
    this.schedule(true);
    this.zoomed();
  }
}

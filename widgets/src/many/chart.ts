// A chart of many runs: painted, brushed, pointed at and walked through by keys.

import { sized } from "../dom/canvas";
import { h, keepKeys, put, say, watchSize } from "../dom/dom";
import { onpaper, PAPER } from "../dom/paper";
import { saveMenu, svgOf, type Picture, type Row } from "../dom/save";
import { SvgContext, type Paint } from "../dom/svg-context";
import { colours, ontheme, type Colours } from "../dom/theme";
import { Brush } from "./brush";
import { isWithin, type Brushed, type Scale } from "./columns";
import { Gradual } from "./gradual";
import { layOutParallel, layOutScatter, type Drawn, type Layout } from "./layout";

/** A run that is further from the pointer than this is not meant (pixels). */
const NEAR = 28;
const CLICK = 4;
/** More runs than these are painted from frame to frame, for about so long in each (ms). */
export const AT_ONCE = 600;
const FRAME = 10;
/** In less than this of it (ms), too little would be painted to be seen. */
const LEAST = 1;

export interface ChartOptions {
  kind: "scatter" | "parallel";
  title(): string;
  /** What a run is called, and what it has on the axes. */
  label(row: number): string;
  told(row: number): [name: string, value: string][];
  /** A run is opened. */
  open(row: number): void;
  /** Another part is chosen. */
  brushed(): void;
  /** Another run is pointed at; -1 for none. */
  pointed(row: number): void;
  rows(): Row[];
  /** The chart is painted, in colours that may be others than before. */
  painted(look: Colours): void;
}

export class RunsChart {
  readonly element: HTMLElement;
  /** The button that saves a picture, or the numbers, for where there is room. */
  readonly save: HTMLElement;
  /** The run that is pointed at, by pointer or key; -1 for none. */
  active = -1;
  private drawn: Drawn = { scales: [], colour: null, rows: 0 };
  private layout: Layout | null = null;
  private brushes: Brush[] = [];
  /** By the column's key and how its axis goes. */
  private readonly kept = new Map<string, Brushed>();
  private shown = new Uint8Array(0);
  private readonly base = h("canvas", { role: "img", style: "display:block" });
  private readonly overlay = h("canvas", { class: "jt-overlay" });
  private readonly tip = h("div", { class: "jt-tip", "aria-hidden": "true" });
  private readonly selection = h("div", { class: "jt-selection" });
  private readonly spoken = h("span", { class: "jt-unseen", role: "status" });
  private readonly plot: HTMLElement;
  private readonly measure: Paint;
  private look: Colours;
  private printed: SVGSVGElement | null = null;
  private waiting = 0;
  private from: [number, number] | null = null;
  /** By the positions on which axis keys go from run to run. */
  private along = 0;
  private readonly stops: (() => void)[];

  constructor(
    container: HTMLElement,
    private readonly options: ChartOptions,
  ) {
    this.plot = h(
      "div",
      {
        class: "jt-plot",
        role: "application",
        tabindex: 0,
        onkeydown: (event: KeyboardEvent) => this.press(event),
        onblur: () => this.point(-1),
      },
      this.selection,
    );
    keepKeys(this.plot);
    this.save = saveMenu(options.title, () => this.picture(), options.rows);
    this.element = h(
      "div",
      { class: `jt-chart jt-of-runs jt-${options.kind}` },
      this.base,
      this.overlay,
      this.plot,
      this.tip,
      this.spoken,
    );
    container.append(this.element);
    this.measure = this.base.getContext("2d") ?? new SvgContext(0, 0, null);
    this.look = colours(this.element);
    this.tip.hidden = this.selection.hidden = true;
    this.listen();
    this.stops = [
      watchSize(this.element, () => this.paint()),
      ontheme(() => this.paint()),
      onpaper((printing) => this.print(printing)),
    ];
  }

  destroy(): void {
    cancelAnimationFrame(this.waiting);
    cancelAnimationFrame(this.painting);
    for (const stop of this.stops) stop();
    this.element.remove();
  }

  /** Show runs on these axes; what is chosen on an axis that stays, stays. */
  show(drawn: Drawn): void {
    this.drawn = drawn;
    this.layout = this.layOut(this.width);
    const vertical = this.layout.tracks.map((track) => track.vertical);
    for (const brush of this.brushes) brush.element.remove();
    this.brushes = drawn.scales.map((scale, n) => {
      const brush = new Brush(scale, vertical[n]!, () => {
        this.keep(scale, brush.brushed);
        this.choose();
      });
      brush.set(this.kept.get(keyOf(scale)) ?? null);
      return brush;
    });
    this.plot.after(...this.brushes.map((brush) => brush.element));
    if (this.active >= drawn.rows) this.active = -1;
    this.along = Math.min(this.along, drawn.scales.length - 1);
    const names = drawn.scales.map(({ column }) => column.name);
    const what = this.options.kind === "scatter" ? "scatter plot" : "parallel coordinates";
    const of = `${what} of ${drawn.rows} runs: ${names.join(", ")}`;
    this.base.setAttribute("aria-label", of);
    this.plot.setAttribute("aria-label", `${of}. Arrow keys move between runs, Enter opens one.`);
    this.choose();
  }

  /** Which runs are left by what is chosen on the axes: 1 for each that is. */
  get left(): Uint8Array {
    return this.shown;
  }

  get isBrushed(): boolean {
    return this.brushes.some((brush) => brush.brushed);
  }

  clear(): void {
    this.kept.clear();
    for (const brush of this.brushes) brush.set(null);
    this.choose();
  }

  /** Point at a run, from elsewhere in the view. */
  point(row: number): void {
    if (row === this.active) return;
    this.active = row;
    this.soon();
    this.options.pointed(row);
  }

  private keep(scale: Scale, range: Brushed | null): void {
    if (range) this.kept.set(keyOf(scale), range);
    else this.kept.delete(keyOf(scale));
  }

  private choose(): void {
    const { rows, scales } = this.drawn;
    const positions = this.layout?.positions ?? [];
    const parts = scales.flatMap((_, n) => {
      const range = this.brushes[n]?.brushed;
      return range ? [[positions[n]!, range] as const] : [];
    });
    this.shown = new Uint8Array(rows).fill(1);
    for (const [at, range] of parts)
      for (let row = 0; row < rows; row += 1) if (!isWithin(at[row]!, range)) this.shown[row] = 0;
    this.paintSoon();
    this.options.brushed();
  }

  // --- painting ---------------------------------------------------------------------------------

  private get width(): number {
    return Math.max(240, Math.floor(this.element.clientWidth || 640));
  }

  private layOut(width: number): Layout {
    const make = this.options.kind === "scatter" ? layOutScatter : layOutParallel;
    return make(this.measure, this.look, this.drawn, width);
  }

  private picture(width = this.width, titled = true): Picture {
    const layout = this.layOut(width);
    const above = titled ? 26 : 0;
    const paint = (ctx: Paint): void => {
      ctx.fillStyle = this.look.background;
      ctx.fillRect(0, 0, width, layout.height + above);
      if (titled) {
        ctx.fillStyle = this.look.text;
        ctx.textAlign = "left";
        ctx.textBaseline = "middle";
        ctx.font = `600 13px ${this.look.font}`;
        ctx.fillText(this.options.title(), 2, 12);
      }
      const draw = () => this.paintAll(ctx, layout);
      if (ctx instanceof SvgContext)
        ctx.within({ left: 0, top: above, width, height: layout.height }, draw);
      else {
        (ctx as CanvasRenderingContext2D).translate(0, above);
        draw();
      }
    };
    return { width, height: layout.height + above, paint };
  }

  private paintAll(ctx: Paint, layout: Layout): void {
    const { rows } = this.drawn;
    const draw = (isShown: number): void => {
      for (let row = 0; row < rows; row += 1)
        if (this.shown[row] === isShown) layout.run(ctx, row, isShown ? "plain" : "faint");
    };
    // Lines lie under the marks of their axes, points over the grid.
    if (this.options.kind === "scatter") layout.axes(ctx);
    draw(0);
    draw(1);
    if (this.options.kind === "parallel") layout.axes(ctx);
  }

  /** Paint on screen: of very many runs those that are left, a part in each frame, over all of them, faint, which stay as they are. */
  private paintScreen(layout: Layout): void {
    cancelAnimationFrame(this.painting);
    const ctx = sized(this.base, layout.width, layout.height);
    const { rows } = this.drawn;
    if (!ctx) return;
    if (rows <= AT_ONCE) {
      this.paintAll(ctx, layout);
      return;
    }
    const { plain, faint, isBrushed } = this;
    plain.begin(layout, rows, this.shown);
    if (isBrushed && !faint.isOf(layout)) faint.begin(layout, rows, null);
    const go = (): void => {
      const now = performance.now();
      const { ink } = this;
      const isBehind = !isBrushed || faint.paint(now + ink / 2);
      const isDone = plain.paint(now + ink) && isBehind;
      ctx.clearRect(0, 0, layout.width, layout.height);
      if (this.options.kind === "scatter") layout.axes(ctx);
      if (isBrushed) faint.lay(ctx);
      plain.lay(ctx);
      if (this.options.kind === "parallel") layout.axes(ctx);
      // Without a graphics card a browser draws lines only when the pictures are laid: that is part of the frame too.
      const taken = performance.now() - now;
      this.ink = Math.min(FRAME, Math.max(LEAST, (this.ink * FRAME) / Math.max(taken, LEAST)));
      if (!isDone) this.painting = requestAnimationFrame(go);
    };
    go();
  }
  private painting = 0;
  /** For how long lines are given to the browser in a frame (ms), so that all of the frame takes as long as it may. */
  private ink = FRAME;
  private readonly plain = new Gradual("plain");
  private readonly faint = new Gradual("faint");

  private paintSoon(): void {
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => this.paint());
  }

  /** Only what is pointed at. */
  private soon(): void {
    requestAnimationFrame(() => this.paintActive());
  }

  /** The layout, made anew only where the size, the colours or what is drawn is another. */
  private laidOut(): Layout {
    this.look = colours(this.element);
    const { width, look, drawn, laid } = this;
    const colour = `${look.text} ${look.background}`;
    if (!this.layout || laid?.drawn !== drawn || laid.width !== width || laid.colour !== colour) {
      this.layout = this.layOut(width);
      this.laid = { drawn, width, colour };
    }
    return this.layout;
  }
  private laid: { drawn: Drawn; width: number; colour: string } | null = null;

  private paint(): void {
    const layout = this.laidOut();
    const vertical = layout.tracks[0]?.vertical;
    layout.tracks.forEach(({ left, top, length }, n) => this.brushes[n]?.lay(left, top, length));
    if (this.options.kind === "parallel" && vertical !== this.laidVertical) {
      this.laidVertical = vertical;
      this.show(this.drawn);
      return;
    }
    const { style } = this.plot;
    for (const [name, value] of Object.entries(layout.area)) style.setProperty(name, `${value}px`);
    this.paintScreen(layout);
    this.options.painted(this.look);
    if (this.printed) this.print(true);
    this.paintActive();
  }
  private laidVertical: boolean | undefined = undefined;

  private paintActive(): void {
    const { layout, active, tip } = this;
    if (!layout) return;
    const ctx = sized(this.overlay, layout.width, layout.height);
    const points = active >= 0 ? layout.points(active) : [];
    tip.hidden = points.length === 0;
    if (points.length === 0) return;
    if (ctx) layout.run(ctx, active, "strong");
    const told = this.options.told(active);
    put(
      tip,
      h("b", {}, this.options.label(active)),
      ...told.map(([name, value]) =>
        h("div", { class: "jt-told" }, h("span", { class: "jt-name" }, name), h("span", {}, value)),
      ),
    );
    const [x, y] = this.pointerAt ?? points[points.length - 1]!;
    const isRight = x > layout.width * 0.55;
    tip.style.left = isRight ? "auto" : `${x + 14}px`;
    tip.style.right = isRight ? `${layout.width - x + 14}px` : "auto";
    tip.style.top = `${Math.max(0, Math.min(y, layout.height - tip.offsetHeight))}px`;
  }

  private print(printing: boolean): void {
    this.printed?.remove();
    this.printed = null;
    if (!printing || this.drawn.scales.length === 0) return;
    this.look = colours(this.element);
    this.printed = svgOf(this.picture(PAPER, false));
    this.printed.setAttribute("class", "jt-paper");
    this.element.append(this.printed);
  }

  // --- pointer and keys -------------------------------------------------------------------------

  /** Where the pointer is in the chart, where it is what points. */
  private pointerAt: [number, number] | null = null;

  private nearest(x: number, y: number): number {
    const { layout } = this;
    let [best, least] = [-1, NEAR];
    for (let row = 0; layout && row < this.drawn.rows; row += 1) {
      if (!this.shown[row]) continue;
      const far = layout.distance(row, x, y);
      if (far < least) [best, least] = [row, far];
    }
    return best;
  }

  private listen(): void {
    const { plot } = this;
    const place = (event: PointerEvent): [number, number] => {
      const box = this.element.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    plot.addEventListener("pointermove", (event) => {
      this.pointerAt = place(event);
      if (this.from) this.select(this.from, this.pointerAt);
      else {
        const row = this.nearest(...this.pointerAt);
        if (row === this.active) this.soon();
        this.point(row);
      }
    });
    plot.addEventListener("pointerleave", () => {
      this.pointerAt = null;
      this.point(-1);
    });
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      this.from = place(event);
      plot.setPointerCapture(event.pointerId);
    });
    plot.addEventListener("pointerup", (event) => {
      const [x, y] = place(event);
      const { from } = this;
      this.from = null;
      this.selection.hidden = true;
      const moved = from ? Math.hypot(x - from[0], y - from[1]) : 0;
      if (moved >= CLICK) return;
      const row = this.nearest(x, y);
      if (row >= 0) this.options.open(row);
    });
    plot.addEventListener("pointercancel", () => {
      this.from = null;
      this.selection.hidden = true;
    });
    plot.addEventListener("dblclick", () => this.clear());
  }

  /** Choose what is dragged over: of a scatter plot on both axes. */
  private select([ax, ay]: [number, number], [bx, by]: [number, number]): void {
    const { layout, drawn } = this;
    if (this.options.kind !== "scatter" || !layout || Math.hypot(bx - ax, by - ay) < CLICK) return;
    const { area } = layout;
    const [x, y] = drawn.scales as [Scale, Scale];
    const along = (scale: Scale, share: number): number =>
      scale.low + Math.max(0, Math.min(1, share)) * (1 - scale.low);
    const parts: [Scale, Brushed][] = [
      [
        x,
        [
          along(x, (Math.min(ax, bx) - area.left) / area.width),
          along(x, (Math.max(ax, bx) - area.left) / area.width),
        ],
      ],
      [
        y,
        [
          along(y, 1 - (Math.max(ay, by) - area.top) / area.height),
          along(y, 1 - (Math.min(ay, by) - area.top) / area.height),
        ],
      ],
    ];
    parts.forEach(([scale, range], n) => {
      this.brushes[n]!.set(range);
      this.keep(scale, range);
    });
    this.choose();
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { layout } = this;
    const { scales } = this.drawn;
    const { key } = event;
    const isScatter = this.options.kind === "scatter";
    let to = this.active;
    this.pointerAt = null;
    if (key === "Escape" && this.active >= 0) to = -1;
    else if (key === "Enter" && this.active >= 0) this.options.open(this.active);
    else if (!layout || !/^(Arrow(Up|Down|Left|Right)|Home|End)$/.test(key)) return;
    else {
      const sideways = key === "ArrowLeft" || key === "ArrowRight";
      // In a scatter plot each arrow goes along its own axis; else left and right change the axis.
      if (isScatter) this.along = sideways || key === "Home" || key === "End" ? 0 : 1;
      else if (sideways)
        this.along = Math.max(
          0,
          Math.min(scales.length - 1, this.along + (key === "ArrowRight" ? 1 : -1)),
        );
      to = this.step(key, layout.positions[this.along]!, !isScatter && sideways);
    }
    event.preventDefault();
    event.stopPropagation();
    this.point(to);
    const axis = isScatter ? "" : `along ${scales[this.along]?.column.name}: `;
    if (to >= 0)
      say(
        this.spoken,
        `${axis}${this.options.label(to)}: ${this.options
          .told(to)
          .map((each) => each.join(" "))
          .join(", ")}`,
      );
  }

  /** The run that a key leads to, by the order of the positions on an axis. */
  private step(key: string, positions: Float64Array, stay: boolean): number {
    const order = Array.from(positions, (_, row) => row)
      .filter((row) => this.shown[row])
      .sort((a, b) => positions[a]! - positions[b]! || a - b);
    const at = order.indexOf(this.active);
    if (order.length === 0) return -1;
    if (key === "Home") return order[0]!;
    if (key === "End") return order[order.length - 1]!;
    if (stay && at >= 0) return this.active;
    const up = key === "ArrowUp" || key === "ArrowRight";
    if (at < 0) return up ? order[0]! : order[order.length - 1]!;
    return order[Math.max(0, Math.min(order.length - 1, at + (up ? 1 : -1)))]!;
  }
}

const keyOf = ({ column, log }: Scale): string => `${column.key}${log ? " log" : ""}`;

// Very many runs, painted a part in each frame: what is under the pointer moves on meanwhile.

import { sized } from "../dom/canvas";
import { h } from "../dom/dom";
import type { Layout } from "./layout";

/** Runs between two looks at the clock. */
const BATCH = 32;

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** By how many runs to go on so that each comes once, and any number of them lies spread over all. */
export function strideOf(rows: number): number {
  let stride = Math.max(1, Math.round(rows * 0.618034));
  while (divisor(rows, stride) !== 1) stride += 1;
  return stride;
}

/** A picture of runs that is painted from frame to frame. */
export class Gradual {
  private readonly canvas = h("canvas", {});
  private ctx: CanvasRenderingContext2D | null = null;
  private layout: Layout | null = null;
  private at = 0;
  private rows = 0;
  private stride = 1;
  private shown: ArrayLike<number> | null = null;

  constructor(private readonly how: "faint" | "plain") {}

  /** Begin anew, with those runs for which there is a 1; with all of them for null. */
  begin(layout: Layout, rows: number, shown: ArrayLike<number> | null): void {
    this.ctx = sized(this.canvas, layout.width, layout.height);
    this.layout = layout;
    this.rows = rows;
    this.stride = strideOf(rows);
    this.shown = shown;
    this.at = 0;
  }

  /** Whether it is a picture of this layout, or becomes one. */
  isOf(layout: Layout): boolean {
    return this.layout === layout;
  }

  /** Paint until a moment; return whether all is painted. */
  paint(until: number): boolean {
    const { ctx, layout, rows, stride, shown, how } = this;
    if (!ctx || !layout) return true;
    let painted = 0;
    for (; this.at < rows; this.at += 1) {
      const row = (this.at * stride) % rows;
      if (shown && shown[row] !== 1) continue;
      if (painted > 0 && painted % BATCH === 0 && performance.now() > until) return false;
      layout.run(ctx, row, how);
      painted += 1;
    }
    return true;
  }

  /** Lay what there is of it over a canvas. */
  lay(over: CanvasRenderingContext2D): void {
    const { layout, canvas } = this;
    if (layout) over.drawImage(canvas, 0, 0, layout.width, layout.height);
  }
}

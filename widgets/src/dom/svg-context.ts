// What a canvas' context does, as far as charts need it, written as an SVG.

import { svg } from "./dom";

/** What charts paint with. */
export type Paint = Pick<
  CanvasRenderingContext2D,
  | "fillStyle"
  | "strokeStyle"
  | "lineWidth"
  | "lineJoin"
  | "globalAlpha"
  | "font"
  | "textAlign"
  | "textBaseline"
  | "beginPath"
  | "moveTo"
  | "lineTo"
  | "arc"
  | "stroke"
  | "fill"
  | "fillRect"
  | "fillText"
  | "measureText"
  | "setLineDash"
>;

const short = (value: number): number => Number(value.toFixed(2));

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Draw within a part: from its corner, and nothing beyond it. */
export function within(ctx: Paint, area: Area, draw: () => void): void {
  if (ctx instanceof SvgContext) {
    ctx.within(area, draw);
    return;
  }
  const canvas = ctx as CanvasRenderingContext2D;
  canvas.save();
  canvas.translate(area.left, area.top);
  canvas.beginPath();
  canvas.rect(0, 0, area.width, area.height);
  canvas.clip();
  draw();
  canvas.restore();
}

export class SvgContext implements Paint {
  fillStyle: string = "#000";
  strokeStyle: string = "#000";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "round";
  globalAlpha = 1;
  font = "";
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "middle";
  readonly element: SVGSVGElement;
  private into: SVGElement;
  private path = "";
  private dash = "";

  constructor(
    width: number,
    height: number,
    private readonly measure: CanvasRenderingContext2D | null,
  ) {
    this.element = svg("svg", {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
    });
    this.into = this.element;
  }

  within({ left, top, width, height }: Area, draw: () => void): void {
    const before = this.into;
    this.into = this.add("svg", { x: left, y: top, width, height });
    draw();
    this.into = before;
  }

  beginPath(): void {
    this.path = "";
  }
  moveTo(x: number, y: number): void {
    this.path += `M${short(x)} ${short(y)}`;
  }
  lineTo(x: number, y: number): void {
    this.path += `L${short(x)} ${short(y)}`;
  }
  /** Always a full circle. */
  arc(x: number, y: number, radius: number): void {
    const around = `a${radius} ${radius} 0 1 0`;
    this.path += `M${short(x - radius)} ${short(y)}${around} ${2 * radius} 0${around} ${-2 * radius} 0`;
  }
  setLineDash(lengths: Iterable<number>): void {
    this.dash = [...lengths].join(" ");
  }
  stroke(): void {
    const { strokeStyle: stroke, lineWidth, lineJoin } = this;
    this.add("path", {
      d: this.path,
      fill: "none",
      stroke,
      "stroke-width": lineWidth,
      "stroke-linejoin": lineJoin,
      "stroke-dasharray": this.dash,
    });
  }
  fill(): void {
    this.add("path", { d: this.path, fill: this.fillStyle });
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.add("rect", {
      x: short(x),
      y: short(y),
      width: short(width),
      height: short(height),
      fill: this.fillStyle,
    });
  }
  fillText(words: string, x: number, y: number): void {
    const anchor = { center: "middle", right: "end" }[this.textAlign as string] ?? "start";
    const size = parseFloat(/[\d.]+px/.exec(this.font)?.[0] ?? "12");
    const down = size * (this.textBaseline === "top" ? 0.8 : 0.35);
    const text = this.add("text", {
      x: short(x),
      y: short(y + down),
      "text-anchor": anchor,
      fill: this.fillStyle,
      style: `font:${this.font}`,
    });
    text.textContent = words;
  }
  measureText(words: string): TextMetrics {
    if (this.measure) this.measure.font = this.font;
    return this.measure?.measureText(words) ?? ({ width: 6 * words.length } as TextMetrics);
  }

  private add<K extends "svg" | "path" | "rect" | "text">(
    tag: K,
    attributes: Record<string, string | number>,
  ): SVGElementTagNameMap[K] {
    const made = svg(
      tag,
      this.globalAlpha === 1 ? attributes : { ...attributes, opacity: this.globalAlpha },
    );
    this.into.append(made);
    return made;
  }
}

// What a column is coloured by: a scale from low to high for numbers, a colour and a mark of its own for each word, and the legend of both.

import { h, span, svg } from "../dom/dom";
import { svgOf } from "../dom/save";
import type { Paint } from "../dom/svg-context";
import type { Colours } from "../dom/theme";
import type { Mark } from "../renderers/axes";
import { dashOf } from "../renderers/overlay";
import type { Column, Scale } from "./columns";

/** From low to high, each step darker than the one before on a light page, and lighter on a dark one: in grey they are told apart too. */
const stops = {
  light: ["#b98a00", "#4f9a5b", "#22719b", "#42145f"],
  dark: ["#6a5acd", "#3d9fc4", "#6fd08c", "#fde725"],
};
/** Words that have a colour of their own; all others are grey. */
const MOST = 8;

const channels = (colour: string): number[] =>
  [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/** The colour of a share from 0 to 1. */
export function shade(share: number, dark: boolean): string {
  const list = dark ? stops.dark : stops.light;
  const at = Math.max(0, Math.min(1, share)) * (list.length - 1);
  const n = Math.min(list.length - 2, Math.floor(at));
  const [a, b] = [channels(list[n]!), channels(list[n + 1]!)];
  return `rgb(${a.map((from, c) => Math.round(from + (b[c]! - from) * (at - n))).join(",")})`;
}

/** How a run looks. */
export interface Look {
  colour: string;
  /** Which mark, and which dash. */
  mark: number;
  dash: number[];
  /** From 0 to 1; the larger the higher. */
  size: number;
  /** It has no value to be coloured by. */
  hollow: boolean;
}

export function lookOf(scale: Scale | null, row: number, colours: Colours): Look {
  const plain = { mark: 0, dash: [], size: 0.35, hollow: false };
  if (!scale) return { ...plain, colour: colours.lines[0]! };
  if (scale.oddity(row)) return { ...plain, colour: colours.faint, hollow: true };
  if (scale.column.isNumber) {
    const share = scale.at(row);
    return { ...plain, colour: shade(share, colours.dark), size: share };
  }
  const word = scale.column.number(row);
  if (word >= MOST) return { ...plain, colour: colours.faint };
  return { ...plain, colour: colours.lines[word]!, mark: word, dash: dashOf(word) };
}

/** A mark around a place: a circle, square, triangle, rhombus, cross, and so on. */
export function drawMark(ctx: Paint, x: number, y: number, r: number, look: Look): void {
  ctx.beginPath();
  const corners = shapes[look.mark % (shapes.length + 1)];
  if (!corners) ctx.arc(x, y, r, 0, 2 * Math.PI);
  else {
    corners.forEach(([a, b], n) => {
      const to: [number, number] = [x + a * r * 1.15, y + b * r * 1.15];
      if (n) ctx.lineTo(...to);
      else ctx.moveTo(...to);
    });
    ctx.lineTo(x + corners[0]![0] * r * 1.15, y + corners[0]![1] * r * 1.15);
  }
  if (look.hollow) ctx.stroke();
  else ctx.fill();
}

const t = 0.38;
/** All marks after the circle. */
const shapes: ([number, number][] | undefined)[] = [
  undefined,
  [
    [-0.8, -0.8],
    [0.8, -0.8],
    [0.8, 0.8],
    [-0.8, 0.8],
  ],
  [
    [0, -1],
    [0.95, 0.75],
    [-0.95, 0.75],
  ],
  [
    [0, -1.1],
    [0.85, 0],
    [0, 1.1],
    [-0.85, 0],
  ],
  [
    [-t, -1],
    [t, -1],
    [t, -t],
    [1, -t],
    [1, t],
    [t, t],
    [t, 1],
    [-t, 1],
    [-t, t],
    [-1, t],
    [-1, -t],
    [-t, -t],
  ],
  [
    [0, 1],
    [0.95, -0.75],
    [-0.95, -0.75],
  ],
  [
    [-0.5, -1],
    [0.5, -1],
    [1, 0],
    [0.5, 1],
    [-0.5, 1],
    [-1, 0],
  ],
  [
    [-1, -0.45],
    [1, -0.45],
    [1, 0.45],
    [-1, 0.45],
  ],
];

/** What the colours mean. `lines`: runs are lines, not marks. */
export function legendOf(
  column: Column,
  scale: Scale,
  colours: Colours,
  lines: boolean,
): HTMLElement {
  const items: (Node | string)[] = [];
  const drawn = (look: Look): Node => {
    if (lines)
      return svg(
        "svg",
        { viewBox: "0 0 22 10", width: 22, height: 10, "aria-hidden": "true" },
        svg("line", {
          x1: 0,
          y1: 5,
          x2: 22,
          y2: 5,
          stroke: look.colour,
          "stroke-width": 2.4,
          "stroke-dasharray": look.dash.join(" "),
        }),
      );
    const picture = svgOf({
      width: 14,
      height: 14,
      paint: (ctx) => {
        ctx.fillStyle = ctx.strokeStyle = look.colour;
        ctx.lineWidth = 1.5;
        drawMark(ctx, 7, 7, 3 + 2.5 * look.size, look);
      },
    });
    picture.setAttribute("aria-hidden", "true");
    return picture;
  };
  const plain = { mark: 0, dash: [], size: 0.35, hollow: false };
  if (column.isNumber) {
    const marks: Mark[] = [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, label: scale.words(at) }));
    for (const { at, label } of marks)
      items.push(
        h(
          "span",
          { class: "jt-legend-item" },
          drawn({ ...plain, colour: shade(at, colours.dark), size: at }),
          label,
        ),
      );
  } else
    column.words
      .slice(0, MOST)
      .forEach((word, n) =>
        items.push(
          h(
            "span",
            { class: "jt-legend-item" },
            drawn({ ...plain, colour: colours.lines[n]!, mark: n, dash: dashOf(n) }),
            word || "(empty)",
          ),
        ),
      );
  if (column.words.length > MOST)
    items.push(
      h(
        "span",
        { class: "jt-legend-item" },
        drawn({ ...plain, colour: colours.faint }),
        `${column.words.length - MOST} others`,
      ),
    );
  for (const odd of scale.odd)
    items.push(
      h(
        "span",
        { class: "jt-legend-item" },
        drawn({ ...plain, colour: colours.faint, hollow: true }),
        odd,
      ),
    );
  return h(
    "div",
    { class: "jt-legend", role: "group", "aria-label": `colour: ${column.name}` },
    span("jt-kind", column.name),
    ...items,
  );
}

// Where runs lie in a scatter plot and in parallel coordinates, and how both are painted, on a canvas or as an SVG.

import type { Paint } from "../dom/svg-context";
import type { Colours } from "../dom/theme";
import { fontOf } from "../renderers/chart-paint";
import type { Scale } from "./columns";
import { drawMark, lookOf, type Look } from "./shades";

/** An axis on which a part can be chosen: from its low end, so many pixels long. */
export interface Track {
  vertical: boolean;
  left: number;
  top: number;
  length: number;
}

/** What is drawn, in pixels of the page. */
export interface Layout {
  width: number;
  height: number;
  /** Where the pointer is listened to. */
  area: { left: number; top: number; width: number; height: number };
  tracks: Track[];
  /** The axes, with their names and marks. */
  axes(ctx: Paint): void;
  /** A run: faint where it is not chosen, `strong` where it is pointed at. */
  run(ctx: Paint, row: number, how: "faint" | "plain" | "strong"): void;
  /** Where a run lies: a point, or those of its line. */
  points(row: number): [x: number, y: number][];
  /** How far a place is from a run. */
  distance(row: number, x: number, y: number): number;
  /** By what a key goes from run to run: the positions on an axis. */
  positions: Float64Array[];
}

export interface Drawn {
  scales: Scale[];
  colour: Scale | null;
  rows: number;
}

const TICK = 4;
const AXIS = 15;

const positionsOf = ({ scales, rows }: Drawn): Float64Array[] =>
  scales.map((scale) => Float64Array.from({ length: rows }, (_, row) => scale.at(row)));

/** The words that fit into so many pixels. */
function shortened(ctx: Paint, words: string, most: number): string {
  if (ctx.measureText(words).width <= most) return words;
  let kept = words.length;
  while (kept > 1 && ctx.measureText(`${words.slice(0, kept)}…`).width > most) kept -= 1;
  return `${words.slice(0, kept)}…`;
}

const unit = (scale: Scale, at: number, length: number): number =>
  ((at - scale.low) / (1 - scale.low)) * length;

/** A number between -1 and 1 that is the same for a run each time: runs of one category do not hide each other. */
const apart = (row: number): number => ((row * 0.618034) % 1) * 2 - 1;

const prepare = (
  ctx: Paint,
  look: Look,
  how: "faint" | "plain" | "strong",
  colours: Colours,
): void => {
  ctx.strokeStyle = ctx.fillStyle = how === "faint" ? colours.faint : look.colour;
  ctx.globalAlpha = how === "faint" ? 0.2 : 1;
};

export function layOutScatter(ctx: Paint, colours: Colours, drawn: Drawn, width: number): Layout {
  const [across, up] = drawn.scales as [Scale, Scale];
  const height = Math.round(Math.max(280, Math.min(400, width * 0.42)));
  ctx.font = fontOf(colours);
  const yMarks = up.marks((height - 90) / 30);
  const widest = Math.max(
    24,
    ...yMarks.map(({ label }) => Math.min(110, ctx.measureText(label).width)),
  );
  const left = Math.ceil(widest) + 26;
  const area = { left, top: 26, width: width - left - 16, height: height - 26 - 56 };
  const xMarks = across.marks(area.width / 76);
  const positions = positionsOf(drawn);
  const px = (at: number) => area.left + unit(across, at, area.width);
  const py = (at: number) => area.top + area.height - unit(up, at, area.height);
  const looks = Array.from({ length: drawn.rows }, (_, row) => lookOf(drawn.colour, row, colours));
  /** How far runs of one word or odd place lie apart. */
  const spread = (scale: Scale, row: number, length: number): number => {
    if (scale.oddity(row)) return 0.3 * unit(scale, scale.low + 0.085, length);
    return scale.column.isNumber
      ? 0
      : Math.min(14, (0.3 * length) / Math.max(1, scale.column.words.length));
  };
  const point = (row: number): [number, number] => [
    px(positions[0]![row]!) + spread(across, row, area.width) * apart(row),
    py(positions[1]![row]!) + spread(up, row, area.height) * apart(row * 7 + 3),
  ];
  const bottom = area.top + area.height;
  return {
    width,
    height,
    area,
    positions,
    tracks: [
      { vertical: false, left: area.left, top: bottom + 1, length: area.width },
      { vertical: true, left: area.left - 17, top: area.top, length: area.height },
    ],
    points: (row) => [point(row)],
    distance: (row, x, y) => Math.hypot(point(row)[0] - x, point(row)[1] - y),
    axes(ctx) {
      ctx.font = fontOf(colours);
      ctx.lineWidth = 1;
      ctx.globalAlpha = 1;
      ctx.setLineDash([]);
      ctx.strokeStyle = colours.grid;
      ctx.beginPath();
      for (const { at } of yMarks) {
        const y = Math.round(py(at)) + 0.5;
        ctx.moveTo(area.left, y);
        ctx.lineTo(area.left + area.width, y);
      }
      ctx.stroke();
      ctx.strokeStyle = colours.axis;
      ctx.beginPath();
      const floor = Math.round(bottom) + 0.5;
      ctx.moveTo(area.left, floor);
      ctx.lineTo(area.left + area.width, floor);
      const side = Math.round(area.left) - 0.5;
      ctx.moveTo(side, area.top);
      ctx.lineTo(side, bottom);
      for (const { at, label } of xMarks) {
        const x = Math.round(px(at)) + 0.5;
        ctx.moveTo(x, floor);
        ctx.lineTo(x, floor + (label ? TICK : TICK / 2));
      }
      ctx.stroke();
      // Where what has no place on the axis begins.
      ctx.setLineDash([3, 4]);
      ctx.beginPath();
      if (across.low < 0) {
        ctx.moveTo(px(-0.01), area.top);
        ctx.lineTo(px(-0.01), bottom);
      }
      if (up.low < 0) {
        ctx.moveTo(area.left, py(-0.01));
        ctx.lineTo(area.left + area.width, py(-0.01));
      }
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = colours.faint;
      ctx.textAlign = "center";
      ctx.textBaseline = "top";
      let written = -Infinity;
      for (const { at, label } of xMarks) {
        if (!label) continue;
        const words = shortened(ctx, label, 100);
        const half = ctx.measureText(words).width / 2;
        const x = Math.max(half, Math.min(width - half, px(at)));
        if (x - half < written) continue;
        written = x + half + 8;
        ctx.fillText(words, x, bottom + 20);
      }
      ctx.textAlign = "right";
      ctx.fillText(
        shortened(ctx, across.column.name + (across.log ? " (log)" : ""), area.width),
        area.left + area.width,
        height - AXIS,
      );
      ctx.textBaseline = "middle";
      let above = Infinity;
      for (const { at, label } of [...yMarks].sort((a, b) => a.at - b.at)) {
        if (!label || py(at) > above - 12) continue;
        above = py(at);
        ctx.fillText(shortened(ctx, label, 110), area.left - 22, py(at));
      }
      ctx.textAlign = "left";
      ctx.fillText(shortened(ctx, up.column.name + (up.log ? " (log)" : ""), width * 0.6), 2, 9);
    },
    run(ctx, row, how) {
      const look = looks[row]!;
      const [x, y] = point(row);
      const r = 3.2 + 2.6 * look.size + (how === "strong" ? 2 : 0);
      ctx.setLineDash([]);
      if (how === "strong") {
        // A ring of the background keeps it apart from the others.
        ctx.globalAlpha = 1;
        ctx.fillStyle = colours.background;
        ctx.beginPath();
        ctx.arc(x, y, r + 3, 0, 2 * Math.PI);
        ctx.fill();
        ctx.strokeStyle = colours.text;
        ctx.lineWidth = 1;
        ctx.stroke();
      }
      prepare(ctx, look, how, colours);
      ctx.lineWidth = 1.5;
      if (how === "plain") ctx.globalAlpha = drawn.rows > 400 ? 0.6 : 0.85;
      drawMark(ctx, x, y, drawn.rows > 2000 ? Math.min(r, 3) : r, look);
      ctx.globalAlpha = 1;
    },
  };
}

/** Axes that are closer than this stand below each other. */
const CLOSE = 92;

export function layOutParallel(_: Paint, colours: Colours, drawn: Drawn, width: number): Layout {
  const { scales } = drawn;
  const sides = 44;
  const room = (width - 2 * sides) / Math.max(1, scales.length - 1);
  const vertical = room >= CLOSE;
  const row = 62;
  const height = vertical
    ? Math.round(Math.max(270, Math.min(360, width * 0.36)))
    : 34 + row * scales.length;
  const top = vertical ? 40 : 30;
  const length = vertical ? height - top - 22 : width - 56;
  const positions = positionsOf(drawn);
  const looks = Array.from({ length: drawn.rows }, (_, row) => lookOf(drawn.colour, row, colours));
  const place = (axis: number, at: number): [number, number] => {
    const along = unit(scales[axis]!, at, length);
    return vertical ? [sides + room * axis, top + length - along] : [28 + along, top + row * axis];
  };
  const points = (n: number): [number, number][] =>
    scales.map((_, axis) => place(axis, positions[axis]![n]!));
  return {
    width,
    height,
    area: { left: 0, top: 0, width, height },
    positions,
    points,
    tracks: scales.map((_, axis) =>
      vertical
        ? { vertical, left: sides + room * axis - 9, top, length }
        : { vertical, left: 28, top: top + row * axis - 9, length },
    ),
    distance(n, x, y) {
      let least = Infinity;
      const line = points(n);
      for (let k = 1; k < line.length; k += 1) {
        const [ax, ay] = line[k - 1]!;
        const [bx, by] = line[k]!;
        const share = Math.max(
          0,
          Math.min(
            1,
            ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2 || 1),
          ),
        );
        least = Math.min(least, Math.hypot(ax + share * (bx - ax) - x, ay + share * (by - ay) - y));
      }
      return least;
    },
    axes(ctx) {
      ctx.lineWidth = 1;
      ctx.setLineDash([]);
      scales.forEach((scale, axis) => {
        const [from, to] = [place(axis, 0), place(axis, 1)];
        ctx.globalAlpha = 1;
        ctx.strokeStyle = colours.axis;
        ctx.beginPath();
        ctx.moveTo(...from);
        ctx.lineTo(...to);
        ctx.stroke();
        ctx.font = fontOf(colours, 11, "600 ");
        ctx.fillStyle = colours.text;
        const name = scale.column.name + (scale.log ? " (log)" : "");
        if (vertical) {
          const last = axis === scales.length - 1;
          ctx.textAlign = axis === 0 ? "left" : last ? "right" : "center";
          ctx.textBaseline = "middle";
          const x = axis === 0 ? 2 : last ? width - 2 : from[0];
          ctx.fillText(
            shortened(ctx, name, (axis === 0 || last ? sides + room / 2 : room) - 10),
            x,
            14,
          );
        } else {
          ctx.textAlign = "left";
          ctx.textBaseline = "middle";
          ctx.fillText(shortened(ctx, name, width * 0.7), 4, from[1] - 17);
        }
        ctx.font = fontOf(colours, 10);
        let written = vertical ? Infinity : -Infinity;
        for (const { at, label } of scale.marks(vertical ? length / 44 : length / 80)) {
          const [x, y] = place(axis, at);
          ctx.strokeStyle = colours.axis;
          ctx.beginPath();
          ctx.moveTo(x - (vertical ? 3 : 0), y - (vertical ? 0 : 3));
          ctx.lineTo(x + (vertical ? 3 : 0), y + (vertical ? 0 : 3));
          ctx.stroke();
          if (!label) continue;
          const words = shortened(ctx, label, vertical ? Math.min(84, room - 22) : 84);
          const wide = ctx.measureText(words).width;
          const last = axis === scales.length - 1;
          // Beside the axis, on the background, so that the lines do not run through the letters.
          const left = vertical
            ? last
              ? x - 11 - wide
              : x + 11
            : Math.max(0, Math.min(width - wide, x - wide / 2));
          if (vertical ? y > written - 12 : left < written) continue;
          written = vertical ? y : left + wide + 8;
          const middle = vertical ? y : y + 16;
          ctx.fillStyle = colours.background;
          ctx.globalAlpha = 0.75;
          ctx.fillRect(left - 2, middle - 7, wide + 4, 14);
          ctx.globalAlpha = 1;
          ctx.fillStyle = colours.faint;
          ctx.textAlign = "left";
          ctx.textBaseline = "middle";
          ctx.fillText(words, left, middle);
        }
      });
    },
    run(ctx, n, how) {
      const look = looks[n]!;
      const line = points(n);
      const draw = (): void => {
        ctx.beginPath();
        line.forEach(([x, y], k) => (k ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
        ctx.stroke();
      };
      if (how === "strong") {
        ctx.strokeStyle = colours.background;
        ctx.lineWidth = 6;
        ctx.setLineDash([]);
        draw();
      }
      prepare(ctx, look, how, colours);
      ctx.lineJoin = "round";
      ctx.setLineDash(look.hollow ? [2, 3] : look.dash);
      ctx.lineWidth = how === "strong" ? 3 : how === "faint" ? 1 : drawn.rows > 150 ? 1 : 1.6;
      if (how === "plain")
        ctx.globalAlpha = drawn.rows > 1000 ? 0.35 : drawn.rows > 150 ? 0.6 : 0.85;
      if (how === "faint") ctx.globalAlpha = 0.13;
      draw();
      ctx.setLineDash([]);
      ctx.globalAlpha = 1;
    },
  };
}

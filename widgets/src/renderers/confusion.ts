// Confusion matrices: a heat map with its numbers in it, as counts or as shares of their row.

import { h, put, region, span } from "../dom/dom";
import * as format from "../model/format";
import { colours } from "../dom/theme";
import { saveMenu, type Picture, type Row } from "../dom/save";
import type { Paint } from "../dom/svg-context";
import { bar, checkbox } from "../dom/toolbar";
import { fontOf } from "./chart-paint";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

type Colour = [number, number, number];

const light: [Colour, Colour] = [
  [247, 250, 253],
  [8, 69, 132],
];
const dark: [Colour, Colour] = [
  [24, 32, 41],
  [140, 200, 245],
];
/** With more rows than this the numbers do not fit into the cells, and only the colours are painted. */
const MOST_WRITTEN = 30;

/** The colour of a cell, and the colour of text that can be read on it. */
export function heat(share: number, isDark: boolean): { background: string; text: string } {
  const [from, to] = isDark ? dark : light;
  const t = Math.sqrt(Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0)));
  const mixed = from.map((v, n) => Math.round(v + (to[n]! - v) * t)) as Colour;
  const [r, g, b] = mixed.map((v) => {
    const c = v / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Colour;
  const bright = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return { background: `rgb(${mixed.join(",")})`, text: bright > 0.179 ? "#000" : "#fff" };
}

/** Each number as a share of the sum of its row; NaN in rows without one. */
export function shares(z: ArrayLike<number>, width: number): Float64Array {
  const out = new Float64Array(z.length);
  for (let from = 0; from < z.length; from += width) {
    let sum = 0;
    for (let i = from; i < from + width; i += 1) sum += Number.isFinite(z[i]!) ? z[i]! : 0;
    for (let i = from; i < from + width; i += 1) out[i] = sum > 0 ? z[i]! / sum : NaN;
  }
  return out;
}

export function confusion(host: Host<"confusion">): Drawing<"confusion"> {
  let signature = "";
  let cells: HTMLElement[] = [];
  const relative = checkbox("shares of each row", host.redraw);
  const table = h("table", { class: "jt-matrix" });
  const canvas = h("canvas", { class: "jt-heat", role: "img" });
  const frame = region("div", "jt-matrix-frame", `matrix ${called(host.about)}`, table, canvas);
  const caption = h("p", { class: "jt-caption", role: "status" });
  const save = saveMenu(
    () => format.joined(host.about.name, step !== null && `step ${format.step(step)}`),
    () => picture(),
    () => rows(),
  );
  host.element.append(bar(relative, save), frame, caption);
  /** What is on screen, for its picture and its numbers. */
  let step: format.Step = null;
  let picture: () => Picture;
  let rows: () => Row[];
  let describeCell: ((at: number) => string) | null = null;
  let summary = "";
  canvas.addEventListener("mousemove", (event) => {
    const box = canvas.getBoundingClientRect();
    const side = canvas.width;
    const at =
      Math.floor(((event.clientY - box.top) / box.height) * canvas.height) * side +
      Math.floor(((event.clientX - box.left) / box.width) * side);
    caption.textContent = describeCell?.(at) ?? "";
  });
  canvas.addEventListener("mouseleave", () => {
    caption.textContent = summary;
  });

  function draw({ payload, step: shown }: Shown<"confusion">): void {
    if (!payload) return;
    step = shown;
    const { x, y } = payload.head;
    const z = payload.column("z");
    const share = shares(z, x.length);
    const most = relative.value
      ? 1
      : Math.max(host.shared.head.most || 0, ...(y.length <= 200 ? z : [0])) || 1;
    const values = relative.value ? share : z;
    const isDark = colours(host.element).dark;
    const words = (at: number) =>
      Number.isNaN(values[at]!)
        ? "–"
        : relative.value
          ? `${(values[at]! * 100).toFixed(values[at]! < 0.1 && values[at]! > 0 ? 1 : 0)}%`
          : format.number(values[at]!);
    const full = (at: number) =>
      `true ${y[Math.floor(at / x.length)]}, predicted ${x[at % x.length]}: ${format.number(z[at]!)}${Number.isNaN(share[at]!) ? "" : `, ${(share[at]! * 100).toFixed(1)}% of its row`}`;
    describeCell = (at) => (at >= 0 && at < z.length ? full(at) : "");
    const written = Math.max(x.length, y.length) <= MOST_WRITTEN;
    table.hidden = !written;
    canvas.hidden = written;
    if (written) {
      buildTable(x, y);
      for (let at = 0; at < cells.length; at += 1) {
        const { background, text } = heat(values[at]! / most, isDark);
        const cell = cells[at]!;
        cell.textContent = words(at);
        cell.title = full(at);
        cell.style.background = background;
        cell.style.color = text;
      }
    } else paint(values, most, x.length, y.length, isDark);
    rows = () => [
      ["true", "predicted", "value"],
      ...Array.from(z, (value, at) => [y[Math.floor(at / x.length)]!, x[at % x.length]!, value]),
    ];
    picture = () => drawn(x, y, written ? words : null, (at) => heat(values[at]! / most, isDark));
    let sum = 0;
    let right = 0;
    for (let at = 0; at < z.length; at += 1) {
      if (!Number.isFinite(z[at]!)) continue;
      sum += z[at]!;
      if (Math.floor(at / x.length) === at % x.length) right += z[at]!;
    }
    const same = x.length === y.length && x.every((name, n) => name === y[n]);
    summary = format.joined(
      `${format.count(y.length)} true × ${format.count(x.length)} predicted classes`,
      `${format.number(sum)} in all`,
      same && sum > 0 ? `${((right / sum) * 100).toFixed(1)}% on the diagonal` : null,
    );
    caption.textContent = summary;
    canvas.setAttribute(
      "aria-label",
      `heat map of ${host.about.name}, true classes downwards, predicted ones across: ${summary}`,
    );
  }

  function buildTable(x: string[], y: string[]): void {
    const now = JSON.stringify([x, y]);
    if (now === signature) return;
    signature = now;
    cells = y.flatMap(() => x.map(() => h("td")));
    const heading = (name: string, scope: "col" | "row") =>
      h("th", { scope, title: name }, span("jt-field", name));
    const side = h(
      "th",
      { class: "jt-side", scope: "rowgroup", rowspan: y.length },
      h("span", {}, "true"),
    );
    const corner = () => h("td", { class: "jt-corner", colspan: 2 });
    const top = h("th", { class: "jt-top", scope: "colgroup", colspan: x.length }, "predicted");
    const rows = y.map((name, r) =>
      h(
        "tr",
        {},
        r ? null : side,
        heading(name, "row"),
        ...cells.slice(r * x.length, (r + 1) * x.length),
      ),
    );
    const head = h("tr", {}, corner(), ...x.map((name) => heading(name, "col")));
    put(table, h("thead", {}, h("tr", {}, corner(), top), head), h("tbody", {}, ...rows));
    table.style.maxWidth = `${200 + 180 * x.length}px`;
  }

  /** The matrix as a picture: true classes downwards, predicted ones across. */
  function drawn(
    x: string[],
    y: string[],
    words: ((at: number) => string) | null,
    shade: (at: number) => ReturnType<typeof heat>,
  ): Picture {
    const look = colours(host.element);
    const [wide, high, left, top] = words ? [72, 34, 150, 64] : [6, 6, 20, 44];
    const width = left + x.length * wide + 10;
    const height = top + y.length * high + 10;
    const paint = (ctx: Paint): void => {
      const write = (text: string, at: number, down: number, colour = look.text) => {
        ctx.fillStyle = colour;
        ctx.fillText(text, at, down);
      };
      ctx.fillStyle = look.background;
      ctx.fillRect(0, 0, width, height);
      ctx.font = fontOf(look, 12);
      ctx.textBaseline = "middle";
      ctx.textAlign = "left";
      write(`${host.about.name}: true classes downwards, predicted across`, 4, 14);
      ctx.textAlign = "right";
      if (words) y.forEach((name, r) => write(name.slice(0, 20), left - 8, top + (r + 0.5) * high));
      ctx.textAlign = "center";
      if (words)
        x.forEach((name, c) => write(name.slice(0, 10), left + (c + 0.5) * wide, top - 14));
      for (let at = 0; at < x.length * y.length; at += 1) {
        const [across, down] = [
          left + (at % x.length) * wide,
          top + Math.floor(at / x.length) * high,
        ];
        const { background, text } = shade(at);
        ctx.fillStyle = background;
        ctx.fillRect(across, down, wide - (words ? 2 : 0), high - (words ? 2 : 0));
        if (words) write(words(at), across + wide / 2, down + high / 2, text);
      }
    };
    return { width, height, paint };
  }

  function paint(
    values: ArrayLike<number>,
    most: number,
    width: number,
    height: number,
    isDark: boolean,
  ): void {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${Math.max(320, Math.min(560, width * 4))}px`;
    const ctx = canvas.getContext("2d");
    if (!ctx) return;
    for (let at = 0; at < values.length; at += 1) {
      ctx.fillStyle = heat(values[at]! / most, isDark).background;
      ctx.fillRect(at % width, Math.floor(at / width), 1, 1);
    }
  }
  return { draw };
}

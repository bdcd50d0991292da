// Metrics: the whole series over step or time, the current step marked; smoothing and a log axis.

import { h } from "../dom/dom";
import * as format from "../model/format";
import type { Payload } from "../model/payload";
import { Lines, type Axes, type Line } from "./line-chart";
import type { Host, Drawing, Shown } from "../model/renderer";

/** Exponential smoothing with the start's bias taken out; gaps stay gaps. */
export function smooth(values: ArrayLike<number>, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let last = 0;
  let mass = 0;
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i]!;
    if (!Number.isFinite(v)) {
      out[i] = NaN;
      continue;
    }
    last = last * weight + (1 - weight) * v;
    mass = mass * weight + (1 - weight);
    out[i] = last / mass;
  }
  return out;
}

export function extent(values: ArrayLike<number>, positive = false): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    const v = values[i]!;
    if (!Number.isFinite(v) || (positive && v <= 0)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [low, high];
}

export function metric({ element, about, shared: first }: Host): Drawing {
  let shared = first;
  let steps = shared.column("step");
  let times = shared.column("time");
  let values = shared.column("value");
  const stepless = steps.every((s) => !Number.isFinite(s));
  let over: "step" | "time" = stepless ? "time" : "step";
  let weight = 0;
  let log = false;
  let last: Shown | null = null;

  const bar = h("div", { class: "jt-tools" });
  element.append(bar);
  const chart = new Lines(element, axes(), 260);
  const caption = h("p", { class: "jt-caption" });
  element.append(caption);

  function axes(): Axes {
    const x = over === "step" ? steps : times;
    return {
      xLabel: over,
      yLabel: about.name,
      x: extent(x),
      y: extent(values, log),
      xTime: over === "time",
      yLog: log,
    };
  }

  function lay(keepZoom = false): void {
    const x = over === "step" ? steps : times;
    const raw: Line = { x, y: values, colour: 0, faint: weight > 0 };
    chart.setAxes(axes(), keepZoom);
    chart.setBack([raw, ...(weight > 0 ? [{ x, y: smooth(values, weight), colour: 0 }] : [])]);
    if (last) draw(last);
  }

  const choice = (label: string, changed: (on: boolean) => void, on = false) => {
    const box = h("input", {
      type: "checkbox",
      checked: on,
      "data-lm-suppress-shortcuts": "true",
      onchange: () => {
        changed(box.checked);
        lay();
      },
    });
    return h("label", { class: "jt-check" }, box, label);
  };
  if (!stepless)
    bar.append(
      choice("over time", (on) => {
        over = on ? "time" : "step";
      }),
    );
  bar.append(
    choice("log y", (on) => {
      log = on;
    }),
  );
  const range = h("input", {
    type: "range",
    min: 0,
    max: 0.99,
    step: 0.01,
    value: 0,
    "data-lm-suppress-shortcuts": "true",
    "aria-label": "smoothing",
    oninput: () => {
      weight = Number(range.value);
      range.setAttribute("aria-valuetext", range.value);
      lay();
    },
  });
  bar.append(h("label", { class: "jt-check" }, "smooth", range));
  lay();

  function replaceShared(grown: Payload): void {
    shared = grown;
    steps = shared.column("step");
    times = shared.column("time");
    values = shared.column("value");
    lay(true);
  }

  function draw(shown: Shown): void {
    last = shown;
    chart.restyle();
    const at = shared.column("at")[shown.at] ?? shown.at;
    const x = over === "step" ? steps : times;
    const value = values[at] ?? NaN;
    const px = x[at] ?? NaN;
    const lines: Line[] = [{ x, y: values, colour: 0, width: 0.01, label: about.name }];
    const low = extent(values, log);
    const pad = (low[1] - low[0] || 1) * 10;
    lines.push({
      x: [px, px],
      y: log ? [low[0] / 1e6, low[1] * 1e6] : [low[0] - pad, low[1] + pad],
      dash: [3, 4],
      width: 1,
    });
    lines.push({ x, y: values, colour: 1, dots: [at] });
    chart.setFront(lines);
    const [min, max] = extent(values);
    caption.textContent = Number.isFinite(min)
      ? `${format.number(value)} · lowest ${format.number(min)} · highest ${format.number(max)} · ${format.count(shared.head.points ?? values.length)} values`
      : `${format.number(value)} · ${format.count(values.length)} values`;
    chart.describe(`${about.name} over ${over}: ${caption.textContent}`);
  }
  return { draw, replaceShared, destroy: () => chart.destroy() };
}

// Metrics over step or time, of one line or several: the whole series, the current step marked; smoothing and a log axis.

import { h } from "../dom/dom";
import type { Row } from "../dom/save";
import { bar, checkbox, select, slider } from "../dom/toolbar";
import * as format from "../model/format";
import type { MetricHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";
import type { Drawing, Host, Shown } from "../model/renderer";
import { extent, roomy, valueAxis, type Axes } from "./axes";
import { FEW, type ChartLine } from "./chart-line";
import { FinerPoints } from "./finer-points";
import { LineChart } from "./line-chart";
import { exponentialSmoothing } from "../model/smoothing";
import { dashOf, earlierStep, Legend, parts } from "./overlay";
import { ThinnedLines } from "./thinned-lines";

/** Values, with their places on the axes. */
interface Points {
  step: ArrayLike<number>;
  /** Of each value without a step its place among those, which are a line of their own; NaN for the others. */
  order: ArrayLike<number> | null;
  time: ArrayLike<number>;
  value: ArrayLike<number>;
}

interface Series extends Points {
  /** What the times count from. */
  start: number;
  /** Where in the series the value of each of the member's steps is. */
  at: ArrayLike<number>;
  /** How many values were logged; a long series comes with fewer. */
  points: number;
  unit?: string;
  /** How many values are NaN, infinite, and negatively infinite. */
  odd?: [number, number, number];
  error?: string;
}

/** How many values have no place among the others, in words. */
export const oddWords = ([nan, above, below]: [number, number, number]): string =>
  format.joined(
    nan > 0 && `${format.count(nan)} NaN`,
    above > 0 && `${format.count(above)} ∞`,
    below > 0 && `${format.count(below)} −∞`,
  );

const none: Points = { step: [], order: null, time: [], value: [] };

const pointsOf = (part: Payload, start: number): Points => ({
  step: part.column("step"),
  order: part.has("order") ? part.column("order") : null,
  time: Float64Array.from(part.column("time"), (time) => time - start),
  value: part.column("value"),
});

export function metric(host: Host<"metric">): Drawing<"metric"> {
  const { element } = host;
  const members = () => host.about.members ?? [];
  const labels = members().map(({ label }) => label);
  const single = labels.length === 1;
  const oneRun = new Set(members().map(({ uuid }) => uuid)).size === 1;
  let series = read(host.shared);
  if (single && series[0]!.error) throw new Error(series[0]!.error);
  const stepless = series.every(({ step }) => !Array.from(step).some(Number.isFinite));
  // What the machine uses is sampled without steps.
  const byTime = checkbox("over time", () => update(), stepless && host.about.kind === "system");
  const scale = select("y axis", ["linear", "log", "symlog"], () => update());
  const smoothing = slider("smooth", [0, 0.99, 0.01, 0], () => update());
  const over = () => (byTime.value ? "time" : stepless ? "the order logged" : "step");
  const legend = new Legend(labels, oneRun ? "metrics" : "runs", (keepZoom) => update(keepZoom));
  const caption = h("p", { class: "jt-caption" });
  element.append(bar(byTime, scale, smoothing));
  const finer =
    !SAVED && host.live ? new FinerPoints(host, () => update(true)) : new ThinnedLines();
  /** The points of what is zoomed to, of those lines that have more than came at first. */
  let zoomed = new Map<number, Points>();
  let current = axes();
  const chart = new LineChart(element, current, () => host.about.name, {
    zoomed: () => update(true),
    clicked: goTo,
    rows,
  });
  element.append(single ? caption : legend.element, finer.note);
  update();

  function read(shared: Host<"metric">["shared"]): Series[] {
    const found = parts<MetricHead>(shared);
    return labels.map((_, n) => {
      const part = found.get(n);
      if (!part || "error" in part.head)
        return { ...none, start: 0, at: [], points: 0, ...part?.head };
      const { points, unit, odd } = part.head;
      // Runs that began at different times are compared over the time since each began.
      const start = oneRun ? 0 : (part.column("time")[0] ?? 0);
      const more = { ...(unit ? { unit } : {}), ...(odd ? { odd } : {}) };
      return { ...pointsOf(part, start), start, at: part.column("at"), points, ...more };
    });
  }

  /** Look for finer points of what is zoomed to. */
  function refine(): void {
    const zoom = chart.zoomedTo;
    const over = !byTime.value ? "step" : oneRun ? "time" : "elapsed";
    const question = zoom && { x: zoom.x, points: zoom.pixels, over: over as typeof over };
    const shown = series.filter((_, n) => !legend.hidden.has(n));
    const drawn = shown.map((each) => ({
      x: lines(each).flatMap(({ x }) => Array.from(x)),
      points: each.points,
    }));
    finer.look(0, question, drawn);
    zoomed = new Map(
      [...finer.lines].map(([n, part]) => [n, pointsOf(part, series[n]?.start ?? 0)]),
    );
  }

  function axes(): Axes {
    const shown = series.filter((_, n) => !legend.hidden.has(n));
    const time = oneRun ? "time" : "seconds since its first value";
    const units = new Set(shown.map(({ unit }) => unit));
    const [unit] = units;
    return {
      ...valueAxis(
        shown.map(({ value }) => value),
        scale.value,
      ),
      ...(unit && units.size === 1 ? { yUnit: unit } : {}),
      xWhole: !byTime.value,
      xLabel: byTime.value ? time : stepless ? "order logged" : "step",
      yLabel: oneRun && !single ? "value" : host.about.name,
      x: extent(shown.flatMap((each) => lines(each).flatMap(({ x }) => extent(x)))),
      xTime: oneRun && byTime.value,
    };
  }

  /** The lines of a series: one over time; else one over the steps, and one of the values without a step. */
  function lines({ time, step, order, value }: Points): Pick<ChartLine, "x" | "y">[] {
    if (byTime.value) return [{ x: time, y: value }];
    if (!order) return [{ x: step, y: value }];
    return [step, order].map((x) => {
      const own = Array.from(x, (_, at) => at).filter((at) => Number.isFinite(x[at]));
      return { x: own.map((at) => x[at]!), y: own.map((at) => value[at]!) };
    });
  }

  /** Go to the step that is the nearest to a place of the axis. */
  function goTo(x: number): void {
    if (byTime.value || stepless) return;
    const apart = host.about.steps.map((step) =>
      step === null ? Infinity : Math.abs(Number(step) - x),
    );
    const nearest = apart.indexOf(Math.min(...apart));
    if (nearest >= 0 && apart[nearest]! < Infinity) host.go?.(nearest);
  }

  /** The x of one value. */
  const place = ({ time, step, order }: Series, at: number): number =>
    byTime.value ? time[at]! : Number.isFinite(step[at]) ? step[at]! : (order?.[at] ?? NaN);

  /** The series, which stay from step to step. */
  function update(keepZoom = false): void {
    const weight = smoothing.value;
    const isBehind = (n: number) => legend.pointed >= 0 && legend.pointed !== n;
    current = axes();
    chart.setAxes(current, keepZoom);
    refine();
    chart.setBack(
      series.flatMap((each, n): ChartLine[] => {
        if (legend.hidden.has(n)) return [];
        const label = labels[n]!;
        const end = single ? {} : { end: label };
        const look = { colour: n, dash: dashOf(n), ...(each.unit ? { unit: each.unit } : {}) };
        const raw = lines(zoomed.get(n) ?? each).map((line) => ({
          ...line,
          ...look,
          label,
          odd: true,
          faint: weight > 0 || isBehind(n),
          marks: weight === 0 && line.x.length <= FEW,
          ...(weight === 0 ? end : {}),
        }));
        if (weight === 0) return raw;
        // What is smoothed begins where the line does, whatever is zoomed to.
        const smooth = lines(each).map(({ x, y }) => ({
          x,
          y: exponentialSmoothing(y, weight),
          ...look,
          ...end,
          ...(isBehind(n) ? { faint: true } : {}),
          label: `${label}, smoothed`,
        }));
        return [...raw, ...smooth];
      }),
    );
    host.redraw();
  }

  /** What marks the step. */
  function draw(shown: Shown<"metric">): void {
    chart.restyle();
    legend.paint();
    const front: ChartLine[] = [];
    const said: string[] = [];
    const [low, high] = roomy(current.y, current.yLog);
    /** Where the step is marked by a line, of which one is enough. */
    const places = new Set<number>();
    series.forEach((each, n) => {
      const { steps, at: numbers } = members()[n]!;
      const number = numbers?.[shown.at] ?? -1;
      const at = each.at[number];
      if (at === undefined) {
        legend.setWords(n, each.error ?? "no step yet");
        return;
      }
      const words = format.joined(
        format.quantity(each.value[at]!, each.unit),
        earlierStep(steps?.[number], shown.step),
        each.odd && oddWords(each.odd),
      );
      legend.setWords(n, words);
      said.push(format.joined(labels[n], words));
      if (legend.hidden.has(n)) return;
      const [here, value] = [place(each, at), each.value[at]!];
      if (!places.has(here) && (single || (!byTime.value && steps?.[number] === shown.step))) {
        places.add(here);
        front.unshift({ x: [here, here], y: [low, high], dash: [3, 4], width: 1 });
      }
      front.push({ x: [here], y: [value], colour: n, dots: [0] });
    });
    chart.setFront(front);
    if (single) caption.textContent = summarize(series[0]!, shown.at);
    const words = single ? caption.textContent : said.join("; ");
    chart.describe(`${host.about.name} over ${over()}: ${words}`);
  }

  function summarize({ value, at, points, unit, odd }: Series, number: number): string {
    const [low, high] = extent(value);
    const write = (n: number) => format.quantity(n, unit);
    const below =
      scale.value === "log" ? Array.from(value).filter((v) => v <= 0 && v > -Infinity).length : 0;
    return format.joined(
      write(value[at[number] ?? 0] ?? NaN),
      Number.isFinite(low) && `lowest ${write(low)}`,
      Number.isFinite(low) && `highest ${write(high)}`,
      format.plural(points, "value"),
      odd && oddWords(odd),
      below > 0 && `${format.count(below)} not above zero, which a log axis cannot show`,
    );
  }

  /** All values that are in the page, with what they were logged at. */
  function rows(): Row[] {
    const which = oneRun ? "metric" : "run";
    return [
      [which, "step", "time", "value"],
      ...series.flatMap(({ step, time, value, start }, n) =>
        Array.from(value, (v, at) => [
          labels[n]!,
          Number.isFinite(step[at]) ? step[at]! : "",
          new Date((time[at]! + start) * 1000).toISOString(),
          v,
        ]),
      ),
    ];
  }

  return {
    draw,
    replaceShared: (shared) => {
      series = read(shared);
      finer.outdate();
      update(true);
    },
    destroy: () => {
      finer.destroy();
      chart.destroy();
    },
  };
}

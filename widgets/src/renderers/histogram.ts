// Histograms: the bins of one step, or of many steps one behind the other.

import { h } from "../dom/dom";
import * as format from "../model/format";
import type { Axes, Range } from "./axes";
import type { ChartLine } from "./chart-line";
import { LineChart } from "./line-chart";
import type { Row } from "../dom/save";
import { bar, checkbox } from "../dom/toolbar";
import type { Host, Drawing, Shown } from "../model/renderer";

interface Sampled {
  step: format.Step;
  counts: ArrayLike<number>;
  edges: ArrayLike<number>;
}

/** How many steps one behind the other the highest bin reaches over. */
const HIGHEST_BIN = 3;

/** The outline of the bins, standing on a base. */
export function outline(
  counts: ArrayLike<number>,
  edges: ArrayLike<number>,
  base: number,
  scale: number,
): { x: number[]; y: number[] } {
  const x: number[] = [edges[0]!];
  const y: number[] = [base];
  for (let i = 0; i < counts.length; i += 1) {
    const top = base + counts[i]! * scale;
    x.push(edges[i]!, edges[i + 1]!);
    y.push(top, top);
  }
  x.push(edges[counts.length]!);
  y.push(base);
  return { x, y };
}

export function histogram(host: Host<"histogram">): Drawing<"histogram"> {
  const { element, about } = host;
  let { shared } = host;
  let limits = { x: shared.head.x, y: shared.head.y };
  let sample = readSample();
  const ridge = checkbox("all steps, one behind the other", update);
  const log = checkbox("log y", update);
  let at: format.Step = null;
  const title = () => format.joined(about.name, at !== null && `step ${format.step(at)}`);
  element.append(bar(sample.length > 1 ? ridge : null, log));
  const chart = new LineChart(element, axes(), title, { rows });
  const caption = h("p", { class: "jt-caption" });
  element.append(caption);

  /** The bins on screen. */
  let counts: ArrayLike<number> = [];
  let edges: ArrayLike<number> = [];
  function rows(): Row[] {
    const bins = Array.from(counts, (count, n) => [edges[n]!, edges[n + 1]!, count]);
    return [["from", "to", "count"], ...bins];
  }

  function readSample(): Sampled[] {
    const counts = shared.column("counts");
    const edges = shared.column("edges");
    let from = 0;
    return [...shared.column("ends")].map((end, n) => {
      const one = {
        step: shared.head.steps[n] ?? null,
        counts: counts.subarray(from, end),
        edges: edges.subarray(from + n, end + n + 1),
      };
      from = end;
      return one;
    });
  }

  function axes(): Axes {
    if (!ridge.value)
      return {
        xLabel: "value",
        yLabel: "count",
        x: limits.x,
        y: log.value ? [0.8, limits.y[1]] : limits.y,
        yLog: log.value,
        yWhole: limits.y[1] > 1 && Number.isInteger(limits.y[1]),
        floor: true,
      };
    return {
      height: Math.min(460, 140 + 16 * sample.length),
      xLabel: "value",
      yLabel: "step",
      x: limits.x,
      y: [-0.2, sample.length - 1 + HIGHEST_BIN],
      yWords: (v) => (Number.isInteger(v) && sample[v] ? format.step(sample[v]!.step) : ""),
    };
  }

  function update(): void {
    chart.setAxes(axes());
    chart.setBack(ridge.value ? ridgeLines() : []);
    host.redraw();
  }

  function heightOf(count: number): number {
    return log.value ? Math.log10(1 + count) : count;
  }

  function ridgeLine(one: Sampled, place: number, colour: number | undefined): ChartLine {
    const heights = Float64Array.from(one.counts, heightOf);
    return {
      ...outline(heights, one.edges, place, HIGHEST_BIN / (heightOf(limits.y[1]) || 1)),
      fill: true,
      width: colour === undefined ? 0.8 : 1.6,
      ...(colour === undefined ? {} : { colour }),
    };
  }

  /** The farthest first, so that nearer ones hide what they stand before. */
  function ridgeLines(): ChartLine[] {
    return sample.map((one, place) => ridgeLine(one, place, undefined)).reverse();
  }

  function draw(shown: Shown<"histogram">): void {
    if (!shown.payload) return;
    chart.restyle();
    at = shown.step;
    const [own, ends] = [shown.payload.column("counts"), shown.payload.column("edges")];
    [counts, edges] = [own, ends];
    let sum = 0;
    let most = 0;
    for (const count of own) {
      sum += count;
      most = Math.max(most, count);
    }
    const span: Range = [edges[0] ?? 0, edges[edges.length - 1] ?? 1];
    if (most > limits.y[1] || span[0] < limits.x[0] || span[1] > limits.x[1]) {
      // A step outside of the sample widens the axes, once.
      limits = {
        x: [Math.min(limits.x[0], span[0]), Math.max(limits.x[1], span[1])],
        y: [0, Math.max(limits.y[1], most)],
      };
      chart.setAxes(axes());
      if (ridge.value) chart.setBack(ridgeLines());
    }
    if (ridge.value) {
      // The step on screen stands where it belongs among the sampled ones.
      const after = sample.findIndex(
        (one) => one.step !== null && shown.step !== null && Number(one.step) >= Number(shown.step),
      );
      const exact = sample.findIndex((one) => one.step === shown.step);
      const place = exact >= 0 ? exact : after > 0 ? after - 0.5 : sample.length - 1;
      const nearer = sample
        .map((one, n) => [one, n] as const)
        .filter(([, n]) => n < place)
        .reverse();
      chart.setFront([
        ridgeLine({ step: shown.step, counts, edges }, place, 0),
        ...nearer.map(([one, n]) => ridgeLine(one, n, undefined)),
      ]);
    } else {
      chart.setFront([
        {
          x: ends.subarray(0, own.length),
          bars: ends.subarray(1),
          y: counts,
          base: log.value ? 1e-9 : 0,
          colour: 0,
          label: about.name,
        },
      ]);
    }
    caption.textContent = `${Number.isInteger(sum) ? format.plural(sum, "value") : `${format.number(sum)} values`} in ${format.plural(counts.length, "bin")} · from ${format.number(span[0])} to ${format.number(span[1])} · most in a bin ${format.number(most)}`;
    chart.describe(`histogram ${about.name}: ${caption.textContent}`);
  }
  function replaceShared(now: Host<"histogram">["shared"]): void {
    shared = now;
    sample = readSample();
    limits = { x: shared.head.x, y: shared.head.y };
    update();
  }
  return { draw, replaceShared, destroy: () => chart.destroy() };
}

// Curves of one line or several: of one, every step is faint behind the current one. ROC and precision-recall have their own axes.

import { h } from "../dom/dom";
import { bar, checkbox, select } from "../dom/toolbar";
import * as format from "../model/format";
import type { CurveHead, CurveSharedHead, FailedHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";
import type { Drawing, Host, Shown } from "../model/renderer";
import { extent, scaleOf, type Axes, type Range } from "./axes";
import { FEW, type ChartLine } from "./chart-line";
import { FinerPoints } from "./finer-points";
import { LineChart } from "./line-chart";
import { dashOf, earlierStep, Legend, parts } from "./overlay";
import { ThinnedLines } from "./thinned-lines";

interface Look {
  name: string;
  xLabel: string;
  yLabel: string;
}
const looks: Record<string, Look> = {
  roc: { name: "ROC curve", xLabel: "false positive rate", yLabel: "true positive rate" },
  pr: { name: "precision-recall curve", xLabel: "recall", yLabel: "precision" },
};
const custom: Look = { name: "curve", xLabel: "x", yLabel: "y" };

export function curve(host: Host<"curve">): Drawing<"curve"> {
  const { element, about } = host;
  const labels = (about.members ?? []).map(({ label }) => label);
  const single = labels.length === 1;
  let shared = read(host.shared);
  const kind = shared[0]?.head.curve ?? "custom";
  const { name, xLabel, yLabel } = looks[kind] ?? custom;
  // Both coordinates lie between 0 and 1, where a logarithm shows nothing.
  const unit = kind in looks;
  const limits = spans(shared.map(({ head }) => head));
  const xLog = checkbox("log x", rescale);
  const scale = select("y axis", ["linear", "log", "symlog"], rescale);
  const axes = (): Axes => ({
    xLabel,
    yLabel,
    ...limits,
    xLog: xLog.value,
    yLog: scaleOf(scale.value, limits.y),
  });
  if (!unit) element.append(bar(xLog, scale));
  /** The step on screen. */
  let at: format.Step = null;
  const title = () => format.joined(about.name, at !== null && `step ${format.step(at)}`);
  const finer = !SAVED && host.live ? new FinerPoints(host, host.redraw) : new ThinnedLines();
  const chart = new LineChart(element, axes(), title, {
    heights: unit ? [320, 440] : [260, 340],
    zoomed: host.redraw,
  });
  const legend = new Legend(labels, "runs", host.redraw);
  const caption = h("p", { class: "jt-caption" });
  element.append(single ? caption : legend.element, finer.note);
  chart.setBack(behind());

  /** The shared payloads of the lines that have one. */
  function read(payload: Host<"curve">["shared"]): Payload<CurveSharedHead>[] {
    return [...parts<CurveSharedHead>(payload).values()].flatMap((part) => {
      if (!("error" in part.head)) return [part as Payload<CurveSharedHead>];
      if (single) throw new Error(part.head.error);
      return [];
    });
  }

  function spans(heads: { x?: Range; y?: Range }[]): { x: Range; y: Range } {
    return {
      x: extent(heads.flatMap(({ x }) => x ?? [])),
      y: extent(heads.flatMap(({ y }) => y ?? [])),
    };
  }

  /** Make the axes hold more; they are never made smaller, so that steps can be compared. */
  function widen(heads: { x?: Range; y?: Range }[]): void {
    const more = spans(heads);
    let wider = false;
    for (const axis of ["x", "y"] as const) {
      const [low, high] = limits[axis];
      if (more[axis][0] >= low && more[axis][1] <= high) continue;
      limits[axis] = extent([...limits[axis], ...more[axis]]);
      wider = true;
    }
    if (wider) chart.setAxes(axes(), true);
  }

  /** What stays from step to step: of a single line its other steps, and the diagonal of a guess. */
  function behind(): ChartLine[] {
    const lines: ChartLine[] = [];
    for (const part of single ? shared : []) {
      const x = part.column("x");
      const y = part.column("y");
      let from = 0;
      for (const end of part.column("ends")) {
        lines.push({ x: x.subarray(from, end), y: y.subarray(from, end), colour: 0, faint: true });
        from = end;
      }
    }
    if (kind === "roc") lines.push({ x: [0, 1], y: [0, 1], dash: [5, 5], width: 1 });
    return lines;
  }

  /** Look for finer points of what is zoomed to. */
  function refine(number: number, found: Map<number, Payload<CurveHead | FailedHead>>): void {
    const zoom = chart.zoomedTo;
    const log = xLog.value ? { log: true as const } : {};
    const thinned = [...found].flatMap(([n, part]) =>
      "error" in part.head || legend.hidden.has(n)
        ? []
        : [{ x: part.column("x"), points: part.head.points }],
    );
    finer.look(number, zoom && { x: zoom.x, points: zoom.pixels, ...log }, thinned);
  }

  function rescale(): void {
    chart.setAxes(axes());
    host.redraw();
  }

  function draw(shown: Shown<"curve">): void {
    const found = parts<CurveHead>(shown.payload);
    at = shown.step;
    chart.restyle();
    legend.paint();
    widen([...found.values()].flatMap(({ head }) => ("error" in head ? [] : [head])));
    refine(shown.at, found);
    const lines: ChartLine[] = [];
    const said: string[] = [];
    labels.forEach((label, n) => {
      const part = found.get(n);
      if (!part || "error" in part.head) {
        const error = part && "error" in part.head ? part.head.error : undefined;
        if (single && error) throw new Error(error);
        legend.setWords(n, error ?? "no step yet");
        return;
      }
      const { annotation: note, step, points, gaps } = part.head;
      if (single) {
        caption.textContent = format.joined(
          note,
          `${format.count(points)} points`,
          gaps ? `${format.count(gaps)} not finite` : null,
        );
        said.push(caption.textContent);
      } else {
        const words = format.joined(note, earlierStep(step, shown.step));
        legend.setWords(n, words);
        said.push(format.joined(label, words));
      }
      if (legend.hidden.has(n)) return;
      const drawn = finer.lines.get(n) ?? part;
      const x = drawn.column("x");
      lines.push({
        x,
        y: drawn.column("y"),
        colour: n,
        dash: dashOf(n),
        label: single ? about.name : label,
        faint: legend.pointed >= 0 && legend.pointed !== n,
        odd: true,
        marks: x.length <= FEW,
      });
    });
    chart.setFront(lines);
    const words = said.join("; ");
    chart.describe(
      single
        ? `${name} ${about.name}: ${words}; x is ${xLabel}, y is ${yLabel}`
        : `${name}s ${about.name}: ${words}`,
    );
  }

  return {
    draw,
    replaceShared: (payload) => {
      shared = read(payload);
      widen(shared.map(({ head }) => head));
      finer.outdate();
      chart.setBack(behind());
    },
    destroy: () => {
      finer.destroy();
      chart.destroy();
    },
  };
}

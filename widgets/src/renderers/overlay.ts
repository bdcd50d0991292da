// Lines of several runs, or of several metrics of one, in one chart: a colour and a dash for each, and a legend that says what each has at the step.

import { h, keepKeys, say } from "../dom/dom";
import * as format from "../model/format";
import { Payload, type Head } from "../model/payload";
import { Lines, roomy, type Axes, type Line } from "./line-chart";
import { extent, smooth } from "./metric";
import { labels } from "./curve";
import { colours } from "../dom/theme";
import { bar, check, slide } from "../dom/toolbar";
import type { Host, Drawing, Shown } from "../model/renderer";

type Part = [line: number, from: number, many: number, head: Head];

/** The frame of each line that a frame of several holds, by the line's place. */
export function parts(frame: Payload | undefined): Map<number, Payload> {
  const found = new Map<number, Payload>();
  for (const [line, from, many, head] of (frame?.head["parts"] ?? []) as Part[])
    found.set(line, new Payload(head, frame!.buffers.slice(from, from + many)));
  return found;
}

/** Solid first; no two lines have both the colour and the dash of another until there are 32. */
const dashes: number[][] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3]];
const many = 8;
export const dashOf = (line: number): number[] =>
  dashes[(line + Math.floor(line / many)) % dashes.length]!;

interface Entry {
  button: HTMLButtonElement;
  stroke: SVGLineElement;
  words: HTMLElement;
}

/** One key a line: press to hide or show it. */
class Legend {
  readonly element: HTMLElement;
  readonly hidden = new Set<number>();
  private readonly entries: Entry[];

  constructor(names: string[], what: string, changed: () => void) {
    this.entries = names.map((name, n) => {
      const words = h("span", { class: "jt-kind" });
      const [key, stroke] = swatch(dashOf(n));
      const button = keepKeys(
        h(
          "button",
          {
            type: "button",
            class: "jt-line-run",
            "aria-pressed": "true",
            title: `hide or show ${name}`,
            onclick: () => {
              if (!this.hidden.delete(n)) this.hidden.add(n);
              button.setAttribute("aria-pressed", String(!this.hidden.has(n)));
              changed();
            },
          },
          key,
          h("span", { class: "jt-name" }, name),
          words,
        ),
      );
      return { button, stroke, words };
    });
    this.element = h(
      "div",
      { class: "jt-lines-runs", role: "group", "aria-label": what },
      ...this.entries.map((e) => e.button),
    );
  }

  tell(line: number, words: string): void {
    say(this.entries[line]!.words, words);
  }

  paint(): void {
    const { lines } = colours(this.element);
    this.entries.forEach(({ stroke }, n) =>
      stroke.setAttribute("stroke", lines[n % lines.length]!),
    );
  }
}

function swatch(dash: number[]): [SVGSVGElement, SVGLineElement] {
  const make = <K extends keyof SVGElementTagNameMap>(
    tag: K,
    attributes: Record<string, string>,
  ) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const svg = make("svg", {
    viewBox: "0 0 30 10",
    width: "30",
    height: "10",
    "aria-hidden": "true",
    focusable: "false",
  });
  const stroke = make("line", {
    x1: "0",
    y1: "5",
    x2: "30",
    y2: "5",
    "stroke-width": "2.4",
    "stroke-dasharray": dash.join(" "),
  });
  svg.append(stroke);
  return [svg, stroke];
}

/** From which step a line is, when it is not the one asked for. */
const since = (own: format.Step | undefined, asked: format.Step): string =>
  own === undefined || own === asked ? "" : `from step ${format.step(own)}`;
const listed = (...words: (string | null | undefined | false)[]): string =>
  words.filter(Boolean).join(" · ");

function names(host: Host): string[] {
  return (host.about.members ?? []).map((m) => m.label);
}

/** Curves of several runs at a step. */
export function curves(host: Host): Drawing {
  const { element, about } = host;
  const runs = names(host);
  const kind: string = [...parts(host.shared).values()][0]?.head["curve"] ?? "custom";
  const [xLabel, yLabel] = labels[kind] ?? ["x", "y"];
  const unit = kind === "roc" || kind === "pr";
  element.classList.toggle("jt-square", unit);
  let logs = { xLog: false, yLog: false };
  let limits = spans();
  let last: Shown | null = null;
  const axes = (): Axes => ({ xLabel, yLabel, ...limits, ...logs });
  if (!unit)
    element.append(
      bar(
        check("log x", (on) => {
          logs = { ...logs, xLog: on };
          redo();
        }),
        check("log y", (on) => {
          logs = { ...logs, yLog: on };
          redo();
        }),
      ),
    );
  const legend = new Legend(runs, "runs", () => {
    if (last) draw(last);
  });
  const chart = new Lines(element, axes(), unit ? 340 : 300);
  element.append(legend.element);
  if (kind === "roc") chart.setBack([{ x: [0, 1], y: [0, 1], dash: [5, 5], width: 1 }]);

  function spans(): { x: [number, number]; y: [number, number] } {
    const grounds = [...parts(host.shared).values()].filter((g) => !g.head.error);
    const over = (axis: "x" | "y"): [number, number] =>
      extent(grounds.flatMap((g) => (g.head[axis] as number[] | undefined) ?? []));
    return { x: over("x"), y: over("y") };
  }

  function redo(): void {
    chart.setAxes(axes());
    if (last) draw(last);
  }

  function widen(frames: Iterable<Payload>): void {
    let wider = false;
    for (const axis of ["x", "y"] as const) {
      for (const frame of frames) {
        const span = frame.head[axis] as [number, number] | undefined;
        if (!span || (span[0] >= limits[axis][0] && span[1] <= limits[axis][1])) continue;
        limits[axis] = [Math.min(limits[axis][0], span[0]), Math.max(limits[axis][1], span[1])];
        wider = true;
      }
    }
    if (wider) chart.setAxes(axes(), true);
  }

  function draw(shown: Shown): void {
    last = shown;
    const found = parts(shown.frame);
    chart.restyle();
    legend.paint();
    widen([...found.values()].filter((f) => !f.head.error));
    const lines: Line[] = [];
    const said: string[] = [];
    runs.forEach((run, n) => {
      const frame = found.get(n);
      if (!frame || frame.head.error) {
        legend.tell(n, frame ? String(frame.head.error) : "no step yet");
        return;
      }
      const note = frame.head["annotation"] as string | null | undefined;
      const auc = unit && note && Number.isFinite(Number(note));
      const words = listed(
        auc ? `AUC ${format.number(Number(note))}` : note,
        since(frame.head["step"] as format.Step, shown.step),
      );
      legend.tell(n, words);
      said.push(listed(run, words));
      if (legend.hidden.has(n)) return;
      const x = frame.column("x");
      lines.push({
        x,
        y: frame.column("y"),
        colour: n,
        dash: dashOf(n),
        label: run,
        ...(x.length === 1 ? { dots: [0] } : {}),
      });
    });
    chart.setFront(lines);
    chart.describe(
      `${kind === "roc" ? "ROC curves" : kind === "pr" ? "precision-recall curves" : "curves"} ${about.name}: ${said.join("; ")}`,
    );
  }

  function replaceShared(): void {
    const grown = spans();
    limits = { x: extent([...limits.x, ...grown.x]), y: extent([...limits.y, ...grown.y]) };
    chart.setAxes(axes(), true);
  }
  return { draw, replaceShared, destroy: () => chart.destroy() };
}

interface Series {
  step: ArrayLike<number>;
  time: Float64Array;
  value: ArrayLike<number>;
  at: ArrayLike<number>;
  error?: string | undefined;
}

/** Metrics over steps or time: of one run over its own, of several over the time since each began. */
export function metrics(host: Host): Drawing {
  const { element } = host;
  const labels = names(host);
  const one = new Set((host.about.members ?? []).map((m) => m.uuid)).size === 1;
  let series = read();
  const stepless = series.every((s) =>
    Array.prototype.every.call(s.step, (v: number) => !Number.isFinite(v)),
  );
  let over: "step" | "time" = stepless ? "time" : "step";
  let weight = 0;
  let log = false;
  let last: Shown | null = null;
  const legend = new Legend(labels, one ? "metrics" : "runs", () => lay());
  element.append(
    bar(
      stepless
        ? null
        : check("over time", (on) => {
            over = on ? "time" : "step";
            lay();
          }),
      check("log y", (on) => {
        log = on;
        lay();
      }),
      slide("smooth", [0, 0.99, 0.01, 0], (value) => {
        weight = value;
        lay();
      }),
    ),
  );
  const chart = new Lines(element, axes(), 280);
  element.append(legend.element);
  lay();

  function read(): Series[] {
    const found = parts(host.shared);
    return labels.map((_, n) => {
      const shared = found.get(n) ?? new Payload({}, []);
      const times = shared.column("time");
      const start = one ? 0 : (times[0] ?? 0);
      return {
        step: shared.column("step"),
        time: Float64Array.from(times, (t) => t - start),
        value: shared.column("value"),
        at: shared.column("at"),
        error: shared.head.error,
      };
    });
  }

  function axes(): Axes {
    const shown = series.filter((_, n) => !legend.hidden.has(n));
    const of = (pick: (s: Series) => ArrayLike<number>, positive = false): [number, number] =>
      extent(
        shown.flatMap((s) => extent(pick(s), positive)),
        positive,
      );
    const xLabel = over === "step" ? "step" : one ? "time" : "seconds since its first value";
    return {
      xLabel,
      yLabel: one ? "value" : host.about.name,
      x: of((s) => s[over]),
      y: of((s) => s.value, log),
      yLog: log,
      xTime: one && over === "time",
    };
  }

  function lay(keepZoom = false): void {
    chart.setAxes(axes(), keepZoom);
    chart.setBack(
      series.flatMap((s, n): Line[] => {
        if (legend.hidden.has(n)) return [];
        const raw: Line = { x: s[over], y: s.value, colour: n, faint: weight > 0, dash: dashOf(n) };
        return weight > 0 ? [raw, { ...raw, faint: false, y: smooth(s.value, weight) }] : [raw];
      }),
    );
    if (last) draw(last);
  }

  function draw(shown: Shown): void {
    last = shown;
    chart.restyle();
    legend.paint();
    const lines: Line[] = [];
    const said: string[] = [];
    const y = roomy(axes().y, log);
    series.forEach((s, n) => {
      const member = host.about.members![n]!;
      const own = member.at?.[shown.at] ?? -1;
      const at = s.at[own];
      if (s.error || own < 0 || at === undefined) {
        legend.tell(n, s.error ?? "no step yet");
        return;
      }
      const words = listed(format.number(s.value[at]!), since(member.steps?.[own], shown.step));
      legend.tell(n, words);
      said.push(listed(labels[n], words));
      if (legend.hidden.has(n)) return;
      // Drawn beneath already; here it is what the pointer finds.
      lines.push(
        { x: s[over], y: s.value, colour: n, width: 0.01, label: labels[n]! },
        { x: s[over], y: s.value, colour: n, dots: [at] },
      );
      if (over === "step" && member.steps?.[own] === shown.step)
        lines.push({ x: [s.step[at]!, s.step[at]!], y: [y[0], y[1]], dash: [3, 4], width: 1 });
    });
    chart.setFront(lines);
    chart.describe(`${host.about.name} over ${over}: ${said.join("; ")}`);
  }

  function replaceShared(): void {
    series = read();
    lay(true);
  }
  return { draw, replaceShared, destroy: () => chart.destroy() };
}

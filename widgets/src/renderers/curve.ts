// Curves: every step faint behind, the current one strong; ROC and precision-recall with their own axes.

import { h } from "../dom/dom";
import * as format from "../model/format";
import type { Payload } from "../model/payload";
import { Lines, type Axes, type Line } from "./line-chart";
import type { Host, Drawing, Shown } from "../model/renderer";

export const labels: Record<string, [string, string]> = {
  roc: ["false positive rate", "true positive rate"],
  pr: ["precision", "recall"],
};

export function curve({ element, about, shared: first }: Host): Drawing {
  let shared = first;
  const kind: string = shared.head.curve ?? "custom";
  const [xLabel, yLabel] = labels[kind] ?? ["x", "y"];
  const unit = kind === "roc" || kind === "pr";
  element.classList.toggle("jt-square", unit);
  const limits = {
    x: (shared.head.x ?? [0, 1]) as [number, number],
    y: (shared.head.y ?? [0, 1]) as [number, number],
  };
  let logs = { xLog: false, yLog: false };
  const axes = (): Axes => ({ xLabel, yLabel, ...limits, ...logs });
  const caption = h("p", { class: "jt-caption" });
  const bar = h("div", { class: "jt-tools" });
  element.append(bar);
  const chart = new Lines(element, axes(), unit ? 340 : 300);
  element.append(caption);
  let last: Shown | null = null;

  function past(): Line[] {
    const lines: Line[] = [];
    const x = shared.column("x");
    const y = shared.column("y");
    let from = 0;
    for (const end of shared.column("ends")) {
      lines.push({ x: x.subarray(from, end), y: y.subarray(from, end), colour: 0, faint: true });
      from = end;
    }
    if (kind === "roc") lines.push({ x: [0, 1], y: [0, 1], dash: [5, 5], width: 1 });
    return lines;
  }

  function toggle(which: "xLog" | "yLog", label: string): HTMLElement {
    const box = h("input", {
      type: "checkbox",
      "data-lm-suppress-shortcuts": "true",
      onchange: () => {
        logs = { ...logs, [which]: box.checked };
        chart.setAxes(axes());
        if (last) draw(last);
      },
    });
    return h("label", { class: "jt-check" }, box, label);
  }
  // Where everything lies between 0 and 1 a logarithm shows nothing.
  if (!unit) bar.append(toggle("xLog", "log x"), toggle("yLog", "log y"));
  else bar.remove();

  chart.setBack(past());

  /** The faint lines behind are those of more steps now; the axes only ever widen. */
  function replaceShared(grown: Payload): void {
    shared = grown;
    const wide = (axis: "x" | "y"): boolean => {
      const [low, high] = limits[axis];
      const [from, to] = (grown.head[axis] ?? limits[axis]) as [number, number];
      limits[axis] = [Math.min(low, from), Math.max(high, to)];
      return from < low || to > high;
    };
    const [x, y] = [wide("x"), wide("y")];
    if (x || y) chart.setAxes(axes(), true);
    chart.setBack(past());
  }

  function draw(shown: Shown): void {
    last = shown;
    const { frame } = shown;
    if (!frame) return;
    chart.restyle();
    const x = frame.column("x");
    const y = frame.column("y");
    const beyond = ([low, high]: [number, number], span: [number, number]) =>
      span[0] < low || span[1] > high;
    const spanX = frame.head.x as [number, number] | undefined;
    const spanY = frame.head.y as [number, number] | undefined;
    if ((spanX && beyond(limits.x, spanX)) || (spanY && beyond(limits.y, spanY))) {
      // A step outside of what was sampled for the axes widens them, once.
      if (spanX) limits.x = [Math.min(limits.x[0], spanX[0]), Math.max(limits.x[1], spanX[1])];
      if (spanY) limits.y = [Math.min(limits.y[0], spanY[0]), Math.max(limits.y[1], spanY[1])];
      chart.setAxes(axes());
    }
    chart.setFront([
      { x, y, colour: 0, label: about.name, ...(x.length === 1 ? { dots: [0] } : {}) },
    ]);
    const note = frame.head.annotation as string | null | undefined;
    const auc =
      note && (kind === "roc" || kind === "pr") && note !== "" && Number.isFinite(Number(note));
    const words = [
      auc ? `AUC ${format.number(Number(note))}` : note,
      `${format.count(frame.head.points ?? x.length)} points`,
      frame.head.gaps ? `${format.count(frame.head.gaps)} not numbers` : null,
    ]
      .filter(Boolean)
      .join(" · ");
    caption.textContent = words;
    chart.describe(
      `${kind === "custom" ? "curve" : kind === "roc" ? "ROC curve" : "precision-recall curve"} ${about.name}: ${words}; x is ${xLabel}, y is ${yLabel}`,
    );
  }
  return { draw, replaceShared, destroy: () => chart.destroy() };
}

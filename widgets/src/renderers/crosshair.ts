// What the pointer is told: the place on the x axis, and the value of each line there.

import { h, put, span, svg } from "../dom/dom";
import type { Area } from "../dom/svg-context";
import type { Colours } from "../dom/theme";
import * as format from "../model/format";
import type { Axes } from "./axes";
import type { Found } from "./chart-line";

/** Lines that are listed; of more, how many. */
const MOST = 14;

/** A piece of a line, as it is drawn. */
export function sample(colour: string, dash: number[] | undefined, width: number): SVGSVGElement {
  const [length, middle] = [width, 5];
  const stroke = {
    stroke: colour,
    "stroke-width": 2.4,
    "stroke-dasharray": (dash ?? []).join(" "),
  };
  return svg(
    "svg",
    {
      viewBox: `0 0 ${length} 10`,
      width: length,
      height: 10,
      "aria-hidden": "true",
      focusable: "false",
    },
    svg("line", { x1: 0, y1: middle, x2: length, y2: middle, ...stroke }),
  );
}

const place = (axes: Axes, { line, index }: Found): string => {
  const from = line.x[index]!;
  const to = line.bars?.[index] ?? from;
  if (axes.xTime) return format.time(from * 1e6);
  if (axes.xWords) return axes.xWords(Math.round((from + to) / 2));
  return line.bars ? `${format.number(from)} to ${format.number(to)}` : format.number(from);
};

/** Write what was found, and put it beside. */
export function tell(
  tip: HTMLElement,
  axes: Axes,
  look: Colours,
  area: Area,
  found: Found[],
): void {
  tip.hidden = found.length === 0;
  const [first] = found;
  if (!first) return;
  const where = place(axes, first);
  const value = ({ line, index }: Found) => line.y[index]!;
  // The highest line first, as they lie on the chart.
  const listed = [...found].sort((a, b) => a.y - b.y || 0);
  put(
    tip,
    h("b", {}, `${axes.xLabel} ${where}`),
    ...listed.slice(0, MOST).map((each) => {
      const own = place(axes, each);
      const { colour = 0, dash, label, unit, bars } = each.line;
      return h(
        "div",
        { class: "jt-told" },
        bars ? null : sample(look.lines[colour % look.lines.length]!, dash, 16),
        span("jt-name", `${label || axes.yLabel}${own === where ? "" : ` (${own})`}`),
        h("span", {}, format.quantity(value(each), unit ?? axes.yUnit)),
      );
    }),
    listed.length > MOST ? h("div", {}, `and ${listed.length - MOST} more`) : null,
  );
  const flip = first.x > area.width * 0.55;
  tip.style.left = flip ? "auto" : `${first.x + 12}px`;
  tip.style.right = flip ? `${area.width - first.x + 12}px` : "auto";
}

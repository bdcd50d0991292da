// The summary of a column in its heading: the distribution of its values, their range, how many are missing and how many distinct.

import { h, span, svg } from "../dom/dom";
import * as format from "../model/format";
import type { ColumnSummary } from "../model/payload-heads";

/** Height of the picture, in pixels. */
const HEIGHT = 22;

/** An end of the range in four digits. A number close to a whole one keeps its decimals, so that it does not read as the whole one. */
function limit(value: number | string | boolean): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string" || Number.isInteger(value))
    return typeof value === "string" ? value : format.number(value);
  const short = Number(value.toPrecision(4));
  return Number.isInteger(short) && Math.abs(short) < 1000
    ? value.toPrecision(4)
    : format.number(short);
}

/** A part of the whole in percent; it is 0% or 100% only when it is none or all of it. */
const percentage = (part: number, whole: number): string => {
  const percent = (100 * part) / whole;
  return `${percent > 0 && percent < 1 ? "<1" : percent > 99 && percent < 100 ? ">99" : Math.round(percent)}%`;
};

/** A picture that is stretched to the width of its column. */
function picture(
  className: string,
  width: number,
  label: string,
  shapes: SVGElement[],
): SVGElement {
  const attributes = { class: className, role: "img", "aria-label": label };
  const box = { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: "none" };
  return svg("svg", { ...attributes, ...box }, ...shapes);
}

function histogram(bins: number[], label: string): SVGElement {
  const highest = Math.max(1, ...bins);
  const bars = bins.map((count, n) => {
    // A bin with few values is still seen not to be empty.
    const height = count === 0 ? 0 : Math.max(1.2, (count / highest) * HEIGHT);
    return svg("rect", { x: n + 0.06, width: 0.88, y: HEIGHT - height, height });
  });
  return picture("jt-bins", bins.length, label, bars);
}

/** The most common values as parts of a bar, the rest of which is all other values. */
function shares(top: [string, number][], present: number, label: string): SVGElement {
  let left = 0;
  const parts = top.map(([, count], n) => {
    const width = (100 * count) / Math.max(1, present);
    const x = left;
    left += width;
    return svg("rect", {
      x,
      width: Math.max(0, width - 0.8),
      y: 4,
      height: HEIGHT - 8,
      "fill-opacity": Math.max(0.3, 1 - n * 0.18),
    });
  });
  return picture("jt-bins jt-shares", 100, label, parts);
}

/**
 * @param found what the kernel has found in the column; undefined while it has not answered.
 * @param rows how many rows the table has.
 */
export function summary(found: ColumnSummary | undefined, rows: number): HTMLElement {
  if (!found)
    return span(
      "jt-summary jt-coming",
      span("jt-bins"),
      h("span", {}, "…"),
      h("span", {}, "\u00a0"),
    );
  const present = rows - found.nulls;
  const { low, high, top } = found;
  const range =
    low === undefined || high === undefined
      ? ""
      : low === high
        ? limit(low)
        : `${limit(low)} – ${limit(high)}`;
  const common = top?.[0]
    ? `${top[0][0] === "" ? '""' : top[0][0]} ${percentage(top[0][1], Math.max(1, present))}`
    : "";
  const values = range || common || "\u00a0";
  const counts = [
    found.nulls
      ? `${found.nulls === rows ? "all" : percentage(found.nulls, Math.max(1, rows))} missing`
      : "",
    found.endless ? `${format.count(found.endless)} infinite` : "",
    found.distinct === undefined
      ? ""
      : found.distinct === present && present > 1 && !found.more
        ? "all different"
        : `${found.more ? ">" : ""}${format.count(found.distinct)} distinct`,
  ]
    .filter(Boolean)
    .join(", ");
  const description = [
    low === undefined ? "" : `from ${String(low)} to ${String(high)}`,
    top
      ? top
          .map(([text, count]) => `${text === "" ? '""' : text}: ${format.count(count)}`)
          .join(", ") + ((found.distinct ?? 0) > top.length ? ", …" : "")
      : "",
    found.nulls ? `${format.count(found.nulls)} missing` : "nothing missing",
    found.distinct === undefined
      ? ""
      : `${found.more ? "more than " : ""}${format.count(found.distinct)} distinct`,
  ]
    .filter(Boolean)
    .join("; ");
  const distribution = found.bins
    ? histogram(found.bins, `histogram, ${description}`)
    : top?.length
      ? shares(top, present, `shares, ${description}`)
      : span("jt-bins");
  return h(
    "span",
    { class: "jt-summary", title: description },
    distribution,
    h("span", {}, values),
    h("span", {}, counts || "\u00a0"),
  );
}

// A line for each column in the head of a table: how the values are spread, from where to where, what is missing, how many are different.

import { h } from "../dom/dom";
import * as format from "../model/format";

/** What the kernel has found in a column. */
export interface Told {
  nulls: number;
  distinct?: number;
  /** There are more different values than were counted. */
  more?: boolean;
  low?: number | string | boolean;
  high?: number | string | boolean;
  bins?: number[];
  top?: [string, number][];
  endless?: number;
}

const TALL = 22;

function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/** Four digits; one that is nearly a whole number is not written as it. */
function end(value: number | string | boolean): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string" || Number.isInteger(value))
    return typeof value === "string" ? value : format.number(value);
  const short = Number(value.toPrecision(4));
  return Number.isInteger(short) && Math.abs(short) < 1000
    ? value.toPrecision(4)
    : format.number(short);
}

const share = (many: number, of: number): string => {
  const percent = (100 * many) / of;
  return `${percent > 0 && percent < 1 ? "<1" : percent > 99 && percent < 100 ? ">99" : Math.round(percent)}%`;
};

function bars(bins: number[], label: string): SVGElement {
  const most = Math.max(1, ...bins);
  const picture = draw("svg", {
    class: "jt-bins",
    viewBox: `0 0 ${bins.length} ${TALL}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
  });
  bins.forEach((many, n) => {
    const tall = many === 0 ? 0 : Math.max(1.2, (many / most) * TALL);
    picture.append(draw("rect", { x: n + 0.06, width: 0.88, y: TALL - tall, height: tall }));
  });
  return picture;
}

function shares(top: [string, number][], there: number, label: string): SVGElement {
  const picture = draw("svg", {
    class: "jt-bins jt-shares",
    viewBox: `0 0 100 ${TALL}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
  });
  let left = 0;
  top.forEach(([, many], n) => {
    const width = (100 * many) / Math.max(1, there);
    picture.append(
      draw("rect", {
        x: left,
        width: Math.max(0, width - 0.8),
        y: 4,
        height: TALL - 8,
        "fill-opacity": Math.max(0.3, 1 - n * 0.18),
      }),
    );
    left += width;
  });
  return picture;
}

/** @param rows how many rows the table has. */
export function summary(told: Told | undefined, rows: number): HTMLElement {
  if (!told)
    return h(
      "span",
      { class: "jt-summary jt-coming" },
      h("span", { class: "jt-bins" }),
      h("span", {}, "…"),
      h("span", {}, "\u00a0"),
    );
  const there = rows - told.nulls;
  const { low, high, top } = told;
  const span =
    low === undefined || high === undefined
      ? ""
      : low === high
        ? end(low)
        : `${end(low)} – ${end(high)}`;
  const common = top?.[0]
    ? `${top[0][0] === "" ? '""' : top[0][0]} ${share(top[0][1], Math.max(1, there))}`
    : "";
  const words = span || common || "\u00a0";
  const counts = [
    told.nulls
      ? `${told.nulls === rows ? "all" : share(told.nulls, Math.max(1, rows))} missing`
      : "",
    told.endless ? `${format.count(told.endless)} infinite` : "",
    told.distinct === undefined
      ? ""
      : told.distinct === there && there > 1 && !told.more
        ? "all different"
        : `${told.more ? ">" : ""}${format.count(told.distinct)} distinct`,
  ]
    .filter(Boolean)
    .join(", ");
  const long = [
    low === undefined ? "" : `from ${String(low)} to ${String(high)}`,
    top
      ? top
          .map(([text, many]) => `${text === "" ? '""' : text}: ${format.count(many)}`)
          .join(", ") + ((told.distinct ?? 0) > top.length ? ", …" : "")
      : "",
    told.nulls ? `${format.count(told.nulls)} missing` : "nothing missing",
    told.distinct === undefined
      ? ""
      : `${told.more ? "more than " : ""}${format.count(told.distinct)} distinct`,
  ]
    .filter(Boolean)
    .join("; ");
  const picture = told.bins
    ? bars(told.bins, `histogram, ${long}`)
    : top?.length
      ? shares(top, there, `shares, ${long}`)
      : h("span", { class: "jt-bins" });
  return h(
    "span",
    { class: "jt-summary", title: long },
    picture,
    h("span", {}, words),
    h("span", {}, counts || "\u00a0"),
  );
}

// Traces: calls within calls, how long each took and when, and what went in and came out.

import { h, put, span } from "../dom/dom";
import * as format from "../model/format";
import { bar, textButton } from "../dom/toolbar";
import { json } from "../dom/json-tree";
import type { Host, Drawing, Shown } from "../model/renderer";

interface Span {
  name?: string;
  kind?: string;
  status?: string;
  started_at?: string;
  finished_at?: string;
  tags?: unknown;
  children?: Span[];
  [more: string]: unknown;
}

/** Seconds since the epoch; a moment without a zone is UTC. */
export function moment(text: unknown): number {
  if (typeof text !== "string") return NaN;
  const zoned =
    /(Z|[+-]\d\d:?\d\d)$/.test(text) || (!text.includes("T") && !text.includes(" "))
      ? text
      : `${text.replace(" ", "T")}Z`;
  return Date.parse(zoned.replace(" ", "T")) / 1000;
}

/** A duration in seconds, as short as spans are. */
export function formatDuration(value: number): string {
  if (!Number.isFinite(value)) return "";
  if (value < 0.001) return `${Math.round(value * 1e6)} µs`;
  if (value < 1) return `${Number((value * 1000).toPrecision(3))} ms`;
  if (value < 120) return `${Number(value.toPrecision(3))} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** Fields that have a place of their own; the others are listed. */
const placed = new Set(["name", "kind", "status", "started_at", "finished_at", "children", "uuid"]);

export function trace(host: Host<"trace">): Drawing<"trace"> {
  const list = h("div", { class: "jt-trace" });
  const caption = h("p", { class: "jt-caption" });
  const all = (open: boolean) => {
    for (const box of list.querySelectorAll<HTMLDetailsElement>("details.jt-span")) box.open = open;
  };
  host.element.append(
    bar(
      textButton("open all", () => all(true)),
      textButton("close all", () => all(false)),
    ),
    list,
    caption,
  );

  function draw({ payload }: Shown<"trace">): void {
    if (!payload) return;
    const root: Span = JSON.parse(payload.text(0));
    let from = Infinity;
    let to = -Infinity;
    let count = 0;
    const measure = (span: Span): void => {
      count += 1;
      for (const at of [moment(span.started_at), moment(span.finished_at)])
        if (Number.isFinite(at)) {
          from = Math.min(from, at);
          to = Math.max(to, at);
        }
      for (const child of span.children ?? []) measure(child);
    };
    measure(root);
    put(list, row(root, 0));
    caption.textContent = format.joined(
      format.plural(count, "call"),
      to > from ? formatDuration(to - from) : null,
      payload.head.bare ? "without what went in and came out: too large for this page" : null,
    );

    function row(call: Span, depth: number): HTMLElement {
      const start = moment(call.started_at);
      const end = moment(call.finished_at);
      const total = to - from;
      const place =
        total > 0 && Number.isFinite(start) && Number.isFinite(end)
          ? `left:${(((start - from) / total) * 100).toFixed(2)}%;width:${Math.max(0.4, ((end - start) / total) * 100).toFixed(2)}%`
          : null;
      const children = call.children ?? [];
      const status = String(call.status ?? "");
      const statusClass = /fail|error/i.test(status) ? "jt-status jt-is-failed" : "jt-status";
      const summary = h(
        "summary",
        {},
        span(
          "jt-call",
          span("jt-name", String(call.name ?? "(no name)")),
          call.kind ? span("jt-kind", String(call.kind)) : null,
          status ? span(statusClass, status) : null,
        ),
        span("jt-took", formatDuration(end - start)),
        h(
          "span",
          { class: "jt-span-bar", "aria-hidden": "true" },
          place ? h("span", { style: place }) : null,
        ),
      );
      const more = Object.entries(call).filter(
        ([key, value]) => !placed.has(key) && value !== null && value !== undefined,
      );
      const inside = [
        ...more.map(([key, value]) =>
          json(value, key, key === "inputs" || key === "outputs" ? 1 : 0),
        ),
        ...children.map((child) => row(child, depth + 1)),
      ];
      const nothing = h("div", { class: "jt-leaf jt-kind" }, "nothing more is known of this call");
      return h(
        "details",
        { class: "jt-span", open: depth < 3 && children.length > 0 },
        summary,
        h("div", { class: "jt-inner" }, ...(inside.length ? inside : [nothing])),
      );
    }
  }
  return { draw };
}

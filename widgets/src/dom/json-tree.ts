// JSON as a tree that opens. What was never opened has no elements in the page, as a tree may be large.

import { h, span } from "./dom";
import * as format from "../model/format";

/** How many entries of an object or list, and how many characters of a string, are shown. */
const MOST_ENTRIES = 200;
const LONGEST_STRING = 2000;

function brief(value: unknown): string {
  if (Array.isArray(value)) return `[ ${format.count(value.length)} ]`;
  if (value !== null && typeof value === "object")
    return `{ ${format.count(Object.keys(value).length)} }`;
  const text = JSON.stringify(value) ?? "null";
  return text.length > LONGEST_STRING
    ? `${text.slice(0, LONGEST_STRING)}… (${format.count(text.length)} characters)`
    : text;
}

/** Show a value under its name, opened `deep` levels. */
export function json(value: unknown, name: string | null = null, deep = 1): HTMLElement {
  const label = name === null ? [] : [span("jt-key", name), ": "];
  if (value === null || typeof value !== "object")
    return h(
      "div",
      { class: "jt-leaf jt-json" },
      ...label,
      span(`jt-is-${typeof value}`, brief(value)),
    );
  const entries = Object.entries(value);
  const box = h(
    "details",
    { class: "jt-json" },
    h("summary", {}, ...label, span("jt-kind", brief(value))),
  );
  let filled = false;
  const fill = (): void => {
    if (filled) return;
    filled = true;
    box.append(
      h(
        "div",
        { class: "jt-inner" },
        ...entries.slice(0, MOST_ENTRIES).map(([key, inner]) => json(inner, key, deep - 1)),
        entries.length > MOST_ENTRIES
          ? h(
              "div",
              { class: "jt-leaf jt-kind" },
              `and ${format.count(entries.length - MOST_ENTRIES)} more`,
            )
          : null,
      ),
    );
  };
  box.addEventListener("toggle", () => {
    if (box.open) fill();
  });
  if (deep > 0 && entries.length > 0) {
    fill();
    box.open = true;
  }
  return box;
}

// JSON as a tree that opens; what is closed is not in the page.

import { h, keepKeys } from "./dom";
import * as format from "../model/format";

const MOST = 200;
const LONGEST = 2000;

function brief(value: unknown): string {
  if (Array.isArray(value)) return `[ ${format.count(value.length)} ]`;
  if (value !== null && typeof value === "object")
    return `{ ${format.count(Object.keys(value).length)} }`;
  const text = JSON.stringify(value) ?? "null";
  return text.length > LONGEST
    ? `${text.slice(0, LONGEST)}… (${format.count(text.length)} characters)`
    : text;
}

/** A value under its name; opened `deep` levels. */
export function json(value: unknown, name: string | null = null, deep = 1): HTMLElement {
  const label = name === null ? [] : [h("span", { class: "jt-key" }, name), ": "];
  if (value === null || typeof value !== "object")
    return h(
      "div",
      { class: "jt-leaf jt-json" },
      ...label,
      h("span", { class: `jt-is-${typeof value}` }, brief(value)),
    );
  const entries = Object.entries(value);
  const box = h(
    "details",
    { class: "jt-json" },
    keepKeys(h("summary", {}, ...label, h("span", { class: "jt-kind" }, brief(value)))),
  );
  let filled = false;
  const fill = (): void => {
    if (filled) return;
    filled = true;
    box.append(
      h(
        "div",
        { class: "jt-inner" },
        ...entries.slice(0, MOST).map(([key, inner]) => json(inner, key, deep - 1)),
        entries.length > MOST
          ? h(
              "div",
              { class: "jt-leaf jt-kind" },
              `and ${format.count(entries.length - MOST)} more`,
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

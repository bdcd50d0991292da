// Files, models and references: what it is, how large, where it lies.

import { button, h, put, relabel } from "../dom/dom";
import * as format from "../model/format";
import type { Fact } from "../model/payload-heads";
import type { Drawing, Host } from "../model/renderer";

/** A button that copies a path, and says for a moment that it has. */
function copyButton(value: string): HTMLElement {
  const label = `copy ${value}`;
  const pressed = button(label, "copy", () => {
    void navigator.clipboard?.writeText(value).then(() => {
      relabel(pressed, "copied", "done");
      setTimeout(() => relabel(pressed, label, "copy"), 1200);
    });
  });
  return pressed;
}

function written([, value, kind]: Fact): (HTMLElement | string | number)[] {
  if (kind === "bytes")
    return [`${format.bytes(Number(value))} (${format.count(Number(value))} bytes)`];
  if (kind === undefined) return [value];
  const code = h("code", {}, value);
  return kind === "path" ? [code, copyButton(String(value))] : [code];
}

/** A list of what is known of something, such as a file or a run. */
export function factList(facts: Fact[]): HTMLElement {
  const lines = facts.flatMap((fact) => [h("dt", {}, fact[0]), h("dd", {}, ...written(fact))]);
  return h("dl", { class: "jt-facts" }, ...lines);
}

export function file({ element, shared }: Host<"file">): Drawing<"file"> {
  return {
    draw: ({ payload }) => {
      // Of an artifact without steps, what is known is in the shared payload.
      const { head } = payload ?? shared;
      put(element, factList("facts" in head ? head.facts : []));
    },
  };
}

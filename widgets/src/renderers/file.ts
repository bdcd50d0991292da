// Files, models and references: what it is, how large, where it lies.

import { button, h, put, relabel } from "../dom/dom";
import * as format from "../model/format";
import type { Fact } from "../model/heads";
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

/** A list of what is known of a file, in an element; returns what fills it. */
export function factList(element: HTMLElement): (facts: Fact[]) => void {
  const list = h("dl", { class: "jt-facts" });
  element.append(list);
  return (facts) =>
    put(list, ...facts.flatMap((fact) => [h("dt", {}, fact[0]), h("dd", {}, ...written(fact))]));
}

export function file({ element, shared }: Host<"file">): Drawing<"file"> {
  const show = factList(element);
  return {
    draw: ({ payload }) => {
      // Of an artifact without steps, what is known is in the shared payload.
      const { head } = payload ?? shared;
      show("facts" in head ? head.facts : []);
    },
  };
}

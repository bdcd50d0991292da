// Files, models and references: what it is, how large, where it lies.

import { button, dub, h, put } from "../dom/dom";
import * as format from "../model/format";
import type { Host, Drawing, Shown } from "../model/renderer";

type Fact = [name: string, value: string | number, kind?: "bytes" | "path" | "code"];

export function file({ element, shared }: Host): Drawing {
  const list = h("dl", { class: "jt-facts" });
  element.append(list);

  function copy(value: string): HTMLElement {
    const label = `copy ${value}`;
    const press = button(label, "copy", () => {
      void navigator.clipboard?.writeText(value).then(() => {
        dub(press, "copied", "done");
        setTimeout(() => dub(press, label, "copy"), 1200);
      });
    });
    return press;
  }

  function draw({ frame }: Shown): void {
    const facts: Fact[] = (frame ?? shared).head.facts ?? [];
    put(
      list,
      ...facts.flatMap(([name, value, kind]) => [
        h("dt", {}, name),
        h(
          "dd",
          {},
          kind === "bytes"
            ? `${format.bytes(Number(value))} (${format.count(Number(value))} bytes)`
            : kind
              ? h("code", {}, value)
              : value,
          kind === "path" ? copy(String(value)) : null,
        ),
      ]),
    );
  }
  return { draw };
}

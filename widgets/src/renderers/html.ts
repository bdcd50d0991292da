// HTML: the page it makes, in a frame where nothing runs and nothing is fetched; or its source.

import { h, keepKeys, put } from "../dom/dom";
import { sandboxed } from "../dom/sandbox";
import * as format from "../model/format";
import { bar, check } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

export function html(host: Host<"html">): Drawing<"html"> {
  let rendered = true;
  let last: Shown<"html"> | null = null;
  const source = keepKeys(
    h("pre", {
      class: "jt-text",
      tabindex: 0,
      role: "region",
      "aria-label": `source of ${called(host.about)}`,
    }),
  );
  const page = h("div");
  const caption = h("p", { class: "jt-caption" });
  host.element.append(
    bar(
      check(
        "show rendered (no scripts, no network)",
        (on) => {
          rendered = on;
          if (last) draw(last);
        },
        rendered,
      ),
    ),
    source,
    page,
    caption,
  );

  function draw(shown: Shown<"html">): void {
    last = shown;
    if (!shown.payload) return;
    const markup = shown.payload.text(0);
    const { cut } = shown.payload.head;
    source.hidden = rendered;
    source.textContent = rendered ? "" : markup;
    put(
      page,
      rendered ? sandboxed(markup, `${host.about.name}, step ${format.step(shown.step)}`) : null,
    );
    caption.textContent = [
      `${format.count(cut ?? markup.length)} characters of HTML`,
      cut ? `the first ${format.count(markup.length)} are shown` : null,
    ]
      .filter(Boolean)
      .join(" · ");
  }
  return { draw };
}

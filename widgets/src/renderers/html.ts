// HTML: the page it makes, without its scripts and addresses, in a frame where nothing runs and nothing is fetched; or its source.

import { h, put, region } from "../dom/dom";
import { measureHeight, sandboxed } from "../dom/sandbox";
import { safeDocument } from "../dom/sanitize";
import * as format from "../model/format";
import { bar, checkbox } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

/** How long a step stays before its height is measured (ms). */
const SETTLED = 60;

export function html(host: Host<"html">): Drawing<"html"> {
  const rendered = checkbox("show rendered (no scripts, no network)", host.redraw, true);
  const source = region("pre", "jt-text", `source of ${called(host.about)}`);
  const page = h("div");
  const caption = h("p", { class: "jt-caption" });
  host.element.append(bar(rendered), source, page, caption);

  /** What the frame shows. Made anew it would be blank at first, also on paper. */
  let framed = "";
  let stop = (): void => undefined;

  /** Let the frame be no higher than its page, and on paper as high: not while someone goes through the steps. */
  function fit(markup: string): void {
    stop();
    const timer = window.setTimeout(() => {
      stop = measureHeight(markup, (height) => page.style.setProperty("--jt-whole", `${height}px`));
    }, SETTLED);
    stop = () => window.clearTimeout(timer);
  }

  function draw({ payload, step }: Shown<"html">): void {
    if (!payload) return;
    const markup = payload.text(0);
    const { cut } = payload.head;
    const label = `${host.about.name}, step ${format.step(step)}`;
    const now = rendered.value ? `${label}\n${markup}` : "";
    source.hidden = rendered.value;
    source.textContent = rendered.value ? "" : markup;
    if (now !== framed) {
      const safe = rendered.value ? safeDocument(markup) : null;
      put(page, safe === null ? null : sandboxed(safe, label));
      if (safe !== null) fit(safe);
    }
    framed = now;
    caption.textContent = format.joined(
      `${format.count(cut ?? markup.length)} characters of HTML`,
      cut ? `the first ${format.count(markup.length)} are shown` : null,
    );
  }
  return { draw, destroy: () => stop() };
}

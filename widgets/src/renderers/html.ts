// HTML: the page it makes, without its scripts and addresses, in a frame where nothing runs and nothing is fetched; or its source.

import { h, region } from "../dom/dom";
import { measureHeight, sandboxed } from "../dom/sandbox";
import { safeDocument } from "../dom/sanitize";
import * as format from "../model/format";
import { bar, checkbox } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

/** How long a step stays before its height is measured (ms). */
const SETTLED = 60;
/** A page of more characters is not framed ahead. */
const MOST_AHEAD = 200_000;

/** A page in its frame. */
interface Framed {
  frame: HTMLIFrameElement;
  /** What the frame shows. */
  safe: string;
}

/**
 * The frames of the step on screen and, while someone goes through the steps, of the one before it and of the next in that direction: a frame
 * takes longer to be made than to be shown. They stay in their places, since one that is moved would load again.
 */
class Frames {
  readonly element = h("div", { class: "jt-frames" });
  private readonly made = new Map<string, Framed>();
  private shown: string | null = null;
  private before: string | null = null;
  private timer = 0;

  /** Show a page, by a name that no other has. Returns what its frame shows. */
  show(name: string, markup: string, label: string): string {
    this.cancel();
    const shown = this.made.get(name) ?? this.make(name, markup, label);
    if (name !== this.shown) [this.before, this.shown] = [this.shown, name];
    for (const [each, { frame }] of this.made) {
      const ahead = each !== name;
      frame.className = ahead ? "jt-ahead" : "jt-enclosed";
      frame.toggleAttribute("inert", ahead);
    }
    this.keep();
    return shown.safe;
  }

  /** Make the frame of a page that may be shown next, as soon as what is shown has been painted. */
  prepare(name: string, markup: string, label: string): void {
    this.cancel();
    if (this.made.has(name) || markup.length > MOST_AHEAD) return;
    const frame = requestAnimationFrame(() => {
      this.timer = window.setTimeout(() => {
        try {
          const { frame } = this.make(name, markup, label);
          frame.className = "jt-ahead";
          frame.toggleAttribute("inert", true);
        } catch {
          // It is told when it is shown.
        }
        this.keep(name);
      });
    });
    this.cancel = () => {
      cancelAnimationFrame(frame);
      window.clearTimeout(this.timer);
    };
  }

  /** Give up what was to be made ahead. */
  cancel = (): void => undefined;

  clear(): void {
    this.cancel();
    this.shown = this.before = null;
    this.keep();
  }

  private make(name: string, markup: string, label: string): Framed {
    const safe = safeDocument(markup);
    const framed = { safe, frame: sandboxed(safe, label) };
    this.made.set(name, framed);
    this.element.append(framed.frame);
    return framed;
  }

  /** Remove all frames but those shown now and before, and that of a name. */
  private keep(ahead: string | null = null): void {
    for (const [name, { frame }] of this.made)
      if (name !== this.shown && name !== this.before && name !== ahead) {
        this.made.delete(name);
        frame.remove();
      }
  }
}

export function html(host: Host<"html">): Drawing<"html"> {
  const rendered = checkbox("show rendered (no scripts, no network)", host.redraw, true);
  const source = region("pre", "jt-text", `source of ${called(host.about)}`);
  const frames = new Frames();
  const page = frames.element;
  const caption = h("p", { class: "jt-caption" });
  host.element.append(bar(rendered), source, page, caption);

  /** What the frame shows. Made anew it would be blank at first, also on paper. */
  let framed = "";
  /** The number of the step shown. */
  let shown = -1;
  let stop = (): void => undefined;

  const labelOf = (step: format.Step): string => `${host.about.name}, step ${format.step(step)}`;

  /** Let the frame be no higher than its page, and on paper as high: not while someone goes through the steps. */
  function fit(markup: string): void {
    stop();
    const timer = window.setTimeout(() => {
      stop = measureHeight(markup, (height) => page.style.setProperty("--jt-whole", `${height}px`));
    }, SETTLED);
    stop = () => window.clearTimeout(timer);
  }

  function draw({ payload, at, step }: Shown<"html">): void {
    if (!payload) return;
    const markup = payload.text(0);
    const { cut } = payload.head;
    const label = labelOf(step);
    const now = rendered.value ? `${label}\n${markup}` : "";
    source.hidden = rendered.value;
    source.textContent = rendered.value ? "" : markup;
    if (!rendered.value) frames.clear();
    else if (now !== framed) fit(frames.show(now, markup, label));
    framed = now;
    if (rendered.value && shown >= 0 && at !== shown) prepare(at + Math.sign(at - shown));
    shown = at;
    caption.textContent = format.joined(
      `${format.count(cut ?? markup.length)} characters of HTML`,
      cut ? `the first ${format.count(markup.length)} are shown` : null,
    );
  }

  function prepare(at: number): void {
    const payload = host.payload(at);
    if (!payload || payload.head.error) return;
    const [label, markup] = [labelOf(host.about.steps[at] ?? null), payload.text(0)];
    frames.prepare(`${label}\n${markup}`, markup, label);
  }

  function destroy(): void {
    stop();
    frames.cancel();
  }

  return { draw, destroy };
}

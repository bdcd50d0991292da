// HTML: the page it makes, without its scripts and addresses, in a frame where nothing runs and nothing is fetched; or its source.

import { afterPaint, h, region } from "../dom/dom";
import { measureHeight, PageFrame } from "../dom/sandbox";
import { plainText, safeDocument } from "../dom/sanitize";
import * as format from "../model/format";
import { bar, checkbox } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

/** How long the first step stays before its height is measured, and how long another does, which has the height of the last (ms). */
const FIRST = 60;
const SETTLED = 500;
/** A page of more characters is not framed ahead. */
const MOST_AHEAD = 200_000;

/** A page that is passed sooner is not loaded, since none is by then (ms): its text is shown. */
const PASSING = 100;
/** How long a page waits that is not passed (ms): to load one takes longer than all else a key does, and would be done before the next key. */
const REST = 30;
/** How many frames a view has at most: of the step on screen, of the one before it, of the next, and one that is loading still. */
const MOST_FRAMES = 4;

interface Page {
  /** No other page has it. */
  name: string;
  label: string;
  /** What its frame shows. */
  safe: string;
}

/** A frame, and the page that it has or loads. */
interface Holder {
  frame: PageFrame;
  page: Page | null;
}

/**
 * The frames of the step on screen and, while someone goes through the steps, of the one before it and of the next in that direction, which
 * is loaded before it is shown. A frame that is loading is left alone until it has: so it never shows another page than the one it has the
 * name of. Of pages that follow each other too fast to be loaded the text is shown.
 */
class Frames {
  /** Covers the frame that has not the page of the step on screen yet. */
  private readonly cover = h("div", { class: "jt-passed" });
  readonly element = h("div", { class: "jt-frames" }, this.cover);
  private last = -Infinity;
  private timer = 0;
  private readonly frames: Holder[] = [];
  private shown: Page | null = null;
  private before: Page | null = null;
  private ahead: Page | null = null;

  /** Show a page. Returns what its frame shows. */
  show(name: string, markup: string, label: string): string {
    this.cancel();
    const page = this.known(name) ?? { name, label, safe: safeDocument(markup) };
    if (page !== this.shown) [this.before, this.shown, this.ahead] = [this.shown, page, null];
    const now = performance.now();
    const passing = now - this.last < PASSING;
    this.last = now;
    window.clearTimeout(this.timer);
    const first = this.frames.length === 0;
    this.timer = first ? 0 : window.setTimeout(() => this.rest(), passing ? PASSING : REST);
    this.cover.textContent = this.place() && passing ? plainText(page.safe) : "";
    return page.safe;
  }

  /** Load a page that may be shown next, as soon as what is shown has been painted. */
  prepare(name: string, markup: string, label: string): void {
    this.cancel();
    if (markup.length > MOST_AHEAD) return;
    this.cancel = afterPaint(() => {
      try {
        this.ahead = this.known(name) ?? { name, label, safe: safeDocument(markup) };
        this.place();
      } catch {
        // It is told when it is shown.
      }
    });
  }

  /** Give up what was to be loaded ahead. */
  cancel = (): void => undefined;

  clear(): void {
    this.cancel();
    window.clearTimeout(this.timer);
    this.shown = this.before = this.ahead = null;
    for (const { frame } of this.frames.splice(0)) frame.remove();
    this.element.removeAttribute("aria-busy");
  }

  private known(name: string): Page | undefined {
    return this.wanted().find((page) => page.name === name);
  }

  private wanted(): Page[] {
    return [this.shown, this.before, this.ahead].filter((page) => page !== null);
  }

  private rest(): void {
    this.timer = 0;
    this.place();
  }

  /**
   * Show the frame of the step on screen as soon as there is one, and load what has none: unless it is being passed, and the next one last.
   * Returns whether the page of the step on screen is not drawn yet.
   */
  private place(): boolean {
    if (this.shown && !this.timer) this.load(this.shown);
    const current = this.of(this.shown);
    const busy = !current || current.frame.loading;
    this.element.setAttribute("aria-busy", String(busy));
    if (this.ahead && !this.timer && !busy) this.load(this.ahead);
    for (const each of this.frames) {
      const { element } = each.frame;
      element.toggleAttribute("inert", each !== current);
      // Until there is one, the last stays where it is, below the cover.
      if (current) element.className = each === current ? "jt-enclosed" : "jt-ahead";
    }
    return busy;
  }

  private of(page: Page | null): Holder | undefined {
    return this.frames.find((each) => each.page === page);
  }

  private load(page: Page): void {
    if (this.of(page)) return;
    const wanted = this.wanted();
    const free = this.frames.find(
      (each) => !each.frame.loading && !(each.page && wanted.includes(each.page)),
    );
    const holder = free ?? this.add();
    if (!holder) return;
    holder.page = page;
    holder.frame.show(page.safe, page.label);
  }

  private add(): Holder | null {
    if (this.frames.length === MOST_FRAMES) return null;
    const made = { frame: new PageFrame(() => this.place()), page: null };
    this.frames.push(made);
    this.cover.before(made.frame.element);
    return made;
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
    const timer = window.setTimeout(
      () => {
        stop = measureHeight(markup, (height) =>
          page.style.setProperty("--jt-whole", `${height}px`),
        );
      },
      shown < 0 ? FIRST : SETTLED,
    );
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
    frames.clear();
  }

  return { draw, destroy };
}

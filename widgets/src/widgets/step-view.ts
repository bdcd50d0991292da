// The panels of a view under one step, and the bar that moves it.

import { h, holdKeys, say } from "../dom/dom";
import { onpaper } from "../dom/paper";
import { claimKeys, stepKey, type StepKey } from "../dom/step-keys";
import { dress, ontheme } from "../dom/theme";
import * as format from "../model/format";
import type { Stem } from "../model/payload-heads";
import { called, isRunning, type ViewInfo } from "../model/model";
import type { Payload } from "../model/payload";
import { TimerPlayer, type Player } from "../model/player";
import type { Beside } from "../model/renderer";
import { SHARED, type KeptSteps, type PayloadId } from "../model/kept-steps";
import { Panel, type SendQuery, type Waiting } from "./panel";
import { StepBar } from "./step-bar";

export interface StepViewOptions {
  about: ViewInfo;
  payloads: KeptSteps;
  /** Someone moves to a step, by its place in the list. */
  move(index: number): void;
  /** The newest step is followed from now on, or no longer. */
  followed?(on: boolean): void;
  /** Missing in a saved page, which has no kernel to ask. */
  query?: SendQuery;
  /** What plays, where it is not a timer of the page. */
  player?: Player;
  /** More may come while the run goes on. */
  live?: boolean;
  note?: string;
}

/** What takes longer than this is said in words (ms). */
const LATE = 300;
/** Of so many panels each has its controls in view. */
const MOST_OPEN = 3;
/** How many steps a page is, as for ipywidgets' slider. */
const PAGE = 5;

export class StepView {
  readonly element: HTMLElement;
  index = 0;
  private about: ViewInfo;
  readonly bar: StepBar;
  private readonly partial = h("p", { class: "jt-note" });
  private following = false;
  private readonly panels: Panel[];
  /** The panel that had the focus last. */
  private focused: Panel | undefined;
  private readonly stopWatchingTheme: () => void;
  private readonly stopClaimingKeys: () => void;
  private readonly stopPrinting: () => void;
  private waiting: Waiting = "coming";
  private timer = 0;

  constructor(
    private readonly options: StepViewOptions,
    host: HTMLElement,
  ) {
    dress(host);
    const { about, payloads, query } = options;
    this.about = about;
    const refresh = (): void => this.show(this.index);
    const go = (panel: number, number: number): void => {
      const index = this.about.panels[panel]?.at?.indexOf(number) ?? number;
      if (index >= 0) options.move(index);
    };
    this.panels = about.panels.map(
      (info, n) =>
        new Panel(
          info,
          n,
          payloads,
          query,
          refresh,
          (number) => go(n, number),
          about.panels.length > MOST_OPEN,
        ),
    );
    [this.focused] = this.panels;
    this.bar = new StepBar(
      {
        go: (index) => options.move(index),
        slide: (index) => options.move(index),
        follow: (on) => this.setFollowing(on),
      },
      this.panels.length > 1,
    );
    this.element = h(
      "div",
      { class: "jt-stage", tabindex: -1 },
      this.bar.element,
      h(
        "div",
        { class: this.panels.length > 1 ? "jt-panes jt-many" : "jt-panes" },
        ...this.panels.map((panel) => panel.element),
      ),
      this.partial,
      ...[options.note, about.note].map((words) =>
        words ? h("p", { class: "jt-note" }, words) : null,
      ),
    );
    // What takes the keys is said key by key: with the focus here the notebook still saves, and runs cells.
    this.element.removeAttribute("data-lm-suppress-shortcuts");
    for (const panel of this.panels) {
      panel.element.tabIndex = -1;
      panel.element.addEventListener("focusin", () => {
        if (panel === this.focused) return;
        this.focused = panel;
        this.markLogged();
      });
    }
    const meant = (event: KeyboardEvent): StepKey | null =>
      this.bar.element.hidden ? null : stepKey(event, this.element, this.bar.slide);
    const onKey = (event: KeyboardEvent): void => {
      const key = meant(event);
      if (!key) return;
      event.preventDefault();
      event.stopPropagation();
      this.press(key);
    };
    this.element.addEventListener("keydown", onKey);
    // Before the slider's own: its pages differ from one browser to another, and from ipywidgets' slider.
    this.bar.slide.addEventListener("keydown", onKey, true);
    this.stopClaimingKeys = claimKeys(this.element, (event) => meant(event) !== null);
    this.bar.setPlayer(
      options.player ??
        new TimerPlayer(
          (begins) => this.advance(begins),
          () => this.bar.showPlayer(),
        ),
    );
    holdKeys(this.element);
    host.append(this.element);
    this.markLogged();
    payloads.onReceive(refresh);
    const repaint = (): void => {
      for (const panel of this.panels) panel.invalidate();
      this.show(this.index);
    };
    this.stopWatchingTheme = ontheme(repaint);
    // Paper is white; what is drawn in the page's colours is drawn again before it prints itself.
    this.stopPrinting = onpaper((printing) => {
      this.element.toggleAttribute("data-jt-paper", printing);
      repaint();
    });
  }

  /** The step that is shown. */
  get step(): format.Step {
    return this.about.steps[this.index] ?? null;
  }

  /** Show a step by its place in the list. */
  show(index: number): void {
    const { steps } = this.about;
    this.index = Math.max(0, Math.min(index, steps.length - 1));
    if (this.following && this.index < steps.length - 1) this.setFollowing(false);
    const step = steps[this.index] ?? null;
    const needed = this.panels.flatMap((panel) =>
      panel.show(this.numberOf(panel), step, this.beside(panel)),
    );
    this.updateBar();
    this.options.payloads.request(
      needed,
      this.panels.map(({ about }) => (about.all_steps ? 0 : about.steps.length)),
    );
    this.explainLate();
  }

  /** Say from now on, of steps that have not come, that this is the reason. */
  setWaiting(waiting: Waiting): void {
    this.waiting = waiting;
    this.explainLate();
  }

  /**
   * More was logged. What is on screen stays, at its step, unless someone follows the newest.
   * `seed`: payloads that came along, shared ones among them.
   */
  grow(about: ViewInfo, seed: [PayloadId, Payload][]): void {
    const step = this.about.steps[this.index];
    this.about = about;
    this.panels.forEach((panel, n) => {
      const info = about.panels[n];
      if (info) panel.update(info);
    });
    this.markLogged();
    for (const [id, payload] of seed) this.options.payloads.put(id, payload);
    for (const [{ panel, number }] of seed)
      if (number === SHARED) this.panels[panel]!.updateShared();
    const kept = step === undefined ? 0 : about.steps.indexOf(step);
    const to = this.following ? about.steps.length - 1 : kept;
    if (to >= 0 && to !== this.index) this.options.move(to);
    this.show(to >= 0 ? to : this.index);
  }

  destroy(): void {
    window.clearTimeout(this.timer);
    this.stopWatchingTheme();
    this.stopClaimingKeys();
    this.bar.destroy();
    this.stopPrinting();
    for (const panel of this.panels) panel.destroy();
    this.element.remove();
  }

  /** A panel that waits is dim at once; that it waits is said in words too, unless the step comes soon. */
  private explainLate(): void {
    const late = this.panels.filter((panel) => panel.late);
    if (late.length === 0 || this.waiting !== "coming") {
      window.clearTimeout(this.timer);
      this.timer = 0;
    }
    if (late.length === 0) return;
    if (this.waiting !== "coming") for (const panel of late) panel.explain(this.waiting);
    else
      this.timer ||= window.setTimeout(() => {
        this.timer = 0;
        for (const panel of this.panels) if (panel.late) panel.explain(this.waiting);
      }, LATE);
  }

  /** Go to the newest step now, and whenever there is another; or no longer. */
  setFollowing(on: boolean): void {
    const changed = on !== this.following;
    this.following = on;
    this.bar.showFollowing(on);
    if (changed) this.options.followed?.(on);
    if (on) this.bar.go(this.about.steps.length - 1);
  }

  /** Do what a key says. */
  private press(key: StepKey): void {
    const { bar, index } = this;
    const last = this.about.steps.length - 1;
    const places: Partial<Record<StepKey, number>> = {
      first: 0,
      last,
      back: index - 1,
      next: index + 1,
      pageBack: Math.max(0, index - PAGE),
      pageNext: Math.min(last, index + PAGE),
    };
    if (key === "play") bar.play();
    else if (key === "follow") bar.toggleFollow();
    else if (key === "before") this.goToLogged(-1);
    else if (key === "after") this.goToLogged(1);
    else bar.go(places[key]!);
  }

  /** Go to the nearest step in a direction at which the artifact in focus was logged. */
  private goToLogged(by: 1 | -1): void {
    if (!this.focused) return;
    for (let n = this.index + by; n >= 0 && n < this.about.steps.length; n += by) {
      if (!this.isLogged(this.focused, n)) continue;
      this.bar.go(n);
      return;
    }
    this.bar.explain(`${called(this.focused.about)} has no ${by > 0 ? "later" : "earlier"} step`);
  }

  /** Whether what a panel shows was logged at a step of the slider, by its place. */
  private isLogged({ about }: Panel, place: number): boolean {
    const at = about.at ? (about.at[place] ?? -1) : place;
    return at >= 0 && at < about.steps.length && about.steps[at] === this.about.steps[place];
  }

  /** Mark the steps of the artifact in focus on the slider, where it has others too. */
  private markLogged(): void {
    const { focused } = this;
    if (focused) this.bar.mark(this.about.steps.map((_, n) => this.isLogged(focused, n)));
  }

  /** Go on by one, to the first where playing `begins` at the last; return whether there was one. */
  private advance(begins: boolean): boolean {
    const atEnd = this.index >= this.about.steps.length - 1;
    if ((atEnd && !begins) || !this.element.isConnected) return false;
    this.options.move(atEnd ? 0 : this.index + 1);
    return true;
  }

  /** The number of a panel's payload at the step shown. */
  private numberOf({ about }: Panel): number {
    if (this.about.steps.length === 0) return 0;
    return about.at ? (about.at[this.index] ?? -1) : this.index;
  }

  private beside({ about }: Panel): Beside<Stem> | undefined {
    const place = about.beside;
    const other = place === undefined ? undefined : this.panels[place];
    if (!other) return undefined;
    const at = this.numberOf(other);
    const payload = this.options.payloads.get(place!, at) as Beside<Stem>["payload"];
    const step = other.about.steps[at] ?? null;
    return at < 0 ? undefined : { run: other.about.run ?? "", step, at, payload };
  }

  private updateBar(): void {
    const { run, steps, total = 0 } = this.about;
    let time = NaN;
    let versions = 1;
    for (const panel of this.panels) {
      const { about } = panel;
      const at = this.numberOf(panel);
      if (!this.isLogged(panel, this.index)) continue;
      const logged = about.times[at];
      if (typeof logged === "number" && !(logged <= time)) time = logged;
      versions = Math.max(versions, about.versions?.[at] ?? 1);
    }
    this.bar.show({
      index: this.index,
      steps,
      time,
      versions,
      repeats: () => this.panels.some(({ about }) => Object.keys(about.versions ?? {}).length > 0),
      partial: total > steps.length,
      grows: this.options.live === true && isRunning(run.status),
    });
    const where = this.options.live ? "on the slider" : "kept in this page";
    this.partial.hidden = total <= steps.length;
    if (total > steps.length)
      say(
        this.partial,
        `${format.count(steps.length)} of ${format.count(total)} steps are ${where}`,
      );
  }
}

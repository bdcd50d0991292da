// The panels of a view under one step, with the line that says which step it is.

import { button, h, holdKeys, say } from "../dom/dom";
import { dress, ontheme } from "../dom/theme";
import * as format from "../model/format";
import type { Stem } from "../model/payload-heads";
import { isRunning, type ViewInfo } from "../model/model";
import type { Payload } from "../model/payload";
import type { Beside } from "../model/renderer";
import { SHARED, type PayloadId, type StepCache } from "../model/step-cache";
import { Panel, type SendQuery, type Waiting } from "./panel";

export interface StepViewOptions {
  about: ViewInfo;
  payloads: StepCache;
  /** Someone pressed previous or next. */
  move(index: number): void;
  /** Missing in a saved page, which has no kernel to ask. */
  query?: SendQuery;
  /** Controls that are put above the line, where there are no ipywidgets. */
  controls?: HTMLElement;
  /** More may come while the run goes on. */
  live?: boolean;
  note?: string;
}

/** What takes longer than this is said in words (ms). */
const LATE = 300;

export class StepView {
  readonly element: HTMLElement;
  index = 0;
  private about: ViewInfo;
  private readonly status = h("span", {
    class: "jt-where",
    role: "status",
    "aria-live": "polite",
  });
  private readonly backward: HTMLButtonElement[];
  private readonly forward: HTMLButtonElement[];
  private readonly follow = h(
    "button",
    {
      type: "button",
      class: "jt-button jt-follow",
      "aria-pressed": "false",
      title: "go to each new step as it is logged",
      onclick: () => this.setFollowing(!this.following),
    },
    "follow",
  );
  private following = false;
  private readonly panels: Panel[];
  private readonly stopWatchingTheme: () => void;
  private waiting: Waiting = "coming";
  private timer = 0;

  constructor(
    private readonly options: StepViewOptions,
    host: HTMLElement,
  ) {
    dress(host);
    const { about, payloads, query } = options;
    this.about = about;
    this.backward = [
      button("first step", "first", () => this.go(0)),
      button("previous step", "back", () => this.go(this.index - 1)),
    ];
    this.forward = [
      button("next step", "next", () => this.go(this.index + 1)),
      button("last step", "last", () => this.go(this.about.steps.length - 1)),
    ];
    const refresh = (): void => this.show(this.index);
    this.panels = about.panels.map((info, n) => new Panel(info, n, payloads, query, refresh));
    const line = h(
      "div",
      { class: "jt-line" },
      h(
        "span",
        { class: "jt-buttons", role: "group", "aria-label": "step" },
        ...this.backward,
        ...this.forward,
      ),
      this.status,
      this.follow,
    );
    line.hidden = about.steps.length === 0;
    this.element = h(
      "div",
      { class: "jt-stage" },
      options.controls,
      line,
      h(
        "div",
        { class: this.panels.length > 1 ? "jt-panes jt-many" : "jt-panes" },
        ...this.panels.map((panel) => panel.element),
      ),
      ...[options.note, about.note].map((words) =>
        words ? h("p", { class: "jt-note" }, words) : null,
      ),
    );
    holdKeys(this.element);
    host.append(this.element);
    payloads.onReceive(refresh);
    this.stopWatchingTheme = ontheme(() => {
      for (const panel of this.panels) panel.invalidate();
      this.show(this.index);
    });
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
    this.updateStatus();
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
    for (const [id, payload] of seed) this.options.payloads.put(id, payload);
    for (const [{ panel, number }] of seed)
      if (number === SHARED) this.panels[panel]!.updateShared();
    const kept = step === undefined ? 0 : about.steps.indexOf(step);
    const to = this.following ? about.steps.length - 1 : kept;
    // Nobody asked for this step: it is shown, and a screen reader does not speak of it.
    this.status.setAttribute("aria-live", "off");
    if (to >= 0 && to !== this.index) this.options.move(to);
    this.show(to >= 0 ? to : this.index);
  }

  destroy(): void {
    window.clearTimeout(this.timer);
    this.stopWatchingTheme();
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

  private setFollowing(on: boolean): void {
    this.following = on;
    this.follow.setAttribute("aria-pressed", String(on));
    if (on) this.go(this.about.steps.length - 1);
  }

  private go(index: number): void {
    if (index < 0 || index >= this.about.steps.length || index === this.index) return;
    this.status.setAttribute("aria-live", "polite");
    this.options.move(index);
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

  private updateStatus(): void {
    const { run, steps, total } = this.about;
    this.follow.hidden = !this.options.live || !isRunning(run.status);
    if (steps.length === 0) return;
    const step = steps[this.index] ?? null;
    const parts = [
      `step ${format.step(step)}`,
      `${format.count(this.index + 1)} of ${format.count(steps.length)}`,
    ];
    let when = -Infinity;
    let versions = 1;
    for (const panel of this.panels) {
      const { about } = panel;
      const at = this.numberOf(panel);
      if (at < 0 || about.steps[at] !== step) continue;
      when = Math.max(when, about.times[at] ?? -Infinity);
      versions = Math.max(versions, about.versions?.[at] ?? 1);
    }
    if (Number.isFinite(when)) parts.push(format.time(when));
    if (versions > 1) parts.push(`logged ${versions} times, the latest is shown`);
    if (total !== undefined && total > steps.length)
      parts.push(
        `${format.count(steps.length)} of ${format.count(total)} steps are ${this.options.live ? "on the slider" : "kept in this page"}`,
      );
    say(this.status, parts.join(" · "));
    // `disabled` would take the focus away from the button that was just pressed.
    for (const each of this.backward) each.setAttribute("aria-disabled", String(this.index === 0));
    for (const each of this.forward)
      each.setAttribute("aria-disabled", String(this.index === steps.length - 1));
  }
}

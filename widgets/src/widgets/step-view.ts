// The stage: the panels of a view under one step, with the line that says which step it is.

import { button, h, holdKeys, keepKeys, put, say } from "../dom/dom";
import * as format from "../model/format";
import { Payload } from "../model/payload";
import type { StepCache, Wish } from "../model/step-cache";
import { called, type ViewInfo, type PanelInfo } from "../model/model";
import { Origin } from "./origin";
import { dress, ontheme } from "../dom/theme";
import type { Beside, Host, Drawing } from "../model/renderer";
import { rendererOf } from "../renderers/index";
import { excuse, type Waiting } from "./waiting";

export interface Options {
  about: ViewInfo;
  frames: StepCache;
  /** Someone pressed previous or next. */
  move(index: number): void;
  /** Ask the kernel half of a panel's view; missing in a saved page. */
  query?(
    panel: number,
    frame: number,
    query: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Payload>;
  /** Controls that the page brings itself, put before the line. */
  controls?: HTMLElement;
  /** More may come while the run goes on. */
  live?: boolean;
  note?: string;
}

interface ShownPanel {
  about: PanelInfo;
  section: HTMLElement;
  body: HTMLElement;
  note: HTMLElement;
  origin: Origin;
  drawing: Drawing | null;
  /** Payload drawn, and the count of drawings asked for, so that a late one does not overwrite a newer. */
  drawn: number | null;
  /** Payload of the panel beside that it was drawn with. */
  with: number | null;
  turn: number;
  /** Another step that the view wants beside this one, and whether it has had it. */
  need: number | null;
  met: boolean;
}

// The statuses of a run that goes on.
const living = new Set([
  "created",
  "running",
  "processing",
  "starting",
  "resuming",
  "queued",
  "scheduled",
  "stopping",
  "warning",
  "retrying",
]);
const NONE = -2;
const SHARED = -1;
/** What takes longer than this is said in words (ms). */
const SOON = 300;

/** How many frames of an artifact are still what they were: a step may have been logged again, or before others. */
function unchanged(before: PanelInfo, now: PanelInfo): number {
  let n = 0;
  while (
    n < before.steps.length &&
    before.steps[n] === now.steps[n] &&
    before.times[n] === now.times[n] &&
    before.versions?.[n] === now.versions?.[n]
  )
    n += 1;
  return n;
}

export class StepView {
  readonly element: HTMLElement;
  index = 0;
  private readonly where = h("span", { class: "jt-where", role: "status", "aria-live": "polite" });
  private readonly buttons: HTMLButtonElement[];
  private readonly follow = keepKeys(
    h(
      "button",
      {
        type: "button",
        class: "jt-button jt-follow",
        "aria-pressed": "false",
        title: "go to each new step as it is logged",
        onclick: () => this.setFollowing(!this.following),
      },
      "follow",
    ),
  );
  private following = false;
  private readonly panels: ShownPanel[];
  private readonly stops: (() => void)[] = [];
  private waiting: Waiting = "coming";
  private timer = 0;

  constructor(
    private readonly back: Options,
    host: HTMLElement,
  ) {
    dress(host);
    const { about } = back;
    this.buttons = [
      button("first step", "first", () => this.go(0)),
      button("previous step", "back", () => this.go(this.index - 1)),
      button("next step", "next", () => this.go(this.index + 1)),
      button("last step", "last", () => this.go(this.about.steps.length - 1)),
    ];
    this.panels = about.panels.map((panel) => this.slot(panel));
    const line = h(
      "div",
      { class: "jt-line" },
      h("span", { class: "jt-buttons", role: "group", "aria-label": "step" }, ...this.buttons),
      this.where,
      this.follow,
    );
    line.hidden = about.steps.length === 0;
    this.element = h(
      "div",
      { class: "jt-stage" },
      back.controls,
      line,
      h(
        "div",
        { class: this.panels.length > 1 ? "jt-panes jt-many" : "jt-panes" },
        ...this.panels.map((s) => s.section),
      ),
      ...[back.note, about.note].map((words) =>
        words ? h("p", { class: "jt-note" }, words) : null,
      ),
    );
    holdKeys(this.element);
    host.append(this.element);
    back.frames.onarrive(() => this.show(this.index));
    this.stops.push(ontheme(() => this.redraw()));
  }

  get about(): ViewInfo {
    return this.back.about;
  }

  /** Show a step by its place in the list. */
  show(index: number): void {
    const { steps } = this.about;
    this.index = Math.max(0, Math.min(index, steps.length - 1));
    if (this.following && this.index < steps.length - 1) this.setFollowing(false);
    const wishes: Wish[] = [];
    this.panels.forEach((shown, panel) => {
      const frame = this.frameOf(shown, this.index);
      if (frame >= 0 && !shown.about.all_steps) wishes.push({ panel, frame });
      if (shown.need !== null && !shown.met && this.back.frames.has({ panel, frame: shown.need })) {
        shown.met = true;
        shown.drawn = NONE;
      }
      this.drawSlot(shown, panel, frame);
      if (shown.need !== null && shown.need !== frame) wishes.push({ panel, frame: shown.need });
    });
    this.tell();
    this.back.frames.want(
      wishes,
      this.panels.map((s) => (s.about.all_steps ? 0 : s.about.steps.length)),
    );
    this.await();
  }

  /** What to say of a step that has not come. */
  wait(waiting: Waiting): void {
    this.waiting = waiting;
    this.await();
  }

  /** An old picture is dim at once; that it is old is also said, unless the new one comes soon. */
  private await(): void {
    const late = this.panels.filter((shown) => shown.section.hasAttribute("aria-busy"));
    if (late.length === 0 || this.waiting !== "coming") {
      window.clearTimeout(this.timer);
      this.timer = 0;
    }
    if (late.length === 0) return;
    if (this.waiting !== "coming") late.forEach((shown) => this.excuse(shown));
    else
      this.timer ||= window.setTimeout(() => {
        this.timer = 0;
        for (const shown of this.panels)
          if (shown.section.hasAttribute("aria-busy")) this.excuse(shown);
      }, SOON);
  }

  private excuse(shown: ShownPanel): void {
    const wanted = format.step(shown.about.steps[this.frameOf(shown, this.index)] ?? null);
    const old = shown.section.dataset["jtStep"];
    this.remark(shown, excuse(wanted, old, this.waiting));
  }

  /**
   * The run has gone on. What is on screen stays, at its step, unless someone follows the newest.
   * `fresh`: grounds and frames that came along.
   */
  grow(about: ViewInfo, fresh: [Wish, Payload][]): void {
    const before = this.about;
    const step = before.steps[this.index];
    const { frames } = this.back;
    this.back.about = about;
    this.panels.forEach((shown, panel) => {
      const told = about.panels[panel];
      if (!told) return;
      const same = unchanged(shown.about, told);
      shown.about = told;
      frames.drop(panel, same);
      if (shown.drawn !== null && shown.drawn >= same) shown.drawn = NONE;
    });
    for (const [wish, frame] of fresh) frames.put(wish, frame);
    for (const { frame, panel } of fresh.map(([wish]) => wish))
      if (frame === SHARED) this.updateShared(this.panels[panel]!, panel);
    const kept = step === undefined ? 0 : about.steps.indexOf(step);
    const to = this.following ? about.steps.length - 1 : kept;
    // Nobody asked for this: it is shown, and not spoken.
    this.where.setAttribute("aria-live", "off");
    if (to >= 0 && to !== this.index) this.back.move(to);
    this.show(to >= 0 ? to : this.index);
  }

  private updateShared(shown: ShownPanel, panel: number): void {
    const shared = this.back.frames.get(panel, SHARED);
    if (!shown.drawing || !shared) return;
    if (shown.drawing.replaceShared) shown.drawing.replaceShared(shared);
    else if (shared.buffers.length === 0) return;
    else this.takeDown(shown);
    shown.drawn = NONE;
  }

  private setFollowing(on: boolean): void {
    this.following = on;
    this.follow.setAttribute("aria-pressed", String(on));
    if (on) this.go(this.about.steps.length - 1);
  }

  redraw(): void {
    for (const shown of this.panels) {
      shown.drawn = null;
    }
    this.show(this.index);
  }

  destroy(): void {
    window.clearTimeout(this.timer);
    for (const stop of this.stops) stop();
    for (const shown of this.panels) shown.drawing?.destroy?.();
    this.element.remove();
  }

  private go(index: number): void {
    if (index < 0 || index >= this.about.steps.length || index === this.index) return;
    this.where.setAttribute("aria-live", "polite");
    this.back.move(index);
  }

  private frameOf(shown: ShownPanel, index: number): number {
    if (this.about.steps.length === 0) return 0;
    return shown.about.at ? (shown.about.at[index] ?? -1) : index;
  }

  private beside({ about }: ShownPanel): Beside | undefined {
    const other = about.beside === undefined ? undefined : this.panels[about.beside];
    if (!other) return undefined;
    const at = this.frameOf(other, this.index);
    return at < 0
      ? undefined
      : {
          run: other.about.run ?? "",
          step: other.about.steps[at] ?? null,
          at,
          frame: this.back.frames.get(about.beside!, at),
        };
  }

  private slot(about: PanelInfo): ShownPanel {
    const body = h("div", { class: "jt-body" });
    const note = h("p", { class: "jt-note", role: "status" });
    note.hidden = true;
    const title = h(
      "h2",
      { class: "jt-title" },
      h("span", { class: "jt-name" }, about.name),
      " ",
      h("span", { class: "jt-kind" }, about.kind),
    );
    if (about.run) title.append(" ", h("span", { class: "jt-of" }, about.run));
    const section = h(
      "section",
      {
        class: "jt-pane",
        "data-jt-view": about.view,
        "aria-label": `${about.kind} ${called(about)}`,
      },
      title,
      note,
      body,
    );
    const origin = new Origin(note);
    title.append(origin.element);
    return {
      about,
      section,
      body,
      note,
      origin,
      drawing: null,
      drawn: NONE,
      with: null,
      turn: 0,
      need: null,
      met: true,
    };
  }

  private drawSlot(shown: ShownPanel, panel: number, at: number): void {
    const step = shown.about.steps[at] ?? null;
    if (at < 0) {
      shown.turn += 1;
      shown.section.removeAttribute("aria-busy");
      this.remark(
        shown,
        `no step of ${shown.about.name} yet at step ${format.step(this.about.steps[this.index] ?? null)}`,
      );
      shown.body.hidden = true;
      shown.section.removeAttribute("data-jt-step");
      shown.drawn = NONE;
      return;
    }
    const frame = this.back.frames.get(panel, at);
    if (!frame && !shown.about.all_steps) {
      shown.section.setAttribute("aria-busy", "true");
      return;
    }
    shown.section.removeAttribute("aria-busy");
    shown.body.hidden = false;
    this.remark(shown, this.shift(step));
    shown.origin.tell(shown.about, at);
    const beside = this.beside(shown)?.at ?? null;
    if (shown.drawn === at && shown.with === beside) return;
    const turn = ++shown.turn;
    const done = () => {
      if (shown.turn !== turn) return;
      shown.drawn = at;
      shown.with = beside;
      shown.section.setAttribute("data-jt-step", format.step(step));
    };
    const fail = (error: unknown) => {
      if (shown.turn !== turn) return;
      this.fault(
        shown,
        `${shown.about.kind} ${shown.about.name}, step ${format.step(step)}: ${error instanceof Error ? error.message : String(error)}`,
      );
      done();
    };
    try {
      if (frame?.head.error) throw new Error(frame.head.error);
      if (shown.section.classList.contains("jt-failed")) this.mend(shown);
      shown.drawing ??= this.open(shown, panel);
      const drawing = shown.drawing.draw({ at, step, frame });
      if (drawing) drawing.then(done, fail);
      else done();
    } catch (error) {
      fail(error);
    }
  }

  private open(shown: ShownPanel, panel: number): Drawing {
    const { frames, query } = this.back;
    const host: Host = {
      element: shown.body,
      get about() {
        return shown.about;
      },
      get shared() {
        return frames.get(panel, SHARED) ?? new Payload({}, []);
      },
      frame: (at) => frames.get(panel, at),
      beside: () => this.beside(shown),
      need: (at) => this.need(shown, panel, at),
      ask: (question, at, signal) =>
        query
          ? query(panel, at ?? Math.max(0, this.frameOf(shown, this.index)), question, signal)
          : Promise.reject(new Error("this needs the notebook's kernel")),
      live: query !== undefined,
    };
    if (host.shared.head.error) throw new Error(host.shared.head.error);
    return rendererOf(shown.about.view, shown.about.members !== undefined)(host);
  }

  private need(shown: ShownPanel, panel: number, at: number | null): void {
    if (shown.need === at) return;
    shown.need = at;
    shown.met = at === null || this.back.frames.has({ panel, frame: at });
    if (!shown.met) queueMicrotask(() => this.show(this.index));
  }

  /** A view that failed once is taken down, so that the next step starts clean. */
  private fault(shown: ShownPanel, words: string): void {
    shown.section.classList.add("jt-failed");
    this.takeDown(shown);
    put(shown.body, h("p", { class: "jt-error", role: "alert" }, words));
  }

  private takeDown(shown: ShownPanel): void {
    try {
      shown.drawing?.destroy?.();
    } catch {
      /* it has already failed */
    }
    shown.drawing = null;
    put(shown.body);
  }

  private mend(shown: ShownPanel): void {
    shown.section.classList.remove("jt-failed");
    put(shown.body);
  }

  private remark(shown: ShownPanel, words: string): void {
    say(shown.note, words);
    shown.note.hidden = words === "";
  }

  /** What to say when a panel shows an earlier step than the slider's. */
  private shift(step: format.Step): string {
    const { steps } = this.about;
    const asked = steps[this.index];
    return steps.length === 0 || asked === undefined || asked === step
      ? ""
      : `from step ${format.step(step)}, its latest before ${format.step(asked)}`;
  }

  private tell(): void {
    const { run, steps, total } = this.about;
    this.follow.hidden = !this.back.live || !living.has(run.status ?? "");
    if (steps.length === 0) return;
    const step = steps[this.index] ?? null;
    const parts = [
      `step ${format.step(step)}`,
      `${format.count(this.index + 1)} of ${format.count(steps.length)}`,
    ];
    let when: number | null = null;
    let versions = 1;
    for (const shown of this.panels) {
      const at = this.frameOf(shown, this.index);
      if (at < 0 || shown.about.steps[at] !== step) continue;
      when = Math.max(when ?? -Infinity, shown.about.times[at] ?? -Infinity);
      versions = Math.max(versions, shown.about.versions?.[at] ?? 1);
    }
    if (when !== null && Number.isFinite(when)) parts.push(format.time(when));
    if (versions > 1) parts.push(`logged ${versions} times, the latest is shown`);
    if (total !== undefined && total > steps.length)
      parts.push(
        `${format.count(steps.length)} of ${format.count(total)} steps are ${this.back.live ? "on the slider" : "kept in this page"}`,
      );
    say(this.where, parts.join(" · "));
    const [first, back, next, last] = this.buttons as [
      HTMLButtonElement,
      HTMLButtonElement,
      HTMLButtonElement,
      HTMLButtonElement,
    ];
    // aria-disabled keeps the focus where it is, which `disabled` would not.
    for (const b of [first, back]) b.setAttribute("aria-disabled", String(this.index === 0));
    for (const b of [next, last])
      b.setAttribute("aria-disabled", String(this.index === steps.length - 1));
  }
}

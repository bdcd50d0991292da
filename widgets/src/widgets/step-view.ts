// The stage: the panes of a view under one step, with the line that says which step it is.

import { button, h, holdKeys, keepKeys, put, say } from "../dom/dom";
import * as format from "../model/format";
import { Frame } from "../model/payload";
import type { Frames, Wish } from "../model/step-cache";
import { called, type About, type PaneAbout } from "../model/model";
import { Origin } from "./origin";
import { dress, ontheme } from "../dom/theme";
import type { Beside, Host, Pane } from "../model/renderer";
import { viewOf } from "../renderers/index";
import { excuse, type Waiting } from "./waiting";

export interface Backstage {
  about: About;
  frames: Frames;
  /** Someone pressed previous or next. */
  move(index: number): void;
  /** Ask the kernel half of a pane's view; missing in a saved page. */
  query?(
    pane: number,
    frame: number,
    query: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Frame>;
  /** Controls that the page brings itself, put before the line. */
  controls?: HTMLElement;
  /** More may come while the run goes on. */
  live?: boolean;
  note?: string;
}

interface Slot {
  about: PaneAbout;
  section: HTMLElement;
  body: HTMLElement;
  note: HTMLElement;
  origin: Origin;
  pane: Pane | null;
  /** Frame drawn, and the count of drawings asked for, so that a late one does not overwrite a newer. */
  drawn: number | null;
  /** Frame of the pane beside that it was drawn with. */
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
const GROUND = -1;
/** What takes longer than this is said in words (ms). */
const SOON = 300;

/** How many frames of an artifact are still what they were: a step may have been logged again, or before others. */
function unchanged(before: PaneAbout, now: PaneAbout): number {
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

export class Stage {
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
  private readonly slots: Slot[];
  private readonly stops: (() => void)[] = [];
  private waiting: Waiting = "coming";
  private timer = 0;

  constructor(
    private readonly back: Backstage,
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
    this.slots = about.panes.map((pane) => this.slot(pane));
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
        { class: this.slots.length > 1 ? "jt-panes jt-many" : "jt-panes" },
        ...this.slots.map((s) => s.section),
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

  get about(): About {
    return this.back.about;
  }

  /** Show a step by its place in the list. */
  show(index: number): void {
    const { steps } = this.about;
    this.index = Math.max(0, Math.min(index, steps.length - 1));
    if (this.following && this.index < steps.length - 1) this.setFollowing(false);
    const wishes: Wish[] = [];
    this.slots.forEach((slot, pane) => {
      const frame = this.frameOf(slot, this.index);
      if (frame >= 0 && !slot.about.whole) wishes.push({ pane, frame });
      if (slot.need !== null && !slot.met && this.back.frames.has({ pane, frame: slot.need })) {
        slot.met = true;
        slot.drawn = NONE;
      }
      this.drawSlot(slot, pane, frame);
      if (slot.need !== null && slot.need !== frame) wishes.push({ pane, frame: slot.need });
    });
    this.tell();
    this.back.frames.want(
      wishes,
      this.slots.map((s) => (s.about.whole ? 0 : s.about.steps.length)),
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
    const late = this.slots.filter((slot) => slot.section.hasAttribute("aria-busy"));
    if (late.length === 0 || this.waiting !== "coming") {
      window.clearTimeout(this.timer);
      this.timer = 0;
    }
    if (late.length === 0) return;
    if (this.waiting !== "coming") late.forEach((slot) => this.excuse(slot));
    else
      this.timer ||= window.setTimeout(() => {
        this.timer = 0;
        for (const slot of this.slots)
          if (slot.section.hasAttribute("aria-busy")) this.excuse(slot);
      }, SOON);
  }

  private excuse(slot: Slot): void {
    const wanted = format.step(slot.about.steps[this.frameOf(slot, this.index)] ?? null);
    const old = slot.section.dataset["jtStep"];
    this.remark(slot, excuse(wanted, old, this.waiting));
  }

  /**
   * The run has gone on. What is on screen stays, at its step, unless someone follows the newest.
   * `fresh`: grounds and frames that came along.
   */
  grow(about: About, fresh: [Wish, Frame][]): void {
    const before = this.about;
    const step = before.steps[this.index];
    const { frames } = this.back;
    this.back.about = about;
    this.slots.forEach((slot, pane) => {
      const told = about.panes[pane];
      if (!told) return;
      const same = unchanged(slot.about, told);
      slot.about = told;
      frames.drop(pane, same);
      if (slot.drawn !== null && slot.drawn >= same) slot.drawn = NONE;
    });
    for (const [wish, frame] of fresh) frames.put(wish, frame);
    for (const { frame, pane } of fresh.map(([wish]) => wish))
      if (frame === GROUND) this.reground(this.slots[pane]!, pane);
    const kept = step === undefined ? 0 : about.steps.indexOf(step);
    const to = this.following ? about.steps.length - 1 : kept;
    // Nobody asked for this: it is shown, and not spoken.
    this.where.setAttribute("aria-live", "off");
    if (to >= 0 && to !== this.index) this.back.move(to);
    this.show(to >= 0 ? to : this.index);
  }

  private reground(slot: Slot, pane: number): void {
    const ground = this.back.frames.get(pane, GROUND);
    if (!slot.pane || !ground) return;
    if (slot.pane.regrow) slot.pane.regrow(ground);
    else if (ground.buffers.length === 0) return;
    else this.takeDown(slot);
    slot.drawn = NONE;
  }

  private setFollowing(on: boolean): void {
    this.following = on;
    this.follow.setAttribute("aria-pressed", String(on));
    if (on) this.go(this.about.steps.length - 1);
  }

  redraw(): void {
    for (const slot of this.slots) {
      slot.drawn = null;
    }
    this.show(this.index);
  }

  destroy(): void {
    window.clearTimeout(this.timer);
    for (const stop of this.stops) stop();
    for (const slot of this.slots) slot.pane?.destroy?.();
    this.element.remove();
  }

  private go(index: number): void {
    if (index < 0 || index >= this.about.steps.length || index === this.index) return;
    this.where.setAttribute("aria-live", "polite");
    this.back.move(index);
  }

  private frameOf(slot: Slot, index: number): number {
    if (this.about.steps.length === 0) return 0;
    return slot.about.at ? (slot.about.at[index] ?? -1) : index;
  }

  private beside({ about }: Slot): Beside | undefined {
    const other = about.beside === undefined ? undefined : this.slots[about.beside];
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

  private slot(about: PaneAbout): Slot {
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
      pane: null,
      drawn: NONE,
      with: null,
      turn: 0,
      need: null,
      met: true,
    };
  }

  private drawSlot(slot: Slot, pane: number, at: number): void {
    const step = slot.about.steps[at] ?? null;
    if (at < 0) {
      slot.turn += 1;
      slot.section.removeAttribute("aria-busy");
      this.remark(
        slot,
        `no step of ${slot.about.name} yet at step ${format.step(this.about.steps[this.index] ?? null)}`,
      );
      slot.body.hidden = true;
      slot.section.removeAttribute("data-jt-step");
      slot.drawn = NONE;
      return;
    }
    const frame = this.back.frames.get(pane, at);
    if (!frame && !slot.about.whole) {
      slot.section.setAttribute("aria-busy", "true");
      return;
    }
    slot.section.removeAttribute("aria-busy");
    slot.body.hidden = false;
    this.remark(slot, this.shift(step));
    slot.origin.tell(slot.about, at);
    const beside = this.beside(slot)?.at ?? null;
    if (slot.drawn === at && slot.with === beside) return;
    const turn = ++slot.turn;
    const done = () => {
      if (slot.turn !== turn) return;
      slot.drawn = at;
      slot.with = beside;
      slot.section.setAttribute("data-jt-step", format.step(step));
    };
    const fail = (error: unknown) => {
      if (slot.turn !== turn) return;
      this.fault(
        slot,
        `${slot.about.kind} ${slot.about.name}, step ${format.step(step)}: ${error instanceof Error ? error.message : String(error)}`,
      );
      done();
    };
    try {
      if (frame?.head.error) throw new Error(frame.head.error);
      if (slot.section.classList.contains("jt-failed")) this.mend(slot);
      slot.pane ??= this.open(slot, pane);
      const drawing = slot.pane.draw({ at, step, frame });
      if (drawing) drawing.then(done, fail);
      else done();
    } catch (error) {
      fail(error);
    }
  }

  private open(slot: Slot, pane: number): Pane {
    const { frames, query } = this.back;
    const host: Host = {
      element: slot.body,
      get about() {
        return slot.about;
      },
      get ground() {
        return frames.get(pane, GROUND) ?? new Frame({}, []);
      },
      frame: (at) => frames.get(pane, at),
      beside: () => this.beside(slot),
      need: (at) => this.need(slot, pane, at),
      ask: (question, at, signal) =>
        query
          ? query(pane, at ?? Math.max(0, this.frameOf(slot, this.index)), question, signal)
          : Promise.reject(new Error("this needs the notebook's kernel")),
      live: query !== undefined,
    };
    if (host.ground.head.error) throw new Error(host.ground.head.error);
    return viewOf(slot.about.view, slot.about.members !== undefined)(host);
  }

  private need(slot: Slot, pane: number, at: number | null): void {
    if (slot.need === at) return;
    slot.need = at;
    slot.met = at === null || this.back.frames.has({ pane, frame: at });
    if (!slot.met) queueMicrotask(() => this.show(this.index));
  }

  /** A view that failed once is taken down, so that the next step starts clean. */
  private fault(slot: Slot, words: string): void {
    slot.section.classList.add("jt-failed");
    this.takeDown(slot);
    put(slot.body, h("p", { class: "jt-error", role: "alert" }, words));
  }

  private takeDown(slot: Slot): void {
    try {
      slot.pane?.destroy?.();
    } catch {
      /* it has already failed */
    }
    slot.pane = null;
    put(slot.body);
  }

  private mend(slot: Slot): void {
    slot.section.classList.remove("jt-failed");
    put(slot.body);
  }

  private remark(slot: Slot, words: string): void {
    say(slot.note, words);
    slot.note.hidden = words === "";
  }

  /** What to say when a pane shows an earlier step than the slider's. */
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
    for (const slot of this.slots) {
      const at = this.frameOf(slot, this.index);
      if (at < 0 || slot.about.steps[at] !== step) continue;
      when = Math.max(when ?? -Infinity, slot.about.times[at] ?? -Infinity);
      versions = Math.max(versions, slot.about.versions?.[at] ?? 1);
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

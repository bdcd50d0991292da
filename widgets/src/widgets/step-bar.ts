// The one bar of a view: its buttons, its slider, and which step it is. The same live, where the slider is ipywidgets' own, and saved.

import { button, h, relabel, say, span, svg } from "../dom/dom";
import * as format from "../model/format";
import { INTERVAL, type Player } from "../model/player";

/** What the bar is told of the step on screen. */
export interface StepInfo {
  index: number;
  steps: format.Step[];
  /** When it was logged (µs), where that is known. */
  time: number;
  /** How often it was logged. */
  versions: number;
  /** Whether any step was logged more than once: then the line that says so has a place. Asked when the list of steps is another. */
  repeats(): boolean;
  /** Whether more steps were logged than the slider offers. */
  partial: boolean;
  /** Whether more may be logged. */
  grows: boolean;
}

export interface StepBarActions {
  /** Go to a step by its place in the list. */
  go(index: number): void;
  /** The slider is being moved. */
  slide(index: number): void;
  follow(on: boolean): void;
}

/** How many times the usual speed. */
const SPEEDS = [0.5, 1, 2, 5, 10];
/** A step that has stayed this long has settled, and a screen reader is told of it (ms). */
const SETTLED = 500;

export class StepBar {
  readonly element: HTMLElement;
  /** Where the slider is. */
  readonly slide = span("jt-slide");
  private info: StepInfo | null = null;
  private repeats = false;
  private player: Player | null = null;
  private readonly backward: HTMLButtonElement[];
  private readonly forward: HTMLButtonElement[];
  private readonly playButton: HTMLButtonElement;
  private readonly speed: HTMLSelectElement;
  private readonly range: HTMLInputElement;
  private readonly field: HTMLInputElement;
  private readonly follow: HTMLButtonElement;
  private readonly place = span("jt-place");
  private readonly day = span("jt-day");
  private readonly clock = span("");
  private readonly time = span("jt-time", this.day, this.clock);
  /** The steps that were logged of one thing, below the slider. */
  private readonly marked = svg("path", {});
  private readonly marks = svg(
    "svg",
    { class: "jt-logged", preserveAspectRatio: "none", "aria-hidden": "true" },
    this.marked,
  );
  private readonly note = h("p", { class: "jt-note jt-said" });
  private readonly spoken = h("span", { class: "jt-unseen", role: "status" });
  private timer = 0;
  /** The place of the step of which more was said. */
  private explained = -1;

  constructor(
    private readonly actions: StepBarActions,
    several: boolean,
  ) {
    const by = (to: () => number) => (): void => this.go(to());
    const at = (): number => this.info?.index ?? 0;
    const own = (key: string): string => (several ? `; ${key} for the artifact in focus` : "");
    this.backward = [
      step(
        "first step",
        "first",
        "Home",
        by(() => 0),
      ),
      step(
        "previous step",
        "back",
        "ArrowLeft",
        by(() => at() - 1),
        `←${own("[")}`,
      ),
    ];
    this.forward = [
      step(
        "next step",
        "next",
        "ArrowRight",
        by(() => at() + 1),
        `→${own("]")}`,
      ),
      step(
        "last step",
        "last",
        "End",
        by(() => this.last),
      ),
    ];
    this.playButton = step("play", "play", "p", () => this.play(), "P");
    this.playButton.classList.add("jt-play");
    this.speed = h("select", {
      class: "jt-select",
      "aria-label": "speed",
      title: "speed of playing",
      onchange: () => {
        const times = Number(this.speed.value);
        if (times > 0) this.player?.pace(Math.round(INTERVAL / times));
        this.showPlayer();
      },
    });
    this.range = h("input", {
      type: "range",
      min: 0,
      step: 1,
      "aria-label": "step",
      oninput: () => actions.slide(Number(this.range.value)),
    });
    this.slide.append(this.range, this.marks);
    this.field = h("input", {
      class: "jt-search jt-at",
      type: "text",
      inputmode: "numeric",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": "step",
      title: "type a step to go there (Enter)",
      onfocus: () => this.field.select(),
      onchange: () => this.goToTyped(),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key === "Enter") this.goToTyped();
        else if (event.key === "Escape") this.field.value = this.step;
        else return;
        event.stopPropagation();
        this.field.select();
      },
    });
    this.follow = h(
      "button",
      {
        type: "button",
        class: "jt-button jt-follow",
        "aria-pressed": "false",
        "aria-keyshortcuts": "f",
        title: "go to each new step as it is logged (F)",
        onclick: () => this.toggleFollow(),
      },
      "follow",
    );
    this.element = h(
      "div",
      { class: "jt-bar-box" },
      h(
        "div",
        { class: "jt-controls", role: "group", "aria-label": "step" },
        span("jt-moves", ...this.backward, this.playButton, ...this.forward, this.speed),
        this.slide,
        span("jt-where", span("jt-word", "step"), this.field, this.place),
        this.time,
        this.follow,
      ),
      this.note,
      this.spoken,
    );
    this.note.hidden = true;
  }

  /** Play with this from now on. */
  setPlayer(player: Player): void {
    this.player = player;
    this.showPlayer();
  }

  /** Put ipywidgets' slider in the place of the page's own. */
  setSlider(slider: Element): void {
    this.slide.replaceChildren(slider, this.marks);
  }

  /** Mark the steps of the slider at which one thing was logged, unless it was at all of them: each by a dash, those in a row by a line. */
  mark(logged: boolean[]): void {
    let path = "";
    for (let n = 0; n < logged.length; n += 1) {
      if (!logged[n]) continue;
      const begin = n;
      while (logged[n + 1]) n += 1;
      path += n > begin ? `M${begin} 1H${n}` : `M${n} 0V2`;
    }
    this.marks.setAttribute("viewBox", `0 0 ${Math.max(1, logged.length - 1)} 2`);
    this.marked.setAttribute("d", logged.includes(false) ? path : "");
  }

  show(info: StepInfo): void {
    const { index, steps } = info;
    const grown = info.steps !== this.info?.steps;
    const last = info.steps.length - 1;
    this.info = info;
    if (grown) this.grow(info);
    this.range.value = String(index);
    this.slide.style.setProperty("--jt-part", String(index / (last || 1)));
    this.range.setAttribute("aria-valuetext", `step ${this.step}`);
    if (document.activeElement !== this.field || !this.typing) this.showField();
    say(this.place, `${format.count(index + 1)} of ${format.count(steps.length)}`);
    const [day = "", clock = ""] = format.time(info.time).split(" ");
    say(this.day, day && `${day} `);
    say(this.clock, clock);
    this.time.title = clock && `step ${this.step} was logged ${day} ${clock}`;
    // `disabled` would take the focus away from the button that was just pressed.
    for (const each of this.backward) each.setAttribute("aria-disabled", String(index === 0));
    for (const each of this.forward) each.setAttribute("aria-disabled", String(index === last));
    this.follow.hidden = !info.grows;
    // What was said of this step stays while its picture comes.
    if (grown || index !== this.explained)
      this.setNote(info.versions > 1 ? `logged ${info.versions} times, the latest is shown` : "");
    if (index !== this.explained) this.explained = -1;
    if (this.timer) this.tellWhenSettled();
  }

  /** Say in the page, and to screen readers with the step, what else there is to say of it. */
  explain(words: string): void {
    this.explained = this.info?.index ?? -1;
    this.setNote(words);
    this.tellWhenSettled();
  }

  /** Tell a screen reader which step it is as soon as that stays, once for many moves. */
  tellWhenSettled(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      // The slider tells its own value while it has the focus; what plays is told when it ends.
      if (this.player?.playing || this.slide.contains(document.activeElement)) return;
      const said = [this.note.textContent, `step ${this.step}`, this.place.textContent];
      say(this.spoken, format.joined(...said, this.time.textContent));
    }, SETTLED);
  }

  showFollowing(on: boolean): void {
    this.follow.setAttribute("aria-pressed", String(on));
  }

  toggleFollow(): void {
    if (!this.follow.hidden)
      this.actions.follow(this.follow.getAttribute("aria-pressed") === "false");
  }

  play(): void {
    this.player?.play(!this.player.playing);
  }

  /** The player has begun or ended, or has another speed. */
  showPlayer(): void {
    const { playing, interval } = this.player ?? { playing: false, interval: INTERVAL };
    const word = playing ? "pause" : "play";
    if (this.playButton.getAttribute("aria-label") !== word) {
      relabel(this.playButton, word, word);
      this.playButton.title = `${word} (P)`;
      if (!playing) this.tellWhenSettled();
    }
    const times = SPEEDS.find((each) => Math.round(INTERVAL / each) === interval);
    const speeds = times ? SPEEDS : [...SPEEDS, Number((INTERVAL / interval).toPrecision(2))];
    this.speed.replaceChildren(...speeds.map((each) => h("option", { value: each }, `${each}×`)));
    this.speed.value = String(times ?? speeds.at(-1));
  }

  destroy(): void {
    window.clearTimeout(this.timer);
  }

  /** Go to a step as someone asked: what plays is stopped. */
  go(index: number): void {
    if (this.player?.playing) this.player.play(false);
    if (index < 0 || index > this.last || index === this.info?.index) return;
    this.tellWhenSettled();
    this.actions.go(index);
  }

  private get last(): number {
    return (this.info?.steps.length ?? 0) - 1;
  }

  private get step(): string {
    return format.step(this.info?.steps[this.info.index]);
  }

  /** Whether someone has typed something else than was put there. */
  private get typing(): boolean {
    return this.field.value !== this.field.dataset["shown"];
  }

  private showField(): void {
    this.field.value = this.field.dataset["shown"] = this.step;
  }

  /** The list of steps is another. */
  private grow({ steps, repeats }: StepInfo): void {
    const last = steps.length - 1;
    this.repeats = repeats();
    // A bar is for steps: what was logged without one has none.
    this.element.hidden = steps.length === 0 || (last === 0 && steps[0] === null);
    this.element.classList.toggle("jt-single", last < 1);
    this.range.max = String(Math.max(0, last));
    // What changes with the step does not move what is beside it.
    const widest = Math.max(format.step(steps[0]).length, format.step(steps[last]).length);
    this.field.style.width = `${Math.min(Math.max(widest, 4), 20)}ch`;
    this.field.readOnly = last < 1;
    this.place.style.minWidth = `${2 * String(last + 1).length + 4}ch`;
  }

  private goToTyped(): void {
    const { field, info } = this;
    if (!info || !this.typing) return;
    const typed = field.value.trim();
    const [to, exact] = nearest(info.steps, typed);
    if (to < 0) {
      this.showField();
      this.explain(`“${typed}” is no step; steps are whole numbers`);
      return;
    }
    this.go(to);
    this.showField();
    if (exact) return;
    const why = info.partial ? "is not on the slider" : "was not logged";
    this.explain(`step ${typed} ${why}: ${format.step(info.steps[to])} is the nearest`);
  }

  private setNote(words: string): void {
    say(this.note, words);
    this.note.hidden = words === "" && !this.repeats;
  }
}

function step(
  label: string,
  icon: "first" | "back" | "play" | "next" | "last",
  key: string,
  press: () => void,
  shown = key,
): HTMLButtonElement {
  return button(label, icon, press, { title: `${label} (${shown})`, "aria-keyshortcuts": key });
}

/** The place of the step that was typed, or else of the nearest, and whether it is that step; -1 when what was typed is none. */
function nearest(steps: format.Step[], typed: string): [place: number, exact: boolean] {
  if (/^none$/i.test(typed)) return [steps.indexOf(null), true];
  const digits = typed.replace(/[,_\s]/g, "").replace(/^[−+]/, (sign) => (sign === "+" ? "" : "-"));
  const number = digits === "" ? NaN : Number(digits);
  if (!Number.isFinite(number)) return [-1, false];
  // Steps beyond 2^53 are told apart too.
  const whole = /^-?\d+$/.test(digits);
  const wanted = BigInt(whole ? digits : Math.round(number));
  let found = -1;
  let least = 0n;
  steps.forEach((each, place) => {
    if (each === null) return;
    const apart = BigInt(each) - wanted;
    const distance = apart < 0n ? -apart : apart;
    if (found >= 0 && distance >= least) return;
    found = place;
    least = distance;
  });
  return [found, whole && least === 0n];
}

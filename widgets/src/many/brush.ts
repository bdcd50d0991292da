// A brush on an axis: two handles that the pointer and keys move. What lies between them is chosen.

import { h, keepKeys } from "../dom/dom";
import type { Brushed, Scale } from "./columns";

/** A drag that is shorter is a click (pixels). */
const CLICK = 3;

export class Brush {
  readonly element: HTMLElement;
  private readonly band = h("div", { class: "jt-brushed" });
  private readonly handles: HTMLElement[];
  private range: Brushed | null = null;
  private dragged: { from: number; start: Brushed; what: "new" | "band" | 0 | 1 } | null = null;
  private length = 1;

  /** @param changed is called when another part is chosen. */
  constructor(
    private scale: Scale,
    private vertical: boolean,
    private readonly changed: () => void,
  ) {
    this.handles = ["from", "to"].map((end, n) =>
      h("div", {
        class: `jt-handle jt-handle-${end}`,
        role: "slider",
        tabindex: 0,
        "aria-label": `${scale.column.name}, ${end}`,
        "aria-orientation": vertical ? "vertical" : "horizontal",
        onkeydown: (event: KeyboardEvent) => this.press(event, n as 0 | 1),
      }),
    );
    for (const handle of this.handles) keepKeys(handle);
    this.element = h(
      "div",
      { class: `jt-brush ${vertical ? "jt-up" : "jt-across"}` },
      this.band,
      ...this.handles,
    );
    this.listen();
    this.show();
  }

  /** The part that is chosen; nothing where it is all of the axis. */
  get brushed(): Brushed | null {
    return this.range;
  }

  /** Choose a part, without telling of it. */
  set(range: Brushed | null): void {
    this.range = range;
    this.show();
  }

  /** Lie over an axis: from its low end, so many pixels long. */
  lay(left: number, top: number, length: number): void {
    this.length = Math.max(1, length);
    const { style } = this.element;
    style.left = `${left}px`;
    style.top = `${top}px`;
    style[this.vertical ? "height" : "width"] = `${length}px`;
  }

  private get whole(): Brushed {
    return [this.scale.low, 1];
  }

  private choose(range: Brushed | null): void {
    const [low, high] = this.whole;
    const isWhole = !range || (range[0] <= low + 1e-9 && range[1] >= high - 1e-9);
    this.range = isWhole
      ? null
      : [Math.max(low, Math.min(range[0], range[1])), Math.min(high, Math.max(range[0], range[1]))];
    this.show();
    this.changed();
  }

  private show(): void {
    const [low, high] = this.whole;
    const range = this.range ?? this.whole;
    const share = (at: number) => ((at - low) / (high - low)) * 100;
    const [from, to] = [share(range[0]), share(range[1])];
    this.element.classList.toggle("jt-is-brushed", this.range !== null);
    const [near, far] = this.vertical ? ["bottom", "top"] : ["left", "right"];
    this.band.style.setProperty(near!, `${from}%`);
    this.band.style.setProperty(far!, `${100 - to}%`);
    this.handles.forEach((handle, n) => {
      handle.style.setProperty(near!, `${n ? to : from}%`);
      handle.setAttribute("aria-valuemin", "0");
      handle.setAttribute("aria-valuemax", "100");
      handle.setAttribute("aria-valuenow", String(Math.round(n ? to : from)));
      handle.setAttribute("aria-valuetext", this.scale.words(range[n]!));
    });
  }

  private press(event: KeyboardEvent, end: 0 | 1): void {
    const { scale } = this;
    const [low, high] = this.whole;
    const range: Brushed = [...(this.range ?? this.whole)];
    const times: Record<string, number> = {
      ArrowUp: 1,
      ArrowRight: 1,
      ArrowDown: -1,
      ArrowLeft: -1,
      PageUp: 5,
      PageDown: -5,
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = times[event.key];
    if (event.key === "Escape" && this.range) this.choose(null);
    else if (by || event.key === "Home" || event.key === "End") {
      const to = by ? scale.step(range[end], by) : event.key === "Home" ? low : high;
      range[end] = end ? Math.max(range[0], scale.lowestEnd, to) : Math.min(range[1], to);
      this.choose(range);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The position under the pointer. */
  private at(event: PointerEvent): number {
    const box = this.element.getBoundingClientRect();
    const [low, high] = this.whole;
    const share = this.vertical
      ? (box.bottom - event.clientY) / this.length
      : (event.clientX - box.left) / this.length;
    return low + Math.max(0, Math.min(1, share)) * (high - low);
  }

  private listen(): void {
    const { element } = this;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const from = this.at(event);
      const handle = this.handles.indexOf(event.target as HTMLElement);
      const what =
        handle >= 0 ? (handle as 0 | 1) : event.target === this.band && this.range ? "band" : "new";
      this.dragged = { from, start: this.range ?? this.whole, what };
      element.setPointerCapture(event.pointerId);
      event.preventDefault();
      if (handle >= 0) this.handles[handle]!.focus();
    });
    element.addEventListener("pointermove", (event) => {
      const { dragged } = this;
      if (!dragged) return;
      const { from, start, what } = dragged;
      const to = this.at(event);
      const [low, high] = this.whole;
      const isClick = (Math.abs(to - from) / (high - low)) * this.length < CLICK;
      if (isClick && what === "new") return;
      if (what === "new") this.choose([from, to]);
      else if (what === "band") {
        const by = Math.max(low - start[0], Math.min(high - start[1], to - from));
        this.choose([start[0] + by, start[1] + by]);
      } else this.choose(what ? [Math.min(start[0], to), to] : [to, Math.max(start[1], to)]);
    });
    const stop = (event: PointerEvent): void => {
      const { dragged } = this;
      this.dragged = null;
      const [low, high] = this.whole;
      const moved = dragged
        ? (Math.abs(this.at(event) - dragged.from) / (high - low)) * this.length
        : 0;
      // A click beside what is chosen chooses all again.
      if (dragged && moved < CLICK && dragged.what === "new" && this.range) this.choose(null);
    };
    element.addEventListener("pointerup", stop);
    element.addEventListener("pointercancel", () => (this.dragged = null));
    element.addEventListener("dblclick", () => this.choose(null));
  }
}

// A row of small pictures of the steps around the one on screen; a click on one goes to its step.

import { h, watchSize } from "../dom/dom";
import * as format from "../model/format";
import { fileUrl } from "../model/payload";
import type { Host } from "../model/renderer";

/** The height of a small picture, how wide its place is, and how much of that is beside it: padding, border and gap (pixels, as in the style sheet). */
const HEIGHT = 48;
const PLACE = 72;
const BESIDE = 10;
/** How many there are at most. */
const MOST = 11;

type Bytes = NonNullable<ReturnType<Host<"image">["payload"]>>;

/** The places shown: as many as fit around one, all of them within what there is. */
export function around(at: number, count: number, fit: number): number[] {
  const length = Math.min(count, fit);
  const first = Math.max(0, Math.min(at - Math.floor(length / 2), count - length));
  return Array.from({ length }, (_, n) => first + n);
}

export class Filmstrip {
  readonly element = h("div", { class: "jt-film", role: "group" });
  /** By what they were made of: a step that is logged again has other bytes. Null for what the browser cannot read. */
  private readonly small = new WeakMap<Bytes, HTMLCanvasElement | null>();
  private at = 0;
  private fitted = 0;
  private busy = false;
  private readonly stopWatchingSize: () => void;

  constructor(private readonly host: Host<"image">) {
    this.element.setAttribute("aria-label", `steps of ${host.about.name}`);
    this.stopWatchingSize = watchSize(this.element, () => {
      if (this.fitted && !this.element.hidden && this.fit !== this.fitted) this.show(this.at);
    });
  }

  destroy(): void {
    this.stopWatchingSize();
  }

  /** Whether it was drawn with a place of its own on the page. */
  get isShown(): boolean {
    return this.fitted > 0;
  }

  /** How many whole pictures there is room for. */
  private get fit(): number {
    return Math.max(3, Math.min(MOST, Math.floor(this.element.clientWidth / PLACE)));
  }

  /** Show the steps around one. */
  show(at: number): void {
    this.at = at;
    const { steps } = this.host.about;
    this.element.hidden = steps.length < 2;
    if (this.element.hidden) return;
    this.fitted = this.fit;
    const places = around(at, steps.length, this.fitted);
    const focused = this.element.contains(document.activeElement);
    this.element.replaceChildren(...places.map((place) => this.button(place)));
    if (focused) this.element.querySelector<HTMLElement>("[aria-current]")?.focus();
    void this.fill();
  }

  /** Steps may have come: make what is missing. */
  fill(): void {
    if (this.busy || !this.element.isConnected) return;
    const next = [...this.element.children]
      .map((each) => Number((each as HTMLElement).dataset["jtPlace"]))
      .filter((place) => {
        const payload = this.host.payload(place);
        return payload && !this.small.has(payload);
      })
      .sort((a, b) => Math.abs(a - this.at) - Math.abs(b - this.at))[0];
    if (next === undefined) return;
    const payload = this.host.payload(next)!;
    this.busy = true;
    // After what is on screen, and one at a time: a large picture takes a moment to decode.
    window.setTimeout(() => {
      void makeSmall(payload).then((picture) => {
        this.busy = false;
        this.small.set(payload, picture);
        const button = this.element.querySelector(`[data-jt-place="${next}"]`);
        if (button && picture) button.prepend(picture);
        this.fill();
      });
    });
  }

  private button(place: number): HTMLElement {
    const step = format.step(this.host.about.steps[place]);
    const payload = this.host.payload(place);
    const button = h(
      "button",
      {
        type: "button",
        title: `go to step ${step}`,
        "data-jt-place": String(place),
      },
      (payload && this.small.get(payload)) ?? "",
      h("span", {}, step),
    );
    button.setAttribute("aria-label", `step ${step}`);
    if (place === this.at) button.setAttribute("aria-current", "step");
    button.addEventListener("click", () => this.host.go?.(place));
    return button;
  }
}

/** A small picture of a step; nothing of one that the browser cannot read. */
async function makeSmall(payload: Bytes): Promise<HTMLCanvasElement | null> {
  if (payload.head.error !== undefined) return null;
  const url = fileUrl(payload.buffers[0]!, payload.head.type);
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
  const { naturalWidth: width, naturalHeight: height } = picture;
  if (!width || !height) return null;
  const scale = Math.min(HEIGHT / height, (PLACE - BESIDE) / width);
  const canvas = h("canvas", { "aria-hidden": "true" }) as HTMLCanvasElement;
  const dots = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale * dots));
  canvas.height = Math.max(1, Math.round(height * scale * dots));
  canvas.style.width = `${canvas.width / dots}px`;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

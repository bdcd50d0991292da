// Images: fitted or one to one, small ones with their pixels showing; and beside another step, or over it with a wipe.

import { afterPaint, h, region } from "../dom/dom";
import * as format from "../model/format";
import type { StepHead } from "../model/payload-heads";
import { fileUrl, type Payload } from "../model/payload";
import { bar, checkbox, select, slider } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";
import { Filmstrip } from "./filmstrip";

const comparisons = [
  "nothing",
  "the previous step",
  "the first step",
  "the last step",
  "this step, held",
] as const;

/** The pictures beside the one on screen are decoded ahead unless it has more pixels than this. */
const MOST_AHEAD = 4_000_000;
/** How many are kept decoded where nothing is painted, as in a page behind others. */
const MOST_DECODED = 6;

type Stored = Payload<StepHead<"image">>;
interface Decoded {
  image: HTMLImageElement;
  url: string;
}

async function decode(payload: Stored): Promise<Decoded> {
  const url = fileUrl(payload.buffers[0]!, payload.head.type);
  const image = h("img", { class: "jt-picture" });
  image.src = url;
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(url);
    throw new Error(
      `the browser cannot read this picture (${payload.head.type}, ${format.bytes(payload.buffers[0]!.byteLength)})`,
    );
  }
  return { image, url };
}

/** A picture on screen, and those decoded ahead; their bytes are kept in the page's memory as long as they are. */
class Picture {
  image: HTMLImageElement;
  readonly caption = h("figcaption", { class: "jt-caption" });
  readonly element: HTMLElement;
  private readonly decoded = new Map<Stored, Decoded>();
  private readonly decoding = new Map<Stored, Promise<Decoded>>();
  private newest: Stored | null = null;
  private closed = false;

  constructor(alt: string) {
    this.image = h("img", { class: "jt-picture", alt });
    this.element = h("figure", { class: "jt-figure" }, this.image, this.caption);
  }

  async show(payload: Stored, alt: string): Promise<void> {
    this.newest = payload;
    // Decoded before it is put in place, so that the old picture stays until the new one can be seen.
    const ready = this.decoded.get(payload) ?? (await this.decode(payload));
    if (this.newest !== payload) return;
    ready.image.alt = alt;
    this.image.replaceWith(ready.image);
    this.image = ready.image;
    if (this.decoded.size > MOST_DECODED) this.keep([]);
  }

  /** Keep what is on screen and what may be next, which is decoded ahead; forget all else. */
  keep(near: (Stored | undefined)[]): void {
    const small = this.image.naturalWidth * this.image.naturalHeight <= MOST_AHEAD;
    const wanted = new Set<Stored | null | undefined>(small ? near : []).add(this.newest);
    for (const [payload, { url }] of this.decoded) {
      if (wanted.has(payload)) continue;
      URL.revokeObjectURL(url);
      this.decoded.delete(payload);
    }
    for (const payload of wanted)
      if (payload && !payload.head.error && !this.decoded.has(payload))
        void this.decode(payload).catch(() => undefined);
  }

  destroy(): void {
    this.closed = true;
    for (const { url } of this.decoded.values()) URL.revokeObjectURL(url);
    this.decoded.clear();
  }

  /** Decode a picture, once for all who ask. */
  private decode(payload: Stored): Promise<Decoded> {
    let coming = this.decoding.get(payload);
    if (!coming) {
      coming = decode(payload)
        .then((made) => {
          if (this.closed) URL.revokeObjectURL(made.url);
          else this.decoded.set(payload, made);
          return made;
        })
        .finally(() => this.decoding.delete(payload));
      this.decoding.set(payload, coming);
    }
    return coming;
  }
}

export function image(host: Host<"image">): Drawing<"image"> {
  const { element, about } = host;
  let held = 0;
  /** Where someone goes through the steps: to later ones, or to earlier ones. */
  let direction = 1;
  let last: Shown<"image"> | null = null;
  const first = new Picture(about.name);
  const second = new Picture(about.name);
  const over = first.element;
  const under = second.element;
  const pair = h("div", { class: "jt-pair" }, under, over);
  const viewport = region("div", "jt-picture-frame", `picture ${called(about)}`, pair);
  const caption = h("p", { class: "jt-caption" });
  const film = new Filmstrip(host);
  let cancel: (() => void) | null = null;
  const actual = checkbox("actual size", layOut);
  const comparison = select("compare with", comparisons, () => {
    held = last?.at ?? 0;
    redraw();
  });
  const sideBySide = checkbox("side by side", redraw);
  const edge = slider(
    "wipe",
    [0, 100, 1, 50],
    () => pair.style.setProperty("--jt-wipe", `${edge.value}%`),
    (at) => `${at}%`,
  );
  const pull = (event: PointerEvent): void => {
    const box = pair.getBoundingClientRect();
    const range = edge.element.querySelector("input");
    if (!range || !pair.classList.contains("jt-wiped") || event.buttons !== 1) return;
    range.value = String(Math.round(((event.clientX - box.left) / box.width) * 100));
    range.dispatchEvent(new Event("input"));
  };
  for (const kind of ["pointerdown", "pointermove"] as const) pair.addEventListener(kind, pull);
  pair.addEventListener("dragstart", (event) => event.preventDefault());
  const single = about.steps.length < 2;
  element.append(
    bar(actual, single ? null : comparison, sideBySide, edge),
    viewport,
    caption,
    film.element,
  );
  edge.element.hidden = sideBySide.element.hidden = under.hidden = true;

  function redraw(): void {
    if (last)
      draw(last).catch((error: unknown) => {
        caption.textContent = format.error(error);
      });
  }

  function comparedWith(at: number): number | null {
    const place = {
      nothing: null,
      "the previous step": at - 1,
      "the first step": 0,
      "the last step": about.steps.length - 1,
      "this step, held": held,
    }[comparison.value];
    return place === null || place < 0 || place === at ? null : place;
  }

  function layOut(): void {
    const compared = !under.hidden;
    const wiped = compared && !sideBySide.value;
    for (const picture of [first, second]) {
      const { naturalWidth: width, naturalHeight: height } = picture.image;
      const longest = Math.max(width, height);
      const small = longest <= 128;
      const enlarged = Math.min(width * Math.max(1, Math.floor(320 / longest)), 640);
      picture.image.classList.toggle("jt-pixels", small);
      picture.image.classList.toggle("jt-actual", actual.value);
      picture.image.style.width = actual.value
        ? `${width}px`
        : small && width
          ? `${enlarged}px`
          : "";
      picture.caption.hidden = !compared;
    }
    pair.classList.toggle("jt-wiped", wiped);
    edge.element.hidden = !wiped;
    sideBySide.element.hidden = !compared;
  }

  async function draw(shown: Shown<"image">): Promise<void> {
    if (last && last.at !== shown.at) direction = Math.sign(shown.at - last.at);
    last = shown;
    if (!shown.payload) return;
    const place = comparedWith(shown.at);
    const behind = place === null ? undefined : host.payload(place);
    host.need?.(place);
    const behindStep = `step ${format.step(about.steps[place ?? -1])}`;
    const step = `step ${format.step(shown.step)}`;
    await Promise.all([
      first.show(shown.payload, `${about.name}, ${step}`),
      behind && !behind.head.error ? second.show(behind, `${about.name}, ${behindStep}`) : null,
    ]);
    if (last !== shown) return;
    under.hidden = !behind || Boolean(behind.head.error);
    const side = (name: string) => (sideBySide.value ? "" : ` (${name})`);
    first.caption.textContent = step + side("right");
    second.caption.textContent = behindStep + side("left");
    layOut();
    const { naturalWidth: width, naturalHeight: height } = first.image;
    caption.textContent = format.joined(
      `${width} × ${height} pixels`,
      format.bytes(shown.payload.head.size ?? shown.payload.buffers[0]!.byteLength),
      comparison.value !== "nothing" && place === null
        ? "nothing to compare this step with"
        : place !== null && !behind
          ? "the other step is not here yet"
          : (behind?.head.error ?? null),
    );
    if (film.isShown) tidyLater();
    else tidy();
  }

  /** What a step brings with it besides its picture: the small ones around it, and those that are decoded ahead. */
  function tidy(): void {
    cancel = null;
    if (!last) return;
    const { at } = last;
    film.show(at);
    const near = [at + direction, at - direction, at + 2 * direction];
    // Of the numbers before the first, one is that of what all steps share.
    first.keep(near.map((each) => (each < 0 ? undefined : host.payload(each))));
    second.keep([]);
  }

  /** Not before the picture is on screen; once for all steps of one frame. */
  function tidyLater(): void {
    cancel ??= afterPaint(tidy);
  }
  return {
    draw,
    arrived: () => film.fill(),
    destroy: () => {
      cancel?.();
      first.destroy();
      second.destroy();
      film.destroy();
    },
  };
}

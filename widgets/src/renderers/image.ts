// Images: fitted or one to one, small ones with their pixels showing; and beside another step, or over it with a wipe.

import { h, region } from "../dom/dom";
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

/** A picture on screen, whose bytes are kept in the page's memory as long as it is. */
class Picture {
  readonly image: HTMLImageElement;
  readonly caption = h("figcaption", { class: "jt-caption" });
  readonly element: HTMLElement;
  private url = "";

  constructor(alt: string) {
    this.image = h("img", { class: "jt-picture", alt });
    this.element = h("figure", { class: "jt-figure" }, this.image, this.caption);
  }

  async show(payload: Payload<StepHead<"image">>, alt: string): Promise<void> {
    const next = fileUrl(payload.buffers[0]!, payload.head.type);
    // Decoded before it is put in place, so that the old picture stays until the new one can be seen.
    const probe = new Image();
    probe.src = next;
    try {
      await probe.decode();
    } catch {
      URL.revokeObjectURL(next);
      throw new Error(
        `the browser cannot read this picture (${payload.head.type}, ${format.bytes(payload.buffers[0]!.byteLength)})`,
      );
    }
    this.image.src = next;
    this.image.alt = alt;
    await this.image.decode().catch(() => undefined);
    URL.revokeObjectURL(this.url);
    this.url = next;
  }

  destroy(): void {
    URL.revokeObjectURL(this.url);
  }
}

export function image(host: Host<"image">): Drawing<"image"> {
  const { element, about } = host;
  let held = 0;
  let last: Shown<"image"> | null = null;
  const first = new Picture(about.name);
  const second = new Picture(about.name);
  const over = first.element;
  const under = second.element;
  const pair = h("div", { class: "jt-pair" }, under, over);
  const viewport = region("div", "jt-picture-frame", `picture ${called(about)}`, pair);
  const caption = h("p", { class: "jt-caption" });
  const film = new Filmstrip(host);
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
    film.show(shown.at);
  }
  return {
    draw,
    arrived: () => film.fill(),
    destroy: () => {
      first.destroy();
      second.destroy();
    },
  };
}

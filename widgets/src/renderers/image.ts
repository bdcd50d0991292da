// Images: fitted or one to one, small ones with their pixels showing; and beside another step, or over it with a wipe.

import { h, keepKeys } from "../dom/dom";
import * as format from "../model/format";
import type { StepHead } from "../model/heads";
import { blob, type Payload } from "../model/payload";
import { bar, check, choose, slide } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

const comparisons = [
  "nothing",
  "the previous step",
  "the first step",
  "the last step",
  "this step, held",
] as const;

/** A picture on screen, whose bytes are kept in the page's memory as long as it is. */
class Picture {
  readonly element: HTMLImageElement;
  private url = "";

  constructor(alt: string) {
    this.element = h("img", { class: "jt-picture", alt });
  }

  async show(payload: Payload<StepHead<"image">>, alt: string): Promise<void> {
    const next = URL.createObjectURL(blob(payload.buffers[0]!, payload.head.type));
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
    this.element.src = next;
    this.element.alt = alt;
    await this.element.decode().catch(() => undefined);
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = next;
  }

  destroy(): void {
    if (this.url) URL.revokeObjectURL(this.url);
  }
}

export function image(host: Host<"image">): Drawing<"image"> {
  const { element, about } = host;
  let actual = false;
  let comparison: (typeof comparisons)[number] = "nothing";
  let held = 0;
  let wipe = true;
  let last: Shown<"image"> | null = null;
  const first = new Picture(about.name);
  const second = new Picture(about.name);
  const under = h(
    "figure",
    { class: "jt-figure" },
    second.element,
    h("figcaption", { class: "jt-caption" }),
  );
  const over = h(
    "figure",
    { class: "jt-figure" },
    first.element,
    h("figcaption", { class: "jt-caption" }),
  );
  const pair = h("div", { class: "jt-pair" }, under, over);
  const viewport = keepKeys(
    h(
      "div",
      {
        class: "jt-picture-frame",
        tabindex: 0,
        role: "region",
        "aria-label": `picture ${called(about)}`,
      },
      pair,
    ),
  );
  const caption = h("p", { class: "jt-caption" });
  const edge = slide(
    "wipe",
    [0, 100, 1, 50],
    (at) => pair.style.setProperty("--jt-wipe", `${at}%`),
    (at) => `${at}%`,
  );
  const pull = (event: PointerEvent): void => {
    const box = pair.getBoundingClientRect();
    const range = edge.querySelector("input");
    if (!range || !pair.classList.contains("jt-wiped") || event.buttons !== 1) return;
    range.value = String(Math.round(((event.clientX - box.left) / box.width) * 100));
    range.dispatchEvent(new Event("input"));
  };
  for (const kind of ["pointerdown", "pointermove"] as const) pair.addEventListener(kind, pull);
  pair.addEventListener("dragstart", (event) => event.preventDefault());
  const layout = check("side by side", (on) => {
    wipe = !on;
    redraw();
  });
  const single = about.steps.length < 2;
  element.append(
    bar(
      check("actual size", (on) => {
        actual = on;
        layOut();
      }),
      single
        ? null
        : choose("compare with", comparisons, (word) => {
            comparison = word as typeof comparison;
            held = last?.at ?? 0;
            redraw();
          }),
      layout,
      edge,
    ),
    viewport,
    caption,
  );
  edge.hidden = layout.hidden = under.hidden = true;

  function redraw(): void {
    if (last)
      draw(last).catch((error: unknown) => {
        caption.textContent = error instanceof Error ? error.message : String(error);
      });
  }

  function comparedWith(at: number): number | null {
    const place = {
      nothing: null,
      "the previous step": at - 1,
      "the first step": 0,
      "the last step": about.steps.length - 1,
      "this step, held": held,
    }[comparison];
    return place === null || place < 0 || place === at ? null : place;
  }

  function layOut(): void {
    for (const [picture, box] of [
      [first.element, over],
      [second.element, under],
    ] as const) {
      const { naturalWidth: width, naturalHeight: height } = picture;
      const small = Math.max(width, height) <= 128;
      picture.classList.toggle("jt-pixels", small);
      picture.classList.toggle("jt-actual", actual);
      picture.style.width = actual
        ? `${width}px`
        : small && width
          ? `${Math.min(width * Math.max(1, Math.floor(320 / Math.max(width, height))), 640)}px`
          : "";
      box.lastElementChild!.toggleAttribute("hidden", Boolean(under.hidden));
    }
    pair.classList.toggle("jt-wiped", wipe && !under.hidden);
    edge.hidden = !wipe || under.hidden;
    layout.hidden = under.hidden;
  }

  async function draw(shown: Shown<"image">): Promise<void> {
    last = shown;
    if (!shown.payload) return;
    const place = comparedWith(shown.at);
    const behind = place === null ? undefined : host.payload(place);
    host.need?.(place);
    const name = (step: format.Step) => `${about.name}, step ${format.step(step)}`;
    await Promise.all([
      first.show(shown.payload, name(shown.step)),
      behind && !behind.head.error ? second.show(behind, name(about.steps[place!] ?? null)) : null,
    ]);
    under.hidden = !behind || Boolean(behind.head.error);
    over.lastElementChild!.textContent = `step ${format.step(shown.step)}${wipe ? " (right)" : ""}`;
    under.lastElementChild!.textContent =
      place === null
        ? ""
        : `step ${format.step(about.steps[place] ?? null)}${wipe ? " (left)" : ""}`;
    layOut();
    const { naturalWidth: width, naturalHeight: height } = first.element;
    caption.textContent = [
      `${width} × ${height} pixels`,
      format.bytes(shown.payload.head.size ?? shown.payload.buffers[0]!.byteLength),
      comparison !== "nothing" && place === null
        ? "nothing to compare this step with"
        : place !== null && !behind
          ? "the other step is not here yet"
          : (behind?.head.error ?? null),
    ]
      .filter(Boolean)
      .join(" · ");
  }
  return {
    draw,
    destroy: () => {
      first.destroy();
      second.destroy();
    },
  };
}

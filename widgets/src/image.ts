// Images: fitted or one to one, small ones with their pixels showing.

import { h, keepKeys } from "./dom";
import * as format from "./format";
import type { Host, Pane, Shown } from "./view";

export function image({ element, about }: Host): Pane {
  let url = "";
  let actual = false;
  const picture = h("img", { class: "jt-picture", alt: `${about.name}` });
  const frame = keepKeys(h("div", { class: "jt-picture-frame", tabindex: 0, role: "region", "aria-label": `picture ${about.name}` }, picture));
  const caption = h("p", { class: "jt-caption" });
  const box = h("input", { type: "checkbox", "data-lm-suppress-shortcuts": "true", onchange: () => { actual = box.checked; size(); } });
  element.append(h("div", { class: "jt-tools" }, h("label", { class: "jt-check" }, box, "actual size")), frame, caption);

  function size(): void {
    const { naturalWidth: width, naturalHeight: height } = picture;
    const small = Math.max(width, height) <= 128;
    picture.classList.toggle("jt-pixels", small);
    picture.style.width = actual ? `${width}px` : small && width ? `${Math.min(width * Math.max(1, Math.floor(320 / Math.max(width, height))), 640)}px` : "";
    picture.classList.toggle("jt-actual", actual);
  }

  async function draw({ frame: shown, step }: Shown): Promise<void> {
    if (!shown) return;
    const bytes = shown.buffers[0]!;
    const next = URL.createObjectURL(new Blob([new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)], { type: shown.head.type }));
    // Decoded before it is put in place, so that the old picture stays until the new one can be seen.
    const probe = new Image();
    probe.src = next;
    try {
      await probe.decode();
    } catch {
      URL.revokeObjectURL(next);
      throw new Error(`the browser cannot read this picture (${shown.head.type}, ${format.bytes(bytes.byteLength)})`);
    }
    picture.src = next;
    picture.alt = `${about.name}, step ${format.step(step)}`;
    await picture.decode().catch(() => undefined);
    if (url) URL.revokeObjectURL(url);
    url = next;
    size();
    caption.textContent = `${picture.naturalWidth} × ${picture.naturalHeight} pixels · ${format.bytes(shown.head.size ?? bytes.byteLength)}`;
  }
  return { draw, destroy: () => { if (url) URL.revokeObjectURL(url); } };
}

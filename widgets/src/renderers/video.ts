// Videos in the browser's player; a GIF as a picture, which can be held still.

import { h } from "../dom/dom";
import * as format from "../model/format";
import { fileUrl } from "../model/payload";
import { bar, checkbox } from "../dom/toolbar";
import type { Host, Drawing, Shown } from "../model/renderer";

export function video(host: Host<"video">): Drawing<"video"> {
  const player = h("video", {
    class: "jt-video",
    controls: true,
    loop: true,
    playsinline: true,
    preload: "metadata",
    "aria-label": `video ${host.about.name}`,
  });
  player.muted = true;
  const picture = h("img", { class: "jt-picture", alt: host.about.name });
  const held = h("canvas", {
    class: "jt-picture",
    role: "img",
    "aria-label": `${host.about.name}, held`,
  });
  const { matches: still } = matchMedia("(prefers-reduced-motion: reduce)");
  const hold = checkbox("hold", updateHeld, still);
  const tools = bar(hold);
  const caption = h("p", { class: "jt-caption" });
  host.element.append(tools, player, picture, held, caption);
  let url = "";

  /** A GIF cannot be stopped; a painting of it stands still. */
  function updateHeld(): void {
    const isHeld = !tools.hidden && hold.value;
    held.hidden = !isHeld;
    picture.hidden = !player.hidden || isHeld;
    if (!isHeld) return;
    held.width = picture.naturalWidth;
    held.height = picture.naturalHeight;
    held.getContext("2d")?.drawImage(picture, 0, 0);
  }

  async function draw({ payload, step }: Shown<"video">): Promise<void> {
    if (!payload) return;
    const { head } = payload;
    const before = url;
    const data = head.video === undefined ? null : payload.buffers[head.video]!;
    const moving = data !== null && (head.type ?? "").startsWith("video/");
    url = data ? fileUrl(data, head.type) : "";
    player.hidden = !moving;
    tools.hidden = head.type !== "image/gif";
    if (moving) player.src = url;
    else player.removeAttribute("src");
    if (data && !moving) {
      picture.src = url;
      picture.alt = `${host.about.name}, step ${format.step(step)}`;
      try {
        await picture.decode();
      } catch {
        throw new Error(
          `the browser cannot read this video (${head.type}, ${format.bytes(head.size)})`,
        );
      }
    }
    picture.hidden = moving || !data;
    updateHeld();
    URL.revokeObjectURL(before);
    player.onloadedmetadata = () => {
      player.style.width = `${Math.max(player.videoWidth, Math.min(320, player.videoWidth * 5))}px`;
    };
    const small =
      picture.naturalWidth > 0 && Math.max(picture.naturalWidth, picture.naturalHeight) <= 128;
    for (const shown of [picture, held]) {
      shown.classList.toggle("jt-pixels", small);
      shown.style.width = small
        ? `${picture.naturalWidth * Math.max(1, Math.floor(256 / Math.max(picture.naturalWidth, picture.naturalHeight)))}px`
        : "";
    }
    caption.textContent = format.joined(
      moving || !data ? null : `${picture.naturalWidth} × ${picture.naturalHeight} pixels`,
      (head.type ?? "").replace(/^.*\//, "") || null,
      format.bytes(head.size),
      head.absent
        ? data
          ? `the first picture only: ${head.absent} is too large for this page`
          : `${head.absent} cannot be shown in this page`
        : null,
    );
  }
  return {
    draw,
    destroy: () => {
      player.pause?.();
      player.removeAttribute("src");
      URL.revokeObjectURL(url);
    },
  };
}

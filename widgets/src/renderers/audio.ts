// Sounds in the browser's player, with the waveform above it.

import { afterPaint, h, watchSize } from "../dom/dom";
import * as format from "../model/format";
import { fileUrl } from "../model/payload";
import { colours } from "../dom/theme";
import type { Host, Drawing, Shown } from "../model/renderer";

export function audio(host: Host<"audio">): Drawing<"audio"> {
  const canvas = h("canvas", { class: "jt-wave", role: "img" });
  const player = h("audio", {
    class: "jt-player",
    controls: true,
    preload: "metadata",
    "aria-label": `sound ${host.about.name}`,
  });
  const caption = h("p", { class: "jt-caption" });
  host.element.append(canvas, player, caption);
  let url = "";
  let peaks: { low: ArrayLike<number>; high: ArrayLike<number> } | null = null;
  let queued = 0;
  /** Gives up what the player is to be given. */
  let cancel = (): void => undefined;
  canvas.addEventListener("click", (event) => {
    if (!Number.isFinite(player.duration)) return;
    player.currentTime = (event.offsetX / Math.max(1, canvas.clientWidth)) * player.duration;
  });
  player.addEventListener("timeupdate", paintSoon);
  const stopWatchingSize = watchSize(canvas, paintSoon);

  function draw({ payload, step }: Shown<"audio">): void {
    if (!payload) return;
    const { head } = payload;
    const { sound } = head;
    player.hidden = sound === undefined;
    // A browser takes longer to begin a sound than to draw its waveform.
    cancel();
    cancel = afterPaint(() => {
      URL.revokeObjectURL(url);
      url = sound === undefined ? "" : fileUrl(payload.buffers[sound]!, head.type);
      if (url) player.src = url;
      else player.removeAttribute("src");
    });
    peaks = payload.has("low")
      ? { low: payload.column("low"), high: payload.column("high") }
      : null;
    canvas.hidden = peaks === null;
    caption.textContent = format.joined(
      head.seconds ? `${format.number(Number(Number(head.seconds).toPrecision(4)))} s` : null,
      head.rate ? `${format.count(head.rate)} Hz` : null,
      head.channels ? (head.channels === 1 ? "mono" : `${head.channels} channels`) : null,
      format.bytes(head.size),
      head.absent ? `${head.absent} is too large for this page` : null,
    );
    canvas.setAttribute(
      "aria-label",
      `waveform of ${host.about.name}, step ${format.step(step)}: ${caption.textContent}`,
    );
    paintSoon();
  }

  function paintSoon(): void {
    cancelAnimationFrame(queued);
    queued = requestAnimationFrame(() => {
      const ratio = devicePixelRatio || 1;
      const width = Math.round(canvas.clientWidth * ratio);
      const height = Math.round(canvas.clientHeight * ratio);
      if (!peaks || !width || !height) return;
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
      const ctx = canvas.getContext("2d");
      if (!ctx) return;
      const look = colours(canvas);
      const played = player.duration > 0 ? player.currentTime / player.duration : 0;
      ctx.clearRect(0, 0, width, height);
      const { low, high } = peaks;
      const middle = height / 2;
      for (let i = 0; i < low.length; i += 1) {
        ctx.fillStyle = look.lines[(i + 0.5) / low.length < played ? 1 : 0]!;
        const top = middle - (high[i]! / 32767) * middle;
        const bottom = middle - (low[i]! / 32767) * middle;
        ctx.fillRect(
          (i / low.length) * width,
          top,
          Math.max(1, width / low.length),
          Math.max(ratio, bottom - top),
        );
      }
    });
  }
  return {
    draw,
    destroy: () => {
      cancel();
      cancelAnimationFrame(queued);
      stopWatchingSize();
      player.pause?.();
      URL.revokeObjectURL(url);
    },
  };
}

// The view in a saved page: everything it may show is in the page already.

import { controls } from "./controls";
import { Frame, type Head } from "./frame";
import { Frames } from "./frames";
import type { About } from "./model";
import { Stage } from "./stage";

interface Packed { about: About; index: number; note?: string; frames: [pane: number, frame: number, head: Head, sizes: number[]][] }

/** Take a pack apart: length of the header, header, then the buffers, each starting at a multiple of 8. */
export function unpack(pack: ArrayBuffer): { header: Packed; frames: Frames } {
  const length = new DataView(pack).getUint32(0, true);
  const header: Packed = JSON.parse(new TextDecoder().decode(new Uint8Array(pack, 4, length)));
  const frames = new Frames(Infinity, null);
  const round = (n: number) => Math.ceil(n / 8) * 8;
  let at = round(4 + length);
  for (const [pane, frame, head, sizes] of header.frames) {
    const buffers = sizes.map((size) => { const view = new DataView(pack, at, size); at = round(at + size); return view; });
    frames.put({ pane, frame }, new Frame(head, buffers));
  }
  return { header, frames };
}

/** Draw a saved view into an element. */
export function page(host: HTMLElement, pack: ArrayBuffer): () => void {
  const { header, frames } = unpack(pack);
  const { about } = header;
  const own = about.steps.length > 1 ? controls(about.steps, move) : null;
  const stage = new Stage({ about, frames, move, ...(own ? { controls: own.element } : {}), ...(header.note ? { note: header.note } : {}) }, host);
  function move(index: number): void {
    own?.show(index);
    stage.show(index);
  }
  move(header.index);
  return () => stage.destroy();
}

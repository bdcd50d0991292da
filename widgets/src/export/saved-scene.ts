// One view in a saved page, and how what a page holds is packed. The bundles of pages that show nothing else begin here.

import type { Head, RunsHead } from "../model/payload-heads";
import { Payload } from "../model/payload";
import { StepCache } from "../model/step-cache";
import { decodeView, type WireViewInfo } from "../model/wire";
import { StepView } from "../widgets/step-view";

interface Scene {
  about: WireViewInfo;
  index: number;
  note?: string;
}
export interface SceneHeader {
  scenes: Scene[];
  /** The table of runs has the scene -1. */
  payloads: [scene: number, panel: number, number: number, head: Head, sizes: number[]][];
}

/** What a packed page holds. */
export interface SavedScenes<H extends SceneHeader> {
  header: H;
  /** The payloads of each scene. */
  payloads: StepCache[];
  runs: Payload<RunsHead>;
}
export type Close = () => void;

/** Take a pack apart: length of the header, header, then the buffers, each starting at a multiple of 8. */
export function unpack<H extends SceneHeader>(pack: ArrayBuffer): SavedScenes<H> {
  const length = new DataView(pack).getUint32(0, true);
  const header: H = JSON.parse(new TextDecoder().decode(new Uint8Array(pack, 4, length)));
  const payloads = header.scenes.map(() => new StepCache(Infinity, null));
  const aligned = (offset: number) => Math.ceil(offset / 8) * 8;
  let offset = aligned(4 + length);
  let runs = new Payload<RunsHead>({ rows: 0, fields: [] }, []);
  for (const [scene, panel, number, head, sizes] of header.payloads) {
    const buffers = sizes.map((size) => {
      const view = new DataView(pack, offset, size);
      offset = aligned(offset + size);
      return view;
    });
    if (scene < 0) runs = new Payload(head as RunsHead, buffers);
    else payloads[scene]!.put({ panel, number }, new Payload(head, buffers));
  }
  return { header, payloads, runs };
}

/** Draw a scene into an element. */
export function showScene(host: HTMLElement, saved: Scene, payloads: StepCache): Close {
  const { index, note } = saved;
  const about = decodeView(saved.about);
  const move = (to: number): void => view.show(to);
  const view = new StepView({ about, payloads, move, ...(note ? { note } : {}) }, host);
  view.show(index);
  return () => view.destroy();
}

/** Draw the first scene of a saved page into an element. Returns the way to take it out. */
export function page(host: HTMLElement, pack: ArrayBuffer): Close {
  const { header, payloads } = unpack(pack);
  return showScene(host, header.scenes[0]!, payloads[0]!);
}

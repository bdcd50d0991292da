// One view in a saved page, and how what a page holds is packed.

import { unpackEntries, type Entry } from "../model/pack";
import type { RunsHead } from "../model/payload-heads";
import { Payload } from "../model/payload";
import { KeptSteps } from "../model/kept-steps";
import { decodeView, type WireViewInfo } from "../model/wire";
import { StepView } from "../widgets/step-view";

interface Scene {
  about: WireViewInfo;
  index: number;
  note?: string;
}
export interface SceneHeader {
  scenes: Scene[];
}

/** What a packed page holds. */
export interface SavedScenes<H extends SceneHeader> {
  header: H;
  /** The payloads of each scene. */
  payloads: KeptSteps[];
  runs: Payload<RunsHead>;
}
export type Close = () => void;

/** Take a pack apart, and put its payloads where they belong. */
export function unpack<H extends SceneHeader>(pack: ArrayBuffer): SavedScenes<H> {
  return gather(...unpackEntries<H>(pack));
}

/** Put payloads where they belong. */
export function gather<H extends SceneHeader>(header: H, entries: Entry[]): SavedScenes<H> {
  const payloads = header.scenes.map(() => new KeptSteps());
  let runs = new Payload<RunsHead>({ rows: 0, fields: [] }, []);
  for (const { scene, panel, number, payload } of entries) {
    if (scene < 0) runs = payload as Payload<RunsHead>;
    else payloads[scene]!.put({ panel, number }, payload);
  }
  return { header, payloads, runs };
}

/** Draw a scene into an element. */
export function showScene(host: HTMLElement, saved: Scene, payloads: KeptSteps): Close {
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

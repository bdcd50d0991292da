// The view in a saved page: everything it may show is in the page already.

import { ArtifactList, type Listing } from "../widgets/artifact-list";
import { controls } from "../widgets/controls";
import { h, holdKeys, put } from "../dom/dom";
import * as format from "../model/format";
import { Payload, type Head } from "../model/payload";
import { StepCache } from "../model/step-cache";
import type { ViewInfo } from "../model/model";
import { Rows, RunTable } from "../widgets/run-table";
import { StepView } from "../widgets/step-view";
import { dress } from "../dom/theme";

interface Scene {
  about: ViewInfo;
  index: number;
  note?: string;
}
interface Header {
  scenes: Scene[];
  payloads: [scene: number, panel: number, frame: number, head: Head, sizes: number[]][];
  /** A browser's listing, and which scene each of its artifacts is; -1 for what the page has no room for. */
  listing?: Listing;
  places?: number[];
  /** A table of runs, whose frame has the scene -1, and the browsers of those that the page has room for. */
  runs?: { total: number };
  browsers?: Record<string, Browser>;
}
interface Browser {
  listing: Listing;
  places: number[];
}

/** Take a pack apart: length of the header, header, then the buffers, each starting at a multiple of 8. */
export function unpack(pack: ArrayBuffer): { header: Header; frames: StepCache[]; table: Payload } {
  const length = new DataView(pack).getUint32(0, true);
  const header: Header = JSON.parse(new TextDecoder().decode(new Uint8Array(pack, 4, length)));
  const frames = header.scenes.map(() => new StepCache(Infinity, null));
  const round = (n: number) => Math.ceil(n / 8) * 8;
  let at = round(4 + length);
  let table = new Payload({}, []);
  for (const [scene, panel, frame, head, sizes] of header.payloads) {
    const buffers = sizes.map((size) => {
      const view = new DataView(pack, at, size);
      at = round(at + size);
      return view;
    });
    if (scene < 0) table = new Payload(head, buffers);
    else frames[scene]!.put({ panel, frame }, new Payload(head, buffers));
  }
  return { header, frames, table };
}

function stepper(host: HTMLElement, { about, index, note }: Scene, frames: StepCache): () => void {
  const own = about.steps.length > 1 ? controls(about.steps, move) : null;
  const stage = new StepView(
    { about, frames, move, ...(own ? { controls: own.element } : {}), ...(note ? { note } : {}) },
    host,
  );
  function move(to: number): void {
    own?.show(to);
    stage.show(to);
  }
  move(index);
  return () => stage.destroy();
}

function browser(
  host: HTMLElement,
  { listing, places }: Browser,
  scenes: Scene[],
  frames: StepCache[],
): () => void {
  dress(host);
  const side = h("div", { class: "jt-beside" });
  let stop = (): void => undefined;
  const open = (kind: string, name: string): void => {
    stop();
    stop = () => undefined;
    const place =
      places[listing.artifacts.findIndex((a) => a.kind === kind && a.name === name)] ?? -1;
    const scene = scenes[place];
    if (scene) {
      put(side);
      stop = stepper(side, scene, frames[place]!);
    } else
      put(
        side,
        h(
          "p",
          { class: "jt-note" },
          `${kind} ${name} is not kept in this page; run the notebook to look at it`,
        ),
      );
  };
  const catalog = new ArtifactList(listing, open);
  const root = h("div", { class: "jt-browser jt-whole" }, catalog.element, side);
  holdKeys(root);
  host.append(root);
  const first = listing.artifacts.find((_, n) => (places[n] ?? -1) >= 0);
  if (first) {
    catalog.mark(first.kind, first.name);
    open(first.kind, first.name);
  }
  return () => {
    stop();
    root.remove();
  };
}

function runs(host: HTMLElement, header: Header, frames: StepCache[], table: Payload): () => void {
  dress(host);
  const rows = new Rows(table);
  const below = h("div", { class: "jt-below" });
  let stop = (): void => undefined;
  const browsers = header.browsers ?? {};
  const total = header.runs!.total;
  const drawn = new RunTable(rows, {
    open: (id) => {
      stop();
      stop = () => undefined;
      put(below);
      if (Object.hasOwn(browsers, id)) stop = browser(below, browsers[id]!, header.scenes, frames);
      else
        put(
          below,
          h(
            "p",
            { class: "jt-note" },
            `the artifacts of run ${id} are not kept in this page; run the notebook to look at them`,
          ),
        );
    },
    ...(total > rows.count
      ? {
          note: `the newest ${format.count(rows.count)} of ${format.count(total)} runs are kept in this page`,
        }
      : {}),
  });
  const root = h("div", { class: "jt-browser" }, drawn.element, below);
  holdKeys(root);
  host.append(root);
  return () => {
    stop();
    root.remove();
  };
}

/** Draw a saved view into an element. */
export function page(host: HTMLElement, pack: ArrayBuffer): () => void {
  const { header, frames, table } = unpack(pack);
  if (header.runs) return runs(host, header, frames, table);
  return header.listing
    ? browser(host, { listing: header.listing, places: header.places ?? [] }, header.scenes, frames)
    : stepper(host, header.scenes[0]!, frames[0]!);
}

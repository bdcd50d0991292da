// The browser of a run in a saved page: everything it may show is in the page already.

import { h, holdKeys, put } from "../dom/dom";
import { dress } from "../dom/theme";
import { ArtifactList, type Chosen, type Listing } from "../widgets/artifact-list";
import { showScene, unpack, type Close, type SavedScenes, type SceneHeader } from "./saved-scene";

/** A run's artifacts, and for each which scene it is; -1 for what the page has no room for. */
export interface SavedBrowser {
  listing: Listing;
  places: number[];
  /** Which scene the overview is, if the page has one. */
  overview?: number | null;
}
/** A place where one thing is shown at a time: what is opened next closes what is there. */
export class Slot {
  readonly element: HTMLElement;
  private close: Close | null = null;

  constructor(className: string) {
    this.element = h("div", { class: className });
  }

  /** Open something, or say why it is not there. */
  open(show: (() => Close) | null, missing: string): void {
    this.clear();
    put(this.element, show ? null : h("p", { class: "jt-note" }, missing));
    this.close = show?.() ?? null;
  }

  clear(): void {
    this.close?.();
    this.close = null;
  }
}

/** Put a list or a table and what is opened from it into the page. */
export function showBeside(
  host: HTMLElement,
  className: string,
  list: HTMLElement,
  slot: Slot,
): Close {
  dress(host);
  const root = h("div", { class: className }, list, slot.element);
  holdKeys(root);
  host.append(root);
  return () => {
    slot.clear();
    root.remove();
  };
}

/** Draw a run's artifacts, and those that are opened. */
export function showBrowser(
  host: HTMLElement,
  { listing, places, overview }: SavedBrowser,
  { header: { scenes }, payloads }: SavedScenes<SceneHeader>,
): Close {
  const slot = new Slot("jt-beside");
  const placeOf = ([kind, name]: Chosen): number =>
    places[listing.artifacts.findIndex((each) => each.kind === kind && each.name === name)] ?? -1;
  const select = ([chosen]: Chosen[]): void => {
    const place = chosen ? placeOf(chosen) : (overview ?? -1);
    const scene = scenes[place];
    slot.open(
      scene ? () => showScene(slot.element, scene, payloads[place]!) : null,
      `${(chosen ?? []).join(" ")} is not kept in this page; run the notebook to look at it`,
    );
  };
  const list = new ArtifactList(listing, { select });
  const close = showBeside(host, "jt-browser jt-whole", list.element, slot);
  const first = listing.artifacts.find((_, n) => (places[n] ?? -1) >= 0);
  const whole = scenes[overview ?? -1] !== undefined;
  list.offerOverview(whole);
  if (whole || first) {
    const chosen: Chosen[] = whole ? [] : [[first!.kind, first!.name]];
    list.mark(chosen);
    select(chosen);
  }
  return close;
}

/** Draw the browser of a saved page into an element. Returns the way to take it out. */
export function page(host: HTMLElement, pack: ArrayBuffer): Close {
  const saved = unpack<SceneHeader & SavedBrowser>(pack);
  return showBrowser(host, saved.header, saved);
}

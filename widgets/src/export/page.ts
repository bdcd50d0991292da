// The view in a saved page: everything it may show is in the page already.

import { h, holdKeys, put } from "../dom/dom";
import { dress } from "../dom/theme";
import * as format from "../model/format";
import { ArtifactList, type Chosen, type Listing } from "../widgets/artifact-list";
import { RunRows } from "../widgets/run-rows";
import { RunTable } from "../widgets/run-table";
import { showScene, unpack, type Close, type SavedScenes, type SceneHeader } from "./saved-scene";

/** A run's artifacts, and for each which scene it is; -1 for what the page has no room for. */
interface Browser {
  listing: Listing;
  places: number[];
  /** Which scene the overview is, if the page has one. */
  overview?: number | null;
}
/** What the header says beside the scenes. */
interface Header extends SceneHeader {
  listing?: Listing;
  places?: number[];
  overview?: number;
  runs?: { total: number; arrangement?: unknown };
  /** The browsers of those runs that the page has room for, by the run's id in the table. */
  browsers?: Record<string, Browser>;
  /** Where the pages of runs are that have one of their own, from this page, by the run's id in the table. */
  pages?: Record<string, string>;
}
type Saved = SavedScenes<Header>;

/** A place where one thing is shown at a time: what is opened next closes what is there. */
class Slot {
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
function showBeside(host: HTMLElement, className: string, list: HTMLElement, slot: Slot): Close {
  dress(host);
  const root = h("div", { class: className }, list, slot.element);
  holdKeys(root);
  host.append(root);
  return () => {
    slot.clear();
    root.remove();
  };
}

function showBrowser(
  host: HTMLElement,
  { listing, places, overview }: Browser,
  { header: { scenes }, payloads }: Saved,
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

function showRuns(
  host: HTMLElement,
  saved: Saved,
  { total, arrangement }: { total: number; arrangement?: unknown },
): Close {
  const rows = new RunRows(saved.runs);
  const slot = new Slot("jt-below");
  const { browsers = {}, pages = {} } = saved.header;
  const show = (id: string): void =>
    slot.open(
      Object.hasOwn(browsers, id) ? () => showBrowser(slot.element, browsers[id]!, saved) : null,
      `the artifacts of run ${id} are not kept in this page; run the notebook to look at them`,
    );
  const table = new RunTable(rows, {
    open: (id) => {
      if (Object.hasOwn(pages, id)) window.location.assign(pages[id]!);
      else show(id);
    },
    arrangement,
    ...(total > rows.count
      ? {
          note: `the newest ${format.count(rows.count)} of ${format.count(total)} runs are kept in this page`,
        }
      : {}),
  });
  const close = showBeside(host, "jt-browser", table.element, slot);
  return () => {
    close();
    table.destroy();
  };
}

/** Draw a saved view into an element. Returns the way to take it out. */
export function page(host: HTMLElement, pack: ArrayBuffer): Close {
  const saved = unpack<Header>(pack);
  const { header } = saved;
  if (header.runs) return showRuns(host, saved, header.runs);
  if (header.listing)
    return showBrowser(
      host,
      { listing: header.listing, places: header.places ?? [], overview: header.overview ?? null },
      saved,
    );
  return showScene(host, header.scenes[0]!, saved.payloads[0]!);
}

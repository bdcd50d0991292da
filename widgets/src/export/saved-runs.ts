// A table of runs in a saved page, and the browsers of those that the page has room for.

import * as format from "../model/format";
import { RunRows } from "../widgets/run-rows";
import { RunTable } from "../widgets/run-table";
import { showBeside, showBrowser, Slot, type SavedBrowser } from "./saved-browser";
import { unpack, type Close, type SceneHeader } from "./saved-scene";

interface Header extends SceneHeader {
  runs: { total: number; arrangement?: unknown };
  /** The browsers of those runs that the page has room for, by the run's id in the table. */
  browsers?: Record<string, SavedBrowser>;
  /** Where the pages of runs are that have one of their own, from this page, by the run's id in the table. */
  pages?: Record<string, string>;
}

/** Draw the table of a saved page into an element. Returns the way to take it out. */
export function page(host: HTMLElement, pack: ArrayBuffer): Close {
  const saved = unpack<Header>(pack);
  const { browsers = {}, pages = {}, runs } = saved.header;
  const rows = new RunRows(saved.runs);
  const slot = new Slot("jt-below");
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
    arrangement: runs.arrangement,
    ...(runs.total > rows.count
      ? {
          note: `the newest ${format.count(rows.count)} of ${format.count(runs.total)} runs are kept in this page`,
        }
      : {}),
  });
  const close = showBeside(host, "jt-browser", table.element, slot);
  return () => {
    close();
    table.destroy();
  };
}

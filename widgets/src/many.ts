// The bundle of views of many runs: `render` draws a live widget, `page` a saved one.

import { h, put } from "./dom/dom";
import { dress } from "./dom/theme";
import { Comparison } from "./many/comparison";
import sheet from "./many/many.css";
import { RunsPlot } from "./many/plot";
import type { PlotHead } from "./model/many-heads";
import type { Model } from "./model/model";
import { unpackEntries } from "./model/pack";
import { Payload } from "./model/payload";
import { errorNote } from "./dom/dom";
import * as format from "./model/format";
import { mount } from "./widgets/mount";

/** Takes a view out of the page. */
type Close = () => void;

/** The traits that the kernel and the page share. */
interface State {
  widget: string;
  drawn: [head: any, buffers: DataView[]][];
  /** The uuid of the run that is open, or nothing. */
  opened: string;
  /** The uuids of the runs that are chosen; none for all. */
  chosen: string[];
}

/** Put our style sheet in the page beside those that all views have, once. */
function dressMany(root: Node): void {
  dress(root);
  const tree = root.getRootNode();
  const home = tree instanceof ShadowRoot ? tree : document.head;
  if (home.querySelector("style[data-jt-many]")) return;
  home.append(h("style", { "data-jt-many": "" }, sheet));
}

const readAll = (model: Model<State>): Payload[] =>
  model.get("drawn").map(([head, buffers]) => new Payload(head, buffers));

function comparison(model: Model<State>, el: HTMLElement): Close {
  const view = new Comparison(readAll(model), el, {
    open: (uuid) => {
      model.set("opened", model.get("opened") === uuid ? "" : uuid);
      model.save_changes();
    },
  });
  const mark = (): void => view.showOpened(model.get("opened"));
  mark();
  return mount(model, el, {
    element: view.element,
    listeners: [
      [model, "change:drawn", () => model.get("drawn").length && view.update(readAll(model))],
      [model, "change:opened", mark],
    ],
    destroy: () => view.destroy(),
  });
}

function plot(model: Model<State>, el: HTMLElement): Close {
  const read = (): Payload<PlotHead> => readAll(model)[0] as unknown as Payload<PlotHead>;
  let telling = 0;
  const view = new RunsPlot(read(), el, {
    open: (uuid) => {
      model.set("opened", model.get("opened") === uuid ? "" : uuid);
      model.save_changes();
    },
    // The kernel is told once the brush rests.
    choose: (uuids) => {
      clearTimeout(telling);
      telling = window.setTimeout(() => {
        if (uuids.join() === model.get("chosen").join()) return;
        model.set("chosen", uuids);
        model.save_changes();
      }, 150);
    },
  });
  const mark = (): void => view.showOpened(model.get("opened"));
  mark();
  return mount(model, el, {
    element: view.element,
    listeners: [
      [model, "change:drawn", () => model.get("drawn").length && view.update(read())],
      [model, "change:opened", mark],
    ],
    destroy: () => {
      clearTimeout(telling);
      view.destroy();
    },
  });
}

const widgets: Record<string, (model: Model<State>, el: HTMLElement) => Close> = {
  comparison,
  plot,
};

export async function render(model: Model<State>, el: HTMLElement): Promise<Close> {
  dressMany(el);
  try {
    return widgets[model.get("widget")]!(model, el);
  } catch (error) {
    el.append(errorNote(`this view could not be drawn: ${format.error(error)}`));
    throw error;
  }
}

/** Draw a saved view into an element. Returns the way to take it out. */
export function page(host: HTMLElement, pack: ArrayBuffer): Close {
  dressMany(host);
  const [, entries] = unpackEntries(pack);
  const payloads = entries.map(({ payload }) => payload);
  const view =
    "plot" in payloads[0]!.head ? savedPlot(payloads, host) : savedComparison(payloads, host);
  return () => view.destroy();
}

function savedPlot(payloads: Payload[], host: HTMLElement): RunsPlot {
  const below = h("div", { class: "jt-below", role: "status" });
  let opened = "";
  const view: RunsPlot = new RunsPlot(payloads[0] as unknown as Payload<PlotHead>, host, {
    open: (uuid, row) => {
      opened = opened === uuid ? "" : uuid;
      view.showOpened(opened);
      put(below, opened ? view.card(row) : null);
    },
  });
  view.element.append(below);
  return view;
}

/** A run that is pressed is marked: there is nothing more of it here than its row. */
function savedComparison(payloads: Payload[], host: HTMLElement): Comparison {
  const view: Comparison = new Comparison(payloads, host, {
    open: (uuid) => view.showOpened(uuid),
  });
  return view;
}

// The list of a run's artifacts in a notebook: a click tells the kernel, which shows the artifact beside it.

import { ArtifactList, type Chosen, type Listing } from "./artifact-list";
import { mount } from "./mount";
import { h } from "../dom/dom";
import type { Model } from "../model/model";

interface State {
  /** A `Listing` as JSON. */
  about: string;
  key: string;
  /** What is open; nothing where it is the overview. */
  selected: Chosen[];
  /** Whether there is an overview to go back to. */
  overview: boolean;
}

export function browser(model: Model<State>, el: HTMLElement): () => void {
  const listing = () => JSON.parse(model.get("about")) as Listing;
  const select = (chosen: Chosen[]): void => {
    model.set("selected", chosen);
    model.save_changes();
  };
  const list = new ArtifactList(listing(), { select, several: true });
  const mark = (): void => {
    list.offerOverview(model.get("overview"));
    list.mark(model.get("selected"));
  };
  const update = (): void => {
    list.update(listing());
    mark();
  };
  mark();
  return mount(model, el, {
    element: h("div", { class: "jt-browser" }, list.element),
    listeners: [
      [model, "change:selected", mark],
      [model, "change:overview", mark],
      [model, "change:about", update],
    ],
  });
}

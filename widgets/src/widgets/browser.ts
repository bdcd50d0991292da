// The list of a run's artifacts in a notebook: a click tells the kernel, which shows the artifact beside it.

import { ArtifactList, type Listing } from "./artifact-list";
import { mount } from "./mount";
import { h } from "../dom/dom";
import type { Model } from "../model/model";

interface State {
  /** A `Listing` as JSON. */
  about: string;
  key: string;
  selected: [] | [kind: string, name: string];
}

export function browser(model: Model<State>, el: HTMLElement): () => void {
  const listing = () => JSON.parse(model.get("about")) as Listing;
  const list = new ArtifactList(listing(), (kind, name) => {
    model.set("selected", [kind, name]);
    model.save_changes();
  });
  const mark = (): void => {
    const [kind, name] = model.get("selected");
    if (kind !== undefined && name !== undefined) list.mark(kind, name);
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
      [model, "change:about", update],
    ],
  });
}

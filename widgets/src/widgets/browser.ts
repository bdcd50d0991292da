// The list of a run's artifacts in a notebook: a click tells the kernel, which shows the artifact beside it.

import { ArtifactList, type Listing } from "./artifact-list";
import { mount } from "./mount";
import { h } from "../dom/dom";
import type { Model } from "../model/model";

interface State {
  about: Listing;
  key: string;
  selected: [] | [kind: string, name: string];
}

export function browser(model: Model<State>, el: HTMLElement): () => void {
  const list = new ArtifactList(model.get("about"), (kind, name) => {
    model.set("selected", [kind, name]);
    model.save_changes();
  });
  const mark = (): void => {
    const [kind, name] = model.get("selected");
    if (kind !== undefined && name !== undefined) list.mark(kind, name);
  };
  const update = (): void => {
    list.update(model.get("about"));
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

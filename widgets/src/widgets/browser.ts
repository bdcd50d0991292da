// The catalog beside a stepper, in a notebook: a click tells the kernel, which opens the stepper.

import { reportVisibility } from "./visibility";
import { ArtifactList } from "./artifact-list";
import { h, holdKeys } from "../dom/dom";
import type { Model } from "../model/model";
import { dress } from "../dom/theme";

export async function browser(model: Model, el: HTMLElement): Promise<() => void> {
  dress(el);
  const key: string = model.get("key");
  const catalog = new ArtifactList(model.get("about"), (kind, name) => {
    model.set("selected", [kind, name]);
    model.save_changes();
  });
  const root = h("div", { class: "jt-browser", "data-jt-live": key }, catalog.element);
  holdKeys(root);
  el.append(root);
  const mark = (): void => {
    const [kind, name] = model.get("selected") as string[];
    if (kind !== undefined && name !== undefined) catalog.mark(kind, name);
  };
  const update = (): void => {
    catalog.update(model.get("about"));
    mark();
  };
  model.on("change:selected", mark);
  model.on("change:about", update);
  mark();
  const announce = (name: string) => window.dispatchEvent(new CustomEvent(name, { detail: key }));
  announce("jt-live");
  const leave = reportVisibility(model);
  return () => {
    leave();
    model.off("change:selected", mark);
    model.off("change:about", update);
    root.remove();
    announce("jt-gone");
  };
}

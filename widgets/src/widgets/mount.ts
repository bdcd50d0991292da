// What every widget does to live in a notebook's page: it is put there, listens to its models, and says while it is there that it is.

import { holdKeys, watchSize } from "../dom/dom";
import type { Model } from "../model/model";

export interface Widget {
  /** Is put into the output, unless it is there already. */
  element: HTMLElement;
  /** Which events of which models are listened to, for as long as the widget is in the page. */
  listeners: (readonly [
    model: Pick<Model, "on" | "off">,
    event: string,
    callback: (...args: any[]) => void,
  ])[];
  /** The output has another size, or is shown again. */
  resized?(): void;
  /** Is called when the widget goes, before its element is taken out. */
  destroy?(): void;
}

let mounted = 0;

/** Put a widget into an output. Returns the way to take it out. */
export function mount(model: Model<any>, el: HTMLElement, widget: Widget): () => void {
  const { element, listeners } = widget;
  const key: string = model.get("key");
  const id = `${Date.now().toString(36)}-${(mounted += 1)}`;
  // The static page that was saved beside the widget hides itself while the widget is there.
  const announce = (event: "jt-live" | "jt-gone"): void => {
    window.dispatchEvent(new CustomEvent(event, { detail: key }));
  };
  // The kernel follows a run for a widget only while a page shows it.
  const report = (visible: boolean): void => {
    try {
      model.send({ visible, id });
    } catch {
      // Without its kernel nothing follows the run anyway.
    }
  };
  element.setAttribute("data-jt-live", key);
  holdKeys(element);
  if (element.parentNode !== el) el.append(element);
  for (const [source, event, callback] of listeners) source.on(event, callback);
  // A notebook that takes outputs out of the page while they are scrolled away says nothing of it; their size changes when they come back.
  const stopWatchingSize = watchSize(el, () => {
    widget.resized?.();
    announce("jt-live");
  });
  announce("jt-live");
  report(true);
  return () => {
    report(false);
    stopWatchingSize();
    for (const [source, event, callback] of listeners) source.off(event, callback);
    widget.destroy?.();
    element.remove();
    announce("jt-gone");
  };
}

// What a notebook keeps of a widget that was closed.
//
// JupyterLab keeps every comm until its kernel is gone: each listens to the kernel's status, and none stops. A comm keeps the model that it
// calls, and the model its state and the elements of its views, so that a page would grow with every cell that is run again.

import type { Model } from "./model/model";

/** A model of ipywidgets, with its end of the comm to the kernel. */
interface CommModel extends Model {
  comm?: {
    on_msg?(callback: () => void): void;
    on_close?(callback: () => void): void;
  };
}

/** Is made here, where no model is in its scope. */
const nothing = (): void => undefined;

const prepared = new WeakSet<Model>();

/** When the widgets that a widget names in `tree` are closed, make their comms call nothing any more: there is nothing that they could tell. */
export function freeWhenClosed(root: Model): void {
  const prepare = (): void => {
    for (const id of (root.get("tree") as string[] | undefined) ?? [])
      root.widget_manager?.get_model(id).then(
        (model: CommModel) => {
          if (prepared.has(model)) return;
          prepared.add(model);
          const free = (): void => {
            model.off("destroy", free);
            model.comm?.on_msg?.(nothing);
            model.comm?.on_close?.(nothing);
          };
          model.on("destroy", free);
        },
        nothing, // it is closed already
      );
  };
  // The tree is told when all of it is there.
  root.on("change:tree", prepare);
  prepare();
}

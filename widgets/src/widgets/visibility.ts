// Tells the kernel that somebody looks at a view, and when nobody does any more: what no one sees need not follow its run.

import type { Model } from "../model/model";

let serial = 0;

export function reportVisibility(model: Model): () => void {
  const id = `${Date.now().toString(36)}-${(serial += 1)}`;
  const say = (visible: boolean): void => {
    try {
      model.send({ visible, id });
    } catch {
      /* the kernel is gone, and looks no longer */
    }
  };
  say(true);
  return () => say(false);
}

// The bundle's doors: `render` for a live widget, `page` for a saved one.

import { browser } from "./browser";
import { failed, stepper } from "./live";
import type { Model } from "./model";
import { runs } from "./runs";
import { dress } from "./theme";

export { page } from "./page";

const rooms: Record<string, (model: Model, el: HTMLElement) => Promise<() => void>> = { stepper, browser, runs };

export async function render(model: Model, el: HTMLElement): Promise<() => void> {
  dress(el);
  try {
    return await rooms[model.get("room") as string]!(model, el);
  } catch (error) {
    failed(el, error);
    throw error;
  }
}

// The bundle's doors: `render` for a live widget, `page` for a saved one.

import { browser } from "./widgets/browser";
import { failed, stepper } from "./widgets/stepper";
import type { Model } from "./model/model";
import { runs } from "./widgets/runs-browser";
import { dress } from "./dom/theme";

export { page } from "./export/page";

const widgets: Record<string, (model: Model, el: HTMLElement) => Promise<() => void>> = {
  stepper,
  browser,
  runs,
};

export async function render(model: Model, el: HTMLElement): Promise<() => void> {
  dress(el);
  try {
    return await widgets[model.get("widget") as string]!(model, el);
  } catch (error) {
    failed(el, error);
    throw error;
  }
}

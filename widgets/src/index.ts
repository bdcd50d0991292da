// What the bundle of live widgets offers.

import { dress } from "./dom/theme";
import type { Model } from "./model/model";
import { browser } from "./widgets/browser";
import { runs } from "./widgets/runs-browser";
import { showFailure, stepper } from "./widgets/stepper";

/** Takes a widget out of the page. */
type Close = () => void;

/** By the name that the kernel gives in the trait `widget`. */
const widgets: Record<string, (model: Model<any>, el: HTMLElement) => Close | Promise<Close>> = {
  stepper,
  browser,
  runs,
};

export async function render(model: Model, el: HTMLElement): Promise<Close> {
  dress(el);
  try {
    return await widgets[model.get("widget") as string]!(model, el);
  } catch (error) {
    showFailure(el, error);
    throw error;
  }
}

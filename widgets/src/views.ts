// The registry: one word and one import a family.

import { curve } from "./curve";
import { dataframe } from "./dataframe";
import { file } from "./file";
import { image } from "./image";
import { metric } from "./metric";
import { text } from "./text";
import type { View } from "./view";

const views: Record<string, View> = { curve, dataframe, file, image, metric, text };

/** The view of a stem; whatever has none is shown as a file. */
export function viewOf(stem: string): View {
  return Object.hasOwn(views, stem) ? views[stem]! : file;
}

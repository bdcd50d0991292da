// The registry: one word and one import a family.

import { audio } from "./audio";
import { chart } from "./chart";
import { curves, metrics } from "./overlay";
import { confusion } from "./confusion";
import { curve } from "./curve";
import { dataframe } from "./dataframe";
import { file } from "./file";
import { histogram } from "./histogram";
import { html } from "./html";
import { image } from "./image";
import { markdownView as markdown } from "./markdown";
import { metric } from "./metric";
import { text } from "./text";
import { trace } from "./trace";
import { video } from "./video";
import type { Renderer } from "../model/renderer";

const views: Record<string, Renderer> = {
  audio,
  chart,
  confusion,
  curve,
  dataframe,
  file,
  histogram,
  html,
  image,
  markdown,
  metric,
  text,
  trace,
  video,
};
// Those that draw several runs as one.
const together: Record<string, Renderer> = { curve: curves, metric: metrics };

/** The view of a stem; whatever has none is shown as a file. */
export function rendererOf(stem: string, several = false): Renderer {
  if (several && Object.hasOwn(together, stem)) return together[stem]!;
  return Object.hasOwn(views, stem) ? views[stem]! : file;
}

// The registry of renderers: one import and one word for each. In a saved page each registers itself, if it is needed (`build.mjs`).

import type { Stem } from "../model/payload-heads";
import type { RendererOf } from "../model/renderer";
import { audio } from "./audio";
import { chart } from "./chart";
import { confusion } from "./confusion";
import { curve } from "./curve";
import { dataframe } from "./dataframe";
import { file } from "./file";
import { histogram } from "./histogram";
import { html } from "./html";
import { image } from "./image";
import { markdown } from "./markdown";
import { metric } from "./metric";
import { text } from "./text";
import { trace } from "./trace";
import { video } from "./video";

export const renderers: { [S in Stem]: RendererOf<S> } = {
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

/** The renderer of a stem; whatever has none is shown as a file. Payloads of another stem are not for it. */
export function rendererOf(stem: string): RendererOf<Stem> {
  const found = Object.hasOwn(renderers, stem) ? renderers[stem as Stem] : file;
  return found as RendererOf<Stem>;
}

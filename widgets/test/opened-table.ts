// A dataframe's panel in the page, for the tests of it.

import { dataframe } from "../src/renderers/dataframe";
import type { AnswerHead, StepHead } from "../src/model/payload-heads";
import type { TableQuery } from "../src/model/messages";
import type { Payload } from "../src/model/payload";
import type { Drawing } from "../src/model/renderer";
import { payload } from "./made";

export type Ask = (
  query: TableQuery,
  at?: number,
  signal?: AbortSignal,
) => Promise<Payload<AnswerHead<"dataframe">>>;
/** A kernel that does not answer. */
export const never: Ask = () => new Promise(() => undefined);

/** A panel with these steps, each ten after the one before; nothing is drawn yet. */
export function openedTable(
  steps: (Payload<StepHead<"dataframe">> | undefined)[],
  { ask = never, live = true }: { ask?: Ask; live?: boolean } = {},
) {
  const element = document.createElement("div");
  document.body.append(element);
  const panel: Drawing<"dataframe"> = dataframe({
    beside: () => undefined,
    redraw: () => undefined,
    element,
    ask,
    live,
    shared: payload({}),
    payload: (at) => steps[at],
    about: {
      kind: "dataframe",
      name: "d",
      view: "dataframe",
      steps: steps.map((_, n) => n * 10),
      times: steps.map(() => 0),
    },
  });
  return {
    element,
    panel,
    draw: (at: number) => panel.draw({ at, step: at * 10, payload: steps[at] }),
    scroll: element.querySelector<HTMLElement>(".jt-scroll")!,
  };
}

/** Press a key in an element. */
export const key = (element: Element, name: string, more: KeyboardEventInit = {}) =>
  element.dispatchEvent(
    new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true, ...more }),
  );

// The view in a notebook with its kernel: the widget's model on one side, the step view on the other.

import { afterPaint, errorNote, keepKeys } from "../dom/dom";
import * as format from "../model/format";
import type { KernelMessage, PageMessage, Query, SeedPayload } from "../model/messages";
import type { Model, WidgetView } from "../model/model";
import { Payload } from "../model/payload";
import { INTERVAL, type Player } from "../model/player";
import { type PayloadId } from "../model/kept-steps";
import { StepCache, type Ask } from "../model/step-cache";
import { decodeView, type WireViewInfo } from "../model/wire";
import { mount } from "./mount";
import { StepView } from "./step-view";

interface State {
  about: WireViewInfo;
  /** How many bytes of payloads the page may keep. */
  budget: number;
  index: number;
  /** Whether to begin with following the newest step. */
  follow?: boolean;
  key: string;
  seed: SeedPayload[];
  /** References to ipywidgets' slider and play button. */
  slider?: string | null;
  play?: string | null;
}

/** A model of ipywidgets; after a restart of the kernel it says that there is no kernel half any more. */
interface KernelModel extends Model {
  comm_live?: boolean;
}

/** ipywidgets' model of a play button, which has the timer itself: a button only starts and stops it. */
interface PlayModel extends KernelModel {
  animate(): void;
  pause(): void;
}

/** How long an answer is waited for (ms). */
const TIMEOUT = 20_000;
const NO_KERNEL = "the kernel that made this view is gone";
let opened = 0;

async function referenced(
  model: Model<State>,
  name: "slider" | "play",
): Promise<KernelModel | null> {
  const reference = model.get(name);
  if (typeof reference !== "string" || !model.widget_manager) return null;
  try {
    return await model.widget_manager.get_model(reference.replace(/^IPY_MODEL_/, ""));
  } catch {
    return null;
  }
}

/** A player that is the model of ipywidgets' play button: programs that are linked to it go on with it. */
function playerOf(play: PlayModel): Player {
  const tell = (name: "playing" | "interval", value: unknown): void => {
    play.set(name, value);
    play.save_changes();
  };
  return {
    get playing() {
      return play.get("playing") === true;
    },
    get interval() {
      return play.get("interval") ?? INTERVAL;
    },
    play: (on) => tell("playing", on),
    pace: (interval) => tell("interval", interval),
  };
}

const readSeed = (model: Model<State>): [PayloadId, Payload][] =>
  model
    .get("seed")
    .map(([panel, number, head, buffers]) => [{ panel, number }, new Payload(head, buffers)]);

export async function stepper(model: Model<State>, el: HTMLElement): Promise<() => void> {
  const slider = await referenced(model, "slider");
  const button = slider && ((await referenced(model, "play")) as PlayModel | null);
  const play = typeof button?.animate === "function" ? button : null;
  const page = `${Date.now().toString(36)}-${(opened += 1)}`;
  let messages = 0;
  const nextId = (): string => `${page}/${(messages += 1)}`;
  let about = decodeView(model.get("about"));
  let requestId = "";
  let requestTimer = 0;
  const queries = new Map<
    string,
    { resolve(answer: Payload): void; reject(error: Error): void; timer: number }
  >();

  const ask: Ask = (wanted) => {
    requestId = nextId();
    clearTimeout(requestTimer);
    if (!send({ ask: wanted, id: requestId })) {
      payloads.cancelRequest();
      return;
    }
    // A kernel that does not answer may be busy: what it answers later is still taken, and the next move asks again.
    requestTimer = window.setTimeout(() => {
      payloads.cancelRequest();
      view.setWaiting("silent");
    }, TIMEOUT);
  };
  const payloads = new StepCache(model.get("budget"), ask, afterPaint);
  let kernelGone = slider?.comm_live === false;
  /** Send a message to the kernel; return whether there is one to send it to. */
  function send(content: PageMessage): boolean {
    try {
      if (!kernelGone) model.send(content);
    } catch {
      kernelGone = true;
    }
    // Not at once: the first request is sent while the view is being made.
    if (kernelGone) queueMicrotask(() => view.setWaiting("gone"));
    return !kernelGone;
  }
  for (const [id, payload] of readSeed(model)) payloads.put(id, payload);

  const query = (panel: number, number: number, question: Query, signal?: AbortSignal) =>
    new Promise<Payload>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new Error("no longer wanted")));
      payloads.enqueueQuery(() => {
        if (signal?.aborted) return false;
        const id = nextId();
        if (!send({ query: question, panel, number, id })) {
          reject(new Error(NO_KERNEL));
          return false;
        }
        const timer = window.setTimeout(() => {
          queries.delete(id);
          payloads.queryEnded();
          reject(new Error("the kernel does not answer"));
        }, TIMEOUT);
        queries.set(id, { resolve, reject, timer });
        return true;
      });
    });

  const receive = (message: KernelMessage, buffers: DataView[]): void => {
    if ("payloads" in message) {
      // The answer to an earlier request holds what is no longer wanted.
      if (message.id !== requestId) return;
      clearTimeout(requestTimer);
      view.setWaiting("coming");
      payloads.receive(message.payloads, buffers);
      return;
    }
    const asked = queries.get(message.id);
    if (!asked) return;
    clearTimeout(asked.timer);
    queries.delete(message.id);
    asked.resolve(new Payload(message.head, buffers));
    // Whoever asked may go on asking first, in what follows the promise.
    queueMicrotask(() => payloads.queryEnded());
  };

  const indexModel: Model = slider ?? model;
  const move = (index: number): void => {
    indexModel.set("index", index);
    indexModel.save_changes();
    if (!slider) moved();
  };
  const player = play && playerOf(play);
  const view = new StepView(
    { about, payloads, move, query, live: true, ...(player ? { player } : {}) },
    el,
  );

  let sliderView: WidgetView | null = null;
  let closed = false;
  /** Put ipywidgets' slider into the bar, where the page's own has its place until then, and where it cannot be drawn. */
  const drawSlider = async (): Promise<void> => {
    if (!slider || !model.widget_manager) return;
    const drawn = await model.widget_manager.create_view(slider);
    if (closed) {
      drawn.remove();
      return;
    }
    sliderView = drawn;
    view.bar.setSlider(drawn.el);
    // What a notebook tells the widgets that it puts into the page itself.
    drawn.trigger("displayed");
    prepareSlider();
  };
  let handle: Element | null = null;
  /** Make ipywidgets' slider usable by keyboard and screen reader, whenever it is drawn anew. */
  const prepareSlider = (): void => {
    if (!sliderView || handle?.isConnected) return;
    handle = sliderView.el.querySelector(".noUi-handle");
    if (!handle) return;
    keepKeys(handle).setAttribute("aria-label", "step");
    // The slider writes the place into `aria-valuetext` whenever it moves or grows; the step is what is meant.
    valueText.observe(handle, { attributes: true, attributeFilter: ["aria-valuetext"] });
    setValueText();
  };
  const setValueText = (): void => {
    const words = `step ${format.step(about.steps[view.index])}`;
    if (handle && handle.getAttribute("aria-valuetext") !== words)
      handle.setAttribute("aria-valuetext", words);
  };
  const valueText = new MutationObserver(setValueText);

  function moved(): void {
    const index: number = indexModel.get("index") ?? 0;
    view.show(index);
    prepareSlider();
    setValueText();
    // Not saved: the play button goes on from here, and the kernel need not hear of it.
    if (play && play.get("value") !== index) play.set("value", index);
  }
  const played = (): void => {
    if (play && play.get("value") !== indexModel.get("index")) move(play.get("value"));
  };
  const startedOrStopped = (): void => {
    if (play?.get("playing")) play.animate();
    else play?.pause();
    view.bar.showPlayer();
  };
  const grew = (): void => {
    about = decodeView(model.get("about"));
    view.grow(about, readSeed(model));
    setValueText();
  };
  const kernelChanged = (): void => {
    kernelGone = slider?.comm_live === false;
    view.setWaiting(kernelGone ? "gone" : "coming");
    if (!kernelGone) return;
    for (const { reject, timer } of queries.values()) {
      clearTimeout(timer);
      reject(new Error(NO_KERNEL));
    }
    queries.clear();
    clearTimeout(requestTimer);
    payloads.queryEnded();
  };

  // The saved page beside the widget takes over from one whose kernel is gone when the notebook is opened.
  if (kernelGone) view.element.setAttribute("data-jt-dead", "");
  view.show(indexModel.get("index") ?? 0);
  if (model.get("follow")) view.setFollowing(true);
  drawSlider().catch((error: unknown) => console.warn("jupyter-tracking:", error));
  return mount(model, el, {
    element: view.element,
    listeners: [
      [model, "msg:custom", receive],
      [model, "change:about", grew],
      [indexModel, "change:index", moved],
      ...(slider ? [[slider, "comm_live_update", kernelChanged] as const] : []),
      ...(play
        ? ([
            [play, "change:value", played],
            [play, "change:playing", startedOrStopped],
            [play, "change:interval", () => view.bar.showPlayer()],
          ] as const)
        : []),
    ],
    resized: prepareSlider,
    destroy: () => {
      closed = true;
      valueText.disconnect();
      sliderView?.remove();
      payloads.close();
      clearTimeout(requestTimer);
      for (const { timer } of queries.values()) clearTimeout(timer);
      view.destroy();
    },
  });
}

/** Say in the notebook, in words, why a view could not be drawn. */
export function showFailure(el: HTMLElement, error: unknown): void {
  el.append(errorNote(`this view could not be drawn: ${format.error(error)}`));
}

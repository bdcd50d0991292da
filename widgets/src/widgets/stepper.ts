// The view in a notebook with its kernel: anywidget's model on one side, the stage on the other.

import { reportVisibility } from "./visibility";
import { h, holdKeys, keepKeys } from "../dom/dom";
import * as format from "../model/format";
import { Payload, type Head } from "../model/payload";
import { StepCache, type Answer } from "../model/step-cache";
import type { ViewInfo, Model } from "../model/model";
import { StepView } from "./step-view";
import { controls } from "./controls";

/** ipywidgets' own model; after a restart of the kernel it says that nobody is behind it any more. */
interface Slider extends Model {
  comm_live?: boolean;
}
type Seed = [panel: number, frame: number, head: Head, buffers: DataView[]];

const PATIENCE = 20_000;
let serial = 0;

async function other(model: Model, name: string): Promise<Slider | null> {
  const ref: unknown = model.get(name);
  if (typeof ref !== "string" || !model.widget_manager) return null;
  try {
    return await model.widget_manager.get_model(ref.replace(/^IPY_MODEL_/, ""));
  } catch {
    return null;
  }
}

/** Say to the twin in this page that it is not needed, or that it is. */
function announce(name: "jt-live" | "jt-gone", key: string): void {
  window.dispatchEvent(new CustomEvent(name, { detail: key }));
}

export async function stepper(model: Model, el: HTMLElement): Promise<() => void> {
  const me = `${Date.now().toString(36)}-${(serial += 1)}`;
  let about: ViewInfo = model.get("about");
  const slider = await other(model, "slider");
  const play = slider && (await other(model, "play"));
  const waiting = new Map<
    string,
    { resolve(frame: Payload): void; reject(error: Error): void; timer: number }
  >();
  let asked = 0;
  let current = "";
  let patience = 0;

  const frames = new StepCache(model.get("budget"), (wanted) => {
    current = `${me}/${(asked += 1)}`;
    clearTimeout(patience);
    if (!send({ ask: wanted, id: current })) {
      frames.giveUp();
      return;
    }
    // One that does not answer may be busy: what it says later is still taken, and the next move asks again.
    patience = window.setTimeout(() => {
      frames.giveUp();
      stage.wait("silent");
    }, PATIENCE);
  });
  let dead = slider?.comm_live === false;
  function send(content: unknown): boolean {
    try {
      if (!dead) model.send(content);
    } catch {
      dead = true;
    }
    if (dead) queueMicrotask(() => stage.wait("gone"));
    return !dead;
  }
  for (const [panel, frame, head, buffers] of model.get("seed") as Seed[])
    frames.put({ panel, frame }, new Payload(head, buffers));

  const query = (
    panel: number,
    frame: number,
    question: Record<string, unknown>,
    signal?: AbortSignal,
  ) =>
    new Promise<Payload>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new Error("no longer wanted")));
      frames.errand(() => {
        if (signal?.aborted) return false;
        const id = `${me}/${(asked += 1)}`;
        if (!send({ query: question, panel, number: frame, id })) {
          reject(new Error("the kernel that made this view is gone"));
          return false;
        }
        const timer = window.setTimeout(() => {
          waiting.delete(id);
          frames.settle();
          reject(new Error("the kernel does not answer"));
        }, PATIENCE);
        waiting.set(id, { resolve, reject, timer });
        return true;
      });
    });

  const answered = (
    content: { id?: string; payloads?: Answer[]; head?: Head },
    buffers: DataView[],
  ) => {
    if (content.payloads && content.id === current) {
      clearTimeout(patience);
      stage.wait("coming");
      frames.take(content.payloads, buffers);
    } else if (content.head && content.id && waiting.has(content.id)) {
      const { resolve, timer } = waiting.get(content.id)!;
      clearTimeout(timer);
      waiting.delete(content.id);
      resolve(new Payload(content.head, buffers));
      // After whoever asked has had the chance to ask on.
      queueMicrotask(() => frames.settle());
    }
  };
  model.on("msg:custom", answered);

  const place = (): number => (slider ? slider.get("index") : model.get("index")) ?? 0;
  const move = (index: number): void => {
    const owner = slider ?? model;
    owner.set("index", index);
    owner.save_changes();
    if (!slider) moved();
  };
  // Without ipywidgets around us (marimo), we bring the controls.
  const own = slider || about.steps.length < 2 ? null : controls(about.steps, move);
  const stage = new StepView(
    { about, frames, move, query, live: true, ...(own ? { controls: own.element } : {}) },
    el,
  );

  let handle: Element | null = null;
  const tend = (): void => {
    const box = el.closest<HTMLElement>(".jt-stepper");
    if (!box || handle?.isConnected) return;
    handle = box.querySelector(".noUi-handle");
    if (!handle) return;
    // The slider is ipywidgets' own; notebooks take its arrow keys unless the handle itself says otherwise.
    keepKeys(handle).setAttribute("aria-label", "step");
    for (const b of box.querySelectorAll(
      ".jupyter-widgets.widget-play button, .widget-play button",
    )) {
      keepKeys(b);
      if (!b.getAttribute("aria-label"))
        b.setAttribute("aria-label", b.getAttribute("title") || "play");
    }
    spoken.observe(handle, { attributes: true, attributeFilter: ["aria-valuetext"] });
    if (!box.dataset["jtHeld"]) {
      box.dataset["jtHeld"] = "yes";
      holdKeys(box);
    }
    speak();
  };
  const speak = (): void => {
    const words = `step ${format.step(about.steps[stage.index] ?? null)}`;
    if (handle && handle.getAttribute("aria-valuetext") !== words)
      handle.setAttribute("aria-valuetext", words);
  };
  // The slider writes its own words whenever it moves or grows.
  const spoken = new MutationObserver(speak);

  function moved(): void {
    const index = place();
    stage.show(index);
    own?.show(index);
    tend();
    speak();
    // Not saved: the play button goes on from here, and the kernel need not hear of it.
    if (play && play.get("value") !== index) play.set("value", index);
  }
  const played = (): void => {
    if (play && play.get("value") !== place()) move(play.get("value"));
  };
  const grew = (): void => {
    about = model.get("about");
    own?.grow(about.steps);
    stage.grow(
      about,
      (model.get("seed") as Seed[]).map(([panel, frame, head, buffers]) => [
        { panel, frame },
        new Payload(head, buffers),
      ]),
    );
    speak();
  };

  const died = (): void => {
    dead = slider?.comm_live === false;
    stage.wait(dead ? "gone" : "coming");
    for (const [id, { reject, timer }] of dead ? waiting : []) {
      clearTimeout(timer);
      waiting.delete(id);
      reject(new Error("the kernel that made this view is gone"));
    }
    if (dead) {
      clearTimeout(patience);
      frames.settle();
    }
  };
  slider?.on("comm_live_update", died);
  (slider ?? model).on("change:index", moved);
  play?.on("change:value", played);
  model.on("change:about", grew);

  const key: string = model.get("key");
  stage.element.setAttribute("data-jt-live", key);
  if (slider?.comm_live === false) stage.element.setAttribute("data-jt-dead", "");
  const sizes =
    typeof ResizeObserver === "function"
      ? new ResizeObserver(() => {
          tend();
          announce("jt-live", key);
        })
      : null;
  sizes?.observe(el);
  stage.show(place());
  announce("jt-live", key);
  const leave = reportVisibility(model);

  return () => {
    leave();
    sizes?.disconnect();
    spoken.disconnect();
    model.off("msg:custom", answered);
    model.off("change:about", grew);
    slider?.off("comm_live_update", died);
    (slider ?? model).off("change:index", moved);
    play?.off("change:value", played);
    clearTimeout(patience);
    for (const { timer } of waiting.values()) clearTimeout(timer);
    stage.destroy();
    announce("jt-gone", key);
  };
}

/** What is wrong is said in the notebook, in words. */
export function failed(el: HTMLElement, error: unknown): void {
  el.append(
    h(
      "p",
      { class: "jt-error", role: "alert" },
      `this view could not be drawn: ${error instanceof Error ? error.message : String(error)}`,
    ),
  );
}

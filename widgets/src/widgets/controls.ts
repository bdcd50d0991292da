// A slider and a play button, for where there are no ipywidgets: saved pages, and notebooks such as marimo.

import { button, relabel, h, holdKeys } from "../dom/dom";
import * as format from "../model/format";

export interface Controls {
  element: HTMLElement;
  /** Put the slider at a step, by its place in the list. */
  show(index: number): void;
  /** More steps were logged. */
  grow(steps: format.Step[]): void;
}

export function controls(steps: format.Step[], move: (index: number) => void): Controls {
  let timer = 0;
  const words = h("output", {}, "");
  const slider = h("input", {
    type: "range",
    min: 0,
    max: steps.length - 1,
    step: 1,
    "aria-label": "step",
    oninput: () => move(Number(slider.value)),
  });
  slider.addEventListener("keydown", (event) => {
    // How far PageUp moves a range input differs between browsers; here it is ten steps.
    if (event.key !== "PageUp" && event.key !== "PageDown") return;
    event.preventDefault();
    const to = Number(slider.value) + (event.key === "PageUp" ? 10 : -10);
    move(Math.max(0, Math.min(steps.length - 1, to)));
  });
  const stop = (): void => {
    window.clearInterval(timer);
    timer = 0;
    relabel(play, "play", "play");
  };
  const play = button("play", "play", () => {
    if (timer) {
      stop();
      return;
    }
    if (Number(slider.value) >= steps.length - 1) move(0);
    relabel(play, "pause", "pause");
    timer = window.setInterval(() => {
      const at = Number(slider.value);
      if (at >= steps.length - 1 || !slider.isConnected) stop();
      else move(at + 1);
    }, 200);
  });
  const element = h("div", { class: "jt-controls" }, play, slider, words);
  holdKeys(element);
  return {
    element,
    grow(more) {
      steps = more;
      slider.max = String(steps.length - 1);
    },
    show(index) {
      slider.value = String(index);
      const text = format.step(steps[index]);
      words.textContent = text;
      slider.setAttribute("aria-valuetext", `step ${text}`);
    },
  };
}

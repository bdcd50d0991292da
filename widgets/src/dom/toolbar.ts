// The controls above a drawing.

import { h, keepKeys } from "./dom";

/** A checkbox with a label. */
export function check(label: string, changed: (on: boolean) => void, on = false): HTMLElement {
  const box = keepKeys(
    h("input", { type: "checkbox", checked: on, onchange: () => changed(box.checked) }),
  );
  return h("label", { class: "jt-check" }, box, label);
}

/** A list to choose one of several words from. */
export function choose(
  label: string,
  options: readonly string[],
  changed: (word: string) => void,
  first = options[0],
): HTMLElement {
  const list = keepKeys(
    h(
      "select",
      { class: "jt-select", onchange: () => changed(list.value) },
      ...options.map((word) => h("option", { value: word, selected: word === first }, word)),
    ),
  );
  return h("label", { class: "jt-check" }, label, list);
}

/** A slider for a number between two ends; `told` says the number to screen readers. */
export function slide(
  label: string,
  [low, high, step, at]: [number, number, number, number],
  changed: (value: number) => void,
  told: (value: number) => string = String,
): HTMLElement {
  const range = keepKeys(
    h("input", {
      type: "range",
      min: low,
      max: high,
      step,
      value: at,
      "aria-label": label,
      "aria-valuetext": told(at),
      oninput: () => {
        range.setAttribute("aria-valuetext", told(Number(range.value)));
        changed(Number(range.value));
      },
    }),
  );
  return h("label", { class: "jt-check" }, label, range);
}

/** A button with words. */
export function press(label: string, pressed: () => void): HTMLButtonElement {
  return keepKeys(
    h("button", { type: "button", class: "jt-button jt-words-button", onclick: pressed }, label),
  );
}

/** A row of controls. */
export function bar(...controls: (HTMLElement | null)[]): HTMLElement {
  return h("div", { class: "jt-tools" }, ...controls);
}

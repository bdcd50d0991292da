// The controls above a drawing.

import { h } from "./dom";

/** A control on screen, and what is chosen with it. */
export interface Control<T> {
  element: HTMLElement;
  readonly value: T;
}

const control = <T>(element: HTMLElement, read: () => T): Control<T> => ({
  element,
  get value() {
    return read();
  },
});

const labelled = (...parts: (Node | string)[]): HTMLElement =>
  h("label", { class: "jt-check" }, ...parts);

/** A checkbox with a label. */
export function checkbox(label: string, changed: () => void, on = false): Control<boolean> {
  const box = h("input", { type: "checkbox", checked: on, onchange: changed });
  return control(labelled(box, label), () => box.checked);
}

/** A list to choose one of several words from. */
export function select<Word extends string>(
  label: string,
  options: readonly Word[],
  changed: () => void,
  first = options[0],
): Control<Word> {
  const list = h(
    "select",
    { class: "jt-select", onchange: changed },
    ...options.map((word) => h("option", { value: word, selected: word === first }, word)),
  );
  return control(labelled(label, list), () => list.value as Word);
}

/** A slider for a number between two ends; `told` says the number to screen readers. */
export function slider(
  label: string,
  [low, high, step, at]: [number, number, number, number],
  changed: () => void,
  told: (value: number) => string = String,
): Control<number> {
  const range = h("input", {
    type: "range",
    min: low,
    max: high,
    step,
    value: at,
    "aria-label": label,
    "aria-valuetext": told(at),
    oninput: () => {
      range.setAttribute("aria-valuetext", told(Number(range.value)));
      changed();
    },
  });
  return control(labelled(label, range), () => Number(range.value));
}

/** A box to type a search into. */
export function searchBox(label: string, placeholder: string, typed: () => void): HTMLInputElement {
  return h("input", {
    type: "search",
    class: "jt-search",
    placeholder,
    "aria-label": label,
    oninput: typed,
  });
}

/** A button with words. */
export function textButton(label: string, pressed: () => void): HTMLButtonElement {
  return h(
    "button",
    { type: "button", class: "jt-button jt-words-button", onclick: pressed },
    label,
  );
}

/** A button that stays pressed until it is pressed again. */
export function toggle(label: string, changed: () => void): Control<boolean> {
  const isPressed = () => button.getAttribute("aria-pressed") === "true";
  const button = h(
    "button",
    {
      type: "button",
      class: "jt-button jt-toggle",
      "aria-pressed": "false",
      onclick: () => {
        button.setAttribute("aria-pressed", String(!isPressed()));
        changed();
      },
    },
    label,
  );
  return control(button, isPressed);
}

/** A row of controls. */
export function bar(...controls: (HTMLElement | Control<unknown> | null)[]): HTMLElement {
  return h(
    "div",
    { class: "jt-tools" },
    ...controls.map((control) => (control && "element" in control ? control.element : control)),
  );
}

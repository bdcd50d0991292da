// Building elements. Text enters the page here only, as text nodes and attributes; nothing parses markup.

export type Child = Node | string | number | null | undefined;
export type Attributes = Record<string, string | number | boolean | null | undefined | ((event: any) => void)>;

/** Make an element: attributes as given, `on…` functions as listeners, children as nodes or text. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  put(element, ...children);
  return element;
}

/** Replace an element's children. */
export function put(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter((c) => c !== null && c !== undefined).map((c) => (c instanceof Node ? c : String(c))));
}

/** Set text only when it differs, so that live regions speak once. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Let an element keep its keys: notebooks take arrows from whatever has the focus unless the element itself says otherwise. */
export function keepKeys<T extends Element>(element: T): T {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  return element;
}

/** A button with an icon drawn by CSS and a name for everyone. */
export function button(label: string, icon: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement {
  return keepKeys(h("button", { type: "button", class: "jt-button", "aria-label": label, title: label, onclick: press, ...attributes }, icon));
}

const navigation = /^(Arrow|Home$|End$|Page)/;

/** Keep plain navigation keys from reaching the notebook behind. */
export function holdKeys(root: HTMLElement): void {
  root.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && navigation.test(event.key)) event.stopPropagation();
  });
}

// Building elements. Text enters the page here only, as text nodes and attributes; nothing parses markup.

export type Child = Node | string | number | null | undefined;
export type Attributes = Record<
  string,
  string | number | boolean | null | undefined | ((event: any) => void)
>;

/** Elements that can have the focus without a `tabindex`. */
const focusable = new Set(["audio", "button", "input", "select", "summary", "video"]);

/**
 * Make an element: attributes as given, `on…` functions as listeners, children as nodes or text. One that can have the focus keeps
 * its keys.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  if (focusable.has(tag) || element.hasAttribute("tabindex")) keepKeys(element);
  put(element, ...children);
  return element;
}

/** Make a span of a class. */
export function span(className: string, ...children: Child[]): HTMLSpanElement {
  return h("span", { class: className }, ...children);
}

/** A part of the page that scrolls by itself, with a name for screen readers. */
export function region<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  label: string,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const attributes = { class: className, tabindex: 0, role: "region", "aria-label": label };
  return h(tag, attributes, ...children);
}

/** Says why something cannot be shown. */
export function errorNote(words: string): HTMLElement {
  return h("p", { class: "jt-error", role: "alert" }, words);
}

/** Make an element of a drawing. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number>,
  ...children: SVGElement[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Replace an element's children. */
export function put(element: Element, ...children: Child[]): void {
  element.replaceChildren(
    ...children
      .filter((c) => c !== null && c !== undefined)
      .map((c) => (c instanceof Node ? c : String(c))),
  );
}

/** Set an element's text only when it differs: a screen reader speaks whatever is set in a live region. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Let an element keep its keys: notebooks take arrows from whatever has the focus unless the element itself says otherwise. */
export function keepKeys<T extends Element>(element: T): T {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
  return element;
}

/** Call back when an element has another size, or is shown again. Returns what stops it. */
export function watchSize(element: Element, changed: () => void): () => void {
  if (typeof ResizeObserver !== "function") return () => undefined;
  const watcher = new ResizeObserver(changed);
  watcher.observe(element);
  return () => watcher.disconnect();
}

/** Call back when the page has nothing else to do; where a browser does not tell, soon. */
export function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(() => act());
  else setTimeout(act, 50);
}

/** Call back in a task of its own, after the frame that shows what was changed has been painted. Returns what gives that up. */
export function afterPaint(act: () => void): () => void {
  let timer = 0;
  const frame = requestAnimationFrame(() => {
    timer = window.setTimeout(act);
  });
  return () => {
    cancelAnimationFrame(frame);
    window.clearTimeout(timer);
  };
}

const icons = {
  first: "M2.5 3h1.8v10H2.5zM12 3l1.3 1.3L9.6 8l3.7 3.7L12 13 7 8z",
  back: "M10 3l1.3 1.3L7.6 8l3.7 3.7L10 13 5 8z",
  next: "M6 3 4.7 4.3 8.4 8l-3.7 3.7L6 13l5-5z",
  last: "M11.7 3h1.8v10h-1.8zM4 3 2.7 4.3 6.4 8l-3.7 3.7L4 13l5-5z",
  play: "M4 2.5v11l9-5.5z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  copy: "M5 1h8a1 1 0 0 1 1 1v9h-2V3H5zM3 4h7a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zm1 2v7h5V6z",
  done: "M6.2 12.6 2 8.4l1.4-1.4 2.8 2.8L12.6 3.4 14 4.8z",
} as const;
export type Icon = keyof typeof icons;

/** An icon as a drawing: not every font has the signs. */
export function icon(name: Icon): SVGSVGElement {
  return svg(
    "svg",
    {
      viewBox: "0 0 16 16",
      width: 12,
      height: 12,
      fill: "currentColor",
      "aria-hidden": "true",
      focusable: "false",
    },
    svg("path", { d: icons[name] }),
  );
}

/** A button with an icon, and a name for screen readers and as a tooltip. */
export function button(
  label: string,
  sign: Icon,
  press: () => void,
  attributes: Attributes = {},
): HTMLButtonElement {
  return h(
    "button",
    {
      type: "button",
      class: "jt-button",
      "aria-label": label,
      title: label,
      onclick: press,
      ...attributes,
    },
    icon(sign),
  );
}

/** Give a button another icon and name. */
export function relabel(pressed: HTMLButtonElement, label: string, sign: Icon): void {
  pressed.replaceChildren(icon(sign));
  pressed.setAttribute("aria-label", label);
  pressed.title = label;
}

const navigation = /^(Arrow|Home$|End$|Page)/;

/** Keep plain navigation keys from reaching the notebook behind. */
export function holdKeys(root: HTMLElement): void {
  root.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && navigation.test(event.key))
      event.stopPropagation();
  });
}

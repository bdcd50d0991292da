// What the scripts of the saved views of a page tell each other.

import { AREA } from "./area";

/**
 * The element that a script was written in, where it runs there; the name of the view's element; the names of the scripts that draw it, of
 * which the first starts it, those with a plus in front of them are in `code`; and these, packed.
 */
export type View = [
  around: HTMLElement | null | undefined,
  token: string,
  names: string,
  code: string,
];
/** What the first script has to do before what starts views is there, and lends it. */
export interface Lent {
  inflate(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  /** The texts of scripts that are packed in one. */
  unpack(code: string): Promise<string[]>;
}
/** What the script offers that starts views. */
export interface Starts {
  join(view: View): void;
  use(lent: Lent): void;
}
interface Views {
  /** Starts a view, as soon as that is there. */
  join?: (view: View) => void;
  /** Those that came before it. */
  early: View[];
  /** Whether it is being unpacked. */
  begun?: boolean;
}

/** What starts the views of the page. Under a symbol, as any element could have a name of text; another `View` is another number. */
const VIEWS = Symbol.for("jupyter_tracking.views.1");

/** How long other scripts of the page are waited for before it is said that some are missing (ms). */
export const PATIENCE = 9000;
const MISSING =
  "This is the last step. What draws the others was in a cell that is gone: run this cell again.";

/** Whether the live widget may still come in the place of a view: not in an exported page, which may be printed as soon as it is there. */
export const mayBecomeLive = (root: Element): boolean =>
  root.closest(AREA) !== null &&
  (document.getElementById("jupyter-config-data") !== null || "Jupyter" in window);

/** Show the still of a view, and say that what draws more is missing. */
export function sayMissing(view: HTMLElement | null | undefined): void {
  if (!view) return;
  view.hidden = false;
  const words = view.querySelector(":scope > .jt-still > p:last-child > small");
  if (words) words.textContent = MISSING;
}

/** Hand the view that the running script was written with to what starts it, when that is there. */
export function hand(token: string, names: string, code: string): Views {
  // The document's own property, which an element that is named after it would stand for.
  const get = Object.getOwnPropertyDescriptor(Document.prototype, "currentScript")!.get!;
  const around: HTMLElement | null | undefined = get.call(document)?.parentElement;
  const views: Views = ((globalThis as any)[VIEWS] ??= { early: [] });
  const view: View = [around, token, names, code];
  if (views.join) views.join(view);
  else {
    views.early.push(view);
    const isView = around?.dataset["jtPage"] === token;
    if (isView && mayBecomeLive(around)) around.hidden = true;
    setTimeout(() => {
      if (isView && !views.join) sayMissing(around);
    }, PATIENCE);
  }
  return views;
}

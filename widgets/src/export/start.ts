// Starts the saved views of a page, each as soon as the scripts are there that draw it.
//
// They are once in a notebook: the first view that needs one has it, and those after it name it. So one may be without some: where the view that
// had them has been deleted, its still is shown, with what brings the rest back.
//
// A notebook may hold text of anybody's that looks like a saved view: sanitisers keep classes and names of elements. So what is run comes
// with the scripts themselves, which only a trusted notebook may have, and only the element is started that was written with its script.

import { showBesideLive } from "./beside-live";
import { mayBecomeLive, PATIENCE, sayMissing, type Lent, type View } from "./views";

/** Texts of scripts by name, each unpacked when it is first asked for; and addresses of those that have been asked for. */
const texts = new Map<string, () => Promise<string>>();
const urls = new Map<string, Promise<string>>();
/** What waits for scripts that have not come yet. */
const waiting = new Set<() => void>();
let lent: Lent;

/** Take what the first script lends. */
export const use = (given: Lent): void => {
  lent = given;
};

/** Keep the scripts that a view has brought. */
function keep(brought: string[], code: string): void {
  let unpacked: Promise<string[]> | undefined;
  for (const [n, name] of brought.entries()) {
    if (texts.has(name)) continue;
    texts.set(name, async () => {
      unpacked ??= lent.unpack(code);
      return (await unpacked)[n]!;
    });
  }
  for (const look of waiting) look();
}

/** Where a script can be imported from, once those that it imports can be. */
function urlOf(name: string): Promise<string> {
  let url = urls.get(name);
  if (!url) {
    url = (async () => {
      const [before, ...rest] = (await texts.get(name)!()).split(
        /((?:from|import)")\.\/([\w-]+)\.js(?=")/,
      );
      let text = before!;
      for (let n = 0; n < rest.length; n += 3)
        text += rest[n]! + (await urlOf(rest[n + 1]!)) + rest[n + 2]!;
      return URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    })();
    urls.set(name, url);
  }
  return url;
}
const load = async (name: string): Promise<any> => import(await urlOf(name));

/** The data of a saved view, if this is the element that was written with its script: no sanitiser leaves a script in a text of others. */
function dataOf(root: Element | null | undefined, token: string): string | null {
  if (!(root instanceof HTMLDivElement) || root.getAttribute("data-jt-page") !== token) return null;
  const data = root.querySelector(":scope > script.jt-data");
  return data instanceof HTMLScriptElement ? data.textContent : null;
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));

/** Start a view; whether all of its scripts are there to do so. */
function begin(root: HTMLElement, data: string, needed: string[]): boolean {
  if (!needed.every((name) => texts.has(name))) return false;
  const [, ...drawing] = needed;
  showBesideLive(root, mayBecomeLive(root), () =>
    Promise.all([lent.inflate(fromBase64(data)), ...drawing.map(load)]),
  );
  return true;
}

/** Begin as soon as what is missing comes, or say that it has not come. What is waited for does not keep the view in memory. */
function wait(root: WeakRef<HTMLElement>, token: string, needed: string[]): void {
  const look = (): void => {
    const view = root.deref();
    if (!view || begin(view, dataOf(view, token) ?? "", needed)) waiting.delete(look);
  };
  waiting.add(look);
  setTimeout(() => {
    if (waiting.has(look)) sayMissing(root.deref());
  }, PATIENCE);
}

/** Keep what a view has brought, and start it. */
export function join([around, token, names, code]: View): void {
  const named = names.split(" ");
  const needed = named.map((name) => name.replace("+", ""));
  keep(
    named.filter((name) => name.startsWith("+")).map((name) => name.slice(1)),
    code,
  );
  const roots =
    dataOf(around, token) !== null
      ? [around!]
      : // Some front ends run the script away from its place in the page.
        Document.prototype.querySelectorAll.call(document, "div.jt-twin[data-jt-page]");
  for (const root of roots) {
    const data = dataOf(root, token);
    if (data === null || !(root instanceof HTMLElement) || root.dataset["jtBegun"]) continue;
    root.dataset["jtBegun"] = "yes";
    if (!begin(root, data, needed)) wait(new WeakRef(root), token, needed);
  }
}

// Views on paper: what the page has for the screen alone is drawn again for the printer, which scrolls nothing and waits for nothing.

/** Pixels of the page that are as wide as the text of A4 and Letter paper. What is drawn so wide fills the paper, whatever its margins. */
export const PAPER = 640;

type Listener = (printing: boolean) => void;

/** The document holds the listeners: a view that a notebook has dropped without a word must not be held with them. */
const listeners = new Set<WeakRef<Listener>>();
let printing = false;
let begun = false;

function tell(now: boolean): void {
  if (now === printing) return;
  printing = now;
  for (const each of listeners) each.deref()?.(now);
}

/** A browser says that it prints, or shows the page as if it did. */
function begin(): void {
  if (begun || typeof matchMedia !== "function") return;
  begun = true;
  const media = matchMedia("print");
  media.addEventListener("change", () => tell(media.matches));
  addEventListener("beforeprint", () => tell(true));
  addEventListener("afterprint", () => tell(media.matches));
  printing = media.matches;
}

/**
 * Call back before the page is printed, and after; before it returns, the page must be as it is to be on paper. Returns what stops it;
 * who has lost that is called no more.
 */
export function onpaper(changed: Listener): () => void {
  begin();
  for (const each of listeners) if (!each.deref()) listeners.delete(each);
  const listener = new WeakRef(changed);
  listeners.add(listener);
  if (printing) changed(true);
  return Object.assign(() => void listeners.delete(listener), { changed });
}

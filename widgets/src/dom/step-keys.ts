// The keys that lead from step to step, and what has the first claim to them.

/** Where a key leads; `before` and `after` are of the artifact in focus. */
export type StepKey =
  | "first"
  | "last"
  | "back"
  | "next"
  | "pageBack"
  | "pageNext"
  | "before"
  | "after"
  | "play"
  | "follow";

const keys: Record<string, StepKey> = {
  Home: "first",
  End: "last",
  ArrowLeft: "back",
  ArrowRight: "next",
  PageDown: "pageBack",
  PageUp: "pageNext",
  "[": "before",
  "]": "after",
  p: "play",
  f: "follow",
};
/** On a slider these go up and down as well. */
const slides: Record<string, StepKey> = { ArrowDown: "back", ArrowUp: "next" };

/** What a key means for the step; null when it means nothing, or belongs to what has the focus inside of `root`. */
export function stepKey(event: KeyboardEvent, root: Element, slide: Element): StepKey | null {
  const target = event.target instanceof Element ? event.target : root;
  const onSlide = slide.contains(target);
  const meant = keys[event.key] ?? (onSlide ? slides[event.key] : undefined);
  if (!meant || event.metaKey || event.defaultPrevented) return null;
  const bracket = meant === "before" || meant === "after";
  // Brackets need other keys with them on many keyboards: Alt, or AltGr, which is told as both Ctrl and Alt.
  if (bracket ? event.ctrlKey && !event.altKey : event.ctrlKey || event.altKey || event.shiftKey)
    return null;
  if (onSlide) return meant;
  const scrolls = bracket || event.key.length === 1 ? null : /^Arrow/.test(event.key) ? "x" : "y";
  for (let each: Element | null = target; each && each !== root; each = each.parentElement)
    if (isField(each) || (scrolls && scrollsAlong(each, scrolls))) return null;
  return meant;
}

const field =
  "input:not([type=checkbox], [type=button]), select, textarea, audio, video, iframe, [role=slider], [role=tab], [role=listbox]";

const isField = (element: Element): boolean =>
  element.matches(field) || (element instanceof HTMLElement && element.isContentEditable);

/** Whether an element that is not whole on screen is scrolled by keys. */
function scrollsAlong(element: Element, axis: "x" | "y"): boolean {
  const more =
    axis === "x"
      ? element.scrollWidth - element.clientWidth
      : element.scrollHeight - element.clientHeight;
  if (more <= 1) return false;
  const style = getComputedStyle(element);
  return /auto|scroll/.test(axis === "x" ? style.overflowX : style.overflowY);
}

const SUPPRESS = "data-lm-suppress-shortcuts";

/**
 * Keep from the notebook the keys that `claims` says are the root's, wherever in it the focus is, and no others: saving, for one, stays the
 * notebook's. JupyterLab asks for the attribute before any element is told of a key. Returns what stops it.
 */
export function claimKeys(
  root: HTMLElement,
  claims: (event: KeyboardEvent) => boolean,
): () => void {
  const ask = (event: KeyboardEvent): void => {
    // What a notebook takes out of the page is not told that it has lost the focus.
    if (!root.isConnected) stop();
    else root.toggleAttribute(SUPPRESS, claims(event));
  };
  const stop = (): void => window.removeEventListener("keydown", ask, true);
  root.addEventListener("focusin", () => window.addEventListener("keydown", ask, true));
  root.addEventListener("focusout", stop);
  return stop;
}

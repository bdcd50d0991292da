// Headings that are moved to another place and made wider or narrower, by mouse and by keys.

import { span } from "../dom/dom";
import type { Column } from "./headings";

export interface HeadingMoves {
  move?(from: number, to: number): void;
  widen?(column: number, width: number): void;
}

/** In characters: how narrow a column may be, and how much a key makes it wider. */
const NARROWEST = 5;
const STEP = 2;

/** The heading that is dragged; no other table takes it. */
let dragged: { n: number; events: HeadingMoves } | null = null;

/** What assistive technology says of the keys of a heading. */
export const KEYS = "Shift+ArrowLeft Shift+ArrowRight Control+ArrowLeft Control+ArrowRight";

/** Do what an arrow does with Shift, which widens, or with Ctrl, which moves; return whether it does anything. */
export function moveByKeys(
  { key, shiftKey, ctrlKey, metaKey }: KeyboardEvent,
  n: number,
  column: Column,
  events: HeadingMoves,
): boolean {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (!by || !events.move || shiftKey === (ctrlKey || metaKey)) return false;
  if (shiftKey) events.widen?.(n, Math.max(NARROWEST, column.width + by * STEP));
  else events.move(n, n + by);
  return true;
}

/** Let a heading be dragged to the place of another, and its edge to another width. */
export function moveByMouse(
  cell: HTMLElement,
  n: number,
  column: Column,
  events: HeadingMoves,
): void {
  const { move, widen } = events;
  if (!move || !widen) return;
  cell.querySelector("button")?.setAttribute("aria-keyshortcuts", KEYS);
  const edge = span("jt-edge-of");
  edge.addEventListener("click", (event) => event.stopPropagation());
  edge.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const [from, letter] = [event.clientX, cell.offsetWidth / column.width || 7];
    const follow = (to: PointerEvent): void =>
      widen(n, Math.max(NARROWEST, column.width + (to.clientX - from) / letter));
    const stop = (): void => {
      removeEventListener("pointermove", follow);
      removeEventListener("pointerup", stop);
      removeEventListener("pointercancel", stop);
    };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", stop);
    addEventListener("pointercancel", stop);
  });
  cell.append(edge);
  if (column.sticky) return;
  cell.draggable = true;
  cell.addEventListener("dragstart", (event) => {
    // What is dragged by its edge gets wider.
    if (edge.matches(":active")) event.preventDefault();
    else dragged = { n, events };
  });
  cell.addEventListener("dragend", () => (dragged = null));
  cell.addEventListener("dragover", (event) => {
    if (dragged?.events === events) event.preventDefault();
  });
  cell.addEventListener("drop", (event) => {
    if (dragged?.events !== events) return;
    event.preventDefault();
    event.stopPropagation();
    const from = dragged.n;
    dragged = null;
    move(from, n);
  });
}

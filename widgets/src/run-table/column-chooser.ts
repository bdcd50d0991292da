// Chooses the columns of the table of runs: which are shown, and in which order.

import { h, put, span } from "../dom/dom";
import { searchBox, textButton, toggle, type Control } from "../dom/toolbar";
import * as format from "../model/format";
import type { RunRows } from "../widgets/run-rows";
import { keyOf, offered, titleOf } from "./columns";

const MOST_LISTED = 400;

export class ColumnChooser {
  readonly button: Control<boolean>;
  readonly panel: HTMLElement;
  private readonly list = h("ul", { class: "jt-columns-list", "aria-label": "columns" });
  private readonly search = searchBox("search columns", "search columns", () => this.draw());
  private readonly left = h("p", { class: "jt-caption" });
  private rows: RunRows | null = null;
  private shown: number[] = [];
  private dragged = -1;

  /** @param chosen is called with the keys of the columns that are to be shown; null for those that one would choose. */
  constructor(private readonly chosen: (keys: string[] | null) => void) {
    this.panel = h(
      "div",
      {
        class: "jt-columns",
        role: "group",
        "aria-label": "choose columns",
        hidden: true,
        onkeydown: (event: KeyboardEvent) => this.onKey(event),
      },
      h(
        "div",
        { class: "jt-tools" },
        this.search,
        textButton("as at first", () => chosen(null)),
      ),
      this.list,
      this.left,
    );
    this.button = toggle("columns", () => {
      this.panel.hidden = !this.button.value;
      this.draw();
      if (this.button.value) this.search.focus();
    });
    this.button.element.setAttribute("aria-expanded", "false");
  }

  /** @param shown the fields that are columns now, in order. */
  update(rows: RunRows, shown: number[]): void {
    this.rows = rows;
    this.shown = shown;
    this.draw();
  }

  private draw(): void {
    const { rows } = this;
    this.button.element.setAttribute("aria-expanded", String(this.button.value));
    if (!rows || !this.button.value) return;
    const isFound = format.matcher(this.search.value);
    const hidden = offered(rows).filter((n) => !this.shown.includes(n));
    const every = [...this.shown, ...hidden].filter((n) => isFound(keyOf(rows.fields[n]!)));
    const focused = this.panel.contains(this.focused()) ? this.focused() : null;
    const kept = [focused?.dataset["jtDoes"], focused?.closest("li")?.dataset["jtField"]];
    put(this.list, ...every.slice(0, MOST_LISTED).map((n) => this.item(rows, n)));
    const left = every.length - MOST_LISTED;
    put(this.left, left > 0 ? `and ${format.count(left)} more: search for them` : null);
    if (kept[0] && kept[1])
      this.list
        .querySelector<HTMLElement>(
          `li[data-jt-field="${Number(kept[1])}"] [data-jt-does="${kept[0]}"]`,
        )
        ?.focus();
  }

  private focused(): HTMLElement | null {
    return (this.panel.getRootNode() as Document | ShadowRoot).activeElement as HTMLElement | null;
  }

  private item(rows: RunRows, n: number): HTMLElement {
    const field = rows.fields[n]!;
    const title = titleOf(field);
    const place = this.shown.indexOf(n);
    const isFixed = field.group === "" && field.name === "name";
    const box = h("input", {
      type: "checkbox",
      checked: place >= 0,
      disabled: isFixed,
      "data-jt-does": "show",
      onchange: () =>
        this.choose(place >= 0 ? this.shown.filter((other) => other !== n) : [...this.shown, n]),
    });
    const step = (sign: string, words: string, by: number): HTMLElement =>
      h(
        "button",
        {
          type: "button",
          class: "jt-button",
          "aria-label": `${title} ${words}`,
          title: `${words} (Alt+${by < 0 ? "↑" : "↓"})`,
          "data-jt-does": words,
          onclick: () => this.move(n, by),
        },
        sign,
      );
    const isMovable = place > 0;
    return h(
      "li",
      {
        "data-jt-field": n,
        draggable: isMovable ? "true" : null,
        ondragstart: () => (this.dragged = n),
        ondragover: (event: DragEvent) => isMovable && event.preventDefault(),
        ondrop: (event: DragEvent) => {
          event.preventDefault();
          const from = this.shown.indexOf(this.dragged);
          if (isMovable && from > 0) this.move(this.dragged, place - from);
        },
      },
      h(
        "label",
        { class: "jt-check" },
        box,
        span("jt-name", title),
        field.group ? span("jt-aside", field.group) : null,
      ),
      ...(isMovable ? [step("↑", "up", -1), step("↓", "down", 1)] : []),
    );
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.button.element.click();
      this.button.element.focus();
      return;
    }
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const item = (event.target as HTMLElement).closest("li");
    if (!by || !event.altKey || !item) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(Number(item.dataset["jtField"]), by);
  }

  private move(n: number, by: number): void {
    const moved = movedBy(this.shown, this.shown.indexOf(n), by);
    if (moved) this.choose(moved);
  }

  private choose(fields: number[]): void {
    this.chosen(fields.map((n) => keyOf(this.rows!.fields[n]!)));
  }
}

/** Move one of several by some places; the first stays where it is. Null where that leads nowhere. */
export function movedBy(fields: readonly number[], place: number, by: number): number[] | null {
  const to = place + by;
  if (place < 1 || to < 1 || to >= fields.length || by === 0) return null;
  const moved = [...fields];
  moved.splice(to, 0, ...moved.splice(place, 1));
  return moved;
}

// The field that the table of runs is searched and filtered by: it completes columns and values, and shows a mistake at its place.

import { h, put, span } from "../dom/dom";
import { searchBox } from "../dom/toolbar";
import type { FilterError } from "../filter";
import type { Completion } from "./filtering";

let fields = 0;

export class SearchField {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  /** Says what is wrong, at its place. */
  readonly mistake = h("p", { class: "jt-mistake", role: "status", hidden: true });
  private readonly id = `jt-search-${(fields += 1)}`;
  private readonly list = h("ul", {
    class: "jt-completions",
    role: "listbox",
    "aria-label": "completions",
    id: this.id,
    hidden: true,
  });
  private offered: Completion[] = [];
  private at = -1;

  constructor(
    private readonly typed: () => void,
    private readonly complete: (text: string, caret: number) => Completion[],
    focused: () => void,
  ) {
    this.input = searchBox("search runs", "search, or filter: lr < 0.01 and model = cnn", () => {
      typed();
      this.offer();
    });
    this.mistake.id = `${this.id}-mistake`;
    const combobox = {
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": this.id,
      "aria-expanded": "false",
      "aria-keyshortcuts": "/",
      autocomplete: "off",
      spellcheck: "false",
    };
    for (const [name, value] of Object.entries(combobox)) this.input.setAttribute(name, value);
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("focus", focused);
    this.input.addEventListener("blur", () => this.close());
    this.element = h("div", { class: "jt-search-field" }, this.input, this.list);
  }

  get value(): string {
    return this.input.value;
  }
  set value(text: string) {
    this.input.value = text;
    this.close();
  }

  /** Show a mistake of the filter, or that there is none. */
  show(error: FilterError | undefined): void {
    const { input, mistake } = this;
    mistake.hidden = error === undefined;
    input.setAttribute("aria-invalid", String(error !== undefined));
    if (error) input.setAttribute("aria-describedby", mistake.id);
    else input.removeAttribute("aria-describedby");
    if (!error) {
      put(mistake);
      return;
    }
    const [from, to] = [error.at, error.at + error.length];
    const text = this.value;
    put(
      mistake,
      h(
        "code",
        {},
        text.slice(Math.max(0, from - 40), from),
        h("mark", {}, text.slice(from, to) || "\u00a0"),
        text.slice(to, to + 40),
      ),
      ` ${error.message}`,
    );
  }

  private offer(): void {
    const { input } = this;
    this.offered = this.complete(input.value, input.selectionStart ?? input.value.length);
    this.at = -1;
    this.draw();
  }

  private close(): void {
    this.offered = [];
    this.draw();
  }

  private draw(): void {
    const { list, input, offered } = this;
    list.hidden = offered.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    put(
      list,
      ...offered.map(({ label, about }, n) =>
        h(
          "li",
          {
            role: "option",
            id: `${this.id}-${n}`,
            "aria-selected": String(n === this.at),
            // The field would lose the focus, and the list be closed, before the click.
            onmousedown: (event: MouseEvent) => event.preventDefault(),
            onclick: () => this.accept(n),
          },
          span("jt-name", label),
          about ? span("jt-aside", ` ${about}`) : null,
        ),
      ),
    );
    if (this.at >= 0) input.setAttribute("aria-activedescendant", `${this.id}-${this.at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  private accept(n: number): void {
    const { text, caret } = this.offered[n]!;
    this.input.value = text;
    this.input.setSelectionRange(caret, caret);
    this.typed();
    this.offer();
  }

  private onKey(event: KeyboardEvent): void {
    const { offered } = this;
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (offered.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (by) {
      const count = offered.length + 1; // with nothing chosen between the last and the first
      this.at = ((this.at + 1 + by + count) % count) - 1;
      this.draw();
    } else if (event.key === "Escape") this.close();
    else if ((event.key === "Enter" || event.key === "Tab") && this.at >= 0) this.accept(this.at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

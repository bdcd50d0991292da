// The numbers of a table of importances as bars: the largest first, those below zero to the left of it.

import { h, put, span } from "../dom/dom";
import { bar, toggle } from "../dom/toolbar";
import * as format from "../model/format";
import type { StoredRowsHead } from "../model/payload-heads";

type Measures = NonNullable<StoredRowsHead["bars"]>;

export class Bars {
  readonly element: HTMLElement;
  private measures: Measures = [];
  private readonly list = h("ol", { class: "jt-bars" });
  private readonly rows = toggle("table", () => this.changed());
  private readonly measure = h("select", {
    class: "jt-select",
    "aria-label": "measure",
    onchange: () => this.draw(this.measures),
  });

  /** @param changed called when the table is to be shown, or no longer. */
  constructor(private readonly changed: () => void) {
    this.element = h(
      "div",
      { class: "jt-bars-view", hidden: true },
      bar(this.measure, this.rows),
      this.list,
    );
  }

  /** Whether the rows of the table are shown: with bars only where they are asked for. */
  get showsRows(): boolean {
    return Boolean(this.element.hidden) || this.rows.value;
  }

  draw(measures: Measures): void {
    const names = measures.map(([name]) => name);
    const chosen = names.includes(this.measure.value) ? this.measure.value : names[0];
    const before = [...this.measure.options].map(({ value }) => value);
    if (JSON.stringify(before) !== JSON.stringify(names))
      put(this.measure, ...names.map((value) => h("option", { value }, value)));
    if (chosen !== undefined) this.measure.value = chosen;
    this.measures = measures;
    this.element.hidden = measures.length === 0;
    const found = measures.find(([name]) => name === chosen)?.[1] ?? [];
    const values = found.map(([, value]) => value);
    const low = Math.min(0, ...values);
    const size = Math.max(0, ...values) - low || 1;
    const percent = (value: number) => `${Math.round((value / size) * 1e4) / 100}%`;
    this.list.setAttribute("aria-label", `${chosen ?? ""}, the largest first`);
    put(
      this.list,
      ...found.map(([name, value]) => {
        const filled = span(value < 0 ? "jt-filled jt-below" : "jt-filled");
        filled.style.left = percent(Math.min(0, value) - low);
        filled.style.width = percent(Math.abs(value));
        const zero = span("jt-zero");
        zero.style.left = percent(-low);
        return h(
          "li",
          { title: `${name}: ${value}` },
          h("span", { class: "jt-feature" }, name),
          h("span", { class: "jt-track", "aria-hidden": "true" }, filled, zero),
          h("span", { class: "jt-amount" }, format.number(value)),
        );
      }),
    );
  }
}

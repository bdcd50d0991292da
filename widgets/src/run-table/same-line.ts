// One line above the table of runs: what all of them have in common, and so is no column.

import { h, put, span } from "../dom/dom";
import { textButton } from "../dom/toolbar";
import * as format from "../model/format";
import type { RunRows } from "../widgets/run-rows";
import { titleOf, type Same } from "./columns";

const FIRST = 8;

export class SameLine {
  readonly element = h("p", { class: "jt-same" });
  private isWhole = false;

  show(rows: RunRows, same: readonly Same[]): void {
    const every = same.filter(({ count }) => count === rows.listed);
    const some = same.filter(({ count }) => count < rows.listed);
    this.element.hidden = same.length === 0;
    let room = this.isWhole ? Infinity : FIRST;
    const part = (words: string, those: readonly Same[]): Node[] => {
      const shown = those.slice(0, Math.max(0, room));
      room -= shown.length;
      if (shown.length === 0) return [];
      const items = shown.flatMap(({ field, count }, n) => [
        document.createTextNode(n ? " · " : ""),
        h(
          "span",
          { class: "jt-same-item", title: `${format.plural(count, "run")} have it` },
          `${titleOf(rows.fields[field]!)} `,
          span("jt-name", rows.sample(field)),
        ),
      ]);
      return [span("jt-aside", `${words}: `), ...items];
    };
    const all = format.count(rows.listed);
    const parts = [part(`same in all ${all}`, every), part("same wherever given", some)];
    const left = same.length - FIRST;
    const more =
      left > 0
        ? textButton(this.isWhole ? "fewer" : `and ${left} more`, () => {
            this.isWhole = !this.isWhole;
            this.show(rows, same);
            this.element.querySelector("button")?.focus();
          })
        : null;
    const [first = [], second = []] = parts;
    const between = first.length && second.length ? document.createTextNode("; ") : null;
    put(
      this.element,
      ...first,
      between,
      ...second,
      more ? document.createTextNode(" ") : null,
      more,
    );
  }
}

// The last lines that the cells printed, with a search.

import { h, put, say, span } from "../dom/dom";
import { searchBox } from "../dom/toolbar";
import * as format from "../model/format";

export interface PrintedLog {
  lines: [cell: string, text: string, wrong: boolean][];
  before: number;
}

export class Log {
  readonly element: HTMLElement;
  private readonly lines = h("div", {
    class: "jt-log",
    role: "log",
    tabindex: 0,
    "aria-label": "printed lines",
  });
  private readonly found = h("p", { class: "jt-caption", role: "status" });
  private readonly search = searchBox("search printed lines", "search", () => this.fill());
  private log: PrintedLog = { lines: [], before: 0 };

  constructor() {
    this.element = h("div", {}, this.search, this.lines, this.found);
  }

  /** Show what was printed so far, and return how many lines that is. */
  update(log: PrintedLog | undefined): number {
    this.log = log ?? { lines: [], before: 0 };
    this.fill();
    return this.log.lines.length + this.log.before;
  }

  private fill(): void {
    const isFound = format.matcher(this.search.value);
    const { lines, before } = this.log;
    const kept = lines.filter(([cell, text]) => isFound(`${cell} ${text}`));
    put(
      this.lines,
      ...kept.map(([cell, text, wrong]) =>
        h(
          "div",
          { class: wrong ? "jt-printed jt-wrong" : "jt-printed" },
          span("jt-kind", cell),
          h("span", {}, text),
        ),
      ),
    );
    this.lines.hidden = kept.length === 0;
    const earlier = before
      ? `the last ${format.count(lines.length)} of ${format.count(lines.length + before)} lines`
      : "";
    say(
      this.found,
      kept.length === 0 && lines.length > 0
        ? "no line has that"
        : this.search.value.trim()
          ? `${format.count(kept.length)} of ${format.count(lines.length)} lines`
          : earlier,
    );
  }
}

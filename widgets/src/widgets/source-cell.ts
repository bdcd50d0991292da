// Which cell logged a step: its label, as a button that opens its source where that was kept.

import { h, keepKeys, put, say, span } from "../dom/dom";
import type { PanelInfo } from "../model/model";

export class SourceCell {
  readonly element = span("jt-from");
  private readonly source = h("pre", { class: "jt-code-block jt-from-source", tabindex: 0 });
  private readonly button = h("button", {
    type: "button",
    class: "jt-from-button",
    "aria-expanded": "false",
    onclick: () => this.setOpen(!this.source.isConnected),
  });
  private shown = "";

  /** `above`: the element above which the source opens. */
  constructor(private readonly above: HTMLElement) {
    keepKeys(this.source);
  }

  /** Show from which cell one of the artifact's payloads is; a source that is open stays open, with that cell's source. */
  show(about: PanelInfo, at: number): void {
    const cell = about.cells?.[about.from?.[at] ?? -1];
    const key = cell ? `${cell.label}\n${cell.source ?? ""}` : "";
    if (key === this.shown) return;
    this.shown = key;
    this.element.setAttribute("data-jt-cell", cell?.label ?? "");
    if (cell?.source) {
      say(this.button, `from ${cell.label}`);
      put(this.element, " ", this.button);
    } else {
      put(this.element, cell ? ` from ${cell.label}` : "");
    }
    say(this.source, cell?.source ?? "");
    if (!cell?.source) this.setOpen(false);
  }

  private setOpen(open: boolean): void {
    if (open) this.above.before(this.source);
    else this.source.remove();
    this.button.setAttribute("aria-expanded", String(open));
  }
}

// From which cell a step came: a button that opens its source.

import { h, keepKeys, put, say } from "../dom/dom";
import type { PanelInfo } from "../model/model";

export class Origin {
  readonly element = h("span", { class: "jt-from" });
  private readonly source = h("pre", { class: "jt-code-block jt-from-source", tabindex: 0 });
  private readonly press = keepKeys(
    h("button", {
      type: "button",
      class: "jt-from-button",
      "aria-expanded": "false",
      onclick: () => this.turn(!this.source.isConnected),
    }),
  );
  private told = "";

  /** The source opens above an element. */
  constructor(private readonly above: HTMLElement) {
    keepKeys(this.source);
  }

  /** Say from where the frame is; a source that is open stays open and is the new cell's. */
  tell(about: PanelInfo, at: number): void {
    const cell = about.cells?.[about.from?.[at] ?? -1];
    const key = cell ? `${cell.label}\n${cell.source ?? ""}` : "";
    if (key === this.told) return;
    this.told = key;
    this.element.setAttribute("data-jt-cell", cell?.label ?? "");
    if (cell?.source) {
      say(this.press, `from ${cell.label}`);
      put(this.element, " ", this.press);
    } else {
      put(this.element, cell ? ` from ${cell.label}` : "");
    }
    say(this.source, cell?.source ?? "");
    if (!cell?.source) this.turn(false);
  }

  private turn(open: boolean): void {
    if (open) this.above.before(this.source);
    else this.source.remove();
    this.press.setAttribute("aria-expanded", String(open));
  }
}

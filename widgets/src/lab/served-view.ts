// What the panel and the tab have in common: they are drawn from what the server answers, ask again while they are seen, and have a line for
// what goes wrong.

import { h, holdKeys, say } from "../dom/dom";
import * as format from "../model/format";
import { dressLab } from "./dress";
import { Polling } from "./polling";
import { AskError } from "./server";

export abstract class ServedView {
  protected readonly element: HTMLElement;
  protected readonly status = h("p", { class: "jt-note", role: "status" });
  protected readonly polling = new Polling(
    () => this.ask(),
    () => this.interval(),
    (error) => this.explain(error),
  );

  constructor(host: HTMLElement, cssClass: string) {
    dressLab(host);
    this.element = h("div", { class: `jt-browser ${cssClass}` }, this.status);
    holdKeys(this.element);
    host.append(this.element);
  }

  show(): void {
    this.polling.show();
  }

  hide(): void {
    this.polling.hide();
  }

  destroy(): void {
    this.polling.destroy();
  }

  /** Ask, and draw what is answered; return whether there may be news later. */
  protected abstract ask(): Promise<boolean>;
  /** How often news are asked for (ms). */
  protected abstract interval(): number;
  /** Whether something is shown that may be older than what is there. */
  protected abstract get isDrawn(): boolean;
  /** What is shown is not there any more. By default it stays to be looked at. */
  protected forget(): void {}

  /** Say what went wrong; return whether asking again may help. */
  private explain(error: unknown): boolean {
    const isPassing = !(error instanceof AskError) || error.isPassing;
    if (!isPassing) this.forget();
    // Nothing is wrong with what is shown, only old.
    const shown = isPassing && this.isDrawn ? " What is shown is what it said last." : "";
    say(this.status, `${wordsOf(error)}${shown}`);
    return isPassing;
  }
}

/** An error as a sentence. */
export const wordsOf = (error: unknown): string =>
  error instanceof AskError ? error.message : format.error(error);

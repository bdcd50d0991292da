// What charts of one line or several have in common: the lines' payloads, a dash for each line, and a legend that says what each has at the step.

import { h, say, span } from "../dom/dom";
import { colours } from "../dom/theme";
import * as format from "../model/format";
import type { FailedHead, PartsHead } from "../model/payload-heads";
import { Payload } from "../model/payload";
import { sample } from "./crosshair";

/** The payloads of the lines that a payload holds, by the line's place among the panel's members. */
export function parts<H extends object>(
  payload: Payload<PartsHead<H>> | undefined,
): Map<number, Payload<H | FailedHead>> {
  const found = new Map<number, Payload<H | FailedHead>>();
  for (const [line, first, count, head] of payload?.head.parts ?? [])
    found.set(line, new Payload(head, payload!.buffers.slice(first, first + count)));
  return found;
}

/** Solid first. With the eight colours of the palette, 32 lines differ in colour or dash. */
const dashes: number[][] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3]];
const COLOURS = 8;
export const dashOf = (line: number): number[] =>
  dashes[(line + Math.floor(line / COLOURS)) % dashes.length]!;

/** From which step a line is, when it is not the one shown. */
export const earlierStep = (own: format.Step | undefined, shown: format.Step): string =>
  own === undefined || own === shown ? "" : `from step ${format.step(own)}`;

/** Lines that are hard to tell apart by their colours alone. */
const MANY = 9;

/** One button a line: press to hide or show it. */
export class Legend {
  readonly element: HTMLElement;
  readonly hidden = new Set<number>();
  /** The line that is pointed at, which the others step back behind; -1 for none. */
  pointed = -1;
  private readonly entries: { button: HTMLElement; stroke: SVGElement; words: HTMLElement }[];

  /**
   * @param what what the lines are: "runs", "metrics".
   * @param changed is called when a line is hidden or shown, and with true when one is pointed at.
   */
  constructor(names: string[], what: string, changed: (keepZoom?: boolean) => void) {
    this.entries = names.map((name, n) => {
      const words = span("jt-kind");
      const stroke = sample("", dashOf(n), 30);
      const button = h(
        "button",
        {
          type: "button",
          class: "jt-line-run",
          "aria-pressed": "true",
          title: `hide or show ${name}`,
          onclick: () => {
            if (!this.hidden.delete(n)) this.hidden.add(n);
            button.setAttribute("aria-pressed", String(!this.hidden.has(n)));
            changed();
          },
          onpointerenter: () => this.point(n, changed),
          onpointerleave: () => this.point(-1, changed),
          onfocus: () => this.point(n, changed),
          onblur: () => this.point(-1, changed),
        },
        stroke,
        span("jt-name", name),
        words,
      );
      return { button, stroke, words };
    });
    this.element = h(
      "div",
      { class: "jt-lines-runs", role: "group", "aria-label": what },
      ...this.entries.map(({ button }) => button),
    );
  }

  /** Of many lines one can be told from the others by pointing at its name. */
  private point(line: number, changed: (keepZoom: boolean) => void): void {
    if (this.entries.length < MANY || this.pointed === line) return;
    this.pointed = line;
    changed(true);
  }

  /** Say what a line has at the step. */
  setWords(line: number, words: string): void {
    say(this.entries[line]!.words, words);
  }

  /** Take the colours that are in force. */
  paint(): void {
    const { lines } = colours(this.element);
    this.entries.forEach(({ stroke }, n) =>
      stroke.firstElementChild!.setAttribute("stroke", lines[n % lines.length]!),
    );
  }
}

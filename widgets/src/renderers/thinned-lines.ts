// Lines of which the page has fewer points than there are: it says so, where there is nobody to ask for more.

import { h, say } from "../dom/dom";
import * as format from "../model/format";
import type { RangeQuery } from "../model/messages";
import type { RangeHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";

/** A line as the page has it: its points, and of how many they are. */
export interface Thinned {
  x: ArrayLike<number>;
  points: number;
}

const sum = (counts: number[]): string => format.count(counts.reduce((all, n) => all + n, 0));

/** How many points are drawn, in words. */
export const thinnedTo = (thinned: Thinned[]): string =>
  `thinned to ${sum(thinned.map(({ x }) => x.length))} of ${sum(thinned.map(({ points }) => points))} points`;

export class ThinnedLines {
  /** Says of how many points these are. */
  readonly note = h("p", { class: "jt-caption", role: "status", hidden: true });

  /** The points of each line in the range that was looked at last that the page got since; by the line's place among the panel's members. */
  get lines(): ReadonlyMap<number, Payload<RangeHead>> {
    return new Map();
  }

  /**
   * Tell which range is on screen.
   * @param _at the number of the step shown, where each step has lines of its own.
   * @param _question the range; null for all, for which the page has what it needs.
   * @param thinned the lines on screen.
   */
  look(_at: number, _question: RangeQuery | null, thinned: Thinned[]): void {
    this.tell(thinned.some(({ x, points }) => x.length < points) ? thinnedTo(thinned) : "");
  }

  /** The lines have grown. */
  outdate(): void {}

  destroy(): void {}

  protected tell(words: string): void {
    say(this.note, words);
    this.note.hidden = words === "";
  }
}

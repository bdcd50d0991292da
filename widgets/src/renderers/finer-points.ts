// The points of a long line that are not in the page: the kernel is asked for those of the range that is zoomed to.

import type { RangeQuery } from "../model/messages";
import type { FailedHead, RangeHead } from "../model/payload-heads";
import type { Payload } from "../model/payload";
import { QueryCache, type Asked } from "../model/query-cache";
import type { Host } from "../model/renderer";
import type { Range } from "./axes";
import { parts } from "./overlay";
import { ThinnedLines, thinnedTo, type Thinned } from "./thinned-lines";

type Lines = Map<number, Payload<RangeHead | FailedHead>>;
type Found = { asked: Asked<RangeQuery>; lines: Lines };

/** A question waits for this long, since another may follow at once (ms). */
const PAUSE = 20;
/** What takes longer is said in words (ms). */
const LATE = 300;
/** Where a pixel has as many points as this, finer ones would look the same. */
const ENOUGH = 4;

export class FinerPoints<S extends "metric" | "curve"> extends ThinnedLines {
  private readonly answers: QueryCache<S, RangeQuery>;
  private asked: Asked<RangeQuery> | null = null;
  private found: Found | null = null;
  private timer = 0;
  /** What was found was about fewer steps. */
  private outdated = false;

  /** `changed` is called when other points have come. */
  constructor(
    host: Host<S>,
    private readonly changed: () => void,
  ) {
    super();
    this.answers = new QueryCache(host, () => this.take());
  }

  /** The points of each line in the range that was looked at last, as far as they are here; by the line's place among the panel's members. */
  override get lines(): ReadonlyMap<number, Payload<RangeHead>> {
    const lines = [...(this.found?.lines ?? [])];
    return new Map(
      lines.filter((line): line is [number, Payload<RangeHead>] => !("error" in line[1].head)),
    );
  }

  override look(at: number, question: RangeQuery | null, thinned: Thinned[]): void {
    window.clearTimeout(this.timer);
    const fewer = thinned.filter(({ x, points }) => x.length < points);
    const few = fewer.some(
      ({ x }) => question !== null && countWithin(x, question.x) < ENOUGH * question.points,
    );
    this.asked = question && few ? [at, question] : null;
    if (!this.asked) {
      this.found = null;
      this.answers.retryFailed();
      this.answers.request([]);
    } else if (!this.isFound(this.asked)) {
      const { asked } = this;
      this.timer = window.setTimeout(() => {
        this.answers.request([asked]);
        this.timer = window.setTimeout(() => this.tell("finer points are being fetched…"), LATE);
      }, PAUSE);
    }
    const error = this.asked && this.error(this.asked);
    this.tell(error ? `${thinnedTo(thinned)}: ${error}` : "");
  }

  /** The lines have grown: what was found stays on screen until it is found anew. */
  override outdate(): void {
    this.outdated = true;
    this.answers.clear();
  }

  override destroy(): void {
    window.clearTimeout(this.timer);
    this.answers.request([]);
  }

  /** Whether all points of a range are here; if some of them are, they are what is drawn. */
  private isFound(asked: Asked<RangeQuery>): boolean {
    if (this.found && !covers(this.found.asked, asked)) this.found = null;
    const answer = this.answers.get(...asked);
    if (answer) {
      this.found = {
        asked,
        lines: parts<RangeHead>(answer as Parameters<typeof parts<RangeHead>>[0]),
      };
      this.outdated = false;
      return true;
    }
    const lines = [...(this.found?.lines.values() ?? [])];
    return (
      lines.length > 0 && !this.outdated && lines.every(({ head }) => "error" in head || head.all)
    );
  }

  private error(asked: Asked<RangeQuery>): string | undefined {
    const failed = [...(this.found?.lines.values() ?? [])].find(({ head }) => "error" in head);
    return this.answers.error(...asked) ?? (failed?.head as FailedHead | undefined)?.error;
  }

  private take(): void {
    if (this.asked) this.changed();
  }
}

/** How many of the numbers lie in a range. */
function countWithin(numbers: ArrayLike<number>, [low, high]: Range): number {
  let count = 0;
  for (let i = 0; i < numbers.length; i += 1)
    if (numbers[i]! >= low && numbers[i]! <= high) count += 1;
  return count;
}

/** Whether the points of one question are among those of another. */
const covers = ([at, had]: Asked<RangeQuery>, [now, wanted]: Asked<RangeQuery>): boolean =>
  at === now && had.over === wanted.over && had.x[0] <= wanted.x[0] && had.x[1] >= wanted.x[1];

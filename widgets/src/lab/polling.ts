// Asks for news again and again while something is seen: one question at a time, more seldom where the last one failed.

/** After failures the wait doubles up to this (ms). */
const LONGEST = 30_000;

export class Polling {
  private timer = 0;
  private isSeen = false;
  private isAsking = false;
  private isAgain = false;
  private failures = 0;

  /** `ask` returns whether there may be news later; `interval` is in milliseconds. */
  constructor(
    private readonly ask: () => Promise<boolean>,
    private readonly interval: () => number,
    private readonly failed: (error: unknown) => boolean,
  ) {
    document.addEventListener("visibilitychange", this.onPage);
  }

  private readonly onPage = (): void => {
    if (!document.hidden && this.isSeen) this.now();
  };

  /** Begin, or go on. */
  show(): void {
    this.isSeen = true;
    this.now();
  }

  hide(): void {
    this.isSeen = false;
    window.clearTimeout(this.timer);
  }

  destroy(): void {
    this.hide();
    document.removeEventListener("visibilitychange", this.onPage);
  }

  /** Ask at once; where a question is under way, once more after it. */
  now(): void {
    window.clearTimeout(this.timer);
    if (this.isAsking) this.isAgain = true;
    else void this.run();
  }

  private async run(): Promise<void> {
    this.isAsking = true;
    let isMore: boolean;
    try {
      isMore = await this.ask();
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      isMore = this.failed(error);
    }
    this.isAsking = false;
    if (this.isAgain) {
      this.isAgain = false;
      this.now();
      return;
    }
    if (!isMore || !this.isSeen || document.hidden) return;
    const wait = Math.min(LONGEST, this.interval() * 2 ** this.failures);
    this.timer = window.setTimeout(() => this.now(), wait);
  }
}

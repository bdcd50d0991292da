// What moves through the steps by itself: here a timer of the page; live, the model of ipywidgets' own play button does it.

/** Goes from step to step until it is stopped or has come to the end. */
export interface Player {
  readonly playing: boolean;
  /** How long each step stays (ms). */
  readonly interval: number;
  play(on: boolean): void;
  pace(interval: number): void;
}

/** How long a step stays unless someone chooses another speed (ms). */
export const INTERVAL = 150;

export class TimerPlayer implements Player {
  interval = INTERVAL;
  private timer = 0;

  /**
   * @param next goes to the next step, to the first where it `begins` at the last; it returns whether there was one.
   * @param changed is called when it has begun or ended.
   */
  constructor(
    private readonly next: (begins: boolean) => boolean,
    private readonly changed: () => void,
  ) {}

  get playing(): boolean {
    return this.timer !== 0;
  }

  play(on: boolean): void {
    if (on === this.playing) return;
    window.clearTimeout(this.timer);
    this.timer = 0;
    if (on && this.next(true)) this.wait();
    this.changed();
  }

  pace(interval: number): void {
    this.interval = interval;
    this.changed();
  }

  private wait(): void {
    this.timer = window.setTimeout(() => {
      if (this.next(false)) this.wait();
      else this.play(false);
    }, this.interval);
  }
}

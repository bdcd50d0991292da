// The frames a page has, and the asking for those it has not: at most one request under way, the newest wish first, neighbours ahead.

import { Payload, type Head } from "./payload";

/** Asks the kernel for frames; the answer comes through `StepCache.take`. */
export type Ask = (wanted: [panel: number, frame: number][]) => void;
export interface Wish {
  panel: number;
  frame: number;
}
export type Answer = [panel: number, frame: number, head: Head, buffers: number];

const BATCH = 24;
const SHARED = -1;

export class StepCache {
  private readonly kept = new Map<string, { wish: Wish; frame: Payload }>();
  private readonly listeners = new Set<() => void>();
  private size = 0;
  private busy = false;
  private wishes: Wish[] = [];
  private readonly centre = new Map<number, number>();
  private lengths: number[] = [];
  private readonly errands: (() => boolean)[] = [];

  constructor(
    private readonly budget: number,
    private readonly ask: Ask | null,
  ) {}

  /** Whether a request is under way. */
  get waiting(): boolean {
    return this.busy;
  }
  get bytes(): number {
    return this.size;
  }

  get(panel: number, frame: number): Payload | undefined {
    return this.kept.get(`${panel}/${frame}`)?.frame;
  }

  has(wish: Wish): boolean {
    return this.kept.has(`${wish.panel}/${wish.frame}`);
  }

  put(wish: Wish, frame: Payload): void {
    const key = `${wish.panel}/${wish.frame}`;
    this.size += frame.bytes - (this.kept.get(key)?.frame.bytes ?? 0);
    this.kept.set(key, { wish, frame });
    while (this.size > this.budget) {
      const far = this.farthest();
      // What is on screen stays, however large it is.
      if (!far || this.distance(far.wish) === 0) break;
      this.kept.delete(`${far.wish.panel}/${far.wish.frame}`);
      this.size -= far.frame.bytes;
    }
  }

  /** Forget a panel's frames from a number on: its artifact has changed behind them. */
  drop(panel: number, from: number): void {
    for (const [key, { wish, frame }] of this.kept) {
      if (wish.panel === panel && wish.frame >= from) {
        this.kept.delete(key);
        this.size -= frame.bytes;
      }
    }
  }

  onarrive(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Wish for what is on screen now; an earlier wish that was not yet asked for is forgotten. `lengths`: how many frames each panel has to fetch. */
  want(wishes: Wish[], lengths: number[]): void {
    // The first wish of a panel is what is on screen; a second is what it is compared with.
    for (const wish of [...wishes].reverse())
      if (wish.frame !== SHARED) this.centre.set(wish.panel, wish.frame);
    this.wishes = wishes;
    this.lengths = lengths;
    this.next();
  }

  /** The kernel's answer to the request under way. */
  take(answers: Answer[], buffers: DataView[]): void {
    let at = 0;
    for (const [panel, frame, head, many] of answers) {
      this.put({ panel, frame }, new Payload(head, buffers.slice(at, at + many)));
      at += many;
    }
    this.busy = false;
    for (const listener of this.listeners) listener();
    // A listener may have wished anew, and so asked.
    if (!this.busy) this.next();
  }

  /** The request under way will not be answered (the kernel is gone or was restarted). */
  giveUp(): void {
    this.busy = false;
  }

  /** Another question to the kernel. It waits for its turn: after what is on screen, before what is fetched ahead; then it says whether it asks. */
  errand(ask: () => boolean): void {
    this.errands.push(ask);
    this.next();
  }

  /** The errand under way is over. */
  settle(): void {
    this.busy = false;
    this.next();
  }

  private next(): void {
    if (this.busy || !this.ask) return;
    const asked = this.wishes.filter((w) => !this.has(w));
    // What is on screen comes alone, so that it comes soon.
    if (asked.length === 0) {
      for (let errand = this.errands.shift(); errand; errand = this.errands.shift()) {
        this.busy = true;
        if (errand()) return;
        this.busy = false;
      }
      asked.push(...this.ahead());
    }
    if (asked.length === 0) return;
    this.busy = true;
    this.ask(asked.map((w) => [w.panel, w.frame]));
  }

  /** Neighbours not yet here, nearest first, as long as there is room or they are nearer than something kept. */
  private ahead(): Wish[] {
    const full = this.size > this.budget * 0.9;
    const reach = full ? this.distance(this.farthest()?.wish) - 1 : Infinity;
    const found: Wish[] = [];
    const longest = Math.max(0, ...this.lengths);
    for (let far = 1; far < longest && far <= reach && found.length < BATCH; far += 1) {
      this.lengths.forEach((length, panel) => {
        const centre = this.centre.get(panel) ?? 0;
        for (const frame of [centre + far, centre - far]) {
          if (frame >= 0 && frame < length && !this.has({ panel, frame }))
            found.push({ panel, frame });
        }
      });
    }
    return found;
  }

  private distance(wish: Wish | undefined): number {
    return wish ? Math.abs(wish.frame - (this.centre.get(wish.panel) ?? 0)) : 0;
  }

  private wished(wish: Wish): boolean {
    return this.wishes.some((w) => w.panel === wish.panel && w.frame === wish.frame);
  }

  private farthest(): { wish: Wish; frame: Payload } | undefined {
    let worst: { wish: Wish; frame: Payload } | undefined;
    for (const kept of this.kept.values()) {
      if (
        kept.wish.frame !== SHARED &&
        !this.wished(kept.wish) &&
        (!worst || this.distance(kept.wish) > this.distance(worst.wish))
      )
        worst = kept;
    }
    return worst;
  }
}

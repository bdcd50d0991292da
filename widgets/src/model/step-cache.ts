// The payloads that a page with a kernel has, and the requests for those it has not: one at a time, what is on screen first, then its
// neighbours.

import { KeptSteps, SHARED, type PayloadId } from "./kept-steps";
import type { PayloadRequest, SentPayload } from "./messages";
import { Payload } from "./payload";
import type { Head } from "./payload-heads";

/** Asks the kernel for payloads; the answer comes through `StepCache.receive`. */
export type Ask = (wanted: PayloadRequest["ask"]) => void;
/** Does something after what is on screen has been drawn, never at once. Returns what gives it up. */
export type Postpone = (act: () => void) => () => void;
/** How many neighbours one request asks for. */
const BATCH = 24;

export class StepCache extends KeptSteps {
  private readonly listeners = new Set<() => void>();
  private busy = false;
  private requested: PayloadId[] = [];
  /** Of each panel the payload on screen. */
  private readonly shown = new Map<number, number>();
  private lengths: number[] = [];
  private readonly queries: (() => boolean)[] = [];
  /** Gives up looking for neighbours, which has been put off. */
  private later: (() => void) | null = null;

  /** `budget`: how many bytes are kept. */
  constructor(
    private readonly budget: number,
    private readonly ask: Ask,
    private readonly postpone: Postpone,
  ) {
    super();
  }

  override put(id: PayloadId, payload: Payload): void {
    super.put(id, payload);
    while (this.bytes > this.budget) {
      const far = this.farthest();
      // What is on screen stays, however large it is.
      if (!far || this.distance(far.id) === 0) break;
      this.forget(far.id);
    }
  }

  override onReceive(listener: () => void): void {
    this.listeners.add(listener);
  }

  override request(requested: PayloadId[], lengths: number[]): void {
    // The first of a panel is what is on screen; a second is what it is compared with.
    for (const { panel, number } of [...requested].reverse())
      if (number !== SHARED) this.shown.set(panel, number);
    this.requested = requested;
    this.lengths = lengths;
    // To find which neighbours are missing takes as long as to draw a step.
    if (this.queries.length > 0 || requested.some((id) => !this.has(id))) this.sendNext();
    else
      this.later ??= this.postpone(() => {
        this.later = null;
        this.sendNext();
      });
  }

  /** Give up what was to be asked for later. */
  close(): void {
    this.later?.();
  }

  /** The kernel has answered the request under way. */
  receive(sent: SentPayload[], buffers: DataView[]): void {
    let first = 0;
    for (const [panel, number, head, count] of sent) {
      this.put({ panel, number }, new Payload<Head>(head, buffers.slice(first, first + count)));
      first += count;
    }
    this.busy = false;
    for (const listener of this.listeners) listener();
    // A listener may have requested something else, and so have sent it.
    if (!this.busy) this.sendNext();
  }

  /** The request under way will not be answered: the kernel is gone, or is silent. The next `request` asks again. */
  cancelRequest(): void {
    this.busy = false;
  }

  /**
   * Send a query to the kernel when it is its turn: after what is on screen, before what is fetched ahead.
   * `send` returns whether it has sent it; `queryEnded` has to be called when that is answered or has failed.
   */
  enqueueQuery(send: () => boolean): void {
    this.queries.push(send);
    this.sendNext();
  }

  /** The query under way is answered, or has failed. */
  queryEnded(): void {
    this.busy = false;
    this.sendNext();
  }

  private sendNext(): void {
    if (this.busy) return;
    const wanted = this.requested.filter((id) => !this.has(id));
    // What is on screen is asked for alone, so that it comes soon.
    if (wanted.length === 0) {
      for (let send = this.queries.shift(); send; send = this.queries.shift()) {
        this.busy = true;
        if (send()) return;
        this.busy = false;
      }
      wanted.push(...this.neighbours());
    }
    if (wanted.length === 0) return;
    this.busy = true;
    this.ask(wanted.map(({ panel, number }) => [panel, number]));
  }

  /** Payloads near those on screen that are not here yet, nearest first, as long as there is room or they are nearer than something kept. */
  private neighbours(): PayloadId[] {
    const full = this.bytes > this.budget * 0.9;
    const reach = full ? this.distance(this.farthest()?.id) - 1 : Infinity;
    const found: PayloadId[] = [];
    if (this.steps >= this.lengths.reduce((sum, length) => sum + length, 0)) return found;
    const longest = Math.max(0, ...this.lengths);
    for (let far = 1; far < longest && far <= reach && found.length < BATCH; far += 1) {
      this.lengths.forEach((length, panel) => {
        const shown = this.shown.get(panel) ?? 0;
        for (const number of [shown + far, shown - far]) {
          if (number >= 0 && number < length && !this.has({ panel, number }))
            found.push({ panel, number });
        }
      });
    }
    return found;
  }

  private distance(id: PayloadId | undefined): number {
    return id ? Math.abs(id.number - (this.shown.get(id.panel) ?? 0)) : 0;
  }

  private isRequested({ panel, number }: PayloadId): boolean {
    return this.requested.some((each) => each.panel === panel && each.number === number);
  }

  /** What is farthest from the step on screen, and so the first to be dropped. */
  private farthest(): { id: PayloadId; payload: Payload } | undefined {
    let found: { id: PayloadId; payload: Payload } | undefined;
    for (const kept of this.kept()) {
      if (
        kept.id.number !== SHARED &&
        !this.isRequested(kept.id) &&
        (!found || this.distance(kept.id) > this.distance(found.id))
      )
        found = kept;
    }
    return found;
  }
}

// The payloads that a page has, by panel and number.

import type { Payload } from "./payload";

/** Which payload: of which panel, and its number among the panel's own. */
export interface PayloadId {
  panel: number;
  number: number;
}

/** The number of the payload that holds what is common to all steps of a panel. */
export const SHARED = -1;

const keyOf = ({ panel, number }: PayloadId): string => `${panel}/${number}`;

/** All there is in a saved page, which has no kernel to ask for more. */
export class KeptSteps {
  private readonly payloads = new Map<string, { id: PayloadId; payload: Payload }>();
  private size = 0;
  /** How many of them are of a step. */
  protected steps = 0;

  get bytes(): number {
    return this.size;
  }

  get(panel: number, number: number): Payload | undefined {
    return this.payloads.get(keyOf({ panel, number }))?.payload;
  }

  has(id: PayloadId): boolean {
    return this.payloads.has(keyOf(id));
  }

  put(id: PayloadId, payload: Payload): void {
    this.forget(id);
    this.size += payload.bytes;
    if (id.number !== SHARED) this.steps += 1;
    this.payloads.set(keyOf(id), { id, payload });
  }

  /** Forget a panel's payloads from a number on: other steps were logged there. */
  drop(panel: number, from: number): void {
    for (const { id } of this.payloads.values())
      if (id.panel === panel && id.number >= from) this.forget(id);
  }

  /** Call back whenever payloads have come. */
  onReceive(_listener: () => void): void {}

  /**
   * Request what is on screen now, in place of what was requested before and not yet asked for.
   * `lengths`: how many payloads of each panel can be fetched.
   */
  request(_requested: PayloadId[], _lengths: number[]): void {}

  protected kept(): Iterable<{ id: PayloadId; payload: Payload }> {
    return this.payloads.values();
  }

  protected forget(id: PayloadId): void {
    this.size -= this.get(id.panel, id.number)?.bytes ?? 0;
    if (this.payloads.delete(keyOf(id)) && id.number !== SHARED) this.steps -= 1;
  }
}

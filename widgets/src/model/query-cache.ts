// What the kernel half of a view has answered, kept for a while, and the asking: one question under way, the newest wishes first.

import type { Payload } from "./payload";
import type { Host } from "./renderer";

export type Question = Record<string, unknown>;
export type Asked = [at: number, question: Question];

const KEPT = 2_000_000;
const name = ([at, question]: Asked): string => `${at} ${JSON.stringify(question)}`;

export class QueryCache {
  private readonly kept = new Map<string, Payload>();
  private readonly failed = new Map<string, string>();
  private size = 0;
  private wishes: Asked[] = [];
  private under: { key: string; stop: AbortController } | null = null;

  /** `arrived` is called whenever there is something new to draw or to say. */
  constructor(
    private readonly host: Host,
    private readonly arrived: () => void,
  ) {}

  get(...asked: Asked): Payload | undefined {
    const key = name(asked);
    const frame = this.kept.get(key);
    // The last used is the last to go.
    if (frame) {
      this.kept.delete(key);
      this.kept.set(key, frame);
    }
    return frame;
  }

  /** Why a question has no answer. */
  why(...asked: Asked): string | undefined {
    return this.failed.get(name(asked));
  }

  get waiting(): boolean {
    return this.under !== null;
  }

  /** Wish for answers, the most urgent first; what was wished before and not yet asked is forgotten. */
  want(wishes: Asked[]): void {
    this.wishes = wishes;
    if (this.under && !wishes.some((w) => name(w) === this.under!.key)) {
      this.under.stop.abort();
      this.under = null;
    }
    this.next();
  }

  /** Try again what failed. */
  forgive(): void {
    this.failed.clear();
  }

  /** Forget everything: what the answers were about has changed. */
  clear(): void {
    this.kept.clear();
    this.failed.clear();
    this.size = 0;
    this.want([]);
  }

  private next(): void {
    if (this.under) return;
    const wish = this.wishes.find((w) => {
      const key = name(w);
      return (
        !this.failed.has(key) && (this.kept.get(key)?.head["done"] ?? this.kept.has(key)) !== true
      );
    });
    if (!wish) return;
    const under = { key: name(wish), stop: new AbortController() };
    this.under = under;
    this.host
      .ask(wish[1], wish[0], under.stop.signal)
      .then((frame) => {
        if (frame.head.error) throw new Error(frame.head.error);
        this.put(under.key, frame);
      })
      .catch((error: unknown) => {
        if (!under.stop.signal.aborted)
          this.failed.set(under.key, error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        if (this.under !== under) return;
        this.under = null;
        this.arrived();
        this.next();
      });
  }

  private put(key: string, frame: Payload): void {
    this.size += frame.bytes - (this.kept.get(key)?.bytes ?? 0);
    this.kept.delete(key);
    this.kept.set(key, frame);
    // What is wished for stays, else it would be asked for again and again.
    const wished = new Set(this.wishes.map(name));
    for (const [old, { bytes }] of this.kept) {
      if (this.size <= KEPT) break;
      if (wished.has(old)) continue;
      this.kept.delete(old);
      this.size -= bytes;
    }
  }
}

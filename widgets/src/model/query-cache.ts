// Answers of the kernel half of a renderer, kept for a while, and the queries for those that are missing: one at a time, the newest requests first.

import * as format from "./format";
import type { AnswerHead, Stem } from "./payload-heads";
import type { RangeQuery, TableQuery } from "./messages";
import type { Payload } from "./payload";
import type { Host } from "./renderer";

export type Question = TableQuery;
/** A question about a step. */
export type Asked<Q extends TableQuery | RangeQuery = Question> = [at: number, question: Q];

const BUDGET = 2_000_000; // bytes
const keyOf = ([at, question]: Asked<TableQuery | RangeQuery>): string =>
  `${at} ${JSON.stringify(question)}`;

export class QueryCache<
  S extends Stem = "dataframe",
  Q extends TableQuery | RangeQuery = Question,
> {
  private readonly answers = new Map<string, Payload<AnswerHead<S>>>();
  private readonly errors = new Map<string, string>();
  private size = 0;
  private requested: Asked<Q>[] = [];
  private pending: { key: string; abort: AbortController } | null = null;

  /** `changed` is called whenever an answer or an error has come. */
  constructor(
    private readonly host: Host<S>,
    private readonly changed: () => void,
  ) {}

  /** The answer to a question, if it is here; the type of its head is that of the question's answers. */
  get<H extends AnswerHead<S> = AnswerHead<S>>(...asked: Asked<Q>): Payload<H> | undefined {
    const key = keyOf(asked);
    const answer = this.answers.get(key);
    // A map keeps the order of insertion: what was used last is moved to the end, and is dropped last.
    if (answer) {
      this.answers.delete(key);
      this.answers.set(key, answer);
    }
    return answer as Payload<H> | undefined;
  }

  /** Why a question has no answer. */
  error(...asked: Asked<Q>): string | undefined {
    return this.errors.get(keyOf(asked));
  }

  /** Request answers, the most urgent first, in place of what was requested before; a query that is no longer wanted is aborted. */
  request(requested: Asked<Q>[]): void {
    this.requested = requested;
    if (this.pending && !requested.some((asked) => keyOf(asked) === this.pending!.key)) {
      this.pending.abort.abort();
      this.pending = null;
    }
    this.askNext();
  }

  /** Forget the errors, so that what failed is asked again. */
  retryFailed(): void {
    this.errors.clear();
  }

  /** Forget everything: what the answers were about has changed. */
  clear(): void {
    this.answers.clear();
    this.errors.clear();
    this.size = 0;
    this.request([]);
  }

  private isMissing(asked: Asked<Q>): boolean {
    const key = keyOf(asked);
    const head = this.answers.get(key)?.head;
    // A long computation answers with what it has so far, and is asked again until it is done.
    const done = head !== undefined && (!("done" in head) || head.done);
    return !done && !this.errors.has(key);
  }

  private askNext(): void {
    if (this.pending) return;
    const asked = this.requested.find((each) => this.isMissing(each));
    if (!asked) return;
    const pending = { key: keyOf(asked), abort: new AbortController() };
    this.pending = pending;
    this.host
      .ask(asked[1], asked[0], pending.abort.signal)
      .then((answer) => {
        if (answer.head.error) throw new Error(answer.head.error);
        this.put(pending.key, answer);
      })
      .catch((error: unknown) => {
        if (!pending.abort.signal.aborted) this.errors.set(pending.key, format.error(error));
      })
      .finally(() => {
        if (this.pending !== pending) return;
        this.pending = null;
        this.changed();
        this.askNext();
      });
  }

  private put(key: string, answer: Payload<AnswerHead<S>>): void {
    this.size += answer.bytes - (this.answers.get(key)?.bytes ?? 0);
    this.answers.delete(key);
    this.answers.set(key, answer);
    // What is requested now stays, else it would be asked for again and again.
    const requested = new Set(this.requested.map(keyOf));
    for (const [old, { bytes }] of this.answers) {
      if (this.size <= BUDGET) break;
      if (requested.has(old)) continue;
      this.answers.delete(old);
      this.size -= bytes;
    }
  }
}

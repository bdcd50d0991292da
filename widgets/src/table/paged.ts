// Rows that the kernel is asked for a page at a time.

import type { AnswerHead } from "../model/payload-heads";
import type { Asked, Question, QueryCache } from "../model/query-cache";
import type { Payload } from "../model/payload";
import type { TablePage } from "./page";
import type { Row, RowSource } from "./rows";

/** Rows that one answer has, in the order in which they are stored. */
export const STORED_ROWS = 200;
/** Rows in another order come from all over the file, so that each costs the kernel more. */
export const SORTED_ROWS = 60;

/** Reads an answer of the kernel as rows, counted from 0; null where it has no such row. */
export type RowDecoder = (answer: Payload<AnswerHead<"dataframe">>) => (n: number) => Row | null;

export interface PagedQuery {
  /** The step that is asked about. */
  at: number;
  /** What is asked, without the rows. */
  question: Question;
  /** How many rows an answer has. */
  pageSize: number;
  count: number;
  decode: RowDecoder;
  /** The first rows as they are stored, where they are in the page already. */
  first?: TablePage;
  /** Whether the kernel has looked through the whole table; an answer from before is then out of date. */
  done?: boolean;
}

export class PagedRows implements RowSource {
  private readonly decoded = new WeakMap<Payload, (n: number) => Row | null>();

  constructor(
    private readonly answers: QueryCache,
    private readonly query: PagedQuery,
  ) {}

  get count(): number {
    return this.query.count;
  }

  row(n: number): Row | null {
    const { at, pageSize, decode, first, done = true } = this.query;
    if (first && n < first.count) return first.row(n);
    const page = Math.floor(n / pageSize);
    const answer = this.answers.get(at, this.questionOf(page));
    if (!answer || (done && "done" in answer.head && !answer.head.done)) return null;
    let rows = this.decoded.get(answer);
    if (!rows) {
      rows = decode(answer);
      this.decoded.set(answer, rows);
    }
    return rows(n - page * pageSize);
  }

  questions(from: number, to: number): Asked[] {
    const { at, pageSize } = this.query;
    const asked: Asked[] = [];
    for (let page = Math.floor(from / pageSize); page * pageSize < to; page += 1)
      asked.push([at, this.questionOf(page)]);
    return asked;
  }

  private questionOf(page: number): Question {
    const { pageSize, question } = this.query;
    const from = page * pageSize;
    return { rows: [from, from + pageSize], ...question };
  }
}

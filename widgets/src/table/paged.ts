// Lines that the kernel is asked for a page at a time, and how its answers become lines.

import type { QueryCache, Asked, Question } from "../model/query-cache";
import type { Payload } from "../model/payload";
import { CHANGED, lineOf, REMOVED, type Line, type Lines } from "./lines";
import { Page, pageOf, type Cell, type Field } from "./page";

/** Rows as they are stored. */
export const PAGE = 200;
/** Rows in an order come from all over the file: fewer at a time. */
export const FEW = 60;

export type Decode = (frame: Payload) => (n: number) => Line | null;

/** A page of rows. */
export function decoder(like?: Page): Decode {
  return (frame) => {
    const page = pageOf(frame, like);
    return (n) => (n < page.count ? lineOf(page, n) : null);
  };
}

export class Paged implements Lines {
  private readonly decoded = new WeakMap<Payload, (n: number) => Line | null>();

  /**
   * @param question what is asked, without the rows.
   * @param base rows that are here already: the first ones, as they are stored.
   */
  constructor(
    private readonly answers: QueryCache,
    private readonly at: number,
    private readonly question: Question,
    private readonly size: number,
    readonly count: number,
    private readonly decode: Decode,
    private readonly base?: Page,
    private readonly done = true,
  ) {}

  line(n: number): Line | null {
    if (this.base && n < this.base.count) return lineOf(this.base, n);
    const page = Math.floor(n / this.size);
    const frame = this.answers.get(this.at, this.ask(page));
    // Where all is known by now, an answer from before is out of date.
    if (!frame || (this.done && frame.head["done"] === false)) return null;
    let lines = this.decoded.get(frame);
    if (!lines) {
      lines = this.decode(frame);
      this.decoded.set(frame, lines);
    }
    return lines(n - page * this.size);
  }

  wants(from: number, to: number): Asked[] {
    const out: Asked[] = [];
    for (let page = Math.floor(from / this.size); page * this.size < to; page += 1)
      out.push([this.at, this.ask(page)]);
    return out;
  }

  private ask(page: number): Question {
    const from = page * this.size;
    return { rows: [from, from + this.size], ...this.question };
  }
}

export const levels = (fields: Field[]): number => fields.filter((f) => f.index).length;

/** A page of what changed: two windows, which rows of them belong together, and which cells differ. */
export function differing(like: Page): Decode {
  const blank: Cell = { text: "", full: "", kind: "" };
  return (frame) => {
    const { head } = frame;
    const now = new Page(frame, head["fields"], head["count"], like);
    const was = new Page(frame, head["before"], head["count"], like, "o");
    const [status, mine, theirs] = [
      frame.column("status"),
      frame.column("now"),
      frame.column("was"),
    ];
    const pairs: number[] = head["pairs"];
    const before = levels(was.fields);
    const pair = now.fields.map((f) =>
      was.fields.findIndex((g, n) =>
        f.index ? g.at === f.at : !g.index && pairs[n - before] === f.at,
      ),
    );
    const changed = now.fields.map((_, c) => (frame.has(`c${c}`) ? frame.column(`c${c}`) : null));
    return (n) => {
      const kind = status[n];
      if (kind === undefined) return null;
      if (kind === REMOVED)
        return { status: kind, cells: pair.map((p) => (p < 0 ? blank : was.cell(p, theirs[n]!))) };
      const cells = now.fields.map((_, c) => now.cell(c, mine[n]!));
      if (kind !== CHANGED) return { status: kind, cells };
      return {
        status: kind,
        cells,
        before: changed.map((mask, c) => (mask?.[n] ? was.cell(pair[c]!, theirs[n]!) : undefined)),
      };
    };
  };
}

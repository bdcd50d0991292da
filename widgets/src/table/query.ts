// What a table shows: the rows as they are stored, filtered and sorted, or what changed; from what is in the page when that is all, else from the kernel.

import type { QueryCache, Asked, Question } from "../model/query-cache";
import * as format from "../model/format";
import type { Payload } from "../model/payload";
import * as local from "./lines";
import type { Lines, Tally } from "./lines";
import { pageOf, type Field, type Page } from "./page";
import { decoder, differing, FEW, PAGE, Paged, type Decode } from "./paged";
import type { Host, Shown } from "../model/renderer";

/** What someone wants to see. */
export interface Wanted {
  sort: { name: string; index: boolean; down: boolean } | null;
  text: string;
  changes: boolean;
  /** The number of the frame to compare with, or "previous", or "beside" for the run beside. */
  since: string;
  /** The column by which rows are matched; the index when null. */
  key: string | null;
  only: boolean;
  /** The first column, where there are more than fit. */
  from: number;
}

export interface Painted {
  tally: Tally;
  added: string[];
  removed: string[];
  dtypes: string[];
  since: string;
}

export interface Scene {
  lines: Lines;
  fields: Field[];
  words: string[];
  /** How many cells changed, by the number of the field. */
  changed?: number[];
  painted?: Painted;
  sorted?: { column: number; down: boolean } | undefined;
  /** What the kernel is asked for its first lines; missing when it is not asked. */
  ask?: Question;
}

/** A scene, or none while it is on its way, or why there is none; and what to ask meanwhile. */
export interface Found {
  scene: Scene | null;
  asks: Asked[];
  why?: string | undefined;
  /** What is under way meanwhile. */ how?: string | undefined;
}

const whole = (frame: Payload | undefined): boolean =>
  frame !== undefined && frame.head["rows"] === frame.head["count"] && !frame.head["hidden"];

const here = (scene: Scene): Found => ({ scene, asks: [] });
const columns = (from: number): Question => (from ? { columns: from } : {});

export class Scenes {
  private readonly pages = new WeakMap<Payload, Page>();

  constructor(
    private readonly host: Host,
    private readonly answers: QueryCache,
  ) {}

  page(frame: Payload): Page {
    let page = this.pages.get(frame);
    if (!page) {
      page = pageOf(frame);
      this.pages.set(frame, page);
    }
    return page;
  }

  find(shown: Shown, wanted: Wanted): Found {
    const frame = shown.frame!;
    if (wanted.changes) return this.changes(shown, frame, wanted);
    const by = sorting(this.page(frame).fields, wanted);
    return wanted.text || by
      ? this.ordered(shown, frame, wanted, by)
      : this.stored(shown, frame, wanted);
  }

  private stored({ at }: Shown, frame: Payload, { from }: Wanted): Found {
    const base = this.page(frame);
    if (from)
      return this.asked(at, columns(from), PAGE, (first) => ({
        fields: first.head["fields"],
        words: [],
        decode: decoder(),
      }));
    if (whole(frame))
      return here({ lines: local.order(base, "", -1, false), fields: base.fields, words: [] });
    const words = this.host.live
      ? []
      : [`the first ${format.count(base.count)} rows are kept in this page`];
    const lines = this.host.live
      ? new Paged(this.answers, at, {}, PAGE, frame.head["rows"], decoder(base), base)
      : local.order(base, "", -1, false);
    return here({ lines, fields: base.fields, words });
  }

  private ordered(
    { at }: Shown,
    frame: Payload,
    { text, from }: Wanted,
    by: ReturnType<typeof sorting>,
  ): Found {
    const base = this.page(frame);
    const all = `${format.count(frame.head["rows"])} rows`;
    const words = (count: number, of: string): string[] => [
      text ? `${format.count(count)} of ${of} ${count === 1 ? "holds" : "hold"} “${text}”` : "",
      by
        ? `by ${base.fields[by.column]!.name || "the index"}, ${by.down ? "greatest" : "least"} first`
        : "",
    ];
    if (!this.host.live || (whole(frame) && !from)) {
      const lines = local.order(base, text, by?.column ?? -1, by?.down ?? false);
      const part = whole(frame)
        ? ""
        : `only the first ${format.count(base.count)} rows are kept in this page`;
      return here({
        lines,
        fields: base.fields,
        words: [
          ...words(lines.count, whole(frame) ? all : `the first ${format.count(base.count)} rows`),
          part,
        ],
        sorted: by ?? undefined,
      });
    }
    const question = {
      ...(by ? { sort: [by.at, by.down ? 1 : 0] } : {}),
      ...(text ? { text } : {}),
      ...columns(from),
    };
    return this.asked(at, question, FEW, (first) => ({
      fields: first.head["fields"],
      words: words(first.head["rows"], all),
      sorted: by ?? undefined,
      decode: decoder(base),
    }));
  }

  private changes(shown: Shown, frame: Payload, wanted: Wanted): Found {
    const { host } = this;
    const { at } = shown;
    const base = this.page(frame);
    const beside = wanted.since === "beside" ? host.beside() : undefined;
    if (wanted.since === "beside" && !beside)
      return this.noted(
        this.stored(shown, frame, wanted),
        "the run beside has no step yet to compare with",
      );
    const since = beside ? beside.at : wanted.since === "previous" ? at - 1 : Number(wanted.since);
    if (since < 0)
      return this.noted(
        this.stored(shown, frame, wanted),
        "this is the first step: nothing before it to compare with",
      );
    const before = beside ? beside.frame : host.frame(since);
    const named = beside
      ? `${beside.run}, step ${format.step(beside.step)}`
      : `step ${format.step(host.about.steps[since] ?? null)}`;
    const key = base.fields.find((f) => !f.index && f.name === wanted.key);
    if (!host.live || (whole(frame) && whole(before) && !wanted.from)) {
      if (!before || before.head["facts"])
        return this.noted(this.stored(shown, frame, wanted), `${named} is not kept in this page`);
      const was = this.page(before);
      const lines = local.changes(was, base, key?.name ?? null, wanted.only);
      const part =
        whole(frame) && whole(before)
          ? ""
          : `only the first ${format.count(base.count)} rows of each step are kept in this page, and compared`;
      const painted = {
        tally: lines.tally,
        added: lines.added,
        removed: lines.removed,
        dtypes: dtypes(was.fields, base.fields),
        since: named,
      };
      return here({ lines, fields: base.fields, changed: lines.cells, painted, words: [part] });
    }
    const question = {
      since,
      ...(beside ? { beside: true } : {}),
      only: wanted.only,
      ...(key ? { key: [key.at] } : {}),
      ...columns(wanted.from),
    };
    return this.asked(at, question, FEW, ({ head }) => {
      const fields: Field[] = head["fields"];
      return {
        fields,
        words: [],
        decode: differing(base),
        changed: fields.map((f) => (f.index ? 0 : (head["cells"][f.at] ?? 0))),
        painted: {
          tally: head["tally"],
          added: head["added"],
          removed: head["removed"],
          dtypes: dtypes(head["before"], fields),
          since: named,
        },
      };
    });
  }

  private noted(found: Found, note: string): Found {
    return found.scene
      ? { ...found, scene: { ...found.scene, words: [...found.scene.words, note] } }
      : found;
  }

  /** Lines that the kernel is asked for; none until the first of them are here. */
  private asked(
    at: number,
    question: Question,
    size: number,
    made: (first: Payload) => Omit<Scene, "lines" | "ask"> & { decode: Decode },
  ): Found {
    const ask: Question = { rows: [0, size], ...question };
    const first = this.answers.get(at, ask);
    // Rows that are not sorted yet are in no order to be shown in.
    const early = first?.head["done"] === false && "sort" in question;
    const how = early
      ? `sorting · ${format.count(first.head["seen"] ?? 0)} rows looked at so far`
      : undefined;
    if (!first || early)
      return { scene: null, asks: [[at, ask]], why: this.answers.why(at, ask), how };
    const { decode, ...scene } = made(first);
    const done = first.head["done"] !== false;
    const lines = new Paged(
      this.answers,
      at,
      question,
      size,
      first.head["rows"],
      decode,
      undefined,
      done,
    );
    const words = [
      ...scene.words,
      done ? "" : `${format.count(first.head["seen"] ?? 0)} rows looked at so far`,
    ];
    return { scene: { ...scene, words, lines, ask }, asks: done ? [] : [[at, ask]] };
  }
}

export function sorting(
  fields: Field[],
  { sort }: Wanted,
): { column: number; at: number; down: boolean } | null {
  const column = sort
    ? fields.findIndex((f) => f.name === sort.name && (f.index ?? false) === sort.index)
    : -1;
  return column < 0 ? null : { column, at: fields[column]!.at, down: sort!.down };
}

/** Columns that have kept their name and not their dtype. */
function dtypes(before: Field[], now: Field[]): string[] {
  return now.flatMap((f) => {
    const old = before.find((g) => g.name === f.name && (g.index ?? false) === (f.index ?? false));
    return old && old.dtype !== f.dtype
      ? [`${f.name || "the index"} was ${old.dtype}, is ${f.dtype}`]
      : [];
  });
}

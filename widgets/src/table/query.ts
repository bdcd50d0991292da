// What a table shows: its rows as they are stored, sorted and filtered, or what changed in them. From what is in the page where that is all of it, else
// from the kernel.

import * as format from "../model/format";
import type {
  AnswerHead,
  ChangedRowsHead,
  RowsHead,
  StepHead,
  StoredRowsHead,
  TableField,
  Tally,
} from "../model/payload-heads";
import type { Payload } from "../model/payload";
import type { Asked, Question, QueryCache } from "../model/query-cache";
import type { Host, Shown } from "../model/renderer";
import { diff, diffDecoder, dtypeChanges } from "./dataframe-diff";
import { indexLevels, TablePage } from "./page";
import { PagedRows, SORTED_ROWS, STORED_ROWS, type PagedQuery, type RowDecoder } from "./paged";
import type { RowSource } from "./rows";
import { sortAndFilter, type SortBy } from "./sort-filter";

/** What the reader of a table has chosen to see. */
export interface TableOptions {
  /** The column by its name, since it may have another place at another step; by its place where the page does not have its name. */
  sort: { name: string; index: boolean; at: number; descending: boolean } | null;
  filter: string;
  /** Whether the changes since another step are shown, in place of sorted and filtered rows. */
  changes: boolean;
  /** What to compare with: the number of a step's payload, "previous", or "beside" for the run beside. */
  since: string;
  /** The column by which rows are matched; the index when null. */
  matchBy: string | null;
  onlyChanged: boolean;
  /** The first column to show, where there are more than fit. */
  firstColumn: number;
}

export interface DiffSummary {
  tally: Tally;
  columnsAdded: string[];
  columnsRemoved: string[];
  dtypeChanges: string[];
  /** The step that is compared with, in words. */
  since: string;
}

/** The column that rows are sorted by: its number in the table, and among the fields of the page, which may not have it. */
export interface Sorted extends SortBy {
  at: number;
  name: string;
}

export interface TableView {
  rows: RowSource;
  fields: TableField[];
  /** What to say under the table. */
  notes: string[];
  sorted?: Sorted | undefined;
  diff?: DiffSummary;
  /** How many cells of each field changed. */
  changedCells?: number[];
  /** The question for its first rows; missing where the kernel is not asked. */
  question?: Question;
}

/** A view, or why there is none, or what the kernel is doing meanwhile; and what to ask it. */
export interface QueryResult {
  view: TableView | null;
  questions: Asked[];
  error?: string | undefined;
  progress?: string | undefined;
}

type Stored = Payload<StoredRowsHead>;
type TableHost = Host<"dataframe">;

/** The payload of a step, unless the step's file is not opened. */
export function storedRows(
  payload: Payload<StepHead<"dataframe">> | undefined,
): Stored | undefined {
  return payload && !("facts" in payload.head) ? (payload as Stored) : undefined;
}

const isComplete = (payload: Stored | undefined): boolean =>
  payload !== undefined && payload.head.rows === payload.head.count && !payload.head.hidden;

const inPage = (view: TableView): QueryResult => ({ view, questions: [] });
const columnsFrom = (first: number): Question => (first ? { columns: first } : {});
const rowsHead = (answer: Payload<AnswerHead<"dataframe">>) => answer as Payload<RowsHead>;

export class TableQueries {
  private readonly pages = new WeakMap<Payload, TablePage>();

  constructor(
    private readonly host: TableHost,
    private readonly answers: QueryCache,
  ) {}

  page(payload: Stored): TablePage {
    let page = this.pages.get(payload);
    if (!page) {
      page = new TablePage(payload);
      this.pages.set(payload, page);
    }
    return page;
  }

  run({ at }: Shown<"dataframe">, payload: Stored, options: TableOptions): QueryResult {
    if (options.changes) return this.changes(at, payload, options);
    const sort = sortColumn(payload.head, options);
    return options.filter || sort
      ? this.sorted(at, payload, options, sort)
      : this.stored(at, payload, options);
  }

  private stored(at: number, payload: Stored, { firstColumn }: TableOptions): QueryResult {
    const page = this.page(payload);
    if (firstColumn)
      return this.fromKernel(at, columnsFrom(firstColumn), STORED_ROWS, (answer) => ({
        fields: rowsHead(answer).head.fields,
        notes: [],
        decode: pageDecoder(),
      }));
    const { fields, count } = page;
    if (this.host.live && !isComplete(payload)) {
      const rows = new PagedRows(this.answers, {
        at,
        question: {},
        pageSize: STORED_ROWS,
        count: payload.head.rows,
        decode: pageDecoder(page),
        first: page,
      });
      return inPage({ rows, fields, notes: [] });
    }
    const notes = isComplete(payload)
      ? []
      : [`the first ${format.count(count)} rows are kept in this page`];
    return inPage({ rows: sortAndFilter(page, "", null), fields, notes });
  }

  private sorted(
    at: number,
    payload: Stored,
    { filter, firstColumn }: TableOptions,
    sort: Sorted | null,
  ): QueryResult {
    const page = this.page(payload);
    const notes = (count: number, of: string): string[] => [
      filter ? `${format.count(count)} of ${of} ${count === 1 ? "holds" : "hold"} “${filter}”` : "",
      sort ? `by ${sort.name || "the index"}, ${sort.descending ? "greatest" : "least"} first` : "",
    ];
    const all = `${format.count(payload.head.rows)} rows`;
    if (!this.host.live || (isComplete(payload) && !firstColumn)) {
      const rows = sortAndFilter(page, filter, sort);
      const first = `the first ${format.count(page.count)} rows`;
      return inPage({
        rows,
        fields: page.fields,
        notes: isComplete(payload)
          ? notes(rows.count, all)
          : [...notes(rows.count, first), `only ${first} are kept in this page`],
        sorted: sort ?? undefined,
      });
    }
    const question: Question = {
      ...(sort ? { sort: [sort.at, Number(sort.descending)] } : {}),
      ...(filter ? { text: filter } : {}),
      ...columnsFrom(firstColumn),
    };
    return this.fromKernel(at, question, SORTED_ROWS, (answer) => ({
      fields: rowsHead(answer).head.fields,
      notes: notes(rowsHead(answer).head.rows, all),
      sorted: sort ?? undefined,
      decode: pageDecoder(page),
    }));
  }

  private changes(at: number, payload: Stored, options: TableOptions): QueryResult {
    const { host } = this;
    const withNote = (note: string): QueryResult =>
      addNote(this.stored(at, payload, options), note);
    const beside = options.since === "beside" ? host.beside() : undefined;
    if (options.since === "beside" && !beside)
      return withNote("the run beside has no step yet to compare with");
    const since = beside?.at ?? (options.since === "previous" ? at - 1 : Number(options.since));
    if (since < 0) return withNote("this is the first step: nothing before it to compare with");
    const before = beside ? beside.payload : host.payload(since);
    const sinceStep = beside
      ? `${beside.run}, step ${format.step(beside.step)}`
      : `step ${format.step(host.about.steps[since])}`;
    const page = this.page(payload);
    const key = page.fields.find((f) => !f.index && f.name === options.matchBy);
    const earlier = storedRows(before);
    if (before && !earlier) return withNote(`the file of ${sinceStep} is not opened`);
    const bothInPage = isComplete(payload) && isComplete(earlier) && !options.firstColumn;
    if (!host.live || bothInPage) {
      if (!earlier) return withNote(`${sinceStep} is not kept in this page`);
      return this.changesInPage(earlier, payload, sinceStep, key?.name ?? null, options);
    }
    const question: Question = {
      since,
      ...(beside ? { beside: true } : {}),
      only: options.onlyChanged,
      ...(key ? { key: [key.at] } : {}),
      ...columnsFrom(options.firstColumn),
    };
    return this.fromKernel(at, question, SORTED_ROWS, (answer) => {
      const { head } = answer as Payload<ChangedRowsHead>;
      return {
        fields: head.fields,
        notes: [],
        decode: diffDecoder(page),
        changedCells: head.fields.map((f) => (f.index ? 0 : (head.cells[f.at] ?? 0))),
        diff: {
          tally: head.tally,
          columnsAdded: head.added,
          columnsRemoved: head.removed,
          dtypeChanges: dtypeChanges(head.before, head.fields),
          since: sinceStep,
        },
      };
    });
  }

  private changesInPage(
    before: Stored,
    after: Stored,
    since: string,
    key: string | null,
    { onlyChanged }: TableOptions,
  ): QueryResult {
    const [earlier, later] = [this.page(before), this.page(after)];
    const rows = diff(earlier, later, key, onlyChanged);
    const { tally, columnsAdded, columnsRemoved, changedCells } = rows;
    const note =
      isComplete(before) && isComplete(after)
        ? ""
        : `only the first ${format.count(later.count)} rows of each step are kept in this page, and compared`;
    return inPage({
      rows,
      fields: later.fields,
      changedCells,
      diff: {
        tally,
        columnsAdded,
        columnsRemoved,
        dtypeChanges: dtypeChanges(earlier.fields, later.fields),
        since,
      },
      notes: [note],
    });
  }

  /** Rows that the kernel is asked for; there is no view until the first of them are here. */
  private fromKernel(
    at: number,
    question: Question,
    pageSize: number,
    read: (
      first: Payload<AnswerHead<"dataframe">>,
    ) => Omit<TableView, "rows" | "question"> & { decode: RowDecoder },
  ): QueryResult {
    const asked: Asked = [at, { rows: [0, pageSize], ...question }];
    const first = this.answers.get<RowsHead | ChangedRowsHead>(...asked);
    const lookedAt = `${format.count(seenRows(first))} rows looked at so far`;
    // Rows that are not sorted yet are in no order to be shown in.
    const unsorted = first?.head.done === false && "sort" in question;
    if (!first || unsorted)
      return {
        view: null,
        questions: [asked],
        error: this.answers.error(...asked),
        progress: unsorted ? `sorting · ${lookedAt}` : undefined,
      };
    const { decode, ...view } = read(first);
    const done = first.head.done !== false;
    const query: PagedQuery = { at, question, pageSize, count: first.head.rows, decode, done };
    return {
      view: {
        ...view,
        notes: [...view.notes, done ? "" : lookedAt],
        rows: new PagedRows(this.answers, query),
        question: asked[1],
      },
      questions: done ? [] : [asked],
    };
  }
}

function seenRows(answer: Payload<RowsHead | ChangedRowsHead> | undefined): number {
  return answer && "seen" in answer.head ? answer.head.seen : 0;
}

/** @param like a page whose numbers have the same decimals. */
function pageDecoder(like?: TablePage): RowDecoder {
  return (answer) => {
    const page = new TablePage(rowsHead(answer), like);
    return (n) => page.row(n);
  };
}

function addNote({ view, ...result }: QueryResult, note: string): QueryResult {
  return { ...result, view: view && { ...view, notes: [...view.notes, note] } };
}

function sortColumn({ fields, width }: StoredRowsHead, { sort }: TableOptions): Sorted | null {
  if (!sort) return null;
  const { name, descending, index } = sort;
  // The page has the names of the first columns only.
  if (sort.at >= fields.length - indexLevels(fields))
    return sort.at < width ? { column: -1, at: sort.at, name, descending } : null;
  const column = fields.findIndex((f) => f.name === name && (f.index ?? false) === index);
  return column < 0 ? null : { column, at: fields[column]!.at, name, descending };
}

// What the filter's language is told of the runs of a table, and what is near where a filter finds none of them.

import { completeFilter, type FilterColumn } from "../filter";
import { asText, Columns, likeness, pairsOf } from "../filter/columns";
import { isBare, tokensOf } from "../filter/words";
import type { RunRows } from "../widgets/run-rows";
import { keyOf } from "./columns";

/** A column of the filter, and the field of the table that has its values. */
export interface RunColumn extends FilterColumn {
  field: number;
}

/** The run's own fields as a filter calls them, in Python too. */
const OWN: Record<string, { name: string; kind?: FilterColumn["kind"]; also?: string[] }> = {
  id: { name: "uuid", also: ["id"] },
  created: { name: "created_at", kind: "time", also: ["created"] },
  finished: { name: "finished_at", kind: "time", also: ["finished"] },
  duration: { name: "duration", kind: "seconds", also: ["took"] },
  note: { name: "notes", also: ["note"] },
  pinned: { name: "pinned", kind: "flag" },
  archived: { name: "archived", kind: "flag" },
};
const MOST_NEAR = 4;
const NEAR = 0.4;
const MOST_WORDS = 5000;

export function filterColumns(rows: RunRows): RunColumn[] {
  const own = rows.fields.map((about, field): RunColumn => {
    const named = about.group === "" ? OWN[about.name] : undefined;
    return { kind: "any", name: keyOf(about), ...named, field };
  });
  return [...own, { name: "run.age", kind: "seconds", field: rows.fieldNamed("created") }];
}

/** A run's value in a column, as the filter compares it. */
export function filterValue(rows: RunRows, row: number, { field, name }: RunColumn): unknown {
  const value = rows.at(row, field);
  if (name === "run.age") return value === null ? null : Date.now() / 1000 - Number(value) / 1e6;
  if (name === "tags") return value ? String(value).split(", ") : [];
  if (name === "pinned" || name === "archived") return Boolean(value);
  return value === "" ? null : value;
}

/** How a value is written in a filter. */
export const asValue = (text: string): string => (isBare(text) ? text : asText(text));

/** Filters like one that finds nothing, with a word replaced by one that the runs have. */
export function nearFilters(rows: RunRows, search: string): string[] {
  const columns = new Columns(filterColumns(rows));
  const read = tokens(search);
  const found: [number, string][] = [];
  read.forEach(({ kind, text, at, end }, n) => {
    if (kind !== "word" && kind !== "text") return;
    const isSubject = read[n + 1]?.kind === "comparison";
    const [column] = read[n - 1]?.kind === "comparison" ? columns.find(read[n - 2]!.text) : [];
    if (isSubject) return; // a name that is none is a mistake, which says what is near itself
    const words = column ? rows.distinctTexts(column.field) : textsOf(rows);
    if (words.includes(text)) return;
    const own = pairsOf(text);
    for (const word of words) {
      const like = likeness(own, pairsOf(word));
      if (like < NEAR) continue;
      found.push([like, search.slice(0, at) + asValue(word) + search.slice(end)]);
    }
  });
  found.sort((a, b) => b[0] - a[0]);
  return [...new Set(found.map(([, filter]) => filter))].slice(0, MOST_NEAR);
}

/** What a plain word may be meant to be: any text that a run has. */
function textsOf(rows: RunRows): string[] {
  const words = new Set<string>();
  for (let n = 0; n < rows.fields.length && words.size < MOST_WORDS; n += 1) {
    if (rows.fields[n]!.name !== "id")
      for (const word of rows.distinctTexts(n).slice(0, MOST_WORDS)) words.add(word);
  }
  return [...words];
}

function tokens(search: string): ReturnType<typeof tokensOf> {
  try {
    return tokensOf(search, true);
  } catch {
    return [];
  }
}

/** Something that can stand where the caret is: what it is called, and the filter and the caret with it. */
export interface Completion {
  label: string;
  about: string;
  text: string;
  caret: number;
}

const MOST_OFFERED = 10;

/** What may stand before the caret: a column, an operator, or a value of the column that is compared. */
export function completions(rows: RunRows, text: string, caret: number): Completion[] {
  if (text.trim() === "") return [];
  const columns = filterColumns(rows);
  const { start, words } = completeFilter(text, caret, columns, ({ field, name }) =>
    rows.distinct(field).map((value) => (name === "tags" ? String(value).split(", ") : value)),
  );
  const written = text.slice(start, caret);
  const named = new Columns(columns);
  return words
    .filter((word) => word !== written)
    .slice(0, MOST_OFFERED)
    .map((word) => {
      const about = named.find(word)[0]?.name ?? "";
      const before = `${text.slice(0, start)}${word} `;
      return {
        label: word,
        about: about.includes(".") ? about.slice(0, about.indexOf(".")) : "",
        text: before + text.slice(caret).trimStart(),
        caret: before.length,
      };
    });
}

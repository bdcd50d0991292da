// How somebody arranged the table of runs: it is kept with the view, and goes along into the page that is saved.

export interface Arrangement {
  /** The keys of the columns that were chosen, in order; without it those that one would choose are shown. */
  columns?: string[];
  /** In characters, by the key of the column. */
  widths?: Record<string, number>;
  sort?: [key: string, descending: boolean];
  /** The keys of what the runs are grouped by. */
  groups?: string[];
  search?: string;
  /** Whether archived runs are shown. */
  archived?: boolean;
}

const texts = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;

/** Read an arrangement that was kept; what is none of one is left out. */
export function arrangementOf(kept: unknown): Arrangement {
  const { columns, widths, sort, groups, search, archived } = (
    typeof kept === "object" && kept !== null ? kept : {}
  ) as Record<string, unknown>;
  const found: Arrangement = {};
  const chosen = texts(columns);
  if (chosen) found.columns = chosen;
  if (typeof widths === "object" && widths !== null)
    found.widths = Object.fromEntries(
      Object.entries(widths).filter(([, width]) => typeof width === "number" && width > 0),
    ) as Record<string, number>;
  if (Array.isArray(sort) && typeof sort[0] === "string") found.sort = [sort[0], Boolean(sort[1])];
  const by = texts(groups);
  if (by?.length) found.groups = by;
  if (typeof search === "string" && search) found.search = search;
  if (archived === true) found.archived = true;
  return found;
}

// What the grid shows: rows of cells by number, wherever they come from.

import type { Asked } from "../model/query-cache";

export interface Cell {
  /** What stands in the grid, on one line and with numbers rounded. */
  text: string;
  /** The whole value, for whoever points at the cell or copies it. */
  full: string;
  kind: "" | "missing" | "empty";
  /** True when the kernel sent only the beginning of a long string. */
  cut?: boolean;
  /** The tooltip, where it is not simply `full`. */
  title?: string;
  /** Draws more than the text: elements that are made anew where the key is another. */
  inside?: { key: string; make(): Node[] };
}

// What happened to a row between two steps; the numbers are those of the kernel's answers.
export const SAME = 0;
export const ADDED = 1;
export const REMOVED = 2;
export const CHANGED = 3;

export interface Row {
  status: number;
  cells: Cell[];
  /** False while some of its cells are on their way from the kernel. */
  isComplete?: boolean;
  /** The earlier cell of each column that changed, and undefined for the others. */
  before?: (Cell | undefined)[];
  /** The row's number in the stored table, by which the kernel finds a cell in full. */
  number?: number | undefined;
  /** Names the row in the page, for rows that can be opened and chosen. */
  id?: string;
  /** What assistive technology calls the row's checkbox. */
  label?: string;
  chosen?: boolean;
  /** Whether the row is the one that is open below the grid. */
  current?: boolean;
  /** How deep the row stands below others, from 1 on, where rows have rows below them, and whether those are shown. */
  level?: number;
  fold?: "open" | "closed" | undefined;
  /** A class of the row. */
  class?: string;
}

export interface RowSource {
  readonly count: number;
  /** Whether rows have rows below them. */
  readonly isTree?: boolean;
  /** The row, or null while it is on its way from the kernel. */
  row(n: number): Row | null;
  /** The questions that bring these rows from the kernel; missing where all rows are in the page. */
  questions?(from: number, to: number): Asked[];
}

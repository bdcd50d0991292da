// The messages between a widget's page and its kernel half.

import type { Head } from "./payload-heads";

/** What a page may ask about a stored dataframe; which fields go together is said in the kernel's dataframe renderer. */
export interface TableQuery {
  rows?: [from: number, to: number];
  /** A column, and 1 for the greatest first. */
  sort?: [column: number, down: number];
  text?: string;
  since?: number;
  beside?: boolean;
  key?: number[];
  only?: boolean;
  /** The first column, where there are more than fit. */
  columns?: number;
  cell?: [row: number, column: number];
  summary?: boolean;
}
/** Asks a chart for the points between two places of its x axis, which is so many pixels wide there. */
export interface RangeQuery {
  x: [low: number, high: number];
  points: number;
  /** Which axis, of a metric. */
  over?: "step" | "time" | "elapsed";
  /** The axis is logarithmic. */
  log?: true;
}
export type Query = TableQuery | RangeQuery | { renderer: true };

/** Payloads of steps are wanted, by panel and number. */
export interface PayloadRequest {
  id: string;
  ask: [panel: number, number: number][];
}
/** The kernel half of a panel's renderer is asked something about a step. */
export interface QueryRequest {
  id: string;
  query: Query;
  panel: number;
  number: number;
}
/** A page shows the widget, or shows it no longer; the id is the page's. */
export interface VisibilityReport {
  id: string;
  visible: boolean;
}
/** Runs are to be compared, by their ids, in an artifact, or in all that they have where both words are empty. */
export interface CompareRequest {
  compare: [kind: string, name: string, ids: string[]];
}
/** Inputs and results of these runs are to be plotted. */
export interface PlotRequest {
  plot: string[];
}
/** Something is to be done to runs, by their ids; or the last of it is to be taken back. */
export type CurateRequest =
  { curate: [verb: string, value: string, ids: string[]] } | { undo: true };
/** The courses of the first results of these runs are wanted. */
export interface SparksRequest {
  sparks: string[];
}
export type PageMessage =
  | PayloadRequest
  | QueryRequest
  | VisibilityReport
  | CompareRequest
  | PlotRequest
  | CurateRequest
  | SparksRequest;

/** A payload on its way: where it belongs, its head, and how many of the message's buffers are its own. */
export type SentPayload = [panel: number, number: number, head: Head, buffers: number];
/** The answer has the id of its request. */
export type KernelMessage = { id: string; payloads: SentPayload[] } | { id: string; head: Head };

/** A payload that comes with the widget, before anything is asked. */
export type SeedPayload = [panel: number, number: number, head: Head, buffers: DataView[]];

// What the kernel tells of a view, and the part of a widget's model that the page uses.

import type { Step } from "./format";
import type { PageMessage } from "./messages";

/** The part of anywidget's model that we use. `State`: the traits that the kernel and the page share. */
export interface Model<State extends object = Record<string, any>> {
  get<K extends keyof State & string>(name: K): State[K];
  set<K extends keyof State & string>(name: K, value: State[K]): void;
  save_changes(): void;
  on(event: string, callback: (...args: any[]) => void): void;
  off(event: string, callback?: (...args: any[]) => void): void;
  send(content: PageMessage): void;
  widget_manager?: {
    get_model(id: string): Promise<Model>;
    create_view(model: Model): Promise<WidgetView>;
  };
}

/** What ipywidgets draws of a model. */
export interface WidgetView {
  el: HTMLElement;
  trigger(event: "displayed"): void;
  remove(): void;
}

/** One of the lines that a panel draws: a run's, or one of several metrics of a run. */
export interface Member {
  label: string;
  uuid: string;
  /** Where the shared payload holds every step: the member's own steps, and which of them is shown at each of the panel's (-1: none yet). */
  steps?: Step[];
  at?: number[];
}

/** One artifact of a view, as the kernel describes it once. */
export interface PanelInfo {
  kind: string;
  name: string;
  /** The stem of its renderer. */
  view: string;
  run?: string;
  /** Number of this artifact's payload for each step of the view; -1 where it has none yet. Missing: one payload a step. */
  at?: number[];
  /** The artifact's own steps and times (µs), one a payload, and how often each step was logged. */
  steps: Step[];
  times: (number | null)[];
  versions?: Record<string, number>;
  /** The cells that logged the steps, with their sources where they were kept, and for each payload which of them it was; -1 for none. */
  cells?: { label: string; source?: string }[];
  from?: number[];
  /** True when the shared payload holds everything, and none of a step has to be fetched. */
  all_steps?: boolean;
  /** The panel of another run with which this one can be compared. */
  beside?: number;
  /** What a chart of metrics or curves draws: one line or more, each of a run or of a metric. */
  members?: Member[];
}

/** What to call an artifact where its run may stand beside another. */
export const called = (about: PanelInfo): string =>
  about.run ? `${about.name}, ${about.run}` : about.name;

/** What the kernel says of a view once, before any payload. */
export interface ViewInfo {
  run: { uuid: string; name: string; status?: string };
  steps: Step[];
  panels: PanelInfo[];
  /** What else there is to say. */
  note?: string;
  /** Of how many steps these are the ones that can be looked at. */
  total?: number;
}

const RUNNING = new Set([
  "created",
  "running",
  "processing",
  "starting",
  "resuming",
  "queued",
  "scheduled",
  "stopping",
  "warning",
  "retrying",
]);

/** The classes of a run's status, which is a word of the page only where we know it. */
export const statusClass = (status: string): string =>
  `jt-status jt-is-${status.replace(/[^a-z]/g, "")}`;

/** Whether a run of this status goes on. */
export const isRunning = (status: string | undefined): boolean => RUNNING.has(status ?? "");

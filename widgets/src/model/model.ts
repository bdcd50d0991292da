// What a drawing needs to know of where it lives: a few lines, so that a notebook's widget and a saved page can both be it.

import type { Step } from "./format";

/** The part of anywidget's model that we use; a saved page has its own (page.ts). */
export interface Model {
  get(name: string): any;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...args: any[]) => void): void;
  off(event: string, callback?: (...args: any[]) => void): void;
  send(content: unknown): void;
  widget_manager?: { get_model(id: string): Promise<Model> };
}

/** One artifact of a scene, as the kernel describes it once. */
export interface PanelInfo {
  kind: string;
  name: string;
  view: string;
  run?: string;
  /** Payload of this artifact for each step of the scene; -1 where it has none yet. Missing: one frame a step. */
  at?: number[];
  /** The artifact's own steps and times (µs), one a frame, and how often each step was logged. */
  steps: Step[];
  times: (number | null)[];
  versions?: Record<string, number>;
  /** The cells that logged the steps, with their sources where they were kept, and for each frame which of them it was; -1 for none. */
  cells?: { label: string; source?: string }[];
  from?: number[];
  /** True when the shared holds everything, and no frame has to be fetched. */
  all_steps?: boolean;
  /** The panel of another run with which this one can be compared. */
  beside?: number;
  /** What lies over each other here, several runs or several metrics of one; when the shared holds everything, each with its own steps and which of them is shown at each of ours. */
  members?: { label: string; uuid: string; steps?: Step[]; at?: number[] }[];
}

/** What to call an artifact where its run may stand beside another. */
export const called = (about: PanelInfo): string =>
  about.run ? `${about.name}, ${about.run}` : about.name;

/** What the kernel says of a view once, before any frame. */
export interface ViewInfo {
  run: { uuid: string; name: string; status?: string };
  steps: Step[];
  panels: PanelInfo[];
  /** What else there is to say. */
  note?: string;
  /** Of how many steps these are the ones that can be looked at. */
  total?: number;
}

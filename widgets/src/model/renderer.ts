// What a view module gives and gets. One family of kinds is one file here and one of the same stem in Python.

import type { Payload } from "./payload";
import type { PanelInfo } from "./model";
import type { Step } from "./format";

/** What the stage gives to a view that it puts on screen. */
export interface Host {
  /** Where to draw; the stage owns the heading above it. */
  readonly element: HTMLElement;
  readonly about: PanelInfo;
  /** What holds for all steps: axis ranges, faint lines behind, whole series. */
  readonly shared: Payload;
  /** The frame of another step of this artifact, if the page has it. */
  frame(at: number): Payload | undefined;
  /** What the run beside shows now; nothing when there is none, or it has no step yet. */
  beside(): Beside | undefined;
  /** Another step is wanted beside the one shown (null: no longer): it is fetched, kept, and the step drawn again when it comes. */
  need?(at: number | null): void;
  /**
   * Ask the kernel half of this view something about the step shown, or another frame; one question at a time is under way. Rejects in a saved
   * page, when the kernel does not answer, and when it is called off.
   */
  ask(query: Record<string, unknown>, at?: number, signal?: AbortSignal): Promise<Payload>;
  /** Whether there is a kernel to ask. */
  readonly live: boolean;
}

/** The same artifact of another run, at the step on screen. */
export interface Beside {
  run: string;
  step: Step;
  at: number;
  frame: Payload | undefined;
}

/** One step on screen. */
export interface Shown {
  /** Number of the frame among this artifact's own. */
  at: number;
  step: Step;
  /** Missing when the shared holds everything. */
  frame: Payload | undefined;
}

export interface Drawing {
  /** Draw a step. A promise when the drawing is done later (a picture to decode). */
  draw(shown: Shown): void | Promise<void>;
  /** Replaced ground: new steps were logged. */
  replaceShared?(shared: Payload): void;
  destroy?(): void;
}

export type Renderer = (host: Host) => Drawing;

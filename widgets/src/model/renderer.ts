// What a renderer gives and gets. A renderer is one file here and one module of the same stem in Python.

import type { Step } from "./format";
import type { AnswerHead, SharedHead, StepHead, Stem } from "./payload-heads";
import type { Query } from "./messages";
import type { PanelInfo } from "./model";
import type { Payload } from "./payload";

/** What a renderer knows of the panel that it draws. */
export interface Host<S extends Stem> {
  /** Where to draw; the step view owns the heading above it. */
  readonly element: HTMLElement;
  readonly about: PanelInfo;
  /** What holds for all steps: axis ranges, faint lines behind, whole series. */
  readonly shared: Payload<SharedHead<S>>;
  /** The payload of another step of this artifact, if the page has it. */
  payload(at: number): Payload<StepHead<S>> | undefined;
  /** What the run beside shows now; nothing when there is none, or it has no step yet. */
  beside(): Beside<S> | undefined;
  /** Another step is wanted beside the one shown (null: no longer): it is fetched, kept, and the step drawn again when it comes. */
  need?(at: number | null): void;
  /** Go to another step of this artifact, by the number of its payload. */
  go?(at: number): void;
  /**
   * Ask the kernel half of this renderer something about the step shown, or another one. One question at a time is sent.
   * Rejects in a saved page, when the kernel does not answer, and when the question is aborted.
   */
  ask(query: Query, at?: number, signal?: AbortSignal): Promise<Payload<AnswerHead<S>>>;
  /** Draw the step on screen again: something was chosen that changes how it looks. */
  redraw(): void;
  /** Whether there is a kernel to ask. */
  readonly live: boolean;
}

/** The same artifact of another run, at the step on screen. */
export interface Beside<S extends Stem> {
  run: string;
  step: Step;
  at: number;
  payload: Payload<StepHead<S>> | undefined;
}

/** One step on screen. */
export interface Shown<S extends Stem> {
  /** Number of the payload among this artifact's own. */
  at: number;
  step: Step;
  /** Missing when the shared payload holds everything. */
  payload: Payload<StepHead<S>> | undefined;
}

export interface Drawing<S extends Stem> {
  /** Draw a step. A promise when the drawing is done later (a picture to decode). */
  draw(shown: Shown<S>): void | Promise<void>;
  /** Payloads of other steps may have come to the page. */
  arrived?(): void;
  /** New steps were logged, and the shared payload is another. */
  replaceShared?(shared: Payload<SharedHead<S>>): void;
  destroy?(): void;
}

export type RendererOf<S extends Stem> = (host: Host<S>) => Drawing<S>;

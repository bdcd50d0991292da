// One artifact of a view on screen: its heading, what is said of it, and its drawing at the step shown.

import { errorNote, h, put, say, span } from "../dom/dom";
import * as format from "../model/format";
import type { Stem } from "../model/payload-heads";
import type { Query } from "../model/messages";
import { called, type PanelInfo } from "../model/model";
import { Payload } from "../model/payload";
import type { Beside, Drawing, Host, Shown } from "../model/renderer";
import { SHARED, type KeptSteps, type PayloadId } from "../model/kept-steps";
import { rendererOf } from "../renderers/index";
import { SourceCell } from "./source-cell";

/** Ask the kernel half of a panel's renderer. */
export type SendQuery = (
  panel: number,
  number: number,
  query: Query,
  signal?: AbortSignal,
) => Promise<Payload>;

/** Why a step is not here yet: it is on its way, the kernel has not answered for long, or there is no kernel. */
export type Waiting = "coming" | "silent" | "gone";

const reasons: Record<Waiting, [reason: string, more: string]> = {
  coming: ["is being fetched…", ""],
  silent: ["has not come yet: the kernel does not answer, it may be busy", ""],
  gone: [
    "cannot be fetched: the kernel that made this view is gone",
    ". Steps seen before can still be shown; run the cell again for all",
  ],
};

/** How many payloads of an artifact are still what they were: a step may have been logged again, or before others. */
function countUnchanged(before: PanelInfo, now: PanelInfo): number {
  let n = 0;
  while (
    n < before.steps.length &&
    before.steps[n] === now.steps[n] &&
    before.times[n] === now.times[n] &&
    before.versions?.[n] === now.versions?.[n]
  )
    n += 1;
  return n;
}

export class Panel {
  readonly element: HTMLElement;
  private readonly heading: HTMLElement;
  private readonly body = h("div", { class: "jt-body" });
  private readonly note = h("p", { class: "jt-note", role: "status" });
  private readonly sourceCell = new SourceCell(this.note);
  private drawing: Drawing<Stem> | null = null;
  /** What the drawing was told to draw last. */
  private shown: Shown<Stem> | null = null;
  /** Number of the payload for the step shown; -1 when the artifact has none yet. */
  private number = -1;
  private beside: Beside<Stem> | undefined;
  /** What is drawn: the number of the payload, and that of the run beside which it was drawn with. */
  private drawn: { number: number; beside: number | null } | null = null;
  /** Whether what is drawn took time. */
  private isDecoded = false;
  /** How many drawings were begun: one that ends after a newer one has begun counts no more. */
  private begun = 0;
  /** Another payload that the drawing needs, and whether it was drawn with it. */
  private needed: number | null = null;
  private neededIsHere = true;

  /**
   * @param place the panel's number in its view.
   * @param changed is called when the panel needs another payload than that of the step.
   * @param go is called when someone chooses a step in the drawing.
   * @param isCompact whether it is one of many: its controls are a word that opens, and what is drawn comes first.
   */
  constructor(
    private info: PanelInfo,
    private readonly place: number,
    private readonly payloads: KeptSteps,
    private readonly query: SendQuery | undefined,
    private readonly changed: () => void,
    private readonly go: (number: number) => void,
    private readonly isCompact = false,
  ) {
    this.note.hidden = true;
    this.heading = h(
      "h2",
      { class: "jt-title" },
      span("jt-name", info.name),
      " ",
      span("jt-kind", info.kind),
      ...(info.run ? [" ", span("jt-of", info.run)] : []),
      this.sourceCell.element,
    );
    this.element = h(
      "section",
      {
        class: "jt-pane",
        "data-jt-view": info.view,
        "aria-label": `${info.kind} ${called(info)}`,
      },
      this.heading,
      this.note,
      this.body,
    );
  }

  get about(): PanelInfo {
    return this.info;
  }

  /** Whether the drawing is of an earlier step, because that of the step shown has not come. */
  get late(): boolean {
    return this.element.hasAttribute("aria-busy");
  }

  /**
   * Draw one of the artifact's payloads. Returns which payloads are needed for that.
   * @param asked the step of the view, which may be later than the artifact's latest.
   */
  show(number: number, asked: format.Step, beside: Beside<Stem> | undefined): PayloadId[] {
    this.number = number;
    this.beside = beside;
    const panel = this.place;
    const { needed } = this;
    if (needed !== null && !this.neededIsHere && this.payloads.has({ panel, number: needed })) {
      this.neededIsHere = true;
      this.drawn = null;
    }
    this.draw(asked);
    this.drawing?.arrived?.();
    const ids: PayloadId[] = [];
    if (number >= 0 && !this.info.all_steps) ids.push({ panel, number });
    if (this.needed !== null && this.needed !== number) ids.push({ panel, number: this.needed });
    return ids;
  }

  /** Say why the step shown has not come. */
  explain(waiting: Waiting): void {
    const wanted = format.step(this.info.steps[this.number]);
    const old = this.element.dataset["jtStep"];
    const [reason, more] = reasons[waiting];
    const below = old === undefined ? "" : `; below is still step ${old}`;
    this.setNote(`step ${wanted} ${reason}${below}${more}`);
  }

  /** More was logged. What is drawn stays, unless it was logged again. */
  update(info: PanelInfo): void {
    const unchanged = countUnchanged(this.info, info);
    this.info = info;
    this.payloads.drop(this.place, unchanged);
    if (this.drawn && this.drawn.number >= unchanged) this.drawn = null;
  }

  /** The shared payload is another. */
  updateShared(): void {
    const shared = this.payloads.get(this.place, SHARED);
    if (!this.drawing || !shared) return;
    if (this.drawing.replaceShared) this.drawing.replaceShared(shared as Host<Stem>["shared"]);
    else if (shared.buffers.length === 0) return;
    else this.destroyDrawing();
    this.drawn = null;
  }

  /** Draw anew at the next `show`: the colours have changed. What is decoded, such as a picture, has its own, and would not be there at once. */
  invalidate(): void {
    if (!this.isDecoded) this.drawn = null;
  }

  destroy(): void {
    this.drawing?.destroy?.();
  }

  private draw(asked: format.Step): void {
    const { info, number } = this;
    const step = info.steps[number] ?? null;
    if (number < 0) {
      this.begun += 1;
      this.element.removeAttribute("aria-busy");
      this.setNote(`no step of ${info.name} yet at step ${format.step(asked)}`);
      this.body.hidden = true;
      this.element.removeAttribute("data-jt-step");
      this.drawn = null;
      return;
    }
    const payload = this.payloads.get(this.place, number) as ReturnType<Host<Stem>["payload"]>;
    if (!payload && !info.all_steps) {
      this.element.setAttribute("aria-busy", "true");
      return;
    }
    this.element.removeAttribute("aria-busy");
    this.body.hidden = false;
    this.setNote(
      asked === step || info.steps.length === 0
        ? ""
        : `from step ${format.step(step)}, its latest before ${format.step(asked)}`,
    );
    this.sourceCell.show(info, number);
    const beside = this.beside?.at ?? null;
    if (this.drawn?.number === number && this.drawn.beside === beside) return;
    const begun = ++this.begun;
    // Until this is drawn, a move back to what was drawn before has to be drawn too.
    this.drawn = null;
    const finish = (): void => {
      if (this.begun !== begun) return;
      this.drawn = { number, beside };
      this.element.setAttribute("data-jt-step", format.step(step));
      // On paper, where no bar says it.
      this.heading.dataset["jtPrinted"] = step === null ? "" : ` · step ${format.step(step)}`;
    };
    const fail = (error: unknown): void => {
      if (this.begun !== begun) return;
      const where = `${info.kind} ${info.name}, step ${format.step(step)}`;
      this.showError(`${where}: ${format.error(error)}`);
      finish();
    };
    try {
      if (payload?.head.error) throw new Error(payload.head.error);
      this.clearError();
      this.drawing ??= this.createDrawing();
      this.shown = { at: number, step, payload };
      const drawing = this.drawing.draw(this.shown);
      this.isDecoded = Boolean(drawing);
      if (drawing) drawing.then(finish, fail);
      else finish();
    } catch (error) {
      fail(error);
    }
  }

  private createDrawing(): Drawing<Stem> {
    const { payloads, place, query } = this;
    const panel = this;
    // The kernel half of the renderer of this stem made the payloads: their heads are the renderer's.
    const host = {
      element: this.body,
      get about() {
        return panel.info;
      },
      get shared() {
        return payloads.get(place, SHARED) ?? new Payload({}, []);
      },
      payload: (at: number) => payloads.get(place, at),
      beside: () => this.beside,
      need: (at: number | null) => this.need(at),
      go: (at: number) => this.go(at),
      ask: (question: Query, at?: number, signal?: AbortSignal) =>
        query
          ? query(place, at ?? Math.max(0, this.number), question, signal)
          : Promise.reject(new Error("this needs the notebook's kernel")),
      redraw: () => {
        if (this.shown) void this.drawing?.draw(this.shown);
      },
      live: query !== undefined,
    } as Host<Stem>;
    if (host.shared.head.error) throw new Error(host.shared.head.error);
    const drawing = rendererOf(this.info.view)(host);
    const tools = this.isCompact ? this.body.querySelector(":scope > .jt-tools") : null;
    if (tools) {
      const options = h("details", { class: "jt-options" }, h("summary", {}, "options"));
      tools.replaceWith(options);
      options.append(tools);
    }
    return drawing;
  }

  private need(number: number | null): void {
    if (this.needed === number) return;
    this.needed = number;
    this.neededIsHere = number === null || this.payloads.has({ panel: this.place, number });
    // Not within the drawing that asks for it.
    if (!this.neededIsHere) queueMicrotask(this.changed);
  }

  /** A drawing that failed is destroyed, so that the next step starts with a new one. */
  private showError(words: string): void {
    this.element.classList.add("jt-failed");
    this.destroyDrawing();
    put(this.body, errorNote(words));
  }

  private clearError(): void {
    if (!this.element.classList.contains("jt-failed")) return;
    this.element.classList.remove("jt-failed");
    put(this.body);
  }

  private destroyDrawing(): void {
    try {
      this.drawing?.destroy?.();
    } catch {
      // It may be the one that has just failed.
    }
    this.drawing = this.shown = null;
    put(this.body);
  }

  private setNote(words: string): void {
    say(this.note, words);
    this.note.hidden = words === "";
  }
}

// The tab of a run: what it has, and beside it one artifact under its slider, read from the files of the run by the server.

import { errorNote, h, put, say } from "../dom/dom";
import { gather, type SceneHeader } from "../export/saved-scene";
import type { Step } from "../model/format";
import { isRunning } from "../model/model";
import type { Entry } from "../model/pack";
import type { KeptSteps } from "../model/kept-steps";
import { decodeView } from "../model/wire";
import { ArtifactList, type Chosen, type Listing } from "../widgets/artifact-list";
import { StepView } from "../widgets/step-view";
import { ServedView, wordsOf } from "./served-view";
import type { Server } from "./server";

interface RunHeader {
  version: string;
  listing: Listing;
  /** Whether there is an overview. */
  overview: boolean;
  /** The artifact whose file was opened. */
  opened: Chosen | null;
}
interface ArtifactHeader extends SceneHeader {
  version: string;
}

/** What is open in a tab, and at which step. */
export interface Place {
  /** Nothing for the overview. */
  chosen: Chosen | null;
  /** Missing where nobody moved: the newest. A step and no place among them, which are others when more was logged. */
  step?: Step;
  /** Whether the newest is followed, in place of a step. */
  follows?: true;
}

export interface RunTabOptions {
  server: Server;
  /** A file in the run folder. */
  path(): string;
  interval(): number;
  /** What was open before, if it was; and that something else is. */
  place: unknown;
  moved(place: Place): void;
  /** What the run is called. */
  named(name: string): void;
}

/** An artifact that takes longer is said to be read (ms). */
const LATE = 300;

export class RunTab extends ServedView {
  private readonly beside = h("div", { class: "jt-beside" });
  private readonly root = h("div", { class: "jt-whole" });
  private list: ArtifactList | null = null;
  private version = "";
  private place: Place | null;
  private view: StepView | null = null;
  private payloads: KeptSteps | null = null;
  private panels = 0;
  private shownVersion = "";
  private serial = 0;

  constructor(
    host: HTMLElement,
    private readonly options: RunTabOptions,
  ) {
    super(host, "jt-lab-tab");
    this.place = placeOf(options.place);
    this.element.append(this.root);
  }

  override destroy(): void {
    super.destroy();
    this.view?.destroy();
  }

  protected override interval(): number {
    return this.options.interval();
  }

  protected override get isDrawn(): boolean {
    return this.list !== null;
  }

  protected override async ask(): Promise<boolean> {
    const { server, path } = this.options;
    const query = { path: path(), known: this.version };
    const answer = await server.pack<RunHeader>("run", query);
    say(this.status, "");
    if (answer) this.take(answer[0]);
    if (this.place && this.list && this.shownVersion !== this.version) await this.renew();
    return true;
  }

  private take({ version, listing, overview, opened }: RunHeader): void {
    this.version = version;
    this.options.named(listing.run.name || listing.run.uuid.slice(0, 8));
    if (this.list) this.list.update(listing);
    else {
      this.list = new ArtifactList(listing, { select: ([chosen]) => void this.choose(chosen) });
      this.root.append(this.list.element, this.beside);
    }
    this.list.offerOverview(overview);
    const has = ([kind, name]: Chosen): boolean =>
      listing.artifacts.some((each) => each.kind === kind && each.name === name);
    if (this.place && (this.place.chosen ? has(this.place.chosen) : overview)) {
      this.list.mark(this.place.chosen ? [this.place.chosen] : []);
      return;
    }
    const [first] = listing.artifacts;
    const chosen: Chosen | null = opened ?? (overview || !first ? null : [first.kind, first.name]);
    if (!chosen && !overview) return;
    this.place = { chosen };
    this.list.mark(chosen ? [chosen] : []);
  }

  private async choose(chosen: Chosen | undefined): Promise<void> {
    this.place = { chosen: chosen ?? null };
    this.options.moved(this.place);
    this.list?.mark(chosen ? [chosen] : []);
    this.close();
    try {
      await this.renew();
    } catch (error) {
      put(this.beside, errorNote(wordsOf(error)));
    }
  }

  private close(): void {
    this.view?.destroy();
    this.view = this.payloads = null;
    this.shownVersion = "";
    put(this.beside);
  }

  /** Read what is open; what is on screen already is told what is new. */
  private async renew(): Promise<void> {
    const serial = (this.serial += 1);
    const { place, view } = this;
    if (!place) return;
    const [kind, name] = place.chosen ?? ["", ""];
    const late = window.setTimeout(() => {
      if (serial === this.serial && !this.view)
        put(this.beside, h("p", { class: "jt-note" }, "reading …"));
    }, LATE);
    try {
      const query = { path: this.options.path(), kind, name, known: view ? this.shownVersion : "" };
      const answer = await this.options.server.pack<ArtifactHeader>("artifact", query);
      if (serial !== this.serial) return; // something else was chosen meanwhile
      if (answer) this.draw(...answer);
      this.shownVersion = answer?.[0].version ?? this.version;
    } finally {
      window.clearTimeout(late);
    }
  }

  private draw(header: ArtifactHeader, entries: Entry[]): void {
    const scene = header.scenes[0]!;
    const about = decodeView(scene.about);
    if (this.view && this.payloads && this.panels === about.panels.length) {
      for (let panel = 0; panel < this.panels; panel += 1) this.payloads.drop(panel, -1);
      this.view.grow(
        about,
        entries.map(({ panel, number, payload }) => [{ panel, number }, payload]),
      );
      return;
    }
    this.close();
    const payloads = gather(header, entries).payloads[0]!;
    const { chosen = null, step, follows } = this.place ?? {};
    let following = false;
    const remember = (): void => {
      this.place = following ? { chosen, follows: true } : { chosen, step: view.step };
      this.options.moved(this.place);
    };
    const followed = (on: boolean): void => {
      following = on;
      remember();
    };
    const move = (index: number): void => {
      view.show(index);
      if (!following) remember();
    };
    const view: StepView = new StepView(
      { about, payloads, move, followed, live: isRunning(about.run.status) },
      this.beside,
    );
    [this.view, this.payloads, this.panels] = [view, payloads, about.panels.length];
    const at = step === undefined ? -1 : about.steps.indexOf(step);
    view.show(at < 0 ? scene.index : at);
    if (follows) view.setFollowing(true);
  }
}

/** Read what was kept of a tab; null where that says nothing. */
function placeOf(kept: unknown): Place | null {
  if (typeof kept !== "object" || kept === null) return null;
  const { chosen, step, follows } = kept as Record<string, unknown>;
  const isText = (value: unknown): value is string => typeof value === "string";
  const artifact = Array.isArray(chosen) && chosen.length === 2 && chosen.every(isText);
  if (chosen !== null && !artifact) return null;
  const place: Place = { chosen: chosen as Chosen | null };
  if (follows === true) place.follows = true;
  else if (step === null || isText(step) || typeof step === "number") place.step = step;
  return place;
}

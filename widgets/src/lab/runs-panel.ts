// The panel: the table of the runs of a folder, as it is beside a notebook, asked of the server.

import { h, put, say } from "../dom/dom";
import * as format from "../model/format";
import { Payload } from "../model/payload";
import type { RunsHead } from "../model/payload-heads";
import type { Arrangement } from "../run-table/arrangement";
import { RunRows, type Patch } from "../widgets/run-rows";
import { RunTable } from "../widgets/run-table";
import { ServedView, wordsOf } from "./served-view";
import { AskError, type Server } from "./server";

interface RunsHeader {
  /** Why there are no runs. */
  nothing?: string;
  runs?: {
    /** The folder that holds `runs/`. */
    root: string;
    version: string;
    /** The version whose rows the patches change. */
    base: string;
    patches: Patch[];
    total: number;
    /** Whether there are runs that have not been read yet. */
    reading: boolean;
  };
}

type Runs = NonNullable<RunsHeader["runs"]>;

export interface RunsPanelOptions {
  server: Server;
  /** The folder whose runs are shown, as the file browser names it. */
  folder(): string;
  /** How often news are asked for (ms). */
  interval(): number;
  open(path: string): void;
  /** How the table of a root was arranged before, and that it is arranged in another way. */
  arrangement(root: string): Promise<unknown>;
  arranged(root: string, arrangement: Arrangement): void;
}

/** How often a list is asked for while it is still read (ms). */
const READING = 400;

export class RunsPanel extends ServedView {
  private readonly heading = h("h2", { class: "jt-lab-folder" });
  private readonly body = h("div", { class: "jt-lab-runs" });
  private table: RunTable | null = null;
  private about: Runs | null = null;
  private payload: Payload<RunsHead> | null = null;
  private asked = "";
  /** Why the run that was pressed last could not be opened. */
  private refusal = "";

  constructor(
    host: HTMLElement,
    private readonly options: RunsPanelOptions,
  ) {
    super(host, "jt-lab");
    this.status.before(this.heading);
    this.element.append(this.body);
  }

  /** Ask again: somebody wants to, or is in another folder. */
  refresh(): void {
    if (this.options.folder() !== this.asked) this.forget();
    this.polling.now();
  }

  override destroy(): void {
    super.destroy();
    this.table?.destroy();
  }

  protected override interval(): number {
    return this.about?.reading ? READING : this.options.interval();
  }

  protected override get isDrawn(): boolean {
    return this.table !== null;
  }

  protected override forget(): void {
    this.table?.destroy();
    this.table = this.about = this.payload = null;
    this.refusal = "";
    put(this.body);
    say(this.heading, "");
    say(this.status, "");
  }

  protected override async ask(): Promise<boolean> {
    const { server, folder } = this.options;
    const path = folder();
    this.asked = path;
    const { base = "", version: known = "" } = this.about ?? {};
    const answer = await server.pack<RunsHeader>("runs", { path, base, known });
    if (path !== folder()) return true; // another folder is asked for already
    const { nothing, runs } = answer?.[0] ?? {};
    if (nothing !== undefined) {
      if (this.table) this.forget();
      say(this.status, nothing);
      return true;
    }
    if (runs) await this.take(path, runs, answer![1][0]?.payload);
    this.say();
    return true;
  }

  private async take(path: string, about: Runs, payload?: Payload): Promise<void> {
    const isOther = this.about !== null && this.about.root !== about.root;
    if (isOther) this.forget();
    if (payload) this.payload = payload as Payload<RunsHead>;
    if (!this.payload) throw new AskError("The server answered what was not asked.", true);
    const rows = new RunRows(this.payload, about.patches);
    this.about = about;
    if (this.table) {
      this.table.update(rows);
      return;
    }
    const arrangement = await this.options.arrangement(about.root);
    if (path !== this.options.folder()) return;
    this.table = new RunTable(rows, {
      open: (id) => void this.open(id),
      askSparks: (ids) => void this.askCourses(ids),
      arrangement,
      arranged: (changed) => this.options.arranged(about.root, changed),
    });
    put(this.body, this.table.element);
  }

  /** Say whose runs these are, and how many of them are there. */
  private say(): void {
    const { about, payload } = this;
    if (!about || !payload) return;
    say(this.heading, about.root || "/");
    const count = payload.head.rows;
    say(
      this.status,
      about.reading
        ? `the newest ${format.count(count)} of ${format.plural(about.total, "run")}; the others are being read …`
        : this.refusal,
    );
  }

  private async open(id: string): Promise<void> {
    this.refusal = "";
    try {
      this.table?.mark(id);
      const found = await this.options.server.json<{ path: string }>("place", {
        path: this.asked,
        run: id,
      });
      this.options.open(found.path);
    } catch (error) {
      this.refusal = wordsOf(error); // and the others are there as before
    }
    this.say();
  }

  private async askCourses(ids: string[]): Promise<void> {
    try {
      const query = { path: this.asked, runs: ids.join() };
      const answer = await this.options.server.pack<{ courses: string[] }>("courses", query);
      if (!answer) return;
      const [{ courses }, [entry]] = answer;
      const heights = (entry?.payload.buffers ?? []).map(
        (b) => new Uint8Array(b.buffer, b.byteOffset, b.byteLength),
      );
      this.table?.takeSparks(courses, heights);
    } catch {
      // The table has its numbers; the next news say what is wrong.
    }
  }
}

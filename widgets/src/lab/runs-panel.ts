// The panel: the table of the runs of a folder, as it is beside a notebook, asked of the server.

import { h, holdKeys, put, say } from "../dom/dom";
import * as format from "../model/format";
import { Payload } from "../model/payload";
import type { RunsHead } from "../model/payload-heads";
import type { Arrangement } from "../run-table/arrangement";
import { RunRows, type Patch } from "../widgets/run-rows";
import { RunTable } from "../widgets/run-table";
import { dressLab } from "./dress";
import { Polling } from "./polling";
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

export class RunsPanel {
  private readonly heading = h("h2", { class: "jt-lab-folder" });
  private readonly status = h("p", { class: "jt-note", role: "status" });
  private readonly body = h("div", { class: "jt-lab-runs" });
  private readonly polling: Polling;
  private table: RunTable | null = null;
  private about: Runs | null = null;
  private payload: Payload<RunsHead> | null = null;
  private asked = "";

  constructor(
    host: HTMLElement,
    private readonly options: RunsPanelOptions,
  ) {
    dressLab(host);
    const root = h("div", { class: "jt-browser jt-lab" }, this.heading, this.status, this.body);
    holdKeys(root);
    host.append(root);
    this.polling = new Polling(
      () => this.ask(),
      () => (this.about?.reading ? READING : options.interval()),
      (error) => this.explain(error),
    );
  }

  show(): void {
    this.polling.show();
  }

  hide(): void {
    this.polling.hide();
  }

  /** Ask again: somebody wants to, or is in another folder. */
  refresh(): void {
    if (this.options.folder() !== this.asked) this.forget();
    this.polling.now();
  }

  destroy(): void {
    this.polling.destroy();
    this.table?.destroy();
  }

  private forget(): void {
    this.table?.destroy();
    this.table = this.about = this.payload = null;
    put(this.body);
    say(this.heading, "");
    say(this.status, "");
  }

  private async ask(): Promise<boolean> {
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
        : "",
    );
  }

  private explain(error: unknown): boolean {
    const words = error instanceof AskError ? error.message : format.error(error);
    const isPassing = !(error instanceof AskError) || error.isPassing;
    // Nothing is wrong with what is shown, only old.
    const shown = this.table && isPassing ? " What is shown is what it said last." : "";
    if (this.table && !isPassing) this.forget();
    say(this.status, `${words}${shown}`);
    return isPassing;
  }

  private async open(id: string): Promise<void> {
    try {
      this.table?.mark(id);
      const found = await this.options.server.json<{ path: string }>("place", {
        path: this.asked,
        run: id,
      });
      this.options.open(found.path);
    } catch (error) {
      this.explain(error);
    }
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

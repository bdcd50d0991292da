// What a run holds: its artifacts by kind with a search, its files as a tree, its document, its problems and what was printed.

import { h, put, say, span } from "../dom/dom";
import { searchBox } from "../dom/toolbar";
import * as format from "../model/format";
import { statusClass } from "../model/model";
import { factList } from "../renderers/file";
import { Log, type PrintedLog } from "./log";

export interface Entry {
  kind: string;
  name: string;
  steps?: number;
  /** In place of `steps`, where the rows were counted and not read. */
  rows?: number;
  last?: string;
  size?: number;
  note?: string;
  input?: boolean;
}
export type Fact = [name: string, value: string];
export type Chosen = [kind: string, name: string];

export interface ArtifactListOptions {
  /** Someone chooses what is to be open; nothing stands for the overview. */
  select(chosen: Chosen[]): void;
  /** Several may be open at once. */
  several?: boolean;
}

export interface Listing {
  /** `why` says why the run failed or was stopped, if anybody said so. */
  run: { uuid: string; name: string; status: string; why?: string; facts: Fact[] };
  artifacts: Entry[];
  files: [path: string, size: number][];
  inputs: Fact[];
  outputs: Fact[];
  problems: [file: string, line: string, problem: string][];
  /** Why that may not be all problems: nobody has looked yet, for example. */
  unchecked?: string;
  /** What the page lacks. */
  note?: string;
  log?: PrintedLog;
  more?: Record<string, number>;
}

const id = (entry: { kind: string; name: string }) => `${entry.kind}/${entry.name}`;
/** The row of the overview, which no artifact is called. */
const OVERVIEW = "";
const NAMES = ["Artifacts", "Files", "Run", "Problems", "Log"];
let lists = 0;

export class ArtifactList {
  readonly element: HTMLElement;
  private readonly rows = new Map<string, HTMLElement>();
  private readonly panels: HTMLElement[];
  private readonly tabs: HTMLButtonElement[];
  private readonly status = h("p", { class: "jt-caption", role: "status" });
  private readonly note = h("p", { class: "jt-caption" });
  private readonly list = h("div", {
    class: "jt-list",
    role: "listbox",
    "aria-label": "artifacts",
  });
  private readonly search = searchBox("search artifacts", "search", () => this.fillList());
  private readonly heading = h("div", { class: "jt-heading" });
  private readonly serial = (lists += 1);
  private readonly log = new Log();
  private selected: Chosen[] = [];
  private overview = false;

  constructor(
    private listing: Listing,
    private readonly options: ArtifactListOptions,
  ) {
    if (options.several) this.list.setAttribute("aria-multiselectable", "true");
    this.tabs = NAMES.map((name, n) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          class: "jt-tab",
          id: `jt-tab-${this.serial}-${n}`,
          "aria-controls": `jt-panel-${this.serial}-${n}`,
          onclick: () => this.open(n),
        },
        name,
      ),
    );
    this.panels = this.tabs.map((_, n) =>
      h("div", {
        role: "tabpanel",
        class: "jt-panel",
        id: `jt-panel-${this.serial}-${n}`,
        "aria-labelledby": `jt-tab-${this.serial}-${n}`,
      }),
    );
    const bar = h("div", { role: "tablist", class: "jt-tabs", "aria-label": "run" }, ...this.tabs);
    bar.addEventListener("keydown", (event) =>
      this.moveFocus(
        event,
        this.tabs.filter((t) => !t.hidden),
        "ArrowLeft",
        "ArrowRight",
      ),
    );
    this.list.addEventListener("keydown", (event) =>
      this.moveFocus(event, [...this.rows.values()], "ArrowUp", "ArrowDown"),
    );
    put(this.panels[0]!, this.search, this.note, this.list, this.status);
    put(this.panels[4]!, this.log.element);
    this.element = h("div", { class: "jt-catalog" }, this.heading, bar, ...this.panels);
    this.open(0);
    this.update(listing);
  }

  /** Show a run as it is now; what is selected and searched for stays. */
  update(listing: Listing): void {
    this.listing = listing;
    const { run } = listing;
    put(
      this.heading,
      span("jt-run", run.name || run.uuid.slice(0, 8)),
      " ",
      span(statusClass(run.status), run.status),
      h("code", { class: "jt-kind" }, run.uuid.slice(0, 8)),
      run.why ? h("p", { class: "jt-note jt-why" }, run.why) : null,
    );
    const counts = [
      listing.artifacts.length,
      listing.files.length + (listing.more?.["files"] ?? 0),
      null,
      listing.unchecked && !listing.problems.length ? null : listing.problems.length,
      this.log.update(listing.log),
    ];
    this.tabs.forEach((tab, n) =>
      put(tab, NAMES[n], counts[n] === null ? null : span("jt-count", format.count(counts[n]!))),
    );
    const none = listing.problems.length === 0 && !listing.unchecked;
    this.tabs[3]!.hidden = none && this.panels[3]!.hidden; // whoever looks at it is told that there are none
    this.tabs[4]!.hidden = counts[4] === 0;
    put(this.note, listing.note ?? "");
    this.note.hidden = !listing.note;
    put(this.panels[1]!, fileTree(listing.files), andMore(listing.more?.["files"]));
    put(
      this.panels[2]!,
      factList(run.facts),
      section("inputs", listing.inputs),
      section("outputs", listing.outputs),
    );
    put(
      this.panels[3]!,
      h("p", { class: "jt-caption", role: "status" }, none ? "none found" : listing.unchecked),
      h(
        "ul",
        { class: "jt-problems" },
        ...listing.problems.map(([file, line, problem]) =>
          h("li", {}, h("code", {}, line ? `${file}:${line}` : file), " ", problem),
        ),
      ),
      andMore(listing.more?.["problems"]),
    );
    this.fillList();
  }

  /** Show which artifacts are selected; none: the overview. */
  mark(chosen: Chosen[]): void {
    this.selected = chosen;
    this.updateRows();
  }

  /** Whether there is an overview, which is the first row then. */
  offerOverview(on: boolean): void {
    if (on === this.overview) return;
    this.overview = on;
    this.fillList();
  }

  private open(at: number): void {
    this.tabs.forEach((tab, n) => {
      tab.setAttribute("aria-selected", String(n === at));
      tab.tabIndex = n === at ? 0 : -1;
      this.panels[n]!.hidden = n !== at;
    });
  }

  private fillList(): void {
    const isFound = format.matcher(this.search.value);
    const groups = new Map<string, Entry[]>();
    for (const entry of this.listing.artifacts) {
      if (!isFound(`${entry.kind} ${entry.name}`)) continue;
      const group = groups.get(entry.kind);
      if (group) group.push(entry);
      else groups.set(entry.kind, [entry]);
    }
    this.rows.clear();
    // Keys go through the rows in the order in which they are made.
    const overview = this.overview && !this.search.value ? this.overviewRow() : null;
    const shown = [...groups].map(([kind, entries]) =>
      h(
        "div",
        { role: "group", "aria-label": kind },
        h(
          "div",
          { class: "jt-group", "aria-hidden": "true" },
          kind,
          span("jt-count", format.count(entries.length)),
        ),
        ...entries.map((entry) => this.row(entry)),
      ),
    );
    put(this.list, overview, ...shown);
    this.list.hidden = shown.length === 0;
    say(
      this.status,
      shown.length > 0
        ? ""
        : this.listing.artifacts.length > 0
          ? "nothing has that in its name"
          : "this run has no artifacts yet",
    );
    this.updateRows();
  }

  private overviewRow(): HTMLElement {
    return this.option(
      OVERVIEW,
      { class: "jt-row jt-overview", title: "the metrics and the newest pictures" },
      () => this.choose([]),
      ...nameAndKind("Overview", ""),
    );
  }

  /** Open what is chosen, and nothing else. */
  private choose(chosen: Chosen[]): void {
    this.mark(chosen);
    this.options.select(chosen);
  }

  /** Open one more beside what is open, or close it. */
  private toggle({ kind, name }: Entry): void {
    const others = this.selected.filter((each) => each[0] !== kind || each[1] !== name);
    this.choose(others.length < this.selected.length ? others : [...others, [kind, name]]);
  }

  private row(entry: Entry): HTMLElement {
    const about = format.joined(
      entry.steps ? format.plural(entry.steps, "step") : null,
      entry.rows ? format.plural(entry.rows, "row") : null,
      entry.last ?? null,
      entry.size === undefined ? null : format.bytes(entry.size),
      entry.input ? "input" : null,
      entry.note ?? null,
    );
    const hint = this.options.several ? " (Ctrl: beside what is open)" : "";
    return this.option(
      id(entry),
      { class: "jt-row", "data-jt-artifact": id(entry), title: entry.name + hint },
      (event) => {
        const more = this.options.several && (event.ctrlKey || event.metaKey || event.shiftKey);
        if (more) this.toggle(entry);
        else this.choose([[entry.kind, entry.name]]);
      },
      ...nameAndKind(entry.name, about),
    );
  }

  /** A row that is chosen by a click, by Enter or by Space. */
  private option(
    key: string,
    attributes: Record<string, string>,
    choose: (event: MouseEvent | KeyboardEvent) => void,
    ...children: HTMLElement[]
  ): HTMLElement {
    const row = h(
      "div",
      {
        role: "option",
        tabindex: -1,
        ...attributes,
        onclick: choose,
        onkeydown: (event: KeyboardEvent) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation();
          choose(event);
        },
      },
      ...children,
    );
    this.rows.set(key, row);
    return row;
  }

  private updateRows(): void {
    const keys = this.selected.map(([kind, name]) => id({ kind, name }));
    if (keys.length === 0 && this.overview) keys.push(OVERVIEW);
    const focusable = keys.find((key) => this.rows.has(key)) ?? this.rows.keys().next().value;
    for (const [key, row] of this.rows) {
      row.setAttribute("aria-selected", String(keys.includes(key)));
      row.tabIndex = key === focusable ? 0 : -1;
    }
  }

  /** Move the focus among siblings. */
  private moveFocus(event: KeyboardEvent, items: HTMLElement[], back: string, on: string): void {
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { [back]: at - 1, [on]: at + 1, Home: 0, End: items.length - 1 }[event.key];
    if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const next = items[Math.max(0, Math.min(items.length - 1, to))]!;
    next.focus();
    if (next.getAttribute("role") === "tab") next.click();
  }
}

function andMore(count: number | undefined): HTMLElement | null {
  return count ? h("p", { class: "jt-caption" }, `and ${format.count(count)} more`) : null;
}

function section(name: string, list: Fact[]): HTMLElement | null {
  return list.length ? h("div", {}, h("div", { class: "jt-group" }, name), factList(list)) : null;
}

interface Folder {
  folders: Map<string, Folder>;
  files: [string, number][];
  size: number;
  count: number;
}

const emptyFolder = (): Folder => ({ folders: new Map(), files: [], size: 0, count: 0 });

const contents = ({ count, size }: Folder): string =>
  `${format.count(count)} · ${format.bytes(size)}`;

const nameAndKind = (name: string, kind: string): HTMLElement[] => [
  span("jt-name", name),
  span("jt-kind", kind),
];

/** Paths with sizes as a tree that opens. */
function fileTree(files: [path: string, size: number][]): HTMLElement {
  const root = emptyFolder();
  for (const [path, size] of files) {
    const parts = path.split("/");
    const name = parts.pop()!;
    let at = root;
    for (const part of parts) {
      const next = at.folders.get(part) ?? emptyFolder();
      at.folders.set(part, next);
      at = next;
      at.size += size;
      at.count += 1;
    }
    at.files.push([name, size]);
  }
  const list = (folder: Folder, depth: number): HTMLElement =>
    h(
      "ul",
      { class: "jt-tree" },
      ...[...folder.folders].map(([name, inner]) =>
        h(
          "li",
          {},
          h(
            "details",
            { open: depth < 1 },
            h("summary", {}, ...nameAndKind(`${name}/`, contents(inner))),
            list(inner, depth + 1),
          ),
        ),
      ),
      ...folder.files.map(([name, size]) =>
        h("li", { class: "jt-leaf" }, ...nameAndKind(name, format.bytes(size))),
      ),
    );
  return files.length
    ? list(root, 0)
    : h("p", { class: "jt-caption" }, "no files under outputs/ or assets/");
}

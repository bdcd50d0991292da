// The table of runs: virtual rows, so that ten thousand are as quick as ten; sorted and searched in the page.

import { h, keepKeys, put, say } from "../dom/dom";
import * as format from "../model/format";
import { Payload } from "../model/payload";

export type Kind = "text" | "number" | "time" | "seconds";
export interface Field {
  group: string;
  name: string;
  kind: Kind;
  words?: string[];
}
export type Patch = [row: number, cells: (string | number | null)[]];
type Cell = string | number | null;

const LIVING = new Set([
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
const people = new Intl.Collator(undefined, { numeric: true });
const infinite: Record<string, number> = { inf: Infinity, "-inf": -Infinity };

/** What is said of the runs, column by column. */
export class Rows {
  readonly fields: Field[];
  readonly count: number;
  private readonly cells: Cell[][];
  private hay: string[] | null = null;

  /** `live`: the runs may go on. In a saved page nobody knows how long one has been going on. */
  constructor(
    frame: Payload,
    patches: Patch[] = [],
    private readonly live = false,
  ) {
    this.fields = (frame.head["fields"] ?? []) as Field[];
    this.count = (frame.head["rows"] ?? 0) as number;
    this.cells = this.fields.map((field, n) => {
      if (field.kind === "text")
        return Array.from(frame.column(`c${n}`), (code) => field.words?.[code] ?? "");
      const missing = frame.column(`n${n}`);
      return Array.from(frame.column(`v${n}`), (value, row) => (missing[row] ? null : value));
    });
    for (const [row, cells] of patches) {
      cells.forEach((cell, n) => {
        const column = this.cells[n];
        if (!column) return;
        const text = this.fields[n]!.kind === "text";
        column[row] = text
          ? cell === null
            ? ""
            : String(cell)
          : typeof cell === "string"
            ? (infinite[cell] ?? NaN)
            : cell;
      });
    }
  }

  at(row: number, field: number): Cell {
    return this.cells[field]?.[row] ?? null;
  }

  place(name: string): number {
    return this.fields.findIndex((f) => f.group === "" && f.name === name);
  }

  own(row: number, name: string): Cell {
    return this.at(row, this.place(name));
  }

  id(row: number): string {
    return String(this.own(row, "id") ?? "");
  }

  name(row: number): string {
    return String(this.own(row, "name") || this.id(row));
  }

  /** A cell as it is read. */
  words(row: number, field: number): string {
    const cell = this.at(row, field);
    const { kind } = this.fields[field]!;
    if (kind === "text") return String(cell ?? "");
    if (kind === "seconds") return this.took(row, cell as number | null);
    if (cell === null) return "";
    return kind === "time"
      ? format.time(cell as number)
      : format.number(
          Number.isInteger(cell) ? (cell as number) : Number((cell as number).toPrecision(5)),
        );
  }

  /** How long a run took, or has been going on. */
  private took(row: number, seconds: number | null): string {
    if (seconds !== null) return format.duration(seconds);
    const created = this.own(row, "created");
    if (!this.live || !LIVING.has(String(this.own(row, "status"))) || typeof created !== "number")
      return "";
    return format.duration(Math.max(0, Math.round(Date.now() / 1000 - created / 1e6)));
  }

  /** The rows that have all of these words, in order. */
  found(search: string, sort: { field: number; down: boolean } | null): number[] {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    this.hay ??=
      words.length === 0
        ? null
        : Array.from({ length: this.count }, (_, row) => this.haystack(row));
    const rows: number[] = [];
    for (let row = 0; row < this.count; row += 1)
      if (words.every((w) => this.hay![row]!.includes(w))) rows.push(row);
    if (!sort) return rows;
    const column = this.ranked(sort.field);
    const turn = sort.down ? -1 : 1;
    return rows.sort((a, b) => {
      const [x, y] = [column[a]!, column[b]!];
      // What a run has not stands last, whichever way.
      if (Number.isNaN(x) || Number.isNaN(y))
        return Number.isNaN(x) && Number.isNaN(y) ? a - b : Number.isNaN(x) ? 1 : -1;
      return x === y ? a - b : x < y ? -turn : turn;
    });
  }

  /** A column as numbers to sort by: of texts, their places in the order of people. */
  private ranked(field: number): Float64Array {
    const column = this.cells[field] ?? [];
    if (this.fields[field]?.kind !== "text")
      return Float64Array.from(column, (cell) => (cell === null ? NaN : Number(cell)));
    const words = [...new Set(column as string[])].sort(people.compare);
    const places = new Map(words.map((word, n) => [word, word === "" ? NaN : n]));
    return Float64Array.from(column as string[], (word) => places.get(word) ?? NaN);
  }

  private haystack(row: number): string {
    return this.fields
      .map((field, n) => {
        if (field.kind === "time" || field.kind === "seconds") return "";
        const words = this.words(row, n);
        return words === "" ? "" : field.group ? `${field.name}=${words}` : words;
      })
      .join(" ")
      .toLowerCase();
  }
}

export interface Options {
  /** Someone opened a run. */
  open(id: string): void;
  /** Other runs are ticked; missing where they cannot be compared. */
  choose?(ids: string[]): void;
  /** Someone wants the ticked runs compared. */
  compare?(kind: string, name: string): void;
  note?: string;
}

const ROW = 28;
const AROUND = 6;
const MOST_COLUMNS = 60;
const titles: Record<string, string> = {
  id: "run",
  name: "name",
  status: "status",
  created: "created",
  duration: "took",
  tags: "tags",
};

export class RunTable {
  readonly element: HTMLElement;
  private order: number[] = [];
  private shown: number[] = [];
  private widths: number[] = [];
  private sort: { field: number; down: boolean } | null = null;
  private focused = 0;
  private opened = "";
  private readonly ticked = new Set<string>();
  private shared: [kind: string, name: string, many: number][] = [];
  private readonly search = keepKeys(
    h("input", {
      type: "search",
      class: "jt-search",
      placeholder: "search names, tags, inputs: lr=0.01",
      "aria-label": "search runs",
      oninput: () => this.seek(),
    }),
  );
  private readonly told = h("p", { class: "jt-caption", role: "status" });
  private readonly head = h("div", { class: "jt-runs-head", role: "row", "aria-rowindex": 1 });
  private readonly body = h("div", { class: "jt-runs-rows", role: "rowgroup" });
  private readonly scroller = h("div", { class: "jt-scroll jt-runs-scroll" });
  private readonly grid: HTMLElement;
  private readonly which = keepKeys(
    h("select", { class: "jt-select", "aria-label": "artifact to compare" }),
  );
  private readonly press = keepKeys(
    h(
      "button",
      { type: "button", class: "jt-button jt-words-button", onclick: () => this.ask() },
      "compare",
    ),
  );
  private readonly choice: HTMLElement;
  private readonly number = h("span", {});
  private readonly live = new Map<number, HTMLElement>();

  constructor(
    private rows: Rows,
    private readonly back: Options,
  ) {
    this.grid = h(
      "div",
      { class: "jt-runs", role: "grid", "aria-label": "runs", "aria-multiselectable": "true" },
      h("div", { role: "rowgroup", class: "jt-runs-top" }, this.head),
      this.body,
    );
    this.scroller.append(this.grid);
    const clear = keepKeys(
      h(
        "button",
        {
          type: "button",
          class: "jt-button jt-words-button",
          onclick: () => {
            this.ticked.clear();
            this.chosen();
          },
        },
        "clear",
      ),
    );
    this.choice = h(
      "div",
      { class: "jt-tools jt-choice", role: "group", "aria-label": "chosen runs" },
      this.number,
      this.which,
      this.press,
      clear,
    );
    this.element = h(
      "div",
      { class: "jt-run-table" },
      h("div", { class: "jt-tools" }, this.search, this.told),
      this.scroller,
      this.choice,
      back.note ? h("p", { class: "jt-note" }, back.note) : null,
    );
    this.scroller.addEventListener("scroll", () => this.draw());
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.update(rows);
    this.tell();
  }

  /** Other rows; what is searched for, sorted by, open and ticked stays. */
  update(rows: Rows): void {
    const before = this.sort && this.rows.fields[this.sort.field];
    const focusedId = this.order.length ? this.rows.id(this.order[this.focused] ?? 0) : "";
    this.rows = rows;
    const same = before
      ? rows.fields.findIndex((f) => f.group === before.group && f.name === before.name)
      : -1;
    this.sort = same < 0 ? null : { field: same, down: this.sort!.down };
    const fields = rows.fields
      .map((_, n) => n)
      .filter((n) => rows.fields[n]!.name !== "id" || rows.fields[n]!.group !== "");
    // The name stands first, and stays in sight.
    const name = rows.place("name");
    this.shown = [name, ...fields.filter((n) => n !== name && this.says(n))]
      .slice(0, MOST_COLUMNS)
      .filter((n) => n >= 0);
    this.measure();
    this.heading();
    this.seek(focusedId);
  }

  mark(id: string): void {
    this.opened = id;
    for (const [at, row] of this.live) this.dress(row, at);
  }

  /** Tick these runs; nobody is told. */
  show(ids: string[]): void {
    this.ticked.clear();
    for (const id of ids) this.ticked.add(id);
    this.dressAll();
    this.tell();
  }

  /** What the ticked runs have in common. */
  offer(shared: [string, string, number][]): void {
    this.shared = shared;
    const was = this.which.value;
    put(
      this.which,
      ...shared.map(([kind, name, many], n) =>
        h(
          "option",
          { value: n, selected: String(n) === was },
          `${name} · ${kind}${many < this.ticked.size ? ` (${many} of them)` : ""}`,
        ),
      ),
    );
    this.tell();
  }

  /** Whether a column says anything. */
  private says(field: number): boolean {
    const { group, name } = this.rows.fields[field]!;
    if (!group && name !== "tags") return true;
    for (let row = 0; row < this.rows.count; row += 1) {
      const cell = this.rows.at(row, field);
      if (cell !== null && cell !== "") return true;
    }
    return false;
  }

  private title(field: number): string {
    const { group, name } = this.rows.fields[field]!;
    return group ? name : (titles[name] ?? name);
  }

  private measure(): void {
    const sample = Math.min(this.rows.count, 200);
    this.widths = this.shown.map((field) => {
      const { group, name: what, kind } = this.rows.fields[field]!;
      let longest = Math.max(
        this.title(field).length + 2,
        group.length,
        kind === "number" ? 10 : 0,
      );
      for (let n = 0; n < sample; n += 1)
        longest = Math.max(
          longest,
          this.rows.words(Math.floor((n * this.rows.count) / sample), field).length,
        );
      return Math.round(
        Math.min(240, Math.max(56, longest * 7.3 + (!group && what === "status" ? 34 : 20))),
      );
    });
    this.grid.style.setProperty(
      "--jt-columns",
      `30px ${this.widths.map((w) => `${w}px`).join(" ")}`,
    );
    this.grid.style.width = `${30 + this.widths.reduce((a, b) => a + b, 0)}px`;
    this.grid.setAttribute("aria-colcount", String(this.shown.length + 1));
  }

  private heading(): void {
    const all = h("span", { class: "jt-unseen" }, "choose");
    put(
      this.head,
      h("div", { role: "columnheader", class: "jt-cell jt-tick" }, all),
      ...this.shown.map((field, n) => {
        const { group, kind } = this.rows.fields[field]!;
        const sorted =
          this.sort?.field === field ? (this.sort.down ? "descending" : "ascending") : "none";
        const button = keepKeys(
          h(
            "button",
            {
              type: "button",
              class: "jt-sort",
              onclick: () => this.turn(field),
              title: group ? `${group}: ${this.title(field)}` : this.title(field),
            },
            group ? h("span", { class: "jt-group-of" }, group) : null,
            h("span", { class: "jt-field" }, this.title(field)),
            h(
              "span",
              { class: "jt-arrow", "aria-hidden": "true" },
              sorted === "none" ? "" : sorted === "ascending" ? "▲" : "▼",
            ),
          ),
        );
        return h(
          "div",
          {
            role: "columnheader",
            class: `jt-cell${kind === "number" || kind === "seconds" ? " jt-number" : ""}${n === 0 ? " jt-first" : ""}`,
            "aria-sort": sorted,
          },
          button,
        );
      }),
    );
  }

  private turn(field: number): void {
    const { kind } = this.rows.fields[field]!;
    // Numbers and moments: the largest first. A third press brings the order back in which they came.
    const first = kind !== "text";
    if (this.sort?.field !== field) this.sort = { field, down: first };
    else this.sort = this.sort.down === first ? { field, down: !first } : null;
    const at = this.shown.indexOf(field);
    this.heading();
    this.seek();
    this.head.querySelectorAll<HTMLElement>(".jt-sort")[at]?.focus();
  }

  private seek(keep = ""): void {
    this.order = this.rows.found(this.search.value, this.sort);
    const kept = keep ? this.order.findIndex((row) => this.rows.id(row) === keep) : -1;
    this.focused = Math.max(0, kept);
    this.grid.setAttribute("aria-rowcount", String(this.order.length + 1));
    this.body.style.height = `${this.order.length * ROW}px`;
    if (kept < 0) this.scroller.scrollTop = 0;
    const { count } = this.rows;
    const words = `${format.count(count)} ${count === 1 ? "run" : "runs"}`;
    say(
      this.told,
      count === 0
        ? "no runs yet"
        : this.order.length === count
          ? words
          : `${format.count(this.order.length)} of ${words}`,
    );
    this.draw(true);
  }

  private draw(anew = false): void {
    const had = this.body.contains(document.activeElement);
    if (anew) {
      put(this.body);
      this.live.clear();
    }
    const height = this.scroller.clientHeight || 340;
    const from = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - AROUND);
    const to = Math.min(this.order.length, from + Math.ceil(height / ROW) + 2 * AROUND);
    const wanted = new Set<number>(this.order.length ? [this.focused] : []);
    for (let at = from; at < to; at += 1) wanted.add(at);
    for (const [at, row] of this.live)
      if (!wanted.has(at)) {
        row.remove();
        this.live.delete(at);
      }
    for (const at of [...wanted].sort((a, b) => a - b)) {
      if (this.live.has(at)) continue;
      const row = this.row(at);
      // In the order of the table, for whoever reads it in the order of the page.
      const next = [...this.live.keys()].filter((n) => n > at).sort((a, b) => a - b)[0];
      this.body.insertBefore(row, next === undefined ? null : this.live.get(next)!);
      this.live.set(at, row);
    }
    if (had && !this.body.contains(document.activeElement))
      this.live.get(this.focused)?.focus({ preventScroll: true });
  }

  private row(at: number): HTMLElement {
    const row = this.order[at]!;
    const id = this.rows.id(row);
    const name = this.rows.name(row);
    const box = keepKeys(
      h("input", {
        type: "checkbox",
        tabindex: -1,
        "aria-label": `choose ${name}`,
        checked: this.ticked.has(id),
        onclick: (event: Event) => {
          event.stopPropagation();
          this.toggle(id);
        },
      }),
    );
    const cells = this.shown.map((field, n) => {
      const { group, name: what, kind } = this.rows.fields[field]!;
      const words = n === 0 ? name : this.rows.words(row, field);
      const inside =
        !group && what === "status"
          ? h("span", { class: `jt-status jt-is-${words.replace(/[^a-z]/g, "")}` }, words)
          : h("span", { class: "jt-field" }, words);
      return h(
        "div",
        {
          role: "gridcell",
          class: `jt-cell${kind === "number" || kind === "seconds" ? " jt-number" : ""}${n === 0 ? " jt-first" : ""}`,
          title: words,
        },
        inside,
      );
    });
    const element = keepKeys(
      h(
        "div",
        {
          role: "row",
          class: "jt-runs-row",
          "aria-rowindex": at + 2,
          "data-jt-run": id,
          onclick: () => this.open(at),
        },
        h(
          "div",
          {
            role: "gridcell",
            class: "jt-cell jt-tick",
            onclick: (event: Event) => {
              event.stopPropagation();
              if (event.target !== box) this.toggle(id);
            },
          },
          box,
        ),
        ...cells,
      ),
    );
    element.style.top = `${at * ROW}px`;
    element.classList.toggle("jt-odd", at % 2 === 1);
    this.dress(element, at);
    return element;
  }

  private dress(element: HTMLElement, at: number): void {
    const id = element.dataset["jtRun"]!;
    element.tabIndex = at === this.focused ? 0 : -1;
    element.setAttribute("aria-selected", String(this.ticked.has(id)));
    if (id === this.opened) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
    element.querySelector("input")!.checked = this.ticked.has(id);
  }

  private dressAll(): void {
    for (const [at, row] of this.live) this.dress(row, at);
  }

  private key(event: KeyboardEvent): void {
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      !(event.target as HTMLElement).dataset["jtRun"]
    )
      return;
    const page = Math.max(1, Math.floor((this.scroller.clientHeight || 340) / ROW) - 2);
    const to = {
      ArrowUp: this.focused - 1,
      ArrowDown: this.focused + 1,
      PageUp: this.focused - page,
      PageDown: this.focused + page,
      Home: 0,
      End: this.order.length - 1,
    }[event.key];
    if (to !== undefined) this.go(Math.max(0, Math.min(this.order.length - 1, to)));
    else if (event.key === "Enter") this.open(this.focused);
    else if (event.key === " ") this.toggle(this.rows.id(this.order[this.focused]!));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private go(at: number): void {
    this.focused = at;
    const top = at * ROW;
    const inside = (this.scroller.clientHeight || 340) - this.head.offsetHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + ROW > this.scroller.scrollTop + inside)
      this.scroller.scrollTop = top + ROW - inside;
    this.draw();
    this.dressAll();
    this.live.get(at)?.focus({ preventScroll: true });
  }

  private open(at: number): void {
    const row = this.order[at];
    if (row === undefined) return;
    this.focused = at;
    this.mark(this.rows.id(row));
    this.dressAll();
    this.back.open(this.rows.id(row));
  }

  private toggle(id: string): void {
    if (!this.ticked.delete(id)) this.ticked.add(id);
    this.chosen();
  }

  private chosen(): void {
    this.dressAll();
    this.tell();
    this.back.choose?.([...this.ticked]);
  }

  private ask(): void {
    const [kind, name] = this.shared[Number(this.which.value)] ?? [];
    if (kind !== undefined && name !== undefined) this.back.compare?.(kind, name);
  }

  private tell(): void {
    const many = this.ticked.size;
    this.choice.hidden = !this.back.compare || many === 0;
    say(
      this.number,
      many === 1 ? "1 run chosen; choose another to compare" : `${format.count(many)} runs chosen`,
    );
    const none = many < 2 || this.shared.length === 0;
    this.which.hidden = none;
    this.press.hidden = none;
    if (many > 1 && this.shared.length === 0)
      say(this.number, `${format.count(many)} runs chosen; they have no artifact of the same name`);
  }
}

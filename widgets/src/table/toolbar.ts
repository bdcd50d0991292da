// What stands above a dataframe: the controls (filter, summary, changes and since when, which columns), and the legend of what changed.

import { h, put } from "../dom/dom";
import * as format from "../model/format";
import type { StoredRowsHead, TableField } from "../model/heads";
import type { Host } from "../model/renderer";
import type { DiffSummary, TableOptions, TableView } from "./query";

/** So many columns of a wide DataFrame are shown at a time, as many as the kernel sends. */
const MAX_COLUMNS = 100;
/** How long the filter waits for the next letter, in milliseconds. */
const TYPING_PAUSE = 120;

export class TableToolbar {
  readonly element: HTMLElement;
  readonly options: TableOptions;
  showSummary = false;
  private readonly filter = h("input", {
    type: "search",
    class: "jt-filter",
    placeholder: "filter rows",
    "aria-label": "filter rows",
    spellcheck: "false",
    autocomplete: "off",
    oninput: () => this.onType(),
  });
  private readonly summary = this.toggle("summary", (on) => {
    this.showSummary = on;
  });
  private readonly changes = this.toggle("changes", (on) => {
    this.options.changes = on;
  });
  private readonly since = this.select("compare with", (value) => {
    this.options.since = value;
  });
  private readonly matchBy = this.select("match rows by", (value) => {
    this.options.matchBy = value === "" ? null : value.slice(1);
  });
  private readonly onlyChanged = h("input", {
    type: "checkbox",
    checked: true,
    onchange: () => {
      this.options.onlyChanged = this.onlyChanged.checked;
      this.changed();
    },
  });
  private readonly comparison = h(
    "span",
    { class: "jt-comparing" },
    h("label", { class: "jt-check" }, "since", this.since),
    h("label", { class: "jt-check" }, "rows matched by", this.matchBy),
    h("label", { class: "jt-check" }, this.onlyChanged, "only what changed"),
  );
  private readonly columnsBefore = this.columnsButton("columns before", "◂", -MAX_COLUMNS);
  private readonly columnsAfter = this.columnsButton("columns after", "▸", MAX_COLUMNS);
  private readonly columnRange = h("span");
  private readonly columns = h(
    "span",
    { class: "jt-check" },
    this.columnsBefore,
    this.columnRange,
    this.columnsAfter,
  );
  private width = 0;
  private typing = 0;

  /** @param changed called when something else is to be shown. */
  constructor(
    private readonly host: Host<"dataframe">,
    private readonly changed: () => void,
  ) {
    this.options = {
      sort: null,
      filter: "",
      changes: false,
      since: host.about.beside === undefined ? "previous" : "beside",
      matchBy: null,
      onlyChanged: true,
      firstColumn: 0,
    };
    this.element = h(
      "div",
      { class: "jt-tools" },
      this.filter,
      this.summary,
      this.changes,
      this.comparison,
      this.columns,
    );
  }

  destroy(): void {
    clearTimeout(this.typing);
  }

  /** Show the controls that are of use for a step's payload. */
  update(head: StoredRowsHead): void {
    const { host, options } = this;
    const { firstColumn } = options;
    this.width = head.width;
    this.filter.hidden = options.changes;
    this.summary.hidden = !host.live && !head.summary;
    this.changes.hidden = host.about.steps.length < 2 && host.about.beside === undefined;
    this.columns.hidden = !head.hidden || !host.live;
    const last = Math.min(head.width, firstColumn + MAX_COLUMNS);
    this.columnRange.textContent = `columns ${format.count(firstColumn + 1)}–${format.count(last)} of ${format.count(head.width)}`;
    this.columnsBefore.setAttribute("aria-disabled", String(firstColumn === 0));
    this.columnsAfter.setAttribute("aria-disabled", String(last === head.width));
  }

  /** Offer the steps to compare with and the columns to match by. What was chosen and is no longer there gives way to the previous step, to the index. */
  offerComparisons(fields: TableField[]): void {
    const { host, options, since, matchBy } = this;
    this.comparison.hidden = !options.changes;
    if (!options.changes) return;
    const steps = host.about.steps.map((step, n): [string, string] => [
      String(n),
      `step ${format.step(step)}`,
    ]);
    const beside: [string, string][] =
      host.about.beside === undefined ? [] : [["beside", "the run beside"]];
    offer(since, [...beside, ["previous", "the previous step"], ...steps], options.since);
    if (since.selectedIndex < 0) since.value = options.since = "previous";
    // A column may have any name, the empty one too, so that the index is told apart by what goes before the name.
    const columns = fields
      .filter((f) => !f.index)
      .map((f): [string, string] => [`=${f.name}`, f.name || "(no name)"]);
    const chosen = options.matchBy === null ? "" : `=${options.matchBy}`;
    offer(matchBy, [["", "the index"], ...columns], chosen);
    if (matchBy.selectedIndex < 0) {
      matchBy.value = "";
      options.matchBy = null;
    }
  }

  private onType(): void {
    clearTimeout(this.typing);
    this.typing = window.setTimeout(() => {
      this.options.filter = this.filter.value;
      this.changed();
    }, TYPING_PAUSE);
  }

  private moveColumns(by: number): void {
    const to = this.options.firstColumn + by;
    if (to < 0 || to >= this.width) return;
    this.options.firstColumn = to;
    this.changed();
  }

  private toggle(label: string, turned: (on: boolean) => void): HTMLButtonElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "jt-button jt-toggle",
        "aria-pressed": "false",
        onclick: () => {
          const on = button.getAttribute("aria-pressed") !== "true";
          button.setAttribute("aria-pressed", String(on));
          turned(on);
          this.changed();
        },
      },
      label,
    );
    return button;
  }

  private select(label: string, chosen: (value: string) => void): HTMLSelectElement {
    const list = h("select", {
      class: "jt-select",
      "aria-label": label,
      onchange: () => {
        chosen(list.value);
        this.changed();
      },
    });
    return list;
  }

  private columnsButton(label: string, sign: string, by: number): HTMLButtonElement {
    const attributes = { type: "button", class: "jt-button", "aria-label": label, title: label };
    return h("button", { ...attributes, onclick: () => this.moveColumns(by) }, sign);
  }
}

/** Put options into a list, unless they are there already: a list that is open would close. */
function offer(list: HTMLSelectElement, options: [string, string][], value: string): void {
  const now = JSON.stringify(options);
  if (list.dataset["options"] !== now) {
    list.dataset["options"] = now;
    put(list, ...options.map(([own, text]) => h("option", { value: own }, text)));
  }
  list.value = value;
}

export const plural = (count: number, word: string): string =>
  `${format.count(count)} ${word}${count === 1 ? "" : "s"}`;

/** How many rows changed, with the colours that they have in the table; in which columns; and what became of the columns. */
export function diffLegend({ fields, changedCells = [] }: TableView, diff: DiffSummary): Node[] {
  const { tally, columnsAdded, columnsRemoved, since } = diff;
  const key = (count: number, sign: string, name: string, words: string) =>
    count
      ? [
          h(
            "span",
            { class: `jt-mark ${name}` },
            h("b", { "aria-hidden": "true" }, sign),
            ` ${words}`,
          ),
        ]
      : [];
  const changed = `${plural(tally.changed, "row")} changed (${plural(tally.cells, "cell")})`;
  const keys = [
    ...key(tally.added, "+", "jt-added", `${plural(tally.added, "row")} added`),
    ...key(tally.removed, "−", "jt-removed", `${plural(tally.removed, "row")} removed`),
    ...key(tally.changed, "~", "jt-changed", changed),
  ];
  const words = [
    mostChanged(fields, changedCells),
    keys.length === 0
      ? `no row changed since ${since}`
      : `${format.count(tally.same)} the same since ${since}`,
    columnsAdded.length ? `columns added: ${columnsAdded.join(", ")}` : "",
    columnsRemoved.length ? `columns gone: ${columnsRemoved.join(", ")}` : "",
    ...diff.dtypeChanges,
  ];
  return [...keys, h("span", { class: "jt-name" }, words.filter(Boolean).join(" · "))];
}

/** The columns in which most cells changed. */
function mostChanged(fields: TableField[], changedCells: number[]): string {
  const columns = fields
    .map((f, c): [string, number] => [f.name, changedCells[c] ?? 0])
    .filter(([, count]) => count)
    .sort(([, a], [, b]) => b - a);
  if (columns.length === 0) return "";
  const named = columns
    .slice(0, 5)
    .map(([name, count]) => `${name || "(no name)"} (${format.count(count)})`);
  return `in ${named.join(", ")}${columns.length > 5 ? " and others" : ""}`;
}

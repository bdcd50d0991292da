// What stands above a dataframe: the controls (filter, summary, changes and since when, which columns), and the legend of what changed.

import { h, put, span } from "../dom/dom";
import { bar, checkbox, toggle } from "../dom/toolbar";
import * as format from "../model/format";
import type { StoredRowsHead, TableField } from "../model/payload-heads";
import type { Host } from "../model/renderer";
import type { DiffSummary, TableOptions, TableView } from "./query";

/** How long the filter waits for the next letter, in milliseconds. */
const TYPING_PAUSE = 120;

export class TableToolbar {
  readonly element: HTMLElement;
  sort: TableOptions["sort"] = null;
  private filterText = "";
  private readonly filter = h("input", {
    type: "search",
    class: "jt-filter",
    placeholder: "filter rows",
    "aria-label": "filter rows",
    spellcheck: "false",
    autocomplete: "off",
    oninput: () => this.onType(),
  });
  private readonly summary = toggle("summary", () => this.changed());
  private readonly changes = toggle("changes", () => this.changed());
  private readonly since = list("compare with", () => this.changed());
  private readonly matchBy = list("match rows by", () => this.changed());
  private readonly onlyChanged = checkbox("only what changed", () => this.changed(), true);
  private readonly comparison = span(
    "jt-comparing",
    h("label", { class: "jt-check" }, "since", this.since),
    h("label", { class: "jt-check" }, "rows matched by", this.matchBy),
    this.onlyChanged.element,
  );
  private typing = 0;

  /** @param changed called when something else is to be shown. */
  constructor(
    private readonly host: Host<"dataframe">,
    private readonly changed: () => void,
  ) {
    this.element = bar(this.filter, this.summary, this.changes, this.comparison);
  }

  get showSummary(): boolean {
    return this.summary.value;
  }

  get options(): Omit<TableOptions, "firstColumn"> {
    const { sort, filterText: filter, matchBy } = this;
    return {
      sort,
      filter,
      changes: this.changes.value,
      since: this.since.value,
      matchBy: matchBy.value === "" ? null : matchBy.value.slice(1),
      onlyChanged: this.onlyChanged.value,
    };
  }

  destroy(): void {
    clearTimeout(this.typing);
  }

  /** Show the controls that are of use for a step's payload. */
  update(head: StoredRowsHead): void {
    const { host } = this;
    this.filter.hidden = this.changes.value;
    this.summary.element.hidden = !host.live && !head.summary;
    this.changes.element.hidden = host.about.steps.length < 2 && host.about.beside === undefined;
  }

  /** Offer the steps to compare with and the columns to match by. What was chosen and is no longer there gives way to the previous step, to the index. */
  offerComparisons(fields: TableField[]): void {
    const { about } = this.host;
    this.comparison.hidden = !this.changes.value;
    if (!this.changes.value) return;
    const steps = about.steps.map((step, n): Choice => [String(n), `step ${format.step(step)}`]);
    const beside: Choice[] = about.beside === undefined ? [] : [["beside", "the run beside"]];
    offer(this.since, [...beside, ["previous", "the previous step"], ...steps], "previous");
    // A column may have any name, the empty one too, so that the index is told apart by what goes before the name.
    const columns = fields
      .filter((f) => !f.index)
      .map((f): Choice => [`=${f.name}`, f.name || "(no name)"]);
    offer(this.matchBy, [["", "the index"], ...columns], "");
  }

  private onType(): void {
    clearTimeout(this.typing);
    this.typing = window.setTimeout(() => {
      this.filterText = this.filter.value;
      this.changed();
    }, TYPING_PAUSE);
  }
}

type Choice = [value: string, text: string];

const list = (label: string, changed: () => void): HTMLSelectElement =>
  h("select", { class: "jt-select", "aria-label": label, onchange: changed });

/**
 * Put choices into a list, unless they are there already: a list that is open would close. What was chosen stays, at first the first;
 * what is no longer there gives way to `otherwise`.
 */
function offer(list: HTMLSelectElement, choices: Choice[], otherwise: string): void {
  const now = JSON.stringify(choices);
  if (list.dataset["options"] === now) return;
  const chosen = list.length ? list.value : choices[0]![0];
  list.dataset["options"] = now;
  put(list, ...choices.map(([value, text]) => h("option", { value }, text)));
  list.value = chosen;
  if (list.selectedIndex < 0) list.value = otherwise;
}

/** How many rows changed, with the colours that they have in the table; in which columns; and what became of the columns. */
export function diffLegend({ fields, changedCells = [] }: TableView, diff: DiffSummary): Node[] {
  const { tally, columnsAdded, columnsRemoved, since } = diff;
  const key = (count: number, sign: string, name: string, words: string) =>
    count ? [span(`jt-mark ${name}`, h("b", { "aria-hidden": "true" }, sign), ` ${words}`)] : [];
  const changed = `${format.plural(tally.changed, "row")} changed (${format.plural(tally.cells, "cell")})`;
  const keys = [
    ...key(tally.added, "+", "jt-added", `${format.plural(tally.added, "row")} added`),
    ...key(tally.removed, "−", "jt-removed", `${format.plural(tally.removed, "row")} removed`),
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
  return [...keys, span("jt-name", format.joined(...words))];
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

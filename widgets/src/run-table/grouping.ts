// The control that groups the table of runs: by one field or by several.

import { h, put } from "../dom/dom";
import type { RunRows } from "../widgets/run-rows";
import { keyOf, offered, titleOf } from "./columns";

/** A field is offered where it has no more values than this, and fewer than there are runs. */
const MOST_VALUES = 200;
const NEVER = ["note", "created", "finished", "duration"];

export class GroupControl {
  readonly element = h("span", { class: "jt-grouping", role: "group", "aria-label": "group runs" });
  private readonly list = h("select", {
    class: "jt-select",
    "aria-label": "group by",
    onchange: () => this.add(Number(this.list.value)),
  });
  private rows: RunRows | null = null;
  private groups: number[] = [];

  /** @param changed is called with the fields that the runs are grouped by. */
  constructor(private readonly changed: (fields: number[]) => void) {}

  update(rows: RunRows, groups: number[]): void {
    const isSame = this.rows === rows && String(this.groups) === String(groups);
    this.rows = rows;
    this.groups = groups;
    if (isSame) return;
    const free = offered(rows).filter((n) => !groups.includes(n) && this.isGrouping(rows, n));
    put(
      this.list,
      h("option", { value: -1 }, groups.length ? "then by…" : "group by…"),
      ...free.map((n) => h("option", { value: n }, titleOf(rows.fields[n]!))),
    );
    const focused = this.element.contains(this.element.ownerDocument.activeElement);
    put(
      this.element,
      ...groups.map((n) =>
        h(
          "button",
          {
            type: "button",
            class: "jt-button jt-words-button",
            "aria-label": `do not group by ${titleOf(rows.fields[n]!)}`,
            onclick: () => this.changed(this.groups.filter((other) => other !== n)),
          },
          `${titleOf(rows.fields[n]!)} ×`,
        ),
      ),
      this.list,
    );
    this.element.hidden = free.length === 0 && groups.length === 0;
    if (focused) this.list.focus();
  }

  /** Whether a field puts several runs together, and tells some apart. */
  private isGrouping(rows: RunRows, n: number): boolean {
    const { group, name, kind } = rows.fields[n]!;
    if (group === "outputs" && kind === "number") return false;
    if (group === "" && NEVER.includes(name)) return false;
    const { distinct, count } = rows.variety(n);
    return (
      distinct > 0 &&
      distinct < count &&
      distinct <= MOST_VALUES &&
      (distinct > 1 || count < rows.listed)
    );
  }

  private add(field: number): void {
    if (field >= 0) this.changed([...this.groups, field]);
  }
}

/** The fields of keys, those that the rows have. */
export function fieldsOf(rows: RunRows, keys: readonly string[]): number[] {
  return keys.flatMap((key) => {
    const n = rows.fields.findIndex((field) => keyOf(field) === key);
    return n < 0 ? [] : [n];
  });
}

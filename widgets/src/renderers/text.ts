// Text: as it is, or what changed since the previous step, line by line.

import { h, keepKeys, put } from "../dom/dom";
import * as format from "../model/format";
import { bar, check } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

export type Change = ["same" | "added" | "removed", string];

/** Lines added and removed, by the longest common subsequence; very long texts are compared by position. */
export function diff(before: string[], after: string[]): Change[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail += 1;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const same = (line: string): Change => ["same", line];
  const middle: Change[] =
    a.length * b.length > 4_000_000
      ? [...a.map((l): Change => ["removed", l]), ...b.map((l): Change => ["added", l])]
      : longest(a, b);
  return [
    ...after.slice(0, head).map(same),
    ...middle,
    ...after.slice(after.length - tail).map(same),
  ];
}

function longest(a: string[], b: string[]): Change[] {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] =
        a[i] === b[j]
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
    }
  }
  const out: Change[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push(["same", a[i]!]);
      i += 1;
      j += 1;
    } else if (
      j >= b.length ||
      (i < a.length && table[(i + 1) * width + j]! >= table[i * width + j + 1]!)
    ) {
      out.push(["removed", a[i]!]);
      i += 1;
    } else {
      out.push(["added", b[j]!]);
      j += 1;
    }
  }
  return out;
}

const marks = { same: " ", added: "+", removed: "−" };

export function text(host: Host): Drawing {
  let compare = false;
  let last: Shown | null = null;
  const pre = keepKeys(
    h("pre", {
      class: "jt-text",
      tabindex: 0,
      role: "region",
      "aria-label": `content of ${called(host.about)}`,
      dir: "auto",
    }),
  );
  const caption = h("p", { class: "jt-caption" });
  const single = host.about.steps.length < 2;
  host.element.append(
    single
      ? ""
      : bar(
          check("changes since the previous step", (on) => {
            compare = on;
            if (last) draw(last);
          }),
        ),
    pre,
    caption,
  );

  function draw(shown: Shown): void {
    last = shown;
    if (!shown.frame) return;
    const now = shown.frame.text(0);
    const before = compare && shown.at > 0 ? host.frame(shown.at - 1) : undefined;
    host.need?.(compare && shown.at > 0 ? shown.at - 1 : null);
    const lines = now.split("\n");
    const facts = [
      `${format.count(now.length)} characters`,
      `${format.count(lines.length)} ${lines.length === 1 ? "line" : "lines"}`,
    ];
    if (shown.frame.head.cut)
      facts.push(
        `the first ${format.count(now.length)} of ${format.count(shown.frame.head.cut)} characters`,
      );
    if (!before) {
      pre.textContent = now;
      if (compare)
        facts.push(
          shown.at === 0
            ? "the first step, nothing before it"
            : "the previous step is not here yet",
        );
    } else {
      const changes = diff(before.text(0).split("\n"), lines);
      put(
        pre,
        ...changes.map(([kind, line]) =>
          h(
            kind === "added" ? "ins" : kind === "removed" ? "del" : "span",
            { class: `jt-change jt-${kind}` },
            `${marks[kind]} ${line}\n`,
          ),
        ),
      );
      const many = (kind: string) => changes.filter(([k]) => k === kind).length;
      facts.push(`${many("added")} added, ${many("removed")} removed`);
    }
    caption.textContent = facts.join(" · ");
  }
  return { draw };
}

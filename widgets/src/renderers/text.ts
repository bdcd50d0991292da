// Text as it was logged, or what changed since the previous step, line by line.

import { diffArrays } from "diff";
import { h, put, region } from "../dom/dom";
import * as format from "../model/format";
import { bar, checkbox } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

export type Change = ["same" | "added" | "removed", string];

/** How long the fewest changes are searched for (ms); it takes the longer the more there are. */
const DIFF_TIMEOUT = 300;

/** The lines added and removed that lead from one text to another: the fewest, or all where these are not found in time. */
export function diff(before: string[], after: string[]): Change[] {
  const parts = diffArrays(before, after, { timeout: DIFF_TIMEOUT }) ?? [
    { value: before, added: false, removed: true },
    { value: after, added: true, removed: false },
  ];
  return parts.flatMap(({ value, added, removed }) =>
    value.map((line): Change => [added ? "added" : removed ? "removed" : "same", line]),
  );
}

const marks = { same: " ", added: "+", removed: "−" };

export function text(host: Host<"text">): Drawing<"text"> {
  const compare = checkbox("changes since the previous step", host.redraw);
  const pre = region("pre", "jt-text", `content of ${called(host.about)}`);
  pre.dir = "auto";
  const caption = h("p", { class: "jt-caption" });
  host.element.append(host.about.steps.length < 2 ? "" : bar(compare), pre, caption);

  function draw({ payload, at }: Shown<"text">): void {
    if (!payload) return;
    const now = payload.text(0);
    const { cut } = payload.head;
    const previous = compare.value && at > 0 ? at - 1 : null;
    const before = previous === null ? undefined : host.payload(previous);
    host.need?.(previous);
    const lines = now.split("\n");
    const facts = [
      `${format.count(now.length)} characters`,
      format.plural(lines.length, "line"),
      cut ? `the first ${format.count(now.length)} of ${format.count(cut)} characters` : null,
    ];
    if (!before) {
      pre.textContent = now;
      if (compare.value)
        facts.push(
          at === 0 ? "the first step, nothing before it" : "the previous step is not here yet",
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
    caption.textContent = format.joined(...facts);
  }
  return { draw };
}

// Text as it was logged, or what changed since the previous step, line by line.

import { diffArrays } from "diff";
import { h, keepKeys, put } from "../dom/dom";
import * as format from "../model/format";
import { bar, check } from "../dom/toolbar";
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
  let compare = false;
  let last: Shown<"text"> | null = null;
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

  function draw(shown: Shown<"text">): void {
    last = shown;
    if (!shown.payload) return;
    const now = shown.payload.text(0);
    const before = compare && shown.at > 0 ? host.payload(shown.at - 1) : undefined;
    host.need?.(compare && shown.at > 0 ? shown.at - 1 : null);
    const lines = now.split("\n");
    const facts = [
      `${format.count(now.length)} characters`,
      `${format.count(lines.length)} ${lines.length === 1 ? "line" : "lines"}`,
    ];
    if (shown.payload.head.cut)
      facts.push(
        `the first ${format.count(now.length)} of ${format.count(shown.payload.head.cut)} characters`,
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

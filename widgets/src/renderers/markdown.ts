// Markdown with its marks carried out: headings, lists, tables, quotes, code, emphasis. Built as elements; what it does not know stays as text.

import { h, keepKeys, put, type Child } from "../dom/dom";
import * as format from "../model/format";
import { text } from "./text";
import { bar, check } from "../dom/toolbar";
import { called } from "../model/model";
import type { Host, Drawing, Shown } from "../model/renderer";

const marks: [RegExp, (found: RegExpExecArray, depth: number) => Child][] = [
  [/`([^`]+)`/, (m) => h("code", {}, m[1])],
  [/\*\*(.+?)\*\*/, (m, d) => h("strong", {}, ...inline(m[1]!, d))],
  [/(?<![\w*])\*([^\s*][^*]*?)\*(?![\w*])/, (m, d) => h("em", {}, ...inline(m[1]!, d))],
  [/(?<!\w)_([^\s_][^_]*?)_(?!\w)/, (m, d) => h("em", {}, ...inline(m[1]!, d))],
  [/~~(.+?)~~/, (m, d) => h("s", {}, ...inline(m[1]!, d))],
  // A picture would be fetched, and a link leads away: both are told in words.
  [
    /!\[([^\]]*)\]\(([^)\s]*)[^)]*\)/,
    (m) => h("span", { class: "jt-kind" }, `[picture ${m[1]}: ${m[2]}]`),
  ],
  [
    /\[([^\]]+)\]\(([^)\s]*)[^)]*\)/,
    (m, d) =>
      h(
        "span",
        { class: "jt-link", title: m[2] },
        ...inline(m[1]!, d),
        h("span", { class: "jt-kind" }, ` (${m[2]})`),
      ),
  ],
];

/** Text with its marks, as nodes. */
export function inline(source: string, depth = 0): Child[] {
  if (depth > 8) return [source];
  let first: { at: number; length: number; node: () => Child } | null = null;
  for (const [pattern, make] of marks) {
    const found = pattern.exec(source);
    if (found && (!first || found.index < first.at))
      first = { at: found.index, length: found[0].length, node: () => make(found, depth + 1) };
  }
  if (!first) return source ? [source] : [];
  const rest = source.slice(first.at + first.length);
  // Long texts go on in a loop of the caller's, not deeper: each call takes one mark.
  return [source.slice(0, first.at), first.node(), ...(rest ? inline(rest, depth) : [])];
}

const cells = (line: string) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
const item = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;

/** A document as elements. */
export function markdown(source: string, depth = 0): HTMLElement[] {
  const lines = source.replaceAll("\r\n", "\n").split("\n");
  const out: HTMLElement[] = [];
  let at = 0;
  const take = (fits: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (at < lines.length && fits(lines[at]!)) {
      taken.push(lines[at]!);
      at += 1;
    }
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = /^\s*(```+|~~~+)/.exec(line);
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (!line.trim()) at += 1;
    else if (fence) {
      at += 1;
      const code = take((l) => !l.trim().startsWith(fence[1]!));
      at += 1;
      out.push(h("pre", { class: "jt-code-block" }, code.join("\n")));
    } else if (heading) {
      at += 1;
      out.push(
        h(
          "div",
          {
            role: "heading",
            "aria-level": Math.min(6, heading[1]!.length + 2),
            class: `jt-h jt-h${heading[1]!.length}`,
          },
          ...inline(heading[2]!),
        ),
      );
    } else if (/^\s*([-*_])\s*(\1\s*){2,}$/.test(line)) {
      at += 1;
      out.push(h("hr"));
    } else if (/^\s*>/.test(line)) {
      const inner = take((l) => /^\s*>/.test(l))
        .map((l) => l.replace(/^\s*> ?/, ""))
        .join("\n");
      out.push(h("blockquote", {}, ...(depth < 8 ? markdown(inner, depth + 1) : [inner])));
    } else if (item.test(line)) out.push(list(take((l) => item.test(l) || /^\s+\S/.test(l))));
    else if (
      line.includes("|") &&
      /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(lines[at + 1] ?? "")
    ) {
      const head = cells(line);
      at += 2;
      const rows = take((l) => l.includes("|") && l.trim() !== "").map(cells);
      out.push(
        h(
          "table",
          { class: "jt-grid" },
          h("thead", {}, h("tr", {}, ...head.map((c) => h("th", { scope: "col" }, ...inline(c))))),
          h(
            "tbody",
            {},
            ...rows.map((row) => h("tr", {}, ...row.map((c) => h("td", {}, ...inline(c))))),
          ),
        ),
      );
    } else {
      const from = at;
      const words = take(
        (l) =>
          l.trim() !== "" &&
          (at === from || !/^(#{1,6}\s|\s*(```|~~~|>)|\s*([-*+]|\d+[.)])\s)/.test(l)),
      );
      out.push(
        h(
          "p",
          {},
          ...words.flatMap((l, n) => [
            ...inline(l.trim()),
            n < words.length - 1 ? (l.endsWith("  ") ? h("br") : " ") : null,
          ]),
        ),
      );
    }
  }
  return out;
}

function list(lines: string[]): HTMLElement {
  const levels: { indent: number; element: HTMLElement }[] = [];
  const make = (mark: string) =>
    h(/\d/.test(mark) ? "ol" : "ul", /\d/.test(mark) ? { start: parseInt(mark, 10) } : {});
  let root: HTMLElement | null = null;
  for (const line of lines) {
    const found = item.exec(line);
    if (!found) {
      levels
        .at(-1)
        ?.element.lastElementChild?.append(
          " ",
          ...inline(line.trim()).map((c) => c as string | Node),
        );
      continue;
    }
    const [, space, mark, words] = found;
    while (levels.length > 1 && space!.length < levels.at(-1)!.indent) levels.pop();
    if (!levels.length || (space!.length > levels.at(-1)!.indent + 1 && levels.length < 8)) {
      const element = make(mark!);
      if (levels.length)
        (levels.at(-1)!.element.lastElementChild ?? levels.at(-1)!.element).append(element);
      else root = element;
      levels.push({ indent: space!.length, element });
    }
    const task = /^\[([ xX])\]\s+(.*)$/.exec(words!);
    levels
      .at(-1)!
      .element.append(
        h(
          "li",
          {},
          ...(task ? [task[1] === " " ? "☐ " : "☑ ", ...inline(task[2]!)] : inline(words!)),
        ),
      );
  }
  return root ?? h("ul");
}

export function markdownView(host: Host): Drawing {
  let plain = false;
  let last: Shown | null = null;
  const page = keepKeys(
    h("div", {
      class: "jt-text jt-page",
      tabindex: 0,
      role: "region",
      "aria-label": `content of ${called(host.about)}`,
      dir: "auto",
    }),
  );
  const caption = h("p", { class: "jt-caption" });
  const source = h("div");
  let below: Drawing | null = null;
  host.element.append(
    bar(
      check("source", (on) => {
        plain = on;
        if (last) draw(last);
      }),
    ),
    page,
    caption,
    source,
  );

  function draw(shown: Shown): void {
    last = shown;
    if (!shown.frame) return;
    const now = shown.frame.text(0);
    page.hidden = caption.hidden = plain;
    source.hidden = !plain;
    if (plain) {
      below ??= text(Object.create(host, { element: { value: source } }) as Host);
      below.draw(shown);
      return;
    }
    put(page, ...markdown(now));
    caption.textContent = `${format.count(now.length)} characters of markdown${shown.frame.head.cut ? `, the first of ${format.count(shown.frame.head.cut)}` : ""}`;
  }
  return { draw };
}

// Markdown as the page it makes: the kernel has parsed it, and its tree is built as elements here.

import { h, put, region, span, type Child } from "../dom/dom";
import { bar, checkbox } from "../dom/toolbar";
import * as format from "../model/format";
import { called } from "../model/model";
import type { Drawing, Host, Shown } from "../model/renderer";
import { text } from "./text";

interface NodeAttributes {
  href?: string;
  src?: string;
  title?: string;
  alt?: string;
  /** The number of a list's first item. */
  start?: number;
  /** How a table's cell is aligned: left, center or right. */
  align?: string;
  /** The language of a block of code. */
  info?: string;
}
type MarkdownElement = [tag: string, attributes: NodeAttributes | null, ...MarkdownNode[]];
export type MarkdownNode = string | MarkdownElement;

/** What is drawn as the element of the same name. Anything else that a tree may name is drawn as what is in it. */
const plainTags = [
  "p",
  "ul",
  "li",
  "blockquote",
  "code",
  "strong",
  "em",
  "s",
  "thead",
  "tbody",
  "tr",
  "hr",
  "br",
] as const;
type PlainTag = (typeof plainTags)[number];
const isPlain = (tag: string): tag is PlainTag => plainTags.some((plain) => plain === tag);

/** The nodes of a tree as elements. The kernel limits how deep it is. */
export function build(nodes: MarkdownNode[]): Child[] {
  return nodes.flatMap((node) => (typeof node === "string" ? node : element(node)));
}

/** The text of a block of code, which has the look of code already. */
function uncoded(node: MarkdownNode): MarkdownNode[] {
  if (typeof node === "string" || node[0] !== "code") return [node];
  const [, , ...inner] = node;
  return inner;
}

function element([tag, attributes, ...nodes]: MarkdownElement): Child | Child[] {
  const told = attributes ?? {};
  // A picture would be fetched, and a link leads away: both are told in words.
  if (tag === "img") return span("jt-kind", `[picture ${told.alt ?? ""}: ${told.src ?? ""}]`);
  if (tag === "pre") return h("pre", { class: "jt-code-block" }, ...build(nodes.flatMap(uncoded)));
  const children = build(nodes);
  if (tag === "a") {
    const address = span("jt-kind", ` (${told.href ?? ""})`);
    return h("span", { class: "jt-link", title: told.href }, ...children, address);
  }
  const level = /^h([1-6])$/.exec(tag)?.[1];
  // Not real headings: the document is a part of the notebook's, and stands two levels below its panel.
  if (level) {
    const ariaLevel = Math.min(6, Number(level) + 2);
    const look = { role: "heading", "aria-level": ariaLevel, class: `jt-h jt-h${level}` };
    return h("div", look, ...children);
  }
  if (tag === "ol") return h("ol", { start: told.start }, ...children);
  if (tag === "table") return h("table", { class: "jt-grid" }, ...children);
  if (tag === "th" || tag === "td") {
    const isAligned = /^(left|center|right)$/.test(told.align ?? "");
    const style = isAligned ? `text-align:${told.align}` : null;
    return h(tag, { scope: tag === "th" ? "col" : null, style }, ...children);
  }
  return isPlain(tag) ? h(tag, {}, ...children) : children;
}

export function markdown(host: Host<"markdown">): Drawing<"markdown"> {
  const asSource = checkbox("source", host.redraw);
  const page = region("div", "jt-text jt-page", `content of ${called(host.about)}`);
  page.dir = "auto";
  const caption = h("p", { class: "jt-caption" });
  const source = h("div");
  let sourceDrawing: Drawing<"text"> | null = null;
  host.element.append(bar(asSource), page, caption, source);

  function draw(shown: Shown<"markdown">): void {
    const { payload } = shown;
    if (!payload) return;
    page.hidden = caption.hidden = asSource.value;
    source.hidden = !asSource.value;
    if (asSource.value) {
      // The source is drawn as any text is, with what changed since the previous step.
      sourceDrawing ??= text(Object.create(host, { element: { value: source } }) as Host<"text">);
      sourceDrawing.draw({ ...shown });
      return;
    }
    const { cut, tree } = payload.head;
    put(page, ...build(JSON.parse(payload.text(tree)) as MarkdownNode[]));
    caption.textContent = `${format.count(payload.text(0).length)} characters of markdown${cut ? `, the first of ${format.count(cut)}` : ""}`;
  }
  return { draw };
}

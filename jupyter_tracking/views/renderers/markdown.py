"""Markdown: its source as text, and parsed into a tree of a few harmless elements, which the page and the report draw."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.renderers.text import TextRenderer

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

    from jupyter_tracking.views.model.payload import Payload
    from jupyter_tracking.views.model.series import Series

# A string, or [tag, attributes or None, *children].
Node = str | list[Any]

_TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "s"),
    *("table", "thead", "tbody", "tr", "th", "td", "hr", "br", "a", "img"),
}
# Elements deeper than this are left out, and their content goes into the one above: a page and JSON must not overflow.
_DEEPEST = 32
# Of a longer text the rest is shown as it was written: parsing it would keep the kernel from answering.
_LONGEST = 100_000
# A paragraph with more marks than these is no prose: it is shown as it was written. Twenty thousand marks take the parser a tenth of a
# second; opening brackets take it a time that grows with the square of their number, the same tenth for five thousand.
_MOST_MARKS, _MOST_BRACKETS = 20_000, 2_000
_MARKS = re.compile(r"[*_~`\[\]!<&]")
_TASKS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


class MarkdownRenderer(TextRenderer):
    """Draws Markdown: headings, lists, tables and code, or the source."""

    stem = "markdown"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the text of one step, and the tree of it."""
        payload = super().payload(series, number, preview=preview)
        tree = series.derived(f"tree {preview}", lambda: _packed_tree(payload.buffers[0].decode()), number)
        payload.head["tree"] = payload.attach(tree)
        return payload


def _packed_tree(source: str) -> bytes:
    return json.dumps(parse_markdown(source), ensure_ascii=False, separators=(",", ":")).encode()


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # HTML in a text stays text, and what looks like an address does not become a link.
    options = {"html": False, "linkify": False, "maxNesting": _DEEPEST}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.core.ruler.at("inline", _parse_inline)
    return parser


def _parse_inline(state: StateCore) -> None:
    """Parse what is inside of each paragraph, cell and heading, as the parser's own rule does, unless it has too many marks."""
    from markdown_it.token import Token

    for token in state.tokens:
        if token.type != "inline":
            continue
        if len(_MARKS.findall(token.content)) > _MOST_MARKS or token.content.count("[") > _MOST_BRACKETS:
            token.children = [Token("text", "", 0, content=token.content)]
        else:
            token.children = []
            state.md.inline.parse(token.content, state.md, state.env, token.children)


def parse_markdown(source: str) -> list[Node]:
    """Return a text as a list of nodes: a string, or `[tag, attributes or None, *children]`.

    Only the tags of `_TAGS` occur, and of attributes href, title, alt, src, start, align and info (the language of a code block). Addresses
    are there to be shown: nothing that draws the tree follows or fetches them.
    """
    tokens = _parser().parse(source[:_LONGEST])
    # The parser leaves out what is nested deeper than it may go: rather than lose it, the text is shown as it was written.
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return [["pre", None, source]]
    tree = _Tree()
    for token in tokens:
        tree.add(token)
    rest = source[_LONGEST:]
    return [*tree.nodes, ["pre", None, rest]] if rest else tree.nodes


class _Tree:
    """The nodes made of a parser's tokens, which come one after the other."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._open: list[list[Any]] = [self.nodes]
        self._item_begins = False  # what comes next is the first of a list's item

    def add(self, token: Token) -> None:
        if token.nesting > 0:
            self._begin(token)
        elif token.nesting < 0:
            if not token.hidden:
                self._open.pop()
        elif token.type == "inline":
            for child in token.children or ():
                self.add(child)
        else:
            self._add_leaf(token)

    def _add_leaf(self, token: Token) -> None:
        if token.type in {"fence", "code_block"}:
            info = token.info.strip().split(maxsplit=1)[:1]
            self._append(["pre", {"info": info[0]} if info else None, ["code", None, token.content]])
        elif token.type == "code_inline":
            self._append(["code", None, token.content])
        elif token.type == "image":
            self._append(["img", _attributes(token) | {"alt": "".join(child.content for child in token.children or ())}])
        elif token.type == "softbreak":
            self._add_text("\n")
        elif token.tag in _TAGS:
            self._append([token.tag, None])
        else:
            self._add_text(token.content)

    def _begin(self, token: Token) -> None:
        if token.hidden:  # the paragraphs of a list without empty lines
            return
        above = self._open[-1]
        if len(self._open) > _DEEPEST or token.tag not in _TAGS:
            self._open.append(above)
            return
        node: list[Any] = [token.tag, _attributes(token) or None]
        above.append(node)
        self._open.append(node)
        self._item_begins = token.tag == "li" or (self._item_begins and token.tag == "p")

    def _append(self, node: list[Any]) -> None:
        self._item_begins = False
        self._open[-1].append(node)

    def _add_text(self, text: str) -> None:
        if self._item_begins and text[:4] in _TASKS:
            text = _TASKS[text[:4]] + text[4:]
        self._item_begins = False
        if text:
            self._open[-1].append(text)


def _attributes(token: Token) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("href", "title", "src", "start"):
        value = token.attrs.get(name)
        if value:
            found[name] = int(value) if name == "start" else str(value)
    style = str(token.attrs.get("style") or "")
    if style.startswith("text-align:"):
        found["align"] = style.removeprefix("text-align:").strip()
    return found


def render_markdown(source: str) -> str:
    """Return a text as HTML of headings, lists, tables, code and emphasis; links and pictures are given in words, with their addresses."""
    return "".join(map(_render, parse_markdown(json_safe(source))))


def _render(node: Node) -> str:
    if isinstance(node, str):
        return html.escape(node)
    tag, attributes, *children = node
    known = attributes or {}
    if tag == "img":
        return html.escape(f"[picture {known['alt']}: {known.get('src', '')}]")
    inside = "".join(map(_render, children))
    if tag == "a":
        return f"{inside} ({html.escape(known.get('href', ''))})"
    if tag in {"br", "hr"}:
        return f"<{tag}>"
    start = f' start="{known["start"]}"' if "start" in known else ""
    align = f' style="text-align:{known["align"]}"' if known.get("align") in {"left", "right", "center"} else ""
    return f"<{tag}{start}{align}>{inside}</{tag}>"


RENDERER = MarkdownRenderer()

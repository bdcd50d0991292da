"""The HTML of a notebook's outputs, written anew: what is text and tables in it stays, and nothing that could run, fetch or lead anywhere.

Nothing is taken over as it stands. What is read is told apart into elements and text; elements of a fixed list are written again with
attributes of a fixed list, and all text is escaped: however a browser would have read it, what it reads here is what was written here.
"""

from __future__ import annotations

import html
import re

MOST_HTML = 300_000  # characters of one output; a longer one is shown as its text
_DEEPEST = 64
_SPANS = 1_000
_STYLE = 2_000

# Elements that are written again, and those of them that have no end.
_KEPT = {
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "colgroup", "col"),
    *("div", "p", "span", "pre", "code", "kbd", "samp", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "br", "wbr"),
    *("ul", "ol", "li", "dl", "dt", "dd", "figure", "figcaption", "center"),
    *("b", "strong", "i", "em", "u", "s", "del", "ins", "mark", "small", "sub", "sup", "abbr", "cite", "q", "var", "time", "img"),
}
_VOID = {"br", "hr", "wbr", "col", "img"}
# What is in these is left out with them: it is no text, or is not seen. In the first there are no elements.
_RAW = {"script", "style", "iframe", "noembed", "noframes", "noscript", "title", "textarea", "xmp", "plaintext"}
_LEFT_OUT = {
    *("template", "frameset", "object", "applet", "svg", "math", "canvas", "video", "audio"),
    *("head", "select", "datalist", "button", "dialog", "map"),
}
# Where one of these was left out, what remains may not be what was to be seen; a table in it is.
_DRAW = {"script", "iframe", "object", "applet", "svg", "math", "canvas", "video", "audio", "frameset"}
_ALIGN = re.compile(r"left|right|center|justify|start|end")
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_PROPERTIES = {
    *("color", "background-color", "font-weight", "font-style", "font-size", "font-family", "text-align", "text-decoration"),
    *("vertical-align", "white-space", "border", "border-top", "border-right", "border-bottom", "border-left", "border-color"),
    *("border-style", "border-width", "border-collapse", "padding", "padding-left", "padding-right", "padding-top", "padding-bottom"),
    *("opacity", "background"),
}
# Plain words, numbers and colours; of functions only colours and gradients, and no name that fetches.
_VALUE = re.compile(r"(?:[\w\s#.,%+-]|(?:rgba?|hsla?|linear-gradient)\(|\))*")
_RULE = re.compile(r"([^{}]{1,20000})\{([^{}]{1,2000})\}")
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]{0,40})")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s/>=][^\s/>=]*)(\s*=\s*)?")
_BARE = re.compile(r"[^\s>]*")
_ID = re.compile(r"#(T_[\w-]{1,200})")  # pandas' Styler says how each cell looks by its id


def plain_html(markup: str) -> str | None:
    """Return HTML without anything that could run, fetch or lead anywhere; None where too little of it would be left to be shown.

    Args:
        markup: the text/html of an output, of anybody.
    """
    if len(markup) > MOST_HTML:
        return None
    writer = _Writer()
    writer.read(markup)
    if writer.drew and not writer.tables:
        return None
    return writer.written() or None


class _Writer:
    """Writes what it reads again, as far as it is kept."""

    def __init__(self) -> None:
        self.tables = 0
        self.drew = False
        self._parts: list[str] = []
        self._open: list[str] = []
        self._skipped: list[str] = []  # elements that are open and left out
        self._styles: dict[str, str] = {}
        self._shown = False

    def written(self) -> str:
        """Return what was kept, all of it closed; nothing where there is nothing to see."""
        ends = "".join(f"</{tag}>" for tag in reversed(self._open))
        return "".join(self._parts) + ends if self._shown else ""

    def read(self, markup: str) -> None:
        """Take markup apart, from its beginning to its end and never back: the time it takes grows with its length, whatever is in it."""
        at = 0
        while 0 <= at < len(markup):
            begin = markup.find("<", at)
            self._text(markup[at : begin if begin >= 0 else None])
            if begin < 0:
                return
            if markup.startswith("<!--", begin):
                at = _after(markup, "-->", begin + 4)
            elif name := _NAME.match(markup, begin):
                tag, ends = name[1].lower(), markup[begin + 1] == "/"
                attributes, at = _read_attributes(markup, name.end())
                if at < 0:
                    return
                if ends:
                    self._end(tag)
                elif tag in _RAW:
                    at = self._leave_out(tag, markup, at)
                else:
                    self._begin(tag, attributes)
            elif markup[begin + 1 : begin + 2] in {"!", "?", "/"}:
                at = _after(markup, ">", begin)
            else:
                self._text("<")
                at = begin + 1

    def _leave_out(self, tag: str, markup: str, at: int) -> int:
        """Leave an element out that has only text, and return where it ends; of a style sheet take how cells look."""
        self.drew |= tag in _DRAW
        end = re.compile(f"</{tag}", re.IGNORECASE).search(markup, at)
        if end is None:
            return -1
        if tag == "style":
            for selectors, declarations in _RULE.findall(markup[at : end.start()]):
                look = _safe_style(declarations)
                for name in _ID.findall(selectors) if look else ():
                    self._styles[name] = f"{self._styles.get(name, '')}{look}"[:_STYLE]
        return _after(markup, ">", end.end())

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        """Write an element again, or begin to leave one out."""
        self.drew |= tag in _DRAW
        if self._skipped or tag in _LEFT_OUT:
            if tag in _LEFT_OUT and len(self._skipped) < _DEEPEST:
                self._skipped.append(tag)
            return
        if tag == "a":  # where a link led is told, and it leads nowhere
            tag = "span"
        if tag not in _KEPT or (len(self._open) >= _DEEPEST and tag not in _VOID):
            return
        written = self._attributes(tag, given)
        if tag == "img" and "src" not in written:
            self._parts.append(html.escape(f"[picture {given.get('alt', '')}]"))
            return
        self.tables += tag == "table"
        self._shown |= tag in {"table", "img"}
        attributes = "".join(f' {name}="{html.escape(value)}"' for name, value in written.items())
        self._parts.append(f"<{tag}{attributes}>")
        if tag not in _VOID:
            self._open.append(tag)

    def _end(self, tag: str) -> None:
        """Close an element, with those in it that were left open."""
        among, tag = (self._skipped, tag) if self._skipped else (self._open, "span" if tag == "a" else tag)
        while tag in among:
            last = among.pop()
            if among is self._open:
                self._parts.append(f"</{last}>")
            if last == tag:
                return

    def _text(self, text: str) -> None:
        if text and not self._skipped:
            self._shown |= not text.isspace()
            self._parts.append(html.escape(_unescaped(text)))

    def _attributes(self, tag: str, given: dict[str, str]) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name in ("colspan", "rowspan", "span", "start"):
            value = given.get(name, "").strip()
            if re.fullmatch(r"\d{1,6}", value):
                kept[name] = str(min(int(value), _SPANS))
        if given.get("scope") in {"row", "col", "rowgroup", "colgroup"}:
            kept["scope"] = given["scope"]
        if tag == "table" and "dataframe" in given.get("class", "").split():
            kept["class"] = "dataframe"
        style = self._styles.get(given.get("id", ""), "") + _safe_style(given.get("style", ""))
        if _ALIGN.fullmatch(given.get("align", "")):
            style = f"text-align:{given['align']};{style}"
        if style:
            kept["style"] = style
        if "href" in given or "title" in given:
            kept["title"] = (given.get("title") or given["href"])[:_STYLE]
        return kept | _picture(given) if tag == "img" else kept


def _picture(given: dict[str, str]) -> dict[str, str]:
    inside = _PICTURE.fullmatch(given.get("src", ""))
    return {"alt": given.get("alt", "")} | ({"src": "".join(inside[0].split())} if inside else {})


def _after(markup: str, end: str, at: int) -> int:
    """Return the place after the next end; -1 where there is none, and nothing more is read."""
    found = markup.find(end, at)
    return found if found < 0 else found + len(end)


def _read_attributes(markup: str, at: int) -> tuple[dict[str, str], int]:
    """Return the attributes of an element, of each name the first, and the place after it; -1 where it does not end."""
    given: dict[str, str] = {}
    while found := _ATTRIBUTE.match(markup, at):
        name, at, value = found[1].lower(), found.end(), ""
        if found[2]:
            quote = markup[at : at + 1]
            if quote in {'"', "'"}:
                end = markup.find(quote, at + 1)
                if end < 0:
                    return {}, -1
                value, at = markup[at + 1 : end], end + 1
            elif bare := _BARE.match(markup, at):
                value, at = bare[0], bare.end()
        if len(given) < _DEEPEST:
            given.setdefault(name, _unescaped(value))
    return given, _after(markup, ">", at)


def _unescaped(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a number of thousands of digits for a character
        return text


def _safe_style(declarations: str) -> str:
    """Return those declarations of CSS that say how text and cells look, and can do nothing else."""
    kept = []
    for declaration in declarations[:_STYLE].split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip().lower(), value.strip()
        if name in _PROPERTIES and value and _VALUE.fullmatch(value):
            kept.append(f"{name}:{value};")
    return "".join(kept)

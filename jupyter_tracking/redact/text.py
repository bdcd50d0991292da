"""Secrets in text that is no code: what is given to a name, in the ways that programs print it, and what commands are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.redact.names import (
    CERTAIN,
    LIKELY,
    NONE,
    POSSIBLE,
    is_placeholder,
    is_secret,
    level,
    level_in_address,
    looks_chosen,
    looks_random,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_tracking.redact.forms import Span

# What a text must have, in small letters, to be looked through.
HINTS = ("pass", "key", "token", "auth", "secret", "cred", "pw", "jwt", "bearer")
_MORE_HINTS = ("cookie", "sessionid", "basic ", "identified by", " -p", " -u", " --user")
_HINT = re.compile("|".join(HINTS))
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_REST_OF_NAME = re.compile(r"[A-Za-z0-9_.\-]{0,80}")
_AFTER_NAME = "\\\"'`*])} \t\r\n=:-%>,!"  # one of which follows a name that something is given to
_LAST_WORD = re.compile(r"[A-Za-z]{1,20}\Z")
_LONGEST_NAME = 80
_LONGEST_VALUE = 2000

# What may stand between a name and its value: the end of the name's quotes or brackets, then a sign. Before the value may stand
# brackets, ends of lines, and what a traceback writes before a line.
_CLOSED = r"[\\\"'`*\])}]{0,8}(?:[ \t]for[ \t][^\s:=]{1,60})?"
_GAP = r"(?:[ \t(\[]|\\?\r?\n(?:-{1,6}>)?(?:[ \t]{0,8}\d{1,5})?){0,60}"
_OPENED = r"(?P<prefix>[bfruBFRU]{0,2})(?P<quote>\\{0,7}(?:'''|\"\"\"|[\"'`]))"
_QUOTED = re.compile(
    _CLOSED + r"(?:[ \t]{0,20}:[ \t]{0,4}[\"']?[\w\[\], .|]{1,40}[\"']?[ \t]{0,4}=(?!=)"
    r"|[ \t]{0,20}(?:[:!=]=|[:=]>|->|=|:|,\s{0,20}[\"']value[\"']\s{0,4}[:=]|(?P<comma>,)|(?P<beside>[ \t]{1,4}(?=[\"'])))"
    r"|[ \t]+(?:value|content)=|[ \t]+(?:is|was)(?=[ \t]))" + _GAP + _OPENED
)
_NEXT_PIECE = re.compile(r"[ \t)]{0,8}\+?" + _GAP + r"\+?[ \t]{0,8}" + _OPENED)
_BARE = re.compile(
    _CLOSED + r"[ \t]{0,20}(?P<sign>[:!=]=|=>|->|=|:|is:?(?=[ \t])|was(?=[ \t])|value=)[ \t]{0,20}(?:(?:\\[a-z]{1,12})?\{)?"
    r"(?P<value>[^\s\"'(){}\[\],;<>|&`\\]{4,500})"
)
_TO_LINE_END = re.compile(r"=(?P<value>[^\s\"'(\[{`]\S{2,499}(?<!\\))(?=\s|\Z)")
_BELOW = re.compile(r"[\"']?[ \t]{0,8}\r?\n[ \t-]{0,20}value:[ \t]{0,4}[\"']?(?P<value>[^\s\"']{4,500})")
_NEXT_WORD = re.compile(r"[ \t]{1,4}[\"']?(?P<value>[^\s\"'(){}\[\],;<>|&`]{4,500})")
_ELEMENT = re.compile(r"(?:\s[^<>]{0,300})?>\s{0,20}(?P<value>[^<>]{1,500}?)\s{0,20}</")
_NESTED = re.compile(_CLOSED + r"[ \t]{0,8}(?::|=|=>)[ \t]{0,8}[\[{](?=[^\]}])")
_BRACKET = re.compile(r"[\[\]{}]")
_STRING = re.compile(r"(?P<quote>\\{0,7}[\"'])(?P<value>[^\"'\\\n]{4,500})(?P=quote)(?![ \t]{0,4}:)")
_BROKEN = re.compile(r"[^\s()\[\]{}]+[ \t]*\r?\n[ \t]*[^\s()\[\]{}]+\Z")  # a word over two lines
_CUT = re.compile(r"[^\s\"'<>]{4,500}")
_ENCODED = re.compile(r"(?:%22|%27)?%3[aAdD](?:%20|\+)?(?:%22|%27)?(?P<value>[^%&\s\"'<>]{4,500})")
_SCHEME = re.compile(r"[ \t]{1,4}(?P<value>[^\s\"'(){}\[\],;<>|&`\\]{8,4000})")
_FOLLOWING = re.compile(r"\r?\n(?P<value>[A-Za-z0-9_+/=.-]{4,400})")

_AUTHORIZATION = re.compile(
    r"(?i)authorization[\\\"']{0,4}[ \t]{0,8}[:=][ \t]{0,8}[bf]?[\\\"']{0,4}(?:(?P<scheme>bearer|basic|token|digest|apikey|bot|key)[ \t]+)?"
    r"(?P<value>[^\s\"',;{}()<>\\]{6,4000})"
)
_BASIC = re.compile(r"\b[Bb]asic[ \t]+(?P<value>[A-Za-z0-9+/]{8,4000}={0,2})(?![\w=])")
_COOKIES = re.compile(r"(?i)cookie[\\\"']{0,4}[ \t]{0,4}[:=][ \t]{0,4}[\\\"']{0,4}(?P<value>[^\r\n\"']{1,4000})")
_COOKIE = re.compile(r"(?P<name>[\w.-]{1,80})=(?P<value>[^;\s,]{1,4000})")
_NETRC = re.compile(r"\blogin\s{1,20}\S{1,200}\s{1,20}password\s{1,20}(?P<value>[^\s\"'`\\]{1,500})")
_IDENTIFIED = re.compile(r"(?i)\bidentified by[ \t]{1,4}[\"'](?P<value>[^\"'\n]{1,200})[\"']")
_USERNAME_AND_KEY = re.compile(
    r'"username"\s{0,4}:\s{0,4}"[^"\n]{0,100}"\s{0,4},\s{0,4}"key"\s{0,4}:\s{0,4}"(?P<value>[0-9A-Za-z_-]{16,100})"'
)
_PGPASS = re.compile(r"(?m)^[^:\s]{1,200}:(?:\d{4,5}|\*):[^:\s]{1,100}:[^:\s]{1,100}:(?P<value>[^\s:]{4,200})$")
_PGPASS_PORT = re.compile(r":(?:\d{4,5}|\*):[^:\s]{1,100}:[^:\s]{1,100}:\S")
_USER_AND_PASSWORD = re.compile(
    r"(?<!\S)(?:-u|--user|-U|--proxy-user|-a|--auth)(?:[ \t]+|=|(?<=-u))[\"']?[^\s:\"'-][^\s:\"']{0,80}:(?P<value>[^\s\"'`\\]{1,500})"
)
_SHORT_OPTION = re.compile(r"(?<!\S)-p[ \t]{0,4}[\"']?(?P<value>[^\s\"'`\\-][^\s\"'`\\]{2,500})")
_CONFIGURED = re.compile(
    r"\b(?:configure|config) set(?:[ \t]+--?[\w-]+(?:[ \t]+\S+)?)?[ \t]+(?P<name>[\w.-]{1,100})[ \t]+[\"']?(?P<value>[^\s\"'`\\]{4,500})"
)
_SHELL_LINE = re.compile(r"\s*(?:%env|%set_env|!|%%?(?:bash|sh|sx|system)\b|\$ |export |set -x )")
_LOGIN_LINE = re.compile(r"\b(?:login|sshpass)\b")
_MYSQL_LINE = re.compile(r"\b(?:mysql|mariadb)\w*\b")
_HTTP_LINE = re.compile(r"\b(?:curl|wget|https?)\b")


def small(text: str) -> str:
    """Return a text of the same length in small letters; a letter that has no small one of its own stays."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def has_hint(low: str) -> bool:
    """Return whether a text, in small letters, may have a secret that is known by its name."""
    for hint in HINTS:
        if hint in low:
            return True
    for hint in _MORE_HINTS:
        if hint in low:
            return True
    return low.count(":") > 3 and _PGPASS_PORT.search(low) is not None  # noqa: PLR2004


class Name(NamedTuple):
    """A name that holds secrets, in a text.

    Attributes:
        line: where its line begins.
        start: where it begins.
        end: where it ends.
        certainty: how certain it is that its values are secrets.
    """

    line: int
    start: int
    end: int
    certainty: int


def names_in(text: str, low: str) -> list[Name]:
    """Return the names in a text that hold secrets; `low` is the text in small letters."""
    names: list[Name] = []
    last_name, last_end, line = "", -2, 0
    found = _HINT.search(low)
    while found is not None:
        start, end = found.span()
        before = text[max(last_end, start - _LONGEST_NAME, 0) : start]
        start -= len(before) - len(before.rstrip(_NAME_CHARACTERS))
        end = _REST_OF_NAME.match(text, end).end()  # type: ignore[union-attr]
        name = text[start:end].rstrip("-.")
        certainty = level(name)
        if last_end == start - 1 and text[last_end] == " ":  # "API key"
            certainty = max(certainty, level(f"{last_name}_{name}"))
        elif certainty and start > 1 and text[start - 1] in " -" and text[start - 2].isalnum():
            word = _LAST_WORD.search(text, max(0, start - 21), start - 1)
            certainty = max(certainty, level(f"{word[0]}_{name}")) if word else certainty
        if certainty > NONE:
            line = max(line, text.rfind("\n", max(line, names[-1].end if names else 0), start) + 1)
            names.append(Name(line, start, start + len(name), certainty))
        last_name, last_end = name, end
        found = _HINT.search(low, end)
    return names


def named_spans(text: str, names: list[Name], *, command: bool = False) -> Iterator[Span]:
    """Yield where values of names that hold secrets stand.

    Args:
        text: the text.
        names: the names in it.
        command: it is a command line, in which a value needs not look like a secret.
    """
    at = 0
    for name in names:
        if name.start >= at and text[name.end : name.end + 1] in _AFTER_NAME:
            for span in _values(text, name, command=command):
                yield span
                at = max(at, span[1])


def _values(text: str, name: Name, *, command: bool) -> Iterator[Span]:  # noqa: C901 - one line a way to print a value
    """Yield where the value, or the pieces of the value, of a name stands."""
    line, start, end, certainty = name
    if text[start - 1 : start] == "<" and text[end : end + 1] in "> \n":
        found = _ELEMENT.match(text, end)
        if found is not None and is_secret(found["value"], certainty, quoted=True):
            yield found.span("value")
            return
    opening = _QUOTED.match(text, end)
    if opening is not None:
        if not _closes(text, name, opening):
            yield from _quoted(text, opening, certainty)
        return
    nested = _NESTED.match(text, end)
    if nested is not None and (strings := list(_inside(text, nested.end(), certainty))):
        yield from strings
        return
    option = text[start] == "-" and (not start or text[start - 1] in " \t\n\"'")
    command = command or bool(_SHELL_LINE.match(text, line))
    begins_line = start - line < 20 and text[line:start].strip() in {"", "export", "set", "-", "ENV", "ARG"}  # noqa: PLR2004
    found = _TO_LINE_END.match(text, end) if begins_line else None
    found = found or _BARE.match(text, end) or _ENCODED.match(text, end) or _BELOW.match(text, end)
    sign = found is not None
    if found is None and (option or (command and "env" in text[max(0, start - 12) : start])):
        found = _NEXT_WORD.match(text, end)
    if found is None and certainty > POSSIBLE:
        found = _SCHEME.match(text, end)
        if found is not None and text[start:end].lower() != "bearer" and not looks_random(found["value"], 10):
            return
    if found is None or (start and text[start - 1] == ":" and found[0][:1] == ":"):  # as in arn:aws:secretsmanager:…:secret:name
        return
    value = found["value"].rstrip(".,:") if sign else found["value"]
    if is_placeholder(value) or value.startswith("$"):
        return
    number = certainty == CERTAIN and value.isdigit() and len(value) >= 6 and text[end - 1] not in "sS"  # noqa: PLR2004 - not how many
    chosen = number or is_secret(value, certainty, quoted=False) or (certainty == LIKELY and looks_random(value))
    if (
        chosen
        or (command and certainty > NONE and (certainty > 1 or looks_chosen(value)))
        or (certainty == CERTAIN and option and looks_chosen(value))
    ):
        span = found.start("value"), found.start("value") + len(value)
        yield span
        yield from _wrapped(text, line, span)


def _inside(text: str, begin: int, certainty: int) -> Iterator[Span]:
    """Yield the strings of a list or a dict that is given: a column of a dataframe as `to_dict` and `to_json` have it."""
    end = _BRACKET.search(text, begin, begin + 20 * _LONGEST_VALUE)
    for found in _STRING.finditer(text, begin, end.start() if end else begin):
        if is_secret(found["value"], certainty, quoted=False) or looks_random(found["value"]):
            yield found.span("value")


def _wrapped(text: str, line: int, span: Span) -> Iterator[Span]:
    """Yield the rest of a value that goes over the width of a terminal into the next line; `line` is where its own line begins."""
    if span[1] - line >= 60 and (found := _FOLLOWING.match(text, span[1])) and looks_random(found["value"], 4):  # noqa: PLR2004
        yield found.span("value")


def _closes(text: str, name: Name, opening: re.Match[str]) -> bool:
    """Return whether what looks like the quote before a value ends a string that the name stands in, as in `"password=" + word`."""
    quote = opening["quote"][-1]
    if quote in text[name.end : opening.start("quote")]:
        return False
    before = text[max(name.line, name.start - 2000) : name.start]
    return (before.endswith(quote) and not before.endswith(quote * 3)) or (
        before.count(quote) % 2 == 1 and text[opening.end() : opening.end() + 1] in "+,)%.; ]}"
    )


def _quoted(text: str, opening: re.Match[str], certainty: int) -> Iterator[Span]:
    """Yield the strings that are given: one, or pieces that Python would join."""
    first = True
    while opening is not None:
        quote, begin = opening["quote"], opening.end()
        end = _closing(text, begin, quote)
        if end < 0:
            cut = _CUT.match(text, begin)  # what was shortened has no end
            if first and cut is not None and is_secret(cut[0], certainty, quoted=False):
                yield cut.span()
            return
        value = text[begin:end]
        after = end + len(quote)
        if first and (annotated := re.compile(r"[ \t]{0,4}=[ \t]{0,4}" + _OPENED).match(text, after)):
            opening = annotated  # the string was an annotation
            continue
        if "\n" in value and len(quote.lstrip("\\")) == 1 and not _BROKEN.match(value):
            return
        inner = re.sub(r"\s+", "", value) if "\n" in value else value
        if first and (opening.groupdict().get("comma") or opening.groupdict().get("beside")):
            secret = looks_random(inner, 8) and is_secret(inner, certainty, quoted=False)
        else:
            secret = is_secret(inner, certainty, quoted=True) or not first
        if not secret:
            return
        yield begin, end
        first = False
        opening = _NEXT_PIECE.match(text, after)  # type: ignore[assignment]


def _closing(text: str, begin: int, quote: str) -> int:
    """Return where a string ends that begins there; -1 where it does not within reason."""
    if len(quote) > 1:
        return text.find(quote, begin, begin + 20 * _LONGEST_VALUE)
    at = begin
    while True:
        at = text.find(quote, at, begin + _LONGEST_VALUE)
        if at < 0:
            return -1
        backslashes = len(text[begin:at]) - len(text[begin:at].rstrip("\\"))
        if backslashes % 2 == 0:
            return at
        at += 1


def command_spans(text: str, low: str) -> Iterator[Span]:  # noqa: C901, PLR0912 - one line a way to give a password
    """Yield secrets of headers, cookies, command lines and of files that tools keep passwords in."""
    yield from _header_spans(text, low)
    if "identified by" in low:
        yield from (found.span("value") for found in _IDENTIFIED.finditer(text) if not is_placeholder(found["value"]))
    if '"key"' in low and '"username"' in low:  # kaggle.json
        yield from (found.span("value") for found in _USERNAME_AND_KEY.finditer(text))
    if "cookie" in low:
        yield from _cookie_spans(text)
    if "login" in low and "password" in low:
        yield from (found.span("value") for found in _NETRC.finditer(text) if not is_placeholder(found["value"]))
    if low.count(":") > 3:  # noqa: PLR2004
        yield from (found.span("value") for found in _PGPASS.finditer(text) if looks_chosen(found["value"]))
    if " set " in low:
        for found in _CONFIGURED.finditer(text):
            if is_secret(found["value"], level(found["name"]), quoted=True):
                yield found.span("value")
    if "-p" in text and any(program in low for program in ("login", "sshpass", "mysql", "mariadb")):
        for found, line in _options(text, _SHORT_OPTION):
            glued = text[found.start("value") - 1] == "p"
            if _MYSQL_LINE.search(line) if glued else _LOGIN_LINE.search(line):
                yield found.span("value")
    if "-u" in text or "-U" in text or "--proxy-user" in text:
        for found, line in _options(text, _USER_AND_PASSWORD):
            if _HTTP_LINE.search(line) or looks_random(found["value"]):
                yield found.span("value")


def _header_spans(text: str, low: str) -> Iterator[Span]:
    if "authorization" in low:
        for found in _AUTHORIZATION.finditer(text):
            value = found["value"]
            if not is_placeholder(value) and (looks_random(value) or (found["scheme"] and looks_chosen(value, 8))):
                yield found.span("value")
    if "basic " in low:
        for found in _BASIC.finditer(text):
            value = found["value"]
            if looks_random(value, 12) or (value.endswith("=") and looks_chosen(value, 8)):
                yield found.span("value")


def _cookie_spans(text: str) -> Iterator[Span]:
    for line in _COOKIES.finditer(text):
        for found in _COOKIE.finditer(text, *line.span("value")):
            value = found["value"]
            if (level_in_address(found["name"]) > NONE and looks_chosen(value)) or looks_random(value, 16):
                yield found.span("value")


def _options(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    """Yield the options that may give a password, each with what stands before it in its line."""
    for found in pattern.finditer(text):
        if not is_placeholder(found["value"]) and not found["value"].startswith("$"):
            yield found, text[max(0, found.start() - 300) : found.start()].rpartition("\n")[2]

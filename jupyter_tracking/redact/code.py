"""Secrets in the source of a cell: only what stands in strings and comments is changed, so that code stays code.

The values of secrets are found where Python gives them to a name, however many lines, brackets and quotes that takes. A line of a magic or
of a shell is text.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from typing import TYPE_CHECKING

from jupyter_tracking.redact.bindings import secret_nodes
from jupyter_tracking.redact.forms import key_spans
from jupyter_tracking.redact.names import LIKELY
from jupyter_tracking.redact.text import command_spans, has_hint, named_spans, names_in, small
from jupyter_tracking.redact.views import MASK, without_colors

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.redact.forms import Span
    from jupyter_tracking.redact.known import KnownSecrets

_PYTHON_MAGICS = {"time", "timeit", "capture", "prun", "track", "memit", "mprun", "debug", "pypy", "python", "python3", "px", "cython"}
_MAGIC_LINE = re.compile(r"(?P<indent>\s*)(?P<assigned>[\w.,\[\] ]{1,100}=\s*)?(?P<command>[!%].*|\?.*|[\w.*]+\?{1,2}\s*)\Z")
_PREFIXES = "bBfFrRtTuU"  # of strings
_LONGEST = 1_000_000  # characters; a longer source is text


def is_code(text: str) -> bool:
    """Return whether a text is Python, and more than names and numbers, which a printed text may be too."""
    if len(text) > _LONGEST or (not has_hint(text.lower()) and not any(mark in text for mark in "'\"(=")) or "\x1b" in text:
        return False
    tree = _parsed(text)
    if tree is None:
        return False
    told = (
        ast.Call,
        ast.Import,
        ast.ImportFrom,
        ast.FunctionDef,
        ast.ClassDef,
        ast.Subscript,
        ast.Dict,
        ast.List,
        ast.JoinedStr,
        ast.Lambda,
    )
    assigned = (ast.Assign, ast.NamedExpr, ast.Compare)
    for node in ast.walk(tree):
        if isinstance(node, told) or (isinstance(node, ast.AnnAssign) and node.value is not None):
            return True
        if isinstance(node, assigned) and any(
            isinstance(part, ast.Constant) and isinstance(part.value, str | bytes) for part in ast.walk(node)
        ):
            return True
    return "#" in text or any(
        isinstance(node, ast.stmt) and not isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) for node in ast.walk(tree)
    )


def redacted_source(source: str, redactor: Callable[[KnownSecrets], Callable[[str], str]], known: KnownSecrets) -> str:
    """Return a source without its secrets, which are remembered among those that are known.

    Args:
        source: the cell.
        redactor: makes what redacts a text by the secrets that are known.
        known: the secrets that are known.
    """
    if "\r\n" in source and "\r" not in source.replace("\r\n", ""):
        return redacted_source(source.replace("\r\n", "\n"), redactor, known).replace("\n", "\r\n")
    head, line_end, body = source.partition("\n") if source.startswith("%%") else ("", "", source)
    python = not head or (bool(re.match(r"%%(\w+)", head)) and re.match(r"%%(\w+)", head)[1] in _PYTHON_MAGICS)  # type: ignore[index]
    if python:
        lines, commands = body.split("\n"), {}
        tree = _parsed(body)
        if tree is None:
            commands = {n: line for n, line in enumerate(lines) if _MAGIC_LINE.match(line)}
            tree = (
                _parsed("\n".join(_without_command(line) if n in commands else line for n, line in enumerate(lines))) if commands else None
            )
        if tree is not None:
            python_lines = [_without_command(line) if n in commands else line for n, line in enumerate(lines)]
            redacted = _redacted_code("\n".join(python_lines), tree, redactor, known).split("\n")
            for number, line in commands.items():
                redacted[number] = _redacted_command(line, redactor, known)
            return "".join([_redacted_command(head, redactor, known) if head else "", line_end, "\n".join(redacted)])
    shell = bool(re.match(r"%%(?:bash|sh|script|system|sx|cmd|!|zsh|fish)\b", head))
    command = _redacted_command(head, redactor, known) if head else ""
    return command + line_end + (_redacted_command(body, redactor, known) if shell else redactor(known)(body))


def _parsed(source: str) -> ast.Module | None:
    if "\r" in source or "\x0c" in source or "\x00" in source or len(source) > _LONGEST:
        return None  # lines of which Python and we have different ideas
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _without_command(line: str) -> str:
    """Return a line of the same length with a number in the place of its magic or command."""
    found = _MAGIC_LINE.match(line)
    if found is None:
        return line
    start = found.start("command")
    return f"{line[:start]}0{' ' * (len(line) - start - 1)}"


def _redacted_command(text: str, redactor: Callable[[KnownSecrets], Callable[[str], str]], known: KnownSecrets) -> str:
    """Return a command line without its secrets, in which a value needs not look like one."""
    text = redactor(known)(text)
    low = small(text)
    spans = [*named_spans(text, names_in(text, low), command=True), *command_spans(text, low)]
    for start, end in spans:
        known.add(text[start:end], LIKELY)
    return without_colors(text).masked(spans)


# --- Python ----------------------------------------------------------------------------------------


def _redacted_code(source: str, tree: ast.Module, redactor: Callable[[KnownSecrets], Callable[[str], str]], known: KnownSecrets) -> str:
    try:
        strings = _strings(source)
        nodes = list(secret_nodes(tree))
    except (tokenize.TokenError, SyntaxError, RecursionError, IndentationError):
        return redactor(known)(source)
    offsets = _Offsets(source)
    whole: set[Span] = set()
    for node, certainty in nodes:
        start, end = offsets.of(node.lineno, node.col_offset), offsets.of(node.end_lineno or 0, node.end_col_offset or 0)
        whole |= {(first, last) for first, last, _ in strings if start <= first and last <= end}
        for part in node.values if isinstance(node, ast.JoinedStr) else [node]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str | bytes):
                known.add(part.value, certainty)
    if "-----BEGIN " in source:
        for start, end in key_spans(source)[0]:  # which may go over the strings of several lines
            whole |= {(first, last) for first, last, _ in strings if first < end and start < last}
    count = -1
    while count < len(known):  # until no string has told a secret that an earlier one may have
        count = len(known)
        kept, at = [], 0
        for first, last, opening in strings:
            text = source[first:last]
            redacted = _masked(text, opening) if (first, last) in whole else redactor(known)(text)
            if redacted != text and not _is_string(redacted, opening):  # a secret ended in the middle of an escape
                redacted = _masked(text, opening)
            kept += [source[at:first], redacted]
            at = last
    return "".join([*kept, source[at:]])


def _is_string(text: str, opening: str) -> bool:
    """Return whether a text may stand inside of a string that is opened so, and only as text."""
    quote = opening.lstrip(_PREFIXES)
    if not quote:
        return True  # a comment
    tree = _parsed(f"({opening}{text}{quote}, 0)")  # in brackets, so that no comment can begin behind an early end
    statement = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Tuple) or len(statement.value.elts) != 2:  # noqa: PLR2004
        return False
    value = statement.value.elts[0]
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.JoinedStr) and all(isinstance(part, ast.Constant) for part in value.values)
    )


def _masked(text: str, opening: str) -> str:
    """Return what stands in the place of a secret string: on as many lines as the string."""
    if not text.strip():
        return text
    if len(opening.lstrip(_PREFIXES)) == 1:
        return MASK + text.count("\n") * "\\\n"
    return "\n".join(MASK if line.strip() else line for line in text.split("\n"))


class _Offsets:
    """Places in a source, from the lines and the bytes that Python counts."""

    def __init__(self, source: str) -> None:
        self._lines = source.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def of(self, line: int, column: int) -> int:
        text = self._lines[line - 1]
        return self._starts[line - 1] + (
            column if text.isascii() else len(text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "replace"))
        )


def _strings(source: str) -> list[tuple[int, int, str]]:
    """Return what stands inside of strings and comments: start, end, and the prefix and quote of a string."""
    lines = [0]
    for line in source.split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    found: list[tuple[int, int, str]] = []
    middle = getattr(tokenize, "FSTRING_MIDDLE", -1)
    quotes: list[str] = []
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    for number, token in enumerate(tokens):
        start, end = lines[token.start[0] - 1] + token.start[1], lines[token.end[0] - 1] + token.end[1]
        if token.type == tokenize.COMMENT:
            found.append((start + 1, end, ""))
        elif token.type == tokenize.STRING:
            prefix = re.match(r"[A-Za-z]*", token.string)[0]  # type: ignore[index]
            quote = token.string[len(prefix) :]
            width = 3 if quote[:3] in {"'''", '"""'} and len(quote) >= 6 else 1  # noqa: PLR2004
            inside, opening = (start + len(prefix) + width, end - width), prefix + quote[:width]
            if "f" in prefix.lower():
                found += [(*piece, opening) for piece in _literal_pieces(source, *inside)]
            elif inside[1] > inside[0]:
                found.append((*inside, opening))
        elif token.type == middle and tokens[number - 1].type != middle:
            # Each `{{` and `}}` ends a token, which lacks its second brace: one piece goes from the token before to the one after.
            before, after = tokens[number - 1].end, next(each.start for each in tokens[number:] if each.type != middle)
            found.append((lines[before[0] - 1] + before[1], lines[after[0] - 1] + after[1], quotes[-1] if quotes else ""))
        elif token.type == getattr(tokenize, "FSTRING_START", -1):
            quotes.append(token.string)
        elif token.type == getattr(tokenize, "FSTRING_END", -1) and quotes:
            quotes.pop()
    return found


def _literal_pieces(source: str, at: int, end: int) -> list[Span]:
    """Return the text of an f-string that is no expression."""
    pieces, first = [], at
    while at < end:
        sign = source[at]
        if sign in "{}" and source[at : at + 2] == sign * 2:
            at += 2
        elif sign == "{":
            pieces.append((first, at))
            depth = 1
            while at + 1 < end and depth:
                at += 1
                depth += {"{": 1, "}": -1}.get(source[at], 0)
            first = at = at + 1
        else:
            at += 1
    return [piece for piece in (*pieces, (first, end)) if piece[1] > piece[0]]

"""What pages take from elsewhere, so that it is written once: sections of documents, the help of the magics and of the commands.

A page has a line such as `<!-- insert: SECURITY.md, What is not promised -->`, `<!-- insert: magics -->`, `<!-- insert: commands -->` or
`<!-- insert: integrations -->`.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import textwrap
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

CHECKOUT = Path(__file__).resolve().parent.parent.parent
_MARK = re.compile(r"^<!-- insert: ([\w./-]+)(?:, ([^>]+?))? -->$", re.MULTILINE)


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill each page when it is read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def fill(app: Sphinx, name: str, source: list[str]) -> None:
    """Replace the marks of a page."""
    for mark in _MARK.finditer(source[0]):
        if mark[1].endswith(".md"):
            app.env.note_dependency(str(CHECKOUT / mark[1]), docname=name)
    source[0] = _MARK.sub(lambda mark: _GENERATED[mark[1]]() if mark[1] in _GENERATED else section(mark[1], mark[2]), source[0])


def section(file: str, heading: str | None) -> str:
    """Return a section of a document of the checkout, without its heading, or the document without its title.

    What its links into the checkout name stays as text: the pages are read without the checkout.

    Raises:
        LookupError: the document has no such section.
    """
    text = (CHECKOUT / file).read_text(encoding="utf-8")
    if heading is None:
        text = text.partition("\n")[2]
    else:
        found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", text, re.MULTILINE | re.DOTALL)
        if found is None:
            raise LookupError(f"{file} has no section {heading!r}")
        text = found[2]
    return re.sub(r"\[([^\]]+)\]\((?!\w+://|#)([^)]+)\)", r"\1", text).strip()


def magics() -> str:
    """Return the help of each magic, as `%name?` shows it."""
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.magics.register import _STATE, register

    shell = InteractiveShell()
    register(shell)
    usages = getattr(shell, _STATE).usages
    lines: list[str] = []
    for name in sorted(usages, key=lambda name: (name.startswith("log_"), name)):
        usage = usages[name]
        kind = "cell" if usage.sign == "%%" else "line"
        shown = shell.magics_manager.magics[kind][name].__doc__
        example = shown.rpartition("Example:\n")[2].strip("\n")
        about = inspect.getdoc(usage.function) or ""
        lines += [f"## {usage.sign}{name}", "", "```text", str(usage), "```", "", *_prose(about), "", "Example:", "", "```text"]
        lines += [*inspect.cleandoc(example).splitlines(), "```", ""]
    return "\n".join(lines)


def _prose(docstring: str) -> Iterator[str]:
    """Yield a docstring as Markdown: its paragraphs as they are, its arguments and errors as lists."""
    about, *sections = re.split(r"^(Args|Raises|Returns|Attributes):$", docstring, flags=re.MULTILINE)
    yield _escaped(about.strip())
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        yield f"\n{'Arguments' if title == 'Args' else title}:\n"
        for entry in re.split(r"\n(?=\S)", inspect.cleandoc(body)):
            name, colon, text = entry.partition(":")
            said = " ".join(text.split())
            yield f"- `{name.strip()}`: {_escaped(said)}" if colon else f"- {_escaped(' '.join(entry.split()))}"


def _escaped(text: str) -> str:
    """Return text in which nothing but what stands in backticks is Markdown."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<\[])", r"\\\1", part) for part in parts)


def commands() -> str:
    """Return the help of the command line, a section a command, as the program itself prints it."""
    about = _help()
    listed = about.partition("  command\n")[2].partition("\n\n")[0]
    lines = ["```text", about, "```", ""]
    for name in re.findall(r"^ {4}(\S+)", listed, re.MULTILINE):
        lines += [f"## {name}", "", "```text", _help(name), "```", ""]
    return "\n".join(lines)


def _help(*words: str) -> str:
    """Return what the program says of itself, or of a command."""
    command = [sys.executable, "-m", "jupyter_tracking", *words, "--help"]
    environment = {**os.environ, "COLUMNS": "96", "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - our own


def integrations() -> str:
    """Return what each module of `integrations` says of itself, a section a framework; no framework is imported for it."""
    folder = CHECKOUT / "jupyter_tracking" / "integrations"
    lines: list[str] = []
    for path in sorted(folder.glob("[a-z]*.py")):
        about = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        first, *paragraphs = about.split("\n\n")
        if not any(paragraph.startswith("    ") for paragraph in paragraphs):
            continue  # what the others share
        title, _, rest = " ".join(first.split()).partition(":")
        lines += [f"## {title.partition(',')[0]}", "", f"{_escaped(' '.join(first.split()))}", ""] if rest else []
        for is_code, group in groupby(paragraphs, key=lambda paragraph: paragraph.startswith("    ")):
            text = "\n\n".join(group)
            lines += ["```{code-block} python", textwrap.dedent(text), "```", ""] if is_code else [_escaped(text), ""]
    return "\n".join(lines)


def further_names() -> str:
    """Return the public names that no page of the reference has, so that a new one is documented before it has found its place."""
    import jupyter_tracking as tracking

    pages = "\n".join(page.read_text(encoding="utf-8") for page in (CHECKOUT / "docs" / "reference").glob("*.md"))
    aliases = {"ArtifactKind"}  # of V1ArtifactKind
    new = [name for name in tracking.__all__ if name not in aliases and not re.search(rf"jupyter_tracking\.{name}\b", pages)]
    kinds = {name: "autoclass" if isinstance(getattr(tracking, name), type) else "autofunction" for name in new}
    directives = [f".. {kind}:: jupyter_tracking.{name}" for name, kind in kinds.items()]
    return "\n".join(["## Further names", "", "```{eval-rst}", *directives, "```"]) if new else ""


def errors() -> str:
    """Return the errors and warnings, in the order of the module."""
    from jupyter_tracking import errors as module

    of_ours = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    kinds = [value.__name__ for value in of_ours if issubclass(value, Exception)]
    return "\n".join(["```{eval-rst}", *(f".. autoexception:: jupyter_tracking.errors.{name}" for name in kinds), "```"])


_GENERATED = {"magics": magics, "commands": commands, "integrations": integrations, "errors": errors, "further-names": further_names}

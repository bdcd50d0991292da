"""llms.txt: a list of the pages with a sentence each, and every public function with its signature; for readers that are programs."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the file when the pages are written."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write `llms.txt` beside the pages."""
    if failure is not None or app.builder.format != "html":
        return
    lines = [f"# {app.config.project} {app.config.release}", "", f"> {_about(app, app.config.root_doc)}", ""]
    lines += ["The Markdown source of `PAGE.html` is `_sources/PAGE.md.txt`. What the reference takes from the code is listed below.", ""]
    lines += ["## Pages", ""]
    for name in _in_order(app, app.config.root_doc):
        lines.append(f"- [{app.env.titles[name].astext()}]({app.builder.get_target_uri(name)}): {_about(app, name)}")
    lines += ["", "## The Python API (`import jupyter_tracking as tracking`)", "", *_functions(), ""]
    (Path(app.outdir) / "llms.txt").write_text("\n".join(lines), encoding="utf-8")


def _in_order(app: Sphinx, name: str) -> list[str]:
    """Return a page and all below it, in the order of the tables of contents."""
    below = app.env.toctree_includes.get(name, [])
    return [name, *(each for child in below for each in _in_order(app, child))]


def _about(app: Sphinx, name: str) -> str:
    """Return the first sentence of a page."""
    document = app.env.get_doctree(name)
    paragraph = next(iter(document.findall(nodes.paragraph)), None)
    text = " ".join(paragraph.astext().split()) if paragraph is not None else ""
    return re.split(r"(?<=[.?]) ", text, maxsplit=1)[0]


def _functions() -> list[str]:
    """Return a line for each public function, and for each method of what `open_run` returns."""
    import jupyter_tracking as tracking

    owners = [("tracking", tracking, tracking.__all__), ("view", tracking.RunView, dir(tracking.RunView))]
    return [
        f"- `{prefix}.{name}{_signature(value)}`: {_first_line(value)}"
        for prefix, owner, names in owners
        for name in names
        if not name.startswith("_") and (inspect.isroutine(value := getattr(owner, name)) or isinstance(value, property))
    ]


def _signature(value: Any) -> str:
    """Return the signature of a function; of a method without the object it is called on."""
    if isinstance(value, property):
        return ""
    signature = inspect.signature(value)
    own = [each.replace(annotation=each.empty) for each in signature.parameters.values() if each.name != "self"]
    return str(signature.replace(parameters=own, return_annotation=signature.empty))


def _first_line(value: Any) -> str:
    return " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())

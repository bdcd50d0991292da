"""Which scripts of saved views a notebook has already, where it is run as a whole, by nobody: each is in its file once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import ipywidgets
from IPython.core.getipython import get_ipython

if TYPE_CHECKING:
    from collections.abc import Iterable

# By the name of a script: the execution of a cell in whose outputs it stays.
_brought: dict[str, object] = {}
# By the source of a cell that showed a view: its execution.
_sources: dict[str, object] = {}
# The publishers of displays that tell us when the outputs of a cell are cleared.
_heard: list[object] = []


def scripts_there() -> frozenset[str]:
    """Return the scripts that cells before the one that runs have brought into the notebook, where they stay.

    Where somebody works, the cell that has brought a script may be deleted, or run again without a view, and the kernel is not told of it. There
    a cell may ask its reader for a line, or a server has started the kernel for a notebook. A notebook that is run once more by the same
    kernel begins anew, which is seen by a cell that comes again. What the running cell has shown may still be cleared or replaced, so that
    what it has brought is not counted.
    """
    _, execution, content = running()
    source = str(content.get("code"))
    if _is_attended(content) or _sources.setdefault(source, execution) != execution:
        _brought.clear()
        _sources.clear()
        _sources[source] = execution
    return frozenset(name for name, brought in _brought.items() if brought != execution)


def remember(names: Iterable[str]) -> None:
    """Remember that the running cell has brought scripts, if they stay where they are: among its own outputs, and not cleared after it."""
    _, execution, content = running()
    publisher: Any = getattr(get_ipython(), "display_pub", None)
    if _is_attended(content) or not hasattr(publisher, "register_hook") or _is_captured(execution):
        return
    if publisher not in _heard:
        _heard.append(publisher)
        publisher.register_hook(_forget_cleared)
    for name in names:
        _brought.setdefault(name, execution)


def running() -> tuple[str | None, object, dict[str, Any]]:
    """Return the id of the cell that runs, where the front end tells it, which execution of it this is, and what was asked for with it."""
    request: dict[str, Any] = getattr(getattr(get_ipython(), "kernel", None), "get_parent", dict)()
    cell, execution = (request.get("metadata") or {}).get("cellId"), (request.get("header") or {}).get("msg_id")
    return cell, execution, request.get("content") or {}


def _is_attended(content: dict[str, Any]) -> bool:
    return bool(content.get("allow_stdin", True)) or "JPY_SESSION_NAME" in os.environ


def _is_captured(execution: object) -> bool:
    """Return whether what is displayed goes into an output widget, and not among the outputs of the cell."""
    widgets = list(ipywidgets.widgets.widget._instances.values())  # noqa: SLF001 - the list of it that is public warns
    return any(isinstance(widget, ipywidgets.Output) and widget.msg_id == execution for widget in widgets)


def _forget_cleared(message: dict[str, Any]) -> dict[str, Any]:
    """Forget what the running cell has brought when its outputs are cleared. Returns the message, which goes on."""
    if message.get("header", {}).get("msg_type") == "clear_output":
        _, execution, _ = running()
        for name in [name for name, brought in _brought.items() if brought == execution]:
            del _brought[name]
    return message

"""`show`: what one run holds, as a table, as JSON, or as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, RUN, Command
from jupyter_tracking.commands.output import print_json, print_lines, print_table
from jupyter_tracking.commands.standard_values import rows_of

if TYPE_CHECKING:
    import argparse
    from typing import Any

_FACTS = ("uuid", "name", "project", "status", "status_reason", "status_message", "duration", "path", "group", "parent", "tags", "notes")
_VALUES = ("inputs", "outputs", "meta")
_ARTIFACT = ["kind", "name", "steps", "step_min", "step_max", "last_value", "path"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=RUN)
    parser.add_argument("-o", "--output", metavar="FILE", help="write one self-contained HTML page")


def described(view: tracking.RunView) -> dict[str, Any]:
    """Return what a run is, was given, has as results and holds."""
    facts = {name: getattr(view, name) for name in (*_FACTS, *_VALUES)}
    moments = {name: view.info.get(name) for name in ("created_at", "finished_at")}
    return {**facts, **moments, "artifacts": list(rows_of(view.lineage()[_ARTIFACT]))}


def _show(given: argparse.Namespace) -> int:
    view = tracking.open_run(given.run, given.root)
    if given.output:
        print_lines(f"{view.save(given.output)}")
    elif given.json:
        print_json(described(view))
    else:
        print_lines(f"{view.name} · {view.uuid} · {view.status} · {view.path}")
        print_table(view.lineage()[_ARTIFACT])
    return DONE


COMMANDS = [
    Command("show", "list what a run holds, or write it as one HTML page", _show, _add_arguments, example="show digits --json", json=True)
]

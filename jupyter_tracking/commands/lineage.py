"""`lineage`: the artifacts of runs, with the cells that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, RUN, Command
from jupyter_tracking.commands.output import print_csv, print_json_rows, print_table

if TYPE_CHECKING:
    import argparse

_SHOWN = ["run_name", "kind", "name", "is_input", "steps", "hash", "size", "cell_id", "execution_count"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="*", metavar="run", help=f"{RUN}; by default all")
    parser.add_argument("--csv", action="store_true", help="print CSV with every column")


def _lineage(given: argparse.Namespace) -> int:
    frame = tracking.lineage(given.runs or None, given.root)
    if given.json:
        print_json_rows(frame)
    elif given.csv:
        print_csv(frame)
    else:
        print_table(frame[_SHOWN])
    return DONE


COMMANDS = [
    Command(
        "lineage",
        "list the artifacts of runs with the cells that made them",
        _lineage,
        _add_arguments,
        example="lineage digits --json",
        json=True,
    )
]

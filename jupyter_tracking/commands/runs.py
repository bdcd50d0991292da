"""`runs`: the runs under a root, or groups of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, Command
from jupyter_tracking.commands.output import print_json_rows, print_table
from jupyter_tracking.read.filter.written import filter_of

if TYPE_CHECKING:
    import argparse

_OWN = ["uuid", "name", "project", "status", "created_at", "duration"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="filter", help="list those that pass a filter, such as 'lr < 0.01 and status = failed'")
    parser.add_argument("--where", metavar="FILTER", help="the filter, instead")
    parser.add_argument(
        "--summary", metavar="WORD", help="list the outputs too, with this number of each metric: last, min, max, best, mean"
    )
    parser.add_argument("--group-by", metavar="COLUMNS", help="list groups of runs by a column, or by several with commas between them")
    parser.add_argument("--archived", action="store_true", help="list those too that are archived")


def _runs(given: argparse.Namespace) -> int:
    groups = [name.strip() for name in given.group_by.split(",")] if given.group_by is not None else None
    frame = tracking.runs(
        given.root, where=filter_of(given.words, given.where), summary=given.summary, group_by=groups, archived=given.archived
    )
    if given.json:
        print_json_rows(frame)
        return DONE
    outputs = [name for name in map(str, frame) if name.startswith("outputs.")] if given.summary is not None else []
    print_table(frame[[*_OWN, *outputs]] if groups is None else frame.drop(columns="uuids"))
    return DONE


COMMANDS = [
    Command(
        "runs",
        "list the runs under a root, the newest first",
        _runs,
        _add_arguments,
        example="runs 'lr < 0.01 and acc >= 0.9' --json",
        json=True,
    )
]

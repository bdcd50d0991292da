"""`metrics`: the metrics of a run, a row a step or a row a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, RUN, Command
from jupyter_tracking.commands.output import print_csv, print_json_rows, print_table

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=RUN)
    parser.add_argument("names", nargs="*", metavar="name", help="the metrics; by default all")
    parser.add_argument("--tidy", action="store_true", help="a row a logged value (name, step, timestamp, value), as --json always has it")
    parser.add_argument("--csv", action="store_true", help="print CSV")


def _metrics(given: argparse.Namespace) -> int:
    tidy = given.tidy or given.json
    frame = tracking.open_run(given.run, given.root).metrics(*given.names, tidy=tidy)
    if given.json:
        print_json_rows(frame)
        return DONE
    # A metric may be called `step`.
    (print_csv if given.csv else print_table)(frame if tidy else frame.reset_index(allow_duplicates=True))
    return DONE


COMMANDS = [
    Command("metrics", "list the metrics of a run, a row a step", _metrics, _add_arguments, example="metrics digits loss --json", json=True)
]

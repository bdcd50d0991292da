"""`tail`: the last rows of a run, and each new one until the run ends."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, RUN, Command
from jupyter_tracking.commands.output import print_json, print_lines

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=RUN)
    parser.add_argument("names", nargs="*", metavar="name", help="the artifacts; by default all metrics")
    parser.add_argument("-n", "--last", type=int, default=10, metavar="COUNT", help="how many rows to begin with; by default 10")
    parser.add_argument("--kind", help="which kind, when several have a name")


def _tail(given: argparse.Namespace) -> int:
    rows = tracking.tail(given.run, *given.names, kind=given.kind, last=given.last, root=given.root)
    with contextlib.suppress(KeyboardInterrupt):  # which is how one stops looking
        for row in rows:
            if given.json:
                print_json(row._asdict())
            else:
                at = f"step {row.step}" if row.step is not None else "no step"
                print_lines(f"{row.timestamp.isoformat(timespec='milliseconds')} {row.name} {at}: {row.value}")
    return DONE


COMMANDS = [
    Command(
        "tail",
        "print the last rows of a run, and each new one until the run ends or Ctrl-C is pressed; with --json an object a line",
        _tail,
        _add_arguments,
        example="tail digits loss",
        json=True,
    )
]

"""`push`: copy a run to an object store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, RUN, Command
from jupyter_tracking.commands.output import print_lines

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=RUN)
    parser.add_argument("url", help="where runs lie there: s3://bucket/path, gs://…, az://…, file:///folder")


def _push(given: argparse.Namespace) -> int:
    print_lines(repr(tracking.push(given.run, given.url, root=given.root)).strip("<>"))
    return DONE


COMMANDS = [
    Command(
        "push",
        "copy a run to an object store; what is there already is not sent again",
        _push,
        _add_arguments,
        example="push digits s3://bucket/experiments",
    )
]

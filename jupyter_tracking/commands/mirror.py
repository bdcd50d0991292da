"""`mirror`: copy a run to an object store while it goes on."""

from __future__ import annotations

import argparse
import json
import sys

from jupyter_tracking.commands.command import DONE, FAILED, RUN, Command
from jupyter_tracking.commands.output import complain, print_lines


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=RUN)
    parser.add_argument("url", help="where runs lie there, as of push")
    parser.add_argument("--options-on-stdin", action="store_true", help=argparse.SUPPRESS)


def _mirror(given: argparse.Namespace) -> int:
    from jupyter_tracking.remote.mirror import mirror

    options = json.loads(sys.stdin.read()) if given.options_on_stdin else None
    sent = mirror(given.run, given.url, options, root=given.root)
    if sent is None:
        complain("jupyter-tracking: gave up: the run or the store is gone")
        return FAILED
    print_lines(repr(sent).strip("<>"))
    return DONE


COMMANDS = [
    Command(
        "mirror",
        "copy a run to an object store while it goes on; ends when the run has, and all of it is there",
        _mirror,
        _add_arguments,
        example="mirror digits s3://bucket/experiments",
    )
]

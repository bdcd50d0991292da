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
    parser.add_argument("--piped", action="store_true", help=argparse.SUPPRESS)  # by the process of the run


def _mirror(given: argparse.Namespace) -> int:
    from jupyter_tracking.remote.mirror import mirror
    from jupyter_tracking.remote.sync_requests import SyncRequests

    if given.piped:
        # Without a buffer, whose lock the thread that reads would hold when Python ends, which Python ends by an abort.
        requests = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115 - as long as the process
        options = json.loads(requests.readline())
        sent = mirror(given.run, given.url, options, root=given.root, requests=SyncRequests(requests, sys.stdout.buffer))
        return FAILED if sent is None else DONE
    sent = mirror(given.run, given.url, root=given.root)
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

"""`page`: write the runs under a root as static pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, FAILED, ROOT, Command
from jupyter_tracking.commands.output import complain, print_lines

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", help=f"{ROOT}; or a URL")
    parser.add_argument("-o", "--output", metavar="PLACE", default="pages", help="a folder, or a URL, as of push; by default ./pages")


def _page(given: argparse.Namespace) -> int:
    pages = tracking.save_pages(given.root, given.output)
    print_lines(repr(pages).strip("<>"))
    for name, why in pages.failed.items():
        complain(f"jupyter-tracking: {name}: {why}")
    return FAILED if pages.failed else DONE


COMMANDS = [
    Command(
        "page",
        "write the runs under a root as static pages, a table and a page a run; what has not changed is not written again",
        _page,
        _add_arguments,
        example="page . -o s3://bucket/pages",
        rooted=False,
    )
]

"""`catalog`: write or refresh the catalog of a root."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, ROOT, Command
from jupyter_tracking.commands.output import print_lines

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", help=f"{ROOT}; or a URL")


def _catalog(given: argparse.Namespace) -> int:
    print_lines(str(tracking.catalog(given.root).refresh()))
    return DONE


COMMANDS = [
    Command(
        "catalog",
        "write or refresh the catalog of a root, from which runs and lineage are read at once",
        _catalog,
        _add_arguments,
        example="catalog /data/experiments",
        rooted=False,
    )
]

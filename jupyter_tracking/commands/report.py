"""`report`: a saved notebook and the runs it shows, as one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, Command
from jupyter_tracking.commands.output import print_lines

if TYPE_CHECKING:
    import argparse


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", help="the .ipynb file")
    parser.add_argument("-o", "--output", metavar="FILE", help="the page; by default beside the notebook")


def _report(given: argparse.Namespace) -> int:
    output = given.output or f"{given.notebook.removesuffix('.ipynb')}.html"
    print_lines(f"{tracking.report(given.notebook, output, given.root)}")
    return DONE


COMMANDS = [
    Command(
        "report",
        "make one HTML page, with live sliders, of a saved notebook and the runs it shows",
        _report,
        _add_arguments,
        example="report experiment.ipynb -o report.html",
    )
]

"""What is done to a run that is there, a command each as `magics.curating` lists them; and `empty-trash`."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, ROOT, RUN, Command
from jupyter_tracking.commands.output import complain, print_lines
from jupyter_tracking.magics.curating import CURATIONS
from jupyter_tracking.printed import count_of

if TYPE_CHECKING:
    import argparse

    from jupyter_tracking.magics.curating import Curation


def _add_arguments(curation: Curation, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help=RUN)
    if curation.argument:
        parser.add_argument("words", nargs="+" if curation.many else 1, metavar=curation.argument, help=curation.argument_about)
    parser.set_defaults(words=[])


def _curate(curation: Curation, given: argparse.Namespace) -> int:
    from jupyter_tracking.read.find import find_run, find_to_restore

    found = find_to_restore if curation.name == "restore" else find_run
    with warnings.catch_warnings(record=True) as told:  # what an export left out
        warnings.simplefilter("always")
        print_lines(curation.apply(tracking.RunView(found(given.run, given.root)), *given.words))
    for each in told:
        complain(f"jupyter-tracking: {each.message}")
    return DONE


def _command(curation: Curation) -> Command:
    about = curation.about[0].lower() + curation.about[1:].rstrip(".")
    example = f"{curation.name} digits {curation.example}".rstrip()
    return Command(curation.name, about, partial(_curate, curation), partial(_add_arguments, curation), example=example)


def _add_root(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", help=ROOT)


def _empty_trash(given: argparse.Namespace) -> int:
    count = tracking.empty_trash(given.root)
    print_lines(f"{count_of(count, 'run')} removed")
    return DONE


COMMANDS = [
    *map(_command, CURATIONS),
    Command("empty-trash", "remove the runs that were deleted from the disk, for ever", _empty_trash, _add_root, rooted=False),
]

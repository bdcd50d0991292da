"""The command line: `jupyter tracking runs`, `python -m jupyter_tracking check RUN`. `commands` has each command."""

from __future__ import annotations

import argparse
import errno
import sys
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands import commands
from jupyter_tracking.commands.command import DONE, FAILED, FOUND, INTERRUPTED, WrongUsage
from jupyter_tracking.commands.output import complain, leave_pipe, print_lines
from jupyter_tracking.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_STATUSES = (
    f"Exit status {DONE}: done; {FOUND}: done, and there are problems (check) or differences (diff); "
    f"{FAILED}: it failed, as one sentence on standard error says."
)


def main(words: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    That is 0 when it was done, 1 when `check` found problems or `diff` differences, 2 for an error, which is told in one sentence.

    Args:
        words: the command line; by default that of the process.
    """
    try:
        given = parser().parse_args(words)
        command: Callable[[argparse.Namespace], int] = given.command
        return command(given)
    except tracking.TrackingError as error:
        if isinstance(error, StorageError) and error.errno == errno.EPIPE:  # the reader of a pipe has seen enough
            leave_pipe()
            return DONE
        notes = [line for note in getattr(error, "__notes__", []) for line in note.split("\n")]
        complain(f"jupyter-tracking: {getattr(error, 'strerror', None) or error}", *notes)
        return FAILED
    except WrongUsage as error:
        complain(f"jupyter-tracking: error: {error}")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


class _Parser(argparse.ArgumentParser):
    """A parser that prints as all else here does."""

    def _print_message(self, message: str, file: Any = None) -> None:
        (print_lines if file is sys.stdout else complain)(*message.removesuffix("\n").split("\n"))


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = _Parser(
        prog="jupyter-tracking",
        description="Look at recorded runs; nothing is asked of the network but the store of a URL that you give.",
        epilog=_STATUSES,
    )
    whole.add_argument("--version", action="version", version=tracking.__version__)
    parsers = whole.add_subparsers(required=True, metavar="command")
    for command in commands():
        example = f"Example: jupyter tracking {command.example}. " if command.example else ""
        listed: dict[str, Any] = {"help": command.about} if command.listed else {}
        description = f"{command.about[0].upper()}{command.about[1:]}."
        command.add_to(parsers.add_parser(command.name, description=description, epilog=f"{example}{command.statuses}", **listed))
    return whole


if __name__ == "__main__":
    if (
        not sys.flags.safe_path
    ):  # `python -m` has put the current directory first, where a stranger's run may lie with a pandas.py beside it
        del sys.path[0]
    sys.exit(main())

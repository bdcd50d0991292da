"""What a command is: its words, what they are for, the call it makes, and the exit status that this comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

DONE = 0
# As of `diff` and `grep`.
FOUND = 1
FAILED = 2
INTERRUPTED = 130

RUN = "uuid, prefix of it, name or folder"
ROOT = "the folder that holds runs/; by default POLYAXON_OFFLINE_ROOT, else the current directory"
JSON = "print standard JSON: a missing value is null, and what JSON has no number for is NaN, Infinity or -Infinity in quotes"


class WrongUsage(Exception):  # noqa: N818 - named by what is wrong, as our errors are
    """Words that each are right and do not go together; the message says which."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: the word.
        about: what it does, in a list of commands.
        run: does it, and returns the exit status.
        add_arguments: adds what it takes to its parser.
        found: what it has to have found for the exit status to be 1; empty where that cannot be.
        example: what stands behind `jupyter tracking` in an example.
        rooted: whether it takes `--root`.
        json: whether it takes `--json`.
        listed: whether help lists it.
    """

    name: str
    about: str
    run: Callable[[argparse.Namespace], int]
    add_arguments: Callable[[argparse.ArgumentParser], object] = field(default=lambda _: None)
    found: str = ""
    example: str = ""
    rooted: bool = True
    json: bool = False
    listed: bool = True

    @property
    def statuses(self) -> str:
        """What the exit status says, in one sentence."""
        found = f" {FOUND}: {self.found};" if self.found else ""
        return f"Exit status {DONE}: done;{found} {FAILED}: it failed, as one sentence on standard error says."

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        """Add all that the command takes to its parser."""
        self.add_arguments(parser)
        if self.json:
            parser.add_argument("--json", action="store_true", help=JSON)
        if self.rooted:
            parser.add_argument("--root", help=ROOT)
        parser.set_defaults(command=self.run)

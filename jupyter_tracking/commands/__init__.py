"""The command line's commands: one module each, which makes a `Command`. A new command is one new file, and its name here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_tracking.commands.command import Command

MODULES = (
    "runs",
    "show",
    "metrics",
    "diff",
    "best",
    "tail",
    "lineage",
    "check",
    "report",
    "page",
    "catalog",
    "push",
    "mirror",
    "curate",
    "completion",
    "mcp",
)


def commands() -> list[Command]:
    """Return every command, in the order in which help lists them."""
    return [command for name in MODULES for command in import_module(f"{__name__}.{name}").COMMANDS]

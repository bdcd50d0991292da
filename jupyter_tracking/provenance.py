"""Which cell, which code, which environment: what a notebook adds to a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_tracking.run import Run

__all__ = ["begin"]


def begin(run: Run, *, code: bool, env: bool, logs: bool, resources: bool) -> None:
    """Start to keep what was asked for, until the run ends.

    Args:
        run: the run that has just started or been resumed.
        code: keep the cells that run.
        env: keep Python's version and the installed packages.
        logs: keep what is printed.
        resources: sample cpu, memory and the like.
    """

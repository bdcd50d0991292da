"""What copying a run keeps in the run's own folder, and never sends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import paths
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PUSHED = "pushed"  # empty: it is there as soon as a copy of the run was begun


@contextmanager
def own_file(run: Path, name: str, flags: int) -> Iterator[int]:
    """Open a file to write, which is made where it is not there, in the private folder of a run that has one.

    Raises:
        TrackingError, OSError: there is no such folder, or it may not be written.
    """
    with (
        paths.closing_descriptor(os_calls.open(run, os_calls.ANY_FOLDER)) as root,
        paths.closing_descriptor(paths.open_inside(root, paths.PRIVATE_FOLDER)) as private,
        paths.closing_descriptor(
            os_calls.open(name, os_calls.O_WRONLY | os_calls.O_CREAT | os_calls.NO_LINKS | flags, 0o666, dir_fd=private)
        ) as file,
    ):
        yield file


def mark_as_pushed(run: Path) -> bool:
    """Mark a run as one of which a copy was begun; return whether it is the first, which is not known where nothing may be written."""
    try:
        with own_file(run, _PUSHED, os_calls.O_EXCL):
            return True
    except (TrackingError, OSError):
        return False

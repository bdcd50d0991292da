"""A run of which a process of its own makes a copy elsewhere, for which the run's `sync` and `end` wait."""

from __future__ import annotations

from typing import Protocol

from jupyter_tracking.record.run import Run


class Copier(Protocol):
    """What copies a run while it goes on."""

    def wait(self) -> None:
        """Wait until the copy has all that was logged so far, for a bounded time, and warn where it has not."""


class CopiedRun(Run):
    """A run that may have a copier."""

    _copier: Copier | None = None

    def copied_by(self, copier: Copier) -> None:
        """Wait in `sync` and `end` for what copies the run."""
        self._copier = copier

    def sync(self) -> None:
        """Wait until the disk has all that was logged so far, and with `mirror=` the store: nothing of it is lost to a power failure.

        What is not at the store after half a minute, or cannot be sent, a `TrackingWarning` says; it is on the disk all the same.

        Raises:
            StorageError: the disk refused.
        """
        super().sync()
        if self._copier is not None:
            self._copier.wait()

    def end(self, status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
        """End the run, and wait for its copy as `sync` does; arguments as of `Run.end`."""
        super().end(status, reason, message)
        if self.ended and self._copier is not None:
            copier, self._copier = self._copier, None
            copier.wait()

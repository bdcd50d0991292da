"""What is said of a run wherever runs are shown or listed."""

from __future__ import annotations

from typing import Any, NamedTuple

from jupyter_tracking.format.document.run_document import join_reason


class RunFacts(NamedTuple):
    """What a run is called and was given, how it ended and what came of it; everything that shows runs has it from here.

    `reason` and `message` say why the run has its status, where somebody said so; `duration` is in seconds.
    """

    uuid: str
    name: str
    project: str
    status: str
    reason: str
    message: str
    created_at: str | None
    finished_at: str | None
    duration: float | None
    tags: list[str]
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    @property
    def why(self) -> str:
        """Why the run has its status, in a line."""
        return join_reason(self.reason, self.message) if self.reason or self.message else ""

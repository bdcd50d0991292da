"""The rows of a run one after the other, also those that are logged while one looks: `tail`."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument, MalformedEvent, NotFound, shortened
from jupyter_tracking.format.document.run_document import OVER
from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.read.find import find_run

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAUSE = 0.5  # seconds between two looks, or more: looking takes at most a tenth of the time
_TIMES_THE_LOOK = 9


class LoggedRow(NamedTuple):
    """One row as it was logged.

    Attributes:
        kind: the artifact's kind.
        name: its name.
        step: the step, or None.
        timestamp: when it was logged, in UTC.
        value: a metric's number; of other kinds what the row says, such as the path of a file.
    """

    kind: str
    name: str
    step: int | None
    timestamp: datetime
    value: Any


@checks_arguments
def tail(
    run: object, *names: str, kind: str | None = None, last: int = 10, root: str | os.PathLike[str] | None = None
) -> Iterator[LoggedRow]:
    """Yield the last rows that a run has logged, and then each new one until the run ends.

        for row in tracking.tail("digits", "loss"):
            print(row.step, row.value)

    Rows come in the order of their time. The run is looked at twice a second, or less often where a look takes longer. Of a run that has
    ended, or whose process is gone, there is nothing to wait for. A row that cannot be read is left out; `problems` tells it.

    Args:
        run: a run, as `open_run` takes it.
        *names: the artifacts, also such as are not there yet; all metrics when none is given.
        kind: which kind, when several have a name.
        last: how many of the rows that are there already to begin with, of all artifacts together.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Raises:
        NotFound: there is no such run, or the run has ended and has no artifact of a name, or several kinds have it.
        InvalidArgument: a number of rows that is negative or none.
    """
    wanted = [as_text(name, "name") for name in names]
    if type(last) is not int or last < 0:
        raise InvalidArgument(f"last={shortened(last)} is no number of rows; give 0 or more")
    folder = find_run(run, root)
    _artifacts(folder, wanted, kind, running=folder.status not in OVER)
    return _rows(folder, wanted, kind, last)


def _rows(folder: RunFolder, names: Sequence[str], kind: str | None, last: int) -> Iterator[LoggedRow]:
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    first = True
    while True:
        began = time.monotonic()
        running = folder.status not in OVER  # asked before the rows: what was logged until then is among them
        found: list[tuple[Artifact, Event]] = []
        for artifact in _artifacts(folder, names, kind, running=running):
            rows = folder.rows(artifact)
            start = max(0, len(rows) - last) if first else seen[artifact.kind, artifact.name]
            found += [(artifact, event) for event in rows[start:]]
            seen[artifact.kind, artifact.name] = len(rows)
        found.sort(key=lambda each: each[1].timestamp)
        for artifact, event in found[len(found) - last if first and last < len(found) else 0 :]:
            try:
                value = event.value if artifact.row_kind == "metric" else folder.payload(artifact, event)
            except MalformedEvent:
                continue
            moment = _EPOCH + timedelta(microseconds=event.timestamp)
            yield LoggedRow(artifact.kind, artifact.name, event.step, moment, value)
        if not running:
            return
        first = False
        time.sleep(max(_PAUSE, _TIMES_THE_LOOK * (time.monotonic() - began)))


def _artifacts(folder: RunFolder, names: Sequence[str], kind: str | None, *, running: bool) -> list[Artifact]:
    """Return the artifacts to look at; of a run that goes on those of the names that are there."""
    every = folder.artifacts()
    if not names:
        return [artifact for artifact in every if artifact.kind == (kind or "metric")]
    found = {}
    for name in names:
        try:
            artifact = folder.find(name, kind)
            found[artifact.kind, artifact.name] = artifact
        except NotFound:
            if not running or any(artifact.name == name for artifact in every):
                raise
    return list(found.values())

"""What a list says of an event file: how many rows or steps it has and a metric's last value, seen from its size and its end.

What was counted is kept, so that a file that grew costs what is new of it.
"""

from __future__ import annotations

import stat
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.format.document.metric_summary import parse_statistics
from jupyter_tracking.format.event_rows import Event
from jupyter_tracking.read.file_bytes import written_size
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from jupyter_tracking.read.run_files import RunFiles
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

_WHOLE = 1 << 14  # bytes of a file whose rows are read, to count its steps
_MOST_WHOLE = 1 << 22  # bytes of all files of a run that are read so
_TAIL = 1 << 12  # bytes: a row of a metric is shorter by far
_BLOCK = 1 << 20
_MOST_KNOWN = 50_000  # files


class OpenFolders:
    """Opens files of a run; the folder that the last one was in stays open for the next. Use it as a context manager."""

    def __init__(self, files: RunFiles) -> None:
        """Open files of this run."""
        self._files = files
        self._path = ""
        self._fd = -1

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the folder."""
        self._close()

    def open(self, relative: str) -> int:
        """Open a file or folder as `RunFiles.open` does, and raise the same."""
        self._files.wanted([relative])
        path, _, name = relative.rpartition("/")
        try:
            return paths.open_inside(self._folder(path), name)
        except (TrackingError, OSError):
            return self._files.open(relative)  # which says what is wrong, if something is

    def look(self, relative: str) -> os.stat_result | None:
        """Return the stat of a regular file without opening it; None of all else, and where a link stands in its place or on the way."""
        path, _, name = relative.rpartition("/")
        try:
            seen = os_calls.lstat(name, dir_fd=self._folder(path)) if "\\" not in name else None
        except (TrackingError, OSError, ValueError):
            return None
        return seen if seen is not None and stat.S_ISREG(seen.st_mode) else None

    def open_file(self, relative: str) -> int:
        """Open a regular file as `RunFiles.open_file` does, and raise the same."""
        fd = self.open(relative)
        if stat.S_ISREG(os_calls.fstat(fd).st_mode):
            return fd
        os_calls.close(fd)
        return self._files.open_file(relative)

    def _folder(self, path: str) -> int:
        if path != self._path or self._fd < 0:
            self._close()
            self._fd, self._path = self._files.open(path), path
        return self._fd

    def _close(self) -> None:
        if self._fd >= 0:
            os_calls.close(self._fd)
            self._fd = -1


class FileEnd(NamedTuple):
    """What is known of an event file without reading all of its rows.

    Attributes:
        rows: how many lines it has after its header; where nothing is wrong with it, each is a row.
        steps: how many different steps they have, "no step" being one; None where it would take reading them to know.
        last: the last value of a metric.
    """

    rows: int
    steps: int | None = None
    last: float | None = None


def file_ends(folder: RunFolder, artifacts: list[Artifact]) -> Iterator[FileEnd | Exception | None]:
    """Yield, for each artifact of a run, what is known of its event file: None where it has none, or why it cannot be read."""
    is_final, ours, whole = folder.is_final, folder.rows_are_ours, _MOST_WHOLE
    with OpenFolders(folder) as opened:
        for artifact in artifacts:
            path = artifact.path
            if not artifact.versioned or not path:
                yield None
                continue
            status = opened.look(path)
            if status is not None and is_final and artifact.record.events.get("size") == status.st_size:
                yield _recorded(artifact)
                continue
            known = _remembered(status, artifact.row_kind, ours=ours) if status is not None else None
            if known is not None:
                yield known
                continue
            try:
                fd = opened.open_file(path)
                try:
                    now = os_calls.fstat(fd)
                    end = _look(fd, now, artifact.row_kind, ours=ours, whole=now.st_size <= min(_WHOLE, whole))
                finally:
                    os_calls.close(fd)
            except (TrackingError, OSError) as error:
                yield error
            else:
                whole -= now.st_size if end.steps is not None else 0
                yield end


def _recorded(artifact: Artifact) -> FileEnd:
    """Return what the lineage of a run that has ended says of a file which is as long as it was then."""
    events = artifact.record.events
    rows, step = events.get("rows", 0), events.get("step") or {}
    metric = parse_statistics({"last": (events.get("metric") or {}).get("last")}) if rows and "metric" in events else {}
    return FileEnd(rows, step.get("distinct", 0) + (step.get("count", 0) < rows), metric.get("last"))


class _Counted(NamedTuple):
    """What was counted of a file: when, up to which newline, and what was found."""

    size: int
    modified: int
    offset: int
    lines: int
    end: FileEnd


_known: OrderedDict[tuple[int, int, str, bool], _Counted] = OrderedDict()
_lock = free_after_fork(Lock())


def _remembered(now: os.stat_result, kind: str, *, ours: bool) -> FileEnd | None:
    """Return what is known of a file that is as it was."""
    with _lock:
        known = _known.get((now.st_dev, now.st_ino, kind, ours))
    return known.end if known is not None and (known.size, known.modified) == (now.st_size, now.st_mtime_ns) else None


def _look(fd: int, now: os.stat_result, kind: str, *, ours: bool, whole: bool) -> FileEnd:
    """Return what is known of an open event file, from what it is known to have held before and from what is new."""
    end = _remembered(now, kind, ours=ours)
    if end is not None:
        return end
    key = (now.st_dev, now.st_ino, kind, ours)
    with _lock:
        known = _known.get(key)
    size = written_size(fd, now.st_size)
    if known is None or known.offset > size:
        known = _Counted(0, 0, 0, 0, FileEnd(0))
    offset, lines, more = _count_lines(fd, known.offset, size, known.lines)
    head, tail = os_calls.pread(fd, _TAIL, 0), b""
    order = event_rows.parse_header(head.partition(b"\n")[0], kind)
    start = 0 if whole else max(0, size - _TAIL)
    tail = os_calls.pread(fd, size - start, start)
    rows = max(0, lines - (order is not None)) + (more and not ours)
    if whole:
        end = _read_whole(tail if not ours else tail[: tail.rfind(b"\n") + 1], kind)
    else:
        end = FileEnd(rows, None, _last_value(tail, kind, order, ours=ours, begins=not start and order is None))
    with _lock:
        _known[key] = _Counted(now.st_size, now.st_mtime_ns, offset, lines, end)
        _known.move_to_end(key)
        while len(_known) > _MOST_KNOWN:
            _known.popitem(last=False)
    return end


def _count_lines(fd: int, offset: int, size: int, lines: int) -> tuple[int, int, bool]:
    """Return where the last line ends, how many there are, and whether more than space follows; `lines` end up to `offset`."""
    at, more = offset, False
    while at < size and (block := os_calls.pread(fd, min(_BLOCK, size - at), at)):
        end = block.rfind(b"\n") + 1
        if end:
            lines, offset, more = lines + block.count(b"\n"), at + end, False
        more, at = more or bool(block[end:].strip()), at + len(block)
    return offset, lines, more


def _read_whole(data: bytes, kind: str) -> FileEnd:
    """Return what the rows of a small file say."""
    rows = [row for row in event_rows.parse_rows(data, kind) if isinstance(row, Event)]
    return FileEnd(len(rows), len({row.step for row in rows}), rows[-1].value if rows else None)


def _last_value(tail: bytes, kind: str, order: event_rows.ColumnOrder | None, *, ours: bool, begins: bool) -> float | None:
    """Return the last value of a metric by the end of its file; `begins` where that is all of a file without a header."""
    if kind != "metric":
        return None
    end = tail.rfind(b"\n") + 1 if ours else len(tail)
    row = event_rows.last_row(tail[:end], kind, order or event_rows.OUR_COLUMNS, start=0 if begins else tail.find(b"\n") + 1)
    return row.value if row is not None else None

"""What a run's folder has at a moment that a reader of its copy may rely on, and in which order it is sent."""

from __future__ import annotations

import stat
from hashlib import md5
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import MissingFile, OutsideRun, TrackingError
from jupyter_tracking.format import paths
from jupyter_tracking.read.file_bytes import committed_size
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from jupyter_tracking.read.run_reader import RunFolder

PART = 5 << 20  # bytes of a part of a large file, which stores take one by one
FILES, EVENTS, JOURNALS, LINEAGES, DOCUMENT = range(5)  # what names comes after what it names
_LOGS = ("events/", "resources/", "plxlogs/")


class Snapshot(NamedTuple):
    """A file as it is to be sent.

    Attributes:
        path: relative to the run.
        wave: when it goes.
        size: how many bytes of it.
        stat: inode, size and time of its last change, by which it is known again.
        data: its bytes, of documents and journals; of any other file None, and they are read when it is sent.
    """

    path: str
    wave: int
    size: int
    stat: tuple[int, int, int]
    data: bytes | None = None

    @property
    def looks(self) -> object:
        """What is the same as long as the file is."""
        return self.data if self.data is not None else (self.stat, self.size)


def snapshots(folder: RunFolder) -> list[Snapshot]:
    """Return what is to be sent of a run, by waves.

    What names is read before what it names: rows that come meanwhile belong to the next time. What goes away between is left out.
    """
    found = [_document(folder, path, wave) for path, wave in ((paths.RUN_FILE, DOCUMENT), (paths.LINEAGES_FILE, LINEAGES))]
    found += [_document(folder, path, JOURNALS) for path in sorted(path for path, _ in _files(folder, paths.PRIVATE_FOLDER))]
    # A last row without a newline is torn where we write the run; Polyaxon ends its last row with none.
    whole = not folder.rows_are_ours
    for top in _LOGS:
        found += [_log(folder, path, seen, whole=whole) for path, seen in _files(folder, top.rstrip("/"))]
    others = (each for each in _files(folder, "") if not each[0].startswith((*_LOGS, f"{paths.PRIVATE_FOLDER}/")))
    found += [
        Snapshot(path, FILES, seen.st_size, _known(seen)) for path, seen in others if path not in {paths.RUN_FILE, paths.LINEAGES_FILE}
    ]
    return sorted((each for each in found if each is not None), key=lambda each: (each.wave, each.path))


def _files(folder: RunFolder, top: str) -> Iterator[tuple[str, os.stat_result]]:
    return ((path, seen) for path, seen in folder.walk(top) if stat.S_ISREG(seen.st_mode) and not paths.is_of_writers(path))


def _known(seen: os.stat_result) -> tuple[int, int, int]:
    return seen.st_ino, seen.st_size, seen.st_mtime_ns


def _document(folder: RunFolder, path: str, wave: int) -> Snapshot | None:
    try:
        data = folder.read_document(path)
    except (MissingFile, OutsideRun):
        return None
    if wave == JOURNALS:
        data = data[: data.rfind(b"\n") + 1] if path.endswith(".jsonl") else data
    return Snapshot(path, wave, len(data), (0, len(data), 0), data)


def _log(folder: RunFolder, path: str, seen: os.stat_result, *, whole: bool) -> Snapshot | None:
    """Return a file that grows, up to the end of its last row; None where it has none yet."""
    try:
        fd = folder.open_file(path)
    except (TrackingError, OSError):
        return None
    try:
        size = os_calls.fstat(fd).st_size if whole else committed_size(fd, os_calls.fstat(fd).st_size)
    finally:
        os_calls.close(fd)
    return Snapshot(path, EVENTS, size, _known(seen)) if size else None


def read_parts(folder: RunFolder, snapshot: Snapshot) -> Iterator[bytes]:
    """Yield the bytes of a file, as many as the snapshot says, in parts; raises as `RunFiles.open_file`."""
    if snapshot.data is not None:
        yield snapshot.data
        return
    fd = folder.open_file(snapshot.path)
    try:
        at = 0
        while at < snapshot.size and (part := os_calls.pread(fd, min(PART, snapshot.size - at), at)):
            yield part
            at += len(part)
    finally:
        os_calls.close(fd)


def digests(folder: RunFolder, snapshot: Snapshot) -> tuple[str, str]:
    """Return the md5 of a file's bytes, and the ETag that S3 has of them when they are sent as `PushedRun` sends them."""
    whole, parts = md5(usedforsecurity=False), []
    for part in read_parts(folder, snapshot):
        whole.update(part)
        parts.append(md5(part, usedforsecurity=False).digest())
    if snapshot.size <= PART:
        return whole.hexdigest(), whole.hexdigest()
    return whole.hexdigest(), f"{md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"

"""What files that grow have grown by, sent behind them: whole files again and again would be far more than they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import TrackingError, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.read.remote.tail_object import JOINT, Piece, encode_tail, joint_of
from jupyter_tracking.storage.objects import local_path
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.remote.snapshot import Snapshot
    from jupyter_tracking.storage.objects import ObjectStore

_TOGETHER = 8  # tails of a size that become one: a byte is sent a few times, and of n looks there are 8 log n tails
_MOST = 4 << 20  # bytes of a tail
_MOST_PIECES = 5000

File = tuple[int, int]  # the inode of a file here, and how many of its bytes are there


class _Tail(NamedTuple):
    """A tail that is there: how often it was put together of others, its bytes, and (start, end) of its pieces by path."""

    path: str
    level: int
    size: int
    pieces: dict[str, tuple[int, int]]


class Tails:
    """The tails of one copy, as its process makes and deletes them. A tail is deleted when what is there by then has all that it has."""

    def __init__(self, folder: RunFolder, store: ObjectStore) -> None:
        """Name both; nothing is sent."""
        self._folder, self._store, self._local = folder, store, local_path(store.url)
        self._writer = paths.new_uuid()[:8]
        self._count = 0
        self._reached: dict[str, File] = {}
        self._there: list[_Tail] = []
        self._others: list[str] = []

    def found(self, tails: Iterable[str]) -> None:
        """Take over tails that are there of other processes: what comes now has all that they have."""
        self._others = sorted(tails)

    def send(self, grown: Iterable[Snapshot], bases: dict[str, File]) -> int:
        """Send what files have that are there in part; to files of a folder it is appended.

        Args:
            grown: the files as they are now.
            bases: how many bytes of each are there as a file; one that another has changed is taken out.

        Returns:
            How many bytes were sent.
        """
        sent, batch, size = 0, {}, 0
        for snapshot in sorted(grown):
            inode, start = bases[snapshot.path]
            reached = self._reached.get(snapshot.path, (inode, start))
            start = max(start, reached[1]) if reached[0] == inode else start
            if self._local is not None and start < snapshot.size:
                sent += self._append(self._local, snapshot.path, start, snapshot.size, bases)
                continue
            while start < snapshot.size:
                end = min(snapshot.size, start + _MOST - size)
                batch[snapshot.path] = start, end
                size += end - start
                start = end
                if size >= _MOST or len(batch) == _MOST_PIECES:
                    sent += self._put(batch, 0, bases)
                    batch, size = {}, 0
        if batch:
            sent += self._put(batch, 0, bases)
        return sent + self._put_together(bases)

    def _put(self, pieces: Mapping[str, tuple[int, int]], level: int, bases: Mapping[str, File]) -> int:
        read = [piece for path, (start, end) in pieces.items() if (piece := self._read(path, start, end)) is not None]
        if not read:
            return 0
        data = encode_tail(read)
        # A listing goes by names: one that has no more of the tails that were put together has what they became.
        path = f"{paths.TAILS}/{self._writer}-{self._count:09}"
        self._count += 1
        self._store.put(path, data)
        self._there.append(_Tail(path, level, len(data), {piece.path: (piece.offset, piece.end) for piece in read}))
        for piece in read:
            if level == 0:
                self._reached[piece.path] = bases[piece.path][0], piece.end
        return len(data)

    def _append(self, top: str, path: str, start: int, end: int, bases: dict[str, File]) -> int:
        """Append to a file of a folder, of which readers take whole rows; return how many bytes."""
        piece = self._read(path, start, end)
        if piece is None:
            return 0
        with storage_errors(f"{top}/{path}", kept="the run itself is whole"):
            with paths.closing_descriptor(os_calls.open(top, os_calls.ANY_FOLDER)) as root:
                fd = paths.open_inside(root, path, os_calls.O_RDWR)
            with paths.closing_descriptor(fd):
                first = max(0, start - JOINT)
                if os_calls.fstat(fd).st_size != start or joint_of(os_calls.pread(fd, start - first, first)) != piece.joint:
                    del bases[path]  # it goes as a whole the next time
                    return 0
                os_calls.pwrite(fd, piece.data, start)
        self._reached[path] = bases[path][0], end
        return end - start

    def _read(self, path: str, start: int, end: int) -> Piece | None:
        """Return a piece of a file; None where the file went away, or was cut off."""
        try:
            fd = self._folder.open_file(path)
        except (TrackingError, OSError):
            return None
        try:
            first = max(0, start - JOINT)
            data = os_calls.pread(fd, end - first, first)
        finally:
            os_calls.close(fd)
        return Piece(path, start, joint_of(data[: start - first]), data[start - first :]) if len(data) == end - first else None

    def _put_together(self, bases: Mapping[str, File]) -> int:
        """Let the last few tails of about one size be one."""
        sent = 0
        while True:
            last = self._there[-_TOGETHER:]
            if len(last) < _TOGETHER or len({tail.level for tail in last}) > 1 or sum(tail.size for tail in last) > _MOST:
                return sent
            pieces: dict[str, tuple[int, int]] = {}
            for path, (start, end) in (item for tail in last for item in tail.pieces.items()):
                first, until = pieces.get(path, (start, end))
                pieces[path] = min(first, start), max(until, end)
            sizes = {path: bases[path][1] if path in bases else 0 for path in pieces}
            left = {path: (max(start, sizes[path]), end) for path, (start, end) in pieces.items() if end > sizes[path]}
            if len(left) > _MOST_PIECES:
                return sent
            sent += self._put(left, last[0].level + 1, bases)
            self._delete(last)

    def drop(self, bases: Mapping[str, File] | None) -> None:
        """Delete the tails of which the files have all by now; all of them where every file is there as it is."""
        mine = self._there if bases is None else [tail for tail in self._there if _is_within(tail, bases)]
        self._delete(list(mine))
        self._store.delete(self._others)
        self._others = []

    def _delete(self, tails: list[_Tail]) -> None:
        self._store.delete([tail.path for tail in tails])
        self._there = [tail for tail in self._there if tail not in tails]


def _is_within(tail: _Tail, bases: Mapping[str, File]) -> bool:
    return all(path in bases and end <= bases[path][1] for path, (_, end) in tail.pieces.items())

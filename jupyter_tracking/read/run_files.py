"""The files of a run folder and its document `run.plx.json`. No file outside of the folder is ever opened."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from jupyter_tracking.budgets import MOST_DOCUMENT_BYTES
from jupyter_tracking.errors import (
    InvalidArgument,
    MalformedEvent,
    MissingFile,
    TooLarge,
    TrackingError,
    escape_controls,
    replace_surrogates,
    storage_error,
)
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.format.document import rank_names, run_document, run_values
from jupyter_tracking.read.file_bytes import file_stat, read_plain, written_size
from jupyter_tracking.read.remote.roots import source_of
from jupyter_tracking.read.remote.source import is_mirrored
from jupyter_tracking.storage.last_write import last_write
from jupyter_tracking.storage.presence.marks import last_sign
from jupyter_tracking.system import os_calls
from jupyter_tracking.system.files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from jupyter_tracking.read.remote.ranges import RangedFile

T = TypeVar("T")
MOST_DEEP = 100  # folders in folders that are looked at: a .zip of a run holds as many
_AT_THE_TOP = {paths.RUN_FILE, paths.LINEAGES_FILE}
_MOST_READ = 1 << 31  # bytes of an asset that is not a document: what is larger is read from its path, if at all


class Problem(NamedTuple):
    """Something wrong with a file of a run: where, what, and the start of the text."""

    file: str
    line: int | None
    problem: str
    text: str


class RunFiles:
    """Reads the files of a run folder, and its document.

    Attributes:
        path: the run folder.
        location: its path, as text: a list of many runs makes no `Path` of each.
        archive: the .zip that it was unpacked from, if it was.
        namesakes: how many runs have the name by which it was found.
        source: what fills the folder of a run at an object store; None of any other.
    """

    archive: Path | None = None
    namesakes: int = 1

    path = cached_property(lambda self: Path(self.location))
    _made: cached_property[dict[Hashable, tuple[list[tuple[int, ...]], Any]]] = cached_property(lambda _: {})
    _document_seen: tuple[int, ...] | None = None
    _info_problems: Sequence[Problem] = ()
    _answers: dict[Hashable, Any] | None = None  # what was answered within `one_look`

    def __init__(self, path: str | Path) -> None:
        """Name the folder; files are read when they are asked for."""
        self.location = os.fspath(path)
        self.source = source_of(self.location)
        self._document = f"{self.location}/{paths.RUN_FILE}"
        self._info: dict[str, Any] = {}

    def open(self, relative: str) -> int:
        """Open a file or folder of the run, following no link.

        Raises:
            OutsideRun: the path leads out, or through a link.
            MissingFile: there is no such file.
            InvalidArgument: a pipe, a socket or a device.
            StorageError: it cannot be opened.
        """
        root = -1
        self.wanted([relative])
        try:
            root = os_calls.open(self.path, os_calls.ANY_FOLDER)
            return paths.open_inside(root, relative)
        except (FileNotFoundError, NotADirectoryError):
            where = f"{escape_controls(relative)} is missing from the run {escape_controls(self.path.name)}"
            raise MissingFile(errno.ENOENT, where) from None
        except OSError as error:
            raise _unreadable(error, relative) from None
        finally:
            if root >= 0:
                os_calls.close(root)

    def wanted(self, relatives: Iterable[str]) -> None:
        """Let files come that are about to be read, side by side, where they are at an object store; raises `StoreError`."""
        if self.source is not None:
            self.source.fetch(relatives)

    def fetch_all(self) -> None:
        """Let all files come of a run at an object store, for what reads its folder."""
        if self.source is not None:
            self.source.fetch_below("")

    def open_file(self, relative: str) -> int:
        """Open a regular file of the run; raises as `open`, and `InvalidArgument` for a folder."""
        fd = self.open(relative)
        if stat.S_ISDIR(os_calls.fstat(fd).st_mode):
            os_calls.close(fd)
            raise InvalidArgument(f"path={relative!r} is a folder, and should be a file")
        return fd

    def ranged(self, relative: str) -> RangedFile | None:
        """Return a large file at an object store of which only those parts come that are read; None of any other."""
        return self.source.ranged(relative) if self.source is not None else None

    def read(self, relative: str, most: int = _MOST_READ) -> bytes:
        """Return the bytes of a file of the run; of a file that grows, those it had at the start.

        Raises:
            MalformedEvent: it has more than `most` bytes.
            StorageError: it cannot be read; or as `open_file`.
        """
        if relative in _AT_THE_TOP:  # asked for of every run of a root; where something is wrong, it is told as of any other file
            self.wanted([relative])
            if (data := read_plain(f"{self.location}/{relative}", most)) is not None:
                return data
        fd = self.open_file(relative)
        try:
            size = os_calls.fstat(fd).st_size
            if size > most:
                raise TooLarge(f"{escape_controls(relative)} has {size:,} bytes; up to {most:,} are read of such a file")
            if missing := size - written_size(fd, size):
                raise MalformedEvent(f"{escape_controls(relative)} has {size:,} bytes, of which the last {missing:,} begin with a hole")
            return read_bytes(fd, size)
        except MemoryError:
            raise MalformedEvent(f"{escape_controls(relative)} has {size:,} bytes, which do not fit into memory") from None
        except OSError as error:
            raise _unreadable(error, relative) from None
        finally:
            os_calls.close(fd)

    def read_logged(self, relative: str, most: int = _MOST_READ) -> bytes:
        """Return the bytes of an asset; raises as `read`, and `MalformedEvent` unless it has the size that was logged."""
        data = self.read(relative, most)
        self.check_size(relative, len(data))
        return data

    def read_document(self, relative: str) -> bytes:
        """Return the bytes of a document or journal, which are limited; raises as `read`."""
        return self.read(relative, MOST_DOCUMENT_BYTES)

    def read_or_empty(self, relative: str) -> bytes:
        """Return the bytes of a document or journal of the run, or none when it is missing or cannot be read."""
        with suppress(TrackingError, OSError):
            return self.read_document(relative)
        return b""

    def once(self, relatives: Sequence[str], make: Callable[[RunFiles], T]) -> T:
        """Return what `make` makes of these files of the run; it is not made again as long as none of them has changed."""
        key = (make, *relatives)
        now = self._answer(key, lambda: [file_stat(f"{self.location}/{relative}") for relative in relatives])
        if key not in self._made or self._made[key][0] != now:
            self._made[key] = now, make(self)
        return cast("T", self._made[key][1])

    def path_of(self, relative: str) -> Path:
        """Return the path of a file of the run that is there and lies inside it; raises as `open`."""
        os_calls.close(self.open(relative))
        if self.source is not None:
            self.source.fetch_below(relative)  # of a folder
        return self.path / paths.safe_relative(relative)

    def list_names(self, relative: str) -> list[str]:
        """Return the names in a folder of the run; none when it is not there, or is no folder. Names that are no text are left out."""
        try:
            fd = self.open(relative)
        except (TrackingError, OSError):
            return []
        try:
            return sorted(name for name in os_calls.listdir(fd) if name == replace_surrogates(name))
        except OSError:
            return []
        finally:
            os_calls.close(fd)

    def is_replaced(self, relative: str) -> bool:
        """Return whether a link stands where a folder of the run should."""
        return os.path.islink(f"{self.location}/{relative}")  # noqa: PTH114 - asked for with every look at every run of a root

    def walk(self, top: str = "") -> Iterator[tuple[str, os.stat_result]]:
        """Yield path and lstat of everything below a folder of the run, by name, a folder before what it holds.

        No link is followed, and none that takes the place of a folder meanwhile. What is nested too deeply is not looked at.
        """
        if self.source is not None:
            self.source.look()
        pending = self._entries(top)
        while pending:
            path, seen = pending.pop()
            yield path, seen
            if stat.S_ISDIR(seen.st_mode) and path.count("/") < MOST_DEEP:
                pending += self._entries(path)

    def _entries(self, relative: str) -> list[tuple[str, os.stat_result]]:
        """Return path and lstat of what a folder of the run holds, the last name first; none of what is no folder, or a link."""
        fds = []
        try:
            fds.append(os_calls.open(self.path, os_calls.ANY_FOLDER))  # of the run folder itself a link is the user's own
            if relative:
                fds.append(paths.open_inside(fds[0], relative, paths.FOLDER))
            found = []
            for name in sorted(os_calls.listdir(fds[-1]), reverse=True):
                with suppress(OSError):  # deleted meanwhile
                    found.append((f"{relative}/{name}" if relative else name, os_calls.lstat(name, dir_fd=fds[-1])))
        except (OSError, ValueError, TrackingError):
            return []
        else:
            return found
        finally:
            for fd in fds:
                os_calls.close(fd)

    # --- assets --------------------------------------------------------------------------------

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        """`path`, `size` and `hash` of each asset as it was when it was logged, by its path; empty when the journal cannot be read."""
        return self.once(self.journals(paths.ASSET_JOURNAL), _read_assets)

    def journals(self, journal: str) -> list[str]:
        """Return a journal, and those of the same name that the other ranks of a job have."""
        several = os.path.lexists(f"{self.location}/{rank_names.RANKS}")
        return [journal, *(rank_names.journals_among(self.list_names(paths.PRIVATE_FOLDER), journal) if several else ())]

    def asset_path(self, relative: str) -> Path:
        """Return the path of an asset that is there as it was logged.

        Raises:
            MalformedEvent: it has another size; or as `open`.
        """
        path = self.path_of(relative)
        seen = path.lstat()
        if not stat.S_ISDIR(seen.st_mode):
            self.check_size(relative, seen.st_size)
        return path

    def check_size(self, relative: str, size: int) -> None:
        """Raise `MalformedEvent` unless the asset still has the size that was logged.

        Raises:
            MalformedEvent: it was cut off by a power failure, or changed.
        """
        if (then := self.assets.get(relative, {}).get("size")) is not None and then != size:
            raise MalformedEvent(f"{escape_controls(relative)} has {size} bytes, and had {then} when it was logged")

    # --- the document ---------------------------------------------------------------------------

    @property
    def info(self) -> dict[str, Any]:
        """`run.plx.json` as it is now, without what is wrong in it; empty when it is missing or broken."""
        return self._answer("info", self._look_at_info)

    def info_as_seen(self, seen: tuple[int, ...]) -> dict[str, Any]:
        """Return `info`; of a local document that had this `file_stat` a moment ago it is not asked for again."""
        return self._look_at_info(seen) if self.source is None else self.info

    def _look_at_info(self, seen: tuple[int, ...] | None = None) -> dict[str, Any]:
        if self.source is not None:
            self.source.look_at_documents()
        seen = file_stat(self._document) if seen is None else seen
        if seen != self._document_seen:
            self._document_seen = seen
            self._info, self._info_problems = self._read_info()
        return self._info

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Answer what the documents, the journals and the locks say by one look at them, as often as it is asked within the block."""
        outer = self._answers
        self._answers = {} if outer is None else outer
        try:
            yield
        finally:
            self._answers = None if outer is None else self._answers

    def _answer(self, question: Hashable, look: Callable[[], T]) -> T:
        answers = {} if self._answers is None else self._answers
        if question not in answers:
            answers[question] = look()
        return cast("T", answers[question])

    def forget_info(self) -> None:
        """Let go of the document, which is read again when it is asked for."""
        self._document_seen, self._info, self._info_problems = None, {}, ()

    def _read_info(self) -> tuple[dict[str, Any], list[Problem]]:
        try:
            info, wrong = run_document.parse_document(self.read_document(paths.RUN_FILE))
        except (TrackingError, OSError) as error:
            return {}, [Problem(paths.RUN_FILE, None, reason(error), "")]
        return info, [Problem(paths.RUN_FILE, line, words, "") for line, words in wrong]

    @property
    def is_ours(self) -> bool:
        """Whether this package writes the run."""
        path = f"{self.location}/{paths.PRIVATE_FOLDER}"
        return run_document.is_ours(self.info) or (not self.info and os.path.isdir(path) and not os.path.islink(path))  # noqa: PTH112, PTH114

    @property
    def has_ended(self) -> bool:
        """Whether the document says a final status."""
        return run_document.has_ended(self.info)

    @property
    def uuid(self) -> str:
        """The run's uuid: that of its document, else the folder's name."""
        return str(self.info.get("uuid") or self.folder_name)

    @property
    def folder_name(self) -> str:
        """The name of the run's folder, as text."""
        return replace_surrogates(self.path.name)

    @property
    def name(self) -> str:
        """The run's name, or an empty string."""
        return str(self.info.get("name") or "")

    @property
    def project(self) -> str:
        """The project the run belongs to, or an empty string."""
        return str(self.info.get("project") or "")

    @property
    def tags(self) -> list[str]:
        """The run's tags."""
        return [str(tag) for tag in tags] if isinstance(tags := self.info.get("tags"), list) else []

    @property
    def status(self) -> str:
        """The run's status; `interrupted` when it never ended and nobody writes to it, `broken` when its document cannot be read."""
        return self.status_reason[0]

    @property
    def status_reason(self) -> tuple[str, str, str]:
        """The run's status, and the reason and the message it has where somebody said why, else empty strings."""
        return self._answer("status", lambda: run_document.read_status(self.info, self._last_sign))

    def _last_sign(self) -> str | None:
        if self.source is not None:
            return "" if self.source.is_written() else None
        sign = last_sign(self.location)
        return "" if sign is None and is_mirrored(file_stat(f"{self.location}/{paths.MIRROR_NOTE}")) else sign

    @property
    def duration(self) -> float | None:
        """For how many seconds the run was recorded in, in all of its lives; of one that goes on or was killed, until its last sign."""
        last = None if not (info := self.info) or run_document.has_ended(info) else last_write(self.location)
        return run_document.recorded_seconds(info, last) if info else None

    @property
    def inputs(self) -> dict[str, Any]:
        """The run's inputs."""
        return run_values.values_of(self.info, "inputs")

    @property
    def meta(self) -> dict[str, Any]:
        """The facts about the run that were logged."""
        return run_values.values_of(self.info, "meta_info")

    @property
    def info_problems(self) -> list[Problem]:
        """What is wrong with `run.plx.json`."""
        _ = self.info
        return list(self._info_problems)


def _read_assets(folder: RunFiles) -> dict[str, dict[str, Any]]:
    there = [journal for journal in folder.journals(paths.ASSET_JOURNAL) if os.path.lexists(folder.path / journal)]
    return dict(item for journal in there for item in lineage.parse_asset_journal(folder.read_or_empty(journal))[0].items())


def reason(error: Exception) -> str:
    """Return an error's message without its errno."""
    return str(getattr(error, "strerror", None) or error)


def _unreadable(error: OSError, relative: str) -> OSError:
    ours = isinstance(error, TrackingError)
    return error if ours else storage_error(error, escape_controls(relative), failed="could not be read", kept="nothing was changed")

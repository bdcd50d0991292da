"""The files of a run folder and its document `run.plx.json`. No file outside of the folder is ever opened."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from jupyter_tracking.errors import MalformedEvent, MissingFile, TrackingError, escape_controls
from jupyter_tracking.format import lineage, paths, run_document
from jupyter_tracking.storage import writer_lock

if TYPE_CHECKING:
    from pathlib import Path


class Problem(NamedTuple):
    """Something wrong with a file of a run: where, what, and the start of the text."""

    file: str
    line: int | None
    problem: str
    text: str


def file_stat(path: str) -> tuple[int, ...]:
    """Return inode, size, and the times in ns of the last write and the last change of a file; empty when it is not there."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - asked for with every look at every run of a root
    except OSError:
        return ()
    return (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)


class RunFiles:
    """Reads the files of a run folder, and its document."""

    def __init__(self, path: Path) -> None:
        """Name the folder; files are read when they are asked for."""
        self.path = path
        self._document = f"{path}/{paths.RUN_FILE}"
        self._document_seen: tuple[int, ...] | None = None
        self._info: dict[str, Any] = {}
        self._info_problem: Problem | None = None
        self._assets_seen: tuple[int, ...] = ()
        self._assets: dict[str, dict[str, Any]] = {}

    # --- files -------------------------------------------------------------------------------

    def open(self, relative: str) -> int:
        """Open a file of the run, following no link.

        Raises:
            OutsideRun: the path leads out.
            MissingFile: there is no such file.
        """
        root = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return paths.open_inside(root, relative)
        except (FileNotFoundError, NotADirectoryError):
            raise MissingFile(errno.ENOENT, f"{escape_controls(relative)} is missing from {self.path}") from None
        finally:
            os.close(root)

    def read(self, relative: str) -> bytes:
        """Return the bytes of a file of the run; raises as `open`."""
        with os.fdopen(self.open(relative), "rb", buffering=0) as file:
            return file.read()

    def read_or_empty(self, relative: str) -> bytes:
        """Return the bytes of a file of the run, or none when it is missing or cannot be read."""
        try:
            return self.read(relative)
        except (TrackingError, OSError):
            return b""

    def path_of(self, relative: str) -> Path:
        """Return the path of a file of the run that is there and lies inside it; raises as `open`."""
        os.close(self.open(relative))
        return self.path / paths.safe_relative(relative)

    def list_names(self, relative: str) -> list[str]:
        """Return the names in a folder of the run; none when it is not there."""
        try:
            fd = self.open(relative)
        except (TrackingError, OSError):
            return []
        try:
            return sorted(os.listdir(fd))  # noqa: PTH208 - a descriptor, not a path
        except NotADirectoryError:
            return []
        finally:
            os.close(fd)

    # --- assets --------------------------------------------------------------------------------

    @property
    def assets(self) -> dict[str, dict[str, Any]]:
        """`path`, `size` and `hash` of each asset as it was when it was logged, by its path; empty when the journal cannot be read."""
        seen = file_stat(f"{self.path}/{paths.ASSET_JOURNAL}")
        if seen != self._assets_seen:
            try:
                self._assets = lineage.parse_asset_journal(self.read(paths.ASSET_JOURNAL))[0] if seen else {}
            except (TrackingError, OSError):
                self._assets = {}
            self._assets_seen = seen
        return self._assets

    def check_size(self, relative: str, size: int) -> None:
        """Raise `MalformedEvent` unless the asset still has the size that was logged.

        Raises:
            MalformedEvent: it was cut off by a power failure, or changed.
        """
        then = self.assets.get(relative, {}).get("size")
        if then is not None and then != size:
            raise MalformedEvent(f"{escape_controls(relative)} has {size} bytes, and had {then} when it was logged")

    # --- the document ---------------------------------------------------------------------------

    @property
    def info(self) -> dict[str, Any]:
        """`run.plx.json` as it is now; empty when it is missing or broken."""
        seen = file_stat(self._document)
        if seen != self._document_seen:
            self._document_seen = seen
            self._info, self._info_problem = self._read_info()
        return self._info

    def _read_info(self) -> tuple[dict[str, Any], Problem | None]:
        try:
            info = orjson.loads(self.read(paths.RUN_FILE))
        except (TrackingError, OSError) as error:
            return {}, Problem(paths.RUN_FILE, None, str(error), "")
        except orjson.JSONDecodeError as error:
            return {}, Problem(paths.RUN_FILE, error.lineno, f"not JSON: {error.msg}", "")
        if not isinstance(info, dict):
            return {}, Problem(paths.RUN_FILE, 1, "not a JSON object", "")
        return info, None

    @property
    def is_ours(self) -> bool:
        """Whether this package writes the run."""
        info = self.info
        return run_document.is_ours(info) or (not info and (self.path / paths.PRIVATE_FOLDER).is_dir())

    @property
    def has_ended(self) -> bool:
        """Whether the document says a final status."""
        return run_document.has_ended(self.info)

    @property
    def uuid(self) -> str:
        """The run's uuid: that of its document, else the folder's name."""
        return str(self.info.get("uuid") or self.path.name)

    @property
    def name(self) -> str:
        """The run's name, or an empty string."""
        return str(self.info.get("name") or "")

    @property
    def status(self) -> str:
        """The run's status; `interrupted` when it never ended and nobody writes to it."""
        status = str(self.info.get("status") or "unknown")
        if self.has_ended or not self.is_ours:
            return status
        if writer_lock.active_writers(self.path):
            return status
        ending = run_document.ending(self.info)
        return ending[0] if ending else "interrupted"

    @property
    def info_problem(self) -> Problem | None:
        """What is wrong with `run.plx.json`, if anything."""
        return self._info_problem if self.info or self._info_problem else None

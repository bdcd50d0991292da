"""A run as one `.zip` file, written from its folder and unpacked again; what is unpacked is checked member by member before it is written.

The members lie under `<uuid>/`. They are regular files alone, with the same name, moment and mode each time, so that two exports of a run
are the same bytes.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
import unicodedata
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import InvalidArgument, StorageFull, escape_controls, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

# What a .zip may unpack to, so that a small file cannot fill the disk or the day.
MOST_FILES = 250_000  # folders counted too
MOST_FOLDERS_DEEP = 100
MOST_BYTES_IN_A_NAME = 1024
ALWAYS_BYTES = 1 << 30  # of more bytes, at most so many for each byte of the .zip:
MOST_RATIO = 100

_CHUNK = 1 << 20
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same for each export; zip has no earlier one
_STORED, _DEFLATED = 0, 8


# --- out -----------------------------------------------------------------------------------------


class _File(NamedTuple):
    """A file of the run that the .zip is to hold: its path in the run, its name there, its size."""

    relative: str
    member: str
    size: int


def write_archive(run: Path, uuid: str, target: Path) -> list[str]:
    """Write a run folder as a .zip, which has its name only when it is whole; a file of that name is replaced.

    Args:
        run: the run folder.
        uuid: the folder in the .zip.
        target: the file to write.

    Returns:
        What was left out, in words: links, pipes and files whose name a .zip cannot hold everywhere.

    Raises:
        InvalidArgument: the file would lie in the run, or the run holds more files than a .zip may that opens again.
        StorageError: the run cannot be read, or the disk refused; nothing remains of the file.
    """
    if Path(os.path.realpath(target)).is_relative_to(os.path.realpath(run)):
        raise InvalidArgument(f"path={os.fspath(target)!r} lies inside of the run, which exporting does not change; give another folder")
    top = uuid if re.fullmatch(r"[0-9A-Za-z-]{1,64}", uuid) else "run"
    with storage_errors(f"{target}", kept="nothing remains of it"), ExitStack() as stack:
        root = os_calls.open(run, os_calls.ANY_FOLDER)
        stack.callback(os_calls.close, root)
        files, left_out = _files(root, top)
        unfinished = target.with_name(f".{target.name[:100]}.{paths.new_uuid()[:8]}.tmp")
        stack.callback(unfinished.unlink, missing_ok=True)
        for method in (_DEFLATED, _STORED):  # what is all but empty, such as ten gigabytes of zeros, would not open again compressed
            _write(root, files, unfinished, method)
            if _fits(sum(file.size for file in files), unfinished.stat().st_size):
                break
        unfinished.replace(target)
    return left_out


def _files(root: int, top: str) -> tuple[list[_File], list[str]]:
    """Return the files of a run to export, in the order in which they are read, and what is left out.

    A run may be going on: of its documents, then its rows, then the rest, each names only what is read after it, and so is there.
    """
    found: dict[str, int] = {}
    left_out: list[str] = []
    for folder, folders, names, fd in os_calls.fwalk(".", dir_fd=root):
        at = "" if folder == "." else folder.removeprefix("./") + "/"
        seen = {name: os_calls.lstat(name, dir_fd=fd) for name in [*folders, *names] if not paths.is_of_writers(f"{at}{name}")}
        for name, status in seen.items():
            if os_calls.is_hole(status):
                left_out.append(f"{at}{name} has {status.st_size:,} bytes, of which next to none were ever written")
            elif stat.S_ISREG(status.st_mode):
                found[f"{at}{name}"] = status.st_size
            elif not stat.S_ISDIR(status.st_mode):
                left_out.append(f"{at}{name} is a {'link' if stat.S_ISLNK(status.st_mode) else 'pipe, a socket or a device'}")
        # Without the links: `fwalk` goes into none, but opens what each leads to.
        folders[:] = sorted(name for name in folders if name in seen and stat.S_ISDIR(seen[name].st_mode))
    names_seen = _Names()
    files = []
    for relative in sorted(found, key=lambda path: (_reading_order(path), path)):
        wrong = "" if _is_plain(relative) else _NO_PATH
        wrong = wrong or names_seen.add(f"{top}/{relative}")
        if wrong:
            left_out.append(f"{relative} {wrong}")
        else:
            files.append(_File(relative, f"{top}/{relative}", found[relative]))
    return files, [escape_controls(words) for words in left_out]


def _reading_order(relative: str) -> int:
    if relative in {paths.RUN_FILE, paths.LINEAGES_FILE}:
        return 0
    return 1 if relative.startswith(("events/", "resources/")) else 2


def _write(root: int, files: list[_File], target: Path, method: int) -> None:
    from zipfile import ZipFile, ZipInfo

    with target.open("wb") as stream, ZipFile(stream, "w") as archive:
        for file in files:
            info = ZipInfo(file.member, _MOMENT)
            info.compress_type = method
            info.create_system = 3  # Unix, also when it is written elsewhere
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            try:
                fd = paths.open_inside(root, file.relative)
            except FileNotFoundError:  # a temporary file of the user's
                continue
            with os.fdopen(fd, "rb") as source, archive.open(info, "w", force_zip64=file.size >= 1 << 30) as sink:
                left = file.size  # what was appended since belongs to what was logged since
                while left and (piece := source.read(min(left, _CHUNK))):
                    sink.write(piece)
                    left -= len(piece)
        stream.flush()


# --- in ------------------------------------------------------------------------------------------


def unpack_run(source: Path) -> tuple[Path, Path]:
    """Unpack a run from a .zip into a new temporary folder; return that, which is the caller's to remove, and the run folder in it.

    Raises:
        InvalidArgument: it is no .zip, holds no run, holds what leads out of it, or is larger than a run may be; nothing remains.
        StorageFull: there is no room for it in the folder for temporary files.
        StorageError: it cannot be read, or the disk refused; nothing remains.
    """
    import struct
    import zlib
    from zipfile import BadZipFile, LargeZipFile, ZipFile

    what = f"path={os.fspath(source)!r}"
    target = None
    try:
        with source.open("rb") as stream:
            try:
                with ZipFile(stream) as archive:
                    members = _checked_members(archive, os_calls.fstat(stream.fileno()).st_size)
                    target = Path(tempfile.mkdtemp(prefix="jupyter-tracking-"))
                    _check_room(target, sum(info.file_size for _, info in members))
                    _unpack(archive, members, target)
                    return target, _run_in(target)
            except InvalidArgument as error:
                raise InvalidArgument(f"{what} {error}") from None
            except (BadZipFile, LargeZipFile, struct.error, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
                raise InvalidArgument(f"{what} is no whole .zip: {error}") from None
    except BaseException as error:
        if target is not None:
            shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            with storage_errors(what, kept="nothing remains of it", failed="could not be unpacked"):
                raise
        raise


def _checked_members(archive: ZipFile, size: int) -> list[tuple[str, ZipInfo]]:
    """Return the path of each file in the .zip; raise `InvalidArgument` for whatever is no plain file inside of it."""
    names, members, total = _Names(), [], 0
    for info in archive.infolist():
        is_folder = info.filename.endswith("/")
        name = info.filename.removesuffix("/")
        wrong = "has a name that is cut short" if info.orig_filename != info.filename else names.add(name, is_folder=is_folder)
        if not wrong and stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFDIR if is_folder else stat.S_IFREG}:
            wrong = "is a link or a device"
        if not wrong and info.flag_bits & 0x1:
            wrong = "is encrypted"
        if not wrong and info.compress_type not in {_STORED, _DEFLATED}:
            wrong = "is compressed in another way than zip's own (deflate)"
        if wrong:
            raise InvalidArgument(f"cannot be opened as a run: {escape_controls(info.orig_filename)!r:.200} {wrong}")
        total += info.file_size
        if not is_folder:
            members.append((name, info))
    if not _fits(total, size):
        raise InvalidArgument(f"would unpack to {total:,} bytes, over {MOST_RATIO} times its size: that is no run")
    return members


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise StorageFull(errno.ENOSPC, f"the run unpacks to {size:,} bytes, and {folder.parent} has room for {free:,}")


def _unpack(archive: ZipFile, members: list[tuple[str, ZipInfo]], target: Path) -> None:
    for name, info in members:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # The folder is new and ours alone, so no link can be in it; a file that is there is one of the same name to this disk.
        fd = os_calls.open(path, os_calls.O_WRONLY | os_calls.O_CREAT | os_calls.O_EXCL | os_calls.NO_LINKS, 0o666)
        left = info.file_size
        with os.fdopen(fd, "wb") as sink, archive.open(info) as source:
            while piece := source.read(_CHUNK):
                left -= len(piece)
                if left < 0:
                    raise InvalidArgument(f"is damaged: {name!r:.200} is longer than it says")
                sink.write(piece)
        if left:
            raise InvalidArgument(f"is damaged: {name!r:.200} is shorter than it says")


def _run_in(target: Path) -> Path:
    """Return the folder that holds the run: the top of what was unpacked, or the one folder in it that does."""
    if paths.holds_run(target):
        return target
    found = [folder for folder in sorted(target.iterdir()) if folder.is_dir() and paths.holds_run(folder)]
    if len(found) != 1:
        raise InvalidArgument(f"holds {len(found) or 'no'} run{'s' if len(found) > 1 else ''}; view.export() writes one that holds one")
    return found[0]


# --- both ----------------------------------------------------------------------------------------


class _Names:
    """The names in a .zip, each checked as it is added."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str, *, is_folder: bool = False) -> str:
        """Add a name; return what is wrong with it, in words, or an empty string.

        Raises:
            InvalidArgument: there are more of them than a .zip may hold.
        """
        if not _is_plain(name):
            return _NO_PATH
        parts = name.encode().split(b"/")
        if len(parts) > MOST_FOLDERS_DEEP or len(name.encode()) > MOST_BYTES_IN_A_NAME or any(len(part) > 255 for part in parts):  # noqa: PLR2004
            return "is nested too deeply, or has too long a name"
        # A disk may take two names for one that differ only in case or in how an accent is written.
        folded = unicodedata.normalize("NFC", name.casefold())
        above = [folded[:n] for n, char in enumerate(folded) if char == "/"] + ([folded] if is_folder else [])
        if (not is_folder and (folded in self._files or folded in self._folders)) or not self._files.isdisjoint(above):
            return "has the name of another, perhaps but for upper and lower case"
        self._folders.update(above)
        self._files.update([] if is_folder else [folded])
        if len(self._files) + len(self._folders) > MOST_FILES:
            raise InvalidArgument(f"holds over {MOST_FILES:,} files and folders; a run in a .zip may not have more")
        return ""


_NO_PATH = "is no plain path"


def _is_plain(name: str) -> bool:
    """Return whether a name is a relative path as we write it: no `..`, no drive, no backslash, no control character."""
    try:
        return bool(name) and paths.safe_relative(name) == name
    except InvalidArgument:
        return False


def _fits(total: int, size: int) -> bool:
    return total <= max(ALWAYS_BYTES, MOST_RATIO * size)

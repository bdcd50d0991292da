"""Names and paths of a run folder: the only module that turns a user's string into a path.

Each component of a path is opened from the descriptor of the one before, and no link is followed, so that no name, path or link leads
out of the run folder.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_tracking.errors import InvalidArgument, InvalidType, OutsideRun, storage_error
from jupyter_tracking.redact.given import without_secrets
from jupyter_tracking.system import folders, os_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

RUN_FILE = "run.plx.json"
LINEAGES_FILE = "lineages.plx.json"
PRIVATE_FOLDER = ".jupyter-tracking"  # our journals, locks and unfinished files; Polyaxon reads all that is under events/
LINEAGE_JOURNAL = f"{PRIVATE_FOLDER}/lineage.jsonl"
ASSET_JOURNAL = f"{PRIVATE_FOLDER}/assets.jsonl"
WRITERS = f"{PRIVATE_FOLDER}/writers"
FILES_NOTE = f"{PRIVATE_FOLDER}/files.json"  # what a copy of the run has, as it was copied
MIRROR_NOTE = f"{PRIVATE_FOLDER}/mirror.json"  # of the process that copies a run while it goes on
TAILS = f"{PRIVATE_FOLDER}/tail"  # what files at an object store have grown by
LOCKS = ("lock", "names", "rows")  # files of the private folder that are only locked: for documents, for names, for rows of metrics
UNFINISHED = f".{RUN_FILE}.new"  # the next document; what a process that was killed left of it, the next change replaces

FOLDER = os_calls.ANY_FOLDER | os_calls.NO_LINKS

MAX_STEM = 120
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")  # as most are
_LONGEST_FILE_NAME = 255  # bytes, on any disk
_PASSING = rf"(({'|'.join(LOCKS)})(\.\d+)?|[^/]*\.lock|writers|tmp|tail|pushed|files\.json|mirror\.(json|log))(/.*)?"  # ranks lock `rows.3`
_OF_WRITERS = re.compile(f"{re.escape(PRIVATE_FOLDER)}/{_PASSING}|{re.escape(UNFINISHED)}", re.DOTALL)
_EXTENSION = re.compile(r"[a-z0-9]{1,12}(\.[a-z0-9]{1,12}){0,2}\Z")


def is_of_writers(relative: str) -> bool:
    """Return whether what is in a run folder is of who writes or copies it, and nothing of the run: locks, marks, what is unfinished."""
    return _OF_WRITERS.fullmatch(relative) is not None


# --- where runs are ------------------------------------------------------------------------------


def default_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the absolute root of runs: the argument, else `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Raises:
        InvalidArgument: a text that no path is, or a relative one while the current directory has been removed.
    """
    chosen = root if root is not None else os.environ.get("POLYAXON_OFFLINE_ROOT") or "."
    if isinstance(chosen, str) and is_url(chosen):
        raise InvalidArgument(f"root={chosen!r} is a URL, and runs are recorded in a folder; mirror={chosen!r} copies a run there")
    return absolute(chosen, "root", expands=True)


def absolute(path: object, argument: str, *, expands: bool = False) -> Path:
    """Return a path that a user gives, made absolute; links stay as they are.

    Args:
        path: a string, bytes or a path.
        argument: what it is called, for the message.
        expands: a `~` at its start is the user's own folder.

    Raises:
        InvalidType: no path at all.
        InvalidArgument: a text that no path is, or a relative one while the current directory has been removed.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        raise InvalidType(f"{argument}={path!r} is a {type(path).__name__}; give a path")
    text = os.fsdecode(path)
    try:
        if b"\0" in os.fsencode(text):
            raise InvalidArgument(f"{argument}={text!r} holds a NUL, which no path can")
        return Path(os.path.abspath(os.path.expanduser(text) if expands else text))  # noqa: PTH100, PTH111 - links stay as they are
    except UnicodeError:
        raise InvalidArgument(f"{argument}={text!r} holds half of a character, which no path can") from None
    except FileNotFoundError:
        raise InvalidArgument(f"{argument}={text!r}: the current directory has been removed; give an absolute path") from None


def run_path(root: Path, uuid: str) -> Path:
    """Return the folder of a run under a root."""
    return root / "runs" / uuid


def run_folders(root: Path) -> list[Path]:
    """Return the folders of the runs under a root, by name. A link among them is not followed (see `linked_runs`).

    Raises:
        StorageError: they cannot be listed.
    """
    return [Path(path) for path in sorted(entry.path for entry in run_entries(root))]


def linked_runs(root: Path) -> list[Path]:
    """Return the links that stand under a root where folders of runs should; who wants such a run opens it by its own path."""
    return [Path(path) for path in sorted(entry.path for entry in run_entries(root, links=True))]


def run_entries(root: Path, *, links: bool = False) -> list[os.DirEntry[str]]:
    """Return the folders, or the links, in no order; a Path of each takes longer than to list them. Raises as `run_folders` does."""
    try:
        with os.scandir(root / "runs") as entries:
            return [one for one in entries if one.name[0] != "." and (one.is_symlink() if links else one.is_dir(follow_symlinks=False))]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise storage_error(error, f"{root}/runs", failed="could not be read", kept="nothing was changed") from None


def holds_run(folder: Path) -> bool:
    """Return whether a folder holds what only a tracker writes: a folder of the user's own with `outputs/` in it is no run."""
    marks = (RUN_FILE, LINEAGES_FILE)
    return any(os.path.lexists(folder / mark) for mark in marks) or has_private_folder(folder) or _holds_events(folder / "events")


def has_private_folder(folder: Path) -> bool:
    """Return whether a folder has the private folder of a run; that of a root holds its catalog alone."""
    private = folder / PRIVATE_FOLDER
    try:
        return os.listdir(private) != ["catalog"]  # noqa: PTH208
    except OSError:
        return os.path.lexists(private)


def _holds_events(events: Path) -> bool:
    try:
        root = os_calls.open(events, FOLDER)
    except (OSError, ValueError):  # there are none, or a link stands in their place
        return False
    with closing_descriptor(root):
        return any(name.endswith(".plx") for kind in os_calls.listdir(root) for name in _names_in(root, kind))


def _names_in(root: int, folder: str) -> list[str]:
    try:
        fd = os_calls.open(folder, FOLDER, dir_fd=root)
    except OSError:
        return []
    with closing_descriptor(fd):
        return os_calls.listdir(fd)


@contextmanager
def closing_descriptor(fd: int) -> Iterator[int]:
    """Close a descriptor after the block."""
    try:
        yield fd
    finally:
        os_calls.close(fd)


def new_uuid() -> str:
    """Return a fresh run uuid: 32 lowercase hex digits."""
    from uuid import uuid4

    return uuid4().hex


def current_folder() -> str:
    """Return the current directory; nothing where it has been removed."""
    with suppress(OSError):
        return os.getcwd()  # noqa: PTH109
    return ""


# --- names ---------------------------------------------------------------------------------------


def check_name(name: object, argument: str = "name") -> str:
    """Return the name in NFC, without a secret in it, which is told by a warning.

    Raises:
        InvalidType: not a string.
        InvalidArgument: empty, only spaces, or with a control character or an unpaired surrogate.
    """
    if not isinstance(name, str):
        raise InvalidType(f"{argument}={name!r} is a {type(name).__name__}; give a string")
    text = _without_secrets(normal_name(name), argument)
    if text.isascii() and text.isprintable() and text.strip():
        return text
    if not text.strip():
        raise InvalidArgument(f"{argument}={name!r} is empty; give a string with at least one visible character")
    if any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise InvalidArgument(f"{argument}={name!r} holds a control character or an unpaired surrogate; leave it out")
    return text


def check_names(names: Collection[object], argument: str) -> list[str]:
    """Return names as `check_name` does each; raises as that does, and InvalidArgument where two are one in NFC."""
    checked = [check_name(name) for name in names]
    if len({*checked}) != len(checked):
        raise InvalidArgument(f"{argument} has two names that are one in NFC, among {', '.join(map(repr, names)):.200}; give one of them")
    return checked


def is_file_name(text: str) -> bool:
    """Return whether a text can be the name of one file, as a stem or a kind has to be that is read from a run of anybody's.

    It is no path (`..`, a slash, a backslash), holds no control character and no unpaired surrogate, and is not too long for a disk. What
    `file_stem` returns always is one.
    """
    if _FILE_NAME.fullmatch(text):
        return True
    return (
        text not in {"", ".", ".."}
        and not any(c in "/\\" or unicodedata.category(c) in {"Cc", "Cs"} for c in text)
        and len(text.encode()) <= _LONGEST_FILE_NAME
    )


@lru_cache(maxsize=4096)  # names are few, and each is given many times
def _without_secrets(name: str, argument: str) -> str:
    return without_secrets(name, argument)


def normal_name(name: str) -> str:
    """Return a name as it is stored and looked up: in NFC, so that é is found however it was typed; of a string enum its value."""
    text = name if type(name) is str else str(getattr(name, "value", name))
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def slug(name: str) -> str:
    """Return Polyaxon's file name for a name: `train/my loss v1.0` → `train__my-loss-v1-0`.

    The rule is that of its `to_fqn_name`: NFKD, ASCII only, word characters, `/` as `__`, the rest as `-`.
    """
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    text = re.sub(r"[^\w\\/.\s-]", "", text).strip()
    return re.sub(r"[-.\s]+", "-", re.sub(r"[\\/]+", "__", text))


def _digest(name: str, digits: int) -> str:
    import hashlib

    return hashlib.sha256(name.encode()).hexdigest()[:digits]


def file_stem(name: str, taken: Mapping[str, str]) -> str:
    """Return the file stem of a name: its slug, with a hash where the slug alone would not be unique.

    Args:
        name: the true name, as `check_name` gave it.
        taken: casefolded stem → true name, of the names the run already has.
    """
    text = slug(name)
    plain = bool(text) and name.isascii() and len(text) <= MAX_STEM and text.casefold() not in _RESERVED
    if plain and taken.get(text.casefold(), name) == name:
        return text
    for digits in (8, 16, 64):
        stem = f"{text[: MAX_STEM - digits - 1]}-{_digest(name, digits)}".lstrip("-")
        if taken.get(stem.casefold(), name) == name:
            return stem
    raise InvalidArgument(f"name={name!r} has no file name of its own")  # a collision of SHA-256


# --- paths inside a run --------------------------------------------------------------------------


def event_path(kind: str, stem: str) -> str:
    """Return the event file of an artifact, relative to the run."""
    return f"events/{kind}/{stem}.plx"


def asset_name(stem: str, step: int | None, suffix: str = "", again: int = 1) -> str:
    """Return the file name of one version: `<stem>_<step>.<suffix>`, and `-2`, `-3`, … when it is logged again."""
    version = "" if again == 1 else f"-{again}"
    return f"{stem}{'' if step is None else f'_{step}'}{version}{f'.{suffix}' if suffix else ''}"


def file_extension(path: str) -> str:
    """Return the lowercased extension from the first dot on, as Polyaxon does; empty when it is no plain one."""
    text = ".".join(os.path.basename(path).lstrip(".").split(".")[1:]).lower()  # noqa: PTH119 - may be a URL
    if _EXTENSION.match(text):
        return text
    last = text.rpartition(".")[2]
    return last if _EXTENSION.match(last) else ""


def numbered(base: str) -> Callable[[int], str]:
    """Return a function of the attempt, from 1, that names a file: `a.csv`, `a-2.csv`, …."""
    stem, dot, suffix = base.partition(".") if not base.startswith(".") else (base, "", "")
    return lambda again: base if again == 1 else f"{stem}-{again}{dot}{suffix}"


def base_name(path: str) -> str:
    """Return the name of a file up to its first dot, as Polyaxon names what is logged without a name."""
    last = os.path.basename(path.rstrip("/\\"))  # noqa: PTH119 - may be a URL
    return last.split(".")[0] or last


def is_url(path: str) -> bool:
    """Say whether the text is a URL (`s3://…`), so that it is kept as it stands."""
    return bool(_URL.match(path))


def safe_relative(path: object, argument: str = "path") -> str:
    """Return a relative path in POSIX form that cannot leave the folder it is relative to.

    Raises:
        OutsideRun: absolute, a drive, a URL, or climbing out by `..`.
        InvalidArgument: it holds a NUL or another control character.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else path
    if not isinstance(text, str):
        raise InvalidType(f"{argument}={path!r:.100} is a {type(text).__name__}; give a string")
    if not (text.isascii() and text.isprintable()) and any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise InvalidArgument(f"{argument}={text!r} holds a control character; leave it out")
    parts: list[str] = []
    for part in text.replace("\\", "/").split("/"):
        if part == "..":
            if not parts:
                break
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    else:
        inside = "/".join(parts)
        # What is left of "./~" or "a/../C:x" is as much of a home or a drive as when it stands first.
        if not any(each.startswith(("/", "\\", "~")) or is_url(each) or re.match(r"[A-Za-z]:", each) for each in (text, inside)):
            return inside
    raise OutsideRun(f"{argument}={text!r} leads out of the run folder; give a path relative to it")


def inner_parts(relative: str) -> list[str]:
    """Return the components of a path in a run to which something is written; of the run folder itself, none.

    Raises:
        OutsideRun: it is absolute, or a component is empty, `.`, `..`, or no name of a file.
    """
    parts = relative.split("/") if relative else []
    if not all(map(is_file_name, parts)):
        raise OutsideRun(f"path={relative!r} leads out of the run folder, or holds what is no name of a file; nothing is written there")
    return parts


def open_inside(root_fd: int, relative: str, flags: int = os_calls.O_RDONLY, opening: Callable[..., int] = os_calls.open) -> int:
    """Open a regular file or folder below a folder's descriptor, following no link.

    Each component is opened from the one before, so that a link planted at any depth, or swapped
    in between two calls, is refused. A pipe, socket or device is refused without blocking.

    Raises:
        OutsideRun: a component is a link, or the path is absolute or has `..` in it.
        InvalidArgument: neither a regular file nor a folder.
        OSError: as `os.open`.
    """
    given, relative = relative, safe_relative(relative)
    if ".." in re.split(r"[/\\]", given):
        raise OutsideRun(f"path={given!r} climbs by `..`; give a path that does not")
    *folders, last = relative.split("/") if relative else ["."]
    fd = root_fd
    try:
        for part in folders:
            fd = _open_component(fd, root_fd, part, FOLDER, relative, opening)
        fd = _open_component(fd, root_fd, last, flags | os_calls.O_NONBLOCK | os_calls.NO_LINKS, relative, opening)
        mode = os_calls.fstat(fd).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise InvalidArgument(f"path={relative!r} is not a regular file")  # noqa: TRY301 - closes what was opened
    except BaseException:
        if fd != root_fd:
            os_calls.close(fd)
        raise
    return fd


def _open_component(fd: int, root_fd: int, part: str, flags: int, path: str, opening: Callable[..., int]) -> int:
    """Open one component below `fd`, and let go of `fd` unless it is the root's."""
    try:
        following = opening(part, flags, dir_fd=fd)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise InvalidArgument(f"path={path!r} is not a regular file") from None
        if _is_link(part, fd):
            raise OutsideRun(f"path={path!r} goes through a link; links inside a run are not followed") from None
        raise
    if fd != root_fd:
        os_calls.close(fd)
    return following


def _is_link(part: str, dir_fd: int) -> bool:
    try:
        return folders.is_link(os_calls.lstat(part, dir_fd=dir_fd))
    except OSError:
        return False

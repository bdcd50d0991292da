"""Every way tracking can fail, and how a failure is told.

    TrackingError
    ├── InvalidArgument (ValueError)      a value that cannot be logged or looked up
    │   ├── OutsideRun                    a path that would leave the run folder
    │   └── InvalidFilter                 a filter of runs with a mistake in it
    ├── InvalidType (TypeError)           a value of the wrong type
    ├── NotFound (LookupError)            no such run, artifact, kind or step
    ├── MissingFile (FileNotFoundError)   a file to log, or an asset to read, is not there
    ├── NoActiveRun (RuntimeError)        a value was logged before `init()`
    │   └── RunEnded                      a value was logged after `end()`
    ├── RunLocked (RuntimeError)          another process writes to this run
    ├── ReentrantCall (RuntimeError)      a call that interrupted another of its thread, in the middle of what both change
    ├── RunGone (FileNotFoundError)       the run folder went away under a live run
    ├── StorageError (OSError)            the disk refused
    │   ├── StorageFull                   the disk, the quota or the file size limit is reached
    │   └── StoreError                    an object store refused
    │       ├── StoreUnreachable          it did not answer, or only with failures
    │       └── OddKey                    a name at it is no path
    ├── NeedsServer (NotImplementedError) what Polyaxon's client asks its server; the message says what to do here
    ├── MalformedEvent (ValueError)       a row of an event file that cannot be read
    │   └── TooLarge                      what it stands for is larger than what is decoded unasked
    └── MissingExtra (ImportError)        an optional library is needed and not installed

    TrackingWarning (UserWarning)         what a frame lacks, because it cannot be read; why a copy of a run is behind

Each is also the builtin that fits, so that code written without knowing this package catches it.
"""

from __future__ import annotations

import errno
import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_log = logging.getLogger("jupyter_tracking")
_logged: set[str] = set()  # what log_errors has said already
_HERE = __file__.rpartition("errors")[0]


class TrackingError(Exception):
    """The root of every error this package raises on purpose. Its message is one line of text that is safe to print."""

    def __init__(self, *args: object, **named: object) -> None:
        """Make the error as the builtin that it is; what a message quotes may be anybody's text, and is escaped here."""
        super().__init__(*(escape_controls(each) if isinstance(each, str) else each for each in args), **named)

    def _render_traceback_(self) -> list[str]:
        """Show the user's own line and what is wrong with it, where IPython would show our frames too."""
        import traceback

        frames = [f for f in traceback.extract_tb(self.__traceback__) if _HERE not in f.filename]
        at = [f"line {frames[-1].lineno}: {frames[-1].line}"] if frames and frames[-1].line else []
        return [*at, f"{type(self).__name__}: {self}", *getattr(self, "__notes__", [])]


class InvalidArgument(TrackingError, ValueError):
    """An argument has a value that cannot be kept; the message names it and what would be right."""


class OutsideRun(InvalidArgument):
    """A path would leave the run folder, by `..`, by an absolute path or by a link."""


class InvalidFilter(InvalidArgument):
    """A filter of runs has a mistake in it; a note of the error shows the place.

    Attributes:
        at: where the mistake is, in characters from the start of the filter.
        length: of how many characters it is; 0 at the end.
    """

    at = 0
    length = 0


class InvalidType(TrackingError, TypeError):
    """An argument has a type that cannot be kept; the message names it and what would be right."""


class NotFound(TrackingError, LookupError):
    """No such run, artifact, kind or step; the message lists what is near."""


class _NotThere(TrackingError, FileNotFoundError):
    def __str__(self) -> str:
        """Return our sentence alone: that nothing is there is what the number of the error would say again."""
        return self.strerror or super().__str__()


class MissingFile(_NotThere):
    """A file to log, or an asset to read, is not there."""


class NoActiveRun(TrackingError, RuntimeError):
    """A value was logged while no run is active."""


class RunEnded(NoActiveRun):
    """A value was logged to a run that has ended."""


class RunLocked(TrackingError, RuntimeError):
    """Another process is writing to this run."""


class ReentrantCall(TrackingError, RuntimeError):
    """A signal handler, a finalizer or a hook changes what the call that it has interrupted is in the middle of changing."""


class RunGone(_NotThere):
    """The run folder was moved or deleted while the run was alive."""


class StorageError(TrackingError, OSError):
    """The disk refused a write; the message says what was kept and what was not."""


class StorageFull(StorageError):
    """No space left, the quota is used up, or the file size limit is reached."""


class StoreError(StorageError):
    """An object store refused; the message says what it lacks: credentials, a permission, the bucket."""


class StoreUnreachable(StoreError):
    """An object store did not answer, or only with failures, however often it was asked."""


class OddKey(StoreError):
    """An object has a name that is no path, for which a store cannot be listed."""


class NeedsServer(TrackingError, NotImplementedError):
    """Polyaxon's client asks its server for this, and there is none here; the message says what to do instead."""


class MalformedEvent(TrackingError, ValueError):
    """A row of an event file cannot be read; the message names file and line."""


class TooLarge(MalformedEvent):
    """What a row stands for would take more than is spent on what anybody may have made; the message says what it has, and the limit."""


class MissingExtra(TrackingError, ImportError):
    """An optional library is needed; the message names the extra that installs it."""


class TrackingWarning(UserWarning):
    """Something is missing from an answer, or from the copy that a mirror makes of a run; everything else is there."""


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NOT_SUPPORTED = {errno.EOPNOTSUPP, errno.ENOSYS, getattr(errno, "ENOTSUP", errno.EOPNOTSUPP)}  # macOS has two numbers for one thing
_NOT_WRITTEN = "was not written"


def storage_error(error: OSError, what: str, *, kept: str, failed: str = _NOT_WRITTEN) -> StorageError:
    """Return the error of ours for an `OSError`; its message says what was being written, why it failed and what was kept."""
    number = error.errno or 0
    kind = StorageFull if number in _FULL else StorageError
    if number in NOT_SUPPORTED and failed == _NOT_WRITTEN:
        kept += "; this file system has no such call: keep runs on a disk of the machine (root=…), and copy them here"
    return kind(number, f"{what} {failed}: {error.strerror or error}; {kept}")


@contextmanager
def storage_errors(what: str, *, kept: str, failed: str = _NOT_WRITTEN) -> Iterator[None]:
    """Raise the error of ours for each `OSError` of the block that is not one already."""
    try:
        yield
    except OSError as error:
        if isinstance(error, TrackingError):
            raise
        raise storage_error(error, what, kept=kept, failed=failed) from error


# What a terminal obeys (C0, DEL, C1), what ends a line, what reorders it or is not seen at all, and halves of characters. A joiner is
# part of words and of pictures of people, a wide space of Japanese text: those stay.
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def escape_controls(text: object) -> str:
    """Return a text as one line that is safe to print: what a terminal obeys, and what hides or reorders text, stands in it as escapes."""
    shown = str(text)
    return shown if shown.isascii() and shown.isprintable() else _OBEYED.sub(_escape, shown)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def is_plain(text: str) -> bool:
    """Return whether a text can be printed as it is."""
    return (text.isascii() and text.isprintable()) or _OBEYED.search(text) is None


def shortened(value: object) -> str:
    """Return what a user gave, in one line of at most 60 characters for a message; its own code, which `repr` runs, may fail."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - the object's own code, in the middle of a message about it
        return f"<{type(value).__name__}>"
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004


def replace_surrogates(text: str) -> str:
    """Return a string with a question mark for each half of a character: Python makes those of a file's name that is no UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def log_errors(call: Callable[[], object], what: str) -> None:
    """Make a call that must never disturb a cell. When it fails, log that `what` is no longer kept, once for each `what`."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, the cell goes on
        if what not in _logged:
            _logged.add(what)
            _log.warning("%s is no longer kept: %s: %s", what, type(error).__name__, escape_controls(error))


def suggest(word: str, known: Iterable[str], *, most: int = 5) -> str:
    """Return `"; near: a, b"` for the known words closest to `word`, or `"; there are: …"`, or `""`."""
    from difflib import get_close_matches

    names = sorted(set(known))
    lowered = {name.casefold(): name for name in names}
    matches = [lowered[m] for m in get_close_matches(word.casefold(), lowered, n=most, cutoff=0.5)]
    matches += [n for n in names if word and word.casefold() in n.casefold() and n not in matches]
    if matches:
        return "; near: " + ", ".join(map(repr, matches[:most]))
    if names:
        more = f" and {len(names) - most} more" if len(names) > most else ""
        return "; there are: " + ", ".join(map(repr, names[:most])) + more
    return ""

"""What we print and warn of: the one place where a text goes to a terminal.

A name, a message or a path may be a stranger's. What a terminal obeys in it, what reorders or ends a line, is printed as an escape.
Nor need standard output be one that takes everything: it may know ASCII alone, or be closed, or not be there.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from jupyter_tracking.errors import escape_controls

if TYPE_CHECKING:
    from types import FrameType
    from typing import TextIO

    from IPython.core.interactiveshell import InteractiveShell

_PACKAGE = os.path.dirname(__file__) + os.sep  # noqa: PTH120 - compared with the names of frames
_PLAIN = str.maketrans({"·": "-", "…": "...", "→": "->", "—": "-"})  # our own signs, where only ASCII is known


def count_of(number: int, noun: str) -> str:
    """Return a count with its noun: 1 run, 2 runs."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say(*lines: str) -> None:
    """Print lines that nobody's work may depend on: where they cannot be printed, they are not."""
    if sys.stdout is None:  # a program without a console, such as pythonw
        return
    try:
        write(sys.stdout, *lines)
    except (OSError, ValueError):  # nobody reads it any more, the disk is full, or it was closed
        return


def show(line: str, markup: str) -> None:
    """Show a line in a notebook, as HTML where the front end has it."""
    from IPython.display import publish_display_data

    publish_display_data({"text/plain": escape_controls(line), "text/html": markup})


def write(stream: TextIO, *lines: str) -> None:
    """Write lines to a stream, with escapes for what a terminal obeys and for what the stream cannot hold.

    Raises:
        OSError: the stream takes no more.
        ValueError: it was closed.
    """
    text = "".join(f"{escape_controls(line)}\n" for line in lines)
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = getattr(stream, "encoding", None) or "ascii"
        stream.write(text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding))


_IMPORTING = ("<frozen importlib.", import_module.__code__.co_filename)  # the first of them are not counted by `warnings`


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the user's own line."""
    _, level = _users_frame()
    warnings.warn(escape_controls(message), category, stacklevel=level)


def warn_at(line: tuple[str, int], message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, in a thread of ours, at a line that `users_line` has returned."""
    warnings.warn_explicit(escape_controls(message), category, *line)


def users_line() -> tuple[str, int]:
    """Return the file and the number of the user's own line."""
    frame, _ = _users_frame()
    return frame.f_code.co_filename, frame.f_lineno


def _users_frame() -> tuple[FrameType, int]:
    """Return the first frame on the stack that is not of this package, and its level for the caller of the caller."""
    frame, level = sys._getframe(2), 2  # noqa: SLF001 - the documented way of looking at the stack
    while frame.f_back is not None and frame.f_code.co_filename.startswith((_PACKAGE, *_IMPORTING)):
        level += not frame.f_code.co_filename.startswith(_IMPORTING[0])
        frame = frame.f_back
    return frame, level


def short_path(path: str | os.PathLike[str], here: str | None = None) -> str:
    """Return where something lies, no longer than it takes to find it, and without the name of the user's own folder.

    Relative to `here`, by default the current directory, where it lies in it or beside it, in a folder of the user's or of a project's;
    else from `~`, or as it is.
    """
    whole, home = os.path.abspath(path), os.path.abspath(os.path.expanduser("~"))  # noqa: PTH100, PTH111 - links stay as they are
    try:
        here = here or os.getcwd()  # noqa: PTH109
        common = os.path.commonpath([here, whole])
    except (ValueError, FileNotFoundError):  # another drive, or the current directory has been removed
        here = common = os.sep
    relative = os.path.relpath(whole, here)
    near = not relative.startswith(os.path.join(os.pardir, os.pardir))  # noqa: PTH118
    names_home = _is_in(home, common) and common != home and (_is_in(whole, home) or common != here)
    if near and not names_home and common != os.sep:
        return relative
    return os.path.join("~", os.path.relpath(whole, home)) if _is_in(whole, home) else whole  # noqa: PTH118


def _is_in(path: str, folder: str) -> bool:
    return os.path.join(path, "").startswith(os.path.join(folder, ""))  # noqa: PTH118


def in_notebook() -> bool:
    """Return whether a front end of Jupyter shows what this process displays; nothing is imported to find out."""
    return getattr(running_shell(), "kernel", None) is not None


def running_shell() -> InteractiveShell | None:
    """Return the IPython shell this code runs in, or None; IPython is not imported for it."""
    ask = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return ask() if ask is not None else None

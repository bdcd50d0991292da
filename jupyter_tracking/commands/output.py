"""What commands print: lines, tables, CSV and JSON on standard output, and what went wrong on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import escape_controls, storage_errors
from jupyter_tracking.printed import write
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    import pandas as pd


def print_lines(*lines: str) -> None:
    """Print lines to standard output, if there is one."""
    if sys.stdout is not None and not sys.stdout.closed:
        with _storage_errors():
            write(sys.stdout, *lines)
            sys.stdout.flush()


def complain(*lines: str) -> None:
    """Print lines to standard error, if there is one."""
    if sys.stderr is not None and not sys.stderr.closed:
        with contextlib.suppress(OSError):  # there is nowhere to say it
            write(sys.stderr, *lines)


def leave_pipe() -> None:
    """Put what is left for standard output nowhere, so that the end of the process need not complain of it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os_calls.open(os.devnull, os_calls.O_WRONLY), sys.stdout.fileno())


def print_table(frame: pd.DataFrame) -> None:
    """Print a DataFrame, a line a row, whatever the texts in it hold."""
    text = _escaped(frame).to_string(index=False, na_rep="") if len(frame) else "none"
    print_lines(*text.split("\n"))


def print_json(value: Any) -> None:
    """Print a value as standard JSON on one line."""
    from jupyter_tracking.commands.standard_values import json_text

    print_lines(json_text(value))


def print_json_rows(frame: pd.DataFrame) -> None:
    """Print a DataFrame as a list of objects in JSON, a row a line."""
    from jupyter_tracking.commands.standard_values import json_text, rows_of

    rows = [json_text(row) for row in rows_of(frame)]
    print_lines("[", *(f"{row}," for row in rows[:-1]), *rows[-1:], "]")


def print_csv(frame: pd.DataFrame) -> None:
    """Print every column as CSV: to a terminal as it is safe to print, elsewhere exactly, in UTF-8."""
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None or sys.stdout.isatty():
        print_lines(*_escaped(frame).to_csv(index=False).removesuffix("\n").split("\n"))
        return
    text = frame.to_csv(index=False)
    with _storage_errors():
        sys.stdout.flush()
        raw.write(text.encode("utf-8", "backslashreplace"))
        raw.flush()


def _storage_errors() -> contextlib.AbstractContextManager[None]:
    return storage_errors("standard output", kept="what was done is done", failed="cannot be written")


def _escaped(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which no text ends a line, in its cells and in the names of its columns."""
    escaped: pd.DataFrame = frame.apply(lambda column: column.map(_cell))
    return escaped.set_axis([_cell(name) for name in frame.columns], axis=1)


def _cell(value: object) -> object:
    return escape_controls(value) if isinstance(value, str) else value

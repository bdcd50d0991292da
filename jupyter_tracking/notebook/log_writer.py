"""What was printed, as Polyaxon stores logs: `plxlogs/logs.jsonl`, a record for each line, with secrets masked.

    {"timestamp": "…", "node": "local", "pod": "<user>", "container": "<host>", "value": "  the line", "stream": "stdout"}

Indentation is kept. Polyaxon's readers ignore the field `stream`, which is ours, and `cell`: session and number of the cell that printed
the line, or null, where the time alone would mislead because the clock was set.
"""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_tracking.errors import replace_surrogates
from jupyter_tracking.format.document.run_document import user_name
from jupyter_tracking.format.step_timestamp import clock_reached, timestamp_now
from jupyter_tracking.redact import KnownSecrets, Redactor
from jupyter_tracking.storage.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.format.cell_log import Cell
    from jupyter_tracking.notebook.console import Line
    from jupyter_tracking.storage.store import Store

LOGS = "plxlogs/logs.jsonl"

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_LONGEST = 100_000  # characters of one line


class LogWriter:
    """Writes printed lines to the run's log, a batch at a time."""

    def __init__(self, store: Store, cell: Callable[[], Cell | None] = lambda: None, known: KnownSecrets | None = None) -> None:
        """Write into the store's folder; the file is made with the first line.

        Args:
            store: the run folder.
            cell: returns the cell that is executing.
            known: the secrets of the run that are known.
        """
        self._cell = cell
        self._journal = Journal(store, LOGS)
        self._known = known if known is not None else KnownSecrets()
        self._redactors = {"stdout": Redactor(self._known), "stderr": Redactor(self._known)}
        who = orjson.dumps({"node": "local", "pod": user_name(), "container": socket.gethostname()})
        self._head = b'{"timestamp":"%b",' + who[1:-1].replace(b"%", b"%%") + b',"value":%b,"stream":"%b"%b}\n'
        self._second, self._text = -1, ""

    def on_print(self, lines: list[Line]) -> None:
        """Append the lines."""
        self._known.look_around()
        texts = self._clean(lines)
        told = self._told_cell(lines)
        head, names = self._head, {"stdout": b"stdout", "stderr": b"stderr"}
        rows, known, moment = [], -1, b""
        for (nanoseconds, name, _, _), text in zip(lines, texts, strict=True):
            if nanoseconds // 1_000_000 != known:  # formatting the time is most of the cost, and a millisecond is precise enough
                known, moment = nanoseconds // 1_000_000, self._moment(nanoseconds)
            rows.append(head % (moment, _as_json(text), names[name], told))
        self._journal.append(b"".join(rows))

    def _told_cell(self, lines: list[Line]) -> bytes:
        """Return the field that names the cell which printed the lines, where their times could be those of another."""
        cell, now = self._cell(), timestamp_now()  # which finds out whether the clock was set back
        times = [nanoseconds for nanoseconds, _, _, _ in lines]
        first, last = (self._moment(time).decode().replace("T", " ") for time in (min(times), max(times)))
        if max(clock_reached(), cell.started if cell is not None else "") < first and last <= now:
            return b""
        return b',"cell":' + orjson.dumps([cell.session, cell.number] if cell is not None else None)

    def _clean(self, lines: list[Line]) -> list[str]:
        texts = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]}… {len(line) - _LONGEST:,} more" for _, _, line, _ in lines]
        names = {name for _, name, _, _ in lines}
        if len(names) == 1:
            return self._redactors[names.pop()]("\n".join(texts)).split("\n")
        return [self._redactors[name](text) for (_, name, _, _), text in zip(lines, texts, strict=True)]

    def _moment(self, nanoseconds: int) -> bytes:
        second, rest = divmod(nanoseconds, 1_000_000_000)
        if second != self._second:
            self._second, self._text = second, datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")
        return f"{self._text}{rest // 1000:06d}+00:00".encode()

    def on_display(self, output: dict[str, Any]) -> None:
        """Append the traceback of an error, which a notebook does not print but displays."""
        if output["output_type"] == "error":
            from time import time_ns

            text = _COLOURS.sub("", "\n".join(map(str, output["traceback"])))
            self.on_print([(time_ns(), "stderr", line, True) for line in text.split("\n")])

    def on_clear(self) -> None:
        """Do nothing: clearing a cell's output does not unsay what was printed."""

    def close(self) -> None:
        """Sync the log to the disk and close it."""
        self._journal.sync()
        self._journal.close()


def _as_json(text: str) -> bytes:
    try:
        return orjson.dumps(text)
    except TypeError:  # an unpaired surrogate
        return orjson.dumps(replace_surrogates(text))

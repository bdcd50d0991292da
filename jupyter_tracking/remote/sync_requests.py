"""What the process of a run asks of the process that copies it: to say when all that was logged until then is at the store."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

import orjson

from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterable


class SyncRequests:
    """Requests as lines with a number each, which grows, and their answers as lines of JSON: `{"answered": 3, "failed": null}`.

    Attributes:
        latest: the number of the last request; 0 before the first.
    """

    def __init__(self, lines: Iterable[bytes] = (), answers: BinaryIO | None = None) -> None:
        """Listen to requests; without any, nobody is told anything."""
        self.latest = 0
        self._lines = lines
        self._answers = answers
        self._said: bytes | None = None
        self._came = threading.Event()
        if answers is not None:
            os_calls.set_blocking(answers.fileno(), False)  # who does not read is not waited for
            threading.Thread(target=self._listen, name="jupyter-tracking-requests", daemon=True).start()

    def _listen(self) -> None:
        for line in self._lines:
            with suppress(ValueError):
                self.latest = max(self.latest, int(line))
                self._came.set()

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until a request comes."""
        self._came.wait(seconds)

    def begin(self) -> int:
        """Return the number of the last request, which the look that now begins will answer."""
        self._came.clear()
        return self.latest

    def answer(self, number: int, failed: str | None = None) -> None:
        """Say that a look is done which began after the request of this number, and why it failed, if it did."""
        said = orjson.dumps({"answered": number, "failed": failed}) + b"\n"
        if self._answers is None or said == self._said:
            return
        with suppress(OSError, ValueError):  # nobody is there any more
            os.write(self._answers.fileno(), said)
            self._said = said

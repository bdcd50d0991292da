"""Capture what cells print and display, while the streams and displays of the process go on writing where they did.

As long as there is a subscriber, a function of ours stands before the method that writes, on the object itself. What it captures is
handed to the subscribers in batches; no subscriber can break a print or delay it for long.
"""

from __future__ import annotations

import atexit
import sys
from itertools import pairwise, repeat
from time import time_ns
from typing import TYPE_CHECKING, Any, Protocol, cast

from jupyter_tracking.errors import log_errors
from jupyter_tracking.notebook.terminal import TerminalLines
from jupyter_tracking.storage.reentry import NOTES, hold, is_held, new_lock
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable

# (nanoseconds since the epoch, stdout or stderr, the line, whether it ended with a newline)
Line = tuple[int, str, str, bool]

_INTERVAL = 200_000_000  # nanoseconds that a printed line may wait, so that many go to the subscribers together
_MOST_PENDING = 16_384
_ABSENT = object()


class OutputSubscriber(Protocol):
    """A subscriber to console output."""

    def on_print(self, lines: list[Line]) -> None:
        """Take lines that were printed, in order."""

    def on_display(self, output: dict[str, Any]) -> None:
        """Take an output as a notebook stores it; `transient` and `update` are there as the display had them."""

    def on_clear(self) -> None:
        """Forget the outputs of this cell so far."""


class _StreamCapture:
    """The capture of one stream: its `write`, with ours before it."""

    def __init__(self, console: _ConsoleCapture, write: Callable[[str], Any], name: str) -> None:
        self.name = name
        self.active = True
        pending, append, clock = console.pending, console.pending.append, time_ns

        # Called for each print: kept to as few steps as there can be.
        def captured_write(text: str) -> Any:
            result = write(text)
            if self.active and console.recording:
                if console.current is not self:
                    console.current = self
                    append(self)
                append(text)
                # `print` writes each of its arguments, and then the end of the line.
                if text[-1:] == "\n":
                    moment = clock()
                    append(moment)
                    if not console.last_flush <= moment <= console.next_flush:  # later, or the clock was set back
                        console.flush()
                elif len(pending) > _MOST_PENDING:
                    console.flush()
            return result

        self.write = captured_write


class _ConsoleCapture:
    """Everything captured in this process, and who is subscribed to it."""

    def __init__(self) -> None:
        self.subscribers: list[OutputSubscriber] = []
        # Which stream is written to (until another is), the texts, and after a newline the time: one flat list costs a print least.
        self.pending: list[_StreamCapture | str | int] = []
        self.current: _StreamCapture | None = None
        self.last: _StreamCapture = _StreamCapture(self, str, "stdout")
        self.terminals = {"stdout": TerminalLines(), "stderr": TerminalLines()}
        self.last_flush = self.next_flush = 0
        self.interval = _INTERVAL
        self.recording = True  # not while an output that was captured already is printed to a terminal
        self.replaced: list[tuple[Any, str, Any, Any]] = []  # object, name, our function, what the object itself had there
        self.streams: dict[str, _StreamCapture] = {}
        self.lock = new_lock(NOTES)
        self.flushing = False

    def flush(self, *, unfinished: bool = False) -> None:
        """Hand what is pending to the subscribers; with `unfinished`, also lines that have not ended."""
        if self.flushing and (not unfinished or is_held(self.lock)):
            return  # who flushes takes this output along or leaves it to the next: another thread, or what we have interrupted
        with hold(self.lock, NOTES, "what is printed"):
            try:
                self.flushing = True
                self._flush(unfinished=unfinished)
            finally:
                self.flushing = False

    def _flush(self, *, unfinished: bool) -> None:
        self.current = None
        count = len(self.pending)
        chunks = self.pending[:count]
        del self.pending[:count]
        lines: list[Line] = []
        # A thread that was printing during the last flush did not say anew which stream it writes to.
        if chunks and type(chunks[0]) is not _StreamCapture:
            chunks.insert(0, self.last)
        starts = [n for n, item in enumerate(chunks) if type(item) is _StreamCapture]
        for start, end in pairwise([*starts, len(chunks)]):
            self.last = cast("_StreamCapture", chunks[start])
            lines += self._finished_lines(self.last.name, chunks[start + 1 : end])
        if unfinished:
            for name, terminal in self.terminals.items():
                rows = terminal.finish()
                lines.extend((time_ns(), name, row, n < len(rows)) for n, row in enumerate(rows, start=1))
        self.last_flush = time_ns()
        self.next_flush = self.last_flush + self.interval
        if lines:
            self._notify(lambda subscriber: subscriber.on_print(lines), "what is printed")

    def _finished_lines(self, name: str, chunks: list[Any]) -> list[Line]:
        """Return the lines that end in the chunks of one stream, each with the time of its end where that is known."""
        finished = self.terminals[name].feed("".join([item for item in chunks if type(item) is not int]))
        ends = [item for item in chunks if type(item) is int]
        if len(ends) != len(finished):
            ends = [ends[-1] if ends else time_ns()] * len(finished)
        return list(zip(ends, repeat(name), finished, repeat(True), strict=False))

    def _notify(self, call: Callable[[OutputSubscriber], None], what: str) -> None:
        for subscriber in list(self.subscribers):
            log_errors(lambda subscriber=subscriber: call(subscriber), what)  # type: ignore[misc]

    def after_fork(self) -> None:
        """In a child: drop what is the parent's, and flush at each print, since a child may end without notice."""
        self.pending.clear()
        self.terminals = {"stdout": TerminalLines(), "stderr": TerminalLines()}
        self.lock = new_lock(NOTES)
        self.flushing = False
        self.interval = self.next_flush = self.last_flush = 0

    # --- standing before the methods that write ------------------------------------------------

    def capture_streams(self) -> None:
        """Capture the present streams: IPython replaces their `write` for each cell, and puts it back."""
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            capture = self.streams.get(name)
            if stream is None or (capture is not None and vars(stream).get("write") is capture.write):
                continue
            if capture is not None:
                capture.active = False  # it may still stand below the new one, and would capture everything twice
            try:
                capture = _StreamCapture(self, stream.write, name)
                self._replace(stream, "write", capture.write)
                self.streams[name] = capture
            except (AttributeError, TypeError):  # a stream whose methods cannot be set is not captured
                continue

    def capture_displays(self, shell: Any) -> None:
        """Capture what the shell displays: outputs, results and tracebacks."""
        publisher, hook = shell.display_pub, shell.displayhook
        if any(owner is publisher and name == "publish" for owner, name, _, _ in self.replaced):
            return
        publish, clear, trace = publisher.publish, publisher.clear_output, shell._showtraceback  # noqa: SLF001
        write, prompt = hook.write_format_data, hook.write_output_prompt

        def published(data: Any, metadata: Any = None, *rest: Any, transient: Any = None, update: bool = False, **options: Any) -> Any:
            self._show({"output_type": "display_data", "data": data, "metadata": metadata, "transient": transient, "update": update})
            return self._without_recording(lambda: publish(data, metadata, *rest, transient=transient, update=update, **options))

        def cleared(wait: bool = False) -> Any:
            self.flush(unfinished=True)
            self._notify(lambda subscriber: subscriber.on_clear(), "what is shown")
            return self._without_recording(lambda: clear(wait))

        def written(data: Any, metadata: Any = None) -> Any:
            self._show({"output_type": "execute_result", "data": data, "metadata": metadata})
            return self._without_recording(lambda: write(data, metadata))

        def traced(kind: Any, value: Any, lines: Any) -> Any:
            name = getattr(kind, "__name__", str(kind))
            self._show({"output_type": "error", "ename": name, "evalue": str(value), "traceback": list(lines)})
            return self._without_recording(lambda: trace(kind, value, lines))

        self._replace(publisher, "publish", published)
        self._replace(publisher, "clear_output", cleared)
        self._replace(hook, "write_output_prompt", lambda: self._without_recording(prompt))
        self._replace(hook, "write_format_data", written)
        self._replace(shell, "_showtraceback", traced)

    def _show(self, output: dict[str, Any]) -> None:
        self.flush(unfinished=True)
        self._notify(lambda subscriber: subscriber.on_display(output), "what is shown")

    def _without_recording(self, call: Callable[[], Any]) -> Any:
        """Make a call that may print to a terminal what was captured as an output already."""
        before, self.recording = self.recording, False
        try:
            return call()
        finally:
            self.recording = before

    def _replace(self, owner: Any, name: str, method: Any) -> None:
        before = vars(owner).get(name, _ABSENT)
        setattr(owner, name, method)
        self.replaced = [entry for entry in self.replaced if not (entry[0] is owner and entry[1] == name)]
        self.replaced.append((owner, name, method, before))

    def restore(self) -> None:
        """Put back every method; where another has put its own before ours, ours stays below it and captures nothing."""
        for owner, name, method, before in reversed(self.replaced):
            if vars(owner).get(name) is not method:
                continue
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        for capture in self.streams.values():
            capture.active = False
        self.streams.clear()
        self.replaced.clear()
        self.recording = True


_capture = _ConsoleCapture()


def subscribe(subscriber: OutputSubscriber, shell: Any = None) -> None:
    """Send to a subscriber what this process prints, and what the shell displays, from now on."""
    _capture.flush(unfinished=True)
    _capture.capture_streams()
    if shell is not None:
        log_errors(lambda: _capture.capture_displays(shell), "what is shown")
    _capture.subscribers.append(subscriber)


def unsubscribe(subscriber: OutputSubscriber) -> None:
    """Send a subscriber what was printed so far, and nothing after it."""
    _capture.flush(unfinished=True)
    if subscriber in _capture.subscribers:
        _capture.subscribers.remove(subscriber)
    if not _capture.subscribers:
        _capture.restore()


def begin_cell() -> None:
    """At the start of a cell: capture the streams there are now, and flush what was printed before the cell."""
    _capture.recording = True
    if _capture.subscribers:
        flush_lines()
        _capture.capture_streams()


def end_cell() -> None:
    """After a cell of a terminal: what is written until the next one is the prompt for it, which nobody has printed."""
    _capture.recording = False


def flush_lines() -> None:
    """Hand everything that was printed to the subscribers, also lines that have not ended."""
    _capture.flush(unfinished=True)


atexit.register(flush_lines)
os_calls.register_at_fork(after_in_child=_capture.after_fork)

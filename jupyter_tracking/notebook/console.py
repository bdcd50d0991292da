"""What cells print and show, overheard without being moved: the streams and displays of the process keep writing where they did.

A method of the object that writes is put before the class's own for as long as anybody listens. What is
heard goes to the listeners in portions; no listener can break or delay a print for long.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
from itertools import pairwise, repeat
from time import time_ns
from typing import TYPE_CHECKING, Any, Protocol, cast

from jupyter_tracking.notebook.terminal import TerminalLines

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Line", "OutputSubscriber", "begin_cell", "flush_lines", "log_errors", "subscribe", "unsubscribe"]

# (nanoseconds since the epoch, stdout or stderr, the line, whether it ended with a newline)
Line = tuple[int, str, str, bool]

_PATIENCE = 200_000_000  # ns that what is printed may wait for more
_MOST = 16_384
_NOTHING = object()
_log = logging.getLogger("jupyter_tracking")
_complained: set[str] = set()


class OutputSubscriber(Protocol):
    """Somebody who listens."""

    def printed(self, lines: list[Line]) -> None:
        """Take lines that were printed, in order."""

    def shown(self, output: dict[str, Any]) -> None:
        """Take an output as a notebook keeps it; `transient` and `update` are there as the display had them."""

    def cleared(self) -> None:
        """Forget the outputs of this cell so far."""


def log_errors(call: Callable[[], object], what: str) -> None:
    """Do something that must never disturb a cell; say once when it fails."""
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever it is, the cell goes on
        if what not in _complained:
            _complained.add(what)
            _log.warning("%s is no longer kept: %s: %s", what, type(error).__name__, error)


class _StreamTap:
    """One stream's `write`, with ours before it."""

    def __init__(self, hearing: _ConsoleCapture, write: Callable[[str], Any], name: str) -> None:
        self.name = name
        self.live = True
        heard, append, clock = hearing.heard, hearing.heard.append, time_ns

        def tapped(text: str) -> Any:
            done = write(text)
            if self.live and hearing.awake:
                if hearing.speaker is not self:
                    hearing.speaker = self
                    append(self)
                append(text)
                # `print` writes each of its arguments, and then the end of the line.
                if text[-1:] == "\n":
                    moment = clock()
                    append(moment)
                    if moment > hearing.due:
                        hearing.drain()
                elif len(heard) > _MOST:
                    hearing.drain()
            return done

        self.tapped = tapped


class _ConsoleCapture:
    """All that is overheard in this process."""

    def __init__(self) -> None:
        self.listeners: list[OutputSubscriber] = []
        # Who speaks (until another does), what, and after a newline when: one flat list, which costs a print least.
        self.heard: list[_StreamTap | str | int] = []
        self.speaker: _StreamTap | None = None
        self.last: _StreamTap = _StreamTap(self, str, "stdout")
        self.screens = {"stdout": TerminalLines(), "stderr": TerminalLines()}
        self.due = 0
        self.patience = _PATIENCE
        self.awake = True  # not while a terminal is printed to what was heard as an output already
        self.wrapped: list[tuple[Any, str, Any, Any]] = []
        self.ears: dict[str, _StreamTap] = {}
        self.busy = threading.RLock()

    def drain(self, *, finish: bool = False) -> None:
        """Hand on what was heard; with `finish`, lines too that have not ended."""
        if not self.busy.acquire(blocking=finish):
            return  # another thread is at it, and takes ours along
        try:
            self.speaker = None
            count = len(self.heard)
            chunks = self.heard[:count]
            del self.heard[:count]
            lines: list[Line] = []
            # Another thread may have gone on speaking since the last time without saying who it is.
            if chunks and type(chunks[0]) is not _StreamTap:
                chunks.insert(0, self.last)
            starts = [n for n, item in enumerate(chunks) if type(item) is _StreamTap]
            for start, end in pairwise([*starts, len(chunks)]):
                self.last = cast("_StreamTap", chunks[start])
                lines += self.lines(self.last.name, chunks[start + 1 : end])
            if finish:
                for name, screen in self.screens.items():
                    rows = screen.finish()
                    lines.extend((time_ns(), name, row, n < len(rows)) for n, row in enumerate(rows, start=1))
            self.due = time_ns() + self.patience
            if lines:
                for listener in list(self.listeners):
                    log_errors(lambda heard=listener: heard.printed(lines), "what is printed")  # type: ignore[misc]
        finally:
            self.busy.release()

    def lines(self, name: str, portion: list[Any]) -> list[Line]:
        """Return the lines that are finished by what one stream was given, each with the time of its end where that is known."""
        finished = self.screens[name].feed("".join([item for item in portion if type(item) is not int]))
        ends = [item for item in portion if type(item) is int]
        if len(ends) != len(finished):
            ends = [ends[-1] if ends else time_ns()] * len(finished)
        return list(zip(ends, repeat(name), finished, repeat(True), strict=False))

    def after_fork(self) -> None:
        """In a child: nothing of the parent's, and each print on its own, for a child ends without a word."""
        self.heard.clear()
        self.screens = {"stdout": TerminalLines(), "stderr": TerminalLines()}
        self.busy = threading.RLock()
        self.patience = self.due = 0

    # --- putting ourselves in between ----------------------------------------------------------

    def wrap_streams(self) -> None:
        """Hear the streams there are now: IPython puts a method of its own before theirs for each cell, and takes it out again."""
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            ear = self.ears.get(name)
            if stream is None or (ear is not None and vars(stream).get("write") is ear.tapped):
                continue
            if ear is not None:
                ear.live = False  # where it still stands, below the new one, it hears nothing
            try:
                ear = _StreamTap(self, stream.write, name)
                self.wrap(stream, "write", ear.tapped)
                self.ears[name] = ear
            except (AttributeError, TypeError):  # a stream whose methods cannot be set is not heard
                continue

    def wrap_displays(self, shell: Any) -> None:
        publisher, hook = shell.display_pub, shell.displayhook
        if self.is_wrapped(publisher, "publish"):
            return
        publish, clear, trace = publisher.publish, publisher.clear_output, shell._showtraceback  # noqa: SLF001
        write, prompt = hook.write_format_data, hook.write_output_prompt

        def published(data: Any, metadata: Any = None, *rest: Any, transient: Any = None, update: bool = False, **options: Any) -> Any:
            self.show({"output_type": "display_data", "data": data, "metadata": metadata, "transient": transient, "update": update})
            return self.unheard(lambda: publish(data, metadata, *rest, transient=transient, update=update, **options))

        def cleared(wait: bool = False) -> Any:
            self.drain(finish=True)
            for listener in list(self.listeners):
                log_errors(listener.cleared, "what is shown")
            return self.unheard(lambda: clear(wait))

        def written(data: Any, metadata: Any = None) -> Any:
            self.show({"output_type": "execute_result", "data": data, "metadata": metadata})
            return self.unheard(lambda: write(data, metadata))

        def traced(kind: Any, value: Any, lines: Any) -> Any:
            self.show(
                {"output_type": "error", "ename": getattr(kind, "__name__", str(kind)), "evalue": str(value), "traceback": list(lines)}
            )
            return self.unheard(lambda: trace(kind, value, lines))

        self.wrap(publisher, "publish", published)
        self.wrap(publisher, "clear_output", cleared)
        self.wrap(hook, "write_output_prompt", lambda: self.unheard(prompt))
        self.wrap(hook, "write_format_data", written)
        self.wrap(shell, "_showtraceback", traced)

    def show(self, output: dict[str, Any]) -> None:
        self.drain(finish=True)
        for listener in list(self.listeners):
            log_errors(lambda shown=listener: shown.shown(output), "what is shown")  # type: ignore[misc]

    def unheard(self, call: Callable[[], Any]) -> Any:
        """Do what prints to a terminal what was heard as an output already."""
        before, self.awake = self.awake, False
        try:
            return call()
        finally:
            self.awake = before

    def wrap(self, owner: Any, name: str, method: Any) -> None:
        before = vars(owner).get(name, _NOTHING)
        setattr(owner, name, method)
        self.wrapped = [kept for kept in self.wrapped if not (kept[0] is owner and kept[1] == name)]
        self.wrapped.append((owner, name, method, before))

    def is_wrapped(self, owner: Any, name: str) -> bool:
        return any(known is owner and which == name for known, which, _, _ in self.wrapped)

    def unwrap(self) -> None:
        """Take ourselves out again, but where another has put itself before us: there we stay, and hear nothing."""
        for owner, name, method, before in reversed(self.wrapped):
            if vars(owner).get(name) is not method:
                continue
            if before is _NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, before)
        for ear in self.ears.values():
            ear.live = False
        self.ears.clear()
        self.wrapped.clear()


_capture = _ConsoleCapture()


def subscribe(listener: OutputSubscriber, shell: Any = None) -> None:
    """Let a listener hear what this process prints, and what the shell shows, from now on."""
    _capture.drain(finish=True)
    _capture.wrap_streams()
    if shell is not None:
        log_errors(lambda: _capture.wrap_displays(shell), "what is shown")
    _capture.listeners.append(listener)


def unsubscribe(listener: OutputSubscriber) -> None:
    """Let it hear what was printed so far, and no more."""
    _capture.drain(finish=True)
    if listener in _capture.listeners:
        _capture.listeners.remove(listener)
    if not _capture.listeners:
        _capture.unwrap()


def begin_cell() -> None:
    """At the start of a cell: hear the streams there are now; what was printed before is not of this cell."""
    _capture.awake = True
    if _capture.listeners:
        flush_lines()
        _capture.wrap_streams()


def flush_lines() -> None:
    """Hand on everything that was printed, lines that have not ended too."""
    _capture.drain(finish=True)


atexit.register(flush_lines)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_capture.after_fork)

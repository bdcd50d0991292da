"""Run a writer in a process of its own, and end it by SIGKILL at any moment.

A fork server starts the writers: it has imported what they need, and holds no threads that a fork would tear.
"""

from __future__ import annotations

import multiprocessing
import select
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

__all__ = ["PROCESSES", "Acknowledge", "drain", "finished", "killed", "started"]

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.reliability.writers"])


class Acknowledge:
    """What a writer calls after each call that returned."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, what: Any) -> None:
        """Tell the test that this much has happened."""
        self._connection.send(what)

    def is_alone(self) -> bool:
        """Whether the test is gone, so that nobody will ever say anything to this writer."""
        listening = select.poll()
        listening.register(self._connection, 0)  # the other end being closed is told all the same
        return bool(listening.poll(0))

    def close(self) -> None:
        """Let go of the way to the test, in a child that has nothing to tell."""
        self._connection.close()


def drain(receive: Connection, told: list[Any]) -> None:
    """Take what a writer has told until its end."""
    try:
        while True:
            told.append(receive.recv())
    except (EOFError, OSError):  # the other end is gone, perhaps in the middle of telling
        pass


def started(writer: Callable[..., None], *arguments: Any) -> tuple[Any, Connection]:
    """Start a writer; return its process, and what it acknowledges."""
    receive, send = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=writer, args=(Acknowledge(send), *arguments))
    process.start()
    send.close()
    return process, receive


def killed(writer: Callable[..., None], *arguments: Any, after: float) -> list[Any]:
    """Return what the writer acknowledged before SIGKILL, sent some seconds after its first acknowledgement.

    The delay chooses the moment of death; nothing waits for it to be long enough.
    """
    process, receive = started(writer, *arguments)
    told = [receive.recv()]
    deadline = time.monotonic() + after
    try:
        while (left := deadline - time.monotonic()) > 0 and receive.poll(left):
            told.append(receive.recv())
    except EOFError as error:
        process.join()
        raise AssertionError(f"the writer ended by itself with {process.exitcode}") from error
    process.kill()
    drain(receive, told)
    process.join()
    process.close()
    return told


def finished(writer: Callable[..., None], *arguments: Any) -> list[Any]:
    """Return what a writer acknowledged until it ended by itself."""
    process, receive = started(writer, *arguments)
    told: list[Any] = []
    drain(receive, told)
    process.join()
    assert process.exitcode == 0, f"the writer ended with {process.exitcode}"
    process.close()
    return told

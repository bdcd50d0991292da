"""How this process ends, for the runs that are still open then: a script that never calls `end()` leaves a finished run too.

Nothing is replaced but `sys.exit`, whose code Python tells nobody. A process that is killed, or calls `os._exit`, ends no run: a
reader says `interrupted` of it.
"""

from __future__ import annotations

import atexit
import sys
import threading
import weakref
from opcode import opmap
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_tracking.errors import log_errors
from jupyter_tracking.printed import running_shell

if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn


_RETURNS = {opmap[name] for name in ("RETURN_VALUE", "RETURN_CONST") if name in opmap}
End = tuple[str, str | None, str | None]  # a final status, a word for why, a sentence on it

_SUCCEEDED: End = ("succeeded", None, None)


class Endable(Protocol):
    """Something that ends with the process: a run."""

    def end(self, status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
        """End with a status, a word for why, and a sentence on it; what has ended stays as it is."""


def end_for(error: BaseException | None) -> End:
    """Return the status, reason and message of a run that ends with an exception, or with none.

    An interrupt and the cancellation of a task stop a run; `sys.exit()` is an end like any other, unless it says that something failed.
    """
    if error is None:
        return _SUCCEEDED
    if isinstance(error, SystemExit):
        if error.code is None or error.code == 0:
            return _SUCCEEDED
        said = f"exit code {error.code}" if isinstance(error.code, int) else str(error.code)
        return "failed", "SystemExit", said
    if isinstance(error, KeyboardInterrupt):
        return "stopped", type(error).__name__, "interrupted"
    if type(error).__name__ == "CancelledError":  # of asyncio and anyio; importing them to ask would cost each run
        return "stopped", type(error).__name__, "cancelled"
    return "failed", type(error).__name__, f"{type(error).__name__}: {error}"


# --- the end of the process ------------------------------------------------------------------------

_runs: list[weakref.ref[Endable]] = []  # in the order they started
_exits: list[weakref.ref[_Exit]] = []  # raised by `sys.exit` and not gone yet
_exit_codes: list[Any] = []  # of the `sys.exit` that ended the main program
_main_thread = threading.main_thread().ident
_before: BaseException | None = None  # what was the last uncaught exception when the first run started
_program: FrameType | None = None  # the frame of the main program


class _Exit(SystemExit):
    """What `sys.exit` raises; it is dropped with no Python code around it only when nobody caught it."""

    def __del__(self, _getframe: Any = sys._getframe, _get_ident: Any = threading.get_ident) -> None:  # noqa: SLF001
        # The functions are arguments because the modules may be gone when the interpreter is taken down.
        if _getframe().f_back is None and _get_ident() == _main_thread:
            _exit_codes.append(self.code)


def _exit(status: object = None, /) -> NoReturn:
    """Exit the interpreter by raising `SystemExit(status)`, as Python's own `sys.exit` does."""
    error = _Exit(status)
    _exits[:] = [known for known in _exits if known() is not None] + [weakref.ref(error)]
    try:
        raise error
    finally:
        del error  # else this frame, which the error's traceback has, would keep it from being dropped


def end_with_process(run: Endable) -> None:
    """End a run when the process ends, if it is still open then: the one that started last comes first."""
    global _before, _program  # noqa: PLW0603 - once for the process
    if not _runs:
        atexit.register(_end_open)
        _before = getattr(sys, "last_value", None)
        _program = sys._current_frames().get(_main_thread or 0)  # noqa: SLF001 - the documented way to the frames of another thread
        while _program is not None and _program.f_back is not None:
            _program = _program.f_back
        if not _is_interactive():
            sys.exit = _exit
    _runs[:] = [known for known in _runs if known() is not None] + [weakref.ref(run)]


def _end_open() -> None:
    how = _outcome()
    for reference in reversed(_runs):
        run = reference()
        if run is not None:
            log_errors(lambda run=run: run.end(*how), "the end of a run")  # type: ignore[misc]


def _outcome() -> End:
    """Return how the process ends, which is ending now."""
    if _is_interactive():
        return "stopped", "Shutdown", "the kernel was shut down, or the session was left, before the run ended"
    uncaught = getattr(sys, "last_value", None)
    if uncaught is not None and uncaught is not _before:
        return end_for(uncaught)
    if _exit_codes:
        return end_for(SystemExit(*_exit_codes[-1:]))
    for reference in reversed(_exits):  # one that is kept: asyncio makes cycles of references that hold it
        error = reference()
        trace = error.__traceback__ if error is not None else None
        # The outermost function that it reached was left where it passed through, and not later: nobody caught it.
        if error is not None and (trace is None or trace.tb_frame.f_lasti == trace.tb_lasti):
            return end_for(error)
    if _program is not None and _program.f_code.co_code[_program.f_lasti] not in _RETURNS:
        return "stopped", "SystemExit", "the program raised SystemExit by itself, so its exit code is not known; sys.exit() would tell it"
    return _SUCCEEDED


def _is_interactive() -> bool:
    """Return whether a person or a notebook gives this process its commands, so that an exception does not end it."""
    shell = running_shell()
    if shell is None:
        return hasattr(sys, "ps1") or bool(sys.flags.interactive)
    # `ipython script.py` has a shell, and is a script.
    return hasattr(shell, "kernel") or bool(getattr(getattr(shell, "parent", None), "interact", True))

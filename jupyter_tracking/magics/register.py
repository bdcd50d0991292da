"""The magics: parse a line, call one function, show one object. `%load_ext jupyter_tracking` registers them.

Nothing is decided here that the Python functions do not decide: each magic is one call of them.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import needs_local_scope, no_var_expand

from jupyter_tracking import session
from jupyter_tracking.errors import TrackingError
from jupyter_tracking.kinds import other_functions
from jupyter_tracking.magics import commands
from jupyter_tracking.magics.completion import magic_matcher
from jupyter_tracking.magics.python_completion import python_matcher
from jupyter_tracking.magics.usage import Usage
from jupyter_tracking.printed import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell

_STATE = "_jupyter_tracking_magics"
_TAKES = {"name", "path", "tags"}

# The functions of `commands` that are magics, each with an example. A `log_*` function has its example beside it; one without gets an
# example made from its signature.
_COMMANDS = {
    "track_init": "--name digits --tags baseline,svm",
    "track_status": "",
    "track_end": '--status failed --message "diverged"',
    "artifacts": "digits",
    "artifact": "roc --kind curve",
    "compare": "roc first second",
    "scatter": "lr accuracy --color optimizer",
    "parallel": "--columns lr,depth,accuracy",
    "watch": "loss accuracy",
    "lineage": "digits svm",
    "runs": 'lr < 0.01 and "baseline" in tags --group-by model',
    "track_empty_trash": "--root experiments",
}


@dataclass(slots=True)
class _Registered:
    """What was added to a shell, and what stood there before."""

    magics: dict[tuple[str, str], Callable[..., Any]] = field(default_factory=dict)
    before: dict[tuple[str, str], Any] = field(default_factory=dict)
    matchers: list[Any] = field(default_factory=list)
    usages: dict[str, Usage] = field(default_factory=dict)  # which the matchers complete
    add_others: Callable[..., None] | None = None  # until those of other packages are added


def register(shell: InteractiveShell) -> None:
    """Add the magics and their completion to a shell; what an earlier call added is removed first."""
    unregister(shell)
    state = _Registered()
    setattr(shell, _STATE, state)
    own = {name: function for name, function in vars(session).items() if name.startswith("log_") or name == "define_metric"}
    _add_all(shell, state, [*_log_usages(own), *(Usage(name, getattr(commands, name)) for name in _COMMANDS)])
    _add_all(shell, state, [Usage(name, function) for name, function in commands.CURATING.items()])
    track = Usage("track", commands.track_init, sign="%%")
    _add(shell, state, "cell", _cell_magic(shell, track))
    state.matchers += [magic_matcher(shell, state.usages), python_matcher(shell)]
    state.usages["track"] = track
    _matchers(shell).extend(state.matchers)
    _add_others_later(shell, state)


def _add_others_later(shell: InteractiveShell, state: _Registered) -> None:
    """Add the magics of other packages' kinds once there is a run, or after the cell: finding them takes as long as all the rest."""

    def add_others(*_result: object) -> None:
        _forget_others(shell, state)
        functions = {name: session.other_function(name) for name in other_functions()}
        _add_all(shell, state, _log_usages(functions))

    if session.current_run() is not None:
        add_others()
        return
    state.add_others = add_others
    session.after_init.append(add_others)
    shell.events.register("post_run_cell", add_others)


def _forget_others(shell: InteractiveShell, state: _Registered) -> None:
    if state.add_others is not None:
        session.after_init.remove(state.add_others)
        shell.events.unregister("post_run_cell", state.add_others)
        state.add_others = None


def unregister(shell: InteractiveShell) -> None:
    """Remove exactly what `register` added, and put back what it replaced."""
    state: _Registered | None = getattr(shell, _STATE, None)
    if state is None:
        return
    delattr(shell, _STATE)
    _forget_others(shell, state)
    for (kind, name), function in state.magics.items():
        table = shell.magics_manager.magics[kind]
        if table.get(name) is not function:  # someone put another in its place
            continue
        if state.before[kind, name] is None:
            del table[name]
        else:
            table[name] = state.before[kind, name]
    for added in state.matchers:
        if added in _matchers(shell):
            _matchers(shell).remove(added)


def _matchers(shell: InteractiveShell) -> list[Any]:
    matchers: list[Any] = getattr(shell.Completer, "custom_matchers", [])
    return matchers


def _add(shell: InteractiveShell, state: _Registered, kind: str, function: Callable[..., Any]) -> None:
    name = function.__name__
    state.before[kind, name] = shell.magics_manager.magics[kind].get(name)
    state.magics[kind, name] = function
    shell.magics_manager.register_function(function, kind, name)


def _add_all(shell: InteractiveShell, state: _Registered, usages: list[Usage]) -> None:
    for usage in usages:
        state.usages[usage.name] = usage
        _add(shell, state, "line", _line_magic(shell, usage))


def _log_usages(functions: Mapping[str, Any]) -> list[Usage]:
    """Return the usage of every `log_*` function that takes a name, a path or `key=value`."""
    found = []
    for name, function in functions.items():
        parameters = inspect.signature(function).parameters.values()
        if any(p.name in _TAKES or p.kind is p.VAR_KEYWORD for p in parameters):
            found.append(Usage(name, function))
    return found


def _example(usage: Usage) -> str:
    given = getattr(usage.function, "example", None) or _COMMANDS.get(usage.name)
    if given is not None:
        return f"%{usage.name} {given}".rstrip()
    stand_ins = {"name": "name", "path": "path/to/file"}
    words = [stand_ins.get(a.name, '"some text"' if a.form == "text" else a.name) for a in usage.positional if a.required]
    return " ".join([f"%{usage.name}", *words, *(["--step 14"] if "step" in usage.options else [])])


def _documented(function: Callable[..., Any], usage: Usage, example: str) -> Callable[..., Any]:
    about = inspect.getdoc(usage.function) or ""
    function.__doc__ = f"{usage}\n\n{about}\n\nExample:\n    {example}\n"
    function.__name__ = function.__qualname__ = usage.name
    return function


def _said(error: TrackingError) -> str:
    """Return what an error says, on one line."""
    return " ".join(str(getattr(error, "strerror", None) or error).split())


def _line_magic(shell: InteractiveShell, usage: Usage) -> Callable[..., Any]:
    @no_var_expand
    @needs_local_scope
    def magic(line: str, local_ns: dict[str, Any] | None = None) -> Any:
        if line.strip() in {"-h", "--help"}:
            say(*(magic.__doc__ or "").splitlines())
            return None
        try:
            return usage.call(line, {**shell.user_ns, **(local_ns or {})})
        except TrackingError as error:
            raise UsageError(f"{usage.name}: {_said(error)}") from error

    return _documented(magic, usage, _example(usage))


def _cell_magic(shell: InteractiveShell, usage: Usage) -> Callable[..., Any]:
    @no_var_expand
    @needs_local_scope
    def magic(line: str, cell: str, local_ns: dict[str, Any] | None = None) -> None:
        args, kwargs = usage.arguments(line, {**shell.user_ns, **(local_ns or {})})
        try:
            commands.track(shell, cell, *args, **kwargs)
        except TrackingError as error:
            raise UsageError(f"track: {_said(error)}") from error

    return _documented(magic, usage, "%%track --name digits\n    tracking.log_metric('loss', 0.25)")

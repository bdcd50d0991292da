"""A call that a function does not take: which argument it has not, and what that is called here."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jupyter_tracking.errors import InvalidType, TrackingError, suggest
from jupyter_tracking.kinds.other_trackers import ARGUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


def checks_arguments(function: _Function) -> _Function:
    """Let a function say which argument it has not, the nearest of those it has first, or which it lacks, and how it is called.

    Raises:
        InvalidType: it was called with arguments that it does not take.
    """

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except TypeError as error:
            misfit = None if isinstance(error, TrackingError) else _misfit(function, args, named, str(error))
            if misfit is None:
                raise
            raise InvalidType(misfit) from None

    return cast("_Function", call)


_CALLED = {"__init__": "Run", "runs_frame": "runs", "lineage_frame": "lineage", "problems_of_runs": "problems"}  # by users


def _misfit(function: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any], python_says: str) -> str | None:
    """Return what is wrong with the arguments of a call; None where they are those of the function, and the error came from inside."""
    import inspect

    signature = inspect.signature(function)
    every = [parameter for name, parameter in signature.parameters.items() if name != "self"]
    name = _CALLED.get(function.__name__, function.__name__)
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in every)
    known = [parameter.name for parameter in every if parameter.kind is not parameter.POSITIONAL_ONLY]
    unknown = None if takes_any else next((each for each in named if each not in known), None)
    if unknown is not None and ARGUMENTS.get(unknown) in known:
        return f"{name}() has no argument {unknown!r}; here it is {ARGUMENTS[unknown]!r}"
    if unknown is not None:
        return f"{name}() has no argument {unknown!r}{suggest(unknown, known)}"
    try:
        signature.bind(*args, **named)
    except TypeError:
        if takes_any and "missing" not in python_says:  # a mapping of names may come first there
            return None
        shown = [each.replace(annotation=each.empty, default=each.default if each.default is each.empty else ...) for each in every]
        called = str(inspect.Signature(shown)).replace("=Ellipsis", "=…")
        return f"{name}() {python_says.partition('() ')[2]}; it is {name}{called}"
    return None

"""Secrets in values: what JSON holds, by the names of its keys, and what a program is started with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_tracking.redact.names import CERTAIN, LIKELY, NONE, is_path, is_placeholder, is_secret, level, looks_chosen
from jupyter_tracking.redact.views import MASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_tracking.redact.known import KnownSecrets

_LEAST_NUMBER = 1000  # a smaller one says how many or how long, even where it is called password
USER_OPTIONS = {"-u", "--user", "-U", "--auth", "--proxy-user"}
_ARGUMENT = re.compile(r"(?P<name>-{0,2}[A-Za-z_][\w.-]{0,100})(?P<sign>[=:])(?P<value>.+)\Z", re.DOTALL)


def redacted_value(value: Any, redact: Callable[[str], str], name: str = "", place: str = "") -> tuple[Any, list[str]]:
    """Return a value without its secrets, and the places where it had some.

    Args:
        value: what JSON can hold.
        redact: redacts a text.
        name: under which the value is kept.
        place: where the value stands.
    """
    if isinstance(value, str):
        redacted: Any = MASK if is_secret(value, level(name), quoted=True) else redact(value)
        return (redacted, [place]) if redacted != value else (value, [])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (MASK, [place]) if level(name) >= CERTAIN and abs(value) >= _LEAST_NUMBER and value == value // 1 else (value, [])
    places: list[str] = []
    if isinstance(value, dict):
        items = {}
        for key, item in value.items():
            kept = redact(key) if isinstance(key, str) else key
            inner = f"{place}.{kept}" if place else str(kept)
            items[kept], found = redacted_value(item, redact, str(key), inner)
            places += found if kept == key else [inner, *found]
        return (items, places) if places else (value, [])
    if isinstance(value, list | tuple):
        listed = []
        for item in value:
            redacted, found = redacted_value(item, redact, name, place)
            listed.append(redacted)
            places += found
        return (type(value)(listed), list(dict.fromkeys(places))) if places else (value, [])
    return value, []


def redacted_arguments(arguments: Iterable[str], redact: Callable[[str], str], known: KnownSecrets | None = None) -> list[str]:
    """Return the arguments of a program without their secrets: the values of options named like one, and what looks like one.

    Args:
        arguments: as in `sys.argv`.
        redact: redacts a text.
        known: where the secrets are remembered.
    """
    kept: list[str] = []
    before = ""
    for argument in arguments:
        found = _ARGUMENT.match(argument)
        name, value = (found["name"], found["value"]) if found else (before, argument)
        secret = ""
        if _is_given(value, level(name.lstrip("-"))) and (found or not argument.startswith("-")):
            secret = value
        elif before in USER_OPTIONS and ":" in argument and looks_chosen(argument.partition(":")[2]):
            secret = argument.partition(":")[2]
        if secret and known is not None:
            known.add(secret, CERTAIN)
        kept.append(argument[: len(argument) - len(secret)] + MASK if secret else redact(argument))
        before = argument if argument.startswith("-") and "=" not in argument else ""
    return kept


def _is_given(value: str, certainty: int) -> bool:
    if certainty == NONE or is_placeholder(value):
        return False
    return certainty >= CERTAIN or (certainty == LIKELY and not is_path(value)) or is_secret(value, certainty, quoted=True)

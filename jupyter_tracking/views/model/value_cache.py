"""The values that a view has decoded, kept for a while, so that each step is read and decoded once however often it is drawn."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from jupyter_tracking.fork import free_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable

_BYTES = 64_000_000
# What Python needs for an object beside its content; of long lists so many items are measured, and the others taken to be alike.
_OBJECT = 64
_MEASURED = 200
_DEEPEST = 8


class ValueCache:
    """A bounded cache: of too many bytes, those go first that were not used for the longest time. Any thread may use it."""

    def __init__(self, most_bytes: int = _BYTES) -> None:
        """Start empty; `most_bytes` bounds what is kept. A value that is larger than that is never kept."""
        self._most = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = free_after_fork(threading.Lock())

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return the value of a key, made by `make` if it is not kept. Two threads that ask at once may both make it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        value = make()
        size = size_of(value)
        if size > self._most:
            return value
        with self._lock:
            self._bytes += size - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = value, size
            while self._bytes > self._most:
                self._bytes -= self._kept.popitem(last=False)[1][1]
        return value


def size_of(value: Any, depth: int = 0) -> int:
    """Return about how many bytes a value takes: arrays and frames say it themselves, containers are measured by their items."""
    size = 0
    nbytes = getattr(value, "nbytes", None)
    if isinstance(nbytes, int):
        size = nbytes
    elif isinstance(value, str | bytes | bytearray):
        size = len(value)
    elif hasattr(value, "memory_usage"):
        size = int(value.memory_usage(deep=True).sum())
    elif depth < _DEEPEST:
        items = _items(value)
        measured = [size_of(item, depth + 1) for item in itertools.islice(items, _MEASURED)]
        size = sum(measured) * len(items) // max(1, len(measured))
    return _OBJECT + size


def _items(value: Any) -> Collection[Any]:
    if dataclasses.is_dataclass(value):
        return [getattr(value, field.name) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list | tuple | set | frozenset) else ()

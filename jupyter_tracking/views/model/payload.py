"""Payloads: what one artifact shows at one step, on its way to the page. No reading, no drawing."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Payload", "json_safe", "pack"]

_TYPES = {"float32": "f4", "float64": "f8", "int32": "i4", "int16": "i2", "uint8": "u1", "uint16": "u2", "uint32": "u4"}


@dataclass(frozen=True, slots=True)
class Payload:
    """A header that goes as JSON, and buffers that go as they are."""

    head: dict[str, Any] = field(default_factory=dict)
    buffers: list[bytes] = field(default_factory=list)

    def add(self, name: str, numbers: NDArray[Any]) -> None:
        """Add a column of numbers, to be found by its name."""
        import numpy as np

        kept = np.ascontiguousarray(numbers)
        little = kept.astype(kept.dtype.newbyteorder("<"), copy=False)
        self.head.setdefault("columns", {})[name] = [len(self.buffers), _TYPES[kept.dtype.name]]
        self.buffers.append(little.tobytes())

    def attach(self, data: bytes) -> int:
        """Add bytes, and return the number of their buffer."""
        self.buffers.append(data)
        return len(self.buffers) - 1

    @property
    def size(self) -> int:
        """About how many bytes this takes on its way."""
        return 200 + sum(map(len, self.buffers))


def json_safe(value: Any) -> Any:
    """Return JSON that any parser takes: no NaN, no lone surrogates, no integer that JavaScript would round."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int | float):
        exact = not isinstance(value, int) or abs(value) < 2**53
        return value if exact and (not isinstance(value, float) or math.isfinite(value)) else str(value)
    if isinstance(value, dict):
        return {str(json_safe(str(key))): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_safe(item) for item in value]
    return json_safe(str(value))


def pack(header: dict[str, Any], payloads: Sequence[tuple[int, int, int, Payload]]) -> bytes:
    """Put payloads into one piece for a saved page: length of the header, header, then each buffer at a multiple of 8."""
    listed = [[scene, panel, number, payload.head, [len(b) for b in payload.buffers]] for scene, panel, number, payload in payloads]
    text = json.dumps({**header, "payloads": listed}, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()
    parts = [struct.pack("<I", len(text)) + text]
    parts.extend(b for *_, payload in payloads for b in payload.buffers)
    return b"".join(part + b"\0" * (-len(part) % 8) for part in parts)

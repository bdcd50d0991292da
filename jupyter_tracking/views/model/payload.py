"""What goes to the page of a view: JSON heads and binary buffers.

A view is a scene of panels under one slider. The page gets each panel's description once (`SceneInfo`, `PanelInfo`) and then payloads:
for each panel a shared one, which holds for all steps, and one for each step. A payload is a head and buffers. `columns` in a head says
which buffers are columns of numbers: name to number of the buffer and number type. A column that is a range of whole numbers has
`[first, by, count]` in the place of the number. Any head may be `{"error": words}` instead. What the heads of each renderer hold is
typed in `widgets/src/model/payload-heads.ts`; the tests of both halves check the same samples, those in `widgets/test/samples/`.

A description has whole numbers by the thousand: steps, times, places. `encode_scene` makes ranges of them on their way to a page, where
`widgets/src/model/wire.ts` makes lists of them again.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from jupyter_tracking.errors import replace_surrogates

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TYPES = {"float32": "f4", "float64": "f8", "int32": "i4", "int16": "i2", "uint8": "u1", "uint16": "u2", "uint32": "u4"}

# Steps that JavaScript would round go as strings; the step of what was logged without one is null.
WireStep = int | str | None
_EXACT = 2**53  # JavaScript rounds whole numbers from here on
_FEW = 16  # numbers that go as they are, so that a short description can be read
_RUN = 4  # numbers, at the same distance from each other, that are shorter as a range


class Cell(TypedDict):
    """A notebook cell that logged steps; the source is there where the run kept it."""

    label: str
    source: NotRequired[str]


class Member(TypedDict):
    """A line of a chart: its label, and the run it is of. `steps` and `at` only where no payload of a step is asked for."""

    label: str
    uuid: str
    steps: NotRequired[Sequence[WireStep]]
    at: NotRequired[list[int]]  # the index in `steps` of the value at each step of the panel; -1 before the first


# In the functional form because of the key "from".
PanelInfo = TypedDict(
    "PanelInfo",
    {
        "kind": str,
        "name": str,
        "view": str,  # the renderer's stem
        "run": NotRequired[str],  # the label of the run, of a panel beside those of other runs
        "steps": Sequence[WireStep],
        "times": list[int],  # µs since the epoch
        "versions": dict[str, int],  # how often a step was logged, by its index, where more than once
        "all_steps": bool,  # the shared payload holds everything
        "cells": NotRequired[list[Cell]],
        "from": NotRequired[list[int]],  # the index in `cells` for each step; -1 for none
        "members": NotRequired[list[Member]],  # of "metric" and "curve", always
        "at": NotRequired[list[int]],  # the index in `steps` for each step of the scene; -1 before the first; missing: the same steps
        "beside": NotRequired[int],  # the panel of the run that this one can be compared with
    },
)


class RunInfo(TypedDict):
    """Which run a view shows; of several, one that is still running."""

    uuid: str
    name: str
    status: str


class SceneInfo(TypedDict):
    """What the page is told of a view before any payload."""

    run: RunInfo
    steps: Sequence[WireStep]
    panels: list[PanelInfo]
    total: NotRequired[int]  # how many steps were logged, where `steps` are only some of them
    note: NotRequired[str]  # which of the runs compared have not the artifact


@dataclass(frozen=True, slots=True)
class Payload:
    """A head that goes as JSON, and buffers that go as they are."""

    head: dict[str, Any] = field(default_factory=dict)
    buffers: list[bytes] = field(default_factory=list)

    def add(self, name: str, numbers: NDArray[Any]) -> None:
        """Add a column of numbers under a name."""
        import numpy as np

        kept = np.ascontiguousarray(numbers)
        little = kept.astype(kept.dtype.newbyteorder("<"), copy=False)
        self.head.setdefault("columns", {})[name] = [len(self.buffers), _TYPES[kept.dtype.name]]
        self.buffers.append(little.tobytes())

    def add_steps(self, name: str, numbers: NDArray[Any]) -> None:
        """Add a column of numbers which are often a range of whole ones, that is written as such."""
        whole = [int(number) for number in numbers.tolist() if abs(number) < _EXACT and number == int(number)]
        ranges = _ranges(whole) if len(whole) == len(numbers) > _FEW else []
        if len(ranges) == 1:
            self.head.setdefault("columns", {})[name] = [ranges[0], _TYPES[numbers.dtype.name]]
        else:
            self.add(name, numbers)

    def attach(self, data: bytes) -> int:
        """Add bytes, and return the number of their buffer."""
        self.buffers.append(data)
        return len(self.buffers) - 1

    @property
    def size(self) -> int:
        """About how many bytes this takes on its way."""
        return 200 + sum(map(len, self.buffers))


def join_payloads(parts: Iterable[tuple[int, Payload]]) -> Payload:
    """Put the payloads of lines, each with the line's index, into one.

    `parts` has for each its index, the number of its first buffer, how many buffers it has, and its head.
    """
    joined = Payload({"parts": []})
    for n, payload in parts:
        joined.head["parts"].append([n, len(joined.buffers), len(payload.buffers), payload.head])
        joined.buffers.extend(payload.buffers)
    return joined


def json_safe(value: Any) -> Any:
    """Return JSON that any parser takes: no NaN, no unpaired surrogates, no integer that JavaScript would round."""
    if isinstance(value, str):
        return replace_surrogates(value)
    if value is None or isinstance(value, int):
        return value if value is None or -_EXACT < value < _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {replace_surrogates(str(key)): json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        plain = set(map(type, value)) == {int} and min(value) > -_EXACT and max(value) < _EXACT  # steps, moments: of these there are many
        return list(value) if plain else [json_safe(item) for item in value]
    return json_safe(str(value))


# --- whole numbers as ranges -------------------------------------------------------------------------


def encode_scene(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `SceneInfo` as a page gets it: `encode_numbers` of each list of whole numbers, and of the keys and values of `versions`."""
    panels = []
    for panel in info["panels"]:
        encoded = _encode_lists(panel, "steps", "times", "from", "at")
        if len(panel["versions"]) > _FEW:
            encoded["versions"] = [encode_numbers([int(n) for n in panel["versions"]]), encode_numbers(list(panel["versions"].values()))]
        if "members" in panel:
            encoded["members"] = [_encode_lists(member, "steps", "at") for member in panel["members"]]
        panels.append(encoded)
    return {**_encode_lists(info, "steps"), "panels": panels}


def _encode_lists(described: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**described, **{name: encode_numbers(described[name]) for name in names if name in described}}


def encode_numbers(values: Sequence[WireStep]) -> list[Any]:
    """Return whole numbers, the first of which may be None, in few bytes of JSON: pieces, each a number, a range or a packed text.

    A number is one of `json_safe`. A range is `[first, by, count]`. A packed text is `[text]`: the base64 of the distances of each number
    to the one before, of the first to 0; of each distance seven bits a byte, the lowest first, the highest bit set where another byte
    follows, and negative ones between the others: 0, -1, 1, -2, …
    """
    numbers = [value if value is None else int(value) for value in values]
    if len(numbers) <= _FEW or None in numbers[1:]:
        return [json_safe(number) for number in numbers]
    start = [None] if numbers[0] is None else []
    known = [number for number in numbers if number is not None]
    pieces = _ranges(known)
    # A number takes three bytes or more in a list, and seldom as many when it is packed.
    if len(pieces) > len(known) // 8:
        distances = [after - before for before, after in pairwise([0, *known])]
        if all(abs(distance) < _EXACT // 2 for distance in distances):
            pieces = min(pieces, [[_packed(distances)]], key=lambda each: len(json.dumps(each, separators=(",", ":"))))
    return [*start, *pieces]


def _ranges(numbers: Sequence[int]) -> list[Any]:
    pieces: list[Any] = []
    at = 0
    while at < len(numbers):
        by = numbers[at + 1] - numbers[at] if at + 1 < len(numbers) else 0
        end = at + 1
        while end < len(numbers) and numbers[end] - numbers[end - 1] == by:
            end += 1
        if end - at < _RUN:
            pieces.append(json_safe(numbers[at]))
            at += 1
        else:
            pieces.append([json_safe(numbers[at]), json_safe(by), end - at])
            at = end
    return pieces


def _packed(distances: Sequence[int]) -> str:
    packed = bytearray()
    for distance in distances:
        rest = distance * 2 if distance >= 0 else -distance * 2 - 1
        while rest > 127:  # noqa: PLR2004
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return base64.b64encode(packed).decode()


def pack(header: dict[str, Any], payloads: Sequence[tuple[int, int, int, Payload]], *, to_compress: bool = False) -> bytes:
    """Return payloads as one block of bytes for a page: the header's length, the header, then each buffer at a multiple of 8.

    Args:
        header: what is said beside them.
        payloads: each with the numbers of its scene, its panel and its step.
        to_compress: write columns of numbers with the first bytes of all numbers first, then the second ones, and so on: those are often
            alike, and compress well. Such a buffer is listed with the bytes of a number beside its size.
    """
    listed, parts = [], [b""]
    for scene, panel, number, payload in payloads:
        widths = _widths(payload.head) if to_compress else {}
        sizes: list[int | list[int]] = []
        for at, data in enumerate(payload.buffers):
            width = widths.get(at, 1)
            sizes.append([len(data), width] if width > 1 else len(data))
            parts.append(b"".join(data[first::width] for first in range(width)))
        listed.append([scene, panel, number, payload.head, sizes])
    text = json.dumps({**header, "payloads": listed}, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()
    parts[0] = struct.pack("<I", len(text)) + text
    return b"".join(part + b"\0" * (-len(part) % 8) for part in parts)


def _widths(head: Mapping[str, Any], first: int = 0) -> dict[int, int]:
    """Return how many bytes a number has in each buffer that is a column, by the number of the buffer."""
    found = {first + at: int(kind[1]) for at, kind in head.get("columns", {}).values() if isinstance(at, int)}
    for _, begins, _, part in head.get("parts", ()):
        found |= _widths(part, first + begins)
    return found

"""Thrift's compact protocol, as far as the footers of parquet files and the headers of their pages have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from jupyter_tracking.errors import MalformedEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

# Thrift's types: the bits of its numbers, the bytes of what has a fixed size; the value of a flag is its type.
INT, LONG, _BYTES, LIST, _SET, STRUCT = 5, 6, 8, 9, 10, 12
_BITS, _SIZES, _FLAGS = {4: 16, INT: 32, LONG: 64}, {3: 1, 7: 8}, {1, 2}
Wanted: TypeAlias = "Mapping[int, Wanted]"


def field(number: int, kind: int) -> int:
    """Return what a field of this number and type is called in a struct that was read."""
    return number << 4 | kind


class CompactReader:
    """Reads the fields that are wanted. A wide table has a million of them: most are only passed over."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, inside: Wanted, depth: int = 8) -> dict[int, Any]:
        """Return the fields of a struct, as `field` calls them; of one that is there twice, the last.

        Args:
            inside: the structs in it, and lists of structs, that are read as well; all others are passed over. Numbers are always read.
            depth: how deeply structs may be nested.
        """
        data, at = self._data, self.at
        found: dict[int, Any] = {}
        number = 0
        while byte := data[at]:
            at += 1
            kind = byte & 15
            if byte > 15:  # noqa: PLR2004
                number += byte >> 4
            else:
                self.at = at
                number = self._number(16)
                at = self.at
            field = number << 4 | kind
            if kind in _BITS:
                value = data[at]
                if value > 127:  # noqa: PLR2004
                    self.at = at
                    found[field] = self._number(_BITS[kind])
                    at = self.at
                else:
                    found[field] = (value >> 1) ^ -(value & 1)
                    at += 1
            elif kind not in _FLAGS:
                self.at = at
                if field in inside and depth:
                    found[field] = self.struct(inside[field], depth - 1) if kind == STRUCT else self._structs(inside[field], depth - 1)
                else:
                    self._pass(kind, depth)
                at = self.at
        self.at = at + 1
        return found

    def lengths(self, depth: int = 8) -> dict[int, int]:
        """Return how many bytes each field of a struct takes, by its number; of one that is there twice, together."""
        found: dict[int, int] = {}
        number = 0
        while byte := self._data[self.at]:
            self.at += 1
            number = number + (byte >> 4) if byte > 15 else self._number(16)  # noqa: PLR2004
            begin = self.at
            if byte & 15 not in _FLAGS:
                self._pass(byte & 15, depth)
            found[number] = found.get(number, 0) + self.at - begin
        return found

    def _structs(self, inside: Wanted, depth: int) -> list[dict[int, Any]]:
        """Return a list of structs; of anything else, nothing."""
        count, kind = self._list()
        if kind == STRUCT:
            return [self.struct(inside, depth) for _ in range(count)]
        for _ in range(count):
            self._pass(kind, depth)
        return []

    def _pass(self, kind: int, depth: int) -> None:
        """Go to the end of a value."""
        if depth <= 0:
            raise MalformedEvent("a page of the file has a header that is nested too deeply")
        if kind == STRUCT:
            self._pass_struct(depth - 1)
        elif kind == _BYTES:
            size = self._unsigned()
            self.at += size
        elif kind in _BITS:
            self._unsigned()
        elif kind in _SIZES:
            self.at += _SIZES[kind]
        elif kind in {LIST, _SET}:
            count, inner = self._list()
            self._pass_all(count, inner, depth - 1)
        else:
            raise MalformedEvent("a page of the file has a header of an unknown type")
        if self.at > len(self._data):
            raise IndexError

    def _pass_all(self, count: int, kind: int, depth: int) -> None:
        """Go to the end of so many values: of small numbers and short texts, which are nearly all there are, without a call for each."""
        data, at = self._data, self.at
        if depth > 0 and (kind == _BYTES or kind in _BITS):
            while count and (byte := data[at]) < 128:  # noqa: PLR2004
                at += 1 + (byte if kind == _BYTES else 0)
                count -= 1
            self.at = at
            if at > len(data):
                raise IndexError
        for _ in range(count):
            self._pass(kind, depth)

    def _pass_struct(self, depth: int) -> None:
        data, at = self._data, self.at
        while byte := data[at]:
            at += 1
            kind = byte & 15
            if byte < 16:  # noqa: PLR2004 - the number of the field, in full
                while data[at] > 127:  # noqa: PLR2004
                    at += 1
                at += 1
            if kind in _BITS:
                while data[at] > 127:  # noqa: PLR2004
                    at += 1
                at += 1
            elif kind == _BYTES and (size := data[at]) < 128:  # noqa: PLR2004
                at += 1 + size
            elif kind not in _FLAGS:
                self.at = at
                self._pass(kind, depth)
                at = self.at
        self.at = at + 1

    def _list(self) -> tuple[int, int]:
        """Return how many values a list has, and of which type; a boolean in it is a byte."""
        byte = self._data[self.at]
        self.at += 1
        count, kind = byte >> 4, byte & 15
        return (self._unsigned() if count == 15 else count), 3 if kind in _FLAGS else kind  # noqa: PLR2004

    def _unsigned(self) -> int:
        data, at = self._data, self.at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004
                self.at = at
                return value
            shift += 7
            if shift > 63:  # noqa: PLR2004
                raise MalformedEvent("a page of the file has a number of too many bytes")

    def _number(self, bits: int) -> int:
        value = self._unsigned() & ((1 << bits) - 1)
        return (value >> 1) ^ -(value & 1)

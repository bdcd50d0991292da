"""Arrow's own files and streams: read only once it is known how much they are when decoded. A feather file is one.

What a message says of its buffers is what Arrow allocates for them, and messages are read in the order in which they were looked at.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pyarrow as pa

from jupyter_tracking.budgets import MOST_TABLE_BYTES
from jupyter_tracking.errors import MalformedEvent, TooLarge
from jupyter_tracking.kinds.arrow.type_check import check_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"ARROW1\0\0"
# The fields of a message, and of the headers that have buffers, by their places in Arrow's flatbuffers.
_HEADER_TYPE, _HEADER = 1, 2
_DICTIONARY, _RECORDS = 2, 3
_DICTIONARY_DATA = 1
_NODES, _BUFFERS, _COMPRESSION = 1, 2, 3
_VALUE = 8  # bytes that a value takes at least, once it is in a table of pandas'


def read_ipc(data: bytes, most: int | None = MOST_TABLE_BYTES) -> pa.Table:
    """Return the table of a feather file or of a stream.

    Raises:
        TooLarge: it takes more than `most` bytes; None for however many.
        MalformedEvent: it is no such file, or what it says of its columns does not hold.
    """
    buffer = pa.py_buffer(data)
    if data.startswith(_MAGIC):
        pa.ipc.open_file(buffer)  # its end says that it is whole; its content is that of a stream
        buffer = buffer.slice(len(_MAGIC))
    if most is not None:
        size = 0
        for message in _messages(buffer):
            size += _decoded_size(message)
            if size > most:
                raise TooLarge(f"the table takes {size:,} bytes or more; up to {most:,} are decoded")
    with pa.ipc.open_stream(buffer) as stream:
        check_schema(stream.schema)
        table = stream.read_all()
    # What the buffers say is believed from here on: offsets that lead out of them would be read.
    table.validate(full=True)
    return table


def _messages(buffer: pa.Buffer) -> Iterator[pa.Message]:
    reader = pa.ipc.MessageReader.open_stream(buffer)
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            return


def _decoded_size(message: pa.Message) -> int:
    """Return how many bytes the buffers of a message take when they are decompressed, or its values in a table, if that is more."""
    try:
        flat = message.metadata.to_pybytes()
        root = _Table(flat, struct.unpack_from("<I", flat)[0])
        kind = root.number(_HEADER_TYPE, "<B")
        batch = root.inside(_HEADER)
        if batch is not None and kind == _DICTIONARY:
            batch = batch.inside(_DICTIONARY_DATA)
        if batch is None or kind not in {_DICTIONARY, _RECORDS}:
            return 0
        values: int = sum(length for length, _ in batch.pairs(_NODES))
        if batch.inside(_COMPRESSION) is None:
            return values * _VALUE
        body = memoryview(message.body)
        found = [struct.unpack_from("<q", body, offset)[0] for offset, length in batch.pairs(_BUFFERS) if length]
        decoded: int = sum(size for size in found if size > 0)
        return max(values * _VALUE, decoded)
    except (struct.error, IndexError, OverflowError) as error:
        raise MalformedEvent(f"a message of the table is no message: {error}") from error


class _Table:
    """A table of a flatbuffer: its fields by their numbers."""

    def __init__(self, flat: bytes, at: int) -> None:
        self._flat, self._at = flat, at
        self._fields = at - struct.unpack_from("<i", flat, at)[0]
        self._size = struct.unpack_from("<H", flat, self._fields)[0]

    def _place(self, field: int) -> int:
        """Return where a field stands; 0 if it is not there."""
        place = 4 + 2 * field
        offset = struct.unpack_from("<H", self._flat, self._fields + place)[0] if place < self._size else 0
        return self._at + offset if offset else 0

    def number(self, field: int, kind: str) -> int:
        place = self._place(field)
        return int(struct.unpack_from(kind, self._flat, place)[0]) if place else 0

    def inside(self, field: int) -> _Table | None:
        place = self._place(field)
        return _Table(self._flat, place + struct.unpack_from("<I", self._flat, place)[0]) if place else None

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """Return the structs of a vector, each of two numbers of 64 bits."""
        place = self._place(field)
        if not place:
            return iter(())
        start = place + struct.unpack_from("<I", self._flat, place)[0]
        count = struct.unpack_from("<I", self._flat, start)[0]
        return struct.iter_unpack("<qq", memoryview(self._flat)[start + 4 : start + 4 + 16 * count])

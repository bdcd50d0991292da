"""Parquet files: what their pages take when they are decoded, as the header of each page says, and readers that ask before they decode.

The footer of a file says it too, and may lie: a page is decompressed into as many bytes as its own header says.
"""

from __future__ import annotations

import io
import os
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import pyarrow as pa
from pyarrow import parquet

from jupyter_tracking.budgets import MOST_COLUMNS, MOST_FOOTER_BYTES, MOST_METADATA_BYTES, MOST_PAGES, MOST_SAID_BYTES, MOST_TABLE_BYTES
from jupyter_tracking.errors import MalformedEvent, TooLarge
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.kinds.arrow.table import JSON_KEYS
from jupyter_tracking.kinds.arrow.thrift import INT, LIST, LONG, STRUCT, CompactReader, Wanted, field
from jupyter_tracking.kinds.arrow.type_check import check_schema
from jupyter_tracking.system.collector import CollectorPause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_MAGIC, _DOT = b"PAR1", re.compile(r"\.")
_HEADER = 1 << 12  # bytes read for the header of a page; statistics make a few longer
_LONGEST_HEADER = 1 << 20
_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8, "BYTE_ARRAY": 16}
_DICTIONARY_ENCODINGS, _PREFIX_ENCODING = {2, 8}, 7
_NESTED = 2  # times the budget that nested values may take: how many rows a page begins cannot be told
_REPEATED = 1 << 21  # bytes: so much may be repeated before it is counted
_OBJECT = 128  # bytes of a value that becomes an object of Python's
# Fields of a page's header, and in it of those of each type.
_TYPE, _DECODED, _STORED = (field(number, INT) for number in (1, 2, 3))
_DATA, _DICTIONARY, _DATA_2 = (field(number, STRUCT) for number in (5, 7, 8))
_IS_DATA, _IS_DATA_2 = 0, 3
_OF_TYPE = {_IS_DATA: _DATA, _IS_DATA_2: _DATA_2}
_COUNT, _ENCODING, _ENCODING_2 = (field(number, INT) for number in (1, 2, 4))
# Fields of a footer, of a row group in it, of a column chunk in that, and of what is said of the chunk.
_METADATA = 5
_GROUPS, _COLUMNS, _COLUMN = field(4, LIST), field(1, LIST), field(3, STRUCT)
_CHUNK_VALUES, _CHUNK_SIZE, _DATA_OFFSET, _DICTIONARY_OFFSET = (field(number, LONG) for number in (5, 7, 9, 11))
_STATISTICS, _NULLS = field(12, STRUCT), field(3, LONG)
_IN_CHUNK: Wanted = {_COLUMN: {_STATISTICS: {}}}
_IN_FOOTER: Wanted = {_GROUPS: {_COLUMNS: _IN_CHUNK}}
_IN_HEADER: Wanted = {_DATA: {}, _DICTIONARY: {}, _DATA_2: {}}
# The whole header of a page of data without statistics: its type, its sizes, and of its data the count and three encodings.
# Of a wide table, such headers are most of what is read before the rows are.
_SMALL, _LONG = rb"[\x00-\x7f]", rb"[\x80-\xff]{0,9}[\x00-\x7f]"
_NUMBER = rb"\x15([\x80-\xff]{0,4}[\x00-\x7f])"
_PLAIN_HEADER = re.compile(rb"\x15\x00" + 2 * _NUMBER + rb"\x2c" + 2 * _NUMBER + 2 * (rb"\x15" + _SMALL) + rb"(?:\x1c\x00)?\x00\x00")


def _few(kind: int, each: bytes) -> bytes:
    """Return the expression of what a list of up to four values of a type says after its own type."""
    return rb"(?:" + b"|".join(re.escape(bytes([count << 4 | kind])) + count * each for count in range(5)) + rb")"


# A whole column chunk without statistics, as Arrow writes it: where it is said to be; its type, encodings, path (whose length stands
# before it), codec, values, sizes, and where its pages are; how its pages are encoded; how many values they have at each level.
_PLAIN_CHUNK = re.compile(
    b"".join(
        (
            rb"\x26" + _LONG + rb"\x1c\x15" + _SMALL + rb"\x19" + _few(INT, _SMALL),
            rb"\x19\x18(" + _SMALL + rb")(.{0,127}?)\x15" + _SMALL,
            rb"\x16(" + _LONG + rb")\x16" + _LONG + rb"\x16(" + _LONG + rb")",
            rb"\x26(" + _LONG + rb")(?:\x26(" + _LONG + rb")\x29|\x49)",
            _few(STRUCT, 2 * (rb"\x15" + _SMALL) + rb"\x15" + _LONG + rb"\x00"),
            rb"(?:\x3c(?:\x16" + _LONG + rb"\x19|\x29)" + _few(LONG, _LONG) + rb"\x19" + _few(LONG, _LONG) + rb"\x00)?\x00\x00",
        )
    ),
    re.DOTALL,
)


class Page(NamedTuple):
    """A page: how many bytes it has when decompressed, how many values, how they are encoded; a dictionary is none of data."""

    size: int
    values: int
    encoding: int
    is_data: bool


@dataclass(slots=True)  # of a wide table there are many
class Chunk:
    """The pages of a column in a row group.

    Attributes:
        pages: all of them.
        width: bytes of a value, beside its text.
        texts: whether values are texts or bytes of any length.
        nested: whether a row may have any number of values.
    """

    pages: list[Page]
    width: int
    texts: bool
    nested: bool

    @property
    def dictionary(self) -> int:
        """How many bytes the values have that data pages refer to."""
        used = any(page.encoding in _DICTIONARY_ENCODINGS for page in self.pages if page.is_data)
        return max((page.size for page in self.pages if not page.is_data), default=0) if used else 0

    def size(self, rows: int) -> int:
        """Return how many bytes so many rows in a row take at most, where a value of the dictionary is not repeated."""
        if len(self.pages) == 1 and self.pages[0].is_data and not self.texts:  # as nearly all are, of a wide table
            page = self.pages[0]
            return page.size + (page.values if self.nested else min(rows, page.values)) * self.width
        data = [page for page in self.pages if page.is_data]
        whole = sum(page.values for page in data)
        values = whole if self.nested else min(rows, whole)
        size = max((page.size for page in self.pages), default=0) + self.dictionary + values * self.width
        if self.texts:
            size += _most_within(data, values)
            size += values * max((page.size for page in data if page.encoding == _PREFIX_ENCODING), default=0)
        return size

    def repeated(self, rows: int) -> int:
        """Return how many bytes a value of the dictionary may take that is repeated in so many rows."""
        if not self.texts:
            return 0
        values = sum(page.values for page in self.pages if page.is_data)
        return (values if self.nested else min(rows, values)) * self.dictionary


def _most_within(pages: Sequence[Page], values: int) -> int:
    """Return how many bytes the pages have together in which so many values in a row stand, wherever these begin."""
    most = size = count = begin = 0
    for page in pages:
        size += page.size
        count += page.values
        while begin < len(pages) and count - pages[begin].values >= values + page.values and count > page.values:
            size -= pages[begin].size
            count -= pages[begin].values
            begin += 1
        most = max(most, size)
    return most


class _FooterReader(CompactReader):
    """Reads a footer: of a wide table, most of it are column chunks, of which most are plain."""

    def struct(self, inside: Wanted, depth: int = 8) -> dict[int, Any]:
        plain = _PLAIN_CHUNK.match(self._data, self.at) if inside is _IN_CHUNK else None
        if plain is None or plain[1][0] != len(plain[2]):
            return super().struct(inside, depth)
        self.at = plain.end()
        numbers = zip((_CHUNK_VALUES, _CHUNK_SIZE, _DATA_OFFSET, _DICTIONARY_OFFSET), plain.groups()[2:], strict=True)
        return {_COLUMN: {field: _zigzag(number, 64) for field, number in numbers if number is not None}}


class CheckedFile:
    """A parquet file of which nothing is decoded before it is known how much it is."""

    def __init__(self, opened: Callable[[], BinaryIO], *, limited: bool = True, **how: Any) -> None:
        """Read the footer of the file that `opened` gives, for a reader of pyarrow's that is made with `how`.

        Raises:
            TooLarge: a longer footer or more columns than are read; not without `limited`.
            MalformedEvent: no parquet file, or types that are not read.
        """
        self._opened = opened
        self._limited = limited
        self._how = how
        self._chunks: dict[tuple[int, int], Chunk] = {}
        self._raw = _ReopenedFile(opened)
        with self._raw as raw:
            _check_footer(raw, limited=limited)
            # To make a reader of many columns takes longer than to read a few of them.
            self._reader = parquet.ParquetFile(pa.PythonFile(self._raw, mode="r"), pre_buffer=False, **how, **self._limits())
            self.footer, self.schema = self._reader.metadata, self._reader.schema_arrow
        if limited:
            check_schema(self.schema)
            said = sum(len(text) for key, text in (self.schema.metadata or {}).items() if key in JSON_KEYS)
            if said > MOST_SAID_BYTES:
                raise TooLarge(f"what is said of its columns has {said:,} bytes; up to {MOST_SAID_BYTES:,} are read")
        self._leaves: dict[str, list[int]] = {}
        for number, path in enumerate(self._paths):
            for end in (*(dot.start() for dot in _DOT.finditer(path)), None):  # as pyarrow looks for a column: by any beginning of its path
                self._leaves.setdefault(path[:end], []).append(number)

    @cached_property
    def _located(self) -> list[list[dict[int, Any]]]:
        """What the footer says of each column chunk. It is read here: asked for one whose statistics are odd, pyarrow ends the process."""
        with self._opened() as raw:
            end = raw.seek(0, os.SEEK_END) - 8
            raw.seek(end)
            raw.seek(end - int.from_bytes(raw.read(4), "little"))
            data = raw.read(end - raw.tell())
        try:
            with CollectorPause():
                groups = _FooterReader(data).struct(_IN_FOOTER, 16).get(_GROUPS) or []
            return [[column.get(_COLUMN) or {} for column in group.get(_COLUMNS) or []] for group in groups]
        except (IndexError, AttributeError, TypeError) as error:
            raise MalformedEvent(f"the description of its columns cannot be read: {error}") from error

    def has_nulls(self, name: str) -> bool:
        """Return whether a column of plain values has nulls, as the footer says."""
        leaves = [leaf for leaf in self._leaves.get(name, ()) if self._paths[leaf] == name]
        return any((group[leaf].get(_STATISTICS) or {}).get(_NULLS) for group in self._located for leaf in leaves)

    def _limits(self) -> dict[str, int]:
        return {"thrift_string_size_limit": MOST_METADATA_BYTES, "thrift_container_size_limit": 4 * MOST_COLUMNS} if self._limited else {}

    @cached_property
    def _described(self) -> list[parquet.ColumnSchema]:
        schema = self.footer.schema
        return [schema.column(number) for number in range(len(schema))]

    @cached_property
    def _paths(self) -> list[str]:
        return [column.path for column in self._described]

    def check(
        self, groups: Iterable[int], names: Sequence[str], rows: int, most: int = MOST_TABLE_BYTES, *, whole: bool = False
    ) -> list[str]:
        """Check that rows may be read, and return the columns to read as dictionaries: their values may be few and long.

        Args:
            groups: the row groups they are in.
            names: the columns.
            rows: how many rows are read at once.
            most: how many bytes they may take.
            whole: whether the groups are all in memory together.

        Raises:
            TooLarge: they take more.
        """
        if not self._limited:
            return []
        leaves = {leaf: name for name in names for leaf in self._leaves.get(name, ())}
        sizes, total = dict.fromkeys(names, 0), 0
        repeating: set[int] = set()
        with io.BufferedReader(cast("io.RawIOBase", self._opened()), _HEADER) as raw, CollectorPause():  # the pages of short ones are close
            for group in groups:
                found = 0
                for leaf, name in leaves.items():
                    chunk = self._chunk(raw, group, leaf)
                    size = chunk.size(rows) // (_NESTED if chunk.nested and not whole else 1)
                    sizes[name] += size
                    found += size
                    if chunk.repeated(rows) > _REPEATED:
                        repeating.add(leaf)
                total = total + found if whole else max(total, found)
                if total > most:
                    name = max(sizes, key=lambda each: sizes[each])
                    raise TooLarge(
                        f"the rows take {total:,} bytes or more when they are decoded, most of them the column {name!r:.100}; "
                        f"up to {most:,} are decoded"
                    )
        return [self._paths[leaf] for leaf in repeating]

    def _chunk(self, raw: io.BufferedReader[Any], group: int, leaf: int) -> Chunk:
        known = self._chunks.get((group, leaf))
        if known is None:
            described = self._described[leaf]
            kind = described.physical_type
            width = described.length if kind == "FIXED_LEN_BYTE_ARRAY" else _WIDTHS.get(kind, 16)
            nested, texts = described.max_repetition_level > 0, kind == "BYTE_ARRAY"
            if nested and (texts or kind == "FIXED_LEN_BYTE_ARRAY"):
                width = max(width, _OBJECT)
            known = self._chunks[group, leaf] = Chunk([*_pages(raw, self._located[group][leaf], self._paths[leaf])], width, texts, nested)
        return known

    @contextmanager
    def reader(self, dictionaries: Sequence[str]) -> Iterator[parquet.ParquetFile]:
        """Open the file, and return a reader of it; `dictionaries` are the paths that `check` returned."""
        with self._raw:
            yield (
                self._reader
                if not dictionaries
                else parquet.ParquetFile(
                    pa.PythonFile(self._raw, mode="r"),
                    metadata=self.footer,
                    read_dictionary=list(dictionaries),
                    pre_buffer=False,
                    **self._how,
                )
            )

    def as_stored(self, table: pa.Table) -> pa.Table:
        """Return a table of some columns with the types that the file says: those read as dictionaries as their values."""
        fields = [self.schema.field(name) for name in table.column_names]
        columns = [
            column if column.type == field.type else column.cast(field.type) for column, field in zip(table.columns, fields, strict=True)
        ]
        return pa.table(columns, schema=pa.schema(fields, metadata=table.schema.metadata)) if columns else table


class _ReopenedFile:
    """A file for a reader that is kept: it is open only while something is read, however many do at the same time."""

    closed = False

    def __init__(self, opened: Callable[[], BinaryIO]) -> None:
        self._opened = opened
        self._raw: BinaryIO | None = None
        self._users = 0
        self._lock = free_after_fork(threading.Lock())

    def __enter__(self) -> BinaryIO:
        with self._lock:
            raw = self._raw = self._raw or self._opened()
            self.read, self.seek, self.tell = raw.read, raw.seek, raw.tell  # at hand: of a wide table they are called 100,000 times
            self._users += 1
            return raw

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if not self._users and self._raw is not None:
                self._raw.close()
                self._raw = None

    def close(self) -> None:
        """Stay as it is: it is the reader that ends."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def _check_footer(raw: BinaryIO, *, limited: bool) -> None:
    size = raw.seek(0, os.SEEK_END)
    raw.seek(max(0, size - 8))
    end = raw.read(8)
    length = int.from_bytes(end[:4], "little") if limited and len(end) == 8 and end[4:] == _MAGIC else 0  # noqa: PLR2004
    most = MOST_FOOTER_BYTES
    if most < length <= min(MOST_FOOTER_BYTES + MOST_METADATA_BYTES, size - 8):
        raw.seek(size - 8 - length)
        try:
            most += min(MOST_METADATA_BYTES, CompactReader(raw.read(length)).lengths(16).get(_METADATA, 0))
        except IndexError:
            raise MalformedEvent("the description of its columns cannot be read") from None
    if length > most:
        raise TooLarge(f"the description of its columns has {length:,} bytes; up to {most:,} are read")
    raw.seek(0)


def _pages(raw: io.BufferedReader[Any], column: dict[int, Any], path: str) -> Iterator[Page]:
    """Yield the pages of a column chunk, from where and as far as they are read."""
    at, size, values_in_all = column.get(_DATA_OFFSET), column.get(_CHUNK_SIZE), column.get(_CHUNK_VALUES)
    if at is None or size is None or values_in_all is None or at < 0 or size < 0:
        raise MalformedEvent(f"the column {path!r:.100} has no place in the file")
    if 0 < (column.get(_DICTIONARY_OFFSET) or 0) < at:
        at = column[_DICTIONARY_OFFSET]
    stop, seen, count = at + size, 0, 0
    while at < stop and seen < values_in_all:
        count += 1
        if count > MOST_PAGES:
            raise TooLarge(f"the column {path!r:.100} has more than {MOST_PAGES:,} pages")
        raw.seek(at)
        if (plain := _PLAIN_HEADER.match(raw.peek())) is not None:
            kind, length, (decoded, stored, values, encoding) = _IS_DATA, plain.end(), map(_zigzag, plain.groups())
        else:
            header, length = _header(raw, at)
            kind = header.get(_TYPE, _IS_DATA)
            inside = header.get(_OF_TYPE.get(kind, _DICTIONARY)) or {}
            decoded, stored, values = header.get(_DECODED, -1), header.get(_STORED, -1), inside.get(_COUNT, 0)
            encoding = inside.get(_ENCODING_2 if kind == _IS_DATA_2 else _ENCODING, 0)
        if decoded < 0 or stored < 0:
            raise MalformedEvent(f"the column {path!r:.100} has a page without a size")
        at += length + stored
        is_data, values = kind in {_IS_DATA, _IS_DATA_2}, max(0, values)
        seen += values if is_data else 0
        yield Page(decoded, values, encoding, is_data)


def _header(raw: io.BufferedReader[Any], at: int) -> tuple[dict[int, Any], int]:
    size = _HEADER
    while True:
        raw.seek(at)
        data = raw.read(size)
        reader = CompactReader(data)
        try:
            return reader.struct(_IN_HEADER), reader.at
        except IndexError:
            if len(data) < size or size >= _LONGEST_HEADER:
                raise MalformedEvent("a page of the file has no readable header") from None
            size *= 16


@lru_cache(1 << 12)  # of a wide table, most columns have as many values and bytes as others
def _zigzag(number: bytes, bits: int = 32) -> int:
    """Return a number as the compact protocol writes it."""
    if len(number) == 1:
        return (number[0] >> 1) ^ -(number[0] & 1)
    value = 0
    for byte in reversed(number):
        value = value << 7 | byte & 127
    value &= (1 << bits) - 1
    return (value >> 1) ^ -(value & 1)

"""What event files have grown by since they were copied: the new rows of several files in one object, behind what is there already.

A line of JSON, `[[path, offset, length, joint], …]`, and then the bytes of each piece. `offset` says where in its file a piece belongs, and
`joint` is the md5 of the bytes before it there, 256 at most: so nothing is put behind another file of the same name.
"""

from __future__ import annotations

import os
from hashlib import md5
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JOINT = 256  # bytes
_COPY = 1 << 20
_MOST_HEAD = 4 << 20


class Piece(NamedTuple):
    """Bytes of a file.

    Attributes:
        path: of the file, relative to the run.
        offset: of the first byte.
        joint: what `joint_of` says of the bytes before.
        data: the bytes.
    """

    path: str
    offset: int
    joint: str
    data: bytes

    @property
    def end(self) -> int:
        """The offset of what follows."""
        return self.offset + len(self.data)


def joint_of(before: bytes) -> str:
    """Return what tells where a piece is put, of the bytes before it."""
    return md5(before[-JOINT:], usedforsecurity=False).hexdigest()


def encode_tail(pieces: Sequence[Piece]) -> bytes:
    """Return the object that has these pieces."""
    head = orjson.dumps([[piece.path, piece.offset, len(piece.data), piece.joint] for piece in pieces])
    return b"".join([head, b"\n", *(piece.data for piece in pieces)])


def parse_tail(data: bytes) -> list[Piece]:
    """Return the pieces of an object.

    Raises:
        ValueError: it is not whole, or none of these.
    """
    head, newline, rest = data.partition(b"\n")
    if len(head) > _MOST_HEAD:
        raise ValueError("it says too much of its pieces")
    pieces, at = [], 0
    said = orjson.loads(head)
    for path, offset, length, joint in said if isinstance(said, list) else [said]:
        if not (isinstance(path, str) and isinstance(joint, str) and all(type(n) is int and n >= 0 for n in (offset, length))):
            raise ValueError("a piece of it is none")
        pieces.append(Piece(path, offset, joint, rest[at : at + length]))
        at += length
    if not newline or at != len(rest):
        raise ValueError("it is not whole")
    return pieces


def covered(size: int, pieces: Iterable[Piece]) -> int:
    """Return how long a file of this size is with the pieces that follow each other from its end on."""
    for piece in sorted(pieces, key=lambda piece: piece.offset):
        if piece.offset > size:
            break
        size = max(size, piece.end)
    return size


def join(base: BinaryIO, pieces: Iterable[Piece], file: BinaryIO) -> None:
    """Write a file with its pieces to another, which is open for reading too; a piece that does not continue what is there is left out."""
    base.seek(0)
    while block := base.read(_COPY):
        file.write(block)
    size = file.tell()
    for piece in sorted(pieces, key=lambda piece: piece.offset):
        if piece.offset <= size < piece.end:
            start = max(0, piece.offset - JOINT)
            file.seek(start)
            before = file.read(piece.offset - start)
            if joint_of(before) == piece.joint and file.read() == piece.data[: size - piece.offset]:
                file.seek(0, os.SEEK_END)
                file.write(piece.data[size - piece.offset :])
                size = piece.end
    file.seek(0, os.SEEK_END)

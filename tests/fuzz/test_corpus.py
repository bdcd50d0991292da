"""What the fuzzer found, and what it starts from, is read without anything escaping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz.fuzz_reader import KINDS, read

if TYPE_CHECKING:
    import pytest

HERE = Path(__file__).resolve().parent
FOUND = sorted((HERE / "corpus").iterdir())
DAMAGED = sorted((HERE.parent / "corpus").glob("*.plx"))


def test_what_the_fuzzer_found_stays_mended(subtests: pytest.Subtests) -> None:
    """Each input that once escaped, or took a new way through the reader, is read."""
    for path in FOUND:
        with subtests.test(path=path):
            read(path.read_bytes())


def test_each_damaged_file_is_read_as_any_kind(subtests: pytest.Subtests) -> None:
    """The files of the corpus, read as every kind, ours and not."""
    for path in DAMAGED:
        with subtests.test(path=path):
            data = path.read_bytes()
            for which in range(2 * len(KINDS)):
                read(bytes([which]) + data)

"""What the fuzzer found, and what it starts from, is read without anything escaping."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.fuzz_reader import KINDS, read

HERE = Path(__file__).resolve().parent
FOUND = sorted((HERE / "corpus").iterdir())
DAMAGED = sorted((HERE.parent / "corpus").glob("*.plx"))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_the_fuzzer_found_stays_mended(path: Path) -> None:
    """Each input that once escaped, or took a new way through the reader, is read."""
    read(path.read_bytes())


@pytest.mark.parametrize("path", DAMAGED, ids=lambda path: path.stem)
def test_each_damaged_file_is_read_as_any_kind(path: Path) -> None:
    """The files of the corpus, read as every kind, ours and not."""
    data = path.read_bytes()
    for which in range(2 * len(KINDS)):
        read(bytes([which]) + data)

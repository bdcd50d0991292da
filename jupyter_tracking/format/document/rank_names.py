"""What the processes of one job call what they log into one run: one writer a file.

The first writes as the only process of a run does. Rank 3 writes `loss` under `loss/rank3`, and has journals of its own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.run_document import own_meta

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RANKS = f"{paths.PRIVATE_FOLDER}/ranks"  # a document of each rank but the first: where it began, and how it left
_MOST = 1_000_000
_LONGEST = 200  # characters of what a machine is called
_NAME = re.compile(r"(.+)/rank([1-9]\d{0,5})", re.DOTALL)
_STEM = re.compile(r"__rank\d+\Z", re.IGNORECASE)


def size_of(document: Mapping[str, Any]) -> int:
    """Return how many ranks write to a run, as its document says; 0 of a run of one process."""
    size = own_meta(document).get("ranks")
    return size if type(size) is int and 1 < size <= _MOST else 0


def rank_of(name: str, size: int) -> int:
    """Return which rank of a run of so many has logged what has this name; 0 for the first, and in a run of one process."""
    found = _NAME.fullmatch(name) if size else None
    return int(found[2]) if found and int(found[2]) < size else 0


def without_rank(name: str, size: int) -> str:
    """Return the name that a rank gave to what is called so."""
    found = _NAME.fullmatch(name) if rank_of(name, size) else None
    return found[1] if found else name


def own_name(name: str, rank: int) -> str:
    """Return what a rank's artifact is called.

    Raises:
        InvalidArgument: it ends as the names of a rank do.
    """
    if _NAME.fullmatch(name):
        raise InvalidArgument(f"name={name!r} ends as what a rank of this run logs is called; give another name, the rank is added to it")
    return f"{name}/rank{rank}" if rank else name


def stem_of_first(name: str, taken: Mapping[str, str]) -> str:
    """Return the file stem of a name of the first rank, which is never that of another rank's name."""
    stem = paths.file_stem(name, taken)
    return paths.file_stem(name, {**taken, stem.casefold(): ""}) if _STEM.search(stem) else stem


def journal_of(journal: str, rank: int) -> str:
    """Return the journal that a rank has for itself: `lineage.3.jsonl`."""
    return f"{journal.removesuffix('.jsonl')}.{rank}.jsonl" if rank else journal


def journals_among(names: Iterable[str], journal: str) -> list[str]:
    """Return the journals of the ranks but the first among the names in the private folder, by rank."""
    stem = re.escape(journal.rpartition("/")[2].removesuffix(".jsonl"))
    found = (re.fullmatch(rf"{stem}\.([1-9]\d{{0,5}})\.jsonl", name) for name in names)
    return [journal_of(journal, rank) for rank in sorted(int(match[1]) for match in found if match)]


def words_of(rank: int, said: Mapping[str, Any], *, living: bool) -> str:
    """Return what is told of a rank that did not say that it has left.

    Args:
        rank: which.
        said: its document; empty where it has none.
        living: it writes at this moment.
    """
    if "began" not in said:
        return f"rank {rank} did not begin"
    host = escape_controls(str(said.get("host") or "another machine"))[:_LONGEST]  # anybody may have written it
    return f"rank {rank} on {host} {'was still writing' if living else 'was not ended'}"

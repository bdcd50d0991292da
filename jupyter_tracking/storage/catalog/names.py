"""What the files of a catalog are called.

Nothing is ever written over. A run's entry is a file in `new/`, named after its content; a fold puts all that there is into a base of two
tables, then deletes what it has read. Readers take the union of all bases and entries. So neither a lock nor a conditional write is needed,
and a fold that ends anywhere loses nothing.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

from jupyter_tracking.format import paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

FOLDER = f"{paths.PRIVATE_FOLDER}/catalog"  # below a root
_BASE = re.compile(rf"{re.escape(FOLDER)}/base-(\d{{1,9}})-([0-9a-f]{{16}})\.(runs|lineage)\.parquet")
_ENTRY = re.compile(rf"{re.escape(FOLDER)}/new/[^/]{{1,200}}-[0-9a-f]{{16}}\.json")


class ListedFile(Protocol):
    """What a listing says of a file."""

    @property
    def path(self) -> str:
        """Relative to the root."""

    @property
    def modified(self) -> datetime | None:
        """When it was written."""


class CatalogFiles(Protocol):
    """The files below a root, on this machine or at an object store; the paths are relative to the root."""

    def list(self, prefix: str = "") -> Sequence[ListedFile]:
        """Return what lies below a folder."""

    def get(self, path: str) -> bytes:
        """Return the bytes of a file; raise `MissingFile` where there is none."""

    def get_many(self, relatives: Iterable[str], /) -> dict[str, bytes]:
        """Return the bytes of files; those that are not there are left out."""

    def put(self, path: str, data: bytes, /) -> object:
        """Write a file, whole or not at all."""

    def delete(self, relatives: Iterable[str], /) -> None:
        """Delete files; one that is not there is deleted already."""


class Base(NamedTuple):
    """The two tables that a fold wrote. The one of runs is written last and deleted first: while it is there, the other one is."""

    number: int
    runs: str
    lineage: str


class Listing(NamedTuple):
    """The files of a catalog: bases, the one with the highest number last; entries; and tables of lineage without one of runs."""

    bases: list[Base]
    entries: list[str]
    strays: dict[str, datetime | None]

    @property
    def paths(self) -> list[str]:
        """The files that hold something, in an order in which they may be deleted."""
        return [*(base.runs for base in self.bases), *(base.lineage for base in self.bases), *self.entries]


def base_paths(number: int, content: bytes) -> Base:
    """Return the paths of a base of this number and content."""
    stem = f"{FOLDER}/base-{number}-{digest(content)}"
    return Base(number, f"{stem}.runs.parquet", f"{stem}.lineage.parquet")


def entry_path(uuid: str, content: bytes) -> str:
    """Return the path of a run's entry of this content."""
    return f"{FOLDER}/new/{uuid}-{digest(content)}.json"


def digest(content: bytes) -> str:
    """Return what stands for a content in a name."""
    return hashlib.sha256(content).hexdigest()[:16]


def list_catalog(files: CatalogFiles) -> Listing:
    """Return the files of the catalog below a root; whatever else lies there is left alone."""
    bases: list[Base] = []
    entries: list[str] = []
    lineages: dict[str, datetime | None] = {}
    for listed in files.list(FOLDER):
        found = _BASE.fullmatch(listed.path)
        if found is None:
            entries += [listed.path] if _ENTRY.fullmatch(listed.path) else []
        elif found[3] == "runs":
            bases.append(Base(int(found[1]), listed.path, listed.path.replace(".runs.", ".lineage.")))
        else:
            lineages[listed.path] = listed.modified
    strays = {path: when for path, when in lineages.items() if path not in {base.lineage for base in bases}}
    return Listing(sorted(bases), sorted(entries), strays)

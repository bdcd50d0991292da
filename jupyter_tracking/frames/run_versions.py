"""The versions of artifacts that each run made and used, by the hash of their content; of a run that has ended they are read once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from jupyter_tracking.format import paths
from jupyter_tracking.read.file_bytes import file_stat
from jupyter_tracking.read.known_runs import Known, is_settled

if TYPE_CHECKING:
    from jupyter_tracking.format.lineage import LineageRecord
    from jupyter_tracking.frames.problems import Unread
    from jupyter_tracking.read.run_reader import RunFolder

    Version = tuple[str, str, str, int | None]  # hash, name, kind, size


class RunVersions(NamedTuple):
    """The versions that a run made and used.

    Attributes:
        uuid: the run's uuid.
        name: its name.
        created_at: when it was made, as its document says; empty where that is not known.
        made: hash, name, kind and size of each version.
        used: the same.
    """

    uuid: str
    name: str
    created_at: str
    made: list[Version]
    used: list[Version]


_recorded: Known[str] = Known()  # what `recorded_versions` returns, as JSON
_stepped: Known[str] = Known()  # the versions in the journal of assets, as JSON
_OVERHEAD = 300  # bytes of an entry, beside its text


def run_versions(folder: RunFolder, unread: Unread) -> RunVersions:
    """Return the versions that a run made and used; what cannot be read of it is noted."""
    seen, now = folder.document_stats(), time.time_ns()
    known = _recorded.get(folder.path, seen)
    if known is not None:
        found = orjson.loads(known)
    else:
        records, problems = folder.records()
        unread.add(folder, problems)
        found = recorded_versions(folder, records)
        if not problems:
            keep_versions(folder, found, seen, now)
    uuid, name, created_at, made, used, names, has_rows = found
    if has_rows:  # the records have the hash of the last version alone
        made = [*made, *_stepped_versions(folder, seen, now, {(kind, stem): true for kind, stem, true in names})]
    return RunVersions(uuid, name, created_at, made, used)


def recorded_versions(folder: RunFolder, records: list[LineageRecord]) -> list[Any]:
    """Return what the lineage records of a run say.

    That is: uuid, name, created_at, made, used, (kind, stem, name) where a name is not its stem, and whether there is anything with rows.
    """
    made: list[Version] = []
    used: list[Version] = []
    for record in records:
        digest = record.summary.get("hash")
        if isinstance(digest, str) and digest:
            size = record.summary.get("size")
            version = (digest, record.name, record.kind, size if isinstance(size, int) else None)
            (used if record.is_input else made).append(version)
    names = [(record.kind, record.stem, record.name) for record in records if record.name != record.stem]
    has_rows = any(record.versioned for record in records)
    return [folder.uuid, folder.name, str(folder.info.get("created_at") or ""), made, used, names, has_rows]


def keep_versions(folder: RunFolder, found: list[Any], seen: tuple[int, ...], now: int) -> None:
    """Keep what `recorded_versions` has just found, if it holds as long as the run's documents are the same.

    Args:
        folder: the run, whose records were read without a problem.
        found: what was found.
        seen: the stat of the documents from before they were read.
        now: the moment, in ns, before they were read.
    """
    if folder.is_final and is_settled(seen, now) and folder.document_stats() == seen:
        text = orjson.dumps(found).decode()  # a text: what orjson returns lies among what it needed meanwhile, and holds that
        _recorded.put(folder.path, seen, text, len(text) + _OVERHEAD)


def _stepped_versions(folder: RunFolder, documents: tuple[int, ...], now: int, names: dict[tuple[str, str], str]) -> list[Version]:
    """Return every version that was logged with a step."""
    journal = file_stat(f"{folder.path}/{paths.ASSET_JOURNAL}")
    seen = documents + journal if documents and journal else ()
    known = _stepped.get(folder.path, seen)
    if known is not None:
        stored: list[Version] = orjson.loads(known)
        return stored
    found: list[Version] = []
    for path, asset in folder.assets.items():
        _, _, rest = path.partition("/")
        kind, _, file = rest.partition("/")
        stem = file.split(".")[0].rpartition("_")[0] or file.split(".")[0]
        if asset.get("hash") and path.startswith("assets/"):
            found.append((str(asset["hash"]), names.get((kind, stem), stem), kind, asset.get("size")))
    alone = len(folder.journals(paths.ASSET_JOURNAL)) == 1  # else other ranks have more, whose journals would have to be looked at too
    if alone and is_settled(seen, now) and file_stat(f"{folder.path}/{paths.ASSET_JOURNAL}") == journal:
        text = orjson.dumps(found).decode()
        _stepped.put(folder.path, seen, text, len(text) + _OVERHEAD)
    return found

"""What is wrong with a run's files: every bad row, missing or changed file, path that leads out of the run, and stray file.

Beside it, checksums of an artifact: a display in a notebook keeps one, and later it is seen whether the artifact is unchanged.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, MalformedEvent, MissingFile, TrackingError, replace_surrogates
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.format.cell_log import CELLS_FILE, NOTES_FILE, parse_cells, parse_notes
from jupyter_tracking.format.document import rank_names
from jupyter_tracking.format.json_fields import parse_json
from jupyter_tracking.format.session import parse_logs, parse_session
from jupyter_tracking.read.cell_timeline import session_paths
from jupyter_tracking.read.file_bytes import written_size
from jupyter_tracking.read.run_files import MOST_DEEP, Problem, reason
from jupyter_tracking.read.scan.file_ends import OpenFolders
from jupyter_tracking.read.scan.good_rows import good_rows
from jupyter_tracking.storage.presence.marks import writers_of
from jupyter_tracking.storage.user_file_reader import md5, md5_prefix
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from hashlib import _Hash as Digest
    from typing import BinaryIO

    from jupyter_tracking.format.lineage import LineageRecord
    from jupyter_tracking.read.run_reader import Artifact, RunFolder
    from jupyter_tracking.read.scan.good_rows import Assets

_CHUNK = 1 << 20
_HASHED_WHOLE = 4_000_000  # bytes: an event file up to this size is hashed whole, of a longer one both ends
_HASHED_END = 1_000_000
_MOST_ODD = 20  # links, pipes and the like that are told of a top folder
_MOST_HASHED = 200_000_000  # bytes of an artifact's assets that are hashed; of the rest only the sizes are compared


def find_problems(folder: RunFolder, *, hashes: bool = False, progress: Callable[[int, int], object] | None = None) -> list[Problem]:
    """Return every problem of a run folder.

    Args:
        folder: the run.
        hashes: read every file and compare its md5 with the one taken when it was logged, or when the run ended.
        progress: called after each artifact, and each file of which only the hash is asked for, with how many are done and how many
            there are; what it raises ends the search.
    """
    ended = folder.has_ended and folder.is_ours
    records, problems = folder.records(strict=True)
    if folder.source is not None:
        folder.source.fetch_below("" if hashes else "events")
        problems += [Problem(file, None, words, "") for file, words in folder.source.problems]
    problems = folder.info_problems + problems + list(_stray_files(folder)) + list(_odd_names(records))
    problems += _asset_journal_problems(folder) + _cell_problems(folder) + _odd_files(folder) + _rank_problems(folder)
    named = {record.path for record in records}
    problems += [
        Problem(path, None, "no lineage record names this event file", "")
        for path in (f"events/{kind}/{name}" for kind in folder.list_names("events") for name in folder.list_names(f"events/{kind}"))
        if ended and path.endswith(".plx") and path not in named
    ]
    artifacts = folder.artifacts()
    logged = list(folder.assets.items()) if hashes else []
    count = len(artifacts) + len(logged)
    with OpenFolders(folder) as opened, OpenFolders(folder) as assets:
        for done, (artifact, found) in enumerate(good_rows(artifacts, opened, ours=folder.rows_are_ours), start=1):
            problems += _row_problems(folder, artifact, found, assets) if artifact.versioned else _path_problems(folder, artifact)
            if ended and hashes and artifact.versioned:
                problems += _changed_since_end(folder, artifact)
            if progress is not None:
                progress(done, count)
    for done, (path, item) in enumerate(logged, start=len(artifacts) + 1):
        problems += _changed_since_logged(folder, path, item)
        if progress is not None:
            progress(done, count)
    return problems


def _stray_files(folder: RunFolder) -> Iterator[Problem]:
    for kind in folder.list_names("events"):
        for name in folder.list_names(f"events/{kind}"):
            path = f"events/{kind}/{name}"
            if not name.endswith(".plx"):
                yield Problem(path, None, "not an event file; Polyaxon parses every file here", "")
            elif not (paths.is_file_name(kind) and paths.is_file_name(name.removesuffix(".plx"))):
                yield Problem(path, None, "its name holds what no name of a tracker does; it is not read", "")
    for path, _ in folder.walk("events"):
        if path != replace_surrogates(path):
            yield Problem(replace_surrogates(path), None, "its name is no text; it is not read", "")


def _odd_names(records: list[LineageRecord]) -> Iterator[Problem]:
    for record in records:
        try:
            paths.check_name(record.name, f"{record.kind} name")
        except InvalidArgument as error:
            yield Problem(paths.LINEAGES_FILE, None, f"{error}; nothing can be logged under it", "")


_KINDS = ((stat.S_ISLNK, "a link, which is not followed"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))


def _odd_kind(mode: int) -> str:
    """Return what a thing is that is neither a regular file nor a folder, in words; empty for one of these."""
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return ""
    return next((words for check, words in _KINDS if check(mode)), "a device")


def _odd_files(folder: RunFolder) -> list[Problem]:
    """Return what is neither a file nor a folder: it is not opened, and a link is not followed; of many in a top folder the first."""
    found: list[Problem] = []
    count: Counter[str] = Counter()
    for path, seen in folder.walk():
        kind = _odd_kind(seen.st_mode)
        top = path.partition("/")[0]
        count[top] += bool(kind)
        if stat.S_ISDIR(seen.st_mode) and path.count("/") >= MOST_DEEP:
            found.append(Problem(replace_surrogates(path), None, f"over {MOST_DEEP} folders deep; what is in it is not looked at", ""))
        if kind and count[top] <= _MOST_ODD and path != "events":  # which the lineage tells of
            found.append(Problem(replace_surrogates(path), None, kind, ""))
    more = [(top, many - _MOST_ODD) for top, many in count.items() if many > _MOST_ODD]
    return found + [
        Problem(replace_surrogates(top), None, f"{many:,} more links, pipes and the like are below it", "") for top, many in more
    ]


def _cell_problems(folder: RunFolder) -> list[Problem]:
    """Return the bad lines and fields of the journals of cells, and of what was printed."""
    found = []
    logs = [f"plxlogs/{name}" for name in folder.list_names("plxlogs")]
    for path, parse in [(CELLS_FILE, parse_cells), (NOTES_FILE, parse_notes), *((path, parse_logs) for path in logs)]:
        try:
            found += [Problem(path, line, problem, "") for line, problem in parse(folder.read_document(path))[1]]
        except MissingFile:
            continue
        except (TrackingError, OSError) as error:
            found.append(Problem(path, None, reason(error), ""))
    for path in session_paths(folder):
        try:
            found += [Problem(path, None, problem, "") for problem in parse_session(folder.read_document(path))[1]]
        except (TrackingError, OSError) as error:
            found.append(Problem(path, None, reason(error), ""))
    return found


def _asset_journal_problems(folder: RunFolder) -> list[Problem]:
    """Return the bad lines of the asset journals."""
    found = []
    for path in folder.journals(paths.ASSET_JOURNAL):
        try:
            found += [Problem(path, line, words, "") for line, words in lineage.parse_asset_journal(folder.read_document(path))[1]]
        except MissingFile:
            continue
        except (TrackingError, OSError) as error:
            found.append(Problem(path, None, reason(error), ""))
    return found


def _rank_problems(folder: RunFolder) -> list[Problem]:
    """Return the ranks of a run that has ended which did not say that they have left."""
    found: list[Problem] = []
    count = rank_names.size_of(folder.info) if folder.has_ended else 0
    living = {writer.rank for writer in writers_of(folder.path)} if count else set()
    there = {name.removesuffix(".json") for name in folder.list_names(rank_names.RANKS)} if count else set()
    for rank in range(1, count):
        path = f"{rank_names.RANKS}/{rank}.json"
        said = _object(folder.read_or_empty(path)) if str(rank) in there else {}
        if "left" not in said:
            found.append(Problem(path, None, rank_names.words_of(rank, said, living=rank in living), ""))
            if len(found) == _MOST_ODD:
                break
    return found


def _object(data: bytes) -> dict[str, Any]:
    try:
        said = parse_json(data)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _row_problems(folder: RunFolder, artifact: Artifact, named: Assets | None, opened: OpenFolders) -> list[Problem]:
    """Return the bad rows and assets of an artifact. `named` are the assets of rows that are all good; None where that is not known."""
    file = artifact.path or ""
    if named is not None:
        logged = folder.assets
        doubtful = [(line, path) for line, path in named if not (_is_listed(folder, path) or _is_as_logged(path, logged, opened))]
        return [problem for line, path in doubtful for problem in _asset_problems(folder, file, line, path)]
    try:
        found = [Problem(file, p.line, p.problem, p.text) for p in folder.row_problems(artifact)]
        for event, payload in folder.iter_payloads(artifact):
            if isinstance(payload, ValueError):
                found.append(Problem(file, event.line, str(payload), ""))
            elif isinstance(payload, dict) and isinstance(payload.get("path"), str):
                found += _asset_problems(folder, file, event.line, payload["path"])
    except (TrackingError, OSError) as error:
        return [Problem(file, None, reason(error), "")]
    return found


def _is_as_logged(path: str, logged: dict[str, dict[str, Any]], opened: OpenFolders) -> bool:
    """Return whether an asset can be opened, and has the size that it was logged with: what `RunFiles.asset_path` finds in more calls."""
    try:
        fd = opened.open(path)
    except (TrackingError, OSError):
        return False
    seen = os_calls.fstat(fd)
    os_calls.close(fd)
    return stat.S_ISDIR(seen.st_mode) or logged.get(path, {}).get("size") in {None, seen.st_size}


def _is_listed(folder: RunFolder, path: str) -> bool:
    """Return whether an asset of a run at an object store is there as it was logged: a listing says it, and it need not come for that."""
    return folder.source is not None and folder.source.has(path, folder.assets.get(path, {}).get("size"))


def _asset_problems(folder: RunFolder, file: str, line: int, path: str) -> list[Problem]:
    try:
        folder.asset_path(path)
    except (TrackingError, OSError) as error:
        return [Problem(file, line, reason(error), path)]
    return []


def _path_problems(folder: RunFolder, artifact: Artifact) -> list[Problem]:
    path = artifact.path
    if not path or paths.is_url(path) or os.path.isabs(path) or _is_listed(folder, path):  # noqa: PTH117
        return []
    try:
        folder.asset_path(path)
    except (TrackingError, OSError) as error:
        return [Problem(paths.LINEAGES_FILE, None, f"{artifact.kind} {artifact.name!r}: {reason(error)}", path)]
    return []


def _changed_since_end(folder: RunFolder, artifact: Artifact) -> Iterator[Problem]:
    """Compare an event file with its hash of when the run ended."""
    path, events = artifact.path or "", artifact.record.events
    now = _difference(folder, path, events.get("size"), events.get("hash"))
    if now:
        yield Problem(path, None, "the file is not what it was when the run ended", now)


def _changed_since_logged(folder: RunFolder, path: str, item: dict[str, Any]) -> Iterator[Problem]:
    """Compare an asset, or a copy under outputs/, with its size and hash of when it was logged."""
    now = _difference(folder, path, item.get("size"), item.get("hash"))
    if now:
        yield Problem(path, None, "the content is not what was logged", now)


def _difference(folder: RunFolder, path: str, size: int | None, digest: str | None) -> str:
    """Return how a file or folder differs from what it was, in words; empty when it does not, or cannot be read, which is told elsewhere.

    A file of another size is not read, however large it is now.
    """
    try:
        fd = folder.open(path)
        seen = os_calls.fstat(fd)
        os_calls.close(fd)
        if stat.S_ISREG(seen.st_mode) and type(size) is int and seen.st_size != size:
            return f"{seen.st_size:,} bytes, was {size:,}"
        now = _hash(folder, path) if digest else digest
    except MalformedEvent as error:
        return str(error)
    except (TrackingError, OSError):
        return ""
    return f"md5 {now}, was {digest}" if now != digest else ""


def _hash(folder: RunFolder, path: str) -> str:
    """Return the first 12 hex digits of the md5 of a file, or of a folder's files in order."""
    digest = md5()
    _add(folder, path, digest)
    return digest.hexdigest()[:12]


def _add(folder: RunFolder, path: str, digest: Digest) -> None:
    fd = folder.open(path)
    if stat.S_ISDIR(os_calls.fstat(fd).st_mode):
        os_calls.close(fd)
        for name in folder.list_names(path):
            _add(folder, f"{path}/{name}", digest)
        return
    with os.fdopen(fd, "rb", buffering=0) as file:
        size = os_calls.fstat(fd).st_size
        if written_size(fd, size) < size:
            raise MalformedEvent(f"{path} has a hole: not all of its {size:,} bytes were ever written")
        file.seek(0)
        while chunk := file.read(_CHUNK):
            digest.update(chunk)


# --- whether an artifact is still what was shown -------------------------------------------------


def checksum_of(folder: RunFolder, artifact: Artifact) -> dict[str, Any]:
    """Return what a display keeps: size and hash of the artifact's event file, or of the artifact itself; empty when it is missing."""
    if not artifact.versioned or not artifact.path:
        return {key: artifact.summary[key] for key in ("size", "hash") if key in artifact.summary}
    try:
        fd = folder.open_file(artifact.path)
    except (TrackingError, OSError):
        return {}
    with os.fdopen(fd, "rb") as file:
        size = os_calls.fstat(fd).st_size
        return {"size": size, "hash": _hash_of_start(file, size)}


def _hash_of_start(file: BinaryIO, size: int) -> str:
    """Hash the first `size` bytes of an event file, so that rows logged since do not count."""
    if size <= _HASHED_WHOLE:
        return md5_prefix(file.read(size))
    start = file.read(_HASHED_END)
    file.seek(size - _HASHED_END)
    return md5_prefix(start + file.read(_HASHED_END))


def is_unchanged(folder: RunFolder, artifact: Artifact, then: dict[str, Any]) -> bool:
    """Return whether all that an artifact had when `checksum_of` returned `then` is there byte for byte; more may have been logged."""
    if not artifact.versioned or not artifact.path:
        now = checksum_of(folder, artifact)
        return all(now.get(key) == then[key] for key in ("size", "hash") if key in then)
    size = then.get("size")
    try:
        if isinstance(size, int):
            fd = folder.open_file(artifact.path)
            with os.fdopen(fd, "rb") as file:
                if os_calls.fstat(fd).st_size < size or _hash_of_start(file, size) != then.get("hash"):
                    return False
        return _assets_unchanged(folder, artifact)
    except (TrackingError, OSError):
        return False


def _assets_unchanged(folder: RunFolder, artifact: Artifact) -> bool:
    read = 0
    for event in folder.rows(artifact):
        payload = folder.payload(artifact, event)
        path = payload.get("path") if isinstance(payload, dict) else None
        if not isinstance(path, str) or paths.is_url(path):
            continue
        logged = folder.assets.get(path, {})
        fd = folder.open(path)
        try:
            seen = os_calls.fstat(fd)
        finally:
            os_calls.close(fd)
        size = seen.st_size if stat.S_ISREG(seen.st_mode) else logged.get("size", 0)  # a folder's is that of its files
        if logged.get("size", size) != size:
            return False
        read += size
        if logged.get("hash") and read <= _MOST_HASHED and _hash(folder, path) != logged["hash"]:
            return False
    return True

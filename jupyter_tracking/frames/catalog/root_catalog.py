"""The catalog of a root, for whoever wants it, and how it is written."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import dataset, parquet

from jupyter_tracking.errors import NotFound, replace_surrogates
from jupyter_tracking.frames.catalog.stored import LINEAGE, lineage_of, table_file, to_arrow, to_frame
from jupyter_tracking.frames.lineage import lineage_rows, read_root
from jupyter_tracking.frames.problems import Unread
from jupyter_tracking.frames.runs import own_columns
from jupyter_tracking.printed import count_of
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.catalog.at_store import open_runs
from jupyter_tracking.read.catalog.content import KEYS, WHOLE, Catalogued, LocalCatalog, dump_json, encode_entry, encode_run, read_catalog
from jupyter_tracking.read.known_runs import list_run
from jupyter_tracking.read.remote.roots import find_root, list_runs, remote_url, store_at, use_options
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.storage.catalog.local_files import LocalFiles
from jupyter_tracking.storage.catalog.names import FOLDER, base_paths, digest, entry_path, list_catalog

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from jupyter_tracking.read.known_runs import ListedRun
    from jupyter_tracking.storage.catalog.names import CatalogFiles, Listing

_KEY_TYPES = [pa.string(), pa.string(), pa.int64(), pa.list_(pa.int64()), pa.bool_(), pa.string(), pa.string(), pa.string()]
_KEYS = dict(zip(KEYS, _KEY_TYPES, strict=True))
_HIDDEN = [name for name in KEYS if name not in {"inputs", "outputs"}]
_ROWS_OF_A_GROUP = 1 << 16
_ABANDONED = timedelta(days=1)  # after which no fold goes on that has put one of its two tables


def catalog(root: str | os.PathLike[str] | None = None, *, storage_options: Mapping[str, Any] | None = None) -> Catalog:
    """Return the catalog of a root: what is known of its runs and their lineage, as two tables of Parquet.

    A root has one when it is asked for, by `refresh()` or by `jupyter tracking catalog ROOT`; nothing else writes it, and this call
    neither. From then on `runs`, `lineage` and what finds a run by its name read of each run that has ended two stats of its documents,
    and the catalog: where either document is another file, or has changed, or the run is not over, the run itself is read. So they
    answer the same with a catalog, without one, and with an old one.

    Of a root at an object store `runs` and `lineage` read the catalog and the documents of the runs that were not over when they were
    pushed, and nothing else: two or three requests for ten thousand runs. That is so once it has been refreshed; before, the runs that are
    there are listed, and those without an entry read. What something else than `push` puts there later is found after another refresh.

    Args:
        root: the folder that holds `runs/`, or a URL, as `runs()` takes it; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        storage_options: of the store that a URL names, as `runs()` takes them.

    Raises:
        InvalidArgument: a text that is no path and no URL of a store.
        MissingExtra: a URL, and obstore is not installed.
    """
    use_options(root, storage_options)
    url = remote_url(root)
    return Catalog(find_root(root) if url is None else url)


class Catalog:
    """The catalog of a root: its runs, and their lineage, as datasets of Arrow, which other libraries read as they are.

    Attributes:
        root: the root.
        path: the folder of its files, `.jupyter-tracking/catalog` below the root. `base-*.runs.parquet` and `base-*.lineage.parquet` are
            plain Parquet; what was pushed since lies in `new/`.
    """

    def __init__(self, root: Path | str) -> None:
        """Name the root, a folder or a URL; nothing is read."""
        self.root = root
        self._is_local = isinstance(root, Path)
        self.path = root / FOLDER if isinstance(root, Path) else f"{root}/{FOLDER}"
        self._files: CatalogFiles = LocalFiles(root) if isinstance(root, Path) else store_at(root)

    @property
    def runs(self) -> dataset.Dataset:
        """The runs as they were at the last refresh, those too that are archived or not over: a row a run, by the names of the folders.

        Columns: `uuid name project status created_at finished_at duration tags group parent notes archived`, then `inputs` and `outputs` as
        JSON. It is read when it is asked; after another refresh ask for it again.

        Raises:
            NotFound: there is no catalog.
        """
        listing = self._listing()
        if self._is_local and len(listing.bases) == 1 and not listing.entries:
            return table_file(Path(self.root), self._files, listing.bases[0].runs, _HIDDEN)
        return dataset.dataset(_table_of_runs(list(read_catalog(self._files).runs.values())).drop_columns(_HIDDEN))

    @property
    def lineage(self) -> dataset.Dataset:
        """The lineage of these runs, a row an artifact: the columns of `lineage()`, where a summary is JSON. Raises as `runs`."""
        listing = self._listing()
        if self._is_local and len(listing.bases) == 1 and not listing.entries:
            return table_file(Path(self.root), self._files, listing.bases[0].lineage, _HIDDEN)
        return dataset.dataset(to_arrow(lineage_of(read_catalog(self._files, lineage=True))[0]).cast(LINEAGE))

    def refresh(self) -> Catalog:
        """Write what has changed since the last refresh, and fold what was pushed meanwhile; return the catalog.

        Only runs that the catalog does not know, and those that have changed or are not over, are read. Nothing is written where nothing
        has changed. Anybody may do so at any time, and be killed at any moment.

        Raises:
            StorageError: the disk refuses; what was there is there.
        """
        if isinstance(self.root, str):
            _refresh_at_store(self.root)
            return self
        unread = Unread("the catalog")
        with Progress("refresh()", "runs") as progress:
            content = read_catalog(self._files, lineage=True)
            lineage = read_root(self.root, unread, progress)
            lookup = LocalCatalog(self.root, content.runs).get
            listed = [(path, list_run(RunFolder(path), catalog=lookup)) for path in lineage.counts]
        unread.warn()
        counts = list(lineage.counts.values())
        final = np.array([lineage.final.get(path, ((),))[0] == run.seen != () for path, run in listed], dtype=bool)
        odd = _holds_halves(lineage.frame)
        hashes = np.zeros(len(odd), np.uint64)
        changing = odd | ~np.repeat(final, counts)
        hashes[changing] = pd.util.hash_pandas_object(to_frame(to_arrow(lineage.frame[changing])), index=False)
        runs, start = [], 0
        for (path, run), count, is_final in zip(listed, counts, final, strict=True):
            rows = slice(start, start := start + count)
            known = content.runs.get(path.name)
            new = _catalogued(path.name, run, is_final=bool(is_final and not odd[rows].any()), rows=hashes[rows].tobytes())
            runs.append(known if known is not None and known.entry == new.entry else new)
        listing = content.listing
        if len(listing.bases) != 1 or listing.entries or runs != list(content.runs.values()):
            _put_base(self._files, listing, runs, lineage.frame, counts, is_whole=True)
        return self

    def _listing(self) -> Listing:
        listing = list_catalog(self._files)
        if not listing.bases and not listing.entries:
            raise NotFound(f"{self.root} has no catalog; tracking.catalog(root).refresh() writes one")
        return listing

    def __repr__(self) -> str:
        """Say where it is, how many runs it has and when it was written."""
        content = read_catalog(self._files)
        if not content.runs:
            return f"<Catalog of {self.root}: none yet; refresh() writes it>"
        written = datetime.fromtimestamp(max(run.written for run in content.runs.values()) / 1e9, UTC)
        pushed = f", {len(content.listing.entries):,} pushed since the last fold" if content.listing.entries else ""
        return f"<Catalog of {self.root}: {count_of(len(content.runs), 'run')}{pushed}, the last written {written:%Y-%m-%d %H:%M:%S} UTC>"


def put_entry(files: CatalogFiles, run: RunFolder, folder: str | None = None) -> None:
    """Put a run into the catalog of a root, as it is now: the last thing of a push. What was there of it before holds no more.

    Args:
        files: the files below the root: an object store that was opened at the root's URL, or those of a local root.
        run: the run.
        folder: the name of its folder there; by default that of its folder here.

    Raises:
        StorageError: the store refuses; the run is as it was, and only missing from the catalog.
    """
    rows = lineage_rows(run, Unread("the catalog"))[0]
    name, texts = folder or run.path.name, encode_run(list_run(run))
    content = encode_entry(Catalogued(name, "", time.time_ns(), (), False, *texts), rows)
    files.put(entry_path(name, content), content)


def fold(files: CatalogFiles) -> None:
    """Put all that the catalog of a root says into one base, and delete what it was read of; raises as `put_entry`.

    Killed at any moment it loses nothing; two at once leave what the next one puts together.
    """
    content = read_catalog(files, lineage=True)
    if len(content.listing.bases) != 1 or content.listing.entries:
        frame, counts = lineage_of(content)
        _put_base(files, content.listing, list(content.runs.values()), frame, list(counts.values()), is_whole=content.is_whole)


def _catalogued(folder: str, listed: ListedRun, *, is_final: bool, rows: bytes) -> Catalogued:
    texts = encode_run(listed)
    same = "\0".join([folder, *map(str, listed.seen), str(is_final), *texts]).encode() + rows
    return Catalogued(folder, digest(same), time.time_ns(), listed.seen, is_final, *texts)


def _holds_halves(frame: pd.DataFrame) -> Any:
    """Return which rows have a text with half of a character, which the tables do not hold."""
    found = np.zeros(len(frame), dtype=bool)
    for name in frame:
        if getattr(frame[name].dtype, "storage", "") == "python":
            found |= np.array([isinstance(text, str) and text != replace_surrogates(text) for text in frame[name]], dtype=bool)
    return found


def _refresh_at_store(url: str) -> None:
    """Put into the catalog of a root at a store what its runs say that it does not know, or knows as not over."""
    unread, files = Unread("the catalog"), store_at(url)
    content = read_catalog(files, lineage=True)
    there = list_runs(url)
    over = {folder: run for folder, run in content.runs.items() if run.is_over and folder in there}
    rows, runs = dict(content.rows), dict(over)
    with Progress("refresh()", "runs") as progress:
        opened = open_runs(url, there - over.keys())
        for folder, run in progress.over(opened.items(), len(opened)):
            found = lineage_rows(run, unread)[0]
            new = _catalogued(folder, list_run(run)._replace(seen=()), is_final=False, rows=dump_json(found).encode())
            runs[folder] = content.runs[folder] if folder in content.runs and content.runs[folder].entry == new.entry else new
            rows[runs[folder].entry] = [list(row) for row in found]
    unread.warn()
    runs = dict(sorted(runs.items()))
    if len(content.listing.bases) != 1 or content.listing.entries or not content.is_whole or runs != content.runs:
        frame, counts = lineage_of(content._replace(runs=runs, rows=rows))
        _put_base(files, content.listing, list(runs.values()), frame, list(counts.values()), is_whole=True)


def _table_of_runs(runs: list[Catalogued]) -> pa.Table:
    table = to_arrow(own_columns([run.listed() for run in runs]))
    for name, values in zip(KEYS, zip(*runs, strict=True) if runs else [()] * len(KEYS), strict=True):
        table = table.append_column(name, pa.array(values, _KEYS[name]))
    return table


def _put_base(
    files: CatalogFiles, listing: Listing, runs: list[Catalogued], lineage: pd.DataFrame, counts: list[int], *, is_whole: bool
) -> None:
    """Put a base, then delete what it was made of; `is_whole` as of `Content`."""
    entries = np.repeat(np.array([run.entry for run in runs], dtype=object), counts)
    of_runs = _parquet(_table_of_runs(runs).replace_schema_metadata(WHOLE if is_whole else None))
    of_lineage = _parquet(to_arrow(lineage).cast(LINEAGE).append_column("entry", pa.array(entries, pa.string())))
    base = base_paths(max([each.number for each in listing.bases], default=0) + 1, of_runs + of_lineage)
    files.put(base.lineage, of_lineage)
    files.put(base.runs, of_runs)
    old = datetime.now(UTC) - _ABANDONED
    abandoned = [path for path, written in listing.strays.items() if written is not None and written < old]
    files.delete([path for path in listing.paths if path not in base] + abandoned)


def _parquet(table: pa.Table) -> bytes:
    written = io.BytesIO()
    options: dict[str, Any] = {"compression": "zstd", "row_group_size": _ROWS_OF_A_GROUP}
    parquet.write_table(table, written, **options)
    return written.getvalue()

"""The runs in a catalog: the union of its bases and entries, as they are in its files, checked like the files of anybody."""

from __future__ import annotations

import errno
import io
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import orjson

from jupyter_tracking.budgets import MOST_CATALOG_BYTES
from jupyter_tracking.errors import InvalidArgument, MalformedEvent, MissingFile, TooLarge, TrackingError
from jupyter_tracking.format.document import run_document
from jupyter_tracking.format.document.metric_summary import MetricDefinition
from jupyter_tracking.format.document.run_facts import RunFacts
from jupyter_tracking.read.known_runs import ListedRun, RunMarks
from jupyter_tracking.storage.catalog.local_files import LocalFiles
from jupyter_tracking.storage.catalog.names import FOLDER, list_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from jupyter_tracking.read.known_runs import Seen
    from jupyter_tracking.storage.catalog.names import CatalogFiles, Listing

# Columns of the table of runs that are for us; the others are for whoever reads the file.
KEYS = ("folder", "entry", "written", "seen", "lineage_is_final", "run", "inputs", "outputs")
WHOLE = {b"jupyter_tracking.whole": b"1"}  # said of a base that has all the runs there were
_STATUS = RunFacts._fields.index("status")
_TRIES = 20  # as often as a fold may delete what was listed, before it is read
_WHAT = (UnicodeError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)

T = TypeVar("T")


class Catalogued(NamedTuple):
    """What a catalog says of a run.

    Attributes:
        folder: the name of the run's folder.
        entry: what stands for this version of what is said, in the tables and in names.
        written: when that was, in ns since 1970: of two versions the later one holds.
        seen: a stat of the run's documents, if what is said holds as long as that is the same; else ().
        lineage_is_final: whether the lineage holds as long, too.
        run: the facts and the marks of the run, as JSON; so are `inputs` and `outputs`.
    """

    folder: str
    entry: str
    written: int
    seen: Seen
    lineage_is_final: bool
    run: str
    inputs: str
    outputs: str

    @property
    def is_over(self) -> bool:
        """Whether the run was over: its documents at a store are not asked for what the catalog says."""
        try:
            return parse_json(self.run)[0][_STATUS] in run_document.OVER
        except (*_WHAT, LookupError):
            return False

    def listed(self) -> ListedRun:
        """Return what a list of runs says of the run.

        Raises:
            MalformedEvent: the catalog is damaged.
        """
        try:
            facts, (archived, pinned, note, group, parent, definitions) = parse_json(self.run)
            marks = RunMarks(bool(pinned), str(note), str(group), str(parent), tuple(MetricDefinition(*each) for each in definitions))
            known = RunFacts._make([*facts, parse_json(self.inputs), parse_json(self.outputs)])
            return ListedRun(known, bool(archived), self.seen, marks)
        except _WHAT as error:
            raise MalformedEvent(f"the catalog cannot be read where it says what run {self.folder[:100]!r} is: {error}") from None


class Content(NamedTuple):
    """A catalog as it was read.

    Attributes:
        listing: its files.
        runs: by the names of their folders, in the order of these.
        tables: the tables of lineage of its bases, where they were asked for.
        rows: by entry, the rows of lineage of runs that no base has.
        is_whole: it has been compared with the runs there are: since then only what was put there without an entry may be missing.
    """

    listing: Listing
    runs: dict[str, Catalogued]
    tables: list[pa.Table]
    rows: dict[str, list[list[Any]]]
    is_whole: bool


def parse_json(text: str | bytes) -> Any:
    """Return the value of what `dump_json` wrote, exactly."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)  # NaN, and halves of characters


def dump_json(value: Any) -> str:
    """Return a value as JSON, with the tokens NaN and Infinity where it has such numbers."""
    return json.dumps(value, separators=(",", ":"))


def encode_run(listed: ListedRun) -> tuple[str, str, str]:
    """Return what a list of runs says of a run as `run`, `inputs` and `outputs` of `Catalogued`."""
    facts, marks = listed.facts, listed.marks
    said = [listed.archived, marks.pinned, marks.note, marks.group, marks.parent, marks.definitions]
    return dump_json([facts[:-2], said]), dump_json(facts.inputs), dump_json(facts.outputs)


def encode_entry(run: Catalogued, rows: Sequence[Sequence[Any]]) -> bytes:
    """Return what is said of a run, with its rows of lineage, as the content of a file; `run.entry` is not in it."""
    return dump_json([*run._replace(entry=""), rows]).encode("ascii")


def _decode_entry(data: bytes, entry: str) -> tuple[Catalogued, list[list[Any]]]:
    folder, _, written, seen, lineage_is_final, run, inputs, outputs, rows = parse_json(data)
    found = Catalogued(str(folder), entry, int(written), tuple(map(int, seen)), bool(lineage_is_final), str(run), str(inputs), str(outputs))
    if not all(isinstance(row, list) for row in rows):
        raise MalformedEvent(f"the entry {entry} has rows of lineage that are none")
    return found, rows


def table_schema(data: bytes) -> pa.Schema:
    """Return the columns of a table of a catalog; raises as `read_table`."""
    from jupyter_tracking.kinds.arrow.parquet_pages import CheckedFile

    try:
        return CheckedFile(lambda: io.BytesIO(data)).schema
    except (TrackingError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - as below
        raise MalformedEvent(f"the table cannot be read: {error}") from None


def read_group(path: str, group: int, names: Sequence[str]) -> pa.Table:
    """Return columns of one row group of a table of a local catalog; raises as `read_table`."""
    from jupyter_tracking.kinds.arrow.parquet_pages import CheckedFile

    file = CheckedFile(lambda: open(path, "rb"))  # noqa: PTH123, SIM115 - the reader closes it
    repeating = file.check([group], names, file.footer.row_group(group).num_rows, MOST_CATALOG_BYTES)
    with file.reader(repeating) as reader:
        return file.as_stored(reader.read_row_group(group, columns=list(names)))


def count_groups(path: str) -> int:
    """Return how many row groups a table of a local catalog has; raises as `read_table`."""
    from jupyter_tracking.kinds.arrow.parquet_pages import CheckedFile

    return CheckedFile(lambda: open(path, "rb")).footer.num_row_groups  # type: ignore[no-any-return] # noqa: PTH123


def read_table(data: bytes, names: Sequence[str] | None = None) -> pa.Table:
    """Return columns of a table of a catalog, all of them when None.

    Raises:
        TooLarge: they take more than is decoded.
        MalformedEvent: it is no such file, or lacks a column.
    """
    from jupyter_tracking.kinds.arrow.parquet_pages import CheckedFile
    from jupyter_tracking.kinds.arrow.type_check import check_values

    try:
        file = CheckedFile(lambda: io.BytesIO(data))
        wanted = file.schema.names if names is None else list(names)
        if missing := set(wanted) - set(file.schema.names):
            raise MalformedEvent(f"the table has no column {min(missing)!r:.100}")  # noqa: TRY301 - as whatever pyarrow says of it
        repeating = file.check(range(file.footer.num_row_groups), wanted, file.footer.num_rows, MOST_CATALOG_BYTES, whole=True)
        with file.reader(repeating) as reader:
            table = reader.read(columns=wanted)
        return file.as_stored(check_values(table, {}, MOST_CATALOG_BYTES))
    except (TrackingError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a library may raise anything of data that anybody may have made
        raise MalformedEvent(f"the table cannot be read: {error}") from None


def read_catalog(files: CatalogFiles, *, lineage: bool = False) -> Content:
    """Return what the catalog below a root says: of each run the latest.

    An entry that was written before this is called is found, whatever folds there are meanwhile. A file that is damaged is left out.

    Args:
        files: the files below the root.
        lineage: read the lineage of the runs too.

    Raises:
        StorageError: a file could not be read.
    """
    for _ in range(_TRIES):
        with suppress(MissingFile):  # a fold has deleted what was listed, and has put all of it into a base before
            return _read(files, list_catalog(files), lineage=lineage)
    return _read(files, list_catalog(files), lineage=lineage)


def _read(files: CatalogFiles, listing: Listing, *, lineage: bool) -> Content:
    wanted = [*(base.runs for base in listing.bases), *(base.lineage for base in listing.bases if lineage), *listing.entries]
    data = files.get_many(wanted)
    if gone := set(wanted) - set(data):
        raise MissingFile(errno.ENOENT, f"{min(gone)} is not there")
    runs: dict[str, Catalogued] = {}
    tables, rows, is_whole = [], {}, False
    for base in listing.bases:
        known = _unless_damaged(lambda path: read_table(data[path], KEYS), base.runs)
        found = _unless_damaged(lambda _, table=known: _runs_of(table), base.runs) if known is not None else None  # type: ignore[misc]
        is_whole = is_whole or (known is not None and WHOLE.items() <= (known.schema.metadata or {}).items())
        for each in found or ():
            _add(runs, each)
        if lineage and found is not None:
            table = _unless_damaged(lambda path: read_table(data[path]), base.lineage)
            tables += [table] if table is not None else []
    for path in listing.entries:
        entry = _unless_damaged(lambda path: _decode_entry(data[path], path.removesuffix(".json").rpartition("-")[2]), path)
        if entry is not None:
            _add(runs, entry[0])
            rows[entry[0].entry] = entry[1]
    return Content(listing, dict(sorted(runs.items())), tables, rows, is_whole)


def _unless_damaged(read: Callable[[str], T], path: str) -> T | None:
    try:
        return read(path)
    except (MalformedEvent, TooLarge, InvalidArgument, *_WHAT):
        return None


def _add(runs: dict[str, Catalogued], run: Catalogued) -> None:
    known = runs.get(run.folder)
    if known is None or (known.written, known.entry) < (run.written, run.entry):
        runs[run.folder] = run


def _runs_of(table: pa.Table) -> list[Catalogued]:
    columns = [table.column(name).to_pylist() for name in KEYS]
    columns[KEYS.index("seen")] = [tuple(seen or ()) for seen in columns[KEYS.index("seen")]]
    return [Catalogued(*values) for values in zip(*columns, strict=True)]


class LocalCatalog:
    """What the catalog of a local root says of runs whose documents have not changed since; it is read when it is first asked."""

    def __init__(self, root: Path, runs: dict[str, Catalogued] | None = None) -> None:
        """Name the root; `runs` where they have been read."""
        self.root = root
        self._runs = runs

    def get(self, path: str, seen: Seen) -> ListedRun | None:
        """Return what a list of runs says of a run whose documents have this stat; None where the catalog does not know."""
        if self._runs is None:
            self._runs = known_locally(self.root)
        found = self._runs.get(path.rpartition("/")[2])
        if found is None or not seen or found.seen != seen:
            return None
        try:
            return found.listed()
        except MalformedEvent:
            return None


def known_locally(root: Path) -> dict[str, Catalogued]:
    """Return the runs in the catalog of a local root; none where there is no catalog that can be read."""
    if not (root / FOLDER).is_dir():
        return {}
    try:
        return read_catalog(LocalFiles(root)).runs
    except (TrackingError, OSError):
        return {}  # the runs themselves say it, too

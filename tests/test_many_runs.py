"""Roots of many runs: what is known of a run that has ended is not read again, memory stays in bounds, and no answer is another for it."""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.format import paths
from jupyter_tracking.frames import lineage, lineage_columns, run_versions
from jupyter_tracking.read import known_runs
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.known_runs import Known
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False}


def record(root: Path, name: str, number: int) -> tracking.Run:
    """A run that has ended, with values that a caller could change."""
    with tracking.init(root=root, name=name, tags=["a", "b"], **QUIET) as run:
        run.log_inputs(lr=0.1 * number, layers=[64, {"deep": [number]}], name="x")
        for step in range(3):
            run.log_metric("train/loss", step / (number + 1), step=step)
            run.log_text("Ω", f"{number} {step}", step=step)
        run.log_outputs(best={"at": number})
    return run


@pytest.fixture
def several(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of five runs, of which one used what another made; their files count as old at once."""
    monkeypatch.setattr(known_runs, "_CLOCK_TICK", 0)
    monkeypatch.setattr(lineage, "_cache", {})
    for module, name in ((known_runs, "_facts"), (run_versions, "_recorded"), (run_versions, "_stepped")):
        monkeypatch.setattr(module, name, Known())
    data = root.parent / "data.csv"
    data.write_text("1,2")
    for number in range(5):
        run = record(root, f"run{number}", number)
        resumed = tracking.init(root=root, run_uuid=run.uuid, **QUIET)
        if number == 1:
            resumed.log_artifact(str(data), name="made")
        if number == 3:
            resumed.log_artifact_ref(str(data), name="used", kind="data", is_input=True)
        resumed.end()
    return root


_watched: list[tuple[str, list[str]]] = []


def _hook(event: str, given: tuple[Any, ...]) -> None:
    if _watched and event == "open" and isinstance(given[0], str | bytes):
        where, found = _watched[-1]
        path = os.fsdecode(given[0])
        if path.startswith(where) or not path.startswith("/"):
            found.append(path)


@pytest.fixture(scope="session")
def _listening() -> None:
    """Listen to what is opened; a hook cannot be taken away again."""
    sys.addaudithook(_hook)


@pytest.fixture
def opened(several: Path, _listening: None) -> Iterator[list[str]]:
    """The files of the root that are opened."""
    found: list[str] = []
    _watched.append((str(several), found))
    yield found
    _watched.clear()


def rows_of_the_browser(root: Path) -> pd.DataFrame:
    """The rows of the table of runs."""
    return pd.DataFrame(tracking.browse(root=root)._runs.rows)


CALLS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "runs": tracking.runs,
    "lineage": lambda root: tracking.lineage(root=root),
    "lineage_edges": tracking.lineage_edges,
    "lineage_graph": lambda root: tracking.lineage_graph(root).edges,
    "browse": rows_of_the_browser,
    "open_run": lambda root: pd.DataFrame([tracking.open_run(f"run{n}", root=root).inputs for n in (0, 1, 4)]),
}
BEFORE = {"lineage_edges": "lineage", "browse": "runs", "lineage_graph": "lineage_edges"}


@pytest.mark.parametrize("call", CALLS)
def test_what_was_read_once_is_not_opened_again(several: Path, opened: list[str], call: str) -> None:
    """The second call of a root of runs that have ended opens no file; edges know what the lineage has read, the table what `runs` has."""
    documents = {paths.RUN_FILE, paths.LINEAGES_FILE}
    first = CALLS[call](several)
    assert opened
    opened.clear()
    pd.testing.assert_frame_equal(CALLS[call](several), first)
    assert len(opened) == (3 if call == "open_run" else 0), "a run that is opened is read"
    if call in BEFORE:
        known_runs._facts, run_versions._recorded, run_versions._stepped = Known(), Known(), Known()
        lineage._cache.clear()
        CALLS[BEFORE[call]](several)
        opened.clear()
        pd.testing.assert_frame_equal(CALLS[call](several), first)
        assert [path for path in opened if os.path.basename(path) in documents] == []


def test_several_runs_are_found_by_one_look_at_the_root(several: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, by uuid, by a prefix; one that is given twice is there twice, and says the same each time."""
    looks, listing = [], paths.run_folders
    monkeypatch.setattr(paths, "run_folders", lambda root: looks.append(root) or listing(root))
    runs = tracking.runs(several).set_index("name")["uuid"]
    looks.clear()
    opened.clear()
    found = resolve_runs(["run1", runs["run3"], runs["run0"][:12], "run1"], several)
    assert [folder.name for folder in found] == ["run1", "run3", "run0", "run1"]
    assert found[0] is not found[3]
    assert len(looks) == 1
    record(several, "run1", 7)
    newest, same = resolve_runs(["run1", str(runs["run1"])], several)
    assert (newest.namesakes, same.namesakes, newest.uuid == same.uuid) == (2, 1, False)


def anew(root: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The answer of a process that knows nothing."""
    with monkeypatch.context() as patch:
        patch.setattr(lineage, "_cache", {})
        for module, name in ((known_runs, "_facts"), (run_versions, "_recorded"), (run_versions, "_stepped")):
            patch.setattr(module, name, Known())
        return CALLS[call](root)


def change_a_document(run: Path) -> None:
    """As somebody else does, who keeps its size."""
    document = run / paths.RUN_FILE
    document.write_bytes(document.read_bytes().replace(b'"run2"', b'"ruN2"'))


def change_a_lineage(run: Path) -> None:
    """As Polyaxon does when it goes on with a run."""
    path = run / paths.LINEAGES_FILE
    items = [item | {"meta_info": None, "name": "other"} if n == 0 else item for n, item in enumerate(json.loads(path.read_bytes()))]
    path.write_text(json.dumps(items))


CHANGES: dict[str, Callable[[Path], object]] = {
    "renamed": lambda run: tracking.open_run(run).rename("another"),
    "archived": lambda run: tracking.open_run(run).archive(),
    "deleted": lambda run: tracking.open_run(run).delete(),
    "resumed": lambda run: tracking.init(artifacts_path=run, **QUIET).log_metric("more", 1),
    "resumed and ended": lambda run: (tracking.init(artifacts_path=run, **QUIET).log_metric("more", 1), tracking.end()),
    "document": change_a_document,
    "broken": lambda run: (run / paths.RUN_FILE).write_text("{"),
    "lineage": change_a_lineage,
    "no lineage": lambda run: (run / paths.LINEAGES_FILE).unlink(),
    "copied": lambda run: shutil.copytree(run, run.parent / "copy"),
}


@pytest.mark.filterwarnings("ignore::jupyter_tracking.errors.TrackingWarning")
@pytest.mark.parametrize("change", CHANGES)
def test_a_run_that_changes_is_read_again(several: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever changed it, in whatever way: each answer is that of a process that knows nothing, and of the others too."""
    browser = tracking.browse(root=several)
    for call in CALLS.values():
        call(several)
    run = next(folder for folder in paths.run_folders(several) if tracking.open_run(folder).name == "run2")
    CHANGES[change](run)
    for name, call in CALLS.items():
        expected = anew(several, name, monkeypatch)
        pd.testing.assert_frame_equal(call(several), expected)
        pd.testing.assert_frame_equal(call(several), expected)
    browser.refresh()
    pd.testing.assert_frame_equal(pd.DataFrame(browser._runs.rows), rows_of_the_browser(several))


@pytest.mark.parametrize("is_before", [True, False])
def test_a_document_that_is_replaced_while_it_is_read_is_read_again(
    several: Path, monkeypatch: pytest.MonkeyPatch, is_before: bool
) -> None:
    """Between the look at its time and the reading, or right after the reading: the next answer has the new one."""
    read, changed = RunFolder.read_document, []

    def reading(folder: RunFolder, relative: str) -> bytes:
        data = b"" if is_before else read(folder, relative)
        if relative == paths.RUN_FILE and not changed:
            document = folder.path / relative
            (folder.path / "new").write_bytes(document.read_bytes().replace(b'"name":"run', b'"name":"new'))
            (folder.path / "new").rename(document)
            changed.append(folder.path)
        return read(folder, relative) if is_before else data

    monkeypatch.setattr(RunFolder, "read_document", reading)
    first = tracking.runs(several)
    browser = tracking.browse(root=several)
    assert first["name"].str.startswith("new").sum() == is_before
    expected = anew(several, "runs", monkeypatch)
    assert expected["name"].str.startswith("new").sum() == 1
    pd.testing.assert_frame_equal(tracking.runs(several), expected)
    assert sorted(row["name"] for row in browser._runs.rows) == sorted(expected["name"])


def _collects() -> bool:
    """Whether Python's collector of cycles is on in a child that is forked now."""
    child = os.fork()
    if not child:
        os._exit(int(gc.isenabled()))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_is_afterwards_as_it_was(is_on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """While runs are read it waits, but not in a child that is forked then; it goes on after each batch, and after an error."""
    monkeypatch.setattr(known_runs, "_BATCH", 2)
    seen: list[tuple[bool, bool]] = []

    def names() -> Iterator[int]:
        for number in range(4):
            seen.append((gc.isenabled(), _collects()))
            yield number

    def read(number: int) -> int:
        return 12 // (3 - number)

    (gc.enable if is_on else gc.disable)()
    try:
        assert known_runs.each_of_many(read, range(3)) == [4, 6, 12]
        assert gc.isenabled() == is_on
        with pytest.raises(ZeroDivisionError):
            known_runs.each_of_many(read, names())
        assert gc.isenabled() == is_on
        assert seen == [(False, is_on)] * 4
    finally:
        gc.enable()


def test_what_a_caller_changes_is_the_callers_own(several: Path) -> None:
    """Tags, lists and dicts in a frame, also deep within each other."""
    expected = [repr(frame.to_dict()) for frame in (tracking.runs(several), tracking.lineage(root=several))]
    for _ in range(2):
        runs, records = tracking.runs(several), tracking.lineage(root=several)
        assert [repr(frame.to_dict()) for frame in (runs, records)] == expected
        runs["tags"].iloc[0].append("mine")
        runs["inputs.layers"].iloc[0][1]["deep"].clear()
        runs["outputs.best"].iloc[0]["at"] = "mine"
        records["summary"].iloc[0]["mine"] = 1
        records.iloc[:, 0] = "mine"


@pytest.mark.parametrize("most", [1, 4, 7])
def test_a_lineage_in_parts_is_the_same(several: Path, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values, dtypes and order, of all runs and of some."""
    expected, some = anew(several, "lineage", monkeypatch), tracking.lineage(["run3", "run0"], root=several)
    monkeypatch.setattr(lineage_columns, "ROWS_AT_A_TIME", most)
    pd.testing.assert_frame_equal(anew(several, "lineage", monkeypatch), expected)
    pd.testing.assert_frame_equal(tracking.lineage(["run3", "run0"], root=several), some)
    record(several, "new", 9)
    pd.testing.assert_frame_equal(tracking.lineage(root=several), anew(several, "lineage", monkeypatch))


def test_halves_of_characters_are_kept_by_python(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one part has a text that Arrow does not hold, the column is Python's."""
    del several
    columns = list(lineage_columns.LINEAGE_COLUMNS)
    row = [None] * len(columns)
    row[columns.index("name")], row[columns.index("summary")] = "a", "{}"
    odd = list(row)
    odd[columns.index("name")] = "half \ud800"
    monkeypatch.setattr(lineage_columns, "ROWS_AT_A_TIME", 1)
    rows = lineage_columns.LineageRows()
    for each in (row, odd, row):
        rows.add([tuple(each)])
    assert rows.frame()["name"].tolist() == ["a", "half \ud800", "a"]


def test_what_is_known_is_bounded(several: Path, tmp_path: Path) -> None:
    """Of a root that is larger than the room the first runs are kept; another root takes the room of the one before."""
    known: Known[str] = Known(most=100)
    stats = (1, 2, 3, 4)
    runs = [several / "runs" / str(number) for number in range(20)]
    for run in runs:
        known.put(run, stats, run.name, 10)
    assert [known.get(run, stats) for run in runs] == [*map(str, range(10)), *[None] * 10]
    known.put(runs[3], (5, 6, 7, 8), "new", 10)
    assert (known.get(runs[3], stats), known.get(runs[3], (5, 6, 7, 8))) == (None, "new")
    assert known.get(runs[3], ()) is None
    for run in runs[:4]:
        known.put(tmp_path / "other" / run.name, stats, "other", 10)
    assert [known.get(tmp_path / "other" / run.name, stats) for run in runs[:4]] == ["other"] * 4
    assert known.get(runs[0], stats) is None


@pytest.mark.parametrize("room", [0, 3000, 6000])
def test_a_lineage_that_is_larger_than_the_room_is_the_same(several: Path, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As much of it is kept as there is room for, and the rest is read again."""
    expected = anew(several, "lineage", monkeypatch)
    monkeypatch.setattr(lineage, "MOST_KNOWN_BYTES", room)
    for _ in range(3):
        pd.testing.assert_frame_equal(tracking.lineage(root=several), expected)
    assert sum(len(each.frame) for each in lineage._cache.values() if each.frame is not None) <= len(expected) * room / 1000


MEASURED = """
import sys
import pandas, pyarrow, ipywidgets
import jupyter_tracking as tracking

def memory(which):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(which))

tracking.runs(sys.argv[1] + "/none"), tracking.lineage(root=sys.argv[1] + "/none")
before = memory("VmRSS")
frame = getattr(tracking, sys.argv[2])(root=sys.argv[1])
print(memory("VmHWM") - before, 0 if sys.argv[2] == "browse" else len(frame))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the system does not say what a process has taken")
def test_memory_grows_with_the_answer_alone(root: Path) -> None:
    """A lineage of 3,000 runs with 20 artifacts: at its peak under 120 MB more, where the frame has 15; runs and their table too."""
    with tracking.init(root=root, name="template", **QUIET) as run:
        for number in range(20):
            run.log_metric(f"metric{number}", number, step=1)
    documents = [(name, (run.path / name).read_bytes()) for name in (paths.RUN_FILE, paths.LINEAGES_FILE)]
    for number in range(3000):
        uuid = f"{number:032x}"
        (root / "runs" / uuid).mkdir()
        for name, data in documents:
            (root / "runs" / uuid / name).write_bytes(data.replace(run.uuid.encode(), uuid.encode()))
    for call, rows in (("lineage", 60_020), ("runs", 3001), ("browse", 0)):
        done = subprocess.run([sys.executable, "-c", MEASURED, root, call], capture_output=True, text=True, check=True)
        peak, count = map(int, done.stdout.split())
        assert count == rows
        assert peak < 120_000, f"{call}() took {peak:,} kB"

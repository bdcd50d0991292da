"""The catalog of a root: the same answers with it, without it and with an old one; written only when asked."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main
from jupyter_tracking.errors import NotFound
from jupyter_tracking.format import paths
from jupyter_tracking.frames import lineage, run_versions
from jupyter_tracking.frames.catalog.root_catalog import Catalog, fold, put_entry
from jupyter_tracking.read import known_runs
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.known_runs import Known
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.storage.catalog.local_files import LocalFiles
from jupyter_tracking.storage.catalog.names import FOLDER, list_catalog
from jupyter_tracking.views.model.run_table import RunTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False, "quiet": True}


def record(root: Path, number: int) -> tracking.Run:
    """A run that has ended; an input is a number in some runs and a text in others."""
    with tracking.init(root=root, name=f"run{number}", tags=["a", "b"] if number % 2 else [], group="g", **QUIET) as run:
        run.log_inputs(lr=0.1 * number, mixed=number if number % 2 else "0.5", layers=[64, {"deep": [number]}], huge=2**63 + number)
        for step in range(3):
            run.log_metric("train/loss", math.nan if number == 2 else step / (number + 1), step=step)
            run.log_text("Ω", f"{number} {step}", step=step)
        run.log_metric("top", math.inf, step=0)
        run.log_outputs(best={"at": number})
    return run


@pytest.fixture
def several(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of runs that have ended, one of which is archived, one that goes on, and one that is broken; files count as old at once."""
    monkeypatch.setattr(known_runs, "_CLOCK_TICK", 0)
    for number in range(5):
        record(root, number)
    tracking.open_run("run4", root).archive()
    broken = root / "runs" / "broken"
    (broken / "events").mkdir(parents=True)
    (broken / paths.RUN_FILE).write_text("{")
    going_on = tracking.init(root=root, name="going on", **QUIET)
    going_on.log_metric("train/loss", 3.0, step=1)
    forget(monkeypatch)
    return root


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Know nothing, as a new process."""
    monkeypatch.setattr(lineage, "_cache", {})
    for module, name in ((known_runs, "_facts"), (run_versions, "_recorded"), (run_versions, "_stepped")):
        monkeypatch.setattr(module, name, Known())


CALLS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "runs": lambda root: tracking.runs(root).drop(columns="duration"),  # of the run that goes on it grows
    "archived": lambda root: tracking.runs(root, archived=True, where="lr > 0.1").drop(columns="duration"),
    "lineage": lambda root: tracking.lineage(root=root),
    "browse": lambda root: pd.DataFrame(RunTable(None, root).rows).drop(columns="duration"),
}


@pytest.fixture
def frames(several: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pd.DataFrame]:
    """The answers without a catalog."""
    found = {name: call(several) for name, call in CALLS.items()}
    forget(monkeypatch)
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files of runs that are opened."""
    del monkeypatch
    _opened.clear()
    return _opened


_opened: list[str] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(".json"):
        _opened.append(arguments[0])


sys.addaudithook(_watch)


def test_looking_writes_nothing(several: Path) -> None:
    """No call but `refresh` makes a catalog; what needs one says how it comes to be."""
    for call in CALLS.values():
        call(several)
    assert "none yet" in repr(tracking.catalog(several))
    with pytest.raises(NotFound, match="refresh"):
        _ = tracking.catalog(several).runs
    assert not (several / paths.PRIVATE_FOLDER).exists()


@pytest.mark.parametrize("call", CALLS)
def test_answers_are_the_same_with_a_catalog(
    several: Path, frames: dict[str, pd.DataFrame], opened: list[str], call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value and dtype: numbers beside texts, lists, NaN, integers beyond 63 bits; and no document of an ended run is opened."""
    tracking.catalog(several).refresh()
    forget(monkeypatch)
    opened.clear()
    pd.testing.assert_frame_equal(CALLS[call](several), frames[call])
    read = {os.path.basename(os.path.dirname(path)) for path in opened}
    ended = {run.uuid for run in map(RunFolder, paths.run_folders(several)) if run.has_ended}
    assert len(ended) == 5
    assert not read & ended
    mixed = tracking.runs(several)["inputs.mixed"].dropna().tolist()
    assert [type(value) for value in mixed] == [int, str, int, str]


def change_a_document(run: Path) -> None:
    """As somebody else does, who keeps its size."""
    document = run / paths.RUN_FILE
    document.write_bytes(document.read_bytes().replace(b'"run2"', b'"ruN2"'))


CHANGES: dict[str, Callable[[Path], object]] = {
    "renamed": lambda run: tracking.open_run(run).rename("another"),
    "the same size": change_a_document,
    "resumed": lambda run: tracking.init(root=run.parent.parent, run_uuid=run.name, **QUIET).log_metric("more", 1.0, step=0),
    "removed": shutil.rmtree,
    "a copy": lambda run: shutil.copytree(run, run.with_name("f" * 32)),
    "another in its place": lambda run: (shutil.copytree(run, run.parent / "x"), shutil.rmtree(run), (run.parent / "x").rename(run)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_old_catalog_is_not_believed(several: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has changed since is read of the run itself, and so is what comes of a run that goes on."""
    tracking.catalog(several).refresh()
    CHANGES[change](several / "runs" / str(tracking.open_run("run2", several).uuid))
    forget(monkeypatch)
    with_catalog = {name: call(several) for name, call in CALLS.items()}
    shutil.rmtree(several / paths.PRIVATE_FOLDER)
    forget(monkeypatch)
    for name, call in CALLS.items():
        pd.testing.assert_frame_equal(with_catalog[name], call(several))


def test_a_refresh_writes_what_has_changed(several: Path, frames: dict[str, pd.DataFrame]) -> None:
    """Nothing where nothing has; else one new base in the place of the old one."""
    tracking.end()
    catalog = tracking.catalog(several).refresh()
    first = os.listdir(catalog.path)
    assert len(first) == 2
    assert os.listdir(catalog.refresh().path) == first
    record(several, 7)
    assert not set(first) & set(os.listdir(catalog.refresh().path))
    assert len(os.listdir(catalog.path)) == 2
    assert catalog.runs.count_rows() == 8
    assert catalog.lineage.count_rows() == len(frames["lineage"]) + 3 * 1
    assert "8 runs" in repr(catalog)


def test_the_tables_are_plain_parquet(several: Path) -> None:
    """Any library reads them: the columns of `runs` and `lineage`, inputs as JSON; what is pushed is in the union at once."""
    catalog = tracking.catalog(several).refresh()
    runs = pd.read_parquet(next(catalog.path.glob("base-*.runs.parquet"))).set_index("name")
    assert json.loads(runs.loc["run3", "inputs"])["mixed"] == 3
    assert runs.loc["run3", "tags"].tolist() == ["a", "b"]
    assert runs["archived"].sum() == 1
    own = ["uuid", "name", "project", "status", "created_at", "finished_at", "duration", "tags", "group", "parent", "notes"]
    shown = [*own, "archived", "inputs", "outputs"]
    assert catalog.runs.schema.names == shown
    table = pd.read_parquet(next(catalog.path.glob("base-*.lineage.parquet")))
    assert table["name"].tolist() == tracking.lineage(root=several)["name"].tolist()
    assert catalog.lineage.schema.names == list(tracking.lineage(root=several))
    before = catalog.lineage.to_table().to_pandas()
    put_entry(LocalFiles(several), RunFolder(several / "runs" / tracking.open_run("run1", several).uuid))
    assert "1 pushed" in repr(catalog)
    assert catalog.runs.schema.names == shown
    pd.testing.assert_frame_equal(catalog.lineage.to_table().to_pandas(), before)
    fold(LocalFiles(several))
    assert list_catalog(LocalFiles(several)).entries == []
    pd.testing.assert_frame_equal(catalog.lineage.to_table().to_pandas(), before)


def contents(catalog: Catalog) -> list[pd.DataFrame]:
    """The two tables of a catalog."""
    return [each.to_table().to_pandas() for each in (catalog.runs, catalog.lineage)]


def test_two_bases_are_one_catalog(several: Path, tmp_path: Path) -> None:
    """Two folds at once leave two bases, of which the newer version of each run holds; the next puts them together."""
    catalog = tracking.catalog(several).refresh()
    shutil.copytree(catalog.path, tmp_path / "other")
    record(several, 8)
    tracking.open_run("run1", several).rename("newer")
    expected = contents(catalog.refresh())
    shutil.copytree(tmp_path / "other", catalog.path, dirs_exist_ok=True)
    assert len(list_catalog(LocalFiles(several)).bases) == 2
    for _ in range(2):
        for found, before in zip(contents(catalog), expected, strict=True):
            pd.testing.assert_frame_equal(found, before)
        fold(LocalFiles(several))
    assert len(list_catalog(LocalFiles(several)).bases) == 1


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "another table": lambda path: pd.DataFrame({"folder": [1]}).to_parquet(path),
    "other types": lambda path: pd.DataFrame({name: ["x"] for name in pd.read_parquet(path)}).to_parquet(path),
    "a link": lambda path: (path.rename(path.with_name("there")), path.symlink_to("there")),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("table", ["runs", "lineage"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_catalog_changes_no_answer(
    several: Path, frames: dict[str, pd.DataFrame], damage: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left out, and the next refresh writes it anew."""
    catalog = tracking.catalog(several).refresh()
    DAMAGE[damage](next(catalog.path.glob(f"base-*.{table}.parquet")))
    for entry in ("{", "[]", "[1,2,3,4,5,6,7,8,9]", '["a","",1,[],true,"","","",[[1]]]'):
        (catalog.path / "new").mkdir(exist_ok=True)
        (catalog.path / "new" / f"run-{len(entry):016x}.json").write_text(entry)
    forget(monkeypatch)
    for name, call in CALLS.items():
        pd.testing.assert_frame_equal(call(several), frames[name])
    tracking.catalog(several).refresh()
    forget(monkeypatch)
    for name, call in CALLS.items():
        pd.testing.assert_frame_equal(call(several), frames[name])
    assert catalog.lineage.count_rows() == len(frames["lineage"])


def test_a_root_with_a_catalog_is_no_run(several: Path) -> None:
    """A folder that holds runs still means these, where runs are asked for."""
    expected = [run.uuid for run in resolve_runs(several)]
    tracking.catalog(several).refresh()
    assert [run.uuid for run in resolve_runs(several)] == expected
    with pytest.raises(NotFound):
        tracking.open_run(several)


def test_a_link_is_not_followed(several: Path, tmp_path: Path) -> None:
    """Neither to write nor to read a catalog."""
    (several / paths.PRIVATE_FOLDER).symlink_to(tmp_path)
    with pytest.raises(tracking.TrackingError, match="link"):
        tracking.catalog(several).refresh()
    assert os.listdir(tmp_path) == ["root"]


def test_the_command_line_writes_it(several: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`jupyter tracking catalog ROOT` writes it and says what is in it."""
    assert main(["catalog", str(several)]) == 0
    assert "7 runs" in capsys.readouterr().out
    assert len(os.listdir(several / FOLDER)) == 2


def test_halves_of_characters_are_read_of_the_run(several: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables do not hold them; the answer is the same all the same."""
    run = several / "runs" / tracking.open_run("run1", several).uuid
    monkeypatch.setattr(lineage, "lineage_rows", _with_half(lineage.lineage_rows, run.name))
    expected = tracking.lineage(root=several)
    tracking.catalog(several).refresh()
    forget(monkeypatch)
    pd.testing.assert_frame_equal(tracking.lineage(root=several), expected)
    assert np.array(expected["name"] == "half \ud800").any()


def _with_half(read: Callable[..., Any], uuid: str) -> Callable[..., Any]:
    def rows(folder: RunFolder, *arguments: Any) -> Any:
        found, whole = read(folder, *arguments)
        return [(*row[:4], "half \ud800", *row[5:]) if folder.path.name == uuid else row for row in found], whole

    return rows

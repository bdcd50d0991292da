"""A run is found by its name however it is typed, an artifact too; of several runs of one name the newest is meant."""

from __future__ import annotations

import json
import shutil
import unicodedata
from pathlib import Path

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import NotFound
from jupyter_tracking.frames.saved_notebooks import diff_notebooks
from jupyter_tracking.read.find import last_worked_on

# Of each a form that is typed, and one that is stored; ﬁ has no other in NFC.
NAMES = [
    "é",
    "Å",
    "\u212b",
    "한글",
    "ﬁ",
    " spaced ",
    "ünï cödé/x",
    "क़",
    "Ω\u0301",
    "2024",
    "cafe",
    "5",
    "deadbeef",
    "exp/run",
    "a-b",
    "0001",
]
FORMS = ["NFC", "NFD"]


def run_of(name: str, uuid: str | None = None, artifact: str = "loss") -> tracking.Run:
    """A finished run with a metric."""
    with tracking.init(run_uuid=uuid, name=name) as run:
        tracking.log_metric(artifact, 0.5, step=1)
    return run


@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("typed", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_however_it_is_typed(name: str, stored: str, typed: str, root: Path) -> None:
    """By every function that takes the name of a run or of an artifact."""
    saved, given = unicodedata.normalize(stored, name), unicodedata.normalize(typed, name)
    run = run_of(saved, artifact=saved)
    view = tracking.open_run(given)
    assert view.uuid == run.uuid
    assert view.steps(given) == [1]
    assert view.load(given, "metric") == view.load(given, kind=tracking.V1ArtifactKind.METRIC) == 0.5
    assert len(view.events(given)) == len(view.metrics(given)) == len(view.metrics(given, tidy=True)) == 1
    browser, shown, compared = view.browse(), view.show(given), tracking.compare([given, given], given)
    browser.selected = ("metric", given)
    assert shown.steps == compared.steps == browser.stepper.steps == (1,)
    assert len(tracking.lineage([given])) == len(tracking.lineage(given)) == 1
    assert tracking.browse(given).selected == browser.selected
    assert tracking.browse([given]).runs == (run.uuid,)
    assert last_worked_on(root, given).uuid == run.uuid  # type: ignore[union-attr]


@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("typed", FORMS)
def test_a_run_that_polyaxon_named_is_found_too(root: Path, stored: str, typed: str) -> None:
    """It stores names as they were typed."""
    name = unicodedata.normalize(stored, "é")
    folder = root / "runs" / ("1" * 32)
    folder.mkdir(parents=True)
    (folder / "run.plx.json").write_text(json.dumps({"uuid": "1" * 32, "name": name}))
    (folder / "lineages.plx.json").write_text(json.dumps([{"name": name, "kind": "file", "path": "outputs/x"}]))
    view = tracking.open_run(unicodedata.normalize(typed, "é"))
    assert view.files.find(unicodedata.normalize(typed, "é")).name == name


def test_of_several_runs_of_a_name_the_newest_is_meant(root: Path) -> None:
    """As when a cell runs again; the view says how many there are."""
    runs = [run_of("digits") for _ in range(3)]
    view = tracking.open_run("digits")
    assert view.uuid == runs[-1].uuid
    assert ", the newest of 3 of this name, " in repr(view)
    assert "newest" not in repr(tracking.open_run(view.uuid))
    assert len(tracking.lineage("digits")) == 1


@pytest.mark.parametrize(
    ("moments", "newest"),
    [
        (["2024-01-01T00:00:00+00:00", "2024-01-01T00:30:00+02:00"], 0),
        (["2024-01-01T00:00:00", "2024-01-01T00:00:00.000001Z"], 1),
        (["2024-01-01 00:00:00+00:00", "2023-12-31T23:59:59+00:00"], 0),
        ([None, "1999-01-01T00:00:00Z"], 1),
        (["soon", 17], 1),
        (["2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"], 1),
    ],
)
def test_the_newest_is_by_the_moment_and_then_by_the_folder(root: Path, moments: list[object], newest: int) -> None:
    """Not by how the moment is written; what says none was before all others."""
    for digit, moment in enumerate(moments):
        folder = root / "runs" / (str(digit) * 32)
        folder.mkdir(parents=True)
        (folder / "run.plx.json").write_text(json.dumps({"uuid": folder.name, "name": "x", "created_at": moment}))
    assert tracking.open_run("x").uuid == str(newest) * 32


def test_an_archived_run_is_meant_last(root: Path) -> None:
    """Where another has the name; alone it is found."""
    older, newer = run_of("x"), run_of("x")
    tracking.open_run(newer).archive()
    assert tracking.open_run("x").uuid == older.uuid
    tracking.open_run(older).archive()
    assert tracking.open_run("x").uuid == newer.uuid


def test_a_name_comes_before_a_prefix_and_a_whole_uuid_before_a_name(root: Path) -> None:
    """A run that is called like the start of a uuid is found, whatever the uuids are."""
    by_uuid = run_of("other", "deadbeef" + "0" * 24)
    assert tracking.open_run("deadbeef").uuid == tracking.open_run("DEAD-BEEF").uuid == by_uuid.uuid
    by_name = run_of("deadbeef", "1" * 32)
    assert tracking.open_run("deadbeef").uuid == by_name.uuid
    assert tracking.open_run("deadbee").uuid == by_uuid.uuid
    like_a_uuid = run_of(by_uuid.uuid, "2" * 32)
    assert tracking.open_run(by_uuid.uuid).uuid == by_uuid.uuid
    assert tracking.open_run(like_a_uuid.uuid).name == by_uuid.uuid
    named_whole = run_of("a" * 32, "3" * 32)
    assert tracking.open_run("a" * 32).uuid == named_whole.uuid
    run_of("x", "1" * 31 + "2")
    with pytest.raises(NotFound, match="2 runs match: 11111111, 11111111; give more of the uuid"):
        tracking.open_run("1111")


def test_a_folder_of_the_current_directory_does_not_hide_a_name(root: Path) -> None:
    """A name comes before a folder; a path with a separator that is a run's comes before a name."""
    run = run_of("digits")
    for name in ("digits", "exp"):
        (root / name).mkdir()
    assert tracking.open_run("digits").uuid == run.uuid
    shutil.copytree(run.path, root / "copy")
    assert tracking.open_run("copy").path == root / "copy"
    assert tracking.open_run("./copy").path == tracking.open_run(Path("copy")).path == root / "copy"
    named = run_of("copy")
    assert tracking.open_run("copy").uuid == named.uuid
    assert tracking.open_run("copy/").path == root / "copy"
    slashed = run_of("exp/run")
    (root / "exp/run").mkdir()
    assert tracking.open_run("exp/run").uuid == slashed.uuid
    shutil.copytree(run.path, root / "exp/run", dirs_exist_ok=True)
    assert tracking.open_run("exp/run").path == root / "exp/run"
    for absent in ("exp", "nothing", "a\x00b", "x" * 5000, "\ud800", ""):
        with pytest.raises(NotFound, match="no run of this uuid or name"):
            tracking.open_run(absent)
    with pytest.raises(NotFound, match="is no run folder"):
        tracking.open_run(Path("nothing"))


def test_curating_a_run_is_no_work_on_it(root: Path) -> None:
    """A note on an old run does not make it the one worked on last."""
    older, newer = run_of("older"), run_of("newer")
    tracking.open_run(older).note("n")
    assert last_worked_on(root).uuid == newer.uuid  # type: ignore[union-attr]
    with tracking.init(run_uuid=older.uuid):
        pass
    assert last_worked_on(root).uuid == older.uuid  # type: ignore[union-attr]


def test_notebooks_of_runs_are_compared_by_name(root: Path) -> None:
    """The names are those of `open_run`."""
    with pytest.raises(NotFound, match="no run of this uuid or name"):
        diff_notebooks("e\u0301", "x")

"""Everything by which a user may mean runs is taken wherever runs are: a DataFrame, runs, views, uuids, names, folders, a root, lists of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.read.find import resolve_runs

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False}


@pytest.fixture
def three(root: Path) -> list[tracking.Run]:
    """Three runs, of which the last is archived."""
    runs = []
    for name in ("a", "b", "c"):
        with tracking.init(root=root, name=name, **QUIET) as run:
            run.log_metric("loss", 1.0, step=0)
        runs.append(run)
    tracking.open_run(runs[2]).archive()
    return runs


def names(runs: object, root: Path | None = None) -> list[str]:
    """The names of the runs that something means."""
    return [folder.name for folder in resolve_runs(runs, root)]


FORMS: dict[str, Callable[[list[tracking.Run], Path], object]] = {
    "runs": lambda runs, _: runs[:2],
    "views": lambda runs, _: (tracking.open_run(run) for run in runs[:2]),
    "uuids": lambda runs, _: {runs[0].uuid: 1, runs[1].uuid: 2}.keys(),
    "prefixes and names": lambda runs, _: [runs[0].uuid[:12], "b"],
    "folders": lambda runs, _: (runs[0].path, str(runs[1].path)),
    "lists": lambda runs, _: [[runs[0]], [[runs[1].uuid]]],
    "frame": lambda _, root: tracking.runs(root).sort_values("name"),
    "rows": lambda _, root: [row for _, row in tracking.runs(root).sort_values("name").iterrows()],
    "column": lambda _, root: tracking.runs(root).sort_values("name")["uuid"],
    "index": lambda _, root: tracking.runs(root).sort_values("name").set_index("uuid"),
    "lineage": lambda runs, root: tracking.lineage(runs[:2], root).sort_values("run_name"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_runs_means_the_same(form: str, three: list[tracking.Run], root: Path) -> None:
    """In the order given."""
    assert names(FORMS[form](three, root), root) == ["a", "b"]


@pytest.mark.parametrize("given", [str, Path, lambda root: [root], lambda root: f"{root}/"])
def test_a_root_means_the_runs_that_are_not_archived(given: Callable[[Path], object], three: list[tracking.Run], root: Path) -> None:
    """The newest first; in a list too."""
    assert names(given(root)) == ["b", "a"]
    assert names(None, root) == ["b", "a"]


def test_a_frame_of_runs_knows_its_root(three: list[tracking.Run], root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is used, and filtered and sorted before."""
    monkeypatch.chdir(tmp_path)
    frame = tracking.runs(root)
    assert names(frame[frame["name"] != "b"].sort_values("name")) == ["a"]
    assert names(tracking.runs(root, archived=True).head(1)) == ["c"]
    assert tracking.open_run(frame.iloc[0]).name == "b"


def test_what_takes_runs_takes_a_frame_of_them(three: list[tracking.Run], root: Path) -> None:
    """To browse, to compare, to read their lineage and problems; one row is a run to open."""
    frame = tracking.runs(root, where="name in [a, b]")
    assert tracking.browse(frame, root).runs == tuple(frame["uuid"])
    assert tracking.compare(frame, "loss", root=root).steps == (0,)
    assert sorted(set(tracking.lineage(frame, root)["run_name"])) == ["a", "b"]
    assert len(tracking.problems(frame, root)) == 0
    assert tracking.open_run(frame.iloc[1], root).name == "a"
    assert tracking.open_run(frame.head(1), root).name == "b"
    with pytest.raises(NotFound, match="is a DataFrame; give a run"):
        tracking.open_run(frame, root)


def test_a_run_in_a_folder_of_another_name_is_found_by_its_uuid(three: list[tracking.Run], root: Path) -> None:
    """As one is that was recorded with `artifacts_path`, or whose folder was given a name by hand."""
    shutil.move(three[0].path, root / "runs" / "by-hand")
    assert names(tracking.runs(root), root) == ["b", "a"]
    assert tracking.open_run(three[0].uuid, root).name == "a"


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        (5, NotFound, "run=5 is a int"),
        ([1.5], NotFound, "run=1.5 is a float"),
        ([None], NotFound, "run=None is a NoneType"),
        ("nosuchrun", NotFound, "no run of this uuid or name"),
        ([[[["deep"]]]], NotFound, "is a list"),
        (pd.DataFrame({"x": [1]}), InvalidArgument, r"a DataFrame with the columns \['x'\] and no uuid"),
    ],
    ids=str,
)
def test_what_means_no_runs_is_refused_by_name(
    given: object, error: type[Exception], told: str, three: list[tracking.Run], root: Path
) -> None:
    """With what would be right."""
    with pytest.raises(error, match=told):
        resolve_runs(given, root)

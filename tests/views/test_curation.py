"""Runs are changed from their table: one or many, by what the page asks for, and each change can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from tests.views.test_run_table import QUIET, told

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.views.widgets.runs_browser import RunsBrowser


@pytest.fixture
def three(root: Path) -> list[str]:
    """Three runs; the first has a tag and a note."""
    uuids = []
    for number in range(3):
        with tracking.init(root=root, name=f"run{number}", tags=["old"][:1] if number == 0 else [], **QUIET) as run:
            run.log_metric("loss", float(number), step=0)
        uuids.append(run.uuid)
    tracking.open_run(uuids[0]).note("first")
    return uuids


def ask(runs: RunsBrowser, verb: str, value: str, *uuids: str) -> dict[str, Any]:
    """What the page is told after it asked for a change."""
    ids = [row["id"] for row in runs._runs.rows if row["uuid"] in uuids]
    runs.table._handle_custom_msg({"curate": [verb, value, ids]}, [])
    return runs.table.said


def undo(runs: RunsBrowser) -> dict[str, Any]:
    """What the page is told after it took the last change back."""
    runs.table._handle_custom_msg({"undo": True}, [])
    return runs.table.said


def documents(root: Path) -> dict[str, bytes]:
    """The bytes of the documents of all runs that are in their place."""
    return {path.parent.name: path.read_bytes() for path in root.glob("runs/*/run.plx.json")}


@pytest.mark.parametrize(
    ("verb", "value", "column", "expected"),
    [
        ("rename", "best", "name", ["best", "best", "run2"]),
        ("tag", "old, new", "tags", ["old, new", "old, new", ""]),
        ("untag", "old", "tags", ["", "", ""]),
        ("note", "look", "note", ["look", "look", ""]),
        ("note", "", "note", ["", "", ""]),
        ("pin", "", "pinned", ["pinned", "pinned", ""]),
        ("archive", "", "archived", ["archived", "archived", ""]),
    ],
)
def test_a_change_of_two_runs_is_in_their_rows_and_goes_back(
    three: list[str], root: Path, verb: str, value: str, column: str, expected: list[str]
) -> None:
    """No other run is touched, and afterwards each has the values that it had."""
    runs = tracking.browse()
    before = {row["uuid"]: dict(row) for row in runs._runs.rows}
    other = documents(root)[three[2]]
    said = ask(runs, verb, value, *three[:2])
    rows = {row["uuid"]: row for row in runs._runs.rows}
    assert [rows[uuid][column] for uuid in three] == expected
    assert (said["error"], said["undo"]) == ("", True)
    assert documents(root)[three[2]] == other
    assert undo(runs)["text"].startswith(f"undone: {verb} of ")
    assert {row["uuid"]: dict(row) for row in runs._runs.rows} == before
    assert not undo(runs)["undo"]


def test_deleted_runs_go_to_the_trash_and_come_back(three: list[str], root: Path) -> None:
    """What was chosen and open goes with them; a table of named runs leaves them out meanwhile."""
    for runs in (tracking.browse(), tracking.browse(three)):
        runs.run = three[0]
        runs.chosen = three
        assert ask(runs, "delete", "", *three[:2])["text"] == "2 runs moved to the trash"
        assert runs.runs == (three[2],)
        assert (runs.chosen, runs.run, runs.browser) == ((three[2],), None, None)
        assert {path.name for path in (root / "trash").iterdir()} == set(three[:2])
        assert undo(runs)["text"] == "undone: delete of 2 runs"
        assert set(runs.runs) == set(three)


def test_archived_runs_are_chosen_no_longer_unless_they_are_shown(three: list[str]) -> None:
    """What is done next means only what is seen."""
    runs = tracking.browse()
    runs.chosen = three[:2]
    ask(runs, "archive", "", three[0])
    assert runs.chosen == (three[1],)
    runs.table.arrangement = {"archived": True}
    ask(runs, "archive", "", three[1])
    assert runs.chosen == (three[1],)
    assert ask(runs, "restore", "", *three[:2])["text"] == "2 runs restored"


def test_a_run_that_refuses_is_named_and_the_others_are_changed(three: list[str], root: Path) -> None:
    """A run that goes on is not deleted; the table says so."""
    with tracking.init(root=root, name="going", **QUIET) as run:
        runs = tracking.browse()
        said = ask(runs, "delete", "", run.uuid, three[0])
        assert said["text"] == "1 run moved to the trash"
        assert said["error"].startswith("going: ")
        assert "is writing to the run" in said["error"]
        assert set(runs.runs) == {run.uuid, *three[1:]}
    assert ask(runs, "tag", " , ", three[1])["error"].endswith("write one, or several with commas between")
    assert ask(runs, "rename", "a/\n", three[1])["error"]


def test_runs_are_exported_beside_the_notebook_and_never_over_a_file(
    three: list[str], root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each .zip opens again; a second export has another name."""
    monkeypatch.chdir(tmp_path)
    runs = tracking.browse(root=root)
    tracking.open_run(three[0], root=root).rename("../a run: étude")
    runs.refresh()
    said = ask(runs, "export", "", three[0])
    found = tmp_path / f"a-run-étude-{three[0][:8]}.zip"
    assert said["text"] == f"exported to {found}"
    assert not said["undo"]
    assert tracking.open_run(found).uuid == three[0]
    ask(runs, "export", "", three[0], three[1])
    assert len(list(tmp_path.glob("*.zip"))) == 3


@pytest.mark.parametrize("wrong", [None, {}, {"curate": "delete"}, {"curate": ["delete", "", "all"]}, {"curate": [1, "", []]}, {"undo": 1}])
def test_what_is_no_request_changes_nothing(three: list[str], root: Path, wrong: object) -> None:
    """Neither does a verb that there is none of."""
    runs = tracking.browse()
    before = documents(root)
    runs.table._handle_custom_msg(wrong, [])
    assert runs.table.said == {}
    assert "nothing that is done to runs" in ask(runs, "explode", "", *three)["error"]
    assert documents(root) == before
    assert told(runs)["name"]

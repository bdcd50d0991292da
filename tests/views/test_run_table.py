"""The table of runs as the page gets it: what people said of runs, what is better of a result, how it was arranged."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances as widget_instances

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from tests.views.test_runs import cells
from tests.views.test_twin import displayed, packed

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False}


@pytest.fixture
def study(root: Path) -> dict[str, str]:
    """A run with two folds, one that failed, and one that is archived: their uuids by their names."""
    uuids = {}
    with tracking.init(root=root, name="study", group="vision", **QUIET) as parent:
        parent.define_metric("speed", goal="max")
        parent.log_metrics({"speed": 1.0, "val/loss": 0.5, "epoch": 1.0}, step=0)
        for name in ("fold0", "fold1"):
            with tracking.init(root=root, name=name, parent=parent.uuid, **QUIET) as fold:
                fold.log_metric("speed", 2.0, step=0)
            uuids[name] = fold.uuid
    uuids["study"] = parent.uuid
    with pytest.raises(RuntimeError), tracking.init(root=root, name="broken", **QUIET) as failed:
        raise RuntimeError("out of memory")
    with tracking.init(root=root, name="old", **QUIET) as old:
        old.log_metric("speed", 9.0, step=0)
    uuids |= {"broken": failed.uuid, "old": old.uuid}
    tracking.open_run(old).archive()
    view = tracking.open_run(parent)
    view.pin()
    view.note("the one")
    return uuids


def told(runs: Any) -> dict[str, list[Any]]:
    """The columns of the table, by the names of the runs."""
    columns = cells(runs.table.table)
    return {column: dict(zip(columns["name"], values, strict=True)) for column, values in columns.items()}


def test_the_page_is_told_what_people_said_of_runs(study: dict[str, str]) -> None:
    """Notes, groups, parents by their ids, pinned and archived ones, and why one failed."""
    runs = tracking.browse()
    found = told(runs)
    assert (found["note"]["study"], found["group"]["study"], found["pinned"]["study"]) == ("the one", "vision", "pinned")
    assert found["parent"] == {name: found["id"]["study"] if name.startswith("fold") else "" for name in found["name"]}
    assert found["why"]["broken"] == "RuntimeError: out of memory"
    assert [name for name, word in found["archived"].items() if word] == ["old"]
    assert study["old"] not in runs.runs
    assert runs.table.table[0]["hides_archived"]


def test_an_archived_run_that_was_asked_for_by_name_is_shown(study: dict[str, str]) -> None:
    """As before: it is hidden only in a root."""
    runs = tracking.browse([study["old"], study["study"]])
    assert set(runs.runs) == {study["old"], study["study"]}
    assert not runs.table.table[0]["hides_archived"]


def test_the_page_is_told_what_is_better_and_how_that_is_known(study: dict[str, str]) -> None:
    """As a run defined it, else as the name lets guess; nothing of a name that says nothing."""
    runs = tracking.browse()
    said = {field["name"]: (field.get("goal"), field.get("why")) for field in runs.table.table[0]["fields"] if field["group"] == "outputs"}
    assert said == {"speed": ("max", "as defined"), "val/loss": ("min", "guessed from its name"), "epoch": (None, None)}
    assert study


def test_the_arrangement_of_a_root_stays_and_goes_into_the_page(study: dict[str, str], shell: InteractiveShell, tmp_path: Path) -> None:
    """Of the same root in the next cell, not of another; saved pages begin with it."""
    runs = tracking.browse()
    assert runs.table.arrangement == {}
    arranged = {"columns": ["name", "outputs.speed"], "sort": ["outputs.speed", True]}
    runs.table.set_state({"arrangement": arranged})
    assert tracking.browse().table.arrangement == arranged
    assert tracking.browse(root=tmp_path / "other").table.arrangement == {}
    assert packed(displayed(shell, tracking.browse())[1][0]["text/html"])["runs"] == {"total": len(study), "arrangement": arranged}


def test_pages_keep_no_artifacts_of_archived_runs(study: dict[str, str], shell: InteractiveShell) -> None:
    """Their rows are there for whoever asks to see them; the fallback names none."""
    page = displayed(shell, tracking.browse())[1][0]["text/html"]
    assert study["old"][:8] not in packed(page)["browsers"]
    assert "old" not in page.split("<script")[0].replace("bold", "").replace("fold", "")


def test_a_goal_that_a_run_defines_meanwhile_is_told(root: Path) -> None:
    """The table is sent anew, although its columns and most of its rows are the same."""
    with tracking.init(root=root, name="going", **QUIET) as run:
        run.log_metric("speed", 1.0, step=0)
        runs = tracking.browse()
        assert "goal" not in runs.table.table[0]["fields"][-1]
        run.define_metric("speed", goal="min")
        runs.poll()
        assert runs.table.table[0]["fields"][-1]["goal"] == "min"


def test_the_page_asks_for_the_courses_of_the_runs_in_sight(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte a point, of the result that is shown first; nothing of a run that has none, and of no run that is not there."""
    uuids = []
    for number in range(3):
        with tracking.init(root=root, name=f"run{number}", **QUIET) as run:
            run.log_metric("epoch", 1.0, step=0)
            for step in range([48, 3, 1][number]):
                run.log_metric("val/loss", [float(step), 5.0, 1.0][number], step=step)
        uuids.append(run.uuid)
    runs = tracking.browse()
    assert runs.table.table[0]["spark"] == "val/loss"
    sent: list[Any] = []
    monkeypatch.setattr(type(runs.table), "send", lambda _self, content, buffers=None: sent.append((content, buffers)))
    ids = [row["id"] for row in runs._runs.rows]
    runs.table._handle_custom_msg({"sparks": [*ids, "nothing", 5]}, [])
    runs.table._handle_custom_msg({"sparks": "all"}, [])
    ((content, buffers),) = sent
    found = dict(zip(content["sparks"], buffers, strict=True))
    assert {uuid[:8]: len(found[uuid[:8]]) for uuid in uuids} == {uuids[0][:8]: 24, uuids[1][:8]: 3, uuids[2][:8]: 0}
    heights = list(found[uuids[0][:8]])
    assert (heights[0], heights[-1]) == (0, 254)
    assert heights == sorted(heights)
    assert list(found[uuids[1][:8]]) == [127] * 3


def test_a_saved_page_has_the_courses_and_few_bytes_for_them(study: dict[str, str], tmp_path: Path) -> None:
    """Twenty-four bytes a run, before they are compressed."""
    pack = packed(tracking.browse().save(tmp_path / "runs.html").read_text("utf-8"))
    head, sizes = next((head, sizes) for scene, _, _, head, sizes in pack["payloads"] if scene == -1)
    assert sizes[head["columns"]["spark"][0]] == 24 * len(study)


def test_a_page_of_five_hundred_runs_weighs_less_than_a_megabyte(root: Path, tmp_path: Path) -> None:
    """With all rows, the course of each run's first result, and every artifact; it asks nobody for more."""
    with tracking.init(root=root, name="trial", tags=["sweep"], **QUIET) as run:
        run.log_inputs(lr=0.1, model="cnn", seed=0, layers=3, dropout=0.5, batch_size=32, optimizer="adam")
        for step in range(12):
            values = np.random.default_rng(step).random(4) / (step + 1)
            run.log_metrics(dict(zip(("train/loss", "val/loss", "val/acc", "f1"), map(float, values), strict=True)), step=step)
    folder = root / "runs" / run.uuid
    document = json.loads((folder / "run.plx.json").read_text("utf-8"))
    random = np.random.default_rng(0)
    for number in range(499):
        uuid = random.bytes(16).hex()
        shutil.copytree(folder, folder.with_name(uuid))
        document["inputs"] |= {"lr": random.random(), "dropout": random.random(), "seed": number % 3}
        outputs = {name: random.random() for name in document["outputs"]}
        changed = {**document, "uuid": uuid, "name": f"trial{number}", "outputs": outputs}
        (folder.with_name(uuid) / "run.plx.json").write_text(json.dumps(changed), "utf-8")
    page = tracking.browse(root=root).save(tmp_path / "runs.html").read_bytes()
    assert len(page) < 1_000_000
    pack = packed(page.decode())
    assert len(pack["browsers"]) == 500
    head = next(head for scene, _, _, head, _ in pack["payloads"] if scene == -1)
    assert (head["rows"], head["spark"]) == (500, "train/loss")


def test_a_table_begins_filtered_grouped_and_with_columns_as_it_is_told(study: dict[str, str]) -> None:
    """By names as filters have them; another table of the root begins so too."""
    runs = tracking.browse(where="speed > 1", group_by="parent", columns=["created_at", "val/loss", "notes"])
    arranged = {"search": "speed > 1", "groups": ["parent"], "columns": ["created", "outputs.val/loss", "note"]}
    assert runs.table.arrangement == arranged
    for filtered in ("age < 2d", "project = default finished > today", "pinned = true or archived = true"):
        assert tracking.browse(where=filtered).table.arrangement == {**arranged, "search": filtered}
    assert tracking.browse(where="speed > 1", columns=["speed"]).table.arrangement == {**arranged, "columns": ["outputs.speed"]}
    assert study


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"where": "speed >"}, "where"),
        ({"where": "sped > 1"}, "sped"),
        ({"group_by": "sped"}, "group_by='sped': there is no such column; near: speed"),
        ({"columns": ["speed", "los"]}, "columns='los'"),
        ({"columns": [5]}, "columns=5"),
        ({"columns": ["age"]}, "columns='age'"),
    ],
)
def test_a_table_refuses_what_it_cannot_begin_with(study: dict[str, str], arguments: dict[str, Any], said: str) -> None:
    """By the argument's name; no widget is left behind."""
    before = set(widget_instances)
    with pytest.raises(InvalidArgument, match=re.escape(said)):
        tracking.browse(**arguments)
    assert set(widget_instances) == before
    assert study

"""The browser of many runs: the table, what is opened and compared below it, and its twin."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances as widget_instances

import jupyter_tracking as tracking
from jupyter_tracking.errors import NotFound
from jupyter_tracking.views.many.comparison_view import ComparisonView
from jupyter_tracking.views.many.plot_view import PlotView
from jupyter_tracking.views.widgets.browser import Browser
from jupyter_tracking.views.widgets.runs_browser import RunsBrowser
from tests.views.test_twin import displayed, packed

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def several(root: Path) -> list[str]:
    """Four runs; the uuids, the newest first."""
    uuids = []
    for number in range(4):
        with tracking.init(
            root=root, name=f"run{number}", tags=["a", "b"][:number], track_code=False, track_env=False, track_logs=False
        ) as run:
            run.log_inputs(lr=0.1**number, optimizer=["adam", "sgd"][number % 2])
            for step in range(3):
                run.log_metric("loss", step / (number + 1), step=step)
            if number != 3:
                run.log_text("note", f"run {number}", step=number)
        uuids.append(run.uuid)
    return uuids[::-1]


def cells(table: list[Any]) -> dict[str, list[Any]]:
    """The columns of a table as the page reads them."""
    head, buffers = table

    def column(name: str) -> np.ndarray[Any, Any]:
        place, kind = head["columns"][name]
        return np.frombuffer(buffers[place], f"<{kind}")

    found: dict[str, list[Any]] = {}
    for number, field in enumerate(head["fields"]):
        name = f"{field['group']}.{field['name']}" if field["group"] else field["name"]
        if field["kind"] == "text":
            found[name] = [field["words"][code] for code in column(f"c{number}")]
        else:
            missing = column(f"n{number}") if f"n{number}" in head["columns"] else np.zeros(head["rows"])
            found[name] = [None if gone else float(v) for v, gone in zip(column(f"v{number}"), missing, strict=True)]
    return found


def test_the_table_has_a_row_a_run_with_inputs_and_last_metrics(several: list[str]) -> None:
    """The newest first; numbers are numbers."""
    runs = tracking.browse()
    assert isinstance(runs, RunsBrowser)
    assert list(runs.runs) == several
    told = cells(runs.table.table)
    assert told["name"] == ["run3", "run2", "run1", "run0"]
    assert told["status"] == ["succeeded"] * 4
    assert told["tags"] == ["a, b", "a, b", "a", ""]
    assert told["inputs.lr"] == pytest.approx([0.001, 0.01, 0.1, 1])
    assert told["inputs.optimizer"] == ["sgd", "adam", "sgd", "adam"]
    assert told["outputs.loss"] == [0.5, pytest.approx(2 / 3), 1, 2]
    assert [uuid.startswith(identity) for uuid, identity in zip(several, told["id"], strict=True)] == [True] * 4


def test_some_runs_or_one_or_another_root_are_browsed_too(several: list[str], root: Path, tmp_path: Path) -> None:
    """Several give a table of these, one its own browser."""
    runs = tracking.browse([several[2], "run0"])
    assert list(runs.runs) == several[2:]
    assert isinstance(tracking.browse("run1"), Browser)
    assert list(tracking.browse(root=root).runs) == several
    assert tracking.browse(root=tmp_path / "nothing").runs == ()


def test_opening_a_run_shows_its_browser_below_and_closes_the_one_before(several: list[str]) -> None:
    """From Python and from the page; `.selected` is that of the browser."""
    runs = tracking.browse()
    assert (runs.run, runs.selected) == (None, None)
    runs.run = several[1]
    before = runs.browser
    assert runs.selected == ("metric", "loss")
    runs.table.set_state({"opened": several[0][:8]})
    assert runs.run == several[0]
    assert before is not None
    assert before.comm is None
    runs.selected = ("metric", "loss")
    runs.table.set_state({"opened": "nothing"})
    assert (runs.run, runs.browser) == (None, None)
    with pytest.raises(NotFound, match="no such run"):
        runs.run = "ffffffff"


def test_ticked_runs_can_be_compared_by_what_they_share(several: list[str]) -> None:
    """The page is told the names that two runs or more have, and asks by kind and name."""
    runs = tracking.browse()
    runs.run = several[0]
    runs.chosen = several[:3]
    assert runs.chosen == tuple(several[:3])
    assert runs.table.shared == [["metric", "loss", 3], ["text", "note", 2]]
    runs.table._handle_custom_msg({"compare": ["metric", "loss", list(runs.table.chosen)]}, [])
    assert runs.comparison is not None
    assert (runs.run, runs.browser) == (None, None)
    assert [member["label"] for member in runs.comparison.content.about["panels"][0]["members"]] == ["run3", "run2", "run1"]
    runs.table._handle_custom_msg({"compare": ["metric", "nothing", list(runs.table.chosen)]}, [])
    assert runs.comparison is None
    for wrong in (None, {}, {"compare": "loss"}, {"compare": [1, 2]}, {"compare": ["a", "b", "c"]}):
        runs.table._handle_custom_msg(wrong, [])
    assert runs.compare("note").steps == (1, 2)


def test_runs_are_compared_in_all_and_plotted_below_the_table(several: list[str], root: Path) -> None:
    """Those that the page names, which it may have told of as chosen or not yet; those that are listed, where it is a call."""
    runs = tracking.browse()
    ids = [row["id"] for row in runs._runs.rows]
    runs.table._handle_custom_msg({"compare": ["", "", ids[:3]]}, [])
    assert isinstance(runs.comparison, ComparisonView)
    assert runs.comparison.runs == tuple(several[:3])
    runs.table._handle_custom_msg({"plot": [*ids[:2], "nobody"]}, [])
    assert isinstance(runs.comparison, PlotView)
    assert runs.comparison.runs == tuple(several[:2])
    assert runs.parallel().runs == runs.runs
    assert runs.parallel([several[1], several[2]]).runs == (several[1], several[2])
    for nothing in ({"compare": ["", "", []]}, {"plot": ["nobody"]}):
        runs.table._handle_custom_msg(nothing, [])
        assert runs.comparison is None
    for wrong in ({"plot": "loss"}, {"plot": [1]}, {"compare": ["", "", "id"]}):
        runs.table._handle_custom_msg(wrong, [])
    runs.close()


def test_a_run_that_goes_on_is_patched_and_a_new_one_makes_the_table_anew(several: list[str], root: Path) -> None:
    """A metric that moves sends its row alone; what is ticked stays."""
    runs = tracking.browse()
    runs.chosen = several[:2]
    first = runs.table.table
    with tracking.init(root=root, name="going", track_code=False, track_env=False, track_logs=False) as run:
        run.log_metric("loss", math.nan, step=0)
        assert runs.poll()
        assert runs.runs[0] == run.uuid
        told = cells(runs.table.table)
        assert (told["status"][0], told["duration"][0]) == ("running", tracking.open_run(run).duration)
        assert math.isnan(told["outputs.loss"][0])
        second = runs.table.table
        assert second != first
        runs.poll()
        assert runs.table.patches == []
        run.log_metric("loss", 0.25, step=1)
        runs.poll()
        assert runs.table.table is second
        ((row, changed),) = runs.table.patches
        assert (row, changed[1:3], changed[-1]) == (0, ["going", "running"], 0.25)
    runs.poll()
    assert runs.table.patches[0][1][2] == "succeeded"
    assert runs.chosen == tuple(several[:2])
    assert runs.running
    assert not tracking.browse(several).poll()


def test_a_broken_run_is_a_row_and_hides_no_other(several: list[str], root: Path) -> None:
    """Its document cannot be read; the rest is as before."""
    folder = root / "runs" / ("f" * 32)
    folder.mkdir()
    (folder / "run.plx.json").write_text("{")
    told = cells(tracking.browse().table.table)
    assert told["status"].count("broken") == 1
    assert len(told["name"]) == len(several) + 1


def test_the_twin_holds_the_table_and_the_newest_runs(several: list[str], shell: InteractiveShell, tmp_path: Path) -> None:
    """Within the budget, the same bytes each time; a saved file holds every run."""
    (_, said), (twin, _) = displayed(shell, tracking.browse())
    page = twin["text/html"]
    assert len(page) <= 256_000
    assert page == displayed(shell, tracking.browse())[1][0]["text/html"]
    header = packed(page)
    assert header["runs"] == {"total": 4}
    assert set(header["browsers"]) == {uuid[:8] for uuid in several}
    assert [run["run_uuid"] for run in said["jupyter_tracking"]["runs"]] == several
    assert twin["text/plain"] == "<4 runs: run3, run2, run1, …>"
    assert "run3" in page.split("<script")[0]
    saved = packed(tracking.browse().save(tmp_path / "runs.html").read_text("utf-8"))
    assert set(saved["browsers"]) == {uuid[:8] for uuid in several}


def test_a_thousand_runs_are_one_message_and_the_twin_keeps_the_newest(root: Path, shell: InteractiveShell) -> None:
    """The page says of how many it has how many."""
    generator = np.random.default_rng(0)
    for number in range(1000):
        uuid = generator.bytes(16).hex()
        folder = root / "runs" / uuid
        folder.mkdir(parents=True)
        outputs = {f"metric{n}": float(v) for n, v in enumerate(generator.random(12))}
        document = {
            "uuid": uuid,
            "name": f"n{number}",
            "status": "succeeded",
            "created_at": f"2026-01-01T{number // 60:02}:{number % 60:02}:00+00:00",
        }
        (folder / "run.plx.json").write_text(json.dumps({**document, "outputs": outputs}))
    runs = tracking.browse()
    head, buffers = runs.table.table
    assert head["rows"] == 1000
    assert len(json.dumps(head)) + sum(map(len, buffers)) < 250_000
    page = displayed(shell, runs)[1][0]["text/html"]
    assert len(page) <= 256_000
    frames = packed(page)["payloads"]
    kept = next(head["rows"] for scene, _, _, head, _ in frames if scene == -1)
    assert 100 < kept < 1000


def test_hostile_texts_stay_texts_in_the_twin(root: Path, shell: InteractiveShell) -> None:
    """No tag of a name or of an input becomes a tag of the page."""
    evil = "</script><img src=x onerror=alert(1)>"
    with tracking.init(root=root, name=evil, tags=[evil], track_code=False, track_env=False, track_logs=False) as run:
        run.log_inputs(**{evil: evil})
    page = displayed(shell, tracking.browse())[1][0]["text/html"]
    assert "<img src=x" not in page


def test_closing_leaves_no_widget_behind(several: list[str]) -> None:
    """With a run open, and with a comparison open."""
    before = set(widget_instances)
    for _ in range(5):
        runs = tracking.browse()
        runs.run = several[0]
        runs.chosen = several[:2]
        runs.compare("loss")
        runs.close()
        tracking.compare(several[:2], "loss").close()
    assert set(widget_instances) == before


def test_the_magic_browses_several_runs_and_a_root(several: list[str], root: Path, shell: InteractiveShell) -> None:
    """`%artifacts` with several runs, or with a root, starts with the table."""
    shell.run_line_magic("load_ext", "jupyter_tracking")
    assert isinstance(shell.run_line_magic("artifacts", ""), Browser)
    assert isinstance(shell.run_line_magic("artifacts", "run1"), Browser)
    assert list(shell.run_line_magic("artifacts", "run0 run1").runs) == several[2:]
    assert list(shell.run_line_magic("artifacts", f"--root {root}").runs) == several

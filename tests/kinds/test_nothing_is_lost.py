"""Where Polyaxon loses or corrupts what was logged, ours does not."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.record.run import Run
from jupyter_tracking.run_view import open_run

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.run_view import RunView


@pytest.mark.parametrize("pair", [("a b", "a.b"), ("loss", "Loss"), ("a/b", "a__b"), ("é", "e"), ("損失", "損"), ("x" * 300, "x" * 301)])
def test_names_that_polyaxon_puts_in_one_file(run: Run, view: RunView, pair: tuple[str, str]) -> None:
    """Two names that come to the same file name there are two artifacts here, and no value is mixed."""
    for value, name in enumerate(pair):
        run.log_metric(name, value, 0)
    assert [view.load(name) for name in pair] == [0.0, 1.0]
    assert len(list((run.path / "events" / "metric").iterdir())) == 2


def test_a_metric_called_reset_is_just_a_metric(run: Run, view: RunView) -> None:
    """In Polyaxon it wipes the outputs."""
    run.log_outputs(best=1.0)
    for name in ("reset", "async_req", "self", "name", "step"):
        run.log_metric(name, 0.5)
    run.log_metrics(reset=0.25, self=1.0)
    run.end()
    assert view.outputs == {"best": 1.0, "reset": 0.25, "async_req": 0.5, "self": 1.0, "name": 0.5, "step": 0.5}


def test_two_kinds_may_share_a_name(run: Run, view: RunView, tmp_path: Path) -> None:
    """Both are there, with their values and their lineage; the name alone asks which."""
    (tmp_path / "it.csv").write_text("a")
    run.log_metric("it", 0.5, 1)
    run.log_text("it", "text", 1)
    run.log_artifact(tmp_path / "it.csv", kind="csv")
    run.end()
    assert view.load("it", "metric") == 0.5
    assert view.load("it", "text") == "text"
    assert view.load("it", "csv").read_text() == "a"
    assert Counter(item["name"] for item in json.loads((run.path / "lineages.plx.json").read_text())) == {"it": 3}
    with pytest.raises(LookupError, match="metric and of a text and of a csv"):
        view.load("it")


def test_a_step_logged_again_keeps_both(run: Run, view: RunView) -> None:
    """Polyaxon overwrites the file; here the second has a file of its own and is the one that is shown."""
    run.log_image([[0.0]], "img", 1, dataformats="HW")
    run.log_image([[1.0]], "img", 1, dataformats="HW")
    run.log_image([[0.5]], "img_1", dataformats="HW")
    paths = view.events("img")["path"].tolist()
    assert paths == ["assets/image/img_1.png", "assets/image/img_1-2.png"]
    assert view.load("img", step=1).tolist() == [[255]]
    assert view.load("img_1").tolist() == [[128]]


def test_true_extremes_of_steps(run: Run) -> None:
    """The lineage has the least and the greatest step, not the first and the last."""
    for step in (5, None, 2, 9, 2):
        run.log_metric("loss", 1.0, step)
    run.end()
    (record,) = json.loads((run.path / "lineages.plx.json").read_text())
    assert record["summary"]["step"] == {"count": 4, "min": 2, "max": 9}


def test_ten_thousand_artifacts_cost_what_ten_thousand_lines_cost(tmp_path: Path) -> None:
    """The bytes written for an artifact do not grow with the number already there."""

    def log(count: int) -> int:
        run = Run(tmp_path / "runs" / f"{count:032x}")
        system = run.store.system
        original: Any = system.write_all
        total = 0

        def counted(fd: int, data: bytes) -> None:
            nonlocal total
            total += len(data)
            original(fd, data)

        system.write_all = counted  # type: ignore[method-assign]
        for number in range(count):
            run.log_data_ref(f"data {number:05d}", hash="abc")
        run.end()
        assert len(open_run(run.path).artifacts()) == count
        return total

    small, large = log(1_000), log(10_000)
    assert large < 10.5 * small
    assert large / 10_000 < 600, "bytes for the line of a record, and its place in the document at the end"

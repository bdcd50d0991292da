"""Scatter plots and parallel coordinates of many runs: what is on their axes, what the page gets of it, and what stays in the notebook."""

from __future__ import annotations

import base64
import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound
from jupyter_tracking.views.export.bundle import scripts_for
from jupyter_tracking.views.export.page import scripts_in
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.widgets.browser import Browser
from tests.views.test_twin import displayed, packed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.views.many.plot_view import PlotView

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False, "quiet": True}
SAMPLES = Path(__file__).resolve().parents[2] / "widgets" / "test" / "samples" / "many"
NOTHING = object()
VALUES = [0.0, 1, 2.5, -3, math.nan, math.inf, -math.inf, NOTHING, "adam", "", True, [1], 2**63]


def record(root: Path, name: str, inputs: dict[str, Any], **outputs: Any) -> tracking.Run:
    """A run that was given these and has this to say."""
    with tracking.init(root=root, name=name, **QUIET) as run:
        run.log_inputs({key: value for key, value in inputs.items() if value is not NOTHING})
        run.log_outputs({key: value for key, value in outputs.items() if value is not NOTHING})
    return run


@pytest.fixture
def search(root: Path) -> list[tracking.Run]:
    """Six runs: a rate over four powers of ten, words, what one has not, and a score that is not a number once."""
    made = []
    for n in range(6):
        inputs = {"lr": 10.0 ** (-n), "optimizer": ["adam", "sgd"][n % 2], "decay": NOTHING if n == 2 else n / 10, "data": "digits"}
        made.append(record(root, f"run{n}", inputs, accuracy=math.nan if n == 4 else 0.5 + n / 20, loss=1 - n / 20))
    return made


def decoded(view: PlotView) -> pd.DataFrame:
    """What the page reads of a view: a column a field, None for what is missing."""
    ((head, buffers),) = view.front.drawn

    def column(name: str) -> np.ndarray[Any, Any]:
        place, kind = head["columns"][name]
        return np.frombuffer(buffers[place], f"<{kind}")

    found: dict[str, list[Any]] = {}
    for n, field in enumerate(head["fields"]):
        if field["kind"] == "number":
            gone = column(f"n{n}") if f"n{n}" in head["columns"] else np.zeros(head["rows"])
            found[field["key"]] = [None if missing else float(v) for v, missing in zip(column(f"v{n}"), gone, strict=True)]
        else:
            found[field["key"]] = [field["words"][code] if code < len(field["words"]) else None for code in column(f"c{n}")]
    return pd.DataFrame(found, dtype=object)


def test_a_scatter_plot_without_names_takes_what_matters_and_says_so(search: list[tracking.Run]) -> None:
    """The most important input over the first score; the input on a logarithmic axis; nobody is left out for a missing value."""
    view = tracking.scatter()
    ((head, _),) = view.front.drawn
    across, up = (head["fields"][n] for n in head["axes"])
    assert (across["key"], across["log"], up["key"]) == ("inputs.lr", True, "outputs.accuracy")
    assert head["note"] == "y: accuracy, the first score; x: lr, the input that has most to do with accuracy"
    assert head["rows"] == head["total"] == 6
    assert head["labels"] == [f"run{n}" for n in reversed(range(6))]
    fields = {field["key"]: field for field in head["fields"]}
    assert "inputs.data" not in fields  # the same in all of them
    assert not fields["inputs.decay"]["log"]
    assert fields["inputs.optimizer"]["words"] == ["adam", "sgd"]
    page = decoded(view)
    assert page["inputs.decay"].tolist() == [0.5, 0.4, 0.3, None, 0.1, 0.0]
    assert math.isnan(page["outputs.accuracy"][1])
    view.close()


def test_parallel_coordinates_have_the_inputs_that_differ_and_the_score(search: list[tracking.Run]) -> None:
    """Coloured by the score, with what each input has to do with it: the figures of `importance`."""
    view = tracking.parallel(tracking.runs())
    ((head, _),) = view.front.drawn
    keys = [field["key"] for field in head["fields"]]
    assert [keys[n] for n in head["axes"]] == ["inputs.lr", "inputs.optimizer", "inputs.decay", "outputs.accuracy"]
    assert keys[head["color"]] == "outputs.accuracy"
    expected = tracking.importance(forest=False)
    assert [row[0] for row in head["importance"]] == expected["input"].tolist()
    assert [row[1] for row in head["importance"]] == pytest.approx(expected["correlation"].tolist())
    chosen = tracking.parallel(search[:2], ["decay", "outputs.loss"], color="optimizer")
    ((head, _),) = chosen.front.drawn
    assert [head["fields"][n]["name"] for n in head["axes"]] == ["decay", "loss"]
    assert (head["rows"], head["score"], head["fields"][head["color"]]["name"]) == (2, "loss", "optimizer")
    view.close()
    chosen.close()


def test_lines_that_are_coloured_by_a_result_are_about_that_result(search: list[tracking.Run]) -> None:
    """The first score is no axis beside it, and what inputs have to do with it is said of it; of words, the first score stays."""
    for color, score in (("loss", "loss"), ("outputs.loss", "loss"), ("optimizer", "accuracy"), (None, "accuracy")):
        view = tracking.parallel(search, color=color)
        ((head, _),) = view.front.drawn
        assert [head["fields"][n]["key"] for n in head["axes"] if head["fields"][n]["group"] == "outputs"] == [f"outputs.{score}"]
        assert head["score"] == score
        view.close()


@pytest.mark.parametrize("examples", [25, pytest.param(300, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_what_the_page_gets_is_what_runs_has(examples: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Numbers, NaN, infinities, words, lists and nothing at all: each value of the frame, and none of another kind."""

    @settings(max_examples=examples, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(VALUES), st.sampled_from(VALUES)), min_size=2, max_size=8))
    def check(rows: list[tuple[Any, Any]]) -> None:
        root = tmp_path_factory.mktemp("generated")
        for n, (one, two) in enumerate(rows):
            record(root, f"run{n}", {"one": one, "n": n}, two=two, score=float(n))
        compare_with_runs(root)

    check()


def compare_with_runs(root: Path) -> None:
    """Each value that the page of a root gets is that of `runs()`."""
    view = tracking.parallel(root=root, columns=["n", "score"])
    frame, page = tracking.runs(root), decoded(view)
    for key in set(page) & set(frame):
        column = frame[key]
        if isinstance(column.dtype, pd.StringDtype):  # in which pandas has one word for NaN and what is missing
            for got, value in zip(page[key], column, strict=True):
                assert got in {None, "NaN"} if pd.isna(value) else got == value
            continue
        numeric = all(
            isinstance(v, int | float | np.number) and not isinstance(v, bool | np.bool_)
            for v in column
            if v is not None and v is not pd.NA
        )
        for got, value in zip(page[key], column, strict=True):
            if value is None or value is pd.NA:
                assert got is None
            elif numeric:
                whole = float(value)
                np.testing.assert_equal(got, whole)
            else:
                assert got == (value if isinstance(value, str) else json.dumps(value))
    for key in set(frame) - set(page):  # only what is the same in all runs is left out
        assert not key.startswith(("inputs", "outputs")) or len(set(frame[key].map(repr))) == 1
    view.close()


def test_mistakes_are_told_by_name(search: list[tracking.Run], root: Path) -> None:
    """A name that is near, an axis too few, a root without runs, inputs that are all the same."""
    with pytest.raises(NotFound, match="optimizer"):
        tracking.scatter(x="optimiser")
    with pytest.raises(NotFound, match="color='acuracy'"):
        tracking.scatter(color="acuracy")
    with pytest.raises(InvalidArgument, match="two or more"):
        tracking.parallel(columns="lr")
    with pytest.raises(InvalidType, match="columns has 3"):
        tracking.parallel(columns=["lr", 3])  # type: ignore[list-item]
    with pytest.raises(InvalidType, match="colour"):
        tracking.scatter(colour="lr")  # type: ignore[call-arg]
    with pytest.raises(NotFound, match="there are no runs under"):
        tracking.scatter(root=root / "empty")
    with pytest.raises(NotFound, match="no output"):
        tracking.scatter([search[0]])


def test_a_run_that_is_clicked_is_opened_below(search: list[tracking.Run]) -> None:
    """By the page or by `.run`; what is brushed in the page is `chosen`."""
    view = tracking.scatter(search)
    assert view.chosen == view.runs == tuple(run.uuid for run in search)
    view.front.opened = search[2].uuid
    assert isinstance(view.browser, Browser)
    assert view.run == search[2].uuid
    view.front.chosen = [search[1].uuid]
    assert view.chosen == (search[1].uuid,)
    view.run = None
    assert view.browser is None
    with pytest.raises(NotFound, match="no such run"):
        view.run = "0" * 32
    view.close()


def test_runs_that_go_on_move(root: Path) -> None:
    """A poll sends the new values; it goes on for as long as a run does."""
    record(root, "done", {"lr": 0.1}, score=0.5)
    run = tracking.init(root=root, name="going", **QUIET)
    run.log_inputs(lr=0.2)
    run.log_metric("score", 0.1, step=0)
    view = tracking.scatter(x="lr", y="score")
    assert decoded(view)["outputs.score"].tolist() == [0.1, 0.5]
    assert view.running
    run.log_metric("score", 0.7, step=1)
    view.front.comm = view.front.comm or object()
    assert view._update()
    assert decoded(view)["outputs.score"].tolist() == [0.7, 0.5]
    run.end()
    view._update()
    assert not view._update()
    view.close()


def test_what_stays_in_the_notebook_is_small_and_whole(search: list[tracking.Run], shell: InteractiveShell, root: Path) -> None:
    """The page has a picture, the plot's own script and not that of all artifacts, and the runs; so has the file of `save`."""
    view = tracking.parallel()
    _, (data, metadata) = displayed(shell, view)
    html = data["text/html"]
    assert len(html) < 120_000
    assert "data:image/png;base64," in html
    assert "rank correlation with accuracy: " in html
    assert scripts_in(html) == set(scripts_for("many"))
    header = packed(html)
    ((_, _, _, head, _),) = header["payloads"]
    assert head["uuids"] == list(view.runs)
    assert [run["run_uuid"] for run in metadata["jupyter_tracking"]["runs"]] == list(view.runs)
    saved = view.save(root / "plot.html").read_text()
    assert "script-src 'sha256-" in saved
    assert "lr, optimizer, decay, accuracy of 6 runs" in saved
    view.close()


def test_a_page_with_little_room_keeps_the_newest_runs(search: list[tracking.Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as fit, of how many is said."""
    view = tracking.scatter()
    whole = view._page("line")
    header = packed(view._page("line", len(whole) - 80))
    ((_, _, _, head, _),) = header["payloads"]
    assert head["total"] == 6
    assert 0 < head["rows"] < 6
    assert head["labels"] == [f"run{n}" for n in (5, 4, 3, 2, 1, 0)][: head["rows"]]
    view.close()


def test_words_that_are_another_in_each_run_do_not_fill_the_page(root: Path) -> None:
    """A page of fewer runs has the words of these alone."""
    for n in range(6):
        record(root, f"run{n}", {"word": f"{n} " * 80, "n": n}, score=n / 2)
    view = tracking.scatter(root)
    whole = view._page("line")
    header = packed(view._page("line", len(whole) - 120))
    ((_, _, _, head, _),) = header["payloads"]
    (field,) = (field for field in head["fields"] if field["name"] == "word")
    assert len(field["words"]) == head["rows"] < 6
    view.close()


def test_the_samples_of_the_page_are_what_is_sent(search: list[tracking.Run]) -> None:
    """`WRITE_SAMPLES=1` writes the file that the page's own tests read."""
    for kind in ("scatter", "parallel"):
        view = getattr(tracking, kind)()
        ((head, buffers),) = view.front.drawn
        text = json.dumps(json_safe({"head": head, "buffers": [base64.b64encode(each).decode() for each in buffers]}), indent=1)
        for n, run in enumerate(search):
            text = text.replace(run.uuid, f"{n:032}")
        file = SAMPLES / f"{kind}.json"
        if os.environ.get("WRITE_SAMPLES"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text + "\n")
        assert json.loads(file.read_text()) == json.loads(text)
        view.close()

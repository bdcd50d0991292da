"""Runs compared in all they have: what differs, results with the best marked, and the metrics they share, of runs and of groups."""

from __future__ import annotations

import base64
import json
import math
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.views.export.bundle import scripts_for
from jupyter_tracking.views.export.page import scripts_in
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.widgets.browser import Browser
from jupyter_tracking.views.widgets.stepper import Stepper
from tests.views.test_twin import displayed, packed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.views.many.comparison_view import ComparisonView

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False, "quiet": True}
SAMPLES = Path(__file__).resolve().parents[2] / "widgets" / "test" / "samples" / "many"


def train(root: Path, name: str, steps: int = 4, **inputs: Any) -> tracking.Run:
    """A run of a few steps: the larger its rate, the worse."""
    with tracking.init(root=root, name=name, **QUIET) as run:
        run.log_inputs(data="digits", epochs=4, **inputs)
        for step in range(steps):
            run.log_metrics({"loss": inputs["lr"] + 1 / (step + 1), "val/accuracy": 1 - inputs["lr"] - 1 / (step + 2)}, step=step)
        run.log_env(content={"python_version": "3.11", "packages": [["numpy", "2.0" if inputs["lr"] > 0.1 else "1.26"], ["pandas", "2.2"]]})
    return run


@pytest.fixture
def search(root: Path) -> list[tracking.Run]:
    """Three models, two seeds each."""
    return [train(root, f"run{n}", model=["forest", "net"][n % 2], lr=0.05 * (n + 1), seed=n // 2) for n in range(4)]


def head_of(view: ComparisonView) -> dict[str, Any]:
    """The head of the table."""
    head: dict[str, Any] = view.front.drawn[0][0]
    return head


def lines(view: ComparisonView, name: str) -> dict[int, tuple[list[float], list[float], list[float]]]:
    """A chart of the page: x, y and the spread of the line of each row."""
    head, buffers = next((head, buffers) for head, buffers in view.front.drawn[1:] if head["name"] == name)

    def column(wanted: str) -> np.ndarray[Any, Any]:
        if wanted not in head["columns"]:
            return np.empty(0)
        place, kind = head["columns"][wanted]
        return np.frombuffer(buffers[place], f"<{kind}")

    ends = np.cumsum(column("count"))[:-1]
    parts = zip(head["rows"], *(np.split(column(each), ends if len(column(each)) else []) for each in ("x", "y")), strict=True)
    spreads = np.split(column("std"), ends) if len(column("std")) else [np.empty(0)] * len(head["rows"])
    return {row: (x.tolist(), y.tolist(), std.tolist()) for (row, x, y), std in zip(parts, spreads, strict=True)}


def test_runs_are_compared_in_all_they_have(search: list[tracking.Run]) -> None:
    """What differs is a column, what is equal a line; the best of each result is marked, and how that is known is said."""
    view = tracking.compare(search)
    head = head_of(view)
    assert [field["key"] for field in head["fields"]] == [
        "inputs.model",
        "inputs.lr",
        "inputs.seed",
        "outputs.loss",
        "outputs.val/accuracy",
    ]
    assert head["same"] == [["data", "digits"], ["epochs", "4"]]
    assert head["best"] == {"3": [[0], "min", "guessed from its name"], "4": [[0], "max", "guessed from its name"]}
    assert head["score"] == "val/accuracy"
    assert [chart[0]["name"] for chart in view.front.drawn[1:]] == ["loss", "val/accuracy"]
    for n, run in enumerate(search):
        expected = tracking.open_run(run).metrics("loss")
        x, y, _ = lines(view, "loss")[n]
        assert x == expected.index.tolist()
        np.testing.assert_allclose(y, expected["loss"], rtol=1e-6)
    assert head["differs"] == [["numpy (package)", [["1.26", [0, 1]], ["2.0", [2, 3]]]]]
    assert head["alike"] == 2
    view.close()


def test_anything_that_means_runs_is_compared(search: list[tracking.Run], root: Path) -> None:
    """A frame of runs(), a part of one, names, uuids, paths, the root, or nothing."""
    frame = tracking.runs(root)
    everything = set(frame["uuid"])
    for runs in (
        None,
        frame,
        frame[frame["inputs.lr"] > 0],
        [f"run{n}" for n in range(4)],
        list(frame["uuid"]),
        [run.path for run in search],
        root,
    ):
        view = tracking.compare(runs)
        assert set(view.runs) == everything
        view.close()
    with pytest.raises(InvalidArgument, match="empty"):
        tracking.compare([])
    with pytest.raises(NotFound):
        tracking.compare(["run0", "no such run"])


def test_groups_are_the_mean_of_their_runs_with_a_band(search: list[tracking.Run], root: Path) -> None:
    """Row and line are pandas' mean and standard deviation; the runs of each are told."""
    view = tracking.compare(search, group_by="model")
    head = head_of(view)
    assert head["labels"] == ["model=forest (n=2)", "model=net (n=2)"]
    assert [[label for label, _ in members] for members in head["members"]] == [["run0", "run2"], ["run1", "run3"]]
    groups = tracking.runs(root, group_by="model")
    place, kind = head["columns"]["v0"]
    mean = np.frombuffer(view.front.drawn[0][1][place], f"<{kind}")
    place, kind = head["columns"]["s0"]
    std = np.frombuffer(view.front.drawn[0][1][place], f"<{kind}")
    np.testing.assert_allclose(mean, groups["outputs.loss.mean"])
    np.testing.assert_allclose(std, groups["outputs.loss.std"])
    tidy = pd.concat([tracking.open_run(run).metrics("loss").assign(model=["forest", "net"][n % 2]) for n, run in enumerate(search)])
    expected = tidy.groupby(["model", "step"])["loss"].agg(["mean", "std"])
    for row, model in enumerate(("forest", "net")):
        x, y, spread = lines(view, "loss")[row]
        assert x == expected.loc[model].index.tolist()
        np.testing.assert_allclose(y, expected.loc[model, "mean"], rtol=1e-6)
        np.testing.assert_allclose(spread, expected.loc[model, "std"], rtol=1e-6)
    with pytest.raises(InvalidArgument, match="modle"):
        tracking.compare(search, group_by="modle")
    with pytest.raises(InvalidArgument, match="group_by="):
        tracking.compare(search, "loss", group_by="model")
    view.close()


VALUE = st.sampled_from([0.0, 1.0, -2.5, 1e-3, math.nan, math.inf])


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_bands_equal_pandas_whatever_is_missing(examples: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Runs that lack steps, have NaN or infinities, or no group: pandas' figures of the runs that have a value."""

    @settings(max_examples=examples, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["a", "b", None]), st.dictionaries(st.integers(0, 5), VALUE, max_size=4)), min_size=1, max_size=5
        )
    )
    def check(runs: list[tuple[str | None, dict[int, float]]]) -> None:
        root = tmp_path_factory.mktemp("generated")
        for n, (kind, values) in enumerate(runs):
            with tracking.init(root=root, name=f"run{n}", **QUIET) as run:
                run.log_inputs(n=n, **({} if kind is None else {"kind": kind}))
                for step, value in values.items():
                    run.log_metric("m", value, step=step)
        if any(kind for kind, _ in runs):
            compare_with_pandas(root, runs)

    check()


def compare_with_pandas(root: Path, runs: list[tuple[str | None, dict[int, float]]]) -> None:
    """Draw the mean and the band of each group, and have pandas count them."""
    view = tracking.compare(root, group_by="kind")
    order = sorted({kind for kind, _ in runs}, key=lambda kind: (kind is None, kind))
    tidy = pd.DataFrame(
        [(kind or "-", step, value) for kind, values in runs for step, value in values.items()], columns=["kind", "step", "m"]
    )
    if sum(bool(values) for _, values in runs) > 1:
        with np.errstate(all="ignore"):
            expected = tidy.groupby(["kind", "step"])["m"].agg(["mean", "std"])
        drawn = lines(view, "m")
        for row, kind in enumerate(order):
            if (kind or "-") not in expected.index:
                assert row not in drawn
                continue
            x, y, spread = drawn[row]
            assert x == expected.loc[kind or "-"].index.tolist()
            np.testing.assert_allclose(y, expected.loc[kind or "-", "mean"], rtol=1e-6)
            np.testing.assert_allclose(spread, expected.loc[kind or "-", "std"], rtol=1e-6)
    view.close()


def test_sixty_runs_make_no_noise_and_fit(root: Path, shell: InteractiveShell) -> None:
    """No warning of matplotlib's, a page within its budget, of few and of many lines; the same of one artifact under a slider."""
    for n in range(60):
        train(root, f"run{n}", lr=n / 100, model="net", seed=n)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Deprecated in traitlets", DeprecationWarning)  # ipywidgets 8.1.0, for each trait of a widget
        view = tracking.compare(tracking.runs(root))
        _, (data, metadata) = displayed(shell, view)
        one = tracking.compare(tracking.runs(root), "loss", "val/accuracy")
        displayed(shell, one)
    html = data["text/html"]
    assert len(html) < 256_000
    assert html.count("<tr>") == 31  # a head, and thirty of the sixty
    assert "equal in all: data digits, epochs 4, model net" in html
    assert "and 30 more" in html
    assert scripts_in(html) == set(scripts_for("many"))
    header = packed(html)
    assert header["payloads"][0][3]["uuids"] == list(view.runs)
    assert len(metadata["jupyter_tracking"]["runs"]) == 60
    assert isinstance(one, Stepper)
    assert [panel["name"] for panel in one.content.about["panels"]] == ["loss", "val/accuracy"]
    view.close()
    one.close()


def test_a_page_with_little_room_keeps_fewer_points_then_charts_then_runs(search: list[tracking.Run]) -> None:
    """What is left out is counted in the head."""
    view = tracking.compare(search)
    whole = packed(view._page("line", None))["payloads"]
    assert [len(whole), whole[0][3]["charts"]] == [3, 2]
    sizes = []
    for budget in range(len(view._page("line")), 0, -200):
        kept = packed(view._page("line", budget))["payloads"]
        sizes.append((len(kept), kept[0][3]["rows"]))
        if sizes[-1][1] == 1:
            break
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == (1, 1)
    assert kept[0][3]["total"] == 4
    view.close()


def test_the_code_of_sessions_is_compared(root: Path, shell: InteractiveShell) -> None:
    """Runs with the same cells are one version; of another the difference is there, as `diff_notebooks` has it."""
    shell.user_ns["root"] = root
    for name, rate in (("one", 0.1), ("two", 0.1), ("three", 0.5)):
        shell.run_cell(
            f"import jupyter_tracking as tracking\nrun = tracking.init(root=root, name={name!r}, track_env=False, track_logs=False, quiet=True)"
        )
        shell.run_cell(f"rate = {rate}\nrun.log_inputs(rate=rate)", store_history=True)
        shell.run_cell("run.end()", store_history=True)
    view = tracking.compare(["one", "three"])
    head = head_of(view)
    assert [name for name, _ in head["code"]] == ["as in one", "as in three"]
    ((name, text),) = head["diffs"]
    assert name == "one → three"
    assert text == tracking.diff_notebooks("one", "three")
    assert "+ rate = 0.5" in text
    view.close()


def test_a_run_is_opened_below_and_one_that_goes_on_is_followed(search: list[tracking.Run], root: Path) -> None:
    """As in the plots of many runs."""
    view = tracking.compare(search)
    view.run = search[1].uuid
    assert isinstance(view.browser, Browser)
    assert not view.running
    view.close()
    run = tracking.init(root=root, name="going", **QUIET)
    run.log_metric("loss", 0.5, step=0)
    view = tracking.compare([search[0], run])
    assert len(lines(view, "loss")[1][0]) == 1
    run.log_metric("loss", 0.25, step=1)
    assert view._update()
    assert lines(view, "loss")[1][:2] == ([0, 1], [0.5, 0.25])
    run.end()
    view.close()


def test_what_cannot_be_read_is_told_and_everything_else_compared(search: list[tracking.Run], root: Path) -> None:
    """A broken document, an environment that is no JSON, an event file of junk: the others are compared."""
    (search[0].path / "outputs" / "env.json").write_text("{")
    next((search[1].path / "events").rglob("loss*")).write_bytes(b"\x00junk\n")
    (search[2].path / "run.plx.json").write_text("[")
    view = tracking.compare(root)
    head = head_of(view)
    assert head["rows"] == 4
    assert ["numpy (package)", "not known"] in [[name, value] for name, having in head["differs"] for value, _ in having]
    assert view.save(root / "page.html").stat().st_size > 10_000
    view.close()


def test_the_magic_compares_runs_or_an_artifact(search: list[tracking.Run], shell: InteractiveShell, root: Path) -> None:
    """Runs alone are compared in all they have; an artifact's name before them is as before; the plots have magics too."""
    shell.run_line_magic("load_ext", "jupyter_tracking")
    view = shell.run_line_magic("compare", f"run0 run1 --root {root}")
    assert view.runs == (search[0].uuid, search[1].uuid)
    groups = shell.run_line_magic("compare", f"--group-by model,seed --root {root}")
    assert len(head_of(groups)["labels"]) == 4
    assert isinstance(shell.run_line_magic("compare", f"loss run0 run1 --root {root}"), Stepper)
    points = shell.run_line_magic("scatter", f"lr val/accuracy run0 run1 run2 --root {root}")
    assert len(points.runs) == 3
    axes = shell.run_line_magic("parallel", f"--columns lr,model,loss --root {root}")
    assert len(axes.front.drawn[0][0]["axes"]) == 3
    for each in (view, groups, points, axes):
        each.close()
    shell.run_line_magic("unload_ext", "jupyter_tracking")


def test_the_samples_of_the_page_are_what_is_sent(search: list[tracking.Run]) -> None:
    """`WRITE_SAMPLES=1` writes the files that the page's own tests read."""
    for name, view in (("comparison", tracking.compare(search)), ("groups", tracking.compare(search, group_by="model"))):
        drawn = [{"head": head, "buffers": [base64.b64encode(each).decode() for each in buffers]} for head, buffers in view.front.drawn]
        text = json.dumps(json_safe(drawn), indent=1)
        for n, run in enumerate(search):
            text = text.replace(run.uuid, f"{n:032}")
        file = SAMPLES / f"{name}.json"
        if os.environ.get("WRITE_SAMPLES"):
            file.write_text(text + "\n")
        assert json.loads(file.read_text()) == json.loads(text)
        view.close()


def test_runs_one_after_the_other_and_rows_of_any_kind_are_compared(root: Path, search: list[tracking.Run]) -> None:
    """As a hand writes it: two views, two rows, dicts and tuples of rows; a list of names is what several names are."""
    frame = tracking.runs(root)
    for view in (
        tracking.compare(search[0], tracking.open_run(search[1])),
        tracking.compare(frame.iloc[-1], frame.iloc[-2]),
        tracking.compare(frame.tail(2).to_dict("records"), root=root),
        tracking.compare(frame.tail(2).itertuples(), root=root),
        tracking.compare(None, [run.path for run in search[:2]], root=root),
    ):
        assert view._line() == "<2 runs compared: 2 metrics shared>"
    assert tracking.compare(frame, ["loss", "val/accuracy"])._line() == tracking.compare(frame, "loss", "val/accuracy")._line()


def test_what_no_run_has_is_told_with_what_any_of_them_has(root: Path, search: list[tracking.Run]) -> None:
    """Also where the newest failed before it logged anything; a run in the place of a name, or a name in that of the runs, is said."""
    with tracking.init(root=root, name="broken", **QUIET):
        pass
    frame = tracking.runs(root)
    with pytest.raises(NotFound, match=r"none of 5 runs has an artifact 'los'; near: 'loss'"):
        tracking.compare(frame, "los")
    with pytest.raises(NotFound, match=r"'loss' is no curve; it is a metric"):
        tracking.compare(frame, "loss", kind="curve")
    with pytest.raises(NotFound, match=r"'run1' is a run: give runs in a list, compare\(\[…, 'run1'\]\)"):
        tracking.compare("run0", "run1", root=root)
    for call in (lambda: tracking.scatter("lr", "loss", root=root), lambda: tracking.importance("loss", root=root)):
        with pytest.raises(NotFound, match="runs come first, None for all of them"):
            call()

"""tracking.best: the run with the best value of a metric, what is better, and its model in one line."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound

if TYPE_CHECKING:
    from pathlib import Path

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False}


@pytest.fixture
def three(root: Path, tmp_path: Path) -> list[tracking.Run]:
    """Three runs, of which the second had the best accuracy, at a step in the middle, and the third the least loss."""
    runs = []
    for name, accuracies, loss in (("a", [0.7, 0.8], 0.5), ("b", [0.6, 0.95, 0.9], math.nan), ("c", [0.91, 0.92], 0.1)):
        with tracking.init(root=root, name=name, **QUIET) as run:
            for step, value in enumerate(accuracies):
                run.log_metric("accuracy", value, step=10 * step)
                (tmp_path / "model.bin").write_text(f"{name} {step}")
                run.log_model(tmp_path / "model.bin", "net", step=10 * step)
            run.log_metric("loss", loss)
            run.log_metric("strange", loss)
            run.log_outputs(final=accuracies[-1], text="x")
        runs.append(run)
    return runs


def test_the_best_run_is_that_of_the_best_value_at_any_step(three: list[tracking.Run], root: Path) -> None:
    """With the value, the step, what was better and how that is known; it is a view like any other."""
    best = tracking.best(root, "accuracy")
    assert isinstance(best, tracking.RunView)
    assert (best.name, best.value, best.step, best.goal, best.why, best.of) == ("b", 0.95, 10, "max", "guessed from its name", 3)
    assert repr(best).endswith(", accuracy 0.95: the best of 3 (greater is better, guessed from its name)>")
    said, which, where = str(best).splitlines()
    assert said == "accuracy 0.95: the best of 3 (greater is better, guessed from its name)"
    assert which.startswith(f"  'b' {best.uuid[:8]}, succeeded")
    assert os.path.samefile(where.strip(), best.path)
    assert (tracking.best(None, "loss", root=root).name, tracking.best(three, "loss").step) == ("c", None)


def test_it_takes_the_name_of_the_column(three: list[tracking.Run], root: Path) -> None:
    """As `runs()` calls it and as charts take it; what is NaN everywhere is not said to be near to itself."""
    by_column = tracking.best(tracking.runs(root), "outputs.accuracy")
    assert (by_column.uuid, by_column.metric, by_column.goal) == (tracking.best(root, "accuracy").uuid, "accuracy", "max")
    with pytest.raises(NotFound, match=r"none of 3 runs has a metric or an output 'acuracy'; near: 'accuracy'"):
        tracking.best(root, "outputs.acuracy")
    with pytest.raises(NotFound, match=r"'loss' is a number in none of 1 runs; there are: 'accuracy', 'final'"):
        tracking.best(three[1], "loss")


def test_its_model_is_one_line(three: list[tracking.Run], root: Path) -> None:
    """The version logged last, or that of the best step."""
    assert tracking.best(root, "accuracy").model().read_text() == "b 2"
    best = tracking.best(root, "accuracy")
    assert best.model(step=best.step).read_text() == "b 1"
    assert best.model("net", 0).read_text() == "b 0"
    with pytest.raises(NotFound, match="net"):
        best.model("nett")


def test_a_run_without_a_model_or_with_several_says_so(root: Path, tmp_path: Path) -> None:
    """By their names."""
    with tracking.init(root=root, name="x", **QUIET) as run:
        run.log_metric("acc", 1.0)
    with pytest.raises(NotFound, match=r"run 'x' \(\w{8}\) has no model"):
        tracking.best(root, "acc").model()
    (tmp_path / "m").write_text("")
    run = tracking.init(root=root, run_uuid=run.uuid, **QUIET)
    run.log_model(tmp_path / "m", "one")
    run.log_model(tmp_path / "m", "two")
    run.end()
    with pytest.raises(NotFound, match="has 2 models: 'one', 'two'; give the name of one"):
        tracking.best(root, "acc").model()


@pytest.mark.parametrize("form", ["frame", "filtered", "runs", "names", "archived"])
def test_it_chooses_among_the_runs_that_are_meant(form: str, three: list[tracking.Run], root: Path) -> None:
    """In every form in which runs are given; one that is archived is not among those of a root."""
    if form == "archived":
        tracking.open_run(three[1]).archive()
    given = {
        "frame": lambda: tracking.runs(root),
        "filtered": lambda: tracking.runs(root, where="not b in name"),
        "runs": lambda: [three[0], three[2]],
        "names": lambda: ["a", "c"],
        "archived": lambda: str(root),
    }[form]()
    assert tracking.best(given, "accuracy", root=root).name == ("b" if form == "frame" else "c")


def test_a_definition_and_a_goal_come_before_the_name(three: list[tracking.Run], root: Path) -> None:
    """Neither of which has to be guessed."""
    run = tracking.init(root=root, run_uuid=three[0].uuid, **QUIET)
    run.define_metric("accuracy", goal="min")
    run.define_metric("strange", goal="min")
    run.end()
    assert (tracking.best(root, "accuracy").value, tracking.best(root, "accuracy").why) == (0.6, "as defined")
    assert tracking.best(root, "strange").name == "c"
    assert tracking.best(root, "accuracy", goal="max").why == "as given"
    assert tracking.best(root, "final", "max").value == 0.92


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        (
            ("strange",),
            InvalidArgument,
            r"whether more or less of 'strange' is better is not known \(its name does not say\); give goal='max'",
        ),
        (("acuracy",), NotFound, "none of 3 runs has a metric or an output 'acuracy'; near: 'accuracy'"),
        (("text", "max"), NotFound, "'text' is a number in none of 3 runs"),
        (("accuracy", "up"), InvalidArgument, "goal='up' is none of max, min and None"),
        ((5,), InvalidType, "metric=5 is a int"),
    ],
    ids=str,
)
def test_what_cannot_be_chosen_by_is_refused(
    asked: tuple[Any, ...], error: type[Exception], told: str, three: list[tracking.Run], root: Path
) -> None:
    """With what would be right."""
    with pytest.raises(error, match=told):
        tracking.best(root, *asked)


def test_of_no_runs_none_is_the_best(root: Path) -> None:
    """As it says."""
    with pytest.raises(NotFound, match="there are no runs to choose from"):
        tracking.best([], "accuracy", root=root)

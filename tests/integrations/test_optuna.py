"""Optuna: trials are rows or runs, and are what the study has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.integrations.optuna import TrackingCallback
from tests.integrations.training import by_step, read, run_example, series

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integrations


def new_study(**more: Any) -> Any:
    """A study that is in memory, and says nothing."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(study_name="hyper", sampler=optuna.samplers.RandomSampler(seed=1), **more)


def objective(trial: Any) -> float:
    """A valley; the fourth trial is pruned, the fifth fails."""
    import optuna

    x, kind = trial.suggest_float("x", -1, 1), trial.suggest_categorical("kind", ["a", "b"])
    for step in range(3):
        trial.report(x + step, step)
    if trial.number == 3:
        raise optuna.TrialPruned("no hope")
    if trial.number == 4:
        raise FloatingPointError("no number")
    return float(x * x + (kind == "a"))


def test_every_trial_is_a_row(root: Path) -> None:
    """Values, best so far, reported values and the table are the study's; the best trial is among the outputs."""
    study = new_study()
    with tracking.init(root=root, quiet=True) as run:
        study.optimize(objective, n_trials=12, callbacks=[TrackingCallback()], catch=FloatingPointError)
    view = read(run)
    values = {trial.number: trial.value for trial in study.trials if trial.value is not None and trial.state.name == "COMPLETE"}
    told = series(view, "value")
    assert {step: value for step, value in told.items() if step != 3} == values
    best = [min(value for number, value in values.items() if number <= step) for step in range(12)]
    assert series(view, "best_value") == by_step(best)
    assert view.load("intermediate_values", step=7).y.tolist() == list(study.trials[7].intermediate_values.values())
    table = view.load("trials")
    assert table["params_x"].tolist() == [trial.params["x"] for trial in study.trials]
    assert table["state"].tolist() == [trial.state.name for trial in study.trials]
    assert (view.outputs["best_trial"], view.outputs["best_x"]) == (study.best_trial.number, study.best_params["x"])
    assert view.inputs["directions"] == {"value": "minimize"}
    assert set(view.load("parameter_importance")["parameter"]) == {"x", "kind"}
    assert len(tracking.runs(root)) == 1


def test_the_table_grows_by_doubling(root: Path) -> None:
    """Of n trials at most 2 n rows are written while the search goes on, and all are there at the end."""
    with tracking.init(root=root, quiet=True) as run:
        new_study().optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=40, callbacks=[TrackingCallback(log_importance=False)])
    view = read(run)
    assert [len(view.load("trials", step=step)) for step in view.steps("trials")] == [1, 2, 4, 8, 16, 32, 40]


def test_every_trial_is_a_run(root: Path) -> None:
    """With its parameters, what it reported step by step, its value, its status, its parent and its group."""
    study = new_study()
    with tracking.init(root=root, quiet=True, name="search") as parent:
        study.optimize(objective, n_trials=6, callbacks=[TrackingCallback(trials="runs")], catch=FloatingPointError)
    runs = tracking.runs(root).set_index("name")
    assert runs["status"].to_dict() == {
        "search": "succeeded",
        **{f"trial-{number}": "succeeded" for number in (0, 1, 2, 5)},
        "trial-3": "stopped",
        "trial-4": "failed",
    }
    for trial in study.trials:
        view = tracking.open_run(f"trial-{trial.number}", root)
        assert view.inputs == trial.params
        assert series(view, "value") == trial.intermediate_values
        document = view.path.joinpath("run.plx.json").read_text()
        assert parent.uuid in document
        assert '"hyper"' in document


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_objective_logs_into_the_run_of_its_trial(root: Path, n_jobs: int) -> None:
    """`track_in_objective`: what the objective logs goes to its trial's run while it runs, also of threads beside each other."""

    def logging(trial: Any) -> float:
        tracking.log_metric("own", trial.number, step=0)
        tracking.log_metric("own", trial.number, step=1)
        return objective(trial)

    study = new_study()
    with tracking.init(root=root, quiet=True, name="search"):
        callback = TrackingCallback(trials="runs")
        study.optimize(callback.track_in_objective(logging), n_trials=6, n_jobs=n_jobs, callbacks=[callback], catch=FloatingPointError)
        tracking.log_metric("after", 1.0)
    assert len(tracking.runs(root)) == 7
    for trial in study.trials:
        view = tracking.open_run(f"trial-{trial.number}", root)
        assert series(view, "own") == {0: trial.number, 1: trial.number}
        assert view.inputs == trial.params
        assert view.status == {3: "stopped", 4: "failed"}.get(trial.number, "succeeded")
    assert ("metric", "after") in tracking.open_run("search", root).artifacts()


@pytest.mark.filterwarnings("ignore:.*set_metric_names is experimental")
def test_several_objectives(root: Path) -> None:
    """Each value is a metric of its name, with its goal."""
    study = new_study(directions=["minimize", "maximize"])
    study.set_metric_names(["loss", "speed"])
    with tracking.init(root=root, quiet=True) as run:
        study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), trial.number), n_trials=5, callbacks=[TrackingCallback()])
    view = read(run)
    assert series(view, "loss") == by_step(trial.values[0] for trial in study.trials)
    assert view.inputs["directions"] == {"loss": "minimize", "speed": "maximize"}
    assert tracking.runs(root, summary="best")["outputs.speed"].tolist() == [4.0]


def test_a_search_that_fails_or_is_interrupted(root: Path) -> None:
    """The run says so, and has the trials until then."""
    for error, status in ((FloatingPointError, "failed"), (KeyboardInterrupt, "stopped")):

        def fail(trial: Any, error: type[BaseException] = error) -> float:
            if trial.number == 3:
                raise error
            return trial.suggest_float("x", 0, 1)

        with pytest.raises(error), tracking.init(root=root, quiet=True) as run:
            new_study().optimize(fail, n_trials=10, callbacks=[TrackingCallback()])
        view = read(run)
        assert view.status == status
        assert list(series(view, "value")) == [0, 1, 2]
        assert len(view.load("trials")) == 4


def test_another_word_for_trials_is_refused(root: Path) -> None:
    """By name, with those there are."""
    with pytest.raises(InvalidArgument, match="trials='table' is none of rows, runs"):
        TrackingCallback(trials="table")
    assert tracking.current_run() is None


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    run_example("optuna", {"study": new_study(), "objective": lambda trial: trial.suggest_float("x", 0, 1)})
    assert len(tracking.open_run("search", root).load("trials")) == 50

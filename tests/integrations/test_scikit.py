"""scikit-learn: scores, curves and tables are those that scikit-learn computes; searches and callbacks, also in workers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.integrations.scikit import TrackingCallback, log_classifier, log_regressor, log_search
from tests.integrations.training import by_step, read, run_example, series, two_classes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integrations


def logistic(**more: Any) -> Any:
    """A classifier that is not fitted."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**{"max_iter": 200, **more})


def search(n_jobs: int = 1, **more: Any) -> Any:
    """A search over a pipeline that is not fitted: three candidates, two splits each."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    pipeline = make_pipeline(StandardScaler(), logistic())
    return GridSearchCV(pipeline, {"logisticregression__C": [0.01, 0.1, 1.0]}, cv=2, n_jobs=n_jobs, **more)


def test_scores_of_a_classifier_are_scikit_learns(root: Path) -> None:
    """Accuracy, F1, precision and recall of each class, the area, the loss: all equal what scikit-learn says; F1 is not 1."""
    from sklearn import metrics

    data = two_classes()
    with tracking.init(root=root, quiet=True) as run:
        model = logistic(C=1e-4).fit(data.X, data.y)
        log_classifier(model, data.X_held, data.y_held)
    values = read(run).outputs
    predicted, scores = model.predict(data.X_held), model.predict_proba(data.X_held)[:, 1]
    assert values["f1"] == metrics.f1_score(data.y_held, predicted, average="weighted") < 1
    assert values["accuracy"] == metrics.accuracy_score(data.y_held, predicted)
    assert values["roc_auc"] == metrics.roc_auc_score(data.y_held, scores)
    assert values["average_precision"] == metrics.average_precision_score(data.y_held, scores)
    assert values["log_loss"] == metrics.log_loss(data.y_held, model.predict_proba(data.X_held))
    for name, of in (("precision", metrics.precision_score), ("recall", metrics.recall_score), ("fbeta_score", metrics.f1_score)):
        assert [values[f"{name}_class_{number}_test"] for number in (0, 1)] == of(data.y_held, predicted, average=None).tolist()


def test_curves_confusion_and_predictions_of_a_classifier(root: Path) -> None:
    """The curves, the matrix (rows are the truth), both tables and the coefficients are those of the model, which is there too."""
    import joblib
    from sklearn import metrics

    data = two_classes()
    with tracking.init(root=root, quiet=True) as run:
        model = logistic().fit(data.X, data.y)
        log_classifier(model, data.X_held, data.y_held, nrows=100, step=3)
    view = read(run)
    predicted, scores = model.predict(data.X_held), model.predict_proba(data.X_held)
    fpr, tpr, _ = metrics.roc_curve(data.y_held, scores[:, 1])
    curve = view.load("roc_curve", step=3)
    assert (curve.x.tolist(), curve.y.tolist(), curve.kind) == (fpr.tolist(), tpr.tolist(), "roc")
    assert view.load("pr_curve").kind == "pr"
    assert np.array_equal(view.load("confusion_matrix").z, metrics.confusion_matrix(data.y_held, predicted))
    assert view.load("test_predictions")["y_pred"].tolist() == predicted[:100].tolist()
    assert np.array_equal(view.load("test_proba_predictions").to_numpy(), scores[:100])
    assert view.load("feature_importance")["importance"].tolist() == sorted(np.abs(model.coef_[0]), reverse=True)
    assert np.array_equal(joblib.load(view.load("model")).predict(data.X_held), predicted)
    assert view.events("model")["framework"].tolist() == ["scikit-learn"]


def test_classes_with_names_and_without_probabilities(root: Path) -> None:
    """Three classes called by words, a classifier that has only a decision function, a class that is never predicted."""
    from sklearn.datasets import load_iris
    from sklearn.svm import LinearSVC

    X, y = load_iris(return_X_y=True, as_frame=True)
    words = y.map({0: "setosa", 1: "versicolor", 2: "virginica"})
    with tracking.init(root=root, quiet=True) as run:
        log_classifier(LinearSVC().fit(X[::2], words[::2]), X[1::2], words[1::2])
        log_classifier(logistic().fit(X[:60], words[:60]), X[1::2], words[1::2], step=1)
    view = read(run)
    assert view.load("confusion_matrix", step=None).x == ["setosa", "versicolor", "virginica"]
    assert {"roc_curve_setosa", "roc_curve_virginica", "pr_curve_versicolor"} <= {name for _, name in view.artifacts()}
    assert view.load("confusion_matrix", step=1).z.sum(axis=0)[2] == 0
    assert view.load("feature_importance", step=None)["feature"].isin(X.columns).all()


def test_scores_of_a_regressor_are_scikit_learns(root: Path) -> None:
    """Each number, the table and the importances; one output and several."""
    from sklearn import metrics
    from sklearn.datasets import load_diabetes
    from sklearn.ensemble import RandomForestRegressor

    X, y = load_diabetes(return_X_y=True)
    with tracking.init(root=root, quiet=True) as run:
        model = RandomForestRegressor(5, random_state=0).fit(X[::2], y[::2])
        log_regressor(model, X[1::2], y[1::2])
        log_regressor(RandomForestRegressor(5).fit(X[::2], np.column_stack([y, -y])[::2]), X[1::2], np.column_stack([y, -y])[1::2], step=1)
    view, predicted = read(run), model.predict(X[1::2])
    first = {name: values.iloc[0] for name in ("r2", "mae", "evs", "me", "rmse") if len(values := view.events(name)["value"])}
    assert first == {
        "r2": metrics.r2_score(y[1::2], predicted),
        "mae": metrics.mean_absolute_error(y[1::2], predicted),
        "evs": metrics.explained_variance_score(y[1::2], predicted),
        "me": metrics.max_error(y[1::2], predicted),
        "rmse": metrics.root_mean_squared_error(y[1::2], predicted),
    }
    assert view.load("test_predictions", step=1).columns.tolist() == [
        "y_test_output_0",
        "y_pred_output_0",
        "y_test_output_1",
        "y_pred_output_1",
    ]


def test_what_is_no_classifier_is_refused_by_name(root: Path) -> None:
    """And a word that is none of ours, and a search that was not fitted; nothing is written."""
    from sklearn.linear_model import LinearRegression

    with tracking.init(root=root, quiet=True) as run:
        with pytest.raises(InvalidArgument, match="classifier=LinearRegression is no classifier"):
            log_classifier(LinearRegression(), [[0.0]], [0])
        with pytest.raises(InvalidArgument, match="regressor=LogisticRegression is no regressor"):
            log_regressor(logistic(), [[0.0]], [0])
        with pytest.raises(InvalidArgument, match="search=GridSearchCV has no cv_results_"):
            log_search(search())
        with pytest.raises(InvalidArgument, match="trials='run' is none of rows, runs; near: 'runs'"):
            TrackingCallback(trials="run")
    assert read(run).artifacts() == []


@pytest.mark.parametrize("trials", ["rows", "runs"])
def test_a_search_is_a_table_or_runs(root: Path, trials: str) -> None:
    """Each candidate with its parameters and scores; as runs each with its splits, and the search's run as its parent."""
    data = two_classes()
    with tracking.init(root=root, quiet=True, name="search") as run:
        found = search(return_train_score=True).fit(data.X, data.y)
        log_search(found, trials=trials)
    view, results = read(run), found.cv_results_
    table = view.load("search")
    assert table["param_logisticregression__C"].tolist() == [0.01, 0.1, 1.0]
    assert table["mean_test_score"].tolist() == results["mean_test_score"].tolist()
    assert series(view, "search/mean_test_score") == by_step(results["mean_test_score"])
    assert view.outputs["best_score"] == found.best_score_
    assert view.outputs["best_logisticregression__C"] == found.best_params_["logisticregression__C"]
    candidates = tracking.runs(root).query("name != 'search'").sort_values("name")
    assert len(candidates) == (3 if trials == "runs" else 0)
    for number, uuid in enumerate(candidates["uuid"]):
        candidate = tracking.open_run(uuid, root)
        assert candidate.inputs == {"logisticregression__C": results["params"][number]["logisticregression__C"]}
        assert series(candidate, "test/score") == by_step(results[f"split{split}_test_score"][number] for split in (0, 1))
        assert series(candidate, "train/score") == by_step(results[f"split{split}_train_score"][number] for split in (0, 1))
        assert candidate.outputs["mean_test_score"] == results["mean_test_score"][number]


def test_a_candidate_that_could_not_be_fitted_is_a_failed_run(root: Path) -> None:
    """The others succeeded; parameters of several types, estimators among them, are a column."""
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    data = two_classes()
    grid = [{"scale": [StandardScaler(), "passthrough"]}, {"scale": [MinMaxScaler()], "fit__C": [-1.0]}]
    with tracking.init(root=root, quiet=True, name="search") as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log_search(GridSearchCV(Pipeline([("scale", "passthrough"), ("fit", logistic())]), grid, cv=2).fit(data.X, data.y), trials="runs")
    assert read(run).load("search")["param_scale"].tolist() == ["StandardScaler()", "passthrough", "MinMaxScaler()"]
    statuses = tracking.runs(root).set_index("name")["status"].to_dict()
    assert statuses == {"search": "succeeded", "search-0": "succeeded", "search-1": "succeeded", "search-2": "failed"}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_callback_logs_from_every_worker(root: Path, n_jobs: int) -> None:
    """Each fit of a search is a value, wherever it ran; the table, the best model and the parameters come from this process."""
    import joblib

    data = two_classes()
    with tracking.init(root=root, quiet=True) as run:
        found = search(n_jobs).set_callbacks(TrackingCallback()).fit(data.X, data.y)
    view = read(run)
    assert sorted(series(view, "search/fit_seconds")) == list(range(6))
    assert view.load("search")["mean_test_score"].tolist() == found.cv_results_["mean_test_score"].tolist()
    assert view.inputs["estimator__logisticregression__max_iter"] == 200
    loaded = joblib.load(view.load("model"))
    assert np.array_equal(loaded.predict(data.X_held), found.predict(data.X_held))
    assert b"jupyter_tracking" not in view.load("model").read_bytes()  # it loads where this package is not installed
    # A worker that idles is no writer: the end of the run was the end.
    assert view.status == "succeeded"


def test_the_scores_of_iterations_are_those_of_scikit_learns_monitor(root: Path) -> None:
    """Step by step, exactly."""
    from sklearn.callback import ScoringMonitor

    data, monitor = two_classes(), ScoringMonitor(scoring="accuracy")
    with tracking.init(root=root, quiet=True) as run:
        logistic().set_callbacks(monitor, TrackingCallback(scoring="accuracy")).fit(data.X, data.y)
    told = {row["task_id"]: row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "lbfgs-iter"}
    assert series(read(run), "train/accuracy") == told
    assert len(told) > 5


def test_a_fit_that_fails_logs_no_model(root: Path) -> None:
    """What was fitted before is not taken for it."""
    data = two_classes()
    found = search()
    with pytest.raises(ValueError, match="All the 2 fits failed"), tracking.init(root=root, quiet=True) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found.set_callbacks(TrackingCallback()).fit(data.X, data.y)
        found.set_params(param_grid={"logisticregression__C": [-1.0]}).fit(data.X, data.y)
    view = read(run)
    assert view.status == "failed"
    assert len(view.lineage().query("kind == 'model'")) == 1


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    data = two_classes()
    names = {"GridSearchCV": GridSearchCV, "LogisticRegression": LogisticRegression}
    run_example("scikit", {**names, "X_train": data.X, "y_train": data.y, "X_test": data.X_held, "y_test": data.y_held})
    assert {"search", "confusion_matrix", "f1"} <= {name for _, name in tracking.open_run("digits", root).artifacts()}

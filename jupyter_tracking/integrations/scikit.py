"""scikit-learn: what a fitted model is worth on held-out data, the table of a search, and a callback where scikit-learn calls one.

    from jupyter_tracking.integrations.scikit import log_classifier, log_search

    with tracking.init(name="digits"):
        search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1, 10]}).fit(X_train, y_train)
        log_search(search)  # a row a candidate; trials="runs": a run a candidate
        log_classifier(search.best_estimator_, X_test, y_test)

From scikit-learn 1.9 on, `GridSearchCV(…).set_callbacks(TrackingCallback())` logs while `fit` is going on, also from the workers of
`n_jobs=2`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.integrations import base
from jupyter_tracking.integrations.fitted import log_fitted
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FINAL = {"refit-with-best-params", "fit-final-estimator"}  # the tasks that are the training of the model itself


def _sklearn(module: str) -> Any:
    return base.framework(f"sklearn.{module}", "scikit-learn")


# --- a fitted model -----------------------------------------------------------------------------------


def log_classifier(
    classifier: Any,
    X_test: Any,  # noqa: N803 - scikit-learn's and Polyaxon's name
    y_test: ArrayLike,
    nrows: int = 1000,
    run: Run | None = None,
    step: int | None = None,
    log_model: bool = True,
) -> None:
    """Log what a fitted classifier is worth on held-out data.

    As inputs its parameters; as metrics accuracy, weighted F1, precision, recall, F1 and support of each class, and where it has scores
    the area under the ROC curve and the log loss; a confusion matrix, ROC and precision-recall curves (of several classes one each, against
    the others), tables of predictions and probabilities, the importance of features, and the model.

    Args:
        classifier: fitted; a pipeline or a search too.
        X_test: shape (n, features), data it was not fitted on.
        y_test: shape (n,), the true classes.
        nrows: how many rows of the tables at most.
        run: by default the active run; where none is active, one is started.
        step: the step of all that is logged, such as the number of a fold.
        log_model: log the model, as `joblib` writes it.

    Raises:
        MissingExtra: scikit-learn is not installed.
        InvalidArgument: no classifier.
    """
    _check("classifier", classifier)
    metrics, target = _sklearn("metrics"), base.CallbackRun(run).run
    truth, predicted = _array(y_test), _array(classifier.predict(X_test))
    if predicted.ndim > 1:
        raise InvalidArgument(f"classifier predicts {predicted.shape[1]} outputs; log the scores of each by yourself")
    base.log_parameters(target, classifier.get_params())
    classes = list(_sklearn("utils.multiclass").unique_labels(truth, predicted))
    values: dict[str, float] = {}
    scores = metrics.precision_recall_fscore_support(truth, predicted, labels=classes, zero_division=0)
    for name, each in zip(("precision", "recall", "fbeta_score", "support"), scores, strict=True):
        values |= {f"{name}_class_{number}_test": float(value) for number, value in enumerate(each)}
    values["accuracy"] = float(metrics.accuracy_score(truth, predicted))
    values["f1"] = float(metrics.f1_score(truth, predicted, average="weighted", zero_division=0))
    target.log_confusion_matrix("confusion_matrix", y_true=truth, y_pred=predicted, labels=classes, step=step)
    values |= _log_scores(target, classifier, X_test, truth, nrows, step)
    target.log_metrics(values, step=step)
    base.set_goals(target, {"accuracy": "max", "f1": "max", "roc_auc": "max" if "roc_auc" in values else None})
    _log_table(target, {"y_true": truth, "y_pred": predicted}, "test_predictions", nrows, step)
    log_fitted(target, classifier, step, values["accuracy"], log_model=log_model)


def log_regressor(
    regressor: Any,
    X_test: Any,  # noqa: N803
    y_test: ArrayLike,
    nrows: int = 1000,
    run: Run | None = None,
    step: int | None = None,
    log_model: bool = True,
) -> None:
    """Log what a fitted regressor is worth on held-out data.

    As inputs its parameters; as metrics the explained variance (`evs`), the largest error (`me`), the mean absolute error (`mae`), the root
    of the mean squared error (`rmse`) and `r2`; a table of predictions, the importance of features, and the model.

    Args:
        regressor: fitted; a pipeline or a search too.
        X_test: shape (n, features), data it was not fitted on.
        y_test: shape (n,) or (n, outputs), the true values.
        nrows: how many rows of the table at most.
        run: by default the active run; where none is active, one is started.
        step: the step of all that is logged, such as the number of a fold.
        log_model: log the model, as `joblib` writes it.

    Raises:
        MissingExtra: scikit-learn is not installed.
        InvalidArgument: no regressor.
    """
    _check("regressor", regressor)
    metrics, target = _sklearn("metrics"), base.CallbackRun(run).run
    truth, predicted = _array(y_test), _array(regressor.predict(X_test))
    base.log_parameters(target, regressor.get_params())
    values = {"r2": metrics.r2_score(truth, predicted), "mae": metrics.mean_absolute_error(truth, predicted)}
    values["rmse"] = metrics.mean_squared_error(truth, predicted) ** 0.5
    values["evs"] = metrics.explained_variance_score(truth, predicted)
    if predicted.ndim == 1:
        values["me"] = metrics.max_error(truth, predicted)
        table = {"y_true": truth, "y_pred": predicted}
    else:
        table = {f"{name}_output_{n}": y[:, n] for n in range(predicted.shape[1]) for name, y in (("y_test", truth), ("y_pred", predicted))}
    target.log_metrics({name: float(value) for name, value in values.items()}, step=step)
    base.set_goals(target, {"r2": "max", "evs": "max", "mae": "min", "rmse": "min"})
    _log_table(target, table, "test_predictions", nrows, step)
    log_fitted(target, regressor, step, float(values["r2"]), log_model=log_model)


def _check(what: str, estimator: Any) -> None:
    if not getattr(_sklearn("base"), f"is_{what}")(estimator):
        raise InvalidArgument(f"{what}={type(estimator).__name__} is no {what}; give a fitted {what} of scikit-learn")


def _array(values: Any) -> NDArray[Any]:
    import numpy as np

    found = np.asarray(values)
    return found.ravel() if found.ndim == 2 and found.shape[1] == 1 else found  # noqa: PLR2004


def _log_scores(run: Run, classifier: Any, X: Any, truth: NDArray[Any], nrows: int, step: int | None) -> dict[str, float]:  # noqa: N803
    """Log curves and probabilities of a classifier that has scores; return the metrics made of them."""
    import numpy as np

    metrics, classes, values = _sklearn("metrics"), classifier.classes_, {}
    if hasattr(classifier, "predict_proba"):
        scores = classifier.predict_proba(X)
        columns = {str(base.plain(label)): scores[:, number] for number, label in enumerate(classes)}
        _log_table(run, columns, "test_proba_predictions", nrows, step)
        if {*truth.tolist()} <= {*classes.tolist()}:
            values["log_loss"] = float(metrics.log_loss(truth, scores, labels=classes))
    elif hasattr(classifier, "decision_function"):
        scores = classifier.decision_function(X)
        scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
    else:
        return values
    binary = len(classes) == 2  # noqa: PLR2004
    areas = []
    for number, label in enumerate(classes):
        hits = truth == label
        if (binary and number == 0) or not hits.any() or hits.all():  # of two classes the second is the positive one
            continue
        suffix, column = "" if binary else f"_{base.plain(label)}", scores[:, number]
        fpr, tpr, _ = metrics.roc_curve(hits, column)
        areas.append(float(metrics.auc(fpr, tpr)))
        run.log_roc_auc_curve(f"roc_curve{suffix}", fpr, tpr, areas[-1], step=step)
        precision, recall, _ = metrics.precision_recall_curve(hits, column)
        average = float(metrics.average_precision_score(hits, column))
        run.log_pr_curve(f"pr_curve{suffix}", precision, recall, average, step=step)
        if binary:
            values["average_precision"] = average
    if areas:
        values["roc_auc"] = sum(areas) / len(areas)
    return values


def _log_table(run: Run, columns: dict[str, Any], name: str, nrows: int, step: int | None) -> None:
    import pandas as pd

    run.log_dataframe(pd.DataFrame(columns).head(nrows), name, step=step)


# --- a search -----------------------------------------------------------------------------------------


def log_search(search: Any, run: Run | None = None, trials: str = "rows", name: str = "search", log_model: bool = True) -> None:
    """Log a search that was fitted: `GridSearchCV`, `RandomizedSearchCV`, or one that halves.

    As outputs the best score, its parameters and the number of the candidate; each mean score as a metric with a value a candidate
    (`search/mean_test_score`); the best model; and every candidate, as a row of a table or as a run.

    Args:
        search: fitted.
        run: by default the active run; where none is active, one is started.
        trials: `"rows"`: a table with a row a candidate; `"runs"`: beside it a run for each candidate, with this run as its parent, the
            candidate's parameters as inputs, and the score of each split as a value of `test/score`.
        name: what the table is called, and the group of the runs.
        log_model: log the best model, as `joblib` writes it.

    Raises:
        MissingExtra: scikit-learn is not installed.
        InvalidArgument: it was not fitted, or `trials` is another word.
    """
    import pandas as pd

    _sklearn("base")
    base.check_trials(trials)
    if not hasattr(search, "cv_results_"):
        raise InvalidArgument(f"search={type(search).__name__} has no cv_results_; give a search that was fitted")
    target = base.CallbackRun(run).run
    about = {"search": type(search).__name__, "n_splits": search.n_splits_}
    base.log_parameters(target, search.get_params(deep=False) | about)
    table = base.plain_table(pd.DataFrame(search.cv_results_).drop(columns="params"))  # a parameter may be an estimator
    target.log_dataframe(table, name)
    means = [column for column in table if str(column).startswith(("mean_test_", "mean_train_"))]
    for number, row in enumerate(table[means].itertuples(index=False)):
        target.log_metrics({f"{name}/{column}": float(value) for column, value in zip(means, row, strict=True)}, step=number)
    base.set_goals(target, {f"{name}/{column}": "max" for column in means})
    if hasattr(search, "best_index_"):
        best = {"best_score": getattr(search, "best_score_", None), "best_index": int(search.best_index_)}
        base.log_results(target, {**best, **{f"best_{key}": value for key, value in search.best_params_.items()}})
    if trials == "runs":
        for number, parameters in enumerate(search.cv_results_["params"]):
            _log_candidate(target, number, parameters, table.iloc[number], name)
    if log_model and hasattr(search, "best_estimator_"):
        log_fitted(target, search, None, getattr(search, "best_score_", None), log_model=True)


def _log_candidate(parent: Run, number: int, parameters: dict[str, Any], row: Any, group: str) -> None:
    with base.part_of(parent, Run, f"{group}-{number}", parameters, group) as run:
        for split in range(len(row)):
            values = {f"{part}/{column.partition(f'_{part}_')[2]}": float(value) for part in ("test", "train")
                      for column, value in row.items() if str(column).startswith(f"split{split}_{part}_")}  # fmt: skip
            if values:
                run.log_metrics(values, step=split)
        scores = {key: float(value) for key, value in row.items() if str(key).startswith(("mean_", "std_", "rank_"))}
        base.log_results(run, scores)
        failed = [key for key, value in scores.items() if key.startswith("mean_test_") and value != value]  # noqa: PLR0124 - NaN
        if failed:
            run.log_status("failed", "FitFailed", "at least one split could not be fitted or scored")


# --- scikit-learn's callbacks -------------------------------------------------------------------------


class TrackingCallback(base.RunCallback):
    """Logs a `fit` while it is going on, where scikit-learn calls callbacks: `estimator.set_callbacks(TrackingCallback())`, from 1.9 on.

    The run has the parameters of the outermost estimator; of each iteration that an estimator tells, its score on the training data; of
    each fit in a search how long it took; and when `fit` is over, what `log_search` logs of a search, or the model.
    """

    def __init__(
        self,
        run: Run | None = None,
        scoring: Any = None,
        trials: str = "rows",
        log_model: bool = True,
        max_propagation_depth: int | None = None,
    ) -> None:
        """Log to a run.

        Args:
            run: by default the active run; where none is active, one is started.
            scoring: the scores of each iteration, as for `GridSearchCV`: a name, several, or a function; None: none are computed.
            trials: as in `log_search`.
            log_model: log the model when `fit` is over.
            max_propagation_depth: how deep inside the estimator others are logged; None: all of them.

        Raises:
            MissingExtra: scikit-learn is not installed.
            InvalidArgument: `trials` is another word.
        """
        _sklearn("base")
        base.check_trials(trials)
        self._target = base.CallbackRun(run)
        self._scoring = [scoring] if isinstance(scoring, str) else scoring
        self._trials = trials
        self._log_model = log_model
        self._fitted = False
        self._max_propagation_depth = max_propagation_depth

    @property
    def max_propagation_depth(self) -> int | None:
        """How deep inside the estimator others are logged."""
        return self._max_propagation_depth

    def setup(self, estimator: Any, context: Any) -> None:  # noqa: ARG002 - scikit-learn's hooks have their arguments
        """Log the parameters of the outermost estimator."""
        self._fitted = False
        with self._target.joined() as run:
            base.log_parameters(run, {"estimator": type(estimator).__name__, **estimator.get_params()})

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any = None,  # noqa: N803
        y: Any = None,
        metadata: Any = None,
        fitted_estimator: Any = None,
    ) -> bool:
        """Log what is known of a part of the work that is done."""
        place = list(_around(context))
        if context.parent is None:
            self._fitted = True  # fit() has not failed
        elif context.source_task_name == "candidate-split-evaluation":
            seconds = (datetime.now(UTC) - context.init_time).total_seconds()
            with self._target.joined() as run:
                run.log_metrics({"search/fit_seconds": seconds}, step=context.task_id)
        if self._scoring is not None and fitted_estimator is not None and y is not None and _is_iteration(context):
            if any(each.source_task_name == "candidate-split-evaluation" for each in place):
                return False  # of the hundreds of fits of a search, the scores are in its table
            scorer = _sklearn("metrics").check_scoring(estimator, self._scoring)
            found = scorer(fitted_estimator, X, y, **(metadata or {}))
            found = found if isinstance(found, dict) else {"score": found}
            inside = (each.source_task_name for each in reversed(place) if each.source_task_name)
            prefix = "".join(f"{name}/" for name in inside if name not in _FINAL)
            with self._target.joined() as run:
                run.log_metrics({f"{prefix}train/{name}": float(value) for name, value in found.items()}, step=context.task_id)
        return False

    def teardown(self, estimator: Any, context: Any) -> None:
        """Log what was fitted."""
        if not self._fitted or context.parent is not None:
            return
        with self._target.joined() as run:
            if hasattr(estimator, "cv_results_"):
                log_search(estimator, run, self._trials, log_model=self._log_model)
            else:
                log_fitted(run, estimator, None, None, log_model=self._log_model)


def _around(context: Any) -> Any:
    while context is not None:
        yield context
        context = context.parent


def _is_iteration(context: Any) -> bool:
    """Return whether a task is one of many in a row inside of one fit, and no fit."""
    return context.task_name != "fit" and context.parent is not None and context.parent.sequential_subtasks


Callback = TrackingCallback

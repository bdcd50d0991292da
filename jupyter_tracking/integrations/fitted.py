"""What an estimator of scikit-learn says of itself when it is fitted: how important features are to it, and the model."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jupyter_tracking.record.run import Run


def log_fitted(run: Run, estimator: Any, step: int | None, score: float | None, *, log_model: bool) -> None:
    """Log how important features are to an estimator, where it says so, and the estimator itself, as `joblib` writes it.

    Args:
        run: the run.
        estimator: fitted; of a search its best one, of a pipeline the importance that its last one says.
        step: the step of both.
        score: what to say of the model.
        log_model: log the estimator too.
    """
    fitted = getattr(estimator, "best_estimator_", estimator)
    last = fitted[-1] if hasattr(fitted, "steps") else fitted
    importance = _importance(last)
    if importance is not None:
        names = _feature_names(fitted, last, len(importance))
        base.log_importance(run, {"feature": names, "importance": importance}, step)
    if log_model:
        joblib = base.framework("joblib", "joblib")
        bare = _without_callbacks(fitted)
        about = {"framework": "scikit-learn", "estimator": type(fitted).__name__, "score": score}
        base.log_saved_model(run, lambda path: joblib.dump(bare, path), "model.joblib", step, about)


def _importance(estimator: Any) -> NDArray[Any] | None:
    """Return how important each feature is to an estimator: what it says itself, or how large its coefficients are."""
    import numpy as np

    found = getattr(estimator, "feature_importances_", None)
    if found is None:
        found = getattr(estimator, "coef_", None)
        if found is None or hasattr(found, "toarray"):  # sparse coefficients are of very many features
            return None
        found = np.abs(np.atleast_2d(found)).mean(axis=0)
    found = np.asarray(found, dtype=float)
    return found if found.ndim == 1 else None


def _feature_names(fitted: Any, last: Any, count: int) -> list[str]:
    """Return what the features are called that the last estimator of a pipeline was fitted on."""
    names = getattr(last, "feature_names_in_", None)
    if names is None and fitted is not last:
        try:
            names = fitted[:-1].get_feature_names_out()
        except (AttributeError, ValueError):  # a transformer that does not tell
            names = None
    elif names is None:
        names = getattr(fitted, "feature_names_in_", None)
    return [str(name) for name in names] if names is not None and len(names) == count else [f"x{number}" for number in range(count)]


def _without_callbacks(estimator: Any) -> Any:
    """Return the estimator without what `set_callbacks` gave it: a saved model can be loaded where this package is not installed."""
    if not hasattr(estimator, "_skl_callbacks"):
        return estimator
    bare = copy.copy(estimator)
    del bare._skl_callbacks  # noqa: SLF001 - scikit-learn has no way to take callbacks back
    return bare

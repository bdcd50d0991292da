"""How much each input of many runs has to do with a result: rank correlations with their intervals, and the permutations of a forest."""

from __future__ import annotations

import math
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from jupyter_tracking.errors import InvalidArgument, MissingExtra, NotFound
from jupyter_tracking.frames.many.run_columns import RunColumns, several_runs
from jupyter_tracking.frames.many.scores import first_score
from jupyter_tracking.kinds.calls import checks_arguments

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.frames.many.run_columns import RunColumn

    _Floats = NDArray[np.float64]

_NORMAL = 1.959963984540054  # standard deviations on both sides of the mean, between which 95% lie
_RESAMPLED = 400
_LEAST_OF_INTERVAL = 4  # pairs, of which an interval can be said
_LEAST_OF_FOREST = 10
_MOST_OF_FOREST = 5_000
_TREES = 100
_REPEATS = 10


class Importance(NamedTuple):
    """What one input has to do with a result.

    Attributes:
        input: its name.
        correlation: from -1 to 1, or from 0 to 1 where the measure is "eta"; NaN where there is nothing to correlate.
        low: the lower end of the interval that holds it in 95 of 100 such samples.
        high: the upper end.
        n: the runs that have both.
        measure: "spearman", or "eta" for an input of more than two words, which have no order.
    """

    input: str
    correlation: float
    low: float
    high: float
    n: int
    measure: str


@checks_arguments
def importance(
    runs: Any = None, result: str | None = None, *, root: str | os.PathLike[str] | None = None, forest: bool | None = None
) -> pd.DataFrame:
    """Return how much each input has to do with a result, the most important first: `input correlation low high n measure`.

    `correlation` is Spearman's, over the runs that have both: 1 where the result always rises with the input, -1 where it always falls.
    Of an input of two words the second in alphabetical order counts as the higher. More words have no order: of them it is eta, the
    root of the share of the result's ranks that the words explain, from 0 to 1, less what chance explains. `low` and `high` are the ends
    of the 95% interval: of Spearman's by Fisher's transformation with the variance of Bonett and Wright, of eta by 400 samples drawn with
    repeats. Inputs that are the same in all runs are left out.

    With `forest` there are two more columns, `forest` and `forest_std`: by how much R² of a random forest of 100 trees falls when an
    input is shuffled, the mean and the standard deviation of 10 times. It sees what inputs do together, and what no order shows.

    Args:
        runs: the runs, each as `open_run` takes it, or a frame of `runs()`; all under the root when None.
        result: an output that is a number; by default the first score.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        forest: whether to grow the forest; by default where scikit-learn is installed and there are 10 runs.

    Raises:
        NotFound: there is no such run or output.
        InvalidArgument: the result is no number.
        MissingExtra: `forest=True` without scikit-learn.
    """
    columns = RunColumns(several_runs(runs, root))
    score = result_of(columns, result)
    inputs = [column for column in columns.inputs if column.differs]
    found = [correlate(column, score) for column in inputs]
    frame = pd.DataFrame(found, columns=list(Importance._fields)).astype(
        {"input": object, "correlation": float, "low": float, "high": float, "n": "int64", "measure": object}
    )
    grown = _forest(inputs, score, asked=forest)
    if grown is not None:
        frame["forest"], frame["forest_std"] = grown
    order = frame["correlation"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return frame.loc[order].reset_index(drop=True)


def most_important(columns: RunColumns, score: RunColumn) -> list[Importance]:
    """Return what each input that differs has to do with a result, the most important first."""
    found = [correlate(column, score) for column in columns.inputs if column.differs]
    return sorted(found, key=lambda each: (math.isnan(each.correlation), -abs(each.correlation)))


def result_of(columns: RunColumns, name: str | None, argument: str = "result") -> RunColumn:
    """Return an output by its name, or the first score.

    Raises:
        NotFound: there is no such output, or none that is a number.
        InvalidArgument: it is no number.
    """
    if name is None:
        found = first_score(columns)
        if found is None:
            raise NotFound(f"{argument} is missing, and no output of these {len(columns)} runs is a number that differs")
        return found
    column = columns.find(name, argument, "outputs")
    if not column.is_number:
        raise InvalidArgument(
            f"{argument}={name!r} is no number in all runs; give one of {', '.join(c.name for c in columns.results) or '-'}"
        )
    return column


# --- correlations --------------------------------------------------------------------------------


def correlate(column: RunColumn, score: RunColumn) -> Importance:
    """Return what an input has to do with a result, over the runs that have both."""
    both = ~(np.isnan(column.numbers) | np.isnan(score.numbers))
    x, y, n = column.numbers[both], score.numbers[both], int(both.sum())
    kinds = len(set(x.tolist())) if not column.is_number else 0
    if kinds > 2:  # noqa: PLR2004 - two have an order, as good as any
        return Importance(column.name, *_eta(x, y), n, "eta")
    rho = spearman(x, y)
    return Importance(column.name, rho, *_interval(rho, n), n, "spearman")


def spearman(x: _Floats, y: _Floats) -> float:
    """Return Spearman's rank correlation; equal values share their mean rank. NaN where all of one are equal, or there is one."""
    if len(x) < 2 or (x == x[0]).all() or (y == y[0]).all():  # noqa: PLR2004
        return math.nan
    a, b = _ranks(x), _ranks(y)
    a, b = a - a.mean(), b - b.mean()
    rho = float((a @ b) / math.sqrt(float(a @ a) * float(b @ b)))
    return max(-1.0, min(1.0, rho))


def _ranks(values: _Floats) -> _Floats:
    return np.asarray(pd.Series(values).rank(), dtype=np.float64)


def _interval(rho: float, n: int) -> tuple[float, float]:
    """Return the 95% interval of Spearman's correlation of so many pairs."""
    if math.isnan(rho) or n < _LEAST_OF_INTERVAL:
        return math.nan, math.nan
    # Of a perfect order that of the next to it, in which two neighbours have changed places: Fisher's knows no end for it.
    nearly = 1 - 12 / (n * (n * n - 1))
    inner = max(-nearly, min(nearly, rho))
    z, wide = math.atanh(inner), _NORMAL * math.sqrt((1 + inner * inner / 2) / (n - 3))
    return (-1.0 if rho == -1 else math.tanh(z - wide)), (1.0 if rho == 1 else math.tanh(z + wide))


def _eta(codes: _Floats, y: _Floats) -> tuple[float, float, float]:
    """Return the root of the share of the ranks' variance that categories explain, and its interval."""
    places, ranks = codes.astype(np.intp), _ranks(y)
    found = _explained(places, ranks)
    if math.isnan(found):
        return math.nan, math.nan, math.nan
    generator, n = np.random.default_rng(0), len(y)
    drawn = (generator.integers(0, n, n) for _ in range(_RESAMPLED))
    sampled = np.array([_explained(places[at], ranks[at]) for at in drawn])
    known = sampled[~np.isnan(sampled)]
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (math.nan, math.nan)
    return found, min(found, float(low)), max(found, float(high))


def _explained(places: NDArray[np.intp], ranks: _Floats) -> float:
    counts = np.bincount(places)
    present = counts > 0
    categories, n = int(present.sum()), len(ranks)
    total = float(((ranks - ranks.mean()) ** 2).sum())
    if categories < 2 or n <= categories or total == 0:  # noqa: PLR2004
        return math.nan
    means = np.bincount(places, ranks)[present] / counts[present]
    between = float((counts[present] * (means - ranks.mean()) ** 2).sum())
    within = (total - between) / (n - categories)
    # Less what as many categories explain of ranks that have nothing to do with them (epsilon squared).
    return math.sqrt(max(0.0, (between - (categories - 1) * within) / total))


# --- a forest ------------------------------------------------------------------------------------


def _forest(inputs: Sequence[RunColumn], score: RunColumn, *, asked: bool | None) -> tuple[_Floats, _Floats] | None:
    """Return by how much R² of a forest falls where an input is shuffled, and by how much that differs; None where none is grown."""
    there = find_spec("sklearn") is not None
    if asked and not there:
        raise MissingExtra("forest=True needs scikit-learn: pip install jupyter-tracking[sklearn]")
    at = np.flatnonzero(np.isfinite(score.numbers))
    if len(at) > _MOST_OF_FOREST:
        at = at[np.linspace(0, len(at) - 1, _MOST_OF_FOREST).astype(np.intp)]
    if not inputs or (asked is None and (not there or len(at) < _LEAST_OF_FOREST)) or asked is False or len(at) < 2:  # noqa: PLR2004
        return None
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    table = np.column_stack([_places(column)[at] for column in inputs])
    model = RandomForestRegressor(_TREES, random_state=0).fit(table, score.numbers[at])
    found = permutation_importance(model, table, score.numbers[at], n_repeats=_REPEATS, random_state=0)
    return found.importances_mean, found.importances_std


def _places(column: RunColumn) -> _Floats:
    """Return the ranks of a column's values, which a tree splits as it does the values; runs without one come after all others."""
    return np.asarray(pd.Series(column.numbers).rank(na_option="bottom"), dtype=np.float64)

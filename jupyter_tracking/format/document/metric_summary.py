"""One number for all values of a metric: its statistics, and which of them stands for it among a run's outputs."""

from __future__ import annotations

import math
import sys
from array import array
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument, suggest
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.document.run_document import own_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

GOALS = ("max", "min")
SUMMARIES = ("last", "min", "max", "best", "mean")
_DEFINITIONS = "metrics"


# --- the statistics of a metric ------------------------------------------------------------------


_DOUBT = 2.0**-90  # of the sum of what is added in pairs: all that is lost of it is far less
_TINY = 1e-300  # of numbers below it the squares have fewer digits, however they are scaled
_MANY = 1 << 16  # values of a metric that are looked at as one column, and from which on not all are Python objects at a time
_SOME = 1 << 6  # values for which that pays where numpy is there already: to import it takes as long as to look at 65,536


def metric_statistics(values: array[float]) -> dict[str, Any]:
    """Return the last value, and count, mean, standard deviation and extremes as pandas counts them: NaN left out, infinities in."""
    numbers = _without_nan(values)
    count = len(numbers)
    statistics: dict[str, Any] = {"last": values[-1] if values else math.nan}
    if count:
        lowest, highest = _extremes(numbers)
        statistics |= {"mean": _mean(numbers), "min": lowest, "max": highest}
    if count > 1:
        mean = statistics["mean"]
        statistics["std"] = _distance(numbers, mean) / math.sqrt(count - 1) if math.isfinite(mean) else math.nan
    return {"count": count, **statistics}


def is_column(count: int) -> bool:
    """Return whether so many numbers are looked at as a column, by numpy."""
    return count > _MANY or (count > _SOME and "numpy" in sys.modules)


def _without_nan(values: array[float]) -> array[float]:
    if not is_column(len(values)):
        return array("d", (value for value in values if not math.isnan(value))) if any(map(math.isnan, values)) else values
    import numpy as np

    column = np.frombuffer(values)
    missing = np.isnan(column)
    return array("d", column[~missing].tobytes()) if missing.any() else values


def _extremes(numbers: array[float]) -> tuple[float, float]:
    """Return the smallest and the largest of some numbers; of equal ones (the zeros of both signs are) the first."""
    if not is_column(len(numbers)):
        return min(numbers), max(numbers)
    import numpy as np

    column = np.frombuffer(numbers)
    return float(column[np.argmin(column)]), float(column[np.argmax(column)])


def _distance(numbers: array[float], mean: float) -> float:
    """Return the root of the sum of the squares of what the numbers differ from a mean, correctly rounded."""
    largest = max(abs(number - mean) for number in _extremes(numbers)) if len(numbers) > _MANY else 0.0
    if not largest and len(numbers) > _MANY:
        return 0.0
    if largest < _TINY:
        return math.dist(numbers, [mean] * len(numbers))
    if math.isinf(largest):
        return largest
    import numpy as np

    column = np.frombuffer(numbers)
    exponent = math.frexp(largest)[1]
    parts: list[float] = []
    for start in range(0, len(column), _MANY):
        square, rest = _square(np.ldexp(column[start : start + _MANY] - mean, -exponent))
        parts += [*_sum_and_rest(square), float(rest.sum())]
    total = math.fsum(parts)
    root = math.sqrt(total)
    square, rest = _square(root)
    root += math.fsum([*parts, -square, -rest]) / (2 * root)
    try:
        return math.ldexp(root, exponent)
    except OverflowError:
        return math.inf


def _sum_of_column(values: array[float]) -> float | None:
    """Return what `math.fsum` does of many numbers, the sum correctly rounded, in a tenth of its time; None where that is not certain."""
    import numpy as np

    column = np.frombuffer(values)
    with np.errstate(over="ignore", invalid="ignore"):
        parts = [part for start in range(0, len(column), _MANY) for part in _sum_and_rest(column[start : start + _MANY])]
        doubt = float(np.abs(column).sum()) * _DOUBT
    if not math.isfinite(doubt):
        return None
    lowest, highest = math.fsum([*parts, -doubt]), math.fsum([*parts, doubt])
    return lowest if lowest == highest else None


def _square(number: Any) -> tuple[Any, Any]:
    """Return the square of a float, or of an array of them, and what its rounding has taken away (by Dekker's product)."""
    square, split = number * number, number * 134217729.0  # 2 ** 27 + 1
    upper = split - (split - number)
    lower = number - upper
    return square, ((upper * upper - square) + 2 * upper * lower) + lower * lower


def _sum_and_rest(column: NDArray[np.float64]) -> tuple[float, float]:
    """Return the sum of some numbers by adding them in pairs, and what the roundings have taken away (by Knuth's sum)."""
    rest = 0.0
    while len(column) > 1:
        paired = len(column) // 2 * 2
        left, right, odd = column[:paired:2], column[1:paired:2], float(column[paired:].sum())
        column = left + right
        added = column - left
        rest += float(((left - (column - added)) + (right - added)).sum())
        if odd:
            first = column[0] + odd
            added = first - column[0]
            rest += float((column[0] - (first - added)) + (odd - added))
            column[0] = first
    return float(column[0]), rest


def _mean(values: array[float]) -> float:
    total = _sum_of_column(values) if len(values) > _MANY else None
    if total is not None:
        return total / len(values)
    try:
        try:
            return math.fsum(values) / len(values)
        except OverflowError:  # near the largest float: the sum of so small parts of the values that it is one
            part = 2.0 ** -len(values).bit_length()
            mean = math.fsum(value * part for value in values) / (len(values) * part)
            return min(max(mean, min(values)), max(values))
    except ValueError:  # infinities of both signs
        return math.nan


def parse_statistics(stored: object) -> dict[str, float]:
    """Return the statistics that a lineage record has of a metric, as floats; what is none is left out."""
    found = {}
    for key, value in stored.items() if isinstance(stored, dict) else ():
        try:
            found[str(key)] = event_rows.parse_number(value)
        except (ValueError, TypeError):
            continue
    return found


# --- which of them stands for the metric ---------------------------------------------------------


class MetricDefinition(NamedTuple):
    """What `define_metric` said of the metrics of a name or a pattern."""

    name: str
    goal: str | None = None
    summary: str = "last"

    @property
    def statistic(self) -> str:
        """Which statistic that is."""
        return (self.goal or "last") if self.summary == "best" else self.summary


def check_definition(name: str, goal: str | None, summary: str) -> MetricDefinition:
    """Return a definition.

    Raises:
        InvalidArgument: a goal or a summary that is none, or `"best"` without a goal.
    """
    if goal is not None and goal not in GOALS:
        raise InvalidArgument(f"goal={goal!r} is none of {', '.join(GOALS)} and None{suggest(str(goal), GOALS)}")
    check_summary(summary, "summary")
    if summary == "best" and goal is None:
        raise InvalidArgument(f"summary='best' of {name!r} needs to know what is better: give goal='max' or goal='min'")
    return MetricDefinition(name, goal, summary)


def check_summary(summary: object, argument: str) -> str:
    """Return the summary.

    Raises:
        InvalidArgument: it is none.
    """
    if not isinstance(summary, str) or summary not in SUMMARIES:
        raise InvalidArgument(f"{argument}={summary!r} is none of {', '.join(SUMMARIES)}{suggest(str(summary), SUMMARIES)}")
    return summary


def define(document: dict[str, Any], definition: MetricDefinition) -> None:
    """Keep a definition in the run's document; it takes the place of an earlier one of the same name."""
    kept = [known._asdict() for known in definitions(document) if known.name != definition.name]
    own_meta(document, create=True)[_DEFINITIONS] = [*kept, definition._asdict()]


def definitions(document: Mapping[str, Any]) -> list[MetricDefinition]:
    """Return the definitions that a run's document has, in the order they were given; what is none is left out."""
    found = []
    stored = own_meta(document).get(_DEFINITIONS)
    for item in stored if isinstance(stored, list) else ():
        try:
            found.append(check_definition(str(item["name"]), item.get("goal"), item.get("summary", "last")))
        except (InvalidArgument, KeyError, TypeError, AttributeError):
            continue
    return found


def definition_of(known: list[MetricDefinition], name: str) -> MetricDefinition:
    """Return the definition of a metric: that of its name, else the one given last whose pattern it matches, else the default."""
    return _fitting(known, name) or MetricDefinition(name)


def _fitting(known: list[MetricDefinition], name: str) -> MetricDefinition | None:
    exact = next((each for each in known if each.name == name), None)
    return exact or next((each for each in reversed(known) if fnmatchcase(name, each.name)), None)


Summary = str | dict[str, str] | None  # of all metrics, or by the name or pattern of a metric


def check_override(summary: Summary) -> Summary:
    """Return what is to stand for metrics whatever their definitions say.

    Raises:
        InvalidArgument: a word that is no summary.
    """
    if summary is None or isinstance(summary, str):
        return None if summary is None else check_summary(summary, "summary")
    if not isinstance(summary, dict):
        raise InvalidArgument(
            f"summary={summary!r} is neither a word nor a dict of a word for each metric; give one of {', '.join(SUMMARIES)}"
        )
    return {str(name): check_summary(word, f"summary[{name!r}]") for name, word in summary.items()}


def summarize_metrics(
    metrics: Iterable[str],
    statistic: Callable[[str, str], float | None],
    known: list[MetricDefinition],
    override: Summary = None,
) -> dict[str, float]:
    """Return a number for each metric that has a row.

    Args:
        metrics: their names.
        statistic: returns the statistic of a metric, given the names of both; None where it has no row.
        known: the definitions of the run.
        override: another summary for all, or for those it names. Without a goal, a metric's best is not known: its definition stays.
    """
    words = [MetricDefinition(name, None, word) for name, word in override.items()] if isinstance(override, dict) else []
    found = {}
    for name in metrics:
        definition = definition_of(known, name)
        said = _fitting(words, name)
        word = override if isinstance(override, str) else said.summary if said is not None else None
        if word is not None and (word != "best" or definition.goal):
            definition = definition._replace(summary=word)
        value = statistic(name, definition.statistic)
        if value is not None:
            found[name] = value
    return found

"""The histogram kind: how many values fell into each bin, and the bins' edges, in the row.

In Polyaxon's payload `values` are the n counts and `counts` the n + 1 edges. Here they have their names.
"""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent
from jupyter_tracking.kinds.arguments import as_array, as_numbers
from jupyter_tracking.kinds.base import Kind, Recorder, example, logs, refusals, stored_numbers, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy import float64
    from numpy.typing import ArrayLike, NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp

_MOST_BINS = 512


class Histogram(NamedTuple):
    """A histogram as it was logged.

    Attributes:
        counts: shape (n,), how many values fell into each bin.
        edges: shape (n + 1,), where the bins begin and the last one ends.
    """

    counts: NDArray[float64]
    edges: NDArray[float64]


def _decode(payload: dict[str, Any], _asset: Asset) -> Histogram:
    counts, edges = (stored_numbers(payload.get(key) or []) for key in ("values", "counts"))
    if len(counts) == len(edges) + 1:  # a writer that took Polyaxon's names at their word
        counts, edges = edges, counts
    if len(edges) != len(counts) + 1:
        raise MalformedEvent(f"a histogram with {len(counts)} counts and {len(edges)} edges")
    return Histogram(counts, edges)


def _limit(max_bins: Any) -> int:
    """Return the most bins that are taken.

    Raises:
        InvalidType: no whole number.
    """
    if max_bins is None:
        return _MOST_BINS
    try:
        return index(max_bins)
    except Exception:  # noqa: BLE001 - a tensor's library may refuse in any way
        raise InvalidType(f"max_bins={max_bins!r:.60} is a {type(max_bins).__name__}; give a whole number") from None


def _encode(counts: ArrayLike, edges: ArrayLike, most: int = _MOST_BINS) -> dict[str, Any]:
    """Return the payload of a histogram; messages call the counts and edges as Polyaxon's arguments are called."""
    in_bins, bins = as_numbers(counts, "values")
    between, ends = as_numbers(edges, "counts")
    if ends != bins + 1:
        raise InvalidArgument(f"values has {bins} counts and counts has {ends} edges; give one edge more, as numpy.histogram() does")
    if bins > most:
        raise InvalidArgument(f"the histogram has {bins} bins; give at most {most}")
    return {"values": in_bins, "counts": between}


HISTOGRAM = Kind("histogram", "histogram", _decode, ("values", "counts"), _encode, order=50)


@logs(HISTOGRAM)
class HistogramMethods(Recorder):
    """How a run logs histograms."""

    @example("weights layer.ravel() --step epoch", words=("bins",))
    def log_histogram(
        self,
        name: str,
        values: ArrayLike,
        bins: int | str | Sequence[float] = 64,
        max_bins: int | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log how values are distributed.

        Args:
            name: the histogram's name.
            values: numbers of any shape. How many lie outside edges that were given is told in a warning.
            bins: how many bins (64 by default), their edges, or a rule such as `"auto"`, as `numpy.histogram` takes it.
            max_bins: refuse more bins than these; 512 by default.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: no values, values that are masked or not finite or that a float cannot hold exactly, or too many bins.
        """
        import numpy as np

        most = _limit(max_bins)
        array = as_array(values, "values").reshape(-1)
        odd = int(np.count_nonzero(~np.isfinite(array)))
        if odd or not array.size:
            what = f"holds {odd} values that are NaN or infinite" if odd else "is empty"
            raise InvalidArgument(f"values {what}; give finite numbers, such as values[numpy.isfinite(values)]")
        numbers, _ = as_numbers(array, "values")
        if isinstance(bins, int | np.integer) and bins > most:  # before numpy makes them
            raise InvalidArgument(f"bins={bins} are {bins} bins; give at most {most}")
        with refusals(f"bins={bins!r:.60} are none; give a number of bins, their edges, or 'auto'"), np.errstate(all="ignore"):
            counts, edges = np.histogram(numbers, bins=bins)
            edges = edges.astype(float)  # numpy takes texts for edges
        outside = array.size - int(counts.sum())
        if outside:
            warn(f"{outside} of the {array.size} values lie outside the edges of the bins {name!r} and are not counted")
        self.record("histogram", name, _encode(counts, edges, most), step, timestamp)

    def log_np_histogram(
        self,
        name: str,
        values: ArrayLike,
        counts: ArrayLike,
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a histogram that was taken already: `log_np_histogram(name, *numpy.histogram(data))`.

        The arguments have Polyaxon's names.

        Args:
            name: the histogram's name.
            values: shape (n,), how many values fell into each bin; weights and densities are kept as they are.
            counts: shape (n + 1,), the bins' edges, kept as they are.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: not one edge more than bins, more than 512 bins, masked elements, or a number that a float
                cannot hold exactly.
        """
        self.record("histogram", name, _encode(values, counts), step, timestamp)

"""The static pages of views of many runs: within a budget fewer runs, fewer points, fewer charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.views.export import page
from jupyter_tracking.views.export.bundle import scripts_for
from jupyter_tracking.views.many.comparison import Comparison
from jupyter_tracking.views.many.plot import RunsPlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.views.model.payload import Payload

POINTS = 500  # pixels that a chart is wide, of each of which four points draw all there is
_LEAST = 12
_FEWEST = 3  # runs that are plotted unasked


def page_again(folders: Sequence[RunFolder], asked: dict[str, Any]) -> str:
    """Return the page of a view that a notebook's metadata tell of, made anew with all runs; `asked` is what they say.

    Raises:
        NotFound: the runs have no such input or output any more, or none that could be chosen.
        InvalidArgument: too few of them differ, or a column to group by that is none.
    """
    if asked["view"] == "comparison":
        return comparison_page(Comparison(folders, asked["group_by"] or None), None, "report")
    axes = asked["axes"] if asked["view"] == "parallel" else [*asked["axes"], None, None][:2]
    return plot_page(RunsPlot(asked["view"], folders, axes, asked["color"]), None, "report")


def plot_page(plot: RunsPlot, budget: int | None, key: str) -> str:
    """Return the page of a plot, within a budget of bytes; with all runs when that is None; `key` is the widget's."""
    shown, room = _beside(plot, key, budget)
    count = len(plot.columns)
    data = page.fit(lambda kept: _packed([plot.payload(kept)]), count, room, size=len, first=count)
    return page.page_body(key, shown, data, plot.line(), scripts_for("many"))


def inputs_section(folders: Sequence[RunFolder]) -> str:
    """Return which inputs matter, over parallel axes: a part of a page that stands alone; nothing of runs of which too few differ."""
    if len(folders) < _FEWEST:
        return ""
    try:
        plot = RunsPlot("parallel", folders, [], None)
    except (InvalidArgument, NotFound):
        return ""
    return f"<h2>which inputs matter</h2>{plot_page(plot, None, plot.key())}"


def comparison_page(comparison: Comparison, budget: int | None, key: str) -> str:
    """Return the page of a comparison, within a budget of bytes; with all runs and charts when that is None; `key` is the widget's."""
    shown, room = _beside(comparison, key, budget)
    return page.page_body(key, shown, _fitted(comparison, room), comparison.line(), scripts_for("many"))


def _beside(view: RunsPlot | Comparison, key: str, budget: int | None) -> tuple[str, int | None]:
    """Return what is shown where no script runs, and how many bytes are left beside it."""
    shown = view.still() + (page.trust_hint("all of it") if budget is not None else "")
    if budget is None:
        return shown, None
    return shown, page.data_byte_budget(budget, page.page_body(key, shown, b"", view.line(), scripts_for("many")))


def _fitted(comparison: Comparison, room: int | None) -> bytes:
    """Return the table and the charts in few enough points; in a room that is too small for that fewer charts, and then fewer runs."""
    points, kept = POINTS, comparison.payloads(POINTS)
    while room is not None and len(_packed(kept)) > room:
        if points > _LEAST:
            points = max(_LEAST, points // 2)
            kept = comparison.payloads(points)
        elif len(kept) > 1:
            kept = kept[:-1]
        else:
            count = len(comparison.columns)
            return page.fit(lambda some: _packed([comparison.table(some)]), count, room, size=len, first=min(count, 100))
    return _packed(kept)


def _packed(payloads: Sequence[Payload]) -> bytes:
    return page.compress({"scenes": []}, [(-1, n, 0, each) for n, each in enumerate(payloads)])

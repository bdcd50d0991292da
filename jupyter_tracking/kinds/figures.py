"""Figures of matplotlib: which one is meant, and what plotly's conversion makes nothing or something else of."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.kinds.base import refusals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DEEPEST = 10  # levels of subfigures, and of lists
# What writes numbers and dates beside an axis; any other writes words, which plotly's conversion leaves out.
_FORMATTERS = {"ScalarFormatter", "NullFormatter", "AutoDateFormatter", "DateFormatter", "ConciseDateFormatter"}
_FORMATTERS |= {"LogFormatter", "LogFormatterSciNotation", "LogFormatterMathtext", "LogFormatterExponent"}


def as_figures(data: Any, argument: str, *, depth: int = 0) -> list[Figure]:
    """Return the matplotlib figures meant by one, by several in a list or an array, or by what is drawn in them, which stands for one.

    Raises:
        InvalidType: none is.
        InvalidArgument: the `pyplot` module, where no figure is drawn.
    """
    items = data.tolist() if getattr(getattr(data, "dtype", None), "kind", "") == "O" and hasattr(data, "tolist") else data
    if not isinstance(items, list | tuple) or depth > _DEEPEST:
        return [as_figure(data, argument)]
    found: list[Figure] = []
    for item in items:
        found += [figure for figure in as_figures(item, argument, depth=depth + 1) if figure is item or figure not in found]
    return found


def as_figure(data: Any, argument: str) -> Figure:
    """Return the matplotlib figure meant by a figure, by what is drawn in one (axes, a line), by a grid of seaborn, or by `pyplot`.

    Raises:
        InvalidType: none is.
        InvalidArgument: the `pyplot` module, where no figure is drawn.
    """
    from matplotlib.figure import Figure

    found = data
    if isinstance(data, ModuleType) and hasattr(data, "get_fignums"):
        found = data.gcf() if data.get_fignums() else None
        if found is None or is_blank(found):
            raise InvalidArgument(
                f"{argument} is pyplot, whose current figure is empty: a notebook closes what a cell has drawn when the cell ends. "
                "Keep the figure (figure = plt.gcf(), in the cell that draws it) and give that one"
            )
    elif type(data).__module__.partition(".")[0] == "plotnine" and hasattr(data, "draw"):
        with refusals(f"{argument} is a plot that plotnine cannot draw"):
            found = data.draw()
    for _ in range(_DEEPEST):
        if isinstance(found, Figure):
            return found
        found = getattr(found, "figure", None)
    raise InvalidType(f"{argument} is a {type(data).__name__}; give a matplotlib figure")


def is_blank(figure: Any) -> bool:
    """Return whether nothing is drawn in a figure, nor in its subfigures."""
    inside = [each for each in figure.get_children() if each is not figure.patch]
    return all(hasattr(each, "subfigs") and is_blank(each) for each in inside)


def lost_by_plotly(figure: Any) -> list[str]:
    """Return what plotly leaves out of a figure that it converts, or draws as something else, in words; nothing where it keeps all.

    It keeps lines, points, plain bars and texts on plain axes, and of some of the rest it says nothing: bars below zero stand above it.
    """
    beside = [each for each in figure.get_children() if each is not figure.patch and each not in figure.axes]
    found = [type(each).__name__ for each in beside]
    places = [tuple(axes.get_position().bounds) for axes in figure.axes]
    if len(set(places)) < len(places):
        found.append("axes over each other")
    for axes in figure.axes:
        found += _lost_of_axes(axes)
    return list(dict.fromkeys(found))


def _lost_of_axes(axes: Axes) -> Iterator[str]:
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.lines import Line2D

    if axes.name != "rectilinear":
        yield f"{axes.name} axes"
        return
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() not in {"linear", "log"}:
            yield f"a {axis.get_scale()} scale"
        if type(axis.get_major_formatter()).__name__ not in _FORMATTERS:
            yield "words beside an axis"
    groups: list[Any] = [each for each in axes.containers if hasattr(each, "patches")]
    bars = {id(bar) for group in groups for bar in group.patches} if len(groups) == 1 and _are_plain_bars(groups[0]) else set()
    drawn = [*axes.lines, *axes.collections, *axes.patches, *axes.texts]
    yield from (f"a hidden {type(each).__name__}" for each in drawn if not each.get_visible())
    yield from ("a line across the axes" for line in axes.lines if type(line) is not Line2D or line.get_transform() is not axes.transData)
    yield from ("steps" for line in axes.lines if line.get_drawstyle() != "default")
    yield from (type(each).__name__ for each in axes.collections if type(each) not in {LineCollection, PathCollection})
    yield from (type(each).__name__ for each in axes.patches if id(each) not in bars)
    yield from ("an arrow" for text in axes.texts if getattr(text, "arrow_patch", None) is not None)
    yield from (type(each).__name__ for each in [*axes.images, *axes.tables, *axes.artists, *axes.child_axes])


def _are_plain_bars(container: Any) -> bool:
    """Return whether these are several bars of one width and colour that stand on zero."""
    bars = container.patches
    widths = {round(bar.get_width(), 9) for bar in bars}
    return (
        len(bars) > 1
        and getattr(container, "orientation", "vertical") == "vertical"
        and len(widths) == 1
        and len({bar.get_facecolor() for bar in bars}) == 1
        and all(bar.get_y() == 0 and bar.get_height() >= 0 for bar in bars)
    )

"""Scatter plots and parallel coordinates of many runs: what is on their axes, what the page is told, and the picture that stays."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.format.document import run_document
from jupyter_tracking.frames.many.importance import most_important, result_of
from jupyter_tracking.frames.many.run_columns import RunColumns
from jupyter_tracking.frames.many.scores import first_score
from jupyter_tracking.printed import count_of
from jupyter_tracking.views.many.fields import add_fields, add_runs, encode_importance
from jupyter_tracking.views.model.downsample import spread_evenly
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from jupyter_tracking.frames.many.run_columns import RunColumn
    from jupyter_tracking.read.run_reader import RunFolder

_MOST_AXES = 10  # that are chosen unasked: more are too close together
_MOST_FIELDS = 60  # that the page can choose from
_MOST_BARS = 20
_MOST_DRAWN = 200  # lines of a picture: of more none can be followed, and its file is large
_COLOUR, _SOFT = "#0072b2", "#777777"


class RunsPlot:
    """Many runs as points over two axes, or as lines over several.

    Attributes:
        kind: "scatter" or "parallel".
        columns: the runs, and all that they were given and have as results.
        axes: what is on the axes: x and y, or all of them from left to right.
        color: what the colour says, if anything.
        score: the result that inputs are judged by, if there is one.
        importance: what each input has to do with it, the most important first.
        said: how what nobody asked for was chosen, in words.
    """

    def __init__(self, kind: str, folders: Sequence[RunFolder], axes: Sequence[str | None], color: str | None) -> None:
        """Read the runs and choose what is on the axes.

        Args:
            kind: "scatter" or "parallel".
            folders: the runs.
            axes: the names of x and y, each of which may be None; of parallel coordinates any number, of which none stands for all.
            color: the name of the column that is coloured by.

        Raises:
            NotFound: no such input or output, or none that could be chosen.
            InvalidArgument: fewer than two axes.
        """
        self.kind = kind
        self._asked = list(axes), color
        self._read(folders)

    def _read(self, folders: Sequence[RunFolder]) -> None:
        names, color = self._asked
        self.columns = columns = RunColumns(folders)
        self.said: list[str] = []
        # A result that lines are coloured by is the one that is meant: another is no axis unasked, and inputs are not judged by it.
        meant = names or ([color] if self.kind == "parallel" else [])
        judged = next((name for name in reversed(meant) if name is not None and _is_result(columns, name)), None)
        self.score = result_of(columns, judged) if judged is not None else first_score(columns)
        self.importance = most_important(columns, self.score) if self.score is not None else []
        self.color = None if color is None else columns.find(color, "color", "outputs")
        self.axes = self._scatter(*names) if self.kind == "scatter" else self._parallel([name for name in names if name is not None])
        if self.kind == "parallel" and self.color is None and self.score is not None:
            self.color = self.score
            self.said.append(f"colour: {self.score.name}{'' if names else ', the first score'}")

    def _scatter(self, x: str | None, y: str | None) -> list[RunColumn]:
        columns = self.columns
        if y is not None:
            up = columns.find(y, "y", "outputs")
        elif self.score is not None:
            up = self.score
            self.said.append(f"y: {up.name}, the first score")
        else:
            raise NotFound(f"y is missing, and no output of these {len(columns)} runs is a number that differs; give y=")
        if x is not None:
            return [columns.find(x, "x"), up]
        first = next((each for each in self.importance if not math.isnan(each.correlation)), None)
        across = columns.columns[f"inputs.{first.input}"] if first is not None else next((c for c in columns.inputs if c.differs), None)
        if across is None:
            raise NotFound(f"x is missing, and all inputs of these {len(columns)} runs are the same; give x=")
        why = (
            f"the input that has most to do with {self.score.name}"
            if first is not None and self.score is not None
            else "an input that differs"
        )
        self.said.append(f"x: {across.name}, {why}")
        return [across, up]

    def _parallel(self, names: Sequence[str]) -> list[RunColumn]:
        columns = self.columns
        if names:
            found = [columns.find(name, "columns") for name in names]
        else:
            order = {each.input: n for n, each in enumerate(self.importance)}
            inputs = sorted((c for c in columns.inputs if c.differs), key=lambda c: order.get(c.name, len(order)))
            if len(inputs) > _MOST_AXES:
                self.said.append(
                    f"the {_MOST_AXES} of {len(inputs)} inputs that have most to do with {self.score.name if self.score else 'it'}"
                )
            kept = {c.name for c in inputs[:_MOST_AXES]}
            found = [c for c in columns.inputs if c.name in kept] + ([self.score] if self.score is not None else [])
        if len(found) < 2:  # noqa: PLR2004
            known = ", ".join(dict.fromkeys(c.name for c in columns.columns.values())) or "none"
            what = "too few for axes: give two or more" if names else "too few that differ; say which with columns="
            raise InvalidArgument(f"columns={list(names)!r} is {what}; these {len(columns)} runs have {known}")
        return found

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked for: the names on the `axes`, and of the `color`."""
        axes, color = self._asked
        return {"axes": axes, "color": color}

    def refresh(self) -> bool:
        """Read runs that go on again; return whether anything is another than before."""
        before = self.columns.facts
        self._read(self.columns.folders)
        return self.columns.facts != before

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return any(each.status not in run_document.OVER for each in self.columns.facts)

    # --- what the page gets ----------------------------------------------------------------------

    def payload(self, count: int | None = None) -> Payload:
        """Return the plot with the first so many runs; with all of them when None."""
        kept = len(self.columns) if count is None else count
        fields = self._fields()
        payload = Payload()
        add_runs(payload, self.columns, kept)
        add_fields(payload, fields, kept)
        place = {field.key: n for n, field in enumerate(fields)}
        payload.head.update(
            plot=self.kind,
            axes=[place[axis.key] for axis in self.axes],
            color=None if self.color is None else place[self.color.key],
            score=None if self.score is None else json_safe(self.score.name),
            importance=encode_importance(self.importance[:_MOST_BARS]),
            note=json_safe("; ".join(self.said)),
        )
        return payload

    def _fields(self) -> list[RunColumn]:
        """Return the columns on the axes, and others that could be: those that differ, in the order of `runs()`."""
        shown = {column.key: column for column in [*self.axes, *([self.color] if self.color is not None else [])]}
        others = (column for column in self.columns.columns.values() if column.differs and column.key not in shown)
        kept = {**shown, **{column.key: column for column, _ in zip(others, range(_MOST_FIELDS), strict=False)}}
        order = list(self.columns.columns)
        return sorted(kept.values(), key=lambda column: order.index(column.key) if column.key in order else -1)

    def key(self) -> str:
        """Return a hash by which a widget and its static page find each other."""
        names = [self.kind, [each.uuid for each in self.columns.facts], [axis.key for axis in self.axes]]
        return hashlib.blake2s(json.dumps(json_safe(names)).encode(), digest_size=8).hexdigest()

    def line(self) -> str:
        """Return one line of text that says what is shown, for where nothing else can be."""
        names = [axis.name for axis in self.axes]
        what = f"{names[1]} over {names[0]}" if self.kind == "scatter" else ", ".join(names)
        return str(json_safe(f"<{what} of {count_of(len(self.columns), 'run')}>"))

    # --- what stays where nothing runs -----------------------------------------------------------

    def still(self) -> str:
        """Return a picture, and what has to do with the score in words, as HTML."""
        draw = self._draw_scatter if self.kind == "scatter" else self._draw_parallel
        alternative = self.line().strip("<>")
        picture = fallback.picture(draw, alternative, (5.2, 3.2) if self.kind == "scatter" else (7.0, 3.4))
        words = [f"{each.input} {_signed(each.correlation)}" for each in self.importance[:5] if not math.isnan(each.correlation)]
        told = f"rank correlation with {self.score.name}: {', '.join(words)}" if words and self.score is not None else ""
        said = "; ".join(filter(None, [alternative, *self.said, told]))
        return f"{picture}<p><small>{fallback.escape(json_safe(said))}</small></p>"

    def _draw_scatter(self, axes: Axes) -> None:
        across, up = self.axes
        x, y = across.numbers, up.numbers
        shown = np.isfinite(x) & np.isfinite(y)
        colour = self.color
        if colour is not None and colour.is_number:
            # A map that the colour-blind read, and grey printers too.
            drawn = axes.scatter(x[shown], y[shown], s=16, c=colour.numbers[shown], cmap="cividis")
            axes.figure.colorbar(drawn, ax=axes, label=json_safe(colour.name))
        else:
            axes.plot(x[shown], y[shown], "o", color=_COLOUR, markersize=4, alpha=0.8)
        for axis, column in ((axes.xaxis, across), (axes.yaxis, up)):
            axis.set_label_text(json_safe(column.name))
            if column.words:
                few = column.words[:: max(1, len(column.words) // 12)]
                axis.set_ticks([column.words.index(word) for word in few], [json_safe(word[:16]) for word in few])
        if across.is_log:
            axes.set_xscale("log")
        left_out = int((~shown).sum())
        if left_out:
            axes.set_title(f"{count_of(left_out, 'run')} without one of the two", fontsize=7)

    def _draw_parallel(self, axes: Axes) -> None:
        places = np.column_stack([_share(axis) for axis in self.axes])
        colour = _share(self.color) if self.color is not None else np.full(len(places), 0.5)
        import matplotlib as mpl

        shades = mpl.colormaps["cividis"]
        drawn = spread_evenly(len(places), _MOST_DRAWN)
        if len(drawn) < len(places):
            axes.set_title(f"{len(drawn)} of {count_of(len(places), 'run')}", fontsize=7)
        for row, shade in zip(places[drawn], colour[drawn], strict=True):
            # What is missing lies below the axis.
            line = np.where(np.isnan(row), -0.12, row)
            axes.plot(line, color=_SOFT if math.isnan(shade) else shades(shade), linewidth=0.9, alpha=0.75)
        axes.set_xticks(range(len(self.axes)), [json_safe(axis.name[:18]) for axis in self.axes])
        axes.set_yticks([])
        axes.set_ylim(-0.16, 1.06)
        axes.spines[["left", "bottom"]].set_visible(False)
        for n, axis in enumerate(self.axes):
            axes.axvline(n, ymin=0.13, ymax=0.95, color="#444444", linewidth=0.8)
            ends = (axis.words[:1] + axis.words[-1:]) if axis.words else _ends(axis.numbers)
            for at, end in zip((-0.06, 1.03), ends, strict=False):
                axes.text(n, at, json_safe(end if isinstance(end, str) else f"{end:.4g}")[:14], ha="center", fontsize=6)


def _is_result(columns: RunColumns, name: str) -> bool:
    """Return whether a name is that of an output that is a number."""
    try:
        column = columns.find(name, "y", "outputs")
    except (NotFound, InvalidArgument):
        return False  # which is said where the name was given
    return column.group == "outputs" and column.is_number


def _ends(numbers: NDArray[np.float64]) -> list[float]:
    finite = numbers[np.isfinite(numbers)]
    return [float(finite.min()), float(finite.max())] if len(finite) else []


def _share(column: RunColumn) -> NDArray[np.float64]:
    """Return where values lie on an axis, from 0 to 1; NaN for what has no place on it."""
    numbers = np.where(np.isfinite(column.numbers), column.numbers, np.nan)
    if column.is_log:
        numbers = np.log(numbers)
    if np.isnan(numbers).all():
        return numbers
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    return (numbers - low) / (high - low) if high > low else np.where(np.isnan(numbers), np.nan, 0.5)


def _signed(correlation: float) -> str:
    return f"{correlation:+.2f}".replace("-", "−")  # noqa: RUF001 - as numbers are written in the page

"""What a renderer can do: turn the steps of one artifact into payloads for the page, and one step into static HTML."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.model.payload import Payload

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jupyter_tracking.views.model.series import Series


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart, with what its axes are called, as the static picture draws it.

    Attributes:
        x: where each point lies on the x axis.
        y: and on the y axis.
        labels: the names of the two axes; empty for an axis that has none.
        note: what to say of the line beside its name.
        marked: the index of the point that is the step shown; None to mark none.
        diagonal: draw the diagonal too, which a ROC curve is compared with.
        unit: what y is measured in, as `units.unit_of` says.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    labels: tuple[str, str]
    note: str = ""
    marked: int | None = None
    diagonal: bool = False
    unit: str = ""


_MOST_PIXELS = 16_000


class RangeQuery(NamedTuple):
    """A question of the page: the points between two places of the x axis, which is so many pixels wide.

    Attributes:
        x: the two places, in the units of the axis.
        points: the pixels between them.
        over: which axis, where a chart has several.
        log: the axis is logarithmic.
    """

    x: tuple[float, float]
    points: int
    over: str = "step"
    log: bool = False

    @classmethod
    def parse(cls, query: dict[str, Any]) -> RangeQuery:
        """Return a question as it came from the page.

        Raises:
            InvalidArgument: it is not one.
        """
        x, points, log = query.get("x"), query.get("points"), bool(query.get("log"))
        if not (isinstance(x, list) and len(x) == 2 and all(type(each) in (int, float) and math.isfinite(each) for each in x)):  # noqa: PLR2004
            raise InvalidArgument(f"x={x!r} is not a range; give two numbers")
        low, high = map(float, x)
        if low >= high or (log and low <= 0):
            raise InvalidArgument(f"x={x!r} is not a range of the axis; give a lower and a higher number{', above zero' if log else ''}")
        if type(points) is not int or not 0 < points <= _MOST_PIXELS:
            raise InvalidArgument(f"points={points!r} is not a number of pixels; give 1 to {_MOST_PIXELS}")
        return cls((low, high), points, str(query.get("over", "step")), log)


class Renderer:
    """How the artifacts of some kinds are shown.

    `number` is the index of an event among those of the series. `preview` asks for what a saved page can afford: fewer points,
    fewer rows, smaller pictures. Whatever a method raises is shown in words in the place of the step.

    Attributes:
        stem: the name of the module in `widgets/src/renderers/` that draws the payloads.
        all_steps: the shared payload holds every step, and no payload of a step is asked for.
        joins: several series are drawn in one chart; `line` then stands for `fallback`, and payloads go in `parts`.
    """

    stem = "file"
    all_steps = False
    joins = False

    def shared(self, series: Series, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return what holds for all steps: ranges of axes, faint lines behind, all values of a metric."""
        return Payload()

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return what to show at one step."""
        return Payload()

    def fallback(self, series: Series, number: int) -> str:  # noqa: ARG002
        """Return HTML for one step that is still seen where scripts are stripped; all text in it is escaped."""
        return ""

    def line(self, series: Series, number: int) -> Line:
        """Return one step of a series as a line of a static chart, of a renderer that joins."""
        raise NotImplementedError

    def answer(self, series: Series, number: int, query: dict[str, Any]) -> Payload:  # noqa: ARG002
        """Answer a question of the page about the step on screen.

        Raises:
            InvalidArgument: the renderer does not know the question.
        """
        raise InvalidArgument(f"nothing is known of {sorted(query)}")

"""What a renderer can do: turn the steps of one artifact into payloads for the page, and one step into static HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    """

    x: NDArray[Any]
    y: NDArray[Any]
    labels: tuple[str, str]
    note: str = ""
    marked: int | None = None
    diagonal: bool = False


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

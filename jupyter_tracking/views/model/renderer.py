"""What a family of kinds has to be able to do to be looked at. The stepper, the twin and the browser know no more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.model.payload import Frame

if TYPE_CHECKING:
    from jupyter_tracking.views.model.panel import Pane

__all__ = ["Family"]


class Family:
    """A family of kinds. `light` asks for what a saved page can afford: fewer points, fewer rows.

    Attributes:
        stem: the name of the module in `widgets/src/` that draws it.
        whole: the ground holds every step, and no frames are asked for.
    """

    stem = "file"
    whole = False

    def ground(self, pane: Pane, *, light: bool) -> Frame:  # noqa: ARG002
        """Return what holds for all steps: ranges of axes, faint lines behind, a whole series."""
        return Frame()

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:  # noqa: ARG002
        """Return what to show at one step."""
        return Frame()

    def still(self, pane: Pane, number: int) -> str:  # noqa: ARG002
        """Return HTML for the step that survives where scripts are stripped; all text in it escaped."""
        return ""

    def answer(self, pane: Pane, number: int, query: dict[str, Any]) -> Frame:  # noqa: ARG002
        """Answer what the page asks about the step on screen."""
        message = f"nothing is known of {sorted(query)}"
        raise InvalidArgument(message)

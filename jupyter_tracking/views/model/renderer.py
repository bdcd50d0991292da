"""What a renderer of kinds has to be able to do to be looked at. The stepper, the twin and the browser know no more of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.model.payload import Payload

if TYPE_CHECKING:
    from jupyter_tracking.views.model.panel import Panel

__all__ = ["Renderer"]


class Renderer:
    """A renderer of kinds. `preview` asks for what a saved page can afford: fewer points, fewer rows.

    Attributes:
        stem: the name of the module in `widgets/src/` that draws it.
        all_steps: the shared holds every step, and no payloads are asked for.
    """

    stem = "file"
    all_steps = False

    def shared(self, panel: Panel, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return what holds for all steps: ranges of axes, faint lines behind, a whole series."""
        return Payload()

    def payload(self, panel: Panel, number: int, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return what to show at one step."""
        return Payload()

    def fallback(self, panel: Panel, number: int) -> str:  # noqa: ARG002
        """Return HTML for the step that survives where scripts are stripped; all text in it escaped."""
        return ""

    def answer(self, panel: Panel, number: int, query: dict[str, Any]) -> Payload:  # noqa: ARG002
        """Answer what the page asks about the step on screen."""
        raise InvalidArgument(f"nothing is known of {sorted(query)}")

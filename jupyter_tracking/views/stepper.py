"""The stepper: ipywidgets' slider and play button over the steps that were logged, and the content under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
from IPython.display import publish_display_data

from jupyter_tracking.errors import InvalidArgument, NotFound, near
from jupyter_tracking.views import twin
from jupyter_tracking.views.content import BUDGET, Content
from jupyter_tracking.views.drawing import forget
from jupyter_tracking.views.pane import Scene, folder_of, scene

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jupyter_tracking.reader import RunFolder
    from jupyter_tracking.view import RunView

__all__ = ["Stepper", "display_both", "show"]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Stepper(ipywidgets.VBox):  # type: ignore[misc]
    """Steps through the versions of an artifact, or of several together.

    Attributes:
        slider: a `SelectionSlider` over the steps.
        play: a `Play` that moves it.
        content: the drawing; it follows the slider in the page, with no kernel between.
    """

    def __init__(self, shown: Scene, *, budget: int = BUDGET, twin_budget: int = twin.BUDGET) -> None:
        """Show a scene at its last step.

        Args:
            shown: what to show.
            budget: bytes of steps that the page may keep at a time.
            twin_budget: bytes that a display may add to the notebook's file.
        """
        self._scene = shown
        self._twin_budget = twin_budget
        last = max(0, len(shown.steps) - 1)
        options = [(str(step), n) for n, step in enumerate(shown.steps)] or [("none", 0)]
        self.slider = ipywidgets.SelectionSlider(
            options=options,
            index=last,
            description="step",
            style={"description_width": "initial"},
            layout={"flex": "1 1 auto", "max_width": "620px", "width": "auto", "min_width": "160px"},
        )
        self.play = ipywidgets.Play(min=0, max=last, value=last, interval=150, layout={"flex": "0 0 auto"})
        self.content = Content(shown, index=last, budget=budget, slider=self.slider, play=self.play)
        # A front end without our slider moves the content alone.
        self.content.observe(self._moved, names=["index"])
        controls = ipywidgets.HBox([self.play, self.slider], layout={"align_items": "center"})
        super().__init__([controls, self.content] if len(shown.steps) > 1 else [self.content])
        self.add_class("jt-stepper")

    @property
    def steps(self) -> tuple[int | None, ...]:
        """The steps that were logged, in order."""
        return tuple(self._scene.steps)

    @property
    def step(self) -> int | None:
        """The step on screen; set it to move there."""
        return self._scene.steps[self.slider.index] if self._scene.steps else None

    @step.setter
    def step(self, step: int | None) -> None:
        try:
            self.slider.index = self._scene.steps.index(step)
        except ValueError:
            known = [str(s) for s in self._scene.steps]
            message = f"no step {step!r} was logged{near(str(step), known)}"
            raise NotFound(message) from None

    def save(self, path: str | Path) -> Path:
        """Write the whole view to one HTML file that needs no network and no kernel."""
        return twin.save(self._scene, path, index=self.slider.index)

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page."""
        parts = {self.play, self.slider, self.content, *self.children, self.layout}
        for part in parts:
            forget(part)
        super().close()

    def _moved(self, change: dict[str, Any]) -> None:
        self.slider.index = change["new"]

    def _ipython_display_(self, **_options: Any) -> None:
        """Display the widget, then its twin: the same view for when the widget is gone."""
        page = twin.markup(self._scene, index=self.slider.index, budget=self._twin_budget)
        display_both(self, page, self._scene.line(), twin.metadata(self._scene))


def display_both(widget: ipywidgets.Widget, page: str, line: str, metadata: dict[str, Any]) -> None:
    """Display a widget and its twin, as two outputs: where a widget's model is gone, its output shows nothing else."""
    kept = {"jupyter_tracking": metadata}
    live = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    for data in ({"text/plain": line, WIDGET_VIEW: live}, {"text/plain": line, "text/html": page}):
        publish_display_data(data, kept)


def show(view: RunView | RunFolder, names: str | Sequence[str | tuple[str, str]], kind: str | None = None) -> Stepper:
    """Show artifacts of a run under one slider.

    Args:
        view: the run, or its folder.
        names: a name, or several; each may be (kind, name).
        kind: needed when a name has more than one kind.
    """
    listed = [names] if isinstance(names, str) else list(names)
    if not listed:
        message = "names=[] is empty; give the name of an artifact, or several"
        raise InvalidArgument(message)
    return Stepper(scene(folder_of(view), listed, kind))

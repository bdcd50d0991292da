"""The stepper: ipywidgets' slider and play button over the steps that were logged, and the content under them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from jupyter_tracking.errors import InvalidArgument, NotFound, suggest
from jupyter_tracking.views.export import page
from jupyter_tracking.views.widgets import live
from jupyter_tracking.views.widgets.step_view import BUDGET, StepView
from jupyter_tracking.views.widgets.display import NotebookDisplay
from jupyter_tracking.views.widgets.base import close_tree
from jupyter_tracking.views.model.panel import Scene, folder_of, scene
from jupyter_tracking.views.widgets.slider import StepSlider

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.run_view import RunView

__all__ = ["Stepper", "show"]


class Stepper(ipywidgets.VBox):  # type: ignore[misc]
    """Steps through the versions of an artifact, or of several together.

    Attributes:
        slider: a `SelectionSlider` over the steps.
        play: a `Play` that moves it.
        content: the drawing; it follows the slider in the page, with no kernel between.
    """

    def __init__(self, shown: Scene, *, budget: int = BUDGET, page_budget: int = page.BUDGET) -> None:
        """Show a scene at its last step.

        Args:
            shown: what to show.
            budget: bytes of steps that the page may keep at a time.
            page_budget: bytes that a display may add to the notebook's file.
        """
        self._scene = shown
        self._steps: tuple[int | None, ...] = tuple(shown.steps)
        self._page_budget = page_budget
        self._displayed: NotebookDisplay | None = None
        last = max(0, len(shown.steps) - 1)
        self.slider = StepSlider(
            shown.steps,
            index=last,
            description="step",
            style={"description_width": "initial"},
            layout={"flex": "1 1 auto", "max_width": "620px", "width": "auto", "min_width": "160px"},
        )
        self.play = ipywidgets.Play(min=0, max=last, value=last, interval=150, layout={"flex": "0 0 auto"})
        self.content = StepView(shown, index=last, budget=budget, slider=self.slider, play=self.play)
        # A front end without our slider moves the content alone.
        self.content.observe(self._moved, names=["index"])
        self._controls = ipywidgets.HBox([self.play, self.slider], layout={"align_items": "center"})
        super().__init__([])
        self._lay()
        self.add_class("jt-stepper")
        self.content.observe(self._poll_while_visible, names=["visible"])
        self._poll_while_visible()

    @property
    def steps(self) -> tuple[int | None, ...]:
        """The steps that were logged, in order."""
        return self._steps

    @property
    def step(self) -> int | None:
        """The step on screen; set it to move there."""
        return self._steps[self.slider.index] if self._steps else None

    @step.setter
    def step(self, step: int | None) -> None:
        try:
            self.slider.index = self._steps.index(step)
        except ValueError:
            raise NotFound(self._no_step(step)) from None

    def _no_step(self, step: int | None) -> str:
        if self._scene.total > len(self._steps) and step in self._scene.logged():
            return f"step {step} is not on the slider, which offers {len(self._steps)} of {self._scene.total} steps; load() gives its value"
        return f"no step {step!r} was logged{suggest(str(step), [str(s) for s in self._steps])}"

    def save(self, path: str | Path) -> Path:
        """Write the whole view to one HTML file that needs no network and no kernel."""
        return page.save_scene(self._scene, path, index=self.slider.index)

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return self._scene.running

    def poll(self) -> bool:
        """Show what was logged since; what is on screen stays. Return whether more may come."""
        with self.content.lock:
            if self.content.comm is None:
                return False
            more = self._scene.running  # asked first: what was logged before the end is read after
            grown = self.content.refresh()
            if grown:
                self._lengthen()  # before the content, which moves the slider with it
            self.content.tell(grown=grown)
            return more

    def _lengthen(self) -> None:
        step, self._steps = self.step, tuple(self._scene.steps)
        self.slider.grow(self._steps, self._steps.index(step) if step in self._steps else 0)
        self.play.max = max(0, len(self._steps) - 1)
        self._lay()

    def _lay(self) -> None:
        self.children = [self._controls, self.content] if len(self._steps) > 1 else [self.content]

    def refresh_page(self) -> bool:
        """Bring the twin in the notebook up to date; return whether it may have to be again."""
        more = self.poll()
        if self._displayed is None or self.content.comm is None:
            return False
        with self.content.lock:
            self._displayed.refresh_page(self._page(self._displayed.line), page.metadata(self._scene))
        return more

    def _page(self, line: str) -> str:
        return page.static_page(self._scene, index=self.slider.index, budget=self._page_budget, key=self.content.key, line=line)

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page."""
        parts = {self.play, self.slider, self.content, self._controls, *self.children, self.layout}
        with self.content.lock:
            for part in parts:
                close_tree(part)
            super().close()

    def _poll_while_visible(self, _change: object = None) -> None:
        """Follow the run while there is somebody to see it."""
        if self.content.visible and self._scene.running:
            live.start_polling(self)
        else:
            live.stop_polling(self)

    def _moved(self, change: dict[str, Any]) -> None:
        self.slider.index = change["new"]

    def _ipython_display_(self, **_options: Any) -> None:
        """Display the widget, then its twin: the same view for when the widget is gone."""
        with self.content.lock:
            line = self._scene.line()
            self._displayed = NotebookDisplay(self, self._page(line), line, page.metadata(self._scene))
        if self._scene.running:
            live.refresh_after_cells(self)


def show(view: RunView | RunFolder, names: str | Sequence[str | tuple[str, str]], kind: str | None = None) -> Stepper:
    """Show artifacts of a run under one slider.

    Args:
        view: the run, or its folder.
        names: a name, or several; each may be (kind, name).
        kind: needed when a name has more than one kind.
    """
    listed = [names] if isinstance(names, str) else list(names)
    if not listed:
        raise InvalidArgument("names=[] is empty; give the name of an artifact, or several")
    return Stepper(scene(folder_of(view), listed, kind))

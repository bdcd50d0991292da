"""The stepper: what is drawn at a step, with the bar that moves it, and ipywidgets' slider and play button that the bar is linked to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound, shortened, suggest
from jupyter_tracking.format.step_timestamp import Step, as_step
from jupyter_tracking.views.export import page
from jupyter_tracking.views.model.scene import Scene, open_scene
from jupyter_tracking.views.widgets.base import RunWidget
from jupyter_tracking.views.widgets.slider import StepSlider
from jupyter_tracking.views.widgets.step_view import BUDGET, StepView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jupyter_tracking.read.run_reader import RunFolder

_INTERVAL = 150  # how long a step stays while they are played (ms), at the usual speed; as in player.ts


class Stepper(RunWidget):
    """Steps through the versions of an artifact, or of several together.

    Attributes:
        slider: a `SelectionSlider` over the steps; the page draws it in the bar, where there is more than one.
        play: a `Play` that moves it: the bar's button starts and stops it, the bar's speed is its interval.
        content: the bar and the drawing, which follow the slider in the page, without the kernel.
    """

    def __init__(
        self, scene: Scene, *, index: int | None = None, budget: int = BUDGET, page_budget: int = page.BUDGET, follow: bool = False
    ) -> None:
        """Show a scene.

        Args:
            scene: what to show.
            index: at which of its steps; by default at the last.
            budget: bytes of steps that the page may keep at a time.
            page_budget: bytes that a display may add to the notebook's file.
            follow: whether the page begins with going to each new step.
        """
        self._scene = scene
        self._steps: tuple[int | None, ...] = tuple(scene.steps)
        last = max(0, len(scene.steps) - 1)
        at = last if index is None else index
        # The step can be typed in the bar; ipywidgets' own readout takes typing too, and ignores it.
        self.slider = StepSlider(scene.steps, index=at, description="step", readout=False, layout={"width": "auto"})
        self.play = ipywidgets.Play(min=0, max=last, value=at, interval=_INTERVAL)
        self.content = StepView(scene, index=at, budget=budget, slider=self.slider, play=self.play, follow=follow)
        # A front end without our slider moves the content alone.
        self.content.observe(self._content_moved, names=["index"])
        super().__init__([self.content], self.content, page_budget=page_budget, others=[self.slider, self.play])
        self.add_class("jt-stepper")

    @property
    def steps(self) -> tuple[int | None, ...]:
        """The steps on the slider, in order."""
        return self._steps

    @property
    def step(self) -> int | None:
        """The step on screen; set it to move there."""
        return self._steps[self.slider.index] if self._steps else None

    @step.setter
    def step(self, step: int | None) -> None:
        if step in self._steps:
            self.slider.index = self._steps.index(step)
        elif self._scene.total > len(self._steps) and step in self._scene.logged():
            raise NotFound(
                f"step {step} is not on the slider, which offers {len(self._steps)} of {self._scene.total} steps; load() gives its value"
            )
        else:
            raise NotFound(f"no step {step!r} was logged{suggest(str(step), [str(s) for s in self._steps])}")

    def save(self, path: str | Path) -> Path:
        """Write the whole view to one HTML file that needs no network and no kernel."""
        return page.save_scene(self._scene, path, index=self.slider.index)

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return self._scene.running

    def _update(self) -> bool:
        more = self._scene.running  # asked first: what was logged before the end is read after
        grown = self.content.refresh()
        if grown:  # before the content is told, which moves the slider with it
            step, self._steps = self.step, tuple(self._scene.steps)
            self.slider.grow(self._steps, self._steps.index(step) if step in self._steps else 0)
            self.play.max = max(0, len(self._steps) - 1)
        self.content.tell(grown=grown)
        return more

    def _page(self, line: str, budget: int | None = page.BUDGET) -> str:
        return page.static_page(self._scene, index=self.slider.index, budget=budget, key=self.content.key, line=line)

    def _line(self) -> str:
        return self._scene.line()

    def _metadata(self) -> dict[str, Any]:
        return page.metadata(self._scene)

    def _forget(self) -> None:
        self.content.seed = []
        self._scene.forget()

    def _content_moved(self, change: dict[str, Any]) -> None:
        self.slider.index = change["new"]


def show(
    folder: RunFolder, names: str | Sequence[str | tuple[str, str] | list[str]], kind: str | None = None, step: Step | None = None
) -> Stepper:
    """Show artifacts of a run under one slider.

    Args:
        folder: the run.
        names: a name, or several; each may be (kind, name), or a list of such.
        kind: needed when a name has more than one kind.
        step: at which step, or the nearest before it, which the page then says; by default at the last.

    Raises:
        InvalidArgument: no name is given.
        InvalidType: something that is no name.
        NotFound: no artifact of a name, or several kinds have it, or no step so early.
    """
    given: Any = [names] if isinstance(names, str) else names
    listed = [name for each in given for name in (each if isinstance(each, list) else [each])]
    for name in listed:
        if not isinstance(name, str | tuple):
            hint = f"; a step is given as step={name}" if isinstance(name, int) else ""
            raise InvalidType(f"names has {shortened(name)}, a {type(name).__name__}; give names of artifacts{hint}")
    if not listed:
        raise InvalidArgument("names=[] is empty; give the name of an artifact, or several")
    whole = as_step(step)
    scene = open_scene(folder, listed, kind)
    return Stepper(scene, index=None if whole is None else _place(scene, whole))


def _place(scene: Scene, step: int) -> int:
    """Return the place of a step on the slider, or of the nearest before it; the scene is told to say so."""
    numbers = [(number, place) for place, number in enumerate(scene.steps) if number is not None]
    earlier = [(number, place) for number, place in numbers if number <= step]
    if not earlier:
        first = f"; the first is {numbers[0][0]}" if numbers else ", nor any other"
        raise NotFound(f"step={step}: no such step was logged, and none before it{first}")
    number, place = earlier[-1]
    if number != step:
        why = "is not on the slider" if step in scene.logged() else "was not logged"
        scene.note = "; ".join(filter(None, [scene.note, f"step {step} {why}: opened at {number}, the nearest before it"]))
    return place

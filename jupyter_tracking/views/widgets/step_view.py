"""The widget that draws: it tells the page once what there is, and answers by number what the page asks for. Nothing else is believed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import Widget, widget_serialization

from jupyter_tracking.views.widgets.base import WidgetBase
from jupyter_tracking.views.model.panel import SHARED

if TYPE_CHECKING:
    from jupyter_tracking.read.run_reader import Event
    from jupyter_tracking.views.model.panel import Scene

__all__ = ["BUDGET", "StepView"]

BUDGET = 8_000_000
_SEED = 400_000
_ANSWER = 1_000_000
_PATIENCE = 0.2


class StepView(WidgetBase):
    """The drawing under a stepper's slider."""

    about = traitlets.Dict().tag(sync=True)
    seed: traitlets.List[list[Any]] = traitlets.List().tag(sync=True)
    budget = traitlets.Int(BUDGET).tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    slider = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    play = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)

    def __init__(self, scene: Scene, **traits: Any) -> None:
        """Show a scene, starting at `index`."""
        self.scene = scene
        self._before: list[list[Event]] = []
        super().__init__(
            widget="stepper",
            key=scene.key(),
            about=scene.about(),
            seed=self._first(traits.get("index", 0)),
            **traits,
        )
        self.on_msg(self._asked)

    def _first(self, index: int) -> list[list[Any]]:
        """Return the shared payloads, and the payloads about the one on screen that fit: what is seen before anything is asked."""
        seed: list[list[Any]] = []
        size = 0
        for number, panel in enumerate(self.scene.panels):
            shared = panel.shared()
            seed.append([number, SHARED, shared.head, shared.buffers])
            size += shared.size
        ends = time.monotonic() + _PATIENCE
        for far in range(25):
            for number, panel in enumerate(self.scene.panels):
                middle = self.scene.number(panel, index)
                if panel.renderer.all_steps or not panel.events:
                    continue
                for at in {middle - far, middle + far}:
                    late = far > 0 and (size > _SEED or time.monotonic() > ends)
                    if 0 <= at < len(panel.events) and not late:
                        payload = panel.payload(at)
                        seed.append([number, at, payload.head, payload.buffers])
                        size += payload.size
        return seed

    def refresh(self) -> bool:
        """Read what was logged since; return whether there is something new to tell."""
        self._before = [panel.events for panel in self.scene.panels]
        return self.scene.refresh()

    def tell(self, *, grown: bool) -> None:
        """Tell the page what `refresh` found, and how the run stands."""
        if not grown and self.scene.standing() == self.about["run"]:
            return
        with self.hold_sync():
            if grown:
                self.seed = self._grown(self._before)
            self.about = self.scene.about()

    def _grown(self, before: list[list[Event]]) -> list[list[Any]]:
        """Return the shared payloads, the newest payload, and those before it that fit: a busy kernel may not answer when they are asked for."""
        seed: list[list[Any]] = []
        size = 0
        ends = time.monotonic() + _PATIENCE
        for number, (panel, old) in enumerate(zip(self.scene.panels, before, strict=True)):
            shared = panel.shared()
            seed.append([number, SHARED, shared.head, shared.buffers])
            new = [n for n, event in enumerate(panel.events) if n >= len(old) or event != old[n]]
            for far, at in enumerate([] if panel.renderer.all_steps else reversed(new)):
                if far > 0 and (size > _SEED or time.monotonic() > ends):
                    break
                payload = panel.payload(at)
                seed.append([number, at, payload.head, payload.buffers])
                size += payload.size
        return seed

    def _asked(self, _widget: object, message: object, _buffers: object) -> None:
        """Answer the page. A message that is not one of ours is left alone."""
        with self.lock:
            self._answer_to(message)

    def _answer_to(self, message: object) -> None:
        if not isinstance(message, dict) or not isinstance(message.get("id"), str):
            return
        if isinstance(message.get("query"), dict):
            panel, number = message.get("panel"), message.get("number")
            if isinstance(panel, int) and isinstance(number, int) and self._known(panel, number):
                payload = self.scene.panels[panel].answer(number, message["query"])
                self.send({"id": message["id"], "head": payload.head}, payload.buffers)
        elif isinstance(message.get("ask"), list):
            self._answer(message["id"], message["ask"])

    def _answer(self, identity: str, wanted: list[Any]) -> None:
        told: list[list[Any]] = []
        buffers: list[bytes] = []
        size = 0
        ends = time.monotonic() + _PATIENCE
        for wish in wanted:
            if not (isinstance(wish, list) and len(wish) == 2 and self._known(*wish)):  # noqa: PLR2004
                continue
            panel, number = wish
            payload = self.scene.panels[panel].payload(number)
            told.append([panel, number, payload.head, len(payload.buffers)])
            buffers.extend(payload.buffers)
            size += payload.size
            # What did not fit is asked for again, after what has become more urgent.
            if size > _ANSWER or time.monotonic() > ends:
                break
        self.send({"id": identity, "payloads": told}, buffers)

    def _known(self, panel: object, number: object) -> bool:
        """Return whether the page names a panel and a payload that there are."""
        if type(panel) is not int or type(number) is not int or not 0 <= panel < len(self.scene.panels):
            return False
        return 0 <= number < max(1, len(self.scene.panels[panel].events))

"""The widget that draws a scene: the page is told once what there is, and asks for steps by number. No other message is answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import Widget, widget_serialization

from jupyter_tracking.views.model.panel import SHARED
from jupyter_tracking.views.model.payload import encode_scene
from jupyter_tracking.views.widgets.base import WidgetBase

if TYPE_CHECKING:
    from jupyter_tracking.views.model.panel import Panel
    from jupyter_tracking.views.model.payload import Payload
    from jupyter_tracking.views.model.scene import Scene

BUDGET = 8_000_000  # bytes of payloads that the page keeps
_SEED = 400_000  # bytes that are sent unasked
_ANSWER = 1_000_000  # bytes of an answer
_AROUND = 25  # steps to either side of the one on screen that are sent at first, where there is room
_PATIENCE = 0.2  # seconds that an answer may take; the payload asked for first is sent in any case


class StepView(WidgetBase):
    """The drawing under a stepper's slider."""

    about = traitlets.Dict().tag(sync=True, to_json=lambda info, _widget: encode_scene(info) if info else {})
    seed: traitlets.List[list[Any]] = traitlets.List().tag(sync=True)
    budget = traitlets.Int(BUDGET).tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)
    slider = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    play = traitlets.Instance(Widget, allow_none=True).tag(sync=True, **widget_serialization)
    follow = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, scene: Scene, **traits: Any) -> None:
        """Show a scene, starting at `index`."""
        self.scene = scene
        self._before: list[list[tuple[tuple[int, int], ...]]] = []
        self._run = scene.run_info()
        super().__init__(
            widget="stepper",
            key=scene.key(),
            about=scene.info(),
            seed=self._first(traits.get("index", 0)),
            **traits,
        )
        self.on_msg(self._asked)

    def _first(self, index: int) -> list[list[Any]]:
        """Return the shared payloads, and those of the steps around the one on screen: what is seen before anything is asked for."""
        batch = _Batch()
        for number, panel in enumerate(self.scene.panels):
            batch.add(number, SHARED, panel.shared())
        self._add_around(batch, index)
        return batch.entries

    def _add_around(self, batch: _Batch, index: int) -> None:
        asked = [(n, panel, self.scene.number(panel, index)) for n, panel in enumerate(self.scene.panels) if _asks_for_steps(panel)]
        for far in range(_AROUND):
            for number, panel, middle in asked:
                for at in {middle - far, middle + far}:
                    wanted = 0 <= at < len(panel.steps) and (number, at) not in batch.payloads
                    if wanted and (far == 0 or batch.has_room):
                        batch.add(number, at, panel.payload(at))

    def refresh(self) -> bool:
        """Read what was logged since; return whether there is something new to tell."""
        # Asked before the rows are read: of a run that the page is told has ended, it has every step.
        self._run = self.scene.run_info()
        self._before = [_shown_rows(panel) for panel in self.scene.panels]
        return self.scene.refresh()

    def tell(self, *, grown: bool) -> None:
        """Tell the page what `refresh` found, and the status of the run."""
        if not grown and self._run == self.about["run"]:
            return
        with self.hold_sync():
            if grown:
                self.seed = self._grown(self._before)
            self.about = {**self.scene.info(), "run": self._run}

    def _grown(self, before: list[list[tuple[tuple[int, int], ...]]]) -> list[list[Any]]:
        """Return the shared payloads, the newest step, and those before it that fit: a busy kernel may not answer when they are asked for.

        A page that has not said yet that it shows the view may draw it after this, and so never see what was sent before: until then what
        is around the step on screen is sent again.
        """
        batch = _Batch()
        for number, (panel, old) in enumerate(zip(self.scene.panels, before, strict=True)):
            batch.add(number, SHARED, panel.shared())
            new = [n for n, rows in enumerate(_shown_rows(panel)) if n >= len(old) or rows != old[n]]
            for far, at in enumerate(reversed(new)):
                if far > 0 and not batch.has_room:
                    break
                batch.add(number, at, panel.payload(at))
        if not self._pages:
            self._add_around(batch, getattr(self.slider, "index", self.index))
        return batch.entries

    def _asked(self, _widget: object, message: object, _buffers: object) -> None:
        """Answer a message of the page; one that is not of ours is ignored."""
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

    def _answer(self, identity: str, asked: list[Any]) -> None:
        answered: list[list[Any]] = []
        buffers: list[bytes] = []
        size = 0
        ends = time.monotonic() + _PATIENCE
        for each in asked:
            if not (isinstance(each, list) and len(each) == 2 and self._known(*each)):  # noqa: PLR2004
                continue
            panel, number = each
            payload = self.scene.panels[panel].payload(number)
            answered.append([panel, number, payload.head, len(payload.buffers)])
            buffers.extend(payload.buffers)
            size += payload.size
            # What does not fit is asked for again, after what has become more urgent.
            if size > _ANSWER or time.monotonic() > ends:
                break
        self.send({"id": identity, "payloads": answered}, buffers)

    def _known(self, panel: object, number: object) -> bool:
        """Return whether there is such a panel and such a payload of it."""
        if type(panel) is not int or type(number) is not int or not 0 <= panel < len(self.scene.panels):
            return False
        return 0 <= number < max(1, len(self.scene.panels[panel].steps))


class _Batch:
    """Payloads that go to the page unasked: as many as are made soon and are not too large together."""

    def __init__(self) -> None:
        self.payloads: dict[tuple[int, int], Payload] = {}
        self._size = 0
        self._ends = time.monotonic() + _PATIENCE

    def add(self, panel: int, number: int, payload: Payload) -> None:
        self.payloads[panel, number] = payload
        self._size += payload.size

    @property
    def entries(self) -> list[list[Any]]:
        return [[*place, payload.head, payload.buffers] for place, payload in self.payloads.items()]

    @property
    def has_room(self) -> bool:
        return self._size <= _SEED and time.monotonic() <= self._ends


def _asks_for_steps(panel: Panel) -> bool:
    """Return whether the page asks for steps of the panel: of some all is in the shared payload."""
    return bool(panel.steps) and not panel.renderer.all_steps


def _shown_rows(panel: Panel) -> list[tuple[tuple[int, int], ...]]:
    """Return what each step of a panel shows: as long as it is the same, the page's payload of that step holds."""
    return panel.shown_rows() if _asks_for_steps(panel) else []

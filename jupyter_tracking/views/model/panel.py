"""Panels and scenes: which artifact at which of its steps, read through the reader. Nothing of widgets or pages."""

from __future__ import annotations

import bisect
import copy
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import run_document
from jupyter_tracking.views.model.origin import origin
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.renderers import renderer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import Artifact, Event, RunFolder
    from jupyter_tracking.run_view import RunView
    from jupyter_tracking.views.model.renderer import Renderer

__all__ = ["SHARED", "Panel", "Scene", "folder_of", "is_running", "scene", "step_order"]

SHARED = -1
# A slider has no room for more, and a page none for their names.
_MOST = 5_000
_RARE = 500
_OVER = run_document.FINAL_STATUSES | {"interrupted", "unknown"}

Step = int | None


def step_order(step: Step) -> tuple[bool, int]:
    """Return what steps are sorted by: the one without a number first."""
    return step is not None, step or 0


@dataclass(slots=True)
class Panel:
    """One artifact and the event that stands for each of its steps.

    Attributes:
        logged: one a step, the latest logged, in the order of the steps; empty for what was kept without a step.
        events: of these, the ones that can be looked at.
        versions: for each step that was logged more than once, how often.
        label: what to call the run, where there are several.
        beside: the same artifact of another run, with which this one can be compared.
    """

    folder: RunFolder
    artifact: Artifact
    renderer: Renderer
    logged: list[Event] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    beside: Panel | None = None
    _latest: dict[Step, Event] = field(default_factory=dict)
    _many: dict[Step, int] = field(default_factory=dict)
    _read: int = 0
    _last: Event | None = None

    def __post_init__(self) -> None:
        self.refresh()

    def refresh(self) -> bool:
        """Read on in what was logged; return whether there is something new."""
        logged = self.folder.events(self.artifact)
        count = len(logged)
        if count < self._read or (self._read and logged[self._read - 1] != self._last):
            self._latest, self._many, self._read = {}, {}, 0  # another file than before
        elif count == self._read:
            return False
        for event in logged[self._read : count]:
            self._latest[event.step] = event
            self._many[event.step] = self._many.get(event.step, 0) + 1
        self._read, self._last = count, logged[count - 1] if count else None
        self.logged = [self._latest[step] for step in sorted(self._latest, key=step_order)]
        self._stand(self.logged)
        return True

    def _stand(self, events: list[Event]) -> None:
        self.events = events
        self.versions = {n: self._many[e.step] for n, e in enumerate(events) if self._many.get(e.step, 1) > 1}
        self.cache.clear()

    def offer(self, steps: Sequence[Step]) -> None:
        """Show what is there at these steps, and no more."""
        keys = [step_order(event.step) for event in self.logged]
        kept = sorted({bisect.bisect_right(keys, step_order(step)) for step in steps} - {0})
        self._stand([self.logged[n - 1] for n in kept])

    def only(self, numbers: Sequence[int]) -> Panel:
        """Return this panel as if only some of its events could be looked at."""
        other = copy.copy(self)
        told = self._origin()
        other.cache = {**self.cache, "origin": {**told, "from": [told["from"][n] for n in numbers]} if told else {}}
        other.events = [self.events[n] for n in numbers]
        other.versions = {k: self.versions[n] for k, n in enumerate(numbers) if n in self.versions}
        return other

    def rare(self) -> set[Step]:
        """Return the steps that are few enough for each to be offered."""
        return {event.step for event in self.logged} if len(self.logged) <= _RARE else set()

    @property
    def artifacts(self) -> list[Artifact]:
        """What is shown."""
        return [self.artifact]

    @property
    def title(self) -> str:
        """What to call it."""
        return self.artifact.name

    @property
    def steps(self) -> list[Step]:
        """The steps, each once, the one without a number first."""
        return [event.step for event in self.events]

    def shared(self, *, preview: bool = False) -> Payload:
        """Return what holds for all steps, or the error in words."""
        try:
            return self.renderer.shared(self, preview=preview)
        except Exception as error:  # noqa: BLE001 - whatever fails is said in the view, and the rest goes on
            return _error_payload(error)

    def payload(self, number: int, *, preview: bool = False) -> Payload:
        """Return what to show at a step, or the error in words."""
        try:
            return self.renderer.payload(self, number, preview=preview)
        except Exception as error:  # noqa: BLE001
            return _error_payload(error)

    def answer(self, number: int, query: dict[str, Any]) -> Payload:
        """Answer the page, or say the error in words."""
        try:
            return self.renderer.answer(self, number, query)
        except Exception as error:  # noqa: BLE001
            return _error_payload(error)

    def value(self, number: int) -> Any:
        """Return the value at a step."""
        return self.folder.value(self.artifact, self.events[number])

    def cell(self, number: int) -> Any:
        """Return the parsed cell at a step."""
        return self.folder.payload(self.artifact, self.events[number])

    def about(self) -> dict[str, Any]:
        """Return what the page is told once."""
        told = {"run": self.label} if self.label else {}
        return told | {
            "kind": self.artifact.kind,
            "name": self.title,
            "view": self.renderer.stem,
            "steps": self.steps,
            "times": [event.timestamp for event in self.events],
            "versions": {str(n): many for n, many in self.versions.items()},
            "all_steps": self.renderer.all_steps or not self.events,
            **self._origin(),
        }

    def _origin(self) -> dict[str, Any]:
        if "origin" not in self.cache:
            self.cache["origin"] = origin(self.folder, self.artifact, self.events)
        told: dict[str, Any] = self.cache["origin"]
        return told


def _error_payload(error: Exception) -> Payload:
    words = str(error) if isinstance(error, TrackingError) else f"{type(error).__name__}: {error}"
    return Payload({"error": json_safe(words)})


class Scene:
    """The panels under one slider, and the union of their steps.

    Attributes:
        steps: those that are offered: all, or of very many some, evenly, with the first and the last.
        total: how many were logged.
    """

    def __init__(self, panels: Sequence[Panel]) -> None:
        self.panels = list(panels)
        self.steps: list[Step] = []
        self.total = 0
        self._join()

    def _join(self) -> None:
        every = self.logged()
        self.steps, self.total = every, len(every)
        if len(every) <= _MOST:
            return
        # A power of two: what is offered of a run that goes on stays offered for long.
        kept = {every[-1], *every[:: 1 << (len(every) // _MOST).bit_length()]}.union(*(panel.rare() for panel in self.panels))
        self.steps = [step for step in every if step in kept]
        for panel in self.panels:
            panel.offer(self.steps)

    def logged(self) -> list[Step]:
        """Return every step that was logged."""
        return sorted({event.step for panel in self.panels for event in panel.logged}, key=step_order)

    def refresh(self) -> bool:
        """Read again what was logged; return whether there is something new."""
        grown = [panel.refresh() for panel in self.panels]
        if any(grown):
            self._join()
        return any(grown)

    @property
    def folders(self) -> list[RunFolder]:
        """The runs that are shown."""
        return list({id(panel.folder): panel.folder for panel in self.panels}.values())

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return any(map(is_running, self.folders))

    def at(self, panel: Panel) -> list[int] | None:
        """Return the panel's payload for each step of the scene, -1 before its first; None when they are the same."""
        own = panel.steps
        if not own or own == self.steps:
            return None
        keys = [step_order(step) for step in own]
        return [bisect.bisect_right(keys, step_order(step)) - 1 for step in self.steps]

    def number(self, panel: Panel, index: int) -> int:
        """Return the panel's payload at a place of the slider."""
        at = self.at(panel)
        return (index if panel.events else 0) if at is None else at[index]

    def about(self) -> dict[str, Any]:
        """Return what the page is told once."""
        panels = []
        for panel in self.panels:
            told, at = panel.about(), self.at(panel)
            if panel.beside is not None:
                told["beside"] = self.panels.index(panel.beside)
            panels.append(told if at is None else {**told, "at": at})
        said: dict[str, Any] = json_safe({"run": self.standing(), "steps": self.steps, "panels": panels})
        return {**said, "total": self.total} if self.total > len(self.steps) else said

    def standing(self) -> dict[str, str]:
        """Return which run this is, and how it stands: of several, one that goes on."""
        folder = next(filter(is_running, self.folders), self.folders[0])
        said: dict[str, str] = json_safe({"uuid": folder.uuid, "name": folder.name, "status": folder.status})
        return said

    def key(self) -> str:
        """Return a word by which a widget and its twin know each other; the same content gives the same word."""
        names = [[p.folder.uuid, p.artifact.kind, p.title, len(p.logged)] for p in self.panels]
        return hashlib.blake2s(json.dumps(json_safe(names)).encode(), digest_size=8).hexdigest()

    def line(self) -> str:
        """Return one honest line of text."""
        names = ", ".join(f"{a.kind} {a.name!r}" for p in self.panels for a in p.artifacts)
        folder = self.panels[0].folder
        many = "no steps" if not self.steps else "1 step"
        if len(self.steps) > 1:
            many = f"{self.total} steps ({self.steps[0]} to {self.steps[-1]})"
        said: str = json_safe(f"<{names}: {many}, run {folder.name or folder.uuid} {folder.uuid[:8]}>")
        return said


def is_running(folder: RunFolder) -> bool:
    """Say whether a run goes on."""
    return folder.status not in _OVER


def folder_of(view: RunView | RunFolder) -> RunFolder:
    """Return the folder of a run, from what `open_run` gives or from itself."""
    from jupyter_tracking.read.run_reader import RunFolder

    return view if isinstance(view, RunFolder) else view.files


def scene(folder: RunFolder, names: Sequence[str | tuple[str, str]], kind: str | None = None) -> Scene:
    """Open artifacts of a run, each by name or by (kind, name), under one slider; metrics in a row that fit are one chart."""
    from jupyter_tracking.kinds import kind_of
    from jupyter_tracking.views.renderers.overlay import combine_metrics

    panels = []
    for name in names:
        artifact = folder.find(name, kind) if isinstance(name, str) else folder.find(name[1], name[0])
        panels.append(Panel(folder, artifact, renderer_of(kind_of(artifact.row_kind).renderer)))
    return Scene(combine_metrics(panels))

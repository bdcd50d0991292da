"""Overlays: lines in one chart, of several runs or of several metrics. A payload holds one payload a line, as its own renderer makes it."""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.read.run_reader import Event
from jupyter_tracking.views.model.panel import Panel, step_order
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback, renderer_of
from jupyter_tracking.views.renderers.metric import extent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from matplotlib.axes import Axes

    from jupyter_tracking.read.run_reader import Artifact

__all__ = ["OVERLAYS", "CombinedPanel", "combine_metrics"]

_NONE = -1
_LEAST_SHARE = 0.02  # of a chart's height, over which a line must move to be seen to move: about five pixels
# As in the page: colours that the colour-blind can tell apart (Okabe and Ito), and dashes for those who see none.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#946700", "#3b8fbf", "#7a7a00", "#555555")
_DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 2, 2)))


class CombinedPanel(Panel):
    """Panels that are drawn as one: its steps are the union of theirs."""

    def __init__(self, members: Sequence[Panel], overlay: Renderer) -> None:
        """Join panels of one renderer."""
        self.members = list(members)
        self._joined = False
        first = self.members[0]
        super().__init__(first.folder, first.artifact, overlay)

    def refresh(self) -> bool:
        """Read on in what was logged; return whether there is something new."""
        grown = [member.refresh() for member in self.members]
        if self._joined and not any(grown):
            return False
        self._joined = True
        moments: dict[int | None, int] = {}
        for member in self.members:
            for event in member.logged:
                moments[event.step] = max(moments.get(event.step, event.timestamp), event.timestamp)
        steps = sorted(moments, key=step_order)
        self.logged = [Event(n, step, moments[step], 0, 0, 0) for n, step in enumerate(steps)]
        self._stand(self.logged)
        return True

    def offer(self, steps: Sequence[int | None]) -> None:
        """Show what is there at these steps, and no more."""
        super().offer(steps)
        for member in self.members:
            member.offer(steps)

    def only(self, numbers: Sequence[int]) -> CombinedPanel:
        """Return this panel as if only some of its events could be looked at."""
        other = super().only(numbers)
        assert isinstance(other, CombinedPanel)
        other.cache = {"origin": other.cache["origin"]}
        other.members = [m.only(sorted({self.place(m, n) for n in numbers} - {_NONE})) for m in self.members]
        return other

    def rare(self) -> set[int | None]:
        """Return the steps that are few enough for each to be offered."""
        return set().union(*(member.rare() for member in self.members))

    @property
    def artifacts(self) -> list[Artifact]:
        """What is shown; the same of several runs once."""
        return list({(m.artifact.kind, m.artifact.name): m.artifact for m in self.members}.values())

    @property
    def title(self) -> str:
        """What to call it."""
        return ", ".join(artifact.name for artifact in self.artifacts)

    @property
    def labels(self) -> list[str]:
        """What to call each: its run where there are several, else its name."""
        return [member.label or member.artifact.name for member in self.members]

    def place(self, member: Panel, number: int) -> int:
        """Return the member's payload at one of ours: its latest at or before that step, -1 before its first."""
        if not self.events:
            return 0
        key = f"steps {id(member)}"
        if key not in self.cache:
            self.cache[key] = [step_order(step) for step in member.steps]
        return bisect.bisect_right(self.cache[key], step_order(self.events[number].step)) - 1

    def about(self) -> dict[str, Any]:
        """Return what the page is told once."""
        told = super().about()
        told["members"] = [{"label": label, "uuid": member.folder.uuid} for label, member in zip(self.labels, self.members, strict=True)]
        if self.renderer.all_steps:
            for member, said in zip(self.members, told["members"], strict=True):
                said["steps"] = member.steps
                said["at"] = [self.place(member, number) for number in range(len(self.events))]
        return told

    def shown(self, number: int) -> Iterator[tuple[int, Panel, int]]:
        """Yield for each member that has a step by then: its place, itself, and its payload."""
        for n, member in enumerate(self.members):
            at = self.place(member, number)
            if at != _NONE:
                yield n, member, at


class Overlay(Renderer):
    """A renderer whose panels are several drawn as one."""

    def __init__(self, single: Renderer) -> None:
        """Draw together what a renderer draws alone."""
        self.single = single
        self.stem = single.stem
        self.all_steps = single.all_steps

    def shared(self, panel: Panel, *, preview: bool) -> Payload:
        """Return what holds for all steps, of each."""
        assert isinstance(panel, CombinedPanel)
        return _join((n, member, member.shared(preview=preview)) for n, member in enumerate(panel.members))

    def payload(self, panel: Panel, number: int, *, preview: bool) -> Payload:
        """Return what to show at one step, of each that has one by then."""
        assert isinstance(panel, CombinedPanel)

        def parts() -> Iterator[tuple[int, Panel, Payload]]:
            for n, member, at in panel.shown(number):
                payload = member.payload(at, preview=preview)
                yield n, member, Payload({**payload.head, "step": json_safe(member.events[at].step)}, payload.buffers)

        return _join(parts())

    def fallback(self, panel: Panel, number: int) -> str:
        """Return the lines as a picture with a legend."""
        assert isinstance(panel, CombinedPanel)
        shown = list(panel.shown(number))

        def draw(axes: Axes) -> None:
            for n, member, at in shown:
                colour, dash = _COLOURS[n % len(_COLOURS)], _DASHES[(n + n // len(_COLOURS)) % len(_DASHES)]
                for x, y in self._lines(member, at):
                    axes.plot(x, y, color=colour, linestyle=dash, linewidth=1.5, label=json_safe(panel.labels[n]))
            axes.set_title(json_safe(panel.title), fontsize=9)
            axes.legend(fontsize=7, frameon=False)

        return fallback.picture(draw, f"{panel.artifact.kind} {panel.title}: {', '.join(panel.labels)}")

    def _lines(self, member: Panel, at: int) -> Iterator[tuple[Any, Any]]:
        """Yield x and y as the page draws them, of one at one of its frames."""
        payload = member.shared(preview=True) if self.all_steps else member.payload(at, preview=True)
        if "error" in payload.head:
            return
        x, y = ("step", "value") if self.all_steps else ("x", "y")
        column = {name: _column(payload, name) for name in payload.head["columns"]}
        if self.all_steps and not np.isfinite(column[x]).any():
            column[x] = column["time"] - column["time"].min(initial=np.inf)
        yield column[x], column[y]


def _column(payload: Payload, name: str) -> Any:
    place, kind = payload.head["columns"][name]
    return np.frombuffer(payload.buffers[place], f"<{kind}")


def _join(parts: Iterable[tuple[int, Panel, Payload]]) -> Payload:
    """Put payloads into one: the head of each as it is, its buffers after those of the others."""
    joined = Payload({"parts": []})
    for n, _, payload in parts:
        joined.head["parts"].append([n, len(joined.buffers), len(payload.buffers), payload.head])
        joined.buffers.extend(payload.buffers)
    return joined


OVERLAYS = {stem: Overlay(renderer_of(stem)) for stem in ("curve", "metric")}


def combine_metrics(panels: Sequence[Panel]) -> list[Panel]:
    """Draw metrics that follow each other in one chart, as far as each can still be seen to move; anything else stays by itself."""
    drawn: list[Panel] = []
    for stem, group in itertools.groupby(panels, lambda panel: panel.renderer.stem):
        if stem != "metric":
            drawn.extend(group)
            continue
        charts: list[list[Panel]] = []
        for panel in {(panel.artifact.kind, panel.artifact.name): panel for panel in group}.values():
            chart = next((chart for chart in charts if _all_move([*chart, panel])), None)
            if chart is None:
                charts.append(chart := [])
            chart.append(panel)
        drawn.extend(CombinedPanel(chart, OVERLAYS[stem]) if len(chart) > 1 else chart[0] for chart in charts)
    return drawn


def _all_move(panels: Sequence[Panel]) -> bool:
    """Say whether every metric, but for those that never move, would use enough of a common chart's height."""
    known = [seen for panel in panels if (seen := extent(panel)) is not None]
    if not known:
        return True
    height = max(high for _, high in known) - min(low for low, _ in known)
    return all(low == high or high - low >= height * _LEAST_SHARE for low, high in known)

"""Overlays: lines in one drawing, of several runs or of several metrics. A frame holds a frame of each, as its own family makes it."""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.read.run_reader import Event
from jupyter_tracking.views.model.panel import Pane, order
from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback, family_of
from jupyter_tracking.views.renderers.metric import extent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from matplotlib.axes import Axes

    from jupyter_tracking.read.run_reader import Artifact

__all__ = ["OVERLAYS", "Together", "joined"]

_NONE = -1
_LEAST_SHARE = 0.02  # of a chart's height, over which a line must move to be seen to move: about five pixels
# As in the page: colours that the colour-blind can tell apart (Okabe and Ito), and dashes for those who see none.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#946700", "#3b8fbf", "#7a7a00", "#555555")
_DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 2, 2)))


class Together(Pane):
    """Panes that are drawn as one: its steps are the union of theirs."""

    def __init__(self, members: Sequence[Pane], overlay: Family) -> None:
        """Join panes of one family."""
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
        steps = sorted(moments, key=order)
        self.logged = [Event(n, step, moments[step], 0, 0, 0) for n, step in enumerate(steps)]
        self._stand(self.logged)
        return True

    def offer(self, steps: Sequence[int | None]) -> None:
        """Show what is there at these steps, and no more."""
        super().offer(steps)
        for member in self.members:
            member.offer(steps)

    def only(self, numbers: Sequence[int]) -> Together:
        """Return this pane as if only some of its events could be looked at."""
        other = super().only(numbers)
        assert isinstance(other, Together)
        other.memory = {"origin": other.memory["origin"]}
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

    def place(self, member: Pane, number: int) -> int:
        """Return the member's frame at one of ours: its latest at or before that step, -1 before its first."""
        if not self.events:
            return 0
        key = f"steps {id(member)}"
        if key not in self.memory:
            self.memory[key] = [order(step) for step in member.steps]
        return bisect.bisect_right(self.memory[key], order(self.events[number].step)) - 1

    def about(self) -> dict[str, Any]:
        """Return what the page is told once."""
        told = super().about()
        told["members"] = [{"label": label, "uuid": member.folder.uuid} for label, member in zip(self.labels, self.members, strict=True)]
        if self.family.whole:
            for member, said in zip(self.members, told["members"], strict=True):
                said["steps"] = member.steps
                said["at"] = [self.place(member, number) for number in range(len(self.events))]
        return told

    def shown(self, number: int) -> Iterator[tuple[int, Pane, int]]:
        """Yield for each member that has a step by then: its place, itself, and its frame."""
        for n, member in enumerate(self.members):
            at = self.place(member, number)
            if at != _NONE:
                yield n, member, at


class Overlay(Family):
    """A family whose panes are several drawn as one."""

    def __init__(self, single: Family) -> None:
        """Draw together what a family draws alone."""
        self.single = single
        self.stem = single.stem
        self.whole = single.whole

    def ground(self, pane: Pane, *, light: bool) -> Frame:
        """Return what holds for all steps, of each."""
        assert isinstance(pane, Together)
        return _joined((n, member, member.ground(light=light)) for n, member in enumerate(pane.members))

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:
        """Return what to show at one step, of each that has one by then."""
        assert isinstance(pane, Together)

        def parts() -> Iterator[tuple[int, Pane, Frame]]:
            for n, member, at in pane.shown(number):
                frame = member.frame(at, light=light)
                yield n, member, Frame({**frame.head, "step": clean(member.events[at].step)}, frame.buffers)

        return _joined(parts())

    def still(self, pane: Pane, number: int) -> str:
        """Return the lines as a picture with a legend."""
        assert isinstance(pane, Together)
        shown = list(pane.shown(number))

        def draw(axes: Axes) -> None:
            for n, member, at in shown:
                colour, dash = _COLOURS[n % len(_COLOURS)], _DASHES[(n + n // len(_COLOURS)) % len(_DASHES)]
                for x, y in self._lines(member, at):
                    axes.plot(x, y, color=colour, linestyle=dash, linewidth=1.5, label=clean(pane.labels[n]))
            axes.set_title(clean(pane.title), fontsize=9)
            axes.legend(fontsize=7, frameon=False)

        return fallback.picture(draw, f"{pane.artifact.kind} {pane.title}: {', '.join(pane.labels)}")

    def _lines(self, member: Pane, at: int) -> Iterator[tuple[Any, Any]]:
        """Yield x and y as the page draws them, of one at one of its frames."""
        frame = member.ground(light=True) if self.whole else member.frame(at, light=True)
        if "error" in frame.head:
            return
        x, y = ("step", "value") if self.whole else ("x", "y")
        column = {name: _column(frame, name) for name in frame.head["columns"]}
        if self.whole and not np.isfinite(column[x]).any():
            column[x] = column["time"] - column["time"].min(initial=np.inf)
        yield column[x], column[y]


def _column(frame: Frame, name: str) -> Any:
    place, kind = frame.head["columns"][name]
    return np.frombuffer(frame.buffers[place], f"<{kind}")


def _joined(parts: Iterable[tuple[int, Pane, Frame]]) -> Frame:
    """Put frames into one: the head of each as it is, its buffers after those of the others."""
    joined = Frame({"parts": []})
    for n, _, frame in parts:
        joined.head["parts"].append([n, len(joined.buffers), len(frame.buffers), frame.head])
        joined.buffers.extend(frame.buffers)
    return joined


OVERLAYS = {stem: Overlay(family_of(stem)) for stem in ("curve", "metric")}


def joined(panes: Sequence[Pane]) -> list[Pane]:
    """Draw metrics that follow each other in one chart, as far as each can still be seen to move; anything else stays by itself."""
    drawn: list[Pane] = []
    for stem, group in itertools.groupby(panes, lambda pane: pane.family.stem):
        if stem != "metric":
            drawn.extend(group)
            continue
        charts: list[list[Pane]] = []
        for pane in {(pane.artifact.kind, pane.artifact.name): pane for pane in group}.values():
            chart = next((chart for chart in charts if _all_move([*chart, pane])), None)
            if chart is None:
                charts.append(chart := [])
            chart.append(pane)
        drawn.extend(Together(chart, OVERLAYS[stem]) if len(chart) > 1 else chart[0] for chart in charts)
    return drawn


def _all_move(panes: Sequence[Pane]) -> bool:
    """Say whether every metric, but for those that never move, would use enough of a common chart's height."""
    known = [seen for pane in panes if (seen := extent(pane)) is not None]
    if not known:
        return True
    height = max(high for _, high in known) - min(low for low, _ in known)
    return all(low == high or high - low >= height * _LEAST_SHARE for low, high in known)

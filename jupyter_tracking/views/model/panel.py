"""Panels: a renderer with the series it draws in one place of the page. One series is the case of several with N = 1."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.views.model.payload import Payload, join_payloads, json_safe
from jupyter_tracking.views.model.step_index import StepIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.read.run_reader import Artifact
    from jupyter_tracking.views.model.payload import Cell, PanelInfo
    from jupyter_tracking.views.model.renderer import Renderer
    from jupyter_tracking.views.model.series import Series
    from jupyter_tracking.views.model.step_index import Step

_NEVER = np.iinfo(np.int64).min
SHARED = -1  # in place of the number of a step: the payload that holds for all of them
# Where at most so many steps were logged, each of them is on the slider, however many steps other artifacts have.
_FEW = 500


class Panel:
    """A renderer and the series it draws: one, or several in one chart where the renderer joins.

    Attributes:
        renderer: how they are drawn.
        series: at least one.
        logged: every step that any of the series has.
        shown: those that are shown.
    """

    def __init__(self, renderer: Renderer, series: Sequence[Series]) -> None:
        """Show all steps of the series."""
        self.renderer = renderer
        self.series = list(series)
        self._unite()

    def _unite(self) -> None:
        self.logged = StepIndex.union(StepIndex.of(series.logged) for series in self.series)
        self._show(self.logged)

    def _show(self, steps: StepIndex) -> None:
        self.shown = steps
        self._steps: list[Step] | None = None
        self._places: list[NDArray[np.intp]] | None = None

    @property
    def steps(self) -> list[Step]:
        """The steps that are shown, as a list. It is made when it is asked for: before they are limited, there may be very many."""
        if self._steps is None:
            self._steps = self.shown.tolist()
        return self._steps

    @property
    def places(self) -> list[NDArray[np.intp]]:
        """For each series, the index of its event at each step: the latest not after that step, -1 before its first."""
        if self._places is None:
            self._places = [series.steps.latest_at_or_before(self.shown) for series in self.series]
        return self._places

    def refresh(self) -> bool:
        """Read what was logged since the last call; return whether there was anything."""
        grown = [series.refresh() for series in self.series]
        if any(grown):
            self._unite()
        return any(grown)

    def limit_steps(self, steps: StepIndex) -> None:
        """Show only the latest step at or before each of these, until the next `refresh`."""
        kept = np.unique(self.logged.latest_at_or_before(steps))
        limited = self.logged.take(kept[kept >= 0])
        for series in self.series:
            series.limit_steps(limited)
        self._show(limited)

    def restricted_to(self, numbers: Sequence[int]) -> Panel:
        """Return a copy that shows only the steps of these indices."""
        chosen = np.array(numbers, dtype=np.intp)
        kept = [np.unique(places[chosen]) for places in self.places]
        series = [one.restricted_to(places[places >= 0].tolist()) for one, places in zip(self.series, kept, strict=True)]
        other = Panel(self.renderer, series)
        other._show(self.shown.take(chosen))
        return other

    def few_steps(self) -> StepIndex:
        """Return the steps of those series that have so few that each can be on the slider."""
        return StepIndex.union(StepIndex.of(series.logged) for series in self.series if len(series.logged) <= _FEW)

    @property
    def artifacts(self) -> list[Artifact]:
        """The artifacts shown; one that several runs have is listed once."""
        return list({(series.artifact.kind, series.artifact.name): series.artifact for series in self.series}.values())

    @property
    def kind(self) -> str:
        """The kind of the artifacts."""
        return self.series[0].artifact.kind

    @property
    def title(self) -> str:
        """The names of the artifacts."""
        return ", ".join(artifact.name for artifact in self.artifacts)

    @property
    def run(self) -> str:
        """What to call the run of a panel that shows one of several runs; else empty."""
        return self.series[0].run if len(self.series) == 1 else ""

    def at(self, number: int) -> Iterator[tuple[int, Series, int]]:
        """Yield, for each series that has a step by then, its index, the series, and the index of its event."""
        if not len(self.shown):  # no step was logged: what there is to show is asked for as number 0
            yield 0, self.series[0], 0
            return
        for n, (series, places) in enumerate(zip(self.series, self.places, strict=True)):
            if places[number] >= 0:
                yield n, series, int(places[number])

    def shown_rows(self) -> list[tuple[tuple[int, int], ...]]:
        """Return what stands for the rows shown at each step: as long as it is the same, so is the payload of the step."""
        by_series = []
        for series, places in zip(self.series, self.places, strict=True):
            rows = np.append(series.events.position, -1)[places].tolist()  # the -1 of no row is at the place -1
            by_series.append([(series.replaced, row) for row in rows])
        return list(zip(*by_series, strict=True))

    # --- what the page gets ----------------------------------------------------------------------

    def shared(self, *, preview: bool = False) -> Payload:
        """Return what holds for all steps."""
        parts = [(n, _payload(partial(self.renderer.shared, series, preview=preview))) for n, series in enumerate(self.series)]
        return join_payloads(parts) if self.renderer.joins else parts[0][1]

    def payload(self, number: int, *, preview: bool = False) -> Payload:
        """Return what to show at a step."""
        parts = []
        for n, series, at in self.at(number):
            part = _payload(partial(self.renderer.payload, series, at, preview=preview))
            if self.renderer.joins and series.events:
                part = Payload({**part.head, "step": json_safe(series.events[at].step)}, part.buffers)
            parts.append((n, part))
        return join_payloads(parts) if self.renderer.joins else parts[0][1]

    def answer(self, number: int, query: dict[str, Any]) -> Payload:
        """Answer a question of the page about a step; about all series where the shared payload holds every step."""
        asked = [(n, series, 0) for n, series in enumerate(self.series)] if self.renderer.all_steps else self.at(number)
        parts = [(n, _payload(partial(self.renderer.answer, series, at, query))) for n, series, at in asked]
        failed = all("error" in part.head for _, part in parts)
        return join_payloads(parts) if self.renderer.joins and not failed else parts[0][1]

    def info(self) -> PanelInfo:
        """Return what the page is told once, before any payload."""
        info: PanelInfo = {
            "kind": self.kind,
            "name": self.title,
            "view": self.renderer.stem,
            "steps": self.steps,
            "times": self._times(),
            "versions": {str(n): count for n, count in self.series[0].versions.items()} if len(self.series) == 1 else {},
            "all_steps": self.renderer.all_steps or not len(self.shown),
        }
        cells, logged_by = self._origin()
        if cells:
            info["cells"], info["from"] = cells, logged_by
        if self.run:
            info["run"] = self.run
        if self.renderer.joins:
            info["members"] = [{"label": series.label, "uuid": series.folder.uuid} for series in self.series]
        if self.renderer.joins and self.renderer.all_steps:
            for member, series, places in zip(info["members"], self.series, self.places, strict=True):
                member |= {"steps": series.steps.tolist(), "at": places.tolist()}
        return info

    def _logged_at(self, series: Series) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the indices of a series' events that were logged at one of the steps, and of these steps."""
        places = series.steps.places_of(self.shown)
        at = np.flatnonzero(places >= 0)
        return places[at], at

    def _times(self) -> list[int]:
        """Return when each step was logged, by the series that logged it last (µs since the epoch)."""
        times = np.full(len(self.shown), _NEVER)
        for series in self.series:
            events, at = self._logged_at(series)
            times[at] = np.maximum(times[at], series.events.timestamp[events])
        found: list[int] = times.tolist()
        return found

    def _origin(self) -> tuple[list[Cell], list[int]]:
        """Return the cells that logged the steps, and for each step the index of the cell that logged it last (-1: none)."""
        cells: dict[tuple[str, str | None], Cell] = {}
        times, logged_by = np.full(len(self.shown), _NEVER), np.full(len(self.shown), -1)
        for series in self.series:
            origin = series.source_cells()
            if not origin:
                continue
            events, at = self._logged_at(series)
            index_of = {-1: -1}
            for number in dict.fromkeys(origin["from"]):
                if number >= 0:
                    cell = origin["cells"][number]
                    key = cell["label"], cell.get("source")
                    cells.setdefault(key, cell)
                    index_of[number] = list(cells).index(key)
            found, moments = np.array([index_of[number] for number in origin["from"]])[events], series.events.timestamp[events]
            later = (moments > times[at]) | ((moments == times[at]) & (found > logged_by[at]))
            times[at[later]], logged_by[at[later]] = moments[later], found[later]
        return list(cells.values()), logged_by.tolist()


def _payload(make: Callable[[], Payload]) -> Payload:
    """Return a payload; where making it fails, one that says why, so that everything else is still shown."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - a renderer meets whatever anybody logged
        words = str(error) if isinstance(error, TrackingError) else f"{type(error).__name__}: {error}"
        return Payload({"error": json_safe(words)})

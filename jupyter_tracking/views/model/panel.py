"""Panels: a renderer with the series it draws in one place of the page. One series is the case of several with N = 1."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.views.model.payload import Payload, join_payloads, json_safe
from jupyter_tracking.views.model.series import latest_at_or_before, step_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.read.run_reader import Artifact
    from jupyter_tracking.views.model.payload import Cell, PanelInfo
    from jupyter_tracking.views.model.renderer import Renderer
    from jupyter_tracking.views.model.series import Series, Step

SHARED = -1  # in place of the number of a step: the payload that holds for all of them
# Where at most so many steps were logged, each of them is on the slider, however many steps other artifacts have.
_FEW = 500


class Panel:
    """A renderer and the series it draws: one, or several in one chart where the renderer joins.

    Attributes:
        renderer: how they are drawn.
        series: at least one.
        logged: every step that any of the series has, sorted.
        steps: those that are shown.
        places: for each series, the index of its event at each step: the latest not after that step, -1 before its first.
    """

    def __init__(self, renderer: Renderer, series: Sequence[Series]) -> None:
        """Show all steps of the series."""
        self.renderer = renderer
        self.series = list(series)
        self.logged: list[Step] = []
        self.steps: list[Step] = []
        self.places: list[list[int]] = []
        self._unite()

    def _unite(self) -> None:
        self.logged = sorted({event.step for series in self.series for event in series.logged}, key=step_order)
        self._show(self.logged)

    def _show(self, steps: Sequence[Step]) -> None:
        self.steps = list(steps)
        self.places = [latest_at_or_before(series.steps, self.steps) for series in self.series]

    def refresh(self) -> bool:
        """Read what was logged since the last call; return whether there was anything."""
        grown = [series.refresh() for series in self.series]
        if any(grown):
            self._unite()
        return any(grown)

    def limit_steps(self, steps: Sequence[Step]) -> None:
        """Show only the latest step at or before each of these, until the next `refresh`."""
        kept = sorted(set(latest_at_or_before(self.logged, steps)) - {-1})
        limited = [self.logged[n] for n in kept]
        for series in self.series:
            series.limit_steps(limited)
        self._show(limited)

    def restricted_to(self, numbers: Sequence[int]) -> Panel:
        """Return a copy that shows only the steps of these indices."""
        kept = [series.restricted_to(sorted({at[n] for n in numbers} - {-1})) for series, at in zip(self.series, self.places, strict=True)]
        other = Panel(self.renderer, kept)
        other._show([self.steps[n] for n in numbers])
        return other

    def few_steps(self) -> set[Step]:
        """Return the steps of those series that have so few that each can be on the slider."""
        return {event.step for series in self.series if len(series.logged) <= _FEW for event in series.logged}

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
        if not self.steps:  # no step was logged: what there is to show is asked for as number 0
            yield 0, self.series[0], 0
            return
        for n, (series, places) in enumerate(zip(self.series, self.places, strict=True)):
            if places[number] >= 0:
                yield n, series, places[number]

    def events(self, number: int) -> list[Event]:
        """Return the events shown at a step: as long as they are the same, so is its payload."""
        return [series.events[at] for _, series, at in self.at(number)] if self.steps else []

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
            "all_steps": self.renderer.all_steps or not self.steps,
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
                member |= {"steps": series.steps, "at": places}
        return info

    def _times(self) -> list[int]:
        """Return when each step was logged, by the series that logged it last (µs since the epoch)."""
        times: dict[Step, int] = {}
        for series in self.series:
            for event in series.events:
                times[event.step] = max(times.get(event.step, event.timestamp), event.timestamp)
        return [times[step] for step in self.steps]

    def _origin(self) -> tuple[list[Cell], list[int]]:
        """Return the cells that logged the steps, and for each step the index of the cell that logged it last (-1: none)."""
        cells: dict[tuple[str, str | None], Cell] = {}
        places: dict[tuple[str, str | None], int] = {}
        logged_by: dict[Step, tuple[int, int]] = {}
        for series in self.series:
            origin = series.source_cells()
            for event, number in zip(series.events, origin.get("from", ()), strict=False):
                place = -1
                if number >= 0:
                    cell = origin["cells"][number]
                    key = cell["label"], cell.get("source")
                    place = places.setdefault(key, len(places))
                    cells[key] = cell
                found = event.timestamp, place
                logged_by[event.step] = max(logged_by.get(event.step, found), found)
        return list(cells.values()), [logged_by.get(step, (0, -1))[1] for step in self.steps]


def _payload(make: Callable[[], Payload]) -> Payload:
    """Return a payload; where making it fails, one that says why, so that everything else is still shown."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - a renderer meets whatever anybody logged
        words = str(error) if isinstance(error, TrackingError) else f"{type(error).__name__}: {error}"
        return Payload({"error": json_safe(words)})

"""The browser: the catalog of a run, and beside it the stepper of what is selected there."""

from __future__ import annotations

import hashlib
import html
from typing import TYPE_CHECKING, Any

import ipywidgets

from jupyter_tracking.errors import NotFound
from jupyter_tracking.views.export import page
from jupyter_tracking.views.renderers import fallback
from jupyter_tracking.views.widgets import live
from jupyter_tracking.views.widgets.artifact_list import ArtifactList, listing, ordered, change_marks
from jupyter_tracking.views.widgets.display import NotebookDisplay
from jupyter_tracking.views.widgets.base import close_tree
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.panel import Scene, folder_of, is_running, scene
from jupyter_tracking.views.widgets.stepper import Stepper
from jupyter_tracking.views.model.downsample import spread_evenly

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.run_view import RunView

__all__ = ["Browser", "browse", "fitting_artifacts"]

_KEPT = (1, 2, 4, 8, 16, 32, 64, 128, 400)
_MOST = 200


class Browser(ipywidgets.VBox):  # type: ignore[misc]
    """All artifacts of a run, and one of them open.

    Attributes:
        catalog: the list.
        stepper: the stepper of what is selected, or None.
    """

    def __init__(self, folder: RunFolder, *, page_budget: int = page.BUDGET) -> None:
        """List a run, and open its first artifact."""
        self._folder = folder
        self._page_budget = page_budget
        self._displayed: NotebookDisplay | None = None
        self._seen: object = None
        self.stepper: Stepper | None = None
        self.catalog = ArtifactList(
            widget="browser",
            key=_key(folder),
            about=listing(folder),
            layout={"flex": "1 1 210px", "max_width": "340px", "min_width": "200px"},
        )
        self._beside = ipywidgets.VBox([], layout={"flex": "1 1 400px", "min_width": "320px", "overflow": "visible"})
        side_by_side = {"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "8px 20px"}
        rows = ipywidgets.HBox([self.catalog, self._beside], layout=side_by_side)
        super().__init__([rows])
        self.catalog.observe(self._selected, names=["selected"])
        first = next(iter(ordered(folder)), None)
        if first is not None:
            self.selected = (first.kind, first.name)
        self.catalog.observe(self._poll_while_visible, names=["visible"])
        self._poll_while_visible()

    @property
    def selected(self) -> tuple[str, str] | None:
        """Kind and name of the artifact that is open; set it to open another."""
        chosen = self.catalog.selected
        return (chosen[0], chosen[1]) if chosen else None

    @selected.setter
    def selected(self, chosen: tuple[str, str]) -> None:
        kind, name = chosen
        artifact = self._folder.find(name, kind)
        self.catalog.selected = [artifact.kind, artifact.name]

    def refresh(self, *, wholly: bool = True) -> None:
        """Read the run again; what is open stays open, at its step.

        Args:
            wholly: look for problems in every row and asset too.
        """
        with self.catalog.lock:
            self.catalog.about = listing(self._folder, None if wholly else self.catalog.about)
            first = next(iter(ordered(self._folder)), None)
            if self.selected is None and first is not None:
                self.selected = (first.kind, first.name)

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return is_running(self._folder)

    def poll(self) -> bool:
        """Show what the run holds by now; return whether more may come."""
        with self.catalog.lock:
            if self.catalog.comm is None:
                return False
            more, before = is_running(self._folder), self._seen
            self._seen = (more, change_marks(self._folder))
            if self._seen != before:
                self.refresh(wholly=not more)
            return more

    def refresh_page(self) -> bool:
        """Bring the twin in the notebook up to date; return whether it may have to be again."""
        more = self.poll()
        if self._displayed is None or self.catalog.comm is None:
            return False
        with self.catalog.lock:
            self._displayed.refresh_page(browser_page(self._folder, budget=self._page_budget, line=self._displayed.line), self._metadata())
        return more

    def save(self, path: str | Path) -> Path:
        """Write the browser to one HTML file that needs no network and no kernel."""
        return page.write_page(path, self._folder.name or self._folder.uuid, browser_page(self._folder, budget=None, line=_line(self._folder)))

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page."""
        with self.catalog.lock:
            if self.stepper is not None:
                self.stepper.close()
            for part in (*self.children, self.layout):
                close_tree(part)
            super().close()

    def _poll_while_visible(self, _change: object = None) -> None:
        """Follow the run while there is somebody to see it."""
        if self.catalog.visible and is_running(self._folder):
            live.start_polling(self)
        else:
            live.stop_polling(self)

    def _selected(self, change: dict[str, Any]) -> None:
        before, self.stepper = self.stepper, None
        try:
            kind, name = change["new"]
            self.stepper = Stepper(scene(self._folder, [(kind, name)]))
            self._beside.children = [self.stepper]
        except (NotFound, ValueError, TypeError) as error:
            self._beside.children = [ipywidgets.Label(json_safe(str(error)))]
        if before is not None:
            before.close()

    def _ipython_display_(self, **_options: Any) -> None:
        """Display the widget, then its twin."""
        with self.catalog.lock:
            line = _line(self._folder)
            page = browser_page(self._folder, budget=self._page_budget, line=line)
            self._displayed = NotebookDisplay(self, page, line, self._metadata())
        if is_running(self._folder):
            live.refresh_after_cells(self)

    def _metadata(self) -> dict[str, Any]:
        said: dict[str, Any] = json_safe({"run_uuid": self._folder.uuid, "run_path": page.relative_path(self._folder.path)})
        return said


def browse(view: RunView | RunFolder) -> Browser:
    """Return the browser of a run, or of its folder."""
    return Browser(folder_of(view))


def _key(folder: RunFolder) -> str:
    return hashlib.blake2s(f"browser {folder.uuid}".encode(), digest_size=8).hexdigest()


def _line(folder: RunFolder) -> str:
    said: str = json_safe(f"<artifacts of run {folder.name or folder.uuid} {folder.uuid[:8]}: {len(folder.artifacts())}>")
    return said


def browser_page(folder: RunFolder, *, budget: int | None, line: str) -> str:
    """Return the browser's twin: the whole list, and of each artifact as many steps as the budget holds."""
    told = listing(folder)
    key = _key(folder)
    columns = ("kind", "name", "steps", "last")
    last = fallback.table(columns, ([a.get(column, "") for column in columns] for a in told["artifacts"]))
    shown = f"<p><b>{html.escape(json_safe(folder.name or folder.uuid))}</b> {html.escape(folder.status)}</p>{last}"
    room = None if budget is None else max(0, (budget - len(page.page_body(key, shown, b"", line))) * 3 // 4)
    kept = fitting_artifacts(folder, told, None if room is None else room - len(page.compress({"listing": told}, [])))
    numbers = {n: k for k, n in enumerate(kept)}
    header = {
        "listing": told,
        "places": [numbers.get(n, -1) for n in range(len(told["artifacts"]))],
        "scenes": [about for about, _ in kept.values()],
    }
    payloads = [(numbers[n], *payload) for n, (_, listed) in kept.items() for payload in listed]
    return page.page_body(key, shown, page.compress(header, payloads), line)


Kept = tuple[dict[str, Any], list[tuple[int, int, Payload]]]


def fitting_artifacts(
    folder: RunFolder, told: dict[str, Any], room: int | None, *, most: int = _MOST, steps: Sequence[int] = _KEPT
) -> dict[int, Kept]:
    """Return, of the artifacts of a listing by their place, what a page is told and the payloads that the room holds.

    Args:
        folder: the run.
        told: its listing.
        room: bytes; None for all there is.
        most: so many artifacts, the first.
        steps: how many steps of each may be kept, from few to many.
    """
    scenes = [scene(folder, [(a["kind"], a["name"])]) for a in told["artifacts"][:most]]
    return _whole(scenes) if room is None else _fitting(scenes, room, steps)


def _whole(scenes: list[Scene]) -> dict[int, Kept]:
    return {n: page.select_steps(one, range(len(one.steps)), len(one.steps) - 1, preview=False) for n, one in enumerate(scenes)}


def _fitting(scenes: list[Scene], room: int, steps: Sequence[int]) -> dict[int, Kept]:
    """Keep each artifact with as many steps as all can have; the largest are left out where even one step each is too much."""
    kept: dict[int, Kept] = {}
    for many in steps:
        round_: dict[int, Kept] = {}
        sizes: dict[int, int] = {}
        for n, one in enumerate(scenes):
            about, payloads = page.select_steps(one, spread_evenly(len(one.steps), many), len(one.steps) - 1, preview=True)
            round_[n] = about, payloads
            sizes[n] = len(page.compress({"scenes": [about]}, [(0, *payload) for payload in payloads]))
        if sum(sizes.values()) <= room:
            kept = round_
        elif not kept:
            return {n: round_[n] for n in _smallest(sizes, room)}
        else:
            return kept
        if all(len(one.steps) <= many for one in scenes):
            break
    return kept


def _smallest(sizes: dict[int, int], room: int) -> Iterator[int]:
    """Choose the smallest that fit together, in their own order."""
    taken = set()
    for n in sorted(sizes, key=lambda n: sizes[n]):
        room -= sizes[n]
        if room < 0:
            break
        taken.add(n)
    return iter(sorted(taken))

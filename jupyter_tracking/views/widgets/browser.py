"""The browser: the list of a run's artifacts, and beside it an overview, or the stepper of what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import orjson
import traitlets

from jupyter_tracking.errors import InvalidType, NotFound, shortened
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.system.collector import CollectorPause
from jupyter_tracking.views.export import page
from jupyter_tracking.views.export.browser_page import browser_key, browser_line, browser_page
from jupyter_tracking.views.model.listing import change_marks, is_soon_checked, list_artifacts, ordered, relative_path, with_problems
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.scene import is_running, open_scene, overview_of, overview_scene
from jupyter_tracking.views.model.value_cache import ValueCache
from jupyter_tracking.views.widgets.base import RunWidget, WidgetBase
from jupyter_tracking.views.widgets.check_thread import find_problems_later
from jupyter_tracking.views.widgets.stepper import Stepper

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from jupyter_tracking.read.run_files import Problem
    from jupyter_tracking.read.run_reader import Artifact, RunFolder

_CHECKING = "checking every row and file…"


def _as_text(listing: dict[str, Any], _widget: object) -> str:
    """Return a listing as JSON: of a state that is a string, ipywidgets does not look at each part several times."""
    return orjson.dumps(listing).decode()


class ArtifactList(WidgetBase):
    """The list, as the page draws it.

    Attributes:
        about: a listing (`model.listing`).
        selected: kind and name of each artifact that is open; none of them where the overview is.
        overview: whether there is an overview to go back to.
    """

    about = traitlets.Dict().tag(sync=True, to_json=_as_text)
    selected: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    overview = traitlets.Bool(default_value=False).tag(sync=True)


class Browser(RunWidget):
    """All artifacts of a run, and beside them the overview, or one or several of them under one slider.

    Attributes:
        catalog: the list.
        stepper: the stepper of what is open, or None.
    """

    def __init__(self, folder: RunFolder, *, page_budget: int = page.BUDGET) -> None:
        """List a run, and open its overview: its metrics and newest pictures; of a run with only one of these, that one.

        Args:
            folder: the run.
            page_budget: bytes that a display may add to the notebook's file.
        """
        with CollectorPause(), folder.one_look():
            self._open(folder, page_budget)

    def _open(self, folder: RunFolder, page_budget: int) -> None:
        self._folder = folder
        self._values = ValueCache()
        self._marks: object = None
        self._checked = is_soon_checked(folder)
        self._problems = find_problems(folder) if self._checked else []
        self._check: Future[list[Problem]] | None = None  # the search for problems that the list waits for
        self._wanted: object = None  # a sign of that search; an earlier one, whose sign is another, ends
        self.stepper: Stepper | None = None
        self._unasked = False  # whether what is open was opened because there was nothing else
        self._overview: list[Artifact] = []
        self.catalog = ArtifactList(
            widget="browser",
            key=browser_key(folder),
            about=self._listing("" if self._checked else _CHECKING),
            layout={"flex": "1 1 210px", "max_width": "340px", "min_width": "200px"},
        )
        self._beside = ipywidgets.VBox([], layout={"flex": "1 1 400px", "min_width": "320px", "overflow": "visible"})
        side_by_side = {"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "8px 20px"}
        super().__init__([ipywidgets.HBox([self.catalog, self._beside], layout=side_by_side)], self.catalog, page_budget=page_budget)
        self.catalog.observe(self._open_selected, names=["selected"])
        self._open_first()
        if not self._checked:
            self._check_in_thread()

    @property
    def selected(self) -> tuple[str, str] | None:
        """Kind and name of the artifact that is open, the first of several; None where it is the overview.

        Set it to open another, to a list of several to open these under one slider, or to None to go back to the overview.
        """
        chosen = self.catalog.selected
        return (chosen[0][0], chosen[0][1]) if chosen else None

    @selected.setter
    def selected(self, chosen: str | tuple[str, str] | list[tuple[str, str]] | list[str] | None) -> None:
        several = chosen if isinstance(chosen, list) else [chosen] if chosen else []
        pairs: list[Any] = [(None, each) if isinstance(each, str) else each for each in several]
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004
            raise InvalidType(f"selected={shortened(chosen)} is none; give the kind and name of an artifact, a list of such, or None")
        found = [self._folder.find(name, kind) for kind, name in pairs]
        self.catalog.selected = [[artifact.kind, artifact.name] for artifact in found]

    def _open_first(self) -> None:
        """Open the overview, or the one artifact that is there to be looked at, unless something else was chosen."""
        before, self._overview = self._overview, overview_of(self._folder)
        several = len(self._overview) > 1
        self.catalog.overview = several
        if self.selected is not None and not (several and self._unasked):
            return
        if not several:
            first = next(iter(self._overview or ordered(self._folder)), None)
            self.selected = (first.kind, first.name) if first is not None else None
            self._unasked = True
        elif self.selected is not None:
            self.selected = None
        elif self.stepper is None or [_key(each) for each in before] != [_key(each) for each in self._overview]:
            self._open_selected({"new": []})

    def _open_selected(self, change: dict[str, Any]) -> None:
        before, self.stepper = self.stepper, None
        self._unasked = False
        try:
            chosen = [(kind, name) for kind, name in change["new"]]
            if chosen:
                self.stepper = Stepper(open_scene(self._folder, chosen, values=self._values))
            elif self._overview:
                self.stepper = Stepper(overview_scene(self._folder, self._overview, values=self._values))
            self._beside.children = [self.stepper] if self.stepper is not None else []
        except (NotFound, ValueError, TypeError) as error:
            self._beside.children = [ipywidgets.Label(json_safe(str(error)))]
        if before is not None:
            before.close()

    def refresh(self, *, problems: bool = True) -> None:
        """Read the run again; what is open stays open, at its step.

        Args:
            problems: look for problems too, in every row and asset; of a large run they are shown when they are found.
        """
        with self.catalog.lock:
            unchecked = self.catalog.about["unchecked"]
            soon = problems and is_soon_checked(self._folder)
            if soon:
                self._check_now()
                unchecked = ""
            elif problems:
                unchecked = _CHECKING
            self.catalog.about = self._listing(unchecked)
            self._open_first()
            if problems and not soon:
                self._check_in_thread()

    def _listing(self, unchecked: str) -> dict[str, Any]:
        return with_problems(list_artifacts(self._folder, ()), self._problems, unchecked)

    def _check_in_thread(self) -> None:
        wanted = self._wanted = object()
        self._check = find_problems_later(self._folder.path, lambda: wanted is self._wanted and self.catalog.comm is not None)
        self._check.add_done_callback(self._take_problems)

    def _check_now(self) -> None:
        """Look for problems in this thread; a search in another, which would read the same meanwhile, ends."""
        with self.catalog.lock:
            was_waiting = self._check is not None and not self._check.done()
            self._check = self._wanted = None
            try:
                self._problems = find_problems(self._folder)
            except BaseException:
                if was_waiting:
                    self._check_in_thread()
                raise
            self._checked = True
            self.catalog.about = with_problems(self.catalog.about, self._problems)

    def _take_problems(self, found: Future[list[Problem]]) -> None:
        """Show what was found, in the thread that has found it."""
        with self.catalog.lock:
            if found is not self._check or found.cancelled() or self.catalog.comm is None:
                return
            error = found.exception()
            self._checked = error is None
            self._problems = self._problems if error else found.result()
            self.catalog.about = with_problems(self.catalog.about, self._problems, f"not all could be read: {error}" if error else "")

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return is_running(self._folder)

    def _update(self) -> bool:
        more, before = self.running, self._marks
        self._marks = (more, change_marks(self._folder))
        if self._marks != before:
            self.refresh(problems=not more)
        return more

    def save(self, path: str | Path) -> Path:
        """Write the browser to one HTML file that needs no network and no kernel."""
        with Progress("save()", "artifacts") as progress, self._folder.one_look():
            self._check_now()
            inside = self._page(self._line(), None, progress)
        return page.write_page(path, self._folder.name or self._folder.uuid, inside)

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page."""
        with self.catalog.lock:
            if self.stepper is not None:
                self.stepper.close()
            super().close()

    def _forget(self) -> None:
        self._values = ValueCache()

    def _page(self, line: str, budget: int | None = page.BUDGET, progress: Progress | None = None) -> str:
        known = self._problems if self._checked else None
        return browser_page(self._folder, budget=budget, line=line, values=self._values, problems=known, progress=progress)

    def _line(self) -> str:
        return browser_line(self._folder)

    def _metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = json_safe({"run_uuid": self._folder.uuid, "run_path": relative_path(self._folder.path)})
        return found


def _key(artifact: Artifact) -> tuple[str, str]:
    return artifact.kind, artifact.name

"""A scatter plot or parallel coordinates in a notebook; a run that is clicked is opened below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from jupyter_tracking.errors import NotFound, TrackingError, suggest
from jupyter_tracking.views.export import page
from jupyter_tracking.views.export.bundle import MANY
from jupyter_tracking.views.many.pages import plot_page
from jupyter_tracking.views.model.listing import relative_path
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.widgets.base import RunWidget, WidgetBase
from jupyter_tracking.views.widgets.browser import Browser

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.views.many.plot import RunsPlot
    from jupyter_tracking.views.model.payload import Payload

_MOST_LISTED = 1_000  # runs that the notebook's metadata name


class Front(WidgetBase):
    """A view of many runs, as the page draws it."""

    script = MANY
    drawn: traitlets.List[Any] = traitlets.List().tag(sync=True)
    opened = traitlets.Unicode().tag(sync=True)
    chosen: traitlets.List[str] = traitlets.List().tag(sync=True)


class ManyRunsView(RunWidget):
    """A view of many runs, of which one can be opened below.

    Attributes:
        front: the view, as the page draws it.
        browser: the browser of the run that is open, or None.
    """

    front: Front

    def __init__(self, front: Front, folders: list[RunFolder]) -> None:
        """Show what the page draws, and nothing below."""
        self._folders = {folder.uuid: folder for folder in folders}
        self._below = ipywidgets.VBox([], layout={"overflow": "visible"})
        self.browser: Browser | None = None
        super().__init__([front, self._below], front, page_budget=page.BUDGET)
        front.observe(self._opened, names=["opened"])

    @property
    def runs(self) -> tuple[str, ...]:
        """The uuids of the runs."""
        return tuple(self._folders)

    @property
    def run(self) -> str | None:
        """The uuid of the run that is open; set it to open another."""
        return self.front.opened or None

    @run.setter
    def run(self, uuid: str | None) -> None:
        if uuid and uuid not in self._folders:
            raise NotFound(f"run={uuid!r}: no such run in this view{suggest(uuid, list(self._folders))}")
        self.front.opened = uuid or ""

    def _opened(self, change: dict[str, Any]) -> None:
        before, folder = self.browser, self._folders.get(str(change["new"]))
        self.browser = None
        shown: ipywidgets.Widget | None = None
        if folder is not None:
            try:
                shown = self.browser = Browser(folder)
            except (TrackingError, OSError) as error:
                shown = ipywidgets.Label(json_safe(str(error)))
        self._below.children = [shown] if shown is not None else []
        if before is not None:
            before.close()

    def _metadata(self) -> dict[str, Any]:
        listed = list(self._folders.values())[:_MOST_LISTED]
        runs = [{"run_uuid": f.uuid, "run_path": relative_path(f.path)} for f in listed]
        found: dict[str, Any] = json_safe({"runs": runs, "many": self._asked()})
        return found

    def _asked(self) -> dict[str, Any]:
        """Return what is shown of the runs, so that a notebook's reader can have it made anew."""
        raise NotImplementedError

    def _forget(self) -> None:
        self.front.drawn = []


class PlotView(ManyRunsView):
    """Many runs as points or lines, of which those that are brushed are `chosen`."""

    def __init__(self, plot: RunsPlot) -> None:
        """Show a plot."""
        self._plot = plot
        front = Front(widget="plot", key=plot.key(), drawn=[sent(plot.payload())])
        super().__init__(front, plot.columns.folders)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The uuids of the runs that the brushes in the page leave; all of them where nothing is brushed."""
        return tuple(self.front.chosen) or self.runs

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return self._plot.running

    def _update(self) -> bool:
        more = self._plot.running
        if self._plot.refresh():
            self.front.drawn = [sent(self._plot.payload())]
        return more

    def _asked(self) -> dict[str, Any]:
        return {"view": self._plot.kind, **self._plot.asked}

    def save(self, path: str | Path) -> Path:
        """Write the view, with all runs, to one HTML file that needs no network and no kernel."""
        return page.write_page(path, self._line().strip("<>"), self._page(self._line(), None))

    def _page(self, _line: str, budget: int | None = page.BUDGET) -> str:
        return plot_page(self._plot, budget, self.front.key)

    def _line(self) -> str:
        return self._plot.line()


def sent(payload: Payload) -> list[Any]:
    """Return a payload as a widget's state holds it."""
    return [payload.head, payload.buffers]

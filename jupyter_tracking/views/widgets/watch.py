"""A view that stays while runs come: it shows what it is to watch of the newest run as soon as there is a value, and grows with it."""

from __future__ import annotations

import hashlib
import html
from threading import RLock
from typing import TYPE_CHECKING, Any

import ipywidgets

from jupyter_tracking.errors import escape_controls
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.views.export import page
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.scene import is_running, open_scene, overview_of, overview_scene
from jupyter_tracking.views.widgets import live
from jupyter_tracking.views.widgets.base import close_widget_tree
from jupyter_tracking.views.widgets.display import NotebookDisplay
from jupyter_tracking.views.widgets.stepper import Stepper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import Artifact, RunFolder
    from jupyter_tracking.views.model.scene import Scene


class Watch(ipywidgets.VBox):  # type: ignore[misc]
    """Artifacts of the newest run, live: a placeholder before the first value, then the stepper at the newest step.

    Attributes:
        stepper: what is shown of the run, or None before there is anything.
        waiting: what is said as long as there is nothing to show.
    """

    def __init__(self, names: Sequence[str], folder: RunFolder | None = None) -> None:
        """Watch artifacts of a run; without names, all of its metrics.

        Args:
            names: the artifacts, of any kind, which need not be there yet.
            folder: the run, if there is one already.
        """
        self.lock = free_after_fork(RLock())
        self.stepper: Stepper | None = None
        self._names = tuple(names)
        self._key = hashlib.blake2s(repr(self._names).encode(), digest_size=8).hexdigest()
        self._shown: list[tuple[str, str]] = []
        self._displayed: NotebookDisplay | None = None
        self._folder = folder
        self._scene: Scene | None = None
        self.waiting = ipywidgets.HTML()
        super().__init__([self.waiting])
        if folder is not None:
            self.follow(folder)
        else:
            self._say_what_is_awaited()

    def follow(self, folder: RunFolder) -> None:
        """Watch another run from now on."""
        with self.lock:
            self._folder, self._shown = folder, []
            self._update()
            if self.running:
                live.start_polling(self)
                if self._displayed is not None:
                    live.refresh_after_cells(self)

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return self._folder is not None and is_running(self._folder)

    def poll(self) -> bool:
        """Show what was logged since; return whether more may come."""
        with self.lock:
            return self.comm is not None and self._update()

    def refresh_page(self) -> bool:
        """Bring the static page in the notebook up to date; return whether it may have to be again."""
        with self.lock:
            more = self.poll()
            if self._displayed is None or self.comm is None:
                return False
            self._displayed.line = escape_controls(self._line())
            self._displayed.refresh_page(self._page(), self._metadata())
            return more

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page."""
        with self.lock:
            live.stop_polling(self)
            if self.stepper is not None:
                self.stepper.close()
            for part in (self.waiting, self.layout):
                close_widget_tree(part)
            super().close()
            self._displayed = None

    def display(self) -> None:
        """Display it here, with its static page."""
        with self.lock:
            self._displayed = NotebookDisplay(self, self._page(), self._line(), self._metadata())
        if self.running:
            live.refresh_after_cells(self)

    def _update(self) -> bool:
        more = self.running  # asked first: what was logged before the end is read after
        chosen = self._chosen()
        shown = [(artifact.kind, artifact.name) for artifact in chosen]
        if shown and shown != self._shown:
            self._show(chosen)
            self._shown = shown
        elif self.stepper is not None and shown and (self.stepper.content.visible or not more):
            follows = self.stepper.steps and self.stepper.step == self.stepper.steps[-1]
            self.stepper.poll()
            if follows:
                self.stepper.step = self.stepper.steps[-1]
        self._say_what_is_awaited()
        return more

    def _chosen(self) -> list[Artifact]:
        """Return what there is already of what is to be watched."""
        if self._folder is None:
            return []
        if not self._names:
            return [artifact for artifact in overview_of(self._folder) if artifact.kind == "metric"]
        artifacts = self._folder.artifacts()
        return [artifact for name in self._names for artifact in artifacts if artifact.name == name]

    def _show(self, chosen: list[Artifact]) -> None:
        assert self._folder is not None  # noqa: S101 - something of it was chosen
        before = self.stepper
        self._scene = open_scene(self._folder, chosen) if self._names else overview_scene(self._folder, chosen)
        self.stepper = Stepper(self._scene, follow=True)
        self.stepper.content.key = self._key  # by which the page finds its widget, also when there is more to show
        # The new steps are looked for here, together with what is new altogether.
        self.stepper.content.unobserve_all("visible")
        live.stop_polling(self.stepper)
        self.children = [self.stepper, self.waiting]
        if before is not None:
            before.close()

    def _say_what_is_awaited(self) -> None:
        there = {name for _, name in self._shown}
        missing = ", ".join(name for name in self._names if name not in there) or ("" if self._shown else "metric")
        if self._folder is None:
            words = f"waiting for a run to start, and its {missing}…"
        else:
            run = self._folder.name or self._folder.uuid
            words = f"waiting for the first {missing} of {run}…" if self.running else f"{run} has no {missing}"
        self.waiting.value = f"<em>{html.escape(escape_controls(json_safe(words)))}</em>" if missing else ""

    def _page(self) -> str:
        if self.stepper is None or self._scene is None:
            return "<div hidden></div>"
        return page.static_page(self._scene, index=self.stepper.slider.index, budget=page.BUDGET, key=self._key, line=self._line())

    def _line(self) -> str:
        nothing = f"<live view of {', '.join(self._names) or 'all metrics'}: nothing logged yet>"
        return nothing if self._scene is None else self._scene.line()

    def _metadata(self) -> dict[str, Any]:
        return {} if self._scene is None else page.metadata(self._scene)

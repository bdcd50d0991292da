"""The browser of many runs: a table of them, and below it the browser of the run that is opened, or a comparison of those chosen."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from jupyter_tracking.errors import InvalidArgument, NotFound, TrackingError, suggest
from jupyter_tracking.views.export import page
from jupyter_tracking.views.renderers import fallback
from jupyter_tracking.views.widgets import live
from jupyter_tracking.views.widgets.browser import Browser, fitting_artifacts
from jupyter_tracking.views.widgets.artifact_list import listing
from jupyter_tracking.views.widgets.compare import compare, labels
from jupyter_tracking.views.widgets.display import NotebookDisplay
from jupyter_tracking.views.widgets.base import WidgetBase, close_tree
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.run_table import RunTable, encode_rows, changed_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.views.model.payload import Payload
    from jupyter_tracking.views.widgets.stepper import Stepper

__all__ = ["RunsBrowser", "browse"]

_STILL = 30
_SHARED = 400
# Of so many runs, the newest, a saved page keeps the artifacts, where there is room: so many of each, with so many steps.
_BROWSERS = 6
_ARTIFACTS = 24
_STEPS = (1, 4, 16)
_LEAST_ROOM = 4_000
_TABLE_SHARE = 0.6


class Table(WidgetBase):
    """The table, as the page draws it."""

    table: traitlets.List[Any] = traitlets.List().tag(sync=True)
    patches: traitlets.List[Any] = traitlets.List().tag(sync=True)
    opened = traitlets.Unicode().tag(sync=True)
    chosen: traitlets.List[str] = traitlets.List().tag(sync=True)
    shared: traitlets.List[list[Any]] = traitlets.List().tag(sync=True)


class RunsBrowser(ipywidgets.VBox):  # type: ignore[misc]
    """A table of runs. One that is opened shows its artifacts below; several that are chosen can be compared.

    Attributes:
        table: the table.
        browser: the browser of the run that is open, or None.
        comparison: the stepper that compares, or None.
    """

    def __init__(self, runs: Sequence[RunFolder] | None, root: Path, *, page_budget: int = page.BUDGET) -> None:
        """List these runs; all under the root when None."""
        self._runs = RunTable(runs, root)
        self._told = list(self._runs.rows)
        self._page_budget = page_budget
        self._displayed: NotebookDisplay | None = None
        self.browser: Browser | None = None
        self.comparison: Stepper | None = None
        payload = encode_rows(self._told)
        self.table = Table(widget="runs", key=self._key(), table=[payload.head, payload.buffers])
        self._below = ipywidgets.VBox([], layout={"overflow": "visible"})
        super().__init__([self.table, self._below])
        self.table.observe(self._opened, names=["opened"])
        self.table.observe(self._chosen, names=["chosen"])
        self.table.observe(self._poll_while_visible, names=["visible"])
        self.table.on_msg(self._asked)
        self._poll_while_visible()

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def runs(self) -> tuple[str, ...]:
        """The uuids of the runs, in the order of the table: the newest first."""
        return tuple(row["uuid"] for row in self._runs.rows)

    @property
    def run(self) -> str | None:
        """The uuid of the run that is open; set it to open another, by its uuid or a prefix of it."""
        folder = self._runs.find(self.table.opened) if self.table.opened else None
        return folder.uuid if folder is not None else None

    @run.setter
    def run(self, uuid: str) -> None:
        self.table.opened = self._identity(uuid)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The uuids of the runs that are ticked; set them to tick others."""
        found = [self._runs.find(identity) for identity in self.table.chosen]
        return tuple(folder.uuid for folder in found if folder is not None)

    @chosen.setter
    def chosen(self, uuids: Iterable[str]) -> None:
        self.table.chosen = [self._identity(uuid) for uuid in uuids]

    @property
    def selected(self) -> tuple[str, str] | None:
        """Kind and name of the artifact that is open; set it to open another of the same run."""
        return self.browser.selected if self.browser is not None else None

    @selected.setter
    def selected(self, chosen: tuple[str, str]) -> None:
        if self.browser is None:
            raise InvalidArgument("no run is open; set .run first")
        self.browser.selected = chosen

    def compare(self, name: str, kind: str | None = None) -> Stepper:
        """Compare an artifact of the runs that are ticked, below the table."""
        folders = [folder for identity in self.table.chosen if (folder := self._runs.find(identity)) is not None]
        made = compare(folders, name, kind)
        self._show(made)
        self.comparison = made
        self.table.opened = ""
        return made

    def _identity(self, uuid: str) -> str:
        found = [row["id"] for row in self._runs.rows if row["uuid"].startswith(uuid) or row["id"] == uuid]
        if len(found) != 1:
            several = f"{len(found)} runs of the table match" if found else f"no such run in the table{suggest(uuid, list(self.runs))}"
            raise NotFound(f"run={uuid!r}: {several}")
        return str(found[0])

    # --- what the page asks for ------------------------------------------------------------------

    def _show(self, shown: ipywidgets.Widget | None) -> None:
        before = self.browser or self.comparison
        self.browser = self.comparison = None
        self._below.children = [shown] if shown is not None else []
        if before is not None:
            before.close()

    def _opened(self, change: dict[str, Any]) -> None:
        folder = self._runs.find(str(change["new"]))
        if folder is None:
            if self.browser is not None:
                self._show(None)
            return
        try:
            made = Browser(folder)
        except (TrackingError, OSError) as error:
            self._show(ipywidgets.Label(json_safe(str(error))))
            return
        self._show(made)
        self.browser = made

    def _chosen(self, _change: object) -> None:
        """Tell the page what the runs that are ticked have in common."""
        found: dict[tuple[str, str], int] = {}
        for identity in self.table.chosen:
            folder = self._runs.find(identity)
            for artifact in folder.artifacts() if folder is not None else []:
                found[artifact.kind, artifact.name] = found.get((artifact.kind, artifact.name), 0) + 1
        often = sorted((item for item in found.items() if item[1] > 1), key=lambda item: -item[1])
        self.table.shared = json_safe([[kind, name, many] for (kind, name), many in often[:_SHARED]])

    def _asked(self, _widget: object, message: object, _buffers: object) -> None:
        """Compare what the page asks for: kind and name."""
        wanted = message.get("compare") if isinstance(message, dict) else None
        if not (isinstance(wanted, list) and len(wanted) == 2 and all(isinstance(word, str) for word in wanted)):  # noqa: PLR2004
            return
        kind, name = wanted
        with self.table.lock:
            try:
                self.compare(name, kind)
            except (TrackingError, OSError) as error:
                self._show(ipywidgets.Label(json_safe(str(error))))

    # --- runs that go on -------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether runs may come or go on."""
        return self._runs.open_ended

    def _poll_while_visible(self, _change: object = None) -> None:
        if self.table.visible and self.running:
            live.start_polling(self)
        else:
            live.stop_polling(self)

    def refresh(self) -> None:
        """Read the runs again; what is open and what is ticked stays."""
        with self.table.lock:
            self._runs.refresh()
            self._tell()

    def poll(self) -> bool:
        """Show what the runs are by now; return whether more may come."""
        with self.table.lock:
            if self.table.comm is None:
                return False
            if self._runs.poll():
                self._tell()
            return self.running

    def _tell(self) -> None:
        """Send the rows that changed; all of them when there are others, or many."""
        rows = list(self._runs.rows)
        changed = changed_rows(rows, self._told)
        self._told = rows
        known = dict(map(tuple, self.table.patches))
        if changed is not None and len(known) + len(changed) <= max(50, len(rows) // 20):
            known |= dict(map(tuple, changed))
            self.table.patches = [[n, cells] for n, cells in known.items()]
            return
        payload = encode_rows(rows)
        with self.table.hold_sync():
            self.table.patches = []
            self.table.table = [payload.head, payload.buffers]

    # --- what stays ------------------------------------------------------------------------------

    def refresh_page(self) -> bool:
        """Bring the twin in the notebook up to date; return whether it may have to be again."""
        more = self.poll()
        if self._displayed is None or self.table.comm is None:
            return False
        with self.table.lock:
            self._displayed.refresh_page(self._page(self._displayed.line, self._page_budget), self._metadata())
        return more

    def save(self, path: str | Path) -> Path:
        """Write the table, and the newest runs with all of their artifacts, to one HTML file that needs no network and no kernel."""
        return page.write_page(path, f"runs of {self._runs.root}", self._page(self._line(), None))

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page."""
        with self.table.lock:
            self._show(None)
            for part in (*self.children, self.layout):
                close_tree(part)
            super().close()

    def _ipython_display_(self, **_options: Any) -> None:
        """Display the widget, then its twin."""
        with self.table.lock:
            line = self._line()
            self._displayed = NotebookDisplay(self, self._page(line, self._page_budget), line, self._metadata())
        if self.running:
            live.refresh_after_cells(self)

    def _page(self, line: str, budget: int | None) -> str:
        return _markup(self._runs, key=self.table.key, line=line, budget=budget)

    def _key(self) -> str:
        return hashlib.blake2s(f"runs {' '.join(self.runs)}".encode(), digest_size=8).hexdigest()

    def _line(self) -> str:
        count = len(self._runs.rows)
        names = ", ".join(labels(self._runs.folders[:3])) + (", …" if count > 3 else "")  # noqa: PLR2004
        said: str = json_safe(f"<{count} run{'' if count == 1 else 's'}{f': {names}' if names else ''}>")
        return said

    def _metadata(self) -> dict[str, Any]:
        newest = self._runs.folders[:_STILL]
        listed = [{"run_uuid": folder.uuid, "run_path": page.relative_path(folder.path)} for folder in newest]
        said: dict[str, Any] = json_safe({"root": page.relative_path(self._runs.root), "runs": listed})
        return said


def browse(runs: Sequence[RunFolder] | None, root: Path) -> RunsBrowser:
    """Return the browser of several runs, or of all under a root."""
    return RunsBrowser(runs, root)


# --- the twin ------------------------------------------------------------------------------------


def _markup(runs: RunTable, *, key: str, line: str, budget: int | None) -> str:
    """Return the twin: the table, and of the newest runs what there is room for."""
    columns = ("name", "status", "created", "tags")
    words = ([row["name"] or row["id"], row["status"], _date(row["created"]), row["tags"]] for row in runs.rows[:_STILL])
    count = len(runs.rows)
    more = f"<p><small>the newest {_STILL} of {count:,} runs</small></p>" if count > _STILL else ""
    shown = f"<p><b>{count:,} run{'' if count == 1 else 's'}</b></p>{fallback.table(columns, words)}{more}"
    room = None if budget is None else max(0, (budget - len(page.page_body(key, shown, b"", line))) * 3 // 4)
    table = _fitting(runs, None if room is None else int(room * _TABLE_SHARE))
    header: dict[str, Any] = {"runs": {"total": count}, "browsers": {}, "scenes": []}
    payloads: list[tuple[int, int, int, Payload]] = [(-1, 0, 0, table)]
    left = None if room is None else room - len(page.compress(header, payloads))
    newest = list(zip(runs.folders, runs.rows, strict=True))[: None if room is None else _BROWSERS]
    for n, (folder, row) in enumerate(newest):
        share = None if left is None else left // (len(newest) - n)
        if share is not None and share < _LEAST_ROOM:
            break
        told, scenes, kept, size = _browser(folder, share)
        if share is not None and size > share:
            continue
        left = None if left is None else left - size
        places = {place: len(header["scenes"]) + k for k, place in enumerate(scenes)}
        header["browsers"][row["id"]] = {"listing": told, "places": [places.get(p, -1) for p in range(len(told["artifacts"]))]}
        header["scenes"].extend(scenes.values())
        payloads.extend((places[place], *payload) for place, payload in kept)
    return page.page_body(key, shown, page.compress(header, payloads), line)


def _date(micros: float | None) -> str:
    from datetime import UTC, datetime

    return "" if micros is None else f"{datetime.fromtimestamp(micros / 1e6, UTC):%Y-%m-%d %H:%M} UTC"


def _fitting(runs: RunTable, room: int | None) -> Payload:
    """Return as many rows, the newest, as the room holds."""
    count = len(runs.rows)
    payload = encode_rows(runs.rows)
    while room is not None and count > 1:
        size = len(page.compress({}, [(-1, 0, 0, payload)]))
        if size <= room:
            break
        count = max(1, min(count - 1, int(count * room / size * 0.95)))
        payload = encode_rows(runs.rows[:count])
    return payload


Kept = tuple[dict[str, Any], dict[int, dict[str, Any]], list[tuple[int, tuple[int, int, "Payload"]]], int]


def _browser(folder: RunFolder, room: int | None) -> Kept:
    """Return the listing of a run, of each artifact that is kept what the page is told and its payloads, and their size."""
    told = listing(folder)
    plain = len(page.compress({"listing": told}, []))
    found = fitting_artifacts(folder, told, None if room is None else room - plain, most=_ARTIFACTS, steps=_STEPS)
    scenes = {place: about for place, (about, _) in found.items()}
    kept = [(place, payload) for place, (_, payloads) in found.items() for payload in payloads]
    size = len(page.compress({"listing": told, "scenes": list(scenes.values())}, [(place, *payload) for place, payload in kept]))
    return told, scenes, kept, size

"""The browser of many runs: a table of them, and below it the browser of the run that is opened, or a comparison of those chosen."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets
import traitlets

from jupyter_tracking.printed import count_of
from jupyter_tracking.errors import InvalidArgument, NotFound, TrackingError, suggest
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.filter.columns import Column, Columns, ambiguous
from jupyter_tracking.read.filter.grammar import parse_filter
from jupyter_tracking.read.filter.run_columns import OWN_COLUMNS
from jupyter_tracking.views.export import page
from jupyter_tracking.views.export.runs_page import FALLBACK_ROWS, runs_page
from jupyter_tracking.views.many.comparison import Comparison
from jupyter_tracking.views.many.comparison_view import ComparisonView
from jupyter_tracking.views.many.plot import RunsPlot
from jupyter_tracking.views.many.pages import inputs_section
from jupyter_tracking.views.many.plot_view import PlotView
from jupyter_tracking.views.model.listing import relative_path
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.run_table import RunTable, changed_rows, encode_rows, first_score, spark_of
from jupyter_tracking.views.model.run_table import columns as known_columns
from jupyter_tracking.views.model.scene import compare_runs, run_labels
from jupyter_tracking.views.widgets.base import RunWidget, WidgetBase
from jupyter_tracking.views.widgets.browser import Browser
from jupyter_tracking.views.widgets.curation import Curation, Said, asked
from jupyter_tracking.views.widgets.stepper import Stepper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jupyter_tracking.read.run_reader import RunFolder

# How the table of each root was arranged last, by the root: columns, widths, order, groups and search, as the page has them.
_arrangements: dict[Path, dict[str, Any]] = {}
# What a filter calls a column of the table, where that is not what the table calls it.
_FILTERED = {"created_at": "created", "finished_at": "finished", "notes": "note"}
_SPARKS = 60  # lines of runs that one message brings
_Several = TypeVar("_Several", bound=ipywidgets.Widget)
_SHARED = 400  # artifacts that runs have in common, of which the page is told


class Table(WidgetBase):
    """The table, as the page draws it."""

    table: traitlets.List[Any] = traitlets.List().tag(sync=True)
    patches: traitlets.List[Any] = traitlets.List().tag(sync=True)
    opened = traitlets.Unicode().tag(sync=True)
    chosen: traitlets.List[str] = traitlets.List().tag(sync=True)
    shared: traitlets.List[list[Any]] = traitlets.List().tag(sync=True)
    arrangement: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)
    said: traitlets.Dict[str, Any] = traitlets.Dict().tag(sync=True)


def _key(known: Columns, name: Any, argument: str) -> str:
    """Return what the page calls a column."""
    found = known.find(name) if isinstance(name, str) else []
    if len(found) != 1:
        raise InvalidArgument(
            f"{argument}: {ambiguous(name, found)}" if found else f"{argument}={name!r}: there is no such column{known.nearest(str(name))}"
        )
    return _FILTERED.get(found[0].name, found[0].name)


class RunsBrowser(RunWidget):
    """A table of runs. One that is opened shows its artifacts below; several are compared there, or plotted, inputs against results.

    Attributes:
        table: the table.
        browser: the browser of the run that is open, or None.
        comparison: what compares or plots several runs, or None.
    """

    def __init__(self, runs: Sequence[RunFolder] | None, root: Path, *, page_budget: int = page.BUDGET) -> None:
        """List these runs; all under the root when None."""
        self._runs = RunTable(runs, root)
        self._curation = Curation()
        self._sent, self._sent_goals = list(self._runs.rows), self._runs.goals
        self.browser: Browser | None = None
        self.comparison: Stepper | ComparisonView | PlotView | None = None
        kept = _arrangements.get(self._runs.root.absolute(), {})
        self.table = Table(widget="runs", key=self._key(), table=self._encoded(), arrangement=kept)
        self._below = ipywidgets.VBox([], layout={"overflow": "visible"})
        super().__init__([self.table, self._below], self.table, page_budget=page_budget)
        self.table.observe(self._opened, names=["opened"])
        self.table.observe(self._chosen, names=["chosen"])
        self.table.observe(self._arranged, names=["arrangement"])
        self.table.on_msg(self._compare_asked)
        self.table.on_msg(self._plot_asked)
        self.table.on_msg(self._curate_asked)
        self.table.on_msg(self._sparks_asked)

    # --- what is shown ---------------------------------------------------------------------------

    @property
    def runs(self) -> tuple[str, ...]:
        """The uuids of the runs, the newest first; without those of a root that are archived."""
        return tuple(row["uuid"] for row in self._runs.listed_rows)

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

    def arrange(self, where: str | None = None, group_by: str | Iterable[str] | None = None, columns: Iterable[str] | None = None) -> None:
        """Filter, group and choose the columns of the table, as `tracking.browse` says it; what is None stays as it is."""
        own = {"id": Column("uuid", also=("id",)), **{_FILTERED.get(column.name, column.name): column for column in OWN_COLUMNS}}
        told = [own.get(name) if not group else Column(f"{group}.{name}") for group, name in known_columns(self._runs.rows)]
        known = Columns([column for column in told if column is not None])
        arranged: dict[str, Any] = {}
        if where is not None:
            parse_filter(where, [*OWN_COLUMNS, *(column for column in known.every if "." in column.name)], complete=bool(self._runs.rows))
            arranged["search"] = where
        for argument, names in (("group_by", group_by), ("columns", columns)):
            if names is not None:
                listed = [names] if isinstance(names, str) else list(names)
                arranged["groups" if argument == "group_by" else argument] = [_key(known, name, argument) for name in listed]
        if arranged:
            self.table.arrangement = {**self.table.arrangement, **arranged}

    def compare(self, name: str | None = None, kind: str | None = None) -> Stepper | ComparisonView:
        """Compare the runs that are ticked, below the table: in an artifact, or in all that they have."""
        return self._compare_chosen(name, kind, self.table.chosen)

    def _compare_chosen(self, name: str | None, kind: str | None, identities: Iterable[str]) -> Stepper | ComparisonView:
        folders = [folder for identity in identities if (folder := self._runs.find(identity)) is not None]
        if name is not None:
            return self._show_several(Stepper(compare_runs(folders, name, kind)))
        if not folders:
            raise InvalidArgument("no run is chosen; set .chosen first")
        return self._show_several(ComparisonView(Comparison(folders)))

    def parallel(self, uuids: Iterable[str] | None = None) -> PlotView:
        """Show runs over parallel axes below the table, as `tracking.parallel` does; all that are listed for None."""
        return self._parallel(None if uuids is None else {self._identity(uuid) for uuid in uuids})

    def _parallel(self, identities: set[str] | None) -> PlotView:
        every = self._runs.listed if identities is None else self._runs.every
        folders = [folder for folder, row in every if identities is None or row["id"] in identities]
        if not folders:
            raise InvalidArgument("there is no run to plot")
        return self._show_several(PlotView(RunsPlot("parallel", folders, [], None)))

    def _show_several(self, made: _Several) -> _Several:
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
        """Tell the page which artifacts the ticked runs have in common."""
        found: dict[tuple[str, str], int] = {}
        for identity in self.table.chosen:
            folder = self._runs.find(identity)
            for artifact in folder.artifacts() if folder is not None else []:
                found[artifact.kind, artifact.name] = found.get((artifact.kind, artifact.name), 0) + 1
        often = sorted((item for item in found.items() if item[1] > 1), key=lambda item: -item[1])
        self.table.shared = json_safe([[kind, name, many] for (kind, name), many in often[:_SHARED]])

    def _arranged(self, change: dict[str, Any]) -> None:
        _arrangements[self._runs.root.absolute()] = change["new"]

    def _compare_asked(self, _widget: object, message: object, _buffers: object) -> None:
        """Compare what the page asks for: kind and name, which are empty for all, and the runs, which it may not have told of yet."""
        found = asked(message, "compare")
        if found is not None:
            kind, name, ids = found
            self._try(partial(self._compare_chosen, name or None, kind or None, ids))

    def _plot_asked(self, _widget: object, message: object, _buffers: object) -> None:
        """Show what inputs have to do with results, of those runs that the page names."""
        wanted = message.get("plot") if isinstance(message, dict) else None
        if isinstance(wanted, list) and all(isinstance(each, str) for each in wanted):
            self._try(partial(self._parallel, set(wanted)))

    def _try(self, show: Callable[[], object]) -> None:
        """Show something below the table, or why it cannot be shown."""
        with self.table.lock:
            try:
                show()
            except (TrackingError, OSError) as error:
                self._show(ipywidgets.Label(json_safe(str(error))))

    # --- what is done to runs ------------------------------------------------------------------------

    def _curate_asked(self, _widget: object, message: object, _buffers: object) -> None:
        """Change the runs that the page names, or take the last change back."""
        is_undo = isinstance(message, dict) and message.get("undo") is True
        wanted = asked(message, "curate")
        if wanted is None and not is_undo:
            return
        with self.table.lock:
            try:
                said = self._curation.undo() if wanted is None else self._curate(*wanted)
            except (TrackingError, OSError) as error:
                said = Said("", str(error))
            self._runs.left_out = set(self._curation.trashed)
            self.refresh()
            there = {row["id"] for row in self._runs.rows}
            # What is not seen any more is not chosen either: the next change would not be seen to mean it.
            seen = there if self.table.arrangement.get("archived") else {row["id"] for row in self._runs.listed_rows}
            self.table.chosen = [identity for identity in self.table.chosen if identity in seen]
            if self.table.opened and self.table.opened not in there:
                self.table.opened = ""
            self.table.said = {**json_safe(said._asdict()), "number": self.table.said.get("number", 0) + 1}

    def _curate(self, verb: str, value: str, ids: list[str]) -> Said:
        wanted = set(ids)
        return self._curation.do(verb, value, [folder for folder, row in self._runs.every if row["id"] in wanted])

    # --- a line of each run that is in sight -----------------------------------------------------------

    def _sparks_asked(self, _widget: object, message: object, _buffers: object) -> None:
        """Send the lines of those runs that the page names."""
        ids = message.get("sparks") if isinstance(message, dict) else None
        if not isinstance(ids, list):
            return
        with self.table.lock:
            wanted = {each for each in ids[:_SPARKS] if isinstance(each, str)}
            metric = first_score(self._runs.rows, self._runs.goals)
            known = [(row["id"], spark_of(folder, metric)) for folder, row in self._runs.every if row["id"] in wanted]
            self.table.send({"sparks": [identity for identity, _ in known]}, [spark for _, spark in known])

    # --- runs that are running -----------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether runs may be started or are still running."""
        return self._runs.may_grow

    def refresh(self) -> None:
        """Read the runs again; what is open and what is ticked stays."""
        with self.table.lock:
            self._runs.refresh()
            self._send_rows()

    def _update(self) -> bool:
        if self._runs.poll():
            self._send_rows()
        return self.running

    def _send_rows(self) -> None:
        """Send the rows that changed; all of them when there are others, or many."""
        rows = list(self._runs.rows)
        changed = changed_rows(rows, self._sent) if self._runs.goals == self._sent_goals else None
        self._sent, self._sent_goals = rows, self._runs.goals
        patched = dict(map(tuple, self.table.patches))
        if changed is not None and len(patched) + len(changed) <= max(50, len(rows) // 20):
            patched |= dict(map(tuple, changed))
            self.table.patches = [[n, cells] for n, cells in patched.items()]
            return
        with self.table.hold_sync():
            self.table.patches = []
            self.table.table = self._encoded()

    def _encoded(self) -> list[Any]:
        payload = encode_rows(self._runs.rows, self._runs.goals, hides_archived=self._runs.hides_archived)
        return [payload.head, payload.buffers]

    # --- what stays in the notebook ------------------------------------------------------------------

    def save(self, path: str | Path) -> Path:
        """Write the table, and all runs with all of their artifacts, to one HTML file that needs no network and no kernel.

        Below them the runs lie over parallel axes, as `parallel` shows them, where their inputs or results differ.
        """
        with Progress("save()", "runs") as progress:
            inside = self._page(self._line(), None, progress)
        plotted = inputs_section([folder for folder, _ in self._runs.listed])
        return page.write_page(path, f"runs of {self._runs.root}", inside + plotted)

    def close(self) -> None:
        """Close the widgets, and so forget them in the kernel and the page."""
        with self.table.lock:
            self._show(None)
            super().close()

    def _page(self, line: str, budget: int | None = page.BUDGET, progress: Progress | None = None) -> str:
        arrangement = self.table.arrangement
        return runs_page(self._runs, key=self.table.key, line=line, budget=budget, arrangement=arrangement, progress=progress)

    def _key(self) -> str:
        return hashlib.blake2s(f"runs {' '.join(self.runs)}".encode(), digest_size=8).hexdigest()

    def _line(self) -> str:
        listed = [folder for folder, _ in self._runs.listed]
        count = len(listed)
        names = ", ".join(run_labels(listed[:3])) + (", …" if count > 3 else "")  # noqa: PLR2004
        return str(json_safe(f"<{count_of(count, 'run')}{f': {names}' if names else ''}>"))

    def _metadata(self) -> dict[str, Any]:
        newest = self._runs.listed[:FALLBACK_ROWS]
        listed = [{"run_uuid": row["uuid"], "run_path": relative_path(folder.path)} for folder, row in newest]
        found: dict[str, Any] = json_safe({"root": relative_path(self._runs.root), "runs": listed})
        return found

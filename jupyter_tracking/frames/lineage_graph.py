"""Which run used what another run made, as a DataFrame and as a graph. The same content is recognised by its hash, not by its name.

Only the lineage of the runs is read; no file of an artifact is opened.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from jupyter_tracking.errors import escape_controls
from jupyter_tracking.format import paths
from jupyter_tracking.frames.problems import Unread
from jupyter_tracking.frames.run_versions import run_versions
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.remote.roots import find_root
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os

_MOST_DRAWN = 300  # edges; more can be read in the frame, but not in a drawing
_EDGES = {
    "producer": "string",
    "consumer": "string",
    "hash": "string",
    "artifact": "string",
    "used_as": "string",
    "kind": "string",
    "size": "Int64",
    "producer_name": "string",
    "consumer_name": "string",
}


class _Version(NamedTuple):
    """A version of an artifact that a run made or used."""

    run: str
    hash: str
    name: str
    kind: str
    size: int | None


@dataclass(slots=True)
class _Versions:
    """The runs under a root and the versions that they made and used."""

    runs: dict[str, str] = field(default_factory=dict)  # uuid → name, in the order they were made
    made: list[_Version] = field(default_factory=list)
    used: list[_Version] = field(default_factory=list)


def lineage_edges(root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return which run used what another run made: a row a (producer, consumer, content).

    The bytes are the same when their hashes are: a copy by another name is found, a changed file of the same
    name is not. `artifact` is what the producer calls it, `used_as` what the consumer does. What cannot be read of a run is left out,
    with one warning of the class `TrackingWarning`.

    Args:
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
    """
    unread = Unread("lineage_edges()")
    with Progress("lineage_edges()", "runs") as progress:
        versions = _read_versions(root, unread, progress)
    unread.warn()
    return _edges(versions)


def _edges(versions: _Versions) -> pd.DataFrame:
    makers: dict[str, list[_Version]] = defaultdict(list)
    for version in versions.made:
        makers[version.hash].append(version)
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for used in versions.used:
        for made in makers.get(used.hash, ()):
            if made.run != used.run:
                edge: dict[str, Any] = {
                    "producer": made.run,
                    "consumer": used.run,
                    "hash": used.hash,
                    "artifact": made.name,
                    "used_as": used.name,
                }
                edge |= {"kind": made.kind, "size": made.size if made.size is not None else used.size}
                edge |= {"producer_name": versions.runs[made.run], "consumer_name": versions.runs[used.run]}
                rows.setdefault((made.run, used.run, used.hash), edge)
    return pd.DataFrame(list(rows.values()), columns=list(_EDGES)).astype(_EDGES)


def _read_versions(root: str | os.PathLike[str] | None, unread: Unread, progress: Progress) -> _Versions:
    versions, top = _Versions(), find_root(root)
    folders = paths.run_folders(top)
    unread.add_links(top)
    runs = [run_versions(RunFolder(path), unread) for path in progress.over(folders, len(folders))]
    for run in sorted(runs, key=lambda each: each.created_at):
        versions.runs[run.uuid] = run.name
        versions.made += [_Version(run.uuid, *version) for version in run.made]
        versions.used += [_Version(run.uuid, *version) for version in run.used]
    return versions


# --- the graph -----------------------------------------------------------------------------------


def lineage_graph(root: str | os.PathLike[str] | None = None) -> LineageGraph:
    """Return the runs under a root and what passes between them, as a graph that draws itself in a notebook.

    Args:
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
    """
    unread = Unread("lineage_graph()")
    with Progress("lineage_graph()", "runs") as progress:
        versions = _read_versions(root, unread, progress)
    unread.warn()
    used = {version.hash for version in versions.used}
    made: dict[str, dict[str, str]] = defaultdict(dict)
    for version in versions.made:
        if version.kind not in {"env", "coderef"}:
            made[version.name].setdefault(version.hash, version.run)
    changed = {name: list(hashes) for name, hashes in made.items() if len(hashes) > 1}
    orphans = [(run, name) for name, hashes in made.items() for digest, run in hashes.items() if digest not in used]
    return LineageGraph(versions.runs, _edges(versions), changed, orphans)


@dataclass(slots=True, repr=False)
class LineageGraph:
    """Runs and the artifacts that pass between them. JupyterLab draws it as Mermaid; elsewhere it is a PNG.

    Attributes:
        runs: uuid → name.
        edges: the frame of `lineage_edges`.
        versions: names under which different contents were made, with their hashes in the order of the runs.
        orphans: (uuid, name) of what was made and is used by no run.
    """

    runs: dict[str, str]
    edges: pd.DataFrame
    versions: dict[str, list[str]]
    orphans: list[tuple[str, str]]

    @property
    def cycles(self) -> list[list[str]]:
        """Groups of runs that used, directly or through others, what they made themselves: each a list of uuids."""
        return [group for group in _components(self._consumers()) if len(group) > 1]

    def _consumers(self) -> dict[str, list[str]]:
        following: dict[str, list[str]] = {run: [] for run in self.runs}
        for producer, consumer in zip(self.edges["producer"], self.edges["consumer"], strict=True):
            following[producer].append(consumer)
        return following

    def _artifacts_between(self) -> dict[tuple[str, str], list[str]]:
        """Return the names of the artifacts that pass from each producer to each consumer."""
        passed: dict[tuple[str, str], list[str]] = {}
        for producer, consumer, name in zip(*(self.edges[c] for c in ("producer", "consumer", "artifact")), strict=True):
            passed.setdefault((producer, consumer), []).append(str(name))
        return passed

    @property
    def mermaid(self) -> str:
        """The graph in Mermaid's language; names are escaped."""
        joined = sorted({*self.edges["producer"], *self.edges["consumer"]}, key=list(self.runs).index)
        lines = ["graph LR", *(f'  r{run[:12]}["{_mermaid_text(self.runs[run] or run[:8])}"]' for run in joined)]
        for (producer, consumer), names in self._artifacts_between().items():
            label = ", ".join(map(_mermaid_text, names))
            lines.append(f'  r{producer[:12]} -->|"{label}"| r{consumer[:12]}')
        circling = [f"r{run[:12]}" for group in self.cycles for run in group]
        lines += [f"  style {','.join(circling)} stroke-width:3px"] if circling else []
        return "\n".join(lines) + "\n"

    def __repr__(self) -> str:
        """Return the counts of runs, edges, cycles and orphans, and a line an edge."""
        counts = f"{len(self.runs)} runs, {len(self.edges)} edges, {len(self.cycles)} cycles, {len(self.orphans)} orphans"
        shown = self.edges.head(_MOST_DRAWN)
        rows = zip(*(shown[name] for name in ("producer_name", "artifact", "consumer_name")), strict=True)
        more = [f"… {len(self.edges) - len(shown):,} more edges"] if len(self.edges) > len(shown) else []
        edges = (escape_controls(f"{made} --{name}--> {used}") for made, name, used in rows)
        return "\n".join([f"<LineageGraph {counts}>", *edges, *more])

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        """Offer Mermaid and a PNG to the front end, unless there is no edge or too many to draw."""
        if not 0 < len(self.edges) <= _MOST_DRAWN:
            return {"text/plain": repr(self)}
        return {"text/plain": repr(self), "text/vnd.mermaid": self.mermaid, "image/png": self.picture()}

    def picture(self) -> bytes:
        """Return the graph as a PNG: runs in columns, each right of what it used."""
        import io
        import warnings

        from matplotlib.figure import Figure

        positions = self._positions()
        columns = max((x for x, _ in positions.values()), default=0) + 1
        rows = max((y for _, y in positions.values()), default=0) + 1
        figure = Figure(figsize=(max(4.0, 2.6 * columns), max(1.6, 0.9 * rows)), dpi=100, layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_xlim(-0.6, columns - 0.4)
        axes.set_ylim(rows - 0.4, -0.6)
        for (producer, consumer), names in self._artifacts_between().items():
            (x, y), (u, v) = positions[producer], positions[consumer]
            arrow = {"arrowstyle": "->", "color": "0.45", "shrinkA": 22, "shrinkB": 22}
            axes.annotate("", xy=(u, v), xytext=(x, y), arrowprops=arrow)
            axes.text(
                (x + u) / 2,
                (y + v) / 2,
                "\n".join(names),
                fontsize=7,
                ha="center",
                va="center",
                color="0.3",
                backgroundcolor="white",
                parse_math=False,
            )
        for run, (x, y) in positions.items():
            box = {"boxstyle": "round,pad=0.4", "facecolor": "white", "edgecolor": "0.3"}
            axes.text(x, y, (self.runs[run] or run)[:18], fontsize=8, ha="center", va="center", bbox=box, parse_math=False)
        target = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph")  # a letter the font has not is drawn as a box
            figure.savefig(target, format="png")
        return target.getvalue()

    def _positions(self) -> dict[str, tuple[int, int]]:
        """Return (column, row) of each run that has an edge; the column is the length of the longest path to it."""
        following = self._consumers()
        column: dict[str, int] = {}
        for group in reversed(_components(following)):  # those that use nothing come first; a cycle shares a column
            own = max(column.get(run, 0) for run in group)
            column |= dict.fromkeys(group, own)
            for after in {after for run in group for after in following[run]} - set(group):
                column[after] = max(column.get(after, 0), own + 1)
        joined = {*self.edges["producer"], *self.edges["consumer"]}
        rows: dict[int, int] = defaultdict(int)
        positions = {}
        for run in self.runs:
            if run in joined:
                positions[run] = (column[run], rows[column[run]])
                rows[column[run]] += 1
        return positions


def _mermaid_text(text: str) -> str:
    """Return a name with everything escaped that Mermaid could take for markup."""
    kept = "".join(c if c.isalnum() or c in " -_./" else f"#{ord(c)};" for c in str(text))
    return kept[:200]


def _components(following: dict[str, list[str]]) -> list[list[str]]:
    """Return the strongly connected components, those that others lead to first (Tarjan 1972, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for start, after_start in following.items():
        work = [(start, iter(after_start))] if start not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            after = next((a for a in rest if a not in index or a in on_stack), None)
            if after is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    place = stack.index(node)
                    found.append(stack[place:])
                    on_stack -= set(stack[place:])
                    del stack[place:]
            elif after in index:
                low[node] = min(low[node], index[after])
            else:
                work.append((after, iter(following[after])))
    return found

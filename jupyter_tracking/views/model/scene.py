"""Scenes: the panels under one slider, of one run or of several, and the steps that the slider offers."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, cast

import numpy as np

from jupyter_tracking.errors import InvalidArgument, NotFound, suggest
from jupyter_tracking.format.document import run_document
from jupyter_tracking.kinds import kind_of
from jupyter_tracking.views.model.panel import Panel
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.series import Series
from jupyter_tracking.views.model.step_index import StepIndex
from jupyter_tracking.views.model.value_cache import ValueCache
from jupyter_tracking.views.renderers import renderer_of
from jupyter_tracking.views.renderers.overlay import group_metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import Artifact, RunFolder
    from jupyter_tracking.views.model.payload import RunInfo, SceneInfo
    from jupyter_tracking.views.model.renderer import Renderer
    from jupyter_tracking.views.model.step_index import Step

# A slider has no room for more steps, and a page none for their names.
_MOST = 5_000
# What is shown of a run before anybody has chosen.
_OVERVIEW_METRICS, _OVERVIEW_PICTURES = 40, 6
_PICTURES = {"image", "curve", "confusion", "histogram", "video"}
# What is measured on parts of the data has their names before its own, as in Keras, Lightning and Transformers.
_SPLIT = re.compile(r"^(?:train|training|val|valid|validation|test|eval)_(?=.)")


class Scene:
    """The panels under one slider, and the union of their steps.

    Attributes:
        panels: at least one.
        note: what else the page should say, in words.
        steps: those on the slider: all, or of very many some, evenly, with the first and the last.
        total: how many steps were logged.
    """

    def __init__(self, panels: Sequence[Panel], note: str = "") -> None:
        """Put panels under one slider."""
        self.panels = list(panels)
        self.note = note
        self._unite()

    def _unite(self) -> None:
        self.steps: list[Step]
        every = self.logged()
        self._index, self.total = every, len(every)
        if len(every) > _MOST:
            # Every 2nd, 4th, 8th, …: while a run goes on and its steps grow, what was on the slider stays there for long.
            evenly = np.arange(0, len(every), 1 << (len(every) // _MOST).bit_length())
            few = (panel.few_steps() for panel in self.panels)
            self._index = StepIndex.union([every.take(np.union1d(evenly, [len(every) - 1])), *few])
            for panel in self.panels:
                panel.limit_steps(self._index)
        self.steps = self._index.tolist()

    def logged(self) -> StepIndex:
        """Return every step that was logged."""
        return StepIndex.union(panel.logged for panel in self.panels)

    def refresh(self) -> bool:
        """Read what was logged since the last call; return whether there was anything."""
        grown = [panel.refresh() for panel in self.panels]
        if any(grown):
            self._unite()
        return any(grown)

    def forget(self) -> None:
        """Drop the values that were read, and what was made of them; they are read again when they are asked for."""
        for panel in self.panels:
            for series in panel.series:
                series.forget()

    @property
    def folders(self) -> list[RunFolder]:
        """The runs that are shown, each once."""
        return list({series.folder.path: series.folder for panel in self.panels for series in panel.series}.values())

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return any(map(is_running, self.folders))

    def places(self, panel: Panel) -> list[int] | None:
        """Return the index of the panel's step for each step of the scene, -1 before its first; None when the steps are the same."""
        if not len(panel.shown) or panel.shown == self._index:
            return None
        places: list[int] = panel.shown.latest_at_or_before(self._index).tolist()
        return places

    def number(self, panel: Panel, index: int) -> int:
        """Return the index of the panel's step at an index of the slider."""
        places = self.places(panel)
        return (index if len(panel.shown) else 0) if places is None else places[index]

    def info(self) -> SceneInfo:
        """Return what the page is told once, before any payload."""
        shown = [panel.series[0] for panel in self.panels]
        panels = []
        for panel in self.panels:
            info, places = panel.info(), self.places(panel)
            if panel.series[0].baseline is not None:
                info["beside"] = shown.index(panel.series[0].baseline)
            if places is not None:
                info["at"] = places
            panels.append(info)
        scene: SceneInfo = {"run": self.run_info(), "steps": self.steps, "panels": panels}
        if self.total > len(self.steps):
            scene["total"] = self.total
        if self.note:
            scene["note"] = self.note
        return cast("SceneInfo", json_safe(scene))

    def run_info(self) -> RunInfo:
        """Return which run this is, and its status: of several runs, one that is still running."""
        folder = next(filter(is_running, self.folders), self.folders[0])
        return cast("RunInfo", json_safe({"uuid": folder.uuid, "name": folder.name, "status": folder.status}))

    def key(self) -> str:
        """Return a hash by which a widget and its static page find each other; the same content gives the same."""
        names = [[[one.folder.uuid for one in p.series], p.kind, p.title, len(p.logged)] for p in self.panels]
        return hashlib.blake2s(json.dumps(json_safe(names)).encode(), digest_size=8).hexdigest()

    def line(self) -> str:
        """Return one line of text that says what is shown, for where nothing else can be."""
        artifacts = {(a.kind, a.name): None for panel in self.panels for a in panel.artifacts}
        names = ", ".join(f"{kind} {name!r}" for kind, name in artifacts)
        steps = "no steps" if not self.steps else "1 step"
        if len(self.steps) > 1:
            steps = f"{self.total} steps ({self.steps[0]} to {self.steps[-1]})"
        folders = self.folders
        if len(folders) > 1:
            return str(json_safe(f"<{names} of {len(folders)} runs: {steps}; {', '.join(run_labels(folders))}>"))
        return str(json_safe(f"<{names}: {steps}, run {folders[0].name or folders[0].uuid} {folders[0].uuid[:8]}>"))


def is_running(folder: RunFolder) -> bool:
    """Return whether a run is still running."""
    return folder.status not in run_document.OVER


def run_labels(runs: Sequence[RunFolder]) -> list[str]:
    """Return what to call each run, so that no two are called the same."""
    return call_runs([folder.name for folder in runs], [folder.uuid for folder in runs])


def call_runs(names: Sequence[str], uuids: Sequence[str]) -> list[str]:
    """Return what to call runs of these names and uuids, so that no two are called the same."""
    times = Counter(names)
    labels = [name if name and times[name] == 1 else f"{name} {uuid[:8]}".strip() for name, uuid in zip(names, uuids, strict=True)]
    return cast("list[str]", json_safe(labels))


def open_scene(
    folder: RunFolder, names: Sequence[str | tuple[str, str] | Artifact], kind: str | None = None, *, values: ValueCache | None = None
) -> Scene:
    """Open artifacts of a run under one slider; metrics that follow each other share a chart where each can be seen to move in it.

    Args:
        folder: the run.
        names: the artifacts, each by its name, by (kind, name) or itself.
        kind: which kind, when several have a name.
        values: the cache of the view that shows them; by default one of its own.

    Raises:
        NotFound: no artifact of a name, or several kinds have it.
    """
    cache, found = values or ValueCache(), []
    for name in names:
        artifact = folder.find(name, kind) if isinstance(name, str) else name
        found.append(folder.find(artifact[1], artifact[0]) if isinstance(artifact, tuple) else artifact)
    return Scene(_panels(folder, found, cache))


def measure_of(name: str) -> str:
    """Return what a metric measures, on whatever it does: `loss` of `loss`, `train/loss`, `val/loss` and `val_loss`."""
    return _SPLIT.sub("", name.rpartition("/")[2], count=1)


def stems_of(folder: RunFolder) -> set[str]:
    """Return the stems of the renderers of a run's artifacts."""
    return {renderer_of(kind_of(kind).renderer).stem for kind in {artifact.row_kind for artifact in folder.artifacts()}}


def overview_of(folder: RunFolder) -> list[Artifact]:
    """Return what a run is looked at for first: its metrics, those that measure one thing beside each other, and its newest pictures."""
    artifacts = folder.artifacts()
    groups: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        if artifact.kind == "metric":
            groups.setdefault(measure_of(artifact.name), []).append(artifact)
    metrics = [artifact for group in groups.values() for artifact in group][:_OVERVIEW_METRICS]
    return metrics + [artifact for artifact in artifacts if artifact.kind in _PICTURES][-_OVERVIEW_PICTURES:]


def overview_scene(folder: RunFolder, artifacts: Sequence[Artifact], *, values: ValueCache | None = None) -> Scene:
    """Open artifacts of a run under one slider, in many small charts: only metrics that measure one thing share one."""
    cache = values or ValueCache()
    groups = itertools.groupby(artifacts, lambda each: measure_of(each.name) if each.kind == "metric" else None)
    metrics = sum(artifact.kind == "metric" for artifact in folder.artifacts())
    shown = sum(artifact.kind == "metric" for artifact in artifacts)
    note = f"the first {shown} of {metrics:,} metrics; the list has the others" if shown < metrics else ""
    return Scene([panel for _, group in groups for panel in _panels(folder, list(group), cache)], note)


def _panels(folder: RunFolder, artifacts: Sequence[Artifact], cache: ValueCache) -> list[Panel]:
    shown = [(_renderer(artifact), Series(folder, artifact, values=cache)) for artifact in artifacts]
    return [Panel(renderer, series) for renderer, series in group_metrics(shown)]


def compare_runs(runs: Sequence[RunFolder], names: str | Sequence[str], kind: str | None = None) -> Scene:
    """Open the same artifacts of several runs under one slider: each in one chart, or in panels side by side.

    Raises:
        InvalidArgument: no run is given, or a name is of another kind in another run.
        NotFound: no run has an artifact of a name.
    """
    folders = list({folder.path: folder for folder in runs}.values())
    if not folders:
        raise InvalidArgument("runs=[] is empty; give two runs or more")
    cache, panels, notes = ValueCache(), [], []
    for name in dict.fromkeys([names] if isinstance(names, str) else names):
        found, note = _compared(folders, name, kind, cache)
        panels += found
        notes += [note] if note else []
    return Scene(panels, "; ".join(notes))


def _compared(runs: Sequence[RunFolder], name: str, kind: str | None, cache: ValueCache) -> tuple[list[Panel], str]:
    """Return an artifact of several runs in its panels, and which of them have it not, in words; raises as `compare_runs`."""
    found: list[tuple[RunFolder, Artifact]] = []
    without: list[tuple[RunFolder, NotFound]] = []
    for folder in runs:
        try:
            found.append((folder, folder.find(name, kind)))
        except NotFound as error:
            without.append((folder, error))
    if not found:
        known = [artifact.name for folder in runs for artifact in folder.artifacts()]
        if len(runs) > 1 and name not in known:
            raise NotFound(f"none of {len(runs)} runs has an artifact {name!r}{suggest(name, known)}")
        raise next((error for folder, error in without if name in [each.name for each in folder.artifacts()]), without[0][1])
    kinds = {artifact.kind for _, artifact in found}
    if len(kinds) > 1:
        raise InvalidArgument(f"{name!r} is not the same kind in all runs: {', '.join(sorted(kinds))}; say which with kind=")
    renderer = _renderer(found[0][1])
    labels = run_labels([folder for folder, _ in found]) if len(found) > 1 else [""]
    series = [Series(folder, artifact, values=cache, run=label) for (folder, artifact), label in zip(found, labels, strict=True)]
    if renderer.stem == "dataframe":
        for one in series[1:]:
            one.baseline = series[0]
    note = f"without {name}: {', '.join(run_labels([folder for folder, _ in without]))}" if without else ""
    return [Panel(renderer, series)] if renderer.joins else [Panel(renderer, [one]) for one in series], note


def _renderer(artifact: Artifact) -> Renderer:
    return renderer_of(kind_of(artifact.row_kind).renderer)

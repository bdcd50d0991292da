"""Comparing: the same artifact of several runs under one slider. Lines lie over each other; what is no line stands side by side."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.views.renderers import renderer_of
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.renderers.overlay import OVERLAYS, CombinedPanel
from jupyter_tracking.views.model.panel import Panel, Scene
from jupyter_tracking.views.widgets.stepper import Stepper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import Artifact, RunFolder

__all__ = ["Comparison", "compare", "labels"]


class Comparison(Scene):
    """An artifact in several runs, and the union of their steps.

    Attributes:
        runs: the runs that have it.
        note: which runs do not, in words.
    """

    def __init__(self, panels: Sequence[Panel | CombinedPanel], runs: Sequence[RunFolder], note: str = "") -> None:
        """Put panels under one slider."""
        self.runs = list(runs)
        self.note = note
        super().__init__(panels)

    @property
    def folders(self) -> list[RunFolder]:
        """The runs that are shown."""
        return self.runs

    def about(self) -> dict[str, Any]:
        """Return what the page is told once."""
        told = super().about()
        return {**told, "note": json_safe(self.note)} if self.note else told

    def key(self) -> str:
        """Return a word by which a widget and its twin know each other."""
        panel = self.panels[0]
        words = ["compare", panel.artifact.kind, panel.artifact.name, *(folder.uuid for folder in self.runs), len(self.steps)]
        return hashlib.blake2s(json.dumps(json_safe(words)).encode(), digest_size=8).hexdigest()

    def line(self) -> str:
        """Return one honest line of text."""
        panel, count = self.panels[0], self.total
        many = "no steps" if not count else f"{count} step{'s' * (count > 1)} ({self.steps[0]} to {self.steps[-1]})"
        said: str = json_safe(f"<{panel.artifact.kind} {panel.artifact.name!r} of {len(self.runs)} runs: {many}; {', '.join(labels(self.runs))}>")
        return said


def compare(runs: Sequence[RunFolder], name: str, kind: str | None = None) -> Stepper:
    """Show the same artifact of several runs under one slider over the union of their steps.

    Args:
        runs: the runs.
        name: the artifact.
        kind: which kind, when several have the name.

    Raises:
        InvalidArgument: no run is given, or the name is of another kind in another run.
        NotFound: no run has it.
    """
    unique = list({folder.path: folder for folder in runs}.values())
    if not unique:
        raise InvalidArgument("runs=[] is empty; give two runs or more")
    found: list[tuple[RunFolder, Artifact]] = []
    without: list[tuple[RunFolder, NotFound]] = []
    for folder in unique:
        try:
            found.append((folder, folder.find(name, kind)))
        except NotFound as error:
            without.append((folder, error))
    if not found:
        raise without[0][1]
    kinds = {artifact.kind for _, artifact in found}
    if len(kinds) > 1:
        raise InvalidArgument(f"{name!r} is not the same kind in all runs: {', '.join(sorted(kinds))}; say which with kind=")
    note = f"without {name}: {', '.join(labels([folder for folder, _ in without]))}" if without else ""
    return Stepper(Comparison(_panels(found), [folder for folder, _ in found], note))


def _panels(found: Sequence[tuple[RunFolder, Artifact]]) -> list[Panel | CombinedPanel]:
    from jupyter_tracking.kinds import kind_of

    view = renderer_of(kind_of(found[0][1].kind).renderer)
    names = labels([folder for folder, _ in found])
    panels = [Panel(folder, artifact, view, label=label) for (folder, artifact), label in zip(found, names, strict=True)]
    if view.stem == "dataframe":
        for panel in panels[1:]:
            panel.beside = panels[0]
    overlay = OVERLAYS.get(view.stem)
    return [CombinedPanel(panels, overlay)] if overlay is not None and len(panels) > 1 else [*panels]


def labels(runs: Sequence[RunFolder]) -> list[str]:
    """Return what to call each run so that no two are called the same."""
    names = [folder.name for folder in runs]
    shorts = [folder.uuid[:8] for folder in runs]
    plain = [name if name and names.count(name) == 1 else f"{name} {short}".strip() for name, short in zip(names, shorts, strict=True)]
    said: list[str] = json_safe(plain)
    return said

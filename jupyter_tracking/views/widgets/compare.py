"""Comparing: the same artifact of several runs under one slider. Lines lie over each other; what is no line stands side by side."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.views.renderers import family_of
from jupyter_tracking.views.model.payload import clean
from jupyter_tracking.views.renderers.overlay import OVERLAYS, Together
from jupyter_tracking.views.model.panel import Pane, Scene
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

    def __init__(self, panes: Sequence[Pane | Together], runs: Sequence[RunFolder], note: str = "") -> None:
        """Put panes under one slider."""
        self.runs = list(runs)
        self.note = note
        super().__init__(panes)

    @property
    def folders(self) -> list[RunFolder]:
        """The runs that are shown."""
        return self.runs

    def about(self) -> dict[str, Any]:
        """Return what the page is told once."""
        told = super().about()
        return {**told, "note": clean(self.note)} if self.note else told

    def key(self) -> str:
        """Return a word by which a widget and its twin know each other."""
        pane = self.panes[0]
        words = ["compare", pane.artifact.kind, pane.artifact.name, *(folder.uuid for folder in self.runs), len(self.steps)]
        return hashlib.blake2s(json.dumps(clean(words)).encode(), digest_size=8).hexdigest()

    def line(self) -> str:
        """Return one honest line of text."""
        pane, count = self.panes[0], self.total
        many = "no steps" if not count else f"{count} step{'s' * (count > 1)} ({self.steps[0]} to {self.steps[-1]})"
        said: str = clean(f"<{pane.artifact.kind} {pane.artifact.name!r} of {len(self.runs)} runs: {many}; {', '.join(labels(self.runs))}>")
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
        message = "runs=[] is empty; give two runs or more"
        raise InvalidArgument(message)
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
        message = f"{name!r} is not the same kind in all runs: {', '.join(sorted(kinds))}; say which with kind="
        raise InvalidArgument(message)
    note = f"without {name}: {', '.join(labels([folder for folder, _ in without]))}" if without else ""
    return Stepper(Comparison(_panes(found), [folder for folder, _ in found], note))


def _panes(found: Sequence[tuple[RunFolder, Artifact]]) -> list[Pane | Together]:
    from jupyter_tracking.kinds import kind_of

    view = family_of(kind_of(found[0][1].kind).view)
    names = labels([folder for folder, _ in found])
    panes = [Pane(folder, artifact, view, label=label) for (folder, artifact), label in zip(found, names, strict=True)]
    if view.stem == "dataframe":
        for pane in panes[1:]:
            pane.beside = panes[0]
    overlay = OVERLAYS.get(view.stem)
    return [Together(panes, overlay)] if overlay is not None and len(panes) > 1 else [*panes]


def labels(runs: Sequence[RunFolder]) -> list[str]:
    """Return what to call each run so that no two are called the same."""
    names = [folder.name for folder in runs]
    shorts = [folder.uuid[:8] for folder in runs]
    plain = [name if name and names.count(name) == 1 else f"{name} {short}".strip() for name, short in zip(names, shorts, strict=True)]
    said: list[str] = clean(plain)
    return said

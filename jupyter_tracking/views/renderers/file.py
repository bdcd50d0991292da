"""Files, models and references: name, size, hash and where it lies. The file itself is not opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.views.model.payload import Frame, clean
from jupyter_tracking.views.model.renderer import Family
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.views.model.panel import Pane

__all__ = ["FAMILY"]

Fact = list[Any]


class FileFamily(Family):
    """Whatever is kept as a file, or only referred to."""

    stem = "file"

    def ground(self, pane: Pane, *, light: bool) -> Frame:  # noqa: ARG002
        """Return what is known of an artifact without steps."""
        return Frame({} if pane.events else {"facts": self._facts(pane, None)})

    def frame(self, pane: Pane, number: int, *, light: bool) -> Frame:  # noqa: ARG002
        """Return what is known of one step."""
        return Frame({"facts": self._facts(pane, number if pane.events else None)})

    def still(self, pane: Pane, number: int) -> str:
        """Return the facts as a table."""
        return fallback.table(("", ""), (fact[:2] for fact in self._facts(pane, number if pane.events else None)))

    def _facts(self, pane: Pane, number: int | None) -> list[Fact]:
        artifact = pane.artifact
        summary = {**artifact.summary}
        payload: dict[str, Any] = {}
        if number is not None:
            cell = pane.payload(number)
            payload = cell if isinstance(cell, dict) else {"value": cell}
        facts: list[Fact] = []
        path = payload.get("path") or artifact.path or summary.get("path")
        framework = payload.get("framework") or summary.get("framework")
        if framework:
            facts.append(["framework", framework])
        local = self._local(pane, number)
        if path:
            facts.append(["path", path, "path"])
        if local is not None and local.exists():
            facts.extend(_measured(local))
        elif path and "://" not in str(path):
            facts.append(["on disk", "not found"])
        if number is None and summary.get("hash"):
            facts.append(["hash", summary["hash"], "code"])
        shown = {"path", "framework", "kind", "hash", "is_event", "step", "timestamp", "size"}
        more = payload.get("spec") if number is not None else {k: v for k, v in summary.items() if k not in shown}
        if isinstance(more, dict):
            facts.extend([str(key), value if isinstance(value, str | int | float) else str(value)] for key, value in more.items())
        if artifact.is_input:
            facts.append(["direction", "input of the run"])
        return [[clean(str(v)) if not isinstance(v, int) or isinstance(v, bool) else clean(v) for v in fact] for fact in facts]

    def _local(self, pane: Pane, number: int | None) -> Path | None:
        """Return where it lies inside the run, if it does."""
        path = pane.artifact.path
        try:
            if number is not None:
                return pane.folder.asset(pane.artifact, pane.events[number])
            return pane.folder.checked(path) if path and "://" not in path else None
        except TrackingError:
            return None


def _measured(path: Path) -> list[Fact]:
    if path.is_dir():
        files = [f for f in path.rglob("*") if f.is_file()]
        return [["files", len(files)], ["size", sum(f.stat().st_size for f in files), "bytes"], ["on disk", str(path), "path"]]
    return [["size", path.stat().st_size, "bytes"], ["on disk", str(path), "path"]]


FAMILY = FileFamily()

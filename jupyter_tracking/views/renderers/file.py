"""Files, models and references: path, size and hash. The file itself is not opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.format import paths
from jupyter_tracking.read.asset_reader import path_in, size_of
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from jupyter_tracking.views.model.series import Series

Fact = list[Any]


class FileRenderer(Renderer):
    """Whatever is kept as a file, or only by a reference."""

    stem = "file"

    def shared(self, series: Series, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return what is known of an artifact without steps."""
        return Payload({} if series.events else {"facts": self._facts(series, None)})

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:  # noqa: ARG002
        """Return what is known of one step."""
        return Payload({"facts": self._facts(series, number if series.events else None)})

    def fallback(self, series: Series, number: int) -> str:
        """Return the facts as a table."""
        return fallback.html_table(("", ""), (fact[:2] for fact in self._facts(series, number if series.events else None)))

    def _facts(self, series: Series, number: int | None) -> list[Fact]:
        artifact = series.artifact
        summary = {**artifact.summary}
        stored: dict[str, Any] = {}
        if number is not None:
            cell = series.cell(number)
            stored = cell if isinstance(cell, dict) else {"value": cell}
        facts: list[Fact] = []
        path = stored.get("path") or artifact.path or summary.get("path")
        framework = stored.get("framework") or summary.get("framework")
        if framework:
            facts.append(["framework", framework])
        if path:
            facts.append(["path", path, "path"])
        measured = _measured(series, number)
        facts.extend(measured)
        if not measured and path and "://" not in str(path):
            facts.append(["on disk", "not found"])
        if number is None and summary.get("hash"):
            facts.append(["hash", summary["hash"], "code"])
        shown = {"path", "framework", "kind", "hash", "is_event", "step", "timestamp", "size"}
        more = stored.get("spec") if number is not None else {k: v for k, v in summary.items() if k not in shown}
        if isinstance(more, dict):
            facts.extend([str(key), value if isinstance(value, str | int | float) else str(value)] for key, value in more.items())
        if artifact.is_input:
            facts.append(["direction", "input of the run"])
        return [[json_safe(str(v)) if not isinstance(v, int) or isinstance(v, bool) else json_safe(v) for v in fact] for fact in facts]


def _measured(series: Series, number: int | None) -> list[Fact]:
    """Return how large it is and where it is; nothing where it is not in the run. Links in a folder are not counted."""
    try:
        path = series.artifact.path if number is None else path_in(series.cell(number))
        if not path or "://" in path:
            return []
        size = size_of(series.folder, path)
    except (TrackingError, OSError):
        return []
    count = [] if size.files is None else [["files", size.files]]
    return [*count, ["size", size.bytes, "bytes"], series.where(series.folder.path / paths.safe_relative(path))]


RENDERER = FileRenderer()

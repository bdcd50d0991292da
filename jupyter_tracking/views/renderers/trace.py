"""Traces: a call with the calls inside it, as its JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_tracking.views.model.series import Series

_PREVIEW = 60_000
_FALLBACK = 30
_LONGEST = 200


class TraceRenderer(Renderer):
    """A tree of calls a step."""

    stem = "trace"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the tree of one step; in a saved page a large one without the inputs and outputs of the calls."""
        span = json_safe(series.value(number))
        text = json.dumps(span)
        payload = Payload()
        if preview and len(text) > _PREVIEW:
            text = json.dumps(_bare(span))
            payload.head["bare"] = True
        payload.attach(text.encode())
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the calls as a table."""
        rows = [
            ["\u2003" * depth + name, kind, duration, status]
            for depth, name, kind, duration, status in _walk(json_safe(series.value(number)), 0)
        ]
        more = f"<p><small>{len(rows)} calls</small></p>" if len(rows) > _FALLBACK else ""
        return fallback.html_table(("call", "kind", "took", "status"), rows[:_FALLBACK]) + more


def _walk(span: Any, depth: int) -> Iterator[tuple[int, str, str, str, str]]:
    if not isinstance(span, dict):
        return
    name, kind, status = (str(span.get(key) or "")[:_LONGEST] for key in ("name", "kind", "status"))
    yield depth, name, kind, _duration(span), status
    for child in span.get("children") or []:
        yield from _walk(child, depth + 1)


def _duration(span: dict[str, Any]) -> str:
    try:
        start, end = (datetime.fromisoformat(str(span[key])) for key in ("started_at", "finished_at"))
        return f"{(end - start).total_seconds():.3g} s"
    except (KeyError, ValueError, TypeError):
        return ""


def _bare(span: Any) -> Any:
    if not isinstance(span, dict):
        return None
    kept = {key: str(span[key])[:_LONGEST] for key in ("name", "kind", "status", "started_at", "finished_at") if span.get(key)}
    return {**kept, "children": [_bare(child) for child in span.get("children") or []]}


RENDERER = TraceRenderer()

"""LangChain: `TrackingCallback`, a tracer: each call of a chain, a model, a tool or a retriever is a trace with what it called inside.

    from jupyter_tracking.integrations.langchain import TrackingCallback

    with tracking.init(name="answers"):
        chain.invoke("what is a run?", config={"callbacks": [TrackingCallback()]})

A trace has what was given and what came out, how long each call inside took, and where one failed, with which error.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import log_errors
from jupyter_tracking.integrations import base

if TYPE_CHECKING:
    from langchain_core.tracers.base import BaseTracer

    from jupyter_tracking.record.run import Run
else:
    BaseTracer = base.base_class("langchain_core.tracers.base", "BaseTracer", "langchain-core")

_KINDS = {"llm": "llm", "chat_model": "llm", "chain": "chain", "tool": "tool", "retriever": "retriever", "embedding": "embedding"}
_counts: weakref.WeakKeyDictionary[Run, int] = weakref.WeakKeyDictionary()  # the step of the last trace of each run, of all tracers
_lock = threading.Lock()
_FRAMEWORKS_OWN = {"llm_output"}


class TrackingCallback(base.RunCallback, BaseTracer):
    """Logs what LangChain calls."""

    def __init__(self, run: Run | None = None, **kwargs: Any) -> None:
        """Log to a run.

        Args:
            run: by default the active run; where none is active, one is started.
            **kwargs: of LangChain's tracer.

        Raises:
            MissingExtra: LangChain is not installed.
        """
        super().__init__(**kwargs)
        self._link = base.CallbackRun(run)

    @property
    def _target(self) -> base.CallbackRun:  # type: ignore[override]
        return self._link

    def _persist_run(self, run: Any) -> None:
        """Log a call that is over, with all that it called; LangChain calls it. A trace that cannot be kept stops no chain."""
        target = self.run
        with _lock:
            step = _counts[target] = _counts.get(target, -1) + 1
        log_errors(lambda: target.log_trace(_as_span(run), step=step), "a trace of LangChain's")


def _as_span(run: Any) -> dict[str, Any]:
    """Return a call of LangChain's as a span, with those inside of it as its children."""
    extra = {key: value for key, value in (run.extra or {}).items() if value}
    span: dict[str, Any] = {
        "uuid": str(run.id),
        "name": run.name,
        "started_at": run.start_time,
        "finished_at": run.end_time,
        "status": "failed" if run.error else "succeeded",
        "inputs": _values(run.inputs),
        "outputs": _values(run.outputs),
        "metadata": base.plain(extra),
        "tags": [str(tag) for tag in run.tags or ()],
        "children": [_as_span(child) for child in run.child_runs],
    }
    kind = "agent" if run.run_type == "chain" and "agent" in run.name.lower() else _KINDS.get(run.run_type)
    if kind:
        span["kind"] = kind
    if run.error:
        condition = {
            "type": "failed",
            "status": True,
            "reason": "SpanFailed",
            "message": str(run.error),
            "last_transition_time": run.end_time,
        }
        span["status_conditions"] = [condition]
    return {key: value for key, value in span.items() if value not in (None, [], {})}


def _values(given: Any) -> dict[str, Any]:
    """Return what was given or came out as JSON holds it: messages and documents as the fields that they have."""
    values = given if isinstance(given, dict) else {} if given is None else {"value": given}
    return {str(key): _value(value) for key, value in values.items() if key not in _FRAMEWORKS_OWN or value}


def _value(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _value(each) for key, each in value.items()}
    fields = getattr(value, "model_dump", None)
    return _value(fields(mode="json")) if callable(fields) and not isinstance(value, type) else base.plain(value)


Callback = TrackingCallback

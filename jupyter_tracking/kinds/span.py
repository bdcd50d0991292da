"""The span kind: a traced call with its child spans, in the row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.run_values import put_values
from jupyter_tracking.format.event_rows import parse_timestamp
from jupyter_tracking.kinds.arguments import as_json, as_text
from jupyter_tracking.kinds.base import Kind, Recorder, check_json, check_status, logs, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.kinds.base import Asset, Timestamp

_FIELDS = (
    *("uuid", "name", "tags", "started_at", "finished_at", "status", "status_conditions"),
    *("metadata", "inputs", "outputs", "children", "kind"),
)
_KINDS = ("llm", "chain", "agent", "tool", "embedding", "retriever")
_MOST_DEPTH = 100
_LISTS = ("tags", "status_conditions", "children")


def _decode(payload: str, asset: Asset) -> dict[str, Any]:
    check_json(payload, asset)
    span = json.loads(payload)
    if not isinstance(span, dict):
        raise MalformedEvent("the span is no JSON object")
    return span


def _encode(span: Any) -> dict[str, Any]:
    return _as_fields(span, "span", 0)


SPAN = Kind("span", "trace", _decode, _FIELDS, _encode, order=130, flag="has_traces")


@logs(SPAN)
class SpanMethods(Recorder):
    """How a run logs traces."""

    def log_trace(self, span: Any, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Log a trace: a span with its children. What it was given and gave becomes inputs and outputs of the run.

        Args:
            span: a dict with the fields of Polyaxon's `V1EventSpan` (`name kind tags started_at finished_at status
                metadata inputs outputs children …`), or that object. Without a name it is called `"trace"`.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a span.
            InvalidArgument: a field that Polyaxon does not know.
        """
        if span is None:
            return
        fields = _as_fields(span, "span", 0)
        name = paths.check_name(fields.get("name") or "trace")
        self.record("span", name, fields, step, timestamp)
        given, made = fields.get("inputs"), fields.get("outputs")
        if given or made:

            def change(document: dict[str, Any]) -> None:
                put_values(document, "inputs", given or {})
                put_values(document, "outputs", made or {})

            self._update_document(change)


def _as_fields(span: Any, where: str, depth: int) -> dict[str, Any]:
    """Return a span's fields as JSON holds them, those of its children too."""
    if depth > _MOST_DEPTH:
        raise InvalidArgument(f"{where} is nested deeper than {_MOST_DEPTH} levels")
    if not isinstance(span, Mapping):
        if not any(hasattr(span, field) for field in ("started_at", "children", "metadata")):
            raise InvalidType(f"{where} is a {type(span).__name__}; give a dict with the fields {', '.join(_FIELDS)}")
        span = {field: getattr(span, field, None) for field in _FIELDS}
    fields: dict[str, Any] = {}
    for key, value in span.items():
        if key not in _FIELDS:
            raise InvalidArgument(f"{where} has the field {key!r}, which Polyaxon does not know{suggest(str(key), _FIELDS)}")
        if value is None:
            continue
        if key in _LISTS and not isinstance(value, list | tuple):
            raise InvalidType(f"{where}.{key} is a {type(value).__name__}; give a list")
        if key == "children":
            fields[key] = [_as_fields(child, f"{where}.children[{i}]", depth + 1) for i, child in enumerate(value)]
        elif key == "status_conditions":
            fields[key] = [_as_condition(item, f"{where}.{key}[{i}]") for i, item in enumerate(value)]
        else:
            fields[key] = as_json(value, f"{where}.{key}")
    _check_fields(fields, where)
    return fields


def _check_fields(fields: dict[str, Any], where: str) -> None:
    """Refuse what Polyaxon's V1EventSpan would."""
    if "kind" in fields and fields["kind"] not in _KINDS:
        raise InvalidArgument(f"{where}.kind={fields['kind']!r} is none of {', '.join(_KINDS)}")
    if not all(isinstance(tag, str) for tag in fields.get("tags", [])):
        raise InvalidType(f"{where}.tags={fields['tags']!r:.60} holds something that is no string")
    as_text(fields.get("name", ""), f"{where}.name")
    check_status(fields.get("status", "created"), f"{where}.status")
    _check_forms(fields, where, {"uuid": UUID, "started_at": parse_timestamp, "finished_at": parse_timestamp})
    wrong = next((key for key in ("metadata", "inputs", "outputs") if not isinstance(fields.get(key, {}), dict)), None)
    if wrong is not None:
        raise InvalidType(f"{where}.{wrong} is a {type(fields[wrong]).__name__}; give a dict")


def _as_condition(item: Any, where: str) -> dict[str, Any]:
    """Return a status with its reason and moments as JSON holds them; refuse what Polyaxon's V1StatusCondition would."""
    plain = as_json(item.to_dict() if hasattr(item, "to_dict") else item, where)
    if not isinstance(plain, dict):
        raise InvalidType(f"{where} is a {type(item).__name__}; give a dict with a type, such as 'running'")
    given = {key: value for key, value in plain.items() if value is not None}
    check_status(given.get("type", "created"), f"{where}.type")
    as_text(given.get("reason", ""), f"{where}.reason")
    as_text(given.get("message", ""), f"{where}.message")
    _check_forms(given, where, {"last_update_time": parse_timestamp, "last_transition_time": parse_timestamp})
    return plain


def _check_forms(fields: dict[str, Any], where: str, forms: dict[str, Callable[[Any], object]]) -> None:
    """Refuse a field that is not of the form that the function takes."""
    for key, read in forms.items():
        if key in fields:
            with refusals(f"{where}.{key}={fields[key]!r:.60} is not a {'uuid' if key == 'uuid' else 'datetime'}"):
                read(fields[key])

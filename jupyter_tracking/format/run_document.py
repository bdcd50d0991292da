"""`run.plx.json`: who, when, status, inputs, outputs, tags. Pure functions over its dict; Polyaxon's V1Run at every moment."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Any

from jupyter_tracking.format.json_fields import (
    FLAG,
    IDENTITY,
    LIST,
    MOMENT,
    NUMBER,
    OBJECT,
    TEXT,
    TEXTS,
    FieldType,
    JsonError,
    in_words,
    is_nested_too_deeply,
    parse_json,
    typed,
)
from jupyter_tracking.format.lineage import META_KEY

FORMAT = 1
FINAL_STATUSES = frozenset({"succeeded", "failed", "stopped", "skipped", "upstream_failed"})
# What Polyaxon's V1Run takes; another value would make the run unreadable there.
STATUSES = (
    *("created", "resuming", "on_schedule", "compiled", "queued", "scheduled", "starting", "running", "processing"),
    *("stopping", "failed", "stopped", "succeeded", "skipped", "warning", "unschedulable", "upstream_failed"),
    *("retrying", "unknown", "done"),
)
_MESSAGES = {
    "created": "Run is created",
    "running": "Run is running",
    "succeeded": "Run has succeeded",
    "failed": "Run has failed",
    "stopped": "Run was stopped",
}
_KNOWN = frozenset(STATUSES)
_SHALLOW = 250  # brackets in a document with fewer cannot be nested too deeply
_FIELDS = {
    "uuid": IDENTITY,
    **dict.fromkeys(("name", "description", "owner", "project", "kind", "runtime", "managed_by"), TEXT),
    **dict.fromkeys(("created_at", "updated_at", "started_at", "finished_at", "schedule_at"), MOMENT),
    **dict.fromkeys(("wait_time", "duration"), NUMBER),
    **dict.fromkeys(("inputs", "outputs", "meta_info"), OBJECT),
    "tags": TEXTS,
    "status": FieldType("a status", lambda value: type(value) is str and value in _KNOWN),
    "status_conditions": FieldType("a list of objects", lambda value: LIST.fits(value) and all(type(each) is dict for each in value)),
    "is_managed": FLAG,
}


def parse_document(data: bytes) -> tuple[dict[str, Any], list[tuple[int | None, str]]]:
    """Return a run's document without the fields that are not as they should be, and (line, problem) of what is wrong with it.

    A document that is none is empty; of a field that is wrong the line is not known.
    """
    try:
        document = parse_json(data)
    except JsonError as error:
        return {}, [(error.line, str(error))]
    if type(document) is not dict:
        return {}, [(1, f"not a JSON object but {in_words(document)}")]
    wrong: list[str] = []
    document = typed(document, _FIELDS, wrong)
    meta = document.get("meta_info")
    if meta and meta.get(META_KEY) is not None and type(meta[META_KEY]) is not dict:
        wrong.append(f"meta_info.{META_KEY} is {in_words(meta[META_KEY])} and not an object; it is taken as missing")
        document["meta_info"] = {key: value for key, value in meta.items() if key != META_KEY}
    if data.count(b"[") + data.count(b"{") > _SHALLOW:
        deep = [key for key, value in document.items() if is_nested_too_deeply(value)]
        wrong += [f"{in_words(key)} is nested too deeply; it is taken as missing" for key in deep]
        document = {key: value for key, value in document.items() if key not in deep}
    return document, [(None, words) for words in wrong]


def now_iso() -> str:
    """Return now as the documents have it: ISO with a `T`, UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def new_document(
    uuid: str, name: str, *, description: str | None, tags: list[str], owner: str | None, project: str | None
) -> dict[str, Any]:
    """Return the document of a run that starts now."""
    now = now_iso()
    document = {
        "uuid": uuid,
        "name": name,
        "description": description,
        "tags": tags,
        "owner": owner or user_name(),
        "project": project or "default",
        "created_at": now,
        "wait_time": 0.0,
        "managed_by": "user",
        "is_managed": False,
        "status": "created",
        "meta_info": {META_KEY: {"format": FORMAT}},
        "kind": "job",
        "runtime": "job",
        "inputs": {},
        "outputs": {},
        "status_conditions": [],
    }
    set_status(document, "created")
    return {key: value for key, value in document.items() if value is not None}


def user_name() -> str:
    """Return the name of the user of this process, or `user` where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "user"


def set_ending(document: dict[str, Any], status: str, reason: str | None = None, message: str | None = None) -> None:
    """Keep the status that a run is to have when its last writer has left: until then it is running."""
    said = {"status": status, "reason": reason, "message": message}
    meta = document.setdefault("meta_info", {}).setdefault(META_KEY, {"format": FORMAT})
    meta["ending"] = {key: value for key, value in said.items() if value is not None}


def ending(document: dict[str, Any]) -> tuple[str, str | None, str | None] | None:
    """Return status, reason and message that a run is to have when its last writer has left; None when nobody has ended it."""
    meta = document.get("meta_info")
    ours = meta.get(META_KEY) if isinstance(meta, dict) else None
    said = ours.get("ending") if isinstance(ours, dict) else None
    if not isinstance(said, dict) or said.get("status") not in FINAL_STATUSES:
        return None
    reason, message = (value if isinstance(value, str) else None for value in (said.get("reason"), said.get("message")))
    return said["status"], reason, message


def pop_ending(document: dict[str, Any]) -> tuple[str, str | None, str | None] | None:
    """Return what `ending` does, and forget it."""
    found = ending(document)
    if found is not None:
        del document["meta_info"][META_KEY]["ending"]
    return found


def set_status(document: dict[str, Any], status: str, reason: str | None = None, message: str | None = None) -> None:
    """Set the status with its condition and moments; a resumed run loses its end."""
    now = add_condition(document, status, reason, message)
    document["status"] = status
    if status == "running":
        document.setdefault("started_at", now)
        document.pop("finished_at", None)
        document.pop("duration", None)
    if status in FINAL_STATUSES:
        document["finished_at"] = now
        started = document.get("started_at") or document.get("created_at") or now
        document["duration"] = (datetime.fromisoformat(now) - datetime.fromisoformat(started)).total_seconds()


def add_condition(document: dict[str, Any], status: str, reason: str | None = None, message: str | None = None) -> str:
    """Add a condition, which says that the run came to a status and why; return the moment it has."""
    now = now_iso()
    condition = {
        "type": status,
        "status": True,
        "reason": reason or "JupyterTracking",
        "message": message or _MESSAGES.get(status, f"Run is {status}"),
        "last_update_time": now,
        "last_transition_time": now,
    }
    document.setdefault("status_conditions", []).append(condition)
    return now


def is_ours(document: dict[str, Any]) -> bool:
    """Return whether this package wrote the run, so that a last row without a newline is torn and no row."""
    meta = document.get("meta_info")
    return isinstance(meta, dict) and isinstance(meta.get(META_KEY), dict)


def has_ended(document: dict[str, Any]) -> bool:
    """Return whether the run's status is a final one."""
    return str(document.get("status")) in FINAL_STATUSES

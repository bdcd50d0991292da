"""`run.plx.json`: who, when, status, inputs, outputs, tags. Pure functions over its dict; Polyaxon's V1Run at every moment."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Any

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

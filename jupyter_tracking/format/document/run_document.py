"""`run.plx.json`: who, when, status, inputs, outputs, tags. Pure functions over its dict; Polyaxon's V1Run at every moment."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jupyter_tracking.format.json_fields import (
    FLAG,
    IDENTITY,
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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FORMAT = 1
FINAL_STATUSES = frozenset({"succeeded", "failed", "stopped", "skipped", "upstream_failed"})
OVER = FINAL_STATUSES | {"interrupted", "unknown", "broken"}  # as `read_status` tells them: nothing more is expected
# What Polyaxon's V1Run takes; another value would make the run unreadable there.
STATUSES = (
    *("created", "resuming", "on_schedule", "compiled", "queued", "scheduled", "starting", "running", "processing"),
    *("stopping", "failed", "stopped", "succeeded", "skipped", "warning", "unschedulable", "upstream_failed"),
    *("retrying", "unknown", "done"),
)
_REASON = "JupyterTracking"  # where nobody said why
RESUMED = "Run is resumed"
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
    "status_conditions": FieldType("a list of objects", lambda value: type(value) is list and set(map(type, value)) <= {dict}),
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
        "meta_info": {META_KEY: {"format": FORMAT, "logged_outputs": []}},
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
    own_meta(document, create=True)["ending"] = {key: value for key, value in said.items() if value is not None}


def ending(document: Mapping[str, Any]) -> tuple[str, str | None, str | None] | None:
    """Return status, reason and message that a run is to have when its last writer has left; None when nobody has ended it."""
    said = own_meta(document).get("ending")
    if not isinstance(said, dict) or str(said.get("status")) not in FINAL_STATUSES:
        return None
    reason, message = (value if isinstance(value, str) else None for value in (said.get("reason"), said.get("message")))
    return str(said["status"]), reason, message


def pop_ending(document: dict[str, Any]) -> tuple[str, str | None, str | None] | None:
    """Return what `ending` does, and forget it."""
    found = ending(document)
    if found is not None:
        del own_meta(document)["ending"]
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
        document["duration"] = _seconds_until(document, parse_moment(now))


def add_condition(document: dict[str, Any], status: str, reason: str | None = None, message: str | None = None) -> str:
    """Add a condition, which says that the run came to a status and why; return the moment it has."""
    now = now_iso()
    condition = {
        "type": status,
        "status": True,
        "reason": reason or _REASON,
        "message": message or _MESSAGES.get(status, f"Run is {status}"),
        "last_update_time": now,
        "last_transition_time": now,
    }
    document["status_conditions"] = [*(document.get("status_conditions") or []), condition]
    return now


def own_text(document: Mapping[str, Any], key: str) -> str | None:
    """Return a text that the run keeps of itself, such as its `group`; None where there is none."""
    value = own_meta(document).get(key)
    return value if isinstance(value, str) else None


def own_meta(document: Mapping[str, Any], *, create: bool = False) -> dict[str, Any]:
    """Return what is ours in the document's `meta_info`: the only place where Polyaxon takes keys that it does not know.

    Args:
        document: the run's document.
        create: put it there where it is missing, so that it can be written to.
    """
    meta = document.get("meta_info")
    own = meta.get(META_KEY) if isinstance(meta, dict) else None
    if isinstance(own, dict):
        return own
    own = {"format": FORMAT} if create else {}
    if create and isinstance(document, dict):
        document["meta_info"] = {**(meta if isinstance(meta, dict) else {}), META_KEY: own}
    return own


def is_ours(document: Mapping[str, Any]) -> bool:
    """Return whether this package wrote the run, so that a last row without a newline is torn and no row."""
    meta = document.get("meta_info")
    return isinstance(meta, dict) and isinstance(meta.get(META_KEY), dict)


# --- status --------------------------------------------------------------------------------------


def has_ended(document: Mapping[str, Any]) -> bool:
    """Return whether the run's status is a final one."""
    return str(document.get("status")) in FINAL_STATUSES


def mark_complete(document: dict[str, Any], lineages_size: int) -> None:
    """Say in the document of a run that has ended that its outputs and its lineage, which has so many bytes, are those of all its rows."""
    own_meta(document, create=True)["complete"] = {"finished_at": document.get("finished_at"), "lineages_size": lineages_size}


def is_complete(document: Mapping[str, Any], lineages_size: int | None = None) -> bool:
    """Return whether the run has ended and its two documents say all of it: nobody has gone on with it since.

    Before there was the mark, every end was complete.

    Args:
        document: the run's document.
        lineages_size: how many bytes `lineages.plx.json` has, to see whether Polyaxon went on with the run: it writes its own, and
            leaves status and times as they were. None where that is seen from the records.
    """
    own = own_meta(document)
    mark = own.get("complete")
    if not has_ended(document) or "life" not in own:
        return has_ended(document)
    if not isinstance(mark, dict) or mark.get("finished_at") != document.get("finished_at"):
        return False
    return lineages_size is None or mark.get("lineages_size") == lineages_size


def read_status(document: Mapping[str, Any], last_sign: Callable[[], str | None]) -> tuple[str, str, str]:
    """Return the status of a run as a reader sees it, and its reason and message where somebody said why, else empty strings.

    A run of ours whose writers are all gone has ended as the first of them said that it should, or was interrupted.

    Args:
        document: the run's document; empty where it is missing or cannot be read.
        last_sign: returns None where nobody writes to the run at this moment, else when a writer of another machine gave its last sign of
            life, which is the message of a run where nobody said another, or an empty string; called only where it matters.
    """
    if not document:
        return "broken", "", ""
    status = str(document.get("status") or "unknown")
    conditions = document.get("status_conditions")
    said = conditions[-1] if isinstance(conditions, list) and conditions else None
    sign = last_sign() if not has_ended(document) and is_ours(document) else ""
    if sign is None:
        meant = ending(document)
        status, said = (meant[0], dict(zip(("type", "reason", "message"), meant, strict=True))) if meant else ("interrupted", None)
    if not isinstance(said, dict) or said.get("type") != status:
        return status, "", sign or ""
    reason, message = (value if isinstance(value := said.get(key), str) else "" for key in ("reason", "message"))
    message = "" if message in {_MESSAGES.get(status), f"Run is {status}", RESUMED} else message
    return status, "" if reason == _REASON else reason, message or sign or ""


def join_reason(reason: str, message: str) -> str:
    """Return the reason and the message of a status in one line, where the message does not say the reason itself."""
    return " ".join((message if message.startswith(reason) else f"{reason}: {message}" if message else reason).split())


# --- the time recorded in ------------------------------------------------------------------------


def parse_moment(text: object) -> datetime | None:
    """Return a moment of a document; None where it is none. Without a time zone it is UTC, as Polyaxon takes it."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def begin_life(document: dict[str, Any], last_write: datetime | None = None) -> None:
    """Begin to record, or begin again where the run was recorded in before: its seconds so far are kept.

    Args:
        document: the run's document.
        last_write: when something was last written for the run; None for a new one.
    """
    earlier = recorded_seconds(document, last_write)
    own = own_meta(document, create=True)
    own.pop("complete", None)
    own.pop("ending", None)
    own["life"] = {"earlier": earlier or 0.0, "since": now_iso()}


def resume(document: dict[str, Any], given: Mapping[str, str | None], tags: list[str], *, joined: bool) -> None:
    """Say in the document of a run that is gone on with what was given, such as another name; with `joined` others are writing to it."""
    document.update({key: value for key, value in given.items() if value is not None})
    own_meta(document, create=True)  # the mark that the run is ours from now on
    document["tags"] = list(dict.fromkeys([*(document.get("tags") or []), *tags]))
    if not joined:
        set_status(document, "running", message=RESUMED)


def mark_alive(document: dict[str, Any]) -> None:
    """Say in the document that the run's writer was there now; others change the document too, so the file's time does not say it."""
    life = own_meta(document).get("life")
    if isinstance(life, dict):
        life["seen"] = now_iso()


def recorded_seconds(document: Mapping[str, Any], last_write: datetime | None) -> float | None:
    """Return for how long the run was recorded in: of a run that has not ended, until the last sign of its writers.

    Args:
        document: the run's document.
        last_write: when one of them last wrote a file.
    """
    if has_ended(document):
        seconds = document.get("duration")
        if isinstance(seconds, int | float) and not isinstance(seconds, bool):
            return float(seconds)
        return _seconds_until(document, parse_moment(document.get("finished_at")))
    life = own_meta(document).get("life")
    signs = [last_write, parse_moment(life.get("seen")) if isinstance(life, dict) else None]
    return _seconds_until(document, max((sign for sign in signs if sign is not None), default=None))


def _seconds_until(document: Mapping[str, Any], end: datetime | None) -> float | None:
    life = own_meta(document).get("life")
    life = life if isinstance(life, dict) else {}
    earlier = life.get("earlier")
    began = (parse_moment(moment) for moment in (life.get("since"), document.get("started_at"), document.get("created_at")))
    start = next((moment for moment in began if moment is not None), end)
    if start is None or end is None:
        return None
    return (float(earlier) if isinstance(earlier, int | float) else 0.0) + max(0.0, (end - start).total_seconds())

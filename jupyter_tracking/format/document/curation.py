"""What a user may change of a run that is over: its name, tags and note, whether it is pinned, and whether it is archived.

A change replaces the values it means in the bytes of `run.plx.json` and leaves every other byte as it was, so that keys of Polyaxon's or
of later versions, large integers and the order of the keys stay. Pinned and archived are Polyaxon's own fields: it shows them too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.json_fields import check_size
from jupyter_tracking.format.lineage import dump_document
from jupyter_tracking.redact.given import without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    # The new values by where they stand in the document: ("name",), or ("meta_info", "…").
    Fields = Mapping[tuple[str, ...], Any]
    Change = Callable[[dict[str, Any]], Fields]

NOTE_KEY = "jupyter_tracking_note"  # in meta_info, beside our own key: that one says that we wrote the run
_LIVE, _ARCHIVED = 1, 0  # as Polyaxon's live_state has it; what is lower is about to be deleted there
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, strict=False)  # only where a value ends is asked of it
_SPACE = re.compile(r"[ \t\n\r]*")


# --- what a document says ------------------------------------------------------------------------


def is_archived(document: dict[str, Any]) -> bool:
    """Return whether the run is archived: left out of lists of runs unless they are asked for it."""
    state = document.get("live_state")
    return type(state) is int and state < _LIVE


def is_pinned(document: dict[str, Any]) -> bool:
    """Return whether the run is pinned; Polyaxon calls it bookmarked."""
    return document.get("bookmarked") is True


def note_of(document: dict[str, Any]) -> str:
    """Return the note on the run, or an empty string."""
    meta = document.get("meta_info")
    note = meta.get(NOTE_KEY) if isinstance(meta, dict) else None
    return note if isinstance(note, str) else ""


def as_tags(tags: Iterable[str] | str | None) -> list[str]:
    """Return tags as a list of strings; one string is split at its commas.

    Raises:
        InvalidType: something that is no string.
    """
    if tags is None:
        return []
    if isinstance(tags, Mapping):  # of which only the names would be kept
        raise InvalidType(f"tags={tags!r:.60} is a {type(tags).__name__}; give strings; log_meta({{…}}) takes names with values")
    try:
        items = [part.strip() for part in tags.split(",")] if isinstance(tags, str) else list(tags)
    except Exception:  # noqa: BLE001 - iterating runs the object's own code
        raise InvalidType(f"tags={tags!r:.60} is a {type(tags).__name__}; give strings, or one with commas between") from None
    if not all(isinstance(item, str) for item in items):
        raise InvalidType(f"tags={tags!r:.60} holds something that is no string")
    return [paths.check_name(item, "tags") for item in items if item.strip()]


# --- changes -------------------------------------------------------------------------------------


def renamed(name: str) -> Change:
    """Return the change that gives the run another name."""
    text = paths.check_name(name)
    return lambda _: {("name",): text}


def tagged(tags: Iterable[Iterable[str] | str]) -> Change:
    """Return the change that adds tags, each as `as_tags` takes it."""
    labels = _labels(tags)

    def change(document: dict[str, Any]) -> Fields:
        present = _tags(document)
        known = {paths.normal_name(tag) for tag in present}
        new = [label for label in labels if label not in known]
        return {("tags",): [*present, *new]} if new else {}

    return change


def untagged(tags: Iterable[Iterable[str] | str]) -> Change:
    """Return the change that takes tags away; it raises `NotFound` for one that the run does not have."""
    labels = _labels(tags)

    def change(document: dict[str, Any]) -> Fields:
        present = _tags(document)
        known = {paths.normal_name(tag) for tag in present}
        for label in labels:
            if label not in known:
                raise NotFound(f"tags: the run has no tag {label!r}{suggest(label, present)}")
        return {("tags",): [tag for tag in present if paths.normal_name(tag) not in labels]}

    return change


def _labels(tags: Iterable[Iterable[str] | str]) -> list[str]:
    labels = list(dict.fromkeys(label for each in tags for label in as_tags(each)))
    if not labels:
        raise InvalidArgument(f"tags={tags!r} names no tag; give at least one")
    return labels


def _tags(document: dict[str, Any]) -> list[str]:
    present = document.get("tags") or []
    if not isinstance(present, list) or not all(isinstance(tag, str) for tag in present):
        raise InvalidArgument(f"{paths.RUN_FILE}: its tags={present!r:.80} are no list of strings; mend it first")
    return present


def noted(text: str) -> Change:
    """Return the change that replaces the note."""
    text = without_secrets(text, "text")

    def change(document: dict[str, Any]) -> Fields:
        if note_of(document) == text:
            return {}
        meta = document.get("meta_info")
        if meta is None:
            return {("meta_info",): {NOTE_KEY: text}}
        if not isinstance(meta, dict):
            raise InvalidArgument(f"{paths.RUN_FILE}: its meta_info={meta!r:.80} is no object; mend it first")
        return {("meta_info", NOTE_KEY): text}

    return change


def pinned(document: dict[str, Any]) -> Fields:
    """Pin the run."""
    return {} if is_pinned(document) else {("bookmarked",): True}


def unpinned(document: dict[str, Any]) -> Fields:
    """Unpin the run."""
    return {("bookmarked",): False} if is_pinned(document) else {}


def archived(document: dict[str, Any]) -> Fields:
    """Archive the run."""
    return {} if is_archived(document) else {("live_state",): _ARCHIVED}


def restored(document: dict[str, Any]) -> Fields:
    """Take the run out of the archive."""
    return {("live_state",): _LIVE} if is_archived(document) else {}


# --- the bytes of a document ---------------------------------------------------------------------


def changed_document(data: bytes, change: Change) -> bytes:
    """Return the bytes of a document with some values changed, and every other byte as it was.

    Raises:
        InvalidArgument: the document cannot be read.
    """
    try:
        check_size(data)
        document = orjson.loads(data)
        if not isinstance(document, dict):
            raise TypeError("it is no JSON object")  # noqa: TRY301 - told as the rest is
        text = data.decode()
        fields = change(document)
        for keys, value in fields.items():
            text = _with_value(text, keys, dump_document(value).decode())
    except (InvalidArgument, InvalidType, NotFound):
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidArgument(f"{paths.RUN_FILE} cannot be read: {error}; mend it first") from None
    return text.encode()


def _with_value(text: str, keys: tuple[str, ...], value: str) -> str:
    """Return JSON with the value of one key replaced, or added after the others; of a key that stands twice the last counts."""
    start = _skip(text, 0)
    for depth, key in enumerate(keys, start=1):
        members = list(_members(text, start))
        found = [(begin, end) for name, begin, end in members if name == key]
        if not found:
            inner = "".join(f"{{{json.dumps(name)}:" for name in keys[depth:]) + value + "}" * len(keys[depth:])
            at, comma = (members[-1][2], ",") if members else (start + 1, "")
            return f"{text[:at]}{comma}{json.dumps(key)}:{inner}{text[at:]}"
        start, end = found[-1]
    return f"{text[:start]}{value}{text[end:]}"


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    """Yield key, start and end of each value of the JSON object that begins at `at`, which is known to be well-formed."""
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield key, start, end
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    """Return where the next character stands that is no space."""
    found = _SPACE.match(text, at)
    return found.end() if found else at

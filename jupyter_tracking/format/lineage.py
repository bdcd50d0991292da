"""Lineage records: one for each artifact, as a line of the lineage journal and as an item of `lineages.plx.json`.

Polyaxon refuses keys that it does not know, so ours lie in `meta_info["jupyter_tracking"]`.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

META_KEY = "jupyter_tracking"
_POLYAXON_FIELDS = ("state", "connection", "run")
_NOT_YAML = "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]"


@dataclass(slots=True)
class LineageRecord:
    """What is known of one artifact of a run.

    Attributes:
        name: the true name.
        kind: one of `V1ArtifactKind`.
        stem: the file stem that stands for the name in paths.
        path: relative to the run, or absolute, or a URL; None for a record of content alone.
        is_input: the run used it rather than made it.
        versioned: it has an event file, with a row a version.
        summary: what the user said of it, and size and hash where known.
        logged: the moment of the first call, as the format has timestamps.
        cell: which cell made it: `notebook`, `cell_id`, `execution_count`.
        events: what its event file holds (see `summarize_event_file`), known once the run has ended.
        further: the fields of Polyaxon's record that we keep as they are: `state connection run meta_info`.
    """

    name: str
    kind: str
    stem: str
    path: str | None = None
    is_input: bool = False
    versioned: bool = False
    summary: dict[str, Any] = field(default_factory=dict)
    logged: str = ""
    cell: dict[str, Any] = field(default_factory=dict)
    events: dict[str, Any] = field(default_factory=dict)
    further: dict[str, Any] = field(default_factory=dict)

    def line(self) -> bytes:
        """Return the record as a line of the lineage journal."""
        return orjson.dumps({k: v for k, v in asdict(self).items() if v}) + b"\n"


def parse_journal(data: bytes) -> tuple[list[LineageRecord], list[tuple[int, str]]]:
    """Return the records of whole lines of a lineage journal, and (line, problem) of those that are none."""
    records, problems = [], []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(_record(orjson.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append((number, f"not a lineage record: {error}"))
    return records, problems


def _record(item: dict[str, Any]) -> LineageRecord:
    given = {name: item[name] for name in LineageRecord.__slots__ if item.get(name)}  # as `line` writes it
    return _checked(LineageRecord(**{"stem": item["name"], **given}))


def _checked(record: LineageRecord) -> LineageRecord:
    """Return the record; raise `TypeError` when a field has another type than it should, since it was read of a file."""
    read: Any = record
    if not (isinstance(read.name, str) and isinstance(read.kind, str) and isinstance(read.stem, str) and isinstance(read.path or "", str)):
        raise TypeError("name, kind, stem and path must be strings")
    if not (
        isinstance(read.summary, dict) and isinstance(read.cell, dict) and isinstance(read.events, dict) and isinstance(read.further, dict)
    ):
        raise TypeError("summary, cell, events and further must be objects")
    return record


def unlisted_record(known: LineageRecord | None, kind: str, stem: str, path: str) -> LineageRecord:
    """Return the record of an event file that no record names.

    Args:
        known: the record of the name that the file's stem is, if there is one: of something without versions, it has them too.
        kind: the kind of the file.
        stem: its file stem.
        path: its path in the run.
    """
    if known is not None and not known.versioned:
        output = {"output": known.path} if known.path and known.path != path else {}
        return replace(known, path=path, versioned=True, summary={**known.summary, **output})
    return LineageRecord(stem if known is None else f"{stem}.plx", kind, stem, path, versioned=True)


def dump_lineages(records: list[LineageRecord]) -> bytes:
    """Return `lineages.plx.json`: an array of Polyaxon's V1RunArtifact."""
    return dump_document([_to_artifact(record) for record in records])


def dump_document(content: Any) -> bytes:
    """Return JSON that is YAML as well: Polyaxon's command line reads its documents so.

    What YAML takes for the end of a line, or does not take at all, is escaped.
    """
    text = orjson.dumps(content).decode()
    return (text if text.isascii() and "\x7f" not in text else re.sub(_NOT_YAML, lambda m: f"\\u{ord(m[0]):04x}", text)).encode()


def _to_artifact(record: LineageRecord) -> dict[str, Any]:
    """Return a record as a V1RunArtifact."""
    ours = {"name": record.name, "versioned": record.versioned, "logged": record.logged}
    ours |= {"cell": record.cell} if record.cell else {}
    if record.events:  # the rest of it stands in the summary, where Polyaxon looks
        kept: dict[str, Any] = {k: record.events[k] for k in ("rows", "size", "hash") if k in record.events}
        ours["events"] = {**kept, "distinct": record.events["step"]["distinct"]}
    summary = dict(record.summary)
    if record.events:
        events = record.events
        summary |= {"is_event": True}
        if events["step"]["count"]:  # Polyaxon's pages take what is there for a range to slide over
            summary["step"] = {k: events["step"][k] for k in ("count", "min", "max")}
        summary["timestamp"] = {k: moment and moment.replace(" ", "T") for k, moment in events["timestamp"].items()}
        summary |= {"metric": events["metric"]} if "metric" in events else {}
    item = {**record.further, "name": record.stem, "kind": record.kind, "path": record.path, "summary": summary}
    meta = {**record.further.get("meta_info", {}), META_KEY: ours}
    return {k: v for k, v in item.items() if v is not None} | {"meta_info": meta, "is_input": record.is_input}


def all_written_here(data: bytes) -> bool:
    """Return whether every record of a `lineages.plx.json` is ours; Polyaxon writes its own when it resumes a run of ours."""
    return parse_lineages(data)[2]


def parse_lineages(data: bytes) -> tuple[list[LineageRecord], list[str], bool]:
    """Return the records of a `lineages.plx.json`, ours or Polyaxon's, what is wrong with the rest, and whether all are ours."""
    try:
        items = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        return [], [f"not JSON: {error}"], False
    if not isinstance(items, list):
        return [], ["not a JSON array"], False
    records, problems, strangers = [], [], 0
    for position, item in enumerate(items):
        try:
            strangers += META_KEY not in (item.get("meta_info") or {})
            records.append(_from_artifact(item))
        except (TypeError, KeyError, AttributeError) as error:
            problems.append(f"item {position} is not a lineage record: {error}")
    return records, problems, not strangers and not problems


def _from_artifact(item: dict[str, Any]) -> LineageRecord:
    """Return the record of a V1RunArtifact, ours or Polyaxon's."""
    meta = item.get("meta_info") or {}
    ours = meta.get(META_KEY) or {}
    summary = item.get("summary") or {}
    events = _events(ours["events"], summary) if "events" in ours else {}
    further = {} if item.keys().isdisjoint(_POLYAXON_FIELDS) else {key: item[key] for key in _POLYAXON_FIELDS if item.get(key) is not None}
    if len(meta) > (META_KEY in meta):
        further["meta_info"] = {key: value for key, value in meta.items() if key != META_KEY}
    stem = item["name"]
    return _checked(
        LineageRecord(
            name=ours.get("name") or stem,
            kind=item["kind"],
            stem=stem,
            path=item.get("path"),
            is_input=item.get("is_input") or False,
            versioned=ours.get("versioned") or False if ours else bool(summary.get("is_event")),
            summary=summary,
            logged=ours.get("logged") or "",
            cell=ours.get("cell") or {},
            events=events,
            further=further,
        )
    )


def _events(ours: dict[str, Any], summary: dict[str, Any]) -> dict[str, Any]:
    """Return the event summary, most of which `_to_artifact` put into the summary; the rest of the summary is the user's."""
    summary.pop("is_event", None)
    # What was parsed is changed in place and not copied: the lineage of a root has tens of thousands of these.
    step = summary.pop("step", None) or {}
    step["distinct"] = ours.pop("distinct", None)
    ours["step"] = step
    ours["timestamp"] = summary.pop("timestamp", None) or {}
    if "metric" in summary:
        ours["metric"] = summary.pop("metric")
    return ours


def parse_asset_journal(data: bytes) -> tuple[dict[str, dict[str, Any]], list[tuple[int, str]]]:
    """Return path → `{path, size, hash}` of an asset journal, and (line, problem) of lines that are none."""
    assets, problems = {}, []
    for number, line in enumerate(data[: data.rfind(b"\n") + 1].split(b"\n"), start=1):
        try:
            if line:
                item = orjson.loads(line)
                assets[item["path"]] = item
        except (ValueError, TypeError, KeyError) as error:
            problems.append((number, f"not an asset record: {error}"))
    return assets, problems

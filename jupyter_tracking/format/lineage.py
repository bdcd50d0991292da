"""Lineage records: one for each artifact, as a line of the lineage journal and as an item of `lineages.plx.json`.

Polyaxon refuses keys that it does not know, so ours lie in `meta_info["jupyter_tracking"]`.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

import orjson

from jupyter_tracking.format import paths
from jupyter_tracking.format.event_rows import STEP_MAX, STEP_MIN
from jupyter_tracking.format.json_fields import (
    COUNT,
    FILLED_TEXT,
    FLAG,
    MOMENT,
    SHALLOW_OBJECT,
    STATISTIC,
    TEXT,
    WHOLE,
    Fields,
    FieldType,
    in_words,
    is_nested_too_deeply,
    parse_json,
    parse_lines,
    typed,
    without_nulls,
)

META_KEY = "jupyter_tracking"
_POLYAXON_FIELDS = ("state", "connection", "run")
_RESOURCES = "resources/"
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


# --- what the fields of a record are -------------------------------------------------------------

_CELL: dict[str, FieldType] = {"notebook": TEXT, "cell_id": TEXT, "execution_count": WHOLE, "by": TEXT}
_LOGGED = FieldType("a moment", lambda value: value == "" or MOMENT.fits(value))
_STEPS: Fields = {"count": COUNT, "min": WHOLE, "max": WHOLE}
_SPAN: Fields = {"min": MOMENT, "max": MOMENT}
_METRIC: Fields = {"count": COUNT, **dict.fromkeys(("last", "mean", "min", "max", "std"), STATISTIC)}
_LAST: Fields = {"path": TEXT, "content_type": TEXT, "framework": TEXT}
_ROWS: Fields = {"rows": COUNT, "size": COUNT, "hash": TEXT}
# What stands in the summary of something with rows; the rest of a summary is the user's, and may be anything.
_EVENT_SUMMARY: Fields = {"is_event": FLAG, "step": _STEPS, "timestamp": _SPAN, "metric": _METRIC}
_OURS: Fields = {"name": FILLED_TEXT, "versioned": FLAG, "logged": _LOGGED, "cell": {**_CELL}, "events": {**_ROWS, "distinct": COUNT}}
# A stem and a kind are parts of paths: one that leads elsewhere is not taken, and never written to.
_FILE_NAME = FieldType("a name of one file", lambda value: type(value) is str and paths.is_file_name(value))
_NAMES: Fields = {"name": FILLED_TEXT, "kind": _FILE_NAME, "path": TEXT, "is_input": FLAG}
_ARTIFACT: Fields = {
    **_NAMES,
    "summary": SHALLOW_OBJECT,
    "meta_info": SHALLOW_OBJECT,
    "connection": SHALLOW_OBJECT,
    "run": SHALLOW_OBJECT,
    "state": TEXT,
}
_LINE: Fields = {
    **_NAMES,
    "stem": _FILE_NAME,
    "versioned": FLAG,
    "summary": SHALLOW_OBJECT,
    "logged": _LOGGED,
    "cell": {**_CELL},
    "events": {**_ROWS, "step": {**_STEPS, "distinct": COUNT}, "timestamp": _SPAN, "metric": _METRIC, "last": _LAST},
    "further": SHALLOW_OBJECT,
}
_ASSET: Fields = {"path": FILLED_TEXT, "size": COUNT, "hash": TEXT}


# --- the journal ---------------------------------------------------------------------------------


def parse_journal(data: bytes) -> tuple[list[LineageRecord], list[tuple[int, str]]]:
    """Return the records of whole lines of a lineage journal, and (line, problem) of lines and fields that are none."""
    lines, problems = parse_lines(data)
    records = []
    for number, line in lines:
        wrong: list[str] = []
        item = typed(line, _LINE, wrong)
        if wrong and any(word.startswith("events") for word in wrong):
            item.pop("events", None)  # the rows themselves say it
        if item.get("name") and item.get("kind"):
            given = {name: item[name] for name in LineageRecord.__slots__ if item.get(name)}  # as `line` writes it
            stem = given.pop("stem", None) or paths.file_stem(given["name"], {})
            record = LineageRecord(stem=stem, **given)
            if record.versioned:
                record.path = _own_path(record.path, record.kind, stem, wrong)
            records.append(record)
        else:
            wrong = ["not a lineage record: it has no name or no kind", *wrong]
        problems += [(number, "; ".join(wrong))] if wrong else []
    return records, sorted(problems)


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
    return dump_document([to_artifact(record) for record in records])


def dump_document(content: Any) -> bytes:
    """Return JSON that is YAML as well: Polyaxon's command line reads its documents so.

    What YAML takes for the end of a line, or does not take at all, is escaped.
    """
    text = orjson.dumps(content).decode()
    return (text if text.isascii() and "\x7f" not in text else re.sub(_NOT_YAML, lambda m: f"\\u{ord(m[0]):04x}", text)).encode()


def to_artifact(record: LineageRecord) -> dict[str, Any]:
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


# --- lineages.plx.json ---------------------------------------------------------------------------


class Lineages(NamedTuple):
    """What a `lineages.plx.json` says.

    Attributes:
        records: a record an artifact.
        problems: what is wrong with the rest, in words.
        all_ours: Polyaxon has written none of it; it writes its own when it resumes a run of ours.
    """

    records: list[LineageRecord]
    problems: list[str]
    all_ours: bool


def parse_lineages(data: bytes, *, strict: bool = False) -> Lineages:
    """Return what a `lineages.plx.json` says, ours or Polyaxon's.

    Args:
        data: its bytes.
        strict: look at every field of every record for what is wrong with it, which takes three times as long; else only fields that
            would be in the way of a reader are told.
    """
    try:
        items = parse_json(data)
    except ValueError as error:
        return Lineages([], [str(error)], all_ours=False)
    if not isinstance(items, list):
        return Lineages([], ["not a JSON array"], all_ours=False)
    records: list[LineageRecord] = []
    problems: list[str] = []
    all_ours = True
    for position, item in enumerate(items):
        try:
            if strict:
                raise TypeError  # noqa: TRY301 - one way to the careful reading below
            records.append(_from_artifact(item))
            all_ours = all_ours and META_KEY in (item.get("meta_info") or ())
        except (TypeError, KeyError, AttributeError):
            record, ours = _mended(item, f"item {position}", problems)
            records += [record] if record is not None else []
            all_ours = all_ours and ours
    return Lineages(records, problems, all_ours)


def _mended(item: Any, where: str, problems: list[str]) -> tuple[LineageRecord | None, bool]:
    """Return the record of an artifact without the wrong fields, which are told, or None; and whether it is ours."""
    if type(item) is not dict:
        problems.append(f"{where} is not a lineage record but {in_words(item)}")
        return None, False
    wrong: list[str] = []
    kept = typed(item, _ARTIFACT, wrong)
    if not (kept.get("name") and kept.get("kind")):
        reasons = "; ".join(["it has no name or no kind", *wrong])
        problems.append(f"{where} is not a lineage record: {reasons}")
        return None, META_KEY in (kept.get("meta_info") or {})
    meta = kept.get("meta_info") or {}
    is_ours = META_KEY in meta
    if is_ours:
        kept["meta_info"] = typed(meta, {META_KEY: _OURS}, wrong, "meta_info.")
    ours = kept.get("meta_info", {}).get(META_KEY)
    if ours:
        if not paths.is_file_name(kept["name"]):
            wrong.append("its name is to be that of its file, and is none of one file; another is taken")
            ours["name"] = ours.get("name") or kept["name"]
            kept["name"] = paths.file_stem(ours["name"], {})
        _mend_place(kept, ours, wrong)
    if ours and "events" in ours:
        told = len(wrong)
        kept["summary"] = typed(kept.get("summary") or {}, _EVENT_SUMMARY, wrong, "summary.")
        if len(wrong) > told or any("events" in word for word in wrong) or not _are_events(ours["events"], kept["summary"]):
            wrong += ["what it says of its rows is not whole; the rows are read instead"]
            kept["summary"] = {key: value for key, value in kept["summary"].items() if key not in _EVENT_SUMMARY}
            kept["meta_info"] = {**kept["meta_info"], META_KEY: {key: value for key, value in ours.items() if key != "events"}}
    problems += [f"{where} ({kept.get('kind') or '?'} {in_words(kept.get('name'))}): {word}" for word in wrong]
    try:
        return _from_artifact(kept), is_ours
    except (TypeError, KeyError, AttributeError):
        return None, is_ours


def _mend_place(kept: dict[str, Any], ours: dict[str, Any], wrong: list[str]) -> None:
    """Let a record of ours say whether it has rows, and one of something with rows name its own event file."""
    path = kept.get("path") or ""
    has_rows = ours.get("events") or (kept.get("summary") or {}).get("is_event") is True
    if ours.get("versioned") is None or (has_rows and not ours["versioned"]):
        ours["versioned"] = bool(has_rows or path.startswith("events/"))
        wrong.append("it does not say that it has rows" if ours["versioned"] else "it does not say whether it has rows")
    if ours["versioned"]:
        kept["path"] = _own_path(kept.get("path"), str(kept["kind"]), kept["name"], wrong)


def _own_path(path: str | None, kind: str, stem: str, wrong: list[str]) -> str:
    """Return the path of something with rows, which is that of its own event file; another is told."""
    place = paths.event_path(kind, stem)
    if path == place or (path and path.startswith(_RESOURCES)):
        return path
    wrong.append(f"its path is {in_words(path)} and not {in_words(place)}")
    return place


def _from_artifact(item: dict[str, Any]) -> LineageRecord:
    """Return the record of a V1RunArtifact, ours or Polyaxon's.

    Raises:
        TypeError: a field has not the type that it should have; or `KeyError`, `AttributeError`.
    """
    # The lineage of a root has tens of thousands of these: fields are looked at here, and told of in `_mended`.
    get = item.get
    meta = get("meta_info") or _NOTHING
    ours = meta.get(META_KEY) or _NOTHING
    summary, stem, kind, path, is_input = get("summary") or {}, item["name"], item["kind"], get("path"), get("is_input") or False
    of_ours = ours.get
    name, logged, cell = of_ours("name") or stem, of_ours("logged") or "", of_ours("cell") or _NOTHING
    versioned = ours["versioned"] if ours else bool(summary.get("is_event"))
    if not (
        type(stem) is type(kind) is type(name) is type(logged) is str
        and (path is None or type(path) is str)
        and type(is_input) is type(versioned) is bool
        and type(summary) is type(meta) is type(ours) is dict
        and stem
        and (paths.is_file_name(stem) or not ours)
        and paths.is_file_name(kind)
        and (cell is _NOTHING or _is_cell(cell))
        and (not versioned or not ours or path == f"events/{kind}/{stem}.plx" or (path and path.startswith(_RESOURCES)))
    ):
        raise TypeError
    further = {} if item.keys().isdisjoint(_POLYAXON_FIELDS) else {key: item[key] for key in _POLYAXON_FIELDS if item.get(key) is not None}
    if len(meta) > (META_KEY in meta):
        further["meta_info"] = {key: value for key, value in meta.items() if key != META_KEY}
    if further:
        _check_depth(further)
    # What we say of rows is no deeper than that; what the user says may be.
    if (not of_ours("events") or len(summary) > _OF_ROWS) and not _CONTAINERS.isdisjoint(map(type, summary.values())):
        _check_depth(summary)
    events = of_ours("events") or {}
    if events:
        if not versioned:
            raise TypeError
        events = _events(events, summary)
    if not ours and not paths.is_file_name(stem):  # the name of what has no file of its own may be any
        stem = paths.file_stem(stem, {})
    return LineageRecord(name, kind, stem, path, is_input, versioned, summary, logged, {} if cell is _NOTHING else cell, events, further)


_NOTHING: dict[str, Any] = {}
_CONTAINERS = frozenset({dict, list})
_OF_ROWS = 4  # fields of a summary: is_event, step, timestamp, metric


def _check_depth(value: dict[str, Any]) -> None:
    if is_nested_too_deeply(value):
        raise TypeError


def _is_cell(cell: Any) -> bool:
    return type(cell) is dict and all(value is None or name not in _CELL or _CELL[name].fits(value) for name, value in cell.items())


def _events(ours: dict[str, Any], summary: dict[str, Any]) -> dict[str, Any]:
    """Return the event summary, most of which `_to_artifact` put into the summary; the rest of the summary is the user's.

    Raises:
        TypeError: it is not as we write it; or `KeyError`, `AttributeError`. Then nothing was changed.
    """
    distinct, step, moments, metric = ours["distinct"], summary.get("step"), summary["timestamp"], summary.get("metric")
    first, last = moments["min"], moments["max"]
    if step:
        low, high = step["min"], step["max"]
        if not (type(distinct) is type(low) is type(high) is int and STEP_MIN <= low <= high <= STEP_MAX and 0 < distinct <= STEP_MAX):
            raise TypeError
    elif distinct != 0:
        raise TypeError
    if not (type(first) is type(last) is str or first is last is None):
        raise TypeError
    # What was parsed is changed in place and not copied: the lineage of a root has tens of thousands of these.
    if metric is not None:
        if type(metric["last"]) is not float and not STATISTIC.fits(metric["last"]):
            raise TypeError
        ours["metric"] = metric
        del summary["metric"]
    summary.pop("is_event", None)
    summary.pop("step", None)
    del summary["timestamp"], ours["distinct"]
    ours["step"] = {**step, "distinct": distinct} if step else {"distinct": 0}
    ours["timestamp"] = moments
    return ours


def _are_events(ours: dict[str, Any], summary: dict[str, Any]) -> bool:
    try:
        _events(dict(ours), dict(summary))
    except (TypeError, KeyError, AttributeError):
        return False
    return True


# --- the journal of assets -----------------------------------------------------------------------


def parse_asset_journal(data: bytes) -> tuple[dict[str, dict[str, Any]], list[tuple[int, str]]]:
    """Return path → `{path, size, hash}` of an asset journal, and (line, problem) of lines and fields that are none."""
    lines, problems = parse_lines(data)
    assets = {}
    for number, line in lines:
        wrong: list[str] = []
        item = without_nulls(typed(line, _ASSET, wrong))
        if "path" in item:
            assets[item["path"]] = item
        else:
            wrong = ["not an asset record: it has no path", *wrong]
        problems += [(number, "; ".join(wrong))] if wrong else []
    return assets, sorted(problems)

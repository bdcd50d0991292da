"""A run's inputs, outputs and `meta_info`: values to what its document holds, and back, and which of the outputs are whose.

JSON has no NaN and no infinities: they are the words `NaN`, `Infinity` and `-Infinity` there. Where a user's own text reads the
same, the document says so, under `texts` in our part of its `meta_info`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jupyter_tracking.format import event_rows
from jupyter_tracking.format.document import run_document
from jupyter_tracking.format.document.curation import NOTE_KEY
from jupyter_tracking.format.lineage import META_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Place = tuple[str | int, ...]

_DEEPEST = 200  # levels; a document of ours has half as many
_LOGGED = "logged_outputs"
_NO_PLACES: frozenset[Place] = frozenset()
_PLAIN = {float, int, bool, type(None)}  # most values of most runs: they are as they are stored
_OWN = {META_KEY, NOTE_KEY}  # in meta_info: what the run keeps itself, and the note on it


class NumberWord(str):
    """One of `NUMBER_WORDS` in place of a number; a text of the user's that reads the same is a plain `str`."""

    __slots__ = ()


# --- writing -------------------------------------------------------------------------------------


def put_values(document: dict[str, Any], section: str, values: Mapping[str, Any], *, reset: bool = False) -> None:
    """Put values into a section of the run's document.

    Args:
        document: the run's document.
        section: `inputs`, `outputs` or `meta_info`.
        values: what JSON can hold, with `NumberWord` for the numbers that it cannot.
        reset: forget the values so far.
    """
    own = run_document.own_meta(document, create=True)
    present = document.get(section)
    kept = dict(present) if isinstance(present, dict) and not reset else {}
    if section == "meta_info":
        kept |= {key: present[key] for key in (META_KEY, NOTE_KEY) if isinstance(present, dict) and key in present}
    document[section] = {**kept, **values}
    stored = own.get("texts")
    texts = dict(stored) if isinstance(stored, dict) else {}
    texts[section] = [list(place) for place in _places(texts.get(section)) if not reset and place[0] not in values]
    texts[section] += [list(place) for place in _texts(values)]
    own["texts"] = {name: places for name, places in texts.items() if places}
    if not own["texts"]:
        del own["texts"]
    if section == "outputs":
        logged = own.get(_LOGGED)
        own[_LOGGED] = list(dict.fromkeys([*(logged if isinstance(logged, list) and not reset else []), *values]))


def _texts(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield where a text stands that reads like a number."""
    if isinstance(value, str):
        if value in event_rows.NUMBER_WORDS and type(value) is not NumberWord:
            yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*place, number))


def _places(stored: object) -> Iterator[Place]:
    """Yield the places that a document lists; what is none is left out."""
    for item in stored if isinstance(stored, list) else ():
        if isinstance(item, list) and item and all(isinstance(part, str | int) for part in item):
            yield tuple(item)


# --- reading -------------------------------------------------------------------------------------


def values_of(document: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return the values of a section of a run's document, as they were given; none where the section is not one."""
    stored = document.get(section)
    if not isinstance(stored, dict):
        return {}
    texts = run_document.own_meta(document).get("texts")
    places = frozenset(_places(texts.get(section))) if isinstance(texts, dict) else _NO_PLACES
    if section == "meta_info":
        stored = {key: item for key, item in stored.items() if key not in _OWN}
    return {key: item if type(item) in _PLAIN else _value(item, (key,), places) for key, item in stored.items()}


def _value(stored: Any, place: Place, texts: frozenset[Place]) -> Any:
    if isinstance(stored, str):
        return event_rows.parse_number(stored) if stored in event_rows.NUMBER_WORDS and place not in texts else stored
    if len(place) > _DEEPEST:
        return stored
    if isinstance(stored, dict):
        return {key: _value(item, (*place, key), texts) for key, item in stored.items()}
    if isinstance(stored, list):
        return [_value(item, (*place, number), texts) for number, item in enumerate(stored)]
    return stored


# --- outputs: what was logged, and a number for each metric --------------------------------------


def outputs_are_final(document: Mapping[str, Any], lineages_size: int) -> bool:
    """Return whether the outputs in the document are those of the whole run, with a number for each metric.

    That is so once `end()` has written them. An older version kept those of the first end when a run was resumed. `lineages_size` is
    that of `run_document.is_complete`.
    """
    if not run_document.is_ours(document) or not run_document.is_complete(document, lineages_size):
        return False
    return _LOGGED in run_document.own_meta(document) or not _was_resumed(document)


def _was_resumed(document: Mapping[str, Any]) -> bool:
    conditions = document.get("status_conditions")
    starts = (
        [each for each in conditions if isinstance(each, dict) and each.get("type") == "running"] if isinstance(conditions, list) else []
    )
    return len(starts) > 1


def merge_outputs(document: Mapping[str, Any], summaries: Mapping[str, float], last: Callable[[str], float | None]) -> dict[str, Any]:
    """Return the outputs of a run: a number for each metric, and what `log_outputs` said, which wins.

    Args:
        document: the run's document.
        summaries: the number of each metric.
        last: returns the last value of a metric; None where there is no such metric.
    """
    values = values_of(document, "outputs")
    return {**summaries, **{name: values[name] for name in logged_outputs(document, last)}}


def keep_logged_outputs(document: dict[str, Any], last: Callable[[str], float | None]) -> None:
    """Leave in the document of a run that goes on only what was logged: the numbers of its metrics will be others at the end."""
    outputs = document.get("outputs")
    logged = logged_outputs(document, last)
    document["outputs"] = {name: outputs[name] for name in logged} if isinstance(outputs, dict) else {}
    run_document.own_meta(document, create=True)[_LOGGED] = logged


def write_outputs(document: dict[str, Any], summaries: Mapping[str, float], last: Callable[[str], float | None]) -> None:
    """Write the outputs of a run that ends into its document."""
    keep_logged_outputs(document, last)
    words = event_rows.json_safe_numbers(list(summaries.values()))
    document["outputs"] = {**dict(zip(summaries, words, strict=True)), **document["outputs"]}


def logged_outputs(document: Mapping[str, Any], last: Callable[[str], float | None]) -> list[str]:
    """Return the names of the outputs in the document that `log_outputs` said; the others are the numbers of metrics.

    Polyaxon and older versions of ours do not tell the two apart: there a value is its metric's number if it equals the last one, and
    in a run of ours that was resumed in any case, as it may be that of an earlier end.
    """
    listed = run_document.own_meta(document).get(_LOGGED)
    values = values_of(document, "outputs")
    if isinstance(listed, list):
        return [name for name in values if name in listed or last(name) is None]
    stale = run_document.is_ours(document) and _was_resumed(document)
    return [name for name, value in values.items() if (number := last(name)) is None or not (stale or _equal(value, number))]


def _equal(value: object, number: float) -> bool:
    """Return whether an output is this number; Polyaxon writes NaN as null."""
    if value is None or value != value:  # noqa: PLR0124
        return math.isnan(number)
    return value == number

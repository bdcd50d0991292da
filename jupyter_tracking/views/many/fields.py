"""Columns of many runs on their way to the page: numbers as they are, words as indices into the list of distinct ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.frames.many.run_columns import ordered_words, text_of
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.run_table import cut
from jupyter_tracking.views.model.scene import call_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.frames.many.importance import Importance
    from jupyter_tracking.frames.many.run_columns import RunColumn, RunColumns


def add_runs(payload: Payload, columns: RunColumns, count: int) -> None:
    """Add what the first so many runs are called, and their uuids and status."""
    facts = columns.facts[:count]
    labels = call_runs([each.name for each in columns.facts], [each.uuid for each in columns.facts])
    payload.head.update(
        rows=len(facts),
        total=len(columns),
        labels=labels[: len(facts)],
        uuids=json_safe([each.uuid for each in facts]),
        statuses=json_safe([each.status for each in facts]),
    )


def add_fields(payload: Payload, fields: Sequence[RunColumn], count: int) -> None:
    """Add columns of the first so many runs, under `v` and `n`, or `c`, and their place among the fields.

    `v` are numbers, `n` says which of them are missing, where any are; `c` are places in the field's `words`, the one after the last
    for a missing value.
    """
    described = payload.head.setdefault("fields", [])
    for whole in fields:
        field, number = whole.take(count), len(described)
        about: dict[str, Any] = {"group": field.group, "name": cut(field.name), "key": json_safe(field.key)}
        described.append(about)
        if whole.is_number:
            about["kind"], about["log"] = "number", whole.is_log
            payload.add(f"v{number}", field.numbers)
            if field.missing.any():
                payload.add(f"n{number}", field.missing.astype(np.uint8))
        else:
            words = ordered_words(field.cells)  # of all runs they may be very many
            place = {word: n for n, word in enumerate(words)}
            codes = [len(place) if value is None else place[text_of(value)] for value in field.cells]
            about["kind"], about["words"] = "words", [cut(word) for word in words]
            payload.add(f"c{number}", np.array(codes, dtype=np.uint32))


def encode_importance(found: Sequence[Importance]) -> list[list[Any]]:
    """Return what inputs have to do with a result as the page takes it: input, correlation, low, high, n, measure; None for NaN."""
    return [[None if isinstance(value, float) and math.isnan(value) else json_safe(value) for value in each] for each in found]

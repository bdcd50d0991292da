"""What changed between two tables, as a DataFrame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jupyter_tracking.system.collector import CollectorPause
from jupyter_tracking.views.table.dataframe_diff import ADDED, CHANGED, REMOVED, TableDiff
from jupyter_tracking.views.table.differing import cell_values
from jupyter_tracking.views.table.encode import label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.read.run_reader import Artifact, RunFolder


def diff_events(folder: RunFolder, artifact: Artifact, events: tuple[Event, Event], key: list[object] | None) -> pd.DataFrame:
    """Return what changed in a dataframe from one of its events to another, as `diff_frame` returns it."""
    from jupyter_tracking.views.table.stored_table import open_table

    with CollectorPause():  # of a wide table there is much to know of its columns, and of each a few arrays are made
        earlier, later = (open_table(folder, folder.payload(artifact, event)) for event in events)
        return diff_frame(TableDiff(earlier, later, key))


def diff_frame(changes: TableDiff) -> pd.DataFrame:
    """Return a DataFrame with a row for each row added or removed and each cell changed: `change`, `column`, `before`, `after`.

    The index is the key of the row. A row that was added or removed has no column and no values.

    Each column of the two tables is read once.
    """
    whole = np.flatnonzero((changes.status == ADDED) | (changes.status == REMOVED))
    nothing = np.full(len(whole), None, dtype=object)
    # For each row of the frame: its row and its column, whose label is that of the later table, and its values.
    found = [(whole, np.full(len(whole), -1), nothing, nothing)]
    for pairs, places, parts, changed in changes.compare():
        some = changed.any(axis=1)
        column, row = np.nonzero(changed)
        before, after = (
            cell_values(table, part.select(np.flatnonzero(some).tolist()), changed[some])
            for table, part in zip(changes.tables, parts, strict=True)
        )
        found.append((places[row], pairs[column], before, after))
    place, pair, before, after = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((pair, place))
    place, pair = place[order], pair[order]
    labels = np.full(len(changes.pairs) + 1, None, dtype=object)  # the last is that of no column
    known: Any = changes.later.labels
    if isinstance(known.dtype, pd.StringDtype):  # many times faster one by one; the items of others are of other types in a list
        known = known.tolist()
    for number, (_, at) in enumerate(changes.pairs):
        labels[number] = known[at]
    what = np.where(pair < 0, changes.status[place], CHANGED)
    columns = {
        "change": pd.Series(pd.array(["same", "added", "removed", "changed"], dtype="string").take(what)),
        "column": pd.Series(labels[pair], dtype=object),
        "before": pd.Series(before[order], dtype=object),
        "after": pd.Series(after[order], dtype=object),
    }
    return pd.DataFrame(columns).set_axis(_key_index(changes, place))


def _key_index(changes: TableDiff, places: NDArray[np.int64]) -> pd.Index[Any]:
    """Return the keys of rows of the listing, by their positions."""
    places, repeated = np.unique(places, return_inverse=True)
    before, after = changes.sides(places)
    there = after >= 0
    parts = []
    for table, rows in ((changes.later, after[there]), (changes.earlier, before[~there])):
        if changes.key is None:
            parts.append(table.take(rows, slice(0, 0)).index.to_frame(index=False))
        else:
            labels = list(table.labels)
            columns = [labels.index(name) for name in changes.key]
            parts.append(pd.concat([table.take(rows, slice(c, c + 1)).iloc[:, 0].reset_index(drop=True) for c in columns], axis=1))
    names = list(changes.later.index_names) if changes.key is None else [label(name) for name in changes.key]
    back = np.empty(len(places), dtype=np.int64)
    back[np.concatenate([np.flatnonzero(there), np.flatnonzero(~there)])] = np.arange(len(places))
    kept = [part for part in parts if len(part)] or parts[:1]
    joined = pd.concat([part.set_axis(range(part.shape[1]), axis=1) for part in kept], ignore_index=True).iloc[back[repeated]]
    index: pd.Index[Any]
    index = pd.Index(joined.iloc[:, 0], name=names[0]) if joined.shape[1] == 1 else pd.MultiIndex.from_frame(joined, names=names)
    return index

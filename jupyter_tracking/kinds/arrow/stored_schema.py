"""What a stored table says of its columns, read once: what is said of a few of them goes with a part of the table, not all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jupyter_tracking.kinds.arrow.table import FRAME, PANDAS, reading_stored, stored_columns

if TYPE_CHECKING:
    from collections.abc import Sequence


class StoredSchema:
    """The schema of a stored table.

    Attributes:
        whole: Arrow's schema.
        columns: what is stored beside each column that is not what it looks like, by its name in Arrow.
        levels: Arrow's names of the index levels that are kept as columns.
        described: the index of a table that has no such level, as pandas' metadata describe it.
    """

    @reading_stored()
    def __init__(self, whole: pa.Schema) -> None:
        """Read the metadata of a schema.

        Raises:
            MalformedEvent: they are not what they should be.
        """
        self.whole = whole
        self.columns = stored_columns(whole)
        metadata = whole.metadata or {}
        self._pandas = json.loads(metadata.get(PANDAS, b"{}"))
        self._frame = json.loads(metadata[FRAME]) if FRAME in metadata else None
        index = self._pandas.get("index_columns", [])
        names = set(whole.names)
        self.levels = [entry for entry in index if isinstance(entry, str) and entry in names]
        self.described: dict[str, Any] = next((entry for entry in index if isinstance(entry, dict)), {})
        self._known: tuple[list[str], pa.Schema] | None = None

    @reading_stored()
    def select(self, names: Sequence[str]) -> pa.Schema:
        """Return the schema of some of the columns, with what is said of them and of the index.

        Raises:
            MalformedEvent: what is said is not what it should be.
        """
        if self._known is None or self._known[0] != names:
            fields = [self.whole.field(name) for name in names]
            self._known = list(names), pa.schema(fields, metadata=self._metadata({*names, *self.levels}))
        return self._known[1]

    def _metadata(self, names: set[str]) -> dict[bytes, bytes]:
        metadata = dict(self.whole.metadata or {})
        if isinstance(entries := self._pandas.get("columns"), list):
            kept = [entry for entry in entries if not isinstance(entry, dict) or (entry.get("field_name") or entry.get("name")) in names]
            metadata[PANDAS] = json.dumps({**self._pandas, "columns": kept}).encode()
        if self._frame is not None:
            columns = {name: said for name, said in self.columns.items() if name in names}
            metadata[FRAME] = json.dumps({**self._frame, "columns": columns, "labels": None}).encode()
        return metadata

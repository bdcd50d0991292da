"""One run of several processes of a job: what each calls what it logs, and how the others are told from the first.

Each rank writes files that no other writes, so that no append is shared between machines. The first alone writes the run's documents.
"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_tracking.format import lineage, paths
from jupyter_tracking.format.document import rank_names, run_document
from jupyter_tracking.kinds import KINDS
from jupyter_tracking.printed import warn
from jupyter_tracking.record.recorder import RunRecorder
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.presence.marks import writers_of
from jupyter_tracking.storage.writer_lock import FolderLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.record.process_exit import End
    from jupyter_tracking.record.ranks.job import Ranks
    from jupyter_tracking.storage.store import Store

PATIENCE = 5.0  # seconds that the end of the first rank waits for the others
_LOOK_AGAIN = 0.05


class RankRecorder(RunRecorder):
    """Writes what one of several processes logs into their run.

    Attributes:
        ranks: which of them this is, and how many there are; None for the only one.
    """

    ranks: Ranks | None = None

    def __init__(self, store: Store, ranks: Ranks | None = None) -> None:
        """Record into the store's folder, as one of several processes where `ranks` says which."""
        super().__init__(store)
        self.ranks = ranks
        self._ranks_read: dict[str, int] = {}  # a journal of another rank → bytes that were read of it
        self._told = False
        if self.is_other_rank:
            self._lineage = Journal(store, rank_names.journal_of(paths.LINEAGE_JOURNAL, self._rank))
            self._assets = Journal(store, rank_names.journal_of(paths.ASSET_JOURNAL, self._rank))
            self._metric_lock = FolderLock(store.path / "events" / "metric", lambda: store.open_row_lock(f"rows.{self._rank}"))

    @property
    def _rank(self) -> int:
        return self.ranks.rank if self.ranks is not None else 0

    @property
    def is_other_rank(self) -> bool:
        """Whether this is a process of a job, and not its first."""
        return bool(self._rank)

    def _own_name(self, name: str) -> str:
        return rank_names.own_name(paths.check_name(name), self._rank) if self.ranks is not None else name

    # --- what is logged ------------------------------------------------------------------------

    def _event_journal(self, kind: str, name: str) -> Journal:
        if self.ranks is None:
            return super()._event_journal(kind, name)
        journal = super()._event_journal(kind, self._own_name(name))
        if not self._store.inherited:
            self._journals[kind, name] = journal  # asked for each row
        return journal

    def _asset_names(self, kind: str, name: str, step: int | None, suffix: str) -> tuple[str, Callable[[int], str]]:
        return super()._asset_names(kind, self._own_name(name), step, suffix)

    def _copy_output(self, kind: str, name: str, path: str, folder: str, summary: dict[str, Any], *, hashed: bool, stays: bool) -> None:
        super()._copy_output(kind, name, path, f"{folder}/rank{self._rank}" if self._rank else folder, summary, hashed=hashed, stays=stays)

    def _write_output(self, kind: str, name: str, path: str, data: bytes) -> None:
        folder, _, base = path.rpartition("/")
        super()._write_output(kind, name, f"{folder}/rank{self._rank}/{base}" if self._rank else path, data)

    def _record_artifact(self, kind: str, name: str, path: str | None, **about: Any) -> None:
        super()._record_artifact(kind, self._own_name(name), path, **about)

    def _add_summary(self, kind: str, name: str, summary: dict[str, Any]) -> None:
        super()._add_summary(kind, self._own_name(name), summary)

    def _stem_of(self, kind: str, name: str) -> str:
        if self.ranks is None or self._rank or (kind, name) in self._records:
            return super()._stem_of(kind, name)
        return rank_names.stem_of_first(name, self._stems)

    def _flag(self, kind: str, *, versioned: bool) -> None:
        if not self.is_other_rank:  # the first says at its end what all of them have logged
            super()._flag(kind, versioned=versioned)

    def _update_document(self, change: Callable[[dict[str, Any]], object]) -> None:
        if not self.is_other_rank:
            super()._update_document(change)
            return
        self._check_open()
        if not self._told:
            self._told = True
            warn(f"rank {self._rank} says nothing of the run itself: its inputs, outputs, tags and statuses are those that rank 0 logs")

    # --- the other ranks -------------------------------------------------------------------------

    def _read_ranks(self) -> None:
        """Read the records that other ranks have written."""
        for journal in rank_names.journals_among(self._store.list_names(paths.PRIVATE_FOLDER), paths.LINEAGE_JOURNAL):
            start = self._ranks_read.get(journal, 0)
            data = self._store.read(journal, start)
            whole = data[: data.rfind(b"\n") + 1]
            self._ranks_read[journal] = start + len(whole)
            for record in lineage.parse_journal(whole)[0]:
                self._remember(record)

    def _read_ranks_of(self, document: dict[str, Any]) -> None:
        """Read the records of other ranks where a run has them, as its document says, or may have them, as there is none."""
        if self.ranks is not None or not document or rank_names.size_of(document):
            self._read_ranks()

    def _known_records(self) -> list[lineage.LineageRecord]:
        if self._reads_ranks:
            with self._turn():
                self._read_ranks()
        return super()._known_records()

    def _replace_lineages(self, ready: Callable[[], object] = bool) -> tuple[dict[str, dict[str, float]], int]:
        if self._reads_ranks:
            self._read_ranks()
        return super()._replace_lineages(ready)

    @property
    def _reads_ranks(self) -> bool:
        return bool(self._ranks_read) or (self.ranks is not None and not self._rank)

    def _begin_rank(self) -> None:
        """Begin as a rank that is not the first: nothing is written but what says that it is there."""
        self.uuid = self.path.name
        self._read_new_records()
        self.resumed = bool(self._records)
        self._say({"began": run_document.now_iso()})

    def _say(self, more: dict[str, Any]) -> None:
        said = {"rank": self._rank, "host": socket.gethostname(), **more}
        self._store.replace(f"{rank_names.RANKS}/{self._rank}.json", orjson.dumps(said), lasting=False)

    def _leave_rank(self, how: End) -> None:
        """End as a rank that is not the first: wait for the disk, and say that it has left."""
        with self._without_new_rows():
            with self._syncing() as files:
                self._store.sync(files)
            self._say({"left": run_document.now_iso(), "status": how[0], "reason": how[1], "message": how[2]})
            self._store.sync()

    def _begin_ranks(self, document: dict[str, Any]) -> None:
        """Say in the document of a run how many ranks write to it, and forget how they have left an earlier life of it."""
        if self.ranks is None:
            return
        before = rank_names.size_of(document)
        run_document.own_meta(document, create=True)["ranks"] = max(self.ranks.size, before)
        if not before:  # what has left already belongs to this life: it was quicker than the first
            return
        living = {writer.rank for writer in writers_of(self.path, self._store.system)}
        for rank in set(range(1, self.ranks.size)) - living:
            if "left" in self._of_rank(rank):
                self._store.replace(f"{rank_names.RANKS}/{rank}.json", b"{}", lasting=False)

    def _of_rank(self, rank: int) -> dict[str, Any]:
        try:
            said = orjson.loads(self._store.read(f"{rank_names.RANKS}/{rank}.json"))
        except orjson.JSONDecodeError:
            return {}
        return said if isinstance(said, dict) else {}

    def _wait_for_ranks(self) -> None:
        """Wait, as the first rank, until the others have left or are gone, for a few seconds at most."""
        deadline = time.monotonic() + PATIENCE
        pending = set(range(1, self.ranks.size)) if self.ranks is not None and not self._rank else set()
        while pending:
            living = {writer.rank for writer in writers_of(self.path, self._store.system)}
            said = {rank: self._of_rank(rank) for rank in pending}
            pending -= {rank for rank in pending if "left" in said[rank] or ("began" in said[rank] and rank not in living)}
            if not pending or time.monotonic() > deadline:
                return
            time.sleep(_LOOK_AGAIN)

    def _tell_of_ranks(self, document: dict[str, Any]) -> bool:
        """Say in the document of a run that ends what came of its other ranks; return whether all of them have left.

        A rank of which that is not known may write on: the lineage is not complete before it has left.
        """
        if self.ranks is None:
            return True
        living = {writer.rank for writer in writers_of(self.path, self._store.system)}
        all_left = True
        for rank in range(1, self.ranks.size):
            said = self._of_rank(rank)
            if "left" not in said:
                all_left = False
                run_document.add_condition(document, "warning", "Ranks", rank_names.words_of(rank, said, living=rank in living))
            elif said.get("status") == "failed":
                words = run_document.join_reason(str(said.get("reason") or ""), str(said.get("message") or ""))
                run_document.add_condition(document, "warning", "Ranks", f"rank {rank} failed{f': {words}' if words else ''}")
        flags = {"has_events"} if any(record.versioned for record in self._records.values()) else set()
        flags |= {flag for kind, _ in self._records if kind in KINDS and (flag := KINDS[kind].flag)}
        document.setdefault("meta_info", {}).update(dict.fromkeys(flags, True))
        return all_left

"""A run from its start, or from where it is resumed, to its end: `Run` is what `tracking.init()` returns.

Which run is active is the concern of `session`, what a notebook adds that of `notebook`.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any, NoReturn, Self

from jupyter_tracking.errors import InvalidArgument, RunLocked, TrackingError, escape_controls, storage_errors, suggest
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.format.document import run_document, run_values
from jupyter_tracking.kinds import KindMethods
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.printed import short_path, warn
from jupyter_tracking.record import process_exit, resume_polyaxon
from jupyter_tracking.record.lineage_document import write_outputs
from jupyter_tracking.record.metadata import RunMetadata, as_called
from jupyter_tracking.record.ranks.rank_recorder import RankRecorder
from jupyter_tracking.record.run_card import run_card
from jupyter_tracking.record.side_thread import Beside
from jupyter_tracking.redact.given import without_secrets
from jupyter_tracking.storage.last_write import last_write
from jupyter_tracking.storage.presence.marks import writers_of
from jupyter_tracking.storage.reentry import call_when_outside, is_inside
from jupyter_tracking.storage.store import Store
from jupyter_tracking.storage.writer_lock import WriterLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    from jupyter_tracking.record.ranks.job import Ranks

_ENDS = ("succeeded", "failed", "stopped")
_ATTEMPTS = 100  # to open a folder that others make and remove meanwhile


class Run(RankRecorder, KindMethods, RunMetadata):
    """A run being recorded. `tracking.init()` makes one; use it as a context manager to end it."""

    _writer_lock: WriterLock | None = None
    _joined = False  # another process was writing when this one began: its end is the end of the run, ours is none

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | str | None = None,
        owner: str | None = None,
        project: str | None = None,
        durability: str = "process",
        shared: bool = False,
        ranks: Ranks | None = None,
    ) -> None:
        """Start a run in a folder, or resume the one that is there.

        Args:
            path: the run folder; its name is the run's uuid where it is 32 hex digits.
            name: by default `run-` and the first 8 digits of the uuid.
            description: a sentence on what the run is for.
            tags: strings to find it by, or one string with commas between them.
            owner: by default the user's name.
            project: by default `default`.
            durability: `"process"`: a call that returned survives any end of this process;
                `"power"`: it survives a power failure too, at the cost of a disk flush a call.
            shared: write although another process does.
            ranks: which of several processes this is that write the run together, each files of its own.

        Raises:
            RunLocked: another process writes to it and `shared` is not set.
            StorageError: the folder cannot be made or written.
        """
        given, labels = as_called(durability=durability, tags=tags, name=name, owner=owner, project=project)
        given["description"] = None if description is None else without_secrets(str(description), "description")
        path = paths.absolute(path, "path")
        self.ranks = ranks
        self.before_end: list[Callable[[], object]] = []  # called when the run ends, while it can still be written
        for attempt in range(_ATTEMPTS):
            try:
                self._start(path, given, labels, power=durability == "power", shared=shared)
                break
            except OSError as error:
                # Another process whose start failed has removed the folder that it had made, while we were opening it.
                if error.errno != errno.ENOENT or attempt == _ATTEMPTS - 1:
                    raise
        if self._writer_lock is not None and not self._writer_lock.locks:
            warn(f"{self.path} is on a file system without locks: let one process at a time write to it")

    def _start(self, path: Path, given: dict[str, str | None], labels: list[str], *, power: bool, shared: bool) -> None:
        super().__init__(Store(path, power=power), self.ranks)
        try:
            with self._store.locked():  # from looking who else writes until the document says that we do too
                self._writer_lock = self._take_lock(shared=shared)
                self._begin_rank() if self.is_other_rank else self._begin(given, labels)
        except RunLocked:
            self._store.close()
            raise
        except BaseException:
            self._release_lock()
            self._store.undo_creation()
            raise
        process_exit.end_with_process(self)

    def _take_lock(self, *, shared: bool) -> WriterLock:
        """Take the lock of a writer, unless another process is writing."""
        others = self._other_writers()
        if others and not shared:
            raise RunLocked(f"{others[0]} is writing to the run {self.path.name}; end it there, or pass shared=True")
        with storage_errors(f"the run folder {self.path}", kept="nothing was changed"):
            lock = WriterLock(self.path, self._store.open_folder(paths.WRITERS), self._store.system, self.ranks and self._rank)
        if not others and lock.locks and lock.is_alone and self.ranks is None:  # else another rank may have begun meanwhile
            self._store.remove_unfinished()
        self._joined = bool(others) and lock.locks
        return lock

    def _begin(self, given: dict[str, str | None], labels: list[str]) -> None:
        """Write the document of a new run, or resume the run that is there; the lock of the documents is held."""
        present = self._stored_document()
        written = last_write(self.path) or run_document.parse_moment(present.get("created_at"))  # before this life writes anything
        uuid = str(present.get("uuid") or self.path.name)
        self.uuid = uuid if len(uuid) == 32 and uuid.isalnum() else paths.new_uuid()  # noqa: PLR2004
        files = self._store.event_files()  # before the journals, which know each file before it is there
        self._read_new_records()
        self.resumed = bool(present or self._records or (files and self.ranks is None))
        self._read_ranks_of(present)
        # A run whose document was lost is ours if it has our lineage journal; one that Polyaxon never ended has event files alone.
        ours = run_document.is_ours(present) or (not present and bool(self._records))
        stored = self._store.read(paths.LINEAGES_FILE)
        ours = ours and (not stored or lineage.parse_lineages(stored).all_ours)  # else Polyaxon has gone on with it
        if self.resumed and not ours:
            resume_polyaxon.take_over_run(self._store, self._lineage)
            self._read_new_records()
        self._record_unlisted(files)
        if not present:
            about = {key: given[key] for key in ("description", "owner", "project")}
            present = run_document.new_document(self.uuid, given["name"] or f"run-{self.uuid[:8]}", tags=labels, **about)
        if self.resumed:
            self._store.shared = True
            if not self._joined:
                run_document.begin_life(present, written)
                run_values.keep_logged_outputs(present, self._last_value)
            run_document.resume(present, given, labels, joined=self._joined)
        else:
            run_document.begin_life(present)
            run_document.set_status(present, "running")
        self._begin_ranks(present)
        self._replace_document(present)
        if stored and not ours:
            self._replace_lineages()  # so that its last rows are ours from now on

    def _stored_document(self) -> dict[str, Any]:
        """Return the run's document, empty when there is none.

        Raises:
            InvalidArgument: it cannot be read, or a field of it is not as it should be: going on would lose what stands there.
        """
        raw = self._store.read(paths.RUN_FILE)
        if not raw.strip():
            return {}
        present, problems = run_document.parse_document(raw)
        wrong = [words for _, words in problems if not words.startswith("status is")]  # that is set anew
        if wrong:
            why = wrong[0].partition(";")[0]
            raise InvalidArgument(
                f"path={os.fspath(self.path)!r} holds a {paths.RUN_FILE} that cannot be read: {why}; mend it or move it away"
            )
        return present

    def _release_lock(self) -> None:
        if self._writer_lock is not None:
            self._writer_lock.release()
            self._writer_lock = None

    def after_fork(self) -> None:
        """In a forked child: close what belongs to the parent, which alone ends the run."""
        super().after_fork()
        if self._writer_lock is not None:
            self._writer_lock.close()
            self._writer_lock = None

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self._current_document().get("name") or "")

    @property
    def status(self) -> str:
        """The run's status: `running` until it ends."""
        return str(self._current_document().get("status") or "unknown")

    def __repr__(self) -> str:
        """Name the run, its status and its folder."""
        return escape_controls(f"<Run {self.name!r} {self.uuid[:8]}, {self.status}, in {short_path(self.path)}>")

    def _repr_html_(self) -> str:
        """Return the run's card, which a notebook shows where the run is the last line of a cell."""
        return run_card(self._current_document(), self.path, self.uuid)

    # --- paths -------------------------------------------------------------------------------

    def get_artifacts_path(
        self,
        rel_path: str | None = None,
        ensure_path: bool = False,
        is_dir: bool = False,
        use_store_path: bool = False,  # noqa: ARG002
    ) -> str:
        """Return the absolute path of the run folder, or of a path inside it.

        Args:
            rel_path: relative to the run folder.
            ensure_path: make the folder it lies in.
            is_dir: it is a folder itself: with `ensure_path` it is made too.
            use_store_path: accepted because Polyaxon has it; it changes nothing.

        Raises:
            OutsideRun: `rel_path` leads out of the run, or through a link.
        """
        relative = paths.safe_relative(rel_path, "rel_path") if rel_path else ""
        if relative and (ensure_path or is_dir):
            folder = relative if is_dir else relative.rpartition("/")[0]
            with storage_errors(folder, kept="nothing was changed"):
                self._store.system.close(self._store.open_folder(folder))
        elif relative:
            self._store.check_inside(relative)
        return os.fspath(self.path / relative)

    def get_outputs_path(
        self,
        rel_path: str | None = None,
        ensure_path: bool = True,
        is_dir: bool = False,
        use_store_path: bool = False,  # noqa: ARG002
    ) -> str:
        """Return the absolute path of the run's `outputs/`, or of a path inside it; its folder is there when this returns.

        Args:
            rel_path: relative to `outputs/`.
            ensure_path: make the folder it lies in.
            is_dir: it is a folder itself, and is made too.
            use_store_path: accepted because Polyaxon has it; it changes nothing.

        Raises:
            OutsideRun: `rel_path` leads out of `outputs/`.
        """
        relative = paths.safe_relative(rel_path, "rel_path") if rel_path else ""
        return self.get_artifacts_path(f"outputs/{relative}" if relative else "outputs", ensure_path, is_dir or not relative)

    def get_tensorboard_path(self, rel_path: str = "tensorboard", use_store_path: bool = False) -> str:  # noqa: ARG002
        """Return a folder under `outputs/` for TensorBoard's files, recorded in the lineage under its own name.

        Args:
            rel_path: relative to `outputs/`.
            use_store_path: accepted because Polyaxon has it; it changes nothing.
        """
        path = self.get_outputs_path(rel_path, is_dir=True)
        self.log_tensorboard_ref(path, paths.base_name(path))
        return path

    # --- the end -----------------------------------------------------------------------------

    def log_succeeded(self, reason: str | None = None, message: str | None = None) -> None:
        """End the run as succeeded; raises `RunEnded` when it has ended."""
        self._check_open()
        self.end("succeeded", reason, message)

    def log_failed(self, reason: str | None = None, message: str | None = None) -> None:
        """End the run as failed, for a reason and with a message; raises `RunEnded` when it has ended."""
        self._check_open()
        self.end("failed", reason, message)

    def log_stopped(self, reason: str | None = None, message: str | None = None) -> None:
        """End the run as stopped; raises `RunEnded` when it has ended."""
        self._check_open()
        self.end("stopped", reason, message)

    def end(self, status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
        """End the run: write its lineage, its outputs and its status, and wait until the disk has all of it.

        A second call does nothing. A final status that `log_status` set stays, unless another is given. While another process
        writes to the run, it goes on: the status given here becomes the run's when the last writer has left. The end of a process
        that joined a run with `shared=True` is its leaving, and decides nothing about the run. Called from a signal handler, a
        finalizer or a hook in the middle of a log call of the same thread, it is carried out when that call is done.

        Args:
            status: `"succeeded"`, `"failed"` or `"stopped"`.
            reason: a word on why.
            message: a sentence on it.
        """
        if status not in _ENDS:
            raise InvalidArgument(f"status={status!r} is none of {', '.join(_ENDS)}{suggest(str(status), _ENDS)}")
        if is_inside():  # of a call that this one has interrupted, and that comes first
            call_when_outside(lambda: self.end(status, reason, message))
            return
        with self._turn():
            if not self._ended and self._store.inherited:
                self.sync()  # the end of a forked child is not the end of the run
            elif not self._ended:
                reason, message = (None if said is None else self._said(str(said)) for said in (reason, message))
                self._finish((status, reason, message))
            self._ended = True
            for journal in {*self._journals.values(), *self._child_journals.values(), self._lineage, self._assets}:
                journal.close(ended=True)
            self._metric_lock.close()
            self._journals.clear()
            self._release_lock()

    def _finish(self, how: process_exit.End) -> None:
        while self.before_end:
            ending = self.before_end.pop()
            try:
                ending()
            except OSError:  # the disk refused: the next call tries again
                self.before_end.append(ending)
                raise
        if self.is_other_rank:
            self._leave_rank(how)
        else:
            self._wait_for_ranks()
            self._finish_documents(how)

    def _finish_documents(self, how: process_exit.End) -> None:
        with self._without_new_rows():
            # Whether others are writing is asked, and our lock released, in one step: else two that leave at once would each leave
            # the end to the other.
            with self._store.locked():
                # The disk takes the rows while they are summarized; the lineage is written when it has them, and lists no others.
                with self._syncing() as files, Beside(lambda: self._store.sync(files)) as syncing:
                    metrics, lineages_size = self._replace_lineages(syncing.wait)
                document = self._current_document()
                final = self._leave(document, how)
                if final:
                    all_left = self._tell_of_ranks(document)  # else rows may come, and the lineage is not complete
                    write_outputs(document, metrics)
                    run_document.set_status(document, *final)
                    if all_left:
                        run_document.mark_complete(document, lineages_size)
                self._replace_document(document)
                self._release_lock()
            self._store.sync()

    def _leave(self, doc: dict[str, Any], how: process_exit.End) -> process_exit.End | None:
        """Return the status that the run has when this process has left it; None where it goes on, or its first process is gone."""
        intended = run_document.pop_ending(doc)
        if self._joined:
            if how[0] == "failed":  # no status of the run, and nothing to hide
                run_document.add_condition(doc, "warning", how[1], how[2])
            final = intended  # without one, the process that began the run is gone and has not ended it
        else:
            final = intended if intended and how == ("succeeded", None, None) else how
        lock = self._writer_lock
        if lock is not None and lock.locks and self._other_writers():
            if final:
                run_document.set_ending(doc, *final)
            return None
        return final

    def _other_writers(self) -> list[str]:
        """Return who else writes, in words; the other ranks of one job are no others."""
        found = writers_of(self.path, self._store.system, without=self._writer_lock.name if self._writer_lock is not None else "")
        return [each.words for each in found if self.ranks is None or each.rank in {None, self._rank}]

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self._ended

    def __enter__(self) -> Self:
        """Return the run."""
        return self

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End the run: as failed, with the exception's type and message, when one passes through."""
        try:
            self.end(*process_exit.end_for(error))
        except TrackingError as refused:
            if error is None:
                raise
            error.add_note(f"the run could not be ended: {refused}")  # the exception of the block matters more

    def __reduce__(self) -> NoReturn:
        """Refuse to pickle: a copy of the run in another process would hold none of its locks."""
        raise TypeError(f"a run cannot be pickled; open it in the worker: tracking.init(run_uuid={self.uuid!r}, shared=True)")


for _name in dir(Run):
    if _name.startswith(("get_", "log_", "set_")) or _name == "define_metric":
        setattr(Run, _name, checks_arguments(getattr(Run, _name)))

"""The life of one run: how it starts, what it is called and given, and how it ends.

Knows nothing of notebooks, of which run is active, or of reading values back.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self

import orjson

from jupyter_tracking import document, layout, presence
from jupyter_tracking.details import Details, as_tags
from jupyter_tracking.errors import InvalidArgument, RunLocked, near
from jupyter_tracking.kinds import KindsLogging
from jupyter_tracking.lineages import MARK
from jupyter_tracking.plx import parse_rows
from jupyter_tracking.recorder import FolderRecorder
from jupyter_tracking.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

__all__ = ["Run"]

_DURABILITY = ("process", "power")
_ENDS = ("succeeded", "failed", "stopped")


class Run(FolderRecorder, KindsLogging, Details):
    """A run being recorded. `tracking.init()` makes one; use it as a context manager to end it."""

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
    ) -> None:
        """Start a run in a folder, or resume the one that is there.

        Args:
            path: the run folder; its name is the run's uuid where it is 32 hex digits.
            name: by default `run-` and the first 8 digits of the uuid.
            description: a sentence on what the run is for.
            tags: texts to find it by; one text with commas does too.
            owner: by default the user's name.
            project: by default `default`.
            durability: `"process"`: a call that returned survives any end of this process;
                `"power"`: it survives a power failure too, at the cost of a disk flush a call.
            shared: write although another process does.

        Raises:
            RunLocked: another process writes to it and `shared` is not set.
            StorageError: the folder cannot be made or written.
        """
        if durability not in _DURABILITY:
            message = f"durability={durability!r} is none of {', '.join(_DURABILITY)}{near(str(durability), _DURABILITY)}"
            raise InvalidArgument(message)
        given = {"name": name, "description": description, "owner": owner, "project": project}
        for argument, text in given.items():
            if text is not None:
                given[argument] = layout.check_name(text, argument) if argument != "description" else str(text)
        labels = as_tags(tags)
        self.path = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as they are
        super().__init__(Store(self.path), power=durability == "power")
        self.before_end: list[Callable[[], object]] = []  # what must finish while the run can still be written
        self._presence = self._enter(shared=shared)
        present = self._present()
        uuid = str(present.get("uuid") or self.path.name)
        self.uuid = uuid if len(uuid) == 32 and uuid.isalnum() else layout.new_uuid()  # noqa: PLR2004
        self.resumed = bool(present)
        with self._store.locked():
            self._catch_up()
        if self.resumed:
            if not document.is_ours(present):
                self._adopt()
            self._update(lambda doc: _resume(doc, given, labels))
        else:
            name = given["name"] or f"run-{self.uuid[:8]}"
            fresh = document.new(
                self.uuid, name, description=given["description"], tags=labels, owner=owner, project=given["project"]
            )
            document.set_status(fresh, "running")
            self._store.replace(layout.RUN_FILE, document.dumps(fresh))

    def _enter(self, *, shared: bool) -> int:
        with self._store.locked():
            others = presence.living_writers(self.path)
            if others and not shared:
                self._store.close()
                message = f"{others[0]} is writing to the run {self.path.name}; end it there, or pass shared=True"
                raise RunLocked(message)
            folder = self._store.folder(layout.WRITERS)
            try:
                return presence.claim(folder)
            finally:
                os.close(folder)

    def _present(self) -> dict[str, Any]:
        raw = self._read(layout.RUN_FILE)
        if not raw.strip():
            # A run that Polyaxon never ended has event files and no document.
            return {"meta_info": {}} if any(self._events()) else {}
        try:
            present = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            present = error
        if not isinstance(present, dict):
            message = f"path={os.fspath(self.path)!r} holds a {layout.RUN_FILE} that cannot be read: {present}"
            raise InvalidArgument(message)
        return present

    def _adopt(self) -> None:
        """Close the last row of each event file of Polyaxon's with a newline: there it is a real row, with us it would be torn."""
        for relative in self._events():
            kind = relative.split("/")[1]
            data = self._read(relative)
            tail = data[data.rfind(b"\n") + 1 :]
            if tail and len(list(parse_rows(data, kind))) > 0:
                fd = self._store.open(relative, os.O_WRONLY | os.O_APPEND)
                try:
                    self._store.system.write_all(fd, b"\n")
                finally:
                    self._store.system.close(fd)

    @property
    def name(self) -> str:
        """The run's name."""
        return str(self._present().get("name") or "")

    @property
    def status(self) -> str:
        """The run's status: `running` until it ends."""
        return str(self._present().get("status") or "unknown")

    def __repr__(self) -> str:
        """Name the run, its status and its folder."""
        return f"<Run {self.name!r} {self.uuid[:8]}, {self.status}, in {self.path}>"

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
            use_store_path: taken for Polyaxon's sake; there is one place here.

        Raises:
            OutsideRun: `rel_path` leads out of the run.
        """
        relative = layout.inside(rel_path, "rel_path") if rel_path else ""
        if relative and (ensure_path or is_dir):
            folder = relative if is_dir else relative.rpartition("/")[0]
            os.close(self._store.folder(folder))
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
            use_store_path: taken for Polyaxon's sake.

        Raises:
            OutsideRun: `rel_path` leads out of `outputs/`.
        """
        relative = layout.inside(rel_path, "rel_path") if rel_path else ""
        return self.get_artifacts_path(f"outputs/{relative}" if relative else "outputs", ensure_path, is_dir or not relative)

    def get_tensorboard_path(self, rel_path: str = "tensorboard", use_store_path: bool = False) -> str:  # noqa: ARG002
        """Return a folder under `outputs/` for TensorBoard's files, recorded in the lineage under its own name.

        Args:
            rel_path: relative to `outputs/`.
            use_store_path: taken for Polyaxon's sake.
        """
        path = self.get_outputs_path(rel_path, is_dir=True)
        self.log_tensorboard_ref(path, layout.base_name(path))
        return path

    # --- the end -----------------------------------------------------------------------------

    def log_succeeded(self, reason: str | None = None, message: str | None = None) -> None:
        """End the run as succeeded."""
        self.end("succeeded", reason, message)

    def log_failed(self, reason: str | None = None, message: str | None = None) -> None:
        """End the run as failed, for a reason and with a message."""
        self.end("failed", reason, message)

    def log_stopped(self, reason: str | None = None, message: str | None = None) -> None:
        """End the run as stopped."""
        self.end("stopped", reason, message)

    def end(self, status: str = "succeeded", reason: str | None = None, message: str | None = None) -> None:
        """End the run: write its lineage, its outputs and its status, and wait until the disk has all of it.

        A second call does nothing. A final status that `log_status` set stays, unless another is given.

        Args:
            status: `"succeeded"`, `"failed"` or `"stopped"`.
            reason: a word for why.
            message: a sentence on it.
        """
        if status not in _ENDS:
            text = f"status={status!r} is none of {', '.join(_ENDS)}{near(str(status), _ENDS)}"
            raise InvalidArgument(text)
        with self._mutex:
            if self._ended:
                return
            while self.before_end:
                self.before_end.pop()()
            last = self._write_lineages()
            self.sync()

            def finish(doc: dict[str, Any]) -> None:
                doc["outputs"] = {**last, **(doc.get("outputs") or {})}
                told = doc.get("status") in document.DONE and (status, reason, message) == ("succeeded", None, None)
                if not told:
                    document.set_status(doc, status, reason, message)

            self._update(finish)
            self._ended = True
            for journal in {*self._journals.values(), self._lineage, self._assets}:
                journal.close()
            os.close(self._presence)

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return self._ended

    def __enter__(self) -> Self:
        """Return the run."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """End the run: as failed, with the exception's type and message, when one passes through."""
        if kind is None:
            self.end()
        elif issubclass(kind, KeyboardInterrupt):
            self.end("stopped", kind.__name__, "interrupted")
        else:
            self.end("failed", kind.__name__, f"{kind.__name__}: {error}")

    def __reduce__(self) -> NoReturn:
        """Refuse: a copy of a run in another process would hold none of its locks."""
        message = f"a run cannot be pickled; open it in the worker: tracking.init(run_uuid={self.uuid!r}, shared=True)"
        raise TypeError(message)


def _resume(doc: dict[str, Any], given: dict[str, str | None], labels: list[str]) -> None:
    doc.update({key: value for key, value in given.items() if value is not None})
    doc["tags"] = list(dict.fromkeys([*(doc.get("tags") or []), *labels]))
    doc.setdefault("meta_info", {}).setdefault(MARK, {"format": document.FORMAT})
    document.set_status(doc, "running", message="Run is resumed")

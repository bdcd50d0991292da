"""What a user does to a run that is over, or goes on: name it, tag it, note something on it, put it away, give it to others.

None of it resumes the run: no status, no time and no row changes, and no file but the run's document. It is done to runs of ours and of
Polyaxon's, whatever their status; a process that is writing to the run keeps the change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format.document import curation
from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.storage import trash
from jupyter_tracking.storage.locked_run import change_document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_tracking.format.document.curation import Change


class CuratedRun:
    """The part of `RunView` that changes what a run is called and where it is kept.

    Every method raises `StorageError` when the disk refuses, one that is only read among them, and `InvalidArgument` for a run whose
    document cannot be read or that was opened from a .zip; then nothing has changed.
    """

    def __init__(self, files: RunFolder) -> None:
        """Look at a run through its folder."""
        self.files = files

    if not TYPE_CHECKING:  # a type checker goes on to refuse names that are not there

        def __getattr__(self, name: str) -> Any:
            """Say ours of a word of another tracker, what is near, and that nothing is logged here."""
            from jupyter_tracking.kinds.other_trackers import unknown_of_view

            what = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(what if name.startswith("_") else unknown_of_view(name, dir(type(self))), name=name, obj=self)

    @property
    def pinned(self) -> bool:
        """Whether the run is pinned; Polyaxon shows it as bookmarked."""
        return curation.is_pinned(self.files.info)

    @property
    def archived(self) -> bool:
        """Whether the run is archived: left out of `runs()` and `browse()`."""
        return curation.is_archived(self.files.info)

    @property
    def notes(self) -> str:
        """The note on the run, or an empty string."""
        return curation.note_of(self.files.info)

    def rename(self, name: str) -> None:
        """Give the run another name.

        Args:
            name: the new name; several runs may have one name.
        """
        self._change(curation.renamed(name))

    def tag(self, *tags: str | Iterable[str]) -> None:
        """Add tags to the run.

        Args:
            *tags: each one tag, several with commas between them, or a list of tags.
        """
        self._change(curation.tagged(tags))

    def untag(self, *tags: str | Iterable[str]) -> None:
        """Take tags away from the run.

        Args:
            *tags: as of `tag`.

        Raises:
            NotFound: the run does not have one of them; none is taken away.
        """
        self._change(curation.untagged(tags))

    def note(self, text: str) -> None:
        """Keep a note on the run, in the place of an earlier one; `view.notes` has it.

        Args:
            text: any string; an empty one takes the note away.
        """
        self._change(curation.noted(as_text(text, "text")))

    def pin(self) -> None:
        """Mark the run as one to come back to; Polyaxon shows it as bookmarked."""
        self._change(curation.pinned)

    def unpin(self) -> None:
        """Take the mark of `pin` away."""
        self._change(curation.unpinned)

    def archive(self) -> None:
        """Leave the run out of `runs()` and `browse()` from now on; it stays where it is, and is found by its uuid and name."""
        self._change(curation.archived)

    def restore(self) -> None:
        """Take the run out of the archive; move one that was deleted back to where it was.

        Raises:
            InvalidArgument: there is another run by now where it was.
        """
        if trash.is_in_trash(self._path()):
            self.files = RunFolder(trash.move_back(self._path()))
        else:
            self._change(curation.restored)

    def delete(self) -> Path:
        """Move the run into the trash: `<root>/trash/`, or `trash/` beside a run folder that lies in no folder `runs/`.

        It can still be read there, also with this view, and `restore` moves it back; `tracking.empty_trash(root)` ends it.

        Returns:
            The run folder in the trash.

        Raises:
            RunLocked: a process writes to the run.
            OutsideRun: the run folder or the trash is a link.
        """
        moved = trash.move_to_trash(self._path())
        self.files = RunFolder(moved)
        return moved

    def _change(self, change: Change) -> None:
        change_document(self._path(), change)

    def _path(self) -> Path:
        if self.files.source is not None:
            raise InvalidArgument(f"the run is read from {self.files.source.url}; change it where it was recorded, and push it again")
        if self.files.archive is not None:
            raise InvalidArgument(f"the run was opened from {self.files.archive}, which is only read; unzip it under runs/ first")
        return self.files.path

"""What is done to runs from their table: each change can be taken back, and what could not be done is said."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import InvalidArgument, TrackingError
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.curation import as_tags
from jupyter_tracking.printed import count_of
from jupyter_tracking.read.curating import CuratedRun
from jupyter_tracking.storage.run_archive import write_archive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_tracking.read.run_reader import RunFolder

    Undo = Callable[[], object]

_MOST_UNDONE = 50
_TOLD = 3  # of the runs that refuse, so many say why
_UNSAFE = re.compile(r"[^\w.-]+")
_DONE = {"pin": "pinned", "unpin": "unpinned", "archive": "archived", "restore": "restored", "delete": "moved to the trash"}
_VERBS = {"rename", "tag", "untag", "note", "export", *_DONE}


class Said(NamedTuple):
    """What a change came to: in words, what was refused, and whether there is something to take back."""

    text: str
    error: str = ""
    undo: bool = False


class Curation:
    """Changes of runs, the last of which can be taken back one after the other.

    Attributes:
        trashed: the folders, as they were named, of runs that are in the trash now.
    """

    def __init__(self) -> None:
        """Begin with nothing to take back."""
        self.trashed: set[Path] = set()
        self._undone: list[tuple[str, list[Undo]]] = []

    def do(self, verb: str, value: str, folders: Sequence[RunFolder]) -> Said:
        """Change runs.

        Args:
            verb: one of `rename tag untag note pin unpin archive restore delete export`.
            value: the name, the tags with commas between, or the note.
            folders: the runs.
        """
        if verb not in _VERBS:
            raise InvalidArgument(f"{verb!r} is nothing that is done to runs")
        undo: list[Undo] = []
        done: list[str] = []
        refused: list[str] = []
        for folder in folders:
            name = folder.name or folder.uuid[:8]
            try:
                back, what = self._change(verb, value, folder)
            except (TrackingError, OSError) as error:
                refused.append(f"{name}: {error}")
                continue
            done.append(what)
            if back is not None:
                undo.append(back)
        if undo:
            self._undone = [*self._undone, (f"{verb} of {count_of(len(undo), 'run')}", undo)][-_MOST_UNDONE:]
        return Said(_told(verb, value, done), _why_not(refused), bool(self._undone))

    def undo(self) -> Said:
        """Take the last change back."""
        if not self._undone:
            return Said("there is nothing to undo")
        what, backs = self._undone.pop()
        refused = []
        for back in reversed(backs):
            try:
                back()
            except (TrackingError, OSError) as error:
                refused.append(str(error))
        return Said(f"undone: {what}", _why_not(refused), bool(self._undone))

    def _change(self, verb: str, value: str, folder: RunFolder) -> tuple[Undo | None, str]:
        """Change one run; return what takes it back, if anything changed, and what is said of it."""
        run = CuratedRun(folder)
        if verb == "export":
            return None, _export(folder)
        if verb == "delete":
            was = folder.path
            run.delete()
            self.trashed.add(was)
            return partial(self._bring_back, run, was), folder.name
        if verb in {"tag", "untag"}:
            return _change_tags(run, verb, value), ""
        if verb in {"rename", "note"}:
            before = folder.name if verb == "rename" else run.notes
            change = getattr(run, verb)
            change(value)
            return partial(change, before) if before != value else None, ""
        is_so, back = {
            "pin": (run.pinned, run.unpin),
            "unpin": (not run.pinned, run.pin),
            "archive": (run.archived, run.restore),
            "restore": (not run.archived, run.archive),
        }[verb]
        getattr(run, verb)()
        return None if is_so else back, ""

    def _bring_back(self, run: CuratedRun, was: Path) -> None:
        run.restore()
        self.trashed.discard(was)


def _change_tags(run: CuratedRun, verb: str, value: str) -> Undo | None:
    labels = as_tags(value)
    if not labels:
        raise InvalidArgument("no tag is named; write one, or several with commas between")
    known = {paths.normal_name(tag) for tag in run.files.tags}
    changed = [label for label in labels if (label in known) == (verb == "untag")]
    if not changed:
        return None
    getattr(run, verb)(*changed)
    return partial(run.tag if verb == "untag" else run.untag, *changed)


def _export(folder: RunFolder) -> str:
    """Write a run as a .zip into the current directory, under a name that is free there; return where, and what was left out."""
    stem = "-".join(filter(None, (_UNSAFE.sub("-", part).strip("-.") for part in (folder.name[:60], folder.uuid[:8])))) or "run"
    number = 1
    while True:
        target = Path.cwd() / f"{stem}{'' if number == 1 else f'-{number}'}.zip"
        if not target.exists():
            folder.fetch_all()
            left_out = write_archive(folder.path, folder.uuid, target)
            return f"{target} without {'; '.join(left_out[:_TOLD])}" if left_out else str(target)
        number += 1


def _told(verb: str, value: str, done: list[str]) -> str:
    if not done:
        return ""
    runs = count_of(len(done), "run")
    if verb == "export":
        return f"exported to {done[0]}" + (f", and {len(done) - 1} more beside it" if len(done) > 1 else "")
    if verb in _DONE:
        return f"{runs} {_DONE[verb]}"
    words = {"rename": f"{runs} renamed to {value}", "tag": f"{runs} tagged {value}", "untag": f"{value} taken from {runs}"}
    return words.get(verb, f"note kept on {runs}" if value else f"note taken from {runs}")


def _why_not(refused: list[str]) -> str:
    more = f"; and {len(refused) - _TOLD} more" if len(refused) > _TOLD else ""
    return f"{'; '.join(refused[:_TOLD])}{more}" if refused else ""


def asked(message: Any, what: str) -> tuple[str, str, list[str]] | None:
    """Return two words, and the ids of the runs for which the page asks for something; None where it asks for something else.

    Args:
        message: the message.
        what: `curate`, of which the words are verb and value, or `compare`, of which they are the kind and the name of an artifact.
    """
    wanted = message.get(what) if isinstance(message, dict) else None
    if not isinstance(wanted, list) or len(wanted) != 3:  # noqa: PLR2004
        return None
    verb, value, ids = wanted
    if not (isinstance(verb, str) and isinstance(value, str) and isinstance(ids, list) and all(isinstance(each, str) for each in ids)):
        return None
    return verb, value, ids

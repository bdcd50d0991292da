"""What is done to a run that is there, as a magic and on the command line: one table, from which both are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_tracking.printed import short_path

if TYPE_CHECKING:
    from jupyter_tracking.run_view import RunView


@dataclass(frozen=True, slots=True)
class Curation:
    """A method of `RunView`, as a command.

    Attributes:
        name: the method.
        about: what it does.
        argument: the word, or words, that it takes beside the run; None where there is none.
        argument_about: what the argument is.
        many: it takes several words.
        example: what stands in an example for the argument.
    """

    name: str
    about: str
    argument: str | None = None
    argument_about: str = ""
    many: bool = False
    example: str = ""

    def apply(self, view: RunView, *words: str) -> str:
        """Do it, and return what is to be said of it on one line: the file or folder that it made, else the run."""
        made = getattr(view, self.name)(*words)
        return f"{made}" if made is not None else f"{view.name} · {view.uuid} · {short_path(view.path)}"


CURATIONS = (
    Curation("rename", "Give a run another name.", "name", "the new name", example="digits-2"),
    Curation("tag", "Add tags to a run.", "tags", "the tags, or several with commas between them", many=True, example="baseline svm"),
    Curation("untag", "Take tags away from a run.", "tags", "the tags, or several with commas between them", many=True, example="svm"),
    Curation("note", "Keep a note on a run, in the place of an earlier one.", "text", "the note", example='"overfits after step 300"'),
    Curation("pin", "Mark a run as one to come back to; Polyaxon shows it as bookmarked."),
    Curation("unpin", "Take the mark of a pinned run away."),
    Curation("archive", "Leave a run out of the lists of runs; it stays where it is."),
    Curation("restore", "Take a run out of the archive, or one that was deleted out of the trash."),
    Curation("delete", "Move a run into the trash."),
    Curation("export", "Write a run as one file, .zip or .html.", "path", "the file", example="digits.zip"),
)

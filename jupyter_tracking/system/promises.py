"""What is not promised on a system, in one sentence for each: SECURITY.md has the whole of it, as a table."""

from __future__ import annotations

import sys

_OF_PLATFORM = {
    "darwin": "other machines that write to a run are not seen",
    "emscripten": (
        "a run lasts no longer than the file system of Pyodide in which it lies, so in a page until that is closed, unless it is saved; "
        "nothing waits for the disk, also not end(); and programs outside of this Pyodide, such as another notebook of JupyterLite, do not "
        "see that it writes to a run, nor does it see them"
    ),
}
_OF_PORTABLE = (
    "a link that somebody puts into a run folder in the very moment in which a file of it is opened may be followed before it is refused, "
    "or a file of its name be removed or renamed where it leads, the names of new files may be lost in a power failure, also after end(), "
    "and other machines that write to a run are not seen"
)


def missing_promises(*, portable: bool) -> str:
    """Return what is not promised on this platform; an empty text where all is, as on Linux.

    Args:
        portable: whether it has the portable storage, which says what a platform lacks that is not known by name.
    """
    words = _OF_PORTABLE if portable and sys.platform != "emscripten" else _OF_PLATFORM.get(sys.platform, "")
    if not words:
        return ""
    return f"on this system ({sys.platform}) jupyter-tracking has not all it promises on Linux: {words} (SECURITY.md says what holds where)"

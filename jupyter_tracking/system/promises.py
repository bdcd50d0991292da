"""What is not promised where POSIX is missing, in one sentence for each system: SECURITY.md has the whole of it, as a table."""

from __future__ import annotations

import sys

_MISSING = {
    "emscripten": (
        "a run lasts no longer than the file system of Pyodide in which it lies, so in a page until that is closed, unless it is saved; "
        "nothing waits for the disk, also not end(); and programs outside of this Pyodide, such as another notebook of JupyterLite, do not "
        "see that it writes to a run, nor does it see them"
    ),
}
_MISSING_ELSEWHERE = (
    "a link that somebody puts into a run folder in the very moment in which a file of it is opened may be followed before it is refused, "
    "the names of new files may be lost in a power failure, also after end(), and other machines that write to a run are not seen"
)

MISSING_PROMISES = (
    f"on this system ({sys.platform}) jupyter-tracking has not all it promises on Linux: "
    f"{_MISSING.get(sys.platform, _MISSING_ELSEWHERE)} (SECURITY.md says what holds where)"
)

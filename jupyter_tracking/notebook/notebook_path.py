"""The path of the notebook that is running, as far as the front end tells it, and the line in it that says that a run has started.

It is never guessed. No server beyond this machine is asked, and no longer than a tenth of a second.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import log_errors
from jupyter_tracking.printed import in_notebook, say, show
from jupyter_tracking.record.run_card import run_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_tracking.record.run import Run

TIMEOUT = 0.1  # seconds


def notebook_path(names: Mapping[str, Any]) -> str | None:
    """Return the absolute path of the notebook, or its URL in Colab, or None.

    Args:
        names: the user's namespace, in which VS Code and papermill leave the path.
    """
    found: list[str | None] = []
    search = threading.Thread(target=lambda: found.append(_find(dict(names))), daemon=True, name="jupyter-tracking notebook path")
    search.start()  # in a thread, since a slow file system would hold it up too
    search.join(TIMEOUT)
    return found[0] if found else None


def announce(which: str, run: Run) -> None:
    """Say in one line which run has started and where it lies, in a notebook with a link that leads from there to its document.

    Args:
        which: what has started, in words.
        run: the run.
    """
    line, markup = run_line(which, run.path, run.uuid, notebook_path({}) if in_notebook() else None)
    if markup:
        log_errors(lambda: show(line, markup), "the line of the run")
    else:
        say(line)


def _find(names: Mapping[str, Any]) -> str | None:
    ways: list[Callable[[Mapping[str, Any]], object]] = [_from_vscode, _from_papermill, _from_server, _from_colab]
    for way in ways:
        try:
            found = way(names)
        except Exception:  # noqa: BLE001, S112 - whatever a front end left there, it is no reason to fail
            continue
        if isinstance(found, str) and found:
            return found
    return None


def _from_vscode(names: Mapping[str, Any]) -> str | None:
    return _existing(names.get("__vsc_ipynb_file__"))


def _from_papermill(names: Mapping[str, Any]) -> str | None:
    # Only with papermill's --inject-paths. The output comes first: it will hold what the run displays.
    for key in ("PAPERMILL_OUTPUT_PATH", "PAPERMILL_INPUT_PATH"):
        found = _existing(names.get(key))
        if found:
            return found
    return None


def _from_server(_: Mapping[str, Any]) -> str | None:
    # A console's session has a path here too, which does not end with .ipynb.
    return _existing(os.environ.get("JPY_SESSION_NAME"))


def _existing(path: object) -> str | None:
    if not isinstance(path, str) or not path.endswith(".ipynb"):
        return None
    whole = os.path.abspath(path)  # noqa: PTH100 - links stay as they are
    return whole if os.path.isfile(whole) else None  # noqa: PTH113


def _from_colab(_: Mapping[str, Any]) -> str | None:
    address = os.environ.get("COLAB_JUPYTER_IP")
    if "google.colab" not in sys.modules or not address:
        return None
    import http.client

    port = int(os.environ.get("KMP_TARGET_PORT", "9000"))
    connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/api/sessions")
        sessions = json.loads(connection.getresponse().read(100_000))
    finally:
        connection.close()
    paths = [session.get("path") or "" for session in sessions]
    return str(paths[0]).replace("fileId=", "https://colab.research.google.com/drive/") if len(paths) == 1 else None

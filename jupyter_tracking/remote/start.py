"""Starts the process that copies a run while it goes on. What records a run needs nothing else of this package."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.storage.objects import ObjectStore

if TYPE_CHECKING:
    from collections.abc import Mapping


def start_mirror(path: os.PathLike[str], url: str, storage_options: Mapping[str, Any] | None = None) -> int:
    """Start a process that mirrors a run, and that no end of this one ends; return its number.

    The options, which may hold secrets, go through a pipe: neither other users nor the environment see them.
    """
    words = [sys.executable, "-P", "-m", "jupyter_tracking", "mirror", os.fspath(path), url, "--options-on-stdin"]
    # The package is found where this process has found it, and nothing in the current directory.
    folders = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    started = subprocess.Popen(  # noqa: S603 - our own program
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
    )
    assert started.stdin is not None
    with suppress(BrokenPipeError), started.stdin as pipe:
        pipe.write(json.dumps(dict(storage_options or {})).encode())
    threading.Thread(target=started.wait, name="jupyter-tracking-mirror", daemon=True).start()  # so that it is no zombie
    return started.pid


def check_mirror(url: str, storage_options: Mapping[str, Any] | None) -> None:
    """Check what a mirror is given, before the run starts; raises as `ObjectStore.at`, and `InvalidArgument` of what is no JSON."""
    ObjectStore.at(url, storage_options)
    try:
        json.dumps(dict(storage_options or {}))
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"storage_options= goes to the process that copies, as JSON: {error}") from None

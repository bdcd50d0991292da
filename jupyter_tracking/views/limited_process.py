"""Work on what anybody may have made that cannot be bounded here: done in a Python of its own, with limits, which is ended in time.

It is no fork of this process, which may be a kernel with threads, and nothing is looked up on PATH or in the current directory.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from jupyter_tracking.errors import TooLarge, TrackingError

# Reads all of its input, and then runs `program`, which defines `warm()`, called first, and `work(data)`, which returns bytes. Between the
# two the process gives up to open anything: no file, no connection, no other process.
_SHELL = """
import resource, sys
def limit(what, most):
    try:
        resource.setrlimit(what, (most, most))
    except (OSError, ValueError):
        pass
sys.path += {folders!r}
limit(resource.RLIMIT_CORE, 0)
limit(resource.RLIMIT_CPU, {seconds!r} + 1)
data = sys.stdin.buffer.read()
space = {{}}
exec({program!r}, space)
space["warm"]()
limit(resource.RLIMIT_DATA, {most!r})
limit(resource.RLIMIT_FSIZE, 0)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
try:
    made = space["work"](data)
except MemoryError:
    sys.exit({memory!r})
except Exception as error:
    sys.stderr.write("\\n" + " ".join(str(error).split()))
    sys.exit(1)
sys.stdout.buffer.write(made)
sys.stdout.buffer.flush()
"""
_NO_MEMORY = 77  # the status it exits with
_WORDS = 300  # characters of what it says of a failure


def run_limited(program: str, data: bytes, libraries: tuple[str, ...], *, seconds: float, most: int) -> bytes:
    """Return what `work(data)` of a program returns, in a process that can open nothing once its `warm()` has returned.

    Args:
        program: Python source that defines `warm` and `work`.
        data: what it is given.
        libraries: the packages that it imports, found where they are found here.
        seconds: how long it may take in all.
        most: how many bytes of memory it may take.

    Raises:
        TooLarge: it took longer, or more memory.
        TrackingError: it failed otherwise, or there is no Python to start.
    """
    if not sys.executable:
        raise TrackingError("no Python is known that could be started")
    specs = [find_spec(name) for name in libraries]
    folders = [str(Path(spec.origin).parent.parent) for spec in specs if spec is not None and spec.origin is not None]
    source = _SHELL.format(folders=folders, seconds=int(seconds), program=program, most=most, memory=_NO_MEMORY)
    with subprocess.Popen(  # noqa: S603 - this very Python, and a program of ours
        [sys.executable, "-I", "-c", source],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        start_new_session=True,
    ) as process:
        try:
            answer, said = process.communicate(data, timeout=seconds)
        except subprocess.TimeoutExpired:
            raise TooLarge(f"it takes longer than {seconds:g} seconds") from None
        finally:
            process.kill()
    if process.returncode < 0 or process.returncode == _NO_MEMORY:
        raise TooLarge(f"it takes more than {most:,} bytes of memory, or was ended otherwise (status {process.returncode})")
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise TrackingError(last[:_WORDS] or "it failed without a word")
    return answer

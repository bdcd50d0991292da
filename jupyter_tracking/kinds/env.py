"""The env kind: the machine, the Python and the packages that a run used. Environment variables and secrets are never stored."""

from __future__ import annotations

import os
import sys
from typing import Any

import orjson

from jupyter_tracking.errors import InvalidType
from jupyter_tracking.format import paths
from jupyter_tracking.kinds.arguments import as_json
from jupyter_tracking.kinds.base import Recorder
from jupyter_tracking.redact import Redactor
from jupyter_tracking.redact.given import without_secrets
from jupyter_tracking.redact.values import redacted_arguments


class EnvMethods(Recorder):
    """How a run logs its environment."""

    def log_env(self, rel_path: str | None = None, content: dict[str, Any] | None = None) -> None:
        """Log the environment of the run (machine, Python, packages), as `outputs/env.json`.

        Args:
            rel_path: another file name under `outputs/`.
            content: what to store instead, without its secrets; by default this process's environment.

        Raises:
            InvalidType: the content is not a dict that JSON can hold.
            OutsideRun: `rel_path` leads out of `outputs/`.
        """
        if content is not None and not isinstance(content, dict):
            raise InvalidType(f"content is a {type(content).__name__}; give a dict")
        path = paths.safe_relative("env.json" if rel_path is None else rel_path, "rel_path") or "env.json"
        data = orjson.dumps(
            without_secrets(as_json(content, "content"), "content") if content else environment(), option=orjson.OPT_INDENT_2
        )
        self._write_output("env", "env", f"outputs/{path}", data)


def environment() -> dict[str, Any]:
    """Return the environment of this process, under the names that Polyaxon uses."""
    import getpass
    import platform
    import socket

    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "unknown"
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    notebook = "ipykernel" in sys.modules
    return {
        "pid": os.getpid(),
        "hostname": socket.gethostname(),
        "os": platform.platform(aliased=True),
        "system": platform.system(),
        "machine": platform.machine(),
        "cpu_count": os.cpu_count(),
        "python_version_verbose": sys.version,
        "python_version": platform.python_version(),
        "user": user,
        "sys.argv": redacted_arguments(sys.argv, Redactor()),
        "is_notebook": notebook,
        "filename": "notebook" if notebook else os.path.basename(main or ""),  # noqa: PTH119
        "module_path": os.path.dirname(os.path.abspath(main)) if main else paths.current_folder(),  # noqa: PTH100, PTH120
        "packages": installed(),
        "jupyter_tracking_version": _own_version(),
    }


def _own_version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("jupyter-tracking")
    except PackageNotFoundError:
        return "source"


def installed() -> list[tuple[str, str]]:
    """Return names and versions of the installed packages. They are read off the names of their folders, which opens no file."""
    found: dict[str, str] = {}
    for place in sys.path:
        try:
            with os.scandir(place or ".") as entries:
                names = [entry.name for entry in entries]
        except OSError:
            continue
        for name in names:
            stem = name.removesuffix(".dist-info")
            if stem != name and "-" in stem:
                package, _, version = stem.rpartition("-")
                found.setdefault(package.replace("_", "-").lower(), version)
    return sorted(found.items())

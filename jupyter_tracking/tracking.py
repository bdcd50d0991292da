"""The package under the name that Polyaxon's module has: `from jupyter_tracking import tracking`."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Return what the package has of this name."""
    return getattr(import_module("jupyter_tracking"), name)


def __dir__() -> list[str]:
    """List what the package has."""
    return dir(import_module("jupyter_tracking"))

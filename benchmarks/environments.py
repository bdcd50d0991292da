"""An environment of its own for each contender, made once and kept in `benchmarks/.envs` (not in git)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

CACHE = Path(os.environ.get("BENCHMARKS_ENVS") or Path(__file__).parent / ".envs")
CHECKOUT = Path(__file__).resolve().parent.parent
NAMES = (
    "ours",
    "floor",
    "floor_watching",
    "polyaxon",
    "mlflow_file",
    "mlflow_sqlite",
    "wandb",
    "aim",
    "dvclive",
    "trackio",
    "swanlab",
    "tensorboardx",
)


class Missing(Exception):  # noqa: N818 - a state, not a fault
    """The contender cannot be installed here."""


def contender(name: str) -> ModuleType:
    """Return the contender's module; its library is imported only by its functions."""
    return import_module(f"benchmarks.contenders.{name}")


def python(name: str) -> Path:
    """Return the interpreter of the contender's environment, making the environment if need be.

    Raises:
        Missing: pip refused; it is not tried again until the cache is removed.
    """
    packages = contender(name).PACKAGES
    if not packages:
        return Path(sys.executable)
    folder = CACHE / packages[0].split("=")[0].split("[")[0].lower()
    done, failed = folder / "installed.json", folder / "failed.txt"
    if failed.exists():
        raise Missing(failed.read_text().strip())
    if not done.exists():
        print(f"making the environment of {name}: {' '.join(packages)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        result = subprocess.run(install, capture_output=True, text=True, check=False)
        if result.returncode:
            lines = result.stderr.strip().splitlines() or ["pip said nothing"]
            failed.write_text(lines[-1])
            raise Missing(lines[-1])
        listed = subprocess.run([folder / "bin/python", "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True)
        done.write_text(json.dumps({p["name"].lower(): p["version"] for p in json.loads(listed.stdout)}))
    return folder / "bin/python"


def version(name: str) -> str:
    """Return the version of a contender's library as it is installed, or an empty text."""
    packages = contender(name).PACKAGES
    if not packages:
        return ""
    library = packages[0].split("=")[0].split("[")[0].lower()
    done = CACHE / library / "installed.json"
    return str(json.loads(done.read_text()).get(library, "")) if done.exists() else ""


def settings(name: str) -> dict[str, str]:
    """Return the environment variables under which a contender runs: offline, on the checkout, with nothing of the user's."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH"}}
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1", "NO_PROXY": "*"}
    closed = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    here = {"PYTHONPATH": str(CHECKOUT), "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    return kept | offline | closed | here | contender(name).SETTINGS

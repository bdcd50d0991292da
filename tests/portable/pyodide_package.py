"""Pyodide's npm package, installed where it is missing: the interpreter and its standard library, which ask a network for nothing."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent / "pyodide"
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def pyodide_package() -> Path:
    """Return the folder of the package, of the version that `pyodide/package.json` names (6 MB are downloaded the first time)."""
    package = HERE / "node_modules" / "pyodide"
    with (HERE / "package.json").open(encoding="utf-8") as wanted:
        fcntl.flock(wanted, fcntl.LOCK_EX)  # one process installs it
        version = json.load(wanted)["devDependencies"]["pyodide"]
        there = package / "package.json"
        if not there.exists() or json.loads(there.read_text(encoding="utf-8"))["version"] != version:
            npm = shutil.which("npm", path=PATH)
            assert npm, "the dependency group `test` brings npm"
            done = subprocess.run([npm, "ci"], cwd=HERE, env={**os.environ, "PATH": PATH}, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    return package

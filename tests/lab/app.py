"""JupyterLab or Notebook 7 as a process: loopback only, a token, an empty home, none of the user's settings."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import nbformat

from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

START_SECONDS = 90
OWN_FLAGS = {
    "lab": ["jupyterlab", "--LabApp.extension_manager=readonly", "--LabApp.expose_app_in_browser=True"],
    "notebook": ["notebook", "--JupyterNotebookApp.expose_app_in_browser=True"],
}


def free_port() -> int:
    """A port of the loopback address that nobody has just now."""
    with contextlib.closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


@dataclass
class App:
    """One server; notebooks lie in its folder `root`."""

    root: Path
    kind: Literal["lab", "notebook"] = "lab"
    settings: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def origin(self) -> str:
        """Where the server is; nothing else is ever to be asked for."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, name: str) -> str:
        """The address that opens a notebook."""
        return f"{self.origin}/{'doc/tree' if self.kind == 'lab' else 'notebooks'}/{name}?token={self.token}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the server and of every `jupyter` command beside it."""
        home = self.root / ".home"
        jupyter = {
            "HOME": home,
            "IPYTHONDIR": home / "ipython",
            "JUPYTER_CONFIG_DIR": home / "config",
            # Ours as it is in the checkout, before any that is installed.
            "JUPYTER_PATH": home / "share",
            "JUPYTER_CONFIG_PATH": home / "etc",
            "JUPYTER_DATA_DIR": home / "data",
            "JUPYTER_RUNTIME_DIR": home / "run",
            "JUPYTERLAB_SETTINGS_DIR": home / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
            "MPLCONFIGDIR": home / "matplotlib",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("POLYAXON", "JUPYTER", "JPY_", "MPLBACKEND"))}
        return {**kept, **{name: str(path) for name, path in jupyter.items()}, "JUPYTER_PLATFORM_DIRS": "1"}

    def write(self, name: str, cells: Sequence[str | nbformat.NotebookNode]) -> Path:
        """Write a notebook of code cells (or of cells) into the server's folder."""
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        return path

    def trust(self, name: str) -> None:
        """Mark a notebook as trusted, as its owner would."""
        self.jupyter("trust", name)

    def jupyter(self, *words: str) -> str:
        """Run a `jupyter` command in the server's folder and home."""
        done = subprocess.run(
            [sys.executable, "-m", "jupyter", *words],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def extension(self) -> Path:
        """The folder of our extension of JupyterLab, as this server has it."""
        return self.root / ".home" / "share" / "labextensions" / "jupyter-tracking"

    def install(self) -> None:
        """Put our extension where installing the package puts it; what a test has put there stays."""
        settings = self.root / ".home" / "etc" / "jupyter_server_config.d" / "jupyter_tracking.json"
        settings.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / "jupyter_tracking" / "lab" / "jupyter_tracking.json", settings)
        if not self.extension.exists():
            shutil.copytree(CHECKOUT / "jupyter_tracking" / "static" / "lab", self.extension)

    def __enter__(self) -> Self:
        """Start, and wait until the server answers."""
        self.install()
        labconfig = self.root / ".home" / "config" / "labconfig"
        labconfig.mkdir(parents=True, exist_ok=True)
        # The "get notified about Jupyter news?" toast covers the notebook and asks the network.
        (labconfig / "page_config.json").write_text(
            json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}})
        )
        (labconfig / "default_setting_overrides.json").write_text(json.dumps(self.settings))
        self._log = (self.root / ".home" / "server.log").open("w+")
        command = [
            *[sys.executable, "-m", *OWN_FLAGS[self.kind], "--no-browser", "--allow-root"],
            *["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"],
            *[f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}", "--ServerApp.terminals_enabled=False"],
        ]
        self._process = subprocess.Popen(
            command, cwd=self.root, env=self.environment, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.origin}/api/status?token={self.token}", timeout=5):
                    return self
            except OSError:
                time.sleep(0.1)  # asking a server that is not up yet; nothing tells when it is
        self.__exit__()
        raise AssertionError(f"{self.kind} did not start\n{self.log}")

    def __exit__(self, *_: object) -> None:
        """Stop the server; its kernels go with it."""
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        """What the server printed."""
        return (self.root / ".home" / "server.log").read_text()

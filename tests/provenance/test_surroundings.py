"""What a run notes of what is around it: the environment, the commit, the notebook's path, and what the machine uses."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.notebook import notebook_path, provenance, system_metrics
from jupyter_tracking.notebook.system_metrics import SystemMetrics

if TYPE_CHECKING:
    from pathlib import Path

REAL = provenance._keep_surroundings


@pytest.fixture
def surroundings(no_surroundings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment and commit are kept, as they are outside of the tests."""
    monkeypatch.setattr(provenance, "_keep_surroundings", REAL)
    monkeypatch.setattr(provenance, "_looked_up", {})


# --- environment and commit ----------------------------------------------------------------------


def test_environment_and_commit_are_kept(surroundings: None, root: Path) -> None:
    """env.json as an output, the commit as an input; a resumed run keeps those it has."""
    subprocess.run(["git", "init", "-q", "."], check=True)
    author = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], check=True, env={**os.environ, **author})
    with tracking.init() as run:
        pass
    kinds = [kind for kind, _ in tracking.open_run(run).artifacts()]
    assert kinds == ["env", "coderef"]
    assert b"python_version" in (run.path / "outputs/env.json").read_bytes()
    with tracking.init(run_uuid=run.uuid):
        pass
    assert [path.name for path in (run.path / "outputs").iterdir()] == ["env.json"]


def test_nothing_is_kept_that_was_not_asked_for(surroundings: None, root: Path) -> None:
    """`track_env=False, track_code=False`: no artifact but the user's."""
    with tracking.init(track_env=False, track_code=False) as run:
        pass
    assert tracking.open_run(run).artifacts() == []


def test_many_runs_of_one_cell_look_around_once(surroundings: None, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop of runs asks git and lists packages once, and each run keeps the answer."""
    asked = []
    monkeypatch.setattr("jupyter_tracking.kinds.env.environment", lambda: asked.append(1) or {"python_version": "x"})
    runs = []
    for _ in range(5):
        with tracking.init() as run:
            runs.append(run)
    assert len(asked) == 1
    assert all((run.path / "outputs/env.json").exists() for run in runs)


# --- the notebook's path -------------------------------------------------------------------------


@pytest.fixture
def notebook(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook that is there, and no word of it."""
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    path = root / "here.ipynb"
    path.write_text("{}")
    return path


def test_vscode_tells_the_path(notebook: Path) -> None:
    """By a name in the user's namespace."""
    assert notebook_path.notebook_path({"__vsc_ipynb_file__": str(notebook)}) == str(notebook)


def test_papermill_tells_the_path(notebook: Path) -> None:
    """By the parameters it injects; relative ones are made absolute."""
    assert notebook_path.notebook_path({"PAPERMILL_OUTPUT_PATH": "here.ipynb"}) == str(notebook)


def test_the_jupyter_server_tells_the_path(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the session's variable."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
    assert notebook_path.notebook_path({}) == str(notebook)


@pytest.mark.parametrize("word", ["", "gone.ipynb", "console-1", "notes.txt", 7, None, "\0.ipynb"])
def test_a_path_that_leads_to_no_notebook_is_unknown(notebook: Path, monkeypatch: pytest.MonkeyPatch, word: Any) -> None:
    """Renamed since, a console's, or nonsense: never guessed."""
    if isinstance(word, str) and "\0" not in word:
        monkeypatch.setenv("JPY_SESSION_NAME", word)
    assert notebook_path.notebook_path({"__vsc_ipynb_file__": word, "PAPERMILL_OUTPUT_PATH": word}) is None


def test_colab_tells_the_path(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its session API, asked on this machine; its answer may be late or nonsense."""
    from http.server import BaseHTTPRequestHandler, HTTPServer

    answers = [b'[{"path": "fileId=abc"}]', b"nonsense", b"[]", b'[{"path": "a"}, {"path": "b"}]']

    class Sessions(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answers.pop(0))

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Sessions)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setenv("COLAB_JUPYTER_IP", "127.0.0.1")
    monkeypatch.setenv("KMP_TARGET_PORT", str(server.server_port))
    monkeypatch.setattr(notebook_path, "TIMEOUT", 5)
    found = [notebook_path.notebook_path({}) for _ in range(4)]
    server.shutdown()
    server.server_close()
    assert found == ["https://colab.research.google.com/drive/abc", None, None, None]


def test_a_file_system_that_hangs_is_not_waited_for(notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a tenth of a second the path is unknown, and the run goes on."""
    hanging = threading.Event()
    asked: list[str] = []
    monkeypatch.setattr(notebook_path.os.path, "isfile", lambda path: asked.append(path) or hanging.wait())
    assert notebook_path.notebook_path({"__vsc_ipynb_file__": str(notebook)}) is None
    assert asked == [str(notebook)]
    hanging.set()


# --- resources -----------------------------------------------------------------------------------


def test_resources_are_sampled_into_files_that_polyaxon_knows(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file a series, rows without a step; the lineage has each as a system artifact."""
    monkeypatch.setattr(system_metrics, "_SHORTEST", 0.0)
    with tracking.init(collect_resources=True) as run:
        pass
    files = {path.name for path in (run.path / "resources/metric").iterdir()}
    assert {"cpu.plx", "memory.plx", "kernel_cpu.plx", "kernel_memory.plx", "network_sent.plx"} <= files
    text = (run.path / "resources/metric/memory.plx").read_text()
    header, *rows = text.splitlines()
    assert header == "step|timestamp|metric"
    assert len(rows) == 2
    assert all(row.startswith("|") and 0 < float(row.split("|")[2]) <= 100 for row in rows)
    assert ("system", "memory") in tracking.open_run(run).artifacts()


def test_the_sampler_goes_on_until_the_run_ends(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon thread, gone after the end."""
    monkeypatch.setattr(system_metrics, "INTERVAL", 0.01)
    taken = threading.Semaphore(0)
    write = SystemMetrics._write

    def counted(sampler: SystemMetrics) -> None:
        write(sampler)
        taken.release()

    monkeypatch.setattr(SystemMetrics, "_write", counted)
    monkeypatch.setattr(SystemMetrics.__init__, "__defaults__", (0.01,))
    with tracking.init(collect_resources=True):
        threads = [t for t in threading.enumerate() if t.name == "jupyter-tracking resources"]
        assert [t.daemon for t in threads] == [True]
        for _ in range(4):
            assert taken.acquire(timeout=30)
    assert not any(t.is_alive() for t in threads)


def test_a_full_disk_stops_no_cell_and_no_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that cannot be written is dropped; the run ends as always."""
    with tracking.init(collect_resources=True) as run:
        append = system_metrics.Journal.append

        def refuse(journal: Any, row: bytes) -> None:
            if journal.relative.startswith("resources/"):
                raise OSError(28, "No space left on device")
            append(journal, row)

        monkeypatch.setattr("jupyter_tracking.storage.journal.Journal.append", refuse)
        tracking.log_metric("a", 1)
    assert tracking.open_run(run).status == "succeeded"
    assert tracking.open_run(run).load("a") == 1.0


def test_a_missing_psutil_is_said_and_the_run_goes_on(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that says which extra brings it."""
    monkeypatch.setitem(sys.modules, "psutil", None)
    with tracking.init(collect_resources=True) as run:
        tracking.log_metric("a", 1)
    assert "collect_resources needs psutil: pip install 'jupyter-tracking[resources]'" in capsys.readouterr().out
    assert tracking.open_run(run).load("a") == 1.0

"""The bar of what takes longer than a second: where it shows, that it goes, and that an interrupt leaves nothing half done."""

from __future__ import annotations

import io
import itertools
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher

import jupyter_tracking as tracking
from jupyter_tracking import progress
from jupyter_tracking.notebook.session_notebook import CellOutputs
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the bar: the sum of these."""
    passed = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: sum(passed))
    return passed


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error as a terminal."""
    stream = Terminal()
    # Only for the bar: pytest puts a stream of its own into the place of the real one when a test begins.
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream, modules=sys.modules))
    return stream


@pytest.fixture
def three(root: Path) -> Path:
    """A root of three runs."""
    for n in range(3):
        with tracking.init(root=root, name=f"run{n}", track_code=False, track_env=False, track_logs=False):
            tracking.log_metric("a", n)
    return root


def work(seconds: list[float], each: float = 0.5, parts: int = 4) -> None:
    """Work that takes so many seconds a part."""
    with Progress("work()", "parts") as bar:
        for done in range(parts):
            seconds.append(each)
            bar(done, parts)


def test_what_takes_under_a_second_shows_nothing(seconds: list[float], terminal: Terminal) -> None:
    """However often it says how far it is."""
    work(seconds, 0.001, 900)
    assert terminal.getvalue() == ""


def test_a_terminal_has_a_line_of_standard_error_that_goes(
    seconds: list[float], terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what of how much is done; standard output has nothing."""
    work(seconds)
    said = terminal.getvalue()
    assert "work(): 1 of 4 parts" in said
    assert "work(): 3 of 4 parts" in said
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said
    assert capsys.readouterr().out == ""


def test_nothing_is_shown_where_nobody_would_see_it_go(seconds: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """A file, a pipe, a closed or a missing stream; a thread."""
    work(seconds)
    for stream in (None, io.StringIO()):
        sys.stderr, before = stream, sys.stderr
        try:
            work(seconds)
        finally:
            sys.stderr = before
        assert stream is None or stream.getvalue() == ""
    assert capsys.readouterr() == ("", "")


def test_a_thread_shows_nothing(seconds: list[float], terminal: Terminal) -> None:
    """It would write into the cell of another."""
    thread = threading.Thread(target=work, args=(seconds,))
    thread.start()
    thread.join()
    assert terminal.getvalue() == ""


def test_of_progress_within_progress_the_outer_one_shows(seconds: list[float], terminal: Terminal) -> None:
    """And the next one shows again."""
    with Progress("outer()", "parts") as bar:
        work(seconds)
        bar(1, 2)
    assert "outer(): 1 of 2" in terminal.getvalue()
    assert "work()" not in terminal.getvalue()
    work(seconds)
    assert "work()" in terminal.getvalue()


def test_a_stream_that_fails_stops_no_work(seconds: list[float], terminal: Terminal) -> None:
    """The bar is given up."""
    terminal.close()
    work(seconds)


def test_a_notebook_has_a_bar_that_goes(seconds: list[float], shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """One output, which is empty in the end, and is none of those that a session keeps."""
    sent = CapturingDisplayPublisher()
    monkeypatch.setattr(shell, "display_pub", sent)
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    work(seconds)
    outputs: list[dict[str, Any]] = sent.outputs
    assert len({each["transient"]["display_id"] for each in outputs}) == 1
    assert [each.get("update", False) for each in outputs] == [False, *[True] * (len(outputs) - 1)]
    assert "<progress" in outputs[0]["data"]["text/html"]
    assert outputs[-1]["data"] == {"text/html": "", "text/plain": ""}
    kept = CellOutputs()
    for each in outputs:
        kept.on_display({"output_type": "display_data", **each})
    assert kept.final(1) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda root: tracking.runs(root, summary="last"),
        lambda root: tracking.lineage(root=root),
        lambda root: tracking.lineage(["run0", "run1", "run2"], root=root),
        tracking.lineage_edges,
        lambda root: tracking.lineage_graph(root).edges,
    ],
)
def test_an_interrupt_between_two_runs_cancels(
    three: Path, seconds: list[float], terminal: Terminal, monkeypatch: pytest.MonkeyPatch, call: Callable[[Path], pd.DataFrame]
) -> None:
    """The bar is gone, and the next call has all of it."""
    records, looks = RunFolder.records, []

    def interrupted(folder: RunFolder, **more: Any) -> Any:
        looks.append(folder)
        seconds.append(5)
        if len(looks) == 3:
            raise KeyboardInterrupt
        return records(folder, **more)

    expected = call(three)
    monkeypatch.setattr(RunFolder, "records", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call(three)
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert " of 3 runs" in terminal.getvalue()
    pd.testing.assert_frame_equal(call(three), expected)


@pytest.fixture
def eight(tmp_path: Path) -> tracking.RunView:
    """A run of eight metrics and an asset."""
    with Run(tmp_path / "run", name="eight") as run:
        for n in range(8):
            run.log_metric(f"m{n}", n / 3, step=n)
        run.log_dataframe(pd.DataFrame({"a": [1]}), "frame")
    return tracking.open_run(run.path)


def save_page(view: tracking.RunView) -> str:
    """The page of a run's browser."""
    return view.browse().save(view.path.parent / "page.html").read_text()


def save_table(view: tracking.RunView) -> str:
    """The page of a table of this run."""
    return tracking.browse([view]).save(view.path.parent / "page.html").read_text()


class Impatient(Terminal):
    """A terminal at which Ctrl-C is pressed when the bar has been seen three times."""

    looks = 0

    def write(self, text: str) -> int:
        """Be looked at."""
        self.looks += 1
        super().write(text)
        if self.looks == 3:
            raise KeyboardInterrupt
        return len(text)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda view: view.problems().to_csv(), "problems(): 3 of 9 artifacts"),
        (lambda view: view.problems(hashes=True).to_csv(), "problems(): 3 of 10 files"),
        (lambda view: tracking.problems(view).to_csv(), "problems(): 0 of 1 runs"),
        (lambda view: view.metrics().to_csv(), "metrics(): 2 of 8 metrics"),
        (lambda view: view.metrics(tidy=True).to_csv(), "metrics(): 2 of 8 metrics"),
        (save_page, "save(): 3 of 9 artifacts"),
        (save_table, "save(): 0 of 1 runs"),
    ],
)
def test_an_interrupt_between_two_artifacts_cancels(
    eight: tracking.RunView, monkeypatch: pytest.MonkeyPatch, call: Callable[[tracking.RunView], str], said: str
) -> None:
    """The bar is gone, no page is written, and the next call has all of it."""
    expected, target, terminal = call(eight), eight.path.parent / "page.html", Impatient()
    target.unlink(missing_ok=True)
    with monkeypatch.context() as patch:
        patch.setattr(progress, "sys", SimpleNamespace(stderr=terminal, modules=sys.modules))
        patch.setattr(progress, "monotonic", itertools.count(step=5).__next__)
        with pytest.raises(KeyboardInterrupt):
            call(eight)
    assert said in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert not target.exists()
    assert call(eight) == expected


def test_browsing_a_root_tells_too(three: Path, seconds: list[float], terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """And shows all runs."""
    stats = RunFolder.document_stats
    monkeypatch.setattr(RunFolder, "document_stats", lambda folder: seconds.append(5) or stats(folder))
    assert len(tracking.browse(root=three).runs) == 3
    assert "browse(): 2 of 3 runs" in terminal.getvalue()

"""What is printed: kept line by line in the run, and shown where it always was."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.notebook.terminal import TerminalLines
from tests.provenance.conftest import executed

if TYPE_CHECKING:
    from pathlib import Path

    import nbformat


def lines(run: object) -> list[str]:
    """The lines of a run's log, without the one that init prints."""
    return [text for text in tracking.open_run(run).logs()["text"] if not text.startswith("run ")]


# --- the log -------------------------------------------------------------------------------------


def test_lines_streams_and_indentation_are_kept(cell) -> None:
    """A record a line, with its stream and its cell; empty lines too."""
    cell("import sys\nrun = tracking.init(name='x')")
    cell("print('a'); print('    indented  '); print(); print('b', 0.5)")
    cell("print('wrong', file=sys.stderr); sys.stdout.write('no newline')")
    cell("tracking.end()")
    logs = tracking.open_run("x").logs().iloc[1:]
    assert logs["text"].tolist() == ["a", "    indented  ", "", "b 0.5", "wrong", "no newline"]
    assert logs["stream"].tolist() == [*["stdout"] * 4, "stderr", "stdout"]
    assert logs["execution_count"].tolist() == [3, 3, 3, 3, 4, 4]
    assert str(logs["timestamp"].dtype) == "datetime64[us, UTC]"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own
def test_polyaxon_reads_the_log(cell) -> None:
    """Its own reader takes every record, with its time."""
    from traceml.logging.schemas import V1Logs

    cell("tracking.init()")
    cell("print('first | with pipe'); print('second')")
    path = tracking.current_run().path / "plxlogs/logs.jsonl"
    read = V1Logs.read_jsonl(str(path), to_structured=True).logs
    assert [log.value for log in read][1:] == ["first | with pipe", "second"]
    assert all(log.timestamp is not None and log.node == "local" and log.container for log in read)


def test_an_error_is_in_the_log_without_colours(cell) -> None:
    """The traceback that a notebook shows is in the log as lines of stderr."""
    cell("run = tracking.init()")
    cell("1/0", fails=True)
    logged = lines(tracking.current_run())
    assert logged[-1] == "ZeroDivisionError: division by zero"
    assert not any("\x1b" in line for line in logged)


def test_results_and_displays_are_no_printed_lines(cell) -> None:
    """`Out[3]: 42` of a terminal is an output, not a line of the log."""
    cell("tracking.init()")
    cell("from IPython.display import display\ndisplay('shown')\n42")
    assert lines(tracking.current_run()) == []


def test_nothing_is_kept_without_track_logs(cell) -> None:
    """`track_logs=False`: no log file."""
    cell("tracking.init(track_logs=False)")
    cell("print('a')")
    cell("tracking.end()")
    assert not list(tracking.open_run(tracking.runs()["uuid"].iloc[0]).path.glob("plxlogs/*"))


def test_a_plain_program_has_its_log_too(root: Path) -> None:
    """Also one that ends without a word: what it printed is in the log."""
    script = "import sys, jupyter_tracking as t\nt.init(name='x')\nprint('out')\nprint('err', file=sys.stderr)\nprint('rest', end='')"
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("out\nrest")
    assert lines("x") == ["out", "err", "rest"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_prints_once(root: Path) -> None:
    """What a child prints is in the log once, and what the parent printed before is not there twice."""
    script = (
        "import os, jupyter_tracking as t\nt.init(name='x')\nprint('parent')\nchild = os.fork()\n"
        "if not child:\n    print('child', flush=True); os._exit(0)\nos.waitpid(child, 0); print('after'); t.end()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, check=True)
    assert sorted(lines("x")) == ["after", "child", "parent"]


def test_a_thread_prints_into_the_log(cell) -> None:
    """Lines of threads are whole, and none is lost."""
    cell("import threading\ntracking.init()")
    cell(
        "def work(n):\n    for k in range(200): print(f'{n}-{k}')\n"
        "threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]; None"
    )
    logged = "\n".join(lines(tracking.current_run()))
    assert all(logged.count(f"{n}-199") == 1 for n in range(4))


def test_a_full_disk_does_not_disturb_a_print(cell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The print goes on; that the log does not is said once."""
    cell("tracking.init()")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("jupyter_tracking.storage.journal.Journal.append", refuse)
    monkeypatch.setattr("jupyter_tracking.errors._logged", set())
    capsys.readouterr()
    cell("print('still here')")
    assert capsys.readouterr().out == "still here\n"


def test_a_stream_put_before_ours_is_left_there(cell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that wraps `write` after us keeps its wrapper when the run ends, and prints still arrive."""
    monkeypatch.setitem(vars(sys.stdout), "write", sys.stdout.write)  # put back after the test: IPython 8 leaves the wrapper there
    cell("import sys, io\ntracking.init()")
    cell(
        "seen = []\nours = sys.stdout.write\n"
        "def theirs(text):\n    seen.append(text)\n    return ours(text)\n"
        "sys.stdout.write = theirs\ntracking.end()\nprint('after')\nassert sys.stdout.write is theirs\nassert 'after' in seen"
    )


def test_redirected_output_goes_where_it_was_sent(cell) -> None:
    """`redirect_stdout` and `%%capture` keep what they capture to themselves."""
    cell("import io, contextlib\ntracking.init()")
    cell("with contextlib.redirect_stdout(io.StringIO()) as held:\n    print('held')\nassert held.getvalue() == 'held\\n'")
    cell("%%capture captured\nprint('captured')")
    cell("assert captured.stdout == 'captured\\n'\nprint('free')")
    assert "held" not in lines(tracking.current_run())
    assert "free" in lines(tracking.current_run())


# --- progress bars -------------------------------------------------------------------------------


def test_a_progress_bar_is_one_line(cell) -> None:
    """Tqdm draws a thousand times and leaves its last state."""
    pytest.importorskip("tqdm")
    cell("from tqdm import tqdm\nimport time\ntracking.init()")
    cell("for n in tqdm(range(1000), mininterval=0, desc='fit'): pass")
    cell("print('next')")
    logged = [line for line in lines(tracking.current_run()) if line]
    assert len(logged) == 2
    assert logged[0].startswith("fit: 100%")


def test_nested_progress_bars_are_a_few_lines(cell) -> None:
    """A bar in a bar moves the cursor up; the log has last states, not each redrawing."""
    pytest.importorskip("tqdm")
    cell("from tqdm import tqdm\ntracking.init()")
    cell("for a in tqdm(range(5), mininterval=0, desc='outer'):\n    for b in tqdm(range(50), mininterval=0, desc='in', leave=False): pass")
    logged = [line for line in lines(tracking.current_run()) if line.strip()]
    assert len(logged) <= 4
    assert any(line.startswith("outer: 100%") for line in logged)


def test_text_becomes_the_lines_a_screen_would_show(subtests: pytest.Subtests) -> None:
    """Whole or letter by letter: carriage returns overwrite, backspaces go back."""
    for printed, left in [
        ("a\nb\n", ["a", "b"]),
        ("a", ["a"]),
        ("10%\r20%\r30%", ["30%"]),
        ("100%\rdone", ["done"]),
        ("abc\r\x1b[Kx", ["x"]),
        ("abc\x08\x08X", ["aXc"]),
        ("a\n\x1b[Ab\n", ["a", "b"]),
        ("one\n\ntwo\n", ["one", "", "two"]),
        ("  kept  \n", ["  kept  "]),
        ("", []),
    ]:
        with subtests.test(printed=printed, left=left):
            for pieces in ([printed], list(printed)) if "\x1b" not in printed else ([printed],):
                screen = TerminalLines()
                finished = [line for piece in pieces for line in screen.feed(piece)]
                assert finished + screen.finish() == left


def test_rows_that_a_bar_moves_among_are_redrawn_not_repeated() -> None:
    """Two bars drawn alternately for long leave a line each."""
    screen = TerminalLines()
    finished = screen.feed("outer 0\n")
    for n in range(1000):
        finished += screen.feed(f"\rinner {n}\x1b[A\router {n}\n")
    finished += screen.feed("\rinner done\n") + screen.finish()
    assert len(finished) <= 4


# --- where it is shown ---------------------------------------------------------------------------

SHOWING = [
    "import sys\nimport jupyter_tracking as tracking\nimport logging, threading, os",
    "print('before')",
    "{start}",
    "print('one'); print('err', file=sys.stderr); print('two', end='')",
    "for n in range(3): print(n)",
    "os.system('echo from a child process'); None",
    "thread = threading.Thread(target=lambda: print('thread')); thread.start(); thread.join()",
    "logging.warning('warned')",
    "from IPython.display import display\nprint('a'); display('b'); print('c'); 'd'",
    "print('\\r10%', end=''); print('\\r20%')",
    "1/0",
    "{end}",
    "print('after')",
]


def shown(notebook: nbformat.NotebookNode) -> list[list[tuple[Any, ...]]]:
    """What stands under each cell: kind, stream and text of each output, neighbours of one stream put together."""
    cells = []
    for cell in notebook.cells:
        outputs: list[tuple[Any, ...]] = []
        for output in cell.outputs:
            text = output.get("text") or output.get("ename") or output.data["text/plain"]
            kind = (output.output_type, output.get("name"))
            if outputs and outputs[-1][:2] == kind and kind[0] == "stream":
                outputs[-1] = (*kind, outputs[-1][2] + text)
            else:
                outputs.append((*kind, text))
        cells.append(outputs)
    return cells


def test_output_stays_under_its_own_cell(root: Path) -> None:
    """A notebook executed with a run looks as it does without one, before, during and after the run."""
    with_run = [source.format(start="run = tracking.init()", end="tracking.end()") for source in SHOWING]
    without = [source.format(start="run = None", end="None") for source in SHOWING]
    tracked = shown(executed(root, with_run, allow_errors=True))
    plain = shown(executed(root, without, allow_errors=True))
    assert tracked[2][0][2].startswith("run run-")
    tracked[2] = []
    assert tracked == plain

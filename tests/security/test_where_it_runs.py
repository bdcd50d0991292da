"""A standard output that knows ASCII alone or is not there, a current directory that was removed, no home, and what else a machine lacks."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking import printed
from jupyter_tracking.__main__ import main
from jupyter_tracking.errors import InvalidArgument, StorageError, TrackingError

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = Path(__file__).with_name("everything.py")


def answers_of(
    root: Path,
    *first: str,
    options: tuple[str, ...] = (),
    full: bool = False,
    environment: dict[str, str | None] | None = None,
    before: Callable[[], object] | None = None,
    cwd: Path | None = None,
) -> tuple[dict[str, str], str, str]:
    """Do everything in a process of its own; return what came of each thing, and what was printed."""
    report = root.parent / "answers.json"
    wanted = {
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(root.parent / "mpl"),
        "IPYTHONDIR": str(root.parent / "ipython"),
        **(environment or {}),
    }
    given = {k: v for k, v in {**os.environ, **wanted}.items() if v is not None}
    words = [sys.executable, *options, str(PROGRAM), str(report), str(root), "full" if full else "", *first]
    done = subprocess.run(words, capture_output=True, env=given, preexec_fn=before, cwd=cwd, check=False, timeout=240)
    out, err = done.stdout.decode("utf-8", "surrogateescape"), done.stderr.decode("utf-8", "surrogateescape")
    assert report.exists(), err[-2000:]
    answers: dict[str, str] = json.loads(report.read_text())
    report.unlink()
    return answers, out, err


def assert_all_done(answers: dict[str, str], *refused: str) -> None:
    """Everything was done; a mistake, and what is named, was refused by an error of ours."""
    assert answers["a mistake"].startswith("InvalidArgument")
    wrong = {name: said for name, said in answers.items() if said != "ok" and name not in {"a mistake", *refused}}
    assert not wrong, wrong
    foreign = {name: said for name, said in answers.items() if said.startswith("foreign")}
    assert not foreign, foreign
    assert len(answers) > 20


ENVIRONMENTS: dict[str, dict[str, str | None]] = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "the locale C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": None},
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "utf-16": {"PYTHONIOENCODING": "utf-16"},
    "no home": {"HOME": None, "MPLCONFIGDIR": None, "IPYTHONDIR": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None},
    "a home that is none": {"HOME": "/dev/null/home", "MPLCONFIGDIR": "/dev/null/mpl", "IPYTHONDIR": "/dev/null/ipython"},
    "no place for temporary files": {"TMPDIR": "/nowhere/at/all"},
    "a terminal of one column": {"COLUMNS": "1", "TERM": "dumb", "NO_COLOR": "1"},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_everything_is_done_in_any_environment(root: Path, environment: dict[str, str | None]) -> None:
    """Recorded, read, and by the command line, whatever standard output can hold and wherever the user is at home."""
    answers, out, err = answers_of(root, environment=environment, full="home" in str(environment))
    assert_all_done(answers)
    assert "Traceback" not in err
    if environment.get("PYTHONIOENCODING") in {"ascii", "cp1252"}:
        assert r"run \u640d\u5931" in out
        assert out.splitlines()[0].isascii() or environment["PYTHONIOENCODING"] == "cp1252"


OPTIONS = [("-O",), ("-OO",), ("-X", "utf8=0"), ("-I",), ("-W", "error"), ("-X", "dev"), ("-bb",), ("-s", "-S")]


@pytest.mark.parametrize("options", OPTIONS[:7], ids=" ".join)
def test_everything_is_done_with_any_option_of_python(root: Path, options: tuple[str, ...]) -> None:
    """Without assertions, without docstrings, in isolation, and with each warning as an error."""
    first = [f"sys.path.insert(0, {str(PROGRAM.parents[2])!r})"] if options == ("-I",) else []
    answers, _, err = answers_of(root, *first, options=options)
    assert_all_done(answers)
    assert "Traceback" not in err


CLOSED = {
    "standard output": "import sys; sys.stdout = None",
    "standard output and error": "import sys; sys.stdout = sys.stderr = None",
    "an output that was closed": "import sys, io; sys.stdout = io.StringIO(); sys.stdout.close()",
    "an error output that was closed": "import sys, io; sys.stderr = io.StringIO(); sys.stderr.close()",
    "an output that fails": "import sys; sys.stdout = open('/dev/full', 'w', buffering=1)",
}


@pytest.mark.parametrize("first", CLOSED.values(), ids=CLOSED)
def test_a_run_is_recorded_with_no_output_to_print_to(root: Path, first: str) -> None:
    """As under `pythonw`, in a service, or when the disk that takes what is printed is full: recording and reading go on."""
    answers, _, _ = answers_of(root, first)
    commands = {name for name in answers if "command" in name} if "/dev/full" in first else set()
    assert_all_done({name: said for name, said in answers.items() if name not in commands})
    assert not {
        said
        for name, said in answers.items()
        if name in commands and said != "ok" and not said.startswith("foreign RuntimeError: exit status 2")
    }


PRINTING = """
import os, sys
import jupyter_tracking as tracking
with tracking.init(root=sys.argv[1]) as run:
    for step in range(3):
        run.log_metric("loss", 0.5, step=step)
        run.log_text("note", "x", step=step)
        for fd in (0, 1, 2):
            try:
                os.write(fd, b"what a library prints")
            except OSError:
                pass
"""


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)], ids=str)
def test_what_is_printed_to_a_closed_descriptor_is_not_in_a_run(root: Path, closed: tuple[int, ...]) -> None:
    """A process that was started without standard descriptors: what a library in C prints to them is in no file of a run."""
    subprocess.run([sys.executable, "-c", PRINTING, str(root)], preexec_fn=lambda: [os.close(fd) for fd in closed], check=True)
    problems = tracking.problems(root=root, hashes=True)
    assert problems.empty, problems.to_string()
    for path in (root / "runs").rglob("*"):
        assert not path.is_file() or b"what a library prints" not in path.read_bytes(), path


def test_everything_is_done_in_a_folder_that_was_removed(root: Path) -> None:
    """With an absolute root: recorded, read, shown, saved, checked and reported from a current directory that is gone."""
    first = "import tempfile; gone = tempfile.mkdtemp(); os.chdir(gone); load_ext(); os.rmdir(gone)"  # no shell starts where it is gone
    answers, _, err = answers_of(root, first, full=True)
    assert_all_done(answers)
    assert "Traceback" not in err


def test_a_relative_root_in_a_folder_that_was_removed_is_one_clear_error(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each function that needs the current directory says that it is gone, and what would be right."""
    gone = root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    calls: list[Callable[[], Any]] = [
        *(tracking.init, lambda: tracking.init(root="."), lambda: tracking.init(artifacts_path="run"), tracking.runs, tracking.lineage, tracking.problems),
        *(tracking.browse, tracking.lineage_graph, tracking.empty_trash, lambda: tracking.open_run("digits"), lambda: tracking.runs("here")),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(InvalidArgument, match="the current directory has been removed; give an absolute path"):
            call()
    with pytest.raises(TrackingError):
        tracking.open_run(Path("run"))
    assert main(["runs"]) == 2
    said = capsys.readouterr().err
    assert "the current directory has been removed" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("root_of", ["/proc/nowhere", "/dev/null/x", "/sys/x"])
def test_a_root_that_cannot_be_written_is_one_clear_error(root_of: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is started, and the error names the folder."""
    with pytest.raises(StorageError, match=root_of):
        tracking.init(root=root_of)
    assert tracking.current_run() is None
    assert capsys.readouterr().out == ""


def test_a_very_long_path_is_recorded_under_or_refused(root: Path) -> None:
    """Up to what the system takes a run is recorded and read; beyond it, one error."""
    deep = root
    while len(str(deep)) < 3000:
        deep /= "x" * 200
    with tracking.init(root=deep, name="deep") as run:
        run.log_metric("loss", 0.5, step=0)
        run.log_text("note", "x", step=0)
    view = tracking.open_run(run.path)
    assert view.load("loss") == 0.5
    assert view.problems(hashes=True).empty
    with pytest.raises(TrackingError):
        tracking.init(root=deep / "/".join(["x" * 200] * 8))
    with pytest.raises(TrackingError):
        tracking.init(root=root / ("x" * 300))
    assert tracking.current_run() is None


def test_files_have_the_modes_of_the_umask(root: Path) -> None:
    """With umask 077 nobody else reads a run."""
    answers, _, _ = answers_of(root, before=lambda: os.umask(0o077))
    assert_all_done(answers)
    modes = {p.stat().st_mode & 0o077 for p in (root / "runs").rglob("*")}
    assert modes == {0}


def test_a_folder_whose_name_is_no_text_holds_runs(root: Path) -> None:
    """A current directory with bytes that are no UTF-8 in its name: recorded, shown and saved, and printed as escapes."""
    place = Path(os.fsdecode(bytes(root) + b"/d\xff\x1b[31m"))
    place.mkdir()
    answers, out, err = answers_of(place, full=True, cwd=place)
    assert_all_done(answers)
    assert "\x1b" not in out + err


def test_no_place_for_temporary_files_is_one_clear_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A .zip is unpacked into one: where there is none, opening says so."""
    with tracking.init(name="packed") as run:
        run.log_metric("loss", 0.5)
    archive = tracking.open_run(run).export(root / "run.zip")
    monkeypatch.setattr("tempfile.tempdir", "/dev/null/nowhere")
    with pytest.raises(StorageError, match=r"run\.zip"):
        tracking.open_run(archive)


@pytest.mark.parametrize("target", ["/dev/null/x.html", "nowhere/x.html", "."])
def test_a_page_that_cannot_be_written_is_one_clear_error(root: Path, target: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In the call and on the command line."""
    with tracking.init(name="shown") as run:
        run.log_metric("loss", 0.5)
    view = tracking.open_run(run)
    for save in (view.save, view.show("loss").save, tracking.browse(root=root).save):
        with pytest.raises(StorageError, match="page"):
            save(target)
    capsys.readouterr()
    assert main(["show", run.uuid, "-o", target]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_lines_are_written_as_the_stream_can_hold_them() -> None:
    """Our own signs as ASCII has them, letters as escapes; a stream without an encoding takes everything."""
    for encoding, expected in (("ascii", r"a - \u640d ... ->"), ("latin-1", r"a · \u640d ... ->"), ("utf-8", "a · 損 … →")):
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding)
        printed.write(stream, "a · 損 … →")
        stream.flush()
        assert raw.getvalue().decode(encoding).rstrip("\n").replace("-  ", "- ") in {expected, expected.replace("·", "-")}
    whole = io.StringIO()
    printed.write(whole, "a\nb", "c\x1b")
    assert whole.getvalue() == "a\\nb\nc\\x1b\n"


def test_a_pipe_that_nobody_reads_any_more_ends_a_command_quietly(root: Path) -> None:
    """`jupyter-tracking runs | head -0`: no traceback, and status 0."""
    with contextlib.ExitStack() as runs:
        for _ in range(3):
            runs.enter_context(tracking.init(root=root))
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "jupyter_tracking", "lineage", "--csv", "--root", str(root)],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 0


def test_an_output_that_is_full_is_told(root: Path) -> None:
    """What was asked for could not be written: one line, and status 2."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jupyter_tracking", "runs", "--root", str(root)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert b"standard output cannot be written: No space left on device" in done.stderr
    assert done.stderr.count(b"\n") == 1

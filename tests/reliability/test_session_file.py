"""The file of the session: what is written grows with the cells, and no reader ever finds half of it, whatever fails."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from jupyter_tracking.errors import StorageError
from jupyter_tracking.format.cell_log import Cell
from jupyter_tracking.notebook.session_notebook import CellOutputs, SessionNotebook
from jupyter_tracking.storage.store import Store
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.system import os_calls
from tests.conftest import CHECKOUT
from tests.reliability.faults import FailAt, Recording

if TYPE_CHECKING:
    from pathlib import Path

MOMENT = "2026-01-01 00:00:00.000000+00:00"


class Counting(Syscalls):
    """Counts the bytes that are written; what else it is given takes the place of a call."""

    def __init__(self, **calls: Any) -> None:
        self.written = 0
        for name, call in calls.items():
            setattr(self, name, call)

    def write(self, fd: int, data: Any) -> int:  # type: ignore[override]
        """Count."""
        done = os.write(fd, data)
        self.written += done
        return done


def no(*_: object, **__: object) -> bool:
    """What a system says that cannot."""
    return False


def refused(*_: object, **__: object) -> None:
    """What a system does that has no hard links."""
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


class Writer:
    """A session whose cells are numbered."""

    def __init__(self, path: Path, system: Syscalls | None = None, *, power: bool = False) -> None:
        self.store = Store(path, system or Syscalls(), power=power)
        self.notebook = SessionNotebook(self.store)
        self.path = path / "code" / "session.ipynb"
        self.count = 0
        self.masked = 0

    def run_cell(self, source: str = "") -> None:
        """Run a cell: it is in the file when this returns."""
        self.count += 1
        outputs = CellOutputs()
        outputs.on_print([(0, "stdout", f"printed by {self.count}", True)])
        cell = Cell(self.count, "session", MOMENT, MOMENT, "ok", execution_count=self.count)
        self.notebook.add(cell, source or f"x = {self.count}", outputs)
        self.save()

    def save(self, *, lasting: bool = False) -> None:
        """Save the file."""
        self.notebook.save({"run": "r", "masked": self.masked, "notebook": None}, lasting=lasting)


def sources(data: bytes) -> list[str]:
    """The sources of a notebook that is whole."""
    notebook = nbformat.reads(data.decode(), as_version=4)
    nbformat.validate(notebook)
    return [cell.source for cell in notebook.cells]


def numbered(count: int) -> list[str]:
    """The sources of so many cells."""
    return [f"x = {n}" for n in range(1, count + 1)]


def left_over(writer: Writer) -> list[str]:
    """The unfinished files."""
    return os.listdir(writer.store.path / ".jupyter-tracking" / "tmp")


@pytest.mark.parametrize("resumed", [False, True])
def test_what_is_written_grows_with_the_cells(memory: Path, resumed: bool) -> None:
    """Of 10,000 cells, in one life of a run or in two: at most three times the bytes of the notebook."""
    system = Counting()
    writer = Writer(memory / "run", system)
    for _ in range(5000):
        writer.run_cell()
    if resumed:
        first, writer = writer, Writer(memory / "run", system)
        first.notebook.close()
        writer.count = 5000
    for _ in range(5000):
        writer.run_cell()
    writer.save(lasting=True)
    writer.notebook.close()
    data = writer.path.read_bytes()
    assert [cell["source"] for cell in json.loads(data)["cells"]] == numbered(10_000)
    assert system.written <= 3 * len(data)
    assert left_over(writer) == []


@pytest.mark.parametrize("resumed", [False, True])
def test_a_cell_leaves_its_id_in_memory(memory: Path, resumed: bool) -> None:
    """Half of the notebook's bytes at most, in a process of its own: what other tests have left in this one does not count."""
    measured = f"""
import tracemalloc
from pathlib import Path
from tests.reliability.test_session_file import Writer
writer = Writer(Path({str(memory / "run")!r}))
for _ in range(5000):
    writer.run_cell()
if {resumed}:
    first, writer = writer, Writer(writer.store.path)
    first.notebook.close()
    writer.count = 5000
tracemalloc.start()
for _ in range(5000):
    writer.run_cell()
print(tracemalloc.get_traced_memory()[0], writer.path.stat().st_size)
"""
    done = subprocess.run([sys.executable, "-c", measured], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    grown, size = map(int, done.stdout.split())
    assert 0 < grown < size / 2


def test_who_reads_finds_the_file_of_when_it_was_opened(memory: Path) -> None:
    """However many cells end meanwhile; so does who made a hard link of it."""
    writer = Writer(memory / "run")
    opened = []
    for count in range(1, 30):
        writer.run_cell()
        if count % 3 == 0:
            opened.append((count, writer.path.open("rb")))
            os.link(writer.path, memory / f"{count}.ipynb")
        assert sources(writer.path.read_bytes()) == numbered(count)
    for count, file in opened:
        with file:
            assert sources(file.read()) == sources((memory / f"{count}.ipynb").read_bytes()) == numbered(count)


READER = """
import json, sys
print("ready", flush=True)
last = looks = 0
while last < 3000:
    try:
        with open(sys.argv[1], "rb") as file:
            data = file.read()
    except FileNotFoundError:
        continue
    count = len(json.loads(data)["cells"])
    assert count >= last, (count, last)
    last, looks = count, looks + 1
print(looks)
"""


def test_a_reader_at_any_moment_finds_a_whole_notebook(memory: Path) -> None:
    """Another process reads the file again and again while 3,000 cells end as fast as they can."""
    writer = Writer(memory / "run")
    reader = subprocess.Popen([sys.executable, "-c", READER, writer.path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "ready\n"
    for _ in range(3000):
        writer.run_cell()
    out, error = reader.communicate(timeout=120)
    assert not error
    assert int(out) > 1


KILLED = """
import sys
from pathlib import Path
from tests.reliability.test_session_file import Writer
writer = Writer(Path(sys.argv[1]))
while True:
    writer.run_cell()
    print(writer.count, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 2, 17, 120])
def test_after_kill_every_cell_that_had_ended_is_there(memory: Path, lines: int) -> None:
    """Kill -9 at any moment: the file is whole, and the next writer removes what the dead one left."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, memory / "run"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(lines):
        said = process.stdout.readline()
    process.kill()
    ended = int([said, *process.stdout.read().split()][-1])
    process.stdout.close()
    process.wait(60)
    writer = Writer(memory / "run")
    assert sources(writer.path.read_bytes()) in (numbered(ended), numbered(ended + 1))
    writer.count = ended + 1
    writer.store.remove_unfinished()
    writer.run_cell("more")
    assert sources(writer.path.read_bytes())[-1] == "more"
    writer.notebook.close()
    assert left_over(writer) == []


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("done", [False, True])
def test_any_call_may_fail(memory: Path, error: int, done: bool) -> None:
    """Each system call of a save fails once: the file is as before or as after, and the next save has all cells."""
    at = 0
    while True:
        at += 1
        writer = Writer(memory / f"run{at}")
        for _ in range(3):
            writer.run_cell()
        writer.masked = 1
        writer.store.system = system = FailAt(at, lambda: OSError(error, os.strerror(error)), done=done)
        with suppress(StorageError):
            writer.run_cell()
        assert sources(writer.path.read_bytes()) in (numbered(3), numbered(4))
        writer.store.system = Syscalls()
        for count in (5, 6, 7):
            writer.run_cell()
            assert sources(writer.path.read_bytes()) == numbered(count)
        writer.notebook.close()
        if not system.failed:
            break
    assert at > 8


def test_an_interrupt_at_any_call_loses_and_doubles_no_cell(memory: Path) -> None:
    """Ctrl-C in the middle of a save."""
    for done in (False, True):
        for at in range(1, 20):
            writer = Writer(memory / f"run{at}{done}")
            for _ in range(3):
                writer.run_cell()
            writer.store.system = FailAt(at, KeyboardInterrupt, done=done)
            try:
                writer.run_cell()
            except KeyboardInterrupt:
                assert sources(writer.path.read_bytes()) in (numbered(3), numbered(4))
            writer.store.system = Syscalls()
            writer.run_cell()
            assert sources(writer.path.read_bytes()) == numbered(5)


@pytest.mark.parametrize(
    "calls",
    [{"lease": no}, {"exchange": no}, {"exchange": no, "link": refused}, {"lease": no, "exchange": no, "link": refused}],
    ids=" ".join,
)
def test_a_file_system_that_cannot_has_the_same_file(memory: Path, calls: dict[str, Any]) -> None:
    """Without leases, without changing names in one step, without hard links."""
    writer = Writer(memory / "run", Counting(**calls))
    for count in range(1, 9):
        writer.masked = 10**count
        writer.run_cell()
        assert sources(writer.path.read_bytes()) == numbered(count)
        assert len(left_over(writer)) <= 1
        assert json.loads(writer.path.read_bytes())["metadata"]["jupyter_tracking"]["masked"] == 10**count
    writer.notebook.close()
    assert left_over(writer) == []


def test_renaming_costs_no_more_than_exchanging(memory: Path) -> None:
    """Where two files cannot change names in one step, a hard link keeps the other."""
    system = Counting(exchange=no)
    writer = Writer(memory / "run", system)
    for _ in range(1000):
        writer.run_cell()
    assert system.written <= 3 * writer.path.stat().st_size


def test_what_somebody_else_does_to_the_file_loses_no_later_cell(memory: Path) -> None:
    """It is deleted, edited, replaced or emptied, or the other file is: the next cell makes it a whole notebook again."""
    writer = Writer(memory / "run")
    edited = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []})
    other = memory / "run" / ".jupyter-tracking" / "tmp"
    for change in (
        writer.path.unlink,
        lambda: writer.path.write_text(edited),
        lambda: writer.path.write_text(""),
        lambda: [each.unlink() for each in other.iterdir()],
        lambda: [each.write_text("") for each in other.iterdir()],
        lambda: writer.path.write_text(edited) and [each.unlink() for each in other.iterdir()],
    ):
        for _ in range(4):
            writer.run_cell()
        change()
        for _ in range(3):
            writer.run_cell()
            found = sources(writer.path.read_bytes())
            assert found[-1] == f"x = {writer.count}"
            assert len(found) == len(set(found))
    assert found == numbered(writer.count)[-3:], "edited, with nothing else left: what stands there, and what came since"


def test_a_forked_child_leaves_the_files_of_its_parent_alone(memory: Path) -> None:
    """It writes a file of its own, and neither damages the other's."""
    writer = Writer(memory / "run")
    for _ in range(4):
        writer.run_cell()
    if not (pid := os.fork()):
        try:
            for _ in range(3):
                writer.run_cell()
            writer.notebook.close()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert sources(writer.path.read_bytes()) == numbered(7)
    for _ in range(3):
        writer.run_cell()
        found = sources(writer.path.read_bytes())
        assert found[-1] == f"x = {writer.count}"
        assert set(numbered(writer.count)) <= set(found)


def test_a_power_failure_finds_the_bytes_before_the_name(memory: Path) -> None:
    """With `durability="power"`, and at the end in any case, a file is on the disk before it gets the name, and then the name is."""
    for power in (True, False):
        system = Recording()
        writer = Writer(memory / f"run{power}", system, power=power)
        for _ in range(3):
            writer.run_cell()
        system.calls.clear()
        if power:
            writer.run_cell()
            naming = "exchange" if os_calls.FOLDERS_MOVE_WITH_OPEN_FILES else "name"  # the portable storage cannot exchange names
            calls = [call for call in system.calls if call.what in {"write", "sync", naming}]
            named = next(n for n, call in enumerate(calls) if call.what == naming)
            written = {call.inode for call in calls[:named] if call.what == "write"}
            assert written == {call.inode for call in calls[:named] if call.what == "sync"}
            assert (memory / f"run{power}" / "code").stat().st_ino in {call.inode for call in calls[named:] if call.what == "sync"}
        else:
            writer.save(lasting=True)
            assert [call.inode for call in system.calls if call.what == "sync"] == [writer.path.stat().st_ino]
            assert "code/session.ipynb" in writer.store.unsynced


def test_who_opens_the_file_while_it_is_written_waits(memory: Path) -> None:
    """As who has looked up its name just before it lost it; the signal that somebody waits ends nobody."""
    path = memory / "file"
    path.write_text("before")
    fd = os.open(path, os.O_RDWR)
    if not Syscalls().lease(fd):
        os.close(fd)
        pytest.skip("this file system has no leases")
    asked: list[int] = []
    before = signal.signal(signal.SIGURG, lambda number, _frame: asked.append(number))
    command = [sys.executable, "-c", "import sys; print(open(sys.argv[1]).read())", path]
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as opening:
            while not asked:
                signal.sigtimedwait([], 1)
            os.pwrite(fd, b"after!", 0)
            os.close(fd)
            assert opening.communicate(timeout=60)[0] == "after!\n"
    finally:
        signal.signal(signal.SIGURG, before)
    assert signal.getsignal(signal.SIGURG) == signal.SIG_DFL

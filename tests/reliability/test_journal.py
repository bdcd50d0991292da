"""The only writer of rows: each whole or absent, in one file whatever happened to it, with few files open."""

from __future__ import annotations

import errno
import fcntl
import gc
import os
import resource
import threading
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.errors import RunGone, StorageError, StorageFull
from jupyter_tracking.storage import journal as journals
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.store import Store
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.system import os_calls
from tests.reliability.faults import Noting, Recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = b"header\n"


def refused(number: int, times: int = 1) -> Callable[..., Any]:
    """A call that fails some times, and then does nothing."""
    left = [times]

    def call(*_args: object, **_more: object) -> None:
        if left[0]:
            left[0] -= 1
            raise OSError(number, os.strerror(number))

    return call


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[int, Any]]:
    """Say how many descriptors the process may have; return what is open."""

    def allow(descriptors: int) -> dict[int, Any]:
        monkeypatch.setattr(journals, "_open_journals", {})
        monkeypatch.setattr(os_calls, "most_descriptors", lambda: descriptors)
        return journals._open_journals

    return allow


def content(journal: Journal, store: Store) -> bytes:
    """The bytes of its file."""
    return (store.path / journal.relative).read_bytes()


def test_rows_follow_each_other_after_one_header(store: Store) -> None:
    """The file is made by the first row, with its header; the next ones are appended; nothing is made before."""
    journal = Journal(store, "deep/rows", HEADER)
    assert not (store.path / "deep").exists()
    journal.append(b"1\n")
    assert content(journal, store) == b"header\n1\n"
    journal.append(b"2\n")
    journal.close()
    journal.append(b"3\n")
    Journal(store, "deep/rows", HEADER).append(b"4\n")
    journal.append(b"5\n")
    assert content(journal, store) == b"header\n1\n2\n3\n4\n5\n"
    Journal(store, "bare").append(b"1\n")
    assert (store.path / "bare").read_bytes() == b"1\n"


def test_a_row_costs_a_lock_a_look_and_a_write(root: Path) -> None:
    """A row after the first one opens and reads nothing, and is not waited for; with "power" it is."""
    for power in (False, True):
        store = Store(root / f"run{power}", power=power)
        journal = Journal(store, "rows")
        journal.append(b"1\n")
        store.system = system = Noting(fdatasync=lambda _fd: None)
        for _ in range(2):
            journal.append(b"2\n")
            assert system.made == ["flock", "inode_and_size", "write", *(["fdatasync"] if power else []), "flock"]
            system.made.clear()


@pytest.mark.parametrize("tail", [b"", b"3", b"x" * 70_000, b"x" * 65_536, b"x" * 65_535, b"x" * 131_072])
@pytest.mark.parametrize("rows", [b"", b"header\n", b"header\n1\n", b"\n", b"header\n" + b"2" * 65_535 + b"\n", b"\n" * 65_537])
def test_a_torn_end_is_cut_off_however_long(store: Store, rows: bytes, tail: bytes) -> None:
    """What follows the last newline was never acknowledged: it goes, and no whole row does; an empty file gets its header."""
    (store.path / "rows").write_bytes(rows + tail)
    journal = Journal(store, "rows", HEADER)
    journal.append(b"new\n")
    assert content(journal, store) == (rows or HEADER) + b"new\n"
    with (store.path / "rows").open("ab") as other:
        other.write(b"whole\n" + tail)
    journal.append(b"last\n")
    assert content(journal, store) == (rows or HEADER) + b"new\nwhole\nlast\n"


def test_a_torn_end_is_cut_off_whatever_its_length(store: Store) -> None:
    """A file that happens to be as long as a new one would be is looked into all the same."""
    (store.path / "rows").write_bytes(b"header\n12")
    journal = Journal(store, "rows", HEADER)
    journal.append(b"3\n")
    assert content(journal, store) == b"header\n3\n"


def test_a_whole_file_is_not_cut(root: Path) -> None:
    """Where another process added whole rows, one look at the end is enough."""
    store = Store(root / "run")
    journal = Journal(store, "rows")
    journal.append(b"1\n")
    with (store.path / "rows").open("ab") as other:
        other.write(b"2\n")
    store.system = system = Noting()
    journal.append(b"3\n")
    assert system.made == ["flock", "inode_and_size", "inode_and_size", "pread", "write", "flock"]
    assert content(journal, store) == b"1\n2\n3\n"


@pytest.mark.parametrize("taken", [0, 3])
def test_a_row_that_is_written_by_half_is_taken_back(store: Store, taken: int) -> None:
    """Where the disk takes a part of a row and no more, that part is cut off, and the error says what was kept."""
    journal = Journal(store, "events/rows", HEADER)
    journal.append(b"first\n")
    calls = [0]

    def write(fd: int, data: Any) -> int:
        calls[0] += 1
        if calls[0] > 1 or not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return os.write(fd, memoryview(data)[:taken])

    store.system = Noting(write=write)
    with pytest.raises(
        StorageFull, match=r"^\[Errno 28\] a row of events/rows was not written: No space left.*; every earlier row was kept$"
    ):
        journal.append(b"second\n")
    assert content(journal, store) == b"header\nfirst\n"
    store.system = Syscalls()
    journal.append(b"third\n")
    assert content(journal, store) == b"header\nfirst\nthird\n"


def test_a_row_that_cannot_be_taken_back_is_by_the_next_one(store: Store) -> None:
    """Where even the cutting fails, the first error is the one that is told, and the next row cuts."""
    journal = Journal(store, "rows")
    journal.append(b"first\n")

    def write(fd: int, data: Any) -> int:
        os.write(fd, memoryview(data)[:3])
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    store.system = Noting(write=write, ftruncate=refused(errno.EROFS))
    with pytest.raises(StorageError, match="Input/output error"):
        journal.append(b"second\n")
    assert content(journal, store) == b"first\nsec"
    store.system = Syscalls()
    journal.append(b"third\n")
    assert content(journal, store) == b"first\nthird\n"


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("call", ["flock", "inode_and_size", "write", "fdatasync"])
def test_an_interrupt_lets_go_of_the_lock(root: Path, call: str, error: type[BaseException]) -> None:
    """Whatever comes out of a call comes out of the row, as it is; no lock is held after it, and the next row is written."""
    store = Store(root / "run", power=True)
    journal = Journal(store, "rows")
    journal.append(b"first\n")

    def raising(*_args: object) -> None:
        raise error

    store.system = Noting(**{call: raising})
    with pytest.raises(error):
        journal.append(b"second\n")
    with (store.path / "rows").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    store.system = Syscalls()
    journal.append(b"third\n")
    assert content(journal, store) == b"first\nthird\n"


def test_the_lock_is_let_go_after_each_row(store: Store) -> None:
    """Another process may write between two rows; while one is written, it may not."""
    journal = Journal(store, "rows")
    journal.append(b"1\n")
    seen: list[bool] = []

    def write(fd: int, data: Any) -> int:
        with (store.path / "rows").open() as other:
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                seen.append(True)
        return os.write(fd, data)

    store.system = Noting(write=write)
    journal.append(b"2\n")
    assert seen == [True]
    with (store.path / "rows").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_file_that_goes_is_made_anew_however_often(store: Store) -> None:
    """Deleted, exchanged, deleted again while it was opened: the row goes to the file that has the name, with a header."""
    journal = Journal(store, "rows", HEADER)
    journal.append(b"1\n")
    gc.collect()  # what other tests left
    before = len(os.listdir("/proc/self/fd"))
    (store.path / "rows").unlink()
    journal.append(b"2\n")
    assert content(journal, store) == b"header\n2\n"
    held = (store.path / "rows").open("rb")  # so that its inode is not used again
    (store.path / "rows").unlink()
    (store.path / "rows").write_bytes(b"other\ntorn")
    journal.append(b"3\n")
    assert content(journal, store) == b"other\n3\n"
    assert held.read() == b"header\n2\n"
    held.close()
    times = [0]
    kept = []

    def flock(fd: int, how: int) -> None:
        times[0] += 1
        if times[0] <= 3 and how == fcntl.LOCK_EX:
            kept.append((store.path / "rows").open("rb"))
            (store.path / "rows").unlink()
            (store.path / "rows").write_bytes(b"%d\n" % times[0])
        fcntl.flock(fd, how)

    store.system = Noting(flock=flock)
    journal.append(b"4\n")
    assert content(journal, store) == b"3\n4\n"
    for file in kept:
        file.close()
    store.system = Syscalls()
    journal.append(b"5\n")
    assert content(journal, store) == b"3\n4\n5\n"
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_run_that_went_is_told_and_costs_no_descriptor(store: Store, root: Path) -> None:
    """Where the run's folder is gone that is said, as an error of its own; nothing stays open."""
    journal = Journal(store, "rows")
    journal.append(b"1\n")
    store.path.rename(root / "elsewhere")
    gc.collect()  # what other tests left
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2):
        with pytest.raises(RunGone, match="was moved or deleted"):
            journal.append(b"2\n")
    assert len(os.listdir("/proc/self/fd")) == before - 1
    assert (root / "elsewhere" / "rows").read_bytes() == b"1\n"


# --- syncing ---------------------------------------------------------------------------------------


def test_a_sync_waits_for_the_rows_once(root: Path) -> None:
    """What was appended is synced, by its descriptor or by its name; what nobody appended since is not asked for again."""
    system = Recording()
    store = Store(root / "run", system)
    journal = Journal(store, "rows")

    def synced() -> int:
        inode = (store.path / "rows").stat().st_ino
        return sum(call.what == "sync" and call.inode == inode for call in system.calls)

    assert not journal.dirty
    before = len(system.calls)
    journal.sync()
    assert (len(system.calls), journal.dirty) == (before, False)
    journal.append(b"1\n")
    assert journal.dirty
    for number in range(1, 4):
        journal.sync()
        journal.sync()
        assert (synced(), journal.dirty) == (number, False)
        journal.append(b"2\n")
        if number == 2:
            journal.close()


@pytest.mark.parametrize("open_", [True, False])
def test_a_sync_that_fails_is_told_and_done_again(root: Path, open_: bool) -> None:
    """The error says that the rows were written and what may become of them; the next sync waits for them."""
    store = Store(root / "run")
    journal = Journal(store, "events/rows")
    journal.append(b"1\n")
    if not open_:
        journal.close()
    store.system = system = Noting(fsync=refused(errno.EIO))
    with pytest.raises(StorageError, match=r"events/rows may not outlive a power failure: Input/output error; every row was written$"):
        journal.sync()
    system.made.clear()
    journal.sync()
    assert system.made.count("fsync") == 1


# --- few descriptors -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("descriptors", "most"), [(0, 1024), (1, 8), (144, 8), (146, 9), (160, 16), (256, 64), (-1, 1024), (resource.RLIM_INFINITY, 1024)]
)
def test_half_of_the_descriptors_are_left_to_others(monkeypatch: pytest.MonkeyPatch, descriptors: int, most: int) -> None:
    """Of what the process may have open, less than half is ours; a few at least."""
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (descriptors, descriptors))
    assert journals._max_open() == most


def test_the_journal_opened_longest_ago_is_closed(store: Store, few: Callable[[int], dict[int, Any]]) -> None:
    """With more files than may be open those opened first are closed, and opened again when it is their turn."""
    opened = few(146)
    made = [Journal(store, f"rows{n}") for n in range(12)]
    for step in range(3):
        for number, journal in enumerate(made):
            journal.append(b"%d\n" % step)
            is_open = [j._fd >= 0 for j in made]
            assert sum(is_open) == len(opened) == min(9, 12 if step else number + 1)
            assert is_open[number]
            if step:
                assert not is_open[(number + 1) % 12]
    assert all(content(journal, store) == b"0\n1\n2\n" for journal in made)
    assert len({j._fd for j in made if j._fd >= 0}) == 9


def test_a_journal_in_the_middle_of_a_row_is_not_waited_for(store: Store, few: Callable[[int], dict[int, Any]]) -> None:
    """To make room, only journals that nobody is writing to are closed: who waits for another could wait for ever."""
    few(1)
    made = [Journal(store, f"rows{n}") for n in range(9)]
    for journal in made[:8]:
        journal.append(b"1\n")
    with made[0]._lock.threads:
        made[8].append(b"1\n")
        assert made[0]._fd >= 0
    made[0].append(b"2\n")
    assert content(made[0], store) == b"1\n2\n"


def test_a_forgotten_journal_takes_no_room(store: Store, few: Callable[[int], dict[int, Any]]) -> None:
    """A journal that was dropped closes its file; what is noted of it goes when room is needed."""
    opened = few(1)
    gc.collect()  # what other tests left
    before = len(os.listdir("/proc/self/fd"))
    dropped = [Journal(store, f"rows{number}") for number in range(8)]
    kept = [Journal(store, f"more{number}") for number in range(9)]
    for journal in dropped:
        journal.append(b"1\n")
    del dropped, journal
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
    for journal in kept:
        journal.append(b"1\n")
    assert [journal._fd >= 0 for journal in kept] == [False] + [True] * 8
    assert len(opened) == 8


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_without_a_free_descriptor_the_others_are_closed(store: Store, few: Callable[[int], dict[int, Any]], number: int) -> None:
    """Where the process, or the system, has no descriptor left, all that can be closed are, and the row is written."""
    few(1024)
    others = [Journal(store, f"other{n}") for n in range(3)]
    for journal in others:
        journal.append(b"1\n")
    journal = Journal(store, "rows", HEADER)
    real = Syscalls()
    fails = refused(number)

    def open_(*args: Any, **more: Any) -> int:
        fails()
        return real.open(*args, **more)

    store.system = Noting(open=open_)
    journal.append(b"1\n")
    assert content(journal, store) == b"header\n1\n"
    assert [other._fd for other in others] == [-1, -1, -1]
    assert journal._fd >= 0
    journal.append(b"2\n")
    assert content(journal, store) == b"header\n1\n2\n"


def test_another_error_of_opening_closes_nothing(store: Store, few: Callable[[int], dict[int, Any]]) -> None:
    """Only the lack of descriptors is helped by closing; any other error is told."""
    few(1024)
    other = Journal(store, "other")
    other.append(b"1\n")
    store.system = Noting(open=refused(errno.EACCES))
    with pytest.raises(StorageError, match=r"a row of rows was not written: Permission denied"):
        Journal(store, "rows").append(b"1\n")
    assert other._fd >= 0


def test_a_journal_may_have_the_descriptor_zero(store: Store) -> None:
    """In a program that closed its standard input, the first descriptor is one like any other."""
    (store.path / "rows").write_bytes(b"1\n")
    journal = Journal(store, "rows")
    standard = os.dup(0)
    os.close(0)
    try:
        journal.append(b"2\n")
        assert journal._fd == 0
        store.system = system = Noting()
        journal.append(b"3\n")
        assert system.made == ["flock", "inode_and_size", "write", "flock"]
        system.made.clear()
        journal.sync()
        assert "fsync" in system.made
        del journal
        gc.collect()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(0)
    finally:
        os.dup2(standard, 0)
        os.close(standard)
    assert (store.path / "rows").read_bytes() == b"1\n2\n3\n"


# --- threads and forks -----------------------------------------------------------------------------


def test_closing_waits_for_the_row(store: Store) -> None:
    """A journal is closed between two rows, never in one; without waiting, it is left open."""
    journal = Journal(store, "rows")
    journal.append(b"1\n")
    with journal._lock.threads:
        journal.close(wait=False)
        assert journal._fd >= 0
        closing = threading.Thread(target=journal.close)
        closing.start()
        assert journal._fd >= 0
    closing.join()
    assert journal._fd == -1
    journal.close()
    journal.append(b"2\n")
    journal.close(wait=False)
    assert journal._fd == -1
    assert content(journal, store) == b"1\n2\n"


def test_a_child_opens_its_files_itself(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fork a journal has another lock and another descriptor: with its parent's it would share what is locked."""
    monkeypatch.setattr(journals, "_open_journals", {})
    made = [Journal(store, f"rows{n}") for n in range(3)]
    for journal in made:
        journal.append(b"1\n")
    locks = [journal._lock.threads for journal in made]
    with locks[0]:  # held by a thread of the parent, which the child does not have
        for journal in made:
            journal.after_fork()
        assert [journal._fd for journal in made] == [-1, -1, -1]
        assert not journals._open_journals
        for journal in made:
            journal.append(b"2\n")
        assert all(journal._lock.threads is not lock for journal, lock in zip(made, locks, strict=True))
    assert all(content(journal, store) == b"1\n2\n" for journal in made)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # the child does but this
def test_a_fork_is_noticed(store: Store) -> None:
    """A child of a real fork writes with a descriptor of its own; its parent's stays."""
    journal = Journal(store, "rows")
    journal.append(b"1\n")
    fd = journal._fd
    pid = os.fork()
    if pid == 0:
        if journal._fd == -1:
            journal.append(b"child\n")
        os._exit(0)
    os.waitpid(pid, 0)
    assert journal._fd == fd
    journal.append(b"2\n")
    assert content(journal, store) == b"1\nchild\n2\n"

"""The portable storage, by itself and under the package, where the names of POSIX are hidden from it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.system import os_calls, portable
from jupyter_tracking.system.folders import place
from tests.portable.not_there import NOT_THERE
from tests.reliability.killed import Acknowledge, finished

if TYPE_CHECKING:
    from collections.abc import Iterator

SITE = Path(__file__).parent / "site"
LOGS = """
import jupyter_tracking as tracking
import pandas as pd
import sys
from jupyter_tracking.system import os_calls

with tracking.init(name="first", root=sys.argv[1], quiet=True) as run:
    for step in range(20):
        tracking.log_metric("loss", 1 / (step + 1), step=step)
    tracking.log_dataframe(pd.DataFrame({"a": [1, 2]}), "frame", step=3)
    tracking.log_artifact(__import__("os").__file__, "file", step=3)
view = tracking.open_run(run.path)
print(os_calls.open.__module__)
print(*tracking.runs(root=sys.argv[1])["status"])
print(len(view.metrics()), view.load("frame", step=3)["a"].sum(), len(view.problems()))
print(view.load("file", step=3).read_bytes() == open(__import__("os").__file__, "rb").read())
view.delete()
print(len(tracking.runs(root=sys.argv[1])), tracking.empty_trash(sys.argv[1]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """A folder that is open."""
    fd = portable.open(tmp_path, portable.ANY_FOLDER)
    yield fd
    portable.close(fd)


def test_what_is_left_out_of_these_tests_is_there_and_has_one_reason(checkout: Path) -> None:
    """Each line of `not_there.py` names a test, once, and its reason is a sentence."""
    names = [name for tests in NOT_THERE.values() for name in tests]
    assert len(names) == len({*names})
    for name in names:
        path, _, test = name.partition("::")
        assert f"def {test.partition('[')[0]}(" in (checkout / path).read_text(encoding="utf-8"), name
    assert all(len(reason.split()) > 5 for reason in NOT_THERE)


def test_both_have_the_same_names() -> None:
    """Whatever is asked for on POSIX is there on every other system."""
    names = hidden("from jupyter_tracking.system import posix; print(*posix.__all__)", hide="").stdout.split()
    assert "open" in names
    assert [name for name in names if not hasattr(portable, name)] == []


def hidden(source: str, *arguments: str, hide: str = "1") -> subprocess.CompletedProcess[str]:
    """Run a program whose package sees no POSIX; with `hide=""` one that sees it."""
    path = os.pathsep.join([str(SITE), str(SITE.parents[2])])
    environment = {**os.environ, "PYTHONPATH": path, "JUPYTER_TRACKING_TESTS_HIDE_POSIX": hide}
    return subprocess.run([sys.executable, "-c", source, *arguments], capture_output=True, text=True, env=environment, check=False)


def test_a_run_is_written_read_and_deleted_without_posix(tmp_path: Path) -> None:
    """`import`, `init`, `log_metric`, `log_dataframe`, `log_artifact`, `end`, `runs`, `metrics`, `load`, `delete`: with nothing that Windows lacks."""
    done = hidden(LOGS, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[-6:] == ["jupyter_tracking.system.portable", "succeeded", "20 3 0", "True", "0 1", ""]


def test_the_first_call_says_once_what_is_missing(tmp_path: Path) -> None:
    """One warning, one sentence, at the user's own line; where warnings are errors nothing fails of it; on POSIX there is none."""
    done = hidden(LOGS, str(tmp_path))
    assert done.stderr.count("TrackingWarning: on this system (linux) jupyter-tracking has not all it promises on Linux") == 1
    assert "<string>:7: TrackingWarning" in done.stderr
    strict = hidden(f"import warnings; warnings.simplefilter('error')\n{LOGS}", str(tmp_path / "strict"))
    assert strict.returncode == 0, strict.stderr
    with_posix = hidden(LOGS, str(tmp_path / "posix"), hide="")
    assert (with_posix.returncode, "TrackingWarning" in with_posix.stderr) == (0, False), with_posix.stderr


ON_MACOS = """
import fcntl, sys
sys.platform, fcntl.F_FULLFSYNC, asked, real = "darwin", 51, [], fcntl.fcntl
fcntl.fcntl = lambda fd, call, *more: asked.append(fd) if call == 51 else real(fd, call, *more)
import jupyter_tracking.system.posix
sys.platform = "linux"  # again: old libraries written in Rust end the process elsewhere than they were built for
import jupyter_tracking as tracking

with tracking.init(name="first", root=sys.argv[1], quiet=True) as run:
    tracking.log_metric("loss", 1.0, step=0)
    before = len(asked)
    run.sync()
    print(len(asked) > before)
"""


def test_macos_waits_for_the_drive_and_says_what_it_cannot_promise(tmp_path: Path) -> None:
    """Its `fsync` leaves the data in the drive's cache, and `F_FULLFSYNC` does not. This is Linux, which says that it is macOS."""
    done = hidden(ON_MACOS, str(tmp_path), hide="")
    assert (done.returncode, done.stderr.count("TrackingWarning: on this system (darwin)")) == (0, 1), done.stderr
    assert "other machines that write to a run are not seen" in done.stderr
    assert done.stdout == "True\n"
    assert len(tracking.open_run("first", root=tmp_path).metrics()) == 1


@pytest.mark.parametrize("reads", ["tracking.runs(root=root)", "tracking.open_run('first', root=root)", "tracking.problems(root=root)"])
def test_who_only_reads_is_told_what_is_missing_too(tmp_path: Path, reads: str) -> None:
    """A reader, to whom a link may matter, learns it as well: once, at its own line."""
    with tracking.init(name="first", root=tmp_path):
        tracking.log_metric("loss", 1.0, step=1)
    done = hidden(f"import jupyter_tracking as tracking, sys\nroot = sys.argv[1]\n{reads}\n{reads}", str(tmp_path))
    assert (done.returncode, done.stderr.count("TrackingWarning: on this system (linux)")) == (0, 1), done.stderr
    assert "<string>:3: TrackingWarning" in done.stderr


def test_a_link_is_refused_and_a_folder_that_was_replaced_is_gone(folder: int, tmp_path: Path) -> None:
    """No link is opened, made a file of, or gone through; a folder that was opened is that folder, and no other of its name."""
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "inner").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "outside")
    for flags in (portable.O_RDONLY, portable.O_RDWR | portable.O_CREAT):
        with pytest.raises(OSError, match="symbolic") as refused:
            portable.open("link", flags | portable.NO_LINKS, dir_fd=folder)
        assert refused.value.errno == errno.ELOOP
    inner = portable.open("inner", portable.ANY_FOLDER | portable.NO_LINKS, dir_fd=folder)
    (tmp_path / "inner").rename(tmp_path / "moved")
    (tmp_path / "inner").symlink_to(tmp_path / "moved")
    with pytest.raises(FileNotFoundError):
        portable.open("file", portable.O_RDWR | portable.O_CREAT, dir_fd=inner)
    portable.close(inner)
    assert not list((tmp_path / "moved").iterdir())


def test_a_link_put_in_the_way_while_a_file_is_opened_is_refused(folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the opening: what was opened is closed again, and not read."""
    (tmp_path / "outside").write_bytes(b"secret")
    (tmp_path / "file").write_bytes(b"ours")
    real = portable._open_file

    def swapped(path: str, flags: int, mode: int) -> int:
        (tmp_path / "file").unlink()
        (tmp_path / "file").symlink_to(tmp_path / "outside")
        return real(path, flags, mode)

    monkeypatch.setattr(portable, "_open_file", swapped)
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="symbolic"):
        portable.open("file", portable.O_RDONLY | portable.NO_LINKS, dir_fd=folder)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_that_another_replaces_while_it_is_opened_is_opened_anew(
    folder: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader meets a writer that gives the name to a new file: that is no link, and what has the name is read. One always replaced is not."""
    (tmp_path / "file").write_bytes(b"old")
    real, swaps = portable._open_file, [1]

    def swapped(path: str, flags: int, mode: int) -> int:
        fd = real(path, flags, mode)
        if swaps[0]:
            swaps[0] -= 1
            (tmp_path / "next").write_bytes(b"new")
            (tmp_path / "next").replace(tmp_path / "file")
        return fd

    monkeypatch.setattr(portable, "_open_file", swapped)
    before = len(os.listdir("/proc/self/fd"))
    fd = portable.open("file", portable.O_RDONLY | portable.NO_LINKS, dir_fd=folder)
    assert portable.pread(fd, 10, 0) == b"new"
    portable.close(fd)
    swaps[0] = 1000
    with pytest.raises(BlockingIOError):
        portable.open("file", portable.O_RDONLY | portable.NO_LINKS, dir_fd=folder)
    assert len(os.listdir("/proc/self/fd")) == before


NEVER_NAMES = ("/etc/passwd", "/", "..", "../outside", "inner/../../outside", "")
NO_NAMES_OF_WINDOWS = (
    *("C:x", "C:\\x", "\\x", "\\\\server\\share", "..\\outside", "inner\\file", "file:stream", "file::$DATA", "inner/file:stream"),
    *("nul", "NUL", "Con.txt", "nul .txt", "com1", "LPT9.log", "COM¹", "conout$", "CONIN$.x", "inner/aux", "aux/file"),
    *("file.", "file ", "inner./file", "what?", "a*", "a|b", "<a", "a>", 'a"b', "a\tb"),
)


@pytest.mark.parametrize("name", [*NEVER_NAMES, *NO_NAMES_OF_WINDOWS])
def test_no_name_leads_out_of_a_folder_or_means_something_else(folder: int, tmp_path: Path, name: str) -> None:
    """By no name is anything reached but what is in the folder: on no system by one that climbs, on Windows by none that it reads in another way."""
    with pytest.raises(OSError, match=r"no name in a folder|Windows has no such name") as refused:
        place(name, folder, windows=True)
    assert refused.value.errno == errno.EINVAL
    if name in NO_NAMES_OF_WINDOWS:
        assert place(name, folder, windows=False) == f"{tmp_path}/{name}"
    else:
        with pytest.raises(OSError, match="no name in a folder"):
            place(name, folder, windows=False)


@pytest.mark.parametrize("name", ["file", "inner/file", ".", "con-1", "null", "com10", "a.b", ".hidden", "a b", "損失", "~", "$x"])
def test_any_other_name_is_one_in_the_folder(folder: int, tmp_path: Path, name: str) -> None:
    """Also one that only looks like what Windows reserves."""
    assert Path(place(name, folder, windows=True)) == tmp_path / name


def test_reading_and_writing_elsewhere_leaves_the_place_where_it_was(folder: int) -> None:
    """`pread`, `preadv` and `pwrite` move nothing."""
    fd = portable.open("file", portable.O_RDWR | portable.O_CREAT, dir_fd=folder)
    portable.write(fd, b"0123456789")
    portable.lseek(fd, 2, os.SEEK_SET)
    assert portable.pread(fd, 3, 5) == b"567"
    buffer = bytearray(4)
    assert portable.preadv(fd, [memoryview(buffer)[:2], memoryview(buffer)[2:]], 7) == 3
    assert bytes(buffer) == b"789\0"
    assert (portable.lseek(fd, 5, os.SEEK_SET), portable.readv(fd, [memoryview(buffer)[:1], memoryview(buffer)[1:3]])) == (5, 3)
    assert (bytes(buffer), portable.lseek(fd, 2, os.SEEK_SET)) == (b"567\0", 2)
    assert portable.pwrite(fd, b"ab", 0) == 2
    portable.write(fd, b"c")
    portable.fsync(fd)
    assert portable.pread(fd, 10, 0) == b"abc3456789"
    portable.close(fd)


def test_a_folder_is_walked_and_removed_as_by_python(folder: int, tmp_path: Path) -> None:
    """`fwalk` gives what `os.fwalk` gives, and goes through no link; `sync_disk` reads all of it."""
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").touch()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a")
    found = {top: (sorted(folders), sorted(names)) for top, folders, names, _ in portable.fwalk("a", dir_fd=folder)}
    assert found == {"a": (["b"], ["link"]), "a/b": (["c"], ["file"]), "a/b/c": ([], [])}
    portable.sync_disk(folder)
    portable.rmtree("a", dir_fd=folder)
    assert "a" not in portable.listdir(folder)


def test_a_name_is_given_to_one_file_alone(folder: int, tmp_path: Path) -> None:
    """`link` and `rename` follow the rules of POSIX: a link is made if the name is free, a rename replaces a file and no folder."""
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    (tmp_path / "inner").mkdir()
    places = {"src_dir_fd": folder, "dst_dir_fd": folder}
    with pytest.raises(FileExistsError):
        portable.link("one", "two", **places)
    portable.link("one", "three", **places)
    portable.rename("two", "three", **places)
    assert (tmp_path / "three").read_text() == "two"
    with pytest.raises(FileExistsError):
        portable.rename("one", "inner", **places)
    with pytest.raises(IsADirectoryError):
        portable.unlink("inner", dir_fd=folder)


LOCKS = """
import sys
from jupyter_tracking.system import os_calls as calls

one, two = (calls.open(sys.argv[1], calls.O_RDWR | calls.O_CREAT) for _ in range(2))
def free(fd, how):
    try:
        calls.flock(fd, how | calls.LOCK_NB)
    except BlockingIOError:
        return False
    return True
print(free(one, calls.LOCK_EX), free(one, calls.LOCK_EX), free(two, calls.LOCK_EX), free(two, calls.LOCK_SH))
calls.flock(one, calls.LOCK_UN)
print(free(one, calls.LOCK_SH), free(two, calls.LOCK_SH), free(one, calls.LOCK_EX), free(two, calls.LOCK_EX))
calls.flock(two, calls.LOCK_UN)
print(free(one, calls.LOCK_SH), free(two, calls.LOCK_SH))
calls.flock(two, calls.LOCK_UN)
print(free(one, calls.LOCK_EX), free(two, calls.LOCK_SH))
calls.close(one)
print(free(two, calls.LOCK_EX))
try:
    calls.open("nul.txt", calls.O_RDWR | calls.O_CREAT, dir_fd=calls.open(".", calls.ANY_FOLDER))
except OSError as error:
    print(error.strerror)
"""


def test_locks_are_shared_or_not_and_are_given_again_to_who_has_them(tmp_path: Path) -> None:
    """By the calls of Windows, as by those of POSIX: two may share a lock, one may have it alone, and whoever has one may ask for either.

    A reserved name is refused.
    """
    done = hidden(LOCKS, str(tmp_path / "file"))
    *locks, refused, end = done.stdout.split("\n")
    assert locks == ["True True False False", "True True False True", "True True", "True False", "True"], done.stderr
    assert (refused, end) == ("Windows has no such name", "")
    assert hidden(LOCKS, str(tmp_path / "file"), hide="").stdout.split("\n") == [*locks, ""]


def say_storage(acknowledge: Acknowledge) -> None:
    """Say which storage a writer of the tests of kills has."""
    acknowledge(os_calls.open.__module__)


def test_the_processes_that_are_killed_have_the_storage_of_the_test() -> None:
    """The tests of kills, by `make portable`, are of the portable storage."""
    assert finished(say_storage) == [os_calls.open.__module__]

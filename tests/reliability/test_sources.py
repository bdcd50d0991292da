"""The user's own files: only ever read, copied whole or refused by name, and never waited for."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from jupyter_tracking.errors import InvalidArgument, MissingFile, StorageError, TrackingError
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage.user_file_reader import file_chunks, hash_and_size
from tests.reliability import writers
from tests.reliability.killed import finished
from tests.reliability.script import readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UUID = "0" * 32


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    """A run."""
    run = Run(root / "runs" / UUID)
    yield run
    run.end()


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """No test here waits for a pipe: after some seconds it is interrupted, and fails."""
    signal.alarm(20)
    yield
    signal.alarm(0)


def tree(path: Path) -> dict[str, bytes | None]:
    """Every file below a folder with its bytes."""
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() and not p.is_symlink() else None for p in path.rglob("*")}


def pipe(path: Path) -> None:
    """Make a pipe nobody writes to."""
    os.mkfifo(path)


def plug(path: Path) -> None:
    """Make a socket."""
    with socket.socket(socket.AF_UNIX) as made:
        os.chdir(path.parent)
        made.bind(path.name)


def link(path: Path) -> None:
    """Make a link to a file that is there."""
    (path.parent / "target").write_text("target")
    path.symlink_to(path.parent / "target")


def dangling(path: Path) -> None:
    """Make a link to nothing."""
    path.symlink_to(path.parent / "nothing")


def loop(path: Path) -> None:
    """Make a link to itself."""
    path.symlink_to(path)


SPECIALS = [pipe, plug, link, dangling, loop]


@pytest.mark.parametrize("step", [1, None], ids=["at a step", "without a step"])
@pytest.mark.parametrize("make", SPECIALS)
def test_what_is_no_file_is_refused_without_waiting(run: Run, root: Path, make, step: int | None) -> None:
    """A pipe, a socket or a link is refused by name, itself or in a folder; nothing is written."""
    folder = root / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    make(folder / "special")
    before = tree(run.path)
    for path in (folder / "special", folder):
        for log in (run.log_artifact, run.log_model):
            with pytest.raises(InvalidArgument, match=r"special' is a (link|pipe, a socket or a device)"):
                log(path, "x", step=step)
    assert tree(run.path) == before


def test_a_device_is_refused(run: Run) -> None:
    """An endless device is refused, not copied."""
    for path in ("/dev/zero", "/dev/null"):
        with pytest.raises(InvalidArgument, match="a pipe, a socket or a device"):
            run.log_artifact(path, "x", step=1)


@pytest.mark.parametrize("path", ["missing", "missing/deeper", "file.txt/below", "nul\x00byte", "x" * 5000])
def test_a_missing_file_is_told(run: Run, root: Path, path: str) -> None:
    """A file that is not there is named, with the folder it was looked for in; nothing is written."""
    (root / "file.txt").write_text("x")
    before = tree(run.path)
    with pytest.raises(TrackingError, match=r"path=.*(no such file or folder|could not be read: File name too long|control character)"):
        run.log_artifact(path, "x", step=1)
    assert tree(run.path) == before
    with pytest.raises(MissingFile):
        run.log_artifact("missing")


def test_a_file_one_may_not_read_is_told_as_such(memory: Path) -> None:
    """A source that cannot be read is named as the reason, not the disk of the run."""
    source = memory / "closed.txt"
    source.write_text("secret")
    source.chmod(0)
    memory.chmod(0o777)
    told = finished(writers.copy_as_nobody, memory / "runs" / UUID, source)
    assert told == [("StorageError", f"[Errno 13] path={str(source)!r} could not be read: Permission denied; nothing was logged")] * 2


def test_a_folder_that_holds_the_run_is_refused(run: Run, root: Path) -> None:
    """A folder with the run inside is refused, through a link on the way to it as well; so is the run itself."""
    (root.parent / "way").symlink_to(root)
    for path in (root, root / "runs", run.path, root.parent / "way" / "runs", f"{run.path}/."):
        with pytest.raises(InvalidArgument, match="contains the run folder itself"):
            run.log_artifact(path, "x", step=1)


def test_files_of_the_run_itself_are_copied(run: Run) -> None:
    """What lies in the run is copied like any other file, once; without a step what lies in outputs/ stays where it is."""
    outputs = run.path / "outputs" / "mine"
    outputs.mkdir(parents=True)
    (outputs / "a.txt").write_text("a")
    run.log_artifact(outputs / "a.txt", "a", step=1)
    run.log_artifact(run.path / "outputs", "all")
    run.log_artifact(run.path / ".jupyter-tracking", "own")
    assert (run.path / "assets/file/a_1.txt").read_text() == "a"
    assert (run.path / "outputs/.jupyter-tracking").is_dir()
    assert not (run.path / "outputs/outputs").exists()
    run.end()
    assert {a.name: a.path for a in open_folder(run.path).artifacts()}["all"] == "outputs"


def test_a_growing_file_is_copied_as_it_was(run: Run, root: Path) -> None:
    """A file that grows faster than it is read ends where it ended at the start; size and hash are those of the copy."""
    source = root / "growing.log"
    source.write_bytes(b"x" * 3_000_000)
    taken = []
    with source.open("ab", buffering=0) as growing:
        for chunk in file_chunks(str(source)):
            taken.append(bytes(chunk))
            growing.write(b"y" * 2_000_000)
    assert b"".join(taken) == b"x" * 3_000_000
    stop = threading.Event()

    def grow() -> None:
        with source.open("ab", buffering=0) as growing:
            while not stop.is_set():
                growing.write(b"z" * 100_000)
                if growing.tell() > 200_000_000:
                    break

    thread = threading.Thread(target=grow)
    thread.start()
    run.log_artifact(source, "log", step=1)
    stop.set()
    thread.join()
    folder = open_folder(run.path)
    copied = readable(folder)["file", "log"][0][1]
    assert copied.startswith(b"x" * 3_000_000)
    assert not find_problems(folder)


def test_sources_are_only_read(run: Run, root: Path) -> None:
    """What is logged is copied: the source keeps its bytes, its mode and its place."""
    folder = root / "folder"
    (folder / "deep" / "empty").mkdir(parents=True)
    for name in ("a.bin", "deep/b.bin", "deep/zero"):
        (folder / name).write_bytes(b"" if name.endswith("zero") else os.urandom(70_000))
    (folder / "a.bin").chmod(0o440)
    before = tree(folder), [p.stat() for p in sorted(folder.rglob("*"))]
    run.log_artifact(folder, "folder", step=1)
    run.log_artifact(folder / "a.bin", "a", step=1)
    run.log_artifact(f"{folder}/", "again", step=1)
    run.log_model(folder, "model")
    after = tree(folder), [p.stat() for p in sorted(folder.rglob("*"))]
    assert before[0] == after[0]
    assert [(s.st_mode, s.st_ino, s.st_mtime_ns) for s in before[1]] == [(s.st_mode, s.st_ino, s.st_mtime_ns) for s in after[1]]
    assert tree(run.path / "assets/dir/folder_1") == before[0]
    assert (run.path / "assets/dir/folder_1/deep/empty").is_dir()
    digest, size = hash_and_size(str(folder))
    whole = b"".join(content for _, content in sorted(before[0].items()) if content)
    assert (digest, size) == (hashlib.md5(whole).hexdigest()[:12], 140_000)


def test_versions_are_never_overwritten(run: Run, root: Path) -> None:
    """The same name and step again, or a name that looks like another's file: each keeps its own content."""
    source = root / "s.txt"
    contents: dict[tuple[str, int | None], list[bytes]] = {}
    for number, (name, step) in enumerate([("a", 1), ("a", 1), ("a_1", None), ("a", 1), ("A", 1), ("a-2", 1), ("a_1-2", 3), ("a", 1)]):
        source.write_text(f"content {number}")
        if step is not None:
            run.log_artifact(source, name, step=step)
            contents.setdefault((name, step), []).append(f"content {number}".encode())
        run.log_artifact(source, f"output {name}")
    found = readable(open_folder(run.path))
    for (name, step), expected in contents.items():
        assert found["file", name] == [(step, content) for content in expected]
    assert sorted(p.read_text() for p in (run.path / "outputs").iterdir()) == sorted(f"content {n}" for n in range(8))
    assert not find_problems(open_folder(run.path))


def test_paths_are_those_of_the_moment(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative sources are found from the current directory of the call; the run stays where it began."""
    (root / "here").mkdir()
    (root / "here" / "f.txt").write_text("here")
    monkeypatch.chdir(root / "here")
    run.log_artifact("f.txt", "f", step=1)
    run.log_metric("loss", 1.0, 1)
    monkeypatch.chdir("/")
    run.log_metric("loss", 2.0, 2)
    run.log_metric("later", 2.0, 2)
    assert len(readable(open_folder(run.path))) == 3


def test_modes_obey_the_umask(root: Path) -> None:
    """Files and folders get the modes that the user's umask leaves, never more."""
    source = root / "s.txt"
    source.write_text("x")
    for number, mask in enumerate((0o077, 0o022, 0o002)):
        before = os.umask(mask)
        try:
            run = Run(root / f"root{number}" / "runs" / UUID)
            run.log_metric("loss", 1.0, 1)
            run.log_artifact(source, "s", step=1)
            run.log_artifact(source)
            run.log_model(root / f"root{number}" / ".." / "s.txt", "m", step=2)
            run.end()
        finally:
            os.umask(before)
        for path in (root / f"root{number}").rglob("*"):
            mode = path.stat().st_mode & 0o777
            assert mode == ((0o777 if path.is_dir() else 0o666) & ~mask), path


@pytest.mark.parametrize("name", ["with spaces", "日本語", "a" * 200, "per%cent"])
def test_roots_of_any_name(root: Path, name: str) -> None:
    """The root may have any name, and be reached through a link."""
    (root / name).mkdir()
    (root / "link").symlink_to(root / name)
    run = Run(root / "link" / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    run.end()
    assert readable(open_folder(root / name / "runs" / UUID)) == {("metric", "loss"): [(1, 1.0)]}


def test_a_root_that_is_too_long_is_told(root: Path) -> None:
    """A path longer than the system takes is one error at the start."""
    with pytest.raises(StorageError, match="File name too long"):
        Run(root.joinpath(*["d" * 250] * 20) / UUID)
    assert not list(root.iterdir())

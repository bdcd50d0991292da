"""The only writer of files: whole or not at all, under a free name, with size and hash of what was stored."""

from __future__ import annotations

import errno
import gc
import hashlib
import os
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.errors import InvalidArgument, RunGone, StorageError, StorageFull
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage.journal import Journal
from jupyter_tracking.storage.store import Sink, Store, Stored
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.system import os_calls
from tests.reliability.faults import FailAt, Recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTENT = b"some bytes"
DIGEST = hashlib.md5(CONTENT).hexdigest()[:12]


class Without(Syscalls):
    """A system on which some calls fail in a way of their own."""

    def __init__(self, **calls: Callable[..., Any]) -> None:
        for name, call in calls.items():
            setattr(self, name, call)


def refused(number: int) -> Callable[..., Any]:
    """A call that fails."""

    def call(*_args: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


def shares(fd: int, source: int) -> bool:
    """What a disk does that can share blocks: here by copying."""
    os.pwrite(fd, os.pread(source, 1000, 0), 0)
    return True


def put(store: Store, name: str = "a.bin", content: bytes = CONTENT, **more: Any) -> Stored:
    """Put a file into a folder of the run; a name that is taken gets a number."""
    return store.write_file("files", lambda again: name if again == 1 else f"{again}-{name}", lambda sink: sink.write(content), **more)


def left_over(store: Store) -> list[str]:
    """The unfinished files."""
    return os.listdir(store.path / ".jupyter-tracking" / "tmp")


def opened() -> int:
    """How many descriptors this process holds."""
    return len(os.listdir("/proc/self/fd"))


def failure_of(call: Callable[[], object]) -> str:
    """Call it; return the error it raised of the disk, or nothing."""
    try:
        call()
    except StorageError as error:
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize("hashed", [True, False])
def test_what_is_put_is_told_with_size_and_hash(store: Store, hashed: bool) -> None:
    """The path, the bytes and the first 12 digits of the md5, or none of them."""
    assert put(store, hashed=hashed) == ("files/a.bin", len(CONTENT), DIGEST if hashed else None)
    assert (store.path / "files" / "a.bin").read_bytes() == CONTENT
    assert not left_over(store)


@pytest.mark.parametrize("hashed", [True, False])
def test_what_is_copied_is_told_with_size_and_hash(store: Store, root: Path, hashed: bool) -> None:
    """The same of a file, of a folder with folders, and of an empty one."""
    folder = root / "folder"
    (folder / "deep" / "empty").mkdir(parents=True)
    (folder / "a").write_bytes(CONTENT[:3])
    (folder / "deep" / "b").write_bytes(CONTENT[3:])
    (folder / "z").write_bytes(b"")
    digest = DIGEST if hashed else None
    for source, expected in ((folder, (len(CONTENT), digest)), (folder / "deep" / "empty", (0, hashlib.md5().hexdigest()[:12]))):
        stored = store.copy(str(source), "files", lambda again, source=source: f"{source.name}{again}", hashed=hashed)
        assert (stored.size, stored.hash) == (expected[0], expected[1] if hashed else None)
        assert stored.path == f"files/{source.name}1"
        copied = store.path / stored.path
        assert {p.relative_to(copied): p.is_dir() or p.read_bytes() for p in copied.rglob("*")} == {
            p.relative_to(source): p.is_dir() or p.read_bytes() for p in source.rglob("*")
        }
    for name, system in (("b", Syscalls()), ("shared", Without(clone=shares, write=refused(errno.EIO)))):
        store.system = system
        stored = store.copy(str(folder / "deep" / "b"), "files", lambda _, name=name: name, hashed=hashed)
        assert stored == (f"files/{name}", 7, hashlib.md5(CONTENT[3:]).hexdigest()[:12] if hashed else None)
        assert (store.path / "files" / name).read_bytes() == CONTENT[3:]
    assert not left_over(store)


def test_files_and_folders_have_the_modes_that_the_umask_leaves(root: Path) -> None:
    """None of its own is asked for: with no umask everyone may read and write, and files are no programs."""
    (root / "folder" / "deep").mkdir(parents=True)
    (root / "folder" / "deep" / "a").write_bytes(CONTENT)
    umask = os.umask(0)
    try:
        store = Store(root / "run")
        put(store)
        store.copy(str(root / "folder"), "files", lambda _: "folder")
        store.replace("doc", CONTENT)
        os.close(store.open_or_create("rows", CONTENT, os.O_RDWR)[0])
    finally:
        os.umask(umask)
    modes = {p.relative_to(store.path).as_posix(): p.stat().st_mode & 0o7777 for p in store.path.rglob("*")}
    assert modes == {name: 0o777 if (store.path / name).is_dir() else 0o666 for name in modes}
    assert len(modes) >= 9


def test_a_sink_is_a_file_for_libraries(root: Path) -> None:
    """What writes to it may ask whether it may, and where it is; any buffer is taken, of items of any size."""
    fd = os.open(root / "file", os.O_RDWR | os.O_CREAT)
    sink = Sink(Syscalls(), fd, hashed=True)
    assert sink.writable()
    assert (sink.tell(), sink.size) == (0, 0)
    assert sink.write(memoryview(b"abcdefgh").cast("I")) == 8
    assert sink.write(bytearray(b"i")) == 1
    assert (sink.tell(), sink.size, sink.digest) == (9, 9, hashlib.md5(b"abcdefghi").hexdigest()[:12])
    assert os.pread(fd, 20, 0) == b"abcdefghi"
    os.close(fd)


def test_a_name_that_is_taken_is_passed_over(store: Store) -> None:
    """Nothing is overwritten: the next free name is found, and again at once, in each folder and for each name on its own."""
    asked: list[int] = []

    def name(again: int) -> str:
        asked.append(again)
        return f"a-{again}"

    for number in range(4):
        assert store.write_file("files", name, lambda sink, number=number: sink.write(b"%d" % number)).path == f"files/a-{number + 1}"
    assert len(asked) <= 12  # from the last one on, not from the first
    (store.path / "files" / "a-5").write_bytes(b"another process'")
    assert store.write_file("files", name, lambda sink: sink.write(b"5")).path == "files/a-6"
    assert put(store, "b").path == "files/b"
    assert store.write_file("others", name, lambda sink: sink.write(b"x")).path == "others/a-1"
    found = {p.name: p.read_bytes() for p in (store.path / "files").iterdir()}
    assert found == {"a-1": b"0", "a-2": b"1", "a-3": b"2", "a-4": b"3", "a-5": b"another process'", "a-6": b"5", "b": CONTENT}


def test_a_folder_never_takes_the_place_of_another(store: Store, root: Path) -> None:
    """A folder whose name is taken, by an empty folder or by a file, gets the next one."""
    (root / "folder").mkdir()
    (root / "folder" / "a").write_bytes(CONTENT)
    (store.path / "files" / "f1").mkdir(parents=True)
    (store.path / "files" / "f2").write_bytes(b"")
    (store.path / "files" / "f3").symlink_to("nothing")
    assert store.copy(str(root / "folder"), "files", lambda again: f"f{again}").path == "files/f4"
    assert not list((store.path / "files" / "f1").iterdir())
    assert (store.path / "files" / "f2").read_bytes() == b""


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK])
def test_without_hard_links_a_name_is_free_before_it_is_given(root: Path, number: int) -> None:
    """On a disk without hard links, whatever it says to them, files are renamed, one writer at a time, and none is overwritten."""
    store = Store(root / "run", Without(link=refused(number)))
    assert [put(store, content=b"%d" % n).path for n in range(3)] == ["files/a.bin", "files/2-a.bin", "files/3-a.bin"]
    assert (store.path / "files" / "a.bin").read_bytes() == b"0"
    assert not left_over(store)
    assert (store.path / ".jupyter-tracking" / "names").exists()
    with pytest.raises(StorageError, match="Input/output error"):
        put(Store(root / "other", Without(link=refused(errno.EIO))))
    assert not (root / "other" / ".jupyter-tracking" / "names").exists()


def test_files_are_put_as_new_ones(root: Path) -> None:
    """A leftover with the name of a temporary file is never written through, and nothing is a link's target."""
    store = Store(root / "run")
    secret = root / "secret"
    secret.write_bytes(b"secret")
    for number in range(3):
        (store.path / ".jupyter-tracking" / "tmp" / f"{os.getpid()}-{store._token}-{number}.tmp").symlink_to(secret)
    for attempt in (lambda: put(store), lambda: store.replace("doc", CONTENT)):
        with pytest.raises(StorageError, match="File exists"):
            attempt()
    os.close(store.open_or_create("rows", CONTENT, os.O_RDWR)[0])
    assert (store.path / "rows").read_bytes() == CONTENT
    assert secret.read_bytes() == b"secret"


# --- documents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("exchange", ["exchanged", "renamed"])
@pytest.mark.parametrize("lasting", [True, False])
def test_a_document_is_replaced_in_one_step(root: Path, lasting: bool, exchange: str) -> None:
    """Made, then replaced, in the run or in a folder of it; the old one goes; the disk is waited for where that is asked."""
    system = Recording()
    if exchange == "renamed":
        system.exchange = lambda *_args, **_more: False  # type: ignore[method-assign]
    store = Store(root / "run", system)
    for name in ("doc.json", "deep/er/doc.json"):
        for text in (b"first", b"second, which is longer", b"3"):
            before = len(system.calls)
            store.replace(name, text, lasting=lasting)
            assert (store.path / name).read_bytes() == text
            synced = {call.inode for call in system.calls[before:] if call.what == "sync"}
            assert ((store.path / name).stat().st_ino in synced) == lasting
    assert not left_over(store)
    assert store.unsynced == {"doc.json", "deep/er/doc.json"}
    renamed = [call for call in system.calls if call.what == "name"]
    assert len(renamed) == (6 if lasting or exchange == "renamed" else 2)  # the first of each has nothing to change names with


def test_a_document_lasts_unless_it_need_not(root: Path) -> None:
    """Who does not say otherwise waits for the disk."""
    system = Recording()
    store = Store(root / "run", system)
    store.replace("doc", CONTENT)
    assert (store.path / "doc").stat().st_ino in {call.inode for call in system.calls if call.what == "sync"}


def test_a_document_that_cannot_be_written_leaves_the_old_one(root: Path) -> None:
    """Whichever call fails: one error that says so, the old document, no leftover, no descriptor more."""
    at = 1
    while True:
        system = FailAt(0, lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        store = Store(root / f"run{at}", system)
        store.replace("deep/doc", b"old")
        before = opened()
        system.at, system.count = at, 0
        told = failure_of(lambda store=store: store.replace("deep/doc", b"new"))
        assert not told or (StorageFull.__name__ in told and "the old one is intact" in told)
        assert (store.path / "deep" / "doc").read_bytes() == (b"old" if told else b"new")
        assert opened() <= before + (system.failed == "close")
        os.fstat(0)  # what was never opened is never closed
        assert not left_over(store) or system.failed == "unlink"
        store.close()
        if not system.failed:
            break
        at += 1
    assert at > 10


# --- what fails ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["file", "folder", "row"])
def test_a_put_that_fails_leaves_nothing(root: Path, what: str) -> None:
    """Whichever call fails: one error in words, no file under its name, no leftover, no descriptor more; the next one works."""
    (root / "folder" / "deep").mkdir(parents=True)
    (root / "folder" / "deep" / "a").write_bytes(CONTENT)
    (root / "folder" / "b").write_bytes(CONTENT)
    at = 1
    while True:
        system = FailAt(0, lambda: OSError(errno.EIO, os.strerror(errno.EIO)))
        store = Store(root / f"run{at}", system, power=at % 2 == 0)
        journal = Journal(store, "files/rows", b"header\n")

        def attempt(store: Store = store, journal: Journal = journal) -> object:
            if what == "file":
                return put(store)
            if what == "folder":
                return store.copy(str(root / "folder"), "files", lambda again: f"f{again}")
            return journal.append(b"row\n")

        before = opened()
        system.at, system.count = at, 0
        told = failure_of(attempt)
        assert not told or "Input/output error" in told
        assert not told or any(words in told for words in ("every earlier", "nothing was changed", "may not outlive a power failure"))
        if told and "power failure" not in told:
            assert not (store.path / "files").exists() or not list((store.path / "files").iterdir())
        assert opened() <= before + (system.failed == "close") + (what == "row" and journal._fd >= 0)
        os.fstat(0)  # what was never opened is never closed
        assert not left_over(store) or system.failed in {"unlink", "rmdir"}
        system.at = 0
        if not system.failed:
            break
        attempt()
        journal.close()
        store.close()
        at += 2 if at > 2 else 1
    assert at > 10


def test_what_fails_is_told_in_words(store: Store, root: Path) -> None:
    """What was being written, why it failed, and what was kept."""
    (root / "folder").mkdir()
    (root / "folder" / "a").write_bytes(CONTENT)
    store.system = Without(write=refused(errno.EIO))
    for attempt, what, kept in (
        (lambda: put(store), "a file of files", "every earlier file was kept"),
        (lambda: store.copy(str(root / "folder"), "files", lambda _: "f"), "a folder of files", "every earlier file was kept"),
        (lambda: store.replace("doc", CONTENT), "doc", "the old one is intact"),
    ):
        with pytest.raises(StorageError, match=rf"^\[Errno 5\] {what} was not written: Input/output error; {kept}$"):
            attempt()


def test_an_error_in_words_stays_as_it_is(store: Store) -> None:
    """What the source's own error says is not wrapped in another; a run that is gone explains any error of the disk."""
    own = StorageError(errno.EACCES, "the source could not be read")

    def fails(error: BaseException) -> Callable[[Sink], object]:
        def write(_sink: Sink) -> None:
            raise error

        return write

    for error in (own, ZeroDivisionError("a library's own")):
        with pytest.raises(type(error)) as caught:
            store.write_file("files", lambda _: "a", fails(error))
        assert caught.value is error
    assert not left_over(store)
    store.path.rename(store.path.with_name("elsewhere"))
    with pytest.raises(RunGone):
        store.write_file("files", lambda _: "a", fails(OSError(errno.EIO, "whatever")))


def test_a_hash_is_taken_unless_it_is_not_wanted(store: Store, root: Path) -> None:
    """Of files and folders alike."""
    (root / "folder").mkdir()
    (root / "folder" / "a").write_bytes(CONTENT)
    assert put(store).hash == DIGEST
    for path in (root / "folder", root / "folder" / "a"):
        assert store.copy(str(path), "files", lambda _, path=path: path.name).hash == DIGEST


def test_a_folder_that_holds_the_run_is_not_copied_into_it(store: Store, root: Path) -> None:
    """The root, or the run itself, by any way; a sibling whose name only begins like it is fine."""
    (root / "ru").mkdir()
    (root / "run-2").mkdir()
    (root / "link").symlink_to(root.parent)
    for path in (root, store.path, root / "link" / root.name, f"{root}/./ru/.."):
        with pytest.raises(InvalidArgument, match="contains the run folder itself"):
            store.copy(str(path), "files", lambda again: f"f{again}")
    for path in (root / "ru", root / "run-2"):
        assert store.copy(str(path), "files", lambda again, path=path: f"{path.name}{again}").size == 0


# --- files of rows ---------------------------------------------------------------------------------


def test_a_file_of_rows_that_another_makes_first_is_opened(root: Path) -> None:
    """Between the look and the making another process made it: its file is opened, nothing of it is lost."""
    store = Store(root / "run")

    def late(*args: Any, **more: Any) -> None:
        store.system = Syscalls()
        (store.path / "rows").write_bytes(b"header\nanother's\n")
        os_calls.link(*args, **more)

    store.system = Without(link=late)
    fd, inode, made = store.open_or_create("rows", b"header\nours\n", os.O_RDWR)
    assert (made, inode) == (False, os.stat(store.path / "rows").st_ino)
    assert os.pread(fd, 100, 0) == b"header\nanother's\n"
    os.close(fd)
    assert not left_over(store)


def test_a_file_of_rows_is_made_with_its_first_row(store: Store) -> None:
    """Made in one step, with what it begins with, and opened to append to; the second time it is there."""
    first, inode, made = store.open_or_create("deep/rows", b"header\n1\n", os.O_RDWR)
    assert made
    assert (store.path / "deep" / "rows").stat().st_ino == inode == os.fstat(first).st_ino
    os.write(first, b"2\n")
    second, same, made = store.open_or_create("deep/rows", b"never", os.O_RDWR | os.O_APPEND)
    assert (same, made) == (inode, False)
    os.write(second, b"3\n")
    assert (store.path / "deep" / "rows").read_bytes() == b"header\n1\n2\n3\n"
    assert store.unsynced == {"deep/rows"}
    for fd in (first, second):
        assert not os.get_inheritable(fd)
        os.close(fd)


@pytest.mark.parametrize("failing", ["fstat", "open"])
def test_a_file_of_rows_that_cannot_be_opened_costs_no_descriptor(root: Path, failing: str) -> None:
    """A failure on the way leaves nothing open."""
    store = Store(root / "run")
    fd, _, _ = store.open_or_create("rows", b"header\n", os.O_RDWR)
    os.close(fd)
    gc.collect()  # what other tests left
    before = opened()
    store.system = Without(**{failing: refused(errno.EIO)})
    for name in ("rows", "new"):
        with pytest.raises(OSError, match="Input/output"):
            store.open_or_create(name, b"header\n", os.O_RDWR)
    assert opened() == before
    assert not left_over(store)
    assert not (store.path / "new").exists()


# --- the disk itself -------------------------------------------------------------------------------


def test_with_power_what_was_put_is_on_the_disk(root: Path) -> None:
    """With durability "power" bytes are synced before they get their name, and the name before the call returns; else by sync()."""
    (root / "folder").mkdir()
    (root / "folder" / "a").write_bytes(CONTENT)
    for power in (True, False):
        system = Recording()
        store = Store(root / f"run{power}", system, power=power)
        put(store)
        store.copy(str(root / "folder"), "files", lambda again: f"f{again}")
        store.replace("doc", CONTENT)
        file, inner = (store.path / "files" / name for name in ("a.bin", "f1/a"))
        whats = [(call.what, call.inode, call.name) for call in system.calls]
        for path, name in ((file, "a.bin"), (inner, "f1")):
            synced = ("sync", path.stat().st_ino, "")
            assert (synced in whats) == power
            if power:
                named = next(n for n, call in enumerate(whats) if call[0] == "name" and call[2] == name)
                assert whats.index(synced) < named
                assert ("sync", path.parent.stat().st_ino if name == "a.bin" else path.parent.parent.stat().st_ino, "") in whats[named:]
        assert bool(store.unsynced) != power
        store.sync()
        assert not store.unsynced
        synced_now = {call.inode for call in system.calls if call.what == "sync"}
        assert {path.stat().st_ino for path in (file, inner, inner.parent, file.parent, store.path)} <= synced_now


def test_a_name_that_may_not_outlive_a_power_failure_is_told(root: Path) -> None:
    """With "power", where only the folder could not be synced: the error says that it was written, and what may become of it."""
    store = Store(root / "run", power=True)
    put(store)
    synced: list[int] = []

    def fails_for_folders(fd: int) -> None:
        synced.append(fd)
        if os.path.isdir(f"/proc/self/fd/{fd}"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    store.system = Without(fsync=fails_for_folders)
    with pytest.raises(StorageError, match=r"files/b.bin may not outlive a power failure: Input/output error; it was written"):
        put(store, "b.bin")
    assert (store.path / "files" / "b.bin").read_bytes() == CONTENT
    assert store.unsynced == {"files/b.bin"}
    assert synced


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")  # the child does but this
@pytest.mark.parametrize("what", ["puts", "opens", "nothing"])
def test_what_a_forked_child_put_is_synced_by_its_parent(root: Path, what: str) -> None:
    """The parent does not know which files a child of its put or wrote to: it waits for the whole disk, once, and only then."""
    waits: list[int] = []
    store = Store(root / "run", Without(sync_disk=waits.append))
    os.close(store.open_or_create("rows", CONTENT, os.O_RDWR)[0])
    pid = os.fork()
    if pid == 0:
        store.after_fork()
        if what == "puts":
            put(store)
        elif what == "opens":
            store.open_or_create("rows", CONTENT, os.O_RDWR)
        os._exit(0)
    os.waitpid(pid, 0)
    for _ in range(2):
        store.sync()
        assert len(waits) == (what != "nothing")


def test_a_leftover_that_stays_is_nobodys_error(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be removed of an unfinished folder is left; nothing is raised of it."""
    tmp = store.path / ".jupyter-tracking" / "tmp"
    (tmp / "folder").mkdir()
    (tmp / "folder" / "file").touch()
    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refused(errno.EIO))
        store.remove_unfinished()
    assert left_over(store) == ["folder"]
    store.remove_unfinished()
    assert not left_over(store)


def test_an_unfinished_file_swapped_for_a_link_is_not_followed(root: Path) -> None:
    """Whoever puts a link in the place of a file before it gets its name: what the link points to is not put into the run.

    It is the link that gets the name; a system that cannot give one a name refuses it.
    """
    secret = root / "secret"
    secret.write_bytes(b"secret")
    store = Store(root / "run")

    swapped = []

    def link(source: str, target: str, **more: Any) -> None:
        unfinished = store.path / ".jupyter-tracking" / "tmp" / source
        unfinished.unlink()
        unfinished.symlink_to(secret)
        swapped.append(source)
        os_calls.link(source, target, **more)

    store.system = Without(link=link)
    if not os_calls.FOLDERS_MOVE_WITH_OPEN_FILES:
        with pytest.raises(StorageError, match="levels of symbolic links"):
            put(store)
        assert not os.path.lexists(store.path / "files" / "a.bin")
    else:
        put(store)
        assert (store.path / "files" / "a.bin").is_symlink()
    assert swapped
    assert secret.stat().st_nlink == 1


def test_leftovers_are_swept(store: Store) -> None:
    """Files and folders that were never finished go; nothing else does."""
    put(store)
    tmp = store.path / ".jupyter-tracking" / "tmp"
    (tmp / "file").write_bytes(b"x")
    (tmp / "folder" / "deep").mkdir(parents=True)
    (tmp / "folder" / "deep" / "file").write_bytes(b"x")
    (tmp / "link").symlink_to(store.path / "files")
    store.remove_unfinished()
    assert not left_over(store)
    assert (store.path / "files" / "a.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("threads", [True, False])
def test_many_files_are_each_synced_once(root: Path, monkeypatch: pytest.MonkeyPatch, *, threads: bool) -> None:
    """Also where no thread can be started, as at the end of the interpreter; what one of the files refuses is told."""
    if not threads:

        def refuse(_thread: threading.Thread) -> None:
            raise RuntimeError("can't create new thread at interpreter shutdown")

        monkeypatch.setattr(threading.Thread, "start", refuse)
    system = Recording()
    run = Run(root / "run")
    run.store.system = system
    for number in range(100):
        run.log_metric(f"m{number}", 1.0)
    run.sync()
    synced = Counter(call.inode for call in system.calls if call.what == "sync")
    assert {synced[path.stat().st_ino] for path in (run.path / "events" / "metric").iterdir()} == {1}
    for number in range(100):
        run.log_metric(f"m{number}", 2.0)
    run.store.system = Without(fsync=refused(errno.EIO))
    with pytest.raises(StorageError, match=r"may not outlive a power failure: Input/output error"):
        run.sync()
    run.store.system = system = Recording()
    run.sync()
    assert sum(call.what == "sync" for call in system.calls) >= 100
    run.end()

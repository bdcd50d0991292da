"""A run is named, tagged, noted, pinned, put away and thrown away without being resumed: nothing else of it changes, nor around it."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.errors import (
    InvalidArgument,
    InvalidType,
    MissingFile,
    NotFound,
    OutsideRun,
    ReentrantCall,
    RunGone,
    RunLocked,
    StorageError,
)
from jupyter_tracking.format.document import curation
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage.locked_run import change_document, locked_run
from jupyter_tracking.storage.syscalls import Syscalls
from jupyter_tracking.storage.trash import move_to_trash
from tests.reliability.disks import AS_ROOT, tmpfs
from tests.reliability.faults import FailAt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.reliability.canary import Canary

UUID = "00112233445566778899aabbccddeeff"
# As a client of Polyaxon's might write it, and a later version of it: laid out for people, with keys and numbers that nobody here knows.
FOREIGN = """{
    "uuid": "00112233445566778899aabbccddeeff", "name" : "theirs",
    "tags": ["a"],
    "later": {"seed": 123456789012345678901234567890, "x": 1e5, "y": 0.10000000000000000555, "z": [1.0, 2, null]},
    "created_at": "2024-01-01T00:00:00Z", "status": "failed", "finished_at": "2024-01-01T01:00:00Z", "duration": 3600.0,
    "bookmarked": false, "kind": "job", "name": "theirs",
    "inputs": {"name": "inner", "text": "\\u00e9 \\"quoted\\" { } , \\\\"}
}
"""


@pytest.fixture
def ended() -> Path:
    """A run of ours that has failed."""
    run = tracking.init(name="ours", tags="a,b")
    run.log_metric("loss", 0.5, step=1)
    run.log_inputs(lr=0.1)
    run.log_failed("because", "it was so")
    return run.path


@pytest.fixture
def foreign(root: Path) -> Path:
    """A run of Polyaxon's."""
    made = root / "runs" / UUID
    (made / "events/metric").mkdir(parents=True)
    (made / "events/metric/loss.plx").write_text("step|timestamp|metric\n1|2024-01-01 00:00:00.000000+00:00|0.5")
    (made / "run.plx.json").write_text(FOREIGN)
    return made


def state(folder: Path) -> dict[str, Any]:
    """Every file and folder below a folder, but the run's document and the folder itself: its bytes, mode, inode and moments."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.name == "run.plx.json":
            continue
        status = path.lstat()
        data = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        moments = (status.st_mtime_ns, status.st_ctime_ns)
        found[path.relative_to(folder).as_posix()] = (data, status.st_mode, status.st_ino, moments)
    return found


def document(folder: Path) -> dict[str, Any]:
    """The run's document."""
    found: dict[str, Any] = json.loads((folder / "run.plx.json").read_text())
    return found


CHANGES: dict[str, tuple[Callable[[tracking.RunView], object], dict[str, Any]]] = {
    "rename": (lambda view: view.rename("Ｎew é"), {"name": "Ｎew é"}),
    "tag": (lambda view: view.tag("new", "x, y", ["with, comma"]), {"tags": ["new", "x", "y", "with, comma"]}),
    "untag": (lambda view: view.untag("a"), {"tags": []}),
    "note": (lambda view: view.note("twice\nthe \u2028 sum"), {"meta_info": "twice\nthe \u2028 sum"}),
    "pin": (lambda view: view.pin(), {"bookmarked": True}),
    "archive": (lambda view: view.archive(), {"live_state": 0}),
}


@pytest.mark.parametrize("which", ["ended", "foreign"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_changes_that_and_nothing_else(which: str, name: str, request: pytest.FixtureRequest) -> None:
    """Of the document one value; no other file, no inode, no moment; a run of Polyaxon's stays Polyaxon's."""
    folder: Path = request.getfixturevalue(which)
    change, expected = CHANGES[name]
    before, files = document(folder), state(folder)
    change(tracking.open_run(folder))
    after = document(folder)
    assert state(folder) == files
    ((key, value),) = expected.items()
    if key == "meta_info":
        value = {**before.get("meta_info", {}), curation.NOTE_KEY: value}
    if key == "tags":
        value = [*([tag for tag in before["tags"] if name == "tag" or tag != "a"]), *value]
    assert after == {**before, key: value}
    view = tracking.open_run(folder)
    assert view.status == "failed"
    assert view.files.is_ours == (which == "ended")
    assert view.load("loss") == 0.5


def test_every_other_byte_of_the_document_stays(foreign: Path) -> None:
    """Large integers, how a number is written, spaces, the order of the keys, a key that stands twice: only the value is another."""
    view, path = tracking.open_run(foreign), foreign / "run.plx.json"
    view.pin()
    assert path.read_text() == FOREIGN.replace("false", "true")
    view.unpin()
    assert path.read_text() == FOREIGN
    view.rename("x")
    assert path.read_text() == FOREIGN.replace('"kind": "job", "name": "theirs"', '"kind": "job", "name": "x"')
    view.rename("theirs")
    view.note("n")
    end = FOREIGN.rindex("\n}")
    assert path.read_text() == f'{FOREIGN[:end]},"meta_info":{{"{curation.NOTE_KEY}":"n"}}{FOREIGN[end:]}'
    assert view.notes == "n"
    view.note("")
    assert view.notes == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["name", "tags", "bookmarked", "live_state", "meta_info", "uuid", "na\\me", 'na"me', "later"]) | st.text(max_size=3)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(KEYS, JSON, max_size=6),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from([None, 0, 3, "\t"]),
    st.booleans(),
)
def test_any_document_keeps_all_but_what_is_meant(document: dict[str, Any], text: str, indent: Any, ascii_only: bool) -> None:
    """Whatever else stands in it, and however it is laid out; read again it says what was asked for."""
    try:
        data = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode()
        orjson.loads(data)
    except (UnicodeEncodeError, orjson.JSONDecodeError):  # a lone surrogate
        return
    for change in (curation.noted(text), curation.pinned, curation.archived, curation.tagged(["new"])):
        try:
            after = curation.changed_document(data, change)
        except InvalidArgument:
            assert not isinstance(document.get("meta_info"), dict | None) or document.get("tags")
            continue
        fields = change(orjson.loads(data))
        expected = json.loads(data)
        for (key, *inner), value in fields.items():
            expected[key] = {**expected[key], inner[0]: value} if inner else value
        assert json.loads(after) == expected
        assert bool(fields) == (after != data)
        data = after


def test_what_is_so_already_writes_nothing(ended: Path) -> None:
    """A second time changes no byte and no moment, of the document and its folder."""
    view = tracking.open_run(ended)
    for change in (view.pin, view.archive, lambda: view.tag("a"), lambda: view.rename("ours"), lambda: view.note("n")):
        change()
        before = (ended / "run.plx.json").stat(), ended.stat()
        change()
        assert ((ended / "run.plx.json").stat(), ended.stat()) == before
    view.restore()
    view.unpin()
    assert not view.archived
    assert not view.pinned


def test_decomposed_is_composed_as_in_init(foreign: Path) -> None:
    """Names and tags are kept in NFC; a tag is found and taken away however it was typed and is stored."""
    path = foreign / "run.plx.json"
    path.write_text(FOREIGN.replace('["a"]', '["cafe\\u0301"]'))
    view = tracking.open_run(foreign)
    view.rename("e\u0301")
    assert document(foreign)["name"] == "\u00e9"
    view.tag("caf\u00e9")
    assert view.tags == ["cafe\u0301"]
    view.untag("caf\u00e9")
    assert view.tags == []


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda view: view.rename(""), InvalidArgument, "name='' is empty"),
        (lambda view: view.rename("a\x00b"), InvalidArgument, "control character"),
        (lambda view: view.rename(3), InvalidType, "name=3 is a int"),
        (lambda view: view.tag(), InvalidArgument, "names no tag"),
        (lambda view: view.tag("  "), InvalidArgument, "names no tag"),
        (lambda view: view.tag(["x", 3]), InvalidType, "no string"),
        (lambda view: view.tag("a\x07"), InvalidArgument, "control character"),
        (lambda view: view.untag("b", "absent"), NotFound, "no tag 'absent'; there are: 'a', 'b'"),
        (lambda view: view.note(None), InvalidType, "text=None"),
        (lambda view: view.export("run.tar"), InvalidArgument, "neither with .zip nor with .html"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(ended: Path, change: Any, error: type[Exception], said: str) -> None:
    """What init() refuses is refused in the same words."""
    before = (ended / "run.plx.json").read_bytes(), state(ended)
    with pytest.raises(error, match=said):
        change(tracking.open_run(ended))
    assert ((ended / "run.plx.json").read_bytes(), state(ended)) == before


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "null", '{"tags": "a,b"}', '{"tags": [1]}', '{"meta_info": [1]}', '{"x": ' + "[" * 3000, '{"x": NaN}']
)
def test_a_document_that_cannot_be_read_is_left_as_it_is(foreign: Path, text: str) -> None:
    """It is our error in words, and the bytes stay."""
    (foreign / "run.plx.json").write_text(text)
    view = tracking.open_run(foreign)
    with pytest.raises(InvalidArgument, match=r"run\.plx\.json.*mend it first"):
        view.note("n") if "meta" in text else view.tag("x")
    assert (foreign / "run.plx.json").read_text() == text
    assert sorted(os.listdir(foreign)) == ["events", "run.plx.json"]


def test_a_document_of_next_to_nothing_but_holes_is_left_as_it_is(foreign: Path) -> None:
    """Memory could not hold it."""
    document = foreign / "run.plx.json"
    view = tracking.open_run(foreign)
    os.truncate(document, 1 << 42)
    with pytest.raises(InvalidArgument, match=r"run\.plx\.json has 4,398,046,511,104 bytes, of which next to none were ever written"):
        view.pin()
    assert document.stat().st_size == 1 << 42


def test_a_document_that_is_too_large_to_be_read_is_left_as_it_is(foreign: Path) -> None:
    """It would take all memory once it is parsed."""
    document = foreign / "run.plx.json"
    view = tracking.open_run(foreign)
    document.write_text('{"x": [' + "[]," * 40_000_000 + "[]]}")
    with pytest.raises(InvalidArgument, match=r"run\.plx\.json cannot be read: .*mend it first"):
        view.note("n")
    assert document.stat().st_size > 100_000_000


def test_a_run_without_a_document_has_nothing_to_change(foreign: Path) -> None:
    """It is told; no document is made."""
    (foreign / "run.plx.json").unlink()
    with pytest.raises(MissingFile, match=r"has no run\.plx\.json"):
        tracking.open_run(foreign).pin()
    assert os.listdir(foreign) == ["events"]


# --- while somebody writes -----------------------------------------------------------------------


def test_a_live_run_keeps_what_is_changed_meanwhile(root: Path) -> None:
    """Its writer neither loses nor overwrites it, to the end; and the change loses nothing of the writer's."""
    run = tracking.init(name="live")
    view = tracking.open_run(run)
    stop = threading.Event()

    def work() -> None:
        number = 0
        while not stop.is_set():
            run.log_inputs(**{f"i{number}": number})
            number += 1

    worker = threading.Thread(target=work)
    worker.start()
    for number in range(40):
        view.tag(f"t{number}")
    view.rename("renamed")
    view.note("kept")
    stop.set()
    worker.join()
    assert run.name == "renamed"
    run.log_meta(reset=True, x=1)
    assert view.status == "running"
    run.end()
    view = tracking.open_run(run.path)
    assert (view.name, view.notes, view.status) == ("renamed", "kept", "succeeded")
    assert view.tags == [f"t{number}" for number in range(40)]
    assert list(view.inputs.values()) == list(range(len(view.inputs)))


def curate(path: str, first: int) -> None:
    """Tag a run 25 times."""
    for number in range(first, first + 25):
        tracking.open_run(path).tag(f"t{number}")


@pytest.mark.parametrize("which", ["ended", "foreign"])
def test_processes_that_curate_one_run_lose_nothing(which: str, request: pytest.FixtureRequest) -> None:
    """Each reads, changes and writes under one lock, of the run folder where there is no other."""
    folder: Path = request.getfixturevalue(which)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=curate, args=(str(folder), first)) for first in (0, 25, 50)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {f"t{number}" for number in range(75)} <= set(tracking.open_run(folder).tags)
    assert (folder / ".jupyter-tracking").exists() == (which == "ended")


def test_a_run_that_is_being_resumed_is_left_to_it(foreign: Path) -> None:
    """A run of Polyaxon's has no lock to share; when our writer comes while it is changed, the change is refused."""

    def come(document: dict[str, Any]) -> dict[tuple[str, ...], Any]:
        (foreign / ".jupyter-tracking").mkdir()
        return {("name",): "x"}

    with pytest.raises(RunLocked, match="being resumed"):
        change_document(foreign, come)
    assert (foreign / "run.plx.json").read_text() == FOREIGN


def test_a_signal_that_comes_in_between_is_no_deadlock(ended: Path) -> None:
    """Its handler is told at once that the run is being changed, by this thread."""
    told = []

    def handle(*_: object) -> None:
        with suppress(ReentrantCall):
            tracking.open_run(ended).pin()
            return
        told.append("locked")

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with locked_run(ended, Syscalls()):
            os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert told == ["locked"]
    tracking.open_run(ended).pin()


def test_a_lock_file_that_is_removed_meanwhile_is_no_lock(ended: Path) -> None:
    """As by a start that failed: the next who locks the run has another file, so that one is locked too."""
    lock = ended / ".jupyter-tracking/lock"
    held: list[int] = []

    class Removing(Syscalls):
        def lock(self, fd: int, how: int = fcntl.LOCK_EX) -> bool | None:
            held.append(os.fstat(fd).st_ino)
            if len(held) == 1:
                lock.rename(ended.parent / "removed")
            return super().lock(fd, how)

    with locked_run(ended, Removing()):
        assert held[-1] == lock.stat().st_ino
        assert len(set(held)) == 2
        with lock.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_what_a_killed_process_left_is_replaced(ended: Path) -> None:
    """An unfinished document does not hinder the next change, and does not stay."""
    (ended / ".run.plx.json.new").write_text("{half")
    tracking.open_run(ended).pin()
    assert tracking.open_run(ended).pinned
    assert not (ended / ".run.plx.json.new").exists()


# --- disks ---------------------------------------------------------------------------------------


@AS_ROOT
@pytest.mark.parametrize("which", ["ended", "foreign"])
def test_a_folder_that_is_only_read_is_an_error_of_ours(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Nothing changes, by any of the methods; reading and exporting elsewhere go on."""
    import shutil
    import subprocess

    source: Path = request.getfixturevalue(which)
    with tmpfs(tmp_path / "disk") as disk:
        folder = disk / "runs" / UUID
        shutil.copytree(source, folder)
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        before = (folder / "run.plx.json").read_bytes(), state(folder)
        view = tracking.open_run(folder)
        for call in (lambda: view.rename("x"), lambda: view.tag("x"), lambda: view.note("x"), view.pin, view.archive, view.delete):
            with pytest.raises(StorageError, match=r"nothing was (changed|moved)"):
                call()
        assert ((folder / "run.plx.json").read_bytes(), state(folder)) == before
        assert tracking.open_run(view.export(tmp_path / "x.zip")).load("loss") == 0.5


@pytest.mark.parametrize("error", [OSError(28, "No space left"), KeyboardInterrupt()])
def test_each_call_that_fails_leaves_the_old_or_the_new_document(ended: Path, error: BaseException) -> None:
    """And no other file, no lock and no descriptor."""
    before, files = (ended / "run.plx.json").read_bytes(), state(ended)
    descriptors = len(os.listdir("/proc/self/fd"))
    for at in range(1, 100):
        system = FailAt(at, lambda: error)
        failed = True
        with suppress(StorageError, KeyboardInterrupt):
            change_document(ended, curation.renamed(f"n{at}"), system)
            failed = False
        assert document(ended)["name"] in {json.loads(before)["name"], f"n{at}"}
        # After the document has its name, the lock is still to be given back.
        assert failed == (document(ended)["name"] != f"n{at}") or system.failed in {"flock", "close", "unlink"}
        before = (ended / "run.plx.json").read_bytes()
        assert len(os.listdir("/proc/self/fd")) <= descriptors + (system.failed == "close")
        descriptors = len(os.listdir("/proc/self/fd"))
        if not system.failed:
            break
    assert at > 8
    assert state(ended) == files
    tracking.open_run(ended).pin()


# --- the trash -----------------------------------------------------------------------------------


def test_a_deleted_run_comes_back_as_it_was(ended: Path, root: Path) -> None:
    """It lies in the trash, is no run of the root, is read there, and is restored byte for byte."""
    files, data = state(ended), (ended / "run.plx.json").read_bytes()
    view = tracking.open_run(ended)
    moved = view.delete()
    assert moved == view.path == root / "trash" / ended.name
    assert not ended.exists()
    assert len(tracking.runs(root)) == len(tracking.browse(root=root).runs) == 0
    assert tracking.open_run(moved).load("loss") == 0.5
    with pytest.raises(NotFound, match=r"it was deleted: open_run\('.*trash.*'\)\.restore\(\)"):
        tracking.open_run("ours")
    with pytest.raises(InvalidArgument, match="in the trash already"):
        view.delete()
    tracking.open_run(moved).restore()
    assert state(ended) == files
    assert (ended / "run.plx.json").read_bytes() == data
    assert not list((root / "trash").iterdir())


def test_two_of_one_uuid_do_not_collide(ended: Path, root: Path) -> None:
    """Each comes back to the place it had, one at a time."""
    import shutil

    copy = root / "copy"
    shutil.copytree(ended, copy)
    first = tracking.open_run(ended)
    first.delete()
    shutil.copytree(copy, ended)
    second = tracking.open_run(ended)
    second.note("second")
    second.delete()
    assert {path.name for path in (root / "trash").iterdir()} == {ended.name, f"{ended.name}~2"}
    second.restore()
    assert second.path == ended
    with pytest.raises(InvalidArgument, match="there is something of this name"):
        first.restore()
    assert first.notes == ""
    second.delete()
    first.restore()
    assert first.path == ended
    assert tracking.empty_trash(root) == 1
    assert second.notes == ""


@pytest.mark.parametrize("name", ["mine", "mine~2", "mine~beside-1", "trash~1", "a b"])
@pytest.mark.parametrize("above", ["runs", "elsewhere"])
def test_a_run_comes_back_whatever_its_folder_is_called(root: Path, above: str, name: str) -> None:
    """One outside of a folder runs/ has its trash beside it."""
    with tracking.init(artifacts_path=root / above / name):
        pass
    view = tracking.open_run(root / above / name)
    moved = view.delete()
    assert moved.parent == (root / "trash" if above == "runs" else root / above / "trash")
    view.restore()
    assert view.path == root / above / name
    view.delete()
    assert tracking.empty_trash(moved.parent.parent) == 1


def test_a_run_that_somebody_writes_to_is_not_deleted(root: Path) -> None:
    """The error says who it is; nothing moves, in the trash and out of it."""
    run = tracking.init(name="live")
    view = tracking.open_run(run)
    with pytest.raises(RunLocked, match=f"process {os.getpid()} on .* is writing to the run {run.uuid}"):
        view.delete()
    run.log_metric("loss", 1.0)
    run.end()
    view.delete()
    again = Run(view.path)
    for refused in (view.restore, lambda: tracking.empty_trash(root)):
        with pytest.raises(RunLocked, match="is writing"):
            refused()
    again.log_metric("loss", 2.0)
    again.end()
    assert tracking.empty_trash(root) == 1


def test_a_writer_that_comes_while_a_run_is_deleted_is_told(ended: Path) -> None:
    """It writes to nothing that is in the trash."""
    run = tracking.open_run(ended)
    live = Run(ended)
    live._writer_lock.release()  # type: ignore[union-attr] # as one that has not yet said that it writes
    run.delete()
    with pytest.raises(RunGone):
        live.log_metric("new", 1.0)


def plant(canary: Canary, at: Path) -> None:
    """Put links to what is outside into a folder."""
    outside = canary.path.parent
    (at / "to-file").symlink_to(canary.path)
    (at / "to-folder").symlink_to(outside)
    (at / "up").symlink_to("../..")


def test_emptying_the_trash_touches_nothing_outside(ended: Path, root: Path, canary: Canary) -> None:
    """Links in a run, in the trash, for a run: none is followed. What is no run stays."""
    outside = canary.path.parent
    (outside / "run.plx.json").write_text("{}")
    before = state(outside)
    for place in (ended, ended / "events", ended / "events/metric"):
        plant(canary, place)
    tracking.open_run(ended).delete()
    trash = root / "trash"
    plant(canary, trash)
    (trash / ("f" * 32)).symlink_to(outside)
    (trash / "own/outputs").mkdir(parents=True)
    (trash / "own/outputs/thesis.txt").write_text("mine")
    (trash / ("e" * 32)).mkdir()
    (trash / ("e" * 32) / "cache").write_text("mine")
    (trash / "run.plx.json").write_text("{}")
    assert tracking.empty_trash(root / "x" / "..") == 1
    assert state(outside) == before
    assert (trash / "own/outputs/thesis.txt").read_text() == "mine"
    assert sorted(os.listdir(trash)) == sorted(["to-file", "to-folder", "up", "f" * 32, "e" * 32, "own", "run.plx.json"])
    assert tracking.empty_trash(root) == 0
    assert tracking.empty_trash(root / "nowhere") == 0


def test_links_are_not_taken_for_what_they_lead_to(ended: Path, root: Path, canary: Canary) -> None:
    """A trash that is a link, an entry of runs/ that is one, a document, a private folder or a lock that is one."""
    outside = canary.path.parent
    (outside / "run.plx.json").write_text("{}")
    (outside / "lock").write_text("")
    before = state(outside)
    (root / "trash").symlink_to(outside)
    view = tracking.open_run(ended)
    for refused in (view.delete, lambda: tracking.empty_trash(root)):
        with pytest.raises(OutsideRun, match="is a link"):
            refused()
    assert ended.exists()
    (root / "trash").unlink()
    (root / "runs/linked").symlink_to(outside)
    with pytest.raises(OutsideRun, match="is a link"):
        tracking.open_run(root / "runs/linked").delete()
    lock = ended / ".jupyter-tracking/lock"
    lock.unlink()
    lock.symlink_to(outside / "lock")
    view.pin()
    private = ended / ".jupyter-tracking"
    private.rename(ended / "was-private")
    private.symlink_to(outside)
    view.rename("x")
    (ended / "run.plx.json").rename(ended / "was-document")
    (ended / "run.plx.json").symlink_to(outside / "run.plx.json")
    with pytest.raises(OutsideRun):
        view.rename("y")
    view.delete()
    assert tracking.empty_trash(root) == 1
    assert state(outside) == before
    assert (outside / "run.plx.json").read_text() == "{}"


def test_only_a_run_is_deleted(root: Path) -> None:
    """Not a folder of the user's that looks a little like one, nor one that holds other runs."""
    (root / "project/outputs").mkdir(parents=True)
    with pytest.raises(InvalidArgument, match="holds no run that a tracker wrote"):
        tracking.open_run(root / "project").delete()
    with tracking.init(artifacts_path=root / "top"):
        pass
    with tracking.init(root=root / "top"):
        pass
    with pytest.raises(InvalidArgument, match="holds other runs"):
        tracking.open_run(root / "top").delete()
    assert (root / "top/runs").is_dir()


def test_a_disk_that_refuses_moves_nothing(ended: Path, root: Path) -> None:
    """Each call that a deletion makes fails in turn: the run is where it was, or in the trash, whole."""
    files = state(ended)
    for at in range(1, 100):
        system = FailAt(at, lambda: OSError(5, "Input/output error"))
        with suppress(StorageError, OutsideRun):
            moved = move_to_trash(ended, system)
            if not system.failed or moved.exists():
                break
        assert state(ended) == files
    assert state(moved) == files
    assert not ended.exists()


# --- archived ------------------------------------------------------------------------------------


def test_an_archived_run_is_left_out_of_the_lists(ended: Path, root: Path) -> None:
    """Unless it is asked for; it is found by its uuid and name, and comes back."""
    with tracking.init(name="other"):
        pass
    view = tracking.open_run(ended)
    table = tracking.browse(root=root)
    view.archive()
    assert tracking.runs(root)["name"].tolist() == ["other"]
    assert tracking.runs(root, archived=True)["name"].tolist() == ["other", "ours"]
    assert len(tracking.browse(root=root).runs) == 1
    table.refresh()
    assert len(table.runs) == 1
    assert tracking.browse([ended], root=root).runs == (view.uuid,)
    assert tracking.open_run("ours").archived
    view.restore()
    assert len(tracking.runs(root)) == 2

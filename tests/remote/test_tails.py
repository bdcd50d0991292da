"""What grows at a store by tails: read as one file, whatever of them is torn, old, missing or somebody's own, and gone at the end."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import orjson
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.read.find import find_run
from jupyter_tracking.read.remote.tail_object import Piece, encode_tail, joint_of, parse_tail
from jupyter_tracking.remote.push import PushedRun
from tests.remote.test_push import NOTE, check_order, files_of

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.storage.objects import ObjectStore
    from tests.remote.conftest import Bucket

pytestmark = pytest.mark.remote
EVENT = "events/metric/loss.plx"
TAIL = ".jupyter-tracking/tail/"


@pytest.fixture
def run(tmp_path: Path) -> tracking.Run:
    """A run that goes on, with rows of two metrics."""
    run = tracking.init(name="grows", root=tmp_path / "root", quiet=True, track_env=False, track_code=False, track_logs=False)
    log(run, 0, 100)
    return run


def log(run: tracking.Run, first: int, end: int) -> None:
    """Log two values and a text at each step."""
    for step in range(first, end):
        run.log_metrics({"loss": step / 2, "acc": 1 / (step + 1)}, step=step)
        run.log_text("note", f"step {step}", step=step)


def look(copy: PushedRun) -> int:
    """Send what has come, no file as a whole that is there; return how many bytes that were."""
    return copy.push(wanted=lambda snapshot, there: there is None or not snapshot.path.startswith("events/")).bytes


def tails_of(store: ObjectStore) -> dict[str, bytes]:
    """The tails that are there."""
    return store.get_many([entry.path for entry in store.list(TAIL)])


def same(run: tracking.Run, url: str, bucket: Bucket | None = None) -> None:
    """Assert that the copy reads as the run does."""
    there = tracking.open_run(url, storage_options=bucket.options if bucket is not None else None)
    here = tracking.open_run(run.path)
    pd.testing.assert_frame_equal(there.metrics(), here.metrics())
    pd.testing.assert_frame_equal(there.events("note"), here.events("note"))
    pd.testing.assert_frame_equal(there.lineage(), here.lineage())
    assert there.load("note") == here.load("note")
    assert there.problems().empty


def test_every_look_is_read(tmp_path: Path, run: tracking.Run, bucket: Bucket) -> None:
    """A look costs one request and what has come; whole files stay as they are, and a few tails have the rest."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    whole = copy.store.get(EVENT)
    sent = 0
    for number in range(1, 70):
        log(run, 100 * number, 100 * number + 10)
        bucket.proxy.count()
        sent += look(copy)
        asked = bucket.proxy.count()
        assert asked.pop("PUT") - len(asked) <= 2
        assert set(asked) <= {"DELETE"}
        if number % 7 == 0:
            same(run, copy.url, bucket)
    assert copy.store.get(EVENT) == whole
    grown = sum(len(data) for data in files_of(run.path).values()) - sum(entry.size for entry in copy.store.list("events"))
    assert sent < 4 * grown
    assert len(tails_of(copy.store)) <= 16
    run.end()
    assert copy.push().sent
    assert not tails_of(copy.store)
    same(run, copy.url, bucket)
    assert {name: data for name, data in objects(copy.store).items() if name != NOTE} == files_of(run.path)


def objects(store: ObjectStore) -> dict[str, bytes]:
    """All that is there."""
    return store.get_many([entry.path for entry in store.list()])


def test_what_tails_cost_to_read(run: tracking.Run, bucket: Bucket) -> None:
    """Each is asked for once; the files behind which they are, once too; a look at what did not change is one request."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    for number in range(1, 4):
        log(run, 100 * number, 100 * number + 10)
        look(copy)
    bucket.proxy.count()
    view = tracking.open_run(copy.url, storage_options=bucket.options)
    assert bucket.proxy.count() == {"LIST": 1, "GET": 2 + 3}  # its document and its journal, and the tails
    view.metrics()
    assert bucket.proxy.count() == {"GET": 2}
    again = tracking.open_run(copy.url, storage_options=bucket.options)
    again.metrics()
    assert bucket.proxy.count() == {"LIST": 1}
    log(run, 400, 410)
    look(copy)
    bucket.proxy.count()
    third = tracking.open_run(copy.url, storage_options=bucket.options)
    assert len(third.metrics()) == 140
    assert bucket.proxy.count() == {"LIST": 1, "GET": 1}
    assert len(again.metrics()) == 140
    run.end()


def test_a_live_view_sees_what_came_behind(run: tracking.Run, bucket: Bucket) -> None:
    """With the next of its looks, as it does of whole files."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    view = tracking.open_run(copy.url, storage_options=bucket.options)
    assert len(view.metrics()) == 100
    log(run, 100, 130)
    look(copy)
    view.files.source._next = 0.0  # as half a minute later
    assert len(view.metrics()) == 130
    assert view.load("note") == "step 129"
    run.end()


@pytest.mark.parametrize("damage", ["torn", "empty", "no tail", "other file", "other rows", "gap", "outside"])
def test_a_tail_that_does_not_fit_is_harmless(run: tracking.Run, bucket: Bucket, damage: str) -> None:
    """The files read as they are; what cannot be a tail is told as a problem."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    here = tracking.open_run(run.path).metrics()
    rows = b"900|2026-01-01 00:00:00.000000+00:00|9.0\n"
    base = copy.store.get(EVENT)
    good = encode_tail([Piece(EVENT, len(base), joint_of(base), rows)])
    tails = {
        "torn": good[:-7],
        "empty": b"",
        "no tail": b'{"a": 1}\n',
        "other file": encode_tail([Piece("events/metric/none.plx", 0, joint_of(b""), rows)]),
        "other rows": encode_tail([Piece(EVENT, len(base), joint_of(b"others"), rows)]),
        "gap": encode_tail([Piece(EVENT, len(base) + 5, joint_of(base), rows)]),
        "outside": encode_tail([Piece("../../out", 0, joint_of(b""), rows), Piece("/out", 0, joint_of(b""), rows)]),
    }
    copy.store.put(f"{TAIL}somebody-1", tails[damage])
    view = tracking.open_run(copy.url, storage_options=bucket.options)
    pd.testing.assert_frame_equal(view.metrics(), here)
    told = " ".join(view.problems()["problem"])
    assert ("is damaged; it is not read" in told) == (damage in {"torn", "empty", "no tail"})
    log(run, 100, 120)
    look(copy)
    assert len(tracking.open_run(copy.url, storage_options=bucket.options).metrics()) == 120
    run.end()


def test_old_tails_are_harmless_and_go(tmp_path: Path, run: tracking.Run, bucket: Bucket) -> None:
    """Those of a mirror that was killed: the files have passed them, and the next mirror or push deletes them."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    for number in (1, 2):
        log(run, 100 * number, 100 * number + 10)
        look(copy)
    old = tails_of(copy.store)
    log(run, 300, 400)
    again = PushedRun(find_run(run), bucket.url, bucket.options)
    look(again)
    assert len(tails_of(copy.store)) == 1
    same(run, copy.url, bucket)
    for path, data in old.items():
        copy.store.put(path, data)
    same(run, copy.url, bucket)
    run.end()
    done = tracking.push(run.path, bucket.url, bucket.options)
    assert not tails_of(copy.store)
    for path, data in old.items():
        copy.store.put(path, data)
    same(run, copy.url, bucket)
    assert tracking.push(run.path, bucket.url, bucket.options).sent == []
    assert not tails_of(copy.store)
    assert done.url == copy.url


def test_another_run_of_the_name_takes_no_old_rows(tmp_path: Path, run: tracking.Run, bucket: Bucket) -> None:
    """A run that was deleted and begun anew under its uuid: its files go as a whole, and old tails are put behind none of them."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    log(run, 100, 200)
    look(copy)
    old = tails_of(copy.store)
    run.end()
    shutil.rmtree(run.path)
    with tracking.init(run_uuid=run.uuid, root=tmp_path / "root", quiet=True, track_env=False, track_code=False, track_logs=False) as new:
        log(new, 0, 110)
        look(PushedRun(find_run(new), bucket.url, bucket.options))
        for path, data in old.items():
            copy.store.put(path, data)
        same(new, copy.url, bucket)


def test_tails_that_are_replaced_while_they_are_read(run: tracking.Run, bucket: Bucket) -> None:
    """The reader looks again, and finds no row less."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    log(run, 100, 110)
    look(copy)
    calls = []

    def replace(request: object) -> None:
        if TAIL in getattr(request, "key", "") and getattr(request, "does", "") == "GET" and not calls:
            calls.append(1)
            copy.push()

    bucket.proxy.fault = replace
    view = tracking.open_run(copy.url, storage_options=bucket.options)
    assert calls
    assert len(view.metrics()) == 110
    run.end()


def test_a_copy_in_a_folder_grows_in_place(tmp_path: Path, run: tracking.Run) -> None:
    """There is no tail; it is a run folder like any other, and one that somebody has changed is sent as a whole."""
    copy = PushedRun(find_run(run), f"file://{tmp_path}/shared")
    look(copy)
    file = tmp_path / "shared" / "runs" / run.uuid / EVENT
    inode = file.stat().st_ino
    for number in range(1, 10):
        log(run, 100 * number, 100 * number + 10)
        look(copy)
        same(run, copy.url)
    assert file.stat().st_ino == inode
    assert not (file.parents[2] / TAIL).exists()
    with file.open("ab") as other:
        other.write(b"torn")
    log(run, 2000, 2010)
    look(copy)
    look(copy)
    same(run, copy.url)
    run.end()
    copy.push()
    assert files_of(file.parents[2]).keys() - {NOTE} == files_of(run.path).keys()


def test_an_earlier_reader_finds_a_beginning(run: tracking.Run, bucket: Bucket) -> None:
    """At every moment, in the right order, as one that knows nothing of tails would read the objects."""
    copy = PushedRun(find_run(run), bucket.url, bucket.options)
    look(copy)
    for number in range(1, 5):
        log(run, 100 * number, 100 * number + 10)
        look(copy)
        there = objects(copy.store)
        check_order({"lineages.plx.json": b"[]", **there})
        here = files_of(run.path)
        assert all(here[path].startswith(data) for path, data in there.items() if path.startswith("events/"))
        assert all(
            here[piece.path][piece.offset : piece.end] == piece.data for data in tails_of(copy.store).values() for piece in parse_tail(data)
        )
    assert orjson.loads(there["run.plx.json"])["uuid"] == run.uuid
    run.end()

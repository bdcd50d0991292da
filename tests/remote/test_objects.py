"""Object stores: the same objects at S3, in memory and in a folder, and every failure in a sentence."""

from __future__ import annotations

import errno
import multiprocessing
import os
import sys
from typing import TYPE_CHECKING

import pytest

from jupyter_tracking.errors import InvalidArgument, MissingExtra, MissingFile, OddKey, StoreError, StoreUnreachable
from jupyter_tracking.storage.objects import ObjectStore, is_url, local_path
from tests.remote.conftest import put_raw

if TYPE_CHECKING:
    from pathlib import Path

    from tests.remote.conftest import Bucket

pytestmark = pytest.mark.remote


@pytest.fixture(params=["s3", "quick s3", "memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """A store of each sort."""
    if "s3" in request.param:
        bucket = request.getfixturevalue("bucket" if request.param == "s3" else "quick_bucket")
        return ObjectStore.at(bucket.url, bucket.options)
    return ObjectStore.at(f"memory://{tmp_path.name}/team/a" if request.param == "memory" else f"file://{tmp_path}/team/a%20b")


def test_what_is_put_is_listed_and_read(store: ObjectStore) -> None:
    """All of it, one folder of it, a part of one; what is deleted is gone, and twice is no error."""
    assert store.list() == []
    with pytest.raises(MissingFile, match="is not there"):
        store.get("a/b.plx")
    assert store.put("a/b.plx", b"0123456789")
    store.put("a/c/ü x|%2f.plx", b"")
    store.put("ab/d", b"3")
    assert [(each.path, each.size) for each in store.list()] == [("a/b.plx", 10), ("a/c/ü x|%2f.plx", 0), ("ab/d", 1)]
    assert [each.path for each in store.list("a")] == ["a/b.plx", "a/c/ü x|%2f.plx"]
    assert [each.path for each in store.list("a", shallow=True)] == ["a/b.plx", "a/c/"]
    assert [each.path for each in store.list(shallow=True)] == ["a/", "ab/"]
    assert store.list("nothing") == store.list("nothing", shallow=True) == []
    assert store.get("a/b.plx") == b"0123456789"
    assert store.get_range("a/b.plx", 2, 3) == b"234"
    assert store.get_many(["a/b.plx", "gone", "ab/d"]) == {"a/b.plx": b"0123456789", "ab/d": b"3"}
    store.delete(["a/b.plx", "gone"])
    store.delete(["a/b.plx"])
    assert [each.path for each in store.list()] == ["a/c/ü x|%2f.plx", "ab/d"]


def test_an_etag_changes_with_the_object(store: ObjectStore, tmp_path: Path) -> None:
    """What `put` returns is what a listing says, and what reading into a file says."""
    first = store.put("x", b"one")
    assert first == store.list()[0].etag
    second = store.put("x", b"other")
    assert second == store.list()[0].etag != first
    with (tmp_path / "copy").open("w+b") as file:
        assert store.get_into("x", file) == second
    assert (tmp_path / "copy").read_bytes() == b"other"


def test_creating_never_replaces(store: ObjectStore) -> None:
    """The second one is refused by name."""
    store.put("x", b"one", create=True)
    with pytest.raises(StoreError, match="is there already") as caught:
        store.put("x", b"two", create=True)
    assert caught.value.errno == errno.EEXIST
    assert store.get("x") == b"one"


def test_a_store_in_memory_is_one_for_each_name(tmp_path: Path) -> None:
    """Two that name the same one see each other's objects, below each other's paths."""
    ObjectStore.at(f"memory://{tmp_path.name}/a").put("b/c", b"1")
    assert [each.path for each in ObjectStore.at(f"memory://{tmp_path.name}").list()] == ["a/b/c"]
    assert ObjectStore.at(f"memory://{tmp_path.name}/a/b/").get("c") == b"1"
    assert ObjectStore.at(f"memory://{tmp_path.name}-other").list() == []


@pytest.mark.parametrize("key", ["x/../z", "x//z", "x/./z"])
def test_one_odd_key_is_told_as_such(bucket: Bucket, key: str) -> None:
    """A listing fails for it; what is asked for by its name is there."""
    store = ObjectStore.at(bucket.url, bucket.options)
    store.put("run", b"1")
    put_raw(bucket, key, b"")
    with pytest.raises(OddKey, match="cannot be listed"):
        store.list()
    assert store.get("run") == b"1"


def test_every_failure_is_a_sentence(bucket: Bucket) -> None:
    """What is refused is refused at once, without another try; what may pass is tried again."""
    store = ObjectStore.at(bucket.url, bucket.options)
    store.put("x", b"1" * 1000)
    for fault, words in (("expired", "the credentials have expired"), ("denied", "access is denied")):
        bucket.proxy.fault = lambda _, fault=fault: fault
        bucket.proxy.count()
        for call in (lambda: store.get("x"), lambda: store.put("y", b""), store.list):
            with pytest.raises(StoreError, match=words) as caught:
                call()
            assert len(str(caught.value)) < 200
        assert sum(bucket.proxy.count().values()) == 3
    for fault in ("500", "503", "reset", "reset after", "half"):
        once = iter([fault])
        bucket.proxy.fault = lambda _, once=once: next(once, None)
        assert store.get("x") == b"1" * 1000
        once = iter([fault])
        bucket.proxy.fault = lambda _, once=once: next(once, None)
        store.put("y", b"2")
        assert store.get("y") == b"2"
    bucket.proxy.fault = lambda _: "503"
    few = ObjectStore.at(bucket.url, {**bucket.options, "max_retries": 2})
    with pytest.raises(StoreUnreachable, match="gave up after 3 tries: the store answered 503 SlowDown"):
        few.get("x")
    with pytest.raises(StoreUnreachable, match="gave up after 2 tries"):
        ObjectStore.at(bucket.url, {**bucket.options, "endpoint": "http://127.0.0.1:1", "max_retries": 1}).get("x")
    bucket.proxy.fault = lambda _: None
    other = ObjectStore.at("s3://no-such-bucket/x", bucket.options)
    for call in (lambda: other.get("x"), lambda: other.put("y", b""), other.list):
        with pytest.raises(StoreError, match="there is no such bucket"):
            call()


def test_wrong_arguments_are_refused() -> None:
    """A scheme that is no store's, an option that it does not take, a path that is none."""
    for url in ("https://x/y", "ftp://x", "/folder", "", "s3:/x"):
        with pytest.raises(InvalidArgument, match="no object store"):
            ObjectStore.at(url)
    with pytest.raises(InvalidArgument, match="endpont"):
        ObjectStore.at("s3://x/y", {"endpont": "http://localhost"})
    for path in ("a//b", "a/../b"):
        with pytest.raises(InvalidArgument, match="cannot be the name of an object"):
            ObjectStore.at("memory://wrong").put(path, b"")
    assert is_url("s3://x/y")
    assert not is_url("runs/s3")
    assert not is_url(None)
    assert local_path("file:///a%20b/c") == "/a b/c"
    assert local_path("s3://a/b") is None


def test_reading_a_folder_that_is_not_there_makes_none(tmp_path: Path) -> None:
    """Only what is put makes it."""
    store = ObjectStore.at(f"file://{tmp_path}/none")
    assert store.list() == []
    with pytest.raises(MissingFile):
        store.get("x")
    assert not os.path.exists(tmp_path / "none")


def _in_child(url: str, answers: multiprocessing.Queue[str]) -> None:
    try:
        ObjectStore.at(url).get("x")
    except StoreError as error:
        answers.put(str(error))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_is_refused(tmp_path: Path) -> None:
    """There it would wait for ever, with a store of its parent or with a new one."""
    store = ObjectStore.at(f"memory://{tmp_path.name}")
    store.put("x", b"1")
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_in_child, args=(store.url, answers))
    child.start()
    assert "forked process" in answers.get(timeout=60)
    child.join()


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what installs it."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(MissingExtra, match=r"jupyter-tracking\[remote\]"):
        ObjectStore.at("s3://x/y")

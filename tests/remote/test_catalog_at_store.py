"""The catalog of a root at a store: all its runs by two requests, equal to those of the folder that was pushed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import NotFound
from jupyter_tracking.frames.catalog import root_catalog
from jupyter_tracking.frames.catalog.root_catalog import fold, put_entry
from jupyter_tracking.read.catalog.content import Catalogued, encode_run, read_catalog
from jupyter_tracking.read.known_runs import list_run
from jupyter_tracking.read.run_reader import RunFolder
from jupyter_tracking.storage.catalog.names import list_catalog
from jupyter_tracking.storage.objects import ObjectStore
from tests.remote.recorded import copy_to

if TYPE_CHECKING:
    from pathlib import Path

    from tests.remote.conftest import Bucket

pytestmark = pytest.mark.remote
QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False, "quiet": True}


def send(root: Path, bucket: Bucket) -> None:
    """Push every run."""
    for run in tracking.runs(root)["uuid"]:
        tracking.push(run, bucket.url, bucket.options, root=root)


def same(bucket: Bucket, root: Path) -> None:
    """Both frames are equal to those of the folder."""
    runs = tracking.runs(bucket.url, storage_options=bucket.options)
    ends = runs["status"] != "running"  # of the one that goes on, the time differs
    expected = tracking.runs(root)
    pd.testing.assert_frame_equal(runs[ends].reset_index(drop=True), expected[ends].reset_index(drop=True))
    assert runs["name"].tolist() == expected["name"].tolist()
    pd.testing.assert_frame_equal(tracking.lineage(root=bucket.url), tracking.lineage(root=root))


def many(root: Path, bucket: Bucket) -> None:
    """Let a catalog tell of ten thousand runs like the second one, each with a name of its own."""
    store, uuid = ObjectStore.at(bucket.url, bucket.options), tracking.open_run("run1", root).uuid
    said, *values = encode_run(list_run(RunFolder(root / "runs" / uuid)))
    runs = []
    for number in range(10_000):
        name = UUID(int=number).hex
        own = said.replace(uuid, name).replace('"run1"', f'"other{number}"')
        runs.append(Catalogued(name, f"{number:016x}", 1, (), False, own, *values))
    lineage = tracking.lineage("run1", root).iloc[:0].astype({"summary": "string"})
    root_catalog._put_base(store, list_catalog(store), runs, lineage, [0] * len(runs), is_whole=True)


@pytest.fixture
def several(root: Path) -> Path:
    """Three runs that have ended, with an input that is a number or a text, and values that JSON lacks."""
    for number in range(3):
        with tracking.init(root=root, name=f"run{number}", tags=["t"] * number, **QUIET) as run:
            run.log_inputs(lr=0.1 * number, mixed=number or "0", nested={"a": [number]})
            for value in (1.0, math.nan, math.inf):
                run.log_metric("loss", value)
            run.log_text("text", "x", step=number)
    return root


def test_all_runs_are_two_requests(several: Path, bucket: Bucket) -> None:
    """One list and one file once folded, and before one file a run that was pushed since."""
    send(several, bucket)
    bucket.proxy.count()
    same(bucket, several)
    bucket.proxy.count()
    tracking.runs(bucket.url)
    assert bucket.proxy.count() == {"LIST": 2, "GET": 3}, "the runs are listed, as nobody has yet seen whether all are in the catalog"
    catalog = tracking.catalog(bucket.url).refresh()
    assert "3 runs" in repr(catalog)
    assert catalog.runs.count_rows() == 3
    assert catalog.path == f"{bucket.url}/.jupyter-tracking/catalog"
    bucket.proxy.count()
    tracking.runs(bucket.url)
    assert sum(bucket.proxy.count().values()) == 2
    tracking.lineage(root=bucket.url)
    assert sum(bucket.proxy.count().values()) == 3
    same(bucket, several)
    assert tracking.runs(bucket.url, engine="arrow").to_table().num_rows == 3
    assert tracking.events("loss", root=bucket.url)["run_name"].tolist() == [f"run{n}" for n in (2, 1, 0) for _ in range(3)]


def test_a_run_that_is_not_over_is_read_itself(several: Path, bucket: Bucket) -> None:
    """What was pushed of it later is there, though the catalog says something older."""
    run = tracking.init(root=several, name="going on", **QUIET)
    run.log_metric("loss", 1.0, step=0)
    run.sync()
    send(several, bucket)
    fold(ObjectStore.at(bucket.url, bucket.options))
    run.log_inputs(late=7)
    run.log_metric("more", 1.0, step=0)
    run.end()
    tracking.push(run.uuid, bucket.url, bucket.options, root=several)
    found = tracking.runs(bucket.url, storage_options=bucket.options).set_index("name")
    assert found.loc["going on", "status"] == "succeeded"
    assert found.loc["going on", "inputs.late"] == 7
    same(bucket, several)
    tracking.catalog(bucket.url).refresh()
    bucket.proxy.count()
    tracking.runs(bucket.url)
    assert sum(bucket.proxy.count().values()) == 2
    same(bucket, several)


def test_a_refresh_finds_what_was_put_without_an_entry(several: Path, bucket: Bucket) -> None:
    """A root without a catalog is read by its documents, and so are the runs beside one that was pushed with an entry."""
    store = ObjectStore.at(bucket.url, bucket.options)
    *others, last = (several / "runs" / run for run in tracking.runs(several)["uuid"])
    for run in (*others, last):
        copy_to(ObjectStore.at(f"{bucket.url}/runs/{run.name}", bucket.options), run)
    same(bucket, several)
    assert list_catalog(store).entries == []
    put_entry(store, RunFolder(last))
    same(bucket, several)
    fold(store)
    same(bucket, several)
    tracking.catalog(bucket.url, storage_options=bucket.options).refresh()
    same(bucket, several)
    first = list_catalog(ObjectStore.at(bucket.url, bucket.options))
    tracking.catalog(bucket.url).refresh()
    assert list_catalog(ObjectStore.at(bucket.url, bucket.options)) == first


def test_ten_thousand_runs_are_two_requests(several: Path, quick_bucket: Bucket) -> None:
    """Their number changes nothing."""
    many(several, quick_bucket)
    store = ObjectStore.at(quick_bucket.url, quick_bucket.options)
    quick_bucket.proxy.count()
    found = tracking.runs(quick_bucket.url, storage_options=quick_bucket.options)
    assert sum(quick_bucket.proxy.count().values()) == 2
    assert len(found) == 10_000
    assert set(found["inputs.mixed"]) == {1}
    assert len(read_catalog(store).runs) == 10_000


def test_a_run_is_found_among_ten_thousand_by_a_few_requests(several: Path, quick_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its name or the beginning of its uuid: what the catalog says, and the documents of that one run."""
    monkeypatch.setenv("JUPYTER_TRACKING_CACHE", str(several / "cache"))
    many(several, quick_bucket)
    send(several, quick_bucket)
    store = ObjectStore.at(quick_bucket.url, quick_bucket.options)
    fold(store)
    uuids = {name: tracking.open_run(name, several).uuid for name in ("run0", "run1", "run2")}
    quick_bucket.proxy.count()
    assert tracking.open_run("run1", quick_bucket.url, storage_options=quick_bucket.options).uuid == uuids["run1"]
    assert quick_bucket.proxy.count() == {"LIST": 2, "GET": 4}
    assert tracking.open_run(uuids["run2"][:12], quick_bucket.url).name == "run2"
    assert quick_bucket.proxy.count() == {"LIST": 2, "GET": 4}
    assert tracking.open_run("run0", quick_bucket.url).load("text") == "x"


def test_what_the_catalog_says_of_a_name_is_borne_out(several: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that it does not know is found all the same; one that is gone, or has another name, is not found by what it says."""
    monkeypatch.setenv("JUPYTER_TRACKING_CACHE", str(several / "cache"))
    send(several, bucket)
    tracking.catalog(bucket.url, storage_options=bucket.options).refresh()
    with tracking.init(root=several, name="put by hand", **QUIET) as run:
        run.log_metric("loss", 1.0)
    copy_to(ObjectStore.at(f"{bucket.url}/runs/{run.uuid}", bucket.options), run.path)
    assert tracking.open_run("put by hand", bucket.url).uuid == run.uuid
    gone, renamed = (tracking.open_run(name, several) for name in ("run0", "run1"))
    store = ObjectStore.at(f"{bucket.url}/runs/{gone.uuid}", bucket.options)
    store.delete([entry.path for entry in store.list()])
    with pytest.raises(NotFound, match=r"'run0': no run of this uuid or name under s3://.*near: 'run2'"):
        tracking.open_run("run0", bucket.url)
    renamed.rename("another")
    copy_to(ObjectStore.at(f"{bucket.url}/runs/{renamed.uuid}", bucket.options), renamed.path)
    with pytest.raises(NotFound):
        tracking.open_run("run1", bucket.url)
    renamed.rename("a third name")
    tracking.push(renamed, bucket.url, bucket.options)
    assert tracking.open_run("a third name", bucket.url).uuid == renamed.uuid


def test_of_several_of_a_name_the_newest_is_found(several: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a folder, and it says how many there are; an archived one only where all are."""
    monkeypatch.setenv("JUPYTER_TRACKING_CACHE", str(several / "cache"))
    for lr in (1, 2):
        with tracking.init(root=several, name="run0", config={"newest": lr}, **QUIET):
            pass
    tracking.open_run("run0", several).archive()
    send(several, bucket)
    (archived,) = tracking.runs(several, archived=True, where="newest = 2")["uuid"]
    tracking.push(archived, bucket.url, bucket.options, root=several)
    found, here = tracking.open_run("run0", bucket.url, storage_options=bucket.options), tracking.open_run("run0", several)
    assert (found.uuid, found.inputs["newest"], found.files.namesakes) == (here.uuid, 1, here.files.namesakes)
    assert "the newest of 3 of this name" in repr(found)

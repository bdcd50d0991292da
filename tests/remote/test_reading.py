"""A run at an object store reads as the same run in a folder, and what it costs in requests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, MissingFile, NotFound, StoreError
from jupyter_tracking.read.remote import cache, roots
from jupyter_tracking.storage.objects import ObjectStore
from jupyter_tracking.views.model.listing import change_marks
from jupyter_tracking.views.table.stored_table import open_table
from tests.remote.conftest import put_raw
from tests.remote.recorded import METRICS, copy_to, record

if TYPE_CHECKING:
    from tests.remote.conftest import Bucket

pytestmark = pytest.mark.remote


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("JUPYTER_TRACKING_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with most kinds."""
    return record(tmp_path_factory.mktemp("root"))


@pytest.fixture(params=["s3", "memory", "file"])
def place(request: pytest.FixtureRequest, recorded: Path, tmp_path: Path) -> tuple[str, dict[str, Any] | None]:
    """The URL of a root in which the run lies, and the options of the store."""
    options = None
    if request.param == "s3":
        bucket = request.getfixturevalue("bucket")
        url, options = bucket.url, bucket.options
    else:
        url = f"memory://{tmp_path.name}/team" if request.param == "memory" else f"file://{tmp_path}/team"
    copy_to(ObjectStore.at(f"{url}/runs/{recorded.name}", options), recorded)
    return url, options


def same(one: Any, other: Any) -> None:
    """Assert that two values of `load` are equal."""
    assert type(one) is type(other)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, os.PathLike):
        files = [sorted(each.rglob("*")) if each.is_dir() else [each] for each in (one, other)]
        assert [each.name for each in files[0]] == [each.name for each in files[1]]
        assert [each.read_bytes() for each in files[0]] == [each.read_bytes() for each in files[1]]
    else:
        assert repr(one) == repr(other)


def test_everything_is_equal(recorded: Path, place: tuple[str, dict[str, Any] | None], tmp_path: Path) -> None:
    """Every frame, every value at every step, every saved page."""
    url, options = place
    there, here = tracking.open_run(f"{url}/runs/{recorded.name}", storage_options=options), tracking.open_run(recorded)
    for attribute in ("uuid", "name", "project", "status", "duration", "info", "inputs", "outputs", "meta", "tags"):
        assert getattr(there, attribute) == getattr(here, attribute)
    assert there.artifacts() == here.artifacts()
    pd.testing.assert_frame_equal(there.metrics(), here.metrics())
    pd.testing.assert_frame_equal(there.metrics("m/3", tidy=True), here.metrics("m/3", tidy=True))
    pd.testing.assert_frame_equal(there.lineage(), here.lineage())
    assert there.problems().empty
    for kind, name in here.artifacts():
        if there.files.find(name, kind).versioned:
            pd.testing.assert_frame_equal(there.events(name, kind), here.events(name, kind))
        for step in [None, *here.steps(name, kind)[1:]]:
            same(there.load(name, kind, step), here.load(name, kind, step))
    pd.testing.assert_frame_equal(there.diff("preds", 0, 2), here.diff("preds", 0, 2))
    pd.testing.assert_frame_equal(there.problems(hashes=True), here.problems(hashes=True))
    pages = [view.save(tmp_path / f"{number}.html").read_text() for number, view in enumerate((there, here))]
    assert len(pages[0]) == pytest.approx(len(pages[1]), abs=600)  # but for where the run is
    shown = there.show("roc", "preds")
    assert shown.steps == here.show("roc", "preds").steps
    for export in ("there.zip", "here.zip"):
        (there if export == "there.zip" else here).export(tmp_path / export)
    assert tracking.open_run(tmp_path / "there.zip").artifacts() == here.artifacts()


def test_many_runs_are_equal(recorded: Path, place: tuple[str, dict[str, Any] | None]) -> None:
    """The frames of a root are those of the folder; a run is found by its name, its uuid and the beginning of it."""
    url, options = place
    root = recorded.parent.parent
    frame = tracking.runs(root=url, storage_options=options)
    pd.testing.assert_frame_equal(frame, tracking.runs(root=root))
    pd.testing.assert_frame_equal(tracking.lineage(root=url, storage_options=options), tracking.lineage(root=root))
    assert tracking.problems(root=url).empty
    for run in ("recorded", recorded.name, recorded.name[:8]):
        assert tracking.open_run(run, root=url, storage_options=options).uuid == recorded.name
    pd.testing.assert_frame_equal(tracking.lineage(frame), tracking.lineage(root=root))
    pd.testing.assert_frame_equal(tracking.lineage(url), tracking.lineage(root=root))
    table = tracking.browse(root=url, storage_options=options)
    table.close()
    tracking.browse(f"{url}/runs/{recorded.name}", storage_options=options).close()
    with pytest.raises(NotFound, match="no run of this uuid or name under"):
        tracking.open_run("nothing", root=url)
    with pytest.raises(NotFound):
        tracking.open_run(f"{url}/runs/{'0' * 32}")
    with pytest.raises(NotFound):
        tracking.open_run(url)


def test_what_it_costs(recorded: Path, bucket: Bucket) -> None:
    """Opening 5 requests, all metrics together one each, and nothing twice; a second look at what did not change one."""
    url = f"{bucket.url}/runs/{recorded.name}"
    copy_to(ObjectStore.at(url, bucket.options), recorded)
    bucket.proxy.count()
    view = tracking.open_run(url, storage_options=bucket.options)
    assert bucket.proxy.count() == {"LIST": 1, "GET": 4}
    view.lineage(), repr(view), view.outputs, view.artifacts()
    assert bucket.proxy.count() == {}
    view.metrics()
    assert bucket.proxy.count() == {"GET": METRICS}
    view.metrics(), view.steps("m/0")
    assert bucket.proxy.count() == {}
    view.load("preds")
    assert bucket.proxy.count() == {"GET": 2}
    again = tracking.open_run(url)
    again.metrics(), again.load("preds"), again.lineage()
    assert bucket.proxy.count() == {"LIST": 1}
    again.browse().close()
    events = [artifact for artifact in view.files.artifacts() if artifact.versioned]
    assert bucket.proxy.count() == {"GET": len(events) - METRICS - 1 + 3}  # the last row of each, and the pictures that it opens with
    again.browse().close()
    assert bucket.proxy.count() == {}
    tracking.runs(root=bucket.url, storage_options=bucket.options)
    asked = bucket.proxy.count()
    assert asked["GET"] == 2
    assert asked["LIST"] <= 2  # of the runs, and of what may tell of all of them at once


def test_what_changed_is_seen_at_the_next_look(recorded: Path, bucket: Bucket) -> None:
    """A new version of a file is one more request; what is gone is gone."""
    url = f"{bucket.url}/runs/{recorded.name}"
    store = ObjectStore.at(url, bucket.options)
    copy_to(store, recorded)
    view = tracking.open_run(url, storage_options=bucket.options)
    before = view.metrics("m/0")
    store.put("events/metric/m__0.plx", store.get("events/metric/m__0.plx") + b"9|2026-01-01 00:00:00.000000+00:00|9.0\n")
    store.delete(["assets/dataframe/preds_0.parquet"])
    bucket.proxy.count()
    again = tracking.open_run(url)
    assert len(again.metrics("m/0")) == len(before) + 1
    assert bucket.proxy.count() == {"LIST": 1, "GET": 1}
    assert list(view.metrics("m/0").index) == list(again.metrics("m/0").index)
    assert "preds_0" in " ".join(again.problems()["problem"])


def test_what_is_listed_and_not_there_is_missing(recorded: Path, bucket: Bucket) -> None:
    """As it went away between the two: the rest is read, and what is missing is told."""
    url = f"{bucket.url}/runs/{recorded.name}"
    store = ObjectStore.at(url, bucket.options)
    copy_to(store, recorded)
    view = tracking.open_run(url, storage_options=bucket.options)
    store.delete(["assets/dataframe/preds_2.parquet", "events/metric/m__0.plx"])
    assert len(view.metrics("m/1")) == 5
    with pytest.raises(MissingFile):
        view.load("preds")
    with pytest.raises(MissingFile):
        view.metrics("m/0")
    words = " ".join(view.problems()["problem"])
    assert "preds_2.parquet is missing" in words


def test_what_comes_between_the_look_and_the_reading(tmp_path: Path, bucket: Bucket) -> None:
    """A file that is newer than the listing names an asset that the listing lacks: it is looked for again, once."""
    with tracking.init(name="grows", root=tmp_path, quiet=True, track_env=False, track_code=False) as run:
        run.log_dataframe(pd.DataFrame({"step": [0]}), "frame", step=0)
        url = tracking.push(run, bucket.url, bucket.options).url
        view = tracking.open_run(url, storage_options=bucket.options)
        run.log_dataframe(pd.DataFrame({"step": [1]}), "frame", step=1)
        tracking.push(run, bucket.url, bucket.options)
        bucket.proxy.count()
        assert view.steps("frame") == [0, 1]
        assert view.load("frame")["step"].tolist() == [1]
        assert view.problems().empty
        assert bucket.proxy.count()["LIST"] == 1
        ObjectStore.at(url, bucket.options).delete(["assets/dataframe/frame_1.parquet"])
        late = tracking.open_run(url, storage_options=bucket.options)
        assert late.steps("frame") == [0, 1]
        bucket.proxy.count()
        for _ in range(3):
            with pytest.raises(MissingFile):
                late.load("frame")
        assert bucket.proxy.count().get("LIST", 0) <= 1


def test_a_live_view_looks_once_in_half_a_minute(tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the page asks; then what has come is read, and what is as it was is not asked for again."""
    with tracking.init(name="live", root=tmp_path, quiet=True, track_env=False, track_code=False) as run:
        for step in range(3):
            run.log_metrics(loss=step, acc=step, step=step)
        url = tracking.push(run, bucket.url, bucket.options).url
        clock = [1000.0]
        monkeypatch.setattr("jupyter_tracking.read.remote.source.monotonic", lambda: clock[0])
        view = tracking.open_run(url, storage_options=bucket.options)
        view.metrics()
        shown = view.show("loss")
        bucket.proxy.count()
        run.log_metric("loss", 3, step=3)
        tracking.push(run, bucket.url, bucket.options)
        bucket.proxy.count()
        for second in range(1000, 1060, 2):
            clock[0] = float(second)
            view.metrics(), view.status, change_marks(view.files), view.outputs
        assert bucket.proxy.count() == {"LIST": 1, "GET": 1}
        assert view.metrics()["loss"].tolist() == [0, 1, 2, 3]
        shown.close()


def test_of_a_large_table_only_parts_come(tmp_path: Path, quick_bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """To look at a page of it takes a few requests of a megabyte each; to load it, all of it once."""
    monkeypatch.setattr("jupyter_tracking.read.remote.source.MOST_FETCHED_TABLE_BYTES", 4_000_000)
    frame = pd.DataFrame({f"c{number}": np.random.default_rng(number).random(200_000) for number in range(8)})
    with tracking.init(name="large", root=tmp_path, quiet=True, track_env=False, track_code=False) as run:
        run.log_dataframe(frame, "large", step=1)
    url = tracking.push(run.path, quick_bucket.url, quick_bucket.options).url
    view = tracking.open_run(url, storage_options=quick_bucket.options)
    artifact = view.files.find("large")
    quick_bucket.proxy.count()
    table = open_table(view.files, view.files.payload(artifact, view.files.rows(artifact)[0]))
    assert table.count == len(frame)
    pd.testing.assert_frame_equal(table.window(1000, 1010, slice(0, 2)), frame.iloc[1000:1010, :2])
    asked = quick_bucket.proxy.count()
    assert asked["GET"] <= 12, asked
    pd.testing.assert_frame_equal(view.load("large"), frame)
    assert quick_bucket.proxy.count() == {"GET": 1}
    assert view.files.ranged("assets/dataframe/large_1.parquet") is None


@pytest.mark.parametrize("key", ["events/x/../../../../../../out", "events/metric//deep", "assets/./x", "../out"])
def test_one_odd_key_hides_nothing(recorded: Path, bucket: Bucket, key: str, own_cache: Path) -> None:
    """All of the run is read, the key is told as a problem, and nothing is written beside the folder."""
    url = f"{bucket.url}/runs/{recorded.name}"
    copy_to(ObjectStore.at(url, bucket.options), recorded)
    put_raw(bucket, f"runs/{recorded.name}/{key}", b"odd")
    view, here = tracking.open_run(url, storage_options=bucket.options), tracking.open_run(recorded)
    pd.testing.assert_frame_equal(view.metrics(), here.metrics())
    pd.testing.assert_frame_equal(view.lineage(), here.lineage())
    pd.testing.assert_frame_equal(view.load("preds"), here.load("preds"))
    told = view.problems()
    assert len(told) >= 1
    assert "no path" in " ".join(told["problem"])
    assert not list(own_cache.parent.rglob("out"))


@pytest.mark.parametrize("key", ["a\\..\\b", "C:x", "~x", "a" * 300, "run.plx.json/x"])
def test_a_name_that_is_no_file_is_a_problem(recorded: Path, bucket: Bucket, key: str) -> None:
    """It is told, and the rest is read."""
    url = f"{bucket.url}/runs/{recorded.name}"
    store = ObjectStore.at(url, bucket.options)
    copy_to(store, recorded)
    put_raw(bucket, f"runs/{recorded.name}/{key}", b"odd")
    view = tracking.open_run(url, storage_options=bucket.options)
    assert len(view.metrics()) == 5
    assert any("it is not read" in words or "cannot be a file" in words for words in view.problems()["problem"])


def test_a_remote_run_is_only_read(recorded: Path, bucket: Bucket) -> None:
    """Nothing changes it from here, and recording to a URL is refused with what to do instead."""
    url = f"{bucket.url}/runs/{recorded.name}"
    copy_to(ObjectStore.at(url, bucket.options), recorded)
    view = tracking.open_run(url, storage_options=bucket.options)
    for change in (lambda: view.rename("x"), lambda: view.tag("x"), view.pin, view.archive, view.delete):
        with pytest.raises(InvalidArgument, match="push it again"):
            change()
    with pytest.raises(InvalidArgument, match="mirror="):
        tracking.init(root=bucket.url, quiet=True)
    with pytest.raises(InvalidArgument, match="storage_options= is for a URL"):
        tracking.open_run(recorded, storage_options={"region": "x"})


def test_a_store_that_fails_is_told_and_what_is_known_stays(recorded: Path, bucket: Bucket) -> None:
    """The first look fails in a sentence; a later one leaves what was read, and is a problem."""
    url = f"{bucket.url}/runs/{recorded.name}"
    copy_to(ObjectStore.at(url, bucket.options), recorded)
    bucket.proxy.fault = lambda _: "expired"
    with pytest.raises(StoreError, match="have expired"):
        tracking.open_run(url, storage_options=bucket.options)
    bucket.proxy.fault = lambda _: None
    view = tracking.open_run(url)
    metrics = view.metrics()
    bucket.proxy.fault = lambda _: "denied"
    view.files.source._next = 0.0  # as half a minute later
    pd.testing.assert_frame_equal(view.metrics(), metrics)
    with pytest.raises(StoreError, match="access is denied"):
        view.load("notes")
    assert "access is denied" in " ".join(words for _, words in view.files.source.problems)


def test_the_cache_is_private_and_bounded(recorded: Path, bucket: Bucket, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else reads it; what was used longest ago goes when there is more than the bound."""
    monkeypatch.setattr(cache, "MOST_CACHE_BYTES", 8000)
    monkeypatch.setattr(cache, "_LOOK_EVERY", 1)
    url = f"{bucket.url}/runs/{recorded.name}"
    copy_to(ObjectStore.at(url, bucket.options), recorded)
    view = tracking.open_run(url, storage_options=bucket.options)
    for kind, name in view.artifacts():
        view.load(name, kind)
    for folder in (own_cache / "objects", own_cache / "open", *(own_cache / "open").iterdir()):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o077 == 0 for file in (own_cache / "objects").iterdir())
    assert sum(file.stat().st_size for file in (own_cache / "objects").iterdir()) <= 8000
    assert view.load("notes") == "step 2: für ü"  # what is in use stays
    assert roots.source_of(view.path) is view.files.source


def test_what_is_forgotten_as_soon_as_it_is_kept_is_read_all_the_same(
    recorded: Path, bucket: Bucket, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread, or another process with the same cache, may make room in any moment."""
    replace = os.replace

    def replace_and_forget(source: str, target: str | Path) -> None:
        replace(source, target)
        if Path(target).parent == own_cache / "objects":
            Path(target).unlink()

    monkeypatch.setattr(os, "replace", replace_and_forget)
    url = f"{bucket.url}/runs/{recorded.name}"
    copy_to(ObjectStore.at(url, bucket.options), recorded)
    view = tracking.open_run(url, storage_options=bucket.options)
    assert view.load("notes") == "step 2: für ü"
    assert not [*(own_cache / "objects").iterdir()]


def test_a_model_is_not_fetched_to_say_how_large_it_is(tmp_path: Path, quick_bucket: Bucket) -> None:
    """Neither one file, at a step or without one, nor a folder."""
    folder = tmp_path / "weights"
    folder.mkdir()
    for name in ("one.bin", "two.bin"):
        (folder / name).write_bytes(bytes(3_000_000))
    with tracking.init(name="large", root=tmp_path, quiet=True, track_env=False, track_code=False) as run:
        run.log_model(folder, "folder")
        run.log_model(folder / "one.bin", "file")
        run.log_model(folder / "two.bin", "steps", step=1)
    url = tracking.push(run.path, quick_bucket.url, quick_bucket.options).url
    view = tracking.open_run(url, storage_options=quick_bucket.options)
    pages = {name: view.show(name)._page(name) for name in ("folder", "file", "steps")}
    assert "<td>6000000</td>" in pages["folder"]
    assert "<td>3000000</td>" in pages["file"]
    assert "<td>3000000</td>" in pages["steps"]
    assert not [request.key for request in quick_bucket.proxy.requests if request.does == "GET" and request.key.endswith(".bin")]
    assert view.load("steps").stat().st_size == 3_000_000

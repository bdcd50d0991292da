"""A run that is sent to a store: once, again, and through every failure, with what names after what it names."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound, StoreError, StoreUnreachable
from jupyter_tracking.storage.objects import ObjectStore
from tests.remote.recorded import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.remote.conftest import Bucket
    from tests.remote.proxy import Request

pytestmark = pytest.mark.remote
_OF_THE_WRITER = tuple(f".jupyter-tracking/{name}" for name in ("lock", "names", "rows", "writers/", "tmp/", "pushed"))
NOTE = ".jupyter-tracking/files.json"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with most kinds."""
    return record(tmp_path_factory.mktemp("root"))


def small(root: Path) -> Path:
    """Record a run of 24 files that are sent, so that with the note there are 25."""
    with tracking.init(name="small", root=root, quiet=True, track_env=False, track_code=False, track_logs=False) as run:
        for number in range(16):
            run.log_metric(f"m{number}", 1.0, step=1)
        run.log_dataframe(pd.DataFrame({"a": [1]}), "table", step=1)
        run.log_text("text", "x", step=1)
        run.log_curve("curve", [0, 1], [0, 1], step=1)
        return run.path


def files_of(run: Path) -> dict[str, bytes]:
    """What of a run is sent."""
    found = {path.relative_to(run).as_posix(): path for path in sorted(run.rglob("*")) if path.is_file()}
    # What begins with `.localbucket` the server itself has not finished: it is no object yet.
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(_OF_THE_WRITER) and "/.localbucket-" not in name}


def objects_of(url: str, options: object = None) -> dict[str, bytes]:
    """What is at the store, but for the note."""
    store = ObjectStore.at(url, options)
    found = store.get_many([entry.path for entry in store.list()])
    found.pop(NOTE, None)
    return found


def test_a_run_is_sent_once(tmp_path: Path, bucket: Bucket) -> None:
    """25 files, the note among them, cost 26 requests, with the entry in the catalog, and again one; what was there is not sent again."""
    run = small(tmp_path)
    assert len(files_of(run)) == 24
    done = tracking.push(run, bucket.url, bucket.options)
    assert bucket.proxy.count() == {"PUT": 26}
    assert objects_of(done.url, bucket.options) == files_of(run)
    assert repr(done).startswith("<pushed 25 files (")
    assert done.url in repr(done)
    bucket.proxy.count()
    again = tracking.push(run, bucket.url, bucket.options)
    assert bucket.proxy.count() == {"LIST": 1}
    assert again.sent == []
    assert again.skipped == 24
    assert "0 files (0 B)" in repr(again)
    ObjectStore.at(done.url, bucket.options).delete(["events/metric/m3.plx", NOTE])
    bucket.proxy.count()
    assert tracking.push(run, f"{bucket.url}/runs/{run.name}", bucket.options).sent == ["events/metric/m3.plx", NOTE]
    assert tracking.open_run(done.url, storage_options=bucket.options).problems(hashes=True).empty


def test_whether_a_run_is_there_is_asked_in_one_request(tmp_path: Path, bucket: Bucket) -> None:
    """Of a copy of its folder, of one that cannot be written, and of a store that knows no condition as well, nothing is sent twice."""
    run = small(tmp_path)
    mark = run / ".jupyter-tracking" / "pushed"
    bucket.proxy.fault = lambda request: "unknown" if request.does == "PUT" and len(bucket.proxy.requests) == 1 else None
    assert len(tracking.push(run, bucket.url, bucket.options).sent) == 25
    assert bucket.proxy.count() == {"LIST": 1, "PUT": 27}
    bucket.proxy.fault = lambda _: None
    mark.unlink()
    assert tracking.push(run, bucket.url, bucket.options).sent == []
    assert bucket.proxy.count() == {"LIST": 1, "PUT": 1}
    mark.unlink()
    mark.symlink_to(tmp_path / "elsewhere")
    assert tracking.push(run, bucket.url, bucket.options).sent == []
    assert bucket.proxy.count() == {"LIST": 1}
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("sort", ["memory", "file"])
def test_other_stores(tmp_path: Path, recorded: Path, sort: str) -> None:
    """Where an ETag is no md5 the note says what is there."""
    url = f"memory://{tmp_path.name}/team" if sort == "memory" else f"file://{tmp_path}/shared"
    done = tracking.push("recorded", url, root=recorded.parent.parent)
    assert objects_of(done.url) == files_of(recorded)
    assert tracking.push(recorded, url).sent == []
    note = orjson.loads(ObjectStore.at(done.url).get(NOTE))
    assert set(note) == set(files_of(recorded))
    assert tracking.runs(root=url)["name"].tolist() == ["recorded"]
    assert tracking.open_run(done.url).problems(hashes=True).empty


def test_what_is_sent_first(recorded: Path, bucket: Bucket) -> None:
    """Assets, then rows, then journals, then the lineage, and the document last but for the entry in the catalog and the note."""
    tracking.push(recorded, bucket.url, bucket.options)
    keys = [request.key for request in bucket.proxy.requests if request.does == "PUT"]
    assert "/catalog/new/" in keys.pop(-2)
    order = [key.partition(f"{recorded.name}/")[2] for key in keys]
    assert order[-3:] == ["lineages.plx.json", "run.plx.json", NOTE]
    assert set(order[-5:-3]) == {".jupyter-tracking/assets.jsonl", ".jupyter-tracking/lineage.jsonl"}
    logs = [key.startswith(("events/", "plxlogs/", "resources/")) for key in order[:-5]]
    assert logs == sorted(logs)


def test_an_entry_that_could_not_be_sent_is_sent_by_the_next_push(recorded: Path, bucket: Bucket) -> None:
    """The note comes after it, so that its absence tells; the run itself was there already."""
    bucket.proxy.fault = lambda request: "denied" if request.does == "PUT" and "catalog" in request.key else None
    with pytest.raises(StoreError):
        tracking.push(recorded, bucket.url, bucket.options)
    bucket.proxy.fault = lambda _: None
    assert tracking.push(recorded, bucket.url, bucket.options).sent == [NOTE]
    assert "/catalog/new/" in [request.key for request in bucket.proxy.requests if request.does == "PUT"][-2]


def test_a_run_that_goes_on(tmp_path: Path, bucket: Bucket) -> None:
    """Whole rows alone are sent; what comes later is sent later; the copy reads as the run did then."""
    with tracking.init(name="going", root=tmp_path, quiet=True, track_env=False) as run:
        for step in range(3):
            run.log_metric("loss", step / 2, step=step)
        with (run.path / "events" / "metric" / "loss.plx").open("ab") as file:
            file.write(b"9|2026-01-01 00:00")
        done = tracking.push(run, bucket.url, bucket.options)
        view = tracking.open_run(done.url, storage_options=bucket.options)
        assert view.metrics()["loss"].tolist() == [0, 0.5, 1]
        assert view.status == "interrupted"  # nobody said at the store that it goes on
    tracking.push(run.path, bucket.url, bucket.options)
    view = tracking.open_run(done.url)
    assert view.status == "succeeded"
    assert view.metrics()["loss"].tolist() == [0, 0.5, 1]


def test_a_large_file_goes_in_parts(tmp_path: Path, bucket: Bucket) -> None:
    """And is known again by the ETag of its parts."""
    data = os.urandom(1 << 20) * 12
    (tmp_path / "large.bin").write_bytes(data)
    with tracking.init(name="large", root=tmp_path, quiet=True, track_env=False) as run:
        run.log_artifact(tmp_path / "large.bin", name="large", kind="file")
    done = tracking.push(run.path, bucket.url, bucket.options)
    assert done.bytes > len(data)
    assert " MB)" in repr(done)
    ObjectStore.at(done.url, bucket.options).delete([NOTE])
    assert tracking.push(run.path, bucket.url, bucket.options).sent == [NOTE]
    assert Path(tracking.open_run(done.url, storage_options=bucket.options).load("large")).read_bytes() == data


def test_nothing_outside_of_the_run_is_sent(tmp_path: Path) -> None:
    """A link is left out, whatever it leads to."""
    run = record(tmp_path)
    (tmp_path / "secret").write_text("secret")
    (run / "outputs" / "link").symlink_to(tmp_path / "secret")
    (run / "assets" / "folder").symlink_to(tmp_path)
    done = tracking.push(run, f"memory://{tmp_path.name}-links")
    assert not [data for data in objects_of(done.url).values() if data == b"secret"]


def test_what_is_of_the_writers_does_not_travel(tmp_path: Path) -> None:
    """What ranks and others lock, their marks and what is unfinished stay here, in a copy and in a .zip; the journals of ranks go."""
    run = record(tmp_path)
    private = run / ".jupyter-tracking"
    (private / "writers").mkdir(exist_ok=True)
    left = ("lock", "names", "rows", "rows.3", "o.lock", "writers/12-ab.lock", "tmp/half", "mirror.log", "pushed", "../.run.plx.json.new")
    for name in left:
        (private / name).write_bytes(b"")
    (private / "lineage.3.jsonl").write_bytes((private / "lineage.jsonl").read_bytes())
    there = set(objects_of(tracking.push(run, f"memory://{tmp_path.name}-writers").url))
    tracking.open_run(run).export(tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        packed = {name.partition("/")[2] for name in archive.namelist()}
    for found in (there, packed):
        assert {path for path in found if path.startswith(".")} == {
            f".jupyter-tracking/{name}.jsonl" for name in ("assets", "lineage", "lineage.3")
        }
    assert there == packed


def test_a_file_that_goes_away_meanwhile(tmp_path: Path, bucket: Bucket) -> None:
    """It is left out, and nothing else is."""
    run = record(tmp_path)
    for number in range(40):
        (run / "outputs" / f"f{number:02}.txt").write_text("x" * number)

    def delete(request: Request) -> None:
        if request.does == "PUT":
            (run / "outputs" / "f39.txt").unlink(missing_ok=True)

    bucket.proxy.fault = delete
    done = tracking.push(run, bucket.url, bucket.options)
    assert objects_of(done.url, bucket.options) == files_of(run)


@pytest.mark.parametrize("fault", ["500", "503", "reset", "reset after", "half"])
def test_what_fails_now_and_then_is_tried_again(recorded: Path, bucket: Bucket, fault: str) -> None:
    """The run is whole."""
    count = iter(range(10**6))
    bucket.proxy.fault = lambda _: fault if next(count) % 5 == 0 else None
    done = tracking.push(recorded, bucket.url, bucket.options)
    bucket.proxy.fault = lambda _: None
    assert objects_of(done.url, bucket.options) == files_of(recorded)


def test_what_hangs_or_is_slow_is_asked_again(recorded: Path, quick_bucket: Bucket) -> None:
    """A few requests of which never come back are given up and asked again; one that is slow is waited for."""
    options = {**quick_bucket.options, "timeout": "1s"}
    faults = {3: "hang", 9: "slow", 14: "hang", 20: "slow"}
    count = iter(range(10**6))
    quick_bucket.proxy.fault = lambda _: faults.get(next(count))
    done = tracking.push(recorded, quick_bucket.url, options)
    assert objects_of(done.url, options) == files_of(recorded)


@pytest.mark.parametrize(
    ("fault", "words"), [("503", "gave up after 3 tries"), ("expired", "the credentials have expired"), ("denied", "access is denied")]
)
def test_what_goes_on_failing_is_told(recorded: Path, bucket: Bucket, fault: str, words: str) -> None:
    """In a sentence; nothing is there that names what is missing, and the next call sends the rest."""
    options = {**bucket.options, "max_retries": 2}
    bucket.proxy.fault = lambda request: fault if request.does == "PUT" and "events" in request.key else None
    with pytest.raises(StoreError, match=words) as caught:
        tracking.push(recorded, bucket.url, options)
    assert isinstance(caught.value, StoreUnreachable) == (fault == "503")
    url = f"{bucket.url}/runs/{recorded.name}"
    bucket.proxy.fault = lambda _: None
    before = objects_of(url, bucket.options)
    check_order(before)
    assert before
    done = tracking.push(recorded, bucket.url, bucket.options)
    assert objects_of(url, bucket.options) == files_of(recorded)
    assert not set(done.sent) & set(before)


def check_order(there: dict[str, bytes]) -> None:
    """Assert that whatever is named at a store is there."""
    lineages = orjson.loads(there.get("lineages.plx.json", b"[]"))
    assert "run.plx.json" not in there or "lineages.plx.json" in there
    for record_ in lineages:
        path = record_["path"]
        assert path in there or any(key.startswith(f"{path}/") for key in there), path
    for line in there.get(".jupyter-tracking/assets.jsonl", b"").splitlines():
        asset = orjson.loads(line)["path"]
        assert asset in there or any(key.startswith(f"{asset}/") for key in there), asset
    for key, data in there.items():
        if key.startswith("events/dataframe"):
            for row in data.splitlines()[1:]:
                assert orjson.loads(row.split(b"|", 2)[2])["path"] in there


def every_third(requests: int) -> Iterator[tuple[int, str, float]]:
    """At which requests a push is killed: at every third, before the store has it or after."""
    yield from ((number, "reset", 0.0) for number in range(2, requests, 3))
    yield from ((number, "reset after", 0.0) for number in range(3, requests, 3))


def at_random(requests: int) -> Iterator[tuple[int, str, float]]:
    """The same at random, or some time after a request that goes on."""
    chosen = random.Random(requests)
    while True:
        yield chosen.randrange(1, requests), chosen.choice(["reset", "reset after", ""]), chosen.random() / 50


KILLS = int(os.environ.get("KILLS", "100"))


@pytest.mark.parametrize(
    ("moments", "kills"),
    [(every_third, 10**6), pytest.param(at_random, KILLS, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])],
    ids=["every third request", "as many as promised"],
)
def test_killed_at_any_moment(
    recorded: Path, quick_bucket: Bucket, moments: Callable[[int], Iterator[tuple[int, str, float]]], kills: int
) -> None:
    """Nothing is named that is missing, a run that can be opened is whole, and the next push ends it."""
    whole = files_of(recorded)
    warm = multiprocessing.get_context("forkserver")  # which has imported what pushes, and never used a store
    warm.set_forkserver_preload(["jupyter_tracking.remote.push"])
    for trial, (number, fault, later) in enumerate(islice(moments(len(whole) + 3), kills)):
        url = f"{quick_bucket.url}/{trial}"
        child = warm.Process(target=tracking.push, args=(recorded, url, quick_bucket.options))
        requests = iter(range(1, 10**6))

        def kill(
            _: Request, number: int = number, child: Any = child, requests: Iterator[int] = requests, fault: str = fault
        ) -> str | None:
            if next(requests) < number:
                return None
            if not fault:
                time.sleep(later)  # noqa: B023 - this trial's
            child.kill()
            return fault or None

        quick_bucket.proxy.fault = kill
        child.start()
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
        quick_bucket.proxy.fault = lambda _: None
        place = quick_bucket.folder / f"{trial}/runs/{recorded.name}"
        there = files_of(place)
        there.pop(NOTE, None)
        check_order(there)
        assert all(whole[key] == data for key, data in there.items())
        if "run.plx.json" in there:
            view = tracking.open_run(f"{url}/runs/{recorded.name}", storage_options=quick_bucket.options)
            assert view.problems(hashes=True).empty
            pd.testing.assert_frame_equal(view.lineage(), tracking.open_run(recorded).lineage())
        sent = tracking.push(recorded, url, quick_bucket.options).sent
        assert files_of(place) == {**whole, NOTE: (place / NOTE).read_bytes()}
        assert not set(sent) - {NOTE} & set(there)
        shutil.rmtree(quick_bucket.folder / str(trial))


def test_wrong_arguments(recorded: Path, bucket: Bucket) -> None:
    """A run that is not there, one that is at a store, and what is no URL."""
    with pytest.raises(NotFound):
        tracking.push("nothing", bucket.url, bucket.options, root=recorded.parent.parent)
    with pytest.raises(InvalidArgument, match="no object store"):
        tracking.push(recorded, "folder/of/runs")
    done = tracking.push(recorded, bucket.url, bucket.options)
    view = tracking.open_run(done.url, storage_options=bucket.options)
    with pytest.raises(InvalidArgument, match="at a store already"):
        tracking.push(view, bucket.url, bucket.options)


def test_the_command_line(recorded: Path, tmp_path: Path) -> None:
    """It says what was sent, and a mistake is one line."""
    words = [sys.executable, "-m", "jupyter_tracking", "push", str(recorded)]
    done = subprocess.run([*words, f"file://{tmp_path}/shared"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"pushed {len(files_of(recorded)) + 1} files (")
    wrong = subprocess.run([*words, "nowhere"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1


def test_pages_of_runs_at_a_store_go_to_a_store(recorded: Path, bucket: Bucket) -> None:
    """As HTML, so that a browser shows them; a second call writes nothing, unless the table has gone."""
    tracking.push(recorded, bucket.url, bucket.options)
    done = tracking.save_pages(bucket.url, f"{bucket.url}/site", storage_options=bucket.options)
    assert done.url == f"{bucket.url}/site/index.html"
    assert done.written == [recorded.name]
    store = ObjectStore.at(f"{bucket.url}/site", bucket.options)
    assert sorted(entry.path for entry in store.list()) == ["index.html", "pages.json", f"runs/{recorded.name}.html"]
    assert store.get("index.html").startswith(b"<!doctype html>")
    for wanted in (None, "index.html"):
        before = {entry.path: entry.etag for entry in store.list()}
        store.delete([wanted] if wanted else [])
        assert tracking.save_pages(bucket.url, f"{bucket.url}/site", storage_options=bucket.options).written == []
        assert {entry.path: entry.etag for entry in store.list()} == before

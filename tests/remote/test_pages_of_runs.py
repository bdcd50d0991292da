"""Pages of a run at a store are those of its folder, but for the address that they name."""

from __future__ import annotations

import base64
import gzip
import json
import re
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage.objects import ObjectStore
from jupyter_tracking.views.export import report
from jupyter_tracking.views.model.listing import relative_path
from tests.compat.every_kind import log_every_kind
from tests.remote.recorded import copy_to

if TYPE_CHECKING:
    from pathlib import Path

    from tests.remote.conftest import Bucket

pytestmark = pytest.mark.remote

_HASH = re.compile(r"'sha256-[A-Za-z0-9+/=]{44}'(?: 'sha256-[A-Za-z0-9+/=]{44}')*|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_PACKED = re.compile(r'(<script type="application/gzip" class="jt-data">)([^<]*)')


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own for each test."""
    monkeypatch.setenv("JUPYTER_TRACKING_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every kind."""
    pytest.importorskip("bokeh", reason="`make remote` installs what every kind needs")
    run = Run(tmp_path_factory.mktemp("root") / "runs" / "0f1e2d3c4b5a69788796a5b4c3d2e1f0", name="every-kind", tags=["a"])
    log_every_kind(run, tmp_path_factory.mktemp("made"))
    run.end()
    return run.path


@pytest.fixture(params=["s3", "memory"])
def root_url(request: pytest.FixtureRequest, recorded: Path, tmp_path: Path) -> str:
    """The URL of a root in which the run lies."""
    url, options = f"memory://{tmp_path.name}/team", None
    if request.param == "s3":
        bucket = request.getfixturevalue("bucket")
        url, options = bucket.url, bucket.options
    copy_to(ObjectStore.at(f"{url}/runs/{recorded.name}", options), recorded)
    tracking.open_run(f"{url}/runs/{recorded.name}", storage_options=options)  # the options hold from now on
    tracking.runs(url, storage_options=options)
    return url


def opened(page: Path, address: str) -> str:
    """The text of a page with what its views have packed unpacked, with `PLACE` for an address, and without what is a hash of all that."""
    text = _PACKED.sub(lambda found: found[1] + unpacked(found[2]), page.read_text(encoding="utf-8"))
    assert address in text
    text = (
        text.replace(address, "PLACE")
        .replace('["at","PLACE', '["on disk","PLACE')
        .replace("<td>at</td><td>PLACE", "<td>on disk</td><td>PLACE")
    )
    return _HASH.sub("HASH", text)


def unpacked(text: str) -> str:
    """The header and the buffers of packed payloads; how long the header is, on which its address has an influence, apart."""
    data = gzip.decompress(base64.b64decode(text))
    length = int.from_bytes(data[:4], "little")
    return data[4 : 4 + length].decode() + data[4 + length + -(4 + length) % 8 :].decode("latin-1")


def same(page: Path, other: Path, *addresses: str) -> None:
    """Assert that two pages are equal, but for the addresses that they name, and that a file at a store is on no disk."""
    texts = [opened(path, address) for path, address in zip((page, other), addresses, strict=True)]
    assert len(texts[0]) > 50_000  # with all that draws it
    assert texts[0] == texts[1]


def test_the_page_of_a_run_is_equal(recorded: Path, root_url: str, tmp_path: Path) -> None:
    """All its artifacts, every step that a page holds; what differs is where the run is said to be."""
    here = tracking.open_run(recorded).browse().save(tmp_path / "here.html")
    url = f"{root_url}/runs/{recorded.name}"
    there = tracking.open_run(url).browse().save(tmp_path / "there.html")
    same(here, there, relative_path(recorded), url)
    zipped = tracking.open_run(tracking.open_run(url).export(tmp_path / "run.zip")).browse().save(tmp_path / "zipped.html")
    same(here, zipped, relative_path(recorded), relative_path(tmp_path / "run.zip"))


def test_the_pages_of_a_root_are_equal(recorded: Path, root_url: str, tmp_path: Path) -> None:
    """The table, and the page of each run; the table's heading names the root."""
    root = recorded.parent.parent
    for place, output in ((root, "here"), (root_url, "there")):
        assert tracking.save_pages(place, tmp_path / output).written == [recorded.name]
    page = f"runs/{recorded.name}.html"
    same(tmp_path / "here" / page, tmp_path / "there" / page, relative_path(recorded), f"{root_url}/runs/{recorded.name}")
    same(tmp_path / "here" / "index.html", tmp_path / "there" / "index.html", str(root), root_url)
    here, there = (json.loads((tmp_path / output / "pages.json").read_text()) for output in ("here", "there"))
    assert here.pop("index.html") != there.pop("index.html")
    assert here == there
    assert tracking.save_pages(root_url, tmp_path / "here").written == []
    same(tmp_path / "here" / "index.html", tmp_path / "there" / "index.html", root_url, root_url)


def test_the_report_of_a_notebook_is_equal(recorded: Path, root_url: str, tmp_path: Path) -> None:
    """Whether its run is found in a folder or at a store: nothing in it says where."""
    view = tracking.open_run(recorded)
    about = [view.show(name, kind=kind)._metadata() for kind, name in view.artifacts() if view.steps(name, kind)]
    about += [view.browse()._metadata()]
    notebook = tmp_path / "elsewhere" / "shown.ipynb"
    notebook.parent.mkdir()
    nbformat.write(_shown(about), notebook)
    pages = [report.report(notebook, tmp_path / f"{n}.html", root) for n, root in enumerate((recorded.parent.parent, root_url))]
    same(*pages, relative_path(recorded), f"{root_url}/runs/{recorded.name}")
    assert "cannot be shown" not in pages[0].read_text(encoding="utf-8")
    found = tracking.runs_in(notebook, root_url)
    assert found["on_disk"].all()
    assert found["unchanged"].dropna().all()
    assert found["run_path"].unique().tolist() == [f"{root_url}/runs/{recorded.name}"]
    here = tracking.runs_in(notebook, recorded.parent.parent)
    pd.testing.assert_frame_equal(found.drop(columns="run_path"), here.drop(columns="run_path"))
    assert not tracking.runs_in(notebook, f"{root_url}/empty")["on_disk"].any()


def test_a_report_takes_the_options_of_a_store(recorded: Path, bucket: Bucket, tmp_path: Path) -> None:
    """As `runs()` does; and refuses them where nothing is at a store."""
    tracking.push(recorded, bucket.url, bucket.options)
    notebook = tmp_path / "shown.ipynb"
    nbformat.write(_shown([tracking.open_run(recorded).show("loss", kind="metric")._metadata()]), notebook)
    (page := tmp_path / "page.html").write_text("")
    assert tracking.runs_in(notebook, bucket.url, storage_options=bucket.options)["on_disk"].all()
    tracking.report(notebook, page, bucket.url, storage_options=bucket.options)
    assert "cannot be shown" not in page.read_text(encoding="utf-8")
    with pytest.raises(InvalidArgument, match="storage_options"):
        tracking.report(notebook, page, tmp_path, storage_options=bucket.options)


def _shown(about: list[dict[str, Any]]) -> nbformat.NotebookNode:
    """A notebook of which each cell has shown something."""
    v4 = nbformat.v4
    return v4.new_notebook(
        cells=[
            v4.new_code_cell("view", outputs=[v4.new_output("display_data", {"text/plain": "x"}, metadata={"jupyter_tracking": each})])
            for each in about
        ]
    )


def test_what_a_notebook_keeps_of_a_run_at_a_store_is_its_url(recorded: Path, root_url: str) -> None:
    """And nothing of the folder that this machine keeps of it."""
    view = tracking.open_run(f"{root_url}/runs/{recorded.name}")
    url = f"{root_url}/runs/{recorded.name}"
    assert view.show("roc")._metadata()["run_path"] == view.browse()._metadata()["run_path"] == url
    table = tracking.browse(root=root_url)
    assert (table._metadata()["root"], table._metadata()["runs"][0]["run_path"]) == (root_url, url)

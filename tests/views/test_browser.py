"""The browser's kernel half: the list, and the stepper beside it."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking import open_run
from jupyter_tracking.errors import InvalidType, NotFound
from jupyter_tracking.format import event_rows
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.scan import file_ends
from jupyter_tracking.record.run import Run
from jupyter_tracking.views.export import browser_page
from jupyter_tracking.views.model import listing
from jupyter_tracking.views.widgets import browser as browser_widget
from jupyter_tracking.views.widgets import check_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_tracking.read.run_files import Problem
    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.run_view import RunView
    from jupyter_tracking.views.widgets.browser import Browser


def unpacked(page: str) -> str:
    """What a static page holds, as text."""
    found = re.search(r'class="jt-data">([^<]*)<', page)
    assert found is not None
    return gzip.decompress(base64.b64decode(found[1])).decode("utf-8", "replace")


def test_the_list_has_every_artifact_with_its_steps_and_last_value(view: RunView) -> None:
    """Kinds are grouped, the commonest first."""
    listed = {(a["kind"], a["name"]): a for a in view.browse().catalog.about["artifacts"]}
    assert set(listed) == set(view.artifacts())
    assert listed["metric", "loss"] == {"kind": "metric", "name": "loss", "steps": 5, "last": f"{1 / 41:.6g}"}
    assert listed["file", "kept"]["size"] == len(b"weights")
    kinds = [a["kind"] for a in view.browse().catalog.about["artifacts"]]
    assert kinds == sorted(kinds, key=kinds.index)
    assert kinds[0] == "metric"


def test_three_values_without_a_step_are_three_rows_in_the_list(root: Path, tmp_path: Path) -> None:
    """And not one step, in the page as well."""
    with tracking.init(root=root, name="short", track_code=False, track_env=False, track_logs=False) as run:
        for value in (3.0, 1.0, 2.0):
            run.log_metric("loss", value)
        run.log_metric("stepped", 1.0, step=1)
    browser = open_run(run).browse()
    assert browser.catalog.about["artifacts"] == [
        {"kind": "metric", "name": "loss", "rows": 3, "last": "2"},
        {"kind": "metric", "name": "stepped", "steps": 1, "last": "1"},
    ]
    assert "<td>3 rows</td>" in browser.save(tmp_path / "page.html").read_text("utf-8")


def test_selecting_opens_a_stepper_and_closes_the_one_before(view: RunView) -> None:
    """`selected` is read and set, from Python and from the page."""
    browser = view.browse()
    assert browser.selected is None
    before = browser.stepper
    browser.selected = ("dataframe", "predictions")
    assert browser.stepper is not None
    assert browser.stepper.steps == (0, 20, 40)
    assert before is not None
    assert before.comm is None
    browser.catalog.set_state({"selected": [["curve", "gain"]]})
    assert browser.selected == ("curve", "gain")
    assert browser.stepper.steps == (0, 10, 20, 30, 40)
    browser.selected = "predictions"  # as show() takes it, where one kind has the name
    assert browser.selected == ("dataframe", "predictions")
    for wrong in (3, ("a", "b", "c"), [("curve", "gain"), 3]):
        with pytest.raises(InvalidType, match="is none; give the kind and name of an artifact, a list of such, or None"):
            browser.selected = wrong  # type: ignore[assignment]


def test_it_opens_on_metrics_and_pictures_and_shows_several_under_one_slider(view: RunView) -> None:
    """The overview has what people look for, not the longest list's first; several are chosen from Python and from the page."""
    browser = view.browse()
    assert browser.catalog.overview
    assert shown(browser) == [["loss"], ["gain"], ["figure"]]
    browser.selected = [("curve", "gain"), ("dataframe", "predictions")]
    assert (browser.selected, shown(browser)) == (("curve", "gain"), [["gain"], ["predictions"]])
    browser.catalog.set_state({"selected": [["metric", "loss"], ["curve", "gain"]]})
    assert shown(browser) == [["loss"], ["gain"]]
    browser.selected = None
    assert (browser.selected, shown(browser)) == (None, [["loss"], ["gain"], ["figure"]])


def test_the_overview_draws_what_measures_one_thing_in_one_chart(root: Path) -> None:
    """Whatever the parts of the data are called; it is there as soon as there is more than one thing to show, and the page has it too."""
    with tracking.init(root=root, name="keras", track_code=False, track_env=False, track_logs=False) as run:
        run.log_metric("loss", 1.0, step=0)
        browser = open_run(run).browse()
        assert browser.selected == ("metric", "loss")
        for step in range(3):
            run.log_metrics({"val_loss": 1.1, "accuracy": 0.5, "train/accuracy": 0.6, "lr": 0.01, "eval_": 1.0}, step=step)
        browser.poll()
    assert browser.selected is None
    assert shown(browser) == [["loss", "val_loss"], ["accuracy", "train/accuracy"], ["lr"], ["eval_"]]
    found = re.search(r'class="jt-data">([^<]*)<', browser._page(""))
    assert found is not None
    pack = gzip.decompress(base64.b64decode(found[1]))
    header = json.loads(pack[4 : 4 + int.from_bytes(pack[:4], "little")])
    assert len(header["scenes"][header["overview"]]["about"]["panels"]) == 4


def shown(browser: Browser) -> list[list[str]]:
    """What each panel shows."""
    assert browser.stepper is not None
    return [[series.artifact.name for series in panel.series] for panel in browser.stepper._scene.panels]


def test_an_unknown_selection_is_an_error_in_python_and_words_in_the_page(view: RunView) -> None:
    """What the page sends cannot break the browser."""
    browser = view.browse()
    with pytest.raises(NotFound):
        browser.selected = ("curve", "nothing")
    assert browser.selected is None
    for wrong in ([["curve", "nothing"]], [["curve"]], ["a"], [["a", "b", "c"]], ["curve", "gain"]):
        browser.catalog.set_state({"selected": wrong})
        assert browser.stepper is None


def test_files_and_problems_of_the_run_are_listed(view: RunView) -> None:
    """The files are those on disk; a missing asset is a problem."""
    about = view.browse().catalog.about
    assert ["outputs/model.bin", 7] in about["files"]
    assert about["problems"] == []
    (view.path / "assets").joinpath("text").mkdir(exist_ok=True)
    next((view.path / "assets" / "image").iterdir()).unlink()
    assert "missing" in view.browse().catalog.about["problems"][0][2]


@pytest.fixture
def running(root: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run that goes on, whose files count as large and many."""
    monkeypatch.setattr(listing, "_SOON_FILES", 0)
    monkeypatch.setattr(file_ends, "_WHOLE", 0)
    run = Run(root / "runs" / ("d" * 32), name="long")
    for step in range(7):
        run.log_metric("loss", step / 2, step)
        run.log_curve("gain", [0, 1], [0, step], step=step)
    return run


@pytest.fixture
def long_run(running: Run) -> RunView:
    """The same, opened."""
    return open_run(running)


def test_a_large_run_is_listed_by_the_ends_of_its_files(running: Run, long_run: RunView) -> None:
    """Rows are counted where reading them would take time; once the run has ended, its lineage says how many steps there were."""
    listed = {a["name"]: a for a in listing.list_artifacts(long_run.files)["artifacts"]}
    assert listed["loss"] == {"kind": "metric", "name": "loss", "rows": 7, "last": "3"}
    assert listed["gain"] == {"kind": "curve", "name": "gain", "rows": 7}
    running.log_metric("loss", 9.25, 7)
    assert listing.list_artifacts(long_run.files)["artifacts"][0] == {**listed["loss"], "rows": 8, "last": "9.25"}
    running.end()
    ended = {a["name"]: a for a in listing.list_artifacts(long_run.files)["artifacts"]}
    assert ended["loss"] == {"kind": "metric", "name": "loss", "steps": 8, "last": "9.25"}
    assert ended["gain"] == {"kind": "curve", "name": "gain", "steps": 7}


def test_what_was_counted_is_not_counted_again(long_run: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grew costs what is new of it, one that did not nothing at all: neither for the list nor for the outputs beside it."""
    read: list[bytes] = []
    pread = os.pread

    def counting(fd: int, count: int, offset: int) -> bytes:
        data = pread(fd, count, offset)
        read.append(data)
        return data

    rows = b"".join(event_rows.format_row("metric", step, "2024-01-02 03:04:05.678900+00:00", 0.5) for step in range(10_000))
    path = long_run.path / "events" / "metric" / "loss.plx"
    path.write_bytes(event_rows.header("metric") + rows)
    monkeypatch.setattr(file_ends.os_calls, "pread", counting)
    entries = [listing.list_artifacts(long_run.files)["artifacts"][0]]
    assert len(b"".join(read)) > len(rows)
    before, read[:] = len(b"".join(read)), []
    again = listing.list_artifacts(long_run.files)
    assert ["loss", "0.5"] in again["outputs"]
    assert not any(data in path.read_bytes() for data in read)
    entries.append(again["artifacts"][0])
    unchanged, read[:] = len(b"".join(read)), []
    with path.open("ab") as file:
        file.write(rows[:50].partition(b"\n")[0] + b"\n")
    entries.append(listing.list_artifacts(long_run.files)["artifacts"][0])
    assert [entry["rows"] for entry in entries] == [10_000, 10_000, 10_001]
    assert len(b"".join(read)) - unchanged < 10_000 < before


def test_a_file_that_is_not_what_the_lineage_says_is_looked_at_itself(running: Run, long_run: RunView) -> None:
    """Of a run that has ended, too: a file that was removed, cut, or replaced by a link to another one of the same size."""
    for name in ("gone", "cut", "linked"):
        running.log_metrics(0, **{name: 1.5})
        running.log_metrics(1, **{name: 2.5})
    running.end()
    folder = long_run.path / "events" / "metric"
    (folder / "gone.plx").unlink()
    (folder / "cut.plx").write_bytes((folder / "cut.plx").read_bytes().rpartition(b"\n1|")[0] + b"\n")
    (folder / "linked.plx").rename(long_run.path / "outputs-elsewhere")
    (folder / "linked.plx").symlink_to(long_run.path / "outputs-elsewhere")
    listed = {a["name"]: a for a in listing.list_artifacts(long_run.files)["artifacts"]}
    assert listed["loss"] == {"kind": "metric", "name": "loss", "steps": 7, "last": "3"}
    assert (listed["cut"]["rows"], listed["cut"]["last"]) == (1, "1.5")
    assert "missing" in listed["gone"]["note"]
    assert "through a link" in listed["linked"]["note"]


def test_a_link_in_the_place_of_a_folder_is_not_followed(running: Run, long_run: RunView) -> None:
    """Nothing is said of what is behind it, whatever its size."""
    running.end()
    (long_run.path / "events" / "metric").rename(long_run.path / "moved")
    (long_run.path / "events" / "metric").symlink_to(long_run.path / "moved")
    listed = {a["name"]: a for a in listing.list_artifacts(long_run.files)["artifacts"]}
    assert "through a link" in listed["loss"]["note"]
    assert listed["gain"] == {"kind": "curve", "name": "gain", "steps": 7}


def test_problems_of_a_large_run_are_shown_when_they_are_found(long_run: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list is there at once and says that it is checking."""
    started, go_on = threading.Event(), threading.Event()

    def find(folder: RunFolder, **more: Any) -> list[Problem]:
        started.set()
        assert go_on.wait(60)
        return find_problems(folder, **more)

    append_a_bad_row(long_run)
    monkeypatch.setattr(check_thread, "find_problems", find)
    browser = long_run.browse()
    assert started.wait(60)
    assert browser.catalog.about["unchecked"] == "checking every row and file…"
    assert browser.catalog.about["problems"] == []
    assert "not looked for here" in unpacked(browser._page("line"))
    shown = threading.Event()
    browser.catalog.observe(lambda _: shown.set(), names=["about"])
    go_on.set()
    assert shown.wait(60)
    assert_the_bad_row_is_told(browser)
    assert "loss.plx" in unpacked(browser._page("line"))


def append_a_bad_row(run: RunView) -> None:
    """Write a line that is no row into the file of a metric."""
    with (run.path / "events" / "metric" / "loss.plx").open("ab") as file:
        file.write(b"no row\n")


def assert_the_bad_row_is_told(browser: Browser) -> None:
    """The list waits for no search, and tells of that line."""
    assert browser.catalog.about["unchecked"] == ""
    assert [problem[:2] for problem in browser.catalog.about["problems"]] == [["events/metric/loss.plx", "9"]]


class HeldSearch:
    """A search for problems that tells when it has started, waits, asks whether anybody still wants to know, and tells when it has ended."""

    def __init__(self) -> None:
        self.started, self.go_on, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, _folder: RunFolder, *, progress: Callable[[int, int], object]) -> list[Problem]:
        """Stand for `find_problems`."""
        self.started.set()
        assert self.go_on.wait(60)
        try:
            progress(1, 2)
        finally:
            self.ended.set()
        raise AssertionError


@pytest.fixture
def search(monkeypatch: pytest.MonkeyPatch) -> HeldSearch:
    """Such a search in place of that of the thread."""
    held = HeldSearch()
    monkeypatch.setattr(check_thread, "find_problems", held)
    return held


def test_a_browser_that_is_closed_ends_its_search(long_run: RunView, search: HeldSearch) -> None:
    """The thread asks between two artifacts whether anybody still wants to know."""
    browser = long_run.browse()
    assert search.started.wait(60)
    browser.close()
    search.go_on.set()
    assert search.ended.wait(60)


def test_a_page_that_is_saved_has_looked_for_problems_in_place_of_the_thread(long_run: RunView, search: HeldSearch) -> None:
    """Both would read every row at the same time; what was found for the page is in the list too."""
    append_a_bad_row(long_run)
    browser = long_run.browse()
    assert search.started.wait(60)
    page = browser.save(long_run.path.parent / "page.html").read_text()
    assert "not looked for here" not in unpacked(page)
    assert "loss.plx" in unpacked(page)
    assert_the_bad_row_is_told(browser)
    search.go_on.set()
    assert search.ended.wait(60)
    assert_the_bad_row_is_told(browser)


@pytest.mark.parametrize("waits", [True, False])
def test_a_save_that_is_interrupted_while_it_looks_for_problems_leaves_the_search_to_the_thread(
    long_run: RunView, monkeypatch: pytest.MonkeyPatch, *, waits: bool
) -> None:
    """The list would say "checking" for good; where it has its problems, they stay."""

    def interrupted(_folder: RunFolder) -> list[Problem]:
        raise KeyboardInterrupt

    go_on, shown = threading.Event(), threading.Event()
    append_a_bad_row(long_run)
    monkeypatch.setattr(check_thread, "find_problems", lambda *found, **more: (go_on.wait(60), find_problems(*found, **more))[1])
    browser = long_run.browse()
    browser.catalog.observe(lambda _: shown.set(), names=["about"])
    if not waits:
        go_on.set()
        assert shown.wait(60)
    monkeypatch.setattr(browser_widget, "find_problems", interrupted)
    with pytest.raises(KeyboardInterrupt):
        browser.save(long_run.path.parent / "page.html")
    go_on.set()
    assert shown.wait(60)
    assert_the_bad_row_is_told(browser)


def test_a_saved_page_says_what_it_lacks(view: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each artifact gets its share of the room, and what is too large for all of it is only listed."""
    assert '"note":""' in unpacked(view.browse().save(view.path.parent / "all.html").read_text())
    monkeypatch.setattr(browser_page, "SAVED", 3_000)
    monkeypatch.setattr(browser_page, "_LEAST", 0)
    text = unpacked(view.browse().save(view.path.parent / "some.html").read_text())
    found = re.search(r'"note":"(\d+) of (\d+) artifacts are only listed, and (\d+) ha', text)
    assert found is not None
    assert int(found[2]) == len(view.artifacts())
    places = json.loads(re.search(r'"places":(\[[^\]]*\])', text)[1])  # type: ignore[index]
    assert places.count(-1) == int(found[1])

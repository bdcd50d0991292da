"""The runs under a root as static pages: a table, and a page a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main
from jupyter_tracking.errors import InvalidArgument


def make(root: Path, name: str, steps: int = 3) -> Path:
    """Record a run of a metric."""
    with tracking.init(root=root, name=name, track_code=False, track_env=False, quiet=True) as run:
        for step in range(steps):
            tracking.log_metric("loss", 1 / (step + 1), step=step)
    return run.path


def test_each_run_has_a_page_and_what_has_not_changed_is_not_written_again(root: Path, tmp_path: Path) -> None:
    """Also by the command; a run that is renamed is written again, and an archived one is not."""
    one, two = make(root, "one"), make(root, "two")
    site = tmp_path / "site"
    done = tracking.save_pages(root, site)
    assert (sorted(done.written), done.skipped, done.failed) == (sorted([one.name, two.name]), 0, {})
    assert done.url == str(site / "index.html")
    assert sorted(path.name for path in (site / "runs").iterdir()) == sorted([f"{one.name}.html", f"{two.name}.html"])
    assert "2 pages written, 0 were there" in repr(done)
    assert tracking.save_pages(root, site).written == []
    tracking.open_run(one).rename("other")
    three = make(root, "three")
    tracking.open_run(two).archive()
    again = tracking.save_pages(root, site)
    assert sorted(again.written) == sorted([one.name, three.name])
    assert "<title>other</title>" in (site / "runs" / f"{one.name}.html").read_text()
    assert main(["page", str(root), "-o", str(site)]) == 0


def test_the_table_is_written_again_where_it_is_another_or_has_gone(root: Path, tmp_path: Path) -> None:
    """What says nothing new is left as it is; a run that has no page, being archived, is in the table too."""
    runs = [make(root, name, steps) for name, steps in (("one", 3), ("two", 4), ("three", 5), ("four", 6))]
    tracking.open_run(runs[3]).archive()
    site = tmp_path / "site"
    index = Path(tracking.save_pages(root, site).url)
    first = index.stat()
    assert tracking.save_pages(root, site).written == []
    assert index.stat().st_ino == first.st_ino  # a page that is written is a new file
    whole = index.read_bytes()
    tracking.open_run(runs[3]).rename("other")
    assert tracking.save_pages(root, site).written == []
    assert index.read_bytes() != whole
    tracking.open_run(runs[3]).rename("four")
    tracking.save_pages(root, site)
    index.unlink()
    assert tracking.save_pages(root, site).written == []
    assert index.read_bytes() == whole


def test_a_run_that_goes_on_is_written_each_time(root: Path, tmp_path: Path) -> None:
    """Until it has ended."""
    run = tracking.init(root=root, name="living", track_code=False, track_env=False, quiet=True)
    run.log_metric("loss", 1.0, step=0)
    assert tracking.save_pages(root, tmp_path / "site").written == [run.path.name]
    assert tracking.save_pages(root, tmp_path / "site").written == [run.path.name]
    run.end()
    assert tracking.save_pages(root, tmp_path / "site").written == [run.path.name]
    assert tracking.save_pages(root, tmp_path / "site").written == []


def test_pages_within_the_runs_are_refused(root: Path) -> None:
    """They would be taken for runs."""
    make(root, "one")
    for place in ("runs", "runs/site"):
        with pytest.raises(InvalidArgument, match="lies within the runs"):
            tracking.save_pages(root, root / place)
    assert not (root / "runs/index.html").exists()


def test_what_a_note_says_that_anybody_wrote_is_no_more_than_a_page_written_again(root: Path, tmp_path: Path) -> None:
    """The note beside the pages is not trusted to be well made."""
    run = make(root, "one")
    site = tmp_path / "site"
    tracking.save_pages(root, site)
    for said in ("[]", "nonsense", json.dumps({run.name: 7}), "\x00"):
        (site / "pages.json").write_text(said)
        assert tracking.save_pages(root, site).written == [run.name]

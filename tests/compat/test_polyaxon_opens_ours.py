"""What Polyaxon does with a run of ours that holds every kind, with and without steps."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.format.document.curation import NOTE_KEY
from jupyter_tracking.format.paths import slug
from jupyter_tracking.kinds import KINDS
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.compat.every_kind import AWKWARD, STEPS, log_every_kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UUID = "fedcba9876543210" * 2
# What log_artifact(kind=…, step=…) makes; Polyaxon's own get_event_at does not know these fields.
NOT_EVENTS = {"csv", "dir", "markdown"}


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ended run of ours that holds every kind."""
    run = Run(tmp_path_factory.mktemp("every") / "runs" / UUID, name="every kind", tags=["a", "b"])
    log_every_kind(run, tmp_path_factory.mktemp("made"))
    run.end()
    return run.path


@pytest.fixture(scope="module")
def read(ask_polyaxon: Any, every_kind: Path) -> dict[str, Any]:
    """Every event file of it as Polyaxon's reader gives it, by both engines."""
    return ask_polyaxon("read", every_kind)


def test_every_kind_that_has_events_is_there(every_kind: Path) -> None:
    """The run is what it says: no kind that has a log function of its own is left out."""
    present = {path.name for path in (every_kind / "events").iterdir()}
    files = {kind.name for kind in KINDS.values() if kind.renderer == "file"} - {"model"}
    assert {kind for kind in KINDS if kind not in files} <= present


def test_both_engines_read_every_file(read: dict[str, Any], every_kind: Path) -> None:
    """V1Events.read takes every event file, by the C engine and by pyarrow, with the steps and moments we read."""
    folder = open_folder(every_kind)
    seen = 0
    for artifact in folder.artifacts():
        if not artifact.versioned:
            continue
        events = folder.rows(artifact)
        for engine in ("c", "pyarrow"):
            item = read[f"{engine}/{artifact.kind}/{artifact.stem}"]
            assert item.get("error") is None
            assert item["steps"] == [event.step for event in events]
            moments = [pd.Timestamp(moment) for moment in item["timestamps"]]
            assert moments == [pd.Timestamp(event.timestamp, unit="us", tz="UTC") for event in events]
            assert item["summary"]["is_event"]
            seen += 1
    assert seen == len(read)


def test_polyaxon_takes_every_row_for_an_event(read: dict[str, Any]) -> None:
    """V1Events.get_event_at makes a V1Event of every row: payloads are what its schema wants, NaN and infinities too."""
    refused = {
        (key, event[:120])
        for key, item in read.items()
        if key.split("/")[1] not in NOT_EVENTS
        for event in item["events"]
        if "Error" in event.split(":", 1)[0]
    }
    # A NaN is None to pandas' reader, and an event without a value is none.
    nan_metrics = {(key, event) for key, event in refused if key.split("/")[1] == "metric" and "found 0" in event}
    assert refused == nan_metrics


def test_texts_come_through_polyaxon_as_they_were(read: dict[str, Any], every_kind: Path) -> None:
    """A `|`, a newline, U+2028 and NUL in a text reach Polyaxon's reader unharmed."""
    stem = open_folder(every_kind).find(AWKWARD, "text").stem
    for engine in ("c", "pyarrow"):
        assert read[f"{engine}/text/{stem}"]["cells"] == ["one | two\nthree\u2028four\x00five"] * len(STEPS)


def test_the_run_loads_offline_and_syncs(ask_polyaxon: Any, every_kind: Path, copied: Callable[[Path], Path]) -> None:
    """load_offline_run takes documents and lineage; a full sync of the event summaries finds what we had written."""
    records = json.loads((every_kind / "lineages.plx.json").read_text())
    loaded = ask_polyaxon("load", copied(every_kind))
    assert (loaded["name"], loaded["uuid"], loaded["status"].rpartition(".")[2].lower(), loaded["tags"]) == (
        "every kind",
        UUID,
        "succeeded",
        ["a", "b"],
    )
    assert loaded["conditions"] == ["created", "running", "succeeded"]
    assert all(loaded["meta"][flag] for flag in ("has_events", "has_metrics", "has_model", "has_tensorboard", "has_traces"))
    # Polyaxon keeps a record a name: of a metric and a text of one name, the one that comes last.
    assert loaded["lineage"].keys() == {record["name"] for record in records}
    ours = {(record["kind"], record["name"]): record["summary"] for record in records}
    for name, item in loaded["synced"].items():
        summary = ours[item["kind"], name]
        if item["summary"].get("is_event"):
            assert item["path"] == f"events/{item['kind']}/{name}.plx"
            assert summary["is_event"]
            assert item["summary"]["step"]["count"] == summary["step"]["count"] == len([s for s in STEPS if s is not None])
            assert item["summary"]["step"]["max"] == summary["step"]["max"] == STEPS[-1]
            for end in ("min", "max"):
                assert item["summary"]["timestamp"][end] == summary["timestamp"][end]
    assert loaded["again"] == sorted(loaded["synced"])


def test_the_run_is_listed(ask_polyaxon: Any, every_kind: Path) -> None:
    """`polyaxon ops ls --offline` shows the run."""
    listed = ask_polyaxon("listed", every_kind.parent.parent)
    assert listed["code"] == 0
    assert UUID in listed["output"]


def test_a_run_loads_while_it_runs(ask_polyaxon: Any, tmp_path: Path) -> None:
    """The document of a run is Polyaxon's V1Run from the first moment, and so are the event files."""
    run = Run(tmp_path / "runs" / UUID)
    run.log_metric("loss", 1.0, 0)
    run.log_inputs(lr=0.1)
    loaded = ask_polyaxon("load", run.path)
    assert loaded["status"].rpartition(".")[2].lower() == "running"
    assert loaded["inputs"] == {"lr": 0.1}
    assert loaded["synced"]["loss"]["summary"]["metric"]["last"] == 1.0
    run.end()


@pytest.mark.parametrize("which", ["ours", "theirs"])
def test_polyaxon_shows_what_was_curated(
    ask_polyaxon: Any, which: str, request: pytest.FixtureRequest, copied: Callable[[Path], Path]
) -> None:
    """Name, tags, pinned and archived are its own fields, and it keeps all of them, the note too, when it writes the document anew."""
    folder = copied(request.getfixturevalue(which))
    view = tracking.open_run(folder)
    before = ask_polyaxon("load", folder)
    view.rename("損失 é")
    view.tag("new")
    view.note("a note: of two\nlines")
    view.pin()
    view.archive()
    loaded = ask_polyaxon("load", folder)
    meta = {**before["meta"], NOTE_KEY: "a note: of two\nlines"}
    tags = [*(before["tags"] or []), "new"]
    for answer in (before, loaded):  # of the lineage it makes its own when it writes anew
        answer.pop("lineage")
        answer["outputs"].pop("train__my-loss-v1-0", None)
        answer.pop("synced")
    wanted = {**before, "name": "損失 é", "tags": tags, "meta": meta, "bookmarked": True, "live_state": 0}
    assert json.dumps(loaded, sort_keys=True) == json.dumps(wanted, sort_keys=True)  # as texts, in which NaN equals NaN
    again = tracking.open_run(folder)
    assert (again.name, again.tags, again.notes, again.pinned, again.archived) == ("損失 é", tags, "a note: of two\nlines", True, True)
    assert again.files.is_ours == (which == "ours")


def test_final_numbers_of_many_lives_load(ask_polyaxon: Any, tmp_path: Path, copied: Callable[[Path], Path]) -> None:
    """A run that was resumed, with definitions, NaN and texts that read like it: Polyaxon has the outputs that we show, as JSON has them."""
    path = tmp_path / "recorded" / UUID
    for value in (3.0, 1.0, math.nan):
        run = Run(path)
        run.define_metric("loss", goal="min", summary="best")
        run.log_metrics(loss=value, acc=value)
        run.log_outputs(note="NaN", limit=value)
        run.end()
    loaded = ask_polyaxon("load", copied(path))
    assert loaded["outputs"] == {"loss": 1.0, "acc": "NaN", "note": "NaN", "limit": "NaN"}
    outputs = open_folder(path).outputs()
    assert outputs == {
        "loss": 1.0,
        "acc": pytest.approx(math.nan, nan_ok=True),
        "note": "NaN",
        "limit": pytest.approx(math.nan, nan_ok=True),
    }


def test_a_run_of_ours_that_polyaxon_went_on_with_has_the_numbers_of_all_rows(ask_polyaxon: Any, tmp_path: Path) -> None:
    """Polyaxon's end is not taken for ours: rows that it added count, by our definitions, and so do those of a life of ours after it."""
    run = Run(tmp_path / "runs" / UUID)
    run.define_metric("loss", goal="max", summary="best")
    run.log_metric("loss", 0.125, step=0)
    run.log_metric("acc", 7.0)
    run.log_outputs(best=1)
    run.end()
    ask_polyaxon("resumed", run.path)
    folder = open_folder(run.path)
    assert folder.outputs() == {"loss": 0.5, "acc": 7.0, "best": 1}
    assert folder.facts("last").outputs["loss"] == 0.25
    again = Run(run.path)
    again.log_metric("loss", 0.75, step=3)
    assert open_folder(run.path).outputs() == {"loss": 0.75, "acc": 7.0, "best": 1}
    again.end()
    assert open_folder(run.path).outputs() == {"loss": 0.75, "acc": 7.0, "best": 1}


def test_plain_names_are_polyaxons(every_kind: Path) -> None:
    """A name that Polyaxon's rule keeps whole has the file name Polyaxon would give it; every other its own."""
    for artifact in open_folder(every_kind).artifacts():
        if artifact.name.isascii() and artifact.versioned:
            assert artifact.stem == slug(artifact.name)

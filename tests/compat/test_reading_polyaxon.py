"""A run that Polyaxon wrote, of today or of long ago, finished or torn, is read here in full."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.format.paths import slug
from jupyter_tracking.kinds.histogram import Histogram
from jupyter_tracking.record.run import Run
from jupyter_tracking.views.renderers.overlay import fallback_chart
from tests.compat.test_same_calls import DIFFERENCES

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_DOCUMENT = ["run.plx.json", "lineages.plx.json"]
UUID = "00112233445566778899aabbccddeeff"
MOMENT = "2026-11-24 02:16:46.934702+00:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run folder of Polyaxon's without an event."""
    made = tmp_path / "runs" / UUID
    made.mkdir(parents=True)
    (made / "run.plx.json").write_text(json.dumps({"uuid": UUID, "name": "old", "kind": "job"}))
    return made


def put(folder: Path, kind: str, name: str, text: str | bytes) -> None:
    """Write an event file."""
    path = folder / "events" / kind / f"{name}.plx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def same(one: Any, other: Any) -> bool:
    """Whether two loaded values are the same."""
    if isinstance(one, pd.DataFrame):
        return one.equals(other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, Path):
        return one.name == other.name
    return one == other or one != one  # noqa: PLR0124 - NaN


# --- what today's client writes -------------------------------------------------------------------------------------


def test_every_value_loads_as_the_same_value_logged_here(theirs: Path, ours: Path) -> None:
    """load() of a value that Polyaxon stored is load() of the value that we stored."""
    view, own = tracking.open_run(theirs), tracking.open_run(ours)
    assert view.problems().empty
    records = view.lineage().query("versioned")
    assert len(records) > 30
    for kind, name in zip(records["kind"], records["name"], strict=True):
        if f"{kind}/{name}" in DIFFERENCES or (kind, name) == ("chart", "bokeh"):
            continue
        other = next(n for k, n in own.artifacts() if k == kind and slug(n) == name)
        for step in view.steps(name, kind):
            assert same(view.load(name, kind, step), own.load(other, kind, step)), (kind, name, step)


def test_metrics_of_the_two_runs_are_one_frame(theirs: Path, ours: Path) -> None:
    """metrics() gives the same numbers, and NaN, infinities and subnormals are kept."""
    frames = [tracking.open_run(run).metrics().rename(columns=slug) for run in (theirs, ours)]
    frames = [frame[sorted(frame.columns)] for frame in frames]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    assert frames[0]["extremes"].dropna().tolist() == [-np.inf, 5e-324]


def test_what_polyaxons_own_reader_corrupts(ask_polyaxon: Any, tmp_path: Path) -> None:
    """A `|` in a cell, texts that look like numbers, and the extension `.V1ArtifactKind.CSV`, written by its client."""
    source = tmp_path / "source.py"
    source.write_text(
        "import pandas as pd\n"
        "for step in range(3):\n"
        "    run.log_text('digits', '007', step=step)\n"
        "    run.log_curve('pipes', [1.0], [2.0], annotation='a | b', step=step)\n"
        "    run.log_confusion_matrix('labels', ['x|y', 'z'], ['x|y', 'z'], [[1, 2], [3, 4]], step=step)\n"
        "    run.log_dataframe(pd.DataFrame({'a': [1, 2]}), 'frame', step=step)\n"
        "run.log_metric('reset', 0.5)\n"
    )
    path = ask_polyaxon("written", source)["path"]
    read = ask_polyaxon("read", path)
    assert read["c/text/digits"]["cells"] == ["7", "7", "7"], "Polyaxon's reader takes the text for a number"
    assert read["c/curve/pipes"].get("error") or read["c/curve/pipes"]["steps"] != [0, 1, 2]
    view = tracking.open_run(path)
    assert view.load("digits", step=1) == "007"
    assert view.steps("pipes") == [0, 1, 2]
    assert view.load("pipes", step=1).annotation == "a | b"
    assert view.load("labels").x == ["x|y", "z"]
    assert next((Path(path) / "assets/dataframe").glob("*.V1ArtifactKind.CSV"))
    assert view.load("frame", step=2).equals(pd.DataFrame({"a": [1, 2]}))
    assert view.load("reset") == 0.5
    assert view.problems().empty


@pytest.mark.parametrize("missing", [["lineages.plx.json"], ["run.plx.json"], EVERY_DOCUMENT], ids="+".join)
def test_a_run_without_its_documents(theirs: Path, copied: Callable[[Path], Path], missing: list[str]) -> None:
    """Frames, lineage and values are there although Polyaxon never came to write its documents."""
    run = copied(theirs)
    for name in missing:
        (run / name).unlink()
    view, whole = tracking.open_run(run), tracking.open_run(theirs)
    assert view.uuid == whole.uuid
    pd.testing.assert_frame_equal(view.metrics()[whole.metrics().columns], whole.metrics())
    kept = whole.lineage().query("versioned").set_index(["kind", "name"]).sort_index()
    found = view.lineage().query("versioned").set_index(["kind", "name"]).sort_index()
    columns = ["path", "steps", "step_min", "step_max", "first_logged", "last_logged", "last_value"]
    pd.testing.assert_frame_equal(found[columns], kept[columns])
    assert len(tracking.runs(run.parent.parent)) == 1
    for kind, name in view.artifacts():
        if view.steps(name, kind):
            view.load(name, kind)
            if missing != EVERY_DOCUMENT:  # what is drawn comes from the event files alone: once is enough
                continue
            (panel,) = view.show(name, kind=kind).content.scene.panels
            for number in range(len(panel.steps)):
                panel.renderer.payload(panel.series[0], number, preview=False)
                drawn = fallback_chart(panel, number) if panel.renderer.joins else panel.renderer.fallback(panel.series[0], number)
                assert drawn, (kind, name)


@pytest.mark.parametrize("left", [b"", b"{", b'{"uuid": "', b"[1]", b"null"], ids=["empty", "brace", "cut", "list", "null"])
def test_a_broken_run_document_hides_nothing(theirs: Path, copied: Callable[[Path], Path], left: bytes) -> None:
    """A document that Polyaxon left half written is told, and everything else is read."""
    run = copied(theirs)
    (run / "run.plx.json").write_bytes(left)
    view = tracking.open_run(run)
    assert view.load("loss", kind="metric", step=11) == 0.0099
    assert "run.plx.json" in set(view.problems()["file"])
    assert len(tracking.runs(run.parent.parent)) == 1


# --- what older clients, and other tools, left ------------------------------------------------------------------------


def test_old_files_with_the_columns_the_other_way_round(folder: Path) -> None:
    """The header says where step and timestamp are."""
    put(folder, "metric", "loss", f"timestamp|step|metric\n{MOMENT}|3|0.5\n{MOMENT}||0.25")
    view = tracking.open_run(folder)
    assert view.steps("loss") == [None, 3]
    assert view.metrics(tidy=True)["value"].tolist() == [0.5, 0.25]
    assert view.problems().empty


@pytest.mark.parametrize("kind", ["text", "html", "chart", "span"])
def test_jsonl_kinds_in_the_csv_form_of_before_2023(folder: Path, kind: str) -> None:
    """A text, html, chart or span in the old form is what it would be in the new one."""
    old = {"chart": '{"kind":"vega","figure":{"a":1}}', "span": '{"name":"s"}'}.get(kind, "one | two")
    put(folder, kind, "it", f"step|timestamp|{kind}\n1|{MOMENT}|{old}\n2|{MOMENT}|{old}")
    view = tracking.open_run(folder)
    assert view.steps("it") == [1, 2]
    assert view.load("it") == {"chart": {"a": 1}, "span": {"name": "s"}}.get(kind, "one | two")


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-11-24 02:16:46.934702+00:00", 934702),
        ("2026-11-24 02:16:46.934702", 934702),
        ("2026-11-24 02:16:46+00:00", 0),
        ("2026-11-24T02:16:46.934702+00:00", 934702),
        ("2026-11-24T04:16:46.934702+02:00", 934702),
        ("2026-11-24T02:16:46.934Z", 934000),
    ],
)
def test_every_timestamp_polyaxon_ever_wrote(folder: Path, text: str, microseconds: int) -> None:
    """Naive ones are UTC; an offset counts; without microseconds there are none."""
    put(folder, "metric", "loss", f"step|timestamp|metric\n0|{text}|0.5\n")
    moment = tracking.open_run(folder).events("loss")["timestamp"].iloc[0]
    assert moment == pd.Timestamp("2026-11-24T02:16:46", tz="UTC") + pd.Timedelta(microseconds, "us")


def test_steps_that_went_through_pandas(folder: Path) -> None:
    """A step written as 7.0 is 7."""
    put(folder, "metric", "loss", f"step|timestamp|metric\n7.0|{MOMENT}|0.5\n")
    assert tracking.open_run(folder).steps("loss") == [7]


@pytest.mark.parametrize(("mark", "end"), [("", "\r\n"), ("\ufeff", "\n"), ("", "\n\n")], ids=["CRLF", "BOM", "blank lines"])
def test_files_that_an_editor_saved(folder: Path, mark: str, end: str) -> None:
    """CRLF, a byte order mark and blank lines change nothing."""
    put(folder, "metric", "loss", mark + f"step|timestamp|metric\n0|{MOMENT}|0.5\n1|{MOMENT}|0.25\n".replace("\n", end))
    view = tracking.open_run(folder)
    assert view.metrics()["loss"].tolist() == [0.5, 0.25]
    assert view.problems().empty


def test_a_torn_last_row_costs_that_row_alone(folder: Path) -> None:
    """A last row that ends in its middle is told by file and line; those before it are read."""
    put(folder, "metric", "loss", f"step|timestamp|metric\n0|{MOMENT}|0.5\n1|2026-11-2")
    put(folder, "text", "note", f'\n{{"timestamp": "{MOMENT}", "step": 0, "text": "kept"}}\n{{"timestamp": "2026')
    put(folder, "curve", "roc", f'step|timestamp|curve\n0|{MOMENT}|{{"kind":"roc","x":[0.0],"y":[1.0]}}\n1|{MOMENT}|{{"kind":"roc","x":[0.')
    view = tracking.open_run(folder)
    for name in ("loss", "note", "roc"):
        assert view.steps(name) == [0]
    problems = view.problems()
    assert sorted(problems["file"]) == ["events/curve/roc.plx", "events/metric/loss.plx", "events/text/note.plx"]
    assert set(problems["line"]) == {3}
    assert view.load("note") == "kept"


def test_an_unfinished_run_of_polyaxons_keeps_its_bare_last_row(folder: Path) -> None:
    """There a row begins with its newline: the last one has none after it, and is a row all the same."""
    put(folder, "metric", "loss", f"step|timestamp|metric\n0|{MOMENT}|0.5\n1|{MOMENT}|0.25")
    assert tracking.open_run(folder).metrics()["loss"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize("names", [("values", "counts"), ("counts", "values")], ids=["Polyaxon", "by the words"])
def test_histograms_whichever_way_they_are_named(folder: Path, names: tuple[str, str]) -> None:
    """Counts are as many as bins, edges one more; the names in the file may be swapped."""
    payload = json.dumps({names[0]: [1, 2], names[1]: [0.0, 0.5, 1.0]})
    put(folder, "histogram", "h", f"step|timestamp|histogram\n0|{MOMENT}|{payload}")
    loaded = tracking.open_run(folder).load("h")
    assert isinstance(loaded, Histogram)
    assert loaded.counts.tolist() == [1, 2]
    assert loaded.edges.tolist() == [0.0, 0.5, 1.0]


def test_null_in_a_curve_is_nan(folder: Path) -> None:
    """Polyaxon writes NaN as null, and cannot read it back."""
    put(folder, "curve", "c", f'step|timestamp|curve\n0|{MOMENT}|{{"kind":"custom","x":[1,null],"y":[2.5,3]}}')
    curve = tracking.open_run(folder).load("c")
    assert np.array_equal(curve.x, [1, np.nan], equal_nan=True)
    assert curve.annotation is None


def test_kinds_that_nobody_knows_are_files(folder: Path) -> None:
    """A folder under events/ with a name of the future is read as rows that name files."""
    put(folder, "hologram", "h", f'step|timestamp|hologram\n0|{MOMENT}|{{"kind":"hologram","path":"assets/hologram/h_0.bin"}}')
    (folder / "assets" / "hologram").mkdir(parents=True)
    (folder / "assets" / "hologram" / "h_0.bin").write_bytes(b"x")
    view = tracking.open_run(folder)
    assert view.artifacts() == [("hologram", "h")]
    assert view.load("h").read_bytes() == b"x"


def test_absolute_paths_in_a_summary_are_not_followed(theirs: Path) -> None:
    """Polyaxon's lineage names the machine it was written on; the run's own path is what counts."""
    row = tracking.open_run(theirs).lineage().query("name == 'kept'").iloc[0]
    assert row["summary"]["path"].startswith("/")
    assert row["path"] == "outputs/csv_files/new/data.csv"
    assert tracking.open_run(theirs).load("kept").read_text() == "a,b\n1,2\n"


# --- going on with the other's run -----------------------------------------------------------------------------------


def test_a_run_of_polyaxons_is_gone_on_with(ask_polyaxon: Any, theirs: Path, copied: Callable[[Path], Path]) -> None:
    """Resumed here it keeps every row and every lineage record, and Polyaxon reads what was added."""
    path = copied(theirs)
    before = tracking.open_run(path)
    lineage = set(before.artifacts())
    losses = before.events("loss", "metric")["value"].tolist()
    run = Run(path)
    run.log_metric("loss", 0.001, 200)
    run.log_metric("new", 1.0, 0)
    run.end()
    view = tracking.open_run(path)
    assert view.events("loss", "metric")["value"].tolist() == [*losses, 0.001]
    assert set(view.artifacts()) == lineage | {("metric", "new")}
    loaded = ask_polyaxon("load", path)
    assert loaded["status"].rpartition(".")[2].lower() == "succeeded"
    assert loaded["synced"]["loss"]["summary"]["metric"]["last"] == 0.001
    assert loaded["synced"].keys() >= {name for _, name in lineage}


def test_a_run_of_ours_is_gone_on_with_by_polyaxon(ask_polyaxon: Any, tmp_path: Path) -> None:
    """Rows that Polyaxon appends to our files are rows here, the bare last one too."""
    run = Run(tmp_path / "runs" / UUID)
    run.log_metric("loss", 1.0, 0)
    run.log_text("note", "ours", 0)
    run.end()
    ask_polyaxon("resumed", run.path)
    view = tracking.open_run(run.path)
    assert view.events("loss")["value"].tolist() == [1.0, 0.5, 0.25]
    assert view.load("note", step=0) == "ours"
    assert view.load("note", step=1) == "theirs"
    assert view.problems().empty
    again = Run(run.path)
    again.log_metric("loss", 0.125, 3)
    again.end()
    assert tracking.open_run(run.path).events("loss")["value"].tolist() == [1.0, 0.5, 0.25, 0.125]

"""The registry of kinds: complete, and open to other packages."""

from __future__ import annotations

import inspect
import math
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking import kinds
from jupyter_tracking.errors import MissingExtra
from jupyter_tracking.format.kind_names import V1ArtifactKind
from jupyter_tracking.kinds import KINDS, Kind, NewAsset, Recorder, example, kind_of
from jupyter_tracking.kinds.audio import Sound
from jupyter_tracking.kinds.confusion import Confusion
from jupyter_tracking.kinds.curve import CURVE, Curve
from jupyter_tracking.kinds.histogram import Histogram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView


def test_every_kind_of_polyaxons_is_known() -> None:
    """All 32, each with a view and a decoder, and none that Polyaxon would not read."""
    assert KINDS.keys() == {str(kind) for kind in V1ArtifactKind}
    assert all(kind.renderer and callable(kind.decode) and kind.columns for kind in KINDS.values())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("metric", (0.1,)),
        ("curve", Curve(np.array([0.0, 1.0]), np.array([0.5, math.inf]), "roc", "0.9")),
        ("confusion", Confusion(["a", "b"], ["a", "b"], np.array([[1, 2], [3, 4]]))),
        ("histogram", Histogram(np.array([1.0, 2.0]), np.array([0.0, 0.5, 1.0]))),
        ("text", ("a | b\n",)),
        ("html", ("<b>1</b>",)),
        ("markdown", ("# 損失",)),
        ("dataframe", (pd.DataFrame({"a": [1, 2]}),)),
        ("audio", Sound(np.array([0.0, 1.0, -1.0]), 8000)),
        ("image", (np.arange(4, dtype=np.uint8).reshape(2, 2), 1, "HW")),
    ],
)
def test_a_kind_is_a_pair_of_encode_and_decode(run: Run, view: RunView, kind: str, value: tuple[Any, ...]) -> None:
    """What a kind encodes, a run records, and the kind decodes it again."""
    run.record(kind, "it", KINDS[kind].encode(*value), 1)
    loaded = view.load("it")
    for one, other in zip(loaded if isinstance(value, Curve | Confusion | Histogram | Sound) else [loaded], value, strict=False):
        np.testing.assert_array_equal(one, other)


def test_a_kind_nobody_knows_is_files() -> None:
    """The reader meets folders of the future."""
    assert kind_of("hologram").renderer == "file"


class Point:
    """An entry point that leads to something."""

    def __init__(self, name: str, found: Any) -> None:
        """Lead to `found`, or raise it."""
        self.name, self.value, self._found = name, f"other:{name}", found

    def load(self) -> Any:
        """Import it."""
        if isinstance(self._found, Exception):
            raise self._found
        return self._found


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Point]]:
    """What other packages offer."""
    points: list[Point] = []
    monkeypatch.setattr(metadata, "entry_points", lambda group: points if group == "jupyter_tracking.kinds" else [])
    kinds.other_kinds.cache_clear()
    yield points
    kinds.other_kinds.cache_clear()


def test_a_kind_of_another_package(run: Run, view: RunView, others: list[Point], tmp_path: Path) -> None:
    """It says what the files of one of Polyaxon's kinds are, and which view shows them."""
    others.append(Point("table", Kind("table", "text", lambda payload, asset: asset.read(payload).decode().split(","))))
    (tmp_path / "it.tsv").write_text("a,b")
    run.log_artifact(tmp_path / "it.tsv", kind="table", step=1)
    assert view.load("it") == ["a", "b"]
    assert kind_of("table").renderer == "text"


def encode_table(rows: list[list[str]]) -> NewAsset:
    """Rows as a file of comma separated values."""
    text = "\n".join(",".join(row) for row in rows)
    return NewAsset({"rows": len(rows)}, "csv", lambda sink: sink.write(text.encode()))


def decode_table(payload: dict[str, Any], asset: Any) -> str:
    """The file's text, which the renderer of texts shows."""
    return asset.read(payload).decode()


@example("scores rows --step 3")
def log_table(run: Recorder, name: str, rows: list[list[str]], step: int | None = None) -> None:
    """Log a table.

    Args:
        run: the run.
        name: the table's name.
        rows: lists of strings.
        step: as in `log_metric`.
    """
    run.record("table", name, encode_table(rows), step)


TABLE = Kind("table", "text", decode_table, ("rows", "path"), encode_table, order=65, functions=(log_table,))


@pytest.mark.parametrize("line", ["tracking.init()", "%track_init", "%load_ext jupyter_tracking"])
def test_the_magic_of_another_package_is_there_in_the_cell_that_loads_ours(others: list[Point], shell: Any, line: str) -> None:
    """However the run was started; and in the next cell, where there is none."""
    others.append(Point("table", TABLE))
    cell = f"import jupyter_tracking as tracking\n%load_ext jupyter_tracking\n{line}"
    if "init" in line:
        shell.run_cell(f"{cell}\n%log_table scores [['a']] --step 1").raise_error()
    else:
        shell.run_cell(cell).raise_error()
        assert "log_table" in shell.magics_manager.magics["line"]
    shell.run_line_magic("unload_ext", "jupyter_tracking")
    assert "log_table" not in shell.magics_manager.magics["line"]


def test_another_package_logs_shows_and_saves_its_kind(others: list[Point], shell: Any, tmp_path: Path) -> None:
    """By the run, by the module and by a magic; it is read, listed, shown and saved as one of ours is."""
    others.append(Point("table", TABLE))
    run = tracking.init(root=tmp_path)
    run.log_table("scores", [["a", "b"], ["1", "2"]], step=1)
    tracking.log_table("scores", [["a", "b"], ["3", "4"]], step=2)
    shell.run_line_magic("load_ext", "jupyter_tracking")
    shell.run_cell("rows = [['a', 'b'], ['5', '6']]").raise_error()
    shell.run_cell("%log_table scores rows --step 3").raise_error()
    tracking.end()
    assert shell.magics_manager.magics["line"]["log_table"].__doc__.startswith("%log_table NAME ROWS [--step STEP]\n\nLog a table.")
    assert "Example:\n    %log_table scores rows --step 3" in shell.magics_manager.magics["line"]["log_table"].__doc__
    shell.run_line_magic("unload_ext", "jupyter_tracking")

    assert str(inspect.signature(tracking.log_table)) == "(name: 'str', rows: 'list[list[str]]', step: 'int | None' = None) -> 'None'"
    assert "log_table" in dir(tracking)
    assert "log_table" not in tracking.__all__
    view = tracking.open_run(run)
    assert view.artifacts() == [("table", "scores")]
    assert view.load("scores") == "a,b\n5,6"
    assert view.load("scores", step=1) == "a,b\n1,2"
    assert view.events("scores")["rows"].tolist() == [2, 2, 2]
    stepper = view.show("scores")
    assert stepper.steps == (1, 2, 3)
    page = Path(stepper.save(tmp_path / "table.html")).read_text(encoding="utf-8")
    assert "<b>scores</b> table, step 3" in page
    assert "a,b\n5,6</pre>" in page  # what stands where no script runs
    assert "scores" in Path(view.save(tmp_path / "run.html")).read_text(encoding="utf-8")


def test_a_kind_of_another_package_is_looked_for_when_it_is_asked_for(others: list[Point], tmp_path: Path) -> None:
    """Neither a run nor its log functions look at entry points; a name that nobody has is an AttributeError, as ever."""
    others.append(Point("table", RuntimeError("imported")))
    with tracking.init(root=tmp_path) as run:
        run.log_metric("loss", 0.5)
        tracking.log_artifact(__file__)
    with pytest.warns(UserWarning, match="imported"), pytest.raises(AttributeError, match="log_table"):
        _ = run.log_table
    with pytest.raises(AttributeError, match="log_table"):
        _ = tracking.log_table
    with pytest.raises(ImportError, match="log_table"):
        from jupyter_tracking import log_table  # noqa: F401


def test_a_kind_whose_function_has_a_name_of_ours_is_left_out(others: list[Point]) -> None:
    """`log_curve` stays what it is."""

    def log_curve(run: Recorder, name: str) -> None:
        run.record("table", name, "")

    others.append(Point("table", Kind("table", "text", decode_table, functions=(log_curve,))))
    with pytest.warns(UserWarning, match=r"'table' of other:table cannot be used: .*'log_curve'"):
        assert kind_of("table").renderer == "file"


def test_the_order_of_the_kinds_is_the_kinds_own() -> None:
    """What people look for first stands first; the rest follows by name."""
    order = sorted(KINDS, key=lambda name: (kind_of(name).order, name))
    assert order[:4] == ["metric", "system", "curve", "confusion"]
    assert order[14:] == sorted(order[14:])


def test_other_packages_cannot_take_a_kind_of_ours(others: list[Point]) -> None:
    """A curve stays a curve, and nothing is imported to find that out."""
    others.append(Point("curve", RuntimeError("imported")))
    assert kind_of("curve") is CURVE


@pytest.mark.parametrize("found", [RuntimeError("broken"), Kind("hologram", "file", lambda payload, _: payload), "no kind"])
def test_a_kind_that_cannot_be_used_is_told_and_left_out(others: list[Point], found: Any) -> None:
    """Another package's fault is a warning, once, and the run is read all the same."""
    others.append(Point("table", found))
    with pytest.warns(UserWarning, match=r"'table' of other:table cannot be used"):
        assert kind_of("table").renderer == "file"
    assert kind_of("table").renderer == "file"


@pytest.mark.parametrize(
    ("library", "extra", "call"),
    [
        ("plotly", "plotly", lambda run: run.log_plotly_chart("c", {"data": []})),
        ("bokeh", "bokeh", lambda run: run.log_bokeh_chart("c", None)),
        ("sklearn", "sklearn", lambda run: run.log_sklearn_roc_auc_curve("c", [0.1, 0.9], [0, 1])),
        ("sklearn", "sklearn", lambda run: run.log_sklearn_pr_curve("c", [0.1, 0.9], [0, 1])),
        ("soundfile", "media", lambda run: run.log_audio([0.0], content_type="flac")),
        ("imageio_ffmpeg", "media", lambda run: run.log_video([[[[0.0]]]], content_type="mp4")),
    ],
)
def test_a_missing_library_names_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch, library: str, extra: str, call: Any) -> None:
    """The message is what to type; nothing is written."""
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match=rf"pip install 'jupyter-tracking\[{extra}\]'"):
        call(run)
    assert not (run.path / "events").exists()

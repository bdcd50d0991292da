"""The registry of kinds: complete, and open to other packages."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking import kinds
from jupyter_tracking.errors import MissingExtra
from jupyter_tracking.format.kind_names import V1ArtifactKind
from jupyter_tracking.kinds import KINDS, Kind, kind_of
from jupyter_tracking.kinds.curve import CURVE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView


def test_every_kind_of_polyaxons_is_known() -> None:
    """All 32, each with a view and a decoder, and none that Polyaxon would not read."""
    assert KINDS.keys() == {str(kind) for kind in V1ArtifactKind}
    assert all(kind.renderer and callable(kind.decode) and kind.columns for kind in KINDS.values())


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

"""Charts: drawn plainly where they are simple, by their own library where it is installed, and always there as their JSON."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd
import pytest
from bokeh.plotting import figure

import jupyter_tracking as tracking
from jupyter_tracking.views.renderers import chart
from tests.views.test_stepper import Page
from tests.views.test_twin import displayed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.run_view import RunView


@pytest.fixture
def charts(root: Path) -> RunView:
    """A run with a chart of each library that is more than lines and bars."""
    plotted = figure()
    plotted.scatter([1, 2, 3], [1, 2, 3])
    frame = pd.DataFrame({"x": list("abab"), "y": list("ccdd"), "v": [1, 2, 3, 4]})
    with tracking.init(root=root, name="charts", track_code=False, track_env=False, track_logs=False) as run:
        run.log_plotly_chart("surface", {"data": [{"type": "surface", "z": [[1, 2], [3, 4]]}]}, step=0)
        run.log_bokeh_chart("dots", plotted, step=0)
        run.log_altair_chart("heat", alt.Chart(frame).mark_rect().encode(x="x:N", y="y:N", color="v:Q"), step=0)
    return tracking.open_run(run)


@pytest.fixture
def vega(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stand-in for vl-convert, which brings vega's own scripts."""
    module: Any = ModuleType("vl_convert")
    module.__spec__ = ModuleSpec("vl_convert", None)
    module.javascript_bundle = lambda _snippet: "window.vegaEmbed = true"
    monkeypatch.setitem(sys.modules, "vl_convert", module)
    chart._script.cache_clear()
    yield
    chart._script.cache_clear()


@pytest.fixture
def no_vega(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without vl-convert."""
    monkeypatch.setattr(chart, "find_spec", lambda _name: None)


def asked(view: RunView, name: str, monkeypatch: pytest.MonkeyPatch, query: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """What the page is answered about a chart."""
    ((content, buffers),) = Page(view.show(name), monkeypatch).ask({"id": "a", "query": query, "panel": 0, "number": 0})
    return content["head"], buffers


@pytest.mark.usefixtures("vega")
@pytest.mark.parametrize(("name", "draws"), [("surface", b"Plotly"), ("dots", b"Bokeh"), ("heat", b"vegaEmbed")])
def test_a_chart_is_offered_by_its_own_library(charts: RunView, name: str, draws: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is told that the kernel has it, and gets its script when it asks."""
    frame = next(head for _, at, head, _ in charts.show(name).content.seed if at == 0)
    assert frame["renderer"] is True
    assert "json" in frame
    _, (script,) = asked(charts, name, monkeypatch, {"renderer": True})
    assert draws in script


@pytest.mark.usefixtures("no_vega")
def test_a_chart_without_its_library_is_its_json(charts: RunView, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is offered, and whoever asks all the same is told why not."""
    frame = next(head for _, at, head, _ in charts.show("heat").content.seed if at == 0)
    assert "renderer" not in frame
    assert "json" in frame
    head, _ = asked(charts, "heat", monkeypatch, {"renderer": True})
    assert head == {"error": "vega is not installed in this kernel"}
    assert "&quot;mark&quot;" in displayed(shell, charts.show("heat"))[1][0]["text/html"]


def test_a_picture_of_a_vega_chart_stays_in_the_notebook(charts: RunView, shell: InteractiveShell) -> None:
    """Drawn by vl-convert, in a process of its own."""
    assert 'alt="chart heat" style' in displayed(shell, charts.show("heat"))[1][0]["text/html"]

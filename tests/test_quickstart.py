"""The quickstart notebook runs top to bottom without a screen, and what it leaves is whole, for us and for Polyaxon."""

from __future__ import annotations

import base64
import gzip
import io
import re
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest

import jupyter_tracking as tracking
from tests.compat.conftest import ask_polyaxon  # noqa: F401 - a fixture
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking import RunView
    from tests.compat.conftest import Ask

NOTEBOOK = CHECKOUT / "notebooks" / "quickstart.ipynb"
STEPS = list(range(60))
PACKED = re.compile(r'<script type="application/gzip" class="jt-data">([^<]*)')


@pytest.fixture(scope="module")
def view(quickstart: Path) -> RunView:
    """The run the notebook made."""
    return tracking.open_run("digits", root=quickstart)


@pytest.mark.parametrize("name", sorted(path.name for path in NOTEBOOK.parent.glob("*.ipynb")))
def test_notebooks_are_stored_with_pictures_that_say_nothing_of_a_machine(name: str) -> None:
    """Who reads the repository sees what they show, without running them: no error, no path, small enough for a web page."""
    path = NOTEBOOK.parent / name
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    pages = [output.data["text/html"] for output in outputs if "jt-twin" in output.get("data", {}).get("text/html", "")]
    assert len(pages) >= 3
    assert sum('<img alt="' in page for page in pages) >= 2
    packed = [gzip.decompress(base64.b64decode(data)) for page in pages for data in PACKED.findall(page)]
    assert len(packed) == len(pages)
    for text in [repr(outputs).encode(), *packed]:
        assert not re.findall(rb"(?<![\w/.])/(?:home|root|tmp|work|Users|var|usr)/[^\"']*|site-packages", text)
    assert path.stat().st_size < 1_000_000


def test_cells_say_nothing_they_need_not(quickstart: Path) -> None:
    """No warning, no chatter: the only printed lines are those of the run's start and end."""
    cells = nbformat.read(quickstart / "quickstart.ipynb", as_version=4).cells
    printed = [o.text for cell in cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    assert [text.split(" ")[0] for text in printed] == ["run", "succeeded"]


def test_every_step_of_everything_is_kept(view: RunView) -> None:
    """Sixty steps of metrics, curve, dataframe and figure, a model every tenth, and what has no steps; nothing is wrong."""
    assert {(kind, name): view.steps(name, kind) for kind, name in view.artifacts() if view.steps(name, kind)} == {
        ("metric", "loss"): STEPS,
        ("metric", "accuracy"): STEPS,
        ("curve", "roc of 8"): STEPS,
        ("dataframe", "predictions"): STEPS,
        ("image", "weights"): STEPS,
        ("model", "digits"): STEPS[9::10],
    }
    assert view.status == "succeeded"
    assert view.problems().empty
    assert view.metrics().shape == (60, 2)
    assert view.metrics("accuracy").iloc[-1, 0] > 0.85
    assert view.load("predictions", step=30).columns.tolist() == ["label", "prediction", *(f"p{digit}" for digit in range(10))]
    assert view.load("confusion").read_text().startswith("label,0,1,2")
    assert view.load("archive") == "s3://a-bucket/digits/archive.tar.gz"


def test_lineage_names_the_cell_that_made_each_artifact(view: RunView) -> None:
    """The execution count of the cell, also where the front end gives no cell id."""
    lineage = view.lineage().set_index("name", append=True)
    counts = {name: int(count) for (_, name), count in lineage["execution_count"].items()}
    assert counts["loss"] == counts["roc of 8"] == counts["weights"] == counts["loss"]
    assert counts["confusion"] == counts["archive"] == counts["loss"] + 1


def test_polyaxon_reads_every_event_with_equal_values(view: RunView, ask_polyaxon: Ask) -> None:  # noqa: F811 - the fixture
    """Its own V1Events.read, under both engines: the steps, and each metric to the last bit."""
    read: dict[str, dict[str, Any]] = ask_polyaxon("read", view.path)
    files = [a for a in view.files.artifacts() if a.versioned]
    assert {f"{engine}/{a.kind}/{a.stem}" for a in files for engine in ("c", "pyarrow")} == set(read)
    for artifact in files:
        payloads = view.files.payloads(artifact)
        for engine in ("c", "pyarrow"):
            found = read[f"{engine}/{artifact.kind}/{artifact.stem}"]
            assert "error" not in found
            assert found["steps"] == [event.step for event in view.files.rows(artifact)]
            if artifact.kind == "metric":
                # What it reads is what `read_csv` of its pandas makes of the digits in our file: in pandas 2 its fast parser, which this
                # engine has by default, rounds the last one.
                rounds = engine == "c" and int(pd.__version__.split(".")[0]) < 3
                digits = io.StringIO("\n".join(map(repr, payloads)))
                expected = pd.read_csv(digits, header=None)[0].tolist() if rounds else payloads
                assert [float(cell) for cell in found["cells"]] == expected
            else:
                assert len(found["cells"]) == len(payloads)
                assert not [event for event in found["events"] if "Error" in event]


def test_polyaxon_loads_the_run_and_its_lineage(view: RunView, ask_polyaxon: Ask) -> None:  # noqa: F811 - the fixture
    """RunClient.load_offline_run: name, status, inputs, outputs, and a record an artifact."""
    loaded = ask_polyaxon("load", view.path)
    assert (loaded["name"], loaded["uuid"], loaded["status"]) == ("digits", view.uuid, "succeeded")
    assert loaded["inputs"] == view.inputs
    assert loaded["outputs"]["accuracy"] == view.metrics("accuracy").iloc[-1, 0]
    assert set(loaded["lineage"]) == {artifact.stem for artifact in view.files.artifacts()}

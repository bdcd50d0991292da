"""The notebook on a bucket and a cluster runs top to bottom, and leaves in the bucket the runs that its text speaks of."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient

import jupyter_tracking as tracking
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.remote


@pytest.fixture
def cells(root: Path) -> list[Any]:
    """The cells of the notebook, run in a folder of their own. A cell that fails raises."""
    for needed in ("localbucket", "obstore", "distributed"):
        pytest.importorskip(needed, reason="`make remote` installs what the notebook needs")
    notebook = nbformat.read(CHECKOUT / "notebooks" / "bucket_and_cluster.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POLYAXON"))}
    environment |= {"IPYTHONDIR": str(root / "ipython"), "JUPYTER_TRACKING_CACHE": str(root / "cache"), "PYTHONPATH": str(CHECKOUT)}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(root)}}).execute(env=environment)
    found: list[Any] = notebook.cells
    return found


def shown(cells: list[Any], words: str) -> str:
    """The one line of text of what the cell that says some words has shown."""
    (cell,) = [cell for cell in cells if cell.cell_type == "code" and words in cell.source]
    text: str = [output.data["text/plain"] for output in cell.outputs if "data" in output][-1]
    return text


@pytest.mark.filterwarnings("ignore")
def test_the_bucket_has_the_runs_and_the_cluster_groups_them(cells: list[Any], root: Path) -> None:
    """Twelve runs, each whole, of which eleven were pushed and one was mirrored; the views show them from there; nothing is printed."""
    bucket = root / "buckets" / "lab" / "waves"
    there, here = tracking.runs(bucket), tracking.runs(root)
    assert len(here) == 12
    pd.testing.assert_frame_equal(there, here)
    assert set(there["status"]) == {"succeeded"}
    assert there.groupby("inputs.lr")["inputs.seed"].apply(sorted).to_dict() == {lr: [0, 1, 2] for lr in (0.03, 0.1, 0.3, 1.0)}
    assert all(tracking.open_run(uuid, bucket).problems(hashes=True).empty for uuid in there["uuid"])
    assert len(list((bucket / ".jupyter-tracking" / "catalog").glob("base-*.runs.parquet"))) == 1

    losses = tracking.events("loss", root=root).merge(here, left_on="run_uuid", right_on="uuid")
    told = shown(cells, "LocalCluster(")
    assert [float(line.split()[0]) for line in told.splitlines()[2:]] == [0.03, 0.1, 0.3, 1.0]
    for mean in losses.groupby("inputs.lr")["value"].mean():
        assert f"{mean:.6f}" in told
    assert "lr 1.0, seed 0" in shown(cells, "view.show(")
    assert shown(cells, "tracking.compare").startswith("<4 runs compared")
    assert shown(cells, "again.skipped").startswith("(0, ")
    assert not [output for cell in cells for output in cell.get("outputs", []) if output.output_type == "stream"]

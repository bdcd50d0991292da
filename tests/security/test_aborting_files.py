"""Files for which a library would end the process are read, or refused, by a process that goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

import jupyter_tracking as tracking

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
ASK = """
import sys
import jupyter_tracking as tracking
view = tracking.open_run(sys.argv[1])
for ask in (
    lambda: view.load("frame", step=0), lambda: view.diff("frame", 0, 1), lambda: view.show("frame")._page(""),
    lambda: view.problems(hashes=True), lambda: view.save(sys.argv[2]), lambda: view.browse(),
):
    try:
        ask()
    except tracking.TrackingError as error:
        print(error)
print("still here")
"""


def test_a_parquet_whose_level_histograms_do_not_fit_ends_no_process(tmp_path: Path) -> None:
    """Asked for the statistics of such a column, pyarrow ends the process; nothing of ours asks."""
    with tracking.init(root=tmp_path, track_env=False, track_code=False) as run:
        for step in range(2):
            run.log_dataframe(pd.DataFrame({"a": ["x", "y"]}), "frame", step=step)
    (asset, *_) = sorted((run.path / "assets" / "dataframe").iterdir())
    asset.write_bytes((CORPUS / "levels-without-their-histogram.parquet").read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", ASK, run.path, tmp_path / "page.html"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("still here\n")

"""A shell whose cells are tracked, and the notebook that every front end runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell

# Twelve cells that log 1,000 events of 8 kinds; each artifact's name ends with the number of its cell.
TWELVE = [
    "import numpy as np, pandas as pd\nimport jupyter_tracking as tracking",
    "run = tracking.init(name='twelve', root='.')",
    "for n in range(300): tracking.log_metric('metric 3', n, step=n)",
    "for n in range(200): tracking.log_metric('metric 4', n, step=n)\nfor n in range(100): tracking.log_text('text 4', str(n), step=n)",
    "for n in range(60): tracking.log_curve('curve 5', [0, 1], [n, n], step=n)",
    "for n in range(20): tracking.log_dataframe(pd.DataFrame({'n': [n]}), 'frame 6', step=n)",
    "for n in range(80): tracking.log_html('html 7', f'<b>{n}</b>', step=n)",
    "for n in range(20): tracking.log_image(np.full((4, 4, 3), n, 'uint8'), 'image 8', step=n)",
    "for n in range(60): tracking.log_histogram('histogram 9', [0, n], [0, 1, 2], step=n)",
    "open('weights.bin', 'wb').write(b'w')\nfor n in range(10): tracking.log_model('weights.bin', 'model 10', step=n)",
    "for n in range(150): tracking.log_metric('metric 11', n, step=n)\ntracking.log_artifact_ref('s3://bucket/x', name='ref 11')",
    "tracking.end()",
]
EVENTS = {
    "metric 3": 300,
    "metric 4": 200,
    "text 4": 100,
    "curve 5": 60,
    "frame 6": 20,
    "html 7": 80,
    "image 8": 20,
    "histogram 9": 60,
    "model 10": 10,
    "metric 11": 150,
}


@pytest.fixture
def ip(shell: InteractiveShell) -> InteractiveShell:
    """A shell that has imported the package."""
    shell.run_cell("import jupyter_tracking as tracking", store_history=True).raise_error()
    return shell


@pytest.fixture
def cell(ip: InteractiveShell) -> Callable[..., ExecutionResult]:
    """Run a cell; one that fails must be asked for."""

    def run(source: str, *, fails: bool = False) -> ExecutionResult:
        result = ip.run_cell(source, store_history=True)
        assert result.success is not fails
        return result

    return run


def executed(folder: Path, sources: Sequence[str], **options: object) -> nbformat.NotebookNode:
    """Run cells by nbclient in a kernel of its own, with a folder as its current one."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    environment = {k: v for k, v in os.environ.items() if not k.startswith("POLYAXON")} | {"IPYTHONDIR": str(folder / ".ipython")}
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, **options)
    client.execute(env=environment)
    return notebook

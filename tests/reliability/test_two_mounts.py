"""A real file system with locks of each mount's own: two mounts of one folder are two machines that share a root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import RunLocked
from jupyter_tracking.record.run import Run
from tests.reliability.fuse_mount import mounted, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "it can be mounted")

CHECKOUT = Path(__file__).parent.parent.parent
WRITER = """
import sys, jupyter_tracking as t
run = t.init(root=sys.argv[1], track_env=False, quiet=True)
run.log_metric("loss", 1.0, step=1)
print(run.uuid, flush=True)
input()
run.log_metric("loss", 0.5, step=2)
run.end()
"""


@pytest.fixture
def machines(root: Path) -> Iterator[tuple[Path, Path]]:
    """Two mounts of one folder."""
    (root / "disk").mkdir()
    with mounted(root / "disk", root / "one") as one, mounted(root / "disk", root / "other") as other:
        yield one, other


def test_a_run_of_one_mount_is_refused_through_the_other_and_loses_nothing(machines: tuple[Path, Path]) -> None:
    """Its mark and its unfinished files stay, a reader says that it is running, and it ends as if nobody had tried."""
    one, other = machines
    with subprocess.Popen([sys.executable, "-c", WRITER, one], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=CHECKOUT) as process:
        assert process.stdout is not None
        uuid = process.stdout.readline().decode().strip()
        path = other / "runs" / uuid
        unfinished = path / ".jupyter-tracking" / "tmp" / "4711-unfinished-0.tmp"
        unfinished.write_text("half")
        marks = list((path / ".jupyter-tracking" / "writers").iterdir())
        with pytest.raises(RunLocked, match="last sign of life"):
            Run(path)
        view = tracking.open_run(path)
        assert (view.status, view.load("loss"), len(marks)) == ("running", 1.0, 1)
        assert view.status_message.startswith("last sign of life")
        assert ([*marks[0].parent.iterdir()], unfinished.read_text()) == (marks, "half")
        process.communicate(b"\n", timeout=60)
        assert process.returncode == 0
    view = tracking.open_run(one / "runs" / uuid)
    assert (view.status, view.metrics("loss")["loss"].tolist()) == ("succeeded", [1.0, 0.5])
    assert view.problems().empty

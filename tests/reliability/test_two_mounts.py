"""Real file systems with locks of each mount's own: two mounts of one folder are two machines that share a root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import RunLocked
from jupyter_tracking.record.run import Run
from tests import ranks
from tests.reliability.fuse_mount import mounted, mounted_by_sshfs, why_no_sshfs, why_not

if TYPE_CHECKING:
    from collections.abc import Iterator


def where_it_can(mount: object, name: str, why: str) -> Any:
    """A way to mount a folder, skipped where it cannot be used."""
    return pytest.param(mount, id=name, marks=pytest.mark.skipif(bool(why), reason=why or "it can be mounted"))


MOUNTS = [where_it_can(mounted, "ours", why_not()), where_it_can(mounted_by_sshfs, "sshfs", why_no_sshfs())]
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


@pytest.fixture(params=MOUNTS)
def machines(request: pytest.FixtureRequest, root: Path) -> Iterator[tuple[Path, Path]]:
    """Two mounts of one folder."""
    (root / "disk").mkdir()
    with request.param(root / "disk", root / "one") as one, request.param(root / "disk", root / "other") as other:
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


def test_ranks_on_two_mounts_lose_no_row(machines: tuple[Path, Path]) -> None:
    """They write one metric at once; each has a file of its own, so that none needs to know how long another's is."""
    started = [ranks.Rank("torchrun", rank, 4, cwd=machines[rank % 2]) for rank in range(4)]
    for rank in started:
        root = str(machines[rank.rank % 2])
        rank.ask(f"t.init(root={root!r}, ranks='all', quiet=True, track_env=False, track_code=False, track_logs=False)")
    assert [rank.answer() for rank in started] == [None] * 4
    assert ranks.every(started, "[t.log_metric('loss', {r}, step=step) for step in range(250)] and None") == [None] * 4
    for rank in started:
        rank.ask("t.end()")
    assert [rank.answer() for rank in started] == [None] * 4
    assert [rank.leave() for rank in started] == [0] * 4
    (folder,) = (machines[0].parent / "disk" / "runs").iterdir()
    view = tracking.open_run(folder)
    frame = view.metrics("loss", ranks=True)
    assert [frame[column].tolist() for column in frame] == [[float(rank)] * 250 for rank in range(4)]
    assert view.problems(hashes=True).empty
    assert view.status == "succeeded"

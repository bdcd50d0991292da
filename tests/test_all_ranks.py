"""All processes of one job write one run, each files of its own: nothing is lost, whoever dies, and whatever the locks do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.record.ranks import rank_recorder
from tests import ranks

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 8
UUID = "5" * 32
# Machines whose locks do not hold for each other: the ranks of the first half, and the others.
MACHINES = """
import os, pathlib
from tests.reliability.machines import become
become("node7" if int(os.environ["RANK"]) < 4 else "node8", pathlib.Path({locks!r}))
"""


def init(root: Path, more: str = "") -> str:
    """The call that starts the run."""
    return f"t.init(root={str(root)!r}, ranks='all', quiet=True, track_env=False, track_code=False, track_logs=False{more})"


def log(root: Path, launcher: str, before: str = "", size: int = SIZE) -> tuple[list[ranks.Rank], Path]:
    """Start the ranks of a job, and let each log 20 rows of one name, and something of other kinds; return them and the run's folder."""
    more = "" if launcher in {"torchrun", "slurm"} else f", run_uuid={UUID!r}"
    started = ranks.start(launcher, size, root, before)
    assert ranks.every(started, init(root, more)) == [None] * size
    assert ranks.every(started, "[t.log_metric('loss', {r} + step / 100, step=step) for step in range(20)] and None") == [None] * size
    assert ranks.every(started, "t.log_text('note', 'of rank {r}', step=1)") == [None] * size
    assert ranks.every(started, "t.log_metrics(step=1, a={r}, b=2.0)") == [None] * size
    (folder,) = (root / "runs").iterdir()
    return started, folder


def check_rows(view: tracking.RunView, size: int = SIZE) -> None:
    """Every row that was acknowledged is there, under the name of its rank."""
    frame = view.metrics("loss", ranks=True)
    assert list(frame.columns) == ["loss", *(f"loss/rank{rank}" for rank in range(1, size))]
    for rank, column in enumerate(frame):
        assert frame[column].tolist() == [rank + step / 100 for step in range(20)]
    assert list(view.metrics("loss").columns) == ["loss"]
    assert {*view.metrics().columns} == {"loss", "a", "b"}
    assert [view.load("note" if not rank else f"note/rank{rank}") for rank in range(size)] == [f"of rank {rank}" for rank in range(size)]


@pytest.mark.parametrize(("launcher", "size"), [("torchrun", SIZE), ("slurm", 3), ("openmpi", 3), ("mpi", 3)])
def test_all_of_them_write_one_run(root: Path, launcher: str, size: int) -> None:
    """Ended together, it has succeeded, nothing is wrong with it, and its outputs are those of rank 0."""
    started, folder = log(root, launcher, size=size)
    for rank in started:  # while they write
        rank.ask("t.end()")
    assert [rank.answer() for rank in started] == [None] * size
    assert [rank.leave() for rank in started] == [0] * size
    view = tracking.open_run(folder)
    check_rows(view, size)
    assert (view.status, view.outputs) == ("succeeded", {"loss": 0.19, "a": 0.0, "b": 2.0})
    assert view.problems(hashes=True).empty
    assert (folder / "events" / "metric" / "loss__rank2.plx").exists()
    names = {item["name"] for item in json.loads((folder / "lineages.plx.json").read_text())}
    assert {"loss", "loss__rank1", "loss__rank2", "note__rank1"} <= names
    assert tracking.runs(root)[["uuid", "status"]].to_numpy().tolist() == [[folder.name, "succeeded"]]


def test_a_rank_that_is_killed_is_named_and_loses_nothing(root: Path) -> None:
    """Its rows are there, also of a name that nobody else has; the run has succeeded, and its problems name the rank."""
    started, folder = log(root, "torchrun", size=4)
    assert started[3]("t.log_metric('of rank 3 alone', 1.0)") is None
    started[3].kill()
    assert ranks.every(started[:3][::-1], "t.end()") == [None] * 3
    assert [rank.leave() for rank in started[:3]] == [0] * 3
    view = tracking.open_run(folder)
    check_rows(view, 4)
    assert view.load("of rank 3 alone/rank3") == 1.0
    assert view.status == "succeeded"
    (problem,) = view.problems()["problem"]
    assert problem.startswith("rank 3 on ")
    assert problem.endswith(" was not ended")
    assert problem in [condition["message"] for condition in view.info["status_conditions"]]


def test_others_may_be_over_before_the_first_begins(root: Path) -> None:
    """As where it starts slowly: they have left, and nothing says that they were never there."""
    more = f", run_uuid={UUID!r}"
    started = ranks.start("torchrun", 3, root)
    for rank in (started[1], started[2], started[0]):
        assert rank(init(root, more)) is None
        assert rank(f"t.log_metric('loss', {rank.rank}.0, step=0)") is None
        assert rank("t.end()") is None
        assert rank.leave() == 0
    view = tracking.open_run(root / "runs" / UUID)
    assert view.problems().empty
    assert view.metrics("loss", ranks=True).iloc[0].tolist() == [0.0, 1.0, 2.0]


def test_the_first_may_end_first(root: Path) -> None:
    """It waits for a while; what another logs after that is found, also under a name that is new, and after that one was killed."""
    started, folder = log(root, "torchrun", "import jupyter_tracking.record.ranks.rank_recorder as r; r.PATIENCE = 0.2", size=3)
    assert started[0]("t.end()") is None
    view = tracking.open_run(folder)
    assert view.status == "succeeded"
    assert sorted(problem.split(" on ")[0] for problem in view.problems()["problem"]) == ["rank 1", "rank 2"]
    for rank in started[1:]:
        assert rank(f"t.log_metric('late', {rank.rank}.5)") is None
    started[1].kill()
    assert started[2]("t.end()") is None
    assert [started[rank].leave() for rank in (0, 2)] == [0, 0]
    check_rows(view, 3)
    assert (view.load("late/rank1"), view.load("late/rank2")) == (1.5, 2.5)
    assert {"late/rank1", "late/rank2"} <= {*view.lineage()["name"]}
    assert [problem.split(" on ")[0] for problem in view.problems()["problem"]] == ["rank 1"]


def test_two_machines_with_locks_of_their_own_lose_nothing(root: Path, tmp_path: Path) -> None:
    """No append is shared, so that none needs a lock that holds for both; each mark stays until its own machine removes it."""
    started, folder = log(root, "torchrun", MACHINES.format(locks=str(tmp_path / "locks")))
    assert len([*(folder / ".jupyter-tracking" / "writers").iterdir()]) == SIZE
    for rank in started:
        rank.ask("t.end()")
    assert [rank.answer() for rank in started] == [None] * SIZE
    assert [rank.leave() for rank in started] == [0] * SIZE
    view = tracking.open_run(folder)
    check_rows(view)
    assert view.status == "succeeded"
    assert view.problems(hashes=True).empty
    assert [*(folder / ".jupyter-tracking" / "writers").iterdir()] == []


def test_a_rank_that_fails_is_told_and_says_nothing_of_the_run(root: Path) -> None:
    """Its inputs are not kept, which it is warned of once; its end ends nothing, and why it failed is a condition of the run."""
    started, folder = log(root, "torchrun", size=2)
    catching = "__import__('warnings').catch_warnings(record=True)"
    assert started[1](f"[(w := {catching}.__enter__()), t.log_inputs(lr=3), t.log_tags('x'), len(w)][-1]") == 1
    assert started[0]("t.log_inputs(lr=1)") is None
    assert started[1]("t.end('failed', 'ValueError', 'no such shard')") is None
    assert tracking.open_run(folder).status == "running"
    assert started[0]("t.end()") is None
    assert [rank.leave() for rank in started] == [0, 0]
    view = tracking.open_run(folder)
    assert (view.status, view.inputs, view.tags) == ("succeeded", {"lr": 1}, [])
    assert "rank 1 failed: ValueError: no such shard" in [condition["message"] for condition in view.info["status_conditions"]]
    assert view.problems().empty


def test_the_job_may_begin_again(root: Path) -> None:
    """With the same uuid each rank goes on with its own files, and one process alone with all that is there."""
    for step in (20, 21):
        started = ranks.start("torchrun", 2, root)
        assert ranks.every(started, init(root)) == [None] * 2
        assert ranks.every(started, f"t.log_metric('loss', {{r}}, step={step})") == [None] * 2
        for rank in started:
            rank.ask("t.end()")
        assert [rank.answer() for rank in started] == [None] * 2
        assert [rank.leave() for rank in started] == [0] * 2
    (folder,) = (root / "runs").iterdir()
    with tracking.Run(artifacts_path=folder, track_env=False) as alone:
        alone.log_metric("loss/rank1", 5.0, step=22)
    view = tracking.open_run(folder)
    assert view.metrics("loss", ranks=True)["loss/rank1"].tolist() == [1.0, 1.0, 5.0]
    assert view.problems(hashes=True).empty


def test_where_no_uuid_is_sure_the_error_says_what_to_pass(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torchrun's own word for a job without a name is none; Open MPI has no name for one."""
    for launcher, job in (("openmpi", "x"), ("torchrun", "none")):
        with monkeypatch.context() as patch:
            for name, value in ranks.environment(launcher, 1, 8, job).items():
                patch.setenv(name, value)
            with pytest.raises(InvalidArgument, match=r'ranks="all" needs one uuid.*run_uuid='):
                tracking.init(root=root, ranks="all")
    assert not (root / "runs").exists()


def test_names_that_end_as_those_of_a_rank_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that only has the file name of another rank's gets a file name of its own."""
    monkeypatch.setattr(rank_recorder, "PATIENCE", 0.0)
    for name, value in ranks.environment("torchrun", 0, 4).items():
        monkeypatch.setenv(name, value)
    with tracking.init(root=root, ranks="all", track_env=False) as run:
        with pytest.raises(InvalidArgument, match="name='loss/rank3' ends as what a rank"):
            run.log_metric("loss/rank3", 1.0)
        run.log_metric("loss__rank3", 1.0)
    assert not (run.path / "events" / "metric" / "loss__rank3.plx").exists()
    assert tracking.open_run(run).load("loss__rank3") == 1.0


@pytest.mark.parametrize("ranks_said", [10**9, 10**6, -1, True, "8", None, [], 3.0, 3])
@pytest.mark.parametrize(
    "said", [b"", b"\xff", b"[]", b'{"began": 1, "host": "\\u001b[2J\\u202e"}', b"[" * 100_000, b'{"host": {"a": [1]}, "began": []}']
)
def test_what_anybody_writes_about_ranks_stops_nobody(root: Path, ranks_said: object, said: bytes) -> None:
    """It is read as far as it is what it should be; how much is told is bounded."""
    with tracking.init(root=root, quiet=True, track_env=False) as run:
        run.log_metric("loss", 1.0, step=1)
    document = json.loads((run.path / "run.plx.json").read_text())
    document["meta_info"]["jupyter_tracking"]["ranks"] = ranks_said
    (run.path / "run.plx.json").write_text(json.dumps(document))
    (run.path / ".jupyter-tracking" / "ranks").mkdir()
    for name in ("1.json", "2.json", "x.json"):
        (run.path / ".jupyter-tracking" / "ranks" / name).write_bytes(said)
    view = tracking.open_run(run)
    told = view.problems()["problem"].tolist()
    assert len(told) <= 20
    assert not any("\x1b" in each or "\u202e" in each for each in told)
    assert (view.outputs, view.metrics("loss", ranks=True)["loss"].tolist()) == ({"loss": 1.0}, [1.0])
    with tracking.init(root=root, run_uuid=run.uuid, quiet=True, track_env=False) as again:
        again.log_metric("loss", 0.5, step=2)
    assert tracking.open_run(run).status == "succeeded"

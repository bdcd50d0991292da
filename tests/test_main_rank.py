"""Of several processes of one job the first records a run; the others check what they are given, and write nothing."""

from __future__ import annotations

import inspect
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.integrations import base
from tests import ranks

if TYPE_CHECKING:
    from pathlib import Path

INIT = "t.init(root={root!r}, track_env=False, track_code=False, track_logs=False{more})"


def init(root: Path, more: str = "") -> str:
    """The call that starts the run."""
    return INIT.format(root=str(root), more=more)


@pytest.fixture
def rank_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be the fourth of eight that torchrun has started."""
    for name, value in ranks.environment("torchrun", 3, 8).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(("launcher", "size"), [("torchrun", 8), ("slurm", 3), ("openmpi", 3), ("mpi", 3)])
def test_the_first_of_several_records(root: Path, launcher: str, size: int) -> None:
    """One run, with its rows; the others say so in one line, log without an error, and refuse what the first refuses."""
    started = ranks.start(launcher, size, root)
    for rank in started:
        rank.ask(init(root))
        said = rank.line()
        assert (
            said.startswith("run run-")
            if rank.rank == 0
            else said == (f'rank {rank.rank} of {size} writes nothing: rank 0 records the run (ranks="all" lets each write)')
        )
        rank.answer()
    assert ranks.every(started, "t.log_metric('loss', {r}, step=1)") == [None] * size
    refused = ranks.every(started, "t.log_metric('loss', 'no number')")
    assert len({json.dumps(each) for each in refused}) == 1
    assert refused[0][0] == "InvalidType"
    assert ranks.every(started, "t.end()") == [None] * size
    assert [rank.leave() for rank in started] == [0] * size
    (uuid,) = tracking.runs(root).uuid
    view = tracking.open_run(uuid, root)
    assert (view.status, view.metrics("loss")["loss"].tolist()) == ("succeeded", [0.0])


@pytest.mark.usefixtures("rank_3")
def test_every_call_checks_and_none_writes(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what logs files, says something of the run, or asks it for a path; a `with` block ends it."""
    root.mkdir(exist_ok=True)
    monkeypatch.chdir(root)
    file = tmp_path / "model.pt"
    file.write_bytes(b"weights")
    with tracking.init(track_env=False, name="quiet") as run:
        assert tracking.current_run() is run
        run.log_metrics(step=1, loss=0.5, accuracy=0.9)
        run.log_curve("roc", [0, 1], [0, 1], step=1)
        run.log_dataframe(pd.DataFrame({"a": [1]}), "table", step=1)
        run.log_image(np.zeros((4, 4, 3), np.uint8), "picture", step=1)
        run.log_model(str(file), name="model", step=1)
        run.log_artifact(str(file), "file")
        run.log_inputs(lr=0.1)
        run.log_outputs(best=1)
        run.log_tags("a,b")
        run.log_status("warning", message="of this process")
        run.define_metric("loss", goal="min")
        run.set_description("a sentence")
        run.log({"text": "of any kind", "number": 1.0}, step=2)
        assert run.get_outputs_path("model.pt") is None  # type: ignore[comparison-overlap]
        wrong: list[Any] = [
            lambda: run.log_inputs(lr=object()),
            lambda: run.log_image("no picture.png", "p"),
            lambda: run.log_artifact("no file", "f"),
            lambda: run.set_name(3),  # type: ignore[arg-type]
            lambda: run.log_metric("loss", 1.0, step="x"),  # type: ignore[arg-type]
            lambda: run.log_metric("", 1.0),
            lambda: run.log_metrics(step=1.5, loss=1.0),  # type: ignore[arg-type]
        ]
        for call in wrong:
            with pytest.raises((InvalidArgument, InvalidType, FileNotFoundError)):
                call()
        run.log_failed("Loss", "diverged")
    assert run.ended
    assert os.listdir(root) == []


@pytest.mark.usefixtures("rank_3")
def test_callbacks_and_their_copies_in_workers_write_nothing(root: Path) -> None:
    """A copy knows the run by its folder, of which there is none; neither does a part of such a run, as a trial is."""
    run = tracking.init(root=root, quiet=True)
    link = base.CallbackRun(run)
    copy = base.CallbackRun.of_folder(link.path)
    base._runs.clear()
    worker = base.CallbackRun.of_folder(link.path)
    with worker.joined() as joined:
        joined.log_metric("loss", 1.0)
    for each in (link, copy, worker):
        each.run.log_metric("loss", 1.0)
        base.log_values(each.run, {"loss": 1.0}, 1)
    with base.part_of(run, tracking.Run, "trial", {"lr": 0.1}) as trial:
        trial.log_metric("loss", 1.0)
    run.end()
    assert not (root / "runs").exists()


@pytest.mark.usefixtures("rank_3")
def test_words_that_are_none_are_refused_in_every_process(root: Path) -> None:
    """By name, before anything is written."""
    for start in (tracking.init, tracking.Run):
        with pytest.raises(InvalidArgument, match=r"ranks='al' is none of main, all; near: 'all'"):
            start(root=root, ranks="al")
        with pytest.raises(InvalidArgument, match="run_uuid='no uuid' is no uuid"):
            start(root=root, run_uuid="no uuid")
    assert not (root / "runs").exists()


def test_a_run_that_each_process_is_to_share_is_written_by_each(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says `shared=True`, and nothing of ranks, gets what it says."""
    with tracking.init(root=root, track_env=False) as run:
        for name, value in ranks.environment("slurm", 5, 8).items():
            monkeypatch.setenv(name, value)
        worker = tracking.Run(run_uuid=run.uuid, root=root, shared=True, track_env=False)
        worker.log_metric("of the worker", 1.0)
        worker.end()
    assert tracking.open_run(run).load("of the worker") == 1.0


@pytest.mark.parametrize(
    "said",
    [
        {"RANK": "3"},
        {"RANK": "x", "WORLD_SIZE": "8"},
        {"RANK": "8", "WORLD_SIZE": "8"},
        {"RANK": "-1", "WORLD_SIZE": "8"},
        {"RANK": "0", "WORLD_SIZE": "1"},
        {"SLURM_PROCID": "3", "SLURM_NTASKS": "8"},
        {"SLURM_PROCID": "3", "SLURM_STEP_ID": "0"},
        {"PMI_RANK": "1", "PMI_SIZE": ""},
    ],
)
def test_an_environment_that_says_nothing_for_sure_starts_a_run(root: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]) -> None:
    """A batch script of SLURM's is one process, however many tasks it may start; a word that is no number is none."""
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    with tracking.init(root=root, track_env=False) as run:
        run.log_metric("loss", 1.0)
    assert len(tracking.runs(root)) == 1


# --- the job's own ids -------------------------------------------------------------------------------

ARRAY = {"SLURM_JOB_ID": "901", "SLURM_ARRAY_JOB_ID": "900", "SLURM_ARRAY_TASK_ID": "7"}
JOBS: list[dict[str, str]] = [
    ARRAY,
    {"SLURM_JOB_ID": "12", "SLURM_CLUSTER_NAME": "big"},
    {"PBS_JOBID": "12.head"},
    {"LSB_JOBID": "5", "LSB_JOBINDEX": "3"},
    {"KUBERNETES_JOB_NAME": "train", "JOB_COMPLETION_INDEX": "4"},
]


def be_in(monkeypatch: pytest.MonkeyPatch, job: dict[str, str]) -> None:
    """Be a process of a job."""
    for name in list(os.environ):
        if name not in ranks.environment("none", 0, 1):
            monkeypatch.delenv(name)
    for name, value in job.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_is_queued_again_goes_on_with_its_run(root: Path, monkeypatch: pytest.MonkeyPatch, job: dict[str, str]) -> None:
    """Its ids are in the run's `meta`; another job, or another task of the array, has a run of its own."""
    be_in(monkeypatch, job)
    for step in (1, 2):
        with tracking.init(root=root, resume="job", track_env=False) as run:
            run.log_metric("loss", 1 / step, step=step)
            assert run.resumed == (step == 2)
    view = tracking.open_run(run)
    assert view.meta.items() >= job.items()
    assert view.metrics("loss")["loss"].tolist() == [1.0, 0.5]
    last = list(job)[-1]
    be_in(monkeypatch, {**job, last: job[last] + "9"})
    with tracking.init(root=root, resume="job", track_env=False) as other:
        assert other.uuid != run.uuid


def test_a_task_of_an_array_has_its_run_by_the_array(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever id of its own the scheduler gives to it."""
    be_in(monkeypatch, ARRAY)
    with tracking.init(root=root, resume="job", track_env=False) as run:
        pass
    be_in(monkeypatch, {**ARRAY, "SLURM_JOB_ID": "955"})
    with tracking.init(root=root, resume="job", track_env=False) as again:
        assert again.uuid == run.uuid


def test_where_there_is_no_job_nothing_is_resumed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says which variables would name one, and what to give."""
    be_in(monkeypatch, {"JOB_COMPLETION_INDEX": "4"})
    with pytest.raises(InvalidArgument, match=r'resume="job".*SLURM_JOB_ID.*run_uuid='):
        tracking.init(root=root, resume="job")
    be_in(monkeypatch, ARRAY)
    for more in ({"is_new": True}, {"run_uuid": "0" * 32}):
        with pytest.raises(InvalidArgument, match="resume="):
            tracking.init(root=root, resume="job", **more)  # type: ignore[arg-type]
    assert not (root / "runs").exists()
    with tracking.init(root=root, track_env=False) as run:
        pass
    assert tracking.open_run(run).meta["SLURM_ARRAY_TASK_ID"] == "7"


def test_both_ways_to_start_a_run_have_the_argument() -> None:
    """Under one name."""
    given: list[Any] = [tracking.init, tracking.Run]
    assert all("ranks" in inspect.signature(each).parameters for each in given)

"""The job that a scheduler or a launcher has started this process in: its ids, and which of its processes this is."""

from __future__ import annotations

import os
import re
import sys
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from jupyter_tracking.errors import InvalidArgument, suggest

RANKS = ("main", "all")
_MOST_RANKS = 1_000_000

# Which process this is, and how many there are: torchrun and accelerate, a step of SLURM, Open MPI, other MPIs.
_LAUNCHERS = (
    ("RANK", ("WORLD_SIZE",)),
    ("SLURM_PROCID", ("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")),
    ("OMPI_COMM_WORLD_RANK", ("OMPI_COMM_WORLD_SIZE",)),
    ("PMI_RANK", ("PMI_SIZE",)),
)
_STEPS = ("SLURM_STEP_ID", "SLURM_STEPID")
# What schedulers call a job, and its place in an array of them: the same when it is put into the queue again.
_IDS = (
    *("SLURM_CLUSTER_NAME", "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"),
    *("PBS_JOBID", "PBS_ARRAY_INDEX", "LSB_JOBID", "LSB_JOBINDEX", "KUBERNETES_JOB_NAME", "K8S_JOB_NAME", "JOB_COMPLETION_INDEX"),
)
_JOBS = {"SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "PBS_JOBID", "LSB_JOBID", "KUBERNETES_JOB_NAME", "K8S_JOB_NAME"}
_LONGEST = 200  # characters of an id
_NAMESPACE = UUID("6f1f33f3-3e0d-4a53-9d0a-2a7b7a8d6c11")


class Ranks(NamedTuple):
    """Which of the processes of a job this is, from 0, and how many there are."""

    rank: int
    size: int


def ranks() -> Ranks | None:
    """Return which of several processes this is; None where the environment does not say that there are several."""
    distributed = _distributed()  # what it knows comes first, also of processes that no launcher has started
    if distributed is not None:
        found = _ranks(distributed.get_rank(), distributed.get_world_size())
        return found if found is not None and found.size > 1 else None
    for rank, counts in _LAUNCHERS:
        found = _ranks(os.environ.get(rank), next((os.environ[count] for count in counts if count in os.environ), None))
        if found is None or (rank == "SLURM_PROCID" and not any(map(os.environ.get, _STEPS))):
            continue  # a batch script of SLURM's is told how many tasks it may start, and is one process
        if found.size > 1:
            return found
    return None


def _distributed() -> Any:
    """Return `torch.distributed` where the program has imported and initialised it; else None."""
    found = getattr(sys.modules.get("torch"), "distributed", None)
    return found if found is not None and found.is_available() and found.is_initialized() else None


def _ranks(rank: object, count: object) -> Ranks | None:
    try:
        found = Ranks(int(str(rank)), int(str(count)))
    except ValueError:
        return None
    return found if 0 <= found.rank < found.size <= _MOST_RANKS else None


def check_ranks(word: str | None) -> str | None:
    """Return the word for which processes of a job record.

    Raises:
        InvalidArgument: another word.
    """
    if word is not None and word not in RANKS:
        raise InvalidArgument(f"ranks={word!r:.60} is none of {', '.join(RANKS)}{suggest(str(word), RANKS)}")
    return word


def records(word: str | None, *, shared: bool = False) -> bool:
    """Return whether this process records, of those of its job: with `"main"` the first alone does.

    Without a word it is the same, unless the run is shared: who says so wants each process to write.
    """
    known = ranks()
    return check_ranks(word) == "all" or known is None or known.rank == 0 or (word is None and shared)


def shared_uuid() -> str:
    """Return the uuid of the run that all processes of this job write: the same one in each of them.

    It is told by the first where `torch.distributed` is set up, else made of what the launcher calls the job.

    Raises:
        InvalidArgument: nothing says it for sure.
    """
    distributed = _distributed()
    if distributed is not None:
        told = [os.urandom(16).hex()]
        distributed.broadcast_object_list(told, src=0)
        return str(told[0])
    elastic = os.environ.get("TORCHELASTIC_RUN_ID", "none")
    if elastic != "none" and "RANK" in os.environ:  # torchrun's own word where nobody gave one
        return uuid_of("torchrun", elastic)
    step = next((os.environ[name] for name in _STEPS if os.environ.get(name)), None)
    if os.environ.get("SLURM_JOB_ID") and step and "SLURM_PROCID" in os.environ:
        return uuid_of("slurm", os.environ.get("SLURM_CLUSTER_NAME", ""), os.environ["SLURM_JOB_ID"], step)
    raise InvalidArgument(
        'ranks="all" needs one uuid in all processes, and nothing here says which: give each of them the same run_uuid= (32 hex digits), '
        "or call init() when torch.distributed is initialised, or start torchrun with --rdzv-id"
    )


def words_of_rank() -> str:
    """Return what a process says of itself that records nothing."""
    known = ranks() or Ranks(0, 1)
    return f'rank {known.rank} of {known.size} writes nothing: rank 0 records the run (ranks="all" lets each write)'


def job_ids() -> dict[str, str]:
    """Return the ids that the scheduler has given to the job, by what it calls them; empty where there is no job."""
    found = {name: re.sub(r"[^\x20-\x7e]", "?", os.environ[name])[:_LONGEST] for name in _IDS if os.environ.get(name)}
    if found.get("LSB_JOBINDEX") == "0":  # of a job that is no array
        del found["LSB_JOBINDEX"]
    return found if found.keys() & _JOBS else {}


def uuid_of(*words: str) -> str:
    """Return the uuid of a run that these words name: always the same one."""
    return uuid5(_NAMESPACE, "\n".join(words)).hex


def job_uuid() -> str:
    """Return the uuid of the run of this job, which is the same when the job is put into the queue again.

    A task of an array is named by the array and its number: a scheduler may give it another id of its own.

    Raises:
        InvalidArgument: the environment names no job.
    """
    ids = job_ids()
    if "SLURM_ARRAY_JOB_ID" in ids and "SLURM_ARRAY_TASK_ID" in ids:
        ids.pop("SLURM_JOB_ID", None)
    if not ids:
        raise InvalidArgument(
            f'resume="job" goes on with the run of this job, and the environment names none ({", ".join(sorted(_JOBS))}); '
            "give run_uuid= with a uuid of your own instead"
        )
    return uuid_of(*(f"{name}={value}" for name, value in sorted(ids.items())))

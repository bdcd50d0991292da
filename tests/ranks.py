"""Processes of one job, as each launcher starts them: eight that know which of them they are by the environment alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pathlib import Path

LAUNCHERS = ("torchrun", "slurm", "openmpi", "mpi")
_OF_JOBS = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "TORCHELASTIC_", "SLURM_", "OMPI_", "PMI_", "PBS_", "LSB_", "KUBERNETES_JOB", "K8S_JOB")

# A process takes orders from its standard input, a line each, and answers with a line: a value as JSON, or the error.
PROGRAM = """
import json, sys
import jupyter_tracking as t
{before}
for line in sys.stdin:
    try:
        answer = eval(line)
    except Exception as error:
        print(json.dumps([type(error).__name__, str(error)]), flush=True)
    else:
        print(json.dumps(answer if type(answer) in (int, float, str, list) else None), flush=True)
"""


def environment(launcher: str, rank: int, size: int, job: str = "4242") -> dict[str, str]:
    """What a launcher puts into the environment of a process, and nothing of another job that the tests may run in."""
    said = {
        "torchrun": {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "TORCHELASTIC_RUN_ID": job},
        "slurm": {"SLURM_PROCID": rank, "SLURM_NTASKS": size, "SLURM_STEP_NUM_TASKS": size, "SLURM_STEP_ID": 0, "SLURM_JOB_ID": job},
        "openmpi": {"OMPI_COMM_WORLD_RANK": rank, "OMPI_COMM_WORLD_SIZE": size},
        "mpi": {"PMI_RANK": rank, "PMI_SIZE": size},
        "none": {},
    }[launcher]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OF_JOBS)}
    return {**kept, **{name: str(value) for name, value in said.items()}}


class Rank:
    """One of the processes."""

    def __init__(self, launcher: str, rank: int, size: int, *, before: str = "", cwd: Path, job: str = "4242") -> None:
        """Start it; `before` is run first."""
        self.rank = rank
        command = [sys.executable, "-c", PROGRAM.replace("{before}", before)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=cwd, env=environment(launcher, rank, size, job)
        )
        self._in, self._out = cast("IO[str]", self.process.stdin), cast("IO[str]", self.process.stdout)

    def ask(self, line: str) -> None:
        """Give an order, without waiting for the answer."""
        self._in.write(line + "\n")
        self._in.flush()

    def answer(self) -> Any:
        """The answer to the first order that has had none."""
        return json.loads(self._out.readline())

    def line(self) -> str:
        """A line that it has printed."""
        return self._out.readline().strip()

    def __call__(self, line: str) -> Any:
        """Give an order, and return the answer."""
        self.ask(line)
        return self.answer()

    def leave(self) -> int:
        """Let the process come to its end; return its exit code."""
        self._in.close()
        code = self.process.wait(60)
        self._out.close()
        return code

    def kill(self) -> None:
        """Kill it, as a system without memory does."""
        self.process.kill()
        self.process.wait(60)
        self._in.close()
        self._out.close()


def start(launcher: str, size: int, cwd: Path, before: str = "", job: str = "4242") -> list[Rank]:
    """Start the processes of a job."""
    cwd.mkdir(parents=True, exist_ok=True)
    return [Rank(launcher, rank, size, before=before, cwd=cwd, job=job) for rank in range(size)]


def every(ranks: list[Rank], line: str) -> list[Any]:
    """Give all of them an order at once, and return the answers."""
    for rank in ranks:
        rank.ask(line.replace("{r}", str(rank.rank)))
    return [rank.answer() for rank in ranks]

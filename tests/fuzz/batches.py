"""Examples of a fuzzer in processes of their own: a batch each, a new one when one ends or has grown, and what was found, sorted."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fuzz.watch import PrivateFolder, Watch, lay_decoys, peak_memory, reset_peak, scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Answer", "Bench", "examine_all", "main"]

SECONDS = 10  # of processor time, for each thing that is asked
_WAITING = 60  # seconds by the clock: on a busy machine the processor's time is long in coming
MEMORY = 1 << 30
_BATCH = 200
_GROWN = 1 << 30
_STUCK = 240  # in a library, where no signal is heard
_MARK = "/-example-"  # what the trace of a worker's system calls is cut by


class Hang(BaseException):
    """The time of a question is over."""


class Bench:
    """What a worker examines examples with: its folders, its watch, and what is private."""

    def __init__(self, top: Path, fill: Callable[[Path], object]) -> None:
        """Lay out the folders; `fill` makes what is private."""
        self.top = top
        self.base = top / "base"  # the run that examples are copies of
        self.private = top / "private"
        self.private.mkdir()
        fill(self.private)
        self.mark = Path(os.environ["JT_STARTED"])
        self.here = Path.cwd()
        self.watch = Watch(Path(os.environ["HOME"]))
        self.unseen = PrivateFolder(self.private)
        self.found: list[str] = []
        self._held = 0
        self._number = -1
        for number in (signal.SIGALRM, signal.SIGPROF):
            signal.signal(number, _over)

    def ask(self, name: str, call: Callable[[], object], reads: list[Path], saves: list[Path]) -> Any:
        """Ask something, and note what comes of it besides an answer or an error of ours."""
        try:
            return self._ask(name, call, reads, saves)
        except Hang:  # heard when the answer had just come
            self.found.append(f"{name}: takes {SECONDS} seconds")
            return None
        finally:
            _set_timers(0, 0)

    def _ask(self, name: str, call: Callable[[], object], reads: list[Path], saves: list[Path]) -> Any:
        import traceback
        import warnings

        from jupyter_tracking.errors import TrackingError
        from tests.fuzz.watch import RAW

        answer = None
        _set_timers(SECONDS, 2)
        try:
            with (
                warnings.catch_warnings(record=True) as told,
                self.watch.allowing([*reads, self.here], [*saves, Path(tempfile.gettempdir())]),
            ):
                warnings.simplefilter("always")
                answer = call()
            for each in told:
                if issubclass(each.category, UserWarning) and RAW.search(str(each.message)):
                    self.found.append(f"{name}: raw text in a warning: {str(each.message)[:80]!r}")
        except TrackingError as error:
            shown = (
                "".join(traceback.format_exception_only(error)) if error.__cause__ is None else "".join(traceback.format_exception(error))
            )
            if found := RAW.search(shown):
                self.found.append(f"{name}: raw text in {type(error).__name__}: {shown[max(0, found.start() - 60) :][:120]!r}")
        except Hang:
            at = [f for f in traceback.extract_tb(sys.exc_info()[2]) if "jupyter_tracking" in f.filename][-1:]
            self.found.append(f"{name}: hangs {f'at {Path(at[0].filename).name}:{at[0].lineno}' if at else ''}")
        except Exception as error:  # noqa: BLE001 - what is looked for
            ours = [f for f in traceback.extract_tb(error.__traceback__) if "jupyter_tracking" in f.filename][-1:]
            at = f"{Path(ours[0].filename).name}:{ours[0].lineno}" if ours else ""
            self.found.append(f"{name}: foreign {type(error).__name__}: {str(error)[:100]!r} @ {at}")
        finally:
            _set_timers(0, 0)
        self.found += [f"{name}: {each}" for each in [*self.watch.take()[:6], *self.unseen.take(reads)[:3]]]
        if self.mark.exists():
            self.found.append(f"{name}: started {self.mark.read_text(errors='replace')[:200]!r}")
            self.mark.unlink()
        return answer

    def begun(self) -> None:
        """Count the memory from here on: what made the example took is not theirs."""
        self._held = reset_peak()
        self.unseen.take()  # nor is what it looked at
        with contextlib.suppress(OSError):
            os.stat(f"{_MARK}{self._number}")  # nor what it called

    def examine(self, number: int, example: Callable[[Bench, Path, int], None]) -> dict[str, Any]:
        """Examine one example in a folder of its own."""
        folder = self.top / f"{number}"
        folder.mkdir()
        self.found = []
        self._number = -1
        self.begun()
        self._number = number
        start = time.monotonic()
        faulthandler.dump_traceback_later(_STUCK, exit=True)
        try:
            example(self, folder, number)
        finally:
            faulthandler.cancel_dump_traceback_later()
        peak = peak_memory() - self._held if self._held else 0
        if peak > MEMORY:
            self.found.append(f"took {peak >> 20} MB")
        if os.listdir(self.here):
            self.found.append(f"made {os.listdir(self.here)} in the current directory")
            for each in self.here.iterdir():
                shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
        self.unseen.take()  # what cleaning up touches is not theirs
        shutil.rmtree(folder, ignore_errors=True)
        return {"seed": number, "found": list(dict.fromkeys(self.found)), "peak": peak >> 20, "seconds": round(time.monotonic() - start, 2)}


def _set_timers(seconds: float, again: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, seconds, again)
    signal.setitimer(signal.ITIMER_REAL, seconds * _WAITING / SECONDS, again)


def _over(_number: int, _frame: object) -> None:
    raise Hang


class Answer(dict[str, Any]):
    """What an example has come to: `seed`, `found`, `peak` in MB and `seconds`."""


def examine_all(module: str, numbers: Sequence[int], *, strace: bool = False) -> Iterator[Answer]:
    """Have examples examined by the workers of a module, and yield what each has come to."""
    at = 0
    with tempfile.TemporaryDirectory(dir=scratch()) as shared:
        while at < len(numbers):
            for answer in _work(module, numbers[at : at + _BATCH], Path(shared), strace=strace):
                at += 1
                yield answer


def found_in(module: str, first: int, count: int, *, strace: bool = False) -> str:
    """Examine examples and return what was found, a line each with its number: `python -m MODULE 1 NUMBER` makes it again."""
    numbers = range(first, first + count)
    answers = list(examine_all(module, numbers, strace=strace))
    assert [answer["seed"] for answer in answers] == list(numbers)
    return "\n".join(f"{answer['seed']} {line}" for answer in answers for line in answer["found"])


def _work(module: str, numbers: Sequence[int], shared: Path, *, strace: bool) -> Iterator[Answer]:
    top = Path(tempfile.mkdtemp(dir=scratch()))
    try:
        for name in ("home", "tmp", "here", "examples"):
            (top / name).mkdir()
        mark = top / "started"
        lay_decoys(top / "programs", mark)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("POLYAXON", "XDG"))}
        environment |= {"HOME": str(top / "home"), "TMPDIR": str(top / "tmp"), "PATH": str(top / "programs"), "JT_STARTED": str(mark)}
        environment |= {"JT_SHARED": str(shared)}
        environment |= {"MPLCONFIGDIR": str(top / "home" / "mpl"), "IPYTHONDIR": str(top / "home" / "ipython"), "MPLBACKEND": "Agg"}
        environment |= {"PYTHONPATH": os.pathsep.join(p for p in (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")) if p)}
        trace = top / "trace"
        tracing = [shutil.which("strace") or "strace", "-f", "-qq", "-s", "300", "-e", "trace=%file,%process,%network", "-o", str(trace)]
        words = [*(tracing if strace else []), sys.executable, "-m", module, "--worker", str(top / "examples"), *map(str, numbers)]
        with (top / "stderr").open("w+") as wrong:
            with subprocess.Popen(words, cwd=top / "here", env=environment, stdout=subprocess.PIPE, stderr=wrong, text=True) as worker:
                answers = [Answer(json.loads(line)) for line in worker.stdout or () if line.startswith('{"seed"')]
            code = worker.returncode
            wrong.seek(0)
            said = wrong.read()
        ended = f"the process was ended ({code}): {' '.join(said.split())[-600:]}"
        if code and (answers or "beginning" in said):
            answers.append(Answer(seed=numbers[len(answers)], found=[ended], peak=0, seconds=0))
        elif code:
            raise RuntimeError(said)
        if strace:
            _add_calls(trace, {answer["seed"]: answer["found"] for answer in answers}, top)
        yield from answers
    finally:
        shutil.rmtree(top, ignore_errors=True)


_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
_PATH = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TELLS = {"execve", "execveat", "connect", "bind", "sendto", "openat2"}  # of a program that is started, `execve` tells which
_WORKER = f'"{sys.executable}", ["{sys.executable}", "-I"'  # of ours: this Python, without the user's surroundings
_OPENS = {"open", "openat", "openat2", "creat"}


def _add_calls(trace: Path, found: dict[int, list[str]], top: Path) -> None:
    """Add to each example what the system calls of its time say that it should not."""
    number: int | None = None
    forbidden = (str(top / "examples" / "private"), "/etc/passwd", "/etc/shadow", "/home")
    with trace.open(errors="replace") as lines:
        for line in lines:
            if _MARK in line and "stat" in line:
                number = int(line.split(_MARK)[1].split('"')[0])
                continue
            call = _CALL.match(line)
            if call is None or number not in found:
                continue
            name, arguments = call[1], call[2]
            if name == "execve" and arguments.startswith(_WORKER):
                continue
            path = _PATH.search(arguments)
            if (name in _TELLS and not (name in {"connect", "bind", "sendto"} and "AF_UNIX" in arguments and "ERR" in arguments)) or (
                name in _OPENS and path is not None and os.path.normpath(path[1]).startswith(forbidden) and "ENOENT" not in arguments
            ):
                found[number].append(f"system call {name}({arguments[:160]}")


def work(words: list[str], begin: Callable[[Path], tuple[Bench, Callable[[Bench, Path, int], None]]]) -> int:
    """Be a worker: examine a batch, a line of JSON each; end early when the process has grown too much."""
    top, numbers = Path(words[0]), list(map(int, words[1:]))
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is printed is not for the one who reads the answers
    bench, example = begin(top)
    limit = _data() + 4 * MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.stderr.write("beginning\n")
    sys.stderr.flush()
    for number in numbers:
        answer = bench.examine(number, example)
        told.write(json.dumps(answer) + "\n")
        told.flush()
        if reset_peak() > _GROWN:
            break
    told.flush()
    os._exit(0)  # with no thread of a view to wait for


def _data() -> int:
    found = re.search(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) << 10 if found else 0


_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|/[\w./-]+|\b\d[\d,.]*\b|\b[0-9a-f]{8,}\b")


def main(words: list[str], module: str, begin: Callable[[Path], tuple[Bench, Callable[[Bench, Path, int], None]]]) -> int:
    """Examine so many examples, print what was found with the seed of each, and then how often each sort of it."""
    if words[:1] == ["--worker"]:
        return work(words[1:], begin)
    parser = argparse.ArgumentParser(prog=f"python -m {module}")
    parser.add_argument("count", type=int, help="how many examples; 0 with --only")
    parser.add_argument("first", type=int, nargs="?", default=0, help="the number of the first")
    parser.add_argument("--only", type=int, nargs="+", default=[], metavar="NUMBER", help="these examples too")
    parser.add_argument("--strace", action="store_true", help="watch the system calls too")
    given = parser.parse_args(words)
    start, bad, peak, slowest = time.monotonic(), 0, 0, 0.0
    sorts: Counter[str] = Counter()
    examples: dict[str, int] = {}
    numbers = [*range(given.first, given.first + given.count), *given.only]
    for answer in examine_all(module, numbers, strace=given.strace):
        found = answer["found"]
        bad += bool(found)
        peak, slowest = max(peak, answer["peak"]), max(slowest, answer["seconds"])
        for line in found:
            sys.stdout.write(f"{answer['seed']} {line}\n")
            sort = _VARYING.sub("…", line.partition(": ")[2] or line)[:140]
            sorts[sort] += 1
            examples.setdefault(sort, answer["seed"])
        sys.stdout.flush()
    sys.stdout.write(
        f"\n{len(numbers)} examples from {numbers[0] if numbers else 0}: {bad} with something, {time.monotonic() - start:.0f} s; "
    )
    sys.stdout.write(f"at most {peak} MB and {slowest:.1f} s for one\n")
    for sort, count in sorts.most_common():
        sys.stdout.write(f"{count:6} {sort}   (such as {examples[sort]})\n")
    return int(bool(bad))

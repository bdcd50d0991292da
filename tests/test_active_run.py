"""Which run a module function writes to: that of its own thread or task, or the call is refused."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking import errors, session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET = {"track_env": False, "track_code": False, "track_logs": False}


def in_thread(call: Callable[[], object]) -> BaseException | None:
    """Make a call in a thread of its own; return what it raised."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - the thread hands it on
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return raised[0] if raised else None


def values(run: tracking.Run | tracking.RunView) -> dict[str, list[float]]:
    """Every metric of a run."""
    frame = tracking.open_run(run).metrics(tidy=True)
    return {str(name): rows["value"].tolist() for name, rows in frame.groupby("name", observed=True)}


def trials(root: Path, count: int, width: int) -> tuple[list[tracking.Run], int]:
    """Trials in threads, each with tasks, pools and a nested run of its own; every value is the trial's number."""
    runs: list[tracking.Run] = []
    said: list[str] = []

    def log(name: str, number: int) -> None:
        try:
            tracking.log_metric(name, number)
        except errors.NoActiveRun as error:
            said.append(str(error))

    async def tasks(number: int) -> None:
        async def nested(name: str) -> None:
            await asyncio.sleep(0)
            log(name, number)

        async def alone() -> None:
            with tracking.init(root=root, name=f"task {number}", **QUIET) as own:
                runs.append(own)
                await asyncio.sleep(0)
                await asyncio.gather(*(nested(f"deep {n}") for n in range(3)))
                log("of the task", number)

        await asyncio.gather(alone(), nested("beside 1"), asyncio.to_thread(log, "to a thread", number), nested("beside 2"))

    def trial(number: int) -> None:
        with tracking.init(root=root, name=f"trial {number}", **QUIET) as run:
            runs.append(run)
            log("before", number)
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(log, ["pool 1", "pool 2"], [number] * 2))
                context = contextvars.copy_context()
                pool.submit(context.run, log, "pool with the context", number).result()
            shared.submit(log, "shared pool", number).result()
            if number % 2:
                asyncio.run(tasks(number))
            with tracking.init(root=root, name=f"inner {number}", **QUIET) as inner:
                runs.append(inner)
                log("in", number)
            log("after", number)
        log("too late", number)

    with ThreadPoolExecutor(2) as shared, ThreadPoolExecutor(width) as threads:
        list(threads.map(trial, range(count)))
    assert all("run.log_" in words or "has ended" in words for words in said)
    return runs, len(said)


def check_trials(runs: list[tracking.Run], refused: int, count: int) -> None:
    """Each run holds its own number alone; what is known to be its own is there."""
    logged = 0
    for run in runs:
        what, number = run.name.rsplit(" ", 1)
        found = values(run)
        assert all(each == [float(number)] for each in found.values()), (run.name, found)
        wanted = {
            "trial": {"before", "after", "pool with the context"},
            "inner": {"in"},
            "task": {"of the task", "deep 0", "deep 1", "deep 2"},
        }
        assert wanted[what] <= set(found)
        assert "too late" not in found
        if what == "trial" and int(number) % 2:
            assert {"beside 1", "beside 2", "to a thread"} <= set(found)
        logged += len(found)
    assert logged + refused == count * 8 + count // 2 * 7
    assert session._active == []


def test_fifty_trials_at_a_time_keep_their_values_apart(root: Path) -> None:
    """Threads, tasks, pools, nested runs: every value is in its own run, or was refused by name."""
    check_trials(*trials(root, 60, 50), 60)


@pytest.mark.soak
def test_two_thousand_trials_keep_their_values_apart(root: Path) -> None:
    """The same at length."""
    check_trials(*trials(root, 2000, 50), 2000)


def test_a_thread_without_a_run_uses_the_only_one(root: Path) -> None:
    """As a callback in a data loader's thread expects."""
    with tracking.init(root=root, **QUIET) as run:
        assert in_thread(lambda: tracking.log_metric("loss", 1)) is None
    assert values(run) == {"loss": [1.0]}


def test_of_several_runs_a_foreign_thread_has_to_say_which(root: Path) -> None:
    """The message names the way out; nothing is written to either."""
    with tracking.init(root=root, **QUIET) as first, tracking.init(root=root, **QUIET) as second:
        error = in_thread(lambda: tracking.log_metric("loss", 1))
        assert isinstance(error, errors.NoActiveRun)
        assert "call run.log_" in str(error)
        assert isinstance(in_thread(tracking.end), errors.NoActiveRun)
        assert in_thread(lambda: second.log_metric("said which", 1)) is None
    assert (values(first), values(second)) == ({}, {"said which": [1.0]})


def test_a_thread_starts_and_ends_its_own(root: Path) -> None:
    """`init` in a thread ends no other thread's run, neither does `end`; what comes after it is refused."""
    mine = tracking.init(root=root, name="mine", **QUIET)
    seen: list[object] = []

    def work() -> None:
        run = tracking.init(root=root, name="other", **QUIET)
        again = tracking.init(root=root, name="again", **QUIET)  # ends the one before it in this thread
        seen.extend([run.status, mine.status])
        tracking.log_metric("loss", 2)
        tracking.end()
        tracking.end()
        seen.extend([again.status, mine.status])

    assert in_thread(work) is None
    assert seen == ["succeeded", "running", "succeeded", "running"]
    tracking.log_metric("loss", 1)
    tracking.end()
    assert values(mine) == {"loss": [1.0]}
    assert values(tracking.open_run("again", root)) == {"loss": [2.0]}


def test_a_task_that_outlives_its_run_is_refused(root: Path) -> None:
    """Its values do not land in the run of another task."""

    async def main() -> tuple[BaseException | None, tracking.Run]:
        async def late() -> None:
            await started.wait()
            tracking.log_metric("late", 1)

        async def short() -> asyncio.Task[None]:
            with tracking.init(root=root, **QUIET):
                return asyncio.ensure_future(late())

        async def long() -> tracking.Run:
            with tracking.init(root=root, **QUIET) as run:
                started.set()
                await asyncio.wait([task])
                return run

        started = asyncio.Event()
        task = await asyncio.ensure_future(short())
        run = await asyncio.ensure_future(long())
        return task.exception(), run

    error, run = asyncio.run(main())
    assert isinstance(error, errors.RunEnded)
    assert values(run) == {}


def test_a_run_of_an_earlier_context_is_active_still(root: Path) -> None:
    """A notebook may run each cell in a context of its own: the run of an earlier cell is that of the next, and `init` ends it."""
    first = contextvars.copy_context().run(tracking.init, root=root, name="first", **QUIET)
    contextvars.copy_context().run(tracking.log_metric, "loss", 1)
    second = contextvars.copy_context().run(tracking.init, root=root, name="second", **QUIET)
    assert (first.status, second.status) == ("succeeded", "running")
    contextvars.copy_context().run(tracking.log_metric, "loss", 2)
    asyncio.run(asyncio.wait_for(asyncio.to_thread(tracking.log_metric, "loss", 3), 60))
    contextvars.copy_context().run(tracking.end)
    assert (values(first), values(second)) == ({"loss": [1.0]}, {"loss": [2.0, 3.0]})


def test_cells_with_await_share_their_run(root: Path) -> None:
    """In a real kernel: started in a cell that awaits, used in one that does not, and the other way round."""
    from jupyter_client.manager import start_new_kernel

    cells = [
        "import jupyter_tracking as t, asyncio\nawait asyncio.sleep(0)\nfirst = t.init(name='first', track_env=False)\nt.log_metric('a', 1)",
        "t.log_metric('b', 2)",
        "await asyncio.sleep(0)\nt.log_metric('c', 3)",
        "second = t.init(name='second', track_env=False)",
        "async def later():\n    await asyncio.sleep(0.01)\n    t.log_metric('d', 4)\ntask = asyncio.ensure_future(later())",
        "await task\nawait asyncio.to_thread(t.log_metric, 'e', 5)\nt.end()",
        "third = t.init(name='third', track_env=False)\nt.log_metric('f', 6)\nawait asyncio.sleep(0)\nt.end()",
    ]
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(root))
    try:
        replies = [client.execute_interactive(cell, timeout=60, output_hook=str) for cell in cells]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert [reply["content"]["status"] for reply in replies] == ["ok"] * len(cells), replies
    found = {name: values(tracking.open_run(name, root)) for name in ("first", "second", "third")}
    assert found == {"first": {"a": [1.0], "b": [2.0], "c": [3.0]}, "second": {"d": [4.0], "e": [5.0]}, "third": {"f": [6.0]}}


def test_status_calls_after_the_end_are_the_same_on_run_and_module(root: Path) -> None:
    """A second `end` does nothing; another status is refused by both."""
    run = tracking.init(root=root, **QUIET)
    tracking.end()
    for calls in (run, tracking):
        calls.end()
        for name in ("log_succeeded", "log_failed", "log_stopped"):
            with pytest.raises(errors.RunEnded):
                getattr(calls, name)()
        with pytest.raises(errors.RunEnded):
            calls.log_status("warning")
        with pytest.raises(errors.RunEnded):
            calls.log_metric("loss", 1)
    assert tracking.open_run(run).status == "succeeded"

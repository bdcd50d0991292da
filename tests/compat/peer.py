"""A program that does with Polyaxon what the tests ask for, in a process of its own: Polyaxon changes what it is loaded into.

It reads a line of JSON, `[command, argument, …]`, and answers with a line of JSON, until its input ends.
"""

from __future__ import annotations

import atexit
import contextlib
import io
import json
import logging
import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.compat.calls import Call, calls, play

if TYPE_CHECKING:
    from collections.abc import Callable


def write(folder: str) -> dict[str, Any]:
    """Play the table on Polyaxon's client; return the run's folder, and what of the table it did not take."""
    run = started()
    refused = {}
    for each in calls(Path(folder)):
        try:
            play(run, [as_theirs(each)])
        except Exception as error:  # noqa: BLE001 - what Polyaxon cannot do is part of the answer
            refused[f"{each.function} {each.kwargs.get('name') or each.args}"[:80]] = f"{type(error).__name__}: {error}"[:200]
    path = run.get_artifacts_path()
    run.log_succeeded()
    return {"path": path, "refused": refused}


def as_theirs(made: Call) -> Call:
    """Return the call with a span as Polyaxon wants it: its own object."""
    if made.function != "log_trace":
        return made
    from traceml.events import V1EventSpan

    return Call(made.function, (V1EventSpan.from_dict(made.args[0]), *made.args[1:]), made.kwargs)


def started() -> Any:
    """Return a new run of Polyaxon's."""
    from polyaxon.tracking import Run

    # Without a project Polyaxon could not load its own run again.
    switches = {"is_offline": True, "track_code": False, "track_env": False, "track_logs": False, "collect_resources": False}
    return Run("acme", "quickstart", is_new=True, **switches)


def written(source: str) -> dict[str, Any]:
    """Run the source with `run`, a new run of Polyaxon's, and return its folder."""
    run = started()
    exec(compile(Path(source).read_text(), source, "exec"), {"run": run})
    path = run.get_artifacts_path()
    run.log_succeeded()
    return {"path": path}


def script(source: str, folder: str) -> dict[str, Any]:
    """Run a program that imports Polyaxon's module, in a folder and in a forked process, to its end; return its runs."""
    import pandas as pd  # noqa: F401 - where nothing else has imported it, Polyaxon's handler of the exit fails
    from polyaxon import settings
    from polyaxon._contexts import paths

    runs = Path(paths.CONTEXT_OFFLINE_ROOT) / "runs"
    before = set(runs.iterdir()) if runs.exists() else set()
    child = os.fork()
    if not child:
        os.chdir(folder)
        os.environ["POLYAXON_COLLECT_RESOURCES"] = "0"
        settings.CLIENT_CONFIG.is_offline = True  # what `POLYAXON_IS_OFFLINE` does where Polyaxon reads its settings
        try:
            runpy.run_path(source, run_name="__main__")
        except BaseException:  # noqa: BLE001 - as the interpreter does at the end of a program
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        finally:
            atexit._run_exitfuncs()
            os._exit(0)
    os.waitpid(child, 0)
    return {"runs": sorted(map(str, set(runs.iterdir()) - before))}


def resumed(run: str) -> dict[str, Any]:
    """Go on with a run in Polyaxon's client."""
    from polyaxon.tracking import Run

    client = Run(
        is_offline=True,
        run_uuid=Path(run).name,
        artifacts_path=run,
        track_code=False,
        track_env=False,
        track_logs=False,
        collect_resources=False,
    )
    client.log_metric("loss", 0.5, step=1)
    client.log_metric("loss", 0.25, step=2)
    client.log_text("note", "theirs", step=1)
    client.end()
    return {"path": client.get_artifacts_path()}


def read(run: str) -> dict[str, Any]:
    """Read every event file of a run with each of Polyaxon's engines."""
    from traceml.events import V1Events

    found: dict[str, Any] = {}
    for path in sorted(Path(run, "events").glob("*/*.plx")):
        kind, name = path.parent.name, path.stem
        for engine in ("c", "pyarrow"):
            try:
                # As its viewer reads, and as its client does.
                V1Events.read(kind=kind, name=name, data=str(path), engine="pyarrow" if engine == "pyarrow" else None, parse_dates=False)
                events = V1Events.read(kind=kind, name=name, data=str(path), engine=engine if engine == "pyarrow" else None)
            except Exception as error:  # noqa: BLE001 - the same
                found[f"{engine}/{kind}/{name}"] = {"error": f"{type(error).__name__}: {error}"}
                continue
            columns = events.to_dict()
            found[f"{engine}/{kind}/{name}"] = {
                "steps": [int(step) if isinstance(step, int | float) else step for step in columns["step"]],
                "timestamps": [str(moment) for moment in events.df["timestamp"]],
                "cells": [str(cell) for cell in columns[kind]],
                "summary": json.loads(json.dumps(events.get_summary(), default=str)),
                "events": [event_at(events, index) for index in range(len(events.df))],
            }
    return found


def event_at(events: Any, index: int) -> str:
    """Return what Polyaxon makes of a row; kinds that are files it cannot take itself."""
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            return str(events.get_event_at(index).get_value())
        except Exception as error:  # noqa: BLE001 - the same
            return f"{type(error).__name__}: {error}"[:300]


def load(run: str) -> dict[str, Any]:
    """Load a run offline, sync the summaries of its events as the client does at the end, and write it anew."""
    from polyaxon.client import RunClient

    client = RunClient.load_offline_run(run, raise_if_not_found=True)
    client._is_offline = True
    outputs = dict(client.run_data.outputs or {})  # before the sync writes the last values over them
    before = {name: item.to_dict() for name, item in client._artifacts_lineage.items()}
    client.sync_events_summaries(last_check=None, events_path=f"{run}/events")
    after = {name: json.loads(json.dumps(item.to_dict(), default=str)) for name, item in client._artifacts_lineage.items()}
    data = client.run_data
    client.persist_run(run)
    again = RunClient.load_offline_run(run, raise_if_not_found=True)
    return {
        "name": data.name,
        "uuid": str(data.uuid),
        "status": str(data.status),
        "tags": data.tags,
        "bookmarked": data.bookmarked,
        "live_state": data.live_state,
        "inputs": data.inputs,
        "outputs": outputs,
        "meta": data.meta_info,
        "conditions": [condition.type for condition in data.status_conditions],
        "lineage": json.loads(json.dumps(before, default=str)),
        "synced": after,
        "again": sorted(again._artifacts_lineage),
    }


def listed(root: str) -> dict[str, Any]:
    """List the runs of a root with Polyaxon's command line."""
    from click.testing import CliRunner
    from polyaxon._cli.operations import ops

    done = CliRunner().invoke(ops, ["ls", "--offline", "--path", root], env={"COLUMNS": "250"})
    return {"code": done.exit_code, "output": done.output}


def signatures() -> dict[str, Any]:
    """Return the parameters of the functions of Polyaxon's module: name, kind, has a default, and which."""
    import inspect

    from polyaxon import tracking

    found = {}
    for name in dir(tracking):
        function = getattr(tracking, name)
        if inspect.isfunction(function):
            found[name] = [
                [p.name, p.kind.name, p.default is not p.empty, str(getattr(p.default, "value", p.default))]
                for p in inspect.signature(function).parameters.values()
            ]
    return found


def members() -> dict[str, Any]:
    """Return the public names of Polyaxon's module and of its `Run`, and the parameters of the methods of `Run`."""
    import inspect

    from polyaxon import tracking

    def parameters(name: str) -> list[list[Any]] | None:
        member = getattr(tracking.Run, name)
        if not callable(member):
            return None
        return [
            [p.name, p.kind.name, p.default is not p.empty, str(getattr(p.default, "value", p.default))]
            for p in inspect.signature(member).parameters.values()
            if p.name != "self"
        ]

    modules = {name for name in dir(tracking) if inspect.ismodule(getattr(tracking, name))}
    return {
        "module": [name for name in dir(tracking) if not name.startswith("_") and name not in modules],
        "run": {name: parameters(name) for name in dir(tracking.Run) if not name.startswith("_")},
        "start": parameters("__init__"),
    }


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {
    function.__name__: function for function in (write, written, script, resumed, read, load, listed, signatures, members)
}


def main() -> None:
    """Do what is asked for."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    # What Polyaxon prints must not come between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        try:
            done = COMMANDS[command](*arguments)
        except Exception:  # noqa: BLE001 - the test that asked fails with it
            done = {"failed": traceback.format_exc()}
        answers.write(json.dumps(done, default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()

"""`best`: the best of many runs by a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, RUN, Command, WrongUsage
from jupyter_tracking.commands.output import print_json, print_lines
from jupyter_tracking.commands.show import described

if TYPE_CHECKING:
    import argparse
    from typing import Any


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("metric", help="the metric, or an output")
    parser.add_argument("runs", nargs="*", metavar="run", help=f"{RUN}; by default all")
    parser.add_argument("--goal", choices=["max", "min"], help="whether greater or less is better, where nothing says so")
    parser.add_argument("--where", metavar="FILTER", help="of the runs that pass a filter, as of `runs`")


def choose(metric: str, runs: list[str] | None, goal: str | None, where: str | None, root: str | None) -> tuple[Any, dict[str, Any]]:
    """Return the best run, and what is said of it as JSON."""
    if runs and where is not None:
        raise WrongUsage("give runs or --where, not both")
    among: Any = runs or (tracking.runs(root, where=where) if where is not None else None)
    view = tracking.best(among, metric, goal, root)
    said = {name: getattr(view, name) for name in ("metric", "value", "step", "goal", "why", "of")}
    return view, {**said, **described(view)}


def _best(given: argparse.Namespace) -> int:
    view, said = choose(given.metric, given.runs, given.goal, given.where, given.root)
    if given.json:
        print_json(said)
        return DONE
    better = "greater" if view.goal == "max" else "less"
    at = f" at step {view.step}" if view.step is not None else ""
    print_lines(f"{view.name} · {view.uuid} · {view.status} · {view.path}")
    print_lines(f"{view.metric} {view.value!r}{at}, the best of {view.of} ({better} is better, {view.why})")
    return DONE


COMMANDS = [
    Command(
        "best", "say which run has the best value of a metric", _best, _add_arguments, example="best accuracy --where 'lr < 0.1'", json=True
    )
]

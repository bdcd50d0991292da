"""`check`: what is wrong with the files of a run, or of all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, FOUND, RUN, Command
from jupyter_tracking.commands.output import print_json_rows, print_lines
from jupyter_tracking.printed import count_of

if TYPE_CHECKING:
    import argparse

    import pandas as pd


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", nargs="?", help=f"{RUN}; by default all under the root")


def _check(given: argparse.Namespace) -> int:
    view = tracking.open_run(given.run, given.root) if given.run is not None else None
    problems = view.problems(hashes=True) if view is not None else tracking.problems(root=given.root, hashes=True)
    if given.json:
        print_json_rows(problems if view is None else problems.assign(run_uuid=view.uuid, run_name=view.name))
    elif view is None:
        _print_of_all(problems)
    elif len(problems) == 0:
        print_lines(f"{view.name} · {view.uuid}: no problems")
    else:
        _print(problems)
    return FOUND if len(problems) else DONE


def _print_of_all(problems: pd.DataFrame) -> None:
    for (uuid, name), rows in problems.groupby(["run_uuid", "run_name"], dropna=False, sort=False):
        print_lines(f"{name} · {uuid}" if isinstance(uuid, str) else "under the root")
        _print(rows, "  ")
    print_lines(f"{count_of(problems['run_uuid'].nunique(), 'run')} with problems" if len(problems) else "no problems")


def _print(problems: pd.DataFrame, margin: str = "") -> None:
    places = problems["file"] + (":" + problems["line"].astype("string")).fillna("")
    for place, problem in zip(places, problems["problem"], strict=True):
        print_lines(f"{margin}{place}: {problem}")


COMMANDS = [
    Command(
        "check",
        "check every file of a run, or of all runs",
        _check,
        _add_arguments,
        found="there are problems",
        example="check digits",
        json=True,
    )
]

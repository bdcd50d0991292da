"""`diff`: in what runs differ, or what changed in a dataframe of a run from one step to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, FOUND, RUN, Command, WrongUsage
from jupyter_tracking.commands.output import print_json_rows, print_lines, print_table

if TYPE_CHECKING:
    import argparse

    import pandas as pd

_OWN = 2  # columns of the frame that are of no run


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="run", help=f"two or more, each a {RUN}; one with --dataframe")
    parser.add_argument(
        "--dataframe", nargs=3, metavar=("NAME", "BEFORE", "AFTER"), help="what changed in this dataframe from one step to another"
    )
    parser.add_argument(
        "--key", action="append", metavar="COLUMN", help="of a dataframe: the column, or columns, its rows belong together by"
    )


def _diff(given: argparse.Namespace) -> int:
    from jupyter_tracking.frames.many.run_columns import several_runs
    from jupyter_tracking.views.model.scene import run_labels

    if given.dataframe is not None:
        frame = _of_a_dataframe(given)
    elif len(given.runs) == 1 or given.key is not None:
        raise WrongUsage("give two runs, or one with --dataframe" if given.key is None else "--key is for --dataframe")
    else:
        folders = several_runs(given.runs, given.root)
        frame = tracking.diff(folders)
        if not given.json:
            frame = frame.set_axis([*frame.columns[:_OWN], *run_labels(folders)], axis=1)
    if given.json:
        print_json_rows(frame)
    elif len(frame) == 0:
        print_lines("no differences")
    else:
        print_table(frame)
    return FOUND if len(frame) else DONE


def _of_a_dataframe(given: argparse.Namespace) -> pd.DataFrame:
    name, *texts = given.dataframe
    if len(given.runs) > 1:
        raise WrongUsage("--dataframe is for one run")
    try:
        before, after = (int(text) for text in texts)
    except ValueError:
        raise WrongUsage(f"--dataframe: {' and '.join(map(repr, texts))} are no two steps") from None
    frame = tracking.open_run(given.runs[0], given.root).diff(name, before, after, given.key)
    names = [each if isinstance(each, str) else "row" for each in frame.index.names]
    return frame.reset_index(names=names, allow_duplicates=True)


COMMANDS = [
    Command(
        "diff",
        "list in what runs differ: their inputs and outputs",
        _diff,
        _add_arguments,
        found="there are differences",
        example="diff digits digits-2",
        json=True,
    )
]

"""The command line: `jupyter tracking runs`, `python -m jupyter_tracking check RUN`. Each subcommand is one call of the reading API."""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import sys
import warnings
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.errors import StorageError, escape_controls, storage_errors
from jupyter_tracking.magics.curating import CURATIONS
from jupyter_tracking.printed import write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    import pandas as pd

    from jupyter_tracking.magics.curating import Curation

_PROBLEMS = 1
_MISTAKE = 2


def main(words: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit status: 0, 1 when `check` found problems, 2 for a mistake.

    Args:
        words: the command line; by default that of the process.
    """
    try:
        given = _parser().parse_args(words)
        command: Callable[[argparse.Namespace], int] = given.command
        return command(given)
    except tracking.TrackingError as error:
        if isinstance(error, StorageError) and error.errno == errno.EPIPE:  # the reader of a pipe has seen enough
            _leave_pipe()
            return 0
        notes = [line for note in getattr(error, "__notes__", []) for line in note.split("\n")]
        _complain(f"jupyter-tracking: {getattr(error, 'strerror', None) or error}", *notes)
        return _MISTAKE


def _print(*lines: str) -> None:
    """Print lines to standard output, if there is one."""
    if sys.stdout is not None and not sys.stdout.closed:
        with storage_errors("standard output", kept="what was done is done", failed="cannot be written"):
            write(sys.stdout, *lines)
            sys.stdout.flush()


def _complain(*lines: str) -> None:
    """Print lines to standard error, if there is one."""
    if sys.stderr is not None and not sys.stderr.closed:
        with contextlib.suppress(OSError):  # there is nowhere to say it
            write(sys.stderr, *lines)


def _leave_pipe() -> None:
    """Put what is left for standard output nowhere, so that the end of the process need not complain of it."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """A parser that prints as all else here does."""

    def _print_message(self, message: str, file: Any = None) -> None:
        (_print if file is sys.stdout else _complain)(*message.removesuffix("\n").split("\n"))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="jupyter-tracking", description="Look at recorded runs; nothing is asked of the network.")
    parser.add_argument("--version", action="version", version=tracking.__version__)
    commands = parser.add_subparsers(required=True, metavar="command")

    runs = commands.add_parser("runs", help="list the runs under a root, the newest first")
    runs.add_argument("--where", metavar="FILTER", help="list those that pass a filter, such as 'lr < 0.01 and status = failed'")
    runs.add_argument("--summary", metavar="WORD", help="list the outputs too, with this number of each metric: last, min, max, best, mean")
    runs.add_argument("--group-by", metavar="COLUMNS", help="list groups of runs by a column, or by several with commas between them")
    runs.add_argument("--archived", action="store_true", help="list those too that are archived")
    runs.set_defaults(command=_runs)

    show = commands.add_parser("show", help="list what a run holds, or write it as one HTML page")
    show.add_argument("run", help="uuid, prefix of it, name or folder")
    show.add_argument("-o", "--output", metavar="FILE", help="write one self-contained HTML page")
    show.set_defaults(command=_show)

    lineage = commands.add_parser("lineage", help="list the artifacts of runs with the cells that made them")
    lineage.add_argument("runs", nargs="*", metavar="run", help="uuid, prefix of it, name or folder; by default all")
    lineage.add_argument("--csv", action="store_true", help="print CSV with every column")
    lineage.set_defaults(command=_lineage)

    check = commands.add_parser("check", help="check every file of a run, or of all runs; the exit status is 1 if anything is wrong")
    check.add_argument("run", nargs="?", help="uuid, prefix of it, name or folder; by default all under the root")
    check.set_defaults(command=_check)

    report = commands.add_parser("report", help="make one HTML page, with live sliders, of a saved notebook and the runs it shows")
    report.add_argument("notebook", help="the .ipynb file")
    report.add_argument("-o", "--output", metavar="FILE", help="the page; by default beside the notebook")
    report.set_defaults(command=_report)

    curating = [_add_curation(commands, curation) for curation in CURATIONS]
    empty = commands.add_parser("empty-trash", help="remove the runs that were deleted from the disk, for ever")
    empty.add_argument("root", nargs="?", help=_ROOT)
    empty.set_defaults(command=_empty_trash)

    for each in (runs, show, lineage, check, report, *curating):
        each.add_argument("--root", help=_ROOT)
    return parser


_ROOT = "the folder that holds runs/; by default POLYAXON_OFFLINE_ROOT, else the current directory"


def _add_curation(commands: argparse._SubParsersAction[_Parser], curation: Curation) -> argparse.ArgumentParser:
    about = curation.about[0].lower() + curation.about[1:].rstrip(".")
    example = f"jupyter tracking {curation.name} digits {curation.example}".rstrip()
    parser = commands.add_parser(curation.name, help=about, description=curation.about, epilog=f"Example: {example}")
    parser.add_argument("run", help="uuid, prefix of it, name or folder")
    if curation.argument:
        parser.add_argument("words", nargs="+" if curation.many else 1, metavar=curation.argument, help=curation.argument_about)
    parser.set_defaults(command=_curate, curation=curation, words=[])
    return parser


def _print_table(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Print columns of a frame, a line a row, whatever the texts in it hold."""
    text = _escaped(frame[list(columns)]).to_string(index=False, na_rep="") if len(frame) else "none"
    _print(*text.split("\n"))


def _escaped(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which no text ends a line."""
    escaped: pd.DataFrame = frame.apply(lambda column: column.map(_cell))
    return escaped


def _cell(value: object) -> object:
    return escape_controls(value) if isinstance(value, str) else value


def _print_csv(frame: pd.DataFrame) -> None:
    """Print every column as CSV: to a terminal as it is safe to print, elsewhere exactly, in UTF-8."""
    raw = getattr(sys.stdout, "buffer", None)
    if raw is None or sys.stdout.isatty():
        _print(*_escaped(frame).to_csv(index=False).removesuffix("\n").split("\n"))
        return
    text = frame.to_csv(index=False)
    with storage_errors("standard output", kept="what was done is done", failed="cannot be written"):
        sys.stdout.flush()
        raw.write(text.encode("utf-8", "backslashreplace"))
        raw.flush()


def _runs(given: argparse.Namespace) -> int:
    groups = [name.strip() for name in given.group_by.split(",")] if given.group_by is not None else None
    frame = tracking.runs(given.root, where=given.where, summary=given.summary, group_by=groups, archived=given.archived)
    outputs = [name for name in map(str, frame) if name.startswith("outputs.")] if given.summary is not None else []
    own = ["uuid", "name", "project", "status", "created_at", "duration"]
    _print_table(frame, [*own, *outputs] if groups is None else [name for name in map(str, frame) if name != "uuids"])
    return 0


def _show(given: argparse.Namespace) -> int:
    view = tracking.open_run(given.run, given.root)
    if given.output:
        _print(f"{view.save(given.output)}")
        return 0
    _print(f"{view.name} · {view.uuid} · {view.status} · {view.path}")
    _print_table(view.lineage(), ["kind", "name", "steps", "step_min", "step_max", "last_value", "path"])
    return 0


def _lineage(given: argparse.Namespace) -> int:
    frame = tracking.lineage(given.runs or None, given.root)
    if given.csv:
        _print_csv(frame)
        return 0
    _print_table(frame, ["run_name", "kind", "name", "is_input", "steps", "hash", "size", "cell_id", "execution_count"])
    return 0


def _check(given: argparse.Namespace) -> int:
    if given.run is None:
        return _check_all(given)
    view = tracking.open_run(given.run, given.root)
    problems = view.problems(hashes=True)
    if len(problems) == 0:
        _print(f"{view.name} · {view.uuid}: no problems")
        return 0
    _print_problems(problems)
    return _PROBLEMS


def _check_all(given: argparse.Namespace) -> int:
    problems = tracking.problems(root=given.root, hashes=True)
    for (uuid, name), rows in problems.groupby(["run_uuid", "run_name"], dropna=False, sort=False):
        _print(f"{name} · {uuid}" if isinstance(uuid, str) else "under the root")
        _print_problems(rows, "  ")
    _print(f"{problems['run_uuid'].nunique()} runs with problems" if len(problems) else "no problems")
    return _PROBLEMS if len(problems) else 0


def _print_problems(problems: pd.DataFrame, margin: str = "") -> None:
    places = problems["file"] + (":" + problems["line"].astype("string")).fillna("")
    for place, problem in zip(places, problems["problem"], strict=True):
        _print(f"{margin}{place}: {problem}")


def _curate(given: argparse.Namespace) -> int:
    from jupyter_tracking.read.find import find_run, find_to_restore

    found = find_to_restore if given.curation.name == "restore" else find_run
    with warnings.catch_warnings(record=True) as told:  # what an export left out
        warnings.simplefilter("always")
        _print(given.curation.apply(tracking.RunView(found(given.run, given.root)), *given.words))
    for each in told:
        _complain(f"jupyter-tracking: {each.message}")
    return 0


def _empty_trash(given: argparse.Namespace) -> int:
    count = tracking.empty_trash(given.root)
    _print(f"{count} run{'' if count == 1 else 's'} removed")
    return 0


def _report(given: argparse.Namespace) -> int:
    output = given.output or f"{given.notebook.removesuffix('.ipynb')}.html"
    _print(f"{tracking.report(given.notebook, output, given.root)}")
    return 0


if __name__ == "__main__":
    if (
        not sys.flags.safe_path
    ):  # `python -m` has put the current directory first, where a stranger's run may lie with a pandas.py beside it
        del sys.path[0]
    sys.exit(main())

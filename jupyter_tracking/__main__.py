"""The command line: `jupyter tracking runs`, `python -m jupyter_tracking check RUN`. Each subcommand is one call of the reading API."""

from __future__ import annotations

import argparse
import sys
import warnings
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.errors import escape_controls
from jupyter_tracking.magics.curating import CURATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from jupyter_tracking.magics.curating import Curation

_PROBLEMS = 1
_MISTAKE = 2


def main(words: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit status: 0, 1 when `check` found problems, 2 for a mistake.

    Args:
        words: the command line; by default that of the process.
    """
    given = _parser().parse_args(words)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except tracking.TrackingError as error:
        print(f"jupyter-tracking: {escape_controls(getattr(error, 'strerror', None) or error)}", file=sys.stderr)
        return _MISTAKE
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jupyter-tracking", description="Look at recorded runs; nothing is asked of the network.")
    parser.add_argument("--version", action="version", version=tracking.__version__)
    commands = parser.add_subparsers(required=True, metavar="command")

    runs = commands.add_parser("runs", help="list the runs under a root, the newest first")
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


def _add_curation(commands: argparse._SubParsersAction[argparse.ArgumentParser], curation: Curation) -> argparse.ArgumentParser:
    about = curation.about[0].lower() + curation.about[1:].rstrip(".")
    example = f"jupyter tracking {curation.name} digits {curation.example}".rstrip()
    parser = commands.add_parser(curation.name, help=about, description=curation.about, epilog=f"Example: {example}")
    parser.add_argument("run", help="uuid, prefix of it, name or folder")
    if curation.argument:
        parser.add_argument("words", nargs="+" if curation.many else 1, metavar=curation.argument, help=curation.argument_about)
    parser.set_defaults(command=_curate, curation=curation, words=[])
    return parser


def _print(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    text = frame[list(columns)].to_string(index=False, na_rep="") if len(frame) else "none"
    print("\n".join(map(escape_controls, text.split("\n"))))


def _runs(given: argparse.Namespace) -> int:
    _print(tracking.runs(given.root, archived=given.archived), ["uuid", "name", "project", "status", "created_at", "duration"])
    return 0


def _show(given: argparse.Namespace) -> int:
    view = tracking.open_run(given.run, given.root)
    if given.output:
        print(view.save(given.output))
        return 0
    print(escape_controls(f"{view.name} · {view.uuid} · {view.status} · {view.path}"))
    _print(view.lineage(), ["kind", "name", "steps", "step_min", "step_max", "last_value", "path"])
    return 0


def _lineage(given: argparse.Namespace) -> int:
    frame = tracking.lineage(given.runs or None, given.root)
    if given.csv:
        frame.to_csv(sys.stdout, index=False)
        return 0
    _print(frame, ["run_name", "kind", "name", "is_input", "steps", "hash", "size", "cell_id", "execution_count"])
    return 0


def _check(given: argparse.Namespace) -> int:
    if given.run is None:
        return _check_all(given)
    view = tracking.open_run(given.run, given.root)
    problems = view.problems(hashes=True)
    if len(problems) == 0:
        print(escape_controls(f"{view.name} · {view.uuid}: no problems"))
        return 0
    _print_problems(problems)
    return _PROBLEMS


def _check_all(given: argparse.Namespace) -> int:
    problems = tracking.problems(root=given.root, hashes=True)
    for (uuid, name), rows in problems.groupby(["run_uuid", "run_name"], dropna=False, sort=False):
        print(escape_controls(f"{name} · {uuid}" if isinstance(uuid, str) else "under the root"))
        _print_problems(rows, "  ")
    print(f"{problems['run_uuid'].nunique()} runs with problems" if len(problems) else "no problems")
    return _PROBLEMS if len(problems) else 0


def _print_problems(problems: pd.DataFrame, margin: str = "") -> None:
    places = problems["file"] + (":" + problems["line"].astype("string")).fillna("")
    for place, problem in zip(places, problems["problem"], strict=True):
        print(escape_controls(f"{margin}{place}: {problem}"))


def _curate(given: argparse.Namespace) -> int:
    from jupyter_tracking.read.find import find_run, find_to_restore

    found = find_to_restore if given.curation.name == "restore" else find_run
    with warnings.catch_warnings(record=True) as told:  # what an export left out
        warnings.simplefilter("always")
        print(escape_controls(given.curation.apply(tracking.RunView(found(given.run, given.root)), *given.words)))
    for each in told:
        print(f"jupyter-tracking: {escape_controls(each.message)}", file=sys.stderr)
    return 0


def _empty_trash(given: argparse.Namespace) -> int:
    count = tracking.empty_trash(given.root)
    print(f"{count} run{'' if count == 1 else 's'} removed")
    return 0


def _report(given: argparse.Namespace) -> int:
    output = given.output or f"{given.notebook.removesuffix('.ipynb')}.html"
    print(tracking.report(given.notebook, output, given.root))
    return 0


if __name__ == "__main__":
    sys.exit(main())

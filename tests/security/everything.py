"""A program that does everything once, and writes what came of each thing: `ok`, an error of ours, or another.

python tests/security/everything.py REPORT ROOT [full]
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

answers: dict[str, str] = {}


def do(name: str, call: Callable[[], Any]) -> Any:
    """Do something, and note what came of it."""
    from jupyter_tracking import TrackingError

    try:
        answer = call()
    except TrackingError as error:
        answers[name] = f"{type(error).__name__}: {error}"
    except BaseException as error:  # noqa: BLE001 - what is looked for
        frames = []
        at = error.__traceback__
        while at is not None:
            frames.append(f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}")
            at = at.tb_next
        answers[name] = f"foreign {type(error).__name__}: {error} {frames[-4:]}"
    else:
        answers[name] = "ok"
        return answer


def command(*words: str) -> None:
    """Run a subcommand, which must not fail."""
    from jupyter_tracking.__main__ import main

    code = main(words)
    if code not in {0, 1}:
        raise RuntimeError(f"exit status {code}")


def help_of(*words: str) -> None:
    """Ask for help, which ends the program."""
    from jupyter_tracking.__main__ import main

    with contextlib.suppress(SystemExit):
        main(words)


def main(root: Path, *, full: bool) -> None:
    """Record a run under a root, read it, and use the command line."""
    import jupyter_tracking as tracking

    run = do("init", lambda: tracking.init(root=root, name="損失 · é", tags=["a → b"]))
    if run is None:
        return
    page = root / "page.html"
    do("log_metric", lambda: tracking.log_metric("loss · 損失", 0.5, step=1))
    do("log_text", lambda: tracking.log_text("words", "損失\u2028", step=1))
    do("log_markdown", lambda: tracking.log_markdown("note", "# a", step=1))
    do("log_inputs", lambda: tracking.log_inputs(lr=0.1))
    do("a mistake", lambda: tracking.log_metric("", 1.0))
    do("another run", lambda: tracking.init(root=root, name="second"))
    do("end", tracking.end)
    view = do("open_run", lambda: tracking.open_run(run.path))
    do("open by name", lambda: tracking.open_run("second", root))
    do("repr", lambda: repr(view))
    do("metrics", view.metrics)
    do("events", lambda: view.events("words"))
    do("problems", lambda: view.problems(hashes=True))
    do("runs", lambda: tracking.runs(root))
    do("lineage", lambda: tracking.lineage(root=root))
    for words in (["runs"], ["lineage", "--csv"], ["lineage"], ["check"]):
        do(f"command {' '.join(words)}", lambda words=words: command(*words, "--root", str(root)))
    do("command show", lambda: command("show", str(run.path)))
    do("command check", lambda: command("check", str(run.path)))
    do("command tag", lambda: command("tag", str(run.path), "x · y"))
    do("command --help", lambda: help_of("--help"))
    do("a mistake in a command", lambda: help_of("show", "a", "b", "損"))
    do("a run that is not there", lambda: help_of("show", "損失", "--root", str(root)))
    do("resume", lambda: tracking.init(run_uuid=run.uuid, root=root))
    do("log again", lambda: tracking.log_metric("loss · 損失", 0.25, step=2))
    do("end again", tracking.end)
    do("export", lambda: view.export(root / "run.zip"))
    do("open the .zip", lambda: tracking.open_run(root / "run.zip").metrics())
    if not full:
        return
    do("load_ext", load_ext)
    do("show", lambda: view.show("loss · 損失")._ipython_display_())
    do("save", lambda: view.save(page))
    do("save of a view", lambda: view.show("loss · 損失").save(page))
    do("browse", lambda: tracking.browse(root=root)._ipython_display_())
    notebook = root / "a.ipynb"
    notebook.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    do("report", lambda: tracking.report(notebook, page, root))
    do("runs_in", lambda: tracking.runs_in(notebook, root))
    do("command report", lambda: command("report", str(notebook), "-o", str(page), "--root", str(root)))
    do("command show -o", lambda: command("show", str(run.path), "-o", str(page)))
    do("log_dataframe", lambda: _frame(tracking, root))


def load_ext() -> None:
    """Load the extension into a shell, and run a magic."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=config)
    atexit.unregister(shell.atexit_operations)  # IPython's own, which asks for the current directory
    shell.run_line_magic("load_ext", "jupyter_tracking")
    result = shell.run_cell("%track_status")
    if result.error_in_exec is not None:
        raise result.error_in_exec


def _frame(tracking: Any, root: Path) -> None:
    import numpy as np
    import pandas as pd

    with tracking.init(root=root, name="values") as run:
        run.log_dataframe(pd.DataFrame({"a": [1]}), "frame", step=0)
        run.log_image(np.zeros((4, 4, 3), np.uint8), "picture", step=0)
        run.log_histogram("values", [1.0, 2.0], 2, step=0)
    tracking.open_run(run).browse().save(root / "values.html")


if __name__ == "__main__":
    report, place = Path(sys.argv[1]), Path(sys.argv[2])
    for before in sys.argv[4:]:  # what is done to the process first
        exec(before)
    try:
        main(place, full=sys.argv[3] == "full")
    finally:
        report.write_text(json.dumps(answers))

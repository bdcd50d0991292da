"""Notebooks that somebody hostile made, beside runs, opened with every function that takes a notebook under a watch.

    .venv/bin/python -m tests.fuzz.hostile_notebooks 5000 [FIRST] [--strace]
    .venv/bin/python -m tests.fuzz.hostile_notebooks 1 NUMBER

prints what was found, as `tests.fuzz.hostile_runs` does.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jupyter_tracking as tracking
from tests.fuzz import batches, damaged_runs
from tests.fuzz.damaged_runs import DAMAGED, GOOD, RAW
from tests.fuzz.hostile_files import file_of, json_value, text, way_out
from tests.fuzz.hostile_runs import begin as begin_runs
from tests.fuzz.hostile_runs import command, plain, saved
from tests.fuzz.watch import CANARY
from tests.reliability.test_attack import TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.batches import Bench

__all__ = ["begin", "notebook"]

_KNOWN = [
    ("metric", "loss"),
    ("metric", "train/acc"),
    ("curve", "curve"),
    ("dataframe", "frame"),
    ("image", "image"),
    ("text", "note"),
    ("html", "page"),
]
_MIMES = [
    *("text/plain", "text/html", "image/png", "image/jpeg", "image/svg+xml", "application/javascript", "text/latex", "application/json"),
    *("application/vnd.jupyter.widget-view+json", "application/pdf", "application/postscript", "../x", ""),
]


class NotebookMaker:
    """Makes a notebook whose runs are beside it, or where they should not be."""

    def __init__(self, rng: random.Random, place: Path, private: Path) -> None:
        self.rng, self.place, self.private = rng, place, private

    def value(self) -> Any:
        return json_value(self.rng, self.place, self.private)

    def shown(self) -> dict[str, Any]:
        """Return what a display says of the run it shows."""
        rng = self.rng
        kind, name = rng.choice(_KNOWN)
        away = self.private / "runs" / DAMAGED
        ways = [
            *(
                f"runs/{GOOD}",
                f"runs/{DAMAGED}",
                os.path.relpath(away, self.place),
                str(away),
                f"./runs/../../{away.name}",
                f"runs/{GOOD}/..",
                "",
                ".",
            ),
            *(way_out(rng, self.place, self.private), text(rng), f"link/{DAMAGED}", f"file://{away}", f"~/{away}", "runs/" * 500),
        ]
        about = {
            "run_uuid": rng.choice([GOOD, DAMAGED, DAMAGED, text(rng)]),
            "run_path": rng.choice(ways),
            "kind": kind,
            "name": name,
            "steps": [0, 1, 7],
        }
        about["events"] = {"path": rng.choice(ways), "size": 10, "hash": "0" * 12}
        if rng.random() < 0.3:
            listed = [{"run_uuid": rng.choice([GOOD, DAMAGED]), "run_path": rng.choice(ways)} for _ in range(3)]
            about |= {
                "runs": listed,
                "artifacts": [{"kind": k, "name": n, "run_uuid": rng.choice([GOOD, DAMAGED])} for k, n in rng.sample(_KNOWN, 3)],
            }
        if rng.random() < 0.3:
            del about["name"]
        if rng.random() < 0.4:
            about[rng.choice([*about, "runs", "artifacts", text(rng)])] = self.value()
        return about

    def output(self) -> dict[str, Any]:
        """Return an output: a twin of a view, text, an error, a picture."""
        rng = self.rng
        how = rng.randrange(6)
        if how < 3:
            data = {"text/html": f'<div class="jt-static"><script class="jt-data">{text(rng)}</script></div>', "text/plain": text(rng)}
            data["application/vnd.jupyter.widget-view+json"] = {"model_id": text(rng), "version_major": 2}
            return {"output_type": "display_data", "data": data, "metadata": {"jupyter_tracking": self.shown()}}
        if how == 3:
            return {
                "output_type": "stream",
                "name": rng.choice(["stdout", "stderr", text(rng)]),
                "text": rng.choice([text(rng), [text(rng)], self.value()]),
            }
        if how == 4:
            return {"output_type": "error", "ename": text(rng), "evalue": text(rng), "traceback": rng.choice([[text(rng)], self.value()])}
        content = rng.choice([text(rng), base64.b64encode(file_of(rng)[1][:100_000]).decode(), self.value()])
        return {"output_type": "execute_result", "execution_count": 1, "data": {rng.choice(_MIMES): content}, "metadata": self.value()}

    def cell(self) -> Any:
        """Return a cell of any sort."""
        rng = self.rng
        cell = {
            "cell_type": rng.choice(["code"] * 6 + ["markdown", "raw", text(rng)]),
            "source": rng.choice([text(rng), [text(rng)], "TOKEN = 'ghp_0123456789'"]),
        }
        cell |= {"metadata": {"jupyter_tracking": {"session": "s", "cell": 1}, "started": TIME}, "id": text(rng)[:64]}
        if cell["cell_type"] == "markdown" and rng.random() < 0.5:
            cell["source"] = file_of(rng)[1][:50_000].decode("utf-8", "replace").replace(CANARY, "the notebook's own text")
        if cell["cell_type"] == "code":
            cell |= {"execution_count": rng.choice([1, None, self.value()]), "outputs": [self.output() for _ in range(rng.randrange(4))]}
        else:
            cell["attachments"] = {text(rng): {"image/png": "AAAA", "text/html": self.value()}}
        if rng.random() < 0.2:
            cell[rng.choice(list(cell))] = self.value()
        return cell if rng.random() < 0.95 else self.value()

    def notebook(self) -> bytes:
        """Return the bytes of a notebook."""
        rng = self.rng
        document: Any = {"cells": [self.cell() for _ in range(rng.randint(1, 5))], "metadata": {"kernelspec": {"name": text(rng)}}}
        document |= {
            "nbformat": rng.choice([4] * 8 + [3, 2, 5, 99, self.value()]),
            "nbformat_minor": rng.choice([5] * 8 + [0, -1, 10**9, self.value()]),
        }
        if rng.random() < 0.2:
            document["metadata"] = {
                "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {text(rng): self.value()}}},
                text(rng): self.value(),
            }
        if rng.random() < 0.1:
            document = {"worksheets": [{"cells": document["cells"]}], "nbformat": 3, "nbformat_minor": 0, "metadata": {}}
        data = json.dumps(document).encode("utf-8", "surrogatepass")
        how = rng.random()
        if how < 0.15:
            return damaged_runs._damage_json(data, rng)
        if how < 0.2:
            return rng.choice(
                [file_of(rng)[1], rng.choice(RAW).encode("utf-8", "surrogatepass"), b'{"cells":[' + b"{}," * 200_000 + b"{}]}"]
            )
        return data


def notebook(rng: random.Random, place: Path, private: Path) -> bytes:
    """Return a hostile notebook of a folder."""
    return NotebookMaker(rng, place, private).notebook()


def example(bench: Bench, folder: Path, number: int) -> None:
    """Make a hostile notebook beside a run, and ask everything of it."""
    rng = random.Random(number)
    root, out = folder / "root", folder / "out"
    out.mkdir()
    good = root / "runs" / GOOD
    shutil.copytree(bench.base, good, symlinks=True)
    document = json.loads((good / "run.plx.json").read_text())
    (good / "run.plx.json").write_text(json.dumps({**document, "uuid": GOOD, "name": "good"}))
    if rng.random() < 0.3:
        (root / "link").symlink_to(bench.private / "runs")
    if rng.random() < 0.3:
        (root / "runs" / DAMAGED).symlink_to(bench.private / "runs" / DAMAGED)
    path = root / rng.choice(["a.ipynb"] * 5 + ["\x1b[2J.ipynb", "損失.ipynb", "a\nb.ipynb", "no ending", "<b>.ipynb"])
    path.write_bytes(notebook(rng, root, bench.private))
    how = rng.random()
    if how < 0.05:
        path.unlink()
        rng.choice(damaged_runs.ODD)(path, bench.private)
    bench.begun()
    page = out / "page.html"
    # The caller names the notebook: when it is a link, what it leads to is what he asks for.
    reads, saves = [root, Path(os.path.realpath(path))], [out]
    bench.ask("runs_in", lambda: tracking.runs_in(path, root), reads, saves)
    bench.ask("report", lambda: saved(tracking.report(path, page, root)), reads, saves)
    bench.ask("runs_in without a root", lambda: tracking.runs_in(path), [*reads, bench.here], saves)
    bench.ask("report (command)", lambda: command(["report", str(path), "-o", str(page), "--root", str(root)]), reads, saves)
    if path.is_file() and rng.random() < 0.5:
        (good / "code" / "session.ipynb").write_bytes(path.read_bytes() if path.stat().st_size < 1 << 28 else b"")
        view = tracking.open_run(good)
        bench.ask("notebook", view.notebook, reads, saves)
        bench.ask("cells", view.cells, reads, saves)
        bench.ask("logs", view.logs, reads, saves)
        bench.ask("diff_notebooks", lambda: plain(tracking.diff_notebooks(good, good, root)), reads, saves)
        bench.ask("problems", lambda: view.problems(hashes=True), reads, saves)
        bench.ask("check (command)", lambda: command(["check", str(good)]), reads, saves)


def begin(top: Path) -> tuple[Bench, Callable[[Bench, Path, int], None]]:
    """Make ready what the examples of a batch share."""
    return begin_runs(top)[0], example


if __name__ == "__main__":
    sys.exit(batches.main(sys.argv[1:], "tests.fuzz.hostile_notebooks", begin))

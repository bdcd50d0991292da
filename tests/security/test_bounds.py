"""Small files that take long: notebooks of many cells, sessions that differ everywhere, holes; and texts that no table holds."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.views.export import report as report_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TIME = "2024-01-02 03:04:05.678900+00:00"


def run_of_session(root: Path, uuid: str, sources: list[str]) -> Path:
    """Write a run with a session of these cells."""
    path = root / "runs" / (uuid * 32)
    (path / "code").mkdir(parents=True)
    (path / "run.plx.json").write_text(
        json.dumps({"uuid": path.name, "name": uuid, "status": "succeeded", "meta_info": {"jupyter_tracking": {"format": 1}}})
    )
    cells = [
        {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, "id": "a"} for source in sources
    ]
    (path / "code" / "session.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_a_notebook_of_too_many_objects_is_refused_in_words(root: Path) -> None:
    """Cells, outputs, and objects in them: how many there are and how many are read is said, by each function that reads a notebook."""
    path = root / "a.ipynb"
    many = {
        "cells": b'{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[' + b"{}," * 600_000 + b"{}]}",
        "outputs": b'{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[{"outputs":[' + b"{}," * 600_000 + b"{}]}]}",
        "of an old format": b'{"nbformat":3,"nbformat_minor":0,"metadata":{},"worksheets":[{"cells":[' + b"{}," * 100_000 + b"{}]}]}",
        "of no format": b'{"cells":[' + b"{}," * 100_000 + b"{}]}",
    }
    for data in many.values():
        path.write_bytes(data)
        for ask in (tracking.runs_in, lambda notebook: tracking.report(notebook, root / "page.html")):
            with pytest.raises(InvalidArgument, match=r"objects|no cells"):
                ask(path)


def test_a_notebook_of_many_cells_is_read(root: Path) -> None:
    """Far more than anybody writes by hand."""
    cell = b'{"cell_type":"code","source":"","metadata":{},"outputs":[],"execution_count":null,"id":"a"},'
    (root / "a.ipynb").write_bytes(b'{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[' + (cell * 30_000)[:-1] + b"]}")
    assert tracking.runs_in(root / "a.ipynb").empty


def test_a_notebook_of_an_old_format_is_read_as_all_others(root: Path) -> None:
    """Of format 3, with outputs and cells that are none: nothing raises, and what is whole is read."""
    whole = {"cell_type": "code", "input": "print(1)", "language": "python", "outputs": [], "metadata": {}, "prompt_number": 1}
    odd: list[Any] = [
        {**whole, "outputs": value}
        for value in (["x"], [5], [None], [{"output_type": 5}], "x", [{"output_type": "pyout", "metadata": "x"}])
    ]
    for cells in ([whole], *([whole, each] for each in odd)):
        (root / "a.ipynb").write_text(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3, "nbformat_minor": 0, "metadata": {}}))
        try:
            assert tracking.runs_in(root / "a.ipynb").empty
            page = tracking.report(root / "a.ipynb", root / "page.html").read_text()
        except InvalidArgument:
            assert len(cells) > 1
        else:
            assert "print(1)" in page


DIFFERENT: dict[str, tuple[list[str], list[str]]] = {
    "many equal cells": (["x = 1"] * 20_000, ["x = 1"] * 20_001),
    "many cells in turn": (["a", "b"] * 4_000, ["b", "c", "a"] * 3_000),
    "one long cell": (["ab" * 50_000], ["ba" * 50_000 + "c"]),
    "a cell of many lines": (["a\nb\n" * 20_000], ["b\na\na\n" * 15_000]),
    "many cells of many lines": (
        ["\n".join(f"{n}{k}" for n in range(100)) for k in range(60)],
        ["\n".join(f"{k}{n}" for n in range(100)) for k in range(60)],
    ),
}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("sources", DIFFERENT.values(), ids=DIFFERENT)
def test_sessions_that_differ_everywhere_are_compared_within_bounds(root: Path, sources: tuple[list[str], list[str]]) -> None:
    """However they are made: and each line that is told as removed was there before, each that is told as added is there after."""
    run_of_session(root, "a", sources[0])
    run_of_session(root, "b", sources[1])
    lines = str(tracking.diff_notebooks("a", "b", root)).split("\n")[2:]
    before, after = ({line for source in side for line in source.splitlines()} for side in sources)
    assert {line[2:] for line in lines if line.startswith("- ")} <= before
    assert {line[2:] for line in lines if line.startswith("+ ")} <= after
    assert any(line.startswith(("- ", "+ ")) for line in lines)


def test_a_report_draws_up_to_so_many_views(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are said in words; and Markdown beyond its bound stands as it was written."""
    monkeypatch.setattr(report_module, "_MOST_VIEWS", 2)
    monkeypatch.setattr(report_module, "_MOST_MARKDOWN", 10)
    with tracking.init(name="shown") as run:
        run.log_metric("loss", 0.5, step=0)
    about = {"run_uuid": run.uuid, "kind": "metric", "name": "loss", "steps": [0]}
    cells = []
    for _ in range(5):
        output = nbformat.v4.new_output("display_data", {"text/plain": "x"}, metadata={"jupyter_tracking": about})
        cells += [nbformat.v4.new_code_cell("show", outputs=[output]), nbformat.v4.new_markdown_cell("**bold**")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), root / "a.ipynb")
    page = tracking.report(root / "a.ipynb", root / "page.html", root).read_text()
    assert page.count("a page holds up to 2 views") == 3
    assert page.count("<strong>bold</strong>") == 1
    assert page.count("**bold**") == 4


def test_a_hole_is_left_out_of_an_export(root: Path) -> None:
    """A file of terabytes of which nothing was written, which would fill the disk of whoever exports the run."""
    with tracking.init() as run:
        run.log_metric("loss", 0.5)
    (run.path / "outputs").mkdir()
    with (run.path / "outputs" / "hole").open("wb") as hole:
        os.truncate(hole.fileno(), 4 << 40)
    with pytest.warns(UserWarning, match="outputs/hole has 4,398,046,511,104 bytes, of which next to none were ever written"):
        archive = tracking.open_run(run).export(root / "run.zip")
    assert archive.stat().st_size < 1 << 20
    assert tracking.open_run(archive).load("loss") == 0.5


HALF = '"\\ud800 and more"'
ROWS: dict[str, str] = {
    "text": f'{{"timestamp":"{TIME}","step":0,"text":{HALF}}}\n',
    "curve": f'step|timestamp|curve\n0|{TIME}|{{"kind":"custom","x":[1],"y":[1],"annotation":{HALF}}}\n',
    "dataframe": f'step|timestamp|dataframe\n0|{TIME}|{{"path":{HALF},"content_type":{HALF}}}\n',
    "metric": f"step|timestamp|metric\n0|{TIME}|{HALF}\n",
    "span": f'{{"timestamp":"{TIME}","step":0,"span":{{"name":{HALF}}}}}\n',
}


@pytest.mark.parametrize("kind", ROWS)
def test_halves_of_characters_stop_no_table(root: Path, kind: str) -> None:
    """In rows, in documents and in names of files: every frame is made, and has the dtypes it always has."""
    path = run_of_session(root, "a", ["x"])
    (path / "events" / kind).mkdir(parents=True)
    (path / "events" / kind / "x.plx").write_text(ROWS[kind])
    (path / "events" / kind / "y\udcff.plx").write_text(ROWS[kind] + "bad\n")
    view = tracking.open_run(path)
    frames: list[Callable[[], Any]] = [
        lambda: view.events("x", kind),
        view.problems,
        view.lineage,
        lambda: tracking.problems(root=root),
        view.logs,
        view.cells,
    ]
    for make in frames:
        try:
            frame = make()
        except tracking.TrackingError:
            continue
        assert (frame.dtypes.astype(str) != "object").sum() or frame.empty
    assert list(view.problems().dtypes.astype(str)) == ["string", "Int64", "string", "string"]


def test_a_size_that_is_no_number_stops_no_check(root: Path) -> None:
    """What a lineage says of a file may be anything."""
    with tracking.init() as run:
        source = root / "a.txt"
        source.write_text("a")
        run.log_artifact(source, "a")
    path = run.path / "lineages.plx.json"
    for size in ("1", "x", [], {}, None, 1.5, True):
        records = json.loads(path.read_text())
        records[0]["summary"] |= {"size": size}
        path.write_text(json.dumps(records))
        assert tracking.open_run(run.path).problems(hashes=True) is not None
    shutil.rmtree(run.path)

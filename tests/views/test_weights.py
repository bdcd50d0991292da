"""What a display adds to the notebook's file, in bytes of the file: all of its outputs, with everything in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

import jupyter_tracking as tracking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.run_view import RunView

SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)
KINDS = ("loss", "curve", "table", "other")


def executed(sources: Sequence[str]) -> nbformat.NotebookNode:
    """Return a notebook of these cells, run by a kernel of its own."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=120, store_widget_state=False, record_timing=False).execute()
    return notebook


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> dict[str, nbformat.NotebookNode]:
    """A cell for each kind of display, run by a kernel: numbers of all digits, which compress no better than by chance."""
    random = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("weights")
    with tracking.init(root=root, name="weights", track_code=False, track_env=False, track_logs=False, quiet=True) as run:
        for step, noise in enumerate(random.random(1000)):
            run.log_metrics({"loss": np.exp(-step / 300) + noise / 10, "other": noise}, step)
        run.log_curve("curve", np.linspace(0, 1, 1000), random.random(1000))
        run.log_dataframe(pd.DataFrame(random.random((1000, 8)), columns=list("abcdefgh")), "table")
    begin = f"import jupyter_tracking as tracking\nview = tracking.open_run({str(tracking.open_run(run).path)!r})"
    sources = [begin, *(f"view.show({name!r})" for name in KINDS)]
    return dict(zip(KINDS, executed(sources).cells[1:], strict=True))


def added(cell: nbformat.NotebookNode) -> int:
    """The bytes that the outputs of a cell add to a notebook's file."""
    shown, empty = (nbformat.from_dict({**cell, "outputs": outputs}) for outputs in (cell.outputs, []))
    size, without = (len(nbformat.writes(nbformat.v4.new_notebook(cells=[each])).encode()) for each in (shown, empty))
    return size - without


@pytest.mark.parametrize(("name", "alone", "beside"), [("loss", 60_000, 25_000), ("curve", 60_000, 25_000), ("table", 80_000, 45_000)])
def test_a_display_adds_little_to_the_notebooks_file(cells: dict[str, nbformat.NotebookNode], name: str, alone: int, beside: int) -> None:
    """A metric or a curve of 1,000 points at most 60 kB, a table 80 kB; of these at most 25 and 45 kB are not its script.

    Every display has its script with it, so that none is without it wherever its cell is copied or what else is deleted; a page that shows
    several runs one script once.
    """
    assert added(cells[name]) <= alone
    (output,) = (each for each in cells[name].outputs if "text/html" in each.data)
    without = SCRIPT.sub("", output.data["text/html"])
    output = nbformat.from_dict({**output, "data": {**output.data, "text/html": without}})
    outputs = [each for each in cells[name].outputs if "text/html" not in each.data]
    assert added(nbformat.from_dict({**cells[name], "outputs": [*outputs, output]})) <= beside


def test_displays_of_one_kind_bring_the_same_script(cells: dict[str, nbformat.NotebookNode]) -> None:
    """Byte by byte, but for which element it starts."""
    token = re.compile(r'data-jt-page="([0-9a-f]{64})"')
    scripts = []
    for name in ("loss", "other"):
        (page,) = (each.data["text/html"] for each in cells[name].outputs if "text/html" in each.data)
        (script,), (of_the_element,) = SCRIPT.findall(page), token.findall(page)
        assert of_the_element in script
        scripts.append(script.replace(of_the_element, ""))
    assert scripts[0] == scripts[1]


def test_a_notebook_run_by_another_kernel_is_the_same_file(view: RunView) -> None:
    """Byte by byte: a tool that compares notebooks, such as nbdime, has nothing to show. Two views of the same are two all the same."""
    begin = f"import jupyter_tracking as tracking\nview = tracking.open_run({str(view.path)!r})"
    shown = ["view.show('loss')", "view.show('loss')", "view.show('gain', 'predictions')", "view.browse()", "view"]
    first, second = (nbformat.writes(executed([begin, *shown])) for _ in range(2))
    assert first == second
    ids = re.findall(r'"model_id": "([0-9a-f]+)"', first)
    assert len(set(ids)) == len(ids) == len(shown)


def test_a_view_that_is_made_again_has_its_id_as_soon_as_that_is_free(view: RunView) -> None:
    """Ids are unique among the views that are open: a closed one leaves its own to the next of the same."""
    first, second, other = view.show("loss"), view.show("loss"), view.show("gain")
    assert len({first.model_id, second.model_id, other.model_id}) == 3
    kept = first.model_id
    first.close()
    third = view.show("loss")
    assert third.model_id == kept
    for each in (second, other, third):
        each.close()

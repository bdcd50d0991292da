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

KINDS = ("loss", "curve", "table", "other")


def executed(sources: Sequence[str], *, states: bool = False) -> nbformat.NotebookNode:
    """Return a notebook of these cells, run by a kernel of its own; with the states of its widgets, as nbclient needs where one is an output."""
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=120, store_widget_state=states, record_timing=False).execute()
    return notebook


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A cell that opens a run of numbers of all digits, which compress no better than by chance."""
    random = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("weights")
    with tracking.init(root=root, name="weights", track_code=False, track_env=False, track_logs=False, quiet=True) as run:
        for step, noise in enumerate(random.random(1000)):
            run.log_metrics({"loss": np.exp(-step / 300) + noise / 10, "other": noise}, step)
        run.log_curve("curve", np.linspace(0, 1, 1000), random.random(1000))
        run.log_dataframe(pd.DataFrame(random.random((1000, 8)), columns=list("abcdefgh")), "table")
    return f"import jupyter_tracking as tracking\nview = tracking.open_run({str(tracking.open_run(run).path)!r})"


@pytest.fixture(scope="module")
def together(begin: str) -> dict[str, nbformat.NotebookNode]:
    """A cell for each kind of display, all in one notebook, which is run by a kernel."""
    return dict(zip(KINDS, executed([begin, *(f"view.show({name!r})" for name in KINDS)]).cells[1:], strict=True))


def added(cell: nbformat.NotebookNode) -> int:
    """The bytes that the outputs of a cell add to a notebook's file."""
    shown, empty = (nbformat.from_dict({**cell, "outputs": outputs}) for outputs in (cell.outputs, []))
    size, without = (len(nbformat.writes(nbformat.v4.new_notebook(cells=[each])).encode()) for each in (shown, empty))
    return size - without


@pytest.mark.parametrize(("name", "most"), [("loss", 60_000), ("curve", 60_000), ("table", 80_000)])
def test_the_only_display_adds_little_to_the_notebooks_file(begin: str, name: str, most: int) -> None:
    """A metric or a curve of 1,000 points at most 60 kB, a table 80 kB, with all the scripts that draw it."""
    _, cell = executed([begin, f"view.show({name!r})"]).cells
    assert added(cell) <= most


@pytest.mark.parametrize(("name", "most"), [("other", 25_000), ("curve", 25_000), ("table", 45_000)])
def test_a_display_beside_others_adds_less(together: dict[str, nbformat.NotebookNode], name: str, most: int) -> None:
    """At most 25 kB and 45 kB: scripts are in a notebook once, those of a kind with the first of that kind."""
    assert added(together[name]) <= most


def test_a_notebook_has_each_script_once(begin: str, together: dict[str, nbformat.NotebookNode]) -> None:
    """The views after the first name what it has brought; a notebook that is run again by the same kernel has all of them again."""
    given = re.compile(r'\("[0-9a-f]{64}","([^"]+)","[^"]*"\)</script>')
    named = [given.findall(output.data.get("text/html", "")) for cell in together.values() for output in cell.outputs]
    brought = [name for (names,) in filter(None, named) for name in names.split() if name.startswith("+")]
    assert len(brought) == len(set(brought)) > len(KINDS)
    shown = "view.show('loss')"
    notebook = executed([begin, shown, "view.show('other')", begin, shown, "view.show('other')"])
    first, beside, again, beside_again = (added(notebook.cells[n]) for n in (1, 2, 4, 5))
    assert again == first > beside + 30_000
    assert beside_again == beside


@pytest.mark.parametrize(
    "gone",
    [
        "display(view.show('loss'))\nclear_output()",
        "display(view.show('loss'))\nclear_output(wait=True)\ndisplay('nothing')",
        "%%capture\ndisplay(view.show('loss'))",
        "with ipywidgets.Output():\n    display(view.show('loss'))",
        "display(view.show('loss'), display_id='one')\nupdate_display('nothing', display_id='one')",
    ],
    ids=["cleared", "cleared with the next", "captured", "in an output widget", "replaced"],
)
def test_scripts_that_are_not_in_the_notebook_are_not_relied_on(begin: str, gone: str) -> None:
    """What a cell clears, captures, replaces or puts in a widget is in no output of the notebook: the next view has all that draws it."""
    begin = f"import ipywidgets\nfrom IPython.display import clear_output, display, update_display\n{begin}"
    *_, after, beside = executed([begin, gone, "view.show('loss')", "view.show('other')"], states="Output()" in gone).cells
    assert added(after) > added(beside) + 30_000


def test_a_view_after_a_cleared_one_has_the_scripts(begin: str) -> None:
    """Of one cell that shows a view, clears its outputs and shows another, that other has them, and the cells after it rely on it."""
    begin = f"from IPython.display import clear_output, display\n{begin}"
    twice = "display(view.show('loss'))\nclear_output()\ndisplay(view.show('other'))"
    _, cleared, beside = executed([begin, twice, "view.show('loss')"]).cells
    assert added(cleared) > added(beside) + 30_000
    whole = re.findall(r'\("[0-9a-f]{64}","([^"]+)"', nbformat.writes(nbformat.v4.new_notebook(cells=[cleared])).replace('\\"', '"'))
    assert len(whole) == 1
    assert all(name.startswith("+") for name in whole[0].split())


def test_where_somebody_works_each_display_has_all_its_scripts(begin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its server says so to the kernel: there a cell may be deleted, and the others are not to be without what it had."""
    monkeypatch.setenv("JPY_SESSION_NAME", "notebook.ipynb")
    _, *shown = executed([begin, "view.show('loss')", "view.show('other')"]).cells
    assert all(55_000 < added(cell) < 62_000 for cell in shown)


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

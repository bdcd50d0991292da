"""What the README says is true: its links lead somewhere, its promises have their tests, its snippets run as typed."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from PIL import Image, ImageSequence

import jupyter_tracking as tracking
from tests.conftest import CHECKOUT, made_once
from tests.snippets import Snippet, snippets, type_in_order

if TYPE_CHECKING:
    from pathlib import Path

README = (CHECKOUT / "README.md").read_text()
_CALL = re.compile(r"(?:tracking\.|view\.|%)\w+\b.*")


def cells() -> list[Snippet]:
    """The fenced blocks of Python, in order; those of the shell install the package, which the tests of the demo and of packaging do."""
    return [snippet for snippet in snippets(README) if snippet.language == "python"]


def calls() -> list[str]:
    """The calls that the table of "Look back" begins its rows with, but for those that leave something out."""
    table = README.partition("## Look back")[2].partition("\n## ")[0]
    first = [cell for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for cell in re.findall(r"`([^`]+)`", row)]
    return [call for call in first if _CALL.fullmatch(call) and "…" not in call]


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The cells of a notebook with every snippet and then every call of the README, typed in order into one fresh kernel."""

    def execute(folder: Path) -> None:
        after = ['view = tracking.open_run("first")', *calls(), "view", "run"]
        typed = type_in_order([*cells(), *(Snippet("python", source) for source in after)], folder)
        nbformat.write(nbformat.v4.new_notebook(cells=typed), folder / "readme.ipynb")

    folder = made_once(tmp_path_factory, "readme", execute)
    found: list[Any] = nbformat.read(folder / "readme.ipynb", as_version=4).cells
    return found


def test_every_link_leads_to_a_file() -> None:
    """Of those that lead into the checkout."""
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


def test_the_moving_picture_moves() -> None:
    """It has a frame for each step of the first snippet, none like the one before."""
    with Image.open(CHECKOUT / "docs/_static/roc.gif") as picture:
        frames = [frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(picture)]
    assert len(frames) == 10
    assert all(before != after for before, after in pairwise(frames))


def test_every_promise_has_its_test() -> None:
    """The test that a promise names is in the file it links to."""
    promises = re.findall(r"\| \[`(test_\w+)`\]\((tests/[\w/]+\.py)\)", README)
    assert len(promises) > 10
    assert [name for name, path in promises if f"def {name}(" not in (CHECKOUT / path).read_text()] == []


def test_a_newcomer_types_the_readme_from_top_to_bottom(typed: list[Any]) -> None:
    """No cell fails or says anything on standard error, and each that ends in an expression or a view shows something."""
    assert len(cells()) > 5
    assert len(calls()) > 10
    said = [output.text for cell in typed for output in cell.outputs if output.output_type == "stream" and output.name == "stderr"]
    assert said == []
    silent = [cell.source for cell in typed if not cell.outputs]
    assert silent == ['view = tracking.open_run("first")']


def test_the_snippets_of_the_readme_show_what_they_say(typed: list[Any]) -> None:
    """The slider over the ROC curve and over the loss, and the value as it was."""
    lines = {cell.source.split("\n")[-2 if cell.source.endswith("\n") else -1]: cell.outputs for cell in typed}
    plain = {line.partition("#")[0].strip(): [output.get("data", {}).get("text/plain", "") for output in lines[line]] for line in lines}
    assert "curve 'roc': 10 steps (0 to 9), run first" in plain["%artifact roc"][0]
    assert "metric 'loss': 100 steps (0 to 99), run second" in plain['view.show("loss")'][-1]
    assert plain['view.load("loss", step=30)'] == [str(1 / 31)]


def test_a_bare_view_is_the_browser_and_a_bare_run_its_card(typed: list[Any]) -> None:
    """Where they are the last line of a cell; both have a line of text too."""
    view, run = (cell.outputs for cell in typed[-2:])
    assert [min(output.data) for output in view] == ["application/vnd.jupyter.widget-view+json", "text/html"]
    assert "first" in view[0].data["text/plain"]
    assert "<strong>second</strong>" in run[0].data["text/html"]
    assert "succeeded" in run[0].data["text/html"]
    assert run[0].data["text/plain"].startswith("<Run 'second'")


def test_the_readme_teaches_roc_as_roc(typed: list[Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    """The run it makes has a ROC curve, whose chart names both rates and has a diagonal, and no curve of an x and a y."""
    assert typed
    view = tracking.open_run("first", made_once(tmp_path_factory, "readme", lambda _: None))
    assert view.load("roc").kind == "roc"

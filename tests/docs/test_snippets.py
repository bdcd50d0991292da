"""Every snippet of the documentation runs as typed: page by page, in order, in a fresh kernel and a terminal beside it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import CHECKOUT
from tests.snippets import snippets, type_in_order

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.docs

DOCS = CHECKOUT / "docs"
# Notebooks are executed when the documentation is built; what stands under `_build` was made by that.
PAGES = {
    page.relative_to(DOCS).as_posix(): text
    for page in sorted(DOCS.rglob("*.md"))
    if "_build" not in page.parts and not (text := page.read_text(encoding="utf-8")).startswith("---\nfile_format: mystnb")
}
_THEIRS = re.compile(r"^```\{code-block\} python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", [page for page, text in PAGES.items() if snippets(text)])
def test_a_page_is_typed_from_top_to_bottom(page: str, tmp_path: Path) -> None:
    """No snippet fails, and none says anything on standard error."""
    folder = tmp_path / "typed"
    folder.mkdir()
    cells = type_in_order(snippets(PAGES[page]), folder)
    said = [output.text for cell in cells for output in cell.outputs if output.output_type == "stream" and output.name == "stderr"]
    assert said == []


def test_what_is_said_in_the_words_of_other_trackers_is_python() -> None:
    """Their code is not run, since they are not installed; it is one script a page, without mistakes of syntax."""
    theirs = {page: _THEIRS.findall(text) for page, text in PAGES.items() if page.startswith("coming-from/")}
    assert sum(map(len, theirs.values())) > 10
    for blocks in theirs.values():
        ast.parse("\n".join(blocks))


def test_most_pages_have_snippets() -> None:
    """The pattern that finds them finds them: each page on a task has some."""
    without = [page for page, text in PAGES.items() if page.startswith("how-to/") and not snippets(text)]
    assert without == ["how-to/index.md"]
    assert {snippet.language for text in PAGES.values() for snippet in snippets(text)} == {"python", "sh"}

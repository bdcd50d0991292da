"""What SECURITY.md promises is held by tests that exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("document", ["SECURITY.md"])
def test_every_link_of_a_document_leads_somewhere(checkout: Path, document: str) -> None:
    """A link to a file of the project names one that is there; one that names a test, a test that is in it."""
    text = (checkout / document).read_text(encoding="utf-8")
    links = re.findall(r"\[`?([^\]`]+)`?\]\(([^)#]+)(?:#[^)]*)?\)", text)
    local = [(words, target) for words, target in links if "://" not in target]
    assert local
    for words, target in local:
        assert (checkout / target).exists(), target
        if words.startswith("test_") and not words.endswith(".py"):
            assert re.search(rf"^\s*(?:async )?def {words}\(", (checkout / target).read_text(encoding="utf-8"), re.MULTILINE), words


def test_each_sentence_of_the_model_has_its_test(checkout: Path) -> None:
    """What SECURITY.md says that opening, showing, recording and reporting do, point by point."""
    model = (checkout / "SECURITY.md").read_text(encoding="utf-8").partition("## The model")[2].partition("\n## ")[0]
    points = re.findall(r"^- .*?(?=^\n|^- |\Z)", model, re.MULTILINE | re.DOTALL)
    assert len(points) > 20
    assert [point for point in points if not re.search(r"\[`test_\w+`\]\(tests/", point)] == []

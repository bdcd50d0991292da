"""What the README says is true: its links lead somewhere, its promises have their tests, its examples run."""

from __future__ import annotations

import re

import jupyter_tracking as tracking
from tests.conftest import CHECKOUT

README = (CHECKOUT / "README.md").read_text()


def test_every_link_leads_to_a_file() -> None:
    """Of those that lead into the checkout."""
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


def test_every_promise_has_its_test() -> None:
    """The test that a promise names is in the file it links to."""
    promises = re.findall(r"\| \[`(test_\w+)`\]\((tests/[\w/]+\.py)\)", README)
    assert len(promises) > 10
    assert [name for name, path in promises if f"def {name}(" not in (CHECKOUT / path).read_text()] == []


def test_the_python_example_runs(root: object) -> None:
    """As it is printed."""
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(example, names)
    view = names["view"]
    assert isinstance(view, tracking.RunView)
    assert view.load("loss", step=30) == 1 / 31
    assert len(view.metrics()) == 100

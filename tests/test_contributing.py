"""What CONTRIBUTING.md names is there: files, folders, modules, functions, targets of make, commands."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking
from tests.conftest import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

TEXT = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGE = CHECKOUT / "jupyter_tracking"

# Words in backticks that name nothing of ours: other people's programs and packages, what a page or a shell has, what stands for any name.
FOREIGN = {
    "mypy --strict",
    "make",
    "textContent",
    "setAttribute",
    "ruff",
    "mypy",
    "pip",
    "pytest",
    "vitest",
    "prettier",
    "npm",
    "git",
    ".venv",
}
MODULES = [name.removeprefix("jupyter_tracking.") for _, name, _ in pkgutil.walk_packages([str(PACKAGE)], "jupyter_tracking.")]


def words(text: str) -> list[str]:
    """The words in backticks, without those of a code block."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def resolves(word: str) -> bool:
    """Whether a word in backticks names something: a target, a path, a module, a name in one of them."""
    if word in FOREIGN or "*" in word or "=" in word:
        return True
    if word.startswith("make "):
        return word.split()[1] in TARGETS
    if word.startswith(("<", "-", "@", "$", "cd ", ".venv/")):
        return True
    word = word.removeprefix("import ")
    path = word.replace("<kind>", "metric").replace("<renderer>", "metric").replace("<stem>", "metric").rstrip("/")
    if any((top / path).exists() for top in (CHECKOUT, PACKAGE, CHECKOUT / "widgets" / "src", CHECKOUT / "tests", CHECKOUT / "widgets")):
        return True
    if "/" in path or re.search(r"\.(py|ts|css|toml|md|json|mjs)$", path):
        return path in FILES_OF_A_RUN or any(found.name == path for top in (PACKAGE, CHECKOUT / "widgets") for found in _below(top))
    return _is_a_name(path.removesuffix("()").split("(")[0])


FILES_OF_A_RUN = {"run.plx.json", "lineages.plx.json", "session.ipynb", "env.json", "code/session.ipynb"}
TARGETS = set(re.findall(r"^([a-z0-9.-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _below(top: Path) -> list[Path]:
    """The files of a folder, without those that npm installed."""
    return [path for path in top.rglob("*") if "node_modules" not in path.parts]


def _is_a_name(word: str) -> bool:
    """Whether a dotted word is a module of ours, or a name in the package or in a module of it (`log_*` of a run, too)."""
    word = word.removeprefix("jupyter_tracking.")
    if word == "jupyter_tracking" or any(f".{name}".endswith(f".{word}") for name in MODULES):
        return True
    first, _, rest = word.partition(".")
    tops = [jupyter_tracking, *(importlib.import_module(f"jupyter_tracking.{name}") for name in MODULES if name != "__main__")]
    owners = [module for module in tops if rest and module.__name__.endswith(f".{first}")]
    if any(_has(owner, rest) for owner in owners):
        return True
    classes = {value for module in tops for value in vars(module).values() if inspect.isclass(value)}
    own = [each for each in classes if each.__module__.startswith("jupyter_tracking")]
    return any(_has(top, word) for top in tops) or any(word in {*vars(each), *inspect.get_annotations(each)} for each in own)


def _has(owner: object, dotted: str) -> bool:
    """Whether something has an attribute, of an attribute of it."""
    for name in dotted.split("."):
        if not hasattr(owner, name) and name not in getattr(owner, "__annotations__", {}):
            return False
        owner = getattr(owner, name, None)
    return True


def test_everything_that_is_named_is_there() -> None:
    """Each word in backticks, outside of the table of words, is a file, a module, a name, a target or a word of somebody else's."""
    stale = sorted({word for word in words(TEXT) if not resolves(word)})
    assert not stale, f"CONTRIBUTING.md names what is not there: {stale}"


@pytest.mark.parametrize("word", ["make nothing", "jupyter_tracking/gone.py", "rooms/", "hearing", "session.nothing", "open_nothing()"])
def test_what_is_not_there_is_seen(word: str) -> None:
    """A name of long ago, of each sort."""
    assert not resolves(word)

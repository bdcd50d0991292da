"""The house stays as it was drawn: imports go downwards, files stay small, names say what they are, importing costs nothing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGE = CHECKOUT / "jupyter_tracking"

# From the ground up. A room imports from the floors below its own, and from its own folder; never from beside or above.
# What stands under `if TYPE_CHECKING:` names a type and moves no data: it may look anywhere.
FLOORS = [
    ["errors"],
    ["artifact_kinds", "layout", "plx", "system", "source", "screen", "masking", "notebook_path"],
    ["folder", "hearing", "rows"],
    ["journal", "store", "presence", "values", "eventfile"],
    ["lineages", "cells", "logs"],
    ["kinds", "document", "adoption", "cell_watch", "witness", "session_notebook", "resources"],
    ["recorder", "details", "files"],
    ["problems"],
    ["run", "reader", "provenance", "timeline"],
    ["frames", "cell_frames", "edges", "fingerprint", "session"],
    ["lineage_frames", "notebooks"],
    ["views"],
    ["view", "notebook_page"],
    ["magic_words"],
    ["magic_line"],
    ["completion"],
    ["commands"],
    ["magics"],
    ["__init__"],
    ["__main__"],
]
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}

# The writer and the reader meet only on disk.
RECORDING = {"folder", "journal", "store", "recorder", "adoption", "details", "witness", "provenance", "run", "session"}
READING = {
    "rows",
    "eventfile",
    "files",
    "problems",
    "reader",
    "timeline",
    "frames",
    "cell_frames",
    "lineage_frames",
    "edges",
    "fingerprint",
    "notebooks",
    "views",
    "view",
    "notebook_page",
}

MOST_LINES = 350
SHAPELESS = {"util", "utils", "helper", "helpers", "manager", "managers", "handler", "handlers", "misc", "common"}
HEAVY = {"numpy", "pandas", "pyarrow", "matplotlib", "ipywidgets", "anywidget", "IPython", "nbformat", "sklearn", "plotly", "PIL"}

# What a distribution is imported as, where that is not its own name.
IMPORTED_AS = {
    "scikit-learn": "sklearn",
    "ipython": "IPython",
    "pillow": "PIL",
    "imageio-ffmpeg": "imageio_ffmpeg",
    "vl-convert-python": "vl_convert",
}


def modules() -> list[Path]:
    """Every module of the package."""
    return sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)


def room_of(path: Path) -> str:
    """The room a module belongs to: its own stem, or the folder it lies in."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def is_type_checking(node: ast.AST) -> bool:
    """Whether a statement is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


ROOMS = {room_of(path) for path in modules()}


@cache
def imports_of(path: Path) -> list[tuple[str, int]]:
    """Each module that a file imports while it runs, at the top or inside a function, with the line."""
    found: list[tuple[str, int]] = []

    def walk(node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            found.extend((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: imports are absolute"
            module = node.module or ""
            # `from jupyter_tracking import layout` imports the room; `from jupyter_tracking.layout import slug` as well.
            found.extend((f"{module}.{alias.name}" if module == "jupyter_tracking" else module, node.lineno) for alias in node.names)
        for child in node.orelse if is_type_checking(node) else ast.iter_child_nodes(node):
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return found


def rooms_imported_by(path: Path) -> list[tuple[str, int]]:
    """The rooms of ours that a file imports while it runs; a public name of the package itself counts as the room `__init__`."""
    ours = [(name.split(".")[1:2], line) for name, line in imports_of(path) if name.split(".")[0] == "jupyter_tracking"]
    return [(room[0] if room and room[0] in ROOMS else "__init__", line) for room, line in ours]


def named(path: Path) -> str:
    """A module as a test's id."""
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", modules(), ids=named)
def test_imports_go_only_downwards(path: Path) -> None:
    """A room knows the floors below it and nothing else of ours."""
    own = room_of(path)
    assert own in FLOOR_OF, f"{named(path)}: which floor is the room {own!r} on? Say so in FLOORS"
    broken = [
        f"{named(path)}:{line} (floor {FLOOR_OF[own]}) imports {room} (floor {FLOOR_OF.get(room, 'unknown')})"
        for room, line in rooms_imported_by(path)
        if room != own and FLOOR_OF.get(room, 0) >= FLOOR_OF[own]
    ]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", modules(), ids=named)
def test_the_writer_and_the_reader_meet_only_on_disk(path: Path) -> None:
    """Neither half imports the other."""
    own = room_of(path)
    other = RECORDING if own in READING else READING if own in RECORDING else set()
    broken = [f"{named(path)}:{line} imports {room}" for room, line in rooms_imported_by(path) if room in other]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("path", modules(), ids=named)
def test_a_module_can_be_read_in_one_sitting(path: Path) -> None:
    """No module is longer than 350 lines, and each says in its first words what it is for."""
    source = path.read_text(encoding="utf-8")
    length = source.count("\n")
    assert length <= MOST_LINES, f"{named(path)} has {length} lines"
    assert ast.get_docstring(ast.parse(source)), "a module says what it is for and what may not enter"


def test_names_say_what_a_thing_is() -> None:
    """Nothing is called utils, helpers, manager or handler."""
    shapeless = []
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = [path.stem, *(node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef))]
        words = [(name, re.findall(r"[A-Z]?[a-z]+", name)) for name in names]
        shapeless += [f"{named(path)}: {name}" for name, parts in words if SHAPELESS & {part.lower() for part in parts}]
    assert not shapeless


def test_every_public_name_is_there_and_documented() -> None:
    """`__all__` is complete, sorted and without repeats, and every name in it has a docstring."""
    package = import_module("jupyter_tracking")
    assert list(package.__all__) == sorted(set(package.__all__))
    missing = [name for name in package.__all__ if not hasattr(package, name)]
    assert not missing
    shadowed = [name for name in package.__all__ if isinstance(getattr(package, name), ModuleType)]
    assert not shadowed, "a room of the same name hides it as soon as it is imported"
    undocumented = [name for name in package.__all__ if not name.startswith("__") and not getattr(package, name).__doc__]
    assert not undocumented


def test_importing_the_package_is_nearly_free() -> None:
    """`import jupyter_tracking` imports no heavy library: they come with the first call that needs them."""
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", "import jupyter_tracking"], capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[1].strip().split(".")[0] for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "jupyter_tracking" in imported
    assert not imported & HEAVY


def test_every_library_that_is_imported_is_declared() -> None:
    """What the package imports comes with it, or with one of its extras."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    distributions = [re.split(r"[\s\[<>=!~;]", requirement)[0] for requirement in requirements]
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in distributions} | {"jupyter_tracking"}
    # These come with a declared one, which is made to be used through them.
    declared |= {"traitlets", "PIL"}
    undeclared = {
        f"{named(path)}:{line} imports {name}"
        for path in modules()
        for name, line in imports_of(path)
        if name.split(".")[0] not in declared | sys.stdlib_module_names
    }
    assert not undeclared, "\n".join(sorted(undeclared))

"""Code written for Polyaxon's `tracking` module works with ours: every function takes what its takes, in the same order."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.polyaxon.server import SERVER_FUNCTIONS

# Defaults that are not the same, and why.
OTHER_DEFAULTS = {
    "log_dataframe.content_type": "parquet keeps dtypes, index and nulls",
    "log_histogram.bins": "Polyaxon's has none; ours is called with the values alone",
    "log_confusion_matrix.x": "Polyaxon's has none; ours may be called with y_true and y_pred in its place",
    "log_confusion_matrix.y": "the same",
    "log_succeeded.message": "a sentence for the status; ours says run where Polyaxon's says operation",
    "log_stopped.message": "the same",
    "set_artifacts_path.artifacts_path": "its module asks for one; its method does not",
    "log_artifact_ref.kind": "Polyaxon's has none; ours finds out whether it is a file or a folder",
}


@pytest.fixture(scope="module")
def their_functions(ask_polyaxon: Any) -> dict[str, list[list[Any]]]:
    """Name → parameters of the functions of Polyaxon's module."""
    return ask_polyaxon("signatures")


def test_ours_take_all_that_theirs_take(their_functions: dict[str, Any]) -> None:
    """Positional or by name, in the same order, and what may be left out there may be left out here."""
    wrong = []
    for function, parameters in their_functions.items():
        if function in SERVER_FUNCTIONS:
            continue
        ours = list(inspect.signature(getattr(tracking, function)).parameters.values())
        by_name = {p.name: p for p in ours}
        for position, (name, kind, optional, _) in enumerate(parameters):
            if kind == "VAR_KEYWORD":
                wrong += [] if any(p.kind.name == kind for p in ours) else [f"{function}: no **{name}"]
                continue
            mine = by_name.get(name)
            if mine is None:
                wrong.append(f"{function}: no {name}")
            elif kind == "POSITIONAL_OR_KEYWORD" and (mine.kind.name != kind or ours.index(mine) != position):
                wrong.append(f"{function}: {name} is not argument {position}")
            elif optional and mine.default is mine.empty:
                wrong.append(f"{function}: {name} cannot be left out")
        theirs = {name for name, *_ in parameters}
        wrong += [
            f"{function}: {p.name} is asked for"
            for p in ours
            if p.name not in theirs and p.default is p.empty and not p.kind.name.startswith("VAR")
        ]
    assert not wrong, "\n".join(wrong)


def test_defaults_are_the_same_but_for_the_table(their_functions: dict[str, Any]) -> None:
    """What is left out means what it means in Polyaxon."""
    differing = set()
    for function, parameters in their_functions.items():
        if function in SERVER_FUNCTIONS:
            continue
        ours = inspect.signature(getattr(tracking, function)).parameters
        for name, kind, optional, default in parameters:
            if kind != "VAR_KEYWORD" and name in ours:
                mine = ours[name].default
                if (mine is not inspect.Parameter.empty) != optional or (optional and str(mine) != str(default)):
                    differing.add(f"{function}.{name}")
    assert differing == set(OTHER_DEFAULTS)


def test_ours_have_types_and_a_help_text() -> None:
    """Completion, help() and type checkers see a real signature, and each argument is explained."""
    for name in tracking.__all__:
        function = getattr(tracking, name)
        if not name.startswith(("log_", "set_", "get_")):
            continue
        assert function.__doc__
        for parameter in inspect.signature(function).parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty, f"{name}: {parameter.name}"

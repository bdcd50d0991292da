"""The same rows as the lazy objects of other libraries."""

from __future__ import annotations

import importlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, MissingExtra
from jupyter_tracking.frames import lineage
from jupyter_tracking.frames.catalog import engines
from jupyter_tracking.read import known_runs
from tests.catalog.test_catalog import QUIET, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENGINES = [
    "arrow",
    pytest.param("polars", marks=pytest.mark.filterwarnings("default")),
    pytest.param("duckdb", marks=pytest.mark.filterwarnings("default")),
    pytest.param("dask", marks=pytest.mark.filterwarnings("default")),
]


def rows_of(engine: str, lazy: Any) -> list[dict[str, Any]]:
    """The rows of a lazy object, computed by its library."""
    collected: dict[str, Callable[[], Any]] = {
        "arrow": lambda: lazy.to_table().to_pylist(),
        "polars": lambda: lazy.collect().to_dicts(),
        "duckdb": lambda: [dict(zip(lazy.columns, row, strict=True)) for row in lazy.fetchall()],
        "dask": lambda: lazy.compute().to_dict("records"),
    }
    return [{name: plain(value) for name, value in row.items()} for row in collected[engine]()]


def plain(value: Any) -> Any:
    """A value without what a library adds: missing is None, NaN a word, a moment its microseconds, a mapping its items."""
    if isinstance(value, list | dict | np.ndarray):
        return json.dumps(value if isinstance(value, dict) else list(value))
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if hasattr(value, "timestamp"):
        return round(value.timestamp() * 1e6)
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else float(value)
    return value


def as_stored(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame of pandas, in the same form: values of several kinds in a column are JSON."""
    found: dict[str, list[Any]] = {}
    for name in frame:
        values = [None if value is None or value is pd.NA else value for value in frame[name]]
        kinds = {type(value) for value in values if value is not None}
        mixed = frame[name].dtype == object and kinds != {str} and name != "tags"
        found[str(name)] = [value if value is None or not mixed else json.dumps(value, separators=(",", ":")) for value in values]
    return [{name: plain(values[n]) for name, values in found.items()} for n in range(len(frame))]


def normal(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows whose JSON has no spaces that depend on who wrote it."""
    return [
        {
            name: json.dumps(json.loads(value)) if isinstance(value, str) and value[:1] in "[{" and value else value
            for name, value in row.items()
        }
        for row in rows
    ]


@pytest.fixture
def several(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of runs that have ended, with values of every sort."""
    monkeypatch.setattr(known_runs, "_CLOCK_TICK", 0)
    monkeypatch.setattr(lineage, "_cache", {})
    for number in range(4):
        record(root, number)
    return root


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kept", ["no catalog", "a catalog", "an old catalog"])
def test_each_engine_has_the_rows_of_pandas(several: Path, engine: str, kept: str) -> None:
    """`runs` and `lineage`, row for row, whether there is a catalog or not, and while a run goes on."""
    pytest.importorskip(engines.ENGINES[engine])
    if kept != "no catalog":
        tracking.catalog(several).refresh()
    if kept != "a catalog":
        tracking.init(root=several, name="going on", **QUIET).log_metric("train/loss", 1.0, step=0)
    runs = tracking.runs(several).drop(columns="duration")
    found = rows_of(engine, tracking.runs(several, engine=engine))
    assert normal([{name: value for name, value in row.items() if name != "duration"} for row in found]) == normal(as_stored(runs))
    assert normal(rows_of(engine, tracking.lineage(root=several, engine=engine))) == normal(as_stored(tracking.lineage(root=several)))
    some = tracking.lineage(["run2", "run0"], root=several, engine=engine)
    assert normal(rows_of(engine, some)) == normal(as_stored(tracking.lineage(["run2", "run0"], root=several)))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_filter_and_a_group_go_before_the_engine(several: Path, engine: str) -> None:
    """What `runs` chooses is what the library gets."""
    pytest.importorskip(engines.ENGINES[engine])
    assert [row["name"] for row in rows_of(engine, tracking.runs(several, where="lr > 0.1", engine=engine))] == ["run3", "run2"]
    assert len(rows_of(engine, tracking.runs(several, group_by="inputs.mixed", engine=engine))) == 3


@pytest.mark.parametrize("call", ["runs", "lineage"])
def test_an_engine_that_there_is_not(root: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody knows is refused with those that there are; one that is not installed with how it is."""
    function = getattr(tracking, call)
    with pytest.raises(InvalidArgument, match=r"engine='polrs' is none of 'arrow', 'polars', 'duckdb', 'dask' and None; near: 'polars'"):
        function(root=root, engine="polrs")
    with pytest.raises(InvalidArgument, match="engine=3 is none"):
        function(root=root, engine=3)

    def missing(name: str) -> Any:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(engines, "import_module", missing)
    with pytest.raises(MissingExtra, match=r"pip install 'jupyter-tracking\[polars\]'"):
        function(root=root, engine="polars")
    assert importlib.import_module("pyarrow")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_root_has_no_rows(root: Path, engine: str) -> None:
    """And the columns that it would have."""
    pytest.importorskip(engines.ENGINES[engine])
    assert rows_of(engine, tracking.lineage(root=root, engine=engine)) == []
    assert rows_of(engine, tracking.runs(root, engine=engine)) == []

"""runs(where=…) and runs(group_by=…): the rows that pandas would choose, and the figures that it would count."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, InvalidFilter, InvalidType
from jupyter_tracking.read.find import resolve_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False}

NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.1, 0.25, -2.5, 1e-9, 3e8, 2.0]),
    st.sampled_from([math.nan, math.inf, -math.inf, 2**53 + 1]),
)
VALUES = st.one_of(NUMBERS, st.sampled_from(["0.1", "vit", "resnet", "", "é"]), st.booleans(), st.just([1, "a"]), st.just({"b": 1}))
RUNS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "tags": st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=2),
            "inputs": st.dictionaries(st.sampled_from(["lr", "model"]), VALUES),
            "numbers": st.dictionaries(st.sampled_from(["acc", "loss"]), NUMBERS),
            "outputs": st.dictionaries(st.sampled_from(["mixed", "text"]), VALUES),
        },
    ),
    max_size=9,
)


def write_root(root: Path, runs: list[dict[str, Any]]) -> Path:
    """A root with these runs, as Polyaxon would have written them."""
    for n, run in enumerate(runs):
        folder = root / "runs" / f"{UUID(int=n).hex}"
        folder.mkdir(parents=True)
        document = {"uuid": folder.name, "name": f"run{n % 3}", "status": "succeeded", "created_at": f"2026-11-0{n + 1}T00:00:00+00:00"}
        outputs = {**run.get("numbers", {}), **run.get("outputs", {})}
        document |= {"tags": run.get("tags", []), "inputs": words(run.get("inputs", {})), "outputs": words(outputs)}
        (folder / "run.plx.json").write_text(json.dumps(document))
    return root


def words(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has no numbers that are not finite: they are words in a document."""
    special = {math.inf: "Infinity", -math.inf: "-Infinity"}
    return {
        key: "NaN" if isinstance(value, float) and math.isnan(value) else special.get(value, value) if isinstance(value, float) else value
        for key, value in values.items()
    }


def as_numbers(column: pd.Series) -> pd.Series:
    """What of a column is a number, as floats."""
    return pd.Series(
        [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else math.nan for v in column.tolist()], dtype=float
    )


def as_keys(column: pd.Series) -> pd.Series:
    """The values of a column as pandas can group by them: a list as its JSON, and one kind of missing."""
    kept = [json.dumps(v, separators=(",", ":")) if isinstance(v, list | dict) else v for v in column]
    return pd.Series([None if not isinstance(v, str) and pd.isna(v) else v for v in kept], dtype=object)


@pytest.mark.parametrize("examples", [25, pytest.param(300, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_groups_have_the_figures_of_pandas(examples: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is missing, NaN, infinite, a text or a list: the rows of a groupby over the same DataFrame, with its figures."""

    @settings(max_examples=examples, deadline=None)
    @given(runs=RUNS, names=st.lists(st.sampled_from(["lr", "model", "tags", "name", "mixed"]), min_size=1, max_size=2, unique=True))
    def check(runs: list[dict[str, Any]], names: list[str]) -> None:
        compare_with_pandas(write_root(tmp_path_factory.mktemp("groups"), runs), names)

    check()


def compare_with_pandas(root: Path, names: list[str]) -> None:
    """Group the runs of a root, and their DataFrame by pandas."""
    frame = tracking.runs(root)
    known = {name.split(".")[-1]: name for name in frame.columns}
    if any(name not in known for name in names):
        names = ["name"]
    found = tracking.runs(root, group_by=names)
    columns = [known[name] for name in names]
    assert list(found.columns[: len(columns) + 1]) == [*columns, "n"]
    rows = frame.explode("tags", ignore_index=True) if "tags" in columns else frame
    keys = [as_keys(rows[column]) for column in columns]
    grouped = rows.assign(**dict(zip(columns, keys, strict=True))).groupby(columns, dropna=False, sort=False)
    assert len(found) == grouped.ngroups
    # By the values of the first run of each group: pandas has its keys as floats where one is, which 2**53 + 1 is not.
    expected = {tuple(key.loc[group.index].iloc[0] for key in keys): group for _, group in grouped}
    results = [column for column in frame if column.startswith("outputs.") and column not in columns]
    for n, row in found.iterrows():
        key = tuple(as_keys(found[column])[n] for column in columns)
        group = next(each for other, each in expected.items() if all(map(same, key, other)))
        assert row["n"] == len(group)
        assert row["uuids"] == group["uuid"].tolist()
        for name in results:
            if f"{name}.mean" not in found:
                assert as_numbers(frame[name]).isna().all()
                continue
            numbers = as_numbers(group[name])
            with np.errstate(all="ignore"):
                figures = numbers.groupby(np.zeros(len(numbers), int)).agg(["mean", "std", "min", "max"]).iloc[0]
            np.testing.assert_allclose([row[f"{name}.{s}"] for s in figures.index], figures.to_numpy(), rtol=1e-12)


def same(one: object, other: object) -> bool:
    """Whether two values of a column are one group."""
    missing = [value is None or (isinstance(value, float) and math.isnan(value)) for value in (one, other)]
    return all(missing) if any(missing) else one == other


@pytest.fixture
def search(root: Path) -> Path:
    """A search of eight runs over two models and two rates, each with a seed, of which one failed."""
    for n in range(8):
        run = tracking.init(root=root, name=f"run{n}", tags=["baseline"] if n < 2 else [], group="search", **QUIET)
        run.log_inputs(lr=[0.1, 0.01][n % 2], model=["vit", "resnet"][n // 4], seed=n)
        for step, value in enumerate([0.5, 0.9, 0.7 + n / 100]):
            run.log_metric("acc", value, step=step)
        run.end("failed" if n == 3 else "succeeded")
    return root


FILTERS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "lr < 0.05": lambda f: f["inputs.lr"] < 0.05,
    'lr < 0.05 and acc >= 0.7 and "baseline" in tags': lambda f: (f["inputs.lr"] < 0.05) & f["tags"].map(lambda t: "baseline" in t),
    "status=failed": lambda f: f["status"] == "failed",
    "vit not status=failed": lambda f: (f["inputs.model"] == "vit") & (f["status"] != "failed"),
    "created_at > yesterday": lambda f: f["created_at"].notna(),
    "age < 1d duration < 1h": lambda f: f["created_at"].notna(),
    "group = search": lambda f: f["group"] == "search",
    "parent is missing and pinned = false": lambda f: f["parent"].isna(),
    "nothing": lambda f: f["name"] == "",
    "": lambda f: f["name"] != "",
}


@pytest.mark.parametrize("where", FILTERS)
def test_a_filter_chooses_the_rows_that_pandas_would(where: str, search: Path) -> None:
    """In their order, with all columns."""
    every, found = tracking.runs(search), tracking.runs(search, where=where)
    assert found["uuid"].tolist() == every[FILTERS[where](every)]["uuid"].tolist()
    assert list(found.columns) == list(every.columns)


def test_groups_say_what_their_runs_have(search: Path) -> None:
    """With a filter, with another summary, and open to their runs; the columns are flat and read well."""
    found = tracking.runs(search, where="not status=failed", summary="max", group_by=["model", "lr"])
    assert list(found.columns) == [
        *("inputs.model", "inputs.lr", "n"),
        *("outputs.acc.mean", "outputs.acc.std", "outputs.acc.min", "outputs.acc.max", "uuids"),
    ]
    assert found[["inputs.model", "inputs.lr", "n"]].to_numpy().tolist() == [
        ["resnet", 0.01, 2],
        ["resnet", 0.1, 2],
        ["vit", 0.01, 1],
        ["vit", 0.1, 2],
    ]
    assert found["outputs.acc.max"].tolist() == [0.9] * 4
    assert math.isnan(found["outputs.acc.std"][2])
    assert sorted(folder.name for folder in resolve_runs(found.head(1))) == ["run5", "run7"]
    by_tag = tracking.runs(search, group_by="tags")
    assert by_tag["tags"].isna().tolist() == [False, True]
    assert by_tag["n"].tolist() == [2, 6]


def test_an_archived_run_is_in_no_group_unless_asked_for(search: Path) -> None:
    """As it is in no list."""
    tracking.open_run("run0", search).archive()
    assert tracking.runs(search, group_by="group")["n"].tolist() == [7]
    assert tracking.runs(search, group_by="group", archived=True)["n"].tolist() == [8]
    assert tracking.runs(search, where="archived = true", archived=True)["name"].tolist() == ["run0"]


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"where": "acc >"}, InvalidFilter, "where='acc >', at character 6: the filter ends too early"),
        ({"where": "accuracy > 0.9"}, InvalidFilter, 'there is no column "accuracy"; near: acc'),
        ({"where": 5}, InvalidType, "where=5 is a int; give a string"),
        ({"group_by": "modle"}, InvalidArgument, "there is no column 'modle'; near: model"),
        ({"group_by": []}, InvalidArgument, "group_by names no column"),
        ({"group_by": [5]}, InvalidType, "5 is a int"),
        ({"group_by": None, "summary": "median"}, InvalidArgument, "summary='median' is none of"),
    ],
    ids=str,
)
def test_a_mistake_is_told(asked: dict[str, Any], error: type[Exception], told: str, search: Path) -> None:
    """With the argument, the value and what would be right."""
    with pytest.raises(error) as caught:
        tracking.runs(search, **asked)
    assert told in str(caught.value)


def test_an_input_is_not_taken_for_what_only_filters_have(root: Path) -> None:
    """A name that may be two is asked back; one that is a column of every table is that column."""
    with tracking.init(root=root, name="a", **QUIET) as run:
        run.log_inputs(age=70, note="own", name="x")
    with pytest.raises(InvalidFilter, match=r'"age" may be run\.age or inputs\.age; say which'):
        tracking.runs(root, where="age > 30")
    for where, count in (("inputs.age > 30", 1), ("run.age > 1d", 0), ("note = own", 1), ("name = a", 1), ("name = x", 0)):
        assert len(tracking.runs(root, where=where)) == count


def test_of_no_runs_every_column_is_taken(root: Path) -> None:
    """Nobody knows yet what they will have; a mistake is one nevertheless."""
    assert len(tracking.runs(root, where="lr < 0.1 and acc > 0.9")) == 0
    assert list(tracking.runs(root, group_by="lr").columns) == ["lr", "n", "uuids"]
    with pytest.raises(InvalidFilter):
        tracking.runs(root, where="lr < and")

"""The rows of one artifact of many runs as one frame, and as the lazy objects of other libraries."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound, TrackingWarning
from jupyter_tracking.frames import lineage
from jupyter_tracking.frames.catalog import engines
from jupyter_tracking.frames.many import events
from jupyter_tracking.read import known_runs
from tests.catalog.test_catalog import QUIET, forget, record
from tests.catalog.test_engines import ENGINES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def several(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs that have ended, one without the metric, one archived, one that goes on; some of whose metrics have no step or are not finite."""
    monkeypatch.setattr(known_runs, "_CLOCK_TICK", 0)
    monkeypatch.setattr(lineage, "_cache", {})
    monkeypatch.setattr(events, "_RUNS_OF_A_PART", 2)
    for number in range(5):
        record(root, number)
    tracking.open_run("run4", root).archive()
    with tracking.init(root=root, name="none", **QUIET) as run:
        run.log_text("top", "another kind", step=1)
    run = tracking.init(root=root, name="going on", **QUIET)
    for value in (1.0, math.nan, math.inf):
        run.log_metric("train/loss", value)
        run.log_metric("train/loss", value, step=2)
    return root


def one_by_one(root: Path, name: str, kind: str | None = None) -> pd.DataFrame:
    """The same rows, by opening each run that is listed."""
    parts = []
    for uuid in tracking.runs(root)["uuid"]:
        view = tracking.open_run(uuid, root)
        if name in set(view.lineage()["name"]) and (kind is None or kind in set(view.lineage()["kind"])):
            part = view.events(name, kind)
            parts.append(part.assign(run_uuid=view.uuid, run_name=view.name)[["run_uuid", "run_name", *part]])
    return pd.concat(parts, ignore_index=True).astype({"run_uuid": "string", "run_name": "string"})


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize(("name", "kind"), [("train/loss", None), ("train/loss", "metric"), ("Ω", None)])
def test_rows_are_those_of_each_run(several: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str | None, *, kept: bool) -> None:
    """Run after run, the newest first, those apart that are archived; each value, step and moment, with a catalog and without."""
    expected = one_by_one(several, name, kind)
    if kept:
        tracking.catalog(several).refresh()
    forget(monkeypatch)
    found = tracking.events(name, kind, root=several)
    pd.testing.assert_frame_equal(found, expected)
    assert list(found.columns[:4]) == ["run_uuid", "run_name", "step", "timestamp"]


def test_runs_are_chosen_as_everywhere(several: Path) -> None:
    """In the order given; one that has no such artifact has no rows."""
    found = tracking.events("train/loss", runs=["run3", "none", "run0"], root=several)
    assert found["run_name"].drop_duplicates().tolist() == ["run3", "run0"]
    chosen = tracking.events("train/loss", runs=tracking.runs(several, where="lr > 0.1"))
    assert chosen["run_name"].drop_duplicates().tolist() == ["run3", "run2"]


def test_a_name_of_several_kinds(several: Path) -> None:
    """It is asked which; of what there is not, what is near is told."""
    with pytest.raises(NotFound, match="'top' is the name of a text and of a metric; say which with kind="):
        tracking.events("top", root=several)
    assert tracking.events("top", "text", root=several)["text"].tolist() == ["another kind"]
    with pytest.raises(NotFound, match="'top' is no curve; it is a text and a metric"):
        tracking.events("top", "curve", root=several)
    with pytest.raises(NotFound, match=r"no run has an artifact 'train/los' with rows.*train/loss"):
        tracking.events("train/los", root=several)
    with pytest.raises(InvalidArgument, match="engine='x'"):
        tracking.events("top", root=several, engine="x")


def test_what_cannot_be_read_is_told(several: Path) -> None:
    """The other runs are there."""
    uuid = tracking.open_run("run1", several).uuid
    tracking.lineage(root=several)
    next((several / "runs" / uuid).glob("events/metric/train__loss*.plx")).unlink()
    with pytest.warns(TrackingWarning, match=rf"events\(\) lacks what cannot be read of run {uuid[:8]}"):
        found = tracking.events("train/loss", root=several)
    assert "run1" not in set(found["run_name"])
    assert len(found) == 6 + 3 * 3


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["train/loss", "Ω"])
def test_each_engine_has_the_rows_of_pandas(several: Path, engine: str, name: str) -> None:
    """All of them, in their order; a metric is read when the library computes."""
    pytest.importorskip(engines.ENGINES[engine])
    expected = tracking.events(name, root=several)
    lazy: Any = tracking.events(name, root=several, engine=engine)
    table = {
        "arrow": lambda: lazy.read_all().to_pandas() if name == "train/loss" else lazy.to_table().to_pandas(),
        "polars": lambda: lazy.collect().to_pandas(),
        "duckdb": getattr(lazy, "df", None),
        "dask": lambda: lazy.compute().reset_index(drop=True),
    }[engine]()
    assert list(table) == list(expected)
    for column in expected:
        left, right = (
            ["NaN" if isinstance(v, float) and math.isnan(v) else v for v in f[column].astype(object)] for f in (table, expected)
        )
        missing = {pd.NA: "NaN", None: "NaN"}
        assert [missing.get(v, v) if isinstance(v, type(pd.NA) | None) else v for v in left] == [
            missing.get(v, v) if isinstance(v, type(pd.NA) | None) else v for v in right
        ], column


@pytest.mark.filterwarnings("default")
def test_polars_asks_for_what_it_needs(several: Path) -> None:
    """Columns, rows that pass and a number of rows are chosen of each part."""
    polars = pytest.importorskip("polars")
    lazy = tracking.events("train/loss", root=several, engine="polars")
    assert lazy.select("value").head(2).collect().to_series().to_list()[0] == 1.0
    assert set(lazy.filter(polars.col("step") == 2).collect()["run_name"]) == {"going on", "run0", "run1", "run2", "run3"}


@pytest.fixture
def thousand(root: Path) -> Path:
    """A thousand runs with five values of an input and forty rows of a metric, some not finite: five that were recorded, and copies."""
    for number in range(5):
        with tracking.init(root=root, name=f"recorded{number}", **QUIET) as run:
            run.log_inputs(lr=0.1 * number)
            for step in range(40):
                run.log_metric("loss", math.inf if step == number == 4 else (step + number) / 7, step=step)
    recorded = list((root / "runs").iterdir())
    rng = random.Random(5)
    for number in range(995):
        source, uuid = recorded[number % 5], UUID(int=rng.getrandbits(128)).hex
        for path in ("run.plx.json", "lineages.plx.json", "events/metric/loss.plx"):
            target = root / "runs" / uuid / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text((source / path).read_text().replace(source.name, uuid).replace("|0.", f"|{number}."))
    return root


@pytest.mark.remote
@pytest.mark.filterwarnings("default")
def test_a_metric_grouped_by_an_input_on_a_cluster(thousand: Path) -> None:
    """Two workers of Dask, each a process that opens the runs' files: the same mean, deviation, extremes and count as pandas has."""
    distributed = pytest.importorskip("distributed", reason="`make remote` installs it")
    said = ["mean", "std", "min", "max", "count"]
    listed = tracking.runs(thousand)
    rows = tracking.events("loss", root=thousand)
    expected = rows.merge(listed, left_on="run_uuid", right_on="uuid").groupby("inputs.lr")["value"].agg(said)
    assert expected["count"].tolist() == [8000] * 5
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, distributed.Client(cluster):
        lazy = tracking.events("loss", root=thousand, engine="dask")
        assert lazy.npartitions == 4
        runs = tracking.runs(thousand, engine="dask")[["uuid", "inputs.lr"]]
        found = lazy.merge(runs, left_on="run_uuid", right_on="uuid").groupby("inputs.lr")["value"].agg(said).compute().sort_index()
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, check_index_type=False, rtol=1e-12)
    for exact in ("min", "max", "count"):
        assert found[exact].tolist() == expected[exact].tolist()

"""What inputs have to do with a result: the figures are those of pandas and SciPy, whatever the values are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, MissingExtra, NotFound
from jupyter_tracking.frames.many.importance import spearman

if TYPE_CHECKING:
    from pathlib import Path

QUIET: dict[str, Any] = {"track_code": False, "track_env": False, "track_logs": False}
NOTHING = object()
NUMBERS = [0.0, -1.5, 2, 3, 3.0, 1e-4, 1e300, math.nan, math.inf, -math.inf, NOTHING, 7]
ANYTHING = [*NUMBERS, "adam", "sgd", "", True, False, [1, 2], {"deep": 1}]


def record(root: Path, inputs: dict[str, Any], **outputs: Any) -> None:
    """A run that was given these and has this to say."""
    with tracking.init(root=root, **QUIET) as run:
        run.log_inputs({name: value for name, value in inputs.items() if value is not NOTHING})
        run.log_outputs({name: value for name, value in outputs.items() if value is not NOTHING})


@pytest.fixture
def search(root: Path) -> Path:
    """60 runs: the accuracy falls with the rate, depends on the optimizer, and on nothing of the seed."""
    generator = np.random.default_rng(1)
    for number in range(60):
        rate, optimizer = 10 ** generator.uniform(-4, -1), ["adam", "sgd", "lion"][number % 3]
        accuracy = (
            0.9 - 0.1 * math.log10(rate / 1e-4) / 3 + {"adam": 0.03, "sgd": -0.03, "lion": 0.0}[optimizer] + generator.normal(0, 0.01)
        )
        record(
            root,
            {"lr": rate, "optimizer": optimizer, "seed": number % 7, "augment": bool(number % 2), "batch": 32},
            accuracy=accuracy,
            loss=1 - accuracy,
        )
    return root


def test_the_inputs_that_matter_come_first_with_their_intervals(search: Path) -> None:
    """The figures are pandas'; what is the same in all runs is left out; the result is the first whose goal can be told."""
    found = tracking.importance(forest=False)
    assert list(found.columns) == ["input", "correlation", "low", "high", "n", "measure"]
    assert list(found["input"])[:2] == ["lr", "optimizer"]
    assert set(found["input"]) == {"lr", "optimizer", "seed", "augment"}
    frame = tracking.runs(search)
    by_name = found.set_index("input")
    for name in ("lr", "seed", "augment"):
        expected = frame[f"inputs.{name}"].astype(float).corr(frame["outputs.accuracy"].astype(float), method="spearman")
        assert by_name.loc[name, "correlation"] == pytest.approx(expected, abs=1e-12)
        assert by_name.loc[name, "low"] < expected < by_name.loc[name, "high"]
    assert by_name.loc["optimizer", "measure"] == "eta"
    assert list(found["n"]) == [60] * 4
    assert by_name.loc["lr", "high"] < 0 < by_name.loc["seed", "high"]  # what matters is told from what does not
    assert tracking.importance(frame, "accuracy", forest=False).equals(found)
    assert tracking.importance(frame, "outputs.loss", forest=False)["correlation"].iloc[0] == pytest.approx(-found["correlation"].iloc[0])


def test_eta_is_what_the_mean_ranks_of_words_explain(search: Path) -> None:
    """Epsilon squared of Kruskal and Wallis, with SciPy's H."""
    from scipy.stats import kruskal

    frame = tracking.runs(search)
    h = kruskal(*(part["outputs.accuracy"] for _, part in frame.groupby("inputs.optimizer"))).statistic
    eta = math.sqrt((h - 3 + 1) / (60 - 3))
    row = tracking.importance(None, "accuracy", forest=False).set_index("input").loc["optimizer"]
    assert row["correlation"] == pytest.approx(eta, abs=1e-12)
    assert 0 <= row["low"] <= row["correlation"] <= row["high"] <= 1


def test_the_forest_is_scikit_learns(search: Path) -> None:
    """Means and spreads of scikit-learn's own permutations; without it, asking for the forest says what to install."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.inspection import permutation_importance

    found = tracking.importance(None, "accuracy", root=search).set_index("input")
    frame = tracking.runs(search)
    inputs = pd.DataFrame({name: frame[f"inputs.{name}"] for name in ("lr", "optimizer", "seed", "augment")})
    table = inputs.assign(optimizer=inputs["optimizer"].astype("category").cat.codes, augment=inputs["augment"].astype(int))
    table, y = table.rank().to_numpy(), frame["outputs.accuracy"].to_numpy()
    model = RandomForestRegressor(100, random_state=0).fit(table, y)
    expected = permutation_importance(model, table, y, n_repeats=10, random_state=0)
    for n, name in enumerate(inputs):
        assert found.loc[name, "forest"] == pytest.approx(expected.importances_mean[n])
        assert found.loc[name, "forest_std"] == pytest.approx(expected.importances_std[n])


def test_a_forest_without_scikit_learn(search: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out unasked, and an error with the extra's name where it is asked for."""
    monkeypatch.setattr("jupyter_tracking.frames.many.importance.find_spec", lambda _: None)
    assert "forest" not in tracking.importance(None, "accuracy", root=search)
    with pytest.raises(MissingExtra, match=r"jupyter-tracking\[sklearn\]"):
        tracking.importance(None, "accuracy", root=search, forest=True)


def test_mistakes_are_told_by_name(search: Path) -> None:
    """An unknown result says what is near, one of words which are numbers."""
    with pytest.raises(NotFound, match="accuracy"):
        tracking.importance(None, "acuracy", root=search)
    with pytest.raises(InvalidArgument, match="no number"):
        tracking.importance(None, "inputs.optimizer", root=search)
    with pytest.raises(InvalidArgument, match="uuid"):
        tracking.importance(pd.DataFrame({"a": [1]}))


@pytest.mark.parametrize("examples", [40, pytest.param(300, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_correlations_equal_pandas_whatever_the_values_are(examples: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Over NaN, infinities, what is missing, words and both: pandas' figures of what `runs()` has, and never a crash."""

    @settings(max_examples=examples, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(ANYTHING), st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)), min_size=1, max_size=12))
    def check(rows: list[tuple[Any, ...]]) -> None:
        root = tmp_path_factory.mktemp("generated")
        for mixed, number, score in rows:
            record(root, {"mixed": mixed, "number": number}, score=score)
        compare_with_pandas(root)

    check()


def compare_with_pandas(root: Path) -> None:
    """Correlate what the runs of a root have with their score, and so does pandas."""
    frame = tracking.runs(root)
    if "outputs.score" not in frame or frame["outputs.score"].isna().all():
        return
    try:
        found = tracking.importance(None, "score", root=root, forest=False).set_index("input")
    except InvalidArgument:
        assert frame["outputs.score"].dtype == object
        return
    y = frame["outputs.score"].astype(float)
    for name in {"mixed", "number"} & set(found.index):
        column = frame[f"inputs.{name}"]
        if not all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in column if value is not None and value is not pd.NA
        ):
            continue
        x = column.astype(float)
        both = x.notna() & y.notna()
        expected = x.corr(y, method="spearman") if len(set(x[both])) > 1 and len(set(y[both])) > 1 else math.nan
        assert found.loc[name, "n"] == both.sum()
        np.testing.assert_allclose(found.loc[name, "correlation"], expected, atol=1e-12)


@given(st.lists(st.tuples(st.integers(-3, 3), st.floats(-1e6, 1e6)), min_size=2, max_size=40))
def test_spearman_equals_scipy(pairs: list[tuple[int, float]]) -> None:
    """With ties as well."""
    from scipy.stats import spearmanr

    x, y = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    if len(set(x)) > 1 and len(set(y)) > 1:
        assert spearman(x, y) == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)

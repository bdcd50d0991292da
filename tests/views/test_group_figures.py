"""The figures of a group of runs: the page counts them as pandas does, from the same numbers."""

from __future__ import annotations

import json
import math
import os
from typing import Any

import numpy as np
import pandas as pd

from tests.views.test_wire import SAMPLES, WRITE

VECTORS = SAMPLES / "figures" / "figures.json"


def figures() -> list[dict[str, Any]]:
    """Some numbers, with what pandas says of them; those that JSON has not are words."""
    random = np.random.default_rng(0)
    columns: list[list[float]] = [[], [1.5], [math.nan], [0.1, 0.2, math.nan], [math.inf, 1.0], [-math.inf, math.inf], [3.0] * 7]
    columns += [[1e300, -1e300, 1.0], [1e-300, 3e-300], [1e16, 1.0, -1e16, 1.0], [2**53, 2**53 + 2.0, 1.0]]
    for number in range(24):
        column = random.normal(10.0 ** random.integers(-6, 7), 10.0 ** random.integers(-8, 3), int(random.integers(2, 60)))
        column[random.random(len(column)) < number / 60] = math.nan
        columns.append(column.tolist())
    return [{"values": [word(v) for v in column], **said(column)} for column in columns]


def said(column: list[float]) -> dict[str, Any]:
    """What pandas says of a column."""
    frame = pd.DataFrame({"group": ["all"] * len(column), "value": np.array(column, dtype=np.float64)})
    with np.errstate(all="ignore"):
        found = frame["value"].agg(["count", "mean", "std", "min", "max"])
    return {"count": int(found["count"]), **{key: word(float(found[key])) for key in ("mean", "std", "min", "max")}}


def word(value: float) -> float | str:
    """A number, or the word that JavaScript reads as the one that JSON has not."""
    return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def test_the_numbers_that_the_page_is_tested_with_are_those_of_pandas() -> None:
    """The file that the browser half reads is what pandas says today; the samples of the wire say how it is written anew."""
    if os.environ.get(WRITE):
        VECTORS.write_text(json.dumps(figures()) + "\n", "utf-8")
    kept = json.loads(VECTORS.read_text("utf-8"))
    assert len(kept) > 30
    for mine in kept:
        theirs = said([float(value) for value in mine["values"]])
        for key in ("count", "mean", "std", "min", "max"):
            np.testing.assert_allclose(float(mine[key]), float(theirs[key]), rtol=1e-12)

"""What a callback costs a training: the same training with it and without it, in turn, in one process.

    make integrations && .venv-integrations/bin/python -m benchmarks.trainings

A line a framework: how much more processor time, and time by the clock, the training takes with the callback, which is the median over
rounds of the ratio of two neighbours, and how far those ratios lie apart. `floor` is a callback that keeps the same numbers in memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import jupyter_tracking as tracking

Training = Callable[[list[Any]], object]
SIZES = {"lightgbm": 1000, "xgboost": 1000, "keras": 10_000}  # rounds, rounds, batches


def data(rows: int) -> tuple[Any, Any]:
    """Return features, shape (rows, 20), and classes."""
    random = np.random.default_rng(0)
    X = random.normal(size=(rows, 20))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] + random.normal(size=rows) > 0).astype(int)


def lightgbm(size: int, rows: int) -> tuple[Training, Callable[[], Any], Callable[[], Any]]:
    """Return a training of so many rounds with two parts that are evaluated, our callback, and the floor's."""
    import lightgbm as library

    from jupyter_tracking.integrations.lightgbm import TrackingCallback

    X, y = data(rows)
    learned = library.Dataset(X[: rows * 4 // 5], y[: rows * 4 // 5])
    held = learned.create_valid(X[rows * 4 // 5 :], y[rows * 4 // 5 :])
    params = {"objective": "binary", "metric": ["auc", "binary_logloss"], "verbose": -1, "num_threads": 1}

    def train(callbacks: list[Any]) -> None:
        library.train(params, learned, size, valid_sets=[learned, held], valid_names=["train", "valid"], callbacks=callbacks)

    def floor() -> Any:
        kept: list[Any] = []
        return lambda env: kept.append([value for _, _, value, *_ in env.evaluation_result_list])

    return train, TrackingCallback, floor


def xgboost(size: int, rows: int) -> tuple[Training, Callable[[], Any], Callable[[], Any]]:
    """The same with XGBoost."""
    import xgboost as library

    from jupyter_tracking.integrations.xgboost import TrackingCallback

    X, y = data(rows)
    learned, held = library.DMatrix(X[: rows * 4 // 5], y[: rows * 4 // 5]), library.DMatrix(X[rows * 4 // 5 :], y[rows * 4 // 5 :])
    params = {"objective": "binary:logistic", "eval_metric": ["auc", "logloss"], "nthread": 1}

    def train(callbacks: list[Any]) -> None:
        library.train(params, learned, size, evals=[(learned, "train"), (held, "valid")], verbose_eval=False, callbacks=callbacks)

    class Floor(library.callback.TrainingCallback):
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            self.kept = [history[-1] for measures in evals_log.values() for history in measures.values()]
            return False

    return train, TrackingCallback, Floor


def keras(size: int, rows: int) -> tuple[Training, Callable[[], Any], Callable[[], Any]]:
    """Return a training of so many batches in epochs of a hundred, our callback, and the floor's."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras as library

    from jupyter_tracking.integrations.keras import TrackingCallback

    X, y = data(min(rows, 3200))
    layers = [library.layers.Input((20,)), library.layers.Dense(64, "relu"), library.layers.Dense(64, "relu"), library.layers.Dense(1)]
    model = library.Sequential(layers)
    model.compile("adam", "mse")

    def train(callbacks: list[Any]) -> None:
        model.fit(X, y, batch_size=32, epochs=max(1, size // 100), verbose=0, callbacks=callbacks)

    class Floor(library.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
            self.kept = dict(logs or {})

    return train, TrackingCallback, Floor


def measured(train: Training, callback: Callable[[], Any] | None, folder: str) -> tuple[float, float]:
    """Return the processor time and the time of a training, from before its run starts until the run has ended."""
    cpu, clock = time.process_time(), time.perf_counter()
    if callback is None:
        train([])
    else:
        with tracking.init(root=folder, quiet=True, track_code=False, track_env=False):
            train([callback()])
    return time.process_time() - cpu, time.perf_counter() - clock


def main() -> None:
    """Measure, and print a line for each framework."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", nargs="*", default=[*SIZES])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=int, help="how many rounds or batches, instead of 1,000 and 10,000")
    parser.add_argument("--rows", type=int, default=50_000, help="how many a booster learns from and is evaluated on")
    given = parser.parse_args()
    print(f"{'':10} {'processor time':>24} {'time':>24} {'floor':>24}   of a training without a callback")
    for name in given.frameworks:
        size = given.size or SIZES[name]
        train, ours, floor = globals()[name](size, given.rows)
        with tempfile.TemporaryDirectory() as folder:
            train([])  # what is compiled or read for the first time
            measured(train, ours, folder)
            rounds = []
            for _ in range(given.rounds):
                bare = measured(train, None, folder)
                with_ours = measured(train, ours, folder)
                cpu = time.process_time()
                train([floor()])
                rounds.append((with_ours[0] / bare[0], with_ours[1] / bare[1], (time.process_time() - cpu) / bare[0], bare[1]))
        columns = list(zip(*rounds, strict=True))
        shown = " ".join(f"{statistics.median(c):8.4f} ({min(c):.4f}-{max(c):.4f})" for c in columns[:3])
        print(f"{name:10} {shown}   {size:,} in {statistics.median(columns[3]):.2f} s", flush=True)


if __name__ == "__main__":
    main()

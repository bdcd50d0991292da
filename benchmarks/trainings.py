"""What a callback costs a training: the same training with it and without it, in turn, in one process.

    make integrations && .venv-integrations/bin/python -m benchmarks.trainings
    .venv-integrations-torch/bin/python -m benchmarks.trainings torch

A line a framework and a tracker: how much more processor time of this process, and time by the clock, the training takes with the
callback, which is the median over rounds of the ratio of two neighbours, and how far those ratios lie apart. `floor` is a callback that
keeps the same numbers in memory; `ours` is that of the framework, with all that it logs; `ours_no_model` is the same without the file of
the model, which the framework itself writes; `ours_metrics`, and wandb offline, mlflow and trackio where they are installed, are that
callback with their own call for the metrics of a step in it. mlflow takes some milliseconds a step: `--size 300` is enough for it.

`--blocks 5` is for what whole trainings are too rough for: in one training five steps (of LightGBM five rounds) are logged, then five not,
and so on. The line says the median of the ratios of neighbouring blocks, and between which two it lies in 95 of 100 draws of the blocks;
then how much longer the training takes by what comes before its first step and after its last one: the start of the run and its end, the
model, the importance of the features.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import jupyter_tracking as tracking

Log = Callable[[int, dict[str, float]], object]
SIZES = {
    "lightgbm": 1000,
    "xgboost": 1000,
    "keras": 10_000,
    "keras_batches": 10_000,
    "torch": 10_000,
    "torch_small": 10_000,
    "lightning": 10_000,
}  # rounds, batches, steps
NEEDS = {"keras_batches": "keras", "torch_small": "torch"}
BLOCKS = ("lightgbm", "torch", "torch_small")
OTHERS = {"wandb": "wandb", "mlflow": "mlflow_sqlite", "trackio": "trackio"}  # what is imported, and the contender


class Training(NamedTuple):
    """A training that can be done again.

    Attributes:
        train: does it, with these callbacks.
        ours: makes the callback of ours, with or without the model; in a loop, the line that one writes.
        calling: makes a callback that gives the metrics of each step to a function.
    """

    train: Callable[[list[Any]], object]
    ours: Callable[[bool], Any]
    calling: Callable[[Log], Any]


def data(rows: int) -> tuple[Any, Any]:
    """Return features, shape (rows, 20), and classes."""
    random = np.random.default_rng(0)
    X = random.normal(size=(rows, 20))
    return X, (X[:, 0] + X[:, 1] * X[:, 2] + random.normal(size=rows) > 0).astype(int)


def lightgbm(size: int, rows: int) -> Training:
    """Return a training of so many rounds with two parts that are evaluated."""
    import lightgbm as library

    from jupyter_tracking.integrations.lightgbm import TrackingCallback

    X, y = data(rows)
    learned = library.Dataset(X[: rows * 4 // 5], y[: rows * 4 // 5])
    held = learned.create_valid(X[rows * 4 // 5 :], y[rows * 4 // 5 :])
    params = {"objective": "binary", "metric": ["auc", "binary_logloss"], "verbose": -1, "num_threads": 1}

    def train(callbacks: list[Any]) -> None:
        library.train(params, learned, size, valid_sets=[learned, held], valid_names=["train", "valid"], callbacks=callbacks)

    def calling(log: Log) -> Any:
        return lambda env: log(env.iteration, {f"{part}/{name}": value for part, name, value, *_ in env.evaluation_result_list})

    return Training(train, lambda model: TrackingCallback(log_model=model), calling)


def xgboost(size: int, rows: int) -> Training:
    """The same with XGBoost."""
    import xgboost as library

    from jupyter_tracking.integrations.xgboost import TrackingCallback

    X, y = data(rows)
    learned, held = library.DMatrix(X[: rows * 4 // 5], y[: rows * 4 // 5]), library.DMatrix(X[rows * 4 // 5 :], y[rows * 4 // 5 :])
    params = {"objective": "binary:logistic", "eval_metric": ["auc", "logloss"], "nthread": 1}

    def train(callbacks: list[Any]) -> None:
        library.train(params, learned, size, evals=[(learned, "train"), (held, "valid")], verbose_eval=False, callbacks=callbacks)

    class Calling(library.callback.TrainingCallback):
        def __init__(self, log: Log) -> None:
            super().__init__()
            self.log = log

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            found = {f"{part}/{name}": history[-1] for part, measures in evals_log.items() for name, history in measures.items()}
            self.log(epoch, found)
            return False

    return Training(train, lambda model: TrackingCallback(log_model=model), Calling)


def keras(size: int, rows: int, *, batches: bool = False) -> Training:
    """Return a training of so many batches in epochs of a hundred, of which each epoch is logged, or each batch."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras as library

    from jupyter_tracking.integrations.keras import TrackingCallback

    X, y = data(min(rows, 6400))
    Dense = library.layers.Dense
    layers = [library.layers.Input((20,)), Dense(256, "relu"), Dense(256, "relu"), Dense(1)]  # as of `torch_small`
    model = library.Sequential(layers)
    model.compile("adam", "mse")

    def train(callbacks: list[Any]) -> None:
        model.fit(X, y, batch_size=64, epochs=max(1, size // 100), verbose=0, callbacks=callbacks)

    class Calling(library.callbacks.Callback):
        def __init__(self, log: Log) -> None:
            super().__init__()
            self.log, self.count = log, 0
            setattr(self, "on_train_batch_end" if batches else "on_epoch_end", self.call)

        def call(self, _: int, logs: Any = None) -> None:
            self.count += 1
            self.log(self.count, {name: float(value) for name, value in (logs or {}).items()})

    return Training(train, lambda model: TrackingCallback(log_every=1 if batches else None, log_model=model), Calling)


def keras_batches(size: int, rows: int) -> Training:
    """The same, with the metrics of each batch."""
    return keras(size, rows, batches=True)


def torch(size: int, rows: int, *, small: bool = False) -> Training:
    """Return a loop of so many steps that logs the loss of each: `ours` by `log_metric`, all others by what takes several metrics.

    Each step is of 64 pictures as large as those of MNIST, which takes some milliseconds.
    """
    import torch as library
    from torch import nn

    library.set_num_threads(1)
    library.manual_seed(0)
    X, y = (library.tensor(values, dtype=library.float32) for values in data(min(rows, 6400)))
    if small:
        model = nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1))
    else:
        X, model = pictures(len(X)), convolutions()
    optimizer, loss_of = library.optim.Adam(model.parameters()), nn.BCEWithLogitsLoss()

    def train(callbacks: list[Any]) -> None:
        for step in range(size):
            start = step * 64 % len(X)
            optimizer.zero_grad()
            loss = loss_of(model(X[start : start + 64])[:, 0], y[start : start + 64])
            loss.backward()
            optimizer.step()
            value = loss.item()
            for log in callbacks:
                log(step, {"train/loss": value})

    return Training(
        train, lambda _: lambda step, values: tracking.log_metric("train/loss", values["train/loss"], step=step), lambda log: log
    )


def pictures(count: int) -> Any:
    """Return so many pictures of 28 by 28."""
    import torch as library

    return library.rand(count, 1, 28, 28)


def convolutions() -> Any:
    """Return a network for such pictures, of two convolutions."""
    from torch import nn

    layers = [nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 12 * 12, 1))


def lightning(size: int, rows: int) -> Training:
    """Return a training by Lightning of so many steps, each of which logs its loss, with the pictures and the network of `torch`."""
    import logging
    import warnings

    import lightning.pytorch as library
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    from jupyter_tracking.integrations.pytorch_lightning import TrackingLogger

    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    torch.set_num_threads(1)
    labels = torch.tensor(data(min(rows, 6400))[1], dtype=torch.float32)
    loader = DataLoader(TensorDataset(pictures(len(labels)), labels), batch_size=64)

    class Module(library.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.layers = convolutions()

        def training_step(self, batch: Any, _: int) -> Any:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(self.layers(batch[0])[:, 0], batch[1])
            self.log("train/loss", loss)
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.Adam(self.parameters())

    class Calling(library.Callback):
        def __init__(self, log: Log) -> None:
            self.report = log  # Lightning gives callbacks a `log` of its own

        def on_train_batch_end(self, trainer: Any, *_: object) -> None:
            self.report(trainer.global_step, {name: float(value) for name, value in trainer.callback_metrics.items()})

    def train(given: list[Any]) -> None:
        loggers = [each for each in given if isinstance(each, TrackingLogger)]
        settings: dict[str, Any] = {"accelerator": "cpu", "enable_progress_bar": False, "enable_model_summary": False}
        with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
            warnings.simplefilter("ignore")
            trainer = library.Trainer(
                max_steps=size,
                max_epochs=-1,
                log_every_n_steps=1,
                default_root_dir=folder,
                logger=loggers or False,
                callbacks=[each for each in given if each not in loggers],
                **settings,
            )
            trainer.fit(Module(), loader)

    return Training(train, lambda model: TrackingLogger(log_model=model), Calling)


def torch_small(size: int, rows: int) -> Training:
    """The same with a network of two small layers, of which a step takes less than a millisecond."""
    return torch(size, rows, small=True)


# --- who logs -----------------------------------------------------------------------------------------

Logger = Callable[[Training, Path], Any]


@contextmanager
def floor(training: Training, _: Path) -> Iterator[Any]:
    kept: list[Any] = []
    yield training.calling(lambda step, values: kept.append((step, values)))


@contextmanager
def ours(training: Training, folder: Path, *, model: bool = True) -> Iterator[Any]:
    with tracking.init(root=folder, quiet=True, track_code=False, track_env=False):
        yield training.ours(model)


def ours_no_model(training: Training, folder: Path) -> Any:
    return ours(training, folder, model=False)


@contextmanager
def ours_metrics(training: Training, folder: Path) -> Iterator[Any]:
    with tracking.init(root=folder, quiet=True, track_code=False, track_env=False) as run:
        yield training.calling(lambda step, values: run.log_metrics(values, step=step))


def another(name: str) -> Logger:
    """Return one of the contenders that the other benchmarks have too."""
    module = import_module(f"benchmarks.contenders.{name}")

    @contextmanager
    def logging(training: Training, folder: Path) -> Iterator[Any]:
        log, finish = module.metrics(folder)
        yield training.calling(log)
        finish()

    os.environ.update(module.SETTINGS)
    return logging


def measured(training: Training, logger: Logger | None, folder: Path) -> tuple[float, float]:
    """Return the processor time and the time of a training, from before its run starts until the run has ended."""
    place = Path(tempfile.mkdtemp(dir=folder))
    cpu, clock = time.process_time(), time.perf_counter()
    if logger is None:
        training.train([])
    else:
        with logger(training, place) as callback:
            training.train([callback])
    return time.process_time() - cpu, time.perf_counter() - clock


class Alternating:
    """A callback of steps that calls another in every second block of them, and takes the time of each block."""

    before_iteration = False  # as LightGBM wants it

    def __init__(self, log: Callable[..., object], steps: int) -> None:
        self.log, self.steps, self.count = log, steps, 0
        self.order = getattr(log, "order", 0)
        self.starts: list[tuple[float, float]] = []

    def __call__(self, *given: object) -> None:
        """Take the time where a block begins, and call the other where the block is one of those that do."""
        if self.count % self.steps == 0:
            self.starts.append((time.process_time(), time.perf_counter()))
        if self.count // self.steps % 2:
            self.log(*given)
        self.count += 1

    def ratios(self) -> list[tuple[float, float]]:
        """Return how much more processor time and time a block with the call took than the mean of those before and after it."""
        took = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(self.starts)]
        return [
            (2 * took[at][0] / (took[at - 1][0] + took[at + 1][0]), 2 * took[at][1] / (took[at - 1][1] + took[at + 1][1]))
            for at in range(1, len(took) - 1, 2)
        ]


def in_blocks(name: str, logger: str, training: Training, start: Logger, folder: Path, steps: int) -> None:
    """Print a line for one training whose blocks of steps log and do not log in turn."""
    taken: list[Alternating] = []

    def alternate(log: Callable[..., object]) -> Alternating:
        taken.append(Alternating(log, steps))
        return taken[-1]

    calling = Training(training.train, lambda model: alternate(training.ours(model)), lambda log: alternate(training.calling(log)))
    begun = time.process_time()
    with start(calling, folder) as callback:
        trained = time.process_time()
        training.train([callback])
        trained = time.process_time() - trained
    around = (time.process_time() - begun) / trained - 1
    ratios = np.array(taken[0].ratios())
    draws = np.random.default_rng(0).integers(len(ratios), size=(2000, len(ratios)))
    bounds = np.quantile(np.median(ratios[draws], axis=1), [0.025, 0.975], axis=0).T
    figures = [(middle, *between) for middle, between in zip(np.median(ratios, axis=0), bounds, strict=True)]
    report(name, logger, figures, f"{len(ratios):,} blocks of {steps:,} steps; before and after them {around:.4f}")


def report(name: str, logger: str, figures: list[tuple[float, float, float]], about: str) -> None:
    """Print a line: of the processor time and of the time, the middle and how far it lies apart."""
    shown = " ".join(f"{middle:8.4f} ({low:.4f}-{high:.4f})" for middle, low, high in figures)
    print(f"{name:13} {logger:13} {shown}   {about}", flush=True)


def main() -> None:
    """Measure, and print a line for each framework and each tracker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", nargs="*", default=[name for name in SIZES if find_spec(NEEDS.get(name, name))])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=int, help="how many rounds, batches or steps, instead of 1,000 and 10,000")
    parser.add_argument("--rows", type=int, default=50_000, help="how many a booster learns from and is evaluated on")
    parser.add_argument("--blocks", type=int, metavar="STEPS", help="one training that logs so many steps, then leaves out as many")
    parser.add_argument("--trackers", nargs="+", help="floor ours ours_no_model ours_metrics wandb mlflow trackio: only these")
    given = parser.parse_args()
    if given.blocks and (refused := [name for name in given.frameworks if name not in BLOCKS]):
        parser.error(f"--blocks is for {', '.join(BLOCKS)}, which call what logs a step as a function, and not for {', '.join(refused)}")
    others = {name: another(contender) for name, contender in OTHERS.items() if find_spec(name)}
    print(f"{'':13} {'':13} {'processor time':>24} {'time':>24}   of a training without a callback")
    for name in given.frameworks:
        size = given.size or SIZES[name]
        training = globals()[name](size, given.rows)
        loggers = {
            "floor": floor,
            "ours": ours,
            "ours_no_model": ours_no_model,
            "ours_metrics": ours_metrics,
            **others,
        }
        loggers = {logger: start for logger, start in loggers.items() if given.trackers is None or logger in given.trackers}
        if given.blocks:
            for logger, start in loggers.items():
                with tempfile.TemporaryDirectory() as folder:
                    short = globals()[name](2 * given.blocks, given.rows)
                    measured(short, start, Path(folder))  # what is compiled or read for the first time is not counted
                    in_blocks(name, logger, training, start, Path(folder), given.blocks)
            continue
        ratios: dict[str, list[tuple[float, float]]] = {logger: [] for logger in loggers}
        bare: list[float] = []
        with tempfile.TemporaryDirectory() as folder:
            for number in range(given.rounds + 1):
                for logger, start in loggers.items():
                    without = measured(training, None, Path(folder))
                    found = measured(training, start, Path(folder))
                    if number:  # what is compiled or read for the first time is not counted
                        ratios[logger].append((found[0] / without[0], found[1] / without[1]))
                        bare.append(without[1])
        for logger, rounds in ratios.items():
            figures = [(statistics.median(each), min(each), max(each)) for each in zip(*rounds, strict=True)]
            report(name, logger, figures, f"{size:,} in {statistics.median(bare):.2f} s")


if __name__ == "__main__":
    main()

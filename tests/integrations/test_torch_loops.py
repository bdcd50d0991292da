"""Accelerate, skorch and Ignite: a training is in the run as the framework's own history has it."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from tests.integrations.training import read, run_example, series, two_classes

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]


# --- Accelerate ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_name", [True, False])
def test_accelerate_logs_what_it_is_given(root: Path, by_name: bool) -> None:
    """By the name that is registered, or by a tracker that was made: metrics, texts, images, parameters, the end."""
    from accelerate import Accelerator

    from jupyter_tracking.integrations.accelerate import TrackingTracker

    accelerator = Accelerator(cpu=True, log_with="jupyter_tracking" if by_name else TrackingTracker("digits"))
    accelerator.init_trackers(
        "digits", config={"lr": 0.1, "layers": [2, 3]}, init_kwargs={"jupyter_tracking": {"quiet": True}} if by_name else {}
    )
    run = accelerator.get_tracker("jupyter_tracking").tracker
    for step in range(3):
        accelerator.log({"train/loss": 1 / (step + 1), "note": f"step {step}"}, step=step)
    accelerator.get_tracker("jupyter_tracking").log_images({"sample": np.zeros((2, 8, 8, 3), dtype=np.uint8)}, step=2)
    accelerator.end_training()
    view = read(run)
    assert series(view, "train/loss") == {0: 1.0, 1: 0.5, 2: 1 / 3}
    assert view.load("note", step=1) == "step 1"
    assert view.load("sample/1").shape == (8, 8, 3)
    assert view.inputs == {"lr": 0.1, "layers": [2, 3]}
    assert (view.status, view.project) == ("succeeded", "digits")


def test_accelerate_goes_on_with_the_active_run(root: Path) -> None:
    """And leaves its end to who began it."""
    from accelerate import Accelerator

    from jupyter_tracking.integrations.accelerate import TrackingTracker

    with tracking.init(root=root, quiet=True) as run:
        accelerator = Accelerator(cpu=True, log_with=TrackingTracker())
        accelerator.init_trackers("digits")
        accelerator.log({"train/loss": 1.0}, step=0)
        accelerator.end_training()
        tracking.log_metric("after", 1.0)
    assert [name for _, name in read(run).artifacts()] == ["train/loss", "after"]


def test_the_example_of_accelerate_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    from accelerate import Accelerator

    found = run_example("accelerate", {"Accelerator": lambda log_with: Accelerator(cpu=True, log_with=log_with)})
    assert found["accelerator"].trackers[0].name == "jupyter_tracking"
    assert tracking.runs(root)["outputs.train/loss"].tolist() == [0.5]


# --- skorch -------------------------------------------------------------------------------------------


def net(*callbacks: Any, **more: Any) -> Any:
    """A linear classifier, five epochs, a fifth of the data held out."""
    import torch
    from skorch import NeuralNetClassifier

    torch.manual_seed(1)
    settings = {"module": torch.nn.Linear, "module__in_features": 30, "module__out_features": 2, "criterion": torch.nn.CrossEntropyLoss}
    return NeuralNetClassifier(**settings, lr=0.1, verbose=0, callbacks=list(callbacks), **{"max_epochs": 5, **more})


def numbers() -> tuple[Any, Any]:
    """Data in the types that PyTorch wants."""
    data = two_classes()
    return data.X.astype("float32"), data.y


def test_skorchs_history_is_there_epoch_by_epoch(root: Path) -> None:
    """Train and validation apart, at skorch's own numbers of epochs; each best epoch's weights load and predict the same."""
    from skorch.callbacks import LRScheduler

    from jupyter_tracking.integrations.skorch import TrackingCallback

    X, y = numbers()
    with tracking.init(root=root, quiet=True) as run:
        fitted = net(("rate", LRScheduler("StepLR", step_size=2, gamma=0.5)), TrackingCallback()).fit(X, y)
    view, history = read(run), fitted.history
    for ours, theirs in (
        ("train/loss", "train_loss"),
        ("valid/loss", "valid_loss"),
        ("valid/acc", "valid_acc"),
        ("learning_rate", "event_lr"),
    ):
        assert series(view, ours) == {row["epoch"]: row[theirs] for row in history}
    best = [row["epoch"] for row in history if row["valid_loss_best"]]
    assert view.steps("model") == best
    assert view.outputs["best_epoch"] == best[-1]
    assert (view.inputs["lr"], view.inputs["max_epochs"]) == (0.1, 5)
    other = net().initialize()
    other.load_params(f_params=view.load("model"))
    if best[-1] == 5:
        assert np.array_equal(other.predict_proba(X), fitted.predict_proba(X))


def test_skorch_in_a_search(root: Path) -> None:
    """A search clones the net, and fits the copies in workers: each logs to the run."""
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    from jupyter_tracking.integrations.skorch import TrackingCallback

    X, y = numbers()
    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback(log_model=False)
        assert clone(callback).run is pickle.loads(pickle.dumps(callback)).run is copy.deepcopy(callback).run is run
        cross_val_score(net(callback, train_split=None), X, y, cv=2)
    assert sorted(read(run).events("train/loss")["step"]) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_the_example_of_skorch_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    X, y = numbers()
    run_example("skorch", {"NeuralNetClassifier": lambda _, callbacks, **more: net(*callbacks, **more), "Module": None, "X": X, "y": y})
    assert {"train/loss", "valid/loss", "model"} <= {name for _, name in tracking.open_run("digits", root).artifacts()}


# --- Ignite -------------------------------------------------------------------------------------------


def engines() -> dict[str, Any]:
    """A trainer and an evaluator of Ignite's, what they work on, and the losses that the trainer had."""
    import torch
    from ignite.engine import Engine, Events, create_supervised_evaluator
    from ignite.handlers import global_step_from_engine
    from ignite.metrics import Accuracy, Loss

    torch.manual_seed(1)
    X, y = (torch.as_tensor(each) for each in numbers())
    model = torch.nn.Linear(30, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses: list[float] = []

    def step(_: Any, batch: Any) -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(batch[0]), batch[1])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        return loss.item()

    trainer = Engine(step)
    evaluator = create_supervised_evaluator(model, {"accuracy": Accuracy(), "loss": Loss(torch.nn.CrossEntropyLoss())})
    loader = [(X[:200], y[:200]), (X[200:], y[200:])]
    evaluated: list[dict[str, float]] = []

    @trainer.on(Events.EPOCH_COMPLETED)
    def evaluate(_: Any) -> None:
        evaluated.append(dict(evaluator.run(loader).metrics))

    return {**locals(), "Events": Events, "train_loader": loader, "global_step_from_engine": global_step_from_engine}


def test_ignites_handlers_log_to_the_run(root: Path) -> None:
    """Metrics of both engines, the learning rate, and checkpoints with their scores: each at Ignite's step."""
    from ignite.handlers import Checkpoint

    from jupyter_tracking.integrations.ignite import TrackingLogger

    parts = engines()
    trainer, evaluator, events = parts["trainer"], parts["evaluator"], parts["Events"]
    with tracking.init(root=root, quiet=True) as run:
        logger = TrackingLogger()
        logger.attach_output_handler(trainer, events.ITERATION_COMPLETED, tag="train", output_transform=lambda loss: {"loss": loss})
        of_trainer = parts["global_step_from_engine"](trainer)
        logger.attach_output_handler(evaluator, events.COMPLETED, tag="valid", metric_names="all", global_step_transform=of_trainer)
        logger.attach_opt_params_handler(trainer, events.EPOCH_COMPLETED, optimizer=parts["optimizer"])
        keeper = Checkpoint(
            {"model": parts["model"]},
            logger.saver(),
            n_saved=2,
            score_function=lambda engine: engine.state.metrics["accuracy"],
            score_name="accuracy",
            global_step_transform=of_trainer,
        )
        evaluator.add_event_handler(events.COMPLETED, keeper)
        logger.log_inputs({"lr": 0.1})
        trainer.run(parts["train_loader"], max_epochs=4)
    view = read(run)
    assert series(view, "train/loss") == {number + 1: loss for number, loss in enumerate(parts["losses"])}
    for name in ("accuracy", "loss"):
        assert series(view, f"valid/{name}") == {number + 1: found[name] for number, found in enumerate(parts["evaluated"])}
    assert view.inputs == {"lr": 0.1}
    rate = next(name for kind, name in view.artifacts() if kind == "metric" and name.startswith("lr"))
    assert set(series(view, rate).values()) == {0.1}
    specs = dict(zip(view.steps("model"), view.events("model")["spec"], strict=True))
    scores = {number + 1: found["accuracy"] for number, found in enumerate(parts["evaluated"])}
    assert {step: spec["accuracy"] for step, spec in specs.items()} == {step: scores[step] for step in specs}
    best = [step for step, spec in specs.items() if spec["best"]]
    assert scores[best[-1]] == max(scores.values())


def test_the_example_of_ignite_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    run_example("ignite", engines())
    assert {"train/loss", "valid/loss", "valid/accuracy"} <= {name for _, name in tracking.open_run("digits", root).artifacts()}

"""Hugging Face's Trainer: a training is in the run as the trainer's own history has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from tests.integrations.training import read, run_example, series

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # Transformers warns of much that is not ours


def tiny() -> tuple[Any, Any]:
    """A BERT of one layer that nobody trained, and forty sentences of random words."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(1)
    config = BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=2)
    words = torch.randint(0, 30, (40, 6))
    rows = [{"input_ids": row, "labels": int(row[0] > 14)} for row in words]
    return BertForSequenceClassification(config), rows


def trainer(root: Path, *callbacks: Any, **more: Any) -> Any:
    """A trainer of two epochs, ten steps each, that evaluates and saves after each epoch."""
    from transformers import Trainer, TrainingArguments

    model, rows = tiny()
    settings = {"report_to": "none", "num_train_epochs": 2, "logging_steps": 2, "eval_strategy": "epoch", "save_strategy": "epoch", **more}
    arguments = TrainingArguments(
        str(root / "out"), per_device_train_batch_size=4, learning_rate=0.01, disable_tqdm=True, use_cpu=True, seed=1, **settings
    )
    return Trainer(model, arguments, train_dataset=rows, eval_dataset=rows[:8], callbacks=list(callbacks))


def test_what_the_trainer_logs_is_there_step_by_step(root: Path) -> None:
    """Each value of its history, train and validation apart, with the learning rate; the arguments are inputs; the model predicts the same."""
    import torch
    from transformers import BertForSequenceClassification

    from jupyter_tracking.integrations.hugging_face import TrackingCallback

    with tracking.init(root=root, quiet=True) as run:
        told = trainer(root, TrackingCallback(log_checkpoints=True), load_best_model_at_end=True)
        told.train()
    view, history = read(run), told.state.log_history
    for ours, theirs in (
        ("train/loss", "loss"),
        ("learning_rate", "learning_rate"),
        ("train/grad_norm", "grad_norm"),
        ("valid/loss", "eval_loss"),
    ):
        assert series(view, ours) == {row["step"]: row[theirs] for row in history if theirs in row}
    assert len(series(view, "train/loss")) == 10
    assert len(series(view, "valid/loss")) == 2
    assert view.outputs["train_runtime"] == next(row["train_runtime"] for row in history if "train_runtime" in row)
    assert (view.inputs["learning_rate"], view.inputs["num_train_epochs"]) == (0.01, 2)
    assert view.inputs["model_config"]["hidden_size"] == 8
    assert view.outputs["best_metric"] == min(series(view, "valid/loss").values())
    loaded = BertForSequenceClassification.from_pretrained(view.load("model")).eval()
    words = {"input_ids": torch.stack([row["input_ids"] for row in tiny()[1]])}
    assert torch.equal(loaded(**words).logits, told.model.eval()(**words).logits)
    checkpoints = dict(zip(view.steps("checkpoint"), view.events("checkpoint")["spec"], strict=True))
    assert list(checkpoints) == [10, 20]
    best = [step for step, spec in checkpoints.items() if spec["best"]]
    assert best[-1] == told.state.best_global_step == view.steps("model")[-1]


def test_it_is_found_by_its_name(root: Path) -> None:
    """`report_to="jupyter_tracking"`, by the dictionary that Transformers has; a run is started where none is active."""
    import jupyter_tracking.integrations.hugging_face

    assert jupyter_tracking.integrations.hugging_face
    told = trainer(root, report_to="jupyter_tracking", num_train_epochs=1)
    assert tracking.current_run() is None
    told.train()
    run = tracking.current_run()
    assert run is not None
    tracking.end()
    assert len(series(read(run), "train/loss")) == 5


def test_an_interrupt_stops_the_run(root: Path) -> None:
    """Ctrl-C in the middle: the run is stopped, and has the steps until then."""
    from transformers import TrainerCallback

    from jupyter_tracking.integrations.hugging_face import TrackingCallback

    class Interrupt(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            if state.global_step == 5:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), tracking.init(root=root, quiet=True) as run:
        trainer(root, TrackingCallback(), Interrupt()).train()
    view = read(run)
    assert view.status == "stopped"
    assert list(series(view, "train/loss")) == [2, 4]


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    from transformers import Trainer

    model, rows = tiny()
    told = trainer(root, num_train_epochs=1)
    run_example("hugging_face", {"Trainer": Trainer, "model": model, "arguments": told.args, "data": rows, "held_out": rows[:8]})
    assert {"train/loss", "valid/loss", "model"} <= {name for _, name in tracking.open_run("tuned", root).artifacts()}

"""Lightning: a training is in the run as Lightning's own CSV logger has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from tests.integrations.training import only_run, python, read, run_example, series

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # Lightning warns of small data, of few workers, of much else

TRAINING = """
import importlib, sys, warnings
warnings.simplefilter("ignore")
import torch
from torch.utils.data import DataLoader, TensorDataset
lightning = importlib.import_module("lightning.pytorch")
import jupyter_tracking as tracking
from jupyter_tracking.integrations.pytorch_lightning import TrackingLogger

class Module(lightning.LightningModule):
    def __init__(self, lr=0.1, stop=None):
        super().__init__()
        self.save_hyperparameters(ignore=["stop"])
        self.layer = torch.nn.Linear(4, 1)
        self.stop = stop
    def loss(self, batch):
        return torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])
    def training_step(self, batch, number):
        if self.stop is not None and self.global_step == 5:
            raise self.stop
        loss = self.loss(batch)
        self.log("train/loss", loss, on_step=True, on_epoch=False)
        return loss
    def validation_step(self, batch, number):
        self.log("valid/loss", self.loss(batch))
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)

lightning.seed_everything(1, verbose=False)
X = torch.randn(64, 4)
y = X @ torch.tensor([[1.0], [2.0], [0.0], [-1.0]])
loader, held = DataLoader(TensorDataset(X, y), batch_size=16), DataLoader(TensorDataset(X, y), batch_size=64)

def trainer(logger, **more):
    settings = dict(max_epochs=4, log_every_n_steps=1, accelerator="cpu", devices=1, enable_progress_bar=False, enable_model_summary=False)
    return lightning.Trainer(**{**settings, "logger": logger, **more})
"""


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """The model and its data."""
    found: dict[str, Any] = {}
    exec(TRAINING, found)
    return found


def test_what_the_module_logs_is_there_step_by_step(root: Path, names: dict[str, Any]) -> None:
    """Lightning's own CSV logger beside ours has the same values at the same steps; hyperparameters are inputs."""
    import pandas as pd
    from lightning.pytorch.loggers import CSVLogger

    theirs = CSVLogger(root)
    with tracking.init(root=root, quiet=True) as run:
        names["trainer"]([names["TrackingLogger"](), theirs]).fit(names["Module"](lr=0.05), names["loader"], names["held"])
    view, table = read(run), pd.read_csv(f"{theirs.log_dir}/metrics.csv")
    for name in ("train/loss", "valid/loss"):
        column = table.dropna(subset=[name]).set_index("step")[name]
        assert series(view, name) == pytest.approx(column.to_dict(), rel=1e-12)
    assert len(series(view, "train/loss")) == 16
    assert view.inputs["lr"] == 0.05
    assert view.status == "succeeded"


def test_each_best_checkpoint_is_a_version_of_the_model(root: Path, names: dict[str, Any]) -> None:
    """The last of them is the best, loads, and predicts as the best model does; Lightning's own file lies among the outputs."""
    import torch
    from lightning.pytorch.callbacks import ModelCheckpoint

    with tracking.init(root=root, quiet=True, name="a run/..") as run:
        keeper = ModelCheckpoint(monitor="valid/loss", save_top_k=1)
        names["trainer"](names["TrackingLogger"](), callbacks=[keeper]).fit(names["Module"](), names["loader"], names["held"])
    view = read(run)
    losses = list(series(view, "valid/loss").items())
    best = [step for place, (step, loss) in enumerate(losses) if loss == min(value for _, value in losses[: place + 1])]
    assert view.steps("model") == [step + 1 for step in best]  # Lightning counts the step that is done
    assert all(spec["best"] for spec in view.events("model")["spec"])
    assert view.outputs["best_valid/loss"] == float(keeper.best_model_score)
    ours = names["Module"].load_from_checkpoint(view.load("model"))
    theirs = names["Module"].load_from_checkpoint(keeper.best_model_path)
    assert torch.equal(ours.layer(names["X"]), theirs.layer(names["X"]))
    assert keeper.best_model_path.startswith(f"{run.path}/outputs/")
    assert ".." not in keeper.best_model_path


def test_both_names_of_the_library_work(root: Path) -> None:
    """A program that imports `pytorch_lightning` gets a logger of it, and `lightning` is not imported."""
    script = TRAINING.replace("lightning.pytorch", "pytorch_lightning") + (
        'import pytorch_lightning\nlogger = TrackingLogger(name="old", end_on_finalize=True)\n'
        "trainer(logger).fit(Module(), loader, held)\n"
        'print(isinstance(logger, pytorch_lightning.loggers.Logger), "lightning.pytorch" in sys.modules)\n'
    )
    output, _ = python(script).communicate()
    assert "True False" in output, output
    view = only_run(root)
    assert (view.name, view.status, len(series(view, "train/loss"))) == ("old", "succeeded", 16)


@pytest.mark.parametrize(("error", "status"), [("KeyboardInterrupt()", "stopped"), ("FloatingPointError('no number')", "failed")])
def test_a_failure_and_an_interrupt_are_in_the_status(root: Path, error: str, status: str) -> None:
    """Lightning turns an interrupt into an exit with code 1; the run is stopped all the same, and has the steps until then."""
    output, _ = python(TRAINING + f"trainer(TrackingLogger()).fit(Module(stop={error}), loader, held)").communicate()
    view = only_run(root)
    assert view.status == status, output
    assert len(series(view, "train/loss")) == 5


def test_two_processes_have_one_run(root: Path) -> None:
    """With two processes of one training, that of rank 0 writes, and nothing is there twice."""
    script = TRAINING + (
        'if __name__ == "__main__":\n'
        "    with tracking.init(quiet=True):\n"
        '        trainer(TrackingLogger(), devices=2, strategy="ddp_fork", enable_checkpointing=False).fit(Module(), loader, held)\n'
    )
    output, _ = python(script).communicate()
    view = only_run(root)
    assert view.status == "succeeded", output
    assert list(series(view, "train/loss")) == list(range(8)), output


def test_the_example_runs(root: Path, names: dict[str, Any]) -> None:
    """The example of the documentation, as it stands there."""
    given = {"Trainer": lambda **more: names["trainer"](more.pop("logger"), **more), "module": names["Module"]()}
    run_example("pytorch_lightning", {**given, "train_loader": names["loader"], "valid_loader": names["held"]})
    assert {"train/loss", "valid/loss", "model"} <= {name for _, name in tracking.open_run("digits", root).artifacts()}

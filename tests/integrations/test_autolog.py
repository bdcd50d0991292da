"""`autolog`: what has an official place logs to the active run without a callback, and no longer when it is switched off."""

from __future__ import annotations

import importlib
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from tests.integrations.training import CHECKOUT, read, series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def switched_off_afterwards(root: Path) -> Iterator[None]:
    """The next test has nothing that logs by itself."""
    yield
    tracking.autolog(False)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package's entry points are found, as where it is installed; here it is a checkout on the path."""
    groups = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["entry-points"]
    about = tmp_path / "site" / "jupyter_tracking-0.dist-info"
    about.mkdir(parents=True)
    lines = [line for group, points in groups.items() for line in (f"[{group}]", *(f"{name} = {value}" for name, value in points.items()))]
    (about / "entry_points.txt").write_text("\n".join(lines))
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: jupyter-tracking\nVersion: 0\n")
    monkeypatch.syspath_prepend(str(about.parent))


@pytest.mark.integrations
def test_langchain_is_traced_into_the_run_that_is_active(root: Path) -> None:
    """A trace a call, of whichever run is active; with a callback of one's own there is still one; after `autolog(False)` none."""
    from langchain_core.runnables import RunnableLambda

    from jupyter_tracking.integrations.langchain import TrackingCallback

    double = RunnableLambda(lambda number: 2 * number, name="double")
    tracking.autolog()
    runs = []
    for _ in range(2):
        with tracking.init(root=root, quiet=True) as run:
            assert (double | double).invoke(2) == 8
            assert double.invoke(3) == 6
            assert double.invoke(4, config={"callbacks": [TrackingCallback()]}) == 8
        runs.append(read(run))
    for view in runs:
        assert view.steps("double") == [1, 2]
        assert [child["name"] for child in view.load("RunnableSequence")["children"]] == ["double", "double"]
    tracking.autolog(False)
    with tracking.init(root=root, quiet=True) as run:
        double.invoke(3)
    assert not [name for _, name in read(run).artifacts() if name == "double"]


@pytest.mark.integrations
def test_it_says_what_is_on_and_what_needs_a_callback(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one line, of what is imported."""
    for framework in ("langchain_core", "lightgbm"):
        importlib.import_module(framework)
    tracking.autolog()
    (line,) = capsys.readouterr().out.splitlines()
    assert re.match(r"autolog is on for LangChain; a line of yours is needed for .*LightGBM: callbacks=\[…\]", line)
    tracking.autolog(False)
    assert capsys.readouterr().out == "autolog is off\n"


@pytest.mark.integrations
def test_something_else_than_a_switch_is_refused(root: Path) -> None:
    """A framework's name, say."""
    with pytest.raises(tracking.TrackingError, match="give True or False"):
        tracking.autolog("lightgbm")  # type: ignore[arg-type]


@pytest.mark.torch
@pytest.mark.parametrize("package", ["lightning.pytorch", "pytorch_lightning"])
@pytest.mark.usefixtures("installed")
def test_each_trainer_of_lightning_logs(root: Path, package: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Metrics, hyperparameters and the checkpoint, as with a logger that is given; once, also where one is given; not when it is off."""
    from jupyter_tracking.integrations.pytorch_lightning import TrackingLogger
    from tests.integrations.test_lightning import TRAINING

    names: dict[str, Any] = {}
    exec(TRAINING.replace('"lightning.pytorch"', repr(package)), names)

    def fit(logger: Any) -> tracking.RunView:
        with tracking.init(root=root, quiet=True) as run:
            names["trainer"](logger, default_root_dir=str(root)).fit(names["Module"](), names["loader"], names["held"])
        return read(run)

    tracking.autolog()
    assert "Lightning" in capsys.readouterr().out
    for view in (fit(False), fit(TrackingLogger())):
        assert len(series(view, "train/loss")) == 16
        assert len(series(view, "valid/loss")) == 4
        assert view.inputs["lr"] == 0.1
        assert view.steps("model") == [4, 8, 12, 16]
    tracking.autolog(False)
    assert not [kind for kind, _ in fit(False).artifacts() if kind == "metric"]


@pytest.mark.torch
def test_transformers_and_accelerate_know_the_name(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`report_to` and `log_with`, also after `autolog(False)`: what imported the module by itself relies on it."""
    from accelerate import Accelerator

    from tests.integrations.test_hugging_face import trainer

    importlib.import_module("transformers")
    for _ in range(2):
        tracking.autolog()
        assert 'Transformers (report_to="jupyter_tracking"), Accelerate (log_with="jupyter_tracking")' in capsys.readouterr().out
        with tracking.init(root=root, quiet=True) as run:
            trainer(root, report_to="jupyter_tracking", num_train_epochs=1).train()
            accelerator = Accelerator(log_with="jupyter_tracking", cpu=True)
            accelerator.init_trackers("digits", config={"lr": 0.1})
            accelerator.log({"loss": 0.5}, step=0)
            accelerator.end_training()
        view = read(run)
        assert len(series(view, "train/loss")) == 5
        assert series(view, "loss") == {0: 0.5}
        tracking.autolog(False)
        assert trainer(root, report_to="jupyter_tracking")
        assert Accelerator(log_with="jupyter_tracking", cpu=True)

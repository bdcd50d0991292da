"""Without any framework: each integration is imported all the same, and says what to install; the names of Polyaxon's are there."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import jupyter_tracking
from jupyter_tracking.errors import MissingExtra, TrackingError

PACKAGE = Path(jupyter_tracking.__file__).parent
STEMS = sorted(path.stem for path in (PACKAGE / "contrib").glob("*.py") if path.stem != "__init__")

# What polyaxon.tracking.contrib (traceml 1.5) has, and how it is called; of a class its arguments in their order.
POLYAXON = {
    "keras": {
        "PolyaxonCallback": [
            *("run", "metrics", "log_model", "save_weights_only", "log_best_prefix", "mode", "monitor", "use_store_path", "model_ext"),
        ],
        "PolyaxonKerasCallback": ["run", "metrics"],
    },
    "lightgbm": {"polyaxon_callback": ["run"]},
    "scikit": {
        "log_classifier": ["classifier", "X_test", "y_test", "nrows", "run"],
        "log_regressor": ["regressor", "X_test", "y_test", "nrows", "run"],
    },
    "xgboost": {
        "PolyaxonCallback": ["run", "log_model", "log_importance", "importance_type", "max_num_features"],
        "polyaxon_callback": ["log_model", "log_importance", "max_num_features", "run"],
    },
}


def callables(stem: str) -> list[str]:
    """The public functions and classes that a module of an integration makes itself."""
    module = importlib.import_module(f"jupyter_tracking.integrations.{stem}")
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", "") == module.__name__
    ]


@pytest.mark.parametrize("stem", STEMS)
def test_a_framework_that_is_missing_is_named_with_what_installs_it(stem: str) -> None:
    """The module is imported without its framework; what is made of it raises one error of ours, which is an ImportError too."""
    blocked = f"""
import inspect, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in sys.stdlib_module_names and name.partition(".")[0] in {FRAMEWORKS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
import jupyter_tracking as tracking
from jupyter_tracking.contrib import {stem} as contrib
from jupyter_tracking.integrations import {stem} as module
run = tracking.init(quiet=True, track_code=False, track_env=False)
for name in {callables(stem)!r}:
    called = getattr(getattr(module, name), "process_summary", getattr(module, name))  # TensorBoard's, which is no object
    required = [each for each in inspect.signature(called).parameters.values() if each.default is each.empty and each.kind < each.VAR_POSITIONAL]
    try:
        called(*([None] * len(required)))
    except tracking.TrackingError as error:
        print(type(error).__name__, isinstance(error, ImportError), error)
"""
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines
    for line in lines:
        assert line.startswith("MissingExtra True this needs "), line
        assert ": pip install " in line


FRAMEWORKS = [
    *("accelerate", "catboost", "fastai", "ignite", "keras", "langchain_core", "lightgbm", "lightning", "optuna", "pytorch_lightning"),
    *("skorch", "sklearn", "tensorboard", "tensorboardX", "tensorflow", "torch", "transformers", "xgboost"),
]


@pytest.mark.parametrize("stem", STEMS)
def test_our_names_are_in_contrib_too(stem: str) -> None:
    """Both modules have the same objects, under our names and under those that the family of Polyaxon's modules has."""
    ours = importlib.import_module(f"jupyter_tracking.integrations.{stem}")
    theirs = importlib.import_module(f"jupyter_tracking.contrib.{stem}")
    for name in theirs.__all__:
        if hasattr(ours, name):
            assert getattr(theirs, name) is getattr(ours, name)
    assert {"TrackingCallback", "TrackingLogger", "TrackingTracker"} & {*theirs.__all__}
    assert not {name for name in callables(stem) if name not in theirs.__all__}


@pytest.mark.parametrize("stem", POLYAXON)
def test_polyaxons_names_take_polyaxons_arguments(stem: str) -> None:
    """Each name of `polyaxon.tracking.contrib` takes its arguments in its order."""
    module = importlib.import_module(f"jupyter_tracking.contrib.{stem}")
    for name, arguments in POLYAXON[stem].items():
        found = getattr(module, name)
        called = found.__init__ if inspect.isclass(found) else found
        parameters = [parameter for parameter in inspect.signature(called).parameters if parameter != "self"]
        assert parameters[: len(arguments)] == arguments


def test_importing_the_package_imports_no_framework() -> None:
    """Nor does importing the package of the integrations."""
    code = f"import sys, jupyter_tracking.integrations, jupyter_tracking.contrib; print([f for f in {FRAMEWORKS!r} if f in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_no_run_is_refused_by_name() -> None:
    """A uuid or a view is none."""
    from jupyter_tracking.integrations.base import CallbackRun

    with pytest.raises(TrackingError, match=r"run='first' is a str; give what tracking\.init"):
        CallbackRun("first")  # type: ignore[arg-type]
    assert issubclass(MissingExtra, ImportError)

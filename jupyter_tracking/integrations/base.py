"""What the callbacks of all frameworks share: the run they log to, in whichever process, and how parameters, models and scores are kept."""

from __future__ import annotations

import functools
import re
import tempfile
import weakref
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jupyter_tracking.errors import InvalidArgument, InvalidType, MissingExtra, TrackingError, log_errors, shortened, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import metric_summary
from jupyter_tracking.kinds.arguments import as_json
from jupyter_tracking.kinds.artifact import SAID_BY_THE_RUN
from jupyter_tracking.polyaxon.no_op import NO_UUID, silent
from jupyter_tracking.polyaxon.start import RunStart
from jupyter_tracking.record import start_values
from jupyter_tracking.record.run import Run
from jupyter_tracking.session import ActiveRun, current_run, init

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

_Run = TypeVar("_Run", bound=Run)

_TRIALS = ("rows", "runs")
MODEL, IMPORTANCE = "model", "feature_importance"  # the names under which every integration logs these

# --- the framework, which may not be installed -------------------------------------------------------


def missing(library: str, install: str, error: ImportError) -> MissingExtra:
    """Return the error that says how the framework is installed."""
    return MissingExtra(f"this needs {library}: pip install {install} ({error})")


def framework(module: str, install: str) -> Any:
    """Import a module of a framework.

    Args:
        module: its full name.
        install: what pip installs for it.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise missing(module.partition(".")[0], install, error) from error


def base_class(module: str, name: str, install: str) -> type:
    """Return the class of a framework that a callback has to be derived from.

    Where the framework is not installed, it is a class that cannot be instantiated: the module of the callback is imported all the same,
    and who makes a callback is told what to install.
    """
    try:
        found: type = attrgetter(name)(framework(module, install))
    except MissingExtra as error:
        return type(name.rpartition(".")[2], (), {"__new__": staticmethod(functools.partial(_refuse, str(error)))})
    return found


def first_class(candidates: Iterable[tuple[str, str]], install: str) -> type:
    """Return the first of some classes, each of a module, whose module is installed; where none is, as `base_class` does."""
    known = list(candidates)
    module, name = next((each for each in known if find_module(each[0])), known[0])
    return base_class(module, name, install)


def find_module(name: str) -> bool:
    """Return whether a module, or the package that it lies in, is installed; neither is imported."""
    try:
        return find_spec(name.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False


def _refuse(message: str, *_: object, **__: object) -> None:
    raise MissingExtra(message)


# --- the run ------------------------------------------------------------------------------------------

_runs: weakref.WeakValueDictionary[str, Run] = weakref.WeakValueDictionary()  # the runs of this process that callbacks log to, by folder


class CallbackRun:
    """The run that a callback logs to, in the process that began it and in those that got a copy of the callback.

    A run cannot be pickled: its copy in a worker knows the folder, and joins the run there. A copy in the same process, such as
    scikit-learn's `clone` makes, logs to the very run.
    """

    def __init__(self, run: Run | None = None) -> None:
        """Log to a run, by default to the active one; where none is active, one is started.

        Raises:
            InvalidType: no run.
        """
        if run is not None and not isinstance(run, Run):
            raise InvalidType(f"run={shortened(run)} is a {type(run).__name__}; give what tracking.init() returned, or leave it out")
        found = run or current_run() or init()
        self.path = str(found.path)
        self._run: Run | None = found
        _runs[self.path] = found

    @classmethod
    def of_folder(cls, path: str) -> CallbackRun:
        """Return the run of a folder, which another process may be writing."""
        copy = cls.__new__(cls)
        copy._join(path)  # noqa: SLF001
        return copy

    def _join(self, path: str) -> None:
        self.path, self._run = path, _runs.get(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return CallbackRun.of_folder, (self.path,)

    @property
    def run(self) -> Run:
        """The run; in a worker it is joined with the first use, and left when the worker ends."""
        if self._run is None:
            self._run = _runs[self.path] = _join(self.path)
        return self._run

    @contextmanager
    def joined(self) -> Iterator[Run]:
        """Have the run for as long as the block takes: a worker that idles afterwards, as those of joblib do, keeps it from no end."""
        if self._run is not None:
            yield self._run
            return
        with _join(self.path) as run:
            yield run


def _join(path: str) -> Run:
    """Join the run of a folder; where that stands for a run that does nothing, have another such."""
    return silent(ActiveRun)() if Path(path).name == NO_UUID else Run(path, shared=True)


class RunCallback:
    """What each callback of ours has beside what its framework asks of it: the run that it logs to."""

    _target: CallbackRun

    @property
    def run(self) -> Run:
        """The run that the callback logs to."""
        return self._target.run


def at_end(run: Run, call: Callable[[], object], what: str) -> None:
    """Make a call when the run ends, while it can still be written; when it fails, the run ends all the same, and `what` is told."""
    run.before_end.append(lambda: log_errors(call, what))


# --- parameters and results ---------------------------------------------------------------------------


def log_parameters(run: Run, parameters: Mapping[str, Any], prefix: str = "") -> None:
    """Log parameters as inputs of the run. What JSON cannot hold, such as an estimator or a function, is kept as it is printed.

    Args:
        run: the run.
        parameters: values by name.
        prefix: what stands before each name.
    """
    inputs = {f"{prefix}{name}": plain(value, str(name)) for name, value in parameters.items()}
    if inputs:
        run.log_inputs(inputs)


def log_results(run: Run, results: Mapping[str, Any]) -> None:
    """Log what is known only after the training as outputs of the run; None is nothing that is known."""
    outputs = {name: plain(value, name) for name, value in results.items() if value is not None}
    if outputs:
        run.log_outputs(outputs)


def plain(value: Any, name: str = "value") -> Any:
    """Return a value as JSON can hold it; of what it cannot, such as an estimator or a function, the text that it is printed as."""
    try:
        return as_json(value, name)
    except TrackingError:
        pass
    if isinstance(value, dict):
        return {str(key): plain(item, name) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item, name) for item in value]
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{value.__module__}.{value.__qualname__}"
    return re.sub(r" at 0x[0-9a-f]+", "", str(value))[:1000]  # where an object lies in memory says nothing of it


def shortest(value: Any) -> Any:
    """Return a float of 32 bits as the number that a user would write for it: 0.1 for 0.10000000149; all else as it is."""
    import numpy as np

    if not isinstance(value, float):
        return value
    with np.errstate(over="ignore"):
        narrow = np.float32(value)
    return float(str(narrow)) if float(narrow) == value else value


def plain_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of parameters, of whatever types, as one that can be kept: of several types in a column, all become texts."""
    from pandas.api.types import is_object_dtype

    return table.assign(**{name: _plain_column(table[name]) for name in table.columns if is_object_dtype(table[name])})


def _plain_column(values: Iterable[Any]) -> list[Any]:
    found = [plain(value) for value in values]
    kinds = {type(value) for value in found if value is not None}
    if len(kinds) <= 1 and not kinds & {dict, list}:
        return found
    if kinds <= {int, float}:
        return [None if value is None else float(value) for value in found]
    return [None if value is None else str(value) for value in found]


# --- metrics ------------------------------------------------------------------------------------------

_NUMBERED = re.compile(r"valid(?:ation)?_\d+")
_SPLITS = {"training": "train", "learn": "train", "validation": "valid"}


def split_names(given: Iterable[str]) -> dict[str, str]:
    """Return what the parts of the data are called in names of metrics: `train` and `valid` for what frameworks call them by default.

    Names that the user gave stay, and so do those of several parts of one sort (`valid_0`, `valid_1`).
    """
    names = list(given)
    numbered = [name for name in names if _NUMBERED.fullmatch(name)]
    alone = {numbered[0]: "valid"} if len(numbered) == 1 and not {"valid", "validation"} & {*names} else {}
    return {name: alone.get(name) or _SPLITS.get(name, name) for name in names}


def log_values(run: Run, values: dict[str, float], step: int) -> None:
    """Log metrics of one step, as `log_metrics` does, in half of its time: a booster's round takes no longer than a millisecond or two.

    Args:
        run: the run.
        values: floats, by names that are the same at each call.
        step: an integer of Python's.
    """
    if values:
        run.record_metrics(values, step, None)


# What words in the names of metrics say: of "binary_logloss" less is better, of "val/auc" more.
_GOALS = {
    **dict.fromkeys(("accuracy", "acc", "precision", "recall", "f1", "f1score", "iou", "dice", "bleu", "rouge"), "max"),
    **dict.fromkeys(("auc", "aucpr", "ap", "map", "ndcg", "pre", "r2"), "max"),
    **dict.fromkeys(("loss", "logloss", "mlogloss", "crossentropy", "nll", "perplexity", "error", "err", "merror"), "min"),
    **dict.fromkeys(("rmse", "rmsle", "mse", "mae", "mape"), "min"),
}


def goal_of(metric: str) -> str | None:
    """Return whether more of a metric is better (`"max"`) or less (`"min"`), by what it is called; None where that says nothing."""
    found = {_GOALS[word] for word in re.findall(r"[a-z0-9]+", metric.rpartition("/")[2].lower()) if word in _GOALS}
    return found.pop() if len(found) == 1 else None


def set_goals(run: Run, goals: Mapping[str, str | None]) -> None:
    """Say of metrics whether more or less is better, where the user has said nothing of them by `define_metric`."""

    def change(document: dict[str, Any]) -> None:
        known = metric_summary.definitions(document)
        for name, goal in goals.items():
            if goal and metric_summary.definition_of(known, name) == metric_summary.MetricDefinition(name):
                metric_summary.define(document, metric_summary.check_definition(name, goal, "last"))

    if any(goals.values()):
        run._update_document(change)  # noqa: SLF001 - one replacement of the document for all of them


# --- models -------------------------------------------------------------------------------------------


def model_summary(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be said of a model as its summary can hold it: plain values, none of them called as what the run itself says."""
    return {f"{key}_value" if key in SAID_BY_THE_RUN else key: plain(value, key) for key, value in about.items() if value is not None}


def log_saved_model(
    run: Run, save: Callable[[str], object], file_name: str, step: int | None, summary: Mapping[str, Any], name: str = MODEL
) -> None:
    """Have a framework save a model, and log it: a version where there is a step, else the one under `outputs/model/`.

    Args:
        run: the run.
        save: saves the model to a path, a file or a folder.
        file_name: what it is called, with the extension that the framework wants.
        step: the step it belongs to.
        summary: what to say of it; `framework` too.
        name: what the artifact is called.
    """
    about = model_summary(summary)
    with tempfile.TemporaryDirectory(prefix="jupyter-tracking-") as folder:
        path = str(Path(folder, file_name))
        save(path)
        run.log_model(path, name=name, framework=about.pop("framework", None), summary=about, step=step)


def log_importance(run: Run, columns: Mapping[str, Any], step: int | None, most: int | None = None, name: str = IMPORTANCE) -> None:
    """Log the importance of features as a dataframe, the most important first.

    Args:
        run: the run.
        columns: the features' names as `feature`, then the numbers of each measure.
        step: the step it belongs to.
        most: how many features at most.
        name: what the artifact is called.
    """
    import pandas as pd

    frame: pd.DataFrame = pd.DataFrame(dict(columns))
    frame = frame.sort_values(list(frame.columns[1:2]), ascending=False, ignore_index=True, kind="stable")
    run.log_dataframe(frame if most is None else frame.head(most), name, step=step)


# --- runs that are parts of another --------------------------------------------------------------------


def part_of(parent: Run, start: Callable[..., _Run], name: str, inputs: Mapping[str, Any], group: str | None = None) -> _Run:
    """Start a run that is a part of another, beside it: a trial of a search, a fold.

    Args:
        parent: the other.
        start: starts it in a folder, with `name`, `owner` and `project`: `Run`, or `startable_run` for one that can be the active run.
        name: the run's name.
        inputs: its parameters.
        group: what it has in common with the other parts.
    """
    if getattr(parent, "does_nothing", False):
        return cast("_Run", silent(ActiveRun)())
    document = parent._current_document()  # noqa: SLF001 - who the run belongs to is said nowhere else
    root = parent.path.parent.parent if parent.path.parent.name == "runs" else paths.default_root(None)
    run = start(paths.run_path(root, paths.new_uuid()), name=name, owner=document.get("owner"), project=document.get("project"))
    start_values.keep(run, {}, {"parent": parent.uuid, "group": group})
    log_parameters(run, inputs)
    return run


def startable_run(path: Path, **about: Any) -> ActiveRun:
    """Start a run of the session, which its `with` block makes the active one; nothing of the session is captured for it."""
    return ActiveRun.started(RunStart(path=path, about=about, inputs={}, meta={}, capture={}, collects=True))


def check_trials(trials: str) -> None:
    """Check the word for how each trial of a search is logged.

    Raises:
        InvalidArgument: another word.
    """
    if trials not in _TRIALS:
        raise InvalidArgument(f"trials={trials!r} is none of {', '.join(_TRIALS)}{suggest(str(trials), _TRIALS)}")

"""Who comes from another tracker and types its words is told ours; who mistypes one of ours is told what is near."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidType
from jupyter_tracking.kinds import other_trackers
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("log_param", "log_inputs"),
        ("log_params", "log_inputs"),
        ("config", "log_inputs"),
        ("summary", "log_outputs"),
        ("finish", "end()"),
        ("end_run", "end()"),
        ("start_run", "init(name=…)"),
        ("watch_model", "log_histogram"),
        ("add_scalar", "log_metric(name, value, step=…)"),
        ("track", "log_metric"),
        ("set_tag", "log_tags"),
        ("log_artifacts", "log_artifact(path)"),
        ("log_asset", "log_artifact"),
        ("log_figure", "log_mpl_image"),
        ("log_table", "log_dataframe"),
        ("Image", "log_image"),
        ("use_artifact", "log_data_ref"),
        ("search_runs", "runs()"),
        ("login", "nothing: there is no server and no account"),
    ],
)
def test_a_word_of_another_tracker_names_ours(root: object, word: str, ours: str) -> None:
    """On the module and on a run; and it is still an attribute that is not there."""
    with tracking.init() as run:
        for place, what in ((tracking, "module 'jupyter_tracking'"), (run, "'ActiveRun' object")):
            with pytest.raises(AttributeError, match=re.escape(f"{what} has no attribute {word!r}; here it is ")) as caught:
                getattr(place, word)
            assert ours in str(caught.value)
            assert not hasattr(place, word)
    with pytest.raises(AttributeError, match="here it is log_inputs"):
        tracking.config.update({"lr": 1})  # type: ignore[attr-defined]


def arguments_of(name: str) -> list[str]:
    """The arguments of a public function; none of what has no signature, such as an enum."""
    try:
        return list(inspect.signature(getattr(tracking, name)).parameters)
    except ValueError:
        return []


def test_what_is_named_is_there() -> None:
    """Each function in a hint is one of ours, with the arguments that the hint gives by name, and no word of ours is called foreign.

    A run has Polyaxon's methods beside: a word of those is foreign to the module only.
    """
    for word, hint in other_trackers._OURS.items():
        assert word not in tracking.__all__
        assert word not in dir(Run)
        for name in re.findall(r"(?<!\.)\b(\w+)\(", hint):
            assert hasattr(tracking, name), hint
    arguments = {each for name in (*tracking.__all__, "Run") if callable(getattr(tracking, name)) for each in arguments_of(name)}
    for word, ours in other_trackers.ARGUMENTS.items():
        assert ours in arguments, word


def test_a_word_that_a_run_has_elsewhere_says_where(root: object) -> None:
    """What is read stands on a run that was opened, and what is logged on one that goes on; either says so of the other's words."""
    with tracking.init() as run:
        run.log_metric("loss", 1)
    view = tracking.open_run(run)
    for place in (tracking, run):
        with pytest.raises(AttributeError, match=r"has no attribute 'show'; here it is open_run\(run\)\.show\(name, step=…\)"):
            _ = place.show  # type: ignore[union-attr]
    for word, said in (
        ("history", "'RunView' object has no attribute 'history'; here it is open_run(run).metrics()"),
        ("log_metric", "'RunView' object has no attribute 'log_metric': a run that was opened is read; init(run_uuid=…) goes on with it"),
        ("shwo", "'RunView' object has no attribute 'shwo'; near: 'show'"),
        ("qqqqqq", "'RunView' object has no attribute 'qqqqqq'"),
    ):
        with pytest.raises(AttributeError, match=f"^{re.escape(said)}$"):
            getattr(view, word)
        assert not hasattr(view, word)
        assert pickle.loads(pickle.dumps(view)).uuid == copy.copy(view).uuid == run.uuid


@pytest.mark.parametrize(
    ("word", "near"), [("log_metrc", "'log_metric'"), ("opn_run", "'open_run'"), ("V1ArtefactKind", "'V1ArtifactKind'")]
)
def test_a_mistyped_word_names_what_is_near(word: str, near: str) -> None:
    """The nearest first; a word that is like none of ours is answered plainly."""
    with pytest.raises(AttributeError, match=f"has no attribute {word!r}; near: {near}"):
        getattr(tracking, word)
    with pytest.raises(AttributeError, match=r"has no attribute 'qqqqqqqq'\Z"):
        _ = tracking.qqqqqqqq  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda run: run.log_metric("loss", 1, stp=3), "log_metric() has no argument 'stp'; near: 'step'"),
        (lambda _: tracking.log_metric("loss", 1, stp=3), "log_metric() has no argument 'stp'; near: 'step'"),
        (lambda run: run.log_image([[1]], "i", data_formats="HW"), "log_image() has no argument 'data_formats'; near: 'dataformats'"),
        (lambda run: run.log_tags("a", rest=True), "log_tags() has no argument 'rest'; near: 'reset'"),
        (lambda _: tracking.init(projekt="x"), "init() has no argument 'projekt'; near: 'project'"),
        (lambda run: tracking.open_run(run).show("loss", kidn="metric"), "show() has no argument 'kidn'; near: 'kind'"),
        (lambda _: tracking.init(entity="me"), "init() has no argument 'entity'; here it is 'owner'"),
        (lambda _: tracking.init(notes="x", dir="."), "init() has no argument 'notes'; here it is 'description'"),
        (lambda _: tracking.init(run_id="x"), "init() has no argument 'run_id'; here it is 'run_uuid'"),
        (lambda run: run.log_metric(key="loss", value=1), "log_metric() has no argument 'key'; here it is 'name'"),
        (lambda run: run.log_metric("loss", 1, epoch=3), "log_metric() has no argument 'epoch'; here it is 'step'"),
        (lambda run: tracking.open_run(run, rot="."), "open_run() has no argument 'rot'; near: 'root'"),
    ],
)
def test_an_argument_that_is_not_there_names_the_nearest(root: object, call: Callable[[Any], Any], said: str) -> None:
    """Nothing is logged, no run is started or ended, and it is the TypeError that Python would raise."""
    with tracking.init() as run:
        run.log_metric("loss", 0.5)
        with pytest.raises(InvalidType, match=re.escape(said)):
            call(run)
        assert tracking.current_run() is run
        assert tracking.open_run(run).artifacts() == [("metric", "loss")]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda _: tracking.log_metric({"loss": 1}),
            "log_metric() missing 1 required positional argument: 'value'; it is log_metric(name, value, ",
        ),
        (
            lambda run: run.log_artifact(),
            "log_artifact() missing 1 required positional argument: 'path'; it is log_artifact(path, name=…, ",
        ),
        (
            lambda _: tracking.best("loss"),
            "best() missing 1 required positional argument: 'metric'; it is best(runs, metric, goal=…, root=…)",
        ),
        (lambda _: tracking.runs(".", "lr < 1"), "but 2 were given; it is runs(root=…, *, where=…, "),
        (lambda _: tracking.runs(filter="lr < 1"), "runs() has no argument 'filter'; here it is 'where'"),
        (lambda _: tracking.lineage(rot="."), "lineage() has no argument 'rot'; near: 'root'"),
        (lambda _: tracking.problems(rot="."), "problems() has no argument 'rot'; near: 'root'"),
        (lambda _: tracking.events(), "events() missing 1 required positional argument: 'name'; it is events(name, kind=…, "),
        (lambda _: tracking.importance(reslt="loss"), "importance() has no argument 'reslt'; near: 'result'"),
    ],
)
def test_a_call_with_too_few_or_too_many_arguments_says_how_it_is_called(root: object, call: Callable[[Any], Any], said: str) -> None:
    """By the name that the user wrote, whatever the function is called inside; and nothing is logged."""
    with tracking.init() as run, pytest.raises(InvalidType, match=re.escape(said)):
        call(run)
    assert tracking.open_run(run).artifacts() == []


def test_an_error_of_the_users_own_stays_what_it_is(root: object) -> None:
    """A TypeError from inside of a value that is logged is not taken for a wrong call."""

    class Odd:
        def __float__(self) -> float:
            raise TypeError("mine")

    with tracking.init(), pytest.raises(TypeError) as caught:
        tracking.log_metric("loss", Odd())  # type: ignore[arg-type]
    assert "has no argument" not in str(caught.value)
    with tracking.init(), pytest.raises(TypeError, match="missing 1 required positional argument: 'value'"):
        tracking.log_metric("loss")  # type: ignore[call-arg]

"""A mistake is one clear line at the call, and leaves the run as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def run(root: Path) -> Iterator[tracking.Run]:
    """A run that already holds a metric, a curve, a dataframe and a text."""
    with tracking.init(root=root, name="digits") as run:
        tracking.log_metric("loss", 0.5, step=1)
        tracking.log_curve("roc", [0, 1], [0, 1], step=1)
        tracking.log_dataframe(pd.DataFrame({"a": [1]}), "predictions", step=1)
        tracking.log_text("note", "hello")
        yield run


def tree(path: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


MISTAKES: list[tuple[str, Callable[[], Any], type[Exception], str]] = [
    ("init: tags with values", lambda: tracking.init(tags={"a": 1}), TypeError, "tags={'a': 1} is a dict; give strings; log_meta({…})"),
    ("init: a tag that is a number", lambda: tracking.init(tags=[3]), TypeError, "holds something that is no string"),  # type: ignore[list-item]
    ("init: an empty name", lambda: tracking.init(name=""), ValueError, "name='' is empty"),
    ("init: a name that is a number", lambda: tracking.init(name=3), TypeError, "name=3 is a int; give a string"),  # type: ignore[arg-type]
    ("init: durability", lambda: tracking.init(durability="x"), ValueError, "durability='x' is none of process, power"),
    ("init: artifacts_path", lambda: tracking.init(artifacts_path=3), TypeError, "artifacts_path=3 is a int; give a path"),  # type: ignore[arg-type]
    ("tags: with values", lambda: tracking.log_tags({"a": 1}), TypeError, "tags={'a': 1} is a dict; give strings; log_meta({…})"),
    ("tags: two instead of a list", lambda: tracking.log_tags("a", "b"), TypeError, "reset='b' is a str; give True or False"),  # type: ignore[arg-type]
    ("log: a name and a value", lambda: tracking.log("loss", 1), TypeError, "a mapping, or name=value; got a str in the place of step"),
    ("metrics: a name and a value", lambda: tracking.log_metrics("a", 1), TypeError, "name=value; got a str in the place of step"),
    ("metrics: a Series", lambda: tracking.log_metrics(pd.Series({"a": 1})), TypeError, "name=value; got a Series in the place of step"),
    ("metric: a text", lambda: tracking.log_metric("loss", "0.1", step=2), TypeError, "metric 'loss' has the value '0.1'"),  # type: ignore[arg-type]
    ("metric: None", lambda: tracking.log_metric("loss", None), TypeError, "give one real number"),  # type: ignore[arg-type]
    ("metric: an array", lambda: tracking.log_metric("loss", np.ones(3)), TypeError, "3 values"),  # type: ignore[arg-type]
    ("metric: a list", lambda: tracking.log_metric("loss", [1.0]), TypeError, "metric 'loss'"),  # type: ignore[arg-type]
    ("metric: complex", lambda: tracking.log_metric("loss", 1j), TypeError, "give one real number"),  # type: ignore[arg-type]
    ("metrics: one of three is wrong", lambda: tracking.log_metrics(step=9, a=1, b="x", c=2), TypeError, "metric 'b'"),  # type: ignore[arg-type]
    ("metric: 2**53 + 1", lambda: tracking.log_metric("loss", 2**53 + 1), ValueError, "cannot hold exactly"),
    ("step: 1.5", lambda: tracking.log_metric("loss", 1, step=1.5), ValueError, "step=1.5 is not a whole number"),  # type: ignore[arg-type]
    ("step: a bool", lambda: tracking.log_metric("loss", 1, step=True), TypeError, "step=True is a bool"),
    ("step: a text", lambda: tracking.log_metric("loss", 1, step="3"), TypeError, "step='3' is a str"),  # type: ignore[arg-type]
    ("step: 2**63", lambda: tracking.log_metric("loss", 1, step=2**63), ValueError, "64 bits"),
    ("new metric with a wrong step", lambda: tracking.log_metric("fresh", 1, step=1.5), ValueError, "whole number"),  # type: ignore[arg-type]
    ("timestamp: a word", lambda: tracking.log_metric("loss", 1, timestamp="soon"), ValueError, "timestamp='soon'"),
    ("name: empty", lambda: tracking.log_metric("", 1), ValueError, "name='' is empty"),
    ("name: spaces", lambda: tracking.log_metric("  ", 1), ValueError, "is empty"),
    ("name: a NUL", lambda: tracking.log_metric("a\0b", 1), ValueError, "control character"),
    ("name: a number", lambda: tracking.log_metric(3, 1), TypeError, "name=3 is a int"),  # type: ignore[arg-type]
    ("curve: unequal lengths", lambda: tracking.log_curve("roc", [1, 2], [1], step=2), ValueError, "x has 2 numbers and y has 1"),
    ("curve: texts", lambda: tracking.log_curve("roc", ["a"], ["b"]), TypeError, "x holds 'a'"),
    ("curve: two dimensions", lambda: tracking.log_curve("roc", np.ones((2, 2)), np.ones((2, 2))), ValueError, "shape (2, 2)"),
    ("dataframe: a list", lambda: tracking.log_dataframe([1], "df"), TypeError, "df is a list"),  # type: ignore[arg-type]
    ("dataframe: content type", lambda: tracking.log_dataframe(pd.DataFrame(), "df", content_type="parket"), ValueError, "near: 'parquet'"),
    (
        "dataframe: a column of what cannot be stored",
        lambda: tracking.log_dataframe(pd.DataFrame({"m": [1, object()]}), "df", step=1),
        ValueError,
        "the column 'm' with a value of type object in row 1",
    ),
    ("text: a number", lambda: tracking.log_text("note", 3), TypeError, "give a string"),  # type: ignore[arg-type]
    ("artifact: a missing file", lambda: tracking.log_artifact("nowhere.csv", step=1), FileNotFoundError, "path='nowhere.csv'"),
    (
        "artifact: an unknown kind",
        lambda: tracking.log_artifact(__file__, kind="mykind"),
        ValueError,
        "kind='mykind' is no kind that Polyaxon knows",
    ),
    ("artifact: a near kind", lambda: tracking.log_artifact(__file__, kind="modell"), ValueError, "near: 'model'"),
    (
        "artifact: rel_path climbs out",
        lambda: tracking.log_artifact(__file__, rel_path="../../x"),
        ValueError,
        "leads out of the run folder",
    ),
    ("model: a missing file", lambda: tracking.log_model("nowhere.pkl"), FileNotFoundError, "nowhere.pkl"),
    ("reference: an empty path", lambda: tracking.log_artifact_ref(""), ValueError, "path=''"),
    ("path: climbs out", lambda: tracking.get_outputs_path("../x"), ValueError, "rel_path='../x'"),
    ("inputs: a function", lambda: tracking.log_inputs(f=len), TypeError, "inputs.f"),
    ("inputs: a dataframe", lambda: tracking.log_inputs(d=pd.DataFrame()), TypeError, "inputs.d"),
    ("open_run: unknown", lambda: tracking.open_run("digit"), LookupError, "near: 'digits'"),
    ("load: unknown name", lambda: tracking.open_run("digits").load("rock"), LookupError, "near: 'roc'"),
    ("load: unknown step", lambda: tracking.open_run("digits").load("roc", step=7), LookupError, "no step 7; near: 1"),
    ("load: the wrong kind", lambda: tracking.open_run("digits").load("roc", kind="text"), LookupError, "it is a curve"),
    ("show: unknown name", lambda: tracking.open_run("digits").show("prediction"), LookupError, "near: 'predictions'"),
]


@pytest.mark.parametrize(("mistake", "kind", "words"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistake_is_one_line_and_leaves_the_run_as_it_was(
    run: tracking.Run, mistake: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    """It is a TrackingError and the builtin that fits; the message names what is wrong; no byte of the run changes."""
    before = tree(run.path)
    with pytest.raises(errors.TrackingError) as raised:
        mistake()
    assert isinstance(raised.value, kind)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert tree(run.path) == before
    tracking.log_metric("loss", 0.4, step=2)
    assert tracking.open_run(run).metrics("loss")["loss"].tolist() == [0.5, 0.4]


def test_logging_with_no_active_run_says_how_to_start_one(root: Path) -> None:
    """Before the first run: what to call; nothing is made."""
    from jupyter_tracking import session

    session._last_ended = None  # as in a fresh process
    session._own.set(())
    with pytest.raises(errors.NoActiveRun, match=r"start one with init\(\) or %track_init"):
        tracking.log_metric("loss", 1)
    assert list(root.iterdir()) == []


def test_logging_after_end_writes_nothing(root: Path) -> None:
    """By the module and by the run itself: the run that ended, and what to do."""
    run = tracking.init(root=root)
    run.log_metric("loss", 1, step=0)
    tracking.end()
    before = tree(run.path)
    with pytest.raises(errors.RunEnded, match="has ended"):
        tracking.log_metric("loss", 2)
    calls: list[Callable[[], object]] = [
        lambda: run.log_metric("loss", 2),
        lambda: run.log_metric("fresh", 2),
        lambda: run.log_inputs(a=1),
        lambda: run.log_artifact(__file__),
        lambda: run.log_artifact_ref("s3://a/b"),
        lambda: run.log_dataframe(pd.DataFrame({"a": [1]}), "df"),
    ]
    for call in calls:
        with pytest.raises(errors.RunEnded, match="init"):
            call()
    assert tree(run.path) == before


def test_an_error_shows_the_users_line_and_not_ours(run: tracking.Run) -> None:
    """In a notebook an error is the user's own line and one sentence."""
    try:
        run.log_metric("loss", "x")  # type: ignore[arg-type]
    except errors.TrackingError as error:
        lines = error._render_traceback_()  # IPython's protocol
    assert len(lines) == 2
    assert 'run.log_metric("loss", "x")' in lines[0]
    assert lines[1].startswith("InvalidType: metric 'loss'")


@pytest.mark.parametrize("name", ["../../evil", "/etc/x", "a/../../b", "..", ".", "~", "C:\\x", "\\\\host\\s", "file:///x", "a\\..\\..\\b"])
def test_a_name_writes_nothing_outside_the_run(run: tracking.Run, tmp_path: Path, name: str) -> None:
    """Whatever the name looks like, only the run folder changes, and the true name comes back."""
    source = tmp_path / "source.csv"
    source.write_text("a\n1\n")
    before = {k: v for k, v in tree(tmp_path).items() if run.uuid not in k}
    tracking.log_metric(name, 1, step=0)
    tracking.log_dataframe(pd.DataFrame({"a": [1]}), name, step=0)
    tracking.log_artifact(source, name=name, step=0)
    tracking.log_artifact(source, name=name)
    assert {k: v for k, v in tree(tmp_path).items() if run.uuid not in k} == before
    view = tracking.open_run(run)
    assert {n for _, n in view.artifacts()} == {"loss", "roc", "predictions", "note", name}
    assert view.load(name, kind="metric") == 1.0
    assert Path(view.load(name, kind="file", step=0)).read_text() == "a\n1\n"

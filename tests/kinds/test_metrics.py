"""Metrics: what is one number, what is a step, and that no row is ever dropped."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from jupyter_tracking.errors import InvalidArgument, InvalidType

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView


def label(value: object) -> str:
    """Name a value the same in every process: without where it lies in memory."""
    return type(value).__name__ if " at 0x" in repr(value) else repr(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (3, 3.0),
        (True, 1.0),
        (np.float16(0.1), float(np.float16(0.1))),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.longdouble(0.5), 0.5),
        (np.int8(-5), -5.0),
        (np.uint64(2**53), 2.0**53),
        (np.bool_(False), 0.0),
        (np.array(0.25), 0.25),
        (np.array([[0.25]]), 0.25),
        (Decimal("0.1"), 0.1),
        (Fraction(1, 4), 0.25),
        (2**60, 2.0**60),
        # A tensor of one element, on another device and part of a graph.
        (SimpleNamespace(item=lambda: 0.75, detach=None, shape=()), 0.75),
    ],
    ids=label,
)
def test_whatever_is_one_number_is_a_metric(run: Run, view: RunView, value: Any, kept: float) -> None:
    """Numbers of Python, numpy and tensors, as float() has them."""
    run.log_metric("loss", value, 0)
    assert view.load("loss") == kept


def test_what_is_no_number_is_refused(run: Run, subtests: pytest.Subtests) -> None:
    """The message names the metric and the type; nothing is written, of several metrics none."""
    for value in ["0.5", None, 1j, np.array([1, 2]), [1], {"a": 1}, b"1", print, np.array([])]:
        with subtests.test(value=value):
            with pytest.raises(InvalidType, match="'loss'"):
                run.log_metric("loss", value, 0)
            with pytest.raises(InvalidType, match="'loss'"):
                run.log_metrics(0, good=1.0, loss=value)
            assert not (run.path / "events").exists()


@pytest.mark.parametrize("value", [2**53 + 1, -(2**63) + 1, np.uint64(2**64 - 1)])
def test_an_integer_that_a_float_cannot_hold_is_refused(run: Run, value: int) -> None:
    """Rather than stored as another number."""
    with pytest.raises(InvalidArgument, match="cannot hold exactly"):
        run.log_metric("loss", value)


@pytest.mark.parametrize("step", [None, 0, -1, 2**63 - 1, -(2**63), 7.0, np.int16(7), np.float64(7)])
def test_steps_that_are_kept(run: Run, view: RunView, step: Any) -> None:
    """None or an integer in 64 bits, exactly."""
    run.log_metric("loss", 1.0, step)
    assert view.steps("loss") == [None if step is None else int(step)]
    assert view.load("loss", step=step) == 1.0


def test_steps_that_are_refused(run: Run, subtests: pytest.Subtests) -> None:
    """Never rounded, never guessed; nothing is written."""
    for step in [True, np.bool_(True), 1.5, "3", 2**63, -(2**63) - 1, math.nan, math.inf, [1], 1j]:
        with subtests.test(step=step):
            for call in (run.log_metric, run.log_text):
                with pytest.raises((InvalidType, InvalidArgument), match="step="):
                    call("loss", "text" if call == run.log_text else 1.0, step)
            assert not (run.path / "events").exists()


def test_repeats_and_steps_back_are_kept_in_order(run: Run, view: RunView) -> None:
    """A run that goes on from a checkpoint loses nothing; the wide frame has the value logged last."""
    steps = [0, 1, 2, 1, 2, 3, 3]
    for position, step in enumerate(steps):
        run.log_metric("loss", float(position), step)
    assert view.events("loss")["step"].tolist() == steps
    assert view.events("loss")["value"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert view.metrics()["loss"].tolist() == [0.0, 3.0, 4.0, 6.0]
    assert view.steps("loss") == [0, 1, 2, 3]


def test_several_metrics_have_one_moment(run: Run, view: RunView) -> None:
    """log_metrics is one call: one step, one timestamp; any name is a name."""
    run.log_metrics(3, None, loss=1.0, **{"train/loss": 2.0, "self": 3.0})
    run.log_metrics()
    rows = view.metrics(tidy=True)
    assert set(rows["name"]) == {"loss", "train/loss", "self"}
    assert rows["timestamp"].nunique() == 1

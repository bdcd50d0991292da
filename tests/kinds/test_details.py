"""What a run is called, given and says of itself."""

from __future__ import annotations

import datetime as dt
import enum
import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from jupyter_tracking.errors import InvalidArgument, InvalidType

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run


class Colour(enum.Enum):
    """An enum."""

    RED = "red"


def document(run: Run) -> dict[str, Any]:
    """The run's document as it is now."""
    found: dict[str, Any] = json.loads((run.path / "run.plx.json").read_text())
    return found


def test_name_description_and_readme(run: Run) -> None:
    """Each is there at once."""
    run.set_name("new name")
    run.set_description("what for")
    run.set_readme("# at length")
    found = document(run)
    assert (found["name"], found["description"], found["readme"]) == ("new name", "what for", "# at length")
    with pytest.raises(InvalidArgument):
        run.set_name("")
    with pytest.raises(InvalidType):
        run.set_description(3)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(7), 7),
        (np.datetime64("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (Path("a/b"), "a/b"),
        (Colour.RED, "red"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00+00:00"),
        (dt.timedelta(seconds=90), 90.0),
        (pd.Timestamp("2026-01-02"), "2026-01-02T00:00:00"),
        (pd.Series([1, 2]), [1, 2]),
        (Decimal("0.1"), "0.1"),
        ({3, 1, 2}, [1, 2, 3]),
        ((1, (2, 3)), [1, [2, 3]]),
        ({1: "a", Colour.RED: "b"}, {"1": "a", "red": "b"}),
        (range(3), [0, 1, 2]),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (None, None),
    ],
)
def test_values_that_polyaxon_cannot_keep_are_kept(run: Run, value: Any, kept: Any) -> None:
    """Each of these makes Polyaxon leave an empty run.plx.json at the end; here each is sensible JSON."""
    run.log_inputs(it=value)
    run.log_outputs(it=value)
    run.log_meta(it=value)
    found = document(run)
    assert found["inputs"]["it"] == found["outputs"]["it"] == found["meta_info"]["it"] == kept


@pytest.mark.parametrize("value", [print, b"bytes", pd.DataFrame({"a": [1]}), object(), 2**70, lambda: 1])
def test_values_that_json_cannot_hold_are_refused_by_name(run: Run, value: Any) -> None:
    """The call fails, names the value, and changes nothing."""
    before = document(run)
    for section in ("inputs", "outputs", "meta"):
        with pytest.raises((InvalidType, InvalidArgument), match=r"\.deep\.it"):
            getattr(run, f"log_{section}")(good=1, deep={"it": value})
    assert document(run) == before


def test_a_value_that_contains_itself_is_refused(run: Run) -> None:
    """Not followed for ever."""
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(InvalidArgument, match="contains itself"):
        run.log_inputs(ring=ring)


def test_reset_forgets_and_an_input_called_reset_is_an_input(run: Run) -> None:
    """Only True resets; what is ours in meta_info stays, and nobody else's goes under its key."""
    run.log_inputs(a=1)
    run.log_inputs(reset=0.5, async_req="x", b=2)
    assert document(run)["inputs"] == {"a": 1, "reset": 0.5, "async_req": "x", "b": 2}
    run.log_inputs(reset=True, c=3)
    assert document(run)["inputs"] == {"c": 3}
    run.log_meta(b=2)
    run.log_meta(True, c=3)
    assert document(run)["meta_info"].keys() == {"c", "jupyter_tracking"}
    assert document(run)["meta_info"]["jupyter_tracking"]["format"] == 1
    with pytest.raises(InvalidArgument, match="jupyter_tracking is a key"):
        run.log_meta(jupyter_tracking="mine")


def test_tags_are_added_once(run: Run) -> None:
    """A list, or a text with commas; reset forgets the others."""
    run.log_tags(["a", "b"])
    run.log_tags("b, c")
    assert document(run)["tags"] == ["a", "b", "c"]
    run.log_tags("d", reset=True)
    assert document(run)["tags"] == ["d"]
    with pytest.raises(InvalidType):
        run.log_tags([1])


def test_progress(run: Run) -> None:
    """Any number from 0 to 1; each is kept."""
    for value in (0, 0.1, np.float32(0.5), 1):
        run.log_progress(value)
        assert document(run)["meta_info"]["progress"] == float(value)
    for wrong in (1.1, -0.1, float("nan"), True):
        with pytest.raises(InvalidArgument):
            run.log_progress(wrong)
    with pytest.raises(InvalidType):
        run.log_progress("half")


def test_statuses(run: Run) -> None:
    """Any status of Polyaxon's, with reason, message and moments; a final one stays at the end."""
    moment = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    run.log_status("warning", "Disk", "nearly full", last_transition_time=moment)
    condition = document(run)["status_conditions"][-1]
    assert (condition["type"], condition["reason"], condition["message"]) == ("warning", "Disk", "nearly full")
    assert condition["last_transition_time"] == "2026-01-02T00:00:00.000000+00:00"
    with pytest.raises(InvalidArgument, match="near: 'running'"):
        run.log_status("runing")
    run.log_status("failed", "Loss", "diverged")
    run.end()
    found = document(run)
    assert found["status"] == "failed"
    assert found["status_conditions"][-1]["reason"] == "Loss"
    assert found["finished_at"]

"""What a view costs: each step is read and decoded once, however often it is drawn, and what is kept has a bound."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking import kinds
from jupyter_tracking.views.model.value_cache import ValueCache
from tests.views.test_twin import displayed

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.run_view import RunView


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each row's cell was decoded, by its text."""
    counts: Counter[str] = Counter()

    def counting(kind: kinds.Kind) -> kinds.Kind:
        def decode(payload: Any, asset: Any) -> Any:
            counts[repr(payload)] += 1
            return kind.decode(payload, asset)

        return dataclasses.replace(kind, decode=decode)

    for name in ("curve", "histogram", "confusion"):
        monkeypatch.setitem(kinds.KINDS, name, counting(kinds.KINDS[name]))
    return counts


@pytest.fixture
def view(root: Path) -> RunView:
    """A run with two steps of what is drawn over all its steps."""
    with tracking.init(root=root, name="twice", track_code=False, track_env=False, track_logs=False) as run:
        for step in (1, 2):
            run.log_roc_auc_curve("roc", [0.0, 0.5, 1.0], [0.0, step / 3, 1.0], auc=0.5, step=step)
            run.log_np_histogram("weights", [step, 2], [0.0, 0.5, 1.0], step=step)
            run.log_confusion_matrix("classes", ["a", "b"], ["a", "b"], [[step, 0], [0, 1]], step=step)
    return tracking.open_run(run)


@pytest.mark.parametrize("name", ["roc", "weights", "classes"])
def test_a_view_that_is_shown_decodes_each_step_once(view: RunView, shell: InteractiveShell, decoded: Counter[str], name: str) -> None:
    """The widget's first payloads, the sample behind all steps, the static page with its picture, and a saved file are of the same values."""
    stepper = view.show(name)
    displayed(shell, stepper)
    stepper.save("view.html")
    assert sorted(decoded.values()) == [1, 1]


def test_a_browser_and_its_page_decode_each_step_once(view: RunView, shell: InteractiveShell, decoded: Counter[str]) -> None:
    """Also those of the artifacts that are opened one after the other."""
    browser = view.browse()
    for kind, name in view.artifacts():
        browser.selected = (kind, name)
    displayed(shell, browser)
    assert sorted(decoded.values()) == [1] * 6


def test_runs_that_are_compared_decode_each_step_once(view: RunView, root: Path, shell: InteractiveShell, decoded: Counter[str]) -> None:
    """Of every run."""
    with tracking.init(root=root, name="other", track_code=False, track_env=False, track_logs=False) as run:
        run.log_roc_auc_curve("roc", [0.0, 1.0], [0.0, 1.0], auc=0.5, step=3)
    displayed(shell, tracking.compare([view, run], "roc"))
    assert sorted(decoded.values()) == [1, 1, 1]


def test_what_is_kept_is_bounded_and_the_last_used_stays() -> None:
    """Of too many bytes those go that were not used for the longest time; what is larger than all of the room is never kept."""
    cache, made = ValueCache(most_bytes=10_000), Counter[str]()

    def get(name: str, size: int = 4_000) -> None:
        def make() -> np.ndarray:
            made[name] += 1
            return np.zeros(size, dtype=np.uint8)

        assert len(cache.get(name, make)) == size

    for name in ("a", "b", "a", "c", "a", "b"):
        get(name)
    assert made == {"a": 1, "b": 2, "c": 1}
    get("large", 20_000)
    get("large", 20_000)
    get("a")
    assert (made["large"], made["a"]) == (2, 1)

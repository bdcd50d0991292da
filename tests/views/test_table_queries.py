"""What a page may ask of a dataframe: anything at all is answered in words or with rows of its own panel, and never raises."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from tests.views.test_stepper import Page

if TYPE_CHECKING:
    from jupyter_tracking.run_view import RunView

MOST = 1_000
ROWS = 2_500
WRONG: list[Any] = [
    *(None, True, -1, 1.5, float("nan"), float("inf"), 10**30, -(10**30), "", "0", "; drop", "x" * 100_000),
    *(
        [],
        {},
        [None],
        ["a", "b"],
        [0],
        [0, 1, 2],
        [1.5, 2],
        [True, False],
        [-5, -1],
        [10**30, 10**31],
        [[0], [1]],
        {"0": 1},
        [{}],
        [10**6] * 1000,
    ),
]
FIELDS = ("rows", "sort", "text", "since", "key", "only", "beside", "columns", "cell", "summary", "other")
VALID: list[dict[str, Any]] = [
    {"rows": [0, 10], "sort": [0, 1], "text": "a", "columns": 0},
    {"rows": [0, 10], "since": 0, "key": [0], "only": True, "beside": False},
    {"cell": [0, 0]},
    {"summary": True, "columns": 0},
]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """Two steps of a frame with a level in its index, an empty frame, and a text that is no business of theirs."""
    frame = pd.DataFrame({"n": range(ROWS), "word": ["cat", None] * (ROWS // 2)}, index=pd.Index(range(ROWS, 0, -1), name="key"))
    with tracking.init(root=tmp_path_factory.mktemp("tables"), name="tables", track_code=False, track_env=False, track_logs=False) as run:
        run.log_dataframe(frame, "it", step=0)
        run.log_dataframe(frame.iloc[::-1], "it", step=1)
        run.log_dataframe(frame.iloc[:0], "empty", step=0)
        run.log_text("secret", "not of this panel", step=0)
    return tracking.open_run(run)


@pytest.fixture(scope="module")
def pages(tables: RunView) -> dict[str, Page]:
    """A page for each of the frames."""
    return {name: Page(tables.show(name), pytest.MonkeyPatch()) for name in ("it", "empty")}


def judged(page: Page, query: dict[str, Any], frame: int = 1) -> dict[str, Any]:
    """Ask, and return the head of the only answer: words that a person understands, or no more than a page of rows."""
    ((content, buffers),) = page.ask({"id": "a", "query": query, "panel": 0, "number": frame})
    head: dict[str, Any] = content["head"]
    if "error" in head:
        assert set(head) == {"error"}
        assert not buffers
        assert not re.match(r"\w*(Error|Exception|Warning)\b", head["error"]), head["error"]
        assert len(head["error"]) < 1_000
    else:
        assert head.get("count", 0) <= MOST
        assert b"not of this panel" not in b"".join(bytes(part) for part in buffers)
    return head


def test_the_questions_of_the_page_are_answered(pages: dict[str, Page], subtests: pytest.Subtests) -> None:
    """Of a frame with rows, without an error; of one without rows, too, but for the cell that is not there."""
    for query in VALID:
        for name in ["it", "empty"]:
            with subtests.test(query=query, name=name):
                assert "error" not in judged(pages[name], query, 0) or (name == "empty" and "cell" in query)


def test_every_field_of_the_wrong_type_or_range_is_answered_in_words(
    pages: dict[str, Page], caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
) -> None:
    """One field at a time, the others as the page sends them; nothing is logged."""
    for query in VALID:
        for field in FIELDS:
            for name in ["it", "empty"]:
                with subtests.test(query=query, field=field, name=name):
                    with caplog.at_level(logging.WARNING):
                        for wrong in WRONG:
                            judged(pages[name], {**query, field: wrong}, 0)
                    assert caplog.records == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=6,
)


@given(query=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5), frame=st.integers(0, 1))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_question_is_answered(pages: dict[str, Page], query: dict[str, Any], frame: int) -> None:
    """Whatever the fields hold together."""
    judged(pages["it"], query, frame)


def test_an_answer_is_a_page_at_most(pages: dict[str, Page]) -> None:
    """However many rows are asked for, in whatever order."""
    everything = [-(10**12), 10**12]
    for query in (
        {"rows": everything},
        {"rows": everything, "sort": [0, 1]},
        {"rows": everything, "text": "cat"},
        {"rows": everything, "since": 0},
    ):
        assert 0 < judged(pages["it"], query)["count"] <= MOST


def test_a_question_about_a_frame_that_there_is_not_has_no_answer(pages: dict[str, Page]) -> None:
    """The panel and the frame are numbers of a list that the kernel made."""
    for panel, frame in ((0, 2), (0, -1), (1, 0), (-1, 0), ("0", 0), (0, None), (0, True), (10**30, 0)):
        assert pages["it"].ask({"id": "a", "query": {"rows": [0, 1]}, "panel": panel, "number": frame}) == []


def test_rows_that_are_not_sorted_yet_are_not_shown(pages: dict[str, Page], monkeypatch: pytest.MonkeyPatch) -> None:
    """A long sort is answered at once, without rows, until it is done; the kernel is free in between."""
    monkeypatch.setattr("jupyter_tracking.views.renderers.dataframe._SLICE", 0)
    query = {"rows": [0, 3], "sort": [0, 0]}
    heads = [judged(pages["it"], query)]
    while not heads[-1]["done"]:
        heads.append(judged(pages["it"], query))
    assert len(heads) > 1
    assert [head["count"] for head in heads] == [0] * (len(heads) - 1) + [3]

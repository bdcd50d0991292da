"""The final numbers of a run are the same wherever they are read, and those that its rows and its user said."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
import struct
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.views.widgets.runs_browser import RunsBrowser
from tests.reliability import number_runs
from tests.views.test_runs import cells

if TYPE_CHECKING:
    from pathlib import Path

    from tests.reliability.number_runs import Plan

OWN = ("status", "duration", "name")


def told(value: Any) -> Any:
    """A value so that equal ones are equal: NaN too, and the number 1 and the text "1" are not."""
    if isinstance(value, dict):
        return {key: told(item) for key, item in value.items()}
    if isinstance(value, list):
        return [told(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return repr(value)
    return repr(int(value)) if math.isfinite(value) and value == int(value) else repr(float(value))


def close(found: dict[str, Any], right: dict[str, Any]) -> None:
    """Values are those that are right; a mean may differ in its last bits."""
    assert found.keys() == right.keys()
    for key, value in right.items():
        if isinstance(value, float):
            assert found[key] == pytest.approx(value, rel=1e-12, nan_ok=True), key
            assert type(found[key]) is float
        else:
            assert told(found[key]) == told(value), key


def of_frame(frame: pd.DataFrame, uuid: str) -> dict[str, dict[str, Any]]:
    """A run as a row of `runs()`: inputs and outputs by name, without what is missing."""
    row = frame.set_index("uuid").loc[uuid]
    found: dict[str, dict[str, Any]] = {"inputs": {}, "outputs": {}, "own": {name: row[name] for name in OWN}}
    for column, value in row.items():
        section, dot, name = str(column).partition(".")
        if dot and value is not None and value is not pd.NA:
            found[section][name] = value
    return found


def of_table(columns: dict[str, list[Any]], row: int) -> dict[str, dict[str, Any]]:
    """A run as a row of the table of `browse()`, or of a saved page."""
    found: dict[str, dict[str, Any]] = {"inputs": {}, "outputs": {}, "own": {name: columns[name][row] for name in OWN}}
    for column, values in columns.items():
        section, dot, name = column.partition(".")
        # A column in which some run has a text is one of texts, and what is missing an empty one.
        if dot and values[row] is not None and values[row] != "":
            found[section][name] = values[row], any(isinstance(value, str) for value in values)
    return found


def shown(value: Any, *, as_text: bool) -> Any:
    """A value as the table has it: a number as such, unless it stands in a column of texts."""
    number = isinstance(value, float) or (type(value) is int and int(float(value)) == value)
    if number:
        return f"{float(value):.6g}" if as_text else float(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:199] + "…"


def of_page(path: Path) -> tuple[dict[str, list[Any]], dict[str, Any]]:
    """The table of a saved page as its script reads it, and the listing of each run."""
    block = re.search(r'class="jt-data">([^<]+)<', path.read_text("utf-8"))
    assert block
    data = gzip.decompress(base64.b64decode(block[1]))
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    place = -(-(4 + length) // 8) * 8
    for scene, _, _, head, sizes in header["payloads"]:
        buffers = []
        for listed in sizes:
            size, width = listed if isinstance(listed, list) else (listed, 1)
            buffer, count = data[place : place + size], size // width
            buffers.append(bytes(buffer[at % width * count + at // width] for at in range(size)) if width > 1 else buffer)
            place = -(-(place + size) // 8) * 8
        if scene == -1:
            return cells([head, buffers]), header["browsers"]
    raise AssertionError("the page has no table")


def of_document(path: Path) -> dict[str, dict[str, Any]]:
    """The inputs and outputs in a run's document: the words of JSON for numbers, unless the document says that one is a text."""
    document = json.loads((path / "run.plx.json").read_text("utf-8"))
    texts = document["meta_info"]["jupyter_tracking"].get("texts", {})

    def value(stored: Any, place: list[Any], section: str) -> Any:
        if isinstance(stored, dict):
            return {key: value(item, [*place, key], section) for key, item in stored.items()}
        if isinstance(stored, list):
            return [value(item, [*place, number], section) for number, item in enumerate(stored)]
        words = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
        return words[stored] if isinstance(stored, str) and stored in words and place not in texts.get(section, []) else stored

    found = {section: value(document[section], [], section) for section in ("inputs", "outputs")}
    return {**found, "own": {name: document.get(name) for name in OWN}}


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.soak)])
def test_every_place_says_the_same_of_a_run(root: Path, tmp_path: Path, count: int) -> None:
    """`runs()`, the table of `browse()`, the view, the document after `end()` and the saved page: every cell of every run.

    The runs were resumed, failed, killed, are running, have metrics without steps, NaN, infinities, texts that read like them, outputs
    that are called like metrics, and definitions of metrics.
    """
    running = number_runs.record(root, count, seed=count)
    frame, browser = tracking.runs(root), tracking.browse(root=root)
    assert isinstance(browser, RunsBrowser)
    page, listings = of_page(browser.save(tmp_path / "runs.html"))
    table, order = cells(browser.table.table), list(browser.runs)
    assert [uuid[: len(name)] for uuid, name in zip(order, page["id"], strict=True)] == page["id"]
    for plan in number_runs.plans(count, count):
        view = tracking.open_run(plan.uuid, root)
        assert (view.status, view.name) == (plan.status, f"run {plan.number}")
        close(view.inputs, plan.inputs)
        close(view.outputs, plan.outputs())
        right = {"inputs": view.inputs, "outputs": view.outputs, "own": {name: getattr(view, name) for name in OWN}}
        given = {section: {k: v for k, v in values.items() if v is not None} for section, values in right.items()}
        assert told(of_frame(frame, plan.uuid)) == told(given)
        row = order.index(plan.uuid)
        for place in (of_table(table, row), of_table(page, row)):
            assert told(place.pop("own")) == told(given["own"])
            for section, values in place.items():
                wanted = {k: shown(given[section][k], as_text=as_text) for k, (_, as_text) in values.items()}
                assert told({k: v for k, (v, _) in values.items()}) == told(wanted)
                assert values.keys() == given[section].keys()
        listing = listings[page["id"][row]]["listing"]
        assert listing["run"]["status"] == plan.status
        for section in ("inputs", "outputs"):
            in_words = [[k, f"{v:.6g}" if isinstance(v, float) else str(v)] for k, v in right[section].items()]
            assert listing[section] == in_words
        if plan.status not in {"running", "interrupted"}:
            assert told(of_document(view.path)) == told(right)
        check_why(plan, view, listing)
    for word in ("last", "min", "max", "best", "mean"):
        frame = tracking.runs(root, summary=word)
        for plan in number_runs.plans(count, count):
            found = of_frame(frame, plan.uuid)["outputs"]
            wanted = {k: v for k, v in plan.outputs(word).items() if v is not None}
            assert found.keys() == wanted.keys()
            numbers = {k: v for k, v in wanted.items() if isinstance(v, float)}
            assert {k: found[k] for k in numbers} == pytest.approx(numbers, rel=1e-12, nan_ok=True)
    for run in running:
        run.end()


def check_why(plan: Plan, view: tracking.RunView, listing: dict[str, Any]) -> None:
    """What was said on the end of the last life is said by the view and by the page, and nothing of an earlier one."""
    reason, message = plan.lives[-1].why
    assert (view.status_reason, view.status_message) == (reason or "", message or "")
    assert listing["run"]["why"] == (message or reason or "")

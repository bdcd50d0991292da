"""A cell that shows a view and is run again and again, in a real kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[[str, str], str]

AGAIN = 25

MAKE = """
import jupyter_tracking as tracking, ipywidgets, json, os, gc
with tracking.init(name="again") as run:
    for step in range(5):
        tracking.log_curve("gain", [0, 1], [0, step], step=step)
view = tracking.open_run(run)
"""

COUNT = """
gc.collect()
import matplotlib.pyplot as plt, threading
def target(descriptor):
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except FileNotFoundError:  # a thread of the kernel has closed it since it was listed
        return ""
descriptors = [target(each) for each in os.listdir("/proc/self/fd")]
print(json.dumps({
    "comms": len(get_ipython().kernel.comm_manager.comms),
    "widgets": len(ipywidgets.widgets.widget._instances),
    "files": len([d for d in descriptors if "runs" in d]),
    "figures": len(plt.get_fignums()),
    "threads": threading.active_count(),
}))
"""


@pytest.fixture
def run(root: Path) -> Iterator[Run]:
    """Run code in a fresh kernel as the cell of an id would, and return what it printed."""
    manager, client = start_new_kernel(cwd=str(root))

    def run_(cell: str, code: str) -> str:
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = client.session.msg("execute_request", content, metadata={"cellId": cell})
        client.shell_channel.send(message)
        printed = ""
        while True:
            reply: dict[str, Any] = client.get_iopub_msg(timeout=60)
            if reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if reply["msg_type"] == "stream":
                printed += reply["content"]["text"]
            assert reply["msg_type"] != "error", "\n".join(reply["content"]["traceback"])
            if reply["msg_type"] == "status" and reply["content"]["execution_state"] == "idle":
                client.get_shell_msg(timeout=60)
                return printed

    yield run_
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_running_a_cell_again_leaves_no_more_than_running_it_once(run: Run) -> None:
    """The same view shown again and again by one cell: as many comms, widgets, files, figures and threads as after the first."""
    run("make", MAKE)
    run("show", "view.show('gain')")
    once = json.loads(run("count", COUNT))
    for _ in range(AGAIN):
        run("show", "view.show('gain')")
    assert json.loads(run("count", COUNT)) == once


def test_a_view_held_by_a_name_stays_when_its_cell_runs_again(run: Run) -> None:
    """What the user can still reach is not closed under them."""
    run("make", MAKE)
    run("show", "first = view.show('gain')\nfirst")
    run("show", "second = view.show('gain')\nsecond")
    assert run("ask", "print(first.content.comm is not None, second.content.comm is not None)").strip() == "True True"


def test_a_cell_that_shows_nothing_any_more_closes_what_it_showed(run: Run) -> None:
    """Its output is gone with what it displayed: as many comms and widgets as before it ran first."""
    run("make", MAKE)
    before = json.loads(run("count", COUNT))
    run("show", "for _ in range(3): display(view.show('gain'))")
    run("another", "display(view.browse())")
    assert json.loads(run("count", COUNT))["comms"] > before["comms"]
    run("show", "1")
    run("another", "2")
    after = json.loads(run("count", COUNT))
    assert (after["comms"], after["widgets"]) == (before["comms"], before["widgets"])
    assert (
        run("ask", "print([f.__name__ for f in get_ipython().events.callbacks['post_run_cell'] if 'close' in f.__name__])").strip() == "[]"
    )


def test_a_view_that_was_closed_holds_nothing_that_can_be_read_again(run: Run) -> None:
    """IPython's history of outputs refers to every view that was shown: what they have read does not add up."""
    run("make", MAKE)
    for _ in range(3):
        run("show", "view.show('gain')")
    held = """
from jupyter_tracking.views.widgets.stepper import Stepper
closed = [shown for shown in gc.get_objects() if isinstance(shown, Stepper) and shown.content.comm is None]
print(len(closed), *{(len(one.content.seed), len(one._scene.panels[0].series[0]._values._kept), one._displayed) for one in closed}, sep=";")
"""
    assert run("ask", held).strip() == "2;(0, 0, None)"


@pytest.fixture
def outputs(root: Path) -> Callable[..., list[list[dict[str, Any]]]]:
    """Run cells in a fresh kernel, and return the outputs that are displays, cell by cell."""
    import nbclient
    import nbformat

    def run_(*cells: str) -> list[list[dict[str, Any]]]:
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        nbclient.NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(root)}}).execute()
        return [[output for output in cell.outputs if output.output_type == "display_data"] for cell in book.cells]

    return run_


LIVE = "import jupyter_tracking as t\nrun = t.init(name='live', track_env=False, track_code=False)\nt.log_metric('loss', 1.0, step=0)\nview = t.open_run(run)"
LOOP = "for step in range(1, 6):\n    t.log_metric('loss', 1.0, step=step)\n    "


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("display(view.show('loss'), display_id='live')", "update_display(view.show('loss'), display_id='live')"),
        ("handle = display(view.show('loss'), display_id=True)", "handle.update(view.show('loss'))"),
        ("shown = view.show('loss')\nhandle = display(shown, display_id=True)", "handle.update(view.show('loss'))"),
    ],
)
def test_update_display_replaces_the_view_and_its_saved_page(outputs: Callable[..., Any], first: str, then: str) -> None:
    """The cell that updates gets no output; the widget and the page that were there are those of the last call."""
    _, shown, loop, closed = outputs(LIVE, f"from IPython.display import display, update_display\n{first}", LOOP + then, "t.end()")
    assert (loop, closed) == ([], [])
    assert [sorted(output.data) for output in shown] == [
        ["application/vnd.jupyter.widget-view+json", "text/plain"],
        ["image/png", "text/html", "text/plain"],
    ]
    assert all("6 steps" in output.data["text/plain"] for output in shown)
    assert "6 steps" in shown[1].data["text/html"]


def test_a_view_that_was_replaced_is_closed_unless_a_name_holds_it(outputs: Callable[..., Any]) -> None:
    """As when a cell runs again; and one that is held does not write over the page of the one that took its place."""
    _, shown, _, counted = outputs(
        LIVE + "\nfrom IPython.display import Markdown",
        "held = view.show('loss')\nhandle = display(held, display_id=True)",
        "t.log_text('notes', 'hello', step=0)\nfor _ in range(3): handle.update(view.show('notes'))",
        "t.log_metric('loss', 1.0, step=1)\nimport gc, json\nfrom jupyter_tracking.views.widgets.stepper import Stepper\n"
        "display(Markdown(json.dumps([held.content.comm is not None, "
        "sum(isinstance(one, Stepper) and one.content.comm is not None for one in gc.get_objects())])))\nt.end()",
    )
    assert json.loads(counted[0].data["text/markdown"]) == [True, 2]
    assert all("notes" in output.data["text/plain"] for output in shown)


def test_a_view_can_be_displayed_twice_under_one_id_and_the_browser_replaced(outputs: Callable[..., Any]) -> None:
    """`handle.display` shows it once more, and an update reaches both; another kind of view may come in its place."""
    _, shown, again, loop = outputs(
        LIVE,
        "handle = display(view.show('loss'), display_id=True)",
        "handle.display(view.show('loss'))",
        "handle.update(view.browse())\nt.end()",
    )
    assert loop == []
    assert ["artifacts of run" in output.data["text/plain"] for output in [*shown, *again]] == [True] * 4

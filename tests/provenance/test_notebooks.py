"""From a saved notebook to its runs, from two runs to how their sessions differ, and a notebook as a page."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main
from jupyter_tracking.errors import InvalidArgument, MissingFile, NotFound
from jupyter_tracking.format.json_fields import steps_in_full, steps_in_short
from tests.provenance.conftest import executed

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

RUN = """
run = tracking.init(name='shown', root='.')
for n in range(3):
    tracking.log_curve('roc', [0, 1], [n, 1], step=n)
    tracking.log_dataframe(pd.DataFrame({'n': [n]}), 'frame', step=n)
tracking.end()
"""
SHOWING = [
    "import jupyter_tracking as tracking\nimport pandas as pd",
    RUN,
    "view = tracking.open_run(run)\nview.show('roc')",
    "view.show('frame', 'roc')",
    "view.browse()",
    "print('no run here <b>')",
]


@pytest.fixture(scope="module")
def executed_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A notebook that was run, shows three views, and is saved beside its run: where it was run, and a copy of all that it left."""
    folder = tmp_path_factory.mktemp("executed") / "experiment"
    folder.mkdir()
    notebook = executed(folder, SHOWING)
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("# Title <script>x</script>\n\nSome *words*."))
    nbformat.write(notebook, folder / "experiment.ipynb")
    return folder, shutil.copytree(folder, folder.with_name("copy"))


@pytest.fixture
def saved(executed_once: tuple[Path, Path], root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That notebook, in the folder it was run in, which is the current one; as it was, whatever a test before has spoiled."""
    folder, copy = executed_once
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    monkeypatch.chdir(folder)
    return folder / "experiment.ipynb"


# --- runs_in -------------------------------------------------------------------------------------


def test_a_notebook_names_its_runs_and_artifacts(saved: Path) -> None:
    """A row a display and artifact, found on disk and unchanged."""
    frame = tracking.runs_in(saved)
    view = tracking.open_run("shown")
    rows = list(zip(frame["cell"], frame["kind"].fillna(""), frame["name"].fillna(""), frame["steps"].fillna(0), strict=True))
    assert rows == [(3, "curve", "roc", 3), (4, "dataframe", "frame", 3), (4, "curve", "roc", 3), (5, "", "", 0)]
    assert set(frame["run_uuid"]) == {view.uuid}
    assert set(frame["run_name"]) == {"shown"}
    assert set(frame["run_path"]) == {str(view.path)}
    assert frame["on_disk"].all()
    assert frame["unchanged"].tolist()[:3] == [True] * 3
    assert frame["execution_count"].tolist() == [3, 4, 4, 5]


def test_what_has_changed_since_is_told(saved: Path) -> None:
    """A row edited, an asset edited: changed. A row more: unchanged, since all that was shown is there."""
    path = tracking.open_run("shown").path
    frame = tracking.runs_in(saved)
    with tracking.init(run_uuid=path.name) as run:
        run.log_curve("roc", [0, 1], [9, 1], step=9)
    assert tracking.runs_in(saved)["unchanged"].tolist()[:3] == frame["unchanged"].tolist()[:3] == [True] * 3
    asset = min((path / "assets/dataframe").iterdir())
    data = asset.read_bytes()
    asset.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert tracking.runs_in(saved)["unchanged"].tolist()[:3] == [True, False, True]
    events = path / "events/curve/roc.plx"
    events.write_bytes(events.read_bytes().replace(b"2.0", b"3.0", 1))
    assert tracking.runs_in(saved)["unchanged"].tolist()[:3] == [False, False, False]


def test_a_run_that_is_gone_or_elsewhere(saved: Path, tmp_path: Path) -> None:
    """Moved together with the notebook it is found; moved alone under a root that is given; deleted it is not on disk."""
    together = tmp_path / "together"
    shutil.copytree(saved.parent, together)
    shutil.rmtree(saved.parent / "runs")
    assert tracking.runs_in(together / "experiment.ipynb")["on_disk"].all()
    gone = tracking.runs_in(saved)
    assert not gone["on_disk"].any()
    assert gone["unchanged"].isna().all()
    assert tracking.runs_in(saved, root=together)["on_disk"].all()


def test_another_run_in_the_place_of_the_shown_one_is_not_taken_for_it(saved: Path) -> None:
    """The path leads to a run of another uuid: not on disk."""
    path = tracking.open_run("shown").path
    document = path / "run.plx.json"
    document.write_text(document.read_text().replace(path.name, "0" * 32))
    assert not tracking.runs_in(saved)["on_disk"].any()


def test_a_notebook_without_displays_gives_an_empty_frame(root: Path) -> None:
    """The columns are there all the same."""
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), root / "plain.ipynb")
    frame = tracking.runs_in(root / "plain.ipynb")
    assert len(frame) == 0
    assert frame.columns.tolist()[-2:] == ["on_disk", "unchanged"]


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"cells": 3}', "\x00"])
def test_what_is_no_notebook_is_one_clear_line(root: Path, text: str) -> None:
    """A missing file and a file of something else."""
    (root / "x.ipynb").write_text(text)
    with pytest.raises(InvalidArgument, match="is no notebook"):
        tracking.runs_in(root / "x.ipynb")
    with pytest.raises(MissingFile, match="no such file"):
        tracking.runs_in("gone.ipynb")


@pytest.mark.parametrize(
    "metadata",
    [
        {"run_uuid": 3},
        {"run_uuid": "x", "artifacts": 3},
        {"run_uuid": "../../etc", "name": 3, "steps": "x", "run_path": ["y"]},
        "text",
        None,
    ],
)
def test_metadata_of_a_stranger_is_read_with_care(root: Path, metadata: Any) -> None:
    """Whatever stands there, no error, nothing opened outside, and no run is found."""
    output = nbformat.v4.new_output("display_data", {"text/plain": "x"}, metadata={"jupyter_tracking": metadata})
    cell = nbformat.v4.new_code_cell("1", outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), root / "stranger.ipynb")
    frame = tracking.runs_in(root / "stranger.ipynb")
    assert not frame["on_disk"].any()


# --- diff_notebooks ------------------------------------------------------------------------------


def test_sessions_differ_by_cells_and_lines(root: Path) -> None:
    """A changed line, a cell more and a cell less; what is the same is not shown."""
    common = [
        "import jupyter_tracking as tracking",
        "tracking.init(name={name!r})",
        "x = 1",
        "for n in range({count}):\n    pass\nprint('done')",
    ]
    first = [source.format(name="a", count=3) for source in common] + ["'only in the first'", "tracking.end()"]
    second = [source.format(name="b", count=5) for source in common] + ["tracking.end()", "'only in the second'"]
    executed(root, first)
    second[-1], second[-2] = second[-2], second[-1]
    executed(root, second)
    text = tracking.diff_notebooks("a", "b")
    assert "-for n in range(3):" in text.replace("- ", "-")
    assert "+for n in range(5):" in text.replace("+ ", "+")
    assert "x = 1" not in text
    assert "only in the first" in text
    assert "only in the second" in text
    assert text.startswith("--- a ")
    assert repr(text) == str(text)
    assert repr(tracking.diff_notebooks("a", "a")) == "no differences"
    with pytest.raises(NotFound):
        tracking.diff_notebooks("a", "nothing")


# --- report --------------------------------------------------------------------------------------


def test_a_report_is_one_page_with_its_views_and_words(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes it; each display is a view with its steps, and nothing else is asked of anywhere."""
    assert main(["report", str(saved), "-o", "report.html"]) == 0
    assert capsys.readouterr().out == "report.html\n"
    page = (saved.parent / "report.html").read_text()
    assert page.count('class="jt-twin"') == 3
    assert "<h1>Title &lt;script&gt;x&lt;/script&gt;</h1>" in page
    assert "no run here &lt;b&gt;" in page
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\"'\s<]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_a_report_says_what_it_cannot_show(saved: Path) -> None:
    """A run that is gone is a line in its place; the rest of the page is there."""
    shutil.rmtree(saved.parent / "runs")
    page = tracking.report(saved, "report.html").read_text()
    assert "jt-twin" not in page
    assert page.count("cannot be shown: its run is neither in the folder of the notebook nor under the root") == 3
    assert "Some <em>words</em>." in page


def test_a_report_of_a_missing_notebook_is_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2."""
    assert main(["report", "gone.ipynb"]) == 2
    assert capsys.readouterr().err == "jupyter-tracking: notebook='gone.ipynb': no such file\n"


def test_a_folder_that_was_logged_is_unchanged(root: Path) -> None:
    """Its size is that of its files; one of them edited, it is changed."""
    (root / "saved").mkdir()
    (root / "saved" / "weights.bin").write_bytes(b"ab")
    with tracking.init(root=root, quiet=True, track_env=False, track_code=False) as run:
        run.log_artifact(root / "saved", "saved", step=1)
    view = tracking.open_run(run.path)
    about = view.show("saved")._metadata()
    shown = nbformat.v4.new_output("display_data", {"text/plain": "x"}, metadata={"jupyter_tracking": about})
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[shown])]), root / "shown.ipynb")
    assert tracking.runs_in(root / "shown.ipynb", root)["unchanged"].tolist() == [True]
    (run.path / "assets" / "dir" / "saved_1" / "weights.bin").write_bytes(b"ac")
    assert tracking.runs_in(root / "shown.ipynb", root)["unchanged"].tolist() == [False]


@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=60),
    st.lists(st.builds(range, st.integers(-9, 9), st.integers(10, 200), st.integers(1, 9)), max_size=4),
)
@settings(max_examples=100)
def test_steps_are_written_in_short_and_read_in_full(odd: list[int | None], even: list[range]) -> None:
    """Whatever they are, and in whatever order; where they are regular, a text of few letters is all of them."""
    for steps in (odd, [n for each in even for n in each], [*odd, *(n for each in even for n in each)]):
        short = steps_in_short(steps)
        assert steps_in_full(short) == steps
        assert isinstance(short, list) == (len(steps) <= 40)
    assert steps_in_short(range(0, 100_000, 5)) == "0:99995:5"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0:9223372036854775807:1",
        "1:2",
        "0:5:0",
        "None:3:1",
        "a",
        "1,,2",
        "0:1:1:1",
        "0:999999:1,0:5:1",
        "1" * 30,
        7,
        {"a": 1},
        [1.5],
        [True],
    ],
)
def test_what_is_no_list_of_steps_is_none(text: object) -> None:
    """A text of a stranger's takes no more memory than a million steps."""
    assert steps_in_full(text) is None


def test_a_display_of_many_steps_is_found_unchanged(root: Path, shell: InteractiveShell) -> None:
    """What it says of its steps takes as much of the notebook's file as of a few."""
    from IPython.utils.capture import capture_output

    with tracking.init(root=root, name="long", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(0, 3000, 3):
            run.log_metric("loss", step / 7, step=step)
        run.log_text("note", "a", step=5)
    with capture_output() as captured:
        shell.display_formatter.format(tracking.open_run(run).show("loss", "note"))
    outputs = [nbformat.v4.new_output("display_data", output.data, metadata=output.metadata) for output in captured.outputs]
    assert all(len(nbformat.writes(nbformat.v4.new_notebook(metadata=output.metadata))) < 3_000 for output in outputs)
    path = root / "shown.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)]), path)
    frame = tracking.runs_in(path, root=root)
    assert frame[["name", "steps", "on_disk", "unchanged"]].to_numpy().tolist() == [["loss", 1000, True, True], ["note", 1, True, True]]

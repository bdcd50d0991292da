"""What a report keeps of a notebook's own outputs: tables as tables, and nothing that runs, fetches or leads anywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.views.export.foreign_html import MOST_HTML, plain_html
from tests.views.test_twin import packed

if TYPE_CHECKING:
    from pathlib import Path

EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='https://evil.example/a.png'>",
    "<td style='background:url(https://evil.example/)'>",
    "<td style='background:u\\72l(https://evil.example/)'>",
    "<td style='width:expression(alert(1))'>",
    "<a href='javascript:alert(1)'>press</a>",
    "<svg onload=alert(1)><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mi><style><img src=x onerror=alert(1)></mi></math>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>@import 'https://evil.example/';#T_a{background:url(https://evil.example/)}</style><td id=T_a>",
    "<form action='https://evil.example/'><input><button formaction=javascript:alert(1)>go</button></form>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'><base href='https://evil.example/'>",
    "<div class='jt-twin' data-jt-page='0'><script class='jt-data'>x</script></div>",
    "<div title='\"><script>alert(1)</script>'>",
    "<![CDATA[<script>alert(1)</script>]]><!--><script>alert(1)</script>-->",
    "<object data='https://evil.example/'></object><embed src='https://evil.example/'><link rel=stylesheet href='https://evil.example/'>",
    "<p x='<table><script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
ATTRIBUTES = {"class", "style", "colspan", "rowspan", "span", "start", "scope", "title", "alt", "src"}


def notebook(place: Path, *outputs: dict[str, Any]) -> Path:
    """Write a notebook of one cell with these outputs."""
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", data=data) for data in outputs])
    path = place / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


def report(place: Path, *outputs: dict[str, Any]) -> str:
    """Return the page of a notebook with these outputs."""
    return tracking.report(notebook(place, *outputs), place / "page.html", place).read_text("utf-8")


def test_a_dataframe_stays_a_table_in_a_report(root: Path) -> None:
    """With its headings and cells, whatever is written in them."""
    frame = pd.DataFrame({"a <b>": [1.5, 2.0], "word": ["x & y", None]})
    page = report(root, {"text/html": frame._repr_html_(), "text/plain": repr(frame)})
    assert "<th>a &lt;b&gt;</th>" in page
    assert "<td>x &amp; y</td>" in page
    assert len(re.findall("<td", page)) == 4
    assert "<pre>        a" not in page


def test_the_colours_of_a_styled_dataframe_stay() -> None:
    """Pandas says in a style sheet how each cell looks by its id."""
    styled = '<style type="text/css">#T_1_row0_col0, #T_1_row1_col0 {background-color: #fff7fb;color: #000;}</style><table id="T_1"><tr>'
    plain = plain_html(styled + '<td id="T_1_row0_col0" class="data">1</td></tr></table>')
    assert plain == '<table><tr><td style="background-color:#fff7fb;color:#000;">1</td></tr></table>'


def test_a_table_of_runs_stays_live_in_a_report(root: Path) -> None:
    """As the view that it was, of the runs that lie beside the notebook; others are not opened."""
    runs = []
    for name in "ab":
        with tracking.init(root=root, name=name, track_code=False, track_env=False, track_logs=False) as run:
            run.log_metric("loss", 1.0, step=0)
        runs.append({"run_uuid": run.uuid, "run_path": f"runs/{run.uuid}"})
    path = notebook(root, {"text/plain": "<runs: 3>"})
    book = nbformat.read(path, 4)
    away = {"run_uuid": "0" * 32, "run_path": "../elsewhere"}
    book.cells[0].outputs[0].metadata["jupyter_tracking"] = {"root": ".", "runs": [*runs, away]}
    nbformat.write(book, path)
    page = tracking.report(path, root / "page.html", root).read_text("utf-8")
    assert page.count('class="jt-twin"') == 1
    assert "<b>2 runs</b>" in page
    book.cells[0].outputs[0].metadata["jupyter_tracking"]["runs"] = [away]
    nbformat.write(book, path)
    assert "a table of runs cannot be shown" in tracking.report(path, root / "page.html", root).read_text("utf-8")


def test_plots_and_comparisons_of_runs_stay_live_in_a_report(root: Path) -> None:
    """Made anew, of the same runs on the same axes; what a notebook says of them wrongly is a table, or is told."""
    runs = []
    for n in range(4):
        with tracking.init(root=root, name=f"run{n}", track_code=False, track_env=False, track_logs=False) as run:
            run.log_inputs(lr=0.1**n, seed=n % 2)
            run.log_metric("loss", 1.0 / (n + 1), step=0)
        runs.append(run)
    shown = {
        "scatter": tracking.scatter(runs, "seed", "loss", color="lr"),
        "parallel": tracking.parallel(runs, ["seed", "loss"]),
        "comparison": tracking.compare(runs, group_by="seed"),
    }
    path = notebook(root, {"text/plain": "<runs: 4>"})
    book = nbformat.read(path, 4)

    def page_of(metadata: dict[str, Any]) -> str:
        book.cells[0].outputs[0].metadata["jupyter_tracking"] = metadata
        nbformat.write(book, path)
        return tracking.report(path, root / "page.html", root).read_text("utf-8")

    for kind, view in shown.items():
        here = {"runs": [{"run_uuid": run.uuid, "run_path": f"runs/{run.uuid}"} for run in runs], "many": view._metadata()["many"]}
        page = page_of(here)
        assert page.count('class="jt-twin"') == 1
        (head,) = (payload[3] for payload in packed(page)["payloads"][:1])
        assert head.get("plot", "comparison") == kind
        if kind == "comparison":
            assert head["labels"] == ["seed=0 (n=2)", "seed=1 (n=2)"]
        else:
            assert [head["fields"][n]["name"] for n in head["axes"]] == ["seed", "loss"]
        view.close()
    for wrong in ("x", {"view": "pie"}, {"view": 1}):
        assert "<b>4 runs</b>" in page_of({**here, "many": wrong})
    for wrong in (
        {"view": "scatter", "axes": ["no such"]},
        {"view": "parallel", "axes": ["lr"]},
        {"view": "comparison", "group_by": ["?"]},
    ):
        assert "a view of runs cannot be shown" in page_of({**here, "many": wrong})


def test_markdown_that_was_displayed_is_drawn_in_a_report(root: Path) -> None:
    """As the text cells are."""
    assert "<h1>Title</h1>" in report(root, {"text/markdown": "# Title", "text/plain": "<Markdown>"})


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("around", ["{}", "<table><tr><td>kept</td>{}</tr></table>", "<table>{}<tr><td>kept</td></tr></table>"])
def test_nothing_of_a_strangers_html_runs_fetches_or_leads_anywhere(evil: str, around: str) -> None:
    """What is written has elements and attributes of a fixed list, and no address but bytes of a picture."""
    plain = plain_html(around.format(evil)) or ""
    for tag in re.findall(r"<[^>]*>", plain):
        assert re.fullmatch(r'</?(table|tr|td|div|p|span)( [a-z]+="[^"<>]*")*>', tag), tag
        for name, value in re.findall(r' ([a-z]+)="([^"]*)"', tag):
            assert name in ATTRIBUTES
            assert name == "title" or not re.search(r"url|expression|:.*:|//", value, re.IGNORECASE)


def test_where_a_script_would_have_drawn_the_text_is_shown(root: Path) -> None:
    """A chart of a library is nothing without its script; a table beside a script is one."""
    page = report(root, {"text/html": "<div>loading…</div><script>draw()</script>", "text/plain": "Figure(1)"})
    assert "<pre>Figure(1)</pre>" in page
    assert "loading" not in page
    assert "<td>1</td>" in report(root, {"text/html": "<table><tr><td>1</td></tr></table><script>sort()</script>", "text/plain": "x"})


def test_html_that_is_too_long_is_shown_as_its_text(root: Path) -> None:
    """And however it is made, it is read from its beginning to its end once."""
    page = report(root, {"text/html": "<p>x</p>" * MOST_HTML, "text/plain": "the text"})
    assert "<pre>the text</pre>" in page
    for piece in ("<", "<!--", "<a ", '<a b="', "</", "<style>", "<svg>", "<div>", "<table>"):
        assert len(plain_html(piece * (MOST_HTML // len(piece))) or "") < 10 * MOST_HTML

"""The twin: what stays in the notebook when the kernel is gone."""

from __future__ import annotations

import base64
import gzip
import json
import re
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.views.export.bundle import packed_scripts, scripts_for, static
from jupyter_tracking.views.export.page import scripts_in, share_scripts

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.run_view import RunView

ALL = ("gain", "loss", "notes", "figure", "predictions", "clf", "kept", "away")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def displayed(shell: InteractiveShell, thing: object) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return data and metadata of each output of a display."""
    from IPython.utils.capture import capture_output

    with capture_output() as captured:
        shell.display_formatter.format(thing)
    return [(output.data, output.metadata) for output in captured.outputs]


def packed(page: str) -> dict[str, Any]:
    """Return the header of the steps in a page, with lists of numbers in place of ranges."""
    found = re.search(r'class="jt-data">([^<]+)<', page)
    assert found
    data = gzip.decompress(base64.b64decode(found[1]))
    (length,) = struct.unpack_from("<I", data)
    header: dict[str, Any] = json.loads(data[4 : 4 + length])
    for scene in header["scenes"]:
        about = scene["about"]
        for described in (about, *about["panels"], *(member for panel in about["panels"] for member in panel.get("members", ()))):
            described.update({name: numbers(described[name]) for name in ("steps", "times", "from", "at") if name in described})
    return header


def numbers(pieces: list[Any]) -> list[Any]:
    """Whole numbers that were encoded by `encode_numbers`, none of which JavaScript would round."""
    found: list[Any] = []
    for piece in pieces:
        if not isinstance(piece, list):
            found.append(piece)
        elif len(piece) == 3:
            first, by, count = piece
            found.extend(first + by * n for n in range(count))
        else:
            number, distance, bits = 0, 0, 0
            for byte in base64.b64decode(piece[0]):
                distance |= (byte & 127) << bits
                bits += 7
                if byte < 128:
                    number += -(distance + 1) // 2 if distance % 2 else distance // 2
                    found.append(number)
                    distance = bits = 0
    return found


def test_a_display_is_the_widget_and_its_twin(view: RunView, shell: InteractiveShell) -> None:
    """Two outputs, each with an honest line of text and the metadata that find the run again."""
    (widget, first), (twin, second) = displayed(shell, view.show("gain"))
    assert set(widget) == {"text/plain", WIDGET_VIEW}
    assert set(twin) == {"text/plain", "text/html", "image/png"}
    assert widget["text/plain"] == twin["text/plain"] == f"<curve 'gain': 5 steps (0 to 40), run seen {view.uuid[:8]}>"
    assert first == second
    said = first["jupyter_tracking"]
    assert set(said.pop("events")) == {"size", "hash"}
    assert said == {"run_uuid": view.uuid, "run_path": f"runs/{view.uuid}", "kind": "curve", "name": "gain", "steps": [0, 10, 20, 30, 40]}


@pytest.mark.parametrize("name", ALL)
def test_equal_content_gives_equal_bytes(view: RunView, shell: InteractiveShell, name: str) -> None:
    """A notebook that is run again gives no diff."""
    first, second = (displayed(shell, tracking.open_run(view.path).show(name))[1][0]["text/html"] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", ALL)
def test_an_output_keeps_to_its_budget_and_asks_nothing_of_the_network(view: RunView, shell: InteractiveShell, name: str) -> None:
    """At most 256 KB with its script, and no address in it but the artifact's own."""
    page = displayed(shell, view.show(name))[1][0]["text/html"]
    assert len(page) <= 256_000
    assert set(re.findall(r"https?://[^\"'\s<]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_steps_beyond_the_budget_are_thinned_evenly_with_first_and_last_kept(root: Path, shell: InteractiveShell) -> None:
    """The page says of how many steps it has how many."""
    import numpy as np

    noise = np.random.default_rng(0)
    with tracking.init(root=root, name="long", track_code=False, track_env=False, track_logs=False) as run:
        for step in range(900):
            run.log_curve("noise", noise.random(300), noise.random(300), step=step)
    page = displayed(shell, tracking.open_run(run).show("noise"))[1][0]["text/html"]
    about = packed(page)["scenes"][0]["about"]
    assert len(page) <= 256_000
    assert about["total"] == 900
    assert 10 < len(about["steps"]) < 900
    assert (about["steps"][0], about["steps"][-1]) == (0, 899)
    gaps = {b - a for a, b in zip(about["steps"], about["steps"][1:], strict=False)}
    assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("gain", "data:image/png"),
        ("loss", "data:image/png"),
        ("figure", "data:image/"),
        ("notes", "step 40"),
        ("predictions", "<td>499</td>|<td>cat</td>"),
        ("clf", "sklearn"),
        ("away", "s3://bucket/file.ext"),
    ],
)
def test_where_scripts_are_stripped_the_last_step_is_still_seen(view: RunView, shell: InteractiveShell, name: str, holds: str) -> None:
    """A picture or a table of the last step, and how to get the slider."""
    page = displayed(shell, view.show(name))[1][0]["text/html"]
    stripped = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert re.search(holds, stripped)
    assert "to get the slider" in stripped


def test_names_and_cells_are_escaped_in_the_still(root: Path, shell: InteractiveShell) -> None:
    """No tag of a name, of a column or of a cell becomes a tag of the page."""
    import pandas as pd

    evil = "</script><img src=x onerror=alert(1)>"
    with tracking.init(root=root, name=evil, track_code=False, track_env=False, track_logs=False) as run:
        run.log_dataframe(pd.DataFrame({evil: [evil]}), evil, step=1)
        run.log_text("notes", evil, step=1)
    for name in (evil, "notes"):
        page = displayed(shell, tracking.open_run(run).show(name))[1][0]["text/html"]
        assert "<img src=x" not in page
        assert page.count("<script") == page.count("</script>") == 2


def test_a_saved_file_holds_every_step_and_forbids_the_network(view: RunView, tmp_path: Path) -> None:
    """One HTML file, with a policy that fetches nothing."""
    path = view.show("gain", "predictions").save(tmp_path / "view.html")
    page = path.read_text("utf-8")
    assert "default-src 'none'" in page
    assert packed(page)["scenes"][0]["about"]["steps"] == [0, 10, 20, 30, 40]


def test_the_browser_is_saved_with_its_whole_list(view: RunView, shell: InteractiveShell, tmp_path: Path) -> None:
    """Every artifact is listed and, where there is room, can be opened; the same bytes each time."""
    page = displayed(shell, view.browse())[1][0]["text/html"]
    header = packed(page)
    assert {(a["kind"], a["name"]) for a in header["listing"]["artifacts"]} == set(view.artifacts())
    assert all(place >= 0 for place in header["places"])
    assert len(page) <= 256_000
    assert page == displayed(shell, tracking.open_run(view.path).browse())[1][0]["text/html"]
    assert packed(view.save(tmp_path / "run.html").read_text("utf-8"))["places"] == header["places"]


def test_the_scripts_of_a_page_are_written_short_and_need_no_escape(view: RunView) -> None:
    """They are in base 85, in characters that stand in a notebook's JSON, in HTML and beside formulas as they are."""
    found = re.search(r'\("[0-9a-f]+","([^"]+)","([^"]+)"\)</script>', view.show("gain")._page("gain"))
    assert found
    names, code = found.groups()
    assert json.dumps(code) == f'"{code}"'
    assert not set(code) & set("<&'$`{}")
    digits = sorted(set(map(chr, range(33, 127))) - set("\"'\\<&$`{}"))
    read = bytearray()
    for at in range(0, len(code), 5):
        number = 0
        for digit in code[at : at + 5].ljust(5, digits[-1]):
            number = number * 85 + digits.index(digit)
        read += number.to_bytes(4, "big")
    texts = gzip.decompress(read[: len(code) * 4 // 5]).decode().split("\0")
    assert len(texts) == len(names.split()) > 3
    assert len(code) < sum(map(len, texts)) / 2


@pytest.mark.parametrize(
    ("names", "kb"),
    [(["loss"], 37), (["gain"], 37), (["predictions"], 46), (["notes"], 27), (["figure"], 27), (["loss", "predictions"], 60)],
)
def test_a_page_brings_the_scripts_that_draw_it_and_no_others(view: RunView, names: list[str], kb: int) -> None:
    """Whatever the order: what starts it, what all views need, and what its kinds need."""
    pages = [view.show(*order)._page("page") for order in (names, names[::-1])]
    scripts = scripts_in(pages[0])
    assert scripts == scripts_in(pages[1])
    stems = {panel.renderer.stem for panel in view.show(*names)._scene.panels}
    assert scripts == set(scripts_for("scene", stems))
    assert len(packed_scripts(scripts_for("scene", stems))) < kb * 1000
    assert scripts < set(scripts_for("browser", (stem for stem in json.loads(static("parts.json"))["parts"])))


def test_a_page_of_several_views_has_each_script_once(view: RunView, tmp_path: Path) -> None:
    """In the first view that needs it; also where the views are of other kinds. What looks like ours stays as it is."""
    pages = [view.show(name)._page(name) for name in ("loss", "gain", "loss", "predictions")]
    together = share_scripts("<p>between</p>".join(pages))
    given = re.findall(r'\("[0-9a-f]+","([^"]+)","[^"]*"\)</script>', together)
    assert len(given) == len(pages)
    brought = [name[1:] for names in given for name in names.split() if name.startswith("+")]
    assert len(brought) == len(set(brought))
    assert set(brought) == scripts_in(together) == scripts_in("".join(pages))
    assert given[2].count("+") == 0
    assert 0 < given[1].count("+") < given[0].count("+")
    assert len(together) < sum(map(len, pages)) - 85_000
    assert share_scripts(together) == together
    strange = pages[0].replace("currentScript", "currentscript")
    assert share_scripts(strange, scripts_in(pages[0])) == strange
    assert scripts_in(strange) == set()
    assert "data-jt-page" in share_scripts(pages[1], scripts_in(pages[0]))


@pytest.mark.parametrize("name", ALL)
def test_latex_which_is_given_no_html_gets_a_picture_or_a_table(view: RunView, shell: InteractiveShell, name: str) -> None:
    """In what nbconvert takes for LaTeX before it takes the line of text; small, as it is in the notebook beside the page."""
    data = displayed(shell, view.show(name))[1][0]
    if "image/png" in data:
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        assert len(data["image/png"]) < 45_000
    else:
        assert name not in {"gain", "loss", "figure"}
        assert 20 < len(data["text/latex"]) < 5_000
        assert data["text/latex"].count("{") == data["text/latex"].count("}") or "\\}" in data["text/latex"]
        assert "Trust" not in data["text/latex"]


def test_latex_gets_the_table_that_stands_beside_a_picture(view: RunView, shell: InteractiveShell) -> None:
    """It takes one output of a display: the picture of all panels, in which the table is read, its heading and its last row."""
    import io

    from PIL import Image

    def picture(*names: str) -> Image.Image:
        data = displayed(shell, view.show(*names))[1][0]
        assert "text/latex" not in data
        assert len(data["image/png"]) < 45_000
        return Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("L")

    alone, beside, after = picture("gain"), picture("gain", "predictions"), picture("notes", "predictions", "gain")
    assert beside.height > alone.height + 100
    below = np.asarray(beside)[alone.height + 40 :]
    lines = (below.min(axis=1) < 128).astype(int)
    assert np.diff(lines).clip(0).sum() >= 5  # rows of letters, one below the other
    assert after.height > beside.height


def test_what_is_saved_tells_no_folder_of_the_machine(tmp_path: Path, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the pages, the lines and the metadata of views, nor in what the widgets hold, which some save too; from near and from afar."""
    import ipywidgets

    home = tmp_path / "home" / "reader-of-runs"
    for here, place in ((home / "work", "runs/"), (tmp_path / "elsewhere", "runs/")):
        here.mkdir(parents=True)
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.chdir(here)
        with tracking.init(root=home / "work", name="near", track_code=False, track_env=False, track_logs=False) as run:
            run.log_metric("loss", 1, step=1)
            run.log_metric("acc", 1, step=1)
            (tmp_path / "kept.bin").write_bytes(b"kept")
            run.log_artifact(tmp_path / "kept.bin", "kept")
        view = tracking.open_run(run)
        shown = [view.show("loss"), view.show("kept"), view.browse(), tracking.browse(root=home / "work"), tracking.compare([view, view])]
        saved = [repr(displayed(shell, each)) for each in shown] + [repr(view), run._repr_html_()]
        saved += [
            repr(packed(html))
            for each in shown
            for data, _ in displayed(shell, each)
            if 'class="jt-data"' in (html := data.get("text/html", ""))
        ]
        saved += [repr(widget.get_state()) for widget in list(ipywidgets.widgets.widget._instances.values())]
        assert [text[max(0, text.find("reader-of") - 200) :][:300] for text in saved if "reader-of-runs" in text] == []
        assert any(f"{place}{run.uuid}" in text for text in saved)


def test_no_name_or_cell_is_a_command_of_latex(root: Path, shell: InteractiveShell) -> None:
    """What TeX would obey is written as the letters that it is."""
    evil = r"\input{/etc/passwd} $x^2$ % & # _ ~ \end{tabular}"
    with tracking.init(root=root, name="tex", track_code=False, track_env=False, track_logs=False) as run:
        run.log_dataframe(pd.DataFrame({evil: [evil]}), "frame", step=1)
        run.log_text("notes", evil, step=1)
    for name in ("frame", "notes"):
        latex = displayed(shell, tracking.open_run(run).show(name))[1][0]["text/latex"]
        assert r"\textbackslash{}input\{/etc/passwd\} \$x\textasciicircum{}2\$ \% \& \# \_ \textasciitilde{}" in latex
        assert set(re.findall(r"\\([a-z]+)", latex)) <= {
            *("textbackslash", "textasciicircum", "textasciitilde", "noindent", "resizebox", "ifdim", "width", "linewidth", "else", "fi"),
            *("begin", "end", "par", "ttfamily", "raggedright", "small", "textgreater", "textless"),
        }


def test_a_small_picture_is_a_large_one_in_latex() -> None:
    """Eight pixels of a printer are nothing to be seen."""
    import io

    from PIL import Image

    from jupyter_tracking.views.export.latex import for_latex

    out = io.BytesIO()
    Image.new("L", (8, 4), 90).save(out, "png")
    made = for_latex(f'<img alt="" src="data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}">')["image/png"]
    assert Image.open(io.BytesIO(base64.b64decode(made))).size == (256, 128)

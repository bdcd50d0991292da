"""Texts of a stranger that a terminal would obey: none reaches standard output, standard error, a message or a plain text as it is."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking import errors
from jupyter_tracking.__main__ import main
from jupyter_tracking.errors import TrackingError, escape_controls
from jupyter_tracking.magics.curating import CURATIONS
from tests.fuzz import damaged_runs
from tests.fuzz.damaged_runs import DAMAGED, GOOD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

# Written here once more, and not taken from the package: C0 but for the line break, DEL, C1, what reorders or hides text, ends of lines.
RAW = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0001-\U000e007f]"
)
FORGED = "forged: no problems"
TEXTS = [
    *("\x1b[2J\x1b[1;1H", "\x1b]0;title\x07", "\x1b]8;;http://127.0.0.1:9/\x1b\\press\x1b]8;;\x1b\\", "\x1b]52;c;cm0gLXJmIH4K\x07", "\x1bP1$q\x1b\\"),
    *("\x1b_Ga=T\x1b\\", "\x9b31m", "\x9d0;title\x9c", "\x90q\x9c", "\x85", "\x00", "\r", "\x08\x08", "\x7f", "\x07", "\x0b", "\x0c", "\x0e", "\x05"),
    *("\u202egnp.exe", "\u202aa\u202c", "\u2066a\u2069", "\u200f", "\u061c", "\u2028", "\u2029", "\u200b", "\u2060", "\ufeff", "\xad", "\U000e0041"),
    *("\ud800", "\udcff", f"\n{FORGED}", f"\r\n{FORGED}", f"\x85{FORGED}", "\t", "\x1b[", "\x1b", "\x9b"),
]  # fmt: skip
ALL = "".join(TEXTS)
KEPT = ["損失", "é", "naïve café", "👩\u200d👩\u200d👧", "می\u200cخواهم", "a\u3000b", "a\xa0b", "Ω→∞", "\\x1b[31m", "🏳️‍🌈", "𝔘", "क्\u200dष"]
# Fields that decide whether anything else of a document is looked at.
_LOAD_BEARING = {
    "path",
    "kind",
    "stem",
    "uuid",
    "status",
    "timestamp",
    "since",
    "at",
    "started",
    "ended",
    "session",
    "logged",
    "cell_type",
    "output_type",
}


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_what_a_terminal_obeys_is_escaped(text: str) -> None:
    """Each character of it, wherever it stands, and on one line."""
    shown = escape_controls(f"a{text}b")
    assert not RAW.search(shown)
    assert "\n" not in shown
    assert escape_controls(shown) == shown
    assert not RAW.search(str(tracking.TrackingError(f"run {text!s} is not there")))


@pytest.mark.parametrize("text", KEPT, ids=ascii)
def test_the_letters_of_any_language_stay(text: str) -> None:
    """Letters, signs, wide spaces, and what joins letters and pictures."""
    assert escape_controls(text) == text


def test_each_error_says_its_message_escaped(subtests: pytest.Subtests) -> None:
    """Every class of ours, those that are builtins of another layout too; their numbers and builtins stay."""
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TrackingError)]
    assert len(classes) > 12
    for each in classes:
        with subtests.test(error=each.__name__):
            assert not RAW.search(str(each(ALL)))
            numbered = each(2, f"file {ALL} is not there") if issubclass(each, OSError) else each(ALL)
            assert not RAW.search(f"{numbered} {numbered!r} {getattr(numbered, 'strerror', '')}")
            if issubclass(each, OSError):
                assert numbered.errno == 2
            shown = "\n".join(numbered._render_traceback_())
            assert not RAW.search(shown)


def _with_texts(value: Any, key: str = "") -> Any:
    """Return a JSON value with the texts in every string that is a name or words, and a field of such a name in every object."""
    if isinstance(value, dict):
        return {k: _with_texts(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_with_texts(each, key) for each in value]
    if isinstance(value, str) and key not in _LOAD_BEARING:
        return f"{value}{ALL}"
    return value


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a run whose every document, journal and name of a file holds the texts, and one that is in order."""
    import shutil

    root = tmp_path_factory.mktemp("hostile") / "root"
    with contextlib.redirect_stdout(io.StringIO()):
        run = damaged_runs.make_run(root)
    shutil.copytree(run, root / "runs" / GOOD)
    document = json.loads((run / "run.plx.json").read_text())
    document |= {"name": f"rich{ALL}", "tags": [ALL], "project": ALL, "description": ALL, "status": "failed"}
    document["status_conditions"] = [
        {"type": "failed", "status": True, "reason": f"E{ALL}", "message": ALL, "last_update_time": damaged_runs._MOMENT}
    ]
    document |= {"inputs": {ALL: ALL}, "outputs": {ALL: 1.0, "b": ALL}}
    (run / "run.plx.json").write_text(json.dumps(document))
    lineages = json.loads((run / "lineages.plx.json").read_text())
    (run / "lineages.plx.json").write_text(json.dumps(_with_texts(lineages)))
    for name in (
        ".jupyter-tracking/lineage.jsonl",
        ".jupyter-tracking/assets.jsonl",
        "code/cells.jsonl",
        "code/elsewhere.jsonl",
        "plxlogs/logs.jsonl",
    ):
        lines = [json.loads(line) for line in (run / name).read_text().splitlines()]
        (run / name).write_text("".join(json.dumps(_with_texts(line)) + "\n" for line in lines))
    session = json.loads((run / "code" / "session.ipynb").read_text())
    (run / "code" / "session.ipynb").write_text(json.dumps(_with_texts(session)))
    for folder in ("outputs", "events/metric", "assets/file", "code", "resources/metric", "events"):
        for number, text in enumerate(TEXTS):
            name = text.replace("/", "_").replace("\0", "_").encode("utf-8", "surrogateescape" if "\udcff" in text else "surrogatepass")
            (run / folder).mkdir(exist_ok=True)
            path = bytes(run / folder) + b"/" + str(number).encode() + name + (b".plx" if "metric" in folder else b"")
            with open(path, "wb") as file:
                file.write(b"step|timestamp|metric\n0|" + damaged_runs._MOMENT.encode() + b"|0.5\nbad row \x1b[31m\n")
    with (run / "events" / "metric" / "loss.plx").open("ab") as rows:
        rows.write(b"\x1b[31m|\x1b[31m|\x1b[31m\n" + ALL.encode("utf-8", "surrogatepass").replace(b"\n", b"") + b"||\n")
    return root


class Heard:
    """Everything that was printed, warned, logged or raised while something was asked."""

    def __init__(self) -> None:
        self.raw: list[str] = []

    def hear(self, name: str, text: object) -> None:
        """See that a text is plain, and no line of it forged."""
        shown = str(text)
        found = RAW.search(shown)
        if found or any(line.strip().startswith("forged") for line in shown.split("\n")):
            at = found.start() if found else shown.index("forged")
            self.raw.append(f"{name}: {shown[max(0, at - 30) : at + 20]!r}")

    def ask(self, name: str, call: Callable[[], object], *, shown: bool = False) -> Any:
        """Ask something; `shown`: what it returns is told by its `repr`."""
        out, err, answer = io.StringIO(), io.StringIO(), None
        handler = logging.StreamHandler(err)
        logging.getLogger().addHandler(handler)
        try:
            with warnings.catch_warnings(record=True) as told, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                warnings.simplefilter("always")
                answer = call()
        except TrackingError as error:
            self.hear(f"{name}: {type(error).__name__}", f"{error} {getattr(error, 'strerror', '')}")
            self.hear(f"{name}: the traceback of {type(error).__name__}", "".join(traceback.format_exception(error)))
        finally:
            logging.getLogger().removeHandler(handler)
        for each in told:
            self.hear(f"{name}: a warning", each.message)
        self.hear(f"{name}: standard output", out.getvalue())
        self.hear(f"{name}: standard error", err.getvalue())
        if shown:
            self.hear(f"{name}: its repr", repr(answer))
        return answer


def _questions(root: Path, page: Path) -> Iterator[tuple[str, Callable[[], object], bool]]:
    """Yield a name, a call, and whether what it returns is shown by its own `repr`, for each public function that reads."""
    path = root / "runs" / DAMAGED
    view = tracking.open_run(path)
    yield "open_run", lambda: tracking.open_run(path), True
    for text in (ALL, "\x1b[31m", "rich"):
        yield "open_run of what is not there", lambda text=text: tracking.open_run(text, root), True
        yield "load of what is not there", lambda text=text: view.load(text), False
        yield "show of what is not there", lambda text=text: view.show(text), False
        yield "events of another kind", lambda text=text: view.events("loss", text), False
        yield "metrics of what is not there", lambda text=text: view.metrics(text), False
        yield "runs of a root", lambda text=text: tracking.runs(root / text.replace("\0", "")), False
        yield "a log function", lambda text=text: tracking.log_metric(text, 1.0), False
        yield "init", lambda text=text: tracking.init(run_uuid=text, root=root), False
        yield "a metric's summary", lambda text=text: tracking.runs(root, summary=text), False
    for name, call in [*damaged_runs._of_a_run(view, root, page), *damaged_runs._of_the_root(root, {"lineage": None})]:
        yield name, call, name in {"repr", "diff_notebooks"}
    yield "diff_notebooks", lambda: tracking.diff_notebooks(view, GOOD, root), True
    yield "lineage_graph", lambda: tracking.lineage_graph(root), True
    yield "problems of the root", lambda: tracking.problems(root=root), False
    yield "compare", lambda: tracking.compare([path, GOOD], "train/acc", kind="metric", root=root), False
    yield "compare in all", lambda: tracking.compare([path, GOOD], root=root), False
    yield "compare groups", lambda: tracking.compare(root, group_by="name"), False
    yield "scatter", lambda: tracking.scatter(root, "duration", "loss"), False
    yield "parallel", lambda: tracking.parallel(root), False
    yield "importance", lambda: tracking.importance(root, "loss", forest=False), False
    for kind, name in view.artifacts():
        for what, call in damaged_runs._of_an_artifact(view, kind, name):
            yield what, call, False


def test_no_public_function_prints_or_raises_a_strangers_text_raw(hostile: Path, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Each function and method that reads, asked of a run that is full of such texts, and of names that are such."""
    heard = Heard()
    for name, call, shown in _questions(hostile, tmp_path / "page.html"):
        with contextlib.suppress(AssertionError):  # of what the questions compare with a run that is in order
            heard.ask(name, call, shown=shown)
    assert not heard.raw, "\n".join(dict.fromkeys(heard.raw))


def test_no_view_shows_a_strangers_text_raw_as_plain_text(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a terminal shows of a view of each artifact, of several runs, and of the browsers."""
    from jupyter_tracking.views.widgets import display as module

    heard, said = Heard(), []
    monkeypatch.setattr(module, "publish_display_data", lambda data, *_, **__: said.append(data["text/plain"]))
    view = tracking.open_run(hostile / "runs" / DAMAGED)
    widgets = [view.browse(), tracking.browse(root=hostile), tracking.compare([view, GOOD], "loss", kind="metric", root=hostile)]
    pair = [view, GOOD]
    widgets += [tracking.compare(pair, root=hostile), tracking.scatter(pair, "name", "status", root=hostile)]
    widgets += [tracking.parallel(pair, ["name", "duration"], root=hostile)]
    widgets += [view.show(name, kind=kind) for kind, name in view.artifacts()[:6]]
    for widget in widgets:
        heard.ask("display", widget._ipython_display_)
        heard.hear("the repr of a view", repr(widget))
        widget.close()
    assert len(said) >= len(widgets)
    for line in said:
        heard.hear("text/plain", line)
    assert not heard.raw, "\n".join(heard.raw)


def test_no_command_prints_a_strangers_text_raw(hostile: Path, tmp_path: Path) -> None:
    """Every subcommand, with its tables, CSV for a terminal, problems, files and mistakes."""
    import shutil

    heard, root = Heard(), tmp_path / "copy"
    shutil.copytree(hostile, root)
    path = str(root / "runs" / DAMAGED)
    lines = [
        *(["runs"], ["runs", "--archived"], ["lineage"], ["lineage", path], ["lineage", "--csv"], ["check"], ["check", path], ["show", path]),
        *(["show", path, "-o", str(tmp_path / "\x1b[31m.html")], ["show", ALL.replace("\0", "")], ["report", f"{path}/code/session.ipynb"], ["report", "\x1b[31m"]),
        *(["export", path, str(tmp_path / "\x1b[31m.zip")], ["rename", path, ALL], ["rename", path, "\x1b[31m"], ["tag", path, "\u202ea"], ["note", path, ALL]),
        *(["runs", "--json"], ["lineage", "--json"], ["check", "--json"], ["show", path, "--json"], ["metrics", path], ["metrics", path, "--json"]),
        *(["diff", path, "\x1b[31m"], ["best", "\x1b[31m"], ["tail", path], ["tail", path, "\x1b[31m"], ["complete-words", "--", "show", ""], ["complete-words", "metrics", path, ""]),
        *([curation.name, path, *(["a"] if curation.argument else [])] for curation in CURATIONS if curation.name not in {"delete", "export"}),
        *(["delete", path], ["restore", DAMAGED], ["no such\x1b[31mcommand"], ["show", path, "\x1b[31m", "\u202e"], ["--help"], ["tag", "--help"], ["--version"]),
    ]  # fmt: skip

    def run(words: list[str]) -> None:
        with contextlib.suppress(SystemExit):
            main([*words, "--root", str(root)] if not {"--help", "--version", "complete-words"} & set(words) else words)

    for words in lines:
        heard.ask(" ".join(words[:1]), lambda words=words: run(words))
    assert not heard.raw, "\n".join(dict.fromkeys(heard.raw))


def test_no_magic_prints_a_strangers_text_raw(hostile: Path, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    """What the magics print, their mistakes of one line, and what Tab offers."""
    heard = Heard()
    shell.run_line_magic("load_ext", "jupyter_tracking")
    run = f"'{hostile / 'runs' / DAMAGED}'"
    cells = [
        *(f"%track_init --root {str(hostile)!r} --resume {DAMAGED}", "%track_status", "%track_end", "%track_status", "%artifact"),
        *(f"%artifact nothing --run {run}", f"%artifact --run {run}", "%artifact \x1b[31m", f"%compare nothing {run}", f"%track_note --run {run} x"),
        *(f"%track_tag --run {run} a", "%log_metric \x1b[31m 1", "%track_end --status \x1b[31m", "%artifacts '\x1b[31m'", "%track_init -h", "%track_pin --run \u202e"),
    ]  # fmt: skip
    for cell in cells:
        capsys.readouterr()
        shell.run_cell(cell)
        printed = capsys.readouterr()
        for text in printed:  # IPython colours what it prints of an error
            heard.hear(cell, re.sub(r"\x1b\[[0-9;]*m", "", text))
    from jupyter_tracking.magics import completion

    offered = shell.Completer.completions if shell.Completer else None
    assert offered is not None
    usages: dict[str, Any] = shell._jupyter_tracking_magics.usages
    for line in ("artifact ", "artifacts ", "compare loss "):
        name, _, rest = line.partition(" ")
        for found in completion._complete(shell, usages[name], f" {rest}")["completions"]:
            heard.hear(f"completion of {line}", found.text)
    assert not heard.raw, "\n".join(dict.fromkeys(heard.raw))


def test_a_page_is_titled_in_plain_text(hostile: Path, tmp_path: Path) -> None:
    """The title of a saved page, which a browser shows outside of the page, and the heading."""
    pages = [
        tracking.open_run(hostile / "runs" / DAMAGED).save(tmp_path / "run.html"),
        tracking.browse(root=hostile).save(tmp_path / "runs.html"),
    ]
    for page in pages:
        for words in re.findall(r"<title>(.*?)</title>|<h1>(.*?)</h1>", page.read_text(), re.DOTALL):
            assert not RAW.search("".join(words))


def test_csv_is_exact_where_it_is_no_terminal(hostile: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """For a file or a program, CSV holds the names as they are; what is no character at all is written as an escape."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tracking.TrackingWarning)  # of what cannot be read, which is said once
        assert main(["lineage", "--csv", "--root", str(hostile)]) == 0
    import csv

    rows = list(csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode(), newline="")))
    names = {row["name"] for row in rows}
    assert any("\x1b[2J" in name for name in names)
    assert "loss" in names

"""The magics in a real shell: what they record, what they show, what they leave behind."""

from __future__ import annotations

import importlib
import os
import re
from typing import TYPE_CHECKING

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError

import jupyter_tracking as tracking
from jupyter_tracking import session
from jupyter_tracking.magics import commands, register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell


@pytest.fixture
def ip(shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """A shell with the extension loaded; the run that a test leaves is ended."""
    shell.run_line_magic("load_ext", "jupyter_tracking")
    yield shell
    while (run := tracking.current_run()) is not None:
        run.end()
    register.unregister(shell)


@pytest.fixture
def cell(ip: InteractiveShell) -> Callable[[str], ExecutionResult]:
    """Run a cell that must succeed."""

    def run(source: str) -> ExecutionResult:
        result = ip.run_cell(source, store_history=True)
        result.raise_error()
        return result

    return run


@pytest.fixture
def told(ip: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Run a cell that must fail, and return all that was printed."""

    def run(source: str) -> str:
        capsys.readouterr()
        assert ip.run_cell(source, store_history=True).error_in_exec is not None
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


def registry(shell: InteractiveShell) -> dict[str, dict[str, object]]:
    """Every magic of a shell."""
    return {kind: dict(table) for kind, table in shell.magics_manager.magics.items()}


# --- what is recorded ----------------------------------------------------------------------------


def test_the_examples_of_the_contract_record_what_they_say(cell, root: Path) -> None:
    """A curve, a frame, a file under outputs/ and a model at a step, each by its one line."""
    (root / "path/to").mkdir(parents=True)
    (root / "path/to/file.csv").write_text("a,b\n1,2\n")
    (root / "model.pkl").write_bytes(b"weights")
    cell("%track_init --name digits")
    cell("import pandas as pd; df = pd.DataFrame({'label': [1, 2]}); fpr, tpr, epoch = [0, 1], [0.5, 1], 3")
    cell("%log_curve roc fpr tpr --step 14")
    cell("%log_dataframe df preds --step epoch")
    cell("%log_artifact path/to/file.csv --name file --kind csv --rel-path csv_files/new")
    cell("%log_model model.pkl --framework scikit-learn --step 3")
    view = tracking.open_run(tracking.current_run())
    assert view.artifacts() == [("curve", "roc"), ("dataframe", "preds"), ("csv", "file"), ("model", "model")]
    assert view.steps("roc") == [14]
    assert view.load("preds", step=3)["label"].tolist() == [1, 2]
    assert (view.path / "outputs/csv_files/new/file.csv").read_text() == "a,b\n1,2\n"
    assert (root / "path/to/file.csv").exists()
    assert view.load("model", step=3).read_bytes() == b"weights"
    assert view.lineage().set_index("name").loc["model", "framework"] == "scikit-learn"


def test_inputs_outputs_and_tags_are_kept(cell) -> None:
    """`key=expr` of any expression, and tags with commas."""
    cell("%track_init --tags a,b")
    cell("%log_inputs lr=10**-3 layers=[64, 32]")
    cell("%log_outputs best=max([1, 2])")
    cell("%log_tags c")
    view = tracking.open_run(tracking.current_run())
    assert view.inputs == {"lr": 0.001, "layers": [64, 32]}
    assert view.outputs["best"] == 2
    assert view.tags == ["a", "b", "c"]


def test_a_name_inside_a_function_resolves(cell) -> None:
    """A magic in a function sees the function's own names, in expressions and in texts."""
    cell("%track_init")
    cell("def train():\n    for number in range(3):\n        %log_metric loss-{number} (number * 2) --step number\ntrain()")
    view = tracking.open_run(tracking.current_run())
    assert [view.load(f"loss-{n}", step=n) for n in range(3)] == [0.0, 2.0, 4.0]


def test_every_log_function_that_takes_a_name_or_a_path_is_a_magic(ip) -> None:
    """A new kind's function gets its magic, with help and an example, without a word said here."""
    from inspect import signature

    functions = {name: function for name, function in vars(session).items() if name.startswith("log_") and callable(function)}
    named = {name for name, function in functions.items() if {"name", "path"} & set(signature(function).parameters)}
    found = ip.magics_manager.magics["line"]
    assert named <= set(found)
    for name in named:
        assert f"Example:\n    %{name} " in found[name].__doc__


def test_a_function_added_to_the_session_becomes_a_magic(shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The magics are made from the functions that are there when the extension is loaded."""
    seen = []

    def log_cloud(name: str, points: object, step: int | None = None) -> None:
        """Log points."""
        seen.append((name, points, step))

    monkeypatch.setattr(session, "log_cloud", log_cloud, raising=False)
    shell.run_line_magic("load_ext", "jupyter_tracking")
    shell.run_cell("%log_cloud room [1, 2] --step 3").raise_error()
    assert seen == [("room", [1, 2], 3)]
    assert "Example:\n    %log_cloud name points --step 14" in shell.magics_manager.magics["line"]["log_cloud"].__doc__
    register.unregister(shell)


# --- runs ----------------------------------------------------------------------------------------


def test_track_init_starts_and_track_end_ends(cell, root: Path) -> None:
    """Options reach the run; its end has the status and the message that were given."""
    cell("%track_init --name 'my run' --project mnist --description 'a try' --tags a,b --root elsewhere")
    run = tracking.current_run()
    assert run.path.parent == root / "elsewhere/runs"
    cell("%track_end --status failed --message 'it diverged'")
    view = tracking.open_run(run)
    assert (view.name, view.project, view.tags, view.status) == ("my run", "mnist", ["a", "b"], "failed")
    assert view.info["status_conditions"][-1]["message"] == "it diverged"
    assert tracking.current_run() is None


def test_the_same_cell_run_twice_clears_nothing(cell) -> None:
    """`%track_init --name x` again makes another run, says so, and the first is as it was, but ended."""
    cell("%track_init --name x")
    first = tracking.current_run()
    cell("%log_metric loss 1 --step 0")
    before = (first.path / "events/metric/loss.plx").read_bytes()
    cell("%track_init --name x")
    assert tracking.current_run().uuid != first.uuid
    assert (first.path / "events/metric/loss.plx").read_bytes() == before
    assert tracking.open_run(first).status == "succeeded"


def test_resume_goes_on_with_the_run_worked_on_last(cell) -> None:
    """Without a uuid the last one, of a name if one is given; with a prefix that one."""
    uuids = []
    for name in ("a", "b"):
        cell(f"%track_init --name {name}")
        uuids.append(tracking.current_run().uuid)
        cell("%track_end")
    cell("%track_init --resume")
    assert tracking.current_run().uuid == uuids[1]
    cell("%track_end")
    cell("%track_init --resume --name a")
    assert tracking.current_run().uuid == uuids[0]
    cell(f"%track_init --resume {uuids[1][:8]}")
    assert tracking.current_run().uuid == uuids[1]


def test_track_status_says_what_is_going_on(cell, capsys: pytest.CaptureFixture[str]) -> None:
    """No run, a running one with what it holds, and the one that ended, a line each."""
    lines = []
    for source in ("%track_status", "%track_init --name x", "%log_metric a 1", "%track_status", "%track_end", "%track_status"):
        capsys.readouterr()
        cell(source)
        if source == "%track_status":
            lines.append(capsys.readouterr().out)
    assert lines[0].endswith("start one with %track_init\n")
    assert lines[1].startswith("running x · ")
    assert " · 1 artifact · " in lines[1]
    assert "the last was x · " in lines[2]
    assert all(line.count("\n") == 1 for line in lines)


# --- %%track -------------------------------------------------------------------------------------


def test_a_cell_is_a_run(cell, ip) -> None:
    """Magics in the cell log to the run, names stay in the notebook, the last expression shows, and the run ends."""
    result = cell("%%track --name inner --tags a\nvalue = 21\n%log_metric x value\nvalue * 2")
    assert result.result == 42
    assert ip.user_ns["value"] == 21
    assert tracking.current_run() is None
    view = tracking.open_run("inner")
    assert (view.status, view.tags, view.load("x")) == ("succeeded", ["a"], 21.0)


def test_an_exception_in_a_tracked_cell_fails_the_run_and_shows_as_usual(ip, capsys: pytest.CaptureFixture[str]) -> None:
    """The traceback is the one the cell would have without %%track, and the cell counts as failed."""
    ip.run_cell("1/0  # here", store_history=True)
    usual = capsys.readouterr().out
    result = ip.run_cell("%%track --name inner\n1/0  # here", store_history=True)
    shown = capsys.readouterr().out
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert shown.partition("\n")[2] == usual.replace("In[1]", "In[2]")
    view = tracking.open_run("inner")
    assert view.status == "failed"
    assert view.info["status_conditions"][-1]["reason"] == "ZeroDivisionError"


def test_an_interrupt_in_a_tracked_cell_stops_the_run(ip) -> None:
    """KeyboardInterrupt: the run is stopped, not failed."""
    ip.run_cell("%%track --name inner\nraise KeyboardInterrupt", store_history=True)
    assert tracking.open_run("inner").status == "stopped"


@pytest.mark.parametrize("body", ["x = (", "x y", "if True:", "'open"])
def test_a_cell_that_does_not_parse_starts_no_run(ip, root: Path, capsys: pytest.CaptureFixture[str], body: str) -> None:
    """A syntax error shows as usual (Python 3.13 has a name of its own for a cell that ends too early), and there is no run."""
    ip.run_cell(body, store_history=True)
    usual = capsys.readouterr().out
    result = ip.run_cell(f"%%track --name inner\n{body}", store_history=True)
    assert isinstance(result.error_in_exec, SyntaxError)
    shown = capsys.readouterr().out
    assert "Error" in shown
    assert shown == usual.replace("In[1]", "In[2]")
    assert not (root / "runs").exists()


# --- showing -------------------------------------------------------------------------------------


def test_lineage_and_runs_return_frames(cell) -> None:
    """`df = %lineage` and `df = %runs` are the frames of the functions."""
    cell("%track_init --name a")
    cell("%log_metric loss 1 --step 1")
    cell("%track_end")
    cell("%track_init --name b")
    cell("%log_metric loss 2 --step 1")
    assert sorted(cell("%lineage").result["run_name"]) == ["a", "b"]
    assert cell("%lineage b").result["run_name"].tolist() == ["b"]
    assert cell("%runs").result["name"].tolist() == ["b", "a"]
    assert len(cell("%runs --root nowhere").result) == 0


def test_runs_are_filtered_and_grouped(cell, ip: InteractiveShell) -> None:
    """`%runs` takes a filter as it stands, with its quotes, or in quotes as `--where`; Tab completes both."""
    for name, rate in (("a", 0.1), ("b c", 0.01)):
        cell(f"%track_init --name '{name}' --tags x,base")
        cell(f"%log_inputs lr={rate} model='vit'")
        cell("%track_end")
    limit = cell("limit = 0.05").result
    assert limit is None
    assert cell("%runs lr < {limit}").result["name"].tolist() == ["b c"]
    assert cell('%runs name = "b c" and "base" in tags --summary max').result["name"].tolist() == ["b c"]
    assert cell("%runs --where 'name = \"b c\"'").result["name"].tolist() == ["b c"]
    assert cell("%runs 'name = \"b c\"'").result["name"].tolist() == cell('%runs "lr < 0.05"').result["name"].tolist() == ["b c"]
    assert cell('%runs "b c"').result["name"].tolist() == ["b c"]  # a text, as before
    assert cell('%runs "c b"').result["name"].tolist() == []
    assert cell("%runs --group-by lr,model lr > 0.05").result["n"].tolist() == [1]
    assert completed(ip, "%runs mod") == ["%runs model"]
    assert completed(ip, "%runs model = ") == ["%runs model = vit"]
    assert completed(ip, "%runs model=vit and l") == ["%runs model=vit and lr"]
    assert completed(ip, "%runs name = ") == ['%runs name = "b c"', "%runs name = a"]
    assert completed(ip, '%runs --where "model = vit and mo') == ['%runs --where "model = vit and model']
    assert completed(ip, "%runs --where 'tags = ") == ["%runs --where 'tags = base", "%runs --where 'tags = x"]
    assert completed(ip, "%runs --summary m") == ["%runs --summary max", "%runs --summary mean", "%runs --summary min"]
    ip.run_cell("import jupyter_tracking as tracking")
    assert completed(ip, 'tracking.runs(where="model = vit and mo') == ['tracking.runs(where="model = vit and model']
    assert completed(ip, "tracking.runs(archived=True, where='name = ") == [
        'tracking.runs(archived=True, where=\'name = "b c"',
        "tracking.runs(archived=True, where='name = a",
    ]
    assert completed(ip, 'tracking.best("b') == ['tracking.best("b c']
    with pytest.raises(UsageError, match="where='lr < < 1', at character 6: \"<\" cannot stand here"):
        cell("%runs lr < < 1")
    with pytest.raises(UsageError, match="give one of them"):
        cell("%runs lr --where lr")


def test_views_are_returned_for_display(cell, ip, monkeypatch: pytest.MonkeyPatch) -> None:
    """`%artifacts` is `browse()` and `%artifact` is `show()` of the active run, the last one, or the one named."""
    from jupyter_tracking.run_view import RunView

    asked = []
    monkeypatch.setattr(RunView, "browse", lambda view: asked.append(("browse", view.name)))
    monkeypatch.setattr("jupyter_tracking.run_view.browse", lambda runs, root: asked.append(("browse", runs)) or root)
    monkeypatch.setattr(RunView, "show", lambda view, *names, kind, step: asked.append((view.name, names, kind, step)))
    cell("%track_init --name a")
    cell("%artifacts")
    cell("%track_end")
    cell("%artifact roc 'val loss' --kind curve")
    cell("%track_init --name b")
    cell("%artifacts a")
    cell("%artifact roc --run a --step 2+1")
    assert asked == [("browse", "a"), ("a", ("roc", "val loss"), "curve", None), ("browse", "a"), ("a", ("roc",), None, 3)]


@pytest.mark.filterwarnings("ignore:.*is recorded without a hash")  # a path that is not there may be another machine's
@pytest.mark.parametrize("active", [False, True])
def test_no_magic_answers_a_mistake_with_a_traceback(ip: InteractiveShell, *, active: bool) -> None:
    """Whatever is typed after any of them, with a run and without: what it means is done, or one line says why not."""
    if active:
        tracking.init(quiet=True)
    keep_on = {"track_init", "track_end", "track_delete", "track_empty_trash", "track_archive"}
    told = []
    for name in [name for kind, name in ip._jupyter_tracking_magics.magics if kind == "line" and not (active and name in keep_on)]:
        for line in (
            "",
            "nope nope",
            "'",
            "(",
            "--x",
            "--step",
            "a 1 --step 1.5",
            "# only",
            "a --run nope",
            "a=1 2",
            "a None",
            "a [] []",
            ".",
        ):
            try:
                ip.run_line_magic(name, line)
            except UsageError as error:
                told.append(str(error))
    assert len(told) > 100
    assert [said for said in told if "\n" in said] == []


def test_without_a_name_artifact_says_which_there_are(cell, told) -> None:
    """`%artifact` alone lists the artifacts."""
    cell("%track_init")
    cell("%log_metric loss 1")
    assert told("%artifact") == "UsageError: artifact: name is missing; the run's artifacts: loss\n"


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%log_metric loss 1", "log_metric: no run is active; start one with init() or %track_init"),
        ("%track_end", "track_end: no run is active"),
        ("%artifacts", "artifacts: no run was started in this session; say which one with %artifacts NAME, or start one with %track_init"),
        ("%artifact roc", "artifact: no run was started in this session; say which one with --run NAME, or start one with %track_init"),
        ("%artifacts nothing", "artifacts: run='nothing': no run of this uuid or name"),
        ("%lineage nothing", "lineage: run='nothing'"),
        ("%track_init --durability never", "track_init: durability='never' is none of process, power"),
        ("%track_init --resume", "track_init: resume: there is no run"),
        ("%%track --nme x\n1", "track: there is no option --nme; near: '--name'"),
    ],
)
def test_a_mistake_without_a_run_is_one_line(told, monkeypatch: pytest.MonkeyPatch, source: str, said: str) -> None:
    """`UsageError: …`, no traceback."""
    monkeypatch.setattr(session, "_last_ended", None)
    session._own.set(())
    printed = told(source)
    assert printed.startswith(f"UsageError: {said}")
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("%log_metric loss 'abc'", "log_metric: metric 'loss' has the value 'abc'"),
        ("%log_metric '' 1", "log_metric: name='' is empty"),
        ("%log_metric loss 1 --step 1.5", "log_metric: step=1.5"),
        ("%log_curve roc [1, 2] [1]", "log_curve: x has 2 numbers and y has 1"),
        ("%log_artifact nowhere.csv", "log_artifact: path='nowhere.csv': no such file"),
        ("%log_artifact . --rel-path ../../x", "log_artifact: rel_path="),
        ("%log_artifact_ref s3://a/b --kind nothing", "log_artifact_ref: kind='nothing' is no kind that Polyaxon knows"),
    ],
)
def test_a_mistake_of_a_value_is_one_line(cell, told, source: str, said: str) -> None:
    """An error of the call is a UsageError too, and nothing was recorded."""
    cell("%track_init")
    printed = told(source)
    assert printed.startswith(f"UsageError: {said}")
    assert printed.count("\n") == 1
    assert tracking.open_run(tracking.current_run()).artifacts() == []


def test_logging_after_the_end_says_so(cell, told) -> None:
    """A run that ended is named, with what to do."""
    cell("%track_init")
    cell("%track_end")
    assert "has ended; start one with init() or %track_init" in told("%log_metric loss 1")


# --- the extension -------------------------------------------------------------------------------


def test_unloading_restores_exactly(shell) -> None:
    """Loaded twice, reloaded, unloaded: the registry is what it was, another's magic of our name included."""
    shell.register_magic_function(lambda _: "theirs", "line", "artifacts")
    shell.run_line_magic("unload_ext", "nothing")  # IPython loads its own magics when one is first called
    before, matchers = registry(shell), list(shell.Completer.custom_matchers)
    shell.run_line_magic("load_ext", "jupyter_tracking")
    loaded = registry(shell)
    assert loaded["line"]["artifacts"] is not before["line"]["artifacts"]
    assert "track" in loaded["cell"]
    shell.run_line_magic("load_ext", "jupyter_tracking")
    register.register(shell)
    assert {kind: set(table) for kind, table in registry(shell).items()} == {kind: set(table) for kind, table in loaded.items()}
    assert len(shell.Completer.custom_matchers) == len(matchers) + 2
    shell.run_line_magic("reload_ext", "jupyter_tracking")
    assert len(shell.Completer.custom_matchers) == len(matchers) + 2
    shell.run_line_magic("unload_ext", "jupyter_tracking")
    assert registry(shell) == before
    assert shell.Completer.custom_matchers == matchers


def test_a_magic_put_over_ours_survives_unloading(shell) -> None:
    """What someone registered after us is left alone."""
    shell.run_line_magic("load_ext", "jupyter_tracking")

    def theirs(line: str) -> str:
        return "theirs"

    shell.register_magic_function(theirs, "line", "runs")
    shell.run_line_magic("unload_ext", "jupyter_tracking")
    assert shell.magics_manager.magics["line"]["runs"] is theirs
    del shell.magics_manager.magics["line"]["runs"]


def test_a_reloaded_module_registers_anew(shell) -> None:
    """After `importlib.reload` the magics are there once, and unloading removes them."""
    shell.run_line_magic("unload_ext", "nothing")
    before = registry(shell)
    shell.run_line_magic("load_ext", "jupyter_tracking")
    importlib.reload(register)
    shell.run_line_magic("reload_ext", "jupyter_tracking")
    shell.run_line_magic("unload_ext", "jupyter_tracking")
    assert registry(shell) == before


@pytest.mark.parametrize("name", ["log_curve", "track_init", "artifact", "runs"])
def test_help_has_usage_and_an_example(ip, name: str) -> None:
    """`%magic?` shows how it is written, what it does, and a line to copy."""
    about = ip.object_inspect_text(f"%{name}")
    assert f"%{name} " in about
    assert "Example:" in about


def test_help_of_the_cell_magic(ip) -> None:
    """`%%track?` as well."""
    assert "%%track [--name NAME]" in ip.object_inspect_text("%%track")


def test_dash_h_prints_the_help(cell, capsys: pytest.CaptureFixture[str]) -> None:
    """`%log_metric --help` is what `%log_metric?` shows."""
    cell("%log_metric --help")
    assert "Example:\n    %log_metric loss 0.25 --step epoch" in capsys.readouterr().out


# --- Tab -----------------------------------------------------------------------------------------


def completed(shell: InteractiveShell, line: str, *, uuids: bool = False) -> list[str]:
    """The line as it would stand after each completion; without those of uuids, which begin with letters of chance."""
    with provisionalcompleter():
        found = [line[: c.start] + c.text + line[c.end :] for c in shell.Completer.completions(line, len(line))]
    return found if uuids else [each for each in found if not re.search("[0-9a-f]{12}$", each)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%log_metric lo", ["%log_metric loss"]),
        ("%log_metric va", ['%log_metric "val loss"']),
        ('%log_metric "val l', ['%log_metric "val loss"']),
        ("%log_metric train/", ["%log_metric train/loss"]),
        ("%log_curve ", ["%log_curve roc"]),
        ("%log_metric loss 1 --", ["%log_metric loss 1 --step", "%log_metric loss 1 --timestamp"]),
        ("%log_metric loss 1 --step 1 --", ["%log_metric loss 1 --step 1 --timestamp"]),
        ("%log_metric loss 1 --ti", ["%log_metric loss 1 --timestamp"]),
        ("%log_artifact a.csv --kind da", ["%log_artifact a.csv --kind data", "%log_artifact a.csv --kind dataframe"]),
        ("%log_artifact a.csv --kind=im", ["%log_artifact a.csv --kind=image"]),
        ("%log_dataframe df preds --content-type p", ["%log_dataframe df preds --content-type parquet"]),
        ("%artifact ro", ["%artifact roc"]),
        ("%artifact roc # ro", []),
        ("%artifact --run othe", ["%artifact --run other"]),
        ("%artifact --run other ", ["%artifact --run other its"]),
        ("df = %lineage othe", ["df = %lineage other"]),
        ("%artifacts dig", ["%artifacts digits"]),
        ("%track_end --status fa", ["%track_end --status failed"]),
        ("%track_init --mir", ["%track_init --mirror"]),
        ("%track_init --mirror s", ["%track_init --mirror s3://"]),
        ("%%track --na", ["%%track --name"]),
        ("x = 1\n%artifact ro", ["x = 1\n%artifact roc"]),
    ],
)
def test_tab_completes(ip, line: str, expected: list[str]) -> None:
    """Names of the active run's artifacts, kinds, runs, options and the words an option takes, and nothing beside them."""
    with tracking.init(name="other"):
        tracking.log_metric("its", 1)
    tracking.init(name="digits")
    for name in ("loss", "val loss", "train/loss"):
        tracking.log_metric(name, 1)
    tracking.log_curve("roc", [0, 1], [0, 1])
    assert completed(ip, line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('view.show("ro', ['view.show("roc']),
        ("x = view.load('val", ["x = view.load('val loss"]),
        ('view.show("roc", "lo', ['view.show("roc", "loss']),
        ('view.show("roc", kind="cur', ['view.show("roc", kind="curve']),
        ('view.metrics("tr', ['view.metrics("train/loss']),
        ('run.log_metric("lo', ['run.log_metric("loss']),
        ('tracking.log_curve(name="', ['tracking.log_curve(name="roc']),
        ('tracking.open_run("oth', ['tracking.open_run("other']),
        ("open_run('oth", ["open_run('other"]),
        ('tracking.open_run("other").show("', ['tracking.open_run("other").show("its']),
        ('tracking.compare(["digits", "oth', ['tracking.compare(["digits", "other']),
        ('tracking.compare(["other", "digits"], "i', ['tracking.compare(["other", "digits"], "its']),
        ('view.\\\nshow("zz', []),
        ('tracking.log_text("zz", "ro', []),
        ('open("zz', []),
        ('df.show("zz', []),
    ],
)
def test_tab_completes_names_inside_of_python(ip, line: str, expected: list[str]) -> None:
    """Artifacts where a view or a run is asked for one, runs where one is opened; not in calls of others."""
    with tracking.init(name="other"):
        tracking.log_metric("its", 1)
    run = tracking.init(name="digits")
    for name in ("loss", "val loss", "train/loss"):
        tracking.log_metric(name, 1)
    tracking.log_curve("roc", [0, 1], [0, 1])
    ip.push({"tracking": tracking, "open_run": tracking.open_run, "view": tracking.open_run(run), "run": run, "df": [1]})
    assert completed(ip, line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%artifact roc --run dig", ["%artifact roc --run digits"]),
        ("%artifacts ", ["%artifacts digits", "%artifacts other"]),
        ("%artifact ro", ["%artifact roc"]),
        ("%artifact --run other ", ["%artifact --run other its"]),
        ("%compare roc dig", ["%compare roc digits"]),
        ('tracking.open_run("', ['tracking.open_run("digits', 'tracking.open_run("other']),
    ],
)
def test_tab_completes_in_a_new_session(
    ip, line: str, expected: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that an earlier session has ended, and what the newest of them has; a magic that lacks one says how to give it."""
    with tracking.init(name="other"):
        tracking.log_metric("its", 1)
    with tracking.init(name="digits") as run:
        tracking.log_curve("roc", [0, 1], [0, 1])
    later = run.path.stat().st_mtime + 10
    os.utime(run.path / "run.plx.json", (later, later))
    monkeypatch.setattr(session, "last_run", lambda: None)
    ip.push({"tracking": tracking})
    assert completed(ip, line) == expected
    ip.run_cell("%artifact roc")
    assert "--run NAME, or start one with %track_init; the newest are 'digits', 'other'" in capsys.readouterr().err


def test_tab_in_an_expression_offers_the_users_names(ip) -> None:
    """Where Python stands, Python's completion is at work."""
    ip.user_ns["false_positives"] = [0, 1]
    assert completed(ip, "%log_curve roc false_pos") == ["%log_curve roc false_positives"]
    assert "%log_metric n (1 + false_positives.count" in completed(ip, "%log_metric n (1 + false_positives.cou")


def test_tab_with_no_run_offers_nothing_and_does_not_fail(ip, monkeypatch: pytest.MonkeyPatch) -> None:
    """No run, an unknown run, half a line: no error."""
    monkeypatch.setattr(session, "_last_ended", None)
    session._own.set(())
    for line in ("%log_metric ", "%artifact --run x ", "%artifacts ", "%log_metric 'a", "%log_metric loss (", "%log_metric loss --x "):
        completed(ip, line)


# --- curating ------------------------------------------------------------------------------------


def test_a_run_is_curated_by_magics(cell, ip: InteractiveShell, capsys: pytest.CaptureFixture[str], root: Path) -> None:
    """The active or the last run, or another with --run; each says on one line which it was."""
    for name in ("first", "second"):
        cell(f"%track_init --name {name} --tags a,b")
        cell("%log_metric loss 0.5 --step 1")
        if name == "first":
            cell("%track_end")
    run = tracking.current_run()
    capsys.readouterr()
    cell("%track_rename café")
    assert capsys.readouterr().out == f"café · {run.uuid} · runs/{run.uuid}\n"
    cell("%track_tag x 'y z' --run cafe\u0301")
    cell("%track_untag a")
    cell('%track_note "overfits after {2 * 150}"')
    cell("%track_pin --run first")
    cell("%track_end")
    cell("%track_archive")
    assert len(ip.run_line_magic("runs", "")) == 1
    assert len(ip.run_line_magic("runs", "--archived")) == 2
    view, first = tracking.open_run(run), tracking.open_run("first")
    assert (view.name, view.tags, view.notes, view.pinned, view.archived) == ("café", ["b", "x", "y z"], "overfits after 300", False, True)
    assert (first.pinned, first.tags) == (True, ["a", "b"])
    cell("%track_restore")
    cell("%track_export run.zip --run first")
    cell("%track_delete")
    assert not run.path.exists()
    cell("%track_restore")
    assert tracking.open_run(run).name == "café"
    cell("%track_delete --run first")
    cell("%track_restore --run first")
    cell("%track_unpin --run first")
    cell("%track_delete --run first")
    capsys.readouterr()
    cell("%track_empty_trash")
    assert capsys.readouterr().out == "1 run removed\n"
    assert tracking.open_run("run.zip").pinned


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%track_rename", "track_rename: name is missing; usage: %track_rename NAME [--run RUN]"),
        ("%track_rename a b", "one word too many"),
        ("%track_tag", "names no tag"),
        ("%track_untag nothing", "the run has no tag 'nothing'"),
        ("%track_pin --run nothing", "run='nothing'"),
        ("%track_delete", "is writing to the run"),
    ],
)
def test_a_mistake_in_a_curating_magic_is_one_line(cell, told, line: str, said: str) -> None:
    """As of the other magics."""
    cell("%track_init")
    printed = told(line)
    assert said in printed
    assert printed.count("\n") <= 2


def test_curating_magics_have_help_and_complete(cell, ip: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    """An example each; runs, names of runs and tags with Tab, typed in either form."""
    for name in commands.CURATING:
        capsys.readouterr()
        cell(f"%{name} --help")
        assert f"Example:\n    %{name}" in capsys.readouterr().out
    for _ in range(2):
        cell("%track_init --name café --tags baseline,best")
    cell("%track_end")
    assert completed(ip, "%track_pin --run cafe\u0301") == ["%track_pin --run café"]
    assert completed(ip, "%track_rename ca") == ["%track_rename café"]
    assert completed(ip, "%track_untag b") == ["%track_untag baseline", "%track_untag best"]
    assert completed(ip, "%track_note x --") == ["%track_note x --run"]
    found = {each.removeprefix("%track_pin --run ") for each in completed(ip, "%track_pin --run ", uuids=True)}
    assert found == {"café"} | {uuid[:12] for uuid in tracking.runs()["uuid"]}

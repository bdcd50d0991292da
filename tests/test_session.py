"""Runs start, nest, end and resume as a user of a notebook expects."""

from __future__ import annotations

import argparse
import inspect
import pickle
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import jupyter_tracking as tracking
from jupyter_tracking import errors
from tests import write_stub

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell


def test_init_prints_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Name, uuid and folder, as short as it is found from here, and nothing else; with `quiet` nothing at all."""
    run = tracking.init(root=root, name="first")
    tracking.end()
    assert capsys.readouterr().out == f"run first · {run.uuid} · runs/{run.uuid}\n"
    assert f"in runs/{run.uuid}>" in repr(run)
    with tracking.init(root=root, name="second", quiet=True):
        pass
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("cwd", "folder", "told"),
    [
        ("home/reader/lab", "home/reader/lab/runs/1", "runs/1"),
        ("home/reader/lab/notebooks", "home/reader/lab/runs/1", "../runs/1"),
        ("home/reader", "home/reader/lab/runs/1", "lab/runs/1"),
        ("home/reader/other/notebooks", "home/reader/lab/runs/1", "~/lab/runs/1"),
        ("srv", "home/reader/lab/runs/1", "~/lab/runs/1"),
        ("home", "home/reader/lab/runs/1", "~/lab/runs/1"),
        ("home", "home/runs/1", "runs/1"),
        ("home/reader", "srv/runs/1", "{top}/srv/runs/1"),
        ("home/reader", "home/readers/runs/1", "{top}/home/readers/runs/1"),
        ("srv/a", "srv/runs/1", "../runs/1"),
    ],
)
def test_where_a_run_lies_is_told_briefly_and_without_the_name_of_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cwd: str, folder: str, told: str
) -> None:
    """What is saved in a notebook tells even less: where the run is not near, the end of its path."""
    from jupyter_tracking.printed import short_path
    from jupyter_tracking.views.model.listing import relative_path

    (tmp_path / cwd).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "reader"))
    monkeypatch.chdir(tmp_path / cwd)
    assert short_path(tmp_path / folder) == told.format(top=tmp_path)
    saved = relative_path(tmp_path / folder)
    assert saved == (told if told[0] not in "~{" else "runs/1")
    assert "reader" not in saved


def test_in_a_notebook_the_line_of_a_run_leads_to_its_document(
    root: Path, shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the notebook's own folder, whatever the name of the run's; where the notebook is not known, the line is printed."""
    from IPython.utils.capture import capture_output

    notebook = root / "notebooks" / "a b.ipynb"
    notebook.parent.mkdir()
    notebook.touch()
    monkeypatch.setattr("jupyter_tracking.notebook.notebook_path.in_notebook", lambda: True)
    for known in (True, False):
        if known:
            monkeypatch.setenv("JPY_SESSION_NAME", str(notebook))
        else:
            monkeypatch.delenv("JPY_SESSION_NAME")
        with capture_output() as captured:
            run = tracking.init(artifacts_path=root / "ru ns" / "<1>", name="<b>", track_code=False, track_env=False, track_logs=False)
            tracking.end()
        if not known:
            assert (captured.stdout, captured.outputs) == (f"resumed <b> · {run.uuid} · ru ns/<1>\n", [])
            continue
        line = f"run <b> · {run.uuid} · ru ns/<1>"
        (shown,) = captured.outputs
        assert shown.data["text/plain"] == line
        assert '<a href="../ru%20ns/%3C1%3E/run.plx.json">ru ns/&lt;1&gt;</a>' in shown.data["text/html"]
        assert "<b>" not in shown.data["text/html"]


def test_root_is_argument_then_variable_then_current_directory(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root is settled when the run starts, and stays where it was when the directory changes."""
    with tracking.init() as here:
        monkeypatch.chdir(tmp_path)
        tracking.log_metric("loss", 1)
    assert here.path == root / "runs" / here.uuid
    assert tracking.open_run(here).load("loss") == 1.0
    monkeypatch.setenv("POLYAXON_OFFLINE_ROOT", str(tmp_path / "env"))
    with tracking.init() as by_variable:
        pass
    assert by_variable.path == tmp_path / "env" / "runs" / by_variable.uuid
    with tracking.init(root=tmp_path / "given") as by_argument:
        pass
    assert by_argument.path == tmp_path / "given" / "runs" / by_argument.uuid


def test_artifacts_path_is_the_run_folder_itself(tmp_path: Path) -> None:
    """As given, whatever its name."""
    with tracking.init(artifacts_path=tmp_path / "my run") as run:
        tracking.log_metric("loss", 1)
    assert run.path == tmp_path / "my run"
    assert re.fullmatch("[0-9a-f]{32}", run.uuid)
    assert tracking.open_run(tmp_path / "my run").uuid == run.uuid


def test_a_second_init_ends_the_first_and_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same init cell run twice makes two runs; the first is untouched."""
    first = tracking.init(root=root, name="a")
    first.log_metric("loss", 1, step=1)
    second = tracking.init(root=root, name="a")
    assert f"ended a · {first.uuid}" in capsys.readouterr().out
    assert first.uuid != second.uuid
    assert (first.status, second.status) == ("succeeded", "running")
    tracking.end()
    assert tracking.open_run(first).load("loss") == 1.0


def test_blocks_nest(root: Path) -> None:
    """The inner run is active inside its block, the outer one again after it; their ends are independent."""
    with tracking.init(root=root) as outer:
        with tracking.init(root=root) as inner:
            assert tracking.current_run() is inner
            tracking.log_metric("of inner", 1)
        assert (inner.status, outer.status) == ("succeeded", "running")
        tracking.log_metric("of outer", 1)
    assert tracking.current_run() is None
    assert tracking.open_run(outer).artifacts()[-1] == ("metric", "of outer")
    assert tracking.open_run(inner).artifacts()[-1] == ("metric", "of inner")


def test_an_exception_marks_the_run_failed_and_goes_on(root: Path) -> None:
    """The very same exception comes out; type and message are kept."""
    error = ZeroDivisionError("by zero")
    with pytest.raises(ZeroDivisionError) as raised, tracking.init(root=root) as run:
        raise error
    assert raised.value is error
    view = tracking.open_run(run)
    assert view.status == "failed"
    assert view.info["status_conditions"][-1]["message"] == "ZeroDivisionError: by zero"


@pytest.mark.parametrize("status", ["succeeded", "failed", "stopped"])
def test_the_status_a_user_gives(root: Path, status: str) -> None:
    """log_succeeded, log_failed and log_stopped end the run; a second end changes nothing."""
    run = tracking.init(root=root)
    getattr(tracking, f"log_{status}")(reason="Because", message="it is so")
    run.end("failed")
    view = tracking.open_run(run)
    assert view.status == status
    assert view.info["status_conditions"][-1]["message"] == "it is so"


@pytest.mark.parametrize("length", [4, 12, 32])
def test_a_run_resumes_by_uuid_or_prefix(root: Path, length: int) -> None:
    """What was logged stays, what is logged now follows, steps may go back."""
    with tracking.init(root=root, name="a", tags="x") as run:
        tracking.log_metric("loss", 1, step=5)
        tracking.log_inputs(lr=0.1)
    with tracking.init(root=root, run_uuid=run.uuid[:length], tags=["y"]) as again:
        assert again.uuid == run.uuid
        assert again.status == "running"
        tracking.log_metric("loss", 2, step=3)
    view = tracking.open_run(run)
    assert view.metrics(tidy=True)[["step", "value"]].to_numpy().tolist() == [[5, 1.0], [3, 2.0]]
    assert (view.status, view.tags, view.inputs) == ("succeeded", ["x", "y"], {"lr": 0.1})


def test_what_init_cannot_do_is_said(root: Path) -> None:
    """No server, no such run, no such durability: nothing is made."""
    wrong = [
        ({"client": object()}, "client"),
        ({"is_offline": False}, "is_offline"),
        ({"run_uuid": "beef"}, "no run starts so"),
        ({"run_uuid": "x"}, "no uuid"),
        ({"resume": "1" * 32}, "no run starts so"),
        ({"durability": "proces"}, "near: 'process'"),
        ({"name": ""}, "name='' is empty"),
    ]
    for arguments, words in wrong:
        with pytest.raises(errors.TrackingError, match=words):
            tracking.init(root=root, **arguments)  # type: ignore[arg-type]
    assert not (root / "runs").exists()


def test_project_with_its_owner(root: Path) -> None:
    """`owner/project` gives both, as in Polyaxon."""
    with tracking.init(project="acme/vision", root=root) as run:
        pass
    assert (run.path / "run.plx.json").read_text().count('"owner":"acme","project":"vision"') == 1


def test_a_run_cannot_be_pickled(root: Path) -> None:
    """The error says how to log from a worker."""
    with tracking.init(root=root) as run, pytest.raises(TypeError, match=f"run_uuid='{run.uuid}', shared=True"):
        pickle.dumps(run)


def test_a_run_is_running_while_its_process_lives(root: Path) -> None:
    """And interrupted after it was killed, by a lock and no clock."""
    script = (
        "import jupyter_tracking as t, os; r = t.init(name='left'); t.log_metric('loss', 1, step=1);"
        "print(t.open_run(r).status, flush=True); os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "running"
    view = tracking.open_run("left")
    assert view.status == "interrupted"
    assert view.load("loss", step=1) == 1.0


def test_the_stub_lists_the_public_functions_as_they_are() -> None:
    """What type checkers and editors are told is what there is; `python -m tests.write_stub` writes it anew."""
    assert write_stub.STUB.read_text(encoding="utf-8") == write_stub.stub()


def test_a_type_checker_takes_right_calls_and_refuses_wrong_ones(tmp_path: Path) -> None:
    """In a user's file, the public functions have the types of the methods of `Run`; a star import brings them too."""
    mypy = pytest.importorskip("mypy.api", reason='a type checker is in the group "test" of pyproject.toml')
    code = """
import numpy as np
import jupyter_tracking as tracking
from jupyter_tracking import *
tracking.log_metric("loss", 0.5, step=1)
log_text("note", "a string")
kind: tracking.ArtifactKind = ArtifactKind("model")
status: str = tracking.init(name="first").status
view = tracking.open_run("first")
view.show(["loss", "note"], step=np.int64(1)).close()
view.show("loss", "note")
view.load("loss", step=np.float64(1))
view.diff("table", np.int64(0), 1)
browser = view.browse()
browser.selected = "loss"
browser.selected = ["loss", "note"]
tracking.log_metric("loss", "half")
tracking.log_metric("loss", 0.5, stp=1)
tracking.log_nothing("loss")
view.load("loss", step="1")
view.show(3)
browser.selected = 3
"""
    (tmp_path / "user.py").write_text(code)
    said, _, _ = mypy.run(["--strict", "--no-color-output", "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "user.py")])
    errors_at = re.findall(r"user.py:(\d+): error: .*\[(.+)\]", said)
    wrong = ["arg-type", "call-arg", "attr-defined", "arg-type", "arg-type", "assignment"]
    assert errors_at == [(str(line), code) for line, code in enumerate(wrong, 17)], said


def test_each_public_function_has_the_signature_and_the_docstring_of_its_method() -> None:
    """Imported by name, looked up in the module, or called on the run: it is the same function."""
    from jupyter_tracking import log_curve

    assert log_curve is tracking.log_curve
    assert log_curve.__doc__ == tracking.Run.log_curve.__doc__
    assert list(inspect.signature(log_curve).parameters) == ["name", "x", "y", "annotation", "step", "timestamp"]
    assert dir(tracking) == sorted(tracking.__all__)
    assert {"log_curve", "set_name", "sync", "init", "open_run"} <= set(tracking.__all__)


# --- what init is given ----------------------------------------------------------------------------


def test_init_takes_config_and_inputs_as_parameters(root: Path) -> None:
    """A mapping of any names, or what argparse parsed."""
    with tracking.init(config={"lr": 0.1, "reset": 1}, inputs=argparse.Namespace(epochs=3)) as run:
        pass
    assert tracking.open_run(run).inputs == {"lr": 0.1, "reset": 1, "epochs": 3}


def test_init_keeps_group_and_parent(root: Path) -> None:
    """A run that starts inside of another's block is a part of it; Polyaxon's document takes both."""
    with tracking.init(group="search") as outer:
        with tracking.init() as inner:
            pass
        with tracking.init(parent=inner) as given:
            pass
    with tracking.init(parent=outer.uuid[:8], group="損失") as by_prefix:
        pass
    views = [tracking.open_run(run) for run in (outer, inner, given, by_prefix)]
    assert [view.parent for view in views] == [None, outer.uuid, inner.uuid, outer.uuid]
    assert [view.group for view in views] == ["search", None, None, "損失"]
    outer_again = tracking.init(run_uuid=outer.uuid)
    outer_again.end()
    assert tracking.open_run(outer).group == "search"


def test_init_resumes_what_resume_names(root: Path) -> None:
    """By a prefix, or the run of run_uuid."""
    with tracking.init() as run:
        tracking.log_metric("loss", 1, step=1)
    for given in ({"resume": run.uuid[:8]}, {"resume": True, "run_uuid": run.uuid}):
        with tracking.init(**given) as again:
            assert again.uuid == run.uuid
    with tracking.init(resume=False) as other:
        assert other.uuid != run.uuid


def test_the_card_of_a_run_says_what_it_is_and_runs_nothing(root: Path) -> None:
    """Name, status, folder, parameters and tags, as text that no page takes for markup."""
    with tracking.init(name="<b>digits", tags=["<i>"], config={"<script>": "<img>", **{f"p{n}": n for n in range(20)}}) as run:
        card = run._repr_html_()
    assert "<strong>&lt;b&gt;digits</strong>" in card
    assert "&lt;script&gt; = &#x27;&lt;img&gt;&#x27; · p0 = 0" in card
    assert "and 9 more" in card
    assert f"<code>runs/{run.uuid}</code>" in card
    assert not re.search("<(script|img|i|b)>", card)
    assert "succeeded" in run._repr_html_()


def test_quiet_prints_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither of the run that starts nor of the one that it ends."""
    tracking.init(quiet=True)
    tracking.init(quiet=True)
    tracking.end()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"config": [1]}, r"config=\[1\] is a list; give a mapping of names to values"),
        ({"inputs": {"model": object()}}, "inputs.model=.* is a object, which JSON cannot hold"),
        ({"config": {"lr": 1}, "inputs": {"lr": 1}}, "'lr' is in config and in inputs"),
        ({"config": {"": 1}}, "is empty"),
        ({"group": ""}, "group='' is empty"),
        ({"parent": 3}, "parent=3 is a int"),
        ({"parent": "svm"}, "parent='svm' is no uuid"),
        ({"parent": "abcdef"}, "parent='abcdef': no run starts so"),
        ({"resume": True}, "resume=True does not say which run"),
        ({"resume": "allow"}, "'allow' is no uuid"),
        ({"resume": "abcd", "is_new": True}, "is_new=True never does"),
        ({"resume": "abcd", "run_uuid": "abce"}, "are two runs"),
    ],
)
def test_a_wrong_argument_of_init_starts_no_run(root: Path, given: dict[str, object], said: str) -> None:
    """It is told by name, the run that is active goes on, and there is no folder of another."""
    with tracking.init() as run:
        with pytest.raises(errors.TrackingError, match=said):
            tracking.init(**given)  # type: ignore[arg-type]
        assert tracking.current_run() is run
    assert [path.name for path in (root / "runs").iterdir()] == [run.uuid]

"""Files, models, references, the environment, the code, and lineage by hand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from jupyter_tracking.errors import InvalidArgument, InvalidType, MissingFile, OutsideRun
from jupyter_tracking.format.kind_names import V1ArtifactKind
from jupyter_tracking.kinds.coderef import code_reference
from jupyter_tracking.kinds.env import environment
from jupyter_tracking.kinds.reference import content_hash
from jupyter_tracking.redact import Redactor
from jupyter_tracking.redact.values import redacted_arguments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with a file and a folder in it."""
    (tmp_path / "data.tar.gz").write_bytes(b"data")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inner.bin").write_bytes(b"inner")
    return tmp_path


def records(run: Run) -> dict[str, dict[str, Any]]:
    """The items of `lineages.plx.json` by name."""
    return {item["name"]: item for item in json.loads((run.path / "lineages.plx.json").read_text())}


# --- files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [None, "file", V1ArtifactKind.CSV, "tensor", "markdown"])
def test_a_file_with_a_step_is_a_version(run: Run, view: RunView, made: Path, kind: str | None) -> None:
    """A version is an asset and a row; each stays when the next comes, and when the step is logged again."""
    for step in (1, 2, 2):
        run.log_artifact(made / "data.tar.gz", kind=kind, step=step)
    assert view.steps("data") == [1, 2]
    name = str(kind or "file")
    assert sorted(p.name for p in (run.path / "assets" / name).iterdir()) == ["data_1.tar.gz", "data_2-2.tar.gz", "data_2.tar.gz"]
    assert (run.path / "events" / name / "data.plx").read_text().count("\n") == 4


def test_a_folder_is_a_dir(run: Run, view: RunView, made: Path) -> None:
    """Without a kind a folder is of the kind dir, whole, with a step and without."""
    run.log_artifact(made / "folder", step=1)
    run.log_artifact(made / "folder", "kept", rel_path="a/b")
    assert (view.load("folder", "dir") / "inner.bin").read_bytes() == b"inner"
    assert (run.path / "outputs/a/b/folder/inner.bin").read_bytes() == b"inner"


def test_the_name_of_before_still_works(run: Run, view: RunView, made: Path) -> None:
    """`artifact_kind` is what `kind` was once called; what never was an argument is named."""
    run.log_artifact(made / "data.tar.gz", artifact_kind="csv", step=1)
    assert view.artifacts() == [("csv", "data")]
    with pytest.raises(InvalidArgument, match="no argument 'stpe'; near: 'step'"):
        run.log_artifact(made / "data.tar.gz", stpe=3)
    with pytest.raises(InvalidArgument, match="no argument 'frmaework'"):
        run.log_model(made / "data.tar.gz", frmaework="x")


def test_models(run: Run, view: RunView, made: Path) -> None:
    """With a step a version with framework and spec; without one a copy under outputs/model/, or where rel_path says."""
    run.log_model(made / "data.tar.gz", "m", "sklearn", {"params": np.int64(3)}, step=1)
    run.log_model(made / "folder", "n", "torch")
    run.log_model(made / "folder", "o", rel_path="else/where")
    assert view.events("m")[["framework", "spec"]].iloc[0].tolist() == ["sklearn", {"params": 3}]
    assert (run.path / "outputs/model/folder/inner.bin").exists()
    assert (run.path / "outputs/else/where/folder/inner.bin").exists()
    run.end()
    assert records(run)["n"]["summary"]["framework"] == "torch"


def test_a_summary_that_does_not_change_costs_no_line(run: Run, made: Path) -> None:
    """The lineage journal grows by what is new, not by the number of versions."""
    for step in range(5):
        run.log_model(made / "data.tar.gz", "m", "sklearn", step=step)
    lines = (run.path / ".jupyter-tracking" / "lineage.jsonl").read_bytes().count(b"\n")
    assert lines == 2  # the artifact, and its framework


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda run, made: run.log_artifact(made / "nowhere"), MissingFile),
        (lambda run, made: run.log_artifact(made / "data.tar.gz", kind="nonsense", step=1), InvalidArgument),
        (lambda run, made: run.log_artifact(made / "data.tar.gz", rel_path="../x"), OutsideRun),
        (lambda run, _: run.log_artifact(b"bytes"), InvalidType),
        (lambda run, made: run.log_artifact(made / "data.tar.gz", summary={"f": print}), InvalidType),
        *(
            (lambda run, made, word=word, step=step: run.log_model(made / "data.tar.gz", summary={word: 0.5}, step=step), InvalidArgument)
            for word in ("path", "size", "hash", "output", "is_event", "step", "timestamp", "metric")
            for step in (None, 3)
        ),
        (lambda run, made: run.log_model(made / "data.tar.gz", framework="a", summary={"framework": "b"}), InvalidArgument),
        (lambda run, made: run.log_model(made / "data.tar.gz", step=True), InvalidType),
    ],
)
def test_mistakes_with_files_write_nothing(run: Run, made: Path, call: Callable[[Run, Path], None], error: type[Exception]) -> None:
    """A wrong argument is named, and nothing of the call is left."""
    with pytest.raises(error):
        call(run, made)
    assert not (run.path / "events").exists()
    assert not (run.path / "outputs").exists()
    assert not list(run.path.glob("assets/*/*"))


# --- references -----------------------------------------------------------------------------------------------------------


def test_references_copy_nothing(run: Run, made: Path) -> None:
    """A reference has path, hash and size; a URL stays as it is, and nothing is copied."""
    run.log_file_ref(made / "data.tar.gz", is_input=True)
    run.log_dir_ref(made / "folder")
    run.log_model_ref("s3://bucket/model.h5", framework="tensorflow")
    run.log_tensorboard_ref(made / "folder")
    run.log_tensorboard_ref(made / "folder", "second")
    run.log_data_ref("given", hash="abc")
    run.end()
    found = records(run)
    assert found["data"]["summary"]["hash"] == "8d777f385d3d"
    assert found["data"]["is_input"] is True
    assert found["folder"]["kind"] == "dir"
    assert found["model"]["path"] == "s3://bucket/model.h5"
    assert {"tensorboard", "second"} <= found.keys()
    assert found["given"]["summary"] == {"hash": "abc"}
    assert not (run.path / "outputs").exists()


def test_the_hash_of_content_depends_on_all_of_it() -> None:
    """Two long frames or arrays that differ in one element have different hashes, which their abbreviated text has not."""
    frame = pd.DataFrame({"a": range(10_000)})
    other = frame.copy()
    other.iloc[5000, 0] = -1
    assert content_hash(frame) != content_hash(other)
    assert content_hash(frame) == content_hash(frame.copy())
    assert content_hash(np.zeros(10_000)) != content_hash(np.r_[np.zeros(9_999), 1.0])
    assert content_hash("text") == "1cb251ec0d56"


# --- the environment and the code -------------------------------------------------------------------------------------


def test_the_environment_keeps_no_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the values of environment variables nor secrets among the program's arguments reach the run folder."""
    monkeypatch.setenv("PLANTED_TOKEN", "planted-in-the-environment")
    secrets = ["planted-password", "planted-key", "planted-login"]
    monkeypatch.setattr(
        sys, "argv", ["train.py", "--lr", "0.1", "--password", secrets[0], f"--api-key={secrets[1]}", f"https://me:{secrets[2]}@host/x"]
    )
    run.log_env()
    run.end()
    kept = json.loads((run.path / "outputs/env.json").read_text())
    assert kept["sys.argv"] == ["train.py", "--lr", "0.1", "--password", "***", "--api-key=***", "https://me:***@host/x"]
    assert kept["python_version"].startswith("3.")
    assert ["numpy", np.__version__] in kept["packages"]
    everything = b"".join(path.read_bytes() for path in run.path.rglob("*") if path.is_file())
    for secret in ("planted-in-the-environment", *secrets):
        assert secret.encode() not in everything
    assert records(run)["env"]["path"] == "outputs/env.json"


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["--token", "x", "--verbose"], ["--token", "***", "--verbose"]),
        (["--hf-token=x"], ["--hf-token=***"]),
        (["--tokenizer", "bert", "--monkey", "x"], ["--tokenizer", "bert", "--monkey", "x"]),
        (["--password", "--next", "x"], ["--password", "--next", "x"]),
        (["ghp_" + "a" * 36], ["***"]),
        (["-f", "kernel.json"], ["-f", "kernel.json"]),
    ],
)
def test_secrets_among_arguments(arguments: list[str], kept: list[str]) -> None:
    """What follows a word for a secret, and what has the form of a key; no more."""
    assert redacted_arguments(arguments, Redactor()) == kept


def test_the_environment_names_polyaxons_fields() -> None:
    """Whoever reads env.json of Polyaxon's finds the same fields."""
    names = "pid hostname os system python_version_verbose python_version user sys.argv is_notebook filename module_path packages"
    assert set(names.split()) <= environment().keys()


def test_an_environment_logged_again_is_kept_beside_the_first(run: Run) -> None:
    """Nothing is overwritten; content of one's own and another file name are taken."""
    run.log_env(content={"a": 1})
    run.log_env(content={"a": 2})
    run.log_env("sub/mine.json", {"a": 3})
    files = {p.relative_to(run.path / "outputs").as_posix(): json.loads(p.read_text()) for p in (run.path / "outputs").rglob("*.json")}
    assert files == {"env.json": {"a": 1}, "env-2.json": {"a": 2}, "sub/mine.json": {"a": 3}}
    with pytest.raises(OutsideRun):
        run.log_env("../mine.json", {"a": 3})


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with one commit, which is the current directory."""
    place = tmp_path / "repository"
    place.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(place)
    (place / "a.py").write_text("a\nb\n")
    for words in (
        ["init", "-q", "-b", "trunk"],
        ["config", "user.email", "me@example.org"],
        ["config", "user.name", "me"],
        ["remote", "add", "origin", "https://me:planted-token@example.org/me/it.git"],
        ["add", "."],
        ["commit", "-q", "-m", "first"],
    ):
        subprocess.run(["git", *words], cwd=place, check=True)
    return place


def test_the_code_and_how_far_it_is_from_its_commit(run: Run, repository: Path) -> None:
    """Commit, branch and url without a login; then, with changes, that it is dirty and by how much."""
    found = code_reference()
    assert (found["branch"], found["url"], found["dirty"]) == ("trunk", "https://example.org/me/it.git", False)
    (repository / "a.py").write_text("a\nc\nd\n")
    run.log_code_ref()
    run.end()
    (record,) = records(run).values()
    assert record["kind"] == "coderef"
    assert record["name"] == found["commit"] == record["summary"]["commit"]
    assert record["is_input"] is True
    assert (record["summary"]["dirty"], record["summary"]["diff"]) == (True, {"files": 1, "insertions": 2, "deletions": 1})


def test_code_that_git_knows_nothing_of(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a repository, in one without a commit, or without git: nothing is recorded and nothing is raised."""
    assert code_reference(str(tmp_path)) == {}
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True)
    assert code_reference(str(tmp_path / "new")) == {}
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    run.log_code_ref()
    assert not (run.path / "lineages.plx.json").exists()


def test_a_repository_runs_none_of_its_own_programs(repository: Path) -> None:
    """What a repository's settings name as its differ or its watcher is not started."""
    for key in ("core.fsmonitor", "diff.external"):
        subprocess.run(["git", "config", key, "touch ran; false"], cwd=repository, check=True)
    (repository / "a.py").write_text("changed\n")
    assert code_reference()["dirty"] is True
    assert not (repository / "ran").exists()


def test_code_given_by_hand(run: Run) -> None:
    """A dict with a commit is kept; one without is refused."""
    run.log_code_ref({"commit": "abc", "branch": "x"}, is_input=False)
    with pytest.raises(InvalidArgument, match="no commit"):
        run.log_code_ref({"branch": "x"})


# --- lineage by hand -------------------------------------------------------------------------------------------------------


def test_lineage_given_by_hand_keeps_every_field(run: Run) -> None:
    """Dicts, Polyaxon's objects and lists of them, with the fields that mean nothing here."""
    fields = {"state": "0" * 32, "connection": "store", "meta_info": {"a": 1}, "run": "1" * 32}
    run.log_artifact_lineage(
        {"name": "one", "kind": "data", "path": "s3://b/x", "summary": {"n": np.float32(0.5)}, "is_input": True, **fields}
    )
    run.log_artifact_lineage(
        [SimpleNamespace(name="two", kind=V1ArtifactKind.FILE, path=None, summary=None), {"name": "three", "kind": "dir"}]
    )
    run.end()
    found = records(run)
    assert {key: found["one"][key] for key in ("state", "connection", "run", "path", "is_input")} == {
        **{key: fields[key] for key in ("state", "connection", "run")},
        "path": "s3://b/x",
        "is_input": True,
    }
    assert found["one"]["summary"] == {"n": 0.5}
    assert found["one"]["meta_info"]["a"] == 1
    assert found["two"]["summary"] == {}
    assert found["three"]["kind"] == "dir"


def test_lineage_by_hand_is_checked_whole_before_any_is_recorded(run: Run) -> None:
    """A wrong record among several is named by its place, and none is recorded."""
    good = {"name": "good", "kind": "data"}
    for bad, said in [
        ({"name": "x", "kind": "nonsense"}, r"body\[1\].kind"),
        ({"kind": "data"}, r"body\[1\].name"),
        ({"name": "x", "kind": "data", "smumary": {}}, "'summary'"),
        (3, r"body\[1\] is a int"),
    ]:
        with pytest.raises((InvalidArgument, InvalidType), match=said):
            run.log_artifact_lineage([good, bad])
    run.end()
    assert records(run) == {}

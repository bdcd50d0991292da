"""What code written for Polyaxon's client passes is taken as it takes it; what a run is asked is answered without a server."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking import exceptions
from jupyter_tracking.errors import InvalidArgument, InvalidType, NeedsServer, NoActiveRun, NotFound, TrackingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUIET = {"track_env": False, "track_code": False, "track_logs": False}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where runs go: Polyaxon's own setting says it."""
    monkeypatch.setenv("POLYAXON_OFFLINE_ROOT", str(tmp_path / "root"))
    return tmp_path / "root"


@pytest.fixture
def run(root: Path) -> Iterator[Any]:
    """A run that `Run` has started."""
    made = tracking.Run("acme", "quick", name="first", tags=["a"], **QUIET)  # type: ignore[arg-type]
    yield made
    made.end()


# --- the constructor ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "owner", "project"),
    [
        ({"owner": "acme", "project": "demo"}, "acme", "demo"),
        ({"project": "acme/demo"}, "acme", "demo"),
        ({"project": "acme.demo"}, "acme", "demo"),
        ({"owner": "acme", "project": "my.demo"}, "acme", "my.demo"),
        ({"project": "demo"}, None, "demo"),
        ({"project": ".demo"}, None, ".demo"),
        ({"project": "resnet-1.5"}, None, "resnet-1.5"),
    ],
)
def test_a_run_belongs_to_whom_it_says(root: Path, given: dict[str, str], owner: str | None, project: str) -> None:
    """By `Run` and by `init`, under the root that Polyaxon's setting names."""
    for start in (tracking.Run, tracking.init):
        run = start(**given, is_new=True, is_offline=True, **QUIET)  # type: ignore[arg-type]
        assert (run.owner if owner else None, run.project) == (owner, project)
        assert run.path.parent == root / "runs"
        assert run.run_uuid == run.uuid == run.path.name
        run.end()


def test_a_run_of_the_constructor_is_not_the_active_one(run: Any) -> None:
    """As in Polyaxon, where only `init` sets `TRACKING_RUN`; inside of its block it is."""
    assert tracking.TRACKING_RUN is None
    with pytest.raises(NoActiveRun):
        tracking.log_metric("loss", 1)
    with run:
        tracking.log_metric("loss", 2, step=1)
        assert tracking.get_or_create_run() is run
    assert tracking.open_run(run).load("loss") == 2
    assert isinstance(run, tracking.Run)


def test_a_uuid_without_a_run_starts_one(root: Path) -> None:
    """`is_new=False` says what is done by default; `resume` alone asks for a run that is there."""
    uuid = "0123456789abcdef" * 2
    for _ in range(2):
        with tracking.Run(run_uuid=uuid, is_new=False, **QUIET) as run:  # type: ignore[arg-type]
            assert run.uuid == uuid
            run.log_metric("loss", 1)
    assert tracking.open_run(uuid).metrics(tidy=True)["value"].tolist() == [1, 1]
    tracking.Run(is_new=False, **QUIET).end()  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        tracking.Run(resume="f" * 32, **QUIET)  # type: ignore[arg-type]


def test_an_argument_that_there_is_not_is_named(root: Path, run: Any) -> None:
    """With the nearest that there is; nothing is made."""
    for call, near in (
        (lambda: tracking.Run(projct="demo"), r"Run\(\) has no argument 'projct'; near: 'project'"),  # type: ignore[call-arg]
        (lambda: run.set_owner(ownr="x"), r"set_owner\(\) has no argument 'ownr'"),
        (lambda: run.get_metrics(name="x"), r"get_metrics\(\) has no argument 'name'"),
    ):
        with pytest.raises(InvalidType, match=near):
            call()
    assert len(list((root / "runs").iterdir())) == 1


@pytest.mark.parametrize("given", [{"client": object()}, {"is_offline": False}])
def test_a_server_is_refused_with_what_to_do(root: Path, given: dict[str, Any]) -> None:
    """Before a folder is made."""
    for start in (tracking.Run, tracking.init):
        with pytest.raises(NeedsServer, match="polyaxon ops push"):
            start(**given)
    assert not root.exists()


# --- switches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_a_run_that_does_nothing(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], by: str) -> None:
    """With `no_op`, every call returns None, nothing is printed and no folder is made."""
    if by == "environment":
        monkeypatch.setenv("POLYAXON_NO_OP", "true")
        run: Any = tracking.init()
        assert tracking.TRACKING_RUN is run
        assert tracking.log_metric("loss", "no number", step=object()) is None  # type: ignore[func-returns-value, arg-type]
        assert tracking.get_artifacts_path() is None  # type: ignore[func-returns-value, comparison-overlap]
    else:
        run = tracking.Run(no_op=True)
    assert isinstance(run, tracking.Run)
    with run:
        for name in (
            "log_metrics",
            "log_artifact",
            "get_inputs",
            "start",
            "log_outputs",
            "stop",
            "promote_to_model_version",
            "define_metric",
        ):
            assert getattr(run, name)(anything=object()) is None
        assert (run.run_uuid, run.run_data, run.status) == (None, None, None)
    assert run.ended
    assert tracking.TRACKING_RUN is None
    if by == "environment":
        tracking.log_metric("loss", 1)  # as in Polyaxon, whose run that does nothing never ends
    assert not root.exists()
    assert capsys.readouterr().out == ""


def test_the_argument_decides_before_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`no_op=False` starts a run where the environment says none; a switch that says neither is named."""
    monkeypatch.setenv("POLYAXON_NO_OP", "1")
    tracking.Run(no_op=False, **QUIET).end()  # type: ignore[arg-type]
    assert len(list((root / "runs").iterdir())) == 1
    monkeypatch.setenv("POLYAXON_NO_OP", "perhaps")
    with pytest.raises(InvalidArgument, match="POLYAXON_NO_OP='perhaps'"):
        tracking.init()


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_events_that_are_not_collected(root: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """No event is kept, but inputs, outputs, references and copies, and the last value of each metric; until the event logger is set."""
    monkeypatch.setenv("POLYAXON_COLLECT_ARTIFACTS", "0" if by == "environment" else "1")
    given = {"collect_artifacts": False} if by == "argument" else {}
    with tracking.init(**given, **QUIET) as run:  # type: ignore[arg-type]
        run.log_inputs(lr=0.1)
        run.log_metric("loss", 0.5, step=1)
        run.log_metrics(step=2, loss=0.25, accuracy=0.9)
        run.log_text("note", "not kept", step=1)
        run.log_artifact(__file__, "code", step=1, summary={"a": 1})
        run.log_confusion_matrix("matrix", y_true=[0, 1], y_pred=[0, 1])
        run.log_artifact_ref(__file__, name="reference")
        run.set_run_event_logger()
        run.log_metric("kept", 1.0, step=1)
    view = tracking.open_run(run)
    assert set(view.lineage()["name"]) == {"reference", "kept"}
    assert view.outputs == {"loss": 0.25, "accuracy": 0.9, "kept": 1.0}
    assert view.inputs == {"lr": 0.1}


def test_the_environment_asks_for_the_machines_metrics(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`POLYAXON_COLLECT_RESOURCES`, and `set_run_resource_logger` of a run that began without; asked twice, they are sampled once."""
    monkeypatch.setenv("POLYAXON_COLLECT_RESOURCES", "1")
    with tracking.init(**QUIET) as first:  # type: ignore[arg-type]
        first.set_run_resource_logger()
    with tracking.init(collect_resources=False, **QUIET) as second:  # type: ignore[arg-type]
        second.set_run_resource_logger()
        second.set_run_logs_logger()
        print("kept from now on")  # noqa: T201 - what is tested
    for run in (first, second):
        assert "memory" in set(tracking.open_run(run).lineage()["name"])
    assert "kept from now on" in tracking.open_run(second).logs()["text"].str.cat()


# --- what a run answers ------------------------------------------------------------------------------


def test_a_run_says_what_it_is(run: Any) -> None:
    """By Polyaxon's attributes, while it goes on and after its end."""
    run.log_inputs(lr=0.1, nan=float("nan"))
    run.log_outputs(best=1)
    run.log_metric("loss", 0.5, step=1)
    run.log_metric("loss", 0.25, step=2)
    run.define_metric("loss", goal="min", summary="max")
    for _ in range(2):
        data = run.run_data
        assert (data.uuid, data.name, data.owner, data.project, data.tags) == (run.uuid, "first", "acme", "quick", ["a"])
        assert run.get_outputs() == data.outputs == {"loss": 0.5, "best": 1}
        assert repr(run.get_inputs()) == repr(data.inputs) == "{'lr': 0.1, 'nan': nan}"
        assert (data.status, data.schedule_at, data.kind) == (run.status, None, "job")
        assert isinstance(data.created_at, datetime)
        assert data.to_dict()["name"] == "first"
        lineage = run.artifacts_lineage["loss"]
        assert isinstance(lineage, tracking.V1RunArtifact)
        assert (lineage.kind, lineage.path) == ("metric", "events/metric/loss.plx")
        assert lineage.summary["step"] == {"count": 2, "min": 1, "max": 2}
        run.end()
    with pytest.raises(InvalidArgument, match=r"run\.update"):
        data.name = "other"
    with pytest.raises(AttributeError):
        _ = data.nonsense


def test_statuses_are_told_in_their_order(run: Any) -> None:
    """All, or those after one."""
    run.start()
    run.log_status("warning", "Because", "it is so")
    status, conditions = run.get_statuses()
    assert (status, [each.type for each in conditions]) == ("warning", ["created", "running", "warning"])
    assert (conditions[-1].reason, conditions[-1].message) == ("Because", "it is so")
    assert [each.type for each in run.get_statuses("running")[1]] == ["warning"]


def test_update_changes_what_it_names_and_nothing_else(run: Any) -> None:
    """All of it or, where a name is wrong, nothing."""
    run.log_inputs(kept=1)
    data = run.update({"name": "second", "description": "d", "inputs": {"lr": 1}, "merge": True, "project": "other", "tags": "b"})
    assert (data.name, data.description, data.project, data.tags) == ("second", "d", "other", ["a", "b"])
    assert data.inputs == {"kept": 1, "lr": 1}
    assert run.update({"inputs": {"only": 1}}).inputs == {"only": 1}
    for wrong, error in (({"name": "third", "pods": 1}, InvalidArgument), (3, InvalidType)):
        with pytest.raises(error):
            run.update(wrong)
    assert run.name == "second"
    run.set_owner("new")
    assert (run.owner, run.project) == ("new", "other")


def test_the_rows_of_a_run_as_polyaxons_client_gives_them(run: Any) -> None:
    """As lists or as text, by kind and names, and metrics as frames and charts."""
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    for step in (1, 2):
        run.log_metrics(step=step, timestamp=moment, loss=1 / step, accuracy=step / 2)
    run.log_metric("loss", float("nan"), step=5)
    run.log_text("note", "some | text", step=1)
    run.log_curve("curve", [1, 2], [3, 4], step=1)
    loss = run.get_metrics(["loss", "not logged"])["loss"]
    assert loss["data"]["step"] == [1, 2, 5]
    assert repr(loss["data"]["metric"]) == "[1.0, 0.5, nan]"
    (note,) = run.get_events("text", "note").data
    assert (note["data"]["text"], note["data"]["step"]) == (["some | text"], [1])
    (curve,) = run.get_events(tracking.V1ArtifactKind.CURVE, {"curve"}, orient="csv").data
    assert curve["data"] == (run.path / "events/curve/curve.plx").read_text()
    (curve,) = run.get_events("curve", "curve").data
    assert json.loads(curve["data"]["curve"][0])["x"] == [1, 2]
    tidy = run.get_metrics_as_tidy_df()
    assert tidy.groupby("name").size().to_dict() == {"loss": 3, "accuracy": 2}
    wide = run.get_metrics_as_wide_df()
    assert wide.columns.tolist() == ["step", "timestamp", "accuracy", "loss"]
    assert wide["step"].tolist() == [1, 2, 5]
    assert wide["loss"].tolist()[:2] == [1.0, 0.5]
    assert run.get_metrics_as_line_chart(x="step").data[0].type == "scatter"
    assert run.get_metrics_as_bar_chart().layout.barmode == "group"
    assert len(run.get_metrics_as_scatter_chart(x="loss", y="accuracy").data) == 1
    with pytest.raises(InvalidArgument, match="orient"):
        run.get_events("metric", "loss", orient="rows")


def test_events_are_found_by_what_polyaxon_calls_them(run: Any) -> None:
    """Its names are those of the files; the run's own names are found too, one with a comma in a list."""
    run.log_metric("train/loss", 0.5, step=1)
    run.log_metric("a,b", 1.0)
    assert run.get_metrics(["train__loss"])["train__loss"]["data"]["metric"] == [0.5]
    assert [each["name"] for each in run.get_events("metric", "train/loss,a").data] == ["train/loss"]
    assert list(run.get_metrics(["a,b"])) == ["a,b"]
    assert set(run.get_metrics()) == {"train/loss", "a,b"}


def test_a_summary_in_the_middle_leaves_no_trace_at_the_end(run: Any) -> None:
    """What was summarized while the run went on is not what is told of it later, also where something is said of it afterwards."""
    run.log_confusion_matrix("matrix", y_true=[0, 1], y_pred=[0, 1], step=1)
    run.sync_artifacts_and_summaries()
    run.log_confusion_matrix("matrix", y_true=[0, 1], y_pred=[0, 1], step=2)
    run._add_summary("confusion", "matrix", {"more": 1})
    for _ in range(2):
        row = tracking.open_run(run).lineage().set_index("name").loc["matrix"]
        assert (row["steps"], row["step_max"]) == (2, 2)
        run.end()


def test_a_run_that_logged_nothing_has_empty_frames(run: Any) -> None:
    """And no chart of two metrics."""
    assert run.get_metrics() == {}
    assert len(run.get_metrics_as_tidy_df()) == len(run.get_metrics_as_wide_df()) == 0
    with pytest.raises(InvalidArgument, match="two metrics"):
        run.get_metrics_as_scatter_chart()


def test_a_run_stays_in_its_folder(run: Any, tmp_path: Path) -> None:
    """`set_artifacts_path` leaves nothing behind; the summaries are those of the run's own files."""
    run.set_artifacts_path()
    run.set_artifacts_path(os.fspath(run.path))
    with pytest.raises(InvalidArgument, match="artifacts_path"):
        run.set_artifacts_path(tmp_path / "elsewhere")
    run.log_metric("loss", 1.0, step=1)
    run.sync_events_summaries(last_check=None, events_path=run.get_artifacts_path("events"))
    run.sync_system_events_summaries(None, run.get_artifacts_path("resources"))
    assert [each["name"] for each in json.loads((run.path / "lineages.plx.json").read_text())] == ["loss"]
    with pytest.raises(InvalidArgument, match="events_path"):
        run.sync_events_summaries(None, tmp_path)


def test_a_run_is_persisted_and_gone_on_with(run: Any, tmp_path: Path, ask_polyaxon: Any) -> None:
    """While it goes on, a copy of its documents is one that Polyaxon loads; its folder is gone on with."""
    run.log_metric("loss", 0.5, step=1)
    run.persist_run(run.path)
    run.persist_run(tmp_path / "copy" / run.uuid)
    loaded = ask_polyaxon("load", tmp_path / "copy" / run.uuid)
    assert (loaded["name"], loaded["status"], sorted(loaded["lineage"])) == ("first", "running", ["loss"])
    run.end()
    again = tracking.Run.load_offline_run(run.path, name="second")
    assert again is not None
    again.log_metric("loss", 0.25, step=2)
    again.end()
    view = tracking.open_run(run.path)
    assert (view.name, view.metrics(tidy=True)["value"].tolist()) == ("second", [0.5, 0.25])
    assert tracking.Run.load_offline_run(tmp_path) is None
    with pytest.raises(NotFound):
        tracking.Run.load_offline_run(tmp_path, raise_if_not_found=True)
    with pytest.raises(InvalidArgument, match="reset_uuid"):
        tracking.Run.load_offline_run(run.path, reset_uuid=True)


def test_errors_have_polyaxons_names(run: Any) -> None:
    """What code catches by them is what ours raises."""
    for call, error in (
        (lambda: run.log_metric("loss", "no number"), exceptions.PolyaxonClientException),
        (lambda: run.log_metric("loss", "no number"), exceptions.TracemlException),
        (lambda: run.log_artifact(__file__, kind="mykind"), exceptions.PolyaxonSchemaError),
        (run.approve, exceptions.ApiException),
        (lambda: run.get_outputs_path("../x"), exceptions.PolyaxonPathException),
    ):
        with pytest.raises(error):
            call()
    names = [name for name in vars(exceptions) if name[0].isupper()]
    assert all(issubclass(getattr(exceptions, name), TrackingError) for name in names)


# --- what is passed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01 12:30:15+00:00", "2026-03-01T12:30:15"),
        ("2026-03-01T12:30:15Z", "2026-03-01T12:30:15"),
        ("March 1, 2026 12:30 UTC", "2026-03-01T12:30:00"),
        ("2026/03/01 00:00 +0100", "2026-02-28T23:00:00"),
        ("Sun, 01 Mar 2026 12:30:15 GMT", "2026-03-01T12:30:15"),
    ],
)
def test_a_timestamp_may_be_a_text(run: Any, text: str, moment: str) -> None:
    """In ISO's form, and as people write dates."""
    run.log_metric("loss", 1.0, step=1, timestamp=text)
    (stored,) = run.get_metrics(["loss"])["loss"]["data"]["timestamp"]
    assert datetime.fromisoformat(stored) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "12:30", "March 2026", "yesterday", "2026-03-01 12:30 XYZ", "2026-13-45", "1|2"])
def test_a_text_that_is_no_moment_is_refused(run: Any, text: str) -> None:
    """Also one that says a part of a date, or a time zone that nobody knows."""
    with pytest.raises(InvalidArgument, match="timestamp"):
        run.log_metric("loss", 1.0, step=1, timestamp=text)


def test_texts_in_a_confusion_matrix(run: Any) -> None:
    """Labels may be texts, or not; values that are texts are the numbers that they say."""
    run.log_confusion_matrix("matrix", ["a", "b"], [0, 1], [["1", "2.5"], [3, None]], step=1)
    run.log_confusion_matrix("whole", ["a", "b"], ["a", "b"], [["1", "2"], ["3", str(2**62 + 1)]])
    run.end()
    view = tracking.open_run(run)
    x, y, z = view.load("matrix")
    assert (x, y, repr(z.tolist())) == (["a", "b"], [0, 1], "[[1.0, 2.5], [3.0, nan]]")
    assert view.load("whole").z.tolist() == [[1, 2], [3, 2**62 + 1]]
    with pytest.raises(InvalidType, match="'many'"):
        tracking.Run(**QUIET).log_confusion_matrix("m", ["a"], ["a"], [["many"]])  # type: ignore[arg-type]


def test_an_older_argument_is_taken_with_a_warning(run: Any, tmp_path: Path) -> None:
    """`versioned` says nothing any more, as in Polyaxon; another unknown argument is refused."""
    (tmp_path / "model.pkl").write_bytes(b"model")
    with pytest.warns(UserWarning, match="versioned"):
        run.log_model(str(tmp_path / "model.pkl"), versioned=False, step=1)
    with pytest.warns(UserWarning, match="versioned"):
        run.log_artifact(str(tmp_path / "model.pkl"), "file", versioned=True)
    with pytest.raises(InvalidArgument, match="stepp"):
        run.log_artifact(str(tmp_path / "model.pkl"), stepp=3)
    assert (run.path / "assets/model/model_1.pkl").exists()
    assert (run.path / "outputs/model.pkl").exists()


def test_references_that_this_machine_cannot_see(run: Any, tmp_path: Path) -> None:
    """Are recorded with their path and without a hash, and a warning says so; the training goes on."""
    (tmp_path / "file").write_text("a file")
    calls = [
        lambda: run.log_data_ref(name="images", path="/mnt/not-here/images"),
        lambda: run.log_model_ref("models/not-here.pkl", name="model", framework="pytorch"),
        lambda: run.log_file_ref("/mnt/not-here/data.csv"),
        lambda: run.log_dir_ref("/mnt/not-here/folder"),
        lambda: run.log_artifact_ref(tmp_path / "file" / "x.csv", "csv", "x"),
    ]
    for call in calls:
        with pytest.warns(UserWarning, match="without a hash"):
            call()
    run.log_artifact_ref("/mnt/not-here/known", name="known", hash="abc")
    run.log_artifact_ref("/mnt/not-here/skipped", name="skipped", skip_hash_calculation=True)
    lineage = run.artifacts_lineage
    assert set(lineage) == {"images", "model", "data", "folder", "x", "known", "skipped"}
    assert lineage["images"].path == lineage["images"].summary["path"] == "/mnt/not-here/images"
    assert lineage["model"].summary["framework"] == "pytorch"
    assert [name for name, item in lineage.items() if "hash" in item.summary] == ["known"]


def test_a_reference_to_a_link_says_what_it_leads_to(run: tracking.Run, tmp_path: Path) -> None:
    """Its path stays as given; size and hash are those of what is behind it, also of a folder of links, as model hubs keep them."""
    (tmp_path / "blob").write_bytes(b"weights")
    (tmp_path / "snapshot").mkdir()
    os.symlink(tmp_path / "blob", tmp_path / "snapshot" / "model.bin")
    os.symlink(tmp_path / "snapshot", tmp_path / "latest")
    os.symlink(tmp_path / "blob", tmp_path / "blob-link")
    for name in ("blob", "blob-link", "snapshot", "latest"):
        run.log_artifact_ref(str(tmp_path / name), "file", name=name)
    run.end()
    logged = tracking.open_run(run.path).lineage().set_index("name")
    assert [logged.path[name] for name in logged.index] == [str(tmp_path / name) for name in logged.index]
    assert logged.hash["blob"] == logged.hash["blob-link"]
    assert logged.hash["snapshot"] == logged.hash["latest"]
    assert set(logged["size"]) == {7}


@pytest.mark.parametrize("kind", ["nowhere", "itself", "the folder above", "a pipe"])
def test_a_reference_to_what_has_no_content_is_recorded_without_a_hash(run: tracking.Run, tmp_path: Path, kind: str) -> None:
    """A link that leads nowhere, to itself or to the folder above is no reason to stop a training; nor is a pipe, which is not waited for."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "it"
    match kind:
        case "a pipe":
            os.mkfifo(path)
        case _:
            os.symlink({"nowhere": "not-there", "itself": "it", "the folder above": ".."}[kind], path)
    given = path.parent if kind == "the folder above" else path
    with pytest.warns(UserWarning, match="without a hash"):
        run.log_artifact_ref(str(given), "file", name="it")
    run.end()
    (row,) = tracking.open_run(run.path).lineage().to_dict("records")
    assert row["path"] == str(given)
    assert pd.isna(row.get("hash"))


def test_only_files_that_are_there_are_recorded_where_they_are(run: Any, tmp_path: Path) -> None:
    """A link, one that leads into the run, and a file that is missing are refused as ever, with a hash and without."""
    inside = run.get_outputs_path("a.txt")
    with open(inside, "w") as file:
        file.write("a")
    os.symlink(inside, run.get_outputs_path("link.txt"))
    os.symlink(inside, tmp_path / "link.txt")
    for path in (run.get_outputs_path("link.txt"), tmp_path / "link.txt", run.get_outputs_path("missing.txt")):
        for skip in (False, True):
            with pytest.raises(TrackingError):
                run.log_artifact(path, "it", skip_hash_calculation=skip)
    assert run.artifacts_lineage == {}
    run.log_artifact(os.path.relpath(inside), "it", skip_hash_calculation=True)
    assert run.artifacts_lineage["it"].path == "outputs/a.txt"


def test_what_lies_in_outputs_is_not_copied_again(run: Any) -> None:
    """A file or folder that the user wrote there is recorded where it is, with its hash; with another `rel_path` it is copied."""
    model = run.get_outputs_path("model.pkl")
    with open(model, "w") as file:
        file.write("weights")
    run.log_artifact(model, "file")
    run.log_model(model, "model", framework="scikit-learn")
    folder = run.get_outputs_path("made/deep", is_dir=True)
    with open(f"{folder}/a.txt", "w") as file:
        file.write("a")
    run.log_artifact(folder, "folder")
    run.log_artifact(f"{folder}/a.txt", "same", rel_path="made/deep")
    run.log_artifact(f"{folder}/a.txt", "other", rel_path="other")
    paths = {name: item.path for name, item in run.artifacts_lineage.items()}
    expected = {"file": "outputs/model.pkl", "model": "outputs/model.pkl", "folder": "outputs/made/deep"}
    assert paths == {**expected, "same": "outputs/made/deep/a.txt", "other": "outputs/other/a.txt"}
    assert all(len(item.summary["hash"]) == 12 for item in run.artifacts_lineage.values())
    files = {str(path.relative_to(run.path)) for path in (run.path / "outputs").rglob("*") if path.is_file()}
    assert files == {"outputs/model.pkl", "outputs/made/deep/a.txt", "outputs/other/a.txt"}
    run.end()
    assert tracking.open_run(run).problems(hashes=True).empty


# --- what Polyaxon's gets wrong ----------------------------------------------------------------------

CONTENT = {"csv": b"a,b\n1,2\n", "html": "<b>é</b>".encode(), "txt": "zwei | Zeilen\nä".encode()}


@pytest.mark.parametrize(
    ("kind", "extension", "event"),
    [
        ("dataframe", "csv", '{"path":"assets/dataframe/it_1.csv","content_type":"csv"}'),
        ("dataframe", "html", '{"path":"assets/dataframe/it_1.html","content_type":"html"}'),
        ("dataframe", "v2.PARQUET", '{"path":"assets/dataframe/it_1.v2.parquet","content_type":"parquet"}'),
        ("image", "png", '{"path":"assets/image/it_1.png"}'),
        ("audio", "wav", '{"path":"assets/audio/it_1.wav"}'),
        ("video", "mp4", '{"path":"assets/video/it_1.mp4","content_type":"mp4"}'),
        ("html", "html", "<b>é</b>"),
        ("text", "txt", "zwei | Zeilen\nä"),
        ("model", "pkl", '{"path":"assets/model/it_1.pkl"}'),
        ("artifact", "bin", '{"kind":"artifact","path":"assets/artifact/it_1.bin"}'),
    ],
)
def test_a_file_of_a_kind_is_an_event_of_that_kind(
    run: Any, ask_polyaxon: Any, tmp_path: Path, kind: str, extension: str, event: str
) -> None:
    """Polyaxon's own reader makes an event of its row; it refuses those that its own client writes of the same call."""
    source = tmp_path / f"it.{extension}"
    source.write_bytes(CONTENT.get(extension, b"not really one"))
    run.log_artifact(str(source), kind=kind, step=1, summary={"from": "elsewhere"})
    run.log_artifact(str(source), "copy", kind=kind)
    read = ask_polyaxon("read", run.path)
    assert [read[f"{engine}/{kind}/it"]["events"] for engine in ("c", "pyarrow")] == [[event]] * 2
    assert run.artifacts_lineage["it"].summary["from"] == "elsewhere"
    assert run.artifacts_lineage["copy"].path == f"outputs/it.{extension}"


def test_a_file_of_a_kind_is_loaded_as_that_kind(run: Any, tmp_path: Path) -> None:
    """A dataframe, a picture, a text and markup; as its own function would have logged it."""
    from PIL import Image

    for extension, data in CONTENT.items():
        (tmp_path / f"it.{extension}").write_bytes(data)
    Image.new("RGB", (3, 2)).save(tmp_path / "it.png")
    for kind, extension in (("dataframe", "csv"), ("image", "png"), ("html", "html"), ("text", "txt"), ("markdown", "txt")):
        run.log_artifact(tmp_path / f"it.{extension}", kind, kind, step=1)
    view = tracking.open_run(run)
    assert view.load("dataframe").to_dict("list") == {"a": [1], "b": [2]}
    assert view.load("image").shape == (2, 3, 3)
    assert (view.load("html"), view.load("text")) == ("<b>é</b>", view.load("markdown"))


@pytest.mark.parametrize("kind", ["metric", "curve", "confusion", "histogram", "chart", "span"])
def test_a_kind_that_is_no_file_is_refused(run: Any, kind: str) -> None:
    """With a step, by name and before anything is written; without one it is a copy under outputs/ as ever."""
    with pytest.raises(InvalidArgument, match=f"kind='{kind}'"):
        run.log_artifact(__file__, "it", kind=kind, step=1)
    assert not (run.path / "events").exists()
    run.log_artifact(__file__, "it", kind=kind)
    assert run.artifacts_lineage["it"].kind == kind


def test_a_folder_or_bytes_are_no_text(run: Any, tmp_path: Path) -> None:
    """Nor is a folder a picture."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    for path, kind, said in ((tmp_path / "bytes", "text", "no text in UTF-8"), (tmp_path, "html", "folder"), (tmp_path, "image", "folder")):
        with pytest.raises(InvalidArgument, match=said):
            run.log_artifact(path, "it", kind=kind, step=1)


def test_a_trace_is_made_of_polyaxons_spans(run: Any) -> None:
    """The exported class in the place of its own, children too."""
    child = tracking.V1EventSpan(name="child", kind="llm", metadata={"tokens": 3})
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    run.log_trace(tracking.V1EventSpan(name="call", kind="chain", inputs={"q": 1}, children=[child], started_at=moment), step=1)
    loaded = tracking.open_run(run).load("call")
    assert (loaded["name"], loaded["children"]) == ("call", [{"name": "child", "kind": "llm", "metadata": {"tokens": 3}}])
    assert run.get_inputs() == {"q": 1}
    with pytest.raises(InvalidArgument, match="V1EventSpan has no field 'nam'"):
        tracking.V1EventSpan.from_dict({"nam": "x"})
    assert tracking.V1Statuses("running") == "running"


# --- old runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("html", '"<div class=""a|b"">1</div>"', '<div class="a|b">1</div>'),
        ("text", '"plain"', "plain"),
        ("text", '"said" and "done"', '"said" and "done"'),
        ("text", 'no "quotes" around', 'no "quotes" around'),
        ("metric", '"0.5"', 0.5),
        ("curve", '"{""kind"":""custom"",""x"":[1],""y"":[2]}"', ([1.0], [2.0])),
    ],
)
def test_cells_of_old_runs_may_be_in_quotes(root: Path, ask_polyaxon: Any, kind: str, cell: str, value: Any) -> None:
    """They are read as Polyaxon's reader takes them; text with quotes inside stays what it is."""
    file = root / "runs" / ("f" * 32) / "events" / kind / "old.plx"
    file.parent.mkdir(parents=True)
    file.write_text(f"timestamp|step|{kind}\n2018-12-11T10:24:57|12|{cell}\n2018-12-11T10:25:57|13|{cell}\n")
    view = tracking.open_run(root / "runs" / ("f" * 32))
    loaded = view.load("old", step=12)
    assert (([*loaded.x], [*loaded.y]) if kind == "curve" else loaded) == value
    assert view.problems()["file"].tolist() == ["run.plx.json"]  # which old runs that were never ended do not have
    if kind == "curve" or (cell.startswith('"') and cell.count('"') == 2):
        theirs = ask_polyaxon("read", view.path)[f"c/{kind}/old"]["cells"][0]
        assert (json.loads(theirs)["x"] == value[0]) if kind == "curve" else theirs == str(value)

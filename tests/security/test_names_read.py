"""Names that are read from a run of somebody else: whatever stands there, what is logged lands in the run, and nowhere else."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, OutsideRun, TrackingError
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.record.run import Run
from jupyter_tracking.storage import store as storing
from jupyter_tracking.storage.store import Store
from jupyter_tracking.storage.syscalls import Syscalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# Names of files that lead elsewhere, or that no disk has; `{outside}` is a folder beside the root.
WAYS = {
    "up": "../../../../outside/x",
    "up, to what is not there": "../../../../made/deep/x",
    "up from folders": "a/b/../../../../../../outside/x",
    "absolute": "{outside}/x",
    "absolute twice": "//{outside}/x",
    "a parent": "..",
    "the folder": ".",
    "a folder in it": "deep/x",
    "a file of the run": "../../run.plx",
    "the journal": "../../.jupyter-tracking/lineage",
    "backslashes": "..\\..\\..\\..\\outside\\x",
    "a drive": "C:\\outside\\x",
    "at home": "~/x",
    "an end of line": "x\ny",
    "an escape": "\x1b]0;x\x07",
    "a NUL": "x\0y",
    "half a character": "\ud800x",
    "a slash after it": "x/",
    "too long": "x" * 300,
    "spaces": "   ",
    "nothing": "",
    "a number": 5,
    "a list": ["../x"],
    "an object": {"a": "../x"},
    "no value": None,
    "a wide dot": "\uff0e\uff0e/outside/x",
}
# Honest names of files that are to stay as they are.
PLAIN = ("loss", "train__loss", "a-b", "x.y", "-aab8a3f1", "über", "損失", "with space", "x'y", "COM1-aab8a3f1", "x" * 200)


def ways(outside: Path) -> dict[str, Any]:
    """The names, of this folder."""
    return {name: way.replace("{outside}", str(outside)) if isinstance(way, str) else way for name, way in WAYS.items()}


def calls(run: Run, source: Path, folder: Path) -> dict[str, Callable[[str], Any]]:
    """Every way to log something under a name."""
    step: Any = {"step": 1}
    return {
        "metric": lambda name: run.log_metric(name, 1.0, **step),
        "text": lambda name: run.log_text(name=name, text="text", **step),
        "html": lambda name: run.log_html(name=name, html="<p>x", **step),
        "markdown": lambda name: run.log_markdown(name, "# x", **step),
        "curve": lambda name: run.log_curve(name, [0, 1], [0, 1], **step),
        "histogram": lambda name: run.log_np_histogram(name, [1, 2], [0, 1, 2], **step),
        "image": lambda name: run.log_image(np.zeros((3, 4, 4), dtype=np.uint8), name, **step),
        "audio": lambda name: run.log_audio([0.0, 0.5], name, **step),
        "dataframe": lambda name: run.log_dataframe(pd.DataFrame({"a": [1]}), name, **step),
        "csv": lambda name: run.log_artifact(source, name, kind="csv", **step),
        "file": lambda name: run.log_artifact(source, name, **step),
        "dir": lambda name: run.log_artifact(folder, name, **step),
        "model": lambda name: run.log_model(folder, name, **step),
        "data": lambda name: run.log_data_ref(name, content="x"),
        "tensorboard": lambda name: run.log_tensorboard_ref(folder, name),
        "tsv": lambda name: run.log_artifact(source, name, kind="tsv"),
    }


# Where a run has a name of a file: in our journal, in our document, in Polyaxon's.
def in_journal(kind: str, way: Any, run: Path) -> None:
    """A line of the lineage journal."""
    record = {"name": "sample", "kind": kind, "stem": way, "path": f"events/{kind}/sample.plx", "versioned": True}
    (run / ".jupyter-tracking").mkdir()
    (run / ".jupyter-tracking" / "lineage.jsonl").write_text(json.dumps(record) + "\n")


def in_journal_with_path(kind: str, way: Any, run: Path) -> None:
    """The same, and the path of its event file is the same way out."""
    record = {"name": "sample", "kind": kind, "stem": way, "path": way, "versioned": True}
    (run / ".jupyter-tracking").mkdir()
    (run / ".jupyter-tracking" / "lineage.jsonl").write_text(json.dumps(record) + "\n")


def in_journal_unversioned(kind: str, way: Any, run: Path) -> None:
    """Of something without versions, which gets some."""
    record = {"name": "sample", "kind": kind, "stem": way, "path": way}
    (run / ".jupyter-tracking").mkdir()
    (run / ".jupyter-tracking" / "lineage.jsonl").write_text(json.dumps(record) + "\n")


def in_document(kind: str, way: Any, run: Path) -> None:
    """An item of our lineage document."""
    meta = {"jupyter_tracking": {"name": "sample", "versioned": True}}
    item = {"name": way, "kind": kind, "path": f"events/{kind}/{way}.plx", "summary": {"is_event": True}, "meta_info": meta}
    (run / "lineages.plx.json").write_text(json.dumps([item]))


def in_document_of_polyaxon(kind: str, way: Any, run: Path) -> None:
    """An item of a document that Polyaxon wrote, which has one name alone."""
    item = {"name": way, "kind": kind, "path": f"events/{kind}/x.plx", "summary": {"is_event": True}}
    other = {"name": "sample", "kind": kind, "path": way, "summary": {"is_event": True}}
    (run / "lineages.plx.json").write_text(json.dumps([item, other]))
    (run / "run.plx.json").write_text(json.dumps({"uuid": run.name, "name": "theirs"}))


def as_kind(kind: str, way: Any, run: Path) -> None:
    """As the kind of a record, in both places."""
    record = {"name": "sample", "kind": way, "stem": kind, "path": f"events/{way}/sample.plx", "versioned": True}
    (run / ".jupyter-tracking").mkdir()
    (run / ".jupyter-tracking" / "lineage.jsonl").write_text(json.dumps(record) + "\n")
    (run / "lineages.plx.json").write_text(json.dumps([{"name": "sample", "kind": way, "path": way, "summary": {"is_event": True}}]))


def as_run(kind: str, way: Any, run: Path) -> None:
    """As uuid and name of the run, and in the journals of assets and of cells."""
    way = way.replace("\ud800", "") if isinstance(way, str) else way  # with half a character a document is none
    (run / "run.plx.json").write_text(
        json.dumps({"uuid": way, "name": way, "project": way, "owner": way, "tags": [way], "status": "running"})
    )
    (run / ".jupyter-tracking").mkdir()
    for journal, line in {"assets": {"path": way, "size": 3, "hash": way}, "cells": {"session": way, "number": 1, "notebook": way}}.items():
        (run / ".jupyter-tracking" / f"{journal}.jsonl").write_text(json.dumps(line) + "\n")
    (run / "events" / kind).mkdir(parents=True)


PLACES = (in_journal, in_journal_with_path, in_journal_unversioned, in_document, in_document_of_polyaxon, as_kind, as_run)


def planted(root: Path, kind: str, way: Any, place: Callable[[str, Any, Path], None]) -> Path:
    """A run in which a name leads elsewhere."""
    run = root / "runs" / uuid4().hex
    run.mkdir(parents=True)
    (run / "run.plx.json").write_text(
        json.dumps({"uuid": run.name, "name": "theirs", "status": "running", "meta_info": {"jupyter_tracking": {"format": 1}}})
    )
    place(kind, way, run)
    return run


@pytest.fixture
def outside(root: Path) -> Path:
    """A folder beside the root, and a file in it."""
    folder = root.parent / "outside"
    folder.mkdir()
    (folder / "x").write_text("mine")
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file to log."""
    path = tmp_path / "source.txt"
    path.write_text("x = 1\n")
    return path


def elsewhere(top: Path, run: Path) -> dict[str, Any]:
    """All that lies beside a run, with what it holds."""
    return {
        str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in sorted(top.rglob("*"))
        if not path.is_relative_to(run)
    }


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_what_is_logged_stays_in_the_run(root: Path, outside: Path, source: Path, place: Callable[[str, Any, Path], None]) -> None:
    """Whatever name of a file a run gives: each kind is logged, in the run alone, and read back; the run is ended and resumed."""
    folder = source.parent / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    kinds = list(calls(None, source, folder))  # type: ignore[arg-type] # none is called
    for number, (name, way) in enumerate(ways(outside).items()):
        kind = kinds[number % len(kinds)]
        path = planted(root, kind, way, place)
        before = elsewhere(root.parent, path)
        lives = 1 + (number % 8 == 0)
        try:
            run = Run(path)
        except InvalidArgument:
            assert place is as_run  # a uuid that is none
            assert elsewhere(root.parent, path) == before, (name, kind)
            shutil.rmtree(path)
            continue
        run.end()
        for _life in range(lives):
            run = Run(path)
            for what, log in calls(run, source, folder).items():
                if what in {kind, "metric", "image", "file", "dir", "tsv"} or number % 8 == 0:
                    log("sample")
            run.log_outputs(best=1)
            run.end()
        assert elsewhere(root.parent, path) == before, (name, kind)
        view = tracking.open_run(path)
        assert view.load("sample", "metric", step=1) == 1.0, (name, kind)
        assert view.load("sample", "image", step=1).shape == (4, 4, 3), (name, kind)
        assert len(view.events("sample", "file")) == lives, (name, kind)
        assert all(paths.is_file_name(each.stem) for each in (path / "events").rglob("*.plx"))
        shutil.rmtree(path)


@pytest.mark.parametrize("place", [in_journal, in_document, as_kind], ids=lambda place: place.__name__)
def test_a_name_that_leads_elsewhere_is_told(root: Path, outside: Path, place: Callable[[str, Any, Path], None]) -> None:
    """Each is a problem of the run, whoever asks; nothing is opened by it."""
    for name, way in ways(outside).items():
        if way in ("   ", "\ud800x"):  # which is a name of a file, and half a character, in whose place a whole one is read
            continue
        run = planted(root, "metric", way, place)
        (run / "events" / "metric").mkdir(parents=True)
        (run / "events" / "metric" / "sample.plx").write_text("step|timestamp|metric\n1|2024-01-02 03:04:05.678900+00:00|1.0\n")
        view = tracking.open_run(run)
        told = view.problems()
        if way is None and place is in_journal:  # as where it is left out: the name says it
            assert view.load("sample", step=1) == 1.0
            continue
        assert set(told["file"]) & {".jupyter-tracking/lineage.jsonl", "lineages.plx.json"}, name
        assert all(".plx" in file or ".json" in file for file in told["file"])


def test_the_name_of_a_file_is_one_name() -> None:
    """What leads elsewhere is none; what a tracker writes is one, in any language."""
    for name, way in WAYS.items():
        if isinstance(way, str) and way.strip():
            assert not paths.is_file_name(way.replace("{outside}", "/tmp")), name
    assert not paths.is_file_name("")
    assert all(map(paths.is_file_name, PLAIN))
    for name in PLAIN:
        line = json.dumps({"name": "a", "kind": "metric", "stem": name, "path": f"events/metric/{name}.plx", "versioned": True})
        records, problems = lineage.parse_journal(line.encode() + b"\n")
        assert ([record.stem for record in records], problems) == ([name], [])


def test_names_without_a_file_of_their_own_may_be_any() -> None:
    """Polyaxon keeps a reference under the name that it was given: it is shown as it is, and is no name of a file."""
    items = [{"name": "data/train set", "kind": "data", "path": "s3://bucket/x", "summary": {}, "is_input": True}]
    records, problems, _ = lineage.parse_lineages(json.dumps(items).encode(), strict=True)
    assert problems == []
    assert [(record.name, record.stem) for record in records] == [("data/train set", "data__train-set")]


@pytest.mark.parametrize("name", [b"a\\..\\..\\x.plx", b"\xff\xfe.plx", b"a\nb.plx", b"\x1b[31m.plx", b"..plx", b".plx"])
def test_an_event_file_of_an_odd_name_is_left_alone(root: Path, name: bytes, source: Path) -> None:
    """As it is on the disk: the run is gone on with, the file stays, and is told."""
    path = planted(root, "metric", "sample", in_journal)
    for kind in (b"metric", b"a\\b", b"\xff", b"x\ny"):
        os.makedirs(os.path.join(os.fsencode(path), b"events", kind))
        with open(os.path.join(os.fsencode(path), b"events", kind, name), "wb") as file:
            file.write(b"step|timestamp|metric\n1|2024-01-02 03:04:05.678900+00:00|1.0\n")
    with Run(path) as run:
        run.log_metric("sample", 2.0, 1)
        run.log_artifact(source, "sample", step=1)
    view = tracking.open_run(path)
    assert view.load("sample", "metric") == 2.0
    assert len(view.problems())
    assert view.save(root / "page.html").stat().st_size


# --- the folder itself -----------------------------------------------------------------------------------

CLIMBING = ("..", "../x", "a/../x", "a/..", "/x", "//x", "a//x", "./x", "a/./x", "a/", "a\\b", "a\0b", "a\nb", "x" * 300, "\ud800")


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    """A run folder to write to."""
    made = Store(root / "runs" / "x")
    yield made
    made.close()


def test_the_folder_writes_to_no_path_that_climbs(root: Path, outside: Path, store: Store) -> None:
    """Whoever asks, by whatever function: `..`, an absolute path, an empty part, a NUL; nothing is made on the way."""
    before = {str(path) for path in root.parent.rglob("*")}
    for path in CLIMBING:
        for act in (
            lambda path=path: store.open_folder(path),
            lambda path=path: store.open_folder(f"{path}/y"),
            lambda path=path: store.write_file("assets", lambda _: path, lambda sink: sink.write(b"x")),
            lambda path=path: store.write_file(path, lambda _: "x", lambda sink: sink.write(b"x")),
            lambda path=path: store.replace(path, b"x"),
            lambda path=path: store.copy(str(outside), "outputs", lambda _: path),
            lambda path=path: store.open_or_create(path, b"x", os.O_RDWR),
        ):
            with suppress(TrackingError, OSError):
                fd = act()
                assert path in {"a/", "./x", "a//x", "//x", "a/./x"}, path
                os.close(fd[0] if isinstance(fd, tuple) else fd)
    after = {str(path) for path in root.parent.rglob("*")}
    made = after - before
    assert not {path for path in made if not path.startswith(str(store.path))}
    assert not (outside / "y").exists()
    with pytest.raises(OutsideRun, match="nothing is written there"):
        store.open_folder("a/../../x")


class Swapping(Syscalls):
    """System calls that let somebody put a link in the place of a folder just before one of them."""

    def __init__(self, folder: Path, target: Path, at: int) -> None:
        """Before the call of this number."""
        super().__init__()
        self.folder, self.target, self.at, self.count = folder, target, at, 0

    def _swap(self) -> None:
        self.count += 1
        if self.count == self.at and self.folder.is_dir() and not self.folder.is_symlink():
            self.folder.rename(self.folder.with_name("aside"))
            self.folder.symlink_to(self.target)

    def open(self, *given: Any, **named: Any) -> int:
        """Open."""
        self._swap()
        return super().open(*given, **named)

    def link(self, *given: Any, **named: Any) -> None:
        """Link."""
        self._swap()
        super().link(*given, **named)

    def rename(self, *given: Any, **named: Any) -> None:
        """Rename."""
        self._swap()
        super().rename(*given, **named)

    def mkdir(self, *given: Any, **named: Any) -> None:
        """Make a folder."""
        self._swap()
        super().mkdir(*given, **named)


def log_again(run: Run, source: Path) -> None:
    """Log to files that are there and to new ones, as far as that goes, and end the run."""
    for act in (
        lambda: run.log_metric("a", 2.0, 2),
        lambda: run.log_metric("b", 2.0, 2),
        lambda: run.log_artifact(source, "f", step=2),
        lambda: run.log_artifact(source, "g"),
        run.end,
    ):
        with suppress(TrackingError):
            act()


@pytest.mark.parametrize(
    "place", ["events", "events/metric", "assets", "assets/file", ".jupyter-tracking", ".jupyter-tracking/tmp", "outputs"]
)
@pytest.mark.parametrize("every", [9, pytest.param(1, marks=pytest.mark.soak)])
def test_a_folder_swapped_for_a_link_while_it_is_written(
    root: Path, outside: Path, source: Path, place: str, every: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each system call of a run that logs: what is written lands in the folder that was open, or is refused."""
    at = 1
    while True:
        at += every
        path = root / "runs" / uuid4().hex
        run = Run(path)
        run.log_metric("a", 1.0, 1)
        run.log_artifact(source, "f", step=1)
        run.log_artifact(source, "f")
        run.end()
        system = Swapping(path / place, outside, at)
        monkeypatch.setattr(storing, "Syscalls", lambda system=system: system)
        with suppress(TrackingError):
            run = Run(path)
        log_again(run, source)
        monkeypatch.setattr(storing, "Syscalls", Syscalls)
        run._release_lock()
        assert sorted(each.name for each in outside.iterdir()) == ["x"], at
        assert (outside / "x").read_text() == "mine"
        if system.count < at:
            break
    assert at > 20


def test_paths_of_the_run_go_through_no_link(root: Path, outside: Path) -> None:
    """A path that a run gives for the user's own files: not where a link stands on the way, whether folders are made or not."""
    with Run(root / "runs" / uuid4().hex) as run:
        (run.path / "outputs").symlink_to(outside)
        for ask in (
            lambda: run.get_outputs_path("a"),
            lambda: run.get_outputs_path("a", ensure_path=False),
            lambda: run.get_artifacts_path("outputs/x"),
            lambda: run.get_artifacts_path("outputs/deep/x", ensure_path=True),
            run.get_tensorboard_path,
        ):
            with pytest.raises(OutsideRun, match="goes through a link"):
                ask()
        assert run.get_artifacts_path("assets/new") == str(run.path / "assets" / "new")
    assert [each.name for each in outside.iterdir()] == ["x"]


def test_a_link_to_a_run_is_not_resumed_by_its_uuid(root: Path, outside: Path) -> None:
    """As one among the runs of somebody else's root; the folder itself can be given."""
    uuid = uuid4().hex
    (root / "runs").mkdir()
    (root / "runs" / uuid).symlink_to(outside)
    with pytest.raises(OutsideRun, match="is a link"):
        tracking.init(root=root, run_uuid=uuid)
    assert [each.name for each in outside.iterdir()] == ["x"]


FIELDS = (
    "uuid",
    "name",
    "owner",
    "project",
    "tags",
    "status",
    "status_conditions",
    "meta_info",
    "inputs",
    "outputs",
    "created_at",
    "started_at",
)
VALUES: tuple[Any, ...] = (
    5,
    "x",
    [1],
    [[]],
    [None],
    {"a": 1},
    None,
    True,
    {"jupyter_tracking": 5},
    {"jupyter_tracking": [1]},
    "../../x",
    "x" * 5000,
)


@pytest.mark.parametrize("field", FIELDS)
def test_a_document_of_anybody_is_gone_on_with(root: Path, field: str) -> None:
    """One with a field that is not as it should be is refused by the name of the field and stays as it is; any other is gone on with."""
    for value in VALUES:
        path = root / "runs" / uuid4().hex
        path.mkdir(parents=True)
        known = {
            "uuid": path.name,
            "name": "theirs",
            "status": "succeeded",
            "inputs": {"lr": 1},
            "meta_info": {"jupyter_tracking": {"format": 1}},
        }
        (path / "run.plx.json").write_text(json.dumps({**known, field: value}))
        before = (path / "run.plx.json").read_bytes()
        try:
            run = Run(path, tags=["mine"])
        except InvalidArgument as error:
            assert field in str(error)  # noqa: PT017 - or there is no error
            assert (path / "run.plx.json").read_bytes() == before
            continue
        run.log_metric("loss", 1.0, 1)
        run.end()
        view = tracking.open_run(path)
        assert (view.status, view.load("loss")) == ("succeeded", 1.0)
        assert "mine" in view.tags
        assert field == "inputs" or view.inputs == {"lr": 1}
        kept = view.info.get(field)
        changed = {"tags", "status", "status_conditions", "meta_info", "started_at", "uuid", "outputs"}  # by a life of the run
        assert kept == value or value is None or field in changed

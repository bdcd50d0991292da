"""A run folder made by somebody else: nothing outside it is opened, nothing hangs, nothing is run."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import pickle
import shutil
import signal
import socket
import struct
import threading
import urllib.parse
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking import __main__ as command_line
from jupyter_tracking.errors import InvalidArgument, OutsideRun, TrackingError
from jupyter_tracking.frames import runs
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import RunFolder, open_folder
from jupyter_tracking.record.run import Run
from jupyter_tracking.run_view import RunView
from tests.compat.every_kind import log_every_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.reliability.canary import Canary

# What cannot be read of such runs is said in a warning, which is no error here.
pytestmark = pytest.mark.filterwarnings("ignore::jupyter_tracking.errors.TrackingWarning")

UUID = "0" * 32
TIME = "2024-01-02 03:04:05.678900+00:00"
PACKAGE = Path(command_line.__file__).parent
ASSET_KINDS = ["dataframe", "file", "model", "image", "audio", "video", "csv", "html", "markdown", "tensorboard", "table", "chart"]


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Nothing here waits: after a while it is interrupted, and fails."""
    signal.alarm(240)
    yield
    signal.alarm(0)


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with every kind, to be copied."""
    folder = tmp_path_factory.mktemp("attacked")
    run = Run(folder / "runs" / UUID)
    log_every_kind(run, folder / "sources")
    run.end()
    return run.path


def ask_everything(path: Path, out: Path) -> str:
    """Ask a run for all there is, of every part of the reading side; return all that was shown. Only our own errors may come."""
    shown: list[str] = []

    def ask(call: Callable[[], Any]) -> Any:
        try:
            answer = call()
        except TrackingError as error:
            shown.append(str(error))
            return None
        if isinstance(answer, Path) and answer.parent == out and answer.suffix == ".html":
            shown.append(answer.read_text(errors="replace"))
        else:
            shown.append(str(answer))
        return answer

    folder = ask(lambda: open_folder(path))
    if folder is None:
        return "\n".join(shown)
    view = RunView(folder)
    for attribute in ("name", "status", "project", "info", "inputs", "outputs", "tags", "__repr__"):
        ask(lambda attribute=attribute: str(getattr(view, attribute)))
    ask(lambda: [str(p) for p in find_problems(folder)])
    ask(view.problems)
    ask(view.metrics)
    ask(lambda: view.metrics(tidy=True))
    ask(view.lineage)
    ask(lambda: runs.runs_frame(path.parent.parent))
    for artifact in ask(folder.artifacts) or []:
        ask(lambda a=artifact: view.events(a.name, a.kind))
        ask(lambda a=artifact: view.steps(a.name, a.kind))
        ask(lambda a=artifact: view.load(a.name, a.kind))
        for event in ask(lambda a=artifact: folder.rows(a)) or []:
            ask(lambda a=artifact, e=event: folder.value(a, e))
            ask(lambda a=artifact, e=event: folder.asset(a, e))
        ask(lambda a=artifact: view.show(a.name, kind=a.kind).save(out / "view.html"))
    ask(lambda: view.browse().save(out / "browser.html"))
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        assert command_line.main(["check", str(path)]) in {0, 1, 2}
        command_line.main(["show", str(path)])
        command_line.main(["lineage", str(path)])
    return "\n".join([*shown, said.getvalue()])


def attempts(run: Path, canary: Path) -> list[str]:
    """Sixty ways to write the path of a file outside the run."""
    up = os.path.relpath(canary, run)
    plain = [
        up,
        str(canary),
        f"/./{canary}",
        f"./{up}",
        f"assets/../{up}",
        f"assets/file/../../{up}",
        f"a/b/c/../../../{up}",
        f"outputs/./../{up}",
        f"//{str(canary).lstrip('/')}",
        f"/{canary}",
        f"{run}/../{os.path.relpath(canary, run.parent)}",
        f"{run}{canary!s}",
        up.replace("/", "\\"),
        up.replace("/", "//"),
        up.replace("/", "/./"),
        up + "/",
        up + "\x00.csv",
        up + "\n",
        " " + up,
        up + " ",
        "~/../" + str(canary).lstrip("/"),
        "~" + str(canary),
        "$PWD/" + up,
        "${HOME}/" + up,
        "C:" + str(canary),
        "C:\\" + up,
        "\\\\localhost\\" + str(canary),
        "\\\\?\\" + str(canary),
        "file://" + str(canary),
        "file:" + str(canary),
        "FILE:///" + str(canary).lstrip("/"),
        "local://" + str(canary),
        "http://localhost/../.." + str(canary),
        "s3://bucket/../../" + str(canary),
        urllib.parse.quote(up),
        urllib.parse.quote(up, safe=""),
        urllib.parse.quote(urllib.parse.quote(up, safe=""), safe=""),
        up.replace("..", "%2e%2e"),
        up.replace("../", "..%2f"),
        up.replace("../", "..%c0%af"),
        up.replace("../", "..%5c"),
        up.replace("../", "..../"),
        up.replace("../", "....//"),
        up.replace("../", "..;/"),
        up.replace("..", ".\u200b."),
        up.replace("..", "\uff0e\uff0e"),
        up.replace("/", "\u2215"),
        up.replace("/", "\u2044"),
        up + "?x=1",
        up + "#x",
        f"?path={up}",
        f"assets?/../{up}",
        f"assets#/../{up}",
        f"assets/{up}?",
        f"events/metric/../../{up}",
        f".jupyter-tracking/../{up}",
        f"runs/{UUID}/{up}",
        f"/proc/self/root{canary}",
        f"/proc/self/cwd/{os.path.relpath(canary)}",
        f"/dev/fd/../..{canary}",
        f"{canary}/../{canary.name}",
        "/" + "../" * 40 + str(canary).lstrip("/"),
    ]
    assert len(set(plain)) >= 60
    return plain


def written(path: Path, files: dict[str, Any]) -> Path:
    """Write a run folder of files."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def document(**more: Any) -> dict[str, Any]:
    """A run's document."""
    return {"uuid": UUID, "name": "theirs", "status": "succeeded", "meta_info": {"jupyter_tracking": {"format": 1}}, **more}


def test_a_row_that_points_outside_opens_nothing(root: Path, tmp_path: Path, canary: Canary) -> None:
    """Sixty ways out in the rows of every kind of asset: the canary is never opened or shown, and each row that climbs is told."""
    path = root / "runs" / UUID
    ways = attempts(path, canary.path)
    files: dict[str, Any] = {"run.plx.json": document()}
    for kind in ASSET_KINDS:
        if kind in {"chart", "html"}:
            rows = [json.dumps({"timestamp": TIME, "step": n, kind: way}) for n, way in enumerate(ways)]
            files[f"events/{kind}/x.plx"] = ("\n".join(rows) + "\n").encode()
            continue
        rows = [f"{n}|{TIME}|{json.dumps({'path': way, 'content_type': 'csv', 'kind': kind})}" for n, way in enumerate(ways)]
        files[f"events/{kind}/x.plx"] = (f"step|timestamp|{kind}\n" + "\n".join(rows) + "\n").encode()
    written(path, files)
    shown = ask_everything(path, tmp_path)
    assert not canary.sang()
    assert canary.secret not in shown
    told = [p for p in find_problems(open_folder(path)) if p.file == "events/file/x.plx"]
    assert [p.line for p in told] == list(range(2, len(ways) + 2))


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["", "every view"])
def test_a_record_that_points_outside_opens_nothing(root: Path, tmp_path: Path, canary: Canary, thorough: bool) -> None:
    """The same in the lineage: paths of outputs, of event files, of assets to check, and names and kinds that climb."""
    path = root / "runs" / UUID
    ways = attempts(path, canary.path)
    records: list[dict[str, Any]] = []
    lines, assets = [], []
    for number, way in enumerate(ways):
        for summary in ({}, {"is_event": True}, {"path": way, "hash": "0" * 12, "size": 15}):
            records.append({"name": f"{number}", "kind": "file", "path": way, "summary": summary, "is_input": False})
            records.append({"name": way, "kind": "metric", "path": f"events/metric/{way}.plx", "summary": summary, "is_input": False})
            records.append({"name": f"k{number}", "kind": way, "path": None, "summary": summary, "is_input": False})
        for versioned in (True, False):
            lines.append(
                json.dumps({"name": f"j{number}{versioned}", "kind": "dataframe", "stem": way, "path": way, "versioned": versioned})
            )
            lines.append(json.dumps({"name": f"i{number}{versioned}", "kind": way, "stem": "x", "path": way, "versioned": versioned}))
        assets.append(json.dumps({"path": way, "size": 3, "hash": "0" * 12}))
    for status in ("succeeded", "running"):
        written(
            path,
            {
                "run.plx.json": document(status=status),
                "lineages.plx.json": records,
                ".jupyter-tracking/lineage.jsonl": ("\n".join(lines) + "\n").encode(),
                ".jupyter-tracking/assets.jsonl": ("\n".join(assets) + "\n").encode(),
            },
        )
        shown = ask_everything(path, tmp_path) if thorough else ask_briefly(path)
        assert not canary.sang(), status
        assert canary.secret not in shown
        assert len(find_problems(open_folder(path))) >= 30


POSITIONS = [
    *("run.plx.json", "lineages.plx.json", "events", "events/metric", "events/metric/loss.plx", "events/dataframe", "events/dataframe/frame.plx"),
    *("assets", "assets/dataframe", "assets/dataframe/frame_0.parquet", "assets/file", "assets/image", "assets/model/network_0"),
    *("assets/dir/folder_0", "outputs", "outputs/env.json", ".jupyter-tracking", ".jupyter-tracking/lineage.jsonl", "plxlogs", "code", "resources"),
    *(".jupyter-tracking/assets.jsonl", ".jupyter-tracking/tmp", ".jupyter-tracking/writers", ".jupyter-tracking/lock", "resources/metric"),
]  # fmt: skip


def replace_by(path: Path, make: Callable[[Path], None]) -> None:
    """Put something else in place of a file or folder of a run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    make(path)


def tree(folder: Path) -> dict[str, Any]:
    """Everything below a folder, with the bytes of files and the targets of links."""
    return {
        str(p): os.readlink(p) if p.is_symlink() else p.read_bytes() if p.is_file() else None
        for p in sorted(folder.rglob("*"))
        if p.name != "canary.txt"
    }


def outside_of(canary: Canary, original: Path) -> Path:
    """A folder outside whose files are all the canary, under every name that a run has."""
    folder = canary.path.parent / "mirror"
    for path in original.rglob("*"):
        target = folder / path.relative_to(original)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(canary.path)
    return folder


def ask_briefly(path: Path) -> str:
    """Ask a run for its problems and its values; return what was shown."""
    try:
        folder = open_folder(path)
    except TrackingError as error:
        return str(error)
    shown = [str(find_problems(folder)), str(folder.info), folder.status]
    for artifact in folder.artifacts():
        with contextlib.suppress(TrackingError):
            shown += [str(folder.value(artifact, event)) for event in folder.rows(artifact)]
    return "\n".join(shown)


def write_everything(path: Path, source: Path, folder: Path) -> None:
    """Go on with a run, if it can be, and log to all that is there and to what is not."""
    try:
        run = Run(path)
    except TrackingError:
        return
    for log in (
        lambda: run.log_metric("loss", 1.0, 1),
        lambda: run.log_metric("another", 1.0, 1),
        lambda: run.log_artifact(source, "file", step=1),
        lambda: run.log_artifact(source, "env.json"),
        lambda: run.log_artifact(source, "frame", "dataframe", step=0),
        lambda: run.log_model(folder, "network", step=0),
        lambda: run.log_inputs(lr=1),
        run.sync,
        run.end,
    ):
        with contextlib.suppress(TrackingError):
            log()
    run._release_lock()


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["", "every view"])
@pytest.mark.parametrize("position", POSITIONS)
def test_a_planted_link_is_not_followed(
    every_kind: Path, root: Path, tmp_path: Path, canary: Canary, position: str, thorough: bool
) -> None:
    """A link in any place of a run, to the canary or to a folder full of it: not read, not shown, and not written through."""
    mirror = outside_of(canary, every_kind)
    outside = mirror / position if (mirror / position).exists() else canary.path
    source = tmp_path / "source.txt"
    source.write_text("text")
    targets = [outside, canary.path, Path(os.path.relpath(outside, (root / "runs" / UUID / position).parent)), Path("/"), Path("nothing")]
    for number, target in enumerate(targets):
        path = root / "runs" / f"{number:032x}"
        shutil.copytree(every_kind, path)
        replace_by(path / position, lambda place, target=target: place.symlink_to(target))
        before = tree(canary.path.parent)
        canary.sang()
        shown = ask_everything(path, tmp_path) if thorough and number == 0 else ask_briefly(path)
        assert not canary.sang()
        assert canary.secret not in shown
        write_everything(path, source, every_kind / "outputs")
        assert not canary.sang()
        assert tree(canary.path.parent) == before


def pipe(path: Path) -> None:
    """A pipe that nobody writes to."""
    os.mkfifo(path)


def plug(path: Path) -> None:
    """A socket."""
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)
        made.bind(path.name)
        os.chdir(here)


def device(path: Path) -> None:
    """An endless device, for root; a link to it for others."""
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("thorough", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["", "every view"])
@pytest.mark.parametrize("make", [pipe, plug, device])
def test_what_is_no_file_is_not_waited_for(
    every_kind: Path, root: Path, tmp_path: Path, make: Callable[[Path], None], thorough: bool
) -> None:
    """A pipe, a socket or an endless device in any place of a run: nothing waits, the rest is read, and the run gone on with."""
    source = tmp_path / "source.txt"
    source.write_text("text")
    for number, position in enumerate(POSITIONS):
        path = root / "runs" / f"{number:032x}"
        shutil.copytree(every_kind, path)
        replace_by(path / position, make)
        assert ask_everything(path, tmp_path) if thorough else ask_briefly(path)
        write_everything(path, source, every_kind / "outputs")


@pytest.mark.parametrize("reads", [1000, pytest.param(20_000, marks=pytest.mark.soak)])
def test_a_folder_swapped_for_a_link_while_it_is_read(root: Path, canary: Canary, reads: int) -> None:
    """A folder of assets, and one of events, swapped for a link out and back all the time: no read ever leads outside."""
    run = Run(root / "runs" / UUID)
    import pandas as pd

    run.log_dataframe(pd.DataFrame({"a": [1]}), "frame", "csv", step=1)
    run.log_text(name="note", text="inside", step=1)
    run.end()
    assets, events = run.path / "assets" / "dataframe", run.path / "events" / "text"
    outside = canary.path.parent
    for folder, name, content in ((assets, "frame_1.csv", f"a\n{canary.secret}\n"), (events, "note.plx", "")):
        (outside / folder.name).mkdir()
        (outside / folder.name / name).write_text(content or json.dumps({"timestamp": TIME, "step": 1, "text": canary.secret}) + "\n")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            for folder in (assets, events):
                aside = folder.with_name("aside")
                folder.rename(aside)
                folder.symlink_to(outside / folder.name)
                folder.unlink()
                aside.rename(folder)

    thread = threading.Thread(target=swap)
    thread.start()
    folder = open_folder(run.path)
    frame, note = folder.find("frame"), folder.find("note")
    inside = refused = 0
    try:
        for _ in range(reads):
            for artifact in (frame, note):
                try:
                    for event in folder.rows(artifact):
                        value = folder.value(artifact, event)
                        assert canary.secret not in str(value)
                        inside += 1
                except TrackingError:
                    refused += 1
    finally:
        done.set()
        thread.join()
    assert inside
    assert refused


# --- nothing is run --------------------------------------------------------------------------------


class Bomb:
    """Says that it was unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (_explode, ())


exploded: list[int] = []


def _explode() -> str:
    exploded.append(1)
    return "boom"


def test_nothing_is_unpickled_unasked(root: Path, tmp_path: Path) -> None:
    """Pickles under every name and kind stay files: none is loaded, but in a call that says allow_pickle=True."""
    path = root / "runs" / UUID
    bomb = pickle.dumps(Bomb())
    files: dict[str, Any] = {"run.plx.json": document()}
    for kind in ASSET_KINDS:
        if kind in {"chart", "html"}:
            continue
        rows = []
        for number, suffix in enumerate(["pkl", "pickle", "parquet", "csv", "npy", "npz", "joblib", "pt", "html", "feather", "json", ""]):
            asset = f"assets/{kind}/x_{number}{'.' if suffix else ''}{suffix}"
            files[asset] = bomb
            rows.append(f"{number}|{TIME}|{json.dumps({'path': asset, 'content_type': suffix or 'pickle', 'kind': kind})}\n")
        files[f"events/{kind}/x.plx"] = (f"step|timestamp|{kind}\n" + "".join(rows)).encode()
    written(path, files)
    ask_everything(path, tmp_path)
    assert not exploded
    view = RunView(open_folder(path))
    assert view.load("x", "dataframe", 1) == path / "assets/dataframe/x_1.pickle"
    assert view.load("x", "dataframe", 1, allow_pickle=True) == "boom"
    assert exploded == [1]


DANGEROUS = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "yaml", "tarfile", "zipfile", "imp", "code"}
CALLS = {"eval", "exec", "read_pickle", "to_pickle", "load_module", "unpack_archive"}
ALLOWED = {
    ("kinds/dataframe.py", "read_pickle"),  # behind allow_pickle=True of that very call
    ("storage/run_archive.py", "zipfile"),  # each member is checked and written by hand: tests of export and of hostile archives
    ("magics/usage.py", "eval"),  # an argument of a magic is an expression of the user's own cell
}


def test_no_code_path_unpickles_or_unpacks() -> None:
    """No module imports what runs code from data, or calls what does, but where the user asks for it in that call."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text())):
            imported = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            found |= {(name, module) for module in imported if module.split(".")[0] in DANGEROUS}
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                found |= {(name, called)} if called in CALLS else set()
    assert found <= ALLOWED


# --- what is too large -----------------------------------------------------------------------------


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is large, and has almost nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(100_000, 100_000), (2**31 - 1, 2**31 - 1), (1, 2**31 - 1)])
def test_a_picture_that_unpacks_without_end_is_refused(root: Path, tmp_path: Path, size: tuple[int, int]) -> None:
    """A picture of billions of pixels is not decoded: told, with little memory; a view says so."""
    path = written(
        root / "runs" / UUID,
        {
            "run.plx.json": document(),
            "assets/image/x_1.png": png_header(*size),
            "events/image/x.plx": f"step|timestamp|image\n1|{TIME}|{json.dumps({'path': 'assets/image/x_1.png'})}\n".encode(),
        },
    )
    folder = open_folder(path)
    artifact = folder.find("x")
    with pytest.raises(TrackingError):
        folder.value(artifact, folder.rows(artifact)[0])
    with contextlib.suppress(TrackingError):
        RunView(folder).show("x").save(tmp_path / "x.html")


def test_names_from_a_run_are_shown_escaped(root: Path) -> None:
    """Control characters of a run's own texts come out escaped in errors and reports."""
    path = written(
        root / "runs" / UUID,
        {
            "run.plx.json": document(name="\x1b[31mred\u202e"),
            "events/metric/loss.plx": f"step|timestamp|metric\n1|{TIME}|\x1b[2J\x07\n".encode(),
            "lineages.plx.json": [{"name": "\x1b]0;title\x07", "kind": "metric", "path": "../\x1b[31m", "summary": {}}],
        },
    )
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        command_line.main(["check", str(path)])
        command_line.main(["show", str(path)])
        command_line.main(["runs", "--root", str(root)])
    text = said.getvalue()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x07" not in text
    with pytest.raises(TrackingError) as caught:
        open_folder(path).find("\x1b[31m")
    assert str(caught.value).isprintable()


def test_no_module_is_a_client_of_the_network() -> None:
    """Nothing is asked of the network; one module asks the user's own Jupyter server, on this machine, which notebook it runs."""
    network = {"urllib.request", "http.client", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "telnetlib", "xmlrpc"}
    found = {
        (path.name, node.module if isinstance(node, ast.ImportFrom) else alias.name)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert {(name, module) for name, module in found if module in network} <= {("notebook_path.py", "http.client")}


def test_a_path_that_climbs_is_refused_by_name(root: Path, canary: Canary) -> None:
    """The reader's own door says what is wrong: it leads out, it goes through a link, or it is no file."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    folder = RunFolder(run.path)
    (run.path / "link").symlink_to(canary.path)
    (run.path / "away").symlink_to(canary.path.parent)
    os.mkfifo(run.path / "pipe")
    for path, error, words in [
        ("../x", OutsideRun, "leads out of the run folder"),
        ("link", OutsideRun, "goes through a link"),
        ("away/canary.txt", OutsideRun, "goes through a link"),
        ("pipe", InvalidArgument, "is not a regular file"),
    ]:
        with pytest.raises(error, match=words):
            folder.read(path)
    assert not canary.sang()

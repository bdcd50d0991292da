"""A run as a .zip: what is exported opens again equal, and a hostile .zip is an error of ours that leaves nothing behind."""

from __future__ import annotations

import gc
import os
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidArgument, NotFound, StorageError, StorageFull
from jupyter_tracking.storage import run_archive

if TYPE_CHECKING:
    from collections.abc import Iterator

UUID = "00112233445566778899aabbccddeeff"
DOCUMENT = b'{"uuid": "00112233445566778899aabbccddeeff", "name": "zipped", "status": "succeeded"}'


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files of its own, in which nothing may remain."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    gc.collect()
    assert not os.listdir(folder)


@pytest.fixture
def ended(root: Path) -> Path:
    """A run with files of several kinds."""
    with tracking.init(name="ours", tags="a") as run:
        for step in range(3):
            run.log_metric("train/損失", 1 / (step + 1), step=step)
            run.log_dataframe(pd.DataFrame({"a": [step]}), "frame", step=step)
        (root / "own.bin").write_bytes(os.urandom(3_000_000))
        run.log_artifact(root / "own.bin", "own", "file")
    return run.path


def zipped(path: Path, *members: tuple[Any, bytes], compress: int = zipfile.ZIP_DEFLATED) -> Path:
    """A .zip with a document and these members."""
    with zipfile.ZipFile(path, "w", compress) as archive:
        for name, data in ((f"{UUID}/run.plx.json", DOCUMENT), *members):
            archive.writestr(name, data)
    return path


def info(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    """A member of a mode."""
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    return made


# --- out and in again ----------------------------------------------------------------------------


def test_an_export_opens_again_equal(ended: Path, tmp_path: Path) -> None:
    """Its frames, values, files and problems; the run itself is not touched."""
    view = tracking.open_run(ended)
    path = view.export(tmp_path / "run.zip")
    again = tracking.open_run(path)
    assert (again.uuid, again.name, again.tags, again.status) == (view.uuid, "ours", ["a"], "succeeded")
    pd.testing.assert_frame_equal(again.metrics(), view.metrics())
    pd.testing.assert_frame_equal(again.lineage(), view.lineage())
    assert again.problems(hashes=True).empty
    assert again.load("frame", step=2)["a"].tolist() == [2]
    assert again.load("own").read_bytes() == (ended / "outputs/own.bin").read_bytes()
    assert repr(again).endswith(f"in {os.path.relpath(path)}>")
    assert len(tracking.lineage(path)) == len(view.lineage())
    shown = tracking.compare([path, ended], "train/損失")
    assert shown.steps == (0, 1, 2)
    shown.close()


def test_the_members_are_the_files_of_the_run(ended: Path, tmp_path: Path) -> None:
    """Under its uuid, the same bytes for each export, without locks and what is unfinished."""
    (ended / ".jupyter-tracking/tmp/half").write_text("x")
    (ended / ".run.plx.json.new").write_text("x")
    view = tracking.open_run(ended)
    first, second = (view.export(tmp_path / name).read_bytes() for name in ("a.zip", "b.ZIP"))
    assert first == second
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
    left = {
        ".jupyter-tracking/lock",
        ".jupyter-tracking/rows",
        ".jupyter-tracking/tmp/half",
        ".run.plx.json.new",
        ".jupyter-tracking/names",
    }
    files = {path.relative_to(ended).as_posix() for path in ended.rglob("*") if path.is_file()} - left
    assert sorted(names) == sorted(f"{view.uuid}/{file}" for file in files)
    assert names[0] == f"{view.uuid}/lineages.plx.json"
    view.export(tmp_path / "a.zip")
    assert sorted(os.listdir(tmp_path)) == ["a.zip", "b.ZIP", "root", "temporary"]


def test_what_a_zip_cannot_hold_is_left_out_and_said(ended: Path, tmp_path: Path) -> None:
    """Links, a pipe, names that are none elsewhere, two that differ in case alone: the warning names each."""
    secret = tmp_path / "secret"
    secret.write_text("outside")
    (ended / "outputs/link").symlink_to(secret)
    (ended / "outputs/folder").symlink_to(tmp_path)
    os.mkfifo(ended / "outputs/pipe")
    for name in ("back\\slash", "new\nline", "Own.bin", "x" * 250):
        (ended / "outputs" / name).write_text("x")
    (ended / "~home").write_text("x")
    with open(os.fsencode(ended / "outputs") + b"/\xff", "w") as file:
        file.write("x")
    with pytest.warns(UserWarning, match="left out of") as told:
        path = tracking.open_run(ended).export(tmp_path / "run.zip")
    said = str(told[0].message)
    for words in ("outputs/link is a link", "outputs/folder is a link", "outputs/pipe is a pipe", "back\\slash is no", "new\\nline is no"):
        assert words in said
    assert "own.bin has the name of another" in said
    assert "~home is no plain path" in said
    assert "outside" not in path.read_bytes().decode("latin-1")
    view = tracking.open_run(path)
    assert (view.path / "outputs" / ("x" * 250)).exists()
    assert not (view.path / "outputs/link").exists()


def test_a_run_that_goes_on_is_exported_as_it_is(tmp_path: Path) -> None:
    """It opens as one that was interrupted."""
    run = tracking.init(name="live")
    run.log_metric("loss", 1.0, step=1)
    run.log_text("note", "x", step=1)
    path = tracking.open_run(run).export(tmp_path / "run.zip")
    run.log_metric("loss", 2.0, step=2)
    view = tracking.open_run(path)
    assert view.status == "interrupted"
    assert view.metrics()["loss"].tolist() == [1.0]
    run.end()


def test_what_is_all_but_empty_opens_too(ended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zeros that would look like a bomb are stored as they are."""
    monkeypatch.setattr(run_archive, "ALWAYS_BYTES", 100_000)
    (ended / "outputs/zeros").write_bytes(bytes(400_000_000 // 100))
    (ended / "outputs/own.bin").unlink()
    path = tracking.open_run(ended).export(tmp_path / "run.zip")
    assert path.stat().st_size > 4_000_000
    assert (tracking.open_run(path).path / "outputs/zeros").stat().st_size == 4_000_000


def test_an_export_is_whole_or_not_there(ended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk refuses, an earlier file of the name stays; into the run itself nothing is written."""
    target = tmp_path / "run.zip"
    target.write_text("earlier")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    view = tracking.open_run(ended)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(StorageError, match="No space left"):
            view.export(target)
    assert target.read_text() == "earlier"
    with pytest.raises(InvalidArgument, match="lies inside of the run"):
        view.export(ended / "outputs/run.zip")
    (tmp_path / "link").symlink_to(ended)
    with pytest.raises(InvalidArgument, match="lies inside of the run"):
        view.export(tmp_path / "link/run.zip")
    with pytest.raises(StorageError):
        view.export(tmp_path / "absent/run.zip")
    assert sorted(os.listdir(tmp_path)) == ["link", "root", "run.zip", "temporary"]
    monkeypatch.setattr(run_archive, "MOST_FILES", 5)
    with pytest.raises(InvalidArgument, match="holds over 5 files"):
        view.export(tmp_path / "many.zip")


def test_html_is_save(ended: Path, tmp_path: Path) -> None:
    """The same page."""
    view = tracking.open_run(ended)
    assert view.export(tmp_path / "run.html").read_text() == view.save(tmp_path / "saved.html").read_text()


def test_what_is_unpacked_lives_as_long_as_the_view(ended: Path, tmp_path: Path, temporary: Path) -> None:
    """It is read-only as a run: nothing curates it. A forked child does not take it away."""
    path = tracking.open_run(ended).export(tmp_path / "run.zip")
    view = tracking.open_run(path)
    for call in (view.pin, view.delete, view.restore, lambda: view.rename("x")):
        with pytest.raises(InvalidArgument, match=r"opened from .*run\.zip, which is only read"):
            call()
    shown = view.show("train/損失")
    child = os.fork()
    if child == 0:
        del view, shown
        gc.collect()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(os.listdir(temporary)) == 1
    assert view.load("frame")["a"].tolist() == [2]
    shown.close()


def test_what_is_unpacked_goes_with_the_process(tmp_path: Path) -> None:
    """Also where a view lives to its end."""
    path = zipped(tmp_path / "run.zip")
    program = f"import jupyter_tracking as t; view = t.open_run({str(path)!r}); print(view.path)"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip().startswith(f"{tmp_path}/jupyter-tracking-")
    assert sorted(os.listdir(tmp_path)) == ["root", "run.zip", "temporary"]


@pytest.mark.parametrize("layout", ["", f"{UUID}/", "any name/"])
def test_a_zip_made_by_hand_opens_too(root: Path, layout: str) -> None:
    """With folders as members, and beside what other systems add."""
    with zipfile.ZipFile(root / "hand.zip", "w") as archive:
        if layout:
            archive.writestr(layout, b"")
        archive.writestr(f"{layout}run.plx.json", DOCUMENT)
        archive.writestr(info("__MACOSX/", stat.S_IFDIR | 0o755), b"")
        archive.writestr("__MACOSX/._x", b"")
    assert tracking.open_run(root / "hand.zip").name == "zipped"
    assert tracking.open_run("hand.zip").name == "zipped"


# --- hostile -------------------------------------------------------------------------------------

HOSTILE = {
    "absolute": [("/tmp/evil", b"x")],
    "climbs": [(f"{UUID}/../../evil", b"x")],
    "climbs inside": [(f"{UUID}/a/../b", b"x")],
    "dot": [(f"{UUID}/./b", b"x")],
    "empty part": [(f"{UUID}//b", b"x")],
    "backslash": [(f"{UUID}\\..\\..\\evil", b"x")],
    "drive": [("C:/evil", b"x")],
    "home": [("~/evil", b"x")],
    "url": [("file://evil", b"x")],
    "control": [(f"{UUID}/a\x1b[2Jb", b"x")],
    "link": [(info(f"{UUID}/events", stat.S_IFLNK | 0o777), b"/etc")],
    "device": [(info(f"{UUID}/null", stat.S_IFCHR | 0o666), b"")],
    "pipe": [(info(f"{UUID}/pipe", stat.S_IFIFO | 0o666), b"")],
    "folder that is a link": [(info(f"{UUID}/events/", stat.S_IFLNK | 0o777), b"")],
    "case": [(f"{UUID}/RUN.plx.json", b"{}")],
    "accent": [(f"{UUID}/caf\u00e9", b"x"), (f"{UUID}/cafe\u0301", b"x")],
    "file and folder": [(f"{UUID}/a", b"x"), (f"{UUID}/a/b", b"x")],
    "folder and file": [(f"{UUID}/a/b", b"x"), (f"{UUID}/A", b"x")],
    "deep": [(f"{UUID}/" + "a/" * 200 + "b", b"x")],
    "long": [(f"{UUID}/" + "a" * 300, b"x")],
    "long in all": [(f"{UUID}/" + ("a" * 200 + "/") * 6 + "b", b"x")],
    "empty": [(info(""), b"x")],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_plain_file_of_the_run_is_refused(tmp_path: Path, case: str) -> None:
    """By name, before anything is written."""
    before = sorted(os.listdir(tmp_path)), os.listdir("/tmp")
    path = zipped(tmp_path / "hostile.zip", *HOSTILE[case])
    with pytest.raises(InvalidArgument, match=r"hostile\.zip'.*cannot be opened as a run") as told:
        tracking.open_run(path)
    assert str(told.value).isprintable()
    path.unlink()
    assert sorted(os.listdir(tmp_path)) == before[0]
    assert "evil" not in os.listdir("/tmp")


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    """Which of the two is the run's would be a guess."""
    with pytest.warns(UserWarning, match="Duplicate"):
        path = zipped(tmp_path / "twice.zip", (f"{UUID}/run.plx.json", b"{}"))
    with pytest.raises(InvalidArgument, match="has the name of another"):
        tracking.open_run(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path: Path, method: int) -> None:
    """They may ask for any amount of memory."""
    with pytest.raises(InvalidArgument, match="compressed in another way"):
        tracking.open_run(zipped(tmp_path / "other.zip", compress=method))


def test_a_bomb_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it says it unpacks to: many small members, one large one, the same bytes many times, too many of them."""
    start = time.process_time()
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{UUID}/run.plx.json", DOCUMENT)
        archive.writestr(f"{UUID}/zeros", bytes(8_000_000))
        zeros = archive.getinfo(f"{UUID}/zeros")
        for number in range(1000):  # each names the bytes of the one before
            other = zipfile.ZipInfo(f"{UUID}/zeros{number}")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(other, name, getattr(zeros, name))
            archive.filelist.append(other)
            archive.NameToInfo[other.filename] = other
    with pytest.raises(InvalidArgument, match=r"would unpack to 8,008,000,\d+ bytes"):
        tracking.open_run(path)
    assert time.process_time() - start < 20
    monkeypatch.setattr(run_archive, "MOST_FILES", 5)
    with pytest.raises(InvalidArgument, match="over 5 files and folders"):
        tracking.open_run(zipped(tmp_path / "many.zip", *[(f"{UUID}/{n}", b"") for n in range(10)]))
    with pytest.raises(InvalidArgument, match="over 5 files and folders"):
        tracking.open_run(zipped(tmp_path / "deep.zip", (f"{UUID}/1/2/3/4/5/6", b"")))


def test_a_size_that_is_no_truth_is_refused(tmp_path: Path) -> None:
    """A member that unpacks to more, or to less, than its header says."""
    for lie in (10, 100_000_000):
        path = zipped(tmp_path / "lie.zip", (f"{UUID}/zeros", bytes(1_000_000)))
        data = bytearray(path.read_bytes())
        start = data.rindex(b"PK\x01\x02", 0, data.rindex(b"zeros"))
        data[start + 24 : start + 28] = lie.to_bytes(4, "little")
        path.write_bytes(data)
        with pytest.raises(InvalidArgument, match=r"lie\.zip"):
            tracking.open_run(path)


def test_a_disk_without_room_is_told(ended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is unpacked."""
    path = tracking.open_run(ended).export(tmp_path / "run.zip")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    with pytest.raises(StorageFull, match="has room for 1,000"):
        tracking.open_run(path)


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"PK\x05\x06" + bytes(18), b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_or_holds_no_run(tmp_path: Path, data: bytes) -> None:
    """It is told in words."""
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(InvalidArgument, match=r"x\.zip' (is no whole .zip|holds no run)"):
        tracking.open_run(tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for folder in ("a", "b"):
            archive.writestr(f"{folder}/run.plx.json", DOCUMENT)
    with pytest.raises(InvalidArgument, match="holds 2 runs"):
        tracking.open_run(tmp_path / "two.zip")
    with pytest.raises(NotFound):
        tracking.open_run(tmp_path / "absent.zip")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_zip_is_our_error_or_the_run(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bytes of it are others."""
    path = tmp_path_factory.mktemp("damaged") / "run.zip"
    zipped(path, (f"{UUID}/events/metric/loss.plx", b"step|timestamp|metric\n1||0.5\n"), (f"{UUID}/outputs/x", bytes(500)))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    path.write_bytes(raw[:cut] if data.draw(st.booleans()) else raw)
    try:
        view = tracking.open_run(path)
    except tracking.TrackingError:
        return
    assert view.path.exists()

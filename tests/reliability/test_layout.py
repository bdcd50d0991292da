"""Names and paths, one by one: what a name becomes, what a path may be, and how a file inside is reached."""

from __future__ import annotations

import errno
import fcntl
import gc
import hashlib
import os
import socket
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.errors import InvalidArgument, InvalidType, OutsideRun
from jupyter_tracking.format import paths
from jupyter_tracking.system import os_calls

if TYPE_CHECKING:
    from collections.abc import Iterator


Kind = Enum("Kind", {"METRIC": "metric"}, type=str)  # as Polyaxon's are


class Words(str):
    """A text with a method or two more."""

    __slots__ = ()


def digest(name: str, digits: int) -> str:
    """The hash that a stem may carry."""
    return hashlib.sha256(name.encode()).hexdigest()[:digits]


# --- where runs are --------------------------------------------------------------------------------


def test_the_root_is_the_argument_or_the_setting_or_here(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this order; absolute, with the home of a user put in, links as they are."""
    (root / "link").symlink_to(root)
    monkeypatch.setenv("HOME", str(root / "home"))
    assert paths.default_root() == Path.cwd()
    assert paths.default_root("link/x/../y") == root / "link" / "y"
    assert paths.default_root(root / "a") == root / "a"
    assert paths.default_root("~/runs") == root / "home" / "runs"
    monkeypatch.setenv("POLYAXON_OFFLINE_ROOT", "there")
    assert paths.default_root() == root / "there"
    assert paths.default_root("here") == root / "here"
    monkeypatch.setenv("POLYAXON_OFFLINE_ROOT", "")
    assert paths.default_root() == root
    assert paths.run_path(root, "ab") == root / "runs" / "ab"


def test_runs_are_folders_below_runs(root: Path) -> None:
    """By name; no files, no links, nothing hidden; none where there is no such folder."""
    assert paths.run_folders(root) == []
    (root / "runs").write_text("a file")
    assert paths.run_folders(root) == []
    (root / "runs").unlink()
    for name in ("b", "a", ".hidden"):
        (root / "runs" / name).mkdir(parents=True)
    (root / "runs" / "file").touch()
    (root / "runs" / "link").symlink_to(root / "runs" / "a")
    assert paths.run_folders(root) == [root / "runs" / "a", root / "runs" / "b"]


def test_a_uuid_is_new_each_time() -> None:
    """32 lowercase hex digits."""
    made = {paths.new_uuid() for _ in range(100)}
    assert len(made) == 100
    assert all(len(uuid) == 32 and set(uuid) <= set("0123456789abcdef") for uuid in made)


# --- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("loss", "loss"),
        (" loss ", " loss "),
        ("e\u0301", "é"),
        ("損失", "損失"),
        ("a\u200bb", "a\u200bb"),
        (Kind.METRIC, "metric"),
        (Words("w"), "w"),
    ],
)
def test_a_name_is_a_text_in_one_form(given: str, name: str) -> None:
    """Any text with something to see in it, as a plain `str` in NFC; of Polyaxon's enums their value."""
    found = paths.check_name(given)
    assert found == name
    assert type(found) is str


@pytest.mark.parametrize("name", [None, 3, b"loss", ["loss"]])
def test_a_name_that_is_no_text_is_refused(name: object) -> None:
    """With its type, and what to give."""
    with pytest.raises(InvalidType, match=r"^what=.* is a \w+; give a string$"):
        paths.check_name(name, "what")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is empty; give a string with at least one visible character"),
        ("  ", "is empty"),
        ("\u3000\n", "is empty"),
        ("a\x00", "holds a control character or an unpaired surrogate; leave it out"),
        ("a\nb", "holds a control character"),
        ("a\x7f", "holds a control character"),
        ("a\u0085b", "holds a control character"),
        ("\ud800", "an unpaired surrogate"),
        ("é\udfff", "an unpaired surrogate"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_words(name: str, words: str) -> None:
    """What is wrong, and what to do about it; the argument is named."""
    for argument in ("name", "tag"):
        with pytest.raises(InvalidArgument, match=f"^{argument}=.* {words}") as caught:
            paths.check_name(name, argument)
        assert str(caught.value).isprintable()
    with pytest.raises(InvalidArgument, match=r"^name="):
        paths.check_name(name)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("train/my loss v1.0", "train__my-loss-v1-0"),
        ("a//b\\\\c/\\d", "a__b__c__d"),
        ("réseau", "reseau"),
        ("損失", ""),
        ("a  b--c..d -.e", "a-b-c-d-e"),
        ("a!@#$%^&*()+=b", "ab"),
        (" a ", "a"),
        ("_x-", "_x-"),
        ("ﬁ", "fi"),
    ],
)
def test_a_slug_is_polyaxons(name: str, slug: str) -> None:
    """Polyaxon's own rule, by example."""
    assert paths.slug(name) == slug


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("loss", "loss"),
        ("train/loss", "train__loss"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 111 + "-" + digest("x" * 121, 8)),
        ("réseau", "reseau-" + digest("réseau", 8)),
        ("損失", digest("損失", 8)),
        ("!", digest("!", 8)),
        ("con", "con-" + digest("con", 8)),
        ("NUL", "NUL-" + digest("NUL", 8)),
        ("COM0", "COM0-" + digest("COM0", 8)),
        ("lpt9", "lpt9-" + digest("lpt9", 8)),
        ("prn", "prn-" + digest("prn", 8)),
        ("aux", "aux-" + digest("aux", 8)),
        ("com10", "com10"),
        ("com", "com"),
        ("-é", "e-" + digest("-é", 8)),
        ("Xé", "Xe-" + digest("Xé", 8)),
    ],
)
def test_a_stem_is_the_slug_or_carries_a_hash(name: str, stem: str) -> None:
    """A hash only where the slug alone would not be its own, or no file's name everywhere."""
    assert paths.file_stem(name, {}) == stem
    assert paths.file_stem(name, {stem.casefold(): name}) == stem


def test_a_stem_that_is_taken_is_left_to_whom_it_is() -> None:
    """By another name, in any case: then it carries a hash, and a longer one where that is taken too; none is ever given twice."""
    assert paths.file_stem("Loss", {"loss": "loss"}) == "Loss-" + digest("Loss", 8)
    taken = {"loss": "another", f"loss-{digest('loss', 8)}": "another"}
    assert paths.file_stem("loss", taken) == "loss-" + digest("loss", 16)
    taken[f"loss-{digest('loss', 16)}"] = "another"
    assert paths.file_stem("loss", taken) == "loss-" + digest("loss", 64)
    assert paths.file_stem("loss", {**taken, f"loss-{digest('loss', 64)}": "loss"}) == "loss-" + digest("loss", 64)
    long = "x" * 200
    assert paths.file_stem(long, {f"{'x' * 111}-{digest(long, 8)}": "another"}) == "x" * 103 + "-" + digest(long, 16)
    others = {f"{'x' * (119 - digits)}-{digest(long, digits)}": "another" for digits in (8, 16)}
    assert paths.file_stem(long, others) == "x" * 55 + "-" + digest(long, 64)
    taken[f"loss-{digest('loss', 64)}"] = "another"
    with pytest.raises(InvalidArgument, match=r"^name='loss' has no file name of its own$"):
        paths.file_stem("loss", taken)


# --- paths inside a run ----------------------------------------------------------------------------


def test_files_have_names_that_tell_what_they_are() -> None:
    """Of event files, and of the versions of an asset: the first bare, the next numbered."""
    assert paths.event_path("metric", "loss") == "events/metric/loss.plx"
    assert paths.asset_name("a", 3, "csv") == "a_3.csv"
    assert paths.asset_name("a", 0, "csv", 2) == "a_0-2.csv"
    assert paths.asset_name("a", None) == "a"
    assert paths.asset_name("a", None, "", 3) == "a-3"
    assert paths.asset_name("a", -1, "tar.gz", 1) == "a_-1.tar.gz"


@pytest.mark.parametrize(
    ("path", "extension", "base"),
    [
        ("/d.x/model.tar.gz", "tar.gz", "model"),
        ("a.CSV", "csv", "a"),
        ("a", "", "a"),
        ("X.csv", "csv", "X"),
        ("aX", "", "aX"),
        (".bashrc", "", ".bashrc"),
        (".hidden.txt", "txt", ".hidden.txt"),
        ("a.b c.txt", "txt", "a"),
        ("a.v1.2.3.4.json", "json", "a"),
        ("a.b.c.d", "b.c.d", "a"),
        ("a.tx-t", "", "a"),
        ("a.", "", "a"),
        ("a." + "x" * 12, "x" * 12, "a"),
        ("a." + "x" * 13, "", "a"),
        ("a.b\n", "", "a"),
        ("dir/", "", "dir"),
        ("s3://bucket/d/a.csv", "csv", "a"),
        ("C:\\d\\", "", "C:\\d"),
    ],
)
def test_a_file_is_named_as_polyaxon_names_it(path: str, extension: str, base: str) -> None:
    """The name up to the first dot, and from there on the extension, where it is a plain one."""
    assert paths.file_extension(path) == extension
    assert paths.base_name(path) == base


@pytest.mark.parametrize(
    ("text", "is_url"),
    [
        ("s3://b", True),
        ("HTTPS://x", True),
        ("a+b.c-d://x", True),
        ("file:/x", False),
        ("a/s3://b", False),
        ("c://x", False),
        ("3s://x", False),
        ("", False),
    ],
)
def test_a_url_begins_with_its_scheme(text: str, is_url: bool) -> None:
    """Of two letters at least: a drive of Windows is none."""
    assert paths.is_url(text) is is_url


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", ""),
        (".", ""),
        ("a/b", "a/b"),
        ("a//b/./c/", "a/b/c"),
        ("a/../b", "b"),
        ("a/b/../../c", "c"),
        ("a\\b", "a/b"),
        ("損失/é", "損失/é"),
        ("a~b", "a~b"),
        ("ab:c", "ab:c"),
        (Path("a") / "b", "a/b"),
    ],
)
def test_a_path_inside_is_brought_to_one_form(path: str | Path, found: str) -> None:
    """Relative, with one kind of slash, without steps up."""
    assert paths.safe_relative(path) == found


@pytest.mark.parametrize(
    "path", ["..", "a/../..", "a/../../a", "/a", "\\a", "~", "~user/a", "c:a", "C:\\a", "s3://b/c", "../a", "a/b/../../../c"]
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    """With the argument's name, and what to give."""
    for argument in ("path", "rel_path"):
        with pytest.raises(OutsideRun, match=rf"^{argument}=.* leads out of the run folder; give a path relative to it$"):
            paths.safe_relative(path, *([argument] if argument != "path" else []))


def test_a_path_that_is_none_is_refused() -> None:
    """Bytes, and control characters or half characters in it."""
    with pytest.raises(InvalidType, match=r"^path=b'a' is a bytes; give a string$"):
        paths.safe_relative(b"a")  # type: ignore[arg-type]
    for path in ("a\x00", "a\n", "é\x1b", "\udc80"):
        with pytest.raises(InvalidArgument, match=r"^rel_path=.* holds a control character; leave it out$"):
            paths.safe_relative(path, "rel_path")
    assert paths.safe_relative("a\u202eb") == "a\u202eb"


# --- opening inside --------------------------------------------------------------------------------


@pytest.fixture
def top(root: Path) -> Iterator[int]:
    """A descriptor of a folder with a file below folders."""
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "file").write_text("content")
    (root / "file").write_text("at the top")
    gc.freeze()  # what other tests left stays as it is, and need not be looked through for each descriptor
    fd = os_calls.open(root, os_calls.ANY_FOLDER)
    yield fd
    os_calls.close(fd)
    gc.unfreeze()


def descriptors() -> set[str]:
    """What this process holds open, without what was left to the collector."""
    gc.collect()
    return set(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize(("path", "content"), [("a/b/file", b"content"), ("file", b"at the top"), ("./a//b/./file", b"content")])
def test_a_file_inside_is_opened(top: int, path: str, content: bytes) -> None:
    """Step by step; one descriptor more, which is its own: not inherited by programs, and as the flags say."""
    before = descriptors()
    fd = paths.open_inside(top, path)
    assert len(descriptors()) == len(before) + 1
    assert os.read(fd, 20) == content
    assert not os.get_inheritable(fd)
    os.close(fd)
    fd = paths.open_inside(top, path, os.O_RDWR)
    os.write(fd, b"new")
    os.close(fd)
    os_calls.fstat(top)


def test_a_folder_inside_is_opened(top: int, root: Path) -> None:
    """Any one, the top itself too; then it is a descriptor of its own."""
    for path in ("", ".", "a", "a/b"):
        fd = paths.open_inside(top, path)
        assert fd != top
        assert os_calls.fstat(fd).st_ino == (root / path).stat().st_ino
        os_calls.close(fd)
    os_calls.fstat(top)


def test_what_cannot_be_opened_leaves_nothing_open(top: int, root: Path) -> None:
    """Missing, a link anywhere, no file at all: each its own error, and no descriptor more."""
    (root / "link").symlink_to("file")
    (root / "away").symlink_to("a")
    (root / "a" / "inner").symlink_to("b")
    (root / "dangling").symlink_to("nothing")
    os.mkfifo(root / "a" / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("plug")
    before = descriptors()
    cases: list[tuple[str, type[Exception], str]] = [
        ("missing", FileNotFoundError, "No such file"),
        ("a/missing/file", FileNotFoundError, "No such file"),
        ("file/below", NotADirectoryError, "Not a directory"),
        ("link", OutsideRun, "^path='link' goes through a link; links inside a run are not followed$"),
        ("dangling", OutsideRun, "goes through a link"),
        ("away/b/file", OutsideRun, "goes through a link"),
        ("a/inner/file", OutsideRun, "^path='a/inner/file' goes through a link"),
        ("a/pipe", InvalidArgument, "^path='a/pipe' is not a regular file$"),
        ("plug", InvalidArgument, "^path='plug' is not a regular file$"),
        ("../x", OutsideRun, "leads out"),
        ("a/../file", OutsideRun, "^path=.a/../file. climbs"),
        ("a\\..\\file", OutsideRun, "climbs"),
    ]
    for path, error, words in cases:
        with pytest.raises(error, match=words):
            paths.open_inside(top, path)
        assert descriptors() == before, path
    with pytest.raises(OutsideRun, match="goes through a link"):
        paths.open_inside(top, "link", os.O_RDWR | os.O_CREAT)
    assert descriptors() == before
    os_calls.fstat(top)


def test_each_step_is_opened_below_the_one_before(top: int) -> None:
    """Never by a path of more than one name, nor through a link, nor waiting."""
    steps: list[tuple[Any, int]] = []

    def opening(name: str, flags: int, *, dir_fd: int) -> int:
        steps.append((name, flags))
        return os_calls.open(name, flags, dir_fd=dir_fd)

    fd = paths.open_inside(top, "a/b/file", os.O_RDONLY, opening)
    assert [name for name, _ in steps] == ["a", "b", "file"]
    assert all(flags & os_calls.NO_LINKS == os_calls.NO_LINKS for _, flags in steps)
    assert [bool(flags & os_calls.O_DIRECTORY) for _, flags in steps] == [True, True, False]
    waits_for_nothing = os_calls.O_NONBLOCK  # none where a pipe is not opened at all
    assert steps[-1][1] & fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK == waits_for_nothing
    os.close(fd)


def test_an_error_of_the_disk_is_not_taken_for_a_link(top: int) -> None:
    """What the system says of a step that is no link comes out as it is."""

    def opening(_name: str, _flags: int, *, dir_fd: int) -> int:
        del dir_fd
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    before = descriptors()
    for path in ("file", "a/b/file", "missing"):
        with pytest.raises(OSError, match="Input/output") as caught:
            paths.open_inside(top, path, os.O_RDONLY, opening)
        assert caught.value.errno == errno.EIO
    assert descriptors() == before

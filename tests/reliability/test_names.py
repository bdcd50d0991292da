"""Hostile names: each has a file of its own inside the run, legal on every system, and is shown as it was given."""

from __future__ import annotations

import itertools
import random
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_tracking.errors import InvalidArgument, OutsideRun, TrackingError
from jupyter_tracking.format import paths
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import open_folder
from jupyter_tracking.record.run import Run
from tests.reliability.script import readable

if TYPE_CHECKING:
    from pathlib import Path

UUID = "0" * 32
SEED = 16

CLIMBING = [
    "../x", "a/../../x", "/etc/x", "..", ".", "~", "~root/x", "C:\\x", "C:x", "\\\\host\\share", "file:///x", "a/./../..//../x", "....//....//x",
    "..\\..\\x", "%2e%2e%2fx", "..%2fx", "%2e%2e/x", "..%252fx", "..;/x", "/./../x", "//x", "a\\..\\..\\..\\x", "\uff0e\uff0e/x", "..\u2215x",
    "..\u2044..\u2044x", "x/../../../../../../../../../../etc/cron.d/x", "/proc/self/environ", "/dev/null", "~/../x", "$HOME/x", "`id`", "$(id)",
    "x;rm -rf ~", "x|y", "-rf", "--", "-", "_", ".hidden", ".jupyter-tracking", "run.plx.json", "events", "..plx", "x.plx", "con", "NUL", "nul.txt",
    "aux.", "com1", "COM1.txt", "lpt9", "trailing.", "trailing ", " leading", "a:b", "a*b", "a?b", 'a"b', "a<b>c", "a\u202egnp.exe",
    "\u200b", "a\u2028b", "\ufeff", "e\u0301", "\u00e9", "𝓁ℴ𝓈𝓈", "ſ", "ß", "SS", "İ", "ı", "K", "K", "Å", "ﬁ", "fi", "损失", "精度", "😀", "👩‍👩‍👧", "x" * 1000,
    "损" * 500, "a/" * 300, "réseau", "reseau", "a.b", "a-b", "a b", "a  b", "a\u00a0b", "Loss", "loss", "LOSS", "train/loss", "train__loss", "train\\loss",
]  # fmt: skip

# Latin, Greek and Cyrillic, Hebrew and Arabic, the scripts of India, kana, Chinese, Korean, wide forms, pictures, rare Chinese.
SCRIPTS = [
    *((0x20, 0x7F), (0xA0, 0x250), (0x370, 0x530), (0x5D0, 0x700), (0x900, 0xE00), (0x3040, 0x3100), (0x4E00, 0xA000)),
    *((0xAC00, 0xD7A4), (0xFF00, 0xFFF0), (0x1F300, 0x1FB00), (0x20000, 0x2A6E0)),
]
ILLEGAL = set('<>:"/\\|?*') | {chr(c) for c in range(32)}
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


def assert_legal(name: str) -> None:
    """A file of this name can lie on Linux, macOS and Windows."""
    assert name.isascii()
    assert len(name.removesuffix(".plx").encode()) <= 120
    assert not set(name) & ILLEGAL
    assert name.partition(".")[0].lower() not in RESERVED
    assert name.strip(" .") == name.strip()
    assert name.removesuffix(".plx")


def log_all(run: Run, names: list[str]) -> dict[str, float]:
    """Log one metric under each name; return the value of each true name."""
    values: dict[str, float] = {}
    for number, name in enumerate(names):
        run.log_metric(name, float(number), 1)
        values[unicodedata.normalize("NFC", name)] = float(number)
    return values


def snapshot(folder: Path, run: Path) -> set[str]:
    """Everything outside the run."""
    return {str(p) for p in folder.rglob("*") if run not in p.parents and p != run}


def test_a_climbing_name_stays_inside(root: Path) -> None:
    """Names that climb, name devices, reserved files or look alike: a file each, inside the run, and the true name kept."""
    run = Run(root / "runs" / UUID)
    outside = snapshot(root.parent, run.path)
    names = list(dict.fromkeys(unicodedata.normalize("NFC", name) for name in CLIMBING))
    values = log_all(run, names)
    run.end()
    found = readable(open_folder(run.path))
    assert {name: rows for (_, name), rows in found.items()} == {name: [(1, value)] for name, value in values.items()}
    files = [p.name for p in (run.path / "events" / "metric").iterdir()]
    assert len({name.casefold() for name in files}) == len(files) == len(names)
    for name in files:
        assert_legal(name)
    assert snapshot(root.parent, run.path) == outside


def test_a_climbing_name_stays_inside_with_an_asset(root: Path) -> None:
    """The same for assets, outputs and references."""
    run = Run(root / "runs" / UUID)
    source = root / "s.txt"
    source.write_text("x")
    outside = snapshot(root.parent, run.path)
    names = list(dict.fromkeys(unicodedata.normalize("NFC", name) for name in CLIMBING))
    for name in names:
        run.log_artifact(source, name, step=1)
        run.log_artifact(source, f"{name} out")
        run.log_artifact_ref(source, name=f"{name} ref")
    run.end()
    assert snapshot(root.parent, run.path) == outside
    folder = open_folder(run.path)
    assert not find_problems(folder)
    assert {name for _, name in readable(folder)} == set(names)
    for path in (run.path / "assets" / "file").iterdir():
        assert_legal(path.name.removesuffix("_1.txt"))


def test_a_climbing_path_is_refused(root: Path, subtests: pytest.Subtests) -> None:
    """A `rel_path` that leads out of the run is refused; nothing is made anywhere."""
    run = Run(root / "runs" / UUID)
    source = root / "s.txt"
    source.write_text("x")
    before = {str(p) for p in root.parent.rglob("*")}
    climbing = [
        "../x",
        "a/../../x",
        "/etc/x",
        "..",
        "~/x",
        "C:\\x",
        "\\\\host\\x",
        "file:///x",
        "s3://x",
        "x/\x00",
        "a\nb",
        "./~/x",
        "a/../C:x",
    ]
    for path, function in itertools.product(climbing, ["log_artifact", "get_artifacts_path", "get_outputs_path", "log_model"]):
        with subtests.test(path=path, function=function):
            with pytest.raises((OutsideRun, InvalidArgument), match="rel_path="):
                getattr(run, function)(source, rel_path=path) if function.startswith("log") else getattr(run, function)(path, is_dir=True)
            assert {str(p) for p in root.parent.rglob("*")} == before


@pytest.mark.parametrize("name", ["", " ", "\t", "\u3000", "a\x00b", "a\nb", "\x1b[31m", "\x7f", "\udc80", "a\u0085b"])
def test_a_name_that_cannot_be_is_refused(root: Path, name: str) -> None:
    """Empty names, control characters and half characters are refused, shown escaped; nothing is written."""
    run = Run(root / "runs" / UUID)
    run.log_metric("loss", 1.0, 1)
    before = sorted((p, p.stat().st_size) for p in run.path.rglob("*"))
    with pytest.raises(InvalidArgument) as caught:
        run.log_metric(name, 1.0, 1)
    assert str(caught.value).isprintable()
    assert sorted((p, p.stat().st_size) for p in run.path.rglob("*")) == before


def test_two_forms_of_one_name_are_one_artifact(root: Path) -> None:
    """NFC and NFD of one name are one artifact, named in NFC."""
    run = Run(root / "runs" / UUID)
    run.log_metric("e\u0301t\u00e9", 1.0, 1)
    run.log_metric("\u00e9te\u0301", 2.0, 2)
    run.log_metric("\u00e9t\u00e9", 3.0, 3)
    assert readable(open_folder(run.path)) == {("metric", "\u00e9t\u00e9"): [(1, 1.0), (2, 2.0), (3, 3.0)]}


def test_five_thousand_hostile_names_do_not_collide(memory: Path) -> None:
    """5,000 random names of any script: each its own legal file, none outside the run; in any order, and when the run is resumed.

    Half of them are of few letters, so that many nearly collide; the others of a few thousand letters of a script each.
    """
    dice = random.Random(SEED)
    few = "ab/._- \\:é\u0301ßıK损失精度😀ЖΩ\u200d\u202e𝓁|?*%~" + "AB"
    found: dict[str, None] = {}
    while len(found) < 5000:
        letters = few if len(found) < 2500 else [chr(code) for code in range(*dice.choice(SCRIPTS))]
        name = unicodedata.normalize("NFC", "".join(dice.choices(letters, k=dice.randint(1, 12))))
        if name.strip() and not {unicodedata.category(letter) for letter in name} & {"Cc", "Cs"}:
            found[name] = None
    names = list(found)
    run = Run(memory / "runs" / UUID)
    values = log_all(run, names[:2500])
    run.end()
    run = Run(memory / "runs" / UUID)
    dice.shuffle(names)
    values |= log_all(run, names)
    run.end()
    files = [p.name for p in (run.path / "events" / "metric").iterdir()]
    assert len({name.casefold() for name in files}) == 5000
    for name in files:
        assert_legal(name)
    rows = readable(open_folder(run.path))
    assert {name: kept[-1][1] for (_, name), kept in rows.items()} == values
    assert {p.name for p in memory.iterdir()} == {"runs"}
    assert {p.name for p in (memory / "runs").iterdir()} == {UUID}


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(min_size=1, max_size=200), min_size=1, max_size=8))
def test_stems_are_legal_and_their_own(names: list[str]) -> None:
    """Any names: each accepted one has a stem that is legal and differs from the others', whatever their case."""
    taken: dict[str, str] = {}
    for name in names:
        try:
            true_name = paths.check_name(name)
        except TrackingError:
            continue
        stem = paths.file_stem(true_name, taken)
        assert_legal(f"{stem}.plx")
        assert taken.setdefault(stem.casefold(), true_name) == true_name
        assert paths.file_stem(true_name, taken) == stem


@settings(max_examples=500, derandomize=True, deadline=None)
@given(st.text(alphabet=st.sampled_from("./\\~:%ab \x00\n\u2215CD"), max_size=30))
def test_a_path_inside_stays_inside(path: str) -> None:
    """Whatever `inside` accepts is relative and climbs nowhere."""
    try:
        found = paths.safe_relative(path)
    except TrackingError:
        return
    assert not found.startswith(("/", "~"))
    assert ".." not in found.split("/")
    assert "\\" not in found
    assert found.isprintable()

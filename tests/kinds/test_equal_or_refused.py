"""What is logged comes back equal or is refused by name, whatever it is: hypothesis looks for a value that is changed or that fails otherwise.

Each row that was written is one that Polyaxon reads. `make soak` tries 20,000 values of each kind.
"""

from __future__ import annotations

import math
import struct
import unicodedata
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from PIL import Image

from jupyter_tracking.errors import TrackingError
from jupyter_tracking.run_view import open_run
from tests.compat.conftest import ask_polyaxon  # noqa: F401 - a fixture
from tests.kinds.conftest import Echo

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView

EXAMPLES = pytest.mark.parametrize("examples", [200, pytest.param(20_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
_A_FILE = 500  # rows, so that reading back what was logged last stays cheap


def examples_of(strategy: st.SearchStrategy[Any], check: Callable[[Any], object], examples: int) -> None:
    """Call `check` with so many values."""

    @given(value=strategy)
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    def each(value: Any) -> None:
        check(value)

    each()


class Trial:
    """Logs values to a run, and says whether each was taken or refused by an error of ours."""

    def __init__(self, run: Run) -> None:
        """Log to this run."""
        self.run = run
        self.taken = self.refused = 0
        self._rows: dict[str, int] = {}
        self._echoes: dict[str, Echo] = {}

    def log(self, function: str, kind: str, **values: Any) -> tuple[bool, Any]:
        """Return whether the value was taken, and what came back; a refusal says what it is about, and writes nothing."""
        count = self._rows[kind] = self._rows.get(kind, -1) + 1
        name = f"{kind} {count // _A_FILE}"
        path = self.run.path / "events" / kind
        before = {file: file.stat().st_size for file in path.glob("*")}
        try:
            getattr(self.run, function)(name=name, **values)
        except TrackingError:
            assert {file: file.stat().st_size for file in path.glob("*")} == before
            self.refused += 1
            return False, None
        self.taken += 1
        echo = self._echoes.setdefault(name, Echo(self.run))
        return True, echo.load(kind, name)


@pytest.fixture
def trial(run: Run) -> Trial:
    """A run that takes what it can."""
    return Trial(run)


@pytest.fixture
def read_by_polyaxon(run: Run, ask_polyaxon: Any) -> Any:  # noqa: F811
    """Every file that the test wrote is one that Polyaxon reads by both engines, with an event in each row."""

    def check() -> None:
        for key, item in ask_polyaxon("read", run.path).items():
            assert item.get("error") is None, key
            if key.split("/")[1] != "markdown":  # of which Polyaxon makes no event
                assert not [event for event in item["events"] if "Error" in event.split(":", 1)[0]]

    return check


# --- numbers ------------------------------------------------------------------------------------------------------------------------------------

_floats = st.floats(width=64)
_integers = st.integers(-(2**66), 2**66) | st.sampled_from([s * 2**n + d for n in (53, 63, 64) for s in (1, -1) for d in (-1, 0, 1)])
_scalars = (
    _floats
    | _integers
    | st.booleans()
    | st.decimals()
    | st.fractions()
    | st.floats(width=32).map(np.float32)
    | st.integers(-(2**63), 2**63 - 1).map(np.int64)
    | st.integers(0, 2**64 - 1).map(np.uint64)
    | st.floats(width=32).map(np.longdouble)
    | st.tuples(st.integers(-(2**60), 2**60), st.integers(1, 9)).map(lambda pair: np.longdouble(pair[0]) / pair[1])
)
_strangers = st.sampled_from([None, "3", b"3", 1j, np.datetime64("2026-01-01", "ns"), np.timedelta64(1, "ns"), np.ma.masked, [1], object()])
_dtypes = st.sampled_from([*"bBhHiIlLqQefdg?", "M8[ns]", "M8[D]", "m8[us]", "F"])


def sequences(size: int) -> st.SearchStrategy[Any]:
    """Lists and arrays of so many numbers, of any type, or of what is none; masked ones too."""
    lists = st.lists(_scalars, min_size=size, max_size=size) | st.lists(_scalars | _strangers, min_size=size, max_size=size)
    arrays = _dtypes.flatmap(lambda dtype: st_numpy.arrays(dtype, size))
    masked = st.tuples(arrays, st_numpy.arrays(np.bool_, size)).map(lambda pair: np.ma.array(pair[0], mask=pair[1]))
    return lists | arrays | masked


def same(given: Any, got: float) -> bool:
    """Whether a number is the one that was given: an integer exactly, a decimal as it is written, a float to the bit."""
    assert not np.ma.is_masked(given)
    if isinstance(given, Decimal):
        return math.isnan(got) if given.is_nan() else Decimal(repr(got)) == given or given == got
    if isinstance(given, np.integer | np.bool_):
        given = given.item()
    if isinstance(given, int | Fraction):
        return given == (got if isinstance(given, Fraction) or not float(got).is_integer() else int(got))
    if isinstance(given, np.longdouble):
        return bool(given == got) or (np.isnan(given) and math.isnan(got))
    return math.isnan(got) if math.isnan(given) else struct.pack("<d", float(given)) == struct.pack("<d", got)


def all_same(given: Any, got: Any) -> bool:
    """Whether all numbers are, in one or two dimensions."""
    flat = [item for row in given for item in row] if len(given) and np.ndim(given[0]) else list(given)
    numbers = np.ravel(got).tolist()
    return len(flat) == len(numbers) and all(map(same, flat, numbers))


@EXAMPLES
def test_metrics(trial: Trial, read_by_polyaxon: Any, examples: int) -> None:
    """One number of any type."""

    def check(value: Any) -> None:
        taken, got = trial.log("log_metric", "metric", value=value)
        assert not taken or same(value, got)

    examples_of(_scalars | _strangers, check, examples)
    assert trial.taken > examples / 10
    assert trial.refused > examples / 50


@EXAMPLES
def test_curves(trial: Trial, read_by_polyaxon: Any, examples: int) -> None:
    """Two axes, each of any type."""

    def check(value: Any) -> None:
        x, y = value
        taken, got = trial.log("log_curve", "curve", x=x, y=y)
        assert not taken or (all_same(x, got.x) and all_same(y, got.y))

    examples_of(st.integers(0, 5).flatmap(lambda n: st.tuples(sequences(n), sequences(n))), check, examples)
    read_by_polyaxon()
    assert min(trial.taken, trial.refused) > examples / 50


@EXAMPLES
def test_histograms(trial: Trial, read_by_polyaxon: Any, examples: int) -> None:
    """Counts and edges of any type."""

    def check(value: Any) -> None:
        counts, edges = value
        taken, got = trial.log("log_np_histogram", "histogram", values=counts, counts=edges)
        assert not taken or (all_same(counts, got.counts) and all_same(edges, got.edges))

    examples_of(st.integers(1, 4).flatmap(lambda n: st.tuples(sequences(n), sequences(n + 1))), check, examples)
    read_by_polyaxon()
    assert min(trial.taken, trial.refused) > examples / 50


def matrices(size: int) -> st.SearchStrategy[Any]:
    """Nested lists and arrays of so many rows and columns."""
    cells = st.sampled_from([_floats, _integers, _floats | _integers, _floats | _integers | _strangers | st.booleans()])
    lists = cells.flatmap(lambda cell: st.lists(st.lists(cell, min_size=size, max_size=size), min_size=size, max_size=size))
    arrays = _dtypes.flatmap(lambda dtype: st_numpy.arrays(dtype, (size, size)))
    masked = st.tuples(arrays, st_numpy.arrays(np.bool_, (size, size))).map(lambda pair: np.ma.array(pair[0], mask=pair[1]))
    return lists | arrays | masked


@EXAMPLES
def test_matrices(trial: Trial, read_by_polyaxon: Any, examples: int) -> None:
    """A matrix of any type, whose labels are texts or numbers."""
    labels = st.text(max_size=5) | st.integers(-(2**63), 2**64 - 1) | st.text(st.characters(codec=None, categories=["Cs", "L"]), max_size=3)

    def check(value: Any) -> None:
        names, matrix = value
        taken, got = trial.log("log_confusion_matrix", "confusion", x=names, y=names, z=matrix)
        assert not taken or (all_same(matrix, got.z) and got.x == names)

    examples_of(st.integers(1, 3).flatmap(lambda n: st.tuples(st.lists(labels, min_size=n, max_size=n), matrices(n))), check, examples)
    read_by_polyaxon()
    assert min(trial.taken, trial.refused) > examples / 50


# --- pictures -----------------------------------------------------------------------------------------------------------------------------------

_MODES = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "I;16B", "I;16L", "F"]


@st.composite
def pictures(draw: st.DrawFn) -> Image.Image:
    """An image of Pillow of any mode, with any pixels."""
    mode = draw(st.sampled_from(_MODES))
    size = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    empty = Image.new(mode, size)
    if mode == "F":
        return Image.fromarray(draw(st_numpy.arrays(np.float32, size, elements=st.floats(0, 1, width=32) | st.floats(width=32))))
    if mode == "I":
        return Image.fromarray(draw(st_numpy.arrays(np.int32, size, elements=st.integers(0, 65_535) | st.integers(-(2**31), 2**31 - 1))))
    count = len(empty.tobytes())
    picture = Image.frombytes(mode, size, draw(st.binary(min_size=count, max_size=count)))
    if mode in {"P", "PA"}:
        picture.putpalette(draw(st.binary(min_size=768, max_size=768)))
        if mode == "P" and draw(st.booleans()):
            picture.info["transparency"] = draw(st.integers(0, 255))
    return picture


def pixels_of(picture: Image.Image) -> np.ndarray:
    """What is to come back of a picture: its pixels; of a palette the colours; floats as the levels that arrays have."""
    if picture.mode in {"P", "PA"}:
        return np.asarray(picture.convert("RGBA" if picture.mode == "PA" or "transparency" in picture.info else "RGB"))
    pixels = np.asarray(picture)
    return np.rint(pixels * np.float32(1) * 255).astype(np.uint8) if picture.mode == "F" else pixels


@EXAMPLES
def test_images_by_mode(trial: Trial, read_by_polyaxon: Any, examples: int) -> None:
    """The pixels of an image of Pillow come back, or a warning or an error says which do not."""

    def check(value: Any) -> None:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            taken, got = trial.log("log_image", "image", data=value)
        if taken and not told:
            assert np.array_equal(got, pixels_of(value)), value.mode
        elif told:
            assert "data" in str(told[0].message)

    examples_of(pictures(), check, examples)
    read_by_polyaxon()
    assert min(trial.taken, trial.refused) > examples / 50


_shapes = st_numpy.array_shapes(min_dims=1, max_dims=4, max_side=5)


@EXAMPLES
def test_images_by_dtype(trial: Trial, read_by_polyaxon: Any, examples: int) -> None:
    """Levels from 0 to 255 come back as they are, masks as black and white, floats as the nearest level; all else is told or refused."""

    def check(value: Any) -> None:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            taken, got = trial.log("log_image", "image", data=value)
        if not taken or told:
            return
        levels = np.asarray(value).astype(float)
        assert not np.ma.is_masked(value)
        assert ((levels > -0.01) & (levels < 255.01)).all()
        if value.dtype.kind == "f":
            levels = np.rint(np.clip(value.astype(np.float32) if value.dtype.itemsize < 8 else levels, 0, 1) * 255)
        elif value.dtype != np.uint8 and levels.max() <= 1:
            levels *= 255
        known = np.sort(levels.ravel())
        found = np.sort(got.ravel().astype(float))
        # Several pictures in rows may leave the end of the last row black.
        assert np.array_equal(found[len(found) - len(known) :], known)
        assert not found[: len(found) - len(known)].any()

    small = st.sampled_from([*"bBhHiIqQ"]).flatmap(
        lambda dtype: st_numpy.arrays(dtype, _shapes, elements=st.integers(0, 127) | st.sampled_from([0, 1]))
    )
    unit = st.sampled_from([*"efd"]).flatmap(
        lambda dtype: st_numpy.arrays(dtype, _shapes, elements=st.floats(0, 1, width={"e": 16, "f": 32, "d": 64}[dtype]))
    )
    wild = _dtypes.flatmap(lambda dtype: st_numpy.arrays(dtype, _shapes))
    masked = st.tuples(small, st.booleans()).map(lambda pair: np.ma.array(pair[0], mask=pair[1]))
    examples_of(small | unit | wild | masked, check, examples)
    read_by_polyaxon()
    assert min(trial.taken, trial.refused) > examples / 50


# --- texts and names ----------------------------------------------------------------------------------------------------------------------------

_texts = st.text(st.characters(codec=None, exclude_categories=())) | st.text("\ud800\udfff😀a|\n\r\x00\u2028", max_size=8)


def is_whole(text: str) -> bool:
    """Whether it has bytes in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@EXAMPLES
def test_texts(trial: Trial, read_by_polyaxon: Any, examples: int) -> None:
    """Every whole text comes back as it was, wherever texts are logged; half of a character is refused."""

    def check(value: Any) -> None:
        kind, text = value
        if kind in {"text", "html", "markdown"}:
            taken, got = trial.log(f"log_{kind}", kind, **{kind: text})
        elif kind == "curve":
            taken, got = trial.log("log_curve", kind, x=[1], y=[2], annotation=text)
            got = got and got.annotation
        else:
            try:
                trial.run.log_trace({"name": "span", "metadata": {text: [text]}})
                taken, got = True, next(iter(Echo(trial.run).load("span", "span")["metadata"].values()))[0]
            except TrackingError:
                taken, got = False, None
        assert taken == is_whole(text)
        assert not taken or got == text

    kinds = ["text", "html", "markdown", "curve", *(["span"] if examples < 1000 else [])]  # each span makes the document anew
    examples_of(st.tuples(st.sampled_from(kinds), _texts), check, examples)
    read_by_polyaxon()
    assert trial.refused > examples / 50


@EXAMPLES
def test_names(run: Run, read_by_polyaxon: Any, examples: int) -> None:
    """A metric may have any name that is visible and whole, `step` and `timestamp` too; what is refused writes nothing."""
    logged: dict[str, float] = {}

    def check(names: Any) -> None:
        values = {name: float(len(logged) + i) for i, name in enumerate(names)}
        try:
            run.log_metrics(values, step=3)
        except TrackingError:
            composed = [unicodedata.normalize("NFC", name) for name in names]
            assert len(set(composed)) < len(names) or any(
                not name.strip() or any(unicodedata.category(c) in {"Cc", "Cs"} for c in name) for name in names
            )
            return
        logged.update({unicodedata.normalize("NFC", name): value for name, value in values.items()})

    words = st.sampled_from(["step", "timestamp", "self", "name", "metrics", "reset"]) | st.text(min_size=1, max_size=6)
    examples_of(st.sets(words, min_size=1, max_size=2) | st.sets(_texts, max_size=2), check, examples)
    files = open_run(run.path).files
    assert {a.name: files.value(a, files.rows(a)[-1]) for a in files.artifacts()} == logged
    read_by_polyaxon()


# --- JSON ---------------------------------------------------------------------------------------------------------------------------------------

_leaves = st.none() | st.booleans() | _integers | _floats | _texts
_json = st.recursive(_leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3), max_leaves=8)
_objects = _json | _strangers | sequences(2) | st.dictionaries(st.integers() | st.tuples(st.integers()) | st.binary(), _leaves, max_size=2)


def as_stored(value: Any) -> Any:
    """The value as JSON has it: numbers that are not finite as words."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [as_stored(item) for item in value]
    return {key: as_stored(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("examples", [100, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])])
def test_inputs(run: Run, view: RunView, examples: int) -> None:
    """What JSON can hold comes back as it was; all else is made what the documentation says, or refused."""

    def check(value: Any) -> None:
        what, plain = value
        try:
            run.log_inputs({"reset": what, "self": 1}, reset=True)
        except TrackingError:
            return
        got = view.inputs
        assert got.keys() == {"reset", "self"}
        if plain:
            assert repr(as_stored(got["reset"])) == repr(as_stored(what))

    examples_of(st.tuples(_json, st.just(value=True)) | st.tuples(_objects, st.just(value=False)), check, examples)

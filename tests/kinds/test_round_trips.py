"""What is logged comes back as it was: hypothesis looks for a value of each kind that does not."""

from __future__ import annotations

import math
import string
import struct
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
from hypothesis.extra import pandas as st_pandas

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format.paths import check_name
from jupyter_tracking.run_view import open_run
from tests.kinds.conftest import round_trips

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run
    from tests.kinds.conftest import Echo

floats = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)
finite = st.floats(allow_nan=False, allow_infinity=False)
steps = st.none() | st.integers(-(2**63), 2**63 - 1)
texts = st.text(st.characters(codec=None, categories=None, exclude_categories=()))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | finite | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(string.printable, max_size=5), inner, max_size=3),
    max_leaves=8,
)


def bits(number: float) -> bytes:
    """The bits of a float, by which -0.0 is not 0.0; every NaN is the same."""
    return struct.pack("<d", math.nan if math.isnan(number) else number)


def all_bits(numbers: Any) -> list[bytes]:
    """The bits of each of several floats."""
    return [bits(float(number)) for number in numbers]


@given(value=floats, step=steps)
@round_trips
def test_metrics(echo: Echo, value: float, step: int | None) -> None:
    """Any float at any step: NaN, both infinities, -0.0 and subnormals too."""
    echo.run.log_metric("loss", value, step)
    got_step, got = echo.last("metric", "loss")
    assert (got_step, bits(got)) == (step, bits(value))


@given(values=st.lists(floats, min_size=1, max_size=20))
@round_trips
def test_metrics_as_columns(echo: Echo, values: list[float]) -> None:
    """The table that frames are made of holds the very same numbers."""
    for value in values:
        echo.run.log_metric("loss", value)
    artifact = echo.folder.find("loss")
    table = echo.folder.columns(artifact)
    assert all_bits(table["value"].to_pylist()[-len(values) :]) == all_bits(values)


@given(text=texts, step=steps)
@round_trips
@pytest.mark.parametrize("kind", ["text", "html", "markdown"])
def test_texts(echo: Echo, kind: str, text: str, step: int | None) -> None:
    """Any text: newlines, `|`, NUL, U+2028, half characters."""
    getattr(echo.run, f"log_{kind}")("note", text, step)
    assert echo.last(kind, "note") == (step, text)


@given(points=st.lists(st.tuples(floats, floats), max_size=30), annotation=st.none() | texts, step=steps)
@round_trips
def test_curves(echo: Echo, points: list[tuple[float, float]], annotation: str | None, step: int | None) -> None:
    """Any points, none at all too, and any annotation."""
    x, y = [p[0] for p in points], [p[1] for p in points]
    echo.run.log_curve("curve", np.array(x), y, annotation, step)
    got_step, curve = echo.last("curve", "curve")
    assert got_step == step
    assert all_bits(curve.x) == all_bits(x)
    assert all_bits(curve.y) == all_bits(y)
    assert curve.annotation == annotation


@given(
    data=st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(10**9), 10**9), min_size=n, max_size=n),
            st.lists(st.lists(floats, min_size=n, max_size=n), min_size=n, max_size=n),
        )
    )
)
@round_trips
def test_confusion_matrices(echo: Echo, data: tuple[list[Any], list[list[float]]]) -> None:
    """Labels that are texts or numbers, and any matrix."""
    labels, matrix = data
    echo.run.log_confusion_matrix("matrix", labels, labels, matrix)
    got = echo.load("confusion", "matrix")
    assert (got.x, got.y) == (labels, labels)
    assert all_bits(got.z.ravel()) == all_bits(np.ravel(matrix))


@given(counts=st.lists(floats, min_size=1, max_size=20), data=st.data())
@round_trips
def test_histograms(echo: Echo, counts: list[float], data: st.DataObject) -> None:
    """Any counts and one edge more."""
    edges = data.draw(st.lists(floats, min_size=len(counts) + 1, max_size=len(counts) + 1))
    echo.run.log_np_histogram("h", counts, edges)
    got = echo.load("histogram", "h")
    assert all_bits(got.counts) == all_bits(counts)
    assert all_bits(got.edges) == all_bits(edges)


images = st.sampled_from([(), (1,), (3,), (4,)]).flatmap(
    lambda channels: st_numpy.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda side: (*side, *channels)))
)


@given(image=images, step=st.none() | st.integers(0, 9))
@round_trips
def test_images(echo: Echo, image: np.ndarray, step: int | None) -> None:
    """Any picture of uint8 in one, three or four channels; one channel comes back as rows and columns."""
    echo.run.log_image(image, "image", step, dataformats="HWC"[: image.ndim])
    got = echo.load("image", "image")
    assert got.dtype == np.uint8
    assert np.array_equal(got, image[..., 0] if image.shape[2:] == (1,) else image)


@given(samples=st_numpy.arrays(np.int16, st.tuples(st.integers(1, 40), st.integers(1, 2))), rate=st.integers(1, 96_000))
@round_trips
def test_sounds(echo: Echo, samples: np.ndarray, rate: int) -> None:
    """Any 16-bit samples, exactly."""
    echo.run.log_audio(samples, "sound", rate)
    got = echo.load("audio", "sound")
    assert got.sample_rate == rate
    assert np.array_equal(np.rint(got.samples * 32767).astype(np.int16).reshape(samples.shape), samples)


@given(frames=st_numpy.arrays(np.bool_, st.tuples(st.integers(1, 5), st.just(1), st.integers(1, 6), st.integers(1, 6))))
@round_trips
def test_videos(echo: Echo, frames: np.ndarray) -> None:
    """Every frame, those that repeat the one before too."""
    echo.run.log_video(frames, "video")
    got = echo.load("video", "video")
    assert np.array_equal(got, np.repeat(frames.transpose(0, 2, 3, 1) * np.uint8(255), 3, axis=-1))


@given(metadata=st.dictionaries(st.text(string.printable, max_size=5), json_values, max_size=3))
@round_trips
def test_traces(echo: Echo, metadata: dict[str, Any]) -> None:
    """Any metadata that JSON can hold, at any depth."""
    span = {"name": "trace", "metadata": metadata, "children": [{"name": "child", "metadata": metadata}]}
    echo.run.log_trace(span)
    assert echo.load("span", "trace") == span


@given(
    layout=st.dictionaries(st.sampled_from(["title", "meta"]), st.text(st.characters(exclude_categories=["Cs"])), max_size=2),
    data=st.data(),
)
@round_trips
def test_charts(echo: Echo, layout: dict[str, str], data: st.DataObject) -> None:
    """A figure's dict of plotly, as its own JSON has it."""
    y = data.draw(st.lists(finite, max_size=5))
    figure = {"data": [{"type": "scatter", "y": y}], "layout": {"title": {"text": layout.get("title", "")}, "meta": layout.get("meta")}}
    echo.run.log_plotly_chart("chart", figure)
    assert echo.load("chart", "chart") == figure


# `reset` is log_inputs' own argument, as Polyaxon has it.
_input_names = st.text(string.ascii_letters, min_size=1, max_size=5).filter(lambda name: name != "reset")


@given(inputs=st.dictionaries(_input_names, json_values, max_size=4))
@round_trips
def test_inputs(run: Run, inputs: dict[str, Any]) -> None:
    """Any inputs that JSON can hold."""
    run.log_inputs(True, True, **inputs)
    assert open_run(run.path).inputs == inputs


# --- dataframes ---------------------------------------------------------------------------------------------------------

_words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_moments = st.datetimes(pd.Timestamp("1700-01-01").to_pydatetime(), pd.Timestamp("2200-01-01").to_pydatetime())
_PARIS = "datetime64[us, Europe/Paris]"
_columns = st.sampled_from(
    [
        (np.dtype("int64"), None),
        (np.dtype("uint8"), None),
        (np.dtype("float64"), None),
        (np.dtype("float32"), None),
        (np.dtype("bool"), None),
        ("str", _words | st.none()),
        ("string", _words | st.none()),
        ("Int64", st.integers(-(2**63), 2**63 - 1) | st.none()),
        ("boolean", st.booleans() | st.none()),
        (pd.CategoricalDtype(["b", "a", "007", "NA"], ordered=True), st.sampled_from(["a", "b", "007"]) | st.none()),
        ("datetime64[us]", _moments),
        (_PARIS, _moments),
        ("timedelta64[us]", st.timedeltas(pd.Timedelta(-(10**12), "us").to_pytimedelta(), pd.Timedelta(10**12, "us").to_pytimedelta())),
    ]
)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """A dataframe of up to 5 rows and 4 columns: of any dtype, with any labels, twice the same too, and any index."""
    rows, names = draw(st.integers(0, 5)), draw(st.lists(_words | st.integers(-5, 5), max_size=4))
    series = []
    for _ in names:
        # Arrow keeps the categories with the rows: a frame without rows has none of them.
        dtype, values = draw(_columns if rows else _columns.filter(lambda column: not isinstance(column[0], pd.CategoricalDtype)))
        if values is None:
            series.append(pd.Series(draw(st_numpy.arrays(dtype, rows))))
        else:
            drawn = pd.Series(draw(st.lists(values, min_size=rows, max_size=rows)), dtype=object)
            series.append(drawn.astype(dtype) if dtype != _PARIS else drawn.astype("datetime64[us]").dt.tz_localize("UTC").astype(_PARIS))
    frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=range(rows))
    frame.columns = pd.Index(names, dtype=object)
    kind = draw(st.sampled_from(["range", "words", "moments", "two levels", "named"]))
    if kind == "words":
        frame.index = pd.Index(draw(st.lists(_words, min_size=rows, max_size=rows)), dtype="str")
    elif kind == "moments":
        frame.index = pd.DatetimeIndex(draw(st.lists(_moments, min_size=rows, max_size=rows)), dtype="datetime64[us]")
    elif kind == "two levels":
        pairs = draw(st.lists(st.tuples(st.integers(0, 3), _words), min_size=rows, max_size=rows))
        frame.index = pd.MultiIndex.from_arrays([[p[0] for p in pairs], pd.Index([p[1] for p in pairs], dtype="str")], names=["n", "w"])
    elif kind == "named":
        frame.index = pd.RangeIndex(rows, name=draw(_words.filter(bool)))
    return frame


@given(frame=frames())
@round_trips
@pytest.mark.parametrize("content", ["parquet", "feather"])
def test_dataframes(echo: Echo, content: str, frame: pd.DataFrame) -> None:
    """Dtypes, nulls, index and labels come back equal."""
    echo.run.log_dataframe(frame, "frame", content)
    got = echo.load("dataframe", "frame")
    pd.testing.assert_frame_equal(got, frame, check_exact=True, check_column_type=False, check_index_type="equiv")


@given(frame=st_pandas.data_frames([st_pandas.column("a", dtype=float), st_pandas.column("b", dtype=int)]))
@round_trips
def test_dataframes_as_csv(echo: Echo, frame: pd.DataFrame) -> None:
    """Numbers survive CSV to the last bit."""
    echo.run.log_dataframe(frame, "frame", "csv")
    got = echo.load("dataframe", "frame")
    assert all_bits(got["a"]) == all_bits(frame["a"])
    assert got["b"].tolist() == frame["b"].tolist()


# --- names ----------------------------------------------------------------------------------------------------------------


def test_names(run: Run) -> None:
    """Every name that is taken is an artifact of its own with its true name, in NFC; what is refused writes nothing."""
    logged: dict[str, float] = {}

    @given(name=st.text(max_size=40) | texts)
    @round_trips
    def log(name: str) -> None:
        try:
            true_name = check_name(name)
        except InvalidArgument:
            with pytest.raises(InvalidArgument):
                run.log_metric(name, 1.0)
            return
        logged.setdefault(true_name, float(len(logged)))
        run.log_metric(name, logged[true_name], 0)

    log()
    folder = open_run(run.path).files
    values = {a.name: folder.value(a, folder.rows(a)[-1]) for a in folder.artifacts()}
    assert values == logged
    assert all(name == unicodedata.normalize("NFC", name) for name in logged)
    assert len(list((run.path / "events" / "metric").iterdir())) == len(logged)

"""Values that other trackers, and this one once, changed without a word: each comes back as it was, or the call says what is wrong with it."""

from __future__ import annotations

import datetime as dt
import io
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from jupyter_tracking.errors import InvalidArgument, InvalidType, TrackingError
from jupyter_tracking.views.renderers.image import _converted

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView

HIDDEN = np.ma.array([1.0, 999.0], mask=[False, True])
BEYOND = 2**53 + 1


class Tensor:
    """A tensor of a library that is not installed: part of a graph, on another device, of a type that numpy has not."""

    def __init__(self, values: Any, *, here: bool = False) -> None:
        """Hold these values."""
        self.values = np.asarray(values)
        self.shape = self.values.shape
        self.here = here

    def detach(self) -> Tensor:
        """Leave the graph."""
        return self

    def cpu(self) -> Tensor:
        """Come from the device."""
        return Tensor(self.values, here=True)

    def numpy(self) -> np.ndarray:
        """Fail as torch does of bfloat16."""
        message = "Got unsupported ScalarType BFloat16"
        raise TypeError(message)

    def tolist(self) -> Any:
        """Return the values, once they are here."""
        assert self.here
        return self.values.tolist()

    def item(self) -> float:
        """Return the one value."""
        return self.values.item()

    def __iter__(self) -> Any:
        """Fail: a tensor of the device's would be read one by one."""
        raise AssertionError


def nothing_was_written(run: Run) -> bool:
    """Whether neither a row nor an asset came of a call."""
    return not (run.path / "events").exists() and not list(run.path.glob("assets/*/*"))


@pytest.mark.parametrize(
    "log",
    [
        lambda run: run.log_metric("m", HIDDEN[1:].mean()),
        lambda run: run.log_metric("m", np.ma.masked),
        lambda run: run.log_metrics({"m": HIDDEN[1]}),
        lambda run: run.log_curve("c", HIDDEN, [0, 1]),
        lambda run: run.log_curve("c", [0, 1], [0.5, np.ma.masked]),
        lambda run: run.log_histogram("h", HIDDEN, 2),
        lambda run: run.log_np_histogram("h", HIDDEN, [0, 1, 2]),
        lambda run: run.log_confusion_matrix("k", [1, 2], [1, 2], np.ma.array([[1, 99], [2, 3]], mask=[[0, 1], [0, 0]])),
        lambda run: run.log_confusion_matrix("k", [1, 2], [1, 2], [HIDDEN, HIDDEN]),
        lambda run: run.log_confusion_matrix("k", HIDDEN, [1, 2], np.eye(2)),
        lambda run: run.log_image(np.ma.array(np.zeros((4, 4)), mask=np.eye(4))),
        lambda run: run.log_image_with_boxes(np.zeros((4, 4)), np.ma.array([[0, 0, 1, 1]], mask=[[0, 0, 0, 1]])),
        lambda run: run.log_audio(HIDDEN),
        lambda run: run.log_video(np.ma.array(np.zeros((2, 1, 4, 4)), mask=True)),
        lambda run: run.log_sklearn_roc_auc_curve("r", HIDDEN, [0, 1]),
        lambda run: run.log_sklearn_pr_curve("r", [0, 1], HIDDEN),
        lambda run: run.log_inputs(weights=HIDDEN),
        lambda run: run.log_trace({"metadata": {"weights": HIDDEN}}),
    ],
)
def test_what_lies_below_a_mask_is_no_value(run: Run, log: Any) -> None:
    """A masked element is neither what lies below its mask nor 0: the call is refused, and says how to fill it."""
    with pytest.raises(InvalidArgument, match=r"masked element.*\.filled\(numpy\.nan\)"):
        log(run)
    assert nothing_was_written(run)


def test_a_masked_array_without_a_mask_is_an_array(run: Run, view: RunView) -> None:
    """What is filled, or masks nothing, is logged as any other."""
    run.log_metric("m", np.ma.array([0.25, 0.75]).mean())
    run.log_curve("c", HIDDEN.filled(np.nan), np.ma.array([3, 4], mask=[0, 0]))
    assert view.load("m") == 0.5
    assert np.array_equal(view.load("c").x, [1.0, np.nan], equal_nan=True)
    assert view.load("c").y.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    "number",
    [
        *(BEYOND, -BEYOND, 2**64 + 1, 10**400, np.int64(BEYOND), np.uint64(2**64 - 1), np.longdouble(1) / 3, np.longdouble("1e4000")),
        *(Decimal(BEYOND), Decimal("1e999"), Decimal("0." + "3" * 30), Fraction(BEYOND), Fraction(1, 3)),
    ],
    ids=repr,
)
def test_a_number_that_no_float_is_equal_to_is_refused(run: Run, number: Any) -> None:
    """As a metric, in curves and as a count or an edge of a histogram."""
    for log in (
        lambda: run.log_metric("m", number),
        lambda: run.log_curve("c", [0, number], [0, 1]),
        lambda: run.log_np_histogram("h", [number], [0, 1]),
        lambda: run.log_np_histogram("h", [1], [0, number]),
        lambda: run.log_progress(number),
    ):
        with pytest.raises(InvalidArgument, match="cannot hold exactly"):
            log()
    assert nothing_was_written(run)


@pytest.mark.parametrize("array", [np.array([BEYOND, 1]), np.array([2**64 - 1, 1], np.uint64), pd.Series([BEYOND, 1]), [BEYOND, 0.5]])
def test_arrays_of_such_numbers_are_refused(run: Run, array: Any) -> None:
    """Whole columns of identifiers or of nanoseconds."""
    with pytest.raises(InvalidArgument, match=r"x has the value.*cannot hold exactly"):
        run.log_curve("c", array, [0, 1])
    with pytest.raises(InvalidArgument, match="values has the value"):
        run.log_histogram("h", array, 2)
    assert nothing_was_written(run)


def test_dates_are_no_numbers(run: Run) -> None:
    """To the nanosecond they would be integers, and no float holds them."""
    dates = np.array(["2026-01-01", "2026-01-02"], "M8[ns]")
    for given in (
        dates,
        dates.astype("M8[D]"),
        dates - dates[0],
        pd.Series(dates),
        pd.DatetimeIndex(dates),
        [dt.date(2026, 1, 1)] * 2,
    ):
        with pytest.raises(InvalidType, match=r"x holds"):
            run.log_curve("c", given, [0, 1])
    for value in (dates[0], dates[:1], dates[1] - dates[0], pd.Timestamp(dates[0])):
        with pytest.raises(InvalidType, match="'m'"):
            run.log_metric("m", value)
        with pytest.raises(InvalidType, match="step="):
            run.log_metric("m", 1.0, value)
    assert nothing_was_written(run)


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[2**63, 1], [2, 2**64 - 1]], np.uint64),
        np.array([[-(2**63), 1], [2, 2**63 - 1]]),
        [[BEYOND, 0], [2**64 - 1, 1]],
        pd.DataFrame([[BEYOND, 0], [1, 1]]),
    ],
)
def test_integers_of_a_matrix_stay_what_they_are(run: Run, view: RunView, matrix: Any) -> None:
    """Of 64 bits with a sign or without: none turns negative or is rounded."""
    run.log_confusion_matrix("k", ["a", "b"], ["a", "b"], matrix)
    assert view.load("k").z.tolist() == (matrix if isinstance(matrix, list) else np.asarray(matrix).tolist())


@pytest.mark.parametrize(
    "matrix",
    [[[BEYOND, 0.5], [1, 1]], [[2**64 + 1, 0], [0, 1]], [[2**64 - 1, -1], [0, 1]], pd.DataFrame({"a": [BEYOND, 1], "b": [0.5, 1]})],
)
def test_a_matrix_that_no_array_holds_is_refused(run: Run, matrix: Any) -> None:
    """An identifier beside a fraction, an integer over 64 bits, one without a sign beside one below zero."""
    with pytest.raises((InvalidArgument, InvalidType), match="z"):
        run.log_confusion_matrix("k", ["a", "b"], ["a", "b"], matrix)
    assert nothing_was_written(run)


def test_tensors_of_any_type_and_device(run: Run, view: RunView) -> None:
    """bfloat16 on a graphics card is numbers as any others, wherever numbers are logged."""
    run.log_metric("m", Tensor(0.75))
    run.log_curve("c", Tensor([0.5, 1.5]), Tensor([1, 2]))
    run.log_confusion_matrix("k", ["a", "b"], ["a", "b"], Tensor([[1, 2], [3, 4]]))
    run.log_np_histogram("h", Tensor([1.0, 2.0]), Tensor([0, 1, 2]))
    run.log_image(Tensor([[0.0, 1.0]]), "i")
    run.log_audio(Tensor([0.0, 1.0]), "a")
    run.log_inputs(t=Tensor([1, 2]), s=Tensor(0.5))
    run.log_sklearn_roc_auc_curve("r", Tensor([0.1, 0.9]), Tensor([0, 1]))
    assert view.load("m") == 0.75
    assert view.load("c").x.tolist() == [0.5, 1.5]
    assert view.load("k").z.tolist() == [[1, 2], [3, 4]]
    assert view.load("h").edges.tolist() == [0, 1, 2]
    assert view.load("i").tolist() == [[0, 255]]
    assert view.load("a").samples.tolist() == [0.0, 1.0]
    assert view.inputs == {"t": [1, 2], "s": 0.5}
    assert view.load("r").annotation == "1.0"


def test_dtypes_that_a_library_has_added(run: Run, view: RunView) -> None:
    """bfloat16, float8 and int4 of ml_dtypes, which jax and TensorFlow have."""
    added = pytest.importorskip("ml_dtypes")
    for number, name in enumerate(("bfloat16", "float8_e5m2", "float8_e4m3fn", "int4")):
        values = np.array([1, 0], getattr(added, name))
        run.log_metric("m", values[0], number)
        run.log_curve("c", values, values, step=number)
        run.log_confusion_matrix("k", [0, 1], [0, 1], np.stack([values, values]), number)
        run.log_image(np.stack([values, values]), "i", number)
        run.log_inputs(it=values)
        assert view.load("m") == 1.0
        assert view.load("c").x.tolist() == [1.0, 0.0]
        assert view.load("k").z.tolist() == [[1, 0], [1, 0]]
        assert view.load("i").tolist() == [[255, 0], [255, 0]]
        assert view.inputs["it"] == [1, 0]


# --- texts and names --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "log",
    [
        lambda run, text: run.log_text("t", text),
        lambda run, text: run.log_html("t", text),
        lambda run, text: run.log_markdown("t", text),
        lambda run, text: run.log_curve("t", [1], [2], text),
        lambda run, text: run.log_confusion_matrix("t", [text], ["a"], [[1]]),
        lambda run, text: run.log_trace({"name": "t", "metadata": {"a": {text: 1}}}),
        lambda run, text: run.log_trace({"name": "t", "metadata": {"a": [text]}}),
        lambda run, text: run.log_plotly_chart("t", {"data": [], "layout": {"title": {"text": text}}}),
        lambda run, text: run.log_altair_chart("t", alt.Chart(pd.DataFrame({"a": [1]}), title=text).mark_bar().encode(x="a:Q")),
        lambda run, text: run.log_inputs(t=text),
        lambda run, text: run.log_meta({"t": {text: 1}}),
        lambda run, text: run.log_tags([text]),
        lambda run, text: run.set_description(text),
        lambda run, text: run.log_status("warning", "Reason", text),
        lambda run, text: run.log_data_ref("t", hash=text),
        lambda run, text: run.log_artifact_ref(f"/nowhere/{text}", skip_hash_calculation=True),
    ],
)
def test_half_of_a_character_is_refused(run: Run, log: Any) -> None:
    """Wherever text is logged: one such text makes Polyaxon read none of its file. Whole characters are taken."""
    before = (run.path / "run.plx.json").read_bytes()
    with pytest.raises(InvalidArgument, match=r"half of a character|unpaired surrogate"):
        log(run, "a\ud83db")
    assert nothing_was_written(run)
    assert (run.path / "run.plx.json").read_bytes() == before
    log(run, "a😀b")


def test_every_metric_name_can_be_logged(run: Run, view: RunView) -> None:
    """A mapping first is names and values; the arguments beside it are what they always were."""
    run.log_metrics({"loss": 0.1, "step": 7, "timestamp": 1.5, "self": 2}, step=3, more=0.5)
    run.log_metrics({"loss": 0.2}, 4, "2026-01-02T03:04:05+00:00")
    run.log_metrics(5, loss=0.3)
    assert view.metrics()["step"].dropna().tolist() == [7.0]
    assert view.metrics()["loss"].to_dict() == {3: 0.1, 4: 0.2, 5: 0.3}
    assert view.load("timestamp") == 1.5
    assert view.load("more", step=3) == 0.5
    assert view.events("loss")["timestamp"][1] == pd.Timestamp("2026-01-02T03:04:05Z")


def test_a_mapping_first_is_names_and_values(run: Run, view: RunView) -> None:
    """Of inputs, outputs and facts too, with whatever names; by name as ever."""
    run.log_inputs({"lr": 0.1, "reset": True, "self": 1})
    run.log_inputs({"depth": 3}, more=4)
    run.log_outputs({"best": 0.9}, reset=True)
    run.log_meta({"host": "here"})
    assert view.inputs == {"lr": 0.1, "reset": True, "self": 1, "depth": 3, "more": 4}
    assert view.outputs == {"best": 0.9}
    assert view.info["meta_info"]["host"] == "here"
    run.log_inputs({"a": 1}, True)
    assert view.inputs == {"a": 1}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda run: run.log_inputs([("lr", 0.1)]), "a mapping, or name=value; got a list"),
        (lambda run: run.log_inputs(pd.Series({"lr": 0.1})), "got a Series"),
        (lambda run: run.log_inputs({"lr": 0.1}, 5), "in the place of reset"),
        (lambda run: run.log_inputs({"lr": 0.1}, lr=0.2), "'lr' in the mapping and beside it"),
        (lambda run: run.log_inputs({1: 2}), "name=1 is a int"),
        (lambda run: run.log_metrics({"loss": 0.1}, 3, step=4), "got step twice"),
        (lambda run: run.log_metrics({"loss": 0.1}, 3, None, 4), "3 values without a name"),
        (lambda run: run.log_metrics({"é": 0.1, "e\u0301": 0.2}), "one in NFC"),
        (lambda run: run.log_metrics({"good": 0.1, "": 0.2}), "is empty"),
    ],
)
def test_what_is_no_mapping_is_told(run: Run, call: Any, said: str) -> None:
    """In words of names and values, and nothing is written."""
    before = (run.path / "run.plx.json").read_bytes()
    with pytest.raises((InvalidType, InvalidArgument), match=said):
        call(run)
    assert nothing_was_written(run)
    assert (run.path / "run.plx.json").read_bytes() == before


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.datetime64("2026-01-02T03:04:05.123456789"), "2026-01-02T03:04:05.123456789"),
        (np.array(["2026-01-02", "NaT"], "M8[ns]"), ["2026-01-02T00:00:00.000000000", "NaT"]),
        (np.timedelta64(1500, "ms"), 1.5),
        (pd.Timestamp("2026-01-02T03:04:05.123456789"), "2026-01-02T03:04:05.123456789"),
        (pd.Series({"a": 1, "b": 2}), {"a": 1, "b": 2}),
        (np.longdouble(0.5), 0.5),
        ({1: "a", 2.5: "b", None: "c"}, {"1": "a", "2.5": "b", "None": "c"}),
    ],
)
def test_what_json_makes_of_a_value(run: Run, view: RunView, value: Any, kept: Any) -> None:
    """A date to the nanosecond is no integer, the labels of a series are kept."""
    run.log_inputs(it=value)
    assert view.inputs["it"] == kept


@pytest.mark.parametrize(
    "value",
    [
        {(1, 2): 3},
        {b"a": 1},
        {"a\udc80": 1},
        memoryview(b"ab"),
        np.zeros(2, [("a", int)]),
        pd.Series([1, 2], ["a", "a"]),
        np.longdouble(1) / 3,
        pd.NA,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_cannot_hold_is_refused(run: Run, value: Any) -> None:
    """Keys that are no text, fields and labels that would be lost."""
    with pytest.raises((InvalidType, InvalidArgument), match=r"inputs\.it"):
        run.log_inputs(it=value)


@pytest.mark.parametrize(
    "moment",
    [
        pd.Timestamp("2026-01-02T03:04:05.123456789Z"),
        "2026-01-02T03:04:05.123456789+00:00",
        pd.NaT,
        float("nan"),
        1.7e18,
        dt.date(2026, 1, 2),
    ],
    ids=repr,
)
def test_moments_that_a_row_has_no_place_for_are_refused(run: Run, moment: Any) -> None:
    """Nanoseconds are not cut off, and NaT is no year 0."""
    with pytest.raises((InvalidType, InvalidArgument), match="timestamp="):
        run.log_metric("m", 1.0, 0, moment)
    assert nothing_was_written(run)


@pytest.mark.parametrize("step", [Decimal(BEYOND + 2**20), Fraction(BEYOND), np.uint64(BEYOND)])
def test_whole_numbers_of_any_type_are_steps(run: Run, view: RunView, step: Any) -> None:
    """Exactly, not by way of a float."""
    run.log_metric("m", 1.0, step)
    assert view.steps("m") == [int(step)]


# --- pictures ---------------------------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(7)
DEPTH = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
GREY16 = RNG.integers(0, 65_536, (8, 8)).astype(np.uint16)


@pytest.mark.parametrize(
    ("picture", "pixels"),
    [
        (Image.fromarray(DEPTH), np.rint(DEPTH * 255)),
        (Image.fromarray(GREY16), GREY16),
        (Image.fromarray(GREY16.astype(np.int32)), GREY16),
        (Image.frombytes("I;16B", (8, 8), GREY16.astype(">u2").tobytes()), GREY16),
    ],
    ids=["F", "I;16", "I", "I;16B"],
)
def test_pictures_of_more_than_eight_bits(run: Run, view: RunView, picture: Image.Image, pixels: np.ndarray) -> None:
    """Depth maps have the levels that arrays of them have; 16 bits stay 16 bits."""
    run.log_image(picture, "picture")
    assert np.array_equal(view.load("picture"), pixels)


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (Image.fromarray(np.array([[-1, 5]], np.int32)), "levels from 0 to 65535"),
        (Image.fromarray(np.array([[0, 70_000]], np.int32)), "levels from 0 to 65535"),
        (Image.new("RGB", (0, 4)), "nothing to show"),
    ],
)
def test_pictures_that_no_file_holds_are_refused(run: Run, picture: Image.Image, said: str) -> None:
    """By what is in them; nothing is written."""
    with pytest.raises(InvalidArgument, match=said):
        run.log_image(picture)
    assert nothing_was_written(run)


def test_pictures_of_other_colours_are_told(run: Run, view: RunView) -> None:
    """CMYK is kept as RGB, with a warning; depths beyond 1 are cut off, with a warning."""
    with pytest.warns(UserWarning, match="CMYK and is kept as RGB"):
        run.log_image(Image.new("CMYK", (4, 4), (0, 255, 0, 0)), "picture")
    assert view.load("picture")[0, 0].tolist() == [255, 0, 255]
    with pytest.warns(UserWarning, match="from 0 to 1000"):
        run.log_image(Image.fromarray(DEPTH * 1000), "depth")


def test_animations(run: Run, view: RunView, tmp_path: Path) -> None:
    """The file of one is kept, and loads with all its frames; the object that Pillow has of it says what to do."""
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    run.log_image(tmp_path / "moving.gif")
    run.log_image((tmp_path / "moving.gif").read_bytes(), "bytes")
    for name in ("moving", "bytes"):
        assert view.load(name).shape == (3, 8, 8, 3)
        assert view.load(name)[2, 0, 0].tolist() == [0, 0, 255]
    with Image.open(tmp_path / "moving.gif") as picture:
        with pytest.raises(InvalidArgument, match="animation of 3 frames; log its file"):
            run.log_image(picture, "object")
        picture.seek(1)
        run.log_image(picture.copy(), "object")
    assert view.load("object")[0, 0, :3].tolist() == [0, 128, 0]


def test_what_an_encoding_cannot_hold_is_told(run: Run, view: RunView) -> None:
    """Transparency in a JPEG, 16 bits in a WebP, thousands of colours in a GIF; WebP, BMP and TIFF are exact."""
    clear = Image.fromarray(RNG.integers(0, 256, (40, 40, 4)).astype(np.uint8))
    with pytest.raises(InvalidArgument, match="no transparency"):
        run.log_image(clear, ext="jpg")
    with pytest.raises(InvalidArgument, match="8 bits a pixel"):
        run.log_image(Image.fromarray(GREY16), ext="webp")
    with pytest.warns(UserWarning, match="does not hold all colours"):
        run.log_image(clear.convert("RGB"), "gif", ext="gif")
    for ext in ("webp", "bmp", "tif"):
        run.log_image(clear.convert("RGB"), ext, ext=ext)
        assert np.array_equal(view.load(ext), np.asarray(clear.convert("RGB")))


def test_a_saved_page_shows_sixteen_bits(run: Run) -> None:
    """Large ones are made smaller there: their levels go from black to white as they do in the file."""
    levels = np.linspace(0, 65_535, 90_000).reshape(300, 300).astype(np.uint16)
    run.log_image(Image.fromarray(levels), "picture")
    smaller, _ = _converted((run.path / "assets/image/picture.png").read_bytes(), 640)
    with Image.open(io.BytesIO(smaller)) as shown:
        assert abs(np.asarray(shown.convert("L")).mean() - 127) < 4


def test_what_a_camera_says_of_a_picture_goes_with_it(run: Run, view: RunView) -> None:
    """The pixels are those in memory, and how the picture is to be turned is not lost."""
    about = Image.Exif()
    about[0x0112] = 6
    buffer = io.BytesIO()
    Image.new("RGB", (4, 8)).save(buffer, "JPEG", exif=about)
    with Image.open(buffer) as photo:
        run.log_image(photo, "photo")
        assert np.array_equal(view.load("photo"), np.asarray(photo))
    with Image.open(run.path / view.events("photo")["path"][0]) as kept:
        assert kept.getexif()[0x0112] == 6


# --- figures ----------------------------------------------------------------------------------------------------------------------------


def test_a_figure_that_pyplot_has_closed(run: Run, view: RunView) -> None:
    """`plt` without a figure, or with an empty one, is refused and makes none; the figure itself is drawn, closed or not."""
    plt.close("all")
    for _ in range(2):
        for log in (run.log_mpl_image, lambda data: run.log_mpl_plotly_chart("chart", data)):
            with pytest.raises(InvalidArgument, match=r"closes what a cell has drawn.*figure = plt\.gcf\(\)"):
                log(plt)
        assert nothing_was_written(run)
        assert len(plt.get_fignums()) < 2
        plt.figure()
    plt.close("all")
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([1, 2])
    plt.close(figure)
    run.log_mpl_image(figure, "kept")
    assert len(np.unique(view.load("kept"))) > 2
    with pytest.warns(UserWarning, match="is empty"):
        run.log_mpl_image(plt.figure(figsize=(1, 1)), "empty")


class Grid:
    """What seaborn returns: it has its figure, and saves it."""

    def __init__(self) -> None:
        """Draw."""
        self.figure, self.axes = plt.subplots(figsize=(1, 1))
        self.axes.plot([1, 2])

    def savefig(self, *_: Any, **__: Any) -> None:
        """Fail: pyplot could not close it."""
        raise AssertionError


@pytest.mark.parametrize(
    "draw",
    [
        Grid,
        lambda: plt.subplots(2, 2, figsize=(1, 1))[1],
        lambda: plt.plot([1, 2], [[1, 2], [3, 4]]),
        lambda: plt.bar([1, 2], [3, 4]),
        lambda: plt.errorbar([1, 2], [3, 4], yerr=1),
        lambda: plt.imshow(np.eye(3)),
        lambda: pd.DataFrame({"a": [1, 2], "b": [3, 4]}).plot(subplots=True),
        lambda: pd.DataFrame({"a": [1, 2], "b": [3, 4]}).hist(),
        lambda: plt.figure().subfigures(1, 2)[0].subplots().plot([1, 2])[0],
    ],
    ids=["grid", "axes", "lines", "bars", "errorbar", "image", "pandas", "pandas hist", "line in a subfigure"],
)
def test_what_stands_for_a_figure(run: Run, view: RunView, draw: Any) -> None:
    """A grid of seaborn, an array of axes, what is drawn in one: its figure, once, and closed afterwards."""
    with plt.rc_context({"figure.figsize": (1, 1), "figure.dpi": 50}):
        run.log_mpl_image(draw(), "figure")
    assert view.load("figure").shape[1] <= 100
    assert not plt.get_fignums()


def test_what_stands_for_none_is_refused(run: Run) -> None:
    """A line taken out of its figure, numbers beside what was drawn, a figure that cannot be drawn."""
    (line,) = plt.plot([1, 2])
    line.remove()
    wrong = plt.figure()
    wrong.text(0.5, 0.5, r"$\frac$")
    for data in (line, plt.hist([1, 2, 3]), {"a": plt.gca()}, wrong, []):
        with pytest.raises(TrackingError, match="figure"):
            run.log_mpl_image(data)
    assert nothing_was_written(run)
    plt.close("all")


# matplotlib 3.8 calls old names of pyparsing, and `warns` repeats what it did not look for as if nobody had called them.
@pytest.mark.filterwarnings("ignore:.*deprecated.* use .*:DeprecationWarning")
@pytest.mark.parametrize(
    ("draw", "lost"),
    [
        (lambda axes: axes.imshow(np.eye(3)), "AxesImage"),
        (lambda axes: axes.pie([1, 2]), "Wedge"),
        (lambda axes: axes.axhline(1), "line across"),
        (lambda axes: axes.axvline(1), "line across"),
        (lambda axes: axes.axline((0, 0), slope=1), "line across"),
        (lambda axes: axes.axhspan(0, 1), "Rectangle|Polygon"),  # the latter before matplotlib 3.9
        (lambda axes: axes.fill_between([1, 2], [3, 4]), "Collection"),
        (lambda axes: axes.pcolormesh(np.eye(3)), "QuadMesh"),
        (lambda axes: axes.contour(np.eye(3)), "ContourSet"),
        (lambda axes: axes.twinx().plot([1, 2]), "axes over each other"),
        (lambda axes: axes.inset_axes([0, 0, 1, 1]).plot([1, 2]), "Axes"),
        (lambda axes: axes.bar([1, 2], [-3, 4]), "Rectangle"),
        (lambda axes: axes.bar([1], [3]), "Rectangle"),
        (lambda axes: axes.bar(["a", "b"], [3, 4]), "words beside an axis"),
        (lambda axes: axes.step([1, 2], [3, 4]), "steps"),
        (lambda axes: axes.annotate("x", (0, 0), (1, 1), arrowprops={}), "arrow"),
        (lambda axes: axes.plot([1, 2])[0].set_visible(False), "hidden Line2D"),
        (lambda axes: axes.set_yscale("symlog"), "symlog"),
        (lambda axes: axes.figure.suptitle("title"), "Text"),
        (lambda axes: axes.figure.add_subplot(projection="polar").plot([1, 2]), "polar axes"),
        (lambda axes: axes.figure.add_subplot(projection="3d").plot([1, 2], [1, 2], [1, 2]), "3d axes"),
    ],
)
def test_what_plotly_would_leave_out_is_named(run: Run, view: RunView, draw: Any, lost: str) -> None:
    """The figure is logged as a picture with a warning, or refused; it is never a chart without what was drawn."""
    figure, axes = plt.subplots(figsize=(1, 1))
    draw(axes)
    with pytest.raises(InvalidArgument, match=f"would lose .*({lost})"):
        run.log_mpl_plotly_chart("figure", figure, fallback_to_image=False)
    assert nothing_was_written(run)
    with pytest.warns(UserWarning, match=f"as a picture.*({lost})"):
        run.log_mpl_plotly_chart("figure", figure)
    assert view.artifacts() == [("image", "figure")]
    plt.close("all")


@pytest.mark.parametrize(
    ("draw", "points"),
    [
        (lambda axes: axes.plot([1, 2, 3], [2, np.nan, 3]), [2.0, None, 3.0]),
        (lambda axes: axes.scatter([1, 2], [3, 4], c=[0, 1]), [3.0, 4.0]),
        (lambda axes: axes.bar([1, 2], [3, 4]), [3.0, 4.0]),
        (lambda axes: axes.hist([1, 1, 2], bins=2), [2.0, 1.0]),
        (lambda axes: axes.semilogy([1, 20, 300]), [1.0, 20.0, 300.0]),
        (lambda axes: (axes.plot([1, 2], label="x"), axes.legend(), axes.text(0, 1, "here"), axes.set_title("title")), [1.0, 2.0]),
    ],
)
def test_what_plotly_keeps_is_a_chart(run: Run, view: RunView, draw: Any, points: list[Any]) -> None:
    """Lines, points, bars that stand on zero, texts and legends."""
    figure, axes = plt.subplots()
    draw(axes)
    run.log_mpl_plotly_chart("figure", figure, fallback_to_image=False)
    assert view.load("figure")["data"][0]["y"] == points


@pytest.mark.parametrize("transformer", ["json", "csv", "vegafusion"])
def test_an_altair_chart_keeps_its_data(run: Run, view: RunView, transformer: str) -> None:
    """Whichever transformer is on, and however many rows: nothing is left in a file beside the notebook."""
    frame = pd.DataFrame({"a": range(6000)})
    with alt.data_transformers.enable(transformer):
        run.log_altair_chart("chart", alt.Chart(frame).mark_bar().encode(x="a:Q"))
        assert alt.data_transformers.active == transformer
    (rows,) = view.load("chart")["datasets"].values()
    assert len(rows) == 6000


@pytest.mark.parametrize(
    "chart",
    [
        lambda: alt.Chart("https://example.org/data.csv").mark_bar().encode(x="a:Q"),
        lambda: alt.Chart(pd.DataFrame({"a": [1]})).mark_bar().encode(x="a:Q") | alt.Chart("data.json").mark_bar().encode(x="a:Q"),
        lambda: alt.Chart(alt.NamedData("later")).mark_bar().encode(x="a:Q"),
    ],
)
def test_an_altair_chart_of_data_elsewhere_is_refused(run: Run, chart: Any) -> None:
    """A view asks nothing of the network, and a run is whole by itself."""
    with pytest.raises(InvalidArgument, match="takes its data from"):
        run.log_altair_chart("chart", chart())
    assert nothing_was_written(run)


# --- sounds, videos, histograms ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [44100.5, "44100", None, float("nan"), True, 2**31])
def test_a_rate_that_is_none_is_refused(run: Run, rate: Any) -> None:
    """It is not cut to a whole number."""
    with pytest.raises((InvalidArgument, InvalidType), match="sample_rate"):
        run.log_audio([0.5], "sound", rate)
    assert nothing_was_written(run)


@pytest.mark.parametrize(("shape", "kept"), [((1, 2), (1, 2)), ((40, 1), (40,)), ((1, 40), (40,)), ((1, 1, 40), (40,)), ((40, 2), (40, 2))])
def test_shapes_of_sounds(run: Run, view: RunView, shape: tuple[int, ...], kept: tuple[int, ...]) -> None:
    """(frames, channels) is what it says, a batch of one is one."""
    run.log_audio(np.zeros(shape, np.int16), "sound")
    assert view.load("sound").samples.shape == kept


@pytest.mark.parametrize("dtype", ["u1", "i1", "i4", "i8"])
def test_samples_of_other_integers_are_refused(run: Run, dtype: str) -> None:
    """Small ones too, which would be as loud as can be."""
    with pytest.raises(InvalidArgument, match="floats from -1 to 1, or int16"):
        run.log_audio(np.array([0, 1], dtype), "sound")


@pytest.mark.parametrize("fps", [4, 24, 29.97, 30, 60, 100])
def test_a_gif_runs_at_the_rate_that_was_asked_for(run: Run, view: RunView, fps: float) -> None:
    """A GIF counts in hundredths of a second: over the whole they make the rate. Frames of up to 256 colours are exact."""
    frames = RNG.integers(0, 2, (50, 3, 6, 6)).astype(np.uint8) * 255
    frames[10:20] = frames[10]
    run.log_video(frames, "video", fps)
    assert np.array_equal(view.load("video"), frames.transpose(0, 2, 3, 1))
    with Image.open(run.path / view.events("video")["path"][0]) as movie:
        shown = sum(movie.info["duration"] for number in range(movie.n_frames) if movie.seek(number) is None)
    assert abs(shown - 1000 * 50 / fps) <= 5


def test_values_outside_the_edges_are_told(run: Run, view: RunView) -> None:
    """Numpy leaves them out without a word."""
    with pytest.warns(UserWarning, match="2 of the 5 values lie outside"):
        run.log_histogram("h", [-1, 0, 1, 2, 9], [0, 1, 3])
    assert view.load("h").counts.tolist() == [1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log_histogram("h", [0, 1, 2], [0, 1, 3])
    for values, bins, said in (([1e308, -1e308], 3, "bins=3"), ([1, 2], 10**12, "at most 512"), ([1, 2], [0, "a"], "bins=")):
        with pytest.raises(InvalidArgument, match=said):
            run.log_histogram("h", values, bins)

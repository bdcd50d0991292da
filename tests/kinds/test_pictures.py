"""Images, sounds and videos: what they are made of, and what is told about what does not fit."""

from __future__ import annotations

import io
import warnings
import zlib
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent, MissingFile

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView

RNG = np.random.default_rng(3)
PIXELS = RNG.integers(0, 256, (4, 6, 3)).astype(np.uint8)


def nothing_was_written(run: Run) -> bool:
    """Whether neither a row nor an asset came of a call."""
    return not (run.path / "events").exists() and not list(run.path.glob("assets/*/*"))


@pytest.mark.parametrize("axes", ["HWC", "CHW", "WHC", "hwc"])
def test_axes_in_any_order(run: Run, view: RunView, axes: str) -> None:
    """The picture is the same whatever the order of its axes, as long as `dataformats` says it."""
    order = ["HWC".index(axis) for axis in axes.upper()]
    run.log_image(PIXELS.transpose(order), "image", dataformats=axes)
    assert np.array_equal(view.load("image"), PIXELS)


@pytest.mark.parametrize(
    ("shape", "axes", "said"),
    [
        ((4, 6, 3), "CHW", "that is 4 channels"),
        ((64, 64, 2), "CHW", "that is 64 channels"),
        ((3, 64, 64, 5), "CHW", "has 3 axes"),
        ((3, 64, 64), "HWC", "perhaps dataformats='CHW'"),
        ((4, 6), "NCHW", "perhaps dataformats='HW'"),
        ((2, 3, 4, 5), "HWC", "has 3 axes"),
        ((4, 6, 2), "HWC", "1, 3 or 4"),
        ((4, 6, 3), "RGB", "no axes of a picture"),
        ((0, 6, 3), "HWC", "nothing to show"),
    ],
)
def test_a_shape_that_does_not_fit_is_told(run: Run, shape: tuple[int, ...], axes: str, said: str) -> None:
    """What is said is not guessed at: the message has the shape and what would fit, and nothing is written."""
    if (shape, axes) == ((4, 6, 3), "CHW"):  # four channels are RGBA: right by its shape
        run.log_image(np.zeros(shape, np.uint8), "image", dataformats=axes)
        return
    with pytest.raises(InvalidArgument, match=said):
        run.log_image(np.zeros(shape, np.uint8), "image", dataformats=axes)
    assert nothing_was_written(run)


@pytest.mark.parametrize(
    ("shape", "kept"),
    [
        ((4, 6), (4, 6)),
        ((28, 28, 3), (28, 28, 3)),
        ((28, 28, 4), (28, 28, 4)),
        ((28, 28, 1), (28, 28)),
        ((3, 28, 28), (28, 28, 3)),
        ((1, 3, 28), (3, 28)),
        ((3, 3, 3), (3, 3, 3)),
        ((1, 1), (1, 1)),
        ((2, 3, 8, 9), (8, 18, 3)),
        ((2, 8, 9, 3), (8, 18, 3)),
    ],
)
def test_a_shape_that_one_layout_alone_explains_is_taken_so(run: Run, view: RunView, shape: tuple[int, ...], kept: tuple[int, ...]) -> None:
    """Where `dataformats` is not given; a shape that fits its default is taken as that."""
    picture = RNG.integers(0, 256, shape).astype(np.uint8)
    run.log_image(picture, "image")
    got = view.load("image")
    assert got.shape == kept
    if shape in {(4, 6), (28, 28, 3), (28, 28, 4), (1, 1)}:
        assert np.array_equal(got, picture)
    if shape in {(3, 28, 28), (3, 3, 3)}:
        assert np.array_equal(got, picture.transpose(1, 2, 0))


@pytest.mark.parametrize(
    ("array", "levels"),
    [
        (np.array([[0.0, 0.5, 1.0]]), [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float16), [0, 128, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0, 1]]), [0, 255]),
        (np.array([[0, 200]]), [0, 200]),
        ([[0, 255]], [0, 255]),
    ],
)
def test_what_numbers_mean_as_levels(run: Run, view: RunView, array: np.ndarray, levels: list[int]) -> None:
    """Floats go from 0 to 1, integers from 0 to 255, masks of 0 and 1 are black and white."""
    run.log_image(array, "image", dataformats="HW")
    assert view.load("image").tolist() == [levels]


def test_floats_come_back_as_the_levels_they_were_made_of(run: Run, view: RunView) -> None:
    """A level divided by 255 is the same level again, for each of them."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    run.log_image(levels.astype(np.float32) / 255, "image", dataformats="HW")
    assert np.array_equal(view.load("image"), levels)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        ([[-0.5, 1.5]], "from -0.5 to 1.5"),
        ([[9.0, 255.0]], "from 9 to 255"),
        ([[np.nan, 0.5]], "from 0.5 to 0.5 and 1 NaN, shown as 0;"),
        ([[np.nan, np.nan]], "data is NaN everywhere, shown as 0: there is nothing to see$"),
    ],
)
def test_floats_outside_are_clipped_with_a_warning(run: Run, view: RunView, array: list[list[float]], said: str) -> None:
    """Nothing wraps around, and the call says what it cut off."""
    with pytest.warns(UserWarning, match=said):
        run.log_image(array, "image", dataformats="HW")
    assert view.load("image").max() <= 255


def test_a_rounding_error_beyond_one_is_no_matter(run: Run) -> None:
    """1.0000001 warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log_image([[1.0000001, -1e-9]], "image", dataformats="HW")


@pytest.mark.parametrize("array", [np.array([[0, 300]]), np.array([[-1, 5]]), np.array([[0, 2**40]])])
def test_integers_outside_are_refused(run: Run, array: np.ndarray) -> None:
    """Whole numbers beyond 0 to 255 are no levels."""
    with pytest.raises(InvalidArgument, match="0 to 255"):
        run.log_image(array, "image", dataformats="HW")
    assert nothing_was_written(run)


def test_several_pictures_stand_in_rows_of_eight(run: Run, view: RunView) -> None:
    """NCHW puts pictures side by side, the rest of the last row black."""
    pictures = RNG.integers(0, 256, (10, 3, 4, 5)).astype(np.uint8)
    run.log_image(pictures, "grid", dataformats="NCHW")
    got = view.load("grid")
    assert got.shape == (8, 40, 3)
    assert np.array_equal(got[:4, 5:10], pictures[1].transpose(1, 2, 0))
    assert np.array_equal(got[4:, 5:10], pictures[9].transpose(1, 2, 0))
    assert not got[4:, 10:].any()


def test_files_and_bytes_are_kept_as_they_are(run: Run, view: RunView, tmp_path: Path) -> None:
    """A picture file is copied, encoded bytes are stored; neither is encoded anew."""
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "JPEG")
    path = tmp_path / "some photo.v2.JPG"
    path.write_bytes(buffer.getvalue())
    run.log_image(path, step=1)
    run.log_image(buffer.getvalue(), "bytes")
    run.log_image(SimpleNamespace(encoded_image_string=buffer.getvalue(), height=4, width=6, colorspace=3), "proto")
    run.log_image(Image.fromarray(PIXELS), "pillow")
    for name in ("some photo", "bytes", "proto"):
        assert view.files.asset(view.files.find(name), view.files.rows(view.files.find(name))[0]).read_bytes() == buffer.getvalue()
    assert np.array_equal(view.load("pillow"), PIXELS)
    assert view.events("bytes")[["height", "width", "colorspace"]].iloc[0].tolist() == [4, 6, 3]


def test_a_file_that_is_no_picture_for_us_loads_as_its_path(run: Run, view: RunView, tmp_path: Path) -> None:
    """An SVG is for the browser; a picture that is damaged is told."""
    (tmp_path / "drawing.svg").write_text("<svg/>")
    run.log_image(tmp_path / "drawing.svg")
    assert view.load("drawing").read_text() == "<svg/>"
    whole = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (90, 90, 3)).astype(np.uint8)).save(whole, "PNG")
    (tmp_path / "cut.png").write_bytes(whole.getvalue()[:2000])
    run.log_image(tmp_path / "cut.png")
    with pytest.raises(MalformedEvent, match=r"cut\.png"):
        view.load("cut")


def test_mistakes_with_pictures_are_named(run: Run, tmp_path: Path) -> None:
    """A missing file, a folder, bytes that are no picture, an unknown encoding, a figure."""
    with pytest.raises(MissingFile, match="nowhere"):
        run.log_image("nowhere.png")
    with pytest.raises(InvalidArgument, match="folder"):
        run.log_image(tmp_path)
    with pytest.raises(InvalidArgument, match="no picture"):
        run.log_image(b"abc")
    with pytest.raises(InvalidArgument, match=r"ext='psd'"):
        run.log_image(PIXELS, dataformats="HWC", ext="psd")
    with pytest.raises(InvalidArgument, match="rescale=0"):
        run.log_image(PIXELS, dataformats="HWC", rescale=0)
    with pytest.raises(InvalidType, match="log_mpl_image"):
        run.log_image(plt.figure())
    with pytest.raises(InvalidType, match="array of numbers"):
        run.log_image({"a": 1})
    plt.close("all")
    assert nothing_was_written(run)


def test_encodings_and_sizes(run: Run, view: RunView) -> None:
    """`ext` says how to encode, `rescale` how large; the row has the size as it is stored."""
    run.log_image(PIXELS, "image", 1, dataformats="HWC", ext="webp", rescale=2)
    row = view.events("image").iloc[0]
    assert (row["height"], row["width"]) == (8, 12)
    assert row["path"] == "assets/image/image_1.webp"
    assert (run.path / row["path"]).read_bytes()[8:12] == b"WEBP"


def photograph() -> np.ndarray:
    """Pixels that are like those beside them, and repeat nowhere: shape (512, 512, 3)."""
    y, x = np.mgrid[:512, :512] / 100
    waves = [np.sin(x * a + y * b) + np.sin(y * a - x * b + 1) for a, b in ((1.1, 2.3), (0.7, 1.9), (2.1, 0.4))]
    return np.clip(128 + 50 * np.stack(waves, -1) + RNG.normal(scale=2, size=(512, 512, 3)), 0, 255).astype(np.uint8)


LARGE = {
    "photograph": Image.fromarray(photograph()),
    "noise": Image.fromarray(RNG.integers(0, 256, (512, 512, 3)).astype(np.uint8)),
    "grey": Image.fromarray(photograph()[..., 0]),
    "clear": Image.fromarray(np.concatenate([photograph(), photograph()[..., :1]], -1)),
    "grey and clear": Image.fromarray(photograph()[..., :2], "LA"),
    "16 bits": Image.fromarray(photograph()[..., 0].astype(np.uint16) * 257),
    "two colours": Image.fromarray(photograph()[..., 0]).convert("1"),
    "palette": Image.fromarray(photograph()).convert("P"),
    "flat": Image.new("RGB", (512, 512), "white"),
    "gradient": Image.fromarray(np.tile(np.arange(512) // 2, (512, 1)).astype(np.uint8)),
    "tiles": Image.fromarray(np.tile(RNG.integers(0, 256, (32, 32, 3)).astype(np.uint8), (16, 16, 1))),
    "wide": Image.fromarray(RNG.integers(0, 256, (8, 20_000)).astype(np.uint8)),
    "one row": Image.fromarray(RNG.integers(0, 256, (1, 70_000)).astype(np.uint8)),
}


def png(picture: Image.Image, **options: int) -> bytes:
    """A picture as Pillow writes it."""
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", LARGE)
def test_a_large_picture_is_packed_without_a_search_that_finds_nothing(run: Run, name: str) -> None:
    """Its pixels are exactly those given, in a PNG that is hardly larger than the one of a search for repetitions, which is made where it finds some."""
    picture = LARGE[name]
    run.log_image(picture, "image")
    (stored,) = [path.read_bytes() for path in run.path.glob("assets/image/*.png")]
    with Image.open(io.BytesIO(stored)) as found:
        assert (found.format, found.size) == ("PNG", picture.size)
        assert np.array_equal(np.array(found.convert("RGBA")), np.array(picture.convert("RGBA")))
        assert found.mode == Image.open(io.BytesIO(png(picture))).mode  # which an older Pillow does not keep of 16 bits
    searched, runs = png(picture), png(picture, compress_type=zlib.Z_RLE)
    assert stored in {searched, runs}
    assert len(stored) <= 1.05 * len(searched)
    if name in {"photograph", "noise", "grey", "clear"}:
        assert stored == runs
    if name == "tiles":
        assert stored == searched
        assert len(runs) > 5 * len(stored)


def test_boxes_are_drawn(run: Run, view: RunView) -> None:
    """Left, top, right and bottom of each box, in red, on a gray picture too."""
    run.log_image_with_boxes(np.zeros((1, 20, 20), np.uint8), np.array([[2, 3, 10, 12]]), "boxes")
    got = view.load("boxes")
    assert got[3, 5].tolist() == [255, 0, 0]
    assert got[7, 7].tolist() == [0, 0, 0]
    with pytest.raises(InvalidArgument, match="left, top, right, bottom"):
        run.log_image_with_boxes(np.zeros((1, 20, 20), np.uint8), [1, 2, 3, 4], "boxes")


def test_figures(run: Run, view: RunView) -> None:
    """A figure, an axes, the pyplot module and a list of figures; closed afterwards unless asked not to."""
    figure, axes = plt.subplots(figsize=(1, 1), dpi=50)
    axes.plot([1, 2])
    run.log_mpl_image(figure, "one", close=False)
    run.log_mpl_image(axes, "axes", close=False)
    run.log_mpl_image(plt, "module", close=False)
    assert plt.fignum_exists(figure.number)
    assert np.array_equal(view.load("one"), view.load("axes"))
    assert np.array_equal(view.load("one"), view.load("module"))
    assert view.load("one").shape == (50, 50, 3)
    run.log_mpl_image([figure, figure], "two")
    assert view.load("two").shape == (50, 100, 4)
    assert not plt.fignum_exists(figure.number)
    with pytest.raises(InvalidType, match="matplotlib figure"):
        run.log_mpl_image([1, 2], "numbers")


def test_sounds(run: Run, view: RunView) -> None:
    """Floats from -1 to 1 to one of 65,536 levels; what lies outside is clipped with a warning."""
    wave = np.sin(np.arange(1000) / 7)
    run.log_audio(wave, "sound", 8000, 1)
    got = view.load("sound")
    assert got.sample_rate == 8000
    assert np.abs(got.samples - wave).max() <= 0.5 / 32767 + 1e-12
    with pytest.warns(UserWarning, match="from -2 to 2"):
        run.log_audio([-2.0, 2.0], "loud")
    assert view.load("loud").samples.tolist() == [-1.0, 1.0]


def test_mistakes_with_sounds_are_named(run: Run) -> None:
    """A shape that is no sound says what would be, and turned the wrong way round says so."""
    with pytest.raises(InvalidArgument, match=r"perhaps data\.T"):
        run.log_audio(np.zeros((2, 500)), "sound")
    with pytest.raises(InvalidArgument, match="int16"):
        run.log_audio(np.array([0, 70000]), "sound")
    with pytest.raises(InvalidArgument, match="sample_rate=0"):
        run.log_audio(np.zeros(5), "sound", 0)
    assert nothing_was_written(run)


def test_a_sound_of_another_form_loads_as_its_path(run: Run, view: RunView, tmp_path: Path) -> None:
    """What the standard library cannot read is a file for a player."""
    (tmp_path / "song.mp3").write_bytes(b"ID3")
    run.log_audio(tmp_path / "song.mp3")
    assert view.load("song").suffix == ".mp3"


def test_videos_in_a_grid(run: Run, view: RunView) -> None:
    """Several videos fill a grid as in Polyaxon; frames that repeat are not lost."""
    videos = np.zeros((3, 4, 1, 2, 2))
    videos[1] = 1.0
    run.log_video(videos, "video", fps=10, step=2)
    got = view.load("video")
    assert got.shape == (4, 2, 8, 3)
    assert (got[:, :, 2:4] == 255).all()
    assert not got[:, :, 4:].any()
    assert view.events("video").iloc[0]["content_type"] == "gif"


def test_mistakes_with_videos_are_named(run: Run) -> None:
    """Channels in the wrong place, a rate or a form that is none."""
    with pytest.raises(InvalidArgument, match="moveaxis"):
        run.log_video(np.zeros((5, 8, 8, 3)), "video")
    with pytest.raises(InvalidArgument, match="fps=0"):
        run.log_video(np.zeros((5, 3, 8, 8)), "video", fps=0)
    with pytest.raises(InvalidArgument, match="avi"):
        run.log_video(np.zeros((5, 3, 8, 8)), "video", content_type="avi")
    assert nothing_was_written(run)


def test_other_forms_of_sound_and_video(run: Run, view: RunView) -> None:
    """A flac by soundfile, an mp4 by ffmpeg: files of their kind; odd sides are made even."""
    pytest.importorskip("soundfile", reason="needs jupyter-tracking[media]")
    pytest.importorskip("imageio_ffmpeg", reason="needs jupyter-tracking[media]")
    run.log_audio(np.zeros(100), "sound", content_type="flac")
    run.log_video(np.zeros((3, 3, 9, 7), np.uint8), "film", content_type="mp4")
    assert view.load("sound").read_bytes()[:4] == b"fLaC"
    assert b"ftyp" in view.load("film").read_bytes()[:16]

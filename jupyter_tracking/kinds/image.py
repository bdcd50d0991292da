"""The image kind: each version is a picture file, made from an array, a file, encoded bytes, Pillow or matplotlib."""

from __future__ import annotations

import io
import os
import sys
import zlib
from typing import TYPE_CHECKING, Any

from jupyter_tracking.budgets import MOST_PIXELS
from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent, TooLarge
from jupyter_tracking.kinds.arguments import as_array, as_flag, as_metric, as_text
from jupyter_tracking.kinds.base import AssetCopy, Kind, NewAsset, Recorder, check_path, example, logs, name_of, refusals, single_file, warn
from jupyter_tracking.kinds.figures import as_figures, is_blank
from jupyter_tracking.kinds.picture_files import FORMATS, check_pixels, open_picture, read_frames
from jupyter_tracking.kinds.pixels import as_pixels, as_rows, tiled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray
    from PIL.Image import Image

    from jupyter_tracking.kinds.base import Asset, Timestamp

_MOST_PIXELS = 200_000_000
_MOST_LEVEL = 65_535
_FARTHEST = 1_000_000  # pixels from the corner that a box is drawn at
_EXACT = {"1", "L", "LA", "P", "RGB", "RGBA"}  # modes of Pillow that PNG has too
_SMALL, _SAMPLE_ROWS = 65_536, 32  # pixels that are quick to compress anyhow; rows of a larger picture that tell how it compresses
_DESCRIBED = {"png", "jpg", "jpeg", "webp"}  # what a camera or an editor says of a picture goes with it
_ENCODERS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tif": "TIFF"}


def _decode(payload: dict[str, Any], asset: Asset) -> NDArray[Any] | Path:
    from PIL import UnidentifiedImageError

    data = asset.read(payload)
    try:
        with open_picture(data) as picture:
            pixels = _pixels(picture, limited=not asset.allow_large)
    except UnidentifiedImageError:  # an SVG, or another format for the user's own programs
        return asset.path(payload)
    except (MemoryError, TooLarge):
        raise
    except Exception as error:
        raise MalformedEvent(f"{payload.get('path')} is no readable picture: {error}") from error
    return asset.path(payload) if pixels is None else pixels


def _pixels(picture: Image, *, limited: bool) -> NDArray[Any] | None:
    """Return the pixels of a picture, (frames, height, width, …) of several frames; None where they are of several sizes."""
    import numpy as np

    found: list[NDArray[Any]] = []
    for frame in read_frames(picture, limited=limited):
        if limited and not found:
            check_pixels(frame, MOST_PIXELS)
        found.append(_frame(frame))
    if len({frame.shape for frame in found}) > 1:  # some have transparency and some have none; pages of a document may be of several sizes
        for number in range(len(found)):
            picture.seek(number)
            found[number] = _frame(picture, "RGBA")
    if len(found) == 1:
        return found[0]
    return np.stack(found) if len({frame.shape for frame in found}) == 1 else None


def _frame(picture: Image, mode: str | None = None) -> NDArray[Any]:
    import numpy as np

    if mode is None and picture.mode == "P":  # the colours that the palette stands for
        mode = "RGBA" if "transparency" in picture.info else "RGB"
    return np.array(picture.convert(mode) if mode else picture)


def _frames(picture: Image) -> int:
    """Return how many frames a picture of the user's has; what a camera puts beside its picture in one file is none."""
    return 1 if picture.format == "MPO" else getattr(picture, "n_frames", 1)


def _encode(
    data: ArrayLike | str | os.PathLike[str] | bytes | Image,
    rescale: float = 1,
    dataformats: str = "CHW",
    ext: str | None = None,
) -> AssetCopy | NewAsset:
    encoded = getattr(data, "encoded_image_string", data)
    if isinstance(data, str | os.PathLike):
        path = check_path(data, "data")
        if os.path.isdir(path):  # noqa: PTH112
            raise InvalidArgument(f"data={path!r} is a folder; give the path of a picture file")
        return AssetCopy({}, path)
    if isinstance(encoded, bytes | bytearray | memoryview):
        return _encode_bytes(bytes(encoded))
    pillow = sys.modules.get("PIL.Image")
    if pillow is not None and isinstance(data, pillow.Image):
        return _encode_picture(_storable(data), ext)
    if hasattr(data, "savefig"):
        raise InvalidType(f"data is a {type(data).__name__}; log it with log_mpl_image()")
    picture = _as_picture(as_pixels(as_rows(data, dataformats, "data"), "data"))
    return _encode_picture(_rescaled(picture, rescale), ext)


def _storable(picture: Image) -> Image:
    """Return an image of Pillow in a mode whose pixels a file holds as they are; what changes is told, or refused.

    16 bits of grey stay 16 bits; floats are taken as those of an array.
    """
    import numpy as np
    from PIL import Image

    if not picture.width * picture.height:
        raise InvalidArgument(f"data is a picture of {picture.width} x {picture.height} pixels: there is nothing to show")
    with refusals("data is a picture that cannot be read"):
        frames, shown = _frames(picture), getattr(picture, "n_frames", 1)
        if frames > 1:
            raise InvalidArgument(
                f"data is an animation of {frames} frames; log its file, all with log_video(), or one: data.seek(0), then data.copy()"
            )
        picture.load()
    if shown > 1:
        warn(f"data is the first of {shown} pictures in its file; the others are not kept")
    mode = picture.mode
    if mode in _EXACT or mode == "I;16":
        return picture
    if mode == "F":
        return _as_picture(as_pixels(np.asarray(picture)[..., None], "data"))
    if mode.startswith("I"):
        levels = np.asarray(picture)
        low, high = int(levels.min()), int(levels.max())
        if low < 0 or high > _MOST_LEVEL:
            raise InvalidArgument(f"data goes from {low} to {high}; a picture of whole numbers has levels from 0 to {_MOST_LEVEL}")
        return Image.fromarray(levels.astype(np.uint16))
    if mode == "PA":  # the colours that the palette stands for
        return picture.convert("RGBA")
    kept = {"RGBa": "RGBA", "La": "LA"}.get(mode, "RGB")
    with refusals(f"data has the mode {mode}, which no file here holds"):
        plain = picture.convert(kept)
    warn(f"data has the mode {mode} and is kept as {kept}, whose numbers are others; data.convert({kept!r}) is what is logged")
    plain.info.pop("icc_profile", None)  # it is that of the other colours
    return plain


def _encode_picture(picture: Image, ext: str | None = None) -> NewAsset:
    suffix = (as_text(ext, "ext") if ext is not None else "png").lower().lstrip(".") or "png"
    if suffix not in _ENCODERS:
        raise InvalidArgument(f"ext={ext!r:.60} is none of {', '.join(_ENCODERS)}")
    if picture.mode == "I;16" and suffix not in {"png", "tif"}:
        raise InvalidArgument(f"ext={ext!r} holds 8 bits a pixel, and data has 16; give ext='png'")
    clear = "A" in picture.mode or "transparency" in picture.info
    if suffix in {"jpg", "jpeg"}:
        if clear and picture.convert("RGBA").getchannel("A").getextrema() != (255, 255):
            raise InvalidArgument(f"ext={ext!r} has no transparency, and data has; give ext='png'")
        picture = picture if picture.mode == "L" else picture.convert("L" if picture.mode in {"1", "LA"} else "RGB")
    elif suffix == "webp":
        picture = picture if picture.mode in {"RGB", "RGBA"} else picture.convert("RGBA" if clear else "RGB")
    about = {key: picture.info[key] for key in ("exif", "icc_profile") if picture.info.get(key)} if suffix in _DESCRIBED else {}
    lossless = {"lossless": True, "exact": True} if suffix == "webp" else _deflation(picture) if suffix == "png" else {}
    with refusals(f"data cannot be stored as {suffix}"):
        buffer = io.BytesIO()
        picture.save(buffer, _ENCODERS[suffix], **lossless, **about)
        if suffix in {"gif", "bmp", "tif"} and picture.mode != "I;16" and _colours(buffer) != picture.convert("RGBA").tobytes():
            warn(f"{suffix} does not hold all colours of data, and those nearest are kept; ext='png' holds them")
    return _asset(buffer.getvalue(), picture, suffix)


def _deflation(picture: Image) -> dict[str, Any]:
    """Return how Pillow is to deflate a picture for a PNG: as fast as it can be without a larger file.

    In a photograph, noise or a heat map deflate's search for repetitions finds next to nothing, and takes most of the time; to look for
    runs alone gives a file of nearly the same size. Drawings and tiles are another matter: a few rows from the middle tell.
    """
    if picture.width * picture.height < _SMALL:
        return {}
    top = max(0, (picture.height - _SAMPLE_ROWS) // 2)
    sample = picture.crop((0, top, picture.width, min(picture.height, top + _SAMPLE_ROWS)))
    fast = {"compress_type": zlib.Z_RLE}
    return fast if _png_size(sample, fast) <= 1.02 * _png_size(sample, {}) else {}


def _png_size(picture: Image, deflation: dict[str, Any]) -> int:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", **deflation)
    return buffer.tell()


def _colours(file: io.BytesIO) -> bytes:
    with open_picture(file.getvalue()) as picture:
        return picture.convert("RGBA").tobytes()


def _encode_bytes(data: bytes) -> NewAsset:
    """Keep the bytes of a picture file as they are."""
    with refusals(f"data is {len(data)} bytes that are no picture of {', '.join(FORMATS)}"), open_picture(data) as picture:
        return _asset(data, picture, (picture.format or "png").lower())


def _asset(data: bytes, picture: Image, suffix: str) -> NewAsset:
    payload = {"height": picture.height, "width": picture.width, "colorspace": len(picture.getbands())}
    return NewAsset(payload, suffix, lambda sink: sink.write(data))


IMAGE = Kind("image", "image", _decode, ("path", "height", "width", "colorspace"), _encode, order=70, file=single_file)


@logs(IMAGE)
class ImageMethods(Recorder):
    """How a run logs images."""

    @example("sample pixels --step 3")
    def log_image(
        self,
        data: ArrayLike | str | os.PathLike[str] | bytes | Image,
        name: str | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        ext: str | None = None,
    ) -> None:
        """Log a picture.

        Args:
            data: an array with the axes of `dataformats`: uint8, integers from 0 to 255, booleans, or floats
                from 0 to 1, which become the nearest of 256 levels (what lies outside is clipped, with a warning); the path of
                a picture file, which is copied; the bytes of one; an image of Pillow, whose pixels are kept as they lie in
                memory, 16 bits of grey too; or what has an `encoded_image_string`.
            name: the image's name; by default the file's up to its first dot, else `"image"`.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            rescale: how many times larger to draw an array.
            dataformats: `"CHW"`, `"HWC"`, `"HW"` or `"NCHW"` (several pictures, in rows of up to 8); other orders do too. Where it is
                not given, and the shape is none of `"CHW"` but of one other, it is taken as that: (28, 28) or (28, 28, 3).
            ext: how to encode it: `"png"` (the default), `"webp"`, `"bmp"` and `"tif"`, which are exact, `"jpg"`, `"gif"`.

        Raises:
            MissingFile: the file is not there.
            InvalidType: not numbers.
            InvalidArgument: the shape is not what `dataformats` says, bytes that are no picture, an animation of Pillow, masked
                elements, or levels or a transparency that `ext` cannot hold.
        """
        encoded = _encode(data, rescale, dataformats, ext)
        self.record("image", name_of(name, encoded, "image"), encoded, step, timestamp)

    def log_image_with_boxes(
        self,
        tensor_image: ArrayLike,
        tensor_boxes: ArrayLike,
        name: str | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
        rescale: float = 1,
        dataformats: str = "CHW",
    ) -> None:
        """Log a picture with boxes drawn on it.

        Args:
            tensor_image: an array, as `log_image` takes it.
            tensor_boxes: shape (n, 4): left, top, right and bottom of each box, in pixels.
            name: the image's name; `"figure"` by default.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            rescale: how many times larger to draw it, boxes and all.
            dataformats: as in `log_image`.

        Raises:
            InvalidType: not numbers.
            InvalidArgument: a shape that does not fit.
        """
        from PIL import ImageDraw

        boxes = as_array(tensor_boxes, "tensor_boxes")
        if boxes.ndim != 2 or boxes.shape[1] != 4:  # noqa: PLR2004
            raise InvalidArgument(f"tensor_boxes has the shape {boxes.shape}; give (n, 4): left, top, right, bottom")
        picture = _as_picture(as_pixels(as_rows(tensor_image, dataformats, "tensor_image"), "tensor_image"))
        corners = boxes.astype(float).tolist()
        if not all(abs(side) <= _FARTHEST for corner in corners for side in corner):  # NaN is not
            raise InvalidArgument(f"tensor_boxes holds numbers that are no pixels; give finite ones, up to {_FARTHEST:,}")
        if picture.mode == "L":
            picture = picture.convert("RGB")
        pen = ImageDraw.Draw(picture)
        for left, top, right, bottom in corners:
            pen.line([(left, top), (left, bottom), (right, bottom), (right, top), (left, top)], fill="red", width=2)
        encoded = _encode_picture(_rescaled(picture, rescale))
        self.record("image", name_of(name, encoded, "figure"), encoded, step, timestamp)

    @example("figure --name weights --step 3")
    def log_mpl_image(
        self,
        data: Figure | Sequence[Figure],
        name: str | None = None,
        close: bool = True,
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a matplotlib figure as a picture.

        Args:
            data: a figure; what is drawn in one (axes, a line) or a grid of seaborn, for all of its figure; the `pyplot` module for
                the current one; or a list of figures of one size, which are put side by side.
            name: the image's name; `"figure"` by default.
            close: close the figure afterwards, so that it is not shown a second time.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a figure.
            InvalidArgument: figures of different sizes, one that matplotlib cannot draw, or `pyplot` without a figure: a notebook
                closes a figure once it has shown it.
        """
        figures, closes = as_figures(data, "data"), as_flag(close, "close")
        for figure in figures:
            if is_blank(figure):
                warn("the figure is empty: nothing is drawn in it, and an empty picture is logged")
        encoded = encode_figures(figures)
        self.record("image", name_of(name, encoded, "figure"), encoded, step, timestamp)
        if closes:
            from matplotlib import pyplot as plt

            for figure in figures:
                plt.close(figure)


def encode_figures(figures: Sequence[Figure]) -> NewAsset:
    """Return matplotlib figures of one size as one picture, side by side.

    Raises:
        InvalidArgument: no figure, or figures of different sizes.
    """
    if not figures:
        raise InvalidArgument("data is an empty list; give a figure")
    pictures = [_rendered(figure) for figure in figures]
    if len(pictures) > 1:
        import numpy as np

        sizes = sorted({picture.size for picture in pictures})
        if len(sizes) > 1:
            raise InvalidArgument(f"data holds figures of {sizes} pixels; give figures of one size")
        pictures = [_as_picture(tiled(np.stack([np.array(picture.convert("RGBA")) for picture in pictures])))]
    return _encode_picture(pictures[0])


def _rendered(figure: Figure) -> Image:
    buffer = io.BytesIO()
    with refusals("matplotlib cannot draw the figure"):
        figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})  # it is encoded anew below
    with open_picture(buffer.getvalue()) as picture:
        opaque = picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255)
        return picture.convert("RGB") if opaque else picture.copy()


def _as_picture(pixels: NDArray[np.uint8]) -> Image:
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))


def _rescaled(picture: Image, rescale: float) -> Image:
    rescale = as_metric(rescale, "rescale")
    if not rescale > 0:
        raise InvalidArgument(f"rescale={rescale!r} is no factor; give a number above 0")
    if rescale == 1:
        return picture
    from PIL.Image import Resampling

    if not picture.width * picture.height * rescale * rescale <= _MOST_PIXELS:
        raise InvalidArgument(f"rescale={rescale!r:.60} makes more than {_MOST_PIXELS:,} pixels; give a smaller one")
    size = max(1, int(picture.width * rescale)), max(1, int(picture.height * rescale))
    return picture.resize(size, Resampling.LANCZOS)

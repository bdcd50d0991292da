"""The image kind: each version is a picture file, made from an array, a file, encoded bytes, Pillow or matplotlib."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent
from jupyter_tracking.kinds.arguments import as_array, as_metric
from jupyter_tracking.kinds.base import AssetCopy, Kind, NewAsset, Recorder, check_path, example, logs, name_of
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
_ENCODERS = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP", "gif": "GIF", "bmp": "BMP", "tif": "TIFF"}


def _decode(payload: dict[str, Any], asset: Asset) -> NDArray[np.uint8] | Path:
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    data = asset.read(payload)
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return asset.path(payload)
            if picture.mode == "P":
                return np.array(picture.convert("RGBA" if "transparency" in picture.info else "RGB"))
            return np.array(picture)
    except UnidentifiedImageError:  # an SVG, or another format for the user's own programs
        return asset.path(payload)
    except (OSError, SyntaxError, ValueError) as error:
        raise MalformedEvent(f"{payload.get('path')} is no readable picture: {error}") from error


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
    if hasattr(data, "getbands"):  # an image of Pillow
        return _encode_picture(data, ext)  # type: ignore[arg-type]
    if hasattr(data, "savefig"):
        raise InvalidType(f"data is a {type(data).__name__}; log it with log_mpl_image()")
    picture = _as_picture(as_pixels(as_rows(data, dataformats, "data"), "data"))
    return _encode_picture(_rescaled(picture, rescale), ext)


def _encode_picture(picture: Image, ext: str | None = None) -> NewAsset:
    suffix = (ext or "png").lower().lstrip(".")
    if suffix not in _ENCODERS:
        raise InvalidArgument(f"ext={ext!r} is none of {', '.join(_ENCODERS)}")
    if suffix in {"jpg", "jpeg"}:
        picture = picture.convert("RGB")
    elif suffix == "png" and picture.mode not in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}:
        picture = picture.convert("RGBA" if picture.mode in {"PA", "RGBa"} else "RGB")
    buffer = io.BytesIO()
    picture.save(buffer, _ENCODERS[suffix])
    return _asset(buffer.getvalue(), picture, suffix)


def _encode_bytes(data: bytes) -> NewAsset:
    """Keep the bytes of a picture file as they are."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as picture:
            return _asset(data, picture, (picture.format or "png").lower())
    except UnidentifiedImageError as error:
        raise InvalidArgument(f"data is {len(data)} bytes that are no picture: {error}") from None


def _asset(data: bytes, picture: Image, suffix: str) -> NewAsset:
    payload = {"height": picture.height, "width": picture.width, "colorspace": len(picture.getbands())}
    return NewAsset(payload, suffix, lambda sink: sink.write(data))


IMAGE = Kind("image", "image", _decode, ("path", "height", "width", "colorspace"), _encode, order=70)


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
                from 0 to 1 (what lies outside is clipped, with a warning); the path of a picture file, which is
                copied; the bytes of one; an image of Pillow; or what has an `encoded_image_string`.
            name: the image's name; by default the file's up to its first dot, else `"image"`.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            rescale: how many times larger to draw an array.
            dataformats: `"CHW"`, `"HWC"`, `"HW"` or `"NCHW"` (several pictures, in rows of up to 8); other orders do too.
            ext: how to encode an array: `"png"` (the default, exact), `"jpg"`, `"webp"`, …

        Raises:
            MissingFile: the file is not there.
            InvalidType: not numbers.
            InvalidArgument: the shape is not what `dataformats` says, or bytes that are no picture.
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
        if picture.mode == "L":
            picture = picture.convert("RGB")
        pen = ImageDraw.Draw(picture)
        for left, top, right, bottom in boxes.astype(float).tolist():
            pen.line([(left, top), (left, bottom), (right, bottom), (right, top), (left, top)], fill="red", width=2)
        self.record("image", name or "figure", _encode_picture(_rescaled(picture, rescale)), step, timestamp)

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
            data: a figure, what is drawn in one, the `pyplot` module for the current one, or a list of figures of
                one size, which are put side by side.
            name: the image's name; `"figure"` by default.
            close: close the figure afterwards, so that it is not shown a second time.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a figure.
            InvalidArgument: figures of different sizes.
        """
        figures = [as_figure(item, "data") for item in (data if isinstance(data, list | tuple) else [data])]
        self.record("image", name or "figure", encode_figures(figures), step, timestamp)
        if close:
            from matplotlib import pyplot as plt

            for figure in figures:
                plt.close(figure)


def as_figure(data: Any, argument: str) -> Figure:
    """Return the matplotlib figure meant by a figure, by what is drawn in one, or by the `pyplot` module.

    Raises:
        InvalidType: none is.
    """
    found = data.gcf() if hasattr(data, "gcf") else data
    if not hasattr(found, "savefig"):
        found = getattr(found, "figure", None)
    if not hasattr(found, "savefig"):
        raise InvalidType(f"{argument} is a {type(data).__name__}; give a matplotlib figure")
    figure: Figure = found
    return figure


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
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    picture = Image.open(buffer)
    opaque = picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255)
    return picture.convert("RGB") if opaque else picture


def _as_picture(pixels: NDArray[np.uint8]) -> Image:
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))


def _rescaled(picture: Image, rescale: float) -> Image:
    if not as_metric(rescale, "rescale") > 0:
        raise InvalidArgument(f"rescale={rescale!r} is no factor; give a number above 0")
    if rescale == 1:
        return picture
    from PIL.Image import Resampling

    size = max(1, int(picture.width * rescale)), max(1, int(picture.height * rescale))
    return picture.resize(size, Resampling.LANCZOS)

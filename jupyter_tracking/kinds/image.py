"""The image kind: a picture file a step, from an array, a file, encoded bytes, Pillow or matplotlib."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent
from jupyter_tracking.format.convert import as_array, as_metric
from jupyter_tracking.kinds.base import Kind, Recorder, check_path
from jupyter_tracking.kinds.pixels import as_pixels, as_rows, tiled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray
    from PIL.Image import Image

    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["IMAGE", "ImageLogging", "as_figure"]

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


IMAGE = Kind("image", "image", _decode, ("path", "height", "width", "colorspace"))


class ImageLogging(Recorder):
    """How a run logs images."""

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
        encoded = getattr(data, "encoded_image_string", data)
        if isinstance(data, str | os.PathLike):
            path = check_path(data, "data")
            if os.path.isdir(path):  # noqa: PTH112
                raise InvalidArgument(f"data={path!r} is a folder; give the path of a picture file")
            self._log_copy("image", name, step, timestamp, path, {})
        elif isinstance(encoded, bytes | bytearray | memoryview):
            self._log_encoded(name or "image", bytes(encoded), step, timestamp)
        elif hasattr(data, "getbands"):
            self._log_picture(name or "image", data, step, timestamp, ext)  # type: ignore[arg-type]
        elif hasattr(data, "savefig"):
            raise InvalidType(f"data is a {type(data).__name__}; log it with log_mpl_image()")
        else:
            picture = _as_picture(as_pixels(as_rows(data, dataformats, "data"), "data"))
            self._log_picture(name or "image", _rescaled(picture, rescale), step, timestamp, ext)

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
        self._log_picture(name or "figure", _rescaled(picture, rescale), step, timestamp, None)

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
        if not figures:
            raise InvalidArgument("data is an empty list; give a figure")
        pictures = [_rendered(figure) for figure in figures]
        if len(pictures) > 1:
            import numpy as np

            sizes = sorted({picture.size for picture in pictures})
            if len(sizes) > 1:
                raise InvalidArgument(f"data holds figures of {sizes} pixels; give figures of one size")
            pictures = [_as_picture(tiled(np.stack([np.array(picture.convert("RGBA")) for picture in pictures])))]
        self._log_picture(name or "figure", pictures[0], step, timestamp, None)
        if close:
            from matplotlib import pyplot as plt

            for figure in figures:
                plt.close(figure)

    def _log_picture(self, name: str, picture: Image, step: int | None, timestamp: Timestamp, ext: str | None) -> None:
        suffix = (ext or "png").lower().lstrip(".")
        if suffix not in _ENCODERS:
            raise InvalidArgument(f"ext={ext!r} is none of {', '.join(_ENCODERS)}")
        if suffix in {"jpg", "jpeg"}:
            picture = picture.convert("RGB")
        elif suffix == "png" and picture.mode not in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"}:
            picture = picture.convert("RGBA" if picture.mode in {"PA", "RGBa"} else "RGB")
        buffer = io.BytesIO()
        picture.save(buffer, _ENCODERS[suffix])
        self._log_bytes(name, buffer.getvalue(), picture, suffix, step, timestamp)

    def _log_encoded(self, name: str, data: bytes, step: int | None, timestamp: Timestamp) -> None:
        """Keep encoded bytes as they are."""
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(io.BytesIO(data)) as picture:
                self._log_bytes(name, data, picture, (picture.format or "png").lower(), step, timestamp)
        except UnidentifiedImageError as error:
            raise InvalidArgument(f"data is {len(data)} bytes that are no picture: {error}") from None

    def _log_bytes(self, name: str, data: bytes, picture: Image, suffix: str, step: int | None, timestamp: Timestamp) -> None:
        payload = {"height": picture.height, "width": picture.width, "colorspace": len(picture.getbands())}
        self._log_asset("image", name, step, timestamp, suffix, lambda sink: sink.write(data), payload)


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

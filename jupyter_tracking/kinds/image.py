"""The image kind: a picture file a step, from an array, a file or a matplotlib figure."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, MalformedEvent
from jupyter_tracking.kinds.base import Kind, Recorder

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp

__all__ = ["IMAGE", "ImageLogging"]

_MOST_PIXELS = 200_000_000


def _decode(payload: dict[str, Any], asset: Asset) -> NDArray[np.uint8] | Path:
    import numpy as np
    from PIL import Image

    data = asset.read(payload)
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return asset.path(payload)
            return np.array(picture)
    except OSError as error:
        message = f"{payload.get('path')} is no readable picture: {error}"
        raise MalformedEvent(message) from error


IMAGE = Kind("image", "image", _decode, ("path", "height", "width", "colorspace"))


class ImageLogging(Recorder):
    """How a run logs images."""

    def log_mpl_image(
        self,
        data: Figure,
        name: str | None = None,
        close: bool = True,  # noqa: FBT001, FBT002 - Polyaxon's signature
        step: int | None = None,
        timestamp: Timestamp = None,
    ) -> None:
        """Log a matplotlib figure as a picture.

        Args:
            data: a figure, or the `pyplot` module for the current one.
            name: the image's name; `"figure"` by default.
            close: close the figure afterwards, so that it is not shown a second time.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType: not a figure.
        """
        figure = data.gcf() if hasattr(data, "gcf") else data
        if not hasattr(figure, "savefig"):
            message = f"data is a {type(data).__name__}; give a matplotlib figure"
            raise InvalidType(message)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png")
        self._log_png(name or "figure", buffer.getvalue(), step, timestamp)
        if close:
            from matplotlib import pyplot as plt

            plt.close(figure)

    def log_image(
        self,
        data: NDArray[Any],
        name: str | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
        rescale: int = 1,
        dataformats: str = "CHW",
    ) -> None:
        """Log an array as a picture.

        Args:
            data: shape as `dataformats` says, uint8 or floats between 0 and 1.
            name: the image's name; `"image"` by default.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            rescale: how many times larger to draw it.
            dataformats: `"CHW"`, `"HWC"` or `"HW"`.

        Raises:
            InvalidArgument: the shape is not what `dataformats` says.
        """
        import numpy as np
        from PIL import Image

        array = np.asarray(data)
        if array.ndim != len(dataformats) or dataformats not in {"CHW", "HWC", "HW"}:
            message = f"data has the shape {array.shape}, which is not dataformats={dataformats!r}"
            raise InvalidArgument(message)
        if dataformats == "CHW":
            array = array.transpose(1, 2, 0)
        if array.dtype.kind == "f":
            array = (np.clip(array, 0, 1) * 255).round()
        array = array.astype(np.uint8)
        picture = Image.fromarray(array[..., 0] if array.ndim > 2 and array.shape[2] == 1 else array)  # noqa: PLR2004
        if rescale != 1:
            picture = picture.resize((int(picture.width * rescale), int(picture.height * rescale)))
        buffer = io.BytesIO()
        picture.save(buffer, "png")
        self._log_png(name or "image", buffer.getvalue(), step, timestamp)

    def _log_png(self, name: str, png: bytes, step: int | None, timestamp: Timestamp) -> None:
        from PIL import Image

        with Image.open(io.BytesIO(png)) as picture:
            payload = {"height": picture.height, "width": picture.width, "colorspace": len(picture.getbands())}
        self._log_asset("image", name, step, timestamp, "png", lambda sink: sink.write(png), payload)

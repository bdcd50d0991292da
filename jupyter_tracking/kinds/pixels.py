"""Arrays as pixels, for the kinds that are made of pictures. Nothing is transposed, clipped or scaled without a warning or an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.kinds.arguments import as_array
from jupyter_tracking.kinds.base import warn

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

_CHANNELS = (1, 3, 4)
_DEFAULT = "CHW"
_FORMATS = ("HW", "HWC", "NHWC")
_HALF_LEVEL = 1 / 510


def as_pixels(array: NDArray[Any], argument: str) -> NDArray[np.uint8]:
    """Return numbers as levels from 0 to 255.

    uint8 stays as it is; booleans, and integers of only 0 and 1, become 0 and 255; other integers lie
    between 0 and 255; floats between 0 and 1, and those outside are clipped with a warning.

    Raises:
        InvalidArgument: nothing there, or integers outside 0 to 255.
    """
    import numpy as np

    if not array.size:
        raise InvalidArgument(f"{argument} has the shape {array.shape}: there is nothing to show")
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "f":
        if array.dtype == np.float16:  # whose own arithmetic misses the nearest level
            array = array.astype(np.float32)
        low, high = float(np.fmin.reduce(array, axis=None)), float(np.fmax.reduce(array, axis=None))  # NaN where all is
        missing = int(np.count_nonzero(np.isnan(array)))
        if missing == array.size:
            warn(f"{argument} is NaN everywhere, shown as 0: there is nothing to see")
        elif low < -_HALF_LEVEL or high > 1 + _HALF_LEVEL or missing:
            told = f" and {missing} NaN, shown as 0" if missing else ""
            warn(
                f"{argument} goes from {low:g} to {high:g}{told}; floats are taken as 0 to 1 and the rest is cut off. "
                "Scale them, or give uint8 for 0 to 255"
            )
        levels: NDArray[np.uint8] = np.rint(np.clip(np.nan_to_num(array, nan=0.0), 0, 1) * 255).astype(np.uint8)
        return levels
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > 255:  # noqa: PLR2004
        raise InvalidArgument(
            f"{argument} goes from {low} to {high}; whole numbers are taken as 0 to 255. "
            "16 bits of grey are kept of PIL.Image.fromarray(array.astype(numpy.uint16))"
        )
    return (array.astype(np.uint8) * 255 if high <= 1 else array.astype(np.uint8)).astype(np.uint8)


def as_rows(data: object, dataformats: str, argument: str) -> NDArray[Any]:
    """Return a picture as (height, width, channels), from an array whose axes are named.

    Args:
        data: an array, a nested list, a tensor.
        dataformats: the axes in their order: `H`, `W`, for colours `C`, for several pictures `N`.
        argument: what to call it in a message.

    Raises:
        InvalidArgument: the shape is not what `dataformats` says, which is `"CHW"` where it is not given and either that or another
            fits; the message says which would.
    """
    array = as_array(data, argument)
    axes = str(dataformats).upper()
    fits = _fitting(array)
    if axes == _DEFAULT and axes not in fits and len(fits) == 1:  # what is not said is what the shape alone explains
        axes = fits[0]
    known = next((known for known in _FORMATS if sorted(known) == sorted(axes)), None)
    if known is None:
        raise InvalidArgument(f"dataformats={dataformats!r} are no axes of a picture; give 'CHW', 'HWC', 'HW' or 'NCHW'")
    if array.ndim != len(axes):
        raise InvalidArgument(f"{argument} has the shape {array.shape}, dataformats={axes!r} has {len(axes)} axes{_perhaps(fits)}")
    ordered = array.transpose([axes.index(axis) for axis in known])
    if known == "HW":
        return ordered[..., None]
    channels = ordered.shape[-1]
    if channels not in _CHANNELS:
        raise InvalidArgument(
            f"{argument} has the shape {array.shape}: with dataformats={axes!r} that is {channels} channels, "
            f"and a picture has 1, 3 or 4{_perhaps(fits)}"
        )
    return tiled(ordered) if known == "NHWC" else ordered


def _fitting(array: NDArray[Any]) -> list[str]:
    """Return the formats that the shape fits."""
    candidates: dict[int, Iterable[str]] = {2: ("HW",), 3: ("CHW", "HWC"), 4: ("NCHW", "NHWC")}
    return [f for f in candidates.get(array.ndim, ()) if "C" not in f or array.shape[f.index("C")] in _CHANNELS]


def _perhaps(fits: list[str]) -> str:
    return f"; perhaps dataformats={' or '.join(map(repr, fits))}" if fits else ""


def tiled(pictures: NDArray[Any], columns: int = 8) -> NDArray[Any]:
    """Return pictures of shape (n, height, width, channels) as one, in rows of up to 8, the rest of the last row black."""
    import numpy as np

    count, height, width, channels = pictures.shape
    columns = max(1, min(count, columns))
    rows = -(-count // columns)
    missing = np.zeros((rows * columns - count, height, width, channels), pictures.dtype)
    grid = np.concatenate([pictures, missing]).reshape(rows, columns, height, width, channels)
    return grid.swapaxes(1, 2).reshape(rows * height, columns * width, channels)

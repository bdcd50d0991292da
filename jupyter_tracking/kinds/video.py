"""The video kind: each version is a file of moving pictures, made from an array or a file."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, MalformedEvent
from jupyter_tracking.format import paths
from jupyter_tracking.kinds.arguments import as_array, as_metric
from jupyter_tracking.kinds.base import AssetCopy, Kind, NewAsset, Recorder, check_path, logs, missing_extra, name_of
from jupyter_tracking.kinds.pixels import as_pixels

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp

_CHANNELS = (1, 3)
_MOST_PIXELS = 500_000_000
_CODECS = {"mp4": "libx264", "webm": "libvpx-vp9"}


def _decode(payload: dict[str, Any], asset: Asset) -> NDArray[np.uint8] | Path:
    """Return the frames of a GIF as (frames, height, width, 3), other videos as their path."""
    import numpy as np
    from PIL import Image

    data = asset.read(payload)
    if data[:3] != b"GIF":
        return asset.path(payload)
    try:
        with Image.open(io.BytesIO(data)) as file:
            if getattr(file, "n_frames", 1) * file.width * file.height > _MOST_PIXELS:
                return asset.path(payload)
            fps = _fps(file.info.get("comment", b""))
            frames = []
            for number in range(getattr(file, "n_frames", 1)):
                file.seek(number)
                shown = float(file.info.get("duration", 0))
                frames += [np.array(file.convert("RGB"))] * max(1, round(shown * fps / 1000))
    except (OSError, SyntaxError, ValueError) as error:
        raise MalformedEvent(f"{payload.get('path')} is no readable GIF: {error}") from error
    return np.stack(frames)


def _fps(comment: bytes) -> float:
    """Return the rate we wrote beside the pictures, where equal ones in a row are one that is shown longer; else 0."""
    try:
        return float(json.loads(comment)["fps"])
    except (ValueError, TypeError, KeyError):
        return 0.0


def _encode(
    data: ArrayLike | str | os.PathLike[str],
    fps: float = 4,
    content_type: str | None = None,
) -> AssetCopy | NewAsset:
    if isinstance(data, str | os.PathLike):
        path = check_path(data, "data")
        return AssetCopy({"content_type": paths.file_extension(path) or content_type or "gif"}, path)
    if not 0 < as_metric(fps, "fps") <= 1000:  # noqa: PLR2004
        raise InvalidArgument(f"fps={fps!r} is no rate; give the frames a second")
    suffix = (content_type or "gif").lower().removeprefix("video/").removeprefix("image/")
    if suffix not in {"gif", *_CODECS}:
        raise InvalidArgument(f"content_type={content_type!r} is none of gif, {', '.join(_CODECS)}")
    frames = _as_frames(data)
    movie = _as_gif(frames, fps) if suffix == "gif" else _as_movie(frames, fps, suffix)
    _, height, width, channels = frames.shape
    payload = {"height": height, "width": width, "colorspace": channels, "content_type": suffix}
    return NewAsset(payload, suffix, lambda sink: sink.write(movie))


VIDEO = Kind("video", "video", _decode, ("path", "height", "width", "colorspace", "content_type"), _encode, order=120)


@logs(VIDEO)
class VideoMethods(Recorder):
    """How a run logs videos."""

    def log_video(
        self,
        data: ArrayLike | str | os.PathLike[str],
        name: str | None = None,
        fps: float = 4,
        step: int | None = None,
        timestamp: Timestamp = None,
        content_type: str | None = None,
    ) -> None:
        """Log a video.

        Args:
            data: shape (videos, frames, channels, height, width), several put in a grid as Polyaxon does, or
                (frames, channels, height, width); numbers as `log_image` takes them. Or the path of a video file,
                which is copied.
            name: the video's name; by default the file's up to its first dot, else `"video"`.
            fps: frames a second, for an array.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            content_type: `"gif"` (the default: up to 256 colours a frame), `"mp4"` or `"webm"`.

        Raises:
            MissingFile: the file is not there.
            MissingExtra: another content type than gif, and imageio with ffmpeg is not installed.
            InvalidType: not numbers.
            InvalidArgument: a shape, a rate or a content type that does not fit.
        """
        encoded = _encode(data, fps, content_type)
        self.record("video", name_of(name, encoded, "video"), encoded, step, timestamp)


def _as_frames(data: ArrayLike) -> NDArray[np.uint8]:
    """Return pictures of shape (frames, height, width, 3)."""
    import numpy as np

    array = as_array(data, "data")
    videos = array[None] if array.ndim == 4 else array  # noqa: PLR2004
    if videos.ndim != 5 or videos.shape[2] not in _CHANNELS:  # noqa: PLR2004
        last = videos.ndim == 5 and videos.shape[-1] in _CHANNELS  # noqa: PLR2004
        turned = "; perhaps numpy.moveaxis(data, -1, -3)" if last else ""
        raise InvalidArgument(f"data has the shape {array.shape}; give (videos, frames, channels, height, width), channels 1 or 3{turned}")
    pixels = as_pixels(videos, "data")
    # Polyaxon's grid: the number of videos filled up to a power of two, at least as wide as high.
    count = len(pixels)
    slots = 1 << (count - 1).bit_length()
    rows = 2 ** ((count.bit_length() - 1) // 2)
    empty = np.zeros((slots - count, *pixels.shape[1:]), np.uint8)
    _, length, channels, height, width = pixels.shape
    grid = np.concatenate([pixels, empty]).reshape(rows, slots // rows, length, channels, height, width)
    frames = grid.transpose(2, 0, 4, 1, 5, 3).reshape(length, rows * height, slots // rows * width, channels)
    return frames if channels == 3 else np.repeat(frames, 3, axis=-1)  # noqa: PLR2004


def _as_gif(frames: NDArray[np.uint8], fps: float) -> bytes:
    from PIL import Image

    pictures = [Image.fromarray(frame).quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    comment = json.dumps({"fps": fps}).encode()
    duration = max(10, round(100 / fps) * 10)  # a GIF counts in hundredths of a second
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=duration, loop=0, comment=comment, optimize=False)
    return buffer.getvalue()


def _as_movie(frames: NDArray[np.uint8], fps: float, suffix: str) -> bytes:
    """Encode with ffmpeg, which writes to a file of its own; odd sides are made even, as the codecs want them."""
    import tempfile
    from pathlib import Path

    import numpy as np

    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise missing_extra("imageio-ffmpeg", "media", error) from error
    _, height, width, _ = frames.shape
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"video.{suffix}"
        size = (even.shape[2], even.shape[1])
        writer = imageio_ffmpeg.write_frames(
            str(target), size, fps=fps, codec=_CODECS[suffix], macro_block_size=1, ffmpeg_log_level="error"
        )
        writer.send(None)
        for frame in even:
            writer.send(np.ascontiguousarray(frame))
        writer.close()
        return target.read_bytes()

"""The video kind: each version is a file of moving pictures, made from an array or a file."""

from __future__ import annotations

import io
import json
import math
import os
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jupyter_tracking.budgets import MOST_FRAME_PIXELS
from jupyter_tracking.errors import InvalidArgument, MalformedEvent, TooLarge
from jupyter_tracking.format import paths
from jupyter_tracking.kinds.arguments import as_array, as_metric, as_text
from jupyter_tracking.kinds.base import (
    AssetCopy,
    Kind,
    NewAsset,
    Recorder,
    check_path,
    logs,
    missing_extra,
    name_of,
    refusals,
    single_file,
    warn,
)
from jupyter_tracking.kinds.picture_files import check_pixels, open_picture, read_frames
from jupyter_tracking.kinds.pixels import as_pixels

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp

_CHANNELS = (1, 3)
_MOST_FPS = 100  # a GIF counts in hundredths of a second
_CODECS = {"mp4": "libx264", "webm": "libvpx-vp9"}


def _decode(payload: dict[str, Any], asset: Asset) -> NDArray[np.uint8] | Path:
    """Return the frames of a GIF as (frames, height, width, 3), other videos as their path."""
    import numpy as np

    data, limited = asset.read(payload), not asset.allow_large
    if data[:3] != b"GIF":
        return asset.path(payload)
    try:
        with open_picture(data) as file:
            fps, shown = _fps(file.info.get("comment", b"")), 0.0
            frames: list[NDArray[np.uint8]] = []
            for frame in read_frames(file, limited=limited):
                shown += float(frame.info.get("duration", 0))
                # Equal pictures in a row are one that is shown longer.
                until = shown * min(fps, _MOST_FPS) / 1000 if fps else 0
                count = max(1, round(until) - len(frames))
                if limited:
                    check_pixels(frame, MOST_FRAME_PIXELS, (len(frames) + count - 1) * frame.width * frame.height)
                frames += [np.array(frame.convert("RGB"))] * count
        return np.stack(frames)
    except (MemoryError, TooLarge):
        raise
    except Exception as error:
        raise MalformedEvent(f"{payload.get('path')} is no readable GIF: {error}") from error


def _fps(comment: bytes) -> float:
    """Return the rate we wrote beside the pictures, where equal ones in a row are one that is shown longer; else 0."""
    try:
        fps = float(json.loads(comment)["fps"])
    except (ValueError, TypeError, KeyError):
        return 0.0
    return fps if math.isfinite(fps) and fps > 0 else 0.0


def _encode(
    data: ArrayLike | str | os.PathLike[str],
    fps: float = 4,
    content_type: str | None = None,
) -> AssetCopy | NewAsset:
    if isinstance(data, str | os.PathLike):
        path = check_path(data, "data")
        return AssetCopy(
            {"content_type": paths.file_extension(path) or as_text("gif" if content_type is None else content_type, "content_type")}, path
        )
    fps = as_metric(fps, "fps")
    if not 0 < fps <= 1000:  # noqa: PLR2004
        raise InvalidArgument(f"fps={fps!r} is no rate; give the frames a second")
    suffix = as_text("gif" if content_type is None else content_type, "content_type").lower().removeprefix("video/").removeprefix("image/")
    if suffix not in {"gif", *_CODECS}:
        raise InvalidArgument(f"content_type={content_type!r:.60} is none of gif, {', '.join(_CODECS)}")
    frames = _as_frames(data) if suffix == "gif" else _even(_as_frames(data))
    movie = _as_gif(frames, fps) if suffix == "gif" else _as_movie(frames, fps, suffix)
    _, height, width, channels = frames.shape
    payload = {"height": height, "width": width, "colorspace": channels, "content_type": suffix}
    return NewAsset(payload, suffix, lambda sink: sink.write(movie))


def _of_file(copy: AssetCopy) -> AssetCopy:
    return single_file(copy, content_type=paths.file_extension(copy.source) or "gif")


_COLUMNS = ("path", "height", "width", "colorspace", "content_type")
VIDEO = Kind("video", "video", _decode, _COLUMNS, _encode, order=120, file=_of_file)


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
            content_type: `"gif"` (the default: up to 256 colours a frame, and the nearest of those for the others), `"mp4"` or
                `"webm"` (close to the colours, as videos are; of odd sides the last row or column is there twice).

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

    with refusals("data cannot be stored as gif, in which no picture stays longer than 655 seconds"):
        pictures = [Image.fromarray(frame).quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE) for frame in frames]
        # Where each picture ends, in hundredths of a second: rounded one by one they would make the video shorter or longer.
        ends = [math.floor(100 * number / min(fps, _MOST_FPS) + 0.5) for number in range(len(pictures) + 1)]
        durations = [10 * (end - start) for start, end in pairwise(ends)]
        buffer = io.BytesIO()
        more: dict[str, Any] = {"comment": json.dumps({"fps": fps}).encode(), "loop": 0, "optimize": False}
        pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:], duration=durations, **more)
    if fps > _MOST_FPS:
        warn(f"fps={fps:g}: a GIF shows at most {_MOST_FPS} pictures a second; content_type='mp4' shows more")
    return buffer.getvalue()


def _even(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pictures with even sides, as the codecs want them: the last row or column is there twice where it has to be."""
    import numpy as np

    _, height, width, _ = frames.shape
    return np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _as_movie(frames: NDArray[np.uint8], fps: float, suffix: str) -> bytes:
    """Encode with ffmpeg, which writes to a file of its own."""
    import tempfile
    from pathlib import Path

    import numpy as np

    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise missing_extra("imageio-ffmpeg", "media", error) from error
    with refusals(f"ffmpeg cannot store data as {suffix}"), tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"video.{suffix}"
        size = (frames.shape[2], frames.shape[1])
        writer = imageio_ffmpeg.write_frames(
            str(target), size, fps=fps, codec=_CODECS[suffix], macro_block_size=1, ffmpeg_log_level="error"
        )
        writer.send(None)
        for frame in frames:
            writer.send(np.ascontiguousarray(frame))
        writer.close()
        return target.read_bytes()

"""The audio kind: each version is a sound file, made from an array or a file."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.budgets import MOST_SAMPLES
from jupyter_tracking.errors import InvalidArgument, MalformedEvent, TooLarge
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

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from jupyter_tracking.kinds.base import Asset, Timestamp

_FULL = 32_767
_MOST_CHANNELS = 16


class Sound(NamedTuple):
    """A sound as it is stored.

    Attributes:
        samples: shape (frames,) or (frames, channels), between -1 and 1.
        sample_rate: frames a second.
    """

    samples: NDArray[np.float64]
    sample_rate: int


def _decode(payload: dict[str, Any], asset: Asset) -> Sound | Path:
    import wave

    import numpy as np

    data = asset.read(payload)
    if data[:4] != b"RIFF":
        return asset.path(payload)
    if len(data) > 2 * MOST_SAMPLES and not asset.allow_large:
        raise TooLarge(f"the sound has {len(data) // 2:,} samples; up to {MOST_SAMPLES:,} are decoded")
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2:  # noqa: PLR2004 - 16 bits, which is what we write
                return asset.path(payload)
            channels, rate = file.getnchannels(), file.getframerate()
            frames = min(file.getnframes(), len(data) // (2 * channels))  # the header may say more than there is
            samples = np.frombuffer(file.readframes(frames), "<i2") / _FULL
            samples = samples if channels == 1 else samples.reshape(-1, channels)
    except wave.Error:  # floats, or compressed: for a player
        return asset.path(payload)
    except Exception as error:
        raise MalformedEvent(f"{payload.get('path')} is no readable sound: {error}") from error
    return Sound(samples, rate)


def _encode(
    data: ArrayLike | str | os.PathLike[str],
    sample_rate: int = 44100,
    content_type: str | None = None,
) -> AssetCopy | NewAsset:
    if isinstance(data, str | os.PathLike):
        return AssetCopy({"content_type": content_type and as_text(content_type, "content_type")}, check_path(data, "data"))
    samples = _as_samples(as_array(data, "data"))
    rate = _as_rate(sample_rate, samples.shape[1])
    suffix = _as_suffix(content_type)
    sound = _as_wav(samples, rate) if suffix == "wav" else _as_other(samples, rate, suffix)
    payload = {
        "sample_rate": float(rate),
        "num_channels": samples.shape[1],
        "length_frames": len(samples),
        "content_type": f"audio/{suffix}",
    }
    return NewAsset(payload, suffix, lambda sink: sink.write(sound))


_COLUMNS = ("path", "sample_rate", "num_channels", "length_frames", "content_type")
AUDIO = Kind("audio", "audio", _decode, _COLUMNS, _encode, order=110, file=single_file)


@logs(AUDIO)
class AudioMethods(Recorder):
    """How a run logs sounds."""

    def log_audio(
        self,
        data: ArrayLike | str | os.PathLike[str],
        name: str | None = None,
        sample_rate: int = 44100,
        step: int | None = None,
        timestamp: Timestamp = None,
        content_type: str | None = None,
    ) -> None:
        """Log a sound.

        Args:
            data: shape (frames,) or (frames, channels): int16, which is kept exactly; or floats from -1 to 1, which become the nearest
                of 65,535 levels (what lies outside is clipped, with a warning); or the path of a sound file, which is copied.
            name: the sound's name; by default the file's up to its first dot, else `"audio"`.
            sample_rate: frames a second, a whole number, for an array.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
            content_type: `"wav"` (the default), or what the soundfile library writes: `"flac"`, `"ogg"`.

        Raises:
            MissingFile: the file is not there.
            MissingExtra: another content type than wav, and soundfile is not installed.
            InvalidType: not numbers.
            InvalidArgument: a shape, a rate or a content type that does not fit, other integers than int16, masked elements.
        """
        encoded = _encode(data, sample_rate, content_type)
        self.record("audio", name_of(name, encoded, "audio"), encoded, step, timestamp)


def _as_rate(sample_rate: Any, channels: int) -> int:
    """Return a whole number of frames a second that a WAV file has a place for."""
    rate = 0.0 if isinstance(sample_rate, bool) else as_metric(sample_rate, "sample_rate")
    if not 0 < rate < 2**31 or rate != int(rate) or rate * channels >= 2**31:
        raise InvalidArgument(f"sample_rate={sample_rate!r:.60} is no rate; give the frames a second, a whole number")
    return int(rate)


def _as_suffix(content_type: Any) -> str:
    text = "wav" if content_type is None else as_text(content_type, "content_type")
    return text.lower().removeprefix("audio/").removeprefix("x-")


def _as_samples(array: NDArray[Any]) -> NDArray[np.int16]:
    """Return 16-bit samples of shape (frames, channels)."""
    import numpy as np

    frames = array
    if not (array.ndim == 2 and array.shape[1] <= _MOST_CHANNELS):  # noqa: PLR2004
        frames = array.reshape([side for side in array.shape if side != 1] or [1])  # a batch of one
        frames = frames[:, None] if frames.ndim == 1 else frames
    if frames.ndim != 2 or not frames.size or frames.shape[1] > _MOST_CHANNELS:  # noqa: PLR2004
        turned = "; perhaps data.T" if array.ndim == 2 and array.shape[0] <= _MOST_CHANNELS else ""  # noqa: PLR2004
        raise InvalidArgument(f"data has the shape {array.shape}; give (frames,) or (frames, channels){turned}")
    if frames.dtype == np.int16:
        return frames
    if frames.dtype.kind != "f" and frames.any():
        raise InvalidArgument(f"data holds {frames.dtype} numbers; give floats from -1 to 1, or int16")
    numbers = frames.astype(float)
    low, high, missing = *(float(end(numbers, initial=0.0)) for end in (np.nanmin, np.nanmax)), int(np.count_nonzero(np.isnan(numbers)))
    if low < -1 or high > 1 or missing:
        told = f" and {missing} NaN, taken as 0" if missing else ""
        warn(f"data goes from {low:g} to {high:g}{told}; what lies outside -1 to 1 is cut off")
    levels: NDArray[np.int16] = np.rint(np.clip(np.nan_to_num(numbers, nan=0.0), -1, 1) * float(_FULL)).astype(np.int16)
    return levels


def _as_wav(samples: NDArray[np.int16], rate: int) -> bytes:
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def _as_other(samples: NDArray[np.int16], rate: int, suffix: str) -> bytes:
    try:
        import soundfile
    except ImportError as error:
        raise missing_extra("soundfile", "media", error) from error
    buffer = io.BytesIO()
    with refusals(f"content_type={suffix!r:.60} cannot hold this; give 'wav', 'flac' or 'ogg'"):
        soundfile.write(buffer, samples, rate, format=suffix.upper())
    return buffer.getvalue()

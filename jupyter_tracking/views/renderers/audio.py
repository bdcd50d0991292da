"""Sounds: the file as it is, for the browser's own player, and its waveform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jupyter_tracking.budgets import MOST_SOUND_BYTES
from jupyter_tracking.errors import TrackingError
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.renderer import Renderer
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jupyter_tracking.views.model.series import Series

_PREVIEW = 80_000
_PEAKS = 800

_BEGINNINGS = ((b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"), (b"ID3", "audio/mpeg"), (b"\x1aE\xdf\xa3", "audio/webm"))


class AudioRenderer(Renderer):
    """Draws sounds: a player for each step."""

    stem = "audio"

    def payload(self, series: Series, number: int, *, preview: bool) -> Payload:
        """Return the waveform of one step (`low` and `high`) and the file, or the file's name where the page has no room for it."""
        path = series.asset(number)
        start, size = series.begin(number, 12)
        payload = Payload({"size": size})
        peaks = _peaks(series, number)
        if peaks is not None:
            low, high, rate, seconds, channels = peaks
            payload.head.update({"rate": rate, "seconds": seconds, "channels": channels})
            payload.add("low", low)
            payload.add("high", high)
        if size > (_PREVIEW if preview else MOST_SOUND_BYTES):
            payload.head["absent"] = json_safe(path.name)
            return payload
        payload.head["type"] = _kind(start)
        payload.head["sound"] = payload.attach(series.read(number, MOST_SOUND_BYTES))
        return payload

    def fallback(self, series: Series, number: int) -> str:
        """Return the waveform as a picture, or the file's name and size."""
        path, peaks = series.asset(number), _peaks(series, number)
        if peaks is None:
            return fallback.file(path)
        low, high, _, seconds, _ = peaks
        at = np.linspace(0, seconds, len(low))

        def draw(axes: Axes) -> None:
            axes.fill_between(at, low / 32_767, high / 32_767, color="#0072b2", linewidth=0.5)
            axes.set_ylim(-1, 1)
            axes.set_xlabel("seconds")
            axes.set_title(json_safe(series.artifact.name), fontsize=9)

        return fallback.picture(draw, f"sound {series.artifact.name}", (5.2, 1.8))


def _kind(data: bytes) -> str:
    if data[:4] == b"RIFF":
        return "audio/wav"
    if data[4:8] == b"ftyp":
        return "audio/mp4"
    return next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), "audio/mpeg")


Short = np.ndarray[tuple[int], np.dtype[np.int16]]


def _peaks(series: Series, number: int) -> tuple[Short, Short, int, float, int] | None:
    """Return the lowest and highest sample of each stretch, the rate, the length and the channels; None where we cannot read the format."""
    try:
        sound = series.value(number)
    except TrackingError:
        return None
    if not hasattr(sound, "samples") or not len(sound.samples):
        return None
    samples = sound.samples.reshape(len(sound.samples), -1)
    rate = sound.sample_rate
    if rate <= 0:
        return None
    starts = np.unique(np.linspace(0, len(samples), min(_PEAKS, len(samples)), endpoint=False).astype(np.intp))
    low = np.minimum.reduceat(samples.min(axis=1), starts)
    high = np.maximum.reduceat(samples.max(axis=1), starts)
    scaled = [np.rint(np.clip(side, -1, 1) * 32_767).astype(np.int16) for side in (low, high)]
    return scaled[0], scaled[1], int(sound.sample_rate), len(samples) / sound.sample_rate, samples.shape[1]


RENDERER = AudioRenderer()

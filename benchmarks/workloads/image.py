"""`log_image`: a picture of 512 by 512 pixels a step, such as a photograph, a drawing and a mask in turn."""

from __future__ import annotations

from time import perf_counter_ns

from benchmarks.workloads import Goal, function, scaled

TITLE = "log_image, 512 × 512"
UNITS = {"durable": "ms a picture until durable", "bytes": "KB a picture"}
SIZE, QUICK, TINY = 120, 45, 3
# The floor is what trackers do: Pillow's PNG with its default compression, written to a file.
GOALS = (Goal("durable", 0.6, "floor"), Goal("bytes", 1.05, "floor"))


def pictures():
    """A photograph's like, a drawing and a mask: uint8, of shape (512, 512, 3)."""
    import numpy as np

    y, x = np.mgrid[:512, :512] / 100
    waves = [np.sin(x * a + y * b) + np.sin(y * a - x * b + 1) for a, b in ((1.1, 2.3), (0.7, 1.9), (2.1, 0.4))]
    noise = np.random.default_rng(0).normal(scale=2, size=(512, 512, 3))
    photograph = np.clip(128 + 50 * np.stack(waves, -1) + noise, 0, 255)
    drawing = np.where(np.abs(np.sin(9 * x) - y + 2.5) < 0.02, 30, 255)[..., None].repeat(3, -1)
    mask = np.where(np.hypot(x - 2.5, y - 2.5) < 1.5, 255, 0)[..., None].repeat(3, -1)
    return [each.astype(np.uint8) for each in (photograph, drawing, mask)]


def measure(contender, folder, size):
    log, finish = function(contender, "image")(folder)
    size, each = scaled(contender, size), pictures()
    log("sample", each[0], 0)
    begin = perf_counter_ns()
    for step in range(1, size + 1):
        log("sample", each[step % 3], step)
    finish()
    durable = perf_counter_ns() - begin
    written = [path.stat().st_size for path in folder.rglob("*.png")]
    return {"durable": durable / size / 1e6, "bytes": sum(written) / len(written) / 1e3}

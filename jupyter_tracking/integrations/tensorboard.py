"""TensorBoard: `TrackingLogger`, which logs the summaries that TensorFlow, tensorboard and tensorboardX make.

    from jupyter_tracking.integrations.tensorboard import TrackingLogger

    with tracking.init(name="summaries") as run:
        TrackingLogger.process_summary(summary, global_step=3, run=run, log_image=True, log_histo=True, log_tensor=True)

A number is a metric of its tag, an image an image, a histogram a histogram, a text a text; those of TensorFlow 2, which are tensors, too.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, log_errors
from jupyter_tracking.integrations import base
from jupyter_tracking.kinds.picture_files import open_picture

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run

_PROTOS = ("tensorboard.compat.proto.summary_pb2", "tensorboardX.proto.summary_pb2", "tensorflow.core.framework.summary_pb2")


class TrackingLogger:
    """Logs summaries of TensorBoard's."""

    @classmethod
    def process_summary(
        cls,
        summary: Any,
        global_step: int | None = None,
        run: Run | None = None,
        log_image: bool = False,
        log_histo: bool = False,
        log_tensor: bool = False,
    ) -> None:
        """Log each value of a summary. One that cannot be kept is told in the log, and hides no other.

        Args:
            summary: a `Summary`, or its bytes.
            global_step: its step.
            run: by default the active run; where none is active, one is started.
            log_image: log images too.
            log_histo: log histograms too.
            log_tensor: log texts too.

        Raises:
            MissingExtra: neither tensorboard, tensorboardX nor TensorFlow is installed.
            InvalidType: no summary.
        """
        proto = _summary_class()
        target = base.CallbackRun(run).run
        if isinstance(summary, bytes):
            summary = proto.FromString(summary)
        if not hasattr(summary, "value"):
            raise InvalidType(f"summary is a {type(summary).__name__}; give a Summary of TensorBoard's, or its bytes")
        step = None if global_step is None else int(global_step)
        wanted = {"image": log_image, "histo": log_histo, "text": log_tensor}
        for value in summary.value:
            log_errors(lambda value=value: _log_value(target, value, step, wanted), f"{value.tag!r} of a summary of TensorBoard's")  # type: ignore[misc]


def _summary_class() -> Any:
    for module in _PROTOS:
        if base.find_module(module):
            return base.framework(module, "tensorboard").Summary
    return base.framework(_PROTOS[0], "tensorboard").Summary


def _log_value(run: Run, value: Any, step: int | None, wanted: dict[str, bool]) -> None:
    field = value.WhichOneof("value")
    plugin = value.metadata.plugin_data.plugin_name
    if field == "simple_value":
        run.log_metric(value.tag, value.simple_value, step=step)
    elif field == "image" and wanted["image"]:
        _log_image(run, value.tag, value.image.encoded_image_string, step)
    elif field == "histo" and wanted["histo"]:
        _log_histogram(run, value.tag, list(value.histo.bucket), list(value.histo.bucket_limit), value.histo, step)
    elif field == "tensor" and plugin == "scalars":
        run.log_metric(value.tag, float(_numbers(value.tensor).reshape(-1)[0]), step=step)
    elif field == "tensor" and plugin == "images" and wanted["image"]:
        _, _, *pictures = value.tensor.string_val  # width and height come first
        for number, picture in enumerate(pictures):
            _log_image(run, value.tag if len(pictures) == 1 else f"{value.tag}/{number}", picture, step)
    elif field == "tensor" and plugin == "histograms" and wanted["histo"]:
        rows = _numbers(value.tensor)  # a row a bin: where it begins, where it ends, how many there are
        run.log_np_histogram(value.tag, rows[:, 2], [*rows[:, 0].tolist(), float(rows[-1, 1])], step=step)
    elif field == "tensor" and value.tensor.string_val and wanted["text"]:
        run.log_text(value.tag, ", ".join(text.decode("utf-8", "replace") for text in value.tensor.string_val), step=step)


def _numbers(tensor: Any) -> Any:
    """Return the numbers of a tensor as an array."""
    import numpy as np

    shape = [dimension.size for dimension in tensor.tensor_shape.dim]
    types = {1: (np.float32, "float_val"), 2: (np.float64, "double_val"), 3: (np.int32, "int_val"), 9: (np.int64, "int64_val")}
    if tensor.dtype not in types:
        raise InvalidArgument(f"a tensor has TensorFlow's type {tensor.dtype}, which is no number that is logged")
    dtype, field = types[tensor.dtype]
    content = tensor.tensor_content
    values = np.frombuffer(content, dtype) if content else np.array(getattr(tensor, field), dtype)
    count = math.prod(shape)
    return (values if len(values) == count else np.repeat(values[-1:], count)).reshape(shape)  # one value stands for as many as there are


def _log_image(run: Run, tag: str, encoded: bytes, step: int | None) -> None:
    with open_picture(encoded) as picture:
        run.log_image(picture.copy(), tag, step=step)


def _log_histogram(run: Run, tag: str, counts: list[float], limits: list[float], whole: Any, step: int | None) -> None:
    """Log a histogram: each bin has its upper limit, and the outermost two end where the values do, not at the largest number there is."""
    used = [number for number, count in enumerate(counts) if count] or [0]
    first, last = used[0], used[-1]
    edges = [whole.min, *limits[first:last], whole.max]
    if any(right <= left for left, right in pairwise(edges)):  # all values are one, or a limit is an extreme
        width = max(abs(whole.max), 1.0) * 1e-6
        edges = [min(edges[0], edges[1] - width), *edges[1:-1], max(edges[-1], edges[-2] + width)]
    run.log_np_histogram(tag, counts[first : last + 1], edges, step=step)


Logger = TrackingLogger

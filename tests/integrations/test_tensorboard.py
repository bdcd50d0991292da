"""TensorBoard: each summary is a value of its kind."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.errors import InvalidType
from tests.integrations.training import read, run_example, series

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
EVERYTHING = {"log_image": True, "log_histo": True, "log_tensor": True}


def summaries() -> list[Any]:
    """A number, an image, a histogram and a text, as tensorboardX makes them."""
    from tensorboardX import summary

    values = np.random.default_rng(0).normal(size=500)
    picture = np.zeros((3, 4, 5), dtype=np.uint8)
    picture[0, 1, 2] = 255
    return [
        summary.scalar("train/loss", 0.25),
        summary.image("sample", picture),
        summary.histogram("weights", values, "auto"),
        summary.text("note", "as it is"),
    ]


def test_each_summary_is_a_value_of_its_kind(root: Path) -> None:
    """At its step, also from bytes; what is not asked for is not logged."""
    from jupyter_tracking.integrations.tensorboard import TrackingLogger

    with tracking.init(root=root, quiet=True) as run:
        for summary in summaries():
            TrackingLogger.process_summary(summary, 3, **EVERYTHING)
            TrackingLogger.process_summary(summary.SerializeToString(), 4, run)
    view = read(run)
    assert series(view, "train/loss") == {3: 0.25, 4: 0.25}
    assert view.load("sample").shape == (4, 5, 3)
    assert view.load("sample")[1, 2].tolist() == [255, 0, 0]
    assert view.load("note/text_summary") == "as it is"
    histogram = view.load("weights")
    assert sum(histogram.counts) == 500
    values = np.random.default_rng(0).normal(size=500)
    assert (histogram.edges[0], histogram.edges[-1]) == pytest.approx((values.min(), values.max()))
    for name in ("sample", "note/text_summary", "weights"):
        assert view.steps(name) == [3]


def test_what_tensorflow_2_writes_are_tensors(root: Path) -> None:
    """Numbers, images and histograms of `tf.summary`, as tensorboard's own functions make them."""
    from PIL import Image
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.histogram.summary_v2 import histogram_pb
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    from jupyter_tracking.integrations.tensorboard import TrackingLogger

    sink = io.BytesIO()
    Image.new("RGB", (5, 4), (0, 255, 0)).save(sink, "PNG")
    picture = Summary()
    value = picture.value.add(tag="sample")
    value.metadata.plugin_data.plugin_name = "images"
    value.tensor.dtype = 7
    value.tensor.string_val.extend([b"5", b"4", sink.getvalue()])
    with tracking.init(root=root, quiet=True) as run:
        for summary in (scalar_pb("loss", 0.5), histogram_pb("weights", np.arange(100.0), buckets=10), picture):
            TrackingLogger.process_summary(summary, 1, **EVERYTHING)
    view = read(run)
    assert series(view, "loss") == {1: 0.5}
    assert view.load("sample")[0, 0].tolist() == [0, 255, 0]
    assert view.load("weights").counts.tolist() == [10.0] * 10


def test_odd_summaries(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A histogram of one value; a picture that is none hides nothing else; what is no summary is refused by name."""
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboardX import summary

    from jupyter_tracking.integrations.tensorboard import TrackingLogger

    broken = Summary(value=[Summary.Value(tag="sample", image=Summary.Image(encoded_image_string=b"no picture"))])
    broken.value.add(tag="loss", simple_value=2.0)
    with tracking.init(root=root, quiet=True) as run:
        TrackingLogger.process_summary(summary.histogram("same", np.ones(5), 5), 0, **EVERYTHING)
        TrackingLogger.process_summary(broken, 0, **EVERYTHING)
        with pytest.raises(InvalidType, match="summary is a float"):
            TrackingLogger.process_summary(0.5)
    view = read(run)
    assert sum(view.load("same").counts) == 5
    assert series(view, "loss") == {0: 2.0}
    assert "'sample' of a summary of TensorBoard's is no longer kept" in caplog.text


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    run_example("tensorboard", {"summary": summaries()[0]})
    assert series(tracking.open_run("summaries", root), "train/loss") == {3: 0.25}

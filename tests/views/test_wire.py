"""The wire between kernel and page: samples of real values, which the page's own tests read too, and descriptions of which all keys are documented."""

from __future__ import annotations

import base64
import json
import os
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, get_origin, get_type_hints

import numpy as np
import pandas as pd
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.views.model.payload import Member, PanelInfo, Payload, encode_numbers, encode_scene, json_safe
from jupyter_tracking.views.model.scene import open_scene
from jupyter_tracking.views.renderers import RENDERERS

if TYPE_CHECKING:
    from jupyter_tracking.record.run import Run
    from jupyter_tracking.run_view import RunView

SAMPLES = Path(__file__).resolve().parents[2] / "widgets" / "test" / "samples"
WRITE = "WRITE_SAMPLES"
# The smallest of each format that begins as the format does; what is in them is not drawn.
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
NAMES = {
    "audio": ["tone"],
    "chart": ["walks"],
    "confusion": ["classes"],
    "curve": ["roc"],
    "dataframe": ["predictions"],
    "file": ["kept"],
    "histogram": ["weights"],
    "html": ["report"],
    "image": ["digit"],
    "markdown": ["card"],
    "metric": ["loss", "val_loss"],
    "text": ["notes"],
    "trace": ["answer"],
    "video": ["moving"],
}
MARKDOWN = """# Card\n\nstep *{step}* of `30`, **bold** ~~gone~~ [link](https://example.org "title") ![picture](p.png)\n
1. one\n2. two\n   - [x] done\n\n> quoted\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```python\nx = 1\n```\n\n---\n"""


def log_samples(run: Run, folder: Path) -> None:
    """Log two steps of an artifact of each renderer, small enough to be read in a file."""
    (folder / "pixel.gif").write_bytes(GIF)
    (folder / "kept.bin").write_bytes(b"weights")
    with wave.open(str(folder / "tone.wav"), "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", ""))
        sound.writeframes(np.array([0, 8_192, -8_192, 16_384], dtype="<i2").tobytes())
    for step in (0, 10):
        at: dict[str, Any] = {"step": step, "timestamp": f"2026-01-01 00:00:{step:02}+00:00"}
        run.log_metric("loss", 1 / (step + 1), **at)
        if step:
            run.log_metric("val_loss", 0.5, **at)
        run.log_roc_auc_curve("roc", [0.0, 0.5, 1.0], [0.0, 0.75, 1.0], auc=0.625, **at)
        run.log_confusion_matrix("classes", ["cat", "dog"], ["cat", "dog"], [[5, 1], [2, 8 + step]], **at)
        run.log_np_histogram("weights", [1, 4, 2], [0.0, 0.5, 1.0, 1.5], **at)
        run.log_dataframe(
            pd.DataFrame({"n": [1, 2, 3], "p": [0.5, 1.5, 0.25], "k": pd.array([1, None, 3], dtype="Int64"), "word": ["cat", None, "dog"]}),
            "predictions",
            **at,
        )
        run.log_plotly_chart("walks", {"data": [{"y": [1, 3, 2], "name": "one"}], "layout": {"title": {"text": "Walks"}}}, **at)
        run.log_image(folder / "pixel.gif", "digit", **at)
        run.log_video(folder / "pixel.gif", "moving", **at)
        run.log_audio(folder / "tone.wav", "tone", **at)
        run.log_text("notes", f"step {step}\nsame", **at)
        run.log_markdown("card", MARKDOWN.format(step=step), **at)
        run.log_html("report", f"<h1>Report</h1><p>step <b>{step}</b></p>", **at)
        moments = {"started_at": "2026-01-01T00:00:00", "finished_at": "2026-01-01T00:00:03"}
        run.log_trace({"name": "answer", "kind": "chain", **moments, "inputs": {"question": "why?"}}, **at)
    run.log_artifact(str(folder / "kept.bin"), name="kept", kind="file")


def columns(payload: Payload) -> dict[str, list[float]]:
    """The numbers of a payload's columns; those of the lines of a chart under `line/name`."""
    heads = [("", 0, payload.head)]
    heads += [(f"{line}/", start, head) for line, start, _, head in payload.head.get("parts", ())]
    return {
        f"{prefix}{name}": np.frombuffer(payload.buffers[start + place], f"<{kind}").tolist()
        for prefix, start, head in heads
        for name, (place, kind) in head.get("columns", {}).items()
    }


def sample(stem: str, view: RunView) -> dict[str, Any]:
    """What the page gets of the artifacts of a renderer."""
    scene = open_scene(view.files, NAMES[stem])
    (panel,) = scene.panels
    shared = panel.shared()
    payload = None if panel.renderer.all_steps else panel.payload(max(0, len(panel.steps) - 1))
    made = {
        "stem": stem,
        "info": scene.info()["panels"][0],
        "shared": shared.head,
        "payload": payload and payload.head,
        "buffers": {
            name: [base64.b64encode(b).decode() for b in each.buffers] if each else []
            for name, each in (("shared", shared), ("payload", payload))
        },
        "columns": {"shared": columns(shared), "payload": columns(payload) if payload else {}},
    }
    text = json.dumps(json_safe(made), allow_nan=False)
    # What is another each time: the run and where it lies.
    text = text.replace(view.uuid, "0" * 32).replace(json.dumps(str(view.path.parent.parent))[1:-1], "/runs")
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> RunView:
    """A run with the samples."""
    with tracking.init(root=tmp_path_factory.mktemp("wire"), name="sample", track_code=False, track_env=False, track_logs=False) as run:
        log_samples(run, tmp_path_factory.mktemp("files"))
    return tracking.open_run(run)


def test_every_renderer_has_a_sample() -> None:
    """A renderer that is added gets one, and a type in the page's half, whose tests check every sample against the types."""
    assert set(NAMES) == set(RENDERERS)
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(RENDERERS)


@pytest.mark.parametrize("stem", RENDERERS)
def test_the_samples_are_what_the_kernel_sends(view: RunView, stem: str) -> None:
    """The page's tests draw and check the same."""
    path, made = SAMPLES / f"{stem}.json", sample(stem, view)
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", "utf-8")
    kept = json.loads(path.read_text("utf-8"))
    if stem == "dataframe" and int(pd.__version__.split(".")[0]) < 3:
        for field in kept["payload"]["fields"]:
            if field["dtype"] == "str":
                field.update(dtype="object", missing=["None"])
    assert kept == made, (
        f"the wire has changed; write the samples anew with `{WRITE}=1 pytest {Path(__file__).name}`, then run `npx prettier --write test/samples` in widgets/, and read the diff"
    )


# Whole numbers as a description may have them; the page's tests make of what is sent these numbers again.
NUMBERS: dict[str, list[int | None]] = {
    "none": [],
    "few": [0, 10, 20],
    "each": list(range(500)),
    "every tenth, then each": [*range(0, 1_000, 10), *range(991, 1_040)],
    "down": list(range(300, -300, -3)),
    "the same": [7] * 40,
    "without a step first": [None, *range(100)],
    "only without a step": [None],
    "irregular": [n * n * n % 1_009 - 400 for n in range(200)],
    "irregular without a step first": [None, *sorted(n * n * n % 1_009 for n in range(60))],
    "times": [1_767_225_600_000_000 + n * 1_003_007 + n * n * 37 % 5_003 for n in range(100)],
    "times of long ago": [-62_135_596_800_000_000 + n * n * n for n in range(40)],
    "held back": [-1] * 12 + [n // 10 for n in range(110)],
    "up to where numbers are rounded": [2**53 - 30 + n for n in range(60)],
    "irregular beyond": [2**53 + n * n for n in range(30)],
    "the least and the greatest": [*range(-(2**63), -(2**63) + 20), *range(2**63 - 20, 2**63)],
    "far apart": [-(2**63) + n * 2**59 for n in range(32)],
    "far apart, irregular": [(2**52 - n * n) * (-1) ** n for n in range(30)],
}


def scene_of(numbers: list[Any], versions: dict[str, int]) -> dict[str, Any]:
    """A description in which every list is long."""
    panel = {
        "kind": "metric",
        "name": "loss",
        "view": "metric",
        "steps": numbers,
        "times": numbers,
        "versions": versions,
        "all_steps": True,
    }
    member = {"label": "loss", "uuid": "0" * 32, "steps": numbers, "at": numbers}
    return {
        "run": {"uuid": "0" * 32, "name": "run", "status": "succeeded"},
        "steps": numbers,
        "panels": [{**panel, "from": numbers, "at": numbers, "members": [member]}, {**panel, "versions": {"1": 2}}],
    }


def test_the_page_makes_of_ranges_the_numbers_that_were_meant() -> None:
    """The samples say what is sent of lists of numbers, and what they are."""
    path = SAMPLES / "numbers" / "numbers.json"
    scene = scene_of(list(range(40)), {str(n): n % 3 + 2 for n in range(0, 40, 2)})
    made = {
        "numbers": [{"name": name, "numbers": json_safe(each), "sent": encode_numbers(json_safe(each))} for name, each in NUMBERS.items()],
        "scene": {"said": scene, "sent": encode_scene(scene)},
    }
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(made, ensure_ascii=False) + "\n", "utf-8")
    assert json.loads(path.read_text("utf-8")) == made


def test_steps_at_equal_distances_take_tens_of_bytes() -> None:
    """However many there are; what is irregular takes about what its distances need."""
    sizes = {name: len(json.dumps(encode_numbers(each), separators=(",", ":"))) for name, each in NUMBERS.items()}
    assert sizes["each"] <= len("[[0,1,500]]")
    assert max(sizes[name] for name in ("every tenth, then each", "down", "the same", "without a step first", "far apart")) < 80
    assert sizes["irregular"] < 3 * 200
    assert sizes["times"] < 5 * 100


def test_a_view_of_many_steps_is_described_in_few_bytes(tmp_path: Path) -> None:
    """Both in the notebook and in what is saved: of steps and times at equal distances the description is of one size."""
    sizes = {}
    for count in (500, 4_000):
        with tracking.init(root=tmp_path, name=f"of {count}", track_code=False, track_env=False, track_logs=False) as run:
            for step in range(count):
                run.log_metric("loss", 1.0, step=step, timestamp=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=step))
        content = tracking.open_run(run).show("loss").content
        assert content.about["steps"] == list(range(count))
        sizes[count] = len(json.dumps(content.get_state("about")["about"]))
    assert sizes[4_000] - sizes[500] < 20
    assert sizes[4_000] < 800


def check(found: dict[str, Any], promised: Any) -> None:
    """Compare the keys that are there with those that a type promises."""
    hints = get_type_hints(promised, include_extras=True)
    required = {name for name in promised.__required_keys__ if get_origin(hints[name]) is not NotRequired}
    assert required <= set(found) <= set(hints), promised.__name__


@pytest.mark.parametrize("stem", RENDERERS)
def test_what_is_sent_has_the_keys_that_are_documented(view: RunView, stem: str) -> None:
    """None that the types do not know, and none missing that they promise."""
    made = sample(stem, view)
    check(made["info"], PanelInfo)
    for member in made["info"].get("members", ()):
        check(member, Member)

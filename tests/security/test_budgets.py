"""Files of a stranger that are small on the disk and huge once opened: whatever is asked of them takes less than a gigabyte, and says why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import CHECKOUT
from tests.security import hostile_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST = 1000  # MB
WAYS = 7
# One for each way to be larger than it looks; `make soak` tries all.
QUICK = (
    *("png with a palette", "png of many rows", "png with a large text", "png that says it moves", "jpeg of many scans"),
    *("bmp that is a header", "ppm that is a header", "tiff of a large tile", "tiff that is a header"),
    *("gif of a large screen, image", "gif of a large screen, video", "gif of many frames, video", "gif with a rate, video"),
    *("sound that says 4 GB", "sound of no rate", "sound of 65,535 channels", "sound of no channel", "sound of 200 MB"),
    *("parquet, a long value many times", "parquet, a long category many times", "parquet of zeros", "parquet of a long list"),
    *("parquet of long lists of texts", "parquet of wide bytes", "parquet of texts that share a beginning", "parquet of deep lists"),
    *("feather of zeros", "feather of nothing", "feather of deep lists", "feather that says 2 GB", "feather that says 2^62 bytes"),
    *("feather, a long category many times", "feather with offsets that lead out", "csv of short rows", "csv of many columns"),
    *("html of short rows", "html of openings", "curve of too many points", "histogram of many bins", "cell of empty lists"),
    *("cell of many levels", "chart of a long title", "chart of many levels", "chart of many values", "span of many levels"),
    *("vega of many pixels", "markdown of brackets", "markdown of stars", "document with a hole", "document with a smaller hole"),
    *("log of empty lines", "image with a hole", "audio with a hole", "dataframe with a hole", "curve with a long line"),
)


class Answer(NamedTuple):
    """What one way to ask for a run took, and what it ended in; nothing where it gave an answer."""

    name: str
    way: str
    megabytes: int
    seconds: float
    said: str


def ask(runs: dict[Path, str], together: int = 8) -> list[Answer]:
    """Open runs in every way, some in one process after the other."""
    named = {str(run): name for run, name in runs.items()}
    pending, answers = list(runs), []
    while pending:
        some, pending = pending[:together], pending[together:]
        done = subprocess.run(
            [sys.executable, "-m", "tests.security.probe"],
            input="".join(f"{run}\n" for run in some),
            capture_output=True,
            text=True,
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT), "MPLBACKEND": "agg"},
            timeout=300,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
        answers += [Answer(named[run], *rest) for run, *rest in lines]
        assert len(lines) == WAYS * len(some), f"{[runs[run] for run in some]} ended the process: {done.stderr[-500:]}"
    return answers


def hits(answers: Sequence[Answer]) -> list[Answer]:
    """Those that took too much, or ended in an error of another library."""
    return [each for each in answers if each.megabytes > MOST or each.said.startswith("FOREIGN")]


def test_what_is_larger_than_it_looks_takes_less_than_a_gigabyte(tmp_path: Path) -> None:
    """Listing, loading, showing, saving and checking a run end in time, in an answer or in an error of ours."""
    runs = {run: name for name, run in hostile_files.everything(tmp_path, QUICK)}
    assert sorted(runs.values()) == sorted(QUICK)
    assert hits(ask(runs)) == []


@pytest.mark.soak
def test_everything_that_is_larger_than_it_looks_takes_less_than_a_gigabyte(tmp_path: Path) -> None:
    """As above, all of it, and each alone."""
    assert hits(ask({run: name for name, run in hostile_files.everything(tmp_path)}, 1)) == []

"""The two halves of a view go together: a renderer is one file of one stem in Python and in TypeScript, registered on each side."""

from __future__ import annotations

import re

from jupyter_tracking.views.export.bundle import are_scripts, scripts_for
from jupyter_tracking.views.renderers import RENDERERS
from tests.conftest import CHECKOUT

PYTHON = CHECKOUT / "jupyter_tracking" / "views" / "renderers"
TYPESCRIPT = CHECKOUT / "widgets" / "src" / "renderers"

# Beside the renderers lie what draws several runs as one, and a table as bars, on both sides, and what only one side needs.
SHARED = {"bars", "overlay"}
ONLY_PYTHON = {"__init__", "fallback", "plain_chart", "vega_still"}
ONLY_TYPESCRIPT = {
    "index",
    "axes",
    "chart-frame",
    "chart-line",
    "chart-paint",
    "crosshair",
    "filmstrip",
    "finer-points",
    "line-chart",
    "thinned-lines",
}


def test_each_renderer_has_its_file_on_both_sides() -> None:
    """A stem that is on one side alone is a kind that is drawn live and not saved, or the other way round."""
    python = {path.stem for path in PYTHON.glob("*.py")} - ONLY_PYTHON
    typescript = {path.stem for path in TYPESCRIPT.glob("*.ts")} - ONLY_TYPESCRIPT
    assert python == typescript
    assert python - SHARED == set(RENDERERS)


def test_each_renderer_is_registered_once_on_both_sides() -> None:
    """One word in `RENDERERS`, one import and one entry in `index.ts`."""
    assert len(RENDERERS) == len(set(RENDERERS))
    index = (TYPESCRIPT / "index.ts").read_text(encoding="utf-8")
    # `export const renderers: { … } = {` and the words of it, a line each.
    entries = re.findall(r"^export const \w+: .* = \{\n(.*?)\n\}", index, re.DOTALL | re.MULTILINE)[0]
    assert sorted(re.findall(r"^\s*(\w+)\b", entries, re.MULTILINE)) == sorted(RENDERERS)
    assert sorted(set(re.findall(r'from "\./([\w-]+)"', index)) - SHARED) == sorted(RENDERERS)


def test_each_renderer_has_a_script_of_its_own_for_saved_pages() -> None:
    """Which `widgets/build.mjs` makes of it; that of files is in what all pages have."""
    for renderer in set(RENDERERS) - {"file"}:
        assert set(scripts_for("scene", [renderer])) > set(scripts_for("scene"))
    assert scripts_for("scene", ["file"]) == scripts_for("scene", ["no such renderer"]) == scripts_for("scene")
    assert are_scripts(scripts_for("runs", RENDERERS))
    assert not are_scripts(["no-such-script"])

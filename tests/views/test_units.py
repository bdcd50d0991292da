"""What the machine's metrics are measured in, wherever a value of one is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import jupyter_tracking as tracking
from jupyter_tracking.notebook import system_metrics
from jupyter_tracking.views.model.listing import list_artifacts
from jupyter_tracking.views.model.scene import open_scene
from jupyter_tracking.views.model.units import unit_of, with_unit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (559_834_112.0, "B", "559.8 MB"),
        (0.0, "B", "0 B"),
        (999.99, "B", "1 kB"),
        (1.5e15, "B", "1500 TB"),
        (12_345.0, "B/s", "12.35 kB/s"),
        (41.25, "%", "41.25%"),
        (65.0, "°C", "65 °C"),
        (250.0, "W", "250 W"),
        (5.6e8, "", "5.6e+08"),
        (float("nan"), "B", "nan"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float, unit: str, written: str) -> None:
    """Bytes in the unit of their size, others as they are."""
    assert with_unit(value, unit) == written


def test_what_the_machine_used_has_units_in_its_chart_and_in_the_list(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and shares; nothing where none is known, and none of a metric of the user's with such a name. Samples are not one step."""
    monkeypatch.setattr(system_metrics, "_SHORTEST", 0.0)
    with tracking.init(root=root, collect_resources=True) as run:
        run.log_metric("cpu", 0.5, step=0)
    view = tracking.open_run(run)
    listed = {(entry["kind"], entry["name"]): entry for entry in list_artifacts(view.files)["artifacts"]}
    for name, unit, ends in (("kernel_memory", "B", "B"), ("memory", "%", "%"), ("load", "", "")):
        (panel,) = open_scene(view.files, [("system", name)]).panels
        ((_, _, _, head),) = panel.shared(preview=False).head["parts"]
        assert head.get("unit", "") == panel.renderer.line(panel.series[0], 0).unit == unit_of("system", name) == unit
        entry = listed["system", name]
        assert entry["last"].endswith(ends)
        assert (entry["rows"], entry.get("steps")) == (2, None)
    assert listed["metric", "cpu"] == {"kind": "metric", "name": "cpu", "steps": 1, "last": "0.5"}


def test_values_that_are_no_finite_numbers_are_counted(root: Path) -> None:
    """All of them, also where the page gets fewer points than there are; a metric without any says nothing of them."""
    with tracking.init(root=root, track_code=False, track_env=False, track_logs=False) as run:
        for step in range(9_000):
            value = np.nan if step % 3 == 1 else np.inf if step == 600 else -np.inf if step in (900, 1_200) else 1.0
            run.log_metrics(step, loss=value, fine=1.0)
    scenes = [open_scene(tracking.open_run(run).files, [name]) for name in ("loss", "fine")]
    heads = [scene.panels[0].shared(preview=preview).head["parts"][0][3] for scene in scenes for preview in (False, True)]
    assert [head.get("odd") for head in heads] == [[3_000, 1, 2], [3_000, 1, 2], None, None]

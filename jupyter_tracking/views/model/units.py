"""What the machine's metrics are measured in, by their names in `notebook/system_metrics.py`, and how such a value is written."""

from __future__ import annotations

import math
import re

_UNITS = tuple(
    (re.compile(names), unit)
    for names, unit in (
        (r"cpu|kernel_cpu|memory|gpu_\d+_utilization", "%"),
        (r"kernel_memory|gpu_\d+_memory_(used|free)", "B"),
        (r"(network|disk)_[a-z]+", "B/s"),
        (r"gpu_\d+_temperature", "°C"),
        (r"gpu_\d+_power", "W"),
    )
)
_PREFIXES = ("", "k", "M", "G", "T")


def unit_of(kind: str, name: str) -> str:
    """Return the unit of a metric of the machine; nothing where none is known."""
    return next((unit for names, unit in _UNITS if names.fullmatch(name)), "") if kind == "system" else ""


def with_unit(value: float, unit: str) -> str:
    """Return a value in four digits with its unit, bytes in thousands of each other: 560 MB; in six digits where it has no unit."""
    if not unit or not math.isfinite(value):
        return f"{value:.6g}"
    place = 0
    if unit.startswith("B"):
        # What would be written as 1000 is one of the next larger unit.
        while place < len(_PREFIXES) - 1 and abs(value) >= 999.95:  # noqa: PLR2004
            place, value = place + 1, value / 1000
    return f"{value:.4g}{'' if unit == '%' else ' '}{_PREFIXES[place]}{unit}"

"""What was measured, as Markdown: a table of the goals, then every workload's figures."""

from __future__ import annotations

import platform
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import environments, rounds
from benchmarks.workloads import PEERS, Goal

if TYPE_CHECKING:
    from benchmarks.rounds import Outcome

HEAD = """# Results

Written by `{command}`. Each measurement is a process of its own; in every round the contenders take turns, in an order shuffled
anew; a ratio compares two figures of the same round. Figures: median (least to most) of the rounds; less is better. When the rounds
of a workload ended stands with it.

- **When**: {when}
- **Machine**: {machine}
- **Versions**: {versions}
- **Contenders that could not be installed**: {missing}
{notes}
"""


def write(outcomes: list[Outcome], command: str, notes: list[str]) -> str:
    """Return the report."""
    missing = {c: why for o in outcomes for c, why in o.absent.items() if why.startswith("cannot be installed")}
    head = HEAD.format(
        command=command,
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        machine=machine(),
        versions=", ".join(versions()),
        missing="; ".join(f"{c} ({why})" for c, why in missing.items()) or "none",
        notes="".join(f"- **Note**: {note}\n" for note in notes),
    )
    return head + goals(outcomes) + "".join(_section(outcome) for outcome in outcomes)


def draw(outcomes: list[Outcome], folder: Path) -> None:
    """Draw the pictures of the workloads that have some, a file for each in the report's folder: `_section` shows them."""
    for outcome in outcomes:
        pictures = getattr(rounds.module(outcome.workload), "PICTURES", {})
        if not pictures:
            continue
        from matplotlib.figure import Figure

        figure = Figure(figsize=(4.2 * len(pictures), 3.2), layout="constrained")
        for axes, (title, measures) in zip(figure.subplots(1, len(pictures), squeeze=False)[0], pictures.items(), strict=True):
            for contender in outcome.rounds:
                share = getattr(environments.contender(contender), "SHARE", 1)
                points = [(size * share, median(known)) for size, m in measures.items() if (known := outcome.figures(contender, m))]
                if points:
                    axes.plot(*zip(*points, strict=True), marker="o", markersize=4, label=contender)
            axes.set(xscale="log", yscale="log", title=title, xlabel=title.rpartition(" ")[2], ylabel="ms")
            axes.grid(alpha=0.3)
            axes.legend(frameon=False)
        figure.savefig(folder / f"{outcome.workload}.svg", metadata={"Date": None})


def goals(outcomes: list[Outcome]) -> str:
    """Return the table of goals: what was aimed at, what was measured, and whether it is met."""
    lines = ["## Goals\n", "| work | goal | measured | |", "| --- | --- | --- | --- |"]
    for outcome in outcomes:
        workload = rounds.module(outcome.workload)
        for goal in workload.GOALS:
            aim, found = _judged(outcome, goal, workload.UNITS)
            met = "" if not found else "met" if median(found) <= goal.limit else "**not met**"
            lines.append(f"| {workload.TITLE} | {aim} | {_spread(found)} | {met} |")
    return "\n".join(lines) + "\n"


def _judged(outcome: Outcome, goal: Goal, units: dict[str, str]) -> tuple[str, list[float]]:
    unit = units[goal.measure]
    if goal.other is None:
        return f"{goal.measure} ≤ {goal.limit:g} {unit}", outcome.figures("ours", goal.measure)
    other = outcome.best(goal.measure) if goal.other == PEERS else goal.other
    if other is None:
        return f"{goal.measure} ≤ {goal.limit:g} × {PEERS}", []
    named = f"{other}, {PEERS}" if goal.other == PEERS else f"its own {goal.its}" if other == "ours" else other
    return f"{goal.measure} ≤ {goal.limit:g} × {named}", outcome.ratios(goal.measure, other, its=goal.its, times=goal.times)


def _section(outcome: Outcome) -> str:
    workload = rounds.module(outcome.workload)
    about = " ".join((workload.__doc__ or "").split())
    lines = [f"\n## {workload.TITLE}\n", f"{about} Size: {outcome.size:,}. {outcome.when}.\n"]
    if hasattr(workload, "PICTURES"):
        lines.append(f"![{workload.TITLE}]({outcome.workload}.svg)\n")
    measures = [m for m in workload.UNITS if any(outcome.figures(c, m) for c in outcome.rounds)]
    lines.append("| contender | " + " | ".join(f"{m}: {workload.UNITS[m]} | ours ÷ it" for m in measures) + " |")
    lines.append("| --- |" + " ---: | ---: |" * len(measures))
    main = measures[0] if measures else ""
    order = sorted(outcome.rounds, key=lambda c: (c != "ours", c != "floor", median(outcome.figures(c, main) or [0])))
    for contender in order:
        share = getattr(environments.contender(contender), "SHARE", 1)
        cells = [f"{contender} {environments.version(contender)}".strip() + (f" ({share:g} of the size)" if share != 1 else "")]
        for measure in measures:
            ratio = "" if contender == "ours" else _spread(outcome.ratios(measure, contender))
            cells += [_spread(outcome.figures(contender, measure)), ratio]
        lines.append("| " + " | ".join(cells) + " |")
    absent = [f"{c}: {why}" for c, why in outcome.absent.items() if not why.startswith("cannot be installed")]
    none = [line.split(":")[0] for line in absent if line.endswith("does no such work")]
    failed = [line for line in absent if not line.endswith("does no such work")]
    lines += [f"\nNo such work measured: {', '.join(none)}."] if none else []
    lines += [f"\n{line}." for line in failed]
    return "\n".join(lines) + "\n"


def _spread(figures: list[float]) -> str:
    if not figures:
        return ""
    if len(figures) == 1:
        return _short(figures[0])
    return f"{_short(median(figures))} ({_short(min(figures))}–{_short(max(figures))})"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def machine() -> str:
    """Return the processor, the cores, the memory and the system, in words."""
    import psutil

    model = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        model = next((line.partition(":")[2].strip() for line in facts.read_text().splitlines() if line.startswith("model name")), model)
    memory = psutil.virtual_memory().total / 2**30
    return f"{model}, {psutil.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}"


def versions() -> list[str]:
    """Return what the figures depend on, with versions."""
    ours = [f"Python {platform.python_version()}"]
    ours += [f"{library} {metadata.version(library)}" for library in ("numpy", "pandas", "pyarrow", "orjson", "ipython")]
    peers = {c: environments.version(c) for c in environments.NAMES}
    return ours + [f"{c} {v}" for c, v in peers.items() if v]


def command() -> str:
    """Return the command line of this run."""
    return "python -m benchmarks " + " ".join(sys.argv[1:]) if sys.argv[1:] else "python -m benchmarks"

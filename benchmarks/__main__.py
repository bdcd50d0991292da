"""The driver: `python -m benchmarks [WORKLOAD …] [--quick] [--rounds N] [--only CONTENDER …]`."""

from __future__ import annotations

import argparse
import pkgutil
import shutil
from pathlib import Path
from tempfile import mkdtemp

from benchmarks import environments, report, rounds, workloads

HERE = Path(__file__).parent
OUTCOMES = HERE / ".work" / "outcomes.json"
QUICK = ("ours", "floor", "floor_watching")


def main() -> None:
    """Measure, print the goals, and write the report."""
    known = sorted(m.name for m in pkgutil.iter_modules(workloads.__path__))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"by default all: {' '.join(known)}")
    parser.add_argument("--quick", action="store_true", help="this package and the floor, smaller, three rounds; writes no report")
    parser.add_argument("--rounds", type=int, help="by default 5, 3 with --quick")
    parser.add_argument("--only", nargs="+", default=list(environments.NAMES), choices=environments.NAMES, metavar="CONTENDER")
    parser.add_argument("--tiny", action="store_true", help="as little as possible: does everything still run?")
    parser.add_argument("--note", action="append", default=[], help="a sentence for the report, such as what else the machine did")
    parser.add_argument("--report", type=Path, help="where to write the report; by default RESULTS.md, nowhere with --quick or --tiny")
    parser.add_argument("--keep", action="store_true", help="keep the last report's figures of the workloads that are not named")
    parser.add_argument("--scratch", type=Path, default=HERE / ".work", help="the folder to write to; its disk is measured too")
    given = parser.parse_args()
    unknown = set(given.workloads) - set(known)
    if unknown:
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    contenders = [c for c in given.only if not (given.quick or given.tiny) or c in QUICK]
    size = "TINY" if given.tiny else "QUICK" if given.quick else "SIZE"
    count = given.rounds or (1 if given.tiny else 3 if given.quick else 5)
    target = given.report or (None if given.quick or given.tiny else HERE / "RESULTS.md")
    given.scratch.mkdir(exist_ok=True)
    scratch = Path(mkdtemp(dir=given.scratch))
    measured: dict[str, rounds.Outcome] = {}
    earlier = rounds.kept(OUTCOMES) if given.keep else {}
    try:
        for name in given.workloads or known:
            measured[name] = rounds.run(name, contenders, getattr(rounds.module(name), size), count, scratch)
            if target is not None:
                every = list((earlier | measured).values())
                if given.report is None:  # another report is no part of the next
                    rounds.keep(OUTCOMES, every)
                target.write_text(report.write(every, report.command(), given.note))
                report.draw(every, target.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    outcomes = list(measured.values())
    print()
    print(report.goals(outcomes))
    failed = [f"{o.workload}: {c} {why}" for o in outcomes for c, why in o.absent.items() if c in QUICK and why != "does no such work"]
    if failed:
        raise SystemExit("\n".join(failed))


if __name__ == "__main__":
    main()

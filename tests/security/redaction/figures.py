"""The figures of the corpus, as its README has them: `python -m tests.security.redaction.figures` counts again and writes them."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections import Counter
from pathlib import Path

from tests.security.redaction import runs

README = runs.HERE / "README.md"
MARK = "<!-- counted by tests/security/redaction/figures.py -->\n"


def counted(root: Path) -> tuple[set[str], set[str]]:
    """Put the whole corpus into runs below a folder; return the planted rows that are found, and the lookalikes that are not as they were."""
    found, changed = set(), set()
    for name in ("planted", "lookalikes"):
        rows, folder = runs.corpus(name), root / name
        folder.mkdir()
        run, notebook = runs.cells_executed(folder, rows)
        if name == "planted":
            held = runs.shown(run)
            found |= {row["id"] for row in rows if row["place"] in runs.CELLS and runs.found_in(held, row)}
        else:
            changed |= set(runs.cells_changed(run, notebook, rows))
        for row in rows:
            if row["place"] not in runs.CELLS:
                with contextlib.redirect_stdout(io.StringIO()):
                    run = runs.said(folder, row)
                if name == "planted" and runs.found_in(runs.shown(run), row):
                    found.add(row["id"])
                elif name == "lookalikes" and not runs.says_the_same(run, row):
                    changed.add(row["id"])
    return found, changed


def table(found: set[str], changed: set[str]) -> str:
    """The figures as a table of Markdown: of each place, how many planted secrets are caught and how many lookalikes kept."""
    planted, lookalikes = runs.corpus("planted"), runs.corpus("lookalikes")
    promised = [row for row in planted if row.get("promised", True)]
    of, caught = Counter(row["place"] for row in promised), Counter(row["place"] for row in promised if row["id"] not in found)
    kept_of, kept = Counter(row["place"] for row in lookalikes), Counter(row["place"] for row in lookalikes if row["id"] not in changed)
    lines = ["| place | planted | caught | lookalikes | kept |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {place} | {of[place]} | {caught[place]} | {kept_of[place] or ''} | {kept[place] or ''} |" for place in of]
    lines += [f"| **all** | **{of.total()}** | **{caught.total()}** | **{kept_of.total()}** | **{kept.total()}** |", ""]
    lines += ["Not promised, and found in the run:", ""]
    lines += [f"- {row['kind']} ({row['place']})" for row in planted if not row.get("promised", True)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Count, and write the figures into the README."""
    folder = Path(tempfile.mkdtemp())
    os.chdir(folder)
    said = README.read_text(encoding="utf-8").partition(MARK)[0]
    README.write_text(said + MARK + "\n" + table(*counted(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()

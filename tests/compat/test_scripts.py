"""Programs that import Polyaxon's module end as they end with ours in its place: the same rows, lineage, status and facts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.compat.test_same_calls import meaning
from tests.conftest import CHECKOUT

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
UUID = "abcdef0123456789" * 2

# What is not the same, and why.
DIFFERENCES = {
    "going_on": {
        "statuses": "ours says that the run went on, and ended again; Polyaxon's says only its first end",
    },
    "lineage": {
        "meta": "a model that is referred to is one that the run has",
    },
    "models": {
        "meta": "a version of a model is an event",
    },
}


@pytest.fixture(scope="module")
def both(ask_polyaxon: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the run that a program made with Polyaxon's module, and with ours."""

    def run(source: Path) -> tuple[Path, Path]:
        place = tmp_path_factory.mktemp(source.stem)
        for name in ("theirs", "ours", "root"):
            (place / name).mkdir()
        (theirs,) = ask_polyaxon("script", source, place / "theirs")["runs"]
        program = place / "program.py"
        changed, count = re.subn(r"^from polyaxon\b", "from jupyter_tracking", source.read_text(), flags=re.MULTILINE)
        assert count
        program.write_text(changed)
        environment = {**os.environ, "POLYAXON_OFFLINE_ROOT": str(place / "root"), "PYTHONPATH": str(CHECKOUT)}
        done = subprocess.run([sys.executable, program], cwd=place / "ours", env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is (source.stem != "a_program_that_fails"), done.stderr
        (ours,) = (place / "root" / "runs").iterdir()
        return Path(shutil.copytree(theirs, place / Path(theirs).name)), ours

    return run


def facts(run: Path, read: dict[str, Any]) -> dict[str, Any]:
    """What is compared of a run."""
    document = json.loads((run / "run.plx.json").read_text())
    meta = {key: value for key, value in (document.get("meta_info") or {}).items() if key != "jupyter_tracking"}
    lineage = json.loads((run / "lineages.plx.json").read_text()) if (run / "lineages.plx.json").exists() else []
    found: dict[str, Any] = {f"document {key}": document.get(key) for key in ("description", "readme", "status", "project", "kind")}
    found |= {f"document {key}": document.get(key) or {} for key in ("inputs", "outputs", "tags")}
    found |= {"meta": meta, "statuses": [each["type"] for each in document["status_conditions"]]}
    for each in lineage:
        path = (each.get("path") or "").replace("/theirs", "/ours")  # the folder that the program ran in
        found[f"lineage {each['kind']}/{each['name']}"] = (path, each["is_input"])
    for key, item in read.items():
        engine, _, artifact = key.partition("/")
        if engine == "c":
            cells = [meaning(cell, run, artifact.partition("/")[0]) for cell in item["cells"]]
            found[f"rows {artifact}"] = list(zip(item["steps"], cells, strict=True))
    return found


@pytest.mark.parametrize("source", SCRIPTS, ids=lambda path: path.stem)
def test_a_program_ends_as_it_ends_with_polyaxon(both: Any, ask_polyaxon: Any, source: Path) -> None:
    """Polyaxon's reader finds the same rows in both runs; the lineage, the status and what the run was given are the same."""
    theirs, ours = (facts(run, ask_polyaxon("read", run)) for run in both(source))
    differing = {key: (theirs.get(key), ours.get(key)) for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)}
    assert set(differing) == set(DIFFERENCES.get(source.stem, {})), differing

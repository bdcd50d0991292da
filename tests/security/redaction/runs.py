"""Put the corpus into real runs: cells of a kernel, values, messages, command lines, repositories, references.

A row of the corpus says where it goes (`place`) and what is there (`text`). In a planted row `§` stands for the secret, and `§0`, `§1` for
the pieces of one that is broken in two; the secret is kept in pieces, so that no scanner of repositories takes a made-up one for real.
"""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import re
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import jupyter_tracking as tracking
from tests.provenance.conftest import executed

HERE = Path(__file__).parent
CELLS = {"source", "traceback", "stdout", "stderr", "html", "markdown", "latex", "svg", "plain", "dataframe"}  # the rest is said in calls
MIMES = {"html": "text/html", "markdown": "text/markdown", "latex": "text/latex", "svg": "image/svg+xml", "plain": "text/plain"}
START = (
    "import json, sys\nimport pandas as pd\nfrom IPython.display import display\nimport jupyter_tracking as tracking\n"
    "texts = json.load(open('texts.json'))\ntracking.init(name='corpus')"
)


@cache
def corpus(name: str) -> list[dict[str, Any]]:
    """The rows of `planted` or `lookalikes`."""
    rows = [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    for number, row in enumerate(rows):
        row.setdefault("id", f"{row['place']} {number}")
        if "secret" in row:
            row["looked for"] = _looked_for(row)
            row["text"] = _planted(row)
    return rows


def _looked_for(row: dict[str, Any]) -> list[str]:
    """What may be found nowhere: the secret, or each half of one that is broken; or what a program made of it."""
    whole = "".join(row["secret"])
    if "seen as" in row:
        return [{"reversed": whole[::-1], "base64": base64.b64encode(whole.encode()).decode(), "half": whole[:7]}[row["seen as"]]]
    if re.search(r"§[01]", row["text"]):
        return row["secret"]
    return ["".join(row["secret"])]


def _planted(row: dict[str, Any]) -> str:
    whole = "".join(row["secret"])
    text = row["text"].replace("§64", base64.b64encode(whole.encode()).decode())
    text = text.replace("§a", whole[: len(whole) // 2]).replace("§b", whole[len(whole) // 2 :])
    for number, piece in enumerate(row["secret"]):
        text = text.replace(f"§{number}", piece)
    return text.replace("§", whole)


def cell(row: dict[str, Any]) -> str:
    """The source of the cell that has the row's text or shows it."""
    text, place = f"texts[{row['id']!r}]", row["place"]
    if place in {"source", "traceback"} or row.get("cell"):
        return str(row["text"])
    if place in {"stdout", "stderr"}:
        return f"print({text}, file=sys.{place})"
    if place == "dataframe":
        return f"shown = eval({text})\nif shown is not None: display(shown)"
    return f"display({{{MIMES[place]!r}: {text}}}, raw=True)"


def cells_executed(root: Path, rows: list[dict[str, Any]]) -> tuple[Path, Any]:
    """Run the cells of the rows in a kernel; return the run folder, and the notebook as the kernel filled it."""
    rows = [row for row in rows if row["place"] in CELLS]
    (root / "texts.json").write_text(json.dumps({row["id"]: row["text"] for row in rows}), encoding="utf-8")
    notebook = executed(root, [START, *map(cell, rows), "tracking.end()"], allow_errors=True)
    return next((root / "runs").iterdir()), notebook


def said(root: Path, row: dict[str, Any]) -> Path:
    """Say the row's text of a run, in the place that it is for; return the run folder."""
    text, place = row["text"], row["place"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if place in {"run name", "description", "tag"}:
            with tracking.init(root=root, **{{"run name": "name", "tag": "tags"}.get(place, place): text}) as run:
                return run.path
        with contextlib.suppress(ValueError, SystemExit), tracking.init(root=root) as run:
            _say(run, place, text)
        if place == "note":
            tracking.open_run(run.path).note(text)
    return run.path


def _say(run: tracking.Run, place: str, text: str) -> None:  # noqa: C901, PLR0912 - one line a place
    if place == "message":
        raise ValueError(text)
    if place == "exit":
        sys.exit(text)
    if place == "reason":
        run.log_failed(text, text)
    elif place in {"input", "output", "meta"}:
        getattr(run, {"input": "log_inputs", "output": "log_outputs", "meta": "log_meta"}[place])(json.loads(text))
    elif place == "argv":
        before, sys.argv = sys.argv, ["train.py", *json.loads(text)]
        try:
            run.log_env()
        finally:
            sys.argv = before
    elif place == "env content":
        run.log_env(content=json.loads(text))
    elif place == "git":
        author = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        for command in (["init", "-q", "."], ["commit", "-q", "--allow-empty", "-m", "x"], ["remote", "add", "origin", text]):
            folder = run.path.parent.parent / f"repository-{run.uuid}"
            folder.mkdir(exist_ok=True)
            subprocess.run(["git", *command], check=True, cwd=folder, env={**os.environ, **author})
        before = Path.cwd()
        os.chdir(folder)
        try:
            run.log_code_ref()
        finally:
            os.chdir(before)
    elif place == "code_ref":
        run.log_code_ref(json.loads(text))
    elif place == "reference":
        run.log_artifact_ref(text, skip_hash_calculation=True)
        run.log_model_ref(text, skip_hash_calculation=True)
        run.log_data_ref("data", path=text, skip_hash_calculation=True)
        run.log_artifact_lineage({"name": "by lineage", "kind": "file", "path": text})
    elif place == "summary":
        run.log_artifact_ref("s3://bucket/x", summary=json.loads(text), skip_hash_calculation=True)
        run.log_model_ref("s3://bucket/x", summary=json.loads(text), skip_hash_calculation=True)
        run.log_artifact_lineage({"name": "by lineage", "kind": "file", "path": "s3://bucket/x", "summary": json.loads(text)})
    elif place == "artifact name":
        run.log_metric(text, 1.0)
        run.log_text(text, "x")
        run.log_artifact_ref("s3://bucket/x", name=text, skip_hash_calculation=True)
    elif place == "readme":
        run.set_readme(text)


def shown(run: Path) -> bytes:
    """All that a run folder holds, and what somebody would see of it who takes away colors, markup, escapes and ends of lines."""
    found = []
    for path in run.rglob("*"):
        found.append(os.fsencode(path.name))
        if path.is_file():
            data = path.read_bytes()
            found.append(data)
            if path.suffix in {".ipynb", ".json", ".jsonl", ".plx"}:
                for text in {text for line in [data, *data.splitlines()] for text in _strings(line)}:
                    plain = re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]|\\n", "", text)
                    found += [
                        html.unescape(re.sub(r"<[^>]*>", "", plain)).encode("utf-8", "replace"),
                        re.sub(r"\s+", "", plain).encode("utf-8", "replace"),
                    ]
    return b"\n".join(found)


def _strings(data: bytes) -> list[str]:
    try:
        value = json.loads(data)
    except ValueError:
        return []
    found, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item
    return found


def cells_changed(run: Path, notebook: Any, rows: list[dict[str, Any]]) -> list[str]:
    """The rows whose cells, outputs or printed lines the run does not have as the kernel had them."""
    kept = json.loads((run / "code" / "session.ipynb").read_text(encoding="utf-8"))["cells"]
    logged = {json.loads(line)["value"] for line in (run / "plxlogs" / "logs.jsonl").read_text(encoding="utf-8").splitlines()}
    rows = [row for row in rows if row["place"] in CELLS]
    changed = []
    for row, was, has in zip(rows, notebook.cells[1:-1], kept[1:-1], strict=True):
        outputs = _outputs(was["outputs"]) == _outputs(has["outputs"])
        lines = row["place"] != "stdout" or set(row["text"].split("\n")) <= logged
        if was["source"] != has["source"] or not outputs or not lines:
            changed.append(row["id"])
    return changed


def _outputs(outputs: list[Any]) -> list[tuple[Any, ...]]:
    """Outputs to compare: a kernel may send what is printed in several parts."""
    found: list[tuple[Any, ...]] = []
    for output in outputs:
        fields = tuple(output.get(key) for key in ("output_type", "name", "text", "data", "ename", "evalue", "traceback"))
        if found and found[-1][:2] == fields[:2] and fields[0] == "stream":
            fields = (*fields[:2], found.pop()[2] + fields[2], *fields[3:])
        found.append(fields)
    return found


def found_in(run: bytes, row: dict[str, Any]) -> bool:
    """Whether a planted secret is in what a run holds."""
    return any(piece.encode() in run for piece in row["looked for"])


def says_the_same(run: Path, row: dict[str, Any]) -> bool:
    """Whether a run that was told the row's text holds it as it was given."""
    text = row["text"]
    wanted = json.loads(text) if text[:1] in "[{" else text
    pieces = wanted if isinstance(wanted, list) else [wanted]
    found = []
    for path in run.rglob("*.json*"):
        waiting = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.suffix == ".jsonl" else []
        waiting += [json.loads(path.read_bytes())] if path.suffix == ".json" else []
        while waiting:
            item = waiting.pop()
            found.append(item)
            waiting += list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
    prefix = "ValueError: " if row["place"] == "message" else ""
    return all((prefix + piece if isinstance(piece, str) else piece) in found for piece in pieces)

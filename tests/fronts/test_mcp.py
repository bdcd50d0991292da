"""`jupyter tracking mcp`: an agent asks over standard input and output, gets bounded answers, and reaches nothing outside of the root."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.__main__ import main
from jupyter_tracking.errors import InvalidArgument, NotFound

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("mcp", reason="the extra mcp is not installed")

LONG = 5_000


@pytest.fixture
def runs(root: Path) -> list[str]:
    """The uuids of three runs: two with a metric of many rows and a long text, and one outside of the root that is asked about."""
    made = []
    for where, name, lr in ((root / "inside", "one", 0.1), (root / "inside", "two", 0.2), (root / "outside", "secret", 0.3)):
        with tracking.init(root=where, name=name, track_code=False, track_env=False, track_logs=False) as run:
            run.log_inputs(lr=lr, text="x" * LONG, bound=float("inf"), many=list(range(LONG)))
            for step in range(300):
                run.log_metric("loss", lr / (step + 1), step=step)
            run.log_metric("acc", float("nan"), step=0)
        made.append(run.uuid)
    return made


def ask(root: Path, *calls: tuple[str, dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """What a client of the protocol's own library gets from the server, started as a person would: its tools, and the answers to calls."""
    import anyio
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    async def talk() -> tuple[list[Any], list[Any]]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYAXON")}
        server = StdioServerParameters(command=sys.executable, args=["-m", "jupyter_tracking", "mcp", str(root)], env=environment)
        async with stdio_client(server) as (reading, writing), ClientSession(reading, writing) as session:
            await session.initialize()
            tools = (await session.list_tools()).tools
            return tools, [await session.call_tool(name, words) for name, words in calls]

    return anyio.run(talk)


def test_an_agent_reads_runs_over_standard_input_and_output(root: Path, runs: list[str]) -> None:
    """Each tool answers with JSON; a mistake is one sentence, and the server goes on."""
    one, two, _ = runs
    tools, answers = ask(
        root / "inside",
        ("runs", {"where": "lr < 0.15"}),
        ("run", {"run": "two"}),
        ("metrics", {"run": one[:8], "names": ["loss"], "limit": 4}),
        ("lineage", {"run": "one"}),
        ("diff", {"runs": ["one", "two"]}),
        ("best", {"metric": "loss"}),
        ("problems", {}),
        ("runs", {"where": "nothing < 1"}),
        ("runs", {"limit": 2}),
    )
    assert [tool.name for tool in tools] == ["runs", "run", "metrics", "lineage", "diff", "best", "problems"]
    assert all(tool.annotations.read_only_hint for tool in tools)
    *said, mistake, again = answers
    assert not [answer for answer in (*said, again) if answer.is_error]
    listed, run, metrics, lineage, diff, best, problems = (answer.structured_content for answer in said)
    assert [row["uuid"] for row in listed["rows"]] == [one]
    assert (run["uuid"], run["status"], run["inputs"]["lr"], run["inputs"]["bound"]) == (two, "succeeded", 0.2, "Infinity")
    assert run["inputs"]["text"] == "x" * 1999 + "…"
    assert [(row["step"], row["value"]) for row in metrics["rows"]] == [(0, 0.1), (100, 0.1 / 101), (199, 0.1 / 200), (299, 0.1 / 300)]
    assert metrics["total"] == 300
    assert {row["name"] for row in lineage["rows"]} >= {"loss", "acc"}
    assert [row["name"] for row in diff["rows"]] == ["lr", "loss"]
    assert (best["uuid"], best["step"], best["goal"]) == (one, 299, "min")
    assert problems == {"total": 0, "rows": []}
    assert mistake.is_error
    assert 'there is no column "nothing"' in mistake.content[0].text
    assert again.structured_content["total"] == 2


def test_nothing_outside_of_the_root_is_reached(root: Path, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By no path, archive, link or uuid; what is asked for so is not even looked at."""
    from jupyter_tracking.commands.mcp import TOOLS, RunTools

    outside = root / "outside" / "runs" / runs[2]
    archive = tracking.open_run(outside).export(root / "inside" / "secret.zip")
    (root / "inside" / "runs" / "linked").symlink_to(outside)
    monkeypatch.chdir(root / "inside")
    tools = RunTools(root / "inside")
    opened: list[str] = []
    watching = True

    def watch(event: str, words: tuple[Any, ...]) -> None:
        if watching and event in {"open", "os.listdir", "os.scandir"} and isinstance(words[0], str | bytes | os.PathLike):
            opened.append(os.fsdecode(words[0]))

    sys.addaudithook(watch)
    for given in (str(outside), f"../outside/runs/{runs[2]}", runs[2], "secret", str(archive), "secret.zip", "linked", "runs/linked", "."):
        for call in (tools.run, tools.metrics, tools.lineage, tools.problems, lambda run: tools.diff([run, "one"])):
            with pytest.raises(NotFound):
                call(given)
    with pytest.warns(tracking.TrackingWarning, match="a link, which is not followed"):
        assert {row["name"] for row in tools.runs()["rows"]} == {"one", "two"}
    with pytest.warns(tracking.TrackingWarning, match="a link, which is not followed"):
        assert tools.best("loss", "max")["name"] == "two"
    assert "secret" not in json.dumps(tools.problems())
    watching = False
    assert not [path for path in opened if path.startswith(str(root / "outside")) or path.endswith(".zip")]
    assert set(TOOLS) == {name for name in vars(RunTools) if not name.startswith("_")}


def test_answers_are_bounded(root: Path, runs: list[str]) -> None:
    """However much there is: rows, characters of a row, and of all."""
    from jupyter_tracking.commands.mcp import RunTools, bounded

    tools = RunTools(root / "inside")
    assert tools.runs(limit=1)["total"] == 2
    assert len(tools.runs(limit=1)["rows"]) == 1
    assert len(tools.runs(limit=1)["rows"][0]["inputs.many"]) == 2_000
    assert len(tools.metrics("one")["rows"]) == 51
    rows = [{str(n): "x" * LONG for n in range(30)}] * 100
    answer = bounded(rows, 100)
    assert answer["total"] == 100
    assert 0 < len(answer["rows"]) < 10
    assert len(json.dumps(answer)) < 210_000
    for limit in (0, -1, 1001):
        with pytest.raises(InvalidArgument, match="limit="):
            tools.runs(limit=limit)


def test_a_root_that_is_no_folder_is_no_usage(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, and one line."""
    assert main(["mcp", str(root / "nothing")]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_without_the_library_one_sentence_says_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2."""
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    assert main(["mcp", str(root)]) == 2
    assert "pip install 'jupyter-tracking[mcp]'" in capsys.readouterr().err

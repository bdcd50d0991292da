"""Runs joined by the content that passes between them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

import jupyter_tracking as tracking
from benchmarks.contenders import ours
from jupyter_tracking.frames.lineage_graph import _components

if TYPE_CHECKING:
    from collections.abc import Mapping


def make(name: str, *, used: Mapping[str, str] | None = None, made: Mapping[str, str] | None = None) -> str:
    """Record a run that used and made files: name → content. Returns its uuid."""
    with tracking.init(name=name, track_logs=False) as run:
        for file, content in (used or {}).items():
            Path(file).write_text(content)
            tracking.log_artifact_ref(file, name=file, is_input=True)
        for file, content in (made or {}).items():
            Path(file).write_text(content)
            tracking.log_artifact(file, name=file)
    return run.uuid


def diamond() -> dict[str, str]:
    """Five runs that share three datasets, under other names in places."""
    return {
        "raw": make("raw", made={"data.csv": "A"}),
        "train": make("train", used={"copy.csv": "A"}, made={"train.csv": "B"}),
        "test": make("test", used={"data.csv": "A"}, made={"test.csv": "C"}),
        "fit": make("fit", used={"train.csv": "B"}),
        "score": make("score", used={"renamed.csv": "C", "train.csv": "B"}),
    }


def test_a_diamond_has_exactly_its_edges(root: Path) -> None:
    """Producer, consumer, hash, and what each calls it; renamed copies of the same bytes are found."""
    runs = diamond()
    edges = tracking.lineage_edges()
    rows = set(zip(*(edges[c] for c in ("producer_name", "consumer_name", "artifact", "used_as")), strict=True))
    assert rows == {
        ("raw", "train", "data.csv", "copy.csv"),
        ("raw", "test", "data.csv", "data.csv"),
        ("train", "fit", "train.csv", "train.csv"),
        ("train", "score", "train.csv", "train.csv"),
        ("test", "score", "test.csv", "renamed.csv"),
    }
    assert len(edges) == 5
    assert set(edges["producer"]) == {runs["raw"], runs["train"], runs["test"]}
    assert edges["size"].tolist() == [1] * 5
    assert edges.dtypes.astype(str).to_dict()["size"] == "Int64"


def test_versions_logged_with_steps_are_made_too(root: Path) -> None:
    """A checkpoint of any step is found by its bytes, not only the last."""
    with tracking.init(name="fit"):
        for step in range(3):
            Path("model.bin").write_text(f"weights {step}")
            tracking.log_model("model.bin", name="net", step=step)
    make("use", used={"first.bin": "weights 0"})
    edges = tracking.lineage_edges()
    assert list(zip(edges["producer_name"], edges["artifact"], edges["used_as"], strict=True)) == [("fit", "net", "first.bin")]


def test_a_file_that_has_changed_is_no_edge(root: Path) -> None:
    """The name is the same, the bytes are not; and a run that uses what it made joins nothing."""
    make("one", made={"data.csv": "A"}, used={"data2.csv": "A"})
    make("two", used={"data.csv": "B"})
    assert len(tracking.lineage_edges()) == 0
    assert list(tracking.lineage_edges(root / "nowhere").columns)[:3] == ["producer", "consumer", "hash"]


def test_content_is_hashed_not_its_repr(root: Path) -> None:
    """Two long frames that print alike are two contents; equal ones are one, whatever they are called."""
    a = pd.DataFrame({"x": range(10_000)})
    b = a.copy()
    b.loc[5000, "x"] = -1
    assert str(a) == str(b)
    hashes = []
    for frame in (a, b, a.copy()):
        with tracking.init() as run:
            tracking.log_data_ref("data", content=frame)
        hashes.append(tracking.open_run(run).lineage()["hash"].iloc[0])
    assert hashes[0] == hashes[2] != hashes[1]


def test_the_graph_finds_cycles_versions_and_orphans(root: Path) -> None:
    """Runs that feed each other, names with several contents, and what nobody used."""
    a = make("a", made={"x": "1"}, used={"y": "2"})
    b = make("b", made={"y": "2", "alone": "3"}, used={"x": "1"})
    make("c", made={"x": "1 again"})
    graph = tracking.lineage_graph()
    assert [set(group) for group in graph.cycles] == [{a, b}]
    assert list(graph.versions) == ["x"]
    assert len(graph.versions["x"]) == 2
    assert {name for _, name in graph.orphans} == {"alone", "x"}


def test_the_graph_shows_itself(root: Path) -> None:
    """Mermaid for JupyterLab, a picture for elsewhere, a line of text for a terminal."""
    diamond()
    graph = tracking.lineage_graph()
    bundle = graph._repr_mimebundle_()
    assert bundle["text/vnd.mermaid"].startswith("graph LR\n")
    assert bundle["text/vnd.mermaid"].count("-->|") == 5
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert bundle["text/plain"].startswith("<LineageGraph 5 runs, 5 edges, 0 cycles")


@pytest.mark.parametrize("name", ['a"]; click x "https://e.org"', "a]b", "%% x", "<b>$x^2$</b>", "損失"])
def test_a_name_is_no_markup_in_the_graph(root: Path, name: str) -> None:
    """What Mermaid or matplotlib would take for their own stays text."""
    make(name, made={"x": "1"})
    make("use", used={"x": "1"})
    graph = tracking.lineage_graph()
    (line,) = [line for line in graph.mermaid.splitlines() if '["' in line and "use" not in line]
    label = line.partition('["')[2].removesuffix('"]')
    assert not set(label) & set('"<>[]{}()|;%$') - {";"}
    assert graph.picture().startswith(b"\x89PNG")


def test_strongly_connected_components_are_found() -> None:
    """Against a graph whose components are known."""
    following = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["e"], "e": ["d", "f"], "f": [], "g": ["g"]}
    assert {frozenset(group) for group in _components(following)} == {frozenset("abc"), frozenset("de"), frozenset("f"), frozenset("g")}
    order = [frozenset(group) for group in _components(following)]
    assert order.index(frozenset("f")) < order.index(frozenset("de")) < order.index(frozenset("abc"))


def test_edges_are_made_of_the_documents_alone(root: Path) -> None:
    """A chain of 100 runs of 20 files, none of which is on the disk: an edge a file that passes. How long it takes, `benchmarks` measures."""
    ours.write_chain(root, 100, 10)
    edges = tracking.lineage_edges()
    assert len(edges) == 990
    assert {path.name for path in root.rglob("*") if path.is_file()} == {"run.plx.json", "lineages.plx.json"}

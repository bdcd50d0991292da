"""Markdown as a tree of harmless elements, whatever is in the text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from jupyter_tracking.views.renderers.markdown import parse_markdown, render_markdown
from tests.views.test_stepper import Page

if TYPE_CHECKING:
    from pathlib import Path

MARKS = 6_000


def text_of(nodes: list[Any]) -> str:
    """The words of a tree."""
    return "".join(node if isinstance(node, str) else text_of(node[2:]) for node in nodes)


def depth_of(nodes: list[Any]) -> int:
    """How deep a tree is."""
    return max((1 + depth_of(node[2:]) for node in nodes if not isinstance(node, str)), default=0)


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("# A *b*", [["h1", None, "A ", ["em", None, "b"]]]),
        ("soft\nline  \nhard", [["p", None, "soft", "\n", "line", ["br", None], "hard"]]),
        ("- [ ] a\n- [x] b", [["ul", None, ["li", None, "☐ a"], ["li", None, "☑ b"]]]),
        ("3. c", [["ol", {"start": 3}, ["li", None, "c"]]]),
        ("```py x\ncode\n```", [["pre", {"info": "py"}, ["code", None, "code\n"]]]),
        ("~~gone~~ `x`", [["p", None, ["s", None, "gone"], " ", ["code", None, "x"]]]),
        ('[a](b "c") ![d](e)', [["p", None, ["a", {"href": "b", "title": "c"}, "a"], " ", ["img", {"src": "e", "alt": "d"}]]]),
        ("<b onclick=x>c</b>", [["p", None, "<b onclick=x>c</b>"]]),
        ("http://a.b", [["p", None, "http://a.b"]]),
    ],
)
def test_a_text_is_a_tree(source: str, tree: list[Any]) -> None:
    """HTML stays text, and an address alone is no link."""
    assert parse_markdown(source) == tree


def test_a_table_has_its_alignment() -> None:
    """A cell says on which side it is written."""
    ((_, _, head, body),) = parse_markdown("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert head == ["thead", None, ["tr", None, ["th", None, "a"], ["th", {"align": "right"}, "b"]]]
    assert body == ["tbody", None, ["tr", None, ["td", None, "1"], ["td", {"align": "right"}, "2"]]]


@pytest.mark.parametrize(
    "source",
    ["*" * MARKS, "*a " * MARKS, "*" * MARKS + "a" + "*" * MARKS, "[" * MARKS, "![" * MARKS, ">" * MARKS, "~~a" * MARKS, "*_" * MARKS],
)
def test_very_many_marks_neither_overflow_nor_nest(source: str) -> None:
    """The tree goes as JSON, is shallow, and all of its text is there."""
    tree = parse_markdown(source)
    assert depth_of(tree) <= 33
    assert text_of(json.loads(json.dumps(tree))).count("a") == source.count("a")
    render_markdown(source)


def test_six_thousand_marks_in_a_line_are_marks() -> None:
    """However many there are, as far as the parser is quick: each is drawn as what it says."""
    ((_, _, *inside),) = parse_markdown("*a* " * (MARKS // 2))
    assert inside.count(["em", None, "a"]) == MARKS // 2


@pytest.mark.parametrize("source", ["\n".join("  " * n + f"- item{n}" for n in range(100)), ">" * 100 + " quoted"])
def test_what_is_nested_too_deeply_is_shown_as_it_was_written(source: str) -> None:
    """No item is lost."""
    assert parse_markdown(source) == [["pre", None, source]]


def test_what_is_very_long_goes_on_as_it_was_written() -> None:
    """No text is lost."""
    source = "word *a*\n\n" * 20_000
    assert text_of(parse_markdown(source)).count("word") == 20_000


def test_html_of_a_text_has_no_links_and_no_markup_of_its_own() -> None:
    """Links and pictures are words, with their addresses."""
    made = render_markdown('[a](http://b.c) ![d](e) <script>x</script>\n\n1. *f*\n\n"q" & r')
    assert made == (
        "<p>a (http://b.c) [picture d: e] &lt;script&gt;x&lt;/script&gt;</p><ol><li><em>f</em></li></ol><p>&quot;q&quot; &amp; r</p>"
    )


def test_the_page_gets_text_and_tree(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is the first buffer, the tree the one that the head names."""
    with tracking.init(root=root, name="md", track_code=False, track_env=False, track_logs=False) as run:
        run.log_markdown("card", "# Größe", step=1)
    ((content, buffers),) = Page(tracking.open_run(run).show("card"), monkeypatch).ask({"id": "a", "ask": [[0, 0]]})
    ((_, _, head, _),) = content["payloads"]
    assert buffers[0].decode() == "# Größe"
    assert json.loads(buffers[head["tree"]]) == [["h1", None, "Größe"]]

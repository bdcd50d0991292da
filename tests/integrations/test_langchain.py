"""LangChain: what a chain calls is a trace, with what went in and came out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import jupyter_tracking as tracking
from tests.integrations.training import read, run_example

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def chain(model: Any = None) -> Any:
    """A prompt, a model that says what it was told to, and a parser, one after the other."""
    from langchain_core.language_models import FakeListChatModel
    from langchain_core.output_parsers import StrOutputParser
    from langchain_core.prompts import ChatPromptTemplate

    prompt = ChatPromptTemplate.from_messages([("system", "Answer shortly."), ("user", "{question}")])
    return prompt | (model or FakeListChatModel(responses=["a folder", "an event"])) | StrOutputParser()


def test_a_chain_is_a_trace_with_its_calls_inside(root: Path) -> None:
    """Names, kinds, times, inputs and outputs of the chain and of each call; a second call is a second step."""
    from jupyter_tracking.integrations.langchain import TrackingCallback

    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback()
        answered = chain()
        for question, answer in (("what is a run?", "a folder"), ("what is a row?", "an event")):
            assert answered.invoke({"question": question}, config={"callbacks": [callback]}) == answer
    view = read(run)
    assert view.steps("RunnableSequence") == [0, 1]
    span = view.load("RunnableSequence", step=0)
    assert (span["kind"], span["status"], span["inputs"]) == ("chain", "succeeded", {"question": "what is a run?"})
    assert span["outputs"] in ({"output": "a folder"}, {"value": "a folder"})
    prompt, model, parser = span["children"]
    assert [each["name"] for each in (prompt, model, parser)] == ["ChatPromptTemplate", "FakeListChatModel", "StrOutputParser"]
    assert model["kind"] == "llm"
    assert "what is a run?" in str(model["inputs"])
    assert "a folder" in str(model["outputs"])
    assert span["started_at"] <= model["started_at"] <= model["finished_at"] <= span["finished_at"]


def test_a_call_that_fails_is_a_failed_span(root: Path) -> None:
    """The error is in the span, and reaches the caller."""
    from langchain_core.runnables import RunnableLambda

    from jupyter_tracking.integrations.langchain import TrackingCallback

    def refuse(_: Any) -> Any:
        raise FloatingPointError("no answer")

    with tracking.init(root=root, quiet=True) as run, pytest.raises(FloatingPointError):
        chain(RunnableLambda(refuse)).invoke({"question": "?"}, config={"callbacks": [TrackingCallback()]})
    span = read(run).load("RunnableSequence")
    assert span["status"] == "failed"
    assert "no answer" in span["status_conditions"][0]["message"]
    assert [child["status"] for child in span["children"]] == ["succeeded", "failed"]


def test_tools_and_chains_at_a_time(root: Path) -> None:
    """A tool is a tool; what a batch calls in threads are traces of their own, each once."""
    from langchain_core.tools import tool

    from jupyter_tracking.integrations.langchain import TrackingCallback

    @tool
    def double(number: int) -> int:
        """Double a number."""
        return 2 * number

    with tracking.init(root=root, quiet=True) as run:
        callback = TrackingCallback()
        assert double.invoke({"number": 4}, config={"callbacks": [callback]}) == 8
        chain().batch([{"question": str(number)} for number in range(8)], config={"callbacks": [callback]})
    view = read(run)
    assert view.load("double")["kind"] == "tool"
    assert sorted(view.steps("RunnableSequence")) == list(range(1, 9))


def test_the_example_runs(root: Path) -> None:
    """The example of the documentation, as it stands there."""
    from langchain_core.runnables import RunnableLambda

    run_example("langchain", {"chain": RunnableLambda(lambda text: f"{text} {chain().invoke({'question': text})}", name="answers")})
    assert tracking.open_run("answers", root).load("answers")["status"] == "succeeded"

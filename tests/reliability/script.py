"""Forty operations of a run, of every sort, each with what must be read back once it has returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from jupyter_tracking.errors import StorageError
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.read.run_reader import RunFolder, open_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_tracking.format.event_rows import Event
    from jupyter_tracking.read.run_reader import Artifact
    from jupyter_tracking.record.run import Run

__all__ = ["FRAME", "Operation", "Session", "check", "operations", "readable", "run_through", "same", "value_of"]

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"]})


class Operation(NamedTuple):
    """One call on a run.

    Attributes:
        call: makes it.
        artifact: kind and name of what it logs; None for what the run's document holds.
        value: what is read back: of an artifact the value of one more row, of a document its fields.
    """

    call: Callable[[Run], object]
    artifact: tuple[str, str] | None
    value: Any


class Session:
    """A script on one run, with what was acknowledged so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[tuple[str, str], list[Any]] = {}
        self.document: dict[str, Any] = {}
        self.ended = False

    def acknowledge(self, operation: Operation) -> None:
        """Note that an operation has returned."""
        if operation.artifact is not None:
            self.rows.setdefault(operation.artifact, []).append(operation.value)
        else:
            self.document.update(operation.value)


def _metric(name: str, step: int) -> Operation:
    value = (step + 1) / 7
    return Operation(lambda run: run.log_metric(name, value, step), ("metric", name), (step, value))


def _text(name: str, step: int) -> Operation:
    value = f"text {step}\nwith | and \u2028"
    return Operation(lambda run: run.log_text(name=name, text=value, step=step), ("text", name), (step, value))


def _curve(step: int) -> Operation:
    x, y = [0.0, 0.5, 1.0], [0.0, step / 7, 1.0]
    return Operation(lambda run: run.log_curve("roc", x, y, step=step), ("curve", "roc"), (step, (x, y)))


def _frame(step: int) -> Operation:
    return Operation(lambda run: run.log_dataframe(FRAME + FRAME, "df", step=step), ("dataframe", "df"), (step, FRAME + FRAME))


def _file(source: Path, step: int) -> Operation:
    content = source.read_bytes()
    return Operation(lambda run: run.log_artifact(source, "file", step=step), ("file", "file"), (step, content))


def _folder(source: Path, step: int) -> Operation:
    content = {p.relative_to(source).as_posix(): p.read_bytes() for p in sorted(source.rglob("*")) if p.is_file()}
    return Operation(lambda run: run.log_model(source, "model", step=step), ("model", "model"), (step, content))


def _inputs(**values: Any) -> Operation:
    return Operation(lambda run: run.log_inputs(**values), None, {"inputs": values})


def operations(sources: Path) -> Iterator[Operation]:
    """Yield the forty operations; the files they copy are made below `sources`."""
    folder = sources / "model"
    (folder / "inner").mkdir(parents=True, exist_ok=True)
    (folder / "weights.bin").write_bytes(bytes(range(256)) * 8)
    (folder / "inner" / "config.json").write_text("{}")
    file = sources / "data.csv"
    file.write_text("a,b\n" + "1,2\n" * 300)
    for step in range(4):
        yield _metric("loss", step)
        yield _metric("train/acc", step)
        yield _text("notes", step)
        yield _curve(step)
        yield _frame(step)
        yield _file(file, step)
        yield _folder(folder, step)
        yield _metric(f"loss.{step}", step)
        yield _inputs(lr=step)
        yield _metric("Loss", step)


def value_of(folder: RunFolder, artifact: Artifact, event: Event) -> Any:
    """The value of a row, of files their content."""
    value = folder.value(artifact, event)
    if artifact.kind == "curve":
        return list(value.x), list(value.y)
    if artifact.kind == "file":
        return value.read_bytes()
    if artifact.kind == "model":
        return {p.relative_to(value).as_posix(): p.read_bytes() for p in sorted(value.rglob("*")) if p.is_file()}
    return value


def readable(folder: RunFolder) -> dict[tuple[str, str], list[Any]]:
    """Every row of a run that can be read, as (step, value) by kind and name."""
    found: dict[tuple[str, str], list[Any]] = {}
    for artifact in folder.artifacts():
        rows = [(event.step, value_of(folder, artifact, event)) for event in folder.rows(artifact)]
        if rows:
            found[artifact.kind, artifact.name] = rows
    return found


def same(found: Any, expected: Any) -> bool:
    """Whether two (step, value) are equal; frames by their content."""
    if isinstance(expected[1], pd.DataFrame):
        return bool(found[0] == expected[0] and isinstance(found[1], pd.DataFrame) and found[1].equals(expected[1]))
    return bool(found == expected)


def check(session: Session) -> None:
    """What was acknowledged is what can be read: no row less, none more, none different."""
    folder = open_folder(session.path)
    found = readable(folder)
    assert {key: [step for step, _ in rows] for key, rows in found.items()} == {
        key: [step for step, _ in rows] for key, rows in session.rows.items()
    }
    for key, rows in session.rows.items():
        assert all(same(f, e) for f, e in zip(found[key], rows, strict=True)), key
    for key, value in session.document.items():
        assert folder.info.get(key) == value, key
    assert not find_problems(folder)


def run_through(session: Session, sources: Path, begin: Callable[[], Run]) -> list[BaseException]:
    """Do every operation, each once more when it fails, and end the run; return the failures."""
    failures: list[BaseException] = []

    def twice(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except StorageError as error:
            failures.append(error)
            return call()

    run = twice(begin)
    for operation in operations(sources):
        twice(lambda made=operation: made.call(run))
        session.acknowledge(operation)
    twice(run.sync)
    twice(run.end)
    session.document["status"] = "succeeded"
    return failures

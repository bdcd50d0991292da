"""What many runs were given and what came of them, column by column: the numbers and words that plots and correlations are made of."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from jupyter_tracking.errors import InvalidArgument, NotFound, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.read.find import resolve_runs
from jupyter_tracking.read.known_runs import list_run

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from jupyter_tracking.format.document.run_facts import RunFacts
    from jupyter_tracking.read.run_reader import RunFolder

_DECADES = 2  # that the numbers of an input reach over before they are seen better on a logarithmic axis
_OWN = ("duration", "status", "name")  # facts of a run that are neither given to it nor its result
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class RunColumn:
    """One input or output of many runs.

    Attributes:
        group: `inputs`, `outputs`, or empty for what a run is by itself.
        name: its name in the group.
        cells: of each run its value, None where it has none.
    """

    group: str
    name: str
    cells: Sequence[Any]

    @property
    def key(self) -> str:
        """The column's name in the frame of `runs()`."""
        return f"{self.group}.{self.name}" if self.group else self.name

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Which runs have no value."""
        return np.array([value is None for value in self.cells], dtype=bool)

    @cached_property
    def is_number(self) -> bool:
        """Whether every value there is is a number, and there is one."""
        kinds = set(map(type, self.cells)) - {type(None)}
        return bool(kinds) and kinds <= {int, float}

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """The values as floats, NaN where there is none; of a column of words, the place of each in `words`."""
        if self.is_number:
            return np.array([math.nan if value is None else _float(value) for value in self.cells], dtype=np.float64)
        place = {word: n for n, word in enumerate(self.words)}
        return np.array([math.nan if value is None else place[text_of(value)] for value in self.cells], dtype=np.float64)

    @cached_property
    def words(self) -> list[str]:
        """The distinct values of a column of words, those with numbers in the order of the numbers; empty for one of numbers."""
        return [] if self.is_number else ordered_words(self.cells)

    @property
    def differs(self) -> bool:
        """Whether not all runs have the same; to have none is to have another."""
        if self.missing.any() and not self.missing.all():
            return True
        if not self.is_number:
            return len(self.words) > 1
        with np.errstate(invalid="ignore"):
            first = self.numbers[:1]
            return not bool(((self.numbers == first) | (np.isnan(self.numbers) & np.isnan(first))).all())

    @property
    def is_log(self) -> bool:
        """Whether a logarithmic axis shows the numbers better: an input, all above zero, over more than two powers of ten."""
        finite = self.numbers[np.isfinite(self.numbers)] if self.is_number else np.empty(0)
        if self.group != "inputs" or not len(finite) or finite.min() <= 0:
            return False
        return math.log10(float(finite.max())) - math.log10(float(finite.min())) > _DECADES

    def take(self, count: int) -> RunColumn:
        """Return the column of the first runs."""
        return RunColumn(self.group, self.name, self.cells[:count])


def text_of(value: Any) -> str:
    """Return a value as a word: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def ordered_words(cells: Iterable[Any]) -> list[str]:
    """Return distinct values as words, those with numbers in the order of the numbers."""
    return sorted({text_of(value) for value in cells if value is not None}, key=_in_order)


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _in_order(word: str) -> list[Any]:
    """Return what words are sorted by: run2 comes before run10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _DIGITS.split(word)]


def several_runs(runs: Any, root: str | os.PathLike[str] | None = None) -> list[RunFolder]:
    """Open the runs that are meant, as `resolve_runs` does, each once.

    Raises:
        NotFound: there is no such run.
        InvalidArgument: a frame that does not say which runs its rows are of, or no run at all.
    """
    try:
        found = list({folder.path: folder for folder in resolve_runs(runs, root)}.values())
    except NotFound as error:  # often of a call without the runs, such as scatter("lr", "loss")
        raise NotFound(f"{error}; runs come first, None for all of them") if isinstance(runs, str) else error from None
    if not found and runs is None:
        raise NotFound(f"there are no runs under {root if root is not None else paths.default_root()}")
    if not found:
        raise InvalidArgument("runs=[] is empty; give two runs or more")
    return found


class RunColumns:
    """The columns of many runs, in the order of `runs()`.

    Attributes:
        folders: the runs.
        listed: what a list of runs says of each.
        facts: what each is called and was given, and what came of it.
        columns: their inputs and outputs, by the column's name in `runs()`.
    """

    def __init__(self, folders: Sequence[RunFolder]) -> None:
        """Read what each run was given and what came of it."""
        self.folders = list(folders)
        self.listed = [list_run(folder) for folder in self.folders]
        self.facts: list[RunFacts] = [each.facts for each in self.listed]
        self.columns = {column.key: column for group in ("inputs", "outputs") for column in self._of(group)}

    def _of(self, group: str) -> Iterable[RunColumn]:
        given: list[dict[str, Any]] = [getattr(each, group) for each in self.facts]
        names = dict.fromkeys(name for values in given for name in values)
        return [RunColumn(group, name, [values.get(name) for values in given]) for name in names]

    def __len__(self) -> int:
        """Return how many runs there are."""
        return len(self.folders)

    @property
    def inputs(self) -> list[RunColumn]:
        """What the runs were given."""
        return [column for column in self.columns.values() if column.group == "inputs"]

    @property
    def outputs(self) -> list[RunColumn]:
        """What came of them."""
        return [column for column in self.columns.values() if column.group == "outputs"]

    @property
    def results(self) -> list[RunColumn]:
        """The outputs that are numbers."""
        return [column for column in self.outputs if column.is_number]

    def find(self, name: object, argument: str, first: str = "inputs") -> RunColumn:
        """Return a column by its name, with `inputs.` or `outputs.` before it or without.

        Args:
            name: the name.
            argument: what the caller's argument is called.
            first: the group that is meant where both have a column of the name.

        Raises:
            InvalidArgument: the name is no text.
            NotFound: no run has it; the message lists what is near.
        """
        if not isinstance(name, str):
            raise InvalidArgument(f"{argument}={name!r} is a {type(name).__name__}; give the name of an input or of an output")
        other = "outputs" if first == "inputs" else "inputs"
        for key in (name, f"{first}.{name}", f"{other}.{name}"):
            if key in self.columns:
                return self.columns[key]
        if name in _OWN:
            return RunColumn("", name, [getattr(each, name) for each in self.facts])
        known = [column.name for column in self.columns.values()]
        raise NotFound(f"{argument}={name!r} is neither an input nor an output of these runs{suggest(name, known)}")

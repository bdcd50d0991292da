"""Steps, sorted, each once, as an array: what a slider may be moved over, whether it is ten steps or ten million."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

from jupyter_tracking.read.event_table import union_of_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from jupyter_tracking.read.event_table import EventRows

Step = int | None


class StepIndex(Sequence[Step]):
    """Steps, sorted, each once; first that of what was logged without a step, None, if there is any.

    Attributes:
        numbers: the steps that are numbers.
        stepless: whether None is one of them, 1 or 0: how many steps come before the numbers.
    """

    def __init__(self, numbers: NDArray[np.int64], *, stepless: bool = False) -> None:
        """Make an index of sorted numbers, each there once."""
        self.numbers = numbers
        self.stepless = int(stepless)

    @classmethod
    def of(cls, rows: EventRows) -> StepIndex:
        """Return the steps of rows that are sorted by them, each step in one row."""
        stepless = len(rows) > 0 and bool(rows.mask[0])
        return cls(rows.step[int(stepless) :], stepless=stepless)

    @classmethod
    def union(cls, several: Iterable[StepIndex]) -> StepIndex:
        """Return the steps that any has."""
        every = list(several)
        return cls(union_of_steps(index.numbers for index in every), stepless=any(index.stepless for index in every))

    def __len__(self) -> int:
        """Return how many steps there are."""
        return self.stepless + len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        """Return a step, or a list of those of a slice."""
        if isinstance(index, slice):
            return self.take(np.arange(*index.indices(len(self)))).tolist()
        place = range(len(self))[index] - self.stepless
        return None if place < 0 else int(self.numbers[place])

    def __iter__(self) -> Iterator[Step]:
        """Yield the steps in order."""
        if self.stepless:
            yield None
        yield from map(int, self.numbers)

    def __contains__(self, step: object) -> bool:
        """Whether this is one of the steps."""
        if step is None or not isinstance(step, int | float | np.integer):
            return step is None and bool(self.stepless)
        place = int(np.searchsorted(self.numbers, step))
        return place < len(self.numbers) and int(self.numbers[place]) == step

    def __eq__(self, other: object) -> bool:
        """Whether another index has the same steps."""
        return isinstance(other, StepIndex) and self.stepless == other.stepless and np.array_equal(self.numbers, other.numbers)

    __hash__ = None  # type: ignore[assignment]

    def tolist(self) -> list[Step]:
        """Return the steps as a list."""
        numbers: list[Step] = self.numbers.tolist()
        return [None, *numbers] if self.stepless else numbers

    def take(self, places: NDArray[np.intp]) -> StepIndex:
        """Return the steps at these places, which are sorted."""
        stepless = bool(self.stepless and len(places) and places[0] == 0)
        return StepIndex(self.numbers[places[int(stepless) :] - self.stepless], stepless=stepless)

    def latest_at_or_before(self, wanted: StepIndex) -> NDArray[np.intp]:
        """Return, for each wanted step, the place of the latest here that is not after it; -1 when there is none."""
        places = np.searchsorted(self.numbers, wanted.numbers, side="right") - 1 + self.stepless
        return np.concatenate([[self.stepless - 1], places]) if wanted.stepless else places

    def places_of(self, wanted: StepIndex) -> NDArray[np.intp]:
        """Return the place of each wanted step; -1 for those that are not here."""
        places = self.latest_at_or_before(wanted)
        at = places[wanted.stepless :]
        found = at >= self.stepless
        found[found] = self.numbers[at[found] - self.stepless] == wanted.numbers[found]
        return np.concatenate([places[: wanted.stepless], np.where(found, at, -1)])

"""The columns that a filter can name: in full, without their group, or by another name; and those nearest to a name that is none."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.read.filter.comparing import text_of
from jupyter_tracking.read.filter.words import is_bare, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

GROUPS = ("inputs.", "outputs.", "run.")
_MOST_NAMED = 5
_MOST_COMPARED = 2_000
_NEAR = 0.4


class Column(NamedTuple):
    """A column of rows that are filtered.

    Attributes:
        name: its name in full, such as `inputs.lr`.
        kind: `time` (its values are microseconds since 1970), `seconds`, `flag` (true or false), or `any`; plain words are looked for in
            those of kind `any`.
        also: other names of it, where no column has them.
    """

    name: str
    kind: str = "any"
    also: tuple[str, ...] = ()

    @property
    def short(self) -> str:
        """The name without its group."""
        return without_group(self.name)


class Columns:
    """The columns of rows, found by what a filter calls them."""

    def __init__(self, columns: Iterable[Column], *, complete: bool = True) -> None:
        """Take the columns; where they are not `complete`, every name may be one."""
        self.every = list(columns)
        self.complete = complete
        self._exact: dict[str, Column] = {}
        self._short: dict[str, list[Column]] = {}
        self._also: dict[str, Column] = {}
        for column in self.every:
            self._exact.setdefault(column.name, column)
        for column in self.every:
            for name in column.also:
                self._also.setdefault(name, column)
            if column.short != column.name:
                self._short.setdefault(column.short, []).append(column)

    def find(self, name: str) -> list[Column]:
        """Return the column of a name, or all that a short name may mean, or none."""
        exact = self._exact.get(name)
        if exact is not None:
            return [exact]
        other = self._also.get(name)
        return self._short.get(name) or ([other] if other is not None else [] if self.complete else [Column(name)])

    def label(self, column: Column) -> str:
        """Return the shortest name by which a column is found, as a filter writes it."""
        return as_name(column.short if self.find(column.short) == [column] else column.name)

    def nearest(self, word: str) -> str:
        """Return `"; near: lr, loss"` for the columns whose names are most like a word, or `"; there are: …"`, or `""`."""
        whole, last = _pairs(without_group(word)), _pairs(_last_part(word))
        ranked = []
        for n, column in enumerate(self.every[:_MOST_COMPARED]):
            like = max(_likeness(whole, _pairs(column.short)), _likeness(last, _pairs(_last_part(column.short))))
            if like >= _NEAR:
                ranked.append((-like, n))
        near = [self.label(self.every[n]) for _, n in sorted(ranked)[:_MOST_NAMED]]
        if near:
            return f"; near: {', '.join(near)}"
        return f"; there are: {', '.join(map(self.label, self.every[:_MOST_NAMED]))}" if self.every else ""


def without_group(name: str) -> str:
    """Return a column's name without `inputs.`, `outputs.` or `run.` before it."""
    return next((name[len(group) :] for group in GROUPS if name.startswith(group)), name)


def _last_part(name: str) -> str:
    """Return what stands after the last dot or slash of a name: `acc` of `val/acc`."""
    return name[max(name.rfind("."), name.rfind("/")) + 1 :]


def as_name(name: str) -> str:
    """Return a column's name as a filter writes it."""
    return name if is_bare(name) else f"`{name.replace('`', '``')}`"


def as_text(text: str) -> str:
    """Return a text in quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def ambiguous(word: str, found: list[Column]) -> str:
    """Return what to say of a short name that several columns have."""
    return f"{said(word)} may be {' or '.join(as_name(column.name) for column in found)}; say which"


def row_text(value: Callable[[str], object], columns: list[Column]) -> str:
    """Return what plain words are looked for in, in small letters: texts, and inputs and outputs as `name=value`."""
    parts = []
    for column in columns:
        text = text_of(value(column.name)) if column.kind == "any" else ""
        if text:
            parts.append(text if column.short == column.name else f"{column.short}={text}")
    return "\n".join(parts).lower()


def _pairs(word: str) -> frozenset[str]:
    """Return each two letters of a word that follow each other, its start and its end too."""
    letters = f"^{word[:60].lower()}$"
    return frozenset(map("".join, pairwise(letters)))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of the pairs that two words have in common."""
    return 2 * len(one & other) / (len(one) + len(other))

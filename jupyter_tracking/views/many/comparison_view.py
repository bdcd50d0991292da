"""Runs compared, in a notebook; a run that is clicked is opened below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.views.export import page
from jupyter_tracking.views.many.plot_view import SCRIPT, Front, ManyRunsView, sent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jupyter_tracking.views.many.comparison import Comparison
    from jupyter_tracking.views.model.payload import Payload

_POINTS = 500  # pixels that a chart is wide, of each of which four points draw all there is
_LEAST = 12


class ComparisonView(ManyRunsView):
    """Runs, or groups of them, with their results in a table that is the legend of a chart for each metric."""

    def __init__(self, comparison: Comparison) -> None:
        """Show a comparison."""
        self._comparison = comparison
        front = Front(widget="comparison", key=comparison.key(), drawn=[sent(each) for each in comparison.payloads(_POINTS)])
        super().__init__(front, comparison.columns.folders)

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return self._comparison.running

    def _update(self) -> bool:
        more = self._comparison.running
        if self._comparison.refresh():
            self.front.drawn = [sent(each) for each in self._comparison.payloads(_POINTS)]
        return more

    def save(self, path: str | Path) -> Path:
        """Write the view to one HTML file that needs no network and no kernel."""
        return page.write_page(path, self._line().strip("<>"), self._page(self._line(), None))

    def _page(self, line: str, budget: int | None = page.BUDGET) -> str:
        shown = self._comparison.still() + (page.trust_hint("all of it") if budget is not None else "")
        room = None if budget is None else page.data_byte_budget(budget, page.page_body(self.front.key, shown, b"", line, SCRIPT))
        return page.page_body(self.front.key, shown, self._packed(room), line, SCRIPT)

    def _packed(self, room: int | None) -> bytes:
        """Return the table and the charts in few enough points; in a room that is too small for that fewer charts, and then fewer runs."""
        points, kept = _POINTS, self._comparison.payloads(_POINTS)
        while room is not None and len(_pack(kept)) > room:
            if points > _LEAST:
                points = max(_LEAST, points // 2)
                kept = self._comparison.payloads(points)
            elif len(kept) > 1:
                kept = kept[:-1]
            else:
                count = len(self._comparison.columns)
                return page.fit(lambda some: _pack([self._comparison.table(some)]), count, room, size=len, first=min(count, 100))
        return _pack(kept)

    def _line(self) -> str:
        return self._comparison.line()


def _pack(payloads: Sequence[Payload]) -> bytes:
    return page.compress({"scenes": []}, [(-1, n, 0, each) for n, each in enumerate(payloads)])

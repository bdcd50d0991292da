"""Runs compared, in a notebook; a run that is clicked is opened below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracking.views.export import page
from jupyter_tracking.views.many.plot_view import SCRIPT, Front, ManyRunsView, sent

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.views.many.comparison import Comparison

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
        points = _POINTS
        while True:
            payloads = [(-1, n, 0, each) for n, each in enumerate(self._comparison.payloads(points))]
            data = page.compress({"scenes": []}, payloads)
            while room is not None and points == _LEAST and len(data) > room and len(payloads) > 1:
                data = page.compress({"scenes": []}, payloads := payloads[:-1])
            if room is None or len(data) <= room or points == _LEAST:
                return page.page_body(self.front.key, shown, data, line, SCRIPT)
            points = max(_LEAST, points // 2)

    def _line(self) -> str:
        return self._comparison.line()

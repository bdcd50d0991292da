"""Runs compared, in a notebook; a run that is clicked is opened below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.views.export import page
from jupyter_tracking.views.many.pages import POINTS, comparison_page
from jupyter_tracking.views.many.plot_view import Front, ManyRunsView, sent

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.views.many.comparison import Comparison


class ComparisonView(ManyRunsView):
    """Runs, or groups of them, with their results in a table that is the legend of a chart for each metric."""

    def __init__(self, comparison: Comparison) -> None:
        """Show a comparison."""
        self._comparison = comparison
        front = Front(widget="comparison", key=comparison.key(), drawn=[sent(each) for each in comparison.payloads(POINTS)])
        super().__init__(front, comparison.columns.folders)

    @property
    def running(self) -> bool:
        """Whether more may be logged."""
        return self._comparison.running

    def _update(self) -> bool:
        more = self._comparison.running
        if self._comparison.refresh():
            self.front.drawn = [sent(each) for each in self._comparison.payloads(POINTS)]
        return more

    def _asked(self) -> dict[str, Any]:
        return {"view": "comparison", "group_by": self._comparison.keys}

    def save(self, path: str | Path) -> Path:
        """Write the view to one HTML file that needs no network and no kernel."""
        return page.write_page(path, self._line().strip("<>"), self._page(self._line(), None))

    def _page(self, _line: str, budget: int | None = page.BUDGET) -> str:
        return comparison_page(self._comparison, budget, self.front.key)

    def _line(self) -> str:
        return self._comparison.line()

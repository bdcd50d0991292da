"""The slider over steps: ipywidgets' own, to which steps can be added without moving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class StepSlider(ipywidgets.SelectionSlider):  # type: ignore[misc]
    """A `SelectionSlider` whose values are the places of the steps."""

    _growing = False

    def __init__(self, steps: Sequence[int | None], **traits: Any) -> None:
        """Show a slider over these steps."""
        super().__init__(options=_options(steps), **traits)

    def grow(self, steps: Sequence[int | None], index: int) -> None:
        """Replace the steps; the selected one is now at `index`. The page is not told of `index`: it may have been moved meanwhile."""
        self._growing = True
        try:
            self.options = _options(steps)
            self.index = index
        finally:
            self._growing = False

    def send_state(self, key: str | Iterable[str] | None = None) -> None:
        """Send state to the page, but no `index` while steps are replaced."""
        if not (self._growing and key == "index"):
            super().send_state(key)

    @traitlets.observe("options")
    def _propagate_options(self, change: Any) -> None:
        """Take new options without selecting the first of them, as ipywidgets would; those it begins with only once, which it would twice."""
        if not self._growing:
            if change is None or not self._initializing_traits_:
                super()._propagate_options(change)
            return
        self._options_values = tuple(value for _, value in self._options_full)
        self.set_trait("_options_labels", tuple(label for label, _ in self._options_full))


def _options(steps: Sequence[int | None]) -> list[tuple[str, int]]:
    return [(str(step), n) for n, step in enumerate(steps)] or [("none", 0)]

"""A page of a view in a frame of its own, for front ends that draw HTML and no widgets of Jupyter's, such as marimo."""

from __future__ import annotations

import html

from jupyter_tracking.errors import escape_controls
from jupyter_tracking.views.export.page import still_of, trust_hint, whole_page

FRAME_BUDGET = 2_000_000  # bytes of a page; marimo shows no output of more than 8,000,000
_MOST_STILL = 500_000  # bytes: a larger picture would keep the frame from being shown
_HEIGHT = 560  # px: what is in a frame without an origin cannot tell how high it is, so the reader may pull it
# A notebook that marimo exports is opened in Jupyter untrusted, which takes frames away, and styles with them: then the still is seen.
_HIDES_STILL = "<style>.jt-framed:has(iframe) > .jt-still{display:none}</style>"


class FramedPage:
    """A page that runs its own scripts in a frame that has no origin: it reads nothing of the page around it, and fetches nothing.

    Attributes:
        title: what is shown, in one line of text.
    """

    def __init__(self, title: str, inside: str) -> None:
        """Frame the static page of a view."""
        self.title = escape_controls(title)
        self._page = whole_page(title, inside)
        still = still_of(inside)
        self._still = f"{still if len(still) <= _MOST_STILL else ''}{trust_hint('the whole view')}"

    def _repr_html_(self) -> str:
        """Return the frame, and the still of the view for where frames are taken out."""
        frame = (
            f'<iframe sandbox="allow-scripts" title="{html.escape(self.title)}" srcdoc="{html.escape(self._page)}" '
            f'style="width:100%;height:{_HEIGHT}px;border:0;resize:vertical;overflow:auto"></iframe>'
        )
        return f'<div class="jt-framed">{_HIDES_STILL}<div class="jt-still">{self._still}</div>{frame}</div>'

    def __repr__(self) -> str:
        """Say what is shown."""
        return f"<{self.title}>"

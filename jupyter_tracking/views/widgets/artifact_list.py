"""The list of a run's artifacts, beside the stepper of the one that is selected."""

from __future__ import annotations

import traitlets

from jupyter_tracking.views.widgets.base import WidgetBase

__all__ = ["ArtifactList"]


class ArtifactList(WidgetBase):
    """The list, as the page draws it: `about` is a listing (`model.listing`), `selected` kind and name."""

    about = traitlets.Dict().tag(sync=True)
    selected: traitlets.List[str] = traitlets.List().tag(sync=True)

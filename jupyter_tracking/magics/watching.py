"""`watch`: the one view that is asked for by the runs of this session, also by one that has not started."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from jupyter_tracking import session
from jupyter_tracking.errors import InvalidType, shortened
from jupyter_tracking.printed import in_notebook, say

if TYPE_CHECKING:
    from jupyter_tracking.views.widgets.watch import Watch


def watch(*names: str) -> None:
    """Show live what the active run logs, from now on: in this cell, before the first value and while others run.

    Before there is anything to show it says what it waits for. When another run starts, it goes on with that one. Without a
    run of this session it waits for one; when the last has ended, it shows that.

    Args:
        *names: the artifacts; all metrics when none is given, those of one prefix (`val/…`) in a chart of their own.

    Raises:
        InvalidType: a name that is no text.
    """
    for name in names:
        if not isinstance(name, str):
            raise InvalidType(f"name={shortened(name)} is a {type(name).__name__}; give the names of artifacts, such as watch('loss')")
    if not in_notebook():
        say("watch() shows live views in a notebook; here is none")
        return
    from jupyter_tracking.read.run_reader import open_folder
    from jupyter_tracking.views.widgets.watch import Watch

    last = session.last_run()
    view = Watch(names, open_folder(last.path) if last is not None else None)
    view.display()
    _follow_runs(weakref.ref(view))


def _follow_runs(reference: weakref.ref[Watch]) -> None:
    """Let a view go on with each run that starts, as long as it is there."""
    from jupyter_tracking.read.run_reader import open_folder

    def go_on() -> None:
        view, run = reference(), session.current_run()
        if view is None or view.comm is None:
            session.after_init.remove(go_on)
        elif run is not None:
            view.follow(open_folder(run.path))

    session.after_init.append(go_on)

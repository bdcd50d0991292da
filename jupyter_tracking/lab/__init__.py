"""What JupyterLab and Notebook 7 ask our half of the Jupyter server: the runs of a folder, and what is in one, with no kernel.

The server loads this module by the file `jupyter_tracking.json` among its settings, which comes with the package. It is nearly free: what
reads runs is imported by the first request, in a thread. `jupyter server extension disable jupyter_tracking.lab` turns it off.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell a Jupyter server which module is the extension."""
    return [{"module": "jupyter_tracking.lab"}]


def _load_jupyter_server_extension(app: Any) -> None:
    """Add our routes to a server. Whatever fails here is told in its log, and the server goes on without them."""
    try:
        from jupyter_tracking.lab.routes import routes

        app.web_app.add_handlers(".*$", routes(app.web_app.settings))
    except Exception:
        app.log.exception("jupyter-tracking could not add its routes; its panel will say so")

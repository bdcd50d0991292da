"""How the documentation is built (`make docs`). Nothing is asked of the network, then or in the pages."""

from __future__ import annotations

import inspect
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
CHECKOUT = DOCS.parent
sys.path[:0] = [str(CHECKOUT), str(DOCS / "extensions")]
# The kernels of the gallery import the checkout too, and no setting of this machine's says where their runs go.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
for name in [name for name in os.environ if name.startswith("POLYAXON")]:
    del os.environ[name]

import jupyter_tracking  # noqa: E402

# A notebook has one source, which `make demo` and Binder run too. One that is stored with its outputs is shown with those.
NOTEBOOKS = sorted((CHECKOUT / "notebooks").glob("*.ipynb"))
for notebook in NOTEBOOKS:
    shutil.copyfile(notebook, DOCS / "gallery" / notebook.name)

project = "jupyter-tracking"
author = copyright = "the jupyter-tracking developers"  # noqa: A001 - Sphinx's name for it
release = version = jupyter_tracking.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "sphinx_design", "inserted", "llms_txt"]
exclude_patterns = ["_build", "extensions"]
nitpicky = True
default_role = "code"  # docstrings mark code as Markdown does
python_use_unqualified_type_names = True
add_module_names = False

# --- pages
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
pygments_dark_style = "monokai"
html_title = "jupyter-tracking"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = True
html_copy_source = True
copybutton_exclude = ".linenos, .gp, .go"

# --- notebooks
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_excludepatterns = [f"gallery/{each.name}" for each in NOTEBOOKS if '"output_type"' in each.read_text(encoding="utf-8")]
# The pages that the views bring along need no widget manager, which would be loaded from the network.
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
suppress_warnings = ["mystnb.unknown_mime_type"]  # the live widget, beside which its static page is

# --- docstrings
autodoc_typehints = "none"  # the text says what each argument may be; with types a signature takes many lines
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
# Types of other packages, of whose documentation nothing is fetched.
nitpick_ignore_regex = [("py:class", r"NDArray|float64|datetime|pandas\.DataFrame|V1StatusCondition|.*\.ActiveRun")]


def prepare(_app: object, _what: str, _name: str, _it: object, _options: object, lines: list[str]) -> None:
    """Mark what is indented as code, as the docstrings mean it."""
    for at in range(len(lines) - 1, 1, -1):
        before = lines[at - 2]
        if not lines[at - 1].strip() and before.strip() and _indent(lines[at]) >= _indent(before) + 4 and lines[at].strip():
            lines[at - 1 : at] = ["", f"{' ' * _indent(before)}::", ""]


def restore(_app: object, what: str, _name: str, it: object, _options: object, lines: list[str]) -> None:
    """Give a property its own docstring back, of whose first sentence napoleon has taken what stands before a colon for a type."""
    if what == "property":
        lines[:] = (inspect.getdoc(it) or "").splitlines()


def no_arguments(_app: object, what: str, _name: str, _it: object, _options: object, signature: str | None, _returns: str) -> Any:
    """Leave out how a class is made: users call the function that returns one."""
    return ("", None) if what in {"class", "exception"} and signature is not None else None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def leave_out_widget_state(_app: object, _page: str, _template: str, context: dict[str, Any], _document: object) -> None:
    """Leave the state of live widgets out of a page: nothing there makes widgets of it, and it is two thirds of a page of the gallery."""
    state = "application/vnd.jupyter.widget-state+json"
    scripts = context["script_files"]
    scripts[:] = [each for each in scripts if getattr(each, "attributes", {}).get("type") != state]


def setup(app: Sphinx) -> None:
    """Connect what is above."""
    app.connect("autodoc-process-signature", no_arguments)
    app.connect("autodoc-process-docstring", prepare, priority=400)
    app.connect("autodoc-process-docstring", restore, priority=600)
    app.connect("html-page-context", leave_out_widget_state, priority=900)

"""Our widgets replace of ipywidgets what is meant to be replaced."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import ipywidgets

from jupyter_tracking.views import widgets


def test_no_widget_hides_a_method_of_its_library_unawares() -> None:
    """A method of ours that has the name of one that ipywidgets calls breaks what ipywidgets does, such as showing its repr."""
    for module in pkgutil.iter_modules(widgets.__path__, f"{widgets.__name__}."):
        importlib.import_module(module.name)
    importlib.import_module("jupyter_tracking.views.many.plot_view")
    importlib.import_module("jupyter_tracking.views.many.comparison_view")
    theirs = {name for base in ipywidgets.Box.__mro__ for name in vars(base)}
    classes: set[type] = {ipywidgets.Widget}
    while more := {below for each in classes for below in each.__subclasses__()} - classes:
        classes |= more
    ours = [each for each in classes if each.__module__.startswith("jupyter_tracking.")]
    hidden = {name for each in ours for name, value in vars(each).items() if name in theirs and inspect.isfunction(value)}
    assert {name for name in hidden if not name.startswith("__")} == {"_send", "close", "open", "send_state", "set_state"}

"""`autolog`: frameworks log to the active run without a callback, where they have an official place for that. Nothing is patched.

    tracking.autolog()

| framework | its place | then |
| --- | --- | --- |
| Lightning | the entry point `lightning.pytorch.callbacks_factory` | each `Trainer` has a `TrackingLogger` |
| LangChain | `register_configure_hook` | each call is traced |
| Transformers | the dictionary of its integrations | `report_to="jupyter_tracking"` is known |
| Accelerate | `register_tracker_class` | `log_with="jupyter_tracking"` is known |

All others have none: they are given a callback, of the module in this package that has their name.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidType, shortened
from jupyter_tracking.integrations import base
from jupyter_tracking.printed import say

if TYPE_CHECKING:
    from collections.abc import Callable

_TRACES = "JUPYTER_TRACKING_TRACES_LANGCHAIN"  # the variable by which LangChain knows whether to make a tracer of ours
_GROUPS = ("lightning.pytorch.callbacks_factory", "pytorch_lightning.callbacks_factory")
_lightning = False  # whether each trainer gets a logger

# What has no such place: the module that is imported, what it is called, and what is to be written.
_BY_HAND = {
    "catboost": ("CatBoost", "callbacks=[…]"),
    "fastai": ("fastai", "cbs=[…]"),
    "ignite": ("Ignite", "TrackingLogger"),
    "keras": ("Keras", "callbacks=[…]"),
    "lightgbm": ("LightGBM", "callbacks=[…]"),
    "optuna": ("Optuna", "callbacks=[…]"),
    "sklearn": ("scikit-learn", "set_callbacks(…) or log_classifier(…)"),
    "skorch": ("skorch", "callbacks=[…]"),
    "xgboost": ("XGBoost", "callbacks=[…]"),
}


def autolog(enabled: bool = True) -> None:
    """Let frameworks that are imported log to the active run by themselves, where they have an official place for it; or no longer.

    A line says what is on: Lightning's trainers and LangChain's calls log without another word, Transformers by
    `report_to="jupyter_tracking"`, Accelerate by `log_with="jupyter_tracking"`. It also says what needs a callback all the same, such as
    LightGBM, which has no such place. Nothing of a framework is replaced. What is imported later is found by another call.

    Args:
        enabled: False: nothing logs by itself any more. A name that a framework knows stays: nobody has to use it.

    Raises:
        InvalidType: neither True nor False.
    """
    if not isinstance(enabled, bool):
        raise InvalidType(f"enabled={shortened(enabled)} is a {type(enabled).__name__}; give True or False")
    found = [what for module, (what, switch) in _PLACES.items() if _is_imported(module) and switch(enabled)]
    if not enabled:
        say("autolog is off")
        return
    by_hand = [f"{name}: {words}" for module, (name, words) in _BY_HAND.items() if _is_imported(module)]
    lines = [f"on for {', '.join(found)}"] if found else []
    lines += [f"a line of yours is needed for {'; '.join(by_hand)}"] if by_hand else []
    say(f"autolog is {'; '.join(lines) or 'on for nothing yet: import the framework first, then call it again'}")


def _is_imported(module: str) -> bool:
    return module in sys.modules


def _switch_lightning(enabled: bool) -> bool:
    """Return whether a trainer will ask: it reads the entry points of what is installed, and a checkout on the path alone is not."""
    global _lightning  # noqa: PLW0603 - the entry point knows nothing else
    _lightning = enabled
    return any(entry.module == __name__ for group in _GROUPS for entry in entry_points(group=group))


def _switch_langchain(enabled: bool) -> bool:
    if enabled:
        _hook_into_langchain()
        os.environ[_TRACES] = "true"
    else:
        os.environ.pop(_TRACES, None)
    return True


@cache
def _hook_into_langchain() -> None:
    """Name our tracer to LangChain, once: it has no word to take one back, but asks the variable at each call."""
    from contextvars import ContextVar

    from jupyter_tracking.integrations.langchain import TrackingCallback

    unused: ContextVar[Any] = ContextVar("jupyter_tracking", default=None)
    context = base.framework("langchain_core.tracers.context", "langchain-core")
    context.register_configure_hook(unused, inheritable=True, handle_class=TrackingCallback, env_var=_TRACES)


def _switch_by_name(module: str) -> Callable[[bool], bool]:
    """Return what names our class to a framework. The name stays: it logs nothing by itself, and who imports the module has it, too."""

    def switch(_: bool) -> bool:
        known = import_module(f"jupyter_tracking.integrations.{module}")
        return bool(known._register())  # noqa: SLF001 - our own, and no word for who trains

    return switch


_PLACES: dict[str, tuple[str, Callable[[bool], bool]]] = {
    "lightning": ("Lightning", _switch_lightning),
    "pytorch_lightning": ("PyTorch Lightning", _switch_lightning),
    "langchain_core": ("LangChain", _switch_langchain),
    "transformers": ('Transformers (report_to="jupyter_tracking")', _switch_by_name("hugging_face")),
    "accelerate": ('Accelerate (log_with="jupyter_tracking")', _switch_by_name("accelerate")),
}


# --- Lightning's entry points -------------------------------------------------------------------------


def for_lightning() -> list[Any]:
    """Return the callbacks of a new `lightning.pytorch.Trainer`, which asks for them by the entry point: none while autolog is off."""
    return [_callback_of("lightning.pytorch")()] if _lightning else []


def for_pytorch_lightning() -> list[Any]:
    """Return the callbacks of a new `pytorch_lightning.Trainer`."""
    return [_callback_of("pytorch_lightning")()] if _lightning else []


@cache
def _callback_of(package: str) -> type:
    """Return the class of a callback that gives a trainer a logger of ours, where it has none."""

    def setup(_: Any, trainer: Any, pl_module: Any, stage: str) -> None:  # noqa: ARG001 - Lightning's hook has its arguments
        from jupyter_tracking.integrations.pytorch_lightning import TrackingLogger

        if stage != "predict" and not trainer.fast_dev_run and not any(isinstance(each, TrackingLogger) for each in trainer.loggers):
            trainer.loggers = [*trainer.loggers, TrackingLogger()]

    return type("TrackingAutolog", (base.base_class(f"{package}.callbacks", "Callback", "lightning"),), {"setup": setup})

"""The earlier name of `redact`, for code that imports it: `masked` is `redact.redact`, `Masking` is `redact.Redactor`."""

from __future__ import annotations

from jupyter_tracking.redact import Redactor as Masking
from jupyter_tracking.redact import redact as masked

__all__ = ["Masking", "masked"]

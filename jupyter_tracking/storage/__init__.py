"""Durable bytes: folders, files, journals and locks of a run folder. No format is known here.

Whoever writes or reads a run comes here first. So here it is said, once a process, what a system cannot promise.
"""

from contextlib import suppress

from jupyter_tracking.errors import TrackingWarning
from jupyter_tracking.printed import warn
from jupyter_tracking.system import os_calls

if os_calls.MISSING_PROMISES:
    with suppress(TrackingWarning):  # where warnings are errors, no first call fails of it
        warn(os_calls.MISSING_PROMISES, TrackingWarning)

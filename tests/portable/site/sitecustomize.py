"""Found by every Python that is started with this folder on its path: `tests/portable/hiding.py` is put to work before anything else."""

import os
import runpy

if os.environ.get("JUPYTER_TRACKING_TESTS_HIDE_POSIX"):
    runpy.run_path(os.path.join(os.path.dirname(os.path.dirname(__file__)), "hiding.py"))["hide"]()

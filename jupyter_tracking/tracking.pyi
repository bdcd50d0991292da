from jupyter_tracking import *  # noqa: F403

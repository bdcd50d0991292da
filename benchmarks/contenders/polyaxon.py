"""Polyaxon's own client, offline: the peer whose run folders we write."""

PACKAGES = ("polyaxon", "traceml", "pandas", "pyarrow", "numpy")
SETTINGS = {"POLYAXON_OFFLINE": "true", "POLYAXON_NO_OP": "false"}
IMPORT = "polyaxon.tracking"

"""swanlab, in its offline mode."""

PACKAGES = ("swanlab", "numpy")
SETTINGS = {"SWANLAB_MODE": "offline"}
IMPORT = "swanlab"

"""Weights & Biases, offline: its own process, which writes one file."""

PACKAGES = ("wandb", "pandas", "numpy")
SETTINGS = {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false", "WANDB_DISABLE_GIT": "true"}
IMPORT = "wandb"

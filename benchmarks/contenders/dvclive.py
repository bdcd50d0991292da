"""DVCLive: tab-separated files, without DVC's experiments."""

PACKAGES = ("dvclive", "pandas")
SETTINGS = {"DVC_NO_ANALYTICS": "true", "DVCLIVE_TEST": "true"}
IMPORT = "dvclive"

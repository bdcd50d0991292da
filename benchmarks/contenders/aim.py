"""Aim: RocksDB files, one repository a folder."""

PACKAGES = ("aim", "pandas", "setuptools<80")
SETTINGS = {"AIM_UI_TELEMETRY_ENABLED": "0", "__AIM_TELEMETRY_DISABLED__": "1"}
IMPORT = "aim"

"""The package as it runs on Windows, on a system that is none: what Windows lacks is hidden from it, and what Windows refuses is refused."""

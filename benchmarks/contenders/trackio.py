"""trackio: a local SQLite file, and a thread that sends to it."""

PACKAGES = ("trackio", "pandas")
SETTINGS = {"TRACKIO_DIR": "trackio"}
IMPORT = "trackio"


def _start(folder):
    import trackio

    return trackio, trackio.init(project="bench", name=folder.name, embed=False)

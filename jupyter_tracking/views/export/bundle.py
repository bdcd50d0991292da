"""The built files of the browser half, as a widget and a saved page bring them along."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import files

from jupyter_tracking.errors import MissingFile


def static(name: str) -> str:
    """Return the text of a built file.

    Raises:
        MissingFile: it was not built.
    """
    file = files("jupyter_tracking").joinpath("static", name)
    try:
        return file.read_text("utf-8")
    except FileNotFoundError as error:
        raise MissingFile(f"the browser half is not built: {name} is missing; run `npm ci && npm run build` in widgets/") from error


@cache
def bundle() -> tuple[bytes, str]:
    """Return the script that draws everything, compressed, and a hash by which a page keeps it once."""
    text = static("view.js").encode()
    return gzip.compress(text, 9, mtime=0), hashlib.blake2s(text, digest_size=8).hexdigest()

"""The built files of the browser half, as a widget and a saved page bring them along."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jupyter_tracking.errors import MissingFile

if TYPE_CHECKING:
    from collections.abc import Iterable

# What stands in a script in a notebook's file as it is, whoever reads it: no quotes, no backslash, nothing of markup or formulas.
_DIGITS = bytes(code for code in range(33, 127) if chr(code) not in "\"'\\<&$`{}")
_PYTHONS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"


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


WHOLE = "view.js"  # the script that draws runs and their artifacts
MANY = "many.js"  # the one that draws many runs at once


@cache
def bundle(name: str = WHOLE) -> tuple[bytes, str]:
    """Return a script that draws, compressed, and a hash by which a page keeps it once."""
    text = static(name).encode()
    return gzip.compress(text, 9, mtime=0), hashlib.blake2s(text, digest_size=8).hexdigest()


@cache
def bundles() -> dict[str, frozenset[str]]:
    """Return the scripts that draw scenes of some renderers and nothing else, with these, as `widgets/build.mjs` makes them."""
    return {f"{name}.js": frozenset(stems) for name, stems in json.loads(static("parts.json")).items()}


def bundle_for(stems: Iterable[str]) -> str:
    """Return the name of the smallest script that draws a scene of these renderers."""
    needed = frozenset(stems)
    fit = [name for name, has in bundles().items() if needed <= has]
    return min(fit, key=lambda name: len(bundle(name)[0]), default=WHOLE)


@cache
def base85_of(code: bytes) -> str:
    """Return a compressed script as text, a fifteenth shorter than base64: five of 85 digits are four bytes, as `boot.ts` reads them."""
    return base64.b85encode(code).translate(bytes.maketrans(_PYTHONS, _DIGITS)).decode()

"""The built files of the browser half, as a widget and a saved page bring them along."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import cache, lru_cache
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


WHOLE = "view.js"  # the script that draws runs and their artifacts in a live widget
MANY = "many.js"  # the one that draws many runs at once


@cache
def bundle(name: str = WHOLE) -> tuple[bytes, str]:
    """Return a script of live widgets, compressed, and a hash by which a page keeps it once."""
    text = static(name).encode()
    return gzip.compress(text, 9, mtime=0), hashlib.blake2s(text, digest_size=8).hexdigest()


# --- scripts of saved pages, as `widgets/build.mjs` makes them --------------------------------------


@cache
def _parts() -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return which scripts each thing that a page may show needs, those that others import first, and the text of each script."""
    found = json.loads(static("parts.json"))
    return found["parts"], found["texts"]


def scripts_for(page: str, stems: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the scripts that draw a page, in an order in which what others import comes first.

    Args:
        page: "scene", "browser", "runs" or "many".
        stems: those of the renderers in it. What has no script of its own is shown as a file, which all pages can.
    """
    parts, _ = _parts()
    return tuple(dict.fromkeys(name for part in ("start", page, *sorted(set(stems))) for name in parts.get(part, ())))


def are_scripts(names: Iterable[str]) -> bool:
    """Return whether these are all names of scripts of saved pages."""
    return set(names) <= _parts()[1].keys()


@cache
def scripts_version() -> str:
    """Return what is another where any script of a saved page is."""
    return hashlib.blake2s("\0".join(map(static, ("parts.json", "boot.js", "join.js"))).encode(), digest_size=8).hexdigest()


@lru_cache(64)
def packed_scripts(names: tuple[str, ...]) -> str:
    """Return scripts in one text, compressed, in 85 digits; the same scripts give the same text."""
    _, texts = _parts()
    return base85_of(gzip.compress("\0".join(texts[name] for name in names).encode(), 9, mtime=0)) if names else ""


def base85_of(code: bytes) -> str:
    """Return compressed scripts as text, a fifteenth shorter than base64: five of 85 digits are four bytes, as `boot.ts` reads them."""
    return base64.b85encode(code).translate(bytes.maketrans(_PYTHONS, _DIGITS)).decode()

"""The git folder of a repository that anybody may have made, read without git: where it is, and the commit that it stands at.

No link is followed to a part of it, nor a `.git` file to a folder that does not lead back.
"""

from __future__ import annotations

import os
import re
import stat
from typing import NamedTuple

from jupyter_tracking.format import paths
from jupyter_tracking.system import os_calls
from jupyter_tracking.system.files import read_bytes

MOST_BYTES = 1 << 27  # of an index, a table of references, or of what git prints
HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_TEXT = 1 << 20  # of a small file: settings, attributes, a reference
_MOST_INSIDE = 10  # working trees that each lie in the next, as submodules do
_MOST_REFERENCES = 5  # to references


class WorkingTree(NamedTuple):
    """A working tree: its folder, its git folder, and the one that it shares with others of the repository."""

    top: str
    folder: str
    common: str


def find_working_tree(path: str, most: int = _MOST_INSIDE) -> WorkingTree | None:
    """Return the working tree that a folder lies in; None where that lies in more than so many others."""
    while True:
        if os.path.lexists(f"{path}/.git"):
            place = working_tree_at(path, most)
            if place is not None or not os.path.isdir(f"{path}/.git"):  # noqa: PTH112 - git, too, goes on from a folder that is none of its own
                return place
        above = os.path.dirname(path)  # noqa: PTH120
        if above == path:
            return None
        path = above


def working_tree_at(top: str, most: int = _MOST_INSIDE) -> WorkingTree | None:
    """Return the working tree whose `.git` stands in a folder; None where that is a link, or leads to one that does not lead back."""
    dot = f"{top}/.git"
    mode = os.lstat(dot).st_mode
    if stat.S_ISREG(mode):
        return _pointed_tree(top, read_part(top, ".git").decode().strip(), most - 1) if most else None
    is_own = stat.S_ISDIR(mode) and is_folder(f"{dot}/objects") and os.path.lexists(f"{dot}/HEAD")
    return WorkingTree(top, dot, dot) if is_own else None


def _pointed_tree(top: str, pointer: str, most: int) -> WorkingTree | None:
    """Return the working tree whose `.git` is a file: a further one of a repository, which names that file in turn, or a submodule."""
    folder = os.path.realpath(os.path.join(top, pointer.removeprefix("gitdir: ")))  # noqa: PTH118
    above, _, kind = os.path.dirname(folder).rpartition("/")  # noqa: PTH120
    if kind == "worktrees":
        named = [read_part(folder, name).decode().strip() for name in ("gitdir", "commondir")]
        back, common = (os.path.realpath(os.path.join(folder, each)) for each in named)  # noqa: PTH118
        place = WorkingTree(top, folder, common)
        leads_back = back == os.path.realpath(f"{top}/.git") and common == above
    else:
        place = WorkingTree(top, folder, folder)
        outer = find_working_tree(os.path.dirname(top), most) if top != "/" else None  # noqa: PTH120
        leads_back = outer is not None and any(folder.startswith(f"{os.path.realpath(each)}/modules/") for each in outer[1:])
    return place if leads_back and pointer.startswith("gitdir: ") and is_folder(f"{place.common}/objects") else None


def is_folder(path: str) -> bool:
    """Return whether it is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def read_part(folder: str, relative: str, most: int = _MOST_TEXT) -> bytes:
    """Return the bytes of a file of the repository, none where it is missing; raises `OSError` or `ValueError` for a link and the like."""
    opened = paths.closing_descriptor
    try:
        with opened(os_calls.open(folder, paths.FOLDER)) as root, opened(paths.open_inside(root, relative)) as fd:
            size = os_calls.fstat(fd).st_size
            if size > most:
                raise ValueError(f"{relative} has {size:,} bytes")
            return read_bytes(fd, size)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return b""


def resolve_head(place: WorkingTree) -> tuple[str, str] | None:
    """Return commit and branch of a repository that keeps its references in files."""
    name = "HEAD"
    branch = name
    for _ in range(_MOST_REFERENCES):
        own = name == "HEAD" or name.startswith(("refs/bisect/", "refs/worktree/", "refs/rewritten/"))
        text = read_part(place.folder if own else place.common, name).decode().strip()
        if not text:
            packed = read_part(place.common, "packed-refs", MOST_BYTES)
            found = re.search(rb"^([0-9a-f]+) " + re.escape(name.encode()) + rb"$", packed, re.MULTILINE)
            text = found[1].decode() if found else ""
        if HASH.fullmatch(text):
            return text, branch
        if not text.startswith("ref: refs/"):
            return None
        name = text.removeprefix("ref:").strip()
        branch = branch_of(name) if branch == "HEAD" else branch
    return None


def branch_of(name: str) -> str:
    """Return the name of a branch as it is called: without `refs/heads/`."""
    return re.sub(r"\Arefs/(?:heads/|remotes/|tags/)?", "", name)

"""A git repository that anybody may have made, only read: its commit, and how far its files differ from it. Nothing that it names is run.

Git is never shown the repository's own settings, which can name programs (filters, monitors, pagers, transports), files to include and
servers to fetch from. It is given a folder of ours that has the commit, copies of the index and of the attributes, and those settings that
are plain words; objects and working files it reads where they are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from typing import Any, NamedTuple

from jupyter_tracking.kinds.git_folder import (
    HASH,
    MOST_BYTES,
    WorkingTree,
    branch_of,
    find_working_tree,
    is_folder,
    read_part,
    resolve_head,
    working_tree_at,
)

_TIMEOUT = 2.0  # seconds for all that is asked of git together
_MOST_DEEP = 5  # submodules in submodules
# What a process of git may take of memory and of the disk, in the units of `ulimit`; it maps packs by pieces, and needs no more.
_LIMITED = 'ulimit -v 1500000; ulimit -f 262144; exec "$@"'
_PIECES = ("-c", "core.packedGitWindowSize=32m", "-c", "core.packedGitLimit=256m")
_PLAIN = re.compile(r"[A-Za-z0-9-]{1,20}")
_SUBMODULE = b"\x00\x00\xe0\x00"  # the mode of one, in an index
# Settings that say how files are compared.
_COMPARING = (
    *("core.autocrlf", "core.eol", "core.filemode", "core.ignorecase", "core.precomposeunicode", "core.symlinks", "core.trustctime"),
    *("core.checkstat", "core.sparsecheckout", "core.sparsecheckoutcone", "index.sparse", "sparse.expectfilesoutsideofpatterns"),
    *("diff.renames", "diff.algorithm"),
)


class Repository(NamedTuple):
    """What a repository says.

    Attributes:
        commit: the hash that its working tree stands at.
        branch: what is checked out; `HEAD` where that is no branch.
        url: the address of `origin`, as it is written there.
        dirty: whether its files differ from the commit; None where that is not known.
        counts: how many `files`, `insertions` and `deletions` they differ by; None where that is not known.
    """

    commit: str
    branch: str
    url: str
    dirty: bool | None
    counts: dict[str, int] | None


def read_repository(path: str) -> Repository | None:
    """Return what the repository says that a folder lies in; None where there is none, or where it has no commit.

    What git does not answer in time is left unknown. So is whether a file has changed that goes through a filter, as those of Git LFS do:
    filters are programs, and not run.
    """
    try:
        place = find_working_tree(os.path.abspath(path))  # noqa: PTH100
        return _read_place(place, time.monotonic() + _TIMEOUT, 0) if place is not None else None
    except (OSError, ValueError, RecursionError):  # of a folder below thousands of others
        return None


def _read_place(place: WorkingTree, deadline: float, depth: int) -> Repository | None:
    with tempfile.TemporaryDirectory() as scratch:
        git = _Git(place, scratch, deadline)
        found = resolve_head(place) or _resolve_tables(git)
        if found is None:
            return None
        commit, branch = found
        git.read_settings()
        try:
            dirty, counts = _changes(git, commit, depth) if depth < _MOST_DEEP else (None, None)
        except (OSError, ValueError):
            dirty, counts = None, None
        return Repository(commit, branch, git.settings.get("remote.origin.url", ""), dirty, counts)


# --- asking git --------------------------------------------------------------------------------------


class _Git:
    """Git, looking at a repository through a folder of ours in the place of the repository's own git folder.

    Attributes:
        place: the repository.
        scratch: the folder of ours.
        settings: those of the user and of the repository, by their names in lower case; git itself acts on none of them.
        attributes: the file of attributes of the user.
    """

    def __init__(self, place: WorkingTree, scratch: str, deadline: float) -> None:
        """Make the folder of ours."""
        self.place = place
        self.scratch = scratch
        self.deadline = deadline
        self.settings: dict[str, str] = {}
        self.attributes = os.devnull
        for folder in ("refs", "info", "reftable"):
            os.mkdir(f"{scratch}/{folder}")  # noqa: PTH102
        self.write("HEAD", b"ref: refs/heads/none\n")

    def write(self, name: str, data: bytes) -> None:
        """Write a file into the folder of ours."""
        with open(f"{self.scratch}/{name}", "wb") as file:  # noqa: PTH123
            file.write(data)

    def ask(self, *arguments: str, given: bytes = b"", own: bool = False) -> bytes | None:
        """Return what git prints; None where it fails or is too slow. `own`: under the settings of the user and of the machine."""
        # A program in the current directory is none of the user's, whatever an entry of PATH says that is no absolute path.
        path = os.pathsep.join(filter(os.path.isabs, os.environ.get("PATH", os.defpath).split(os.pathsep)))
        program = shutil.which("git", path=path)
        left = self.deadline - time.monotonic()
        if program is None or left <= 0:
            return None
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {
            "PATH": path,
            "GIT_DIR": self.scratch,
            "GIT_WORK_TREE": self.place.top,
            "GIT_OBJECT_DIRECTORY": f"{self.place.common}/objects",
            **dict.fromkeys(("GIT_OPTIONAL_LOCKS", "GIT_TERMINAL_PROMPT"), "0"),
            **dict.fromkeys(("GIT_NO_LAZY_FETCH", "GIT_NO_REPLACE_OBJECTS"), "1"),
            "GIT_ALLOW_PROTOCOL": "",
            "LC_ALL": "C",
        }
        if not own:
            environment |= {
                "HOME": self.scratch,
                "XDG_CONFIG_HOME": self.scratch,
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
            }
        command = ["/bin/sh", "-c", _LIMITED, "sh", program, *_PIECES, "-c", f"core.attributesFile={self.attributes}", *arguments]
        with tempfile.TemporaryFile() as said:
            try:
                done = subprocess.run(  # noqa: S603
                    command,
                    env=environment,
                    cwd=self.scratch if arguments[0] == "config" else self.place.top,
                    input=given,
                    stdout=said,
                    stderr=subprocess.DEVNULL,
                    timeout=left,
                    check=False,
                )
            except (OSError, subprocess.SubprocessError):
                return None
            said.seek(0)
            return said.read(MOST_BYTES) if done.returncode == 0 else None

    def read_settings(self) -> None:
        """Read the settings of the user and of the repository; files that those of the repository include are not read."""
        self.settings = _parse_settings(self.ask("config", "--list", "-z", own=True))
        home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        attributes = self.settings.get("core.attributesfile", os.devnull)
        self.attributes = os.path.expanduser(f"{home}/git/attributes" if attributes == os.devnull else attributes)  # noqa: PTH111
        for folder, name in ((self.place.common, "config"), (self.place.folder, "config.worktree")):
            data = read_part(folder, name)
            if data:
                self.settings |= _parse_settings(self.ask("config", "--no-includes", "--list", "-z", "--file", "-", given=data))


def _parse_settings(said: bytes | None) -> dict[str, str]:
    pairs = (each.partition("\n") for each in (said or b"").decode("utf-8", "replace").split("\0") if each)
    return {name: value if given else "true" for name, given, value in pairs}


# --- where it stands ---------------------------------------------------------------------------------


def _resolve_tables(git: _Git) -> tuple[str, str] | None:
    """Return commit and branch of a repository that keeps its references in tables, which only a newer git can read."""
    name, commit = "HEAD", ""
    git.write("config", b"[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n")
    for folder in dict.fromkeys((git.place.folder, git.place.common)):
        tables = f"{folder}/reftable"
        if not is_folder(tables):
            return None
        for file in sorted(os.listdir(tables)):  # noqa: PTH208
            git.write(f"reftable/{file}", read_part(tables, file, MOST_BYTES))
        name = (git.ask("symbolic-ref", "-q", name) or b"").decode().strip() or name
        commit = (git.ask("rev-parse", "--verify", "-q", name) or b"").decode().strip()
    return (commit, branch_of(name)) if HASH.fullmatch(commit) and name.isprintable() else None


# --- how far its files differ ------------------------------------------------------------------------


def _changes(git: _Git, commit: str, depth: int) -> tuple[bool | None, dict[str, int] | None]:
    """Return whether the files differ from the commit and by how much, as `git diff HEAD` counts it; None for what is not known."""
    if git.settings.get("core.bare") == "true" or not _is_whole(f"{git.place.common}/objects"):
        return None, None
    submodules = _prepare(git, commit)
    if submodules is None:
        return None, None
    # Of submodules git compares the commit alone: to look at their files it would go by their own settings.
    plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-relative", "--ignore-submodules=dirty")
    said = git.ask("diff", "HEAD", "--numstat", "-z", *plain)
    if said is None:
        return None, None
    counts, names = _parse_numstat(said)
    filtered = _filtered(git, names)
    if filtered is None:
        return None, None
    certain, doubtful = len(names) > len(filtered), bool(filtered)
    for name, inside in submodules.items():
        if name not in names:
            found = _read_place(inside, git.deadline, depth + 1)
            if found is None or found.dirty is None:
                doubtful = True
            elif found.dirty:
                certain = True
                counts["files"] += 1
    if doubtful:
        return certain or None, None
    return certain, counts if certain else None


def _is_whole(objects: str) -> bool:
    """Return whether all objects lie in the folder: that none is a link, and no other repository is named that has more of them."""
    pending = [objects]
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif not entry.is_file(follow_symlinks=False) or entry.name.endswith("alternates"):
                    return False
    return True


def _prepare(git: _Git, commit: str) -> dict[str, WorkingTree] | None:
    """Let the folder of ours stand at the commit; return the submodules that are checked out, None where one leads away."""
    version = "0\n" if len(commit) == 40 else "1\n[extensions]\n\tobjectFormat = sha256\n"  # noqa: PLR2004 - of SHA-1
    lines = [f"[core]\n\tbare = false\n\trepositoryformatversion = {version}"]
    for key in _COMPARING:
        section, _, name = key.partition(".")
        if _PLAIN.fullmatch(git.settings.get(key, "")):
            lines.append(f"[{section}]\n\t{name} = {git.settings[key]}\n")
    git.write("config", "".join(lines).encode())
    git.write("HEAD", f"{commit}\n".encode())
    git.write("info/attributes", read_part(git.place.common, "info/attributes"))
    patterns = read_part(git.place.folder, "info/sparse-checkout")
    if patterns:
        git.write("info/sparse-checkout", patterns)
    has_submodules = False
    shared = [name for name in os.listdir(git.place.folder) if re.fullmatch(r"sharedindex\.[0-9a-f]{40,64}", name)]  # noqa: PTH208
    for name in ("index", *shared):
        data = read_part(git.place.folder, name, MOST_BYTES)
        if data:
            git.write(name, data)
            seen = os.lstat(f"{git.place.folder}/{name}")  # a file that is younger than the index is compared by what it holds
            os.utime(f"{git.scratch}/{name}", ns=(seen.st_mtime_ns, seen.st_mtime_ns))
            has_submodules = has_submodules or _SUBMODULE in data
    return _submodules(git) if has_submodules else {}


def _submodules(git: _Git) -> dict[str, WorkingTree] | None:
    said = git.ask("ls-files", "--stage", "-z")
    if said is None:
        return None
    found = {}
    real = os.path.realpath(git.place.top)
    for line in said.split(b"\0"):
        about, _, name = line.partition(b"\t")
        if not about.startswith(b"160000 "):
            continue
        text = os.fsdecode(name)
        top = f"{git.place.top}/{text}"
        if os.path.lexists(f"{top}/.git") and os.path.realpath(top) == f"{real}/{text}":
            place = working_tree_at(top)
            if place is None:
                return None
            found[text] = place
    return found


def _parse_numstat(said: bytes) -> tuple[dict[str, int], set[str]]:
    """Return how many files, insertions and deletions there are, and the names of the files."""
    counts = {"files": 0, "insertions": 0, "deletions": 0}
    names: set[str] = set()
    parts = iter(os.fsdecode(said).split("\0"))
    for part in parts:
        added, _, rest = part.partition("\t")
        removed, tab, name = rest.partition("\t")
        if not tab:
            continue
        names.update([name] if name else [next(parts, ""), next(parts, "")])  # of what was renamed both
        counts["files"] += 1
        counts["insertions"] += int(added) if added.isdigit() else 0  # a hyphen, of what is no text
        counts["deletions"] += int(removed) if removed.isdigit() else 0
    return counts, names


def _filtered(git: _Git, names: set[str]) -> set[str] | None:
    """Return which files go through a filter that is set up here; None where git does not say."""
    drivers = {
        key.split(".", 1)[1].rpartition(".")[0] for key in git.settings if re.fullmatch(r"filter\..+\.(?:clean|process)", key, re.DOTALL)
    }
    if not (drivers and names):
        return set()
    said = git.ask("check-attr", "-z", "--stdin", "filter", given=os.fsencode("\0".join(sorted(names)) + "\0"))
    if said is None:
        return None
    parts: list[Any] = os.fsdecode(said).split("\0")
    return {name for name, value in zip(parts[::3], parts[2::3], strict=False) if value in drivers}

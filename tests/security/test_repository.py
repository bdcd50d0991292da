"""A repository from somebody else: its commit is found, and nothing that it names is run, fetched or read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import zlib
from hashlib import sha1
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_tracking.kinds.coderef import code_reference, public_address

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own, in which git knows the user."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (tmp_path / ".gitconfig").write_text(
        "[user]\n\tname = me\n\temail = me@example.org\n[init]\n\tdefaultBranch = trunk\n[protocol]\n\tallow = always\n"
    )


def git(place: Path, *words: str) -> str:
    """What git says in a folder."""
    return subprocess.run(["git", *words], cwd=place, check=True, capture_output=True, text=True).stdout.strip()


def repository(place: Path, *words: str) -> Path:
    """A repository with a commit of some files."""
    place.mkdir(parents=True)
    git(place, "init", "-q", *words)
    (place / "a.txt").write_text("a\nb\nc\n")
    (place / "sub").mkdir()
    (place / "sub" / "b.py").write_text("x = 1\n" * 20)
    (place / "program").write_text("#!/bin/sh\n")
    (place / "program").chmod(0o755)
    os.symlink("a.txt", place / "link")
    commit(place)
    return place


def commit(place: Path) -> None:
    """Commit all that is there."""
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "some files")


# --- programs that a repository names ------------------------------------------------------------------

SETTINGS = {
    "a clean filter": '[filter "x"]\n\tclean = "{evil}; cat"\n\tsmudge = "{evil}; cat"\n\trequired = true\n',
    "a filter process": '[filter "x"]\n\tprocess = "{evil}"\n',
    "the filter of Git LFS": '[filter "lfs"]\n\tprocess = "{evil}"\n\tclean = "{evil}"\n\trequired\n[lfs "extension.x"]\n\tclean = "{evil}"\n',
    "a monitor": '[core]\n\tfsmonitor = "{evil}"\n\tfsmonitorHookVersion = 1\n',
    "a monitor in other letters": '[CORE]\n\tFSMonitor = "{evil}"\n',
    "a textconv": '[diff "x"]\n\ttextconv = "{evil}"\n\tcachetextconv = true\n',
    "a diff command": '[diff "x"]\n\tcommand = "{evil}"\n[diff]\n\texternal = "{evil}"\n\ttrustExitCode = true\n',
    "pagers": '[core]\n\tpager = "{evil}"\n[pager]\n\tdiff = "{evil}"\n\tconfig = "{evil}"\n\tls-files = "{evil}"\n\trev-parse = "{evil}"\n',
    "aliases": '[alias]\n\tdiff = "!{evil}"\n\tconfig = "!{evil}"\n\trev-parse = "!{evil}"\n\tls-files = "!{evil}"\n\tcheck-attr = "!{evil}"\n',
    "ssh": '[core]\n\tsshCommand = "{evil}"\n\tgitProxy = "{evil}"\n[ssh]\n\tvariant = simple\n[remote "origin"]\n\turl = ssh://example.org/x\n',
    "editors and passwords": '[core]\n\teditor = "{evil}"\n\taskPass = "{evil}"\n[credential]\n\thelper = "!{evil}"\n[sequence]\n\teditor = "{evil}"\n',
    "signatures": '[gpg]\n\tprogram = "{evil}"\n\tformat = ssh\n[gpg "ssh"]\n\tprogram = "{evil}"\n\tdefaultKeyCommand = "{evil}"\n[log]\n\tshowSignature\n',
    "hooks elsewhere": '[core]\n\thooksPath = "{programs}"\n',
    "an include": '[include]\n\tpath = "{included}"\n',
    "an include with a condition": '[includeIf "gitdir:/**"]\n\tpath = "{included}"\n[includeIf "onbranch:**"]\n\tpath = "{included}"\n',
    "settings of the working tree": "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tworktreeConfig = true\n",
    "a remote to fetch from": (
        '[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tpartialClone = origin\n[remote "origin"]\n\turl = "ext::sh -c {evil}"\n'
        '\tpromisor = true\n\tpartialclonefilter = blob:none\n\tuploadpack = "{evil}"\n\tvcs = ext\n[protocol "ext"]\n\tallow = always\n'
    ),
    "a remote on this machine": (
        "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tpartialClone = origin\n"
        '[remote "origin"]\n\turl = "{included}"\n\tpromisor = true\n\tuploadpack = "{evil}"\n'
    ),
    "alternates": '[core]\n\talternateRefsCommand = "{evil}"\n',
    "traces": '[trace2]\n\teventTarget = "{mark}"\n\tnormalTarget = "{mark}"\n\tperfTarget = "{mark}"\n',
    "tools": '[interactive]\n\tdiffFilter = "{evil}"\n[difftool "x"]\n\tcmd = "{evil}"\n[merge "x"]\n\tdriver = "{evil}"\n[trailer "x"]\n\tcommand = "{evil}"\n',
    "maintenance": '[gc]\n\tauto = 1\n\trecentObjectsHook = "{evil}"\n[uploadpack]\n\tpackObjectsHook = "{evil}"\n',
    "a submodule": '[submodule "sub"]\n\tupdate = "!{evil}"\n\tactive = true\n[diff]\n\tsubmodule = diff\n[submodule]\n\trecurse\n',
}


def plant(place: Path, settings: str, tmp_path: Path) -> Path:
    """Let a repository name programs that leave a mark, and return the mark."""
    mark = tmp_path / "ran"
    evil = f"touch {mark}"
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    folder = place / ".git"
    named = "".join(f'[{kind} "x"]\n\tclean = "{evil}"\n\ttextconv = "{evil}"\n' for kind in ("filter", "diff"))
    (tmp_path / "included").write_text(f'[core]\n\tfsmonitor = "{evil}"\n{named}')
    for hooks in (programs, folder / "hooks"):
        hooks.mkdir(exist_ok=True)
        for hook in ("post-index-change", "pre-auto-gc", "reference-transaction", "fsmonitor-watchman", "post-checkout", "query-watchman"):
            (hooks / hook).write_text(f"#!/bin/sh\n{evil}\n")
            (hooks / hook).chmod(0o755)
    with (folder / "config").open("a") as config:
        config.write(settings.format(evil=evil, mark=mark, programs=programs, included=tmp_path / "included"))
    (folder / "config.worktree").write_text(f'[core]\n\tfsmonitor = "{evil}"\n{named}')
    for attributes in (place / ".gitattributes", folder / "info" / "attributes"):
        attributes.parent.mkdir(exist_ok=True)
        attributes.write_text("* filter=x diff=x merge=x\n*.txt filter=lfs diff=x\n")
    return mark


def change(place: Path) -> None:
    """Change a file, and let git believe that another may have changed."""
    (place / "a.txt").write_text("changed\n")
    os.utime(place / "sub" / "b.py")


@pytest.mark.parametrize("inside", ["", "sub"])
@pytest.mark.parametrize("name", SETTINGS)
def test_no_program_of_a_repository_is_run(name: str, inside: str, tmp_path: Path) -> None:
    """Whatever its settings name, in whatever file; commit and branch are found, and it is never said that nothing changed."""
    place = repository(tmp_path / "theirs")
    known = git(place, "rev-parse", "HEAD")
    mark = plant(place, SETTINGS[name], tmp_path)
    change(place)
    found = code_reference(str(place / inside))
    assert not mark.exists()
    assert (found["commit"], found["branch"]) == (known, "trunk")
    assert found.get("dirty") is not False


@pytest.mark.parametrize("name", SETTINGS)
def test_no_program_of_a_submodule_is_run(name: str, tmp_path: Path) -> None:
    """The settings of a repository inside the repository name programs as well; and those of a further working tree."""
    library = repository(tmp_path / "library")
    place = repository(tmp_path / "theirs")
    git(place, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(library), "inner")
    commit(place)
    git(place, "worktree", "add", "-q", str(tmp_path / "tree"))
    mark = plant(place, "", tmp_path)
    inner = place / ".git" / "modules" / "inner"
    evil = f"touch {mark}"
    with (inner / "config").open("a") as config:
        config.write(SETTINGS[name].format(evil=evil, mark=mark, programs=tmp_path / "programs", included=tmp_path / "included"))
    (inner / "info").mkdir(exist_ok=True)
    (inner / "info" / "attributes").write_text("* filter=x diff=x\n*.txt filter=lfs\n")
    change(place / "inner")
    for each in (place, place / "inner", tmp_path / "tree"):
        assert len(code_reference(str(each))["commit"]) == 40
    assert not mark.exists()


def test_an_object_that_is_missing_is_not_fetched(tmp_path: Path) -> None:
    """As a partial clone leaves them out, and names a program that has them."""
    place = repository(tmp_path / "theirs")
    blob, tree = git(place, "rev-parse", "HEAD:a.txt"), git(place, "rev-parse", "HEAD:sub")
    change(place)
    mark = plant(place, SETTINGS["a remote to fetch from"], tmp_path)
    for missing in (blob, tree):
        (place / ".git" / "objects" / missing[:2] / missing[2:]).unlink()
        found = code_reference(str(place))
        assert found["branch"] == "trunk"
        assert found.get("dirty") is not False
    assert not mark.exists()


@pytest.mark.parametrize("path", [".", "", "bin:", "{bin}:."])
def test_a_program_in_the_current_directory_is_not_run(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Called `git`, found by an entry of PATH that is relative; the user's own git is used."""
    place = repository(tmp_path / "theirs")
    mark = tmp_path / "ran"
    (place / "bin").mkdir()
    for name in ("git", "sh", "bin/git", "bin/sh"):
        (place / name).write_text(f"#!/bin/sh\ntouch {mark}\n")
        (place / name).chmod(0o755)
    monkeypatch.chdir(place)
    monkeypatch.setenv("PATH", path.format(bin="") + os.pathsep + os.environ["PATH"])
    assert code_reference()["branch"] == "trunk"
    assert not mark.exists()


def test_variables_of_git_lead_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are set in a hook, or for one command: they say nothing of the repository that a run is in."""
    place, other = repository(tmp_path / "place"), repository(tmp_path / "other")
    (other / "a.txt").write_text("other\n")
    commit(other)
    evil = f"touch {tmp_path / 'ran'}"
    monkeypatch.chdir(place)
    (place / "a.txt").write_text("a\nB\nc\n")
    expected = code_reference()
    assert expected["diff"] == {"files": 1, "insertions": 1, "deletions": 1}
    for name, value in {
        "GIT_DIR": str(other / ".git"),
        "GIT_WORK_TREE": str(other),
        "GIT_INDEX_FILE": str(other / ".git" / "index"),
        "GIT_EXTERNAL_DIFF": evil,
        "GIT_PAGER": evil,
        "GIT_SSH_COMMAND": evil,
        "GIT_ASKPASS": evil,
        "GIT_TRACE": str(tmp_path / "ran"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": evil,
        "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={evil}'",
    }.items():
        monkeypatch.setenv(name, value)
        assert code_reference() == expected, name
    assert not (tmp_path / "ran").exists()


# --- what lies outside ---------------------------------------------------------------------------------


def private_repository(tmp_path: Path) -> Path:
    """A repository of the reader's own, of which a stranger knows where it is."""
    place = repository(tmp_path / "private")
    git(place, "checkout", "-q", "-b", "secret-branch")
    git(place, "remote", "add", "origin", "https://example.org/secret")
    return place


def linked(target: str) -> Callable[[Path, Path], None]:
    """Put a link to a part of the private repository in the place of the stranger's own."""

    def make(place: Path, private: Path) -> None:
        theirs = place / ".git" / target if target else place / ".git"
        shutil.rmtree(theirs) if theirs.is_dir() else theirs.unlink(missing_ok=True)
        os.symlink(private / ".git" / target if target else private / ".git", theirs)

    return make


def pointed(text: str, **files: str) -> Callable[[Path, Path], None]:
    """Put a file in the place of `.git` that names another folder."""

    def make(place: Path, private: Path) -> None:
        os.rename(place / ".git", place / "moved")
        (place / ".git").write_text(text.format(private=private))
        for name, content in files.items():
            (place / "moved" / name).write_text(content.format(private=private, place=place))

    return make


def settings(text: str) -> Callable[[Path, Path], None]:
    """Add to the settings of the stranger's repository."""

    def make(place: Path, private: Path) -> None:
        with (place / ".git" / "config").open("a") as config:
            config.write(text.format(private=private))

    return make


def written(name: str, text: str) -> Callable[[Path, Path], None]:
    """Write a file into the stranger's git folder."""

    def make(place: Path, private: Path) -> None:
        (place / ".git" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / ".git" / name).write_text(text.format(private=private, commit=git(private, "rev-parse", "HEAD")))

    return make


WAYS_OUT: dict[str, Callable[[Path, Path], None]] = {
    "a link for all": linked(""),
    **{
        f"a link for {name}": linked(name)
        for name in ("HEAD", "config", "index", "objects", "refs", "packed-refs", "info", "refs/heads/trunk")
    },
    "a pointer": pointed("gitdir: {private}/.git\n"),
    "a pointer upwards": pointed("gitdir: ../private/.git\n"),
    "a pointer to a folder that shares": pointed("gitdir: moved\n", commondir="{private}/.git\n", gitdir="{place}/.git\n"),
    "another working tree": settings("[core]\n\tworktree = {private}\n"),
    "attributes": settings("[core]\n\tattributesFile = {private}/a.txt\n\texcludesFile = {private}/a.txt\n"),
    "an include": settings("[include]\n\tpath = {private}/.git/config\n"),
    "objects of another": written("objects/info/alternates", "{private}/.git/objects\n"),
    "a commit of another": written("objects/info/alternates", "{private}/.git/objects\n"),
    "a shared folder": written("commondir", "{private}/.git\n"),
    "a branch that climbs": written("HEAD", "ref: refs/../../../private/.git/HEAD\n"),
    "a branch that climbs from the top": written("HEAD", "ref: ../../private/.git/refs/heads/secret-branch\n"),
    "a branch by its whole path": written("HEAD", "ref: {private}/.git/refs/heads/secret-branch\n"),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_nothing_of_another_repository_is_told(way: str, tmp_path: Path) -> None:
    """By no link, pointer or setting: neither branch nor address nor changes of the reader's own repository."""
    private, place = private_repository(tmp_path), repository(tmp_path / "theirs")
    (place / "a.txt").write_text("theirs\n")
    commit(place)
    own = git(place, "rev-parse", "HEAD")
    WAYS_OUT[way](place, private)
    found = code_reference(str(place))
    assert found.get("commit") in {None, own}
    assert "secret" not in str(found)
    assert not found.get("dirty")


def test_a_submodule_that_leads_away_is_not_looked_at(tmp_path: Path) -> None:
    """Its `.git` names the reader's own repository: whether the whole has changed is then not known."""
    private, place = private_repository(tmp_path), repository(tmp_path / "theirs")
    (place / "inner").mkdir()
    git(place, "update-index", "--add", "--cacheinfo", f"160000,{git(private, 'rev-parse', 'HEAD')},inner")
    git(place, "commit", "-q", "-m", "a submodule")
    (place / "inner" / ".git").write_text(f"gitdir: {private}/.git\n")
    assert code_reference(str(place / "inner")) == {}
    assert set(code_reference(str(place))) == {"commit", "branch", "url"}


# --- what takes long or is large -----------------------------------------------------------------------


def write_object(place: Path, kind: str, content: bytes) -> str:
    """Write an object as git keeps it, and return its name."""
    whole = f"{kind} {len(content)}\0".encode() + content
    name = sha1(whole, usedforsecurity=False).hexdigest()
    path = place / ".git" / "objects" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(whole, 1))
    return name


def put_commit(place: Path, tree: str) -> None:
    """Let a branch stand at a commit of a tree."""
    about = "me <me@example.org> 1 +0000"
    made = write_object(place, "commit", f"tree {tree}\nauthor {about}\ncommitter {about}\n\nx\n".encode())
    (place / ".git" / "refs" / "heads" / "trunk").write_text(f"{made}\n")


def tree_of_trees(place: Path) -> None:
    """A commit of 10 to the power of 10 files, in twelve objects."""
    entry, name, mode = b"file", write_object(place, "blob", b"x"), b"100644"
    for _ in range(10):
        name = write_object(place, "tree", b"".join(mode + b" " + entry + b"%d\0" % n + bytes.fromhex(name) for n in range(10)))
        entry, mode = b"folder", b"40000"
    put_commit(place, name)


def one_large_tree(place: Path) -> None:
    """A tree of 4 GB of zeros, in 20 MB that are written at once."""
    size = 4_000_000_000
    packer, head = zlib.compressobj(1), f"tree {size}\0".encode()
    name = "ab" * 20
    path = place / ".git" / "objects" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    zeros = bytes(1 << 24)
    with path.open("wb") as file:
        file.write(packer.compress(head))
        for _ in range(size // len(zeros)):
            file.write(packer.compress(zeros))
    put_commit(place, name)


def replaced(name: str, make: Callable[[Path], Any]) -> Callable[[Path], None]:
    """Put something else in the place of a part of a repository."""

    def change_it(place: Path) -> None:
        part = place / ".git" / name
        shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)
        make(part)

    return change_it


def hole(path: Path) -> None:
    """A file of 20 GB that takes no disk."""
    with path.open("wb") as file:
        file.truncate(20 << 30)


def pointers(place: Path) -> None:
    """Folders below each other whose `.git` all lead nowhere, in the place of the one that there was."""
    shutil.rmtree(place / ".git")
    folder = place
    for _ in range(300):
        (folder / ".git").write_text("gitdir: ../x/modules/y\n")
        folder /= "d"
        folder.mkdir()


def own_submodule(place: Path) -> None:
    """A submodule that is a copy of the repository, and has itself as a submodule."""
    (place / "inner").mkdir()
    git(place, "update-index", "--add", "--cacheinfo", f"160000,{git(place, 'rev-parse', 'HEAD')},inner")
    git(place, "commit", "-q", "-m", "a submodule")
    shutil.copytree(place / ".git", place / ".git" / "modules" / "inner")
    (place / "inner" / ".git").write_text("gitdir: ../.git/modules/inner\n")


LARGE: dict[str, Callable[[Path], None]] = {
    "a tree of trees": tree_of_trees,
    "a large tree": one_large_tree,
    **{
        f"a pipe for {name}": replaced(name, os.mkfifo)
        for name in ("HEAD", "config", "index", "packed-refs", "refs/heads/trunk", "objects/pack", "commondir")
    },
    **{f"a hole for {name}": replaced(name, hole) for name in ("HEAD", "config", "index", "packed-refs", "refs/heads/trunk")},
    "a pipe for a file": lambda place: ((place / "a.txt").unlink(), os.mkfifo(place / "a.txt"))[1],
    "a pipe for attributes": lambda place: os.mkfifo(place / ".gitattributes"),
    "an index of noise": replaced("index", lambda path: path.write_bytes(b"DIRC\0\0\0\2\xff\xff\xff\xff" + bytes(4000))),
    "a branch of a branch": lambda place: (place / ".git" / "refs" / "heads" / "trunk").write_text("ref: refs/heads/trunk\n"),
    "words for a commit": lambda place: (place / ".git" / "refs" / "heads" / "trunk").write_text("--output=ran\n"),
    "settings that are none": lambda place: (place / ".git" / "config").write_bytes(b"\x00[[[\xff"),
    "pointers to pointers": pointers,
    "a hole for a file": lambda place: hole(place / "a.txt"),
    "attributes of 20 MB": lambda place: (place / ".gitattributes").write_text("* filter=x\n" * 2_000_000),
    "a submodule that is the repository": own_submodule,
    "a branch with controls": lambda place: (place / ".git" / "HEAD").write_text("ref: refs/heads/\x1b[31m\n"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_repository_takes_neither_time_nor_memory(name: str, tmp_path: Path) -> None:
    """It is answered for in the two seconds that git has, with what could be read; the process of git may not take the memory of the machine."""
    place = repository(tmp_path / "theirs")
    LARGE[name](place)
    before = time.monotonic()
    deepest = place.joinpath(*["d"] * 300) if name == "pointers to pointers" else place
    found = code_reference(str(deepest))
    assert time.monotonic() - before < 10
    assert not found or re.fullmatch("[0-9a-f]{40}", found["commit"])
    assert "\x1b" not in str(found)
    assert not (place / "ran").exists()


def test_git_takes_no_more_memory_than_it_may(tmp_path: Path) -> None:
    """Of a tree of 4 GB it is not known whether it has changed; git is ended before it has it in memory."""
    place = repository(tmp_path / "theirs")
    one_large_tree(place)
    code = (
        "import resource; from jupyter_tracking.kinds.coderef import code_reference\n"
        f"print('dirty' in code_reference({str(place)!r}), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == "False"
    assert int(said[1]) < 1_500_000, "kilobytes"


# --- honest repositories -------------------------------------------------------------------------------


def as_git_says(place: Path) -> dict[str, Any]:
    """What plain git says of a repository that is trusted."""
    found: dict[str, Any] = {"commit": git(place, "rev-parse", "HEAD"), "branch": git(place, "rev-parse", "--abbrev-ref", "HEAD")}
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (file|insertion|deletion)", git(place, "diff", "HEAD", "--shortstat"))
    }
    found["dirty"] = bool(counts)
    if counts:
        found["diff"] = {f"{word}s": counts.get(word, 0) for word in ("file", "insertion", "deletion")}
    return found


def with_submodule(place: Path) -> Path:
    """A repository with another one in it."""
    git(place, "-c", "protocol.file.allow=always", "submodule", "-q", "add", str(repository(place.parent / "library")), "inner")
    commit(place)
    return place


def configured(**values: str) -> Callable[[Path], Path]:
    """A repository with settings."""

    def make(place: Path) -> Path:
        for name, value in values.items():
            git(place, "config", name.replace("_", "."), value)
        return place

    return make


def after(*words: str, then: str = "") -> Callable[[Path], Path]:
    """A repository after a command of git, looked at in a folder beside it."""

    def make(place: Path) -> Path:
        git(place, *words)
        return place / then

    return make


def attributed(text: str) -> Callable[[Path], Path]:
    """A repository with attributes."""

    def make(place: Path) -> Path:
        (place / ".gitattributes").write_text(text)
        commit(place)
        return place

    return make


def encoded(place: Path) -> Path:
    """A repository with a file in an encoding that git changes."""
    (place / ".gitattributes").write_text("*.py working-tree-encoding=UTF-16\n")
    (place / "sub" / "b.py").write_bytes("x = 1\n".encode("utf-16"))
    commit(place)
    return place


def sparse(place: Path) -> Path:
    """A repository of which a part is checked out, with a file in the place of one that is not."""
    git(place, "sparse-checkout", "init", "--cone", "--sparse-index")
    git(place, "sparse-checkout", "set", "none")
    (place / "sub").mkdir()
    (place / "sub" / "b.py").write_text("another\n")
    return place


HONEST: dict[str, Callable[[Path], Path]] = {
    "plain": lambda place: place,
    "a folder in it": lambda place: place / "sub",
    "no branch": after("checkout", "-q", "--detach"),
    "a branch with a slash": after("checkout", "-q", "-b", "feature/é/x"),
    "packed": after("gc", "-q"),
    "packed references": after("pack-refs", "--all"),
    "a split index": after("update-index", "--split-index"),
    "another index": after("update-index", "--index-version", "4"),
    "a file taken for unchanged": after("update-index", "--assume-unchanged", "a.txt"),
    "a file to be added": after("rm", "-q", "--cached", "a.txt"),
    "a further working tree": after("worktree", "add", "-q", "-b", "other", "../tree", then="../tree"),
    "a further working tree without a branch": after("worktree", "add", "-q", "--detach", "../tree", then="../tree"),
    "a submodule": with_submodule,
    "in a submodule": lambda place: with_submodule(place) / "inner",
    "a part is checked out": sparse,
    "line ends of Windows": configured(core_autocrlf="true"),
    "line ends as they come": configured(core_autocrlf="input"),
    "no modes": configured(core_fileMode="false"),
    "no links": configured(core_symlinks="false"),
    "line ends by attributes": attributed("*.txt text eol=crlf\n*.py -text\n"),
    "an encoding": encoded,
    "identifiers": attributed("*.txt ident\n"),
    "no differ": attributed("[attr]own -diff\n*.txt own\n*.py binary\n"),
    "a filter that is not set up": attributed("*.txt filter=none diff=none\n"),
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_repository_is_told_as_git_tells_it(name: str, tmp_path: Path) -> None:
    """Clean, touched, changed, staged, renamed, deleted: each as `git diff HEAD` counts it."""
    place = HONEST[name](repository(tmp_path / "mine"))
    top = Path(git(place, "rev-parse", "--show-toplevel"))

    def compare(what: str) -> None:
        found = code_reference(str(place))
        url = found.pop("url")
        assert url == public_address(git(place, "config", "--default", "", "--get", "remote.origin.url"))
        assert found == as_git_says(place), what

    compare("as it is")
    if (top / "a.txt").exists():
        os.utime(top / "a.txt")
        compare("touched")
    (top / "a.txt").write_bytes(b"a\r\nB\r\nc\r\nd\r\n")
    compare("changed")
    git(top, "add", "--renormalize", "a.txt")
    compare("staged")
    (top / "program").chmod(0o644)
    (top / "new").write_text("new\n")
    compare("another mode, and a file that git does not know")
    git(top, "add", "--sparse", "new")
    (top / "new").write_bytes(b"\0\1")
    compare("added")
    if (top / "inner" / "a.txt").exists():
        (top / "inner" / "a.txt").write_text("changed\n")
        compare("changed in a submodule")
        git(top / "inner", "commit", "-q", "-a", "-m", "more")
        compare("another commit of a submodule")
    (top / "program").unlink(missing_ok=True)
    compare("deleted")
    if (top / "sub" / "b.py").exists() and name != "a part is checked out":
        git(top, "mv", "sub/b.py", "sub/moved.py")
        compare("renamed")


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    """Its hashes are longer, and its branch and changes are found as well."""
    place = repository(tmp_path / "mine", "--object-format=sha256")
    (place / "a.txt").write_text("changed\n")
    found = code_reference(str(place))
    assert len(found["commit"]) == 64
    del found["url"]
    assert found == as_git_says(place)


def test_a_repository_of_somebody_else_on_this_machine(tmp_path: Path) -> None:
    """Git refuses the settings of a folder that another user owns; of these none is used here, so its commit is told."""
    place = repository(tmp_path / "mine")
    if os.getuid() != 0:
        pytest.skip("only root can give a folder away")
    known = git(place, "rev-parse", "HEAD")
    for path in [place, *place.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    found = code_reference(str(place))
    assert (found["commit"], found["dirty"]) == (known, False)


def test_what_a_filter_would_have_to_say_is_left_out(tmp_path: Path) -> None:
    """Files of Git LFS, or notebooks that are stripped: whether they changed is not known, and is not said; of other files it is."""
    place = repository(tmp_path / "mine")
    (place / ".gitattributes").write_text("*.bin filter=lfs diff=lfs -text\n")
    (place / "large.bin").write_bytes(b"large")
    os.utime(place / "large.bin", (2, 2))
    git(place, "config", "filter.lfs.clean", "wc -c")
    commit(place)
    assert code_reference(str(place))["dirty"] is False
    os.utime(place / "large.bin", (1, 1))
    assert "dirty" not in code_reference(str(place))
    assert "diff" not in code_reference(str(place))
    (place / "a.txt").write_text("changed\n")
    found = code_reference(str(place))
    assert found["dirty"] is True
    assert "diff" not in found, "how much has changed is not known"


# --- addresses -----------------------------------------------------------------------------------------

ADDRESSES = {
    "https://me:SECRET@example.org/me/it.git": "https://example.org/me/it.git",
    "https://SECRET@example.org/me/it.git": "https://example.org/me/it.git",
    "https://me:a@SECRET@example.org/it": "https://example.org/it",
    "https://me:a/SECRET@example.org/it": "https://example.org/it",
    "https://me:a?SECRET@example.org/it": "https://example.org/it",
    "https://me\\:SECRET@example.org/it": "https://example.org/it",
    "HTTPS://me:SECRET@Example.org/it": "HTTPS://Example.org/it",
    "https://example.org/it.git?private_token=SECRET": "https://example.org/it.git",
    "https://example.org/it.git#SECRET": "https://example.org/it.git",
    "https://example.org:8443/@scope/it": "https://example.org:8443/@scope/it",
    "https://proxy/https://me:SECRET@example.org/it": "https://proxy/https://example.org/it",
    "https://example.org/https://me:SECRET@example.org/it": "https://example.org/https://example.org/it",
    "ssh://me:SECRET@example.org:22/it": "ssh://example.org:22/it",
    "ssh://me:SECRET@[::1]:22/it": "ssh://[::1]:22/it",
    "git+ssh://me:SECRET@example.org/it": "git+ssh://example.org/it",
    "ssh://git@example.org:2222/me/it.git": "https://example.org/me/it",
    "git@example.org:me/it.git": "https://example.org/me/it",
    "git@example.org:me/it.git?token=SECRET": "https://example.org/me/it",
    "me:SECRET@example.org:it.git": "example.org:it.git",
    "me@example.org:it.git": "example.org:it.git",
    "me:SECRET@example.org/it.git": "example.org/it.git",
    "//me:SECRET@example.org/it.git": "//example.org/it.git",
    "https:/me:SECRET@example.org/it": "https:/example.org/it",
    "https:me:SECRET@example.org/it": "example.org/it",
    "https://example.org/it;token=SECRETSECRET": "https://example.org/it",
    "ftp://anonymous:SECRET@example.org:21/it": "ftp://example.org:21/it",
    "ext::sh -c 'curl https://example.org/SECRET'": "",
    "ext::https://example.org/SECRET": "",
    "EXT::https://example.org/SECRET": "",
    "fd::17/SECRET": "",
    "a::b::https://me:SECRET@example.org/it": "",
    "transport::sh -c SECRET": "",
    "gcrypt::rsync://me:SECRET@example.org/it": "gcrypt::rsync://example.org/it",
    "codecommit::us-east-1://profile@it": "codecommit::us-east-1://it",
    "https://example.org/it\nhttps://SECRET@example.org": "",
    "https://example.org/\x1b[31mit": "",
    "/srv/git/it.git": "/srv/git/it.git",
    "../it.git": "../it.git",
    "file:///srv/git/it.git": "file:///srv/git/it.git",
    "C:\\git\\it": "C:\\git\\it",
    "https://example.org/" + "x" * 10_000: "",
    "": "",
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_is_told_without_what_is_secret_in_it(url: str) -> None:
    """A name, a password, a token, a query, a command line: none of it is kept."""
    assert public_address(url) == ADDRESSES[url]
    assert "SECRET" not in public_address(url)

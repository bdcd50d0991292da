"""The coderef kind: the git commit of the code, and how far the code differs from it. It waits for git two seconds at most."""

from __future__ import annotations

import re
from typing import Any

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.format import paths
from jupyter_tracking.kinds.arguments import as_flag, as_json
from jupyter_tracking.kinds.base import Recorder
from jupyter_tracking.redact import redact

_LONGEST = 2000  # characters of an address
_WITH_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)")
_OF_GIT = re.compile(r"(?:ssh://git@([^@:/?#]+)(?::\d+)?/|git@([^@:/?#]+):/?)((?![^/]+@)[^?#;]+).*")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^:@]*)(:\d*)?")
_USER = re.compile(r"(?<=//)[^/?#]+@|[^/@:]*:[^/@]+@")  # wherever it stands: an address may hold another, as that of a proxy does
_COMMANDS = ("ext::", "fd::")  # what follows is no address


class CodeMethods(Recorder):
    """How a run refers to its code."""

    def log_code_ref(self, code_ref: dict[str, Any] | None = None, is_input: bool = True) -> None:
        """Refer to the code by its commit. Outside a git repository nothing is recorded.

        Args:
            code_ref: what to keep, with a `commit`; by default commit, branch and url of the repository of the
                current directory, whether it is dirty, and how large its difference is.
            is_input: the run used it rather than made it.

        Raises:
            InvalidArgument: no `commit` in `code_ref`.
        """
        if code_ref is not None and not isinstance(code_ref, dict):
            raise InvalidType(f"code_ref is a {type(code_ref).__name__}; give a dict with a commit")
        if code_ref and not code_ref.get("commit"):
            raise InvalidArgument(f"code_ref={code_ref!r:.80} has no commit; give its hash")
        found = as_json(code_ref, "code_ref") if code_ref else code_reference()
        if found:
            commit = paths.check_name(found["commit"], "code_ref['commit']")
            self._record_artifact("coderef", commit, None, summary=found, is_input=as_flag(is_input, "is_input"))


def code_reference(path: str = ".") -> dict[str, Any]:
    """Return commit, branch and url of the git repository of a folder, and its difference from the commit; empty where there is none.

    No program that the repository names is run, and nothing is fetched. What git does not answer within two seconds is left out, and so is
    what only such a program could say: whether a file that Git LFS or another filter keeps has changed.
    """
    from jupyter_tracking.kinds.git_repository import read_repository

    found = read_repository(path)
    if found is None:
        return {}
    said = {"commit": found.commit, "branch": found.branch, "url": public_address(found.url), "dirty": found.dirty, "diff": found.counts}
    return {key: value for key, value in said.items() if value is not None}


def public_address(url: str) -> str:
    """Return a remote's address as a web page has it: without a user's name and password, a query, and what looks like a secret.

    It is empty where that leaves nothing, as of a helper's command line (`ext::sh -c …`), and for what is no address.
    """
    if len(url) > _LONGEST or not url.isprintable():
        return ""
    helper = re.match(r"[A-Za-z0-9+.-]+::", url)
    if helper:
        address = url[helper.end() :]
        plain = _WITH_SCHEME.fullmatch(address) and helper[0].lower() not in _COMMANDS
        return helper[0] + public_address(address) if plain else ""
    ssh = _OF_GIT.fullmatch(url)
    address = f"https://{ssh[1] or ssh[2]}/{ssh[3]}".removesuffix(".git") if ssh else _without_user(url)
    return redact(_USER.sub("", address))[0]


def _without_user(url: str) -> str:
    scheme, separator, rest = url.partition("://") if _WITH_SCHEME.fullmatch(url) else ("", "", url)
    if not separator and "@" not in url.partition("/")[0]:  # a path
        return url
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest and not _HOST.fullmatch(host):  # `user:password@host`, perhaps with a slash in the password
        rest = rest[len(host) - len(host.rpartition("@")[2]) :] if "@" in host else rest.rpartition("@")[2]
    return scheme + separator + re.split(r"[?#;]", rest, maxsplit=1)[0]

"""The coderef kind: the git commit of the code, and how far the code differs from it. It waits for git two seconds at most."""

from __future__ import annotations

import os
import re
import time
from typing import Any

from jupyter_tracking.errors import InvalidArgument, InvalidType
from jupyter_tracking.format import paths
from jupyter_tracking.kinds.arguments import as_flag, as_json
from jupyter_tracking.kinds.base import Recorder

_TIMEOUT = 2.0  # seconds for all calls of git together
_SUMMARY = re.compile(r"(\d+) (file|insertion|deletion)")


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

    What git does not answer within two seconds is left out.
    """
    import subprocess

    deadline = time.monotonic() + _TIMEOUT

    def git(*arguments: str) -> str | None:
        # Git must take no lock, and must not run a program that the repository's own configuration names.
        command = ["git", "-c", "core.fsmonitor=false", "-C", path, *arguments]
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            done = subprocess.run(  # noqa: S603
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=max(0.05, deadline - time.monotonic()),
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None

    commit = git("rev-parse", "HEAD")
    if not commit:
        return {}
    found: dict[str, Any] = {"commit": commit, "branch": git("rev-parse", "--abbrev-ref", "HEAD")}
    found["url"] = _public(git("config", "--get", "remote.origin.url") or "")
    changes = git("diff", "HEAD", "--shortstat", "--no-ext-diff", "--no-textconv")
    if changes is not None:
        counts = {word: int(number) for number, word in _SUMMARY.findall(changes)}
        found["dirty"] = bool(counts)
        if counts:
            found["diff"] = {f"{word}s": counts.get(word, 0) for word in ("file", "insertion", "deletion")}
    return {key: value for key, value in found.items() if value is not None}


def _public(url: str) -> str:
    """Return a remote's address as a web page has it, without the user's name and password."""
    ssh = re.match(r"(?:ssh://)?git@([^:/]+)[:/](.+?)(?:\.git)?$", url)
    if ssh:
        return f"https://{ssh[1]}/{ssh[2]}"
    return re.sub(r"(?<=://)[^/@]+@", "", url)

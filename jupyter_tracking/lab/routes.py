"""The routes: who may ask, and how what was asked is answered. Everything is read in threads, and nothing is ever written.

Each asks for `GET`, by whoever the server lets in, as for its own files: with the token or a cookie of its login, and, where the server has
permissions, with that to read `contents`.
"""

from __future__ import annotations

import asyncio
import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from jupyter_tracking.errors import InvalidArgument, NotFound, TrackingError
from jupyter_tracking.lab.folders import ServedFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.lab.answers import Answers

_THREADS = 2
_LONGEST = 4_096  # characters of an argument
_FOUND, _NO_NEWS, _UNREADABLE, _FAILED = 200, 204, 422, 500
_STATUSES: dict[type[Exception], int] = {InvalidArgument: 403, NotFound: 404}


class _Source:
    """Makes what answers when the first request comes, in a thread: it imports numpy, and later pandas."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._answers: Answers | None = None
        self.threads = ThreadPoolExecutor(_THREADS, "jupyter-tracking-lab")

    def answers(self) -> Answers:
        """Return what answers.

        Raises:
            NotFound: the server's files are not on this machine's disk.
        """
        if self._answers is None:
            contents = self._settings.get("contents_manager")
            root = getattr(contents, "root_dir", "")
            if not root or not os.path.isdir(root):  # noqa: PTH112 - what a manager of others has there may be anything
                raise NotFound("this server keeps its files elsewhere than in a folder of its machine, where no run can be read")
            from jupyter_tracking.lab.answers import Answers

            folder = ServedFolder(Path(os.path.realpath(root)), bool(getattr(contents, "allow_hidden", False)))
            self._answers = Answers(folder)
        return self._answers


class Route(APIHandler):
    """One question, which is a method of `Answers`."""

    auth_resource = "contents"
    _track_activity = False  # a panel that looks for news every few seconds keeps no idle server alive

    def initialize(self, source: _Source, question: str, arguments: tuple[str, ...]) -> None:
        """Take what answers, and what is asked of it."""
        self._source, self._question, self._arguments = source, question, arguments

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer in a thread; what goes wrong is a sentence, and a status that says of what kind."""
        given = [self.get_query_argument(name, "") for name in self._arguments]
        status, body = await asyncio.get_running_loop().run_in_executor(self._source.threads, self._answer, given)
        self.set_status(status)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        if isinstance(body, bytes):
            self.set_header("Content-Encoding", "gzip")
            await self.finish(body, set_content_type="application/octet-stream")
        else:
            await self.finish(body)

    def _answer(self, given: list[str]) -> tuple[int, bytes | dict[str, Any] | None]:
        """Return status and body, whatever happens."""
        try:
            found = self._ask(given)
        except (TrackingError, OSError) as error:
            status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), _UNREADABLE)
            return status, {"message": str(error)}
        except Exception:
            self.log.exception("jupyter-tracking could not answer")
            return _FAILED, {"message": "the server could not read this; its log says why"}
        if found is None:
            return _NO_NEWS, None
        return _FOUND, gzip.compress(found, 1, mtime=0) if isinstance(found, bytes) else found

    def _ask(self, given: list[str]) -> bytes | dict[str, Any] | None:
        if any(len(each) > _LONGEST for each in given):
            raise InvalidArgument(f"an argument is longer than {_LONGEST:,} characters")
        ask: Callable[..., bytes | dict[str, Any] | None] = getattr(self._source.answers(), self._question)
        return ask(*given)


def routes(settings: dict[str, Any]) -> list[tuple[str, type[Route], dict[str, Any]]]:
    """Return the routes below a server's address, with the names of what each is told."""
    source = _Source(settings)
    asked = {
        "runs": ("path", "base", "known"),
        "courses": ("path", "runs"),
        "place": ("path", "run"),
        "run": ("path", "known"),
        "artifact": ("path", "kind", "name", "known"),
    }
    base = settings.get("base_url", "/")
    return [
        (url_path_join(base, "jupyter-tracking", name), Route, {"source": source, "question": name, "arguments": arguments})
        for name, arguments in asked.items()
    ]

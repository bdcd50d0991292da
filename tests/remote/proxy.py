"""A proxy before an object store: it counts the requests, and fails those it is told to, as networks and stores do."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

HANG = 5.0  # seconds: longer than any test lets a client wait
_ANSWERS = {
    "500": (500, "InternalError"),
    "503": (503, "SlowDown"),
    "expired": (400, "ExpiredToken"),
    "denied": (403, "AccessDenied"),
    "unknown": (501, "NotImplemented"),
}


class Request(NamedTuple):
    """One request: what it does (`LIST GET PUT DELETE HEAD POST`) and to which key of the bucket."""

    does: str
    key: str


class QuietServer(ThreadingHTTPServer):
    """A server that says nothing of the connections that are cut."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class Proxy:
    """Stands before a store on this machine.

    Attributes:
        requests: those that came, in order.
        fault: what becomes of a request: None, `500 503 expired denied unknown`, `reset` before the store has it, `reset after`, `half` of the
            answer's body, `slow` (half a second) or `hang`.
    """

    def __init__(self, port: int) -> None:
        """Stand before the store at this port."""
        self.requests: list[Request] = []
        self.fault: Callable[[Request], str | None] = lambda _: None
        self.upstream = port
        proxy = self

        class _Handler(_Forwarding):
            owner = proxy

        self._server = QuietServer(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def endpoint(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def count(self) -> dict[str, int]:
        """How many requests of each sort came since the last call."""
        found, self.requests = self.requests, []
        return dict(Counter(each.does for each in found))

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class _Forwarding(BaseHTTPRequestHandler):
    owner: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for an answer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        key = unquote(parts.path).lstrip("/").partition("/")[2]
        asked = Request("LIST" if "list-type" in parse_qs(parts.query) else self.command, key)
        self.owner.requests.append(asked)
        fault = self.owner.fault(asked)
        if fault in {"hang", "slow"}:
            time.sleep(HANG if fault == "hang" else 0.5)
        if fault == "reset":
            self._reset()
        elif fault in _ANSWERS:
            status, code = _ANSWERS[fault]
            self._answer(status, [("Content-Type", "application/xml")], f"<Error><Code>{code}</Code></Error>".encode())
        else:
            store = http.client.HTTPConnection("127.0.0.1", self.owner.upstream)
            try:
                store.request(self.command, self.path, body, {name: value for name, value in self.headers.items() if name != "Connection"})
                answer = store.getresponse()
                headers, data = answer.getheaders(), answer.read()
            finally:
                store.close()
            if fault == "reset after":
                self._reset()
            else:
                self._answer(answer.status, headers, data, half=fault == "half")

    def _answer(self, status: int, headers: list[tuple[str, str]], data: bytes, *, half: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        length = {name.lower(): value for name, value in headers}.get("content-length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if half else data)
        self.wfile.flush()
        if half:
            self._reset()

    def _reset(self) -> None:
        """End the connection as a network does that is cut."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward  # noqa: N815

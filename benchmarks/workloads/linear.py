"""Four times the input, of the sort that could take sixteen times as long: rows that are none, and text that looks like secrets."""

from __future__ import annotations

from functools import partial
from time import process_time

from benchmarks.workloads import Goal, function

TITLE = "four times the input"
UNITS = {"reading": "× the time, event files of junk", "redacting": "× the time, text of the beginnings of secrets"}
SIZE, QUICK, TINY = 200_000, 200_000, 2_000
GOALS = (Goal("reading", 10), Goal("redacting", 10))
ROW = b"1|2024-01-02 03:04:05.678900+00:00|0.5\n"
JUNK = (b"x", b"|", b"\n|", b"[", b'{"', b"\x00", ROW, b"\r\n\r", b"9")
WORDS = ("secret=", "token", "-token-", "key='", "://", "-eyJ", "--token ", "user,password\n", "-----BEGIN PRIVATE KEY-----\n", "a")
LEAST = 1e-3  # seconds; less is not told from nothing


def measure(contender, folder, size):
    read, redact = function(contender, "read_junk"), function(contender, "redact")
    files = [(partial(read, folder, kind), junk) for kind in ("metric", "text", "curve") for junk in JUNK]
    return {
        "reading": max(growth(work, junk, size) for work, junk in files),
        "redacting": max(growth(redact, word, size) for word in WORDS),
    }


def growth(work, piece, size):
    """The time of the size ÷ that of a quarter of it: the least of three each."""
    small, large = (min(seconds(work, piece * (length // len(piece))) for _ in range(3)) for length in (size // 4, size))
    return large / max(small, LEAST)


def seconds(work, data):
    begin = process_time()
    work(data)
    return process_time() - begin

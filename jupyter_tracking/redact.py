"""Secrets in text: lines that look like one lose it before anything is kept. Pure; knows no cell and no file.

By shape: keys whose form gives them away. By name: a text given to something called a password, token or key.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MASK", "Redactor", "redact"]

MASK = "***"

# What says by its own form that it is a secret: how it begins, and how it goes on.
_FORMS: list[tuple[str, str]] = [
    ("AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}\b"),  # AWS
    ("ghp_ gho_ ghs_ ghu_ ghr_ github_pat_", r"\w{20,}"),
    ("glpat- gldt- glptt- glrt- glsoat-", r"[\w-]{16,}"),
    ("xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[\w-]{10,}"),  # Slack
    ("hooks.slack.com/services/", r"[\w/]+"),
    ("sk_live_ sk_test_ pk_live_ pk_test_ rk_live_ rk_test_ whsec_", r"\w{10,}"),  # Stripe
    ("sk-", r"[\w-]{16,}"),  # OpenAI, Anthropic, and those who write theirs alike
    ("hf_", r"\w{16,}"),
    ("AIza", r"[\w-]{30,}"),  # Google, as the next three
    ("ya29.", r"[\w-]{20,}"),
    ("GOCSPX-", r"[\w-]{20,}"),
    ("npm_", r"\w{30,}"),
    ("pypi-", r"[\w-]{40,}"),
    ("SG.", r"[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    ("AC SK", r"[0-9a-f]{32}\b"),  # Twilio
    ("dop_v1_", r"\w{40,}"),
    ("dapi", r"[0-9a-f]{32}\b"),
    ("sq0atp- sq0csp-", r"[\w-]{20,}"),
    ("shpat_ shpss_ shpca_ shppa_", r"[0-9a-fA-F]{32}"),
    (":AA", r"[\w-]{32,}"),  # Telegram
    ("AccountKey= SharedAccessKey=", r"[\w+/=]{20,}"),  # Azure
    ("eyJ", r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),  # JSON web tokens
    ("npg_", r"\w{12,}"),
    ("sbp_", r"[0-9a-f]{32,}"),
    ("lin_api_", r"\w{30,}"),
    ("figd_", r"[\w-]{30,}"),
    ("pplx- gsk_ r8_", r"\w{30,}"),
    ("NRAK-", r"[A-Z0-9]{20,}"),
    ("dckr_pat_", r"[\w-]{20,}"),
    ("AGE-SECRET-KEY-1", r"[A-Z0-9]{50,}"),
    ("://", r"[^/@\s:'\"]{0,200}:[^/@\s'\"]{1,200}(?=@)"),  # a user's password in a URL
]


@functools.cache
def _form_pattern(start: str) -> re.Pattern[str]:
    """Return the pattern of a form: it begins with the plain text, which `re` finds fast, and not amid a word."""
    first, rest = re.escape(start), _SHAPES[start]
    amid = rf"(?<!\w{first})" if start[0].isalnum() else ""
    kept = start if start in {"://", "AccountKey=", "SharedAccessKey="} else ""
    return re.compile(f"(?P<kept>{re.escape(kept)}){first[len(re.escape(kept)) :]}{amid}{rest}")


_SHAPES = {start: rest for starts, rest in _FORMS for start in starts.split()}
# Looked for only where the one character is.
_MARKED = {mark: [start for start in _SHAPES if mark in start] for mark in "_-/=."}
_UNMARKED = [start for start in _SHAPES if not any(mark in start for mark in _MARKED)]

# A text given to a name that holds secrets: `password = "…"`, `os.environ["HF_TOKEN"] = '…'`, `{"api_key": "…"}`, `login(token="…")`.
_STRONG = ("passw", "passphrase", "pwd", "secret", "credential")
_WEAK = ("token", "auth", "key")  # which name other things too: the value must look like a secret
_SCHEMES = ("bearer", "basic")
_WORDS = (*_STRONG, *_WEAK, *_SCHEMES)
_STRENGTHENED = re.compile(r"(?i)(?:api|access|private|secret|auth|signing|encryption)[_-]?\Z")
_GIVEN = re.compile(
    r"\w{0,40}[\"']?\s{0,4}[\])]?\s{0,4}(?::\s{0,4}\w{1,20}\s{0,4})?[=:,]\s{0,4}[bfruBFRU]{0,2}(?P<q>[\"'])(?P<value>(?:(?!(?P=q)).){1,2000})(?P=q)"
)
# The same where no quotes are: `%env API_KEY=…`, `export TOKEN=…`, `--password …`, and in what is printed.
_BARE = re.compile(r"[\w-]{0,40}\s{0,4}[=:]\s{0,4}(?P<value>[^\s\"'(){}\[\],;]{6,500})")
_FOLLOWS = re.compile(r"[\w-]{0,40}\s{1,4}(?P<value>[^\s\"'(){}\[\],;]{6,500})")
_OPTION = re.compile(r"(?:^|\s)--?[\w-]{0,40}\Z")
_SHELL = re.compile(r"\s*(?:%env|%set_env|!|%%?(?:bash|sh|sx|system)|export )")
_LONG = 20_000  # such a line is data, in which names mean nothing
_PIECE = re.compile(r"[\w.~+/=:@!#$%^&*-]+\Z")
_BEGIN, _END = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), re.compile(r"-----END [A-Z ]*PRIVATE KEY")


def redact(text: str) -> tuple[str, int]:
    """Return a text without its secrets, and how many of its lines had one."""
    masking = Redactor()
    return masking(text), masking.count


class Redactor:
    """Masks text after text of one stream: a private key may go over many lines, and over several texts.

    Attributes:
        count: the lines that lost a secret so far.
    """

    def __init__(self) -> None:
        """Start outside of any key."""
        self.count = 0
        self._in_key = False

    def __call__(self, text: str) -> str:
        """Return the text without its secrets; it has as many lines as before."""
        # Plain searches of the whole text first: most texts hold nothing that could begin a secret.
        starts = [start for start in _UNMARKED if start in text]
        for mark, marked in _MARKED.items():
            if mark in text:
                starts += [start for start in marked if start in text]
        low = text.lower()
        words = [word for word in _WORDS if word in low]
        if not (starts or words or self._in_key or ("-" in text and "-----BEGIN" in text)):
            return text
        lines = text.split("\n")
        starts = list(dict.fromkeys(starts))
        for number, line in enumerate(lines):
            clean = self._line(line, starts, words)
            if clean != line:
                self.count += 1
                lines[number] = clean
        return "\n".join(lines)

    def _line(self, line: str, starts: list[str], words: list[str]) -> str:
        if self._in_key or "-----BEGIN" in line:
            line = self._without_key(line)
        for start in starts:
            if start in line:
                line = _form_pattern(start).sub(rf"\g<kept>{MASK}", line)
        if words and len(line) <= _LONG:
            low = line.lower()
            spans = [span for word in words if word in low for span in _values_of_name(line, low, word)]
            for first, end in sorted(set(spans), reverse=True):
                line = line[:first] + MASK + line[end:]
        return line

    def _without_key(self, line: str) -> str:
        begins = None if self._in_key else _BEGIN.search(line)
        if begins is None and not self._in_key:
            return line
        start = begins.start() if begins else 0
        ends = _END.search(line, begins.end() if begins else 0)
        self._in_key = ends is None
        return line[:start] + MASK + (line[line.find("-----", ends.end()) + 5 :] if ends else "")


def _values_of_name(line: str, low: str, word: str) -> Iterator[tuple[int, int]]:
    """Yield where the values stand that are given to names with this word."""
    at = low.find(word)
    while at >= 0:
        end = at + len(word)
        found = _value_after(line, at, end, word)
        if found is not None and found["value"] != MASK:
            yield found.span("value")
            end = found.end()
        at = low.find(word, end)


def _value_after(line: str, at: int, end: int, word: str) -> re.Match[str] | None:
    strong = word in _STRONG or (word == "key" and bool(_STRENGTHENED.search(line, max(0, at - 12), at)))
    given = None if word in _SCHEMES else _GIVEN.match(line, end)
    if given is not None:
        plain = strong or (
            line[end] not in "_s" and not line[end].isalpha() and _looks_random(given["value"], 8 if word == "token" else 16)
        )
        return given if plain else None
    if word in _SCHEMES or _OPTION.search(line, max(0, at - 42), at):
        bare = _FOLLOWS.match(line, end) or _BARE.match(line, end)
    else:
        bare = _BARE.match(line, end) if strong or word == "token" else None
    # Outside of a shell's line, a word behind a name is a secret only if it looks drawn by lot.
    return bare if bare is not None and (_SHELL.match(line) or _looks_random(bare["value"], 8)) else None


def _looks_random(value: str, least: int) -> bool:
    """Say whether a text looks drawn by lot: long, of one piece, of letters and digits mixed."""
    piece = len(value) >= least and _PIECE.match(value)
    return bool(piece) and bool(re.search(r"\d", value)) and bool(re.search(r"[A-Za-z]", value))

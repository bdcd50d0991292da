"""Remove secrets from text before it is stored: sources of cells, printed lines, command lines.

A secret is known by its form (`ghp_…`, `AKIA…`, a private key), or because it is given to a name such as `password` or `token`.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MASK = "***"

# Secrets that are known by their form: how they begin, and the pattern of the rest.
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
    """Return the pattern of a form. It begins with plain text, which `re` finds fast, and matches only at the start of a word."""
    first, rest = re.escape(start), _REST_OF[start]
    not_inside_word = rf"(?<!\w{first})" if start[0].isalnum() else ""
    kept = start if start in {"://", "AccountKey=", "SharedAccessKey="} else ""
    return re.compile(f"(?P<kept>{re.escape(kept)}){first[len(re.escape(kept)) :]}{not_inside_word}{rest}")


_REST_OF = {start: rest for starts, rest in _FORMS for start in starts.split()}
# Most text has none of these characters, and then the forms that begin with one are not looked for.
_WITH_MARK = {mark: [start for start in _REST_OF if mark in start] for mark in "_-/=."}
_WITHOUT_MARK = [start for start in _REST_OF if not any(mark in start for mark in _WITH_MARK)]

# A string given to a name that holds secrets: `password = "…"`, `os.environ["HF_TOKEN"] = '…'`, `{"api_key": "…"}`, `login(token="…")`.
_SECRET_NAMES = ("passw", "passphrase", "pwd", "secret", "credential")
_AMBIGUOUS_NAMES = ("token", "auth", "key")  # names of other things too: the value must look random
_SCHEMES = ("bearer", "basic")
_WORDS = (*_SECRET_NAMES, *_AMBIGUOUS_NAMES, *_SCHEMES)
_BEFORE_KEY = re.compile(r"(?i)(?:api|access|private|secret|auth|signing|encryption)[_-]?\Z")
_QUOTED_VALUE = re.compile(
    r"\w{0,40}[\"']?\s{0,4}[\])]?\s{0,4}(?::\s{0,4}\w{1,20}\s{0,4})?[=:,]\s{0,4}[bfruBFRU]{0,2}(?P<q>[\"'])(?P<value>(?:(?!(?P=q)).){1,2000})(?P=q)"
)
# The same where no quotes are: `%env API_KEY=…`, `export TOKEN=…`, `--password …`, and in what is printed.
_UNQUOTED_VALUE = re.compile(r"[\w-]{0,40}\s{0,4}[=:]\s{0,4}(?P<value>[^\s\"'(){}\[\],;]{6,500})")
_NEXT_WORD = re.compile(r"[\w-]{0,40}\s{1,4}(?P<value>[^\s\"'(){}\[\],;]{6,500})")
_OPTION = re.compile(r"(?:^|\s)--?[\w-]{0,40}\Z")
_SHELL_LINE = re.compile(r"\s*(?:%env|%set_env|!|%%?(?:bash|sh|sx|system)|export )")
_LONGEST_LINE = 20_000  # characters; a longer line is data, in which names mean nothing
_ONE_WORD = re.compile(r"[\w.~+/=:@!#$%^&*-]+\Z")
_COLOR = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # what a terminal does not show: colors, and moves of the cursor
_BEGIN, _END = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"), re.compile(r"-----END [A-Z ]*PRIVATE KEY")


def redact(text: str) -> tuple[str, int]:
    """Return the text with `***` in place of its secrets, and how many of its lines had one."""
    redactor = Redactor()
    return redactor(text), redactor.count


class Redactor:
    """Redacts a stream piece by piece, since a private key may go over many lines and several pieces.

    Attributes:
        count: how many lines had a secret so far.
    """

    def __init__(self) -> None:
        """Start outside of any key."""
        self.count = 0
        self._in_key = False

    def __call__(self, text: str) -> str:
        """Return the text with `***` in place of its secrets; it has as many lines as before, and those that had one are without colors."""
        # As a traceback has them, colors stand at the start of a secret, or between it and its name.
        shown = _COLOR.sub("", text) if "\x1b" in text else text
        # Plain searches of the whole text first: most text has nothing that could begin a secret.
        starts = [start for start in _WITHOUT_MARK if start in shown]
        for mark, marked in _WITH_MARK.items():
            if mark in shown:
                starts += [start for start in marked if start in shown]
        low = shown.lower()
        words = [word for word in _WORDS if word in low]
        if not (starts or words or self._in_key or ("-" in shown and "-----BEGIN" in shown)):
            return text
        lines = text.split("\n")
        starts = list(dict.fromkeys(starts))
        for number, line in enumerate(shown.split("\n")):
            redacted = self._redact_line(line, starts, words)
            if redacted != line:
                self.count += 1
                lines[number] = redacted
        return "\n".join(lines)

    def _redact_line(self, line: str, starts: list[str], words: list[str]) -> str:
        if self._in_key or "-----BEGIN" in line:
            line = self._redact_private_key(line)
        for start in starts:
            if start in line:
                line = _form_pattern(start).sub(rf"\g<kept>{MASK}", line)
        if words and len(line) <= _LONGEST_LINE:
            low = line.lower()
            spans = [span for word in words if word in low for span in _secret_spans(line, low, word)]
            for first, end in sorted(set(spans), reverse=True):
                line = line[:first] + MASK + line[end:]
        return line

    def _redact_private_key(self, line: str) -> str:
        begins = None if self._in_key else _BEGIN.search(line)
        if begins is None and not self._in_key:
            return line
        start = begins.start() if begins else 0
        ends = _END.search(line, begins.end() if begins else 0)
        self._in_key = ends is None
        return line[:start] + MASK + (line[line.find("-----", ends.end()) + 5 :] if ends else "")


def _secret_spans(line: str, low: str, word: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of each value that is given to a name with this word."""
    at = low.find(word)
    while at >= 0:
        end = at + len(word)
        found = _value_after(line, at, end, word)
        if found is not None and found["value"] != MASK:
            yield found.span("value")
            end = found.end()
        at = low.find(word, end)


def _value_after(line: str, at: int, end: int, word: str) -> re.Match[str] | None:
    """Return the match of a secret that is given to the name with this word, which stands at `at` to `end`."""
    certain = word in _SECRET_NAMES or (word == "key" and bool(_BEFORE_KEY.search(line, max(0, at - 12), at)))
    given = None if word in _SCHEMES else _QUOTED_VALUE.match(line, end)
    if given is not None:
        secret = certain or (
            line[end] not in "_s" and not line[end].isalpha() and _looks_random(given["value"], 8 if word == "token" else 16)
        )
        return given if secret else None
    if word in _SCHEMES or _OPTION.search(line, max(0, at - 42), at):
        unquoted = _NEXT_WORD.match(line, end) or _UNQUOTED_VALUE.match(line, end)
    else:
        unquoted = _UNQUOTED_VALUE.match(line, end) if certain or word == "token" else None
    # Outside of a shell command, a word after such a name is a secret only if it looks random.
    return unquoted if unquoted is not None and (_SHELL_LINE.match(line) or _looks_random(unquoted["value"], 8)) else None


def _looks_random(value: str, least: int) -> bool:
    """Return whether a string is at least that long, one word, and has both letters and digits."""
    piece = len(value) >= least and _ONE_WORD.match(value)
    return bool(piece) and bool(re.search(r"\d", value)) and bool(re.search(r"[A-Za-z]", value))

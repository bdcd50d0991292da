"""Names that secrets are given to, and values that look like one.

`password` holds a secret whatever it is; a `token` may be a word of a text and a `key` the name of a column, so their values have to
look random. A name is judged by how it ends: `password_length` and `secret_name` hold none.
"""

from __future__ import annotations

import re
from functools import lru_cache

NONE, POSSIBLE, LIKELY, CERTAIN = range(4)

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TAILS = {
    *("value", "str", "string", "text", "plain", "default", "raw", "bytes", "b64", "base64", "encoded", "new", "old", "confirm", "again"),
    *("prod", "production", "dev", "staging", "test", "live", "main", "primary", "secondary", "env", "var"),
}
_SECRET = {"password", "passwords", "passwd", "passphrase", "passcode", "passwort", "secret", "secrets", "sshpass", "userpass"}
_SECRET_ENDS = ("password", "passwd", "passphrase", "passwort", "apikey", "secretkey", "accesskey", "accesstoken", "authtoken")
_SECRET_PAIRS = {
    *("api key", "access key", "secret key", "private key", "signing key", "encryption key", "auth key", "account key", "master key"),
    *("shared key", "subscription key", "storage key", "service key", "api keys", "access keys", "access token", "auth token"),
    *("refresh token", "bearer token", "api token", "session token", "security token", "deploy token", "bot token", "oauth token"),
    *("personal token", "db pass", "mysql pwd", "user pwd", "db pwd"),
}
_LIKELY = {"token", "tokens", "pw", "pwd", "pass", "jwt", "credential", "credentials", "creds", "authorization", "bearer"}
_POSSIBLE = {"auth", "key", "keys"}
# What a token or a key of this sort is, is no secret: `pad_token`, `sort_key`.
_ORDINARY = {
    "token": "pad eos bos sep cls mask unk num max min n special additional stop start end next first last total prompt input output sub",
    "key": "primary foreign sort partition cache group dict public hot row index lookup json candidate natural surrogate unique figure"
    " press",
    "pass": "low high band forward backward first second single multi by com",
}
_IN_ADDRESSES = {
    "sig",
    "signature",
    "session",
    "sessionid",
    "sid",
    "code",
    "ticket",
    "csrf",
    "csrftoken",
    "phpsessid",
    "jsessionid",
    "hmac",
}

_ONE_WORD = re.compile(r"\S+\Z")
_PIECE = re.compile(r"[A-Za-z]{0,24}\d{0,4}\Z|\d+[A-Za-z]{0,4}\Z")
_SINGLE_PIECE = re.compile(r"[A-Za-z]{1,12}\d{0,2}\Z|[A-Za-z]{1,6}\d{0,4}\Z|\d+[A-Za-z]{0,3}\Z|[A-Za-z]*\Z")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_MARKED = re.compile(r"[!@#$%^&*+=~?]")
_DIGEST = re.compile(r"(?i)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:sha\d+[:-]|md5[:-])?[0-9a-f]{32,128})\Z")
_PLACEHOLDER = re.compile(
    r"(?i)[*•.…?_+#\s\\-]*\Z|x{3,}\Z|<[^<>]*>\Z|\{.*\}\Z|\[[^\]]*\]\Z|\(.*\)\Z|\$\{?[\w.]+\}?\Z|\$\(.*\Z|%\(?\w+\)?s?%?\Z|"
    r"(?:none|null|nil|nan|true|false|undefined|str|int|bytes|string|object|redacted|masked|hidden|required|optional|your[-_ ].*)\Z"
)
_PATH = re.compile(r"(?:[/~]|\.{1,2}/|[A-Za-z]:[\\/])[\w./\\ ~-]*\Z")


@lru_cache(maxsize=4096)
def level(name: str) -> int:
    """Return how certain it is that a name holds a secret: NONE, POSSIBLE, LIKELY or CERTAIN."""
    words = [word.lower() for word in _WORDS.findall(name[-80:])]
    while len(words) > 1 and (words[-1].isdigit() or len(words[-1]) == 1 or words[-1] in _TAILS):
        words.pop()
    if not words:
        return NONE
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _SECRET or last.endswith(_SECRET_ENDS) or f"{before} {last}" in _SECRET_PAIRS:
        return CERTAIN
    if last.endswith("secret") and last != "secret":
        return CERTAIN
    if before in _ORDINARY.get(last, "").split() or (last in {"tokens", "keys"} and before):
        return NONE
    return LIKELY if last in _LIKELY else POSSIBLE if last in _POSSIBLE else NONE


@lru_cache(maxsize=1024)
def level_in_address(name: str) -> int:
    """Return the same for a name in the query of a URL or in a cookie, where signatures and sessions are secrets too."""
    words = [word.lower() for word in _WORDS.findall(name[-80:])]
    return max(level(name), LIKELY if (words and words[-1] in _IN_ADDRESSES) or "".join(words) in _IN_ADDRESSES else NONE)


def is_placeholder(value: str) -> bool:
    """Return whether a value only stands where a secret would be: `***`, `<password>`, `{token}`, `$PASSWORD`, `None`."""
    return bool(_PLACEHOLDER.match(value))


def is_path(value: str) -> bool:
    """Return whether a value is the path of a file or folder."""
    return bool(_PATH.match(value))


def looks_random(value: str, least: int = 8) -> bool:
    """Return whether a value is one word of at least that length, of letters and digits as no name of a thing has them."""
    if len(value) < least or not _ONE_WORD.match(value) or is_placeholder(value) or _PATH.match(value):
        return False
    if not (_LETTER.search(value) and _DIGIT.search(value)):
        return False
    pieces = re.split(r"[\W_]+", value[:4000])
    if len(pieces) == 1:
        return not _SINGLE_PIECE.match(value)
    return not all(_PIECE.match(piece) for piece in pieces)


def looks_chosen(value: str, least: int = 6) -> bool:
    """Return whether a value is one word with letters, and with digits or marks, as people choose a password."""
    if len(value) < least or not _ONE_WORD.match(value) or is_placeholder(value) or _PATH.match(value):
        return False
    return bool(_LETTER.search(value)) and bool(_DIGIT.search(value) or _MARKED.search(value))


def is_secret(value: str, certainty: int, *, quoted: bool) -> bool:
    """Return whether a value that is given to a name of this certainty is a secret.

    Args:
        value: the value.
        certainty: of the name.
        quoted: it was given as a string, and not as a word of a text.
    """
    if certainty == NONE or is_placeholder(value):
        return False
    if certainty == CERTAIN:
        return not _is_told(value) if quoted else looks_chosen(value) and not _is_name(value)
    if certainty == LIKELY:
        return looks_random(value, 8)
    return quoted and looks_random(value, 16) and not _DIGEST.match(value)


def _is_name(value: str) -> bool:
    """Return whether a value is itself the name of a secret, as that of a column or of an environment variable."""
    return level(value) > NONE and not looks_random(value) and bool(re.fullmatch(r"[A-Za-z_][\w.-]*", value))


def _is_told(value: str) -> bool:
    """Return whether a string says something about a password: a prompt, a sentence, another name for it."""
    text = value.strip()
    return not text or (" " in text and text[-1] in ".:?") or (text[-1] in ":?" and text[:-1].isalpha()) or _is_name(text)


def is_worth_remembering(value: str, certainty: int) -> bool:
    """Return whether a secret may be looked for everywhere: one that is an ordinary word, or short, would take too much with it."""
    if not 6 <= len(value) <= 4096 or is_placeholder(value) or certainty == NONE or _PATH.match(value):  # noqa: PLR2004
        return False
    if certainty < CERTAIN:
        return is_secret(value, certainty, quoted=True)
    if value.isdigit():
        return len(value) >= 10  # noqa: PLR2004
    if value.isalpha():
        return len(value) >= 12 or (len(value) >= 8 and len(re.findall(r"(?<=[a-z])[A-Z]", value)) > 1)  # noqa: PLR2004
    if " " in value:
        return len(value) >= 12 and not _is_told(value)  # noqa: PLR2004
    return not _is_name(value) and bool(_LETTER.search(value) or len(value) >= 10)  # noqa: PLR2004

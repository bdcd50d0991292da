"""Secrets that are known by their form: how services write their tokens, passwords in addresses, private keys."""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from jupyter_tracking.redact.names import is_placeholder, is_secret, level_in_address, looks_random

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]

# How tokens begin, and the pattern of the rest. A pattern takes the whole of a run of its characters, so that a text which begins many
# tokens and holds none is read once.
_FORMS: list[tuple[str, str]] = [
    ("AKIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),  # AWS
    ("ASIA ABIA ACCA", r"(?=[A-Z]{0,15}[0-9])[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("ghp_ gho_ ghs_ ghu_ ghr_", r"[A-Za-z0-9]{20,}"),
    ("github_pat_", r"\w{20,}"),
    ("glpat- gldt- glptt- glrt- glsoat- gloas- glcbt-", r"[\w.-]{16,}"),
    ("xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xapp-", r"[\w-]{10,}"),  # Slack
    ("hooks.slack.com/services/", r"[\w/]{10,}"),
    ("sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ pk_test_ whsec_", r"\w{10,}"),  # Stripe
    ("sk-", r"[\w-]{16,}"),  # OpenAI, Anthropic, and those who write theirs alike
    ("hf_ api_org_", r"[A-Za-z0-9]{16,}"),
    ("AIza", r"[\w-]{30,}"),  # Google, as the next two
    ("ya29.", r"[\w-]{20,}"),
    ("GOCSPX-", r"[\w-]{20,}"),
    ("npm_", r"[A-Za-z0-9]{30,}"),
    ("pypi-", r"[\w-]{40,}"),
    ("SG.", r"[\w-]{16,}\.[\w-]{16,}"),  # SendGrid
    ("AC SK", r"[0-9a-f]{32}(?![0-9A-Za-z])"),  # Twilio
    ("key-", r"[0-9a-f]{32}(?![0-9A-Za-z])"),  # Mailgun
    ("dop_v1_ doo_v1_ dor_v1_", r"\w{40,}"),
    ("dapi", r"[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("sq0atp- sq0csp-", r"[\w-]{20,}"),
    ("shpat_ shpss_ shpca_ shppa_", r"[0-9a-fA-F]{32}"),
    (":AA", r"[\w-]{31,}"),  # Telegram
    ("eyJ", r"[\w-]{5,}(?P<body>\.[\w-]{8,}\.[\w-]*)?"),  # JSON web tokens
    ("npg_ napi_", r"\w{12,}"),
    ("sbp_ sb_secret_", r"\w{20,}"),
    ("lin_api_", r"\w{30,}"),
    ("figd_", r"[\w-]{30,}"),
    ("pplx- gsk_ r8_ fw_", r"\w{30,}"),
    ("NRAK-", r"[A-Z0-9]{20,}"),
    ("dckr_pat_ dckr_oat_", r"[\w-]{20,}"),
    ("AGE-SECRET-KEY-1", r"[A-Z0-9]{50,}"),
    ("glsa_ glc_", r"[\w+/=]{30,}"),  # Grafana
    ("hvs. hvb. hvr.", r"[\w-]{24,}"),  # Vault
    ("ntn_ secret_", r"[A-Za-z0-9]{40,}"),  # Notion
    ("PMAK-", r"[\w-]{30,}"),
    ("dp.pt. dp.st. dp.ct.", r"[\w.-]{30,}"),  # Doppler
    ("LTAI", r"[A-Za-z0-9]{12,}"),  # Alibaba
    ("ATATT3", r"[\w=-]{30,}"),  # Atlassian
    ("xai-", r"[A-Za-z0-9]{30,}"),
    ("tskey-", r"[\w-]{16,}"),
    ("lsv2_pt_ lsv2_sk_", r"\w{24,}"),
    ("sntrys_ sntryu_", r"[\w+/=]{30,}"),
    ("pscale_pw_ pscale_tkn_ pscale_oauth_", r"[\w.-]{24,}"),
    ("pcsk_", r"\w{30,}"),
    ("rubygems_", r"[0-9a-f]{40,}"),
    ("xkeysib-", r"[\w-]{40,}"),
    ("EAACEdEose0cBA EAAG", r"[A-Za-z0-9]{40,}"),
    ("sgp_", r"\w{32,}"),
    ("squ_ sqp_ sqa_", r"[0-9a-f]{40}"),
    ("rnd_ fo1_ fm2_ pul-", r"[\w-]{24,}"),
    ("KGAT_", r"\w{24,}"),
]
# Names of other things begin so too: what follows must not be words.
_WORDLIKE = {
    *("sk-", "hf_", "api_org_", "npm_", "pypi-", "key-", "secret_", "fw_", "rnd_", "fo1_", "fm2_", "pul-", "r8_", "xai-", "sgp_", "LTAI"),
    *("npg_", "napi_", "sbp_", "sb_secret_", "pplx-", "gsk_", "tskey-", "pk_live_", "pk_test_", "sk_test_", "rk_test_", "SG.", "dp.pt."),
    *("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "hooks.slack.com/services/", "hvs.", "hvb.", "hvr."),
}
_REST_OF = {start: rest for starts, rest in _FORMS for start in starts.split()}
# Most text has none of these characters, and then the forms that begin with one are not looked for.
_WITH_MARK = {mark: [start for start in _REST_OF if mark in start] for mark in "_-/.:"}
_WITHOUT_MARK = [start for start in _REST_OF if not any(mark in start for mark in _WITH_MARK)]

# Every token has a run of 15 of these characters; a text is gone through once, without going back.
_RUN = re.compile(r"(?:[A-Za-z0-9_-]{0,14}[^A-Za-z0-9_-])*+[A-Za-z0-9_-]{15}")
_USER_INFO = re.compile(r"://(?P<user>[^/@\s:'\"\\<>]{0,200})(?P<colon>:?)(?P<value>[^\s/'\"\\<>]{0,300})@(?=[\w\[.*-])")
_QUERY = re.compile(r"[?&;](?:amp;)?(?P<name>[\w.\[\]%-]{1,60})=(?P<value>[^&\s\"'<>#;)\\]{1,4000})")
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_LONGEST_KEY = 40_000  # characters
_KEY_RUN = re.compile(r"[A-Za-z0-9+/=]{16,}")
# A line of a key, with what may stand around it: a quote, the mark of a list, an escaped end of line. The last line may be short.
_KEY_LINE = re.compile(r"[\s>|\"'(+\[,-]{0,40}(?P<run>[A-Za-z0-9+/]{1,400}={0,2})(?:\\+[nr])*[\s\"',+|)\]\\]*\Z")
_KEY_HEADER = re.compile(r"\s*(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash|MessageID): ")
_SHORTEST = {1: 32, 2: 16}  # characters of a line of a key, by the state: after its head, and after other lines
_LONG_RUN = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_INNER_CAPITAL = re.compile(r"(?<=[a-z])[A-Z]")
_DIGITS_BEFORE = re.compile(r"\d*\Z")
_PUTTY = re.compile(r"Private-Lines: (\d{1,4})[ \t]*\r?\n")


@functools.cache
def _form_pattern(start: str) -> re.Pattern[str]:
    """Return the pattern of a form. It begins with plain text, which `re` finds fast, and matches only at the start of a word."""
    first = re.escape(start)
    before = rf"(?<!\w{first})" if start[0].isalnum() else rf"(?<=\d{{8}}{first})" if start == ":AA" else ""
    return re.compile(f"{first}{before}{_REST_OF[start]}")


def starts_in(text: str) -> list[str]:
    """Return which beginnings of tokens a text has: plain searches, since most text has none."""
    if _RUN.match(text) is None:
        return []
    starts = [start for start in _WITHOUT_MARK if start in text]
    for mark, marked in _WITH_MARK.items():
        if mark in text:
            starts += [start for start in marked if start in text]
    return list(dict.fromkeys(starts))


def token_spans(text: str, starts: list[str]) -> Iterator[Span]:
    """Yield where tokens stand that begin so."""
    for start in starts:
        for found in _form_pattern(start).finditer(text):
            if start == "eyJ":
                if found["body"]:
                    yield found.span()
            elif _is_token(found[0][len(start) :]) or start not in _WORDLIKE:
                before = _DIGITS_BEFORE.search(text, max(0, found.start() - 12), found.start()) if start == ":AA" else None
                at = before.start() if before else found.start()
                yield at, found.end()


def _is_token(rest: str) -> bool:
    """Return whether the rest of a token is none of words: `sk-learn-random-forest` and `hf_model_name` are names."""
    for run in re.findall(r"[A-Za-z0-9]{8,}", rest[:400]):
        mixed = re.search(r"\d", run) and re.search(r"[A-Za-z]", run) and not re.fullmatch(r"[A-Za-z]+\d{1,3}", run)
        if mixed or len(_INNER_CAPITAL.findall(run)) > 2:  # noqa: PLR2004
            return True
    return False


def address_spans(text: str) -> Iterator[Span]:
    """Yield where a URL has a password, a token in the place of a user, or a secret in its query."""
    if "://" in text and "@" in text:
        for found in _USER_INFO.finditer(text):
            if found["colon"]:
                if found["value"] and not is_placeholder(found["value"]):
                    yield found.span("value")
            elif looks_random(found["user"], 12):
                yield found.span("user")
    if "=" in text and ("?" in text or "&" in text or ";" in text):
        for found in _QUERY.finditer(text):
            if is_secret(found["value"], level_in_address(found["name"]), quoted=True):
                yield found.span("value")


def key_spans(text: str, state: int = 0) -> tuple[list[Span], int]:
    """Return where private keys stand, and the state at the end of the text: 0 outside of a key, 1 after its head, 2 after lines of it.

    The head of a key alone is none: what follows it has to look like a key.
    """
    spans: list[Span] = []
    ends = [found.span() for found in _END.finditer(text)]
    at, state = _follow(text, 0, state, spans) if state else (0, 0)
    for begin in _BEGIN.finditer(text):
        if begin.start() < at:
            continue
        number = bisect_left(ends, begin.span()[::-1])
        end = ends[number] if number < len(ends) and ends[number][0] - begin.end() < _LONGEST_KEY else None
        if end is not None and _KEY_RUN.search(text, begin.end(), min(end[0], begin.end() + 400)):
            spans.append((begin.start(), end[1]))
            at, state = end[1], 0
            continue
        line_end = text.find("\n", begin.end())
        rest = text[begin.end() : line_end if line_end >= 0 else len(text)]
        run = re.match(r"(?:\\+[nr]|[A-Za-z0-9+/=])+", rest)
        if run is not None and _KEY_RUN.search(run[0]):  # on one line, without an end
            spans.append((begin.start(), begin.end() + run.end()))
            at = begin.end() + run.end()
            continue
        at, state = _follow(text, line_end + 1, 1, spans) if line_end >= 0 else (len(text), 1)
        alone = not text[max(0, begin.start() - 100) : begin.start()].rpartition("\n")[2].strip() and not rest.strip()
        if alone and (state or (spans and spans[-1][0] > begin.start())):
            spans.append(begin.span())
    for found in _PUTTY.finditer(text):
        lines = text[found.end() : found.end() + 200 * int(found[1])].split("\n", int(found[1]))[: int(found[1])]
        spans.append((found.end(), found.end() + len("\n".join(lines))))
    return spans, state


def _follow(text: str, at: int, state: int, spans: list[Span]) -> tuple[int, int]:
    """Take the lines of a key from `at` on; return where they end, and the state there."""
    while at < len(text):
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        line = text[at:end]
        last = _END.search(line)
        if last is not None:
            spans.append((at, at + last.end()))
            return at + last.end(), 0
        found = _KEY_LINE.match(line)
        if found is not None and (len(found["run"]) >= _SHORTEST[state] or (state > 1 and not found["run"].isalpha())):
            spans.append((at, end))
            state = 2
        elif _KEY_HEADER.match(line):
            spans.append((at, end))
        elif _LONG_RUN.search(line):  # behind what a logger writes before each line
            spans += [(at + run.start(), at + run.end()) for run in _LONG_RUN.finditer(line)]
            state = 2
        elif line.strip():
            return at, 0
        at = end + 1
    return at, state

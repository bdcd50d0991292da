"""What is kept of a user's secrets: nothing of the planted ones, all of what only looks like one, and code that stays code."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jupyter_tracking as tracking
from jupyter_tracking.redact import MASK, KnownSecrets, Redactor, redact, redact_source
from jupyter_tracking.redact.names import CERTAIN, LIKELY, NONE, POSSIBLE, level
from tests.security.redaction import figures, runs

if TYPE_CHECKING:
    from collections.abc import Callable

CHECKOUT = Path(__file__).parents[2]
SECRET = "Zq7k" + "Made0up9Value"  # put together, so that nothing takes it for a real one


def kept(run: Path) -> bytes:
    """Every byte of every file of a run."""
    return b"".join(path.read_bytes() for path in run.rglob("*") if path.is_file())


# --- the corpus -------------------------------------------------------------------------------------


def test_the_figures_of_the_corpus_are_those_of_its_readme(root: Path) -> None:
    """Every planted secret that is promised is in no file of its run, every lookalike is as it was, and the misses are named."""
    found, changed = figures.counted(root)
    expected = {row["id"] for row in runs.corpus("planted") if not row.get("promised", True)}
    assert (found - expected, changed) == (set(), set())
    assert expected == found, "these are caught now: promise them"
    said = figures.README.read_text(encoding="utf-8").partition(figures.MARK)[2].strip()
    assert said == figures.table(found, changed).strip(), "write the figures with: python -m tests.security.redaction.figures"


def test_the_corpus_is_as_large_as_it_says() -> None:
    """At least 200 of each, no two planted secrets alike, none of them in one piece in the repository."""
    planted, lookalikes = runs.corpus("planted"), runs.corpus("lookalikes")
    assert min(len(planted), len(lookalikes)) >= 200
    secrets = ["".join(row["secret"]) for row in planted]
    assert len(set(secrets)) == len(secrets)
    assert len({row["id"] for row in planted}) == len(planted)
    assert len({(row["place"], row["text"]) for row in lookalikes}) == len(lookalikes)


# --- code stays code -----------------------------------------------------------------------------------


def without_strings(source: str) -> str:
    """The code of a source, with every string and every piece of a formatted string the same."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            node.value, node.kind = "", None
        if isinstance(node, ast.JoinedStr):
            node.values = [part for part in node.values if not isinstance(part, ast.Constant)]  # noqa: PD011
    return ast.dump(tree)


def assert_same_code(source: str) -> None:
    """The redacted source is the same code on the same lines, its comments and strings apart."""
    for text in (redact(source)[0], redact_source(source)[0]):
        assert text.count("\n") == source.count("\n")
        assert without_strings(text) == without_strings(source), text


@pytest.mark.parametrize("path", sorted((CHECKOUT / "jupyter_tracking").rglob("*.py")), ids=lambda path: path.name)
def test_this_package_stays_code(path: Path) -> None:
    """Its own sources, which say much of passwords and tokens, differ in strings at most."""
    assert_same_code(path.read_text(encoding="utf-8"))


def test_the_corpus_stays_code(subtests: pytest.Subtests) -> None:
    """Every source of the corpus that is Python."""
    for row in [*runs.corpus("planted"), *runs.corpus("lookalikes")]:
        if row["place"] not in {"source", "traceback"}:
            continue
        try:
            ast.parse(row["text"])
        except SyntaxError:
            continue
        with subtests.test(id=row["id"]):
            assert_same_code(row["text"])


NAMES = st.sampled_from(
    ["password", "db_pass", "token", "api_key", "key", "secret", "auth", "x", "user", "password_length", "hf_token", "пароль"]
)
QUOTES = st.sampled_from(["'{}'", '"{}"', "'''{}'''", '"""{}"""', "b'{}'", "r'{}'", "f'{}'", "f'{{x}}{}'", 'rb"{}"', "('{}'\n  'b1{}')", "('{}' + '{}')", "'{}' \\\n '{}'"])  # fmt: skip
VALUES = st.text("ab1Z9_-./:=@,;?&\\\n %#$!(){}[]<>", max_size=30).map(lambda text: re.sub(r"[{}]", "", text))
WAYS = st.sampled_from(
    [
        "{name} = {value}",
        "{name}: str = {value}",
        "f({name}={value})",
        "d = {{'{name}': {value}, 'n': 1}}",
        "def f(a, {name}={value}): return {name}",
        "os.environ['{name}'] = {value}",
        "if {name} == {value}: pass",
        "a, {name} = 1, {value}",
        "({name} := {value})",
        "print('{name}:', {value})  # {name}={value!s}",
        "f('{name}', {value})",
        "[{value} for {name} in ({value},)]",
        "class C:\n    {name} = {value}",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(WAYS, NAMES, QUOTES, VALUES), min_size=1, max_size=4))
def test_made_up_code_stays_code(lines: list[tuple[str, str, str, str]]) -> None:
    """Whatever is given to whatever name in whatever way."""
    source = "\n".join(way.format(name=name, value=quote.replace("{}", value)) for way, name, quote, value in lines)
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return
    assert_same_code(source)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "password",
                " = ",
                "'",
                '"',
                "\n",
                "\x1b[31m",
                "token: ",
                SECRET,
                "<td>",
                "</td>",
                "&#39;",
                "\\",
                "|",
                "  ",
                "(",
                "://a:",
                "@h",
                "\r",
                "é",
                "İ",
            ]
        ),
        max_size=25,
    )
)
def test_a_redacted_text_has_its_lines_and_stays_as_it_is(pieces: list[str]) -> None:  # fmt: skip
    """As many lines as before, colors where they were, and nothing more to redact in it."""
    text = "".join(pieces)
    once, count = redact(text)
    assert once.count("\n") == text.count("\n")
    assert (count > 0) == (once != text)
    assert Redactor()(Redactor()(text)).count("\n") == text.count("\n")
    colors = re.compile(r"\x1b\[[\d;]*m")
    assert len(colors.findall(Redactor()(text))) == len(colors.findall(text))


def test_strings_are_replaced_where_python_has_them(subtests: pytest.Subtests) -> None:
    """The quotes, the prefix and what is no secret stay."""
    for source, wanted in {
        f"password = '{SECRET}'": f"password = '{MASK}'",
        f'password: str = """{SECRET}"""': f'password: str = """{MASK}"""',
        f"password = ('{SECRET}'\n            'and7more')": f"password = ('{MASK}'\n            '{MASK}')",
        f"password = f'{{user}}-{SECRET}-{{host}}'": f"password = f'{{user}}{MASK}{{host}}'",
        f"connect(user='me', password=b'{SECRET}', port=5432)": f"connect(user='me', password=b'{MASK}', port=5432)",
        f"grüße = 'ä'; password = '{SECRET}'  # ö": f"grüße = 'ä'; password = '{MASK}'  # ö",
        f"text = 'DB_PASS={SECRET}\\\n'": f"text = 'DB_PASS={MASK}\\\n'",
        f"text = 'DB_PASS={SECRET}\\n'": f"text = 'DB_PASS={MASK}'",
        f"password = '''\r\n{SECRET}\r\n'''\r\nx = 1": f"password = '''\r\n{MASK}\r\n'''\r\nx = 1",
        f"!export DB_PASSWORD={SECRET}\nx = 1": f"!export DB_PASSWORD={MASK}\nx = 1",
        f"%env API_KEY={SECRET}": f"%env API_KEY={MASK}",
    }.items():
        with subtests.test(source=source):
            assert redact_source(source) == (wanted, sum(a != b for a, b in zip(source.split("\n"), wanted.split("\n"), strict=True)))


# --- how long it takes ---------------------------------------------------------------------------------

PIECES = [
    *(
        "-eyJ",
        "eyJ",
        "ghp_",
        "-ghp_",
        "sk-",
        "-sk-",
        "hf_",
        "SG.",
        ":AA",
        "12345678:AA",
        "://",
        "://a:b",
        "://:",
        "?key=",
        "&token=",
        ";a=",
    ),
    *("secret=", "token", "-token-", "key='", 'key="', "password: ", "password=", "password='''", "password\n", "password\t", "password|"),
    *(
        "user,password\n",
        "password  x1y2z3\n",
        "password  a\n b\n",
        "'password', ",
        "password is ",
        "password `",
        "password (\n",
        "password = (",
    ),
    *(
        "password = (\n   1",
        "password='a' 'b' ",
        "# password='x\n",
        "password \\\n",
        "api key ",
        "--token ",
        "%3D",
        "password%3D",
        "bearer ",
    ),
    *("Authorization: Bearer ", "cookie: a=", "login a password ", "a:1:b:c:", "a:5432:b:c:", " -p", "mysql -p", " -u a:", " config set "),
    *(
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----END PRIVATE KEY-----",
        "Private-Lines: 1\n",
        "Private-Lines: 9999\n",
    ),
    *(
        "<",
        "<a",
        "</",
        "&",
        "&#",
        "<td>",
        "</td>password",
        "\x1b[",
        "\x1b[0",
        "\x1b[0m",
        "aA1",
        "A" * 50 + "password",
        "a1b2c3d4e5",
        "\\",
        "\n",
    ),
]
LARGE = """
import sys
from jupyter_tracking.redact import KnownSecrets, Redactor, redact
known = KnownSecrets()
known.add(sys.argv[1], 3)
for piece in sys.argv[3:]:
    piece = piece.encode().decode("unicode_escape")
    text = piece * (int(sys.argv[2]) // len(piece)) + " key"
    redact(text)
    Redactor(known)(text)
    print(len(text))
"""


def test_a_text_of_the_beginnings_of_secrets_is_read_once() -> None:
    """A hundred thousand characters of each, as code and as print: what looks again at what it has seen would take hours for all."""
    pieces = [piece.encode("unicode_escape").decode() for piece in PIECES]
    done = subprocess.run(
        [sys.executable, "-c", LARGE, SECRET, "100000", *pieces], capture_output=True, text=True, timeout=240, check=False
    )
    assert (done.returncode, len(done.stdout.split())) == (0, len(PIECES)), done.stderr


def test_a_hundred_thousand_lines(subtests: pytest.Subtests) -> None:
    """Ordinary lines are kept, each secret among them is not."""
    lines = [f"epoch {n} loss 0.{n} tokens/s 3500" for n in range(100_000)]
    lines[70_000] = f"db_password={SECRET}"
    redacted = Redactor()("\n".join(lines)).split("\n")
    with subtests.test("the secret"):
        assert redacted.pop(70_000) == f"db_password={MASK}"
    with subtests.test("the rest"):
        assert redacted == [*lines[:70_000], *lines[70_001:]]


# --- what is known ---------------------------------------------------------------------------------------


def test_a_value_is_looked_for_once_a_cell_has_given_it() -> None:
    """In quotes, in JSON, in an address, in pieces and in color; not a word that only happens to be a password."""
    known = KnownSecrets()
    redact_source(f"password = '{SECRET}'\napi_key = 'x'\ntoken = 'the'\npasswd = 'transformer'\nsecret = 'a&b\"c/d\\'e1'", known)
    redactor = Redactor(known)
    for shown in (
        SECRET,
        f"got {SECRET}!",
        f"x{SECRET}y",
        "a&b\"c/d'e1",
        "a&amp;b&quot;c/d&#x27;e1",
        "a%26b%22c%2Fd%27e1",
        "a&b\\\"c/d'e1",
    ):
        assert MASK in redactor(shown), shown
    colored = "".join(f"\x1b[3{n % 8}m{letter}" for n, letter in enumerate(SECRET))
    assert re.sub(r"\x1b\[\d+m", "", redactor(colored)) == MASK
    assert redactor(f"│ {SECRET[:9]} │\n│ {SECRET[9:]} │") == f"│ {MASK} │\n│ {MASK} │"
    for shown in ("the transformer has x layers", "x", "the", "print(x)"):
        assert redactor(shown) == shown


def test_what_a_script_reads_from_its_environment_is_known(root: Path) -> None:
    """A script has no cells: variables of the environment and of the program, and its arguments, are looked at."""
    script = root / "train.py"
    script.write_text(
        "import os, sys\nimport jupyter_tracking as t\nrun = t.init()\npassword = os.environ['DB_PASS']\n"
        "api_key = sys.argv[2]\nprint('using', password, 'and', api_key)\nprint(dict(os.environ))\nraise ValueError(f'no: {password} {api_key}')"
    )
    import os

    environment = {**os.environ, "DB_PASS": SECRET, "POLYAXON_OFFLINE_ROOT": str(root)}
    subprocess.run([sys.executable, script, "--api-key", SECRET[::-1]], check=False, capture_output=True, env=environment)
    view = tracking.open_run(next((root / "runs").iterdir()))
    assert view.status == "failed"
    data = kept(view.path)
    assert b"using *** and ***" in data
    assert b"no: *** ***" in data
    assert SECRET.encode() not in data
    assert SECRET[::-1].encode() not in data


# --- what a user gives -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "told"),
    [
        (lambda run: run.log_inputs(db_password=SECRET, lr=0.1), "inputs.db_password"),
        (lambda run: run.log_inputs({"db": {"url": f"postgresql://me:{SECRET}@h/x"}}), "inputs.db.url"),
        (lambda run: run.log_outputs(token=SECRET), "outputs.token"),
        (lambda run: run.set_description(f"password: {SECRET}"), "description"),
        (lambda run: run.log_tags([f"token={SECRET}"]), "tags"),
        (lambda run: run.log_metric(f"token={SECRET}", 1), "name"),
        (lambda run: run.log_artifact_ref(f"https://h/x.csv?X-Amz-Signature={SECRET}"), "path"),
        (lambda run: run.log_env(content={"API_KEY": SECRET}), "content.API_KEY"),
    ],
)
def test_what_a_user_gives_is_redacted_and_told(root: Path, say: Callable[[tracking.Run], None], told: str) -> None:
    """Equal, or told by name: a warning says what is kept otherwise, at the line that gave it."""
    run = tracking.init(root=root)
    with pytest.warns(UserWarning, match=re.escape(told)) as warned:
        say(run)
    run.end()
    assert {Path(warning.filename).name for warning in warned} == {Path(__file__).name}
    assert SECRET.encode() not in kept(run.path)


def test_what_is_no_secret_is_kept_in_silence(root: Path) -> None:
    """Numbers, words and names of other things, also those that are called token or key."""
    inputs = {
        "max_tokens": 2048,
        "tokenizer": "gpt2-medium-v1",
        "use_auth_token": True,
        "key": "train/loss_2",
        "password_length": 12,
        "n": float("nan"),
    }
    with tracking.init(root=root, description="tokens per second", tags=["key-value", "sk-learn-baseline-2"]) as run:
        run.log_inputs(inputs)
    view = tracking.open_run(run.path)
    assert {name: value for name, value in view.inputs.items() if name != "n"} == {
        name: value for name, value in inputs.items() if name != "n"
    }
    assert sorted(view.tags) == ["key-value", "sk-learn-baseline-2"]


def test_content_stays_as_it_is(root: Path) -> None:
    """A text, a document, a dataframe or a file that a user logs is data: byte for byte, also where it holds a secret."""
    frame = pd.DataFrame({"user": ["me"], "password": [SECRET]})
    file = root / "settings.ini"
    file.write_bytes(b"password=" + SECRET.encode())
    with tracking.init(root=root) as run:
        run.log_text("text", f"password={SECRET}")
        run.log_html("html", f"<p>password={SECRET}</p>")
        run.log_dataframe(frame, "frame")
        run.log_artifact(file)
    view = tracking.open_run(run.path)
    assert view.load("text") == f"password={SECRET}"
    assert view.load("html") == f"<p>password={SECRET}</p>"
    assert view.load("frame").equals(frame)
    assert (run.path / "outputs" / "settings.ini").read_bytes() == file.read_bytes()


# --- names, keys and streams -------------------------------------------------------------------------------


def test_names_are_judged_by_how_they_end() -> None:
    """As people write them: with dashes, in capitals, in humps, with a number behind."""
    for certainty, names in {
        CERTAIN: "password DB_PASS MYSQL_PWD DB_PASSWORD dbPassword PGPASSWORD passwd api_key apiKey X-Api-Key AWS_SECRET_ACCESS_KEY client_secret password_2 access_token",
        LIKELY: "token HF_TOKEN pw smtpPass ftp_pwd jwt github-token",
        POSSIBLE: "key auth",
        NONE: "tokenizer max_tokens pad_token primary_key keyboard author monkey password_length secret_name key_id token_type hf_model_name passes x",
    }.items():
        assert {name: level(name) for name in names.split()} == dict.fromkeys(names.split(), certainty)


def test_the_head_of_a_key_takes_no_line_after_it() -> None:
    """Only what looks like a key is one: alone in its line the head goes with it, and what a program prints next stays."""
    for head in ("expected -----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"):
        redactor = Redactor()
        lines = [redactor(line) for line in [head, "done", "epoch 1 loss 0.1", "AACCGGTT", "", "ok"]]
        assert lines[1:] == ["done", "epoch 1 loss 0.1", "AACCGGTT", "", "ok"]
    body = ["MIIE" + "vQIBADANBgkqhkiG9w0BAQEFAASC" + f"{n:04d}" for n in range(4)]
    redactor = Redactor()
    lines = [redactor(line) for line in ["-----BEGIN PRIVATE KEY-----", *body, "abcD1==", "-----END PRIVATE KEY-----", "done"]]
    assert lines == [*[MASK] * 7, "done"]
    redactor = Redactor()
    assert [redactor(line) for line in [f"INFO {line}" for line in body]] == [f"INFO {line}" for line in body]


def test_a_traceback_keeps_its_colors(root: Path) -> None:
    """Only the value goes out of a colored line."""
    line = f"\x1b[32m      1\x1b[39m db_password \x1b[38;5;241m=\x1b[39m \x1b[38;5;124m'{SECRET}'\x1b[39m"
    assert Redactor()(line) == line.replace(SECRET, MASK)


def test_tokenize_agrees_with_where_strings_are() -> None:
    """Formatted strings are one token before Python 3.12 and several after it; both are replaced inside of their quotes."""
    source = f"password = f'''{SECRET}\n{{x!r:>{{w}}}} {SECRET}''' f\"{SECRET}\""
    text, _ = redact_source(source)
    assert SECRET not in text
    assert without_strings(text) == without_strings(source)
    list(tokenize.generate_tokens(io.StringIO(text).readline))
    json.dumps(text)

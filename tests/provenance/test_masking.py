"""Secrets that stand in cells, in what they print, in errors and in the machine's settings are nowhere in a run folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.redact import MASK, Redactor, redact
from tests.provenance.conftest import executed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# Made up, of the forms that the services give them; put together here so that no scanner takes them for real.
TOKENS = {
    "aws key": "AKIA" + "IOSFODNN7EXAMPLZ",
    "aws secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYZZZZZZZKEY",
    "github": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "github fine": "github_pat_" + "11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456789",
    "gitlab": "glpat-" + "x1Y2z3A4b5C6d7E8f9G0",
    "slack": "xoxb-" + "123456789012-abcdefABCDEF1234",
    "stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "openai": "sk-proj-" + "abcDEF123456ghiJKL789012mno",
    "anthropic": "sk-ant-api03-" + "ABCdef123456-GHIjkl789012_mno",
    "hugging face": "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    "google": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "npm": "npm_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "pypi": "pypi-" + "AgEIcHlwaS5vcmcCJDAwMDAwMDAwLTAwMDAtMDAwMC0wMDAw",
    "sendgrid": "SG." + "ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr",
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "telegram": "123456789:" + "AAF-abcdefghijklmnopqrstuvwxyz0123456",
    "azure": "AccountKey=" + "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==",
    "databricks": "dapi" + "0123456789abcdef0123456789abcdef",
    "password": "correct-horse-7",
    "url password": "s3cr3t-in-a-url",
    "wandb": "0123456789abcdef0123456789abcdef01234567",
    "bearer": "b3arer-T0ken.0123456789abcdef",
}
IN_CELLS = {
    **{name: f"some_value = {TOKENS[name]!r}" for name in TOKENS},
    "aws secret": f"aws_secret_access_key = '{TOKENS['aws secret']}'",
    "password": f"import os; os.environ['DB_PASSWORD'] = '{TOKENS['password']}'",
    "url password": f"url = 'postgresql://me:{TOKENS['url password']}@db.example/x'",
    "wandb": f"login = dict(api_key='{TOKENS['wandb']}')",
    "bearer": f"headers = {{'Authorization': 'Bearer {TOKENS['bearer']}'}}",
}


def everything(run: Path) -> bytes:
    """Every byte of every file of a run, and every name."""
    return b"".join(path.read_bytes() + os.fsencode(path.name) for path in run.rglob("*") if path.is_file())


def test_twenty_kinds_of_token_are_found_nowhere_in_the_run(root: Path) -> None:
    """Planted in the source of cells, before the run and in it, printed, displayed, raised, and in the environment."""
    assert len(TOKENS) >= 20
    subprocess.run(["git", "init", "-q", "."], check=True)
    author = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], check=True, env={**os.environ, **author})
    subprocess.run(["git", "remote", "add", "origin", f"https://me:{TOKENS['github']}@git.example/x.git"], check=True)
    early, late = list(IN_CELLS.values())[:5], list(IN_CELLS.values())[5:]
    cells = [
        "import jupyter_tracking as tracking",
        *early,
        "run = tracking.init(name='secrets')",
        *late,
        *[f"print({source!r})" for source in IN_CELLS.values()],
        *[f"{source!r}" for source in IN_CELLS.values()],
        *[f"raise ValueError({source!r})" for source in IN_CELLS.values()],
        f"import sys; print({' '.join(TOKENS[name] for name in ('github', 'openai', 'slack'))!r}, file=sys.stderr)",
        "tracking.log_metric('a', 1)",
        "tracking.end()",
        f"with tracking.init(name='failed'): raise ValueError({IN_CELLS['github']!r})",
    ]
    os.environ["PLANTED_IN_THE_ENVIRONMENT"] = "planted-value-of-a-variable"
    try:
        executed(root, cells, allow_errors=True)
    finally:
        del os.environ["PLANTED_IN_THE_ENVIRONMENT"]
    view = tracking.open_run("secrets")
    kept = everything(view.path)
    files = [path for path in view.path.rglob("*") if path.is_file()]
    found = {(name, path.name) for name, token in TOKENS.items() for path in files if token.encode() in path.read_bytes()}
    assert found == set()
    assert b"planted-value-of-a-variable" not in kept
    assert b"Bearer ***" in kept
    assert view.notebook().metadata["jupyter_tracking"]["masked"] >= len(TOKENS)
    assert view.cells()["masked"].sum() >= len(TOKENS) - 5
    assert view.status == "succeeded"
    failed = tracking.open_run("failed")
    assert failed.status == "failed"
    assert TOKENS["github"].encode() not in everything(failed.path)


def test_a_private_key_goes_over_many_lines(root: Path) -> None:
    """From BEGIN to END, in one print or line by line; what stands around it is kept."""
    body = "\n".join(f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{n:04d}" for n in range(20))
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    text, count = redact(f"before\nkey = '''{key}'''\nafter")
    assert "MIIEv" not in text
    assert text.startswith("before\nkey = '''***")
    assert text.endswith("***'''\nafter")
    assert count == 22
    masking = Redactor()
    assert [masking(line) for line in ["a", *key.split("\n"), "b"]] == ["a", *[MASK] * 22, "b"]


def test_a_secret_in_color_is_masked(subtests: pytest.Subtests) -> None:
    """As IPython 8 colors the source in a traceback, and as a program colors what it prints; only a line that had a secret loses its colors."""
    for name, source in IN_CELLS.items():
        for colored in (
            re.sub(r"([^\w./+=-])", "\x1b[38;5;124m\\1\x1b[39m\x1b[38;5;124m", f"raise ValueError({source!r})") + "\x1b[0m",
            source.replace(TOKENS[name], f"\x1b[1;31m{TOKENS[name]}\x1b[0m"),
            source.replace(TOKENS[name], f"{TOKENS[name][:6]}\x1b[K\x1b[4m{TOKENS[name][6:]}"),
        ):
            with subtests.test(name=name, colored=colored):
                text, count = redact(f"\x1b[32mbefore\x1b[0m\n{colored}\n\x1b[32mafter\x1b[0m")
                assert TOKENS[name] not in re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", text)
                assert text.startswith("\x1b[32mbefore\x1b[0m\n")
                assert text.endswith("\n\x1b[32mafter\x1b[0m")
                assert (MASK in text, count) == (True, 1)


def test_code_that_holds_no_secret_is_left_alone(subtests: pytest.Subtests) -> None:
    """A session must run again: words like key and token name other things too."""
    for line in [
        "token = '[CLS]'",
        "tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')",
        "eos_token='<|endoftext|>'",
        "df.sort_values(key='a')",
        "rows = {'key': 'accuracy', 'value': 0.5}",
        "if password == other_password: pass",
        "password = getpass()",
        "token = os.environ['TOKEN']",
        "tracking.log_metric('token_accuracy', 0.5)",
        "num_tokens=1048576",
        "tokens per second: 12345678",
        "author = 'A Person'",
        "task-abcdefghijklmnopqrstuv",
        "https://example.org/path?x=1",
        "x = {'a': 1, 'b': [2, 3]}",
        "for key, value in d.items(): print(key, value)",
        "secret_size = 12",
        "np.random.seed(20261124)",
    ]:
        with subtests.test(line=line):
            assert redact(line) == (line, 0)


def test_a_masked_line_still_parses(subtests: pytest.Subtests) -> None:
    """What is put in the place of a secret keeps the line a line of Python."""
    for line in sorted(IN_CELLS.values()):
        with subtests.test(line=line):
            text, count = redact(line)
            assert count == 1
            compile(text, "<masked>", "exec")


def test_arguments_of_a_program_are_masked(root: Path) -> None:
    """What a program was started with is in env.json, without its secrets."""
    script = root / "train.py"
    script.write_text("import jupyter_tracking as t\nt.init(name='x')\nt.end()")
    subprocess.run([sys.executable, script, "--password", "hunter2hunter2", f"--key={TOKENS['openai']}"], check=True, capture_output=True)
    kept = everything(tracking.open_run("x").path)
    assert b"hunter2hunter2" not in kept
    assert TOKENS["openai"].encode() not in kept
    assert b"train.py" in kept

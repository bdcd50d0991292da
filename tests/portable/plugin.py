"""The suite on the portable storage: what a test cannot have there is skipped, with its reason; `make portable` runs it.

`not_there.py` names those tests. A line of it that names no test is an error, and so is a Python that a test starts without hiding POSIX.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.portable.not_there import NOT_THERE

SITE = Path(__file__).parent / "site"
HIDING = "JUPYTER_TRACKING_TESTS_HIDE_POSIX"


def pytest_configure() -> None:
    """See that it is the portable storage that is tested, here and in every program that a test starts, in whatever folder."""
    from jupyter_tracking.system import os_calls

    if not os_calls.open.__module__.endswith(".portable"):
        raise pytest.UsageError("this is not the portable storage: start Python by `make portable`")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(SITE), str(SITE.parents[2])])
    sys.addaudithook(_refuse_python_with_posix)


def _refuse_python_with_posix(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "subprocess.Popen":
        return
    _, words, _, environment = arguments
    program = os.fsdecode(words if isinstance(words, str | bytes | os.PathLike) else words[0])
    given = {os.fsdecode(name): os.fsdecode(value) for name, value in (os.environ if environment is None else environment).items()}
    hides = HIDING in given and str(SITE) in given.get("PYTHONPATH", "")  # who wants POSIX says so, by an empty value
    if "python" in Path(program).name and not hides:
        raise RuntimeError(f"{program} would have the storage of POSIX: leave {HIDING} and PYTHONPATH in its environment")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is not there, before anything is left out by `-k` or `-m`."""
    reasons = {test: reason for reason, tests in NOT_THERE.items() for test in tests}
    seen = set()
    for item in items:
        for name in (item.nodeid, item.nodeid.partition("[")[0]):
            if name in reasons:
                seen.add(name)
                item.add_marker(pytest.mark.skip(reason=reasons[name]))
                break
    if any("::" in argument for argument in config.args):
        return
    files = {item.nodeid.partition("::")[0] for item in items}
    there = {file: file in files or not (config.rootpath / file).exists() for file in {name.partition("::")[0] for name in reasons}}
    unknown = sorted(name for name in reasons.keys() - seen if there[name.partition("::")[0]])
    if unknown:
        raise pytest.UsageError(f"tests/portable/not_there.py names tests that are not there: {', '.join(unknown)}")

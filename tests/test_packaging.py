"""What is shipped is whole: the wheel, the sdist, the set-up of Binder; each built and installed in a clean place, with Node hidden."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.packaging

NODE = {"node", "nodejs", "npm", "npx", "corepack", "yarn", "pnpm"}
BUNDLE = "jupyter_tracking/static/view.js"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout as git would give it: nothing built, nothing installed."""
    from tests.conftest import CHECKOUT

    copy = tmp_path_factory.mktemp("sources") / "jupyter-tracking"
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (CHECKOUT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose PATH has no Node, with an empty home and nothing of the checkout."""
    programs = tmp_path_factory.mktemp("programs")
    for folder in os.environ["PATH"].split(os.pathsep):
        # An environment's own programs (a Node among them) are not the machine's.
        if not Path(folder).is_dir() or Path(folder) == Path(sys.prefix) / "bin":
            continue
        for program in Path(folder).iterdir():
            if program.name not in NODE and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "POLYAXON", "JUPYTER", "VIRTUAL_ENV"))}
    # What was downloaded before is no part of what is being tested.
    cache = os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    return {**kept, "PATH": str(programs), "HOME": str(tmp_path_factory.mktemp("home")), "PIP_CACHE_DIR": cache}


def run(*command: str | Path, cwd: Path, environment: dict[str, str]) -> str:
    """Run a program; what it printed is shown when it fails."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-6000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def contents(sources: Path) -> dict[Path, bytes]:
    """What is in the copy before anything is built."""
    return {path: path.read_bytes() for path in sources.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def wheel(sources: Path, contents: dict[Path, bytes], environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `pip install .` makes."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, ".", cwd=sources, environment=environment)
    (wheel,) = folder.glob("*.whl")
    return wheel


def test_a_wheel_is_built_with_no_node_on_the_machine(wheel: Path) -> None:
    """`pip install .` brings its own Node: the wheel has the bundle, the types' mark, the command, and nothing else but the package."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = (name for name in names if name.endswith("/entry_points.txt"))
        parser = ConfigParser()
        parser.read_string(archive.read(entry_points).decode())
    assert {BUNDLE, "jupyter_tracking/py.typed", "jupyter_tracking/__init__.py"} <= names
    assert {name.split("/")[0] for name in names} == {"jupyter_tracking", wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert parser["console_scripts"]["jupyter-tracking"] == "jupyter_tracking.__main__:main"


def test_the_build_leaves_the_sources_as_they_were(contents: dict[Path, bytes], wheel: Path) -> None:
    """Building writes the bundle and npm's folder, and changes no file of the checkout, npm's lock file least of all."""
    assert not [path for path, before in contents.items() if path.read_bytes() != before]


def test_a_wheel_from_the_sdist_needs_no_npm(sources: Path, wheel: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """The sdist has the bundle and its sources; from it the same wheel is built where npm cannot run at all."""
    broken = tmp_path / "npm"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    without_npm = {**environment, "PATH": f"{tmp_path}:{environment['PATH']}"}
    # The bundle is there and new enough.
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=sources, environment=without_npm)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {BUNDLE, "widgets/package-lock.json", "widgets/build.mjs", "tests/conftest.py", "LICENSE", "Makefile"} <= names
    assert not [name for name in names if "node_modules" in name]
    folder = tmp_path / "wheel"
    run(
        *[sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, sdist],
        cwd=tmp_path,
        environment=without_npm,
    )
    (again,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert first.namelist() == second.namelist()
        assert first.read(BUNDLE) == second.read(BUNDLE)


def test_binder_can_be_set_up_and_runs_the_notebooks(sources: Path, wheel: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """What repo2docker would do: a clean environment, requirements.txt from the checkout, postBuild; then every notebook runs but that of PyTorch."""
    assert wheel.exists()  # the bundle is built: npm need not run once more
    runtime = (sources / "binder" / "runtime.txt").read_text().strip()
    assert runtime == f"python-{sys.version_info.major}.{sys.version_info.minor}" or runtime.startswith("python-3.")
    place = tmp_path / "environment"
    run(sys.executable, "-m", "venv", place, cwd=tmp_path, environment=environment)
    inside = {**environment, "PATH": f"{place / 'bin'}:{environment['PATH']}"}
    python = place / "bin" / "python"
    # Compiling every module of every library would take longer than all that is imported here.
    run(python, "-m", "pip", "install", "--no-compile", "-r", "binder/requirements.txt", cwd=sources, environment=inside)
    run("./binder/postBuild", cwd=sources, environment=inside)
    assert (Path(environment["HOME"]) / ".jupyter" / "labconfig" / "page_config.json").is_file()
    # As on a second visit: runs of the same names are there already.
    earlier = "import jupyter_tracking as tracking\nfor name in ['digits'] * 2: tracking.init(name=name).end()"
    inside["POLYAXON_OFFLINE_ROOT"] = str(tmp_path)
    run(python, "-c", earlier, cwd=tmp_path, environment=inside)
    for notebook in sorted({*(sources / "notebooks").glob("*.ipynb")} - {sources / "notebooks" / "pytorch_live.ipynb"}):
        run(
            *[python, "-m", "nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path / "executed", notebook],
            cwd=sources,
            environment=inside,
        )


def test_binder_opens_a_notebook_that_is_there(checkout: Path) -> None:
    """The address that postBuild names ends in a notebook of this checkout."""
    address = next(word for word in (checkout / "binder" / "postBuild").read_text().split() if "urlpath=" in word)
    assert (checkout / address.partition("urlpath=lab/tree/")[2]).is_file()

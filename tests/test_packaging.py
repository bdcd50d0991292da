"""What is shipped is whole: the wheel, the sdist, the set-up of Binder; each built and installed in a clean place, with Node hidden."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

pytestmark = pytest.mark.packaging

NODE = {"node", "nodejs", "npm", "npx", "corepack", "yarn", "pnpm"}
BUNDLE = "jupyter_tracking/static/view.js"
LAB = "share/jupyter/labextensions/jupyter-tracking"


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout as git would give it: nothing built, nothing installed."""
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
    whole = wheel.name.removesuffix("-py3-none-any.whl")
    assert {name.split("/")[0] for name in names} == {"jupyter_tracking", f"{whole}.dist-info", f"{whole}.data"}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert parser["console_scripts"]["jupyter-tracking"] == "jupyter_tracking.__main__:main"


def test_a_wheel_has_the_extension_of_jupyterlab(wheel: Path) -> None:
    """Where JupyterLab looks for it, once: what its description names is there, and so is what turns on our half of the server."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name.partition(".data/data/")[2]: name for name in archive.namelist()}
        described = json.loads(archive.read(names[f"{LAB}/package.json"]))
        settings = json.loads(archive.read(names["etc/jupyter/jupyter_server_config.d/jupyter_tracking.json"]))
        entry = archive.read(names[f"{LAB}/{described['jupyterlab']['_build']['load']}"]).decode()
        lying = [name for name in archive.namelist() if name.startswith("jupyter_tracking/static/lab")]
    assert {f"{LAB}/install.json", f"{LAB}/schemas/jupyter-tracking/plugin.json"} <= set(names)
    (views,) = (name.rpartition("/")[2] for name in names if name.startswith(f"{LAB}/static/views."))
    assert views in entry
    assert settings == {"ServerApp": {"jpserver_extensions": {"jupyter_tracking.lab": True}}}
    assert not lying


def test_an_editable_install_has_the_extension_too(sources: Path, wheel: Path, without_npm: dict[str, str], tmp_path: Path) -> None:
    """What `make lab` installs: the extension's files lie in the environment, as those of any other install."""
    assert wheel.exists()  # the bundle is built
    uv, place = find_uv(), tmp_path / "environment"
    inside = {**without_npm, "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))}
    run(uv, "venv", "--quiet", "--python", sys.executable, place, cwd=tmp_path, environment=inside)
    run(uv, "pip", "install", "--quiet", "--no-deps", "--python", place, "--editable", sources, cwd=tmp_path, environment=inside)
    assert (place / LAB / "package.json").is_file()
    assert (place / "etc" / "jupyter" / "jupyter_server_config.d" / "jupyter_tracking.json").is_file()


def test_the_build_leaves_the_sources_as_they_were(contents: dict[Path, bytes], wheel: Path) -> None:
    """Building writes the bundle and npm's folder, and changes no file of the checkout, npm's lock file least of all."""
    assert not [path for path, before in contents.items() if path.read_bytes() != before]


@pytest.fixture(scope="module")
def without_npm(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which npm cannot run at all."""
    broken = tmp_path_factory.mktemp("broken") / "npm"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    return {**environment, "PATH": f"{broken.parent}:{environment['PATH']}"}


@pytest.fixture(scope="module")
def sdist(sources: Path, wheel: Path, without_npm: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist; the bundle, which building the wheel has made, is there and new enough."""
    assert wheel.exists()
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=sources, environment=without_npm)
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def test_a_wheel_from_the_sdist_needs_no_npm(sdist: Path, wheel: Path, without_npm: dict[str, str], tmp_path: Path) -> None:
    """The sdist has the bundle and its sources; from it the same wheel is built where npm cannot run at all."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        BUNDLE,
        "jupyter_tracking/static/lab/package.json",
        "widgets/package-lock.json",
        "widgets/build.mjs",
        "tests/conftest.py",
        "LICENSE",
        "Makefile",
    } <= names
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


QUICKSTART = """
import sys
import nbformat
from IPython.core.interactiveshell import InteractiveShell
import jupyter_tracking as tracking

shell = InteractiveShell.instance()
for cell in nbformat.read(sys.argv[1], as_version=4).cells:
    if cell.cell_type == "code":
        shell.run_cell(cell.source.replace("steps = 40, 60", "steps = 40, 10")).raise_error()
view = tracking.open_run("digits")
assert view.status == "succeeded" and view.problems().empty, view
assert len(view.metrics()) == 10
view.save("digits.html")
print("installed from", tracking.__file__)
"""


def find_uv() -> Path:
    """Where uv is, which makes environments within seconds: beside this Python, or on the path."""
    found = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if found is None:
        pytest.skip("there is no uv here; `make test` installs it") if not os.environ.get("CI") else pytest.fail("CI must have uv")
    return Path(found)


def pythons() -> dict[str, str]:
    """Every Python on this machine that the classifiers name, by its version: of pyenv, or on the path."""
    found = {}
    for line in (CHECKOUT / "pyproject.toml").read_text().splitlines():
        version = line.strip().removeprefix('"Programming Language :: Python :: 3.').removesuffix('",')
        if version.isdigit():
            name, pyenv = f"3.{version}", Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
            for candidate in (*sorted(pyenv.glob(f"{name}.*/bin/python")), shutil.which(f"python{name}")):
                if candidate and subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
                    found[name] = str(candidate)
                    break
    return found


@pytest.mark.parametrize("version", [name for name, _ in sorted(pythons().items())])
@pytest.mark.parametrize("what", ["wheel", "sdist"])
def test_what_is_shipped_runs_the_quickstart(
    what: str, version: str, wheel: Path, sdist: Path, sources: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """Installed from the wheel, and from the sdist, into a clean environment of each Python here; the checkout is nowhere near."""
    shipped = wheel if what == "wheel" else sdist
    uv, place = find_uv(), tmp_path / "environment"
    caches = {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))}
    inside = {**environment, **caches, "MPLBACKEND": "Agg", "PATH": f"{place / 'bin'}:{environment['PATH']}"}
    run(uv, "venv", "--quiet", "--python", pythons()[version], place, cwd=tmp_path, environment=inside)
    run(
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        place,
        f"jupyter-tracking[sklearn] @ {shipped.as_uri()}",
        cwd=tmp_path,
        environment=inside,
    )
    printed = run(
        *[place / "bin" / "python", "-W", "error::DeprecationWarning:jupyter_tracking", "-c", QUICKSTART],
        sources / "notebooks" / "quickstart.ipynb",
        cwd=tmp_path,
        environment=inside,
    )
    assert f"installed from {place}" in printed
    assert "succeeded" in run(place / "bin" / "jupyter-tracking", "runs", cwd=tmp_path, environment=inside)


def test_every_python_of_the_classifiers_is_tried(checkout: Path) -> None:
    """The oldest is the one that `requires-python` names; CI has to have each."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    named = [each.rpartition(" :: ")[2] for each in project["classifiers"] if each.startswith("Programming Language :: Python :: 3.")]
    assert f">={named[0]}" == project["requires-python"]
    if os.environ.get("CI"):
        assert list(pythons()) == named


def test_the_version_is_the_same_everywhere(checkout: Path) -> None:
    """In the package, its metadata, the citation and the recipe."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    places = {"jupyter_tracking/__init__.py": '__version__ = "', "CITATION.cff": "version: ", "recipe/recipe.yaml": '  version: "'}
    places["widgets/package.json"] = '"version": "'  # which the extension of JupyterLab takes
    for file, before in places.items():
        assert f"{before}{project['version']}" in (checkout / file).read_text(), file


def test_the_recipe_asks_for_what_the_package_does(checkout: Path) -> None:
    """The same libraries at the same floors, under the names that conda has for them."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    text = (checkout / "recipe" / "recipe.yaml").read_text()
    asked = text.partition("\n  run:\n")[2].partition("\n\n")[0]
    found = dict(line.strip("- ").split(" >=") for line in asked.splitlines()[1:])
    of_conda = {"matplotlib": "matplotlib-base"}  # without the windows, which need a screen
    assert found == {of_conda.get(name, name): floor for name, floor in (each.split(">=") for each in project["dependencies"])}
    assert f'python_min: "{project["requires-python"].removeprefix(">=")}"' in text


def test_the_recipe_is_read_by_what_builds_it(checkout: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """rattler-build takes and renders it."""
    uv, place = find_uv(), tmp_path / "environment"
    inside = {**environment, "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))}
    run(uv, "venv", "--quiet", "--python", sys.executable, place, cwd=tmp_path, environment=inside)
    run(uv, "pip", "install", "--quiet", "--python", place, "py-rattler-build>=0.50", cwd=tmp_path, environment=inside)
    script = """
import sys
from rattler_build import Stage0Recipe, VariantConfig
(rendered,) = Stage0Recipe.from_file(sys.argv[1]).render(VariantConfig())
print(rendered.recipe.package.name, rendered.recipe.package.version)
"""
    printed = run(place / "bin" / "python", "-c", script, checkout / "recipe" / "recipe.yaml", cwd=tmp_path, environment=inside)
    assert printed.startswith("jupyter-tracking ")


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

# All set-up and every check, from a clean checkout: needs Python >= 3.11 and make, and nothing else.
#     make demo    run the quickstart notebook for real        make test    run every test
# Everything is installed into .venv; each target is safe to run again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
# The first interpreter that is new enough and can make environments; `make demo PYTHON=...` names another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$python"; break; }; done)
# Extra words for pytest: make test ARGS="-k curve -x"
ARGS ?=

PIP := $(BIN)/python -m pip --disable-pip-version-check
BUNDLE_BUILD := widgets/package.json widgets/package-lock.json widgets/build.mjs
BUNDLE_SOURCES := $(BUNDLE_BUILD) $(shell find widgets/src -type f 2>/dev/null)

.PHONY: help demo lab notebooks test portable test-floors test-3.12 test-3.13 fronts integrations integrations-torch remote docs docs-html lint fix soak coverage server bench bench-quick chromium shells sshfs clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z0-9.-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.demo  ## install, run the quickstart notebook for real, show its run
	@$(BIN)/python notebooks/demo.py

lab: $(VENV)/.demo  ## open the quickstart in JupyterLab
	@$(BIN)/python notebooks/demo.py --lab

# Two files at a time, in the order that tests/conftest.py gives them: what installs first, what drives a browser last. With ARGS, one
# test after the other.
test: $(VENV)/.test chromium shells  ## run every test (Chromium, zsh and fish are installed by apt where they are missing and may be)
	$(BIN)/python -m pytest $(or $(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

# The storage that Windows gets: what Python lacks there is hidden from the package, and what Windows refuses is refused. Left out is what needs a
# browser, and what is about no file of a run. What cannot hold there is skipped, each with its reason: tests/portable/not_there.py.
PORTABLE := $(addprefix tests/,portable reliability test_rows.py)
portable: $(VENV)/.test  ## run what is about files, locks and kills on the storage that Windows gets (four minutes on 2 cores)
	JUPYTER_TRACKING_TESTS_HIDE_POSIX=1 PYTHONPATH='$(CURDIR)/tests/portable/site:$(CURDIR)' $(BIN)/python -m pytest -p tests.portable.plugin -rs \
		$(or $(ARGS),-n 2 --dist loadfile --no-loadscope-reorder $(PORTABLE))

# What depends on Python and its libraries once more, with others, in an environment of its own: .venv-floors, .venv-3.12, .venv-3.13. Left
# out, since it is the same with any of them, is what is about the disk, processes and damaged files (of `reliability`, a kernel's cells stay),
# the browser half, Pyodide, which has a Python of its own, and what is said of the checkout itself. The three take 8 minutes on 2 cores.
ONCE := $(addprefix tests/,docs fronts lab fuzz remote test_architecture.py test_benchmarks.py test_contributing.py test_demo.py test_packaging.py test_widgets.py portable/test_pyodide.py) \
	$(addprefix tests/security/test_,bounds.py budgets.py names_read.py reading_outside.py repository.py where_it_runs.py) \
	$(filter-out %/test_kernel.py,$(wildcard tests/reliability/test_*.py))
QUICK := -m 'not lab and not docs and not packaging and not soak and not server and not integrations and not torch and not remote' $(addprefix --ignore=,$(ONCE))
test-floors:  ## run the quick tests with the oldest Python and the oldest libraries that pyproject.toml allows
test-3.12:  ## run the quick tests with Python 3.12 and the newest libraries
test-3.13:  ## run the quick tests with Python 3.13 and the newest libraries
test-floors test-3.12 test-3.13: test-%: $(VENV)-%/.quick
	$(VENV)-$*/bin/python -m pytest $(QUICK) $(or $(ARGS),-n 2 --dist loadfile --no-loadscope-reorder)

# Trainings with the frameworks themselves, in environments of their own: .venv-integrations, and .venv-integrations-torch.
integrations:  ## train with boosters, scikit-learn, Optuna and Keras (a minute on 2 cores)
integrations-torch:  ## train with PyTorch and what is built on it (2 GB the first time)
# VS Code's renderer is one script of its package, without those that it names.
fronts: $(VENV)-fronts/.made chromium  ## see views in marimo, JupyterLite and VS Code's renderer of widgets, with Chromium; ask our server for agents
	@test -e $(VENV)-fronts/vscode-jupyter-ipywidgets8-1.0.9.tgz || PATH="$(CURDIR)/$(BIN):$$PATH" npm pack --silent \
		--pack-destination $(VENV)-fronts requirejs@2.3.8 @vscode/jupyter-ipywidgets8@1.0.9
	$(VENV)-fronts/bin/python -m pytest tests/fronts tests/lab/test_jupyterlite.py tests/lab/test_marimo.py tests/lab/test_vscode.py $(ARGS)
integrations integrations-torch: %: $(VENV)-%/.made
	$(VENV)-$*/bin/python -m pytest -m '$(if $(filter %-torch,$*),torch,integrations and not torch)' tests/integrations \
		$(or $(ARGS),-n 2 --dist worksteal)

notebooks: $(VENV)-integrations/.made $(VENV)-integrations-torch/.made $(VENV)-remote/.made  ## run the notebooks and save them with what they show
	$(VENV)-integrations/bin/python notebooks/execute.py quickstart gradient_boosting optuna_search
	$(VENV)-integrations-torch/bin/python notebooks/execute.py pytorch_live
	$(VENV)-remote/bin/python notebooks/execute.py bucket_and_cluster

# The documentation, in an environment of its own: .venv-docs. Each page is read and each notebook executed anew, so that no warning is missed.
docs-html: $(VENV)-docs/.docs  ## build the documentation into docs/_build/html, and nothing else
	$(VENV)-docs/bin/python -m sphinx --fail-on-warning --nitpicky --keep-going --fresh-env --quiet -b html docs docs/_build/html
	@echo "==> docs/_build/html/index.html"

docs: docs-html chromium  ## build the documentation, follow its links, type its snippets, move its sliders (two minutes on 2 cores)
	$(VENV)-docs/bin/python -m pytest -m docs tests/docs $(or $(ARGS),-n 2 --dist worksteal)

# Object stores: moto's and localbucket's servers on this machine, in an environment of their own; and one folder mounted twice, as by two
# machines, where root may mount.
remote: $(VENV)-remote/.made sshfs  ## read and write object stores, which run on this machine (two minutes on 2 cores)
	$(VENV)-remote/bin/python -m pytest -m 'not soak' tests/remote tests/catalog tests/reliability/test_two_mounts.py $(or $(ARGS),-n 2 --dist worksteal)

lint: $(VENV)/.dev  ## check style, format and types
	@status=0; \
	for check in 'ruff check .' 'ruff format --check .' mypy 'mypy --platform win32 --cache-dir .mypy_cache/win32'; do \
		echo "==> $$check"; $(BIN)/python -m $$check || status=1; done; \
	echo '==> prettier'; (cd widgets && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent format:check) || status=1; \
	exit $$status

fix: $(VENV)/.dev  ## mend what the linter can mend
	$(BIN)/python -m ruff check --fix-only .
	$(BIN)/python -m ruff format .
	cd widgets && PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent format

soak: $(VENV)/.test  ## the long reliability runs, two at a time (at most 15 minutes on 2 cores)
	$(BIN)/python -m pytest -m soak -n 2 --dist worksteal $(ARGS)

coverage: $(VENV)/.test  ## see that each line and branch of what writes and reads runs is tested (4 minutes)
	$(BIN)/python -m coverage run -m pytest tests/reliability tests/security tests/kinds tests/fuzz tests/compat tests/test_frames.py tests/test_rows.py tests/test_sharing.py $(ARGS)
	$(BIN)/python -m coverage report

server: $(VENV)/.test  ## push a run to a real Polyaxon server on this machine (two minutes the first time)
	$(BIN)/python -m pytest -m server $(ARGS)

bench: $(VENV)/.bench  ## measure against the other trackers, write benchmarks/RESULTS.md (an environment each; about 40 minutes on 2 cores)
	$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(VENV)/.bench  ## measure this package and the floor only (under 2 minutes)
	$(BIN)/python -m benchmarks --quick $(ARGS)

clean:  ## remove what was built and installed; keeps demo/ with its runs
	rm -rf $(VENV) $(VENV)-floors $(VENV)-3.12 $(VENV)-3.13 $(VENV)-integrations $(VENV)-integrations-torch $(VENV)-remote $(VENV)-docs $(VENV)-fronts dist build docs/_build jupyter_tracking/static widgets/node_modules tests/portable/pyodide/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

# ------------------------------------------------------------------------------------------------------------ set-up
# An environment that was left half made, or whose Python is gone, is made anew.
BROKEN := $(shell $(BIN)/python -c 'import pip' 2>/dev/null || echo remake)
.PHONY: remake
remake:

# Dependency groups need pip 25.1.
$(VENV)/.pip: $(BROKEN)
	@test -n "$(PYTHON)" || { echo 'No Python >= 3.11 with the modules venv and ensurepip was found (on Debian and Ubuntu: apt-get install python3-venv).' \
		'Name one with PYTHON=/path/to/python.' >&2; exit 1; }
	@echo "==> $(VENV): a new environment from $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --quiet --upgrade 'pip>=25.1'
	@touch $@

# An editable install builds the browser half, with a Node of its own (see pyproject.toml), when a source is newer than the bundle. A change
# of the way it is built is no source: then the old bundle goes first.
STALE := test -z "$$(find $(BUNDLE_BUILD) -newer jupyter_tracking/static/view.js 2>/dev/null)" || rm -rf jupyter_tracking/static

$(VENV)/.demo: $(VENV)/.pip pyproject.toml $(BUNDLE_SOURCES)
	@echo "==> $(VENV): jupyter-tracking, JupyterLab and scikit-learn (one to three minutes)"
	@$(STALE)
	@$(PIP) install --editable '.[sklearn]' --group demo
	@touch $@

$(VENV)/.test: $(VENV)/.pip pyproject.toml $(BUNDLE_SOURCES)
	@echo "==> $(VENV): jupyter-tracking with all extras, and what the tests need (two to five minutes)"
	@$(STALE)
	@$(PIP) install --editable '.[all]' --group test
	@touch $@ $(VENV)/.demo

# Only dependencies: the tests import the checkout, with the bundle that .venv's installation has built. A Python that is neither on the path
# nor pyenv's is downloaded by uv. The extras dask and remote bring nothing that these tests import.
EXTRAS := altair bokeh media plotly remote resources sklearn vega
$(VENV)-floors/.quick $(VENV)-3.12/.quick $(VENV)-3.13/.quick: $(VENV)-%/.quick: $(VENV)/.test pyproject.toml
	@wanted=$(if $(filter floors,$*),3.11,$*); \
	for python in python$$wanted "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$$wanted.*/bin/python $$wanted; do \
		"$$python" -c '' 2>/dev/null && break; done; \
	echo "==> $(VENV)-$*: the $(if $(filter floors,$*),oldest,newest) libraries for $$python (half a minute)"; \
	$(BIN)/uv venv --quiet --clear --python "$$python" $(VENV)-$*
	@$(BIN)/uv pip install --quiet --python $(VENV)-$* $(if $(filter floors,$*),--resolution lowest-direct) \
		--requirements pyproject.toml $(EXTRAS:%=--extra %) --group quick
	@touch $@

# Where pip is told of further wheels (a build of PyTorch for the processor alone, say), so is uv.
$(VENV)-fronts/.made $(VENV)-integrations/.made $(VENV)-integrations-torch/.made: $(VENV)-%/.made: $(VENV)/.test pyproject.toml
	@echo "==> $(VENV)-$*: the frameworks (ten seconds to a minute)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)-$*
	@UV_FIND_LINKS="$${UV_FIND_LINKS-$$PIP_FIND_LINKS}" $(BIN)/uv pip install --quiet --python $(VENV)-$* --requirements pyproject.toml --group $*
	@touch $@

REMOTE := altair bokeh dask duckdb media plotly polars remote vega
$(VENV)-remote/.made: $(VENV)/.test pyproject.toml
	@echo "==> $(VENV)-remote: object stores and engines (ten seconds)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)-remote
	@$(BIN)/uv pip install --quiet --python $(VENV)-remote --requirements pyproject.toml $(REMOTE:%=--extra %) --group remote
	@touch $@

$(VENV)-docs/.docs: $(VENV)/.test pyproject.toml
	@echo "==> $(VENV)-docs: Sphinx, and what the pages use (ten seconds)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)-docs
	@$(BIN)/uv pip install --quiet --python $(VENV)-docs --requirements pyproject.toml $(EXTRAS:%=--extra %) --group docs
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@echo "==> $(VENV): linter and type checker"
	@$(STALE)
	@$(PIP) install --editable '.[all]' --group dev
	@touch $@

$(VENV)/.bench: $(VENV)/.pip pyproject.toml $(BUNDLE_SOURCES)
	@echo "==> $(VENV): jupyter-tracking and what the benchmark driver needs"
	@$(STALE)
	@$(PIP) install --editable . --group bench
	@touch $@

chromium:
	@for browser in "$$CHROMIUM" chromium chromium-browser google-chrome; do \
		if [ -n "$$browser" ] && command -v "$$browser" >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "==> chromium, by apt"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends chromium fonts-dejavu-core; \
	else echo "==> no Chromium here, and it may not be installed: the tests marked \"lab\" are skipped (CHROMIUM=/path/to/chromium names one)"; fi

shells:
	@if command -v zsh >/dev/null && command -v fish >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "==> zsh and fish, by apt"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends zsh fish; \
	else echo "==> zsh or fish is not here, and may not be installed: the tests of their completion are skipped"; fi

# It brings libfuse, by which the tests mount a folder themselves.
sshfs:
	@if command -v sshfs >/dev/null && [ -x /usr/lib/openssh/sftp-server ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && [ -e /dev/fuse ] && command -v apt-get >/dev/null; then \
		echo "==> sshfs, by apt"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends sshfs openssh-sftp-server; \
	else echo "==> no sshfs here, and it may not be installed, or nothing may be mounted: the tests that mount a folder are skipped"; fi

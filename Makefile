# Needs Python 3.11 or newer (with venv), git and make. Everything else goes into .venv, once.
#
# A stamp in .venv says which set of requirements is installed; a changed setup.cfg renews it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

# The first Python that is new enough and can make an environment; PYTHON=… on the command line wins.
USABLE = import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$python -c '$(USABLE)' >/dev/null 2>&1; then echo $$python; break; fi; done)

# Debian packages that tests use beyond git; without them, and without root, those tests are skipped by name.
DEBIAN_PACKAGES := man-db b3sum zsh fish bash-completion less strace nginx-light fcgiwrap openssh-server git-lfs

.PHONY: help demo test test-heavy fuzz bench figures lint docs clean debian-packages java browser

help: ## Show these targets.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(VENV)/.installed-all ## Tell the whole story in a temporary repository; fails if any of it is not so.
	$(BIN)/python docs/demo/river.py

test: $(VENV)/.installed-test .venv-plugin/.installed debian-packages ## Everything that must hold: lint, types, import contracts, tests.
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n $(WORKERS)

test-heavy: $(VENV)/.installed-test-heavy .venv-plugin/.installed .venv-plugin-3.16/.installed .venv-plugin-3.15/.installed .venv-exchange/.installed java browser ## The long fault, fuzz and framework runs.
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m heavy --timeout=3600 --hypothesis-profile=heavy

# Coverage-guided, in an environment of its own: atheris follows Python's releases late.
RUNS ?= 2000000
PARSERS ?= $(shell sed -n '/^@target/{n;s/def \([a-z_]*\).*/\1/p}' tests/fuzz/objects_fuzzing.py)

fuzz: .venv-fuzz/.installed ## Fuzz every parser of objects/ with atheris: RUNS inputs each, PARSERS='gguf onnx' for some.
	@for parser in $(PARSERS); do \
		mkdir -p build/fuzz/$$parser; echo "$$parser: $(RUNS) inputs"; \
		nice -n 19 .venv-fuzz/bin/python tests/fuzz/objects_fuzzing.py $$parser build/fuzz/$$parser \
			tests/fuzz/corpus/$$parser -runs=$(RUNS) -max_len=4096 -timeout=20 \
			-artifact_prefix=build/fuzz/failed-$$parser- 2>&1 | grep -E '^#[0-9]+.(DONE|pulse)|rror|Done|failed-'; \
	done

lint: $(VENV)/.installed-test ## Style, format, types and import contracts; a minute at most.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test ## One table of ratios against peers, measured side by side in one run.
	$(BIN)/python benchmarks/run.py

figures: $(VENV)/.installed-test ## Measure all of that anew and write the tables of the README and docs/benchmarks.md.
	$(BIN)/python benchmarks/run.py --save

docs: $(VENV)/.installed-test ## Write the pages that come from the code and the tours, then build the site in site/.
	$(BIN)/python docs/scripts/reference.py
	$(BIN)/python docs/scripts/stubs.py
	$(BIN)/python docs/scripts/mlflow_guide.py
	$(BIN)/python docs/scripts/flavors.py
	$(BIN)/python docs/scripts/readme.py
	$(BIN)/python docs/scripts/figures.py
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --doctree-dir build/doctrees docs site

clean: ## Remove what the other targets made, the environments included.
	rm -rf $(VENV) .venv-ours .venv-mlflow .venv-plugin* .venv-exchange .venv-peers .venv-fuzz benchmarks/data build dist *.egg-info site .coverage* \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# compat: a plain path, where the default editable mode adds a finder that costs every start of Python 10 ms.
$(VENV)/.installed-%: setup.cfg setup.py | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat -e '.[$*]'
	touch $@

# MLflow in an environment of its own, for the tests that both read what the other saves. benchmarks/run.py uses it too.
.venv-mlflow/.installed:
	$(PYTHON) -m venv .venv-mlflow
	.venv-mlflow/bin/python -m pip install --quiet --disable-pip-version-check 'mlflow>=3.17,<3.18' skops scikit-learn
	touch $@

# The plugin needs both in one process: an environment that holds nothing of its own and looks into the two there are.
.venv-plugin/.installed: .venv-mlflow/.installed $(VENV)/.installed-test
	$(PYTHON) -m venv --without-pip .venv-plugin
	.venv-plugin/bin/python tests/mlflow_plugin/join.py .venv-plugin $(VENV) .venv-mlflow
	touch $@

# The two releases before: MLflow itself in the environment, everything that it needs from the one of the newest.
OLDER = 'mlflow==3.$*.*' 'mlflow-skinny==3.$*.*' 'mlflow-tracing==3.$*.*'

.venv-plugin-3.%/.installed: .venv-mlflow/.installed $(VENV)/.installed-test
	$(PYTHON) -m venv .venv-plugin-3.$*
	.venv-plugin-3.$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(OLDER)
	.venv-plugin-3.$*/bin/python tests/mlflow_plugin/join.py .venv-plugin-3.$* $(VENV) .venv-mlflow
	touch $@

# DVC and GTO, whose repositories are imported.
.venv-exchange/.installed:
	$(PYTHON) -m venv .venv-exchange
	.venv-exchange/bin/python -m pip install --quiet --disable-pip-version-check 'dvc>=3.67,<4' 'gto>=1.10,<2'
	touch $@

.venv-fuzz/.installed: setup.cfg
	$(PYTHON) -m venv .venv-fuzz
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat -e .
	.venv-fuzz/bin/python -m pip install --quiet --disable-pip-version-check 'atheris>=3'
	touch $@

$(BIN)/python:
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then \
		echo 'no Python 3.11 or newer with venv here: install one (Debian: apt install python3-venv)' >&2; exit 1; \
	fi; \
	"$$python" -m venv $(VENV)

debian-packages:
	@missing=$$(for name in $(DEBIAN_PACKAGES); do \
		dpkg-query -W -f '$${Status}\n' $$name 2>/dev/null | grep -q '^install ok' || echo $$name; done); \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing for the tests: $$missing"; \
			{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -y \
				$$missing >/dev/null; } || echo "could not install $$missing: the tests that need it are skipped" >&2; \
		else \
			echo "not installed, so the tests that need it are skipped by name: $$missing" >&2; \
		fi; \
	fi

# The servers of H2O and Spark are Java; any Java on the path does.
java:
	@command -v java >/dev/null || $(MAKE) --no-print-directory debian-packages DEBIAN_PACKAGES=default-jre-headless

# MLflow's user interface is looked at in a real one.
browser:
	@command -v chromium >/dev/null || $(MAKE) --no-print-directory debian-packages \
		DEBIAN_PACKAGES='chromium fonts-dejavu-core'

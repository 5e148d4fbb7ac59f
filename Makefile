# Alloy & Foundry for Jupyter. `make` alone says what there is; `make demo` shows it, `make test` proves it.
#
#   PYTHON=python3.12   the interpreter that makes the environment (3.11 or newer; default: found on the PATH)
#   VENV=.venv          where it lives; an existing one is used as it is
#   PYTEST_ARGS=…       more arguments for pytest, for example PYTEST_ARGS='-k journal -x'
#   AT=tests            folder or file that `make quick` runs

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
export VENV
BIN := $(abspath $(VENV))/bin
export PATH := $(BIN):$(PATH)
export PYTHON

# What makes an installed environment old.
INGREDIENTS := pyproject.toml constraints.txt .ci/setup $(wildcard foundry_kernel/kernel/kernelspec/*) \
	$(wildcard alloynb/faces/server/jupyter_server_config.d/*) $(wildcard alloynb/faces/lab/*) \
	$(wildcard notebooks/authoring/*.ipynb)
# Browser tests need a Chromium; without one they are left out by their marker, and `make test` says so.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
MARKED := $(if $(CHROMIUM),,-m 'not bench and not browser')
NOTEBOOKS := $(wildcard notebooks/authoring/*.ipynb notebooks/analysis/*.ipynb)
AT ?= tests
say = @printf '\033[1m── %s\033[0m\n' '$(1)'

.PHONY: help demo test quick docs check lint style format types imports lab bench constraints clean distclean

help:  ## say what there is
	@echo 'Alloy & Foundry for Jupyter'
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.ready/%: $(INGREDIENTS)
	@.ci/setup $*

demo: $(VENV)/.ready/demo  ## compile this repository's own intent, run it on the foundry kernel, read what it meant
	@alloynb run

test: $(VENV)/.ready/test  ## run all tests, the notebooks and a browser among them
	$(call say,pytest and nbval)
	$(if $(CHROMIUM),,@echo 'No Chromium here: the browser tests are left out. Install it, or name it with CHROMIUM=…')
	@CHROMIUM='$(CHROMIUM)' python -m pytest -n auto --dist loadscope --no-loadscope-reorder --durations=10 --nbval-lax $(MARKED) tests $(NOTEBOOKS) $(PYTEST_ARGS)

quick: $(VENV)/.ready/test  ## run the tests that take no long, for the inner loop; AT=tests/alloynb/intent narrows it
	@python -m pytest -n auto --dist loadscope -p no:nbval -m 'not bench and not browser and not slow' $(AT) $(PYTEST_ARGS)

docs: $(VENV)/.ready/test  ## write the reference pages anew from the code
	@python docs/generate.py

lint: style format types imports  ## look without running: style, format, types, who imports whom

style: $(VENV)/.ready/test
	$(call say,ruff check)
	@ruff check .

format: $(VENV)/.ready/test
	$(call say,ruff format)
	@ruff format --check .

types: $(VENV)/.ready/test
	$(call say,mypy)
	@python -m mypy

imports: $(VENV)/.ready/test
	$(call say,import-linter)
	@PYTHONPATH=.:artifacts lint-imports --no-logo

check: lint test  ## everything that must hold before a commit; what CI runs

lab: $(VENV)/.ready/lab  ## open the tour in JupyterLab
	@jupyter lab notebooks/authoring/tour.ipynb

bench: $(VENV)/.ready/test  ## measure; lists first what it will run
	$(call say,what will be measured)
	@python -m pytest -m bench --collect-only -q tests/benchmarks $(PYTEST_ARGS)
	$(call say,measurements)
	@python -m pytest -m bench -s -v tests/benchmarks $(PYTEST_ARGS)

constraints:  ## pin every dependency anew, from a fresh environment
	@.ci/pin

clean:  ## remove caches and build products
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .grimp_cache .hypothesis
	@find . -path ./.git -prune -o -path './$(VENV)' -prune -o \
		\( -name __pycache__ -o -name .ipynb_checkpoints \) -type d -print0 | xargs -0 -r rm -rf

distclean: clean  ## and the environment
	@rm -rf '$(VENV)'

# `make demo` needs Python 3.11+ and nothing else; `make test` also runs what services are there for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
CORES := $(shell nproc 2>/dev/null || echo 2)

ifdef UV
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --compile-bytecode
MAKE_VENV = $(UV) venv --quiet --python $(PYTHON) $(VENV)
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
MAKE_VENV = $(PYTHON) -m venv $(VENV)
endif

.DEFAULT_GOAL := help
.PHONY: help demo test check lint format types imports spelling unit crash-sweep grid rules clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Stretto needs Python 3.11 or newer. Run: make demo PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(MAKE_VENV)
	@echo "installing into $(VENV) ..."
	@$(INSTALL) --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q src/stretto
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(INSTALL) --constraint constraints.txt --editable '.[all]' --requirement requirements-dev.txt
	@touch $@

demo: $(VENV)/.base  ## the research team answers a question, with no key and no server
	@$(BIN)/stretto run research "After an interrupt, does a node start again from its top? Why can a timeout not stop blocking code? When does each durability mode write a checkpoint?"

test: $(VENV)/.dev  ## everything CI runs: lint, types, import contract, all tests
	@$(MAKE) --no-print-directory check

check: lint types imports spelling unit

lint: $(VENV)/.dev  ## ruff: rules and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(VENV)/.dev  ## ruff: mend what can be mended
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

types: $(VENV)/.dev  ## pyright and mypy, both strict
	@$(BIN)/pyright && $(BIN)/mypy

imports: $(VENV)/.dev  ## the floors: imports go down only
	@$(BIN)/lint-imports

spelling: $(VENV)/.dev  ## codespell
	@$(BIN)/codespell src graphs agents tools steps prompts tests bench docs examples *.md

unit: $(VENV)/.dev  ## the tests
	@LANGGRAPH_STRICT_MSGPACK=true $(BIN)/pytest -n $(CORES)

crash-sweep: $(VENV)/.dev  ## kill -9 at every write of every shape, on both stores (about an hour)
	@LANGGRAPH_STRICT_MSGPACK=true STRETTO_CRASH_SWEEP=1 $(BIN)/pytest -q tests/crash/test_compensation.py
	@LANGGRAPH_STRICT_MSGPACK=true $(BIN)/python -m bench.crash --shapes all --store both

grid: $(VENV)/.dev  ## each pattern in each other, in all ways, three deep (about two hours)
	@LANGGRAPH_STRICT_MSGPACK=true STRETTO_GRID=1 $(BIN)/pytest -q -n $(CORES) tests/grid

rules: $(VENV)/.dev  ## write the pages of `stretto check`'s rules anew
	@$(BIN)/python -m stretto.check.pages docs

clean:  ## remove the environment, state and caches
	rm -rf $(VENV) .stretto .langgraph_api .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The two commands are `make demo` and `make test`; the rest is what we use every day.
# Each target makes .venv if it is missing and installs what it needs into it.

SHELL := /bin/sh
VENV  ?= .venv
BIN   := $(VENV)/bin
# The newest Python 3.11+ found; say PYTHON=… to choose another.
PYTHON ?= $(shell for each in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$each && break; done)
PIP   := $(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 -c constraints.txt

.PHONY: help demo test check quick soak drawings screenshots console model wheel clean
.DEFAULT_GOAL := help

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/.demo ## Play scripted calls through the whole house and show the result
	$(BIN)/huawu demo $(DEMO)

test: check ## Check everything: style, types, floors, a small demo, all tests with coverage
	$(BIN)/huawu demo --calls 4 --out out/check --quiet
	$(BIN)/python -m pytest -n 3 --cov --cov-report=term:skip-covered $(PYTEST)

check: $(VENV)/.dev ## Style, types and the import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

quick: $(VENV)/.dev ## The tests that take no time to wait for
	$(BIN)/python -m pytest -m "not slow"

soak: $(VENV)/.dev ## What takes hours: random calls, talk-off, mutated SIP, an hour of real calls; figures into benchmarks/results/
	$(BIN)/python -m benchmarks.random_calls --calls 100000 --json >benchmarks/results/random_calls.json
	$(BIN)/python -m benchmarks.dtmf --hours 30 --json >benchmarks/results/dtmf.json
	$(BIN)/python -m benchmarks.sip_fuzz --messages 1000000 --json >benchmarks/results/sip_fuzz.json
	$(BIN)/python -m benchmarks.analytics --json >benchmarks/results/analytics.json
	$(BIN)/python -m benchmarks.chaos --calls 100 --json >benchmarks/results/chaos.json
	$(BIN)/python -m benchmarks.soak --calls 100 --seconds 3600 --messages 1000000 --json >benchmarks/results/soak.json

drawings: $(VENV)/.demo ## Draw the flows that ship into docs/flows/, and write their JSON Schema
	$(BIN)/huawu flow draw prompts/flows/*.yaml -o docs/flows
	$(BIN)/huawu flow schema -o prompts/flows/flow.schema.json

screenshots: $(VENV)/.dev ## Picture the desk's pages, on data of a made-up centre, into docs/screenshots/
	$(BIN)/python -m tests.console.screenshots docs/screenshots

console: $(VENV)/.demo ## Open the QA desk on the demo's data
	$(BIN)/huawu console --db out/huawu.db --recordings out/recordings

wheel: $(VENV)/.dev ## Build the wheel and the source distribution into dist/
	$(BIN)/python -m build --outdir dist .

# Needs apt's libfst-tools and libfst22-plugins-base, about an hour, and 3 GB in out/tiny_cn.
model: ## Rebuild the demo model (models/tiny_cn/MODEL_CARD.md)
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet -r models/tiny_cn/requirements.txt
	.venv-train/bin/python -m models.tiny_cn.build

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "huawu needs Python 3.11 to 3.14: sudo apt-get install python3 python3-venv" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); $(PYTHON) -m virtualenv --quiet $(VENV) >/dev/null 2>&1; } || \
		{ rm -rf $(VENV); echo "Python's venv module is missing: sudo apt-get install python3-venv" >&2; exit 2; }

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing huawu into $(VENV) …"
	@$(PIP) -e '.[tts,sip]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml constraints.txt
	@echo "installing huawu and its development tools into $(VENV) …"
	@$(PIP) -e '.[dev,postgres]'
	@touch $@ $(VENV)/.demo

clean: ## Remove what was built (not out/)
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

# Everything a newcomer or CI runs. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python

.DEFAULT_GOAL := check
.PHONY: help demo test readers check fmt lint types layers generated cover sim bench fidelity clean

help: ## what there is to make
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 14

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed ## set up, then run the example plan on a sample repository, for real
	@sh examples/demo.sh $(abspath $(BIN))

test: $(VENV)/.dev ## set up, then all tests
	$(PY) -m pytest -n auto

readers: $(VENV)/.dev ## what users read exports and reports with, so that those are tested too
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[readers]'
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
		|| echo "no Chromium: the report is not looked at (Debian: apt-get install chromium chromium-driver)"

check: lint types layers generated ## everything that needs no test run

fmt: $(VENV)/.dev ## format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

generated: $(VENV)/.dev ## generated files are what the code says
	$(PY) -m uet_es.intake.schemas --check
	$(PY) -m uet_es.log.schemas --check
	$(PY) -m uet_es.projections.schemas --check
	$(PY) -m uet_es.cli.document --check
	$(PY) docs/events_page.py --check

cover: $(VENV)/.dev ## branch coverage of the kernel, 100 % or it fails
	$(BIN)/coverage run -m pytest -q tests/aggregates tests/policies tests/test_kernel.py tests/test_contracts.py
	$(BIN)/coverage report --fail-under=100 --show-missing --include='uet_es/kernel.py,uet_es/aggregates/*,uet_es/policies/*,uet_es/events/*,uet_es/effects.py,uet_es/plan.py'

SEEDS ?= 2000
sim: $(VENV)/.dev ## SEEDS=10000: kernel, log and driver in a world that lies, on all cores
	$(PY) -m tests.simulation --seeds $(SEEDS)
	UET_SEEDS=$(SEEDS) $(PY) -m pytest -q tests/simulation/test_plans.py

bench: $(VENV)/.dev ## ratios, side by side in one run
	$(PY) -m bench

fidelity: $(VENV)/.dev ## real runs beside their predictions; eight minutes, on a quiet machine
	$(PY) -m bench.fidelity

clean: ## forget everything made here
	rm -rf $(VENV) build dist demo .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Every target sets up .venv by itself. Nothing but Python 3.11 or newer and make is assumed.

PYTHON ?= python3
CONFIG ?= config/laptop.yaml
CORES ?= all
BIN := .venv/bin
export PYTHONPATH := $(CURDIR)/workflow:$(CURDIR)

.PHONY: help reproduce figures test lint format benchmark schema lock clean

help:
	@echo "make reproduce   train, analyse and draw everything (CONFIG=config/laptop.yaml, CORES=all)"
	@echo "make figures     redraw the figures from stored results, without training"
	@echo "make test        run every test"
	@echo "make lint        check style, types and the workflow"
	@echo "make benchmark   time training beside the loop that people write, and beside JAX"
	@echo "make clean       remove what the pipeline made, except tracked results"

reproduce figures: .venv/installed
	@$(BIN)/python -m workflow.launch $@ --config $(CONFIG) --cores $(CORES)

test: .venv/installed
	$(BIN)/python -m pytest

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

benchmark: .venv/benchmark
	$(BIN)/python -m benchmarks

schema: .venv/installed
	$(BIN)/python -m neuroswitch.settings > config/schema.json

# Only on purpose: it takes the newest release of everything.
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip install -q -r envs/requirements.txt
	(echo '# Made by `make lock` from requirements.txt; do not edit.'; \
	 .venv-lock/bin/pip freeze | sed 's/+cpu//') > envs/lock.txt
	rm -rf .venv-lock

clean:
	rm -rf .snakemake logs results/laptop results/smoke paper_figures/laptop paper_figures/smoke

.venv/installed: envs/lock.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	    "Python 3.11 or newer is needed, and $(PYTHON) is " + sys.version.split()[0] + \
	    "; name another one with: make PYTHON=/path/to/python")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -r envs/lock.txt
	@touch $@

# The constraint keeps every other package as it is.
.venv/benchmark: benchmarks/requirements.txt .venv/installed
	$(BIN)/pip install -q --disable-pip-version-check -c envs/lock.txt -r $<
	@touch $@

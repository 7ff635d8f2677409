# Every target sets up .venv by itself. Nothing but Python 3.11 or newer and make is assumed.

PYTHON ?= python3
CORES ?= all
PROFILE ?= profiles/slurm
FAULTS ?= few
KILLS ?= 30
BIN := .venv/bin
# Without it: the laptop's; for what works on stored results, the paper's where those are stored.
CHOSEN := $(if $(CONFIG),--config $(CONFIG))
export PYTHONPATH := $(CURDIR)/workflow:$(CURDIR)

.PHONY: help reproduce figures report verify readme plan cluster costs test test-kills test-slurm lint format benchmark schema lock clean

help:
	@echo "make reproduce   train, analyse and draw everything (CONFIG=, by default config/laptop.yaml; CORES=all)"
	@echo "make figures     redraw the figures from the stored results of the papers (or CONFIG=)"
	@echo "make report      judge every claim and write the report, from the same"
	@echo "make verify      check stored results: contents, versions, figures, verdicts"
	@echo "make plan        say what is still to do, and what it is expected to cost"
	@echo "make cluster     reproduce on a Slurm cluster (PARTITION=, ACCOUNT=, PROFILE=profiles/slurm)"
	@echo "make test        run every test"
	@echo "make test-kills  kill the pipeline at random moments, and compare (KILLS=30)"
	@echo "make test-slurm  set up a Slurm on this machine and test on it (FAULTS=all)"
	@echo "make lint        check style, types and the workflow"
	@echo "make benchmark   time training beside the loop that people write, and beside JAX"
	@echo "make clean       remove what the pipeline made, except tracked results"

reproduce figures report: .venv/installed
	@$(BIN)/python -m workflow.launch $@ $(TARGETS) $(CHOSEN) --cores $(CORES)

verify: .venv/installed
	@$(BIN)/python -m workflow.verify $(CHOSEN)

readme: .venv/installed
	@$(BIN)/python -m workflow.readme

plan: .venv/installed
	@$(BIN)/python -m workflow.launch plan $(TARGETS) $(CHOSEN)

cluster: .venv/installed
	@$(BIN)/python -m workflow.launch cluster $(TARGETS) $(CHOSEN) --profile $(PROFILE) \
	    $(if $(PARTITION),--partition $(PARTITION)) $(if $(ACCOUNT),--account $(ACCOUNT))

costs: .venv/installed
	@$(BIN)/python -m workflow.record_costs $(CHOSEN)

test: .venv/validator .venv/benchmark
	$(BIN)/python -m pytest -n auto

test-kills: .venv/installed
	KILLS=$(KILLS) $(BIN)/python -m pytest tests/workflow/test_pipeline.py -k kills_in_the_middle

# The second line finds nothing to do, unless the first was killed.
test-slurm: .venv/installed
	@$(BIN)/python -m tests.slurm check
	timeout --kill-after=120 7200 $(BIN)/python -m tests.slurm test --faults $(FAULTS); \
	    code=$$?; $(BIN)/python -m tests.slurm stop; exit $$code

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

# The validator of RO-Crates needs an older rich than Snakemake: it lives in a folder of its own.
.venv/validator: tests/report/requirements.txt .venv/installed
	$(PYTHON) -m venv $@
	$@/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

# The constraint keeps every other package as it is.
.venv/benchmark: benchmarks/requirements.txt .venv/installed
	$(BIN)/pip install -q --disable-pip-version-check -c envs/lock.txt -r $<
	@touch $@

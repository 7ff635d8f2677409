# Every target sets up .venv by itself. Nothing but Python 3.11 or newer and make is assumed.

PYTHON ?= python3
CORES ?= all
PROFILE ?= profiles/slurm
FAULTS ?= few
BIN := .venv/bin
# The shell reads these from its environment, in quotes: a path may hold a space.
export PYTHON CONFIG TARGETS CORES PROFILE PARTITION ACCOUNT FAULTS
# Without it: the laptop's; for what works on stored results, the paper's where those are stored.
CHOSEN := $(if $(CONFIG),--config "$$CONFIG")
export PYTHONPATH := $(CURDIR)/workflow:$(CURDIR)
# Files are UTF-8 whatever the locale says.
export PYTHONUTF8 := 1
# Settings that would make pip install elsewhere than into .venv.
export PIP_USER := 0
unexport PIP_TARGET PIP_PREFIX PIP_ROOT PIP_DRY_RUN PIP_NO_DEPS

INSTALLED_IN := $(shell cat .venv/installed 2> /dev/null)
ifneq ($(INSTALLED_IN),)
ifneq ($(INSTALLED_IN),$(CURDIR))
$(warning the project was set up in $(INSTALLED_IN) and is in $(CURDIR) now. Make commands work; \
    programs in .venv/bin still name the old folder. `rm -r .venv` and the next make command mend that)
endif
endif

.PHONY: help reproduce figures report verify touch readme picture plan cluster costs test test-kills test-slurm lint format benchmark docs links archive schema lock clean

help:
	@echo "make reproduce   train, analyse and draw everything, or TARGETS= (CONFIG=, CORES=)"
	@echo "make figures     redraw the figures, or TARGETS=, from stored results (CONFIG=, CORES=)"
	@echo "make report      judge every claim and write the report, from the same (CONFIG=, CORES=)"
	@echo "make verify      check stored results: contents, versions, figures, verdicts (CONFIG=)"
	@echo "make touch       declare that trained tables hold for the code as it is now (CONFIG=)"
	@echo "make plan        say what is still to do, and its expected cost (CONFIG=, TARGETS=)"
	@echo "make cluster     reproduce on a Slurm cluster (CONFIG=, TARGETS=, PARTITION=, ACCOUNT=, PROFILE=)"
	@echo "make costs       record in config/costs.tsv what the jobs of a finished run took (CONFIG=)"
	@echo "make readme      write into README.md what was found"
	@echo "make picture     draw in docs/structure.svg what is made from what"
	@echo "make docs        build the documentation in docs/_build/html"
	@echo "make links       check the addresses that the documentation names, on the network"
	@echo "make archive     pack code, results and figures into one file (CONFIG=)"
	@echo "make test        run every test"
	@echo "make test-kills  kill the pipeline at random moments, and compare (KILLS=30)"
	@echo "make test-slurm  set up a Slurm on this machine and test on it (FAULTS=few or all)"
	@echo "make lint        check style, types and the workflow"
	@echo "make format      put the code into the style that lint checks"
	@echo "make benchmark   time training beside JAX, PyTorch and a plain loop (about 20 minutes)"
	@echo "make schema      write config/schema.json, by which editors complete configurations"
	@echo "make lock        pin the newest release of every package in envs/lock.txt"
	@echo "make clean       remove logs and what config/smoke.yaml made; other results stay"
	@echo
	@echo "CONFIG=     a configuration, by default config/laptop.yaml; for figures, report, verify,"
	@echo "            touch and archive config/paper.yaml where its results are stored"
	@echo "TARGETS=    files to make, such as paper_figures/laptop/figure3.pdf"
	@echo "CORES=      processor cores to use, by default all"
	@echo "PARTITION=, ACCOUNT=  of the Slurm cluster, in place of those in PROFILE=profiles/slurm"
	@echo "PYTHON=     the Python that .venv is made with, by default python3"

reproduce figures report: .venv/installed
	@$(BIN)/python -m workflow.launch $@ $$TARGETS $(CHOSEN) --cores "$$CORES"

verify: .venv/installed
	@$(BIN)/python -m workflow.verify $(CHOSEN)

touch: .venv/installed
	@$(BIN)/python -m workflow.touch $(CHOSEN)

picture: .venv/installed
	@$(BIN)/python -m workflow.picture

readme: .venv/installed
	@$(BIN)/python -m workflow.readme

plan: .venv/installed
	@$(BIN)/python -m workflow.launch plan $$TARGETS $(CHOSEN)

cluster: .venv/installed
	@$(BIN)/python -m workflow.launch cluster $$TARGETS $(CHOSEN) --profile "$$PROFILE" \
	    $(if $(PARTITION),--partition "$$PARTITION") $(if $(ACCOUNT),--account "$$ACCOUNT")

costs: .venv/installed
	@$(BIN)/python -m workflow.record_costs $(CHOSEN)

test: .venv/validator/installed .venv/benchmark
	$(BIN)/python -m pytest -n auto

# For this target alone: make test has a few kills.
test-kills: export KILLS ?= 30
test-kills: .venv/installed
	$(BIN)/python -m pytest tests/workflow/test_pipeline.py -k kills_in_the_middle

# The second line finds nothing to do, unless the first was killed.
test-slurm: .venv/installed
	@$(BIN)/python -m tests.slurm check
	timeout --kill-after=120 7200 $(BIN)/python -m tests.slurm test --faults "$$FAULTS"; \
	    code=$$?; $(BIN)/python -m tests.slurm stop; exit $$code

lint: .venv/installed
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(BIN)/python -m snakemake --lint

format: .venv/installed
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .
	$(BIN)/python -m snakefmt Snakefile workflow/Snakefile workflow/rules

benchmark: .venv/benchmark
	$(BIN)/python -m benchmarks

# Warnings are errors, and a link that leads nowhere is a warning.
docs: .venv/documentation
	$(BIN)/python -m sphinx -n -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html is the first page"

# Asks other sites, and so is no part of the tests.
links: .venv/documentation
	$(BIN)/python -m sphinx -q -b linkcheck -D nb_execution_mode=off docs docs/_build/links

archive: .venv/installed
	@$(BIN)/python -m workflow.archive $(CHOSEN)

schema: .venv/installed
	@part=config/schema.json.part; trap 'rm -f "$$part"' EXIT; \
	    $(BIN)/python -m neuroswitch.settings > "$$part" && mv "$$part" config/schema.json

# Only on purpose: it takes the newest release of everything. A folder that a failure has left holds
# older ones.
lock:
	"$$PYTHON" -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install -q -r envs/requirements.txt -r envs/development.txt
	(echo '# Made by `make lock` from requirements.txt and development.txt; do not edit.'; \
	 .venv-lock/bin/python -m pip freeze) > .venv-lock/frozen.txt
	sed 's/+cpu//' .venv-lock/frozen.txt > .venv-lock/lock.txt
	mv .venv-lock/lock.txt envs/lock.txt
	rm -rf .venv-lock

clean:
	rm -rf .snakemake logs results/smoke paper_figures/smoke

# It may be a link to another disk, which venv follows only where it is named itself. Programs of
# .venv are called as modules, as their first lines name the folder in which they were installed.
.venv/installed: envs/lock.txt pyproject.toml
	@"$$PYTHON" -c 'import sys; sys.version_info >= (3, 11) or sys.exit( \
	    "Python 3.11 or newer is needed, and " + sys.executable + " is " + sys.version.split()[0] + \
	    "; name another one with: make PYTHON=/path/to/python")'
	@"$$PYTHON" -m workflow.place
	"$$PYTHON" -m venv "$$("$$PYTHON" -c 'import os; print(os.path.realpath(".venv"))')"
	$(BIN)/python -m pip install -q --disable-pip-version-check -r envs/lock.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --editable .
	@echo "$(CURDIR)" > $@

# The validator of RO-Crates needs an older rich than Snakemake: it lives in a folder of its own,
# whose file `installed` is written last.
.venv/validator/installed: tests/report/requirements.txt .venv/installed
	"$$PYTHON" -m venv $(@D)
	env -u PYTHONPATH $(@D)/bin/python -m pip install -q --disable-pip-version-check -r $<
	@touch $@

# The constraint keeps every other package as it is, here and below.
.venv/documentation: docs/requirements.txt .venv/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c envs/lock.txt -r $<
	@touch $@

.venv/benchmark: benchmarks/requirements.txt .venv/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c envs/lock.txt -r $<
	@touch $@

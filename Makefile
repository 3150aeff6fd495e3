# Ballast. `make` alone lists what can be done. Nothing is installed outside this folder: Python packages go to .venv,
# Anvil to node_modules, the browser of the tests to .make/chromium; what has been done is noted by stamps in .make.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

BIN := .venv/bin
CONTRACTS := $(shell find contracts -name '*.vy' -o -name '*.vyi')
MARKET := $(wildcard $(addsuffix /*.py,sim sim/allocations sim/market sim/period sim/workload offchain/ballast/model) offchain/ballast/machine_code.py)
HERE := $(shell pwd | cksum | cut -d ' ' -f 1)
VENV := .make/venv.$(HERE)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export npm_config_update_notifier := false

.PHONY: help
help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile
	@echo 'ARGS="..." passes arguments on to sim, test and bench; PYTHON=... names the Python that setup uses.'

.PHONY: setup
setup: ready .make/packages.ape  ## install everything that users need into this folder; compile contracts and market

# What the command `ballast` needs. Steps that do not need each other are taken at the same time.
.PHONY: ready
ready: .make/project
	@$(MAKE) --silent --no-print-directory --jobs=2 .make/market .make/contracts .make/node

.PHONY: sim
sim: ready  ## run the default simulation on a local chain, results in runs/
	@$(BIN)/ballast simulate --engine anvil --out "runs/$$(date +%Y%m%d-%H%M%S)" $(ARGS)

.PHONY: test
test: .make/packages.oldest-pip
test: .make/packages.develop ready .make/browser  ## run all tests; ARGS=FOLDER those in a folder
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: test-contracts
test-contracts: override ARGS += tests/unit tests/differential tests/security tests/stateful tests/gas
test-contracts: test  ## run the tests of the contracts alone

.PHONY: bench
bench: .make/packages.peers
bench: .make/packages.develop ready  ## measure speed beside peers; ARGS=FILE writes the engines' rates as JSON
	@$(BIN)/python -m ballast.scoring.bench
	@$(BIN)/python -m ballast.keeper.bench
	@$(BIN)/python -m ballast.studies.bench $(ARGS)

.PHONY: mutants
mutants: .make/packages.mutants
mutants: .make/packages.develop ready  ## put mistakes into the contracts, see whether tests notice; ARGS="--seed 2 --count 50"
	@$(BIN)/python -m tests.mutants $(ARGS)

.PHONY: lint
lint: .make/packages.develop .make/project  ## check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: .make/packages.develop  ## rewrite Python files in the project's style
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

.PHONY: docs
docs: .make/packages.develop .make/project  ## build the site of the documents in build/site
	@$(BIN)/python -m mkdocs build --strict --quiet
	@echo 'Open build/site/index.html'

.PHONY: clean
clean:  ## remove whatever was installed, built or cached; results in runs/ and deployments/ stay
	@rm -rf .venv .make .build build node_modules *.egg-info
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# After a change of pyproject.toml, requirements/*.in or package.json. Lock files hold hashes and no host names. The
# largest is written first, the others are parts of it with the same versions. Extras are kept: pip before 23.3 needs them.
LOCK := ../.make/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
    --no-header

.PHONY: lock
lock: .make/packages.uv  ## write the lock files anew
	@cd requirements && $(LOCK) ../pyproject.toml build.in --extra dev --output-file develop.txt
	@cd requirements && $(LOCK) ../pyproject.toml build.in --extra ape --constraint develop.txt --output-file ape.txt
	@cd requirements && $(LOCK) ../pyproject.toml build.in --constraint develop.txt --output-file run.txt
	@cd requirements && for name in peers oldest-pip uv; do $(LOCK) $$name.in --output-file $$name.txt; done
	@cd requirements && $(LOCK) --no-deps mutants.in --output-file mutants.txt
	@npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-fund --no-audit

$(VENV): .ci/venv
	@.ci/venv
	@mkdir -p .make && rm -f .make/venv.* && touch $@

# If .venv was removed by hand.
.venv/pyvenv.cfg: | $(VENV)
	@.ci/venv

# Each lock holds the one before it and more, all into .venv: what runs, what deploys, what tests.
.make/packages.run: requirements/run.txt .ci/install $(VENV) .venv/pyvenv.cfg
	@.ci/install .venv $<
	@touch $@

.make/packages.ape: requirements/ape.txt .ci/ape .make/packages.run
	@.ci/install .venv $<
	@cp .ci/ape $(BIN)/ape
	@touch $@

.make/packages.develop: requirements/develop.txt .make/packages.ape
	@.ci/install .venv $<
	@touch $@

# Environments of their own: what the bench compares with conflicts with ours; the oldest supported pip, for tests of
# the set-up; uv, which writes lock files. A folder left half-made is newer than its lock, so a file says what is done.
$(addprefix .make/packages.,peers oldest-pip uv): .make/packages.%: requirements/%.txt .ci/install $(VENV)
	@$(BIN)/python -m venv --clear .make/$*
	@.ci/install .make/$* $<
	@touch $@

# Without what it requires: that is for other ways to mutate than ours.
.make/packages.mutants: requirements/mutants.txt $(VENV)
	@$(BIN)/python -m venv --clear .make/mutants
	@.make/mutants/bin/python -m pip install --quiet --no-deps --require-hashes --requirement $<
	@touch $@

.make/project: pyproject.toml .make/packages.run
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The market's machine code is kept beside its sources; runs that find it there begin at once.
.make/market: $(MARKET) .make/project
	@$(BIN)/python -m ballast.sim.ready
	@touch $@

# `npm ci` would want the builds for all other systems in the lock file too. Ape looks for `anvil` on the search path.
.make/node: package.json package-lock.json .make/project
	@command -v npm > /dev/null || \
	    { echo 'setup: npm is needed, it brings Anvil: install Node 20 or later' >&2; exit 1; }
	@echo 'Installing Anvil'
	@npm install --omit=dev --no-save --ignore-scripts --no-fund --no-audit --loglevel=error > /dev/null
	@ln -sf "$$($(BIN)/python -c 'from ballast.chain.anvil import anvil_binary; print(anvil_binary())')" $(BIN)/anvil
	@$(BIN)/anvil --version > /dev/null
	@touch $@

# Tests without it are skipped and say so; tried again at the next call.
.make/browser: package.json package-lock.json .ci/chromium .make/node
	@if .ci/chromium; then touch $@; else echo 'test: without Chromium the report is not opened in a browser' >&2; fi

.make/contracts: $(CONTRACTS) .make/project
	@$(BIN)/ballast compile
	@touch $@

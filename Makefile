# The table of contents. Two commands matter to a newcomer: `make run` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.installed-run
TESTS := $(VENV)/.installed-test
DESKS_VENV := .venv-desks
DESKS := $(DESKS_VENV)/.installed
FLASK := $(BIN)/flask --app app

EXAMPLES ?= 1000
SEED ?= $(shell date +%s)

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help run test test-desks screenshots lint format drawing bench attack bots audit journey torture fuzz mutants schema clean chromium faketime mail-programs

help: ## Show what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: $(RUNS) ## Start everything on this machine: form, worker, local mailbox
	@exec $(BIN)/python app.py

# Many tests wait for timers, locks and servers: three at a time keep two cores busy.
test: $(TESTS) chromium ## Set up and run every test, three files at a time (ARGS="tests/intake" for some)
	@$(BIN)/python -m pytest -c .ci/pytest.ini --rootdir . -n 3 --dist loadfile $(ARGS)

test-desks: $(TESTS) $(DESKS) mail-programs tests/desks/node_modules ## Feed our letters to real help desks and mail readers (ARGS="-k roundup" for some)
	@$(DESKS_VENV)/bin/python -m pytest -c tests/desks/pytest.ini --rootdir tests/desks --confcutdir tests/desks tests/desks $(ARGS)

screenshots: $(TESTS) chromium ## Take a picture of every screen into screenshots/
	@$(BIN)/python -m pytest -c .ci/pytest.ini --rootdir . -m screenshots tests/browser $(ARGS)
	@echo "Pictures: $$(ls screenshots | wc -l) in screenshots/"

lint: $(TESTS) ## Check style, types, imports, templates, catalogs and the drawing of the rooms
	@$(BIN)/ruff format --config .ci/ruff.toml --check .
	@$(BIN)/ruff check --config .ci/ruff.toml .
	@$(BIN)/mypy --config-file .ci/mypy.ini wizard app.py
	@$(BIN)/lint-imports .ci/importlinter.ini --no-cache --no-logo
	@$(BIN)/python .ci/draw_imports.py --check
	@$(BIN)/python .ci/check_templates.py
	@$(FLASK) catalog check tradesoft
	@$(FLASK) catalog check hosting

format: $(TESTS) ## Put the code into its form
	@$(BIN)/ruff check --config .ci/ruff.toml --fix --quiet . || true
	@$(BIN)/ruff format --config .ci/ruff.toml .

drawing: $(TESTS) ## Draw the rooms and their imports into docs/architecture.md
	@$(BIN)/python .ci/draw_imports.py

bench: $(TESTS) ## Measure: start, memory, pages, tickets, letters, each beside its limit
	@$(BIN)/python -m benchmarks $(ARGS)

attack: $(TESTS) ## Attack the service in every known way while an honest client walks the form (ARGS="10 silent" for some)
	@$(BIN)/python -m benchmarks.attack $(ARGS)

bots: $(TESTS) ## Let twenty bot strategies and a thousand honest reports at a real installation: who reaches the inbox?
	@$(BIN)/python -m benchmarks.bots

audit: $(RUNS) chromium benchmarks/node_modules ## Lighthouse on start, form and check pages (ROUNDS=5 for more)
	@$(BIN)/python -m benchmarks.audit

journey: $(TESTS) chromium ## Measure seconds, clicks and bytes from start page to receipt
	@$(BIN)/python -m pytest -c .ci/pytest.ini --rootdir . -m journey -s tests/browser $(ARGS)

torture: $(TESTS) faketime ## The long runs: kills, bad mail servers, outage, restore, clock, disk, poison (KILLS=60 for fewer)
	@$(BIN)/python -m pytest -c .ci/pytest.ini --rootdir . -m torture -s -rs $(ARGS)

fuzz: $(TESTS) ## Let Schemathesis call the API for long (EXAMPLES=1000 a call and phase, SEED=… to begin elsewhere)
	@EXAMPLES=$(EXAMPLES) SEED=$(SEED) $(BIN)/python -m pytest -c .ci/pytest.ini --rootdir . tests/api/test_schemathesis.py $(ARGS)

mutants: SEED = 1
mutants: MOST ?= 300
mutants: $(TESTS) ## Change the code in 300 places, one at a time: do the tests notice? (SEED=…, MOST=…, ARGS="queue mime" for some)
	@$(BIN)/python .ci/mutants/run.py --seed $(SEED) --most $(MOST) $(ARGS)

schema: $(RUNS) ## Print the JSON Schema of catalogs
	@$(FLASK) catalog schema

clean: ## Remove what was made here, but not the instance folder
	rm -rf $(VENV) $(DESKS_VENV) tests/desks/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A virtual environment needs ensurepip, which Debian keeps in a package of its own.
$(VENV)/bin/python $(DESKS_VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name it with PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv $(@D:/bin=) 2>/dev/null || { rm -rf $(@D:/bin=); \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && $(PYTHON) -m venv $(@D:/bin=); \
		else echo "python3 cannot make a virtual environment. On Debian: sudo apt install python3-venv"; exit 1; fi; }

$(RUNS): requirements.txt | $(VENV)/bin/python
	@echo "Installing what is pinned in requirements.txt (once) …"
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(TESTS): tests/requirements.txt $(RUNS)
	@echo "Installing what the tests need (once) …"
	@$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt
	@touch $@

# Help desks have requirements of their own, which the service's environment must not know.
$(DESKS): tests/desks/requirements.txt | $(DESKS_VENV)/bin/python
	@echo "Installing the help desks that the letters are fed to (once) …"
	@$(DESKS_VENV)/bin/python -m pip install --quiet --requirement tests/desks/requirements.txt
	@touch $@

tests/desks/node_modules: tests/desks/package.json | mail-programs
	@command -v npm >/dev/null || { echo "npm is needed (on Debian: sudo apt install nodejs npm)"; exit 1; }
	@echo "Installing npm's mailparser (once) …"
	@npm install --prefix tests/desks --no-package-lock --no-audit --no-fund --silent
	@touch $@

# notmuch reads mail with GMime, node runs npm's mailparser; without them `make test-desks` fails.
mail-programs:
	@if ! { command -v notmuch && command -v node && command -v npm; } >/dev/null && \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing programs that read mail for make test-desks (once) …"; \
			apt-get update -qq && for wanted in notmuch:notmuch node:nodejs npm:npm; do \
				command -v $${wanted%:*} >/dev/null || \
				apt-get install -y -qq -o DPkg::Lock::Timeout=300 $${wanted#*:} >/dev/null; done; \
	fi; \
	for program in notmuch node npm; do command -v $$program >/dev/null || { echo "$$program is needed" \
		"(on Debian: sudo apt install notmuch nodejs npm)"; exit 1; }; done

benchmarks/node_modules: benchmarks/package.json
	@command -v npm >/dev/null || { echo "npm is needed (on Debian: sudo apt install npm)"; exit 1; }
	@echo "Installing Lighthouse (once) …"
	@npm install --prefix benchmarks --no-package-lock --no-audit --no-fund --silent
	@touch $@

# The tests in a browser use Debian's Chromium, whole and without its window, or the one that CHROMIUM names; where there
# is none they fail.
chromium:
	@if [ -z "$$CHROMIUM" ] && ! { command -v chromium && command -v chromium-headless-shell; } >/dev/null && \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium for the tests in a browser (once) …"; \
			apt-get update -qq && for package in chromium chromium-headless-shell; do \
				apt-get install -y -qq -o DPkg::Lock::Timeout=300 $$package >/dev/null; done; \
	fi; \
	command -v "$${CHROMIUM:-chromium}" >/dev/null || echo "No Chromium: the tests in tests/browser will fail." \
		"On Debian: sudo apt install chromium chromium-headless-shell; elsewhere name one with CHROMIUM=/path/to/chromium"

# One test makes the clock of running processes jump; without this library it is skipped, and says so.
faketime:
	@if ! ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing libfaketime for the test of the clock (once) …"; \
		apt-get update -qq && apt-get install -y -qq -o DPkg::Lock::Timeout=300 faketime >/dev/null || true; \
	fi

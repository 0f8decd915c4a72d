# Every command of the project. `make` alone lists them.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON_BIN := .venv/bin/python

# Users without a home of their own (nobody, service accounts) keep npm's and the browser's caches here.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.cache
endif

# What `make check` runs, in this order; each has a rule check-<name> below.
CHECKS := lint format types imports templates migrations

# make test: TESTS chooses files or options of pytest, PYTEST_WORKERS how many processes.
TESTS ?=
PYTEST_WORKERS ?= 2

.PHONY: help run test check bench assets bootstrap browser format clean reset $(CHECKS:%=check-%)

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | while IFS='	' read -r name words; do printf '  make %-10s %s\n' "$$name" "$$words"; done

run: bootstrap assets ## Start everything: database, Redis, mailbox, web, worker (PORT=8000 MAILBOX_PORT=8025 SMTP_PORT=1025)
	@$(PYTHON_BIN) -m saas.devstack.run

test: bootstrap assets browser check ## Run all checks and all tests, in real browsers too (TESTS="tests/core -k name")
	@$(PYTHON_BIN) -m pytest -n $(PYTEST_WORKERS) --dist loadgroup $(TESTS)

check: bootstrap $(CHECKS:%=check-%) ## Lint, formatting, types, import contracts, templates, migrations

bench: bootstrap assets ## Measure beside a floor (AREA=core SCALE=0.01); writes benchmarks/latest.json
	@$(PYTHON_BIN) -m benchmarks.run $(if $(AREA),--area $(AREA)) $(if $(SCALE),--scale $(SCALE))

assets: bootstrap ## Build style sheets, scripts and icons where their sources changed
	@$(PYTHON_BIN) -m saas.web.assets_build

bootstrap: ## Install the locked environment into .venv
	@bin/bootstrap

browser: bootstrap ## Find a Chromium for the tests, or install one
	@$(PYTHON_BIN) -m saas.devstack.browser_install

format: bootstrap ## Rewrite the code in the one format
	@$(PYTHON_BIN) -m ruff check --fix-only --quiet .
	@$(PYTHON_BIN) -m ruff format .

clean: ## Remove what is built, installed or cached; keeps the data
	rm -rf .venv .tools .cache node_modules saas/web/static .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-results

reset: bootstrap ## Delete the development data, after asking
	@$(PYTHON_BIN) -m saas.devstack.reset

check-lint: bootstrap
	@$(PYTHON_BIN) -m ruff check .

check-format: bootstrap
	@$(PYTHON_BIN) -m ruff format --check .

check-types: bootstrap
	@$(PYTHON_BIN) -m mypy

check-imports: bootstrap
	@$(PYTHON_BIN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-logo

check-templates: bootstrap
	@$(PYTHON_BIN) -m saas.devstack.template_lint

check-migrations: bootstrap
	@$(PYTHON_BIN) -m saas.devstack.migrations_check

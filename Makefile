# On a fresh machine with Python 3.11 or newer: make demo, make test. Everything lands in .venv and build.

VENV := .venv
BIN := $(VENV)/bin
# An environment of its own needs no PYTHONPATH from outside, and no other environment's tools.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.DEFAULT_GOAL := help
.PHONY: help demo lint test check judges format bench reliability corpus referee reference constraints clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 20

demo: $(VENV)/.runs ## a digest of the bundled sample newsroom, without sending anything
	@rm -rf build/demo
	@$(BIN)/digest --dry-run --demo --out build/demo
	@printf '\nThe email as HTML:\n'; for page in build/demo/*.html; do printf '  file://%s\n' "$(CURDIR)/$$page"; done

lint: $(VENV)/.develops ## format, lint, types, house plan, dead code
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

test: $(VENV)/.develops ## all tests
	$(BIN)/pytest -n auto

check: lint test ## both: what must be green before every commit

judges: build/judges/.installed ## tools of others that judge the email; tests that ask them are skipped without

format: $(VENV)/.develops ## put the code into shape
	$(BIN)/ruff check --fix --select I
	$(BIN)/ruff format

bench: $(VENV)/.develops ## measure, as bench/README.md says; one table
	$(BIN)/python -m bench

reliability: $(VENV)/.develops ## 10 months of faults, and 200 times kill -9: an hour; what comes of it stands in docs/reliability.md
	$(BIN)/python tests/reliability/month.py 10
	$(BIN)/python tests/reliability/kill_loop.py 200

corpus: $(VENV)/.develops ## read feedparser's own test feeds, fetched for it, and compare with what they expect
	$(BIN)/python -m bench.corpus

referee: $(VENV)/.develops ## score how politely digest treats the web, rule by rule
	$(BIN)/python -m tests.referee

reference: $(VENV)/.develops ## write the reference pages, manual pages and shell completion anew
	$(BIN)/python -m tools.reference

constraints: ## resolve all dependencies anew, for every supported Python, into constraints.txt
	uv pip compile pyproject.toml --upgrade --universal --python-version 3.11 --all-extras \
		--no-annotate --quiet --custom-compile-command 'make constraints' --output-file constraints.txt

clean: ## remove what was built, but not .venv
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

# No install scripts: vnu's would fetch a Java of its own.
build/judges/.installed: tests/render/judges/package.json tests/render/judges/package-lock.json
	@mkdir -p $(@D)
	@cp tests/render/judges/package*.json tests/render/judges/.npmrc $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The stamps are newer than what they were installed from, so a second make installs nothing.
$(VENV)/.runs: pyproject.toml constraints.txt .ci/venv
	@.ci/venv $(VENV)
	@touch $@

$(VENV)/.develops: pyproject.toml constraints.txt .ci/venv
	@.ci/venv $(VENV) dev,postgresql,notify
	@touch $@ $(VENV)/.runs

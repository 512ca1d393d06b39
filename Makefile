# Everything a fresh clone needs: Python 3.10 or newer, a C linker and make. Rust is used where it is found
# (rustup, a distribution's cargo); where it is not, maturin fetches a private copy.
#
#   make run      set up, then run the README's example search
#   make test     set up, then every check and test
#
# PYTHON=python3.12 make run     takes another interpreter

PYTHON ?= python3
VENV ?= .venv

BIN := $(VENV)/bin
WHEEL = $$(ls dist/*.whl)

# rustup puts cargo here, and a shell that was open before does not know it yet.
export PATH := $(PATH):$(HOME)/.cargo/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYO3_PYTHON := $(abspath $(BIN))/python
# What is tested is the installed wheel, never a source folder on somebody's path.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

PYTHON_FOLDERS := $(wildcard python tests benchmarks)

EXAMPLE := search llama-3.1-70b --cluster dgx-h100-superpod --devices 256 --global-batch 1024 --seq-len 8192 --tokens 15T

# What goes into the wheel. Folders are in the list too: their time changes when a file is removed.
SOURCES := Cargo.toml Cargo.lock pyproject.toml README.md LICENSE \
  $(shell find rust python topologies -name __pycache__ -prune -o ! -name '*.so' ! -name '*.pyc' -print 2>/dev/null)

.DELETE_ON_ERROR:
.PHONY: help run test setup wheel rust-checks python-checks python-tests bench format clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed  ## set up, then run the README's example search
	$(BIN)/clusterplan $(EXAMPLE)

test: python-checks rust-checks python-tests  ## set up, then every check and every test

setup: $(VENV)/.development  ## make .venv with the release build and the developers' tools

wheel: dist/.built  ## build the release wheel into dist/

rust-checks: $(VENV)/.made  ## cargo fmt, clippy and test
	.ci/with-rust cargo fmt --all --check
	.ci/with-rust cargo clippy --locked --workspace --all-targets -- -D warnings
	.ci/with-rust cargo test --locked --workspace

python-checks: $(VENV)/.development  ## ruff, mypy and stubtest
	$(BIN)/ruff check $(PYTHON_FOLDERS)
	$(BIN)/ruff format --check $(PYTHON_FOLDERS)
	$(BIN)/mypy --strict python/clusterplan
	$(BIN)/python -m mypy.stubtest clusterplan._core

python-tests: $(VENV)/.development  ## pytest on the installed wheel
	CLUSTERPLAN_WHEEL=$(CURDIR)/$(WHEEL) $(BIN)/pytest

bench: $(VENV)/.development  ## benchmarks of the engine and of the command line
	.ci/with-rust cargo bench --locked --workspace
	@for script in benchmarks/bench_*.py; do [ ! -e "$$script" ] || $(BIN)/python "$$script" || exit 1; done

format: $(VENV)/.development  ## put every file into shape
	.ci/with-rust cargo fmt --all
	$(BIN)/ruff check --fix $(PYTHON_FOLDERS)
	$(BIN)/ruff format $(PYTHON_FOLDERS)

clean:  ## remove all that was built, .venv included
	rm -rf "$(VENV)" dist target build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find $(PYTHON_FOLDERS) -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up: each step leaves a stamp, and is skipped until something it depends on changes ---------------------------

$(VENV)/.made:
	@.ci/check-machine "$(PYTHON)"
	"$(PYTHON)" -m venv "$(VENV)"
	@touch $@

dist/.built: $(SOURCES) | $(VENV)/.made
	@rm -rf dist && mkdir dist
	.ci/build-wheel $(BIN)/python dist
	@touch $@

$(VENV)/.installed: dist/.built $(VENV)/.made
	$(BIN)/pip install --quiet "$(WHEEL)"
	@# The version is the same while the sources change: put the new build in the place of the old one.
	$(BIN)/pip install --quiet --force-reinstall --no-deps "$(WHEEL)"
	@touch $@

$(VENV)/.development: $(VENV)/.installed
	$(BIN)/pip install --quiet "$(WHEEL)[dev]"
	@touch $@

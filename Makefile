# Everything a fresh machine needs: python3.11 or 3.12, make, git and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# of pyproject.toml: `make test EXTRAS=test,peers` compares the model with transformers and PyTorch, too
EXTRAS ?= test
INSTALLED := $(VENV)/.installed-$(EXTRAS)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock
BENCHMARKS := encode prepare prepare_memory near_duplicates audit derived carriers feed loop blocks train_step evaluation generation sandbox diversity

.PHONY: help install quickstart notebooks test test-slow lint bench lock clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

install: $(INSTALLED)  ## install codemix into .venv, versions from the lock

$(INSTALLED): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' || \
		{ echo "codemix needs Python 3.11 or 3.12; name one: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "installing codemix into $(VENV): a minute or two, 3.5 GB"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --editable '.[$(EXTRAS)]'
	@touch $@

quickstart: install  ## the quickstart study, from raw files to its report
	$(BIN)/codemix run gin/studies/quickstart.gin

notebooks: install  ## the notebooks in Jupyter
	$(PIP_INSTALL) --editable '.[notebooks]'
	$(BIN)/jupyter lab --notebook-dir notebooks study.ipynb

test: install lint  ## the tests
	$(BIN)/python -m pytest

test-slow: install lint  ## the tests, the long ones too
	$(BIN)/python -m pytest --slow

lint: install  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: install  ## every benchmark beside its peer
	$(PIP_INSTALL) --editable '.[test,bench]'
	for benchmark in $(BENCHMARKS); do $(BIN)/python -m tests.benchmarks.$$benchmark || exit 1; done

lock: install  ## resolve the newest versions that work together into requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --upgrade --fork-strategy fewest --python-version 3.11 --all-extras \
		--no-header --no-annotate --no-emit-index-url --output-file requirements.lock pyproject.toml

clean:  ## remove what the tests and the linters leave behind
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis

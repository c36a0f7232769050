# Every target sets up its own environment. Variables:
#   PYTHON   the Python interpreter for .venv (default: the newest from 3.13 to 3.11)
#   WORKERS  the number of test processes
WORKERS ?= 2
# Each worker starts with half of the files, so that few fixtures are made twice.
PYTEST = -m pytest -n $(WORKERS) --dist worksteal
FIND_PYTHON = .ci/find-python
STAMP = .installed
DEPENDS = setup.py pyproject.toml

.PHONY: quickstart test test-fast test-faults test-oldest campaign lint format reference clean

quickstart: .venv/$(STAMP)
	.venv/bin/python -m hub_estimator.examples.quickstart runs/quickstart

test: .venv/$(STAMP) lint
	.venv/bin/python $(PYTEST) -m "not faults"

# For the inner loop: skips tests that take more than a few seconds.
test-fast: .venv/$(STAMP)
	.venv/bin/python $(PYTEST) -m "not slow and not faults"

# Kills processes, fills disks and runs clusters; most of them one at a time.
test-faults: .venv/$(STAMP)
	.venv/bin/python $(PYTEST) -m faults

# Skips what doesn't depend on TensorFlow's version: files, servers, signals, sweeps.
test-oldest: .venv-oldest/$(STAMP)
	.venv-oldest/bin/python $(PYTEST) -m "not newest"

# Injects many faults at random moments. Takes about 40 minutes on 2 cores.
campaign: .venv/$(STAMP)
	HUB_ESTIMATOR_KILLS=50 HUB_ESTIMATOR_MUTATIONS=2000 \
	HUB_ESTIMATOR_EVALUATIONS=200 HUB_ESTIMATOR_MUTATED_DATA=1000 \
	.venv/bin/python $(PYTEST) tests/faults

lint: .venv/$(STAMP)
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: .venv/$(STAMP)
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

# Generates docs/reference from the docstrings.
reference: .venv/$(STAMP)
	.venv/bin/python docs/make_reference.py

clean:
	rm -rf .venv .venv-oldest build *.egg-info

.venv/$(STAMP): requirements/newest.txt $(DEPENDS)
	python=$${PYTHON:-$$($(FIND_PYTHON) 3.13 3.12 3.11)} && "$$python" -m venv .venv
	.venv/bin/python -m pip install --quiet --upgrade pip
	.venv/bin/python -m pip install --quiet -r requirements/newest.txt -e .
	touch $@

.venv-oldest/$(STAMP): requirements/oldest.txt $(DEPENDS)
	python=$$($(FIND_PYTHON) 3.11) && "$$python" -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --upgrade pip
	.venv-oldest/bin/python -m pip install --quiet -r requirements/oldest.txt -e .
	touch $@

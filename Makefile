# The two commands of the README. Windows without make: see README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: serve test docs clean

serve: $(VENV)/serve.stamp  ## open the atlas at http://127.0.0.1:8000
	$(BIN)/zoneatlas serve

test: $(VENV)/test.stamp  ## lint, types, tests, also in a browser
	$(BIN)/python tests/run.py

docs: $(VENV)/docs.stamp  ## write the documentation into docs/build
	$(BIN)/python -m sphinx -b html -W --keep-going -q docs docs/build

$(VENV)/serve.stamp: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/test.stamp: $(VENV)/serve.stamp
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	touch $@

$(VENV)/docs.stamp: $(VENV)/serve.stamp
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV)

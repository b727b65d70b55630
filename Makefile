# make run   installs on first use and serves the page on http://127.0.0.1:7860 (HOST=, PORT= change it)
# make test  installs on first use and runs the tests
# make check ruff and mypy
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
BIN := .venv/bin

.PHONY: run test check model clean

run: .venv/.ready
	$(BIN)/isek serve --host $(HOST) --port $(PORT)

test: .venv/.ready
	$(BIN)/python -m pytest

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

model: .venv/.ready
	$(BIN)/isek-train

# The stamp is written last: a killed install is done again. Nothing is fetched while it is newer than both files.
.venv/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	    || { echo "Python 3.11 oder neuer wird gebraucht, gefunden: $$($(PYTHON) --version 2>&1). Mit «make PYTHON=python3.12 …» lässt sich ein anderes wählen." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	    || { echo "Das Python-Modul venv fehlt. Unter Debian und Ubuntu: apt install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv .isek

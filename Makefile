# make run   installs on first use and serves the page on http://127.0.0.1:7860 (HOST=, PORT= change it)
# make test  installs on first use and runs the tests, on up to four cores; make test-all also those that take long, as
#            continuous integration does
# make check ruff and mypy
# make soak  damages indexes, kills who saves them and the database's writers, hundreds of times, and looks for what is
#            lost or served damaged (SQLite and PostgreSQL, half an hour)
# make soak-load  20 users for 30 minutes: does the server's memory grow?
# make fuzz  feeds each parser with bytes made up by coverage (atheris), SECONDS=60 each; findings are kept in .venv/fuzz
# make audit known vulnerabilities of the pinned packages (asks the package index); make sbom writes isek.cdx.json
# make constraints pins anew what the newest fitting versions are
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
BIN := .venv/bin

.PHONY: run test test-all check soak fuzz model audit sbom constraints soak soak-load clean

run: .venv/.ready
	$(BIN)/isek serve --host $(HOST) --port $(PORT)

# A file's tests share servers and a browser, so they stay together.
# They keep the index of the goals that they build, as long as the code and data it is made of stay the same.
PYTEST := ISEK_TEST_INDEX=$(CURDIR)/.venv/tests $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile

test: .venv/.ready
	$(PYTEST) -m 'not slow'

test-all: .venv/.ready
	$(PYTEST)

check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: .venv/.ready
	$(BIN)/python tests/index_soak.py --damages 1000 --kills 500
	$(BIN)/python tests/decision_soak.py --kills 500 --writers 8 --transactions 250
	$(BIN)/python tests/decision_soak.py --kills 100 --writers 8 --transactions 250 --postgresql

soak-load: .venv/.ready
	$(BIN)/isek bench load --users 20 --minutes 30 --output .isek/messung

# atheris lives in an environment of its own and borrows the packages of the other.
SECONDS ?= 60
FUZZ := .venv/fuzz
$(FUZZ)/.ready: .venv/.ready
	$(PYTHON) -m venv $(FUZZ)
	$(FUZZ)/bin/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	@touch $@

fuzz: $(FUZZ)/.ready
	@packages=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))'); root=$$PWD; cd $(FUZZ); \
	for name in $$(cd $$root/tests && PYTHONPATH=$$root $$root/$(BIN)/python -c 'from parsers import PARSERS; print(*PARSERS)'); do \
	    echo "$$name"; PYTHONPATH=$$root:$$packages nice -n 19 bin/python $$root/tests/fuzz.py $$name --seconds $(SECONDS) 2>&1 \
	        | grep -E 'ERROR|Uncaught|Exception|number_of_executed|Test unit written'; \
	done

model: .venv/.ready
	$(BIN)/isek-train

# The tools look at the project from an environment of their own. --strict: a package that could not be looked up is a failure.
TOOLS := .venv/tools
$(TOOLS)/.ready: .venv/.ready
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0
	@touch $@

audit: $(TOOLS)/.ready
	$(TOOLS)/bin/pip-audit --strict --disable-pip --no-deps -r constraints.txt

sbom: $(TOOLS)/.ready
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o isek.cdx.json $(BIN)/python

constraints:
	rm -rf .venv/fresh
	$(PYTHON) -m venv .venv/fresh
	.venv/fresh/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	.venv/fresh/bin/python -m pip freeze --all --exclude-editable --exclude pip | sed 's/+cpu//' | sort -f > constraints.new
	mv constraints.new constraints.txt
	rm -rf .venv/fresh

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

# demo, test, check, format, docs, bench, chaos; CI calls `make check` and `make test`, nothing else.
# Everything goes into .venv, from requirements.lock (exact versions, with hashes).

# The first Python of 3.11 to 3.13 that can make a virtual environment; make PYTHON=… names another.
PYTHON ?= $(shell for p in python3 python3.12 python3.13 python3.11 python; do \
	"$$p" -c "import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" 2>/dev/null \
	&& { echo "$$p"; break; }; done)
BIN := .venv/bin
# A folder of its own, because `uv pip sync` removes from .venv what the lock does not name.
UV := .venv/uv/bin/uv
export UV_PYTHON_DOWNLOADS := never
export DO_NOT_TRACK := 1

.PHONY: install demo test check format docs bench chaos clean

install: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "erreur : Python 3.11, 3.12 ou 3.13 introuvable (avec venv) ; l'installer, ou : make PYTHON=/chemin/vers/python3.12"; exit 3; }
	"$(PYTHON)" -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --target .venv/uv uv==0.13.9
	$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: install
	$(BIN)/layidu demo

test: install
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/layidu check
	$(BIN)/layidu schemas --check

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: install  # docs/generated: what the program says of itself
	$(BIN)/layidu schemas
	$(BIN)/python -m tests.docs $(PAGES)

bench: install  # make bench TOPICS="load"; writes docs/generated/bench.md
	$(BIN)/python -m tests.bench $(TOPICS)

chaos: install  # make chaos CHAOS="--kills 500"; at length, beyond what make test kills
	$(BIN)/python -m tests.chaos $(CHAOS)

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

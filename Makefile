# make run    start Cameo (sets up everything it needs the first time)
# make test   all tests, on real parts; make check: lint, types, imports, sizes, licences; make bench: the benchmarks
# make pictures   the README's pictures, from the running product, in Chromium
# make prompts   what the model is sent in twelve scenes, as files and as a page (prompts/index.html)
# make lock   make the lock files anew, and with them NOTICE and sbom.cdx.json (CycloneDX)

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps

# Where this is set, as in many containers, each start and each test process would compile all files anew (0.3 s of 1.3).
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test check bench prompts pictures lock clean
.SILENT:
.DEFAULT_GOAL := run

run:
	exec ./cameo run $(ARGS)

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/test_house.py tests/supply

test: .venv/.dev .venv-synapse/.done
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder --cov --cov-report=term $(ARGS)

prompts: .venv/.dev
	$(BIN)/python -m tests.scenes $(ARGS)

pictures: .venv/.dev
	$(BIN)/python -m tests.bench.pictures $(ARGS)

bench: .venv/.dev .venv-synapse/.done
	$(BIN)/python -m tests.bench $(if $(DATA),--data $(DATA)) $(ARGS)

# Each stamp is newer than the lock it was installed from, so a second start costs nothing.
.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Cameo needs Python 3.11 or newer (make run PYTHON=python3.12)"; exit 1; }
	$(PYTHON) -m venv .venv || { echo "Python's venv is missing (Debian, Ubuntu: apt install python3-venv)"; exit 1; }

.venv/.run: requirements.lock | .venv/bin/python
	echo "Setting up (about a minute, once) ..."
	$(PIP) -r requirements.lock
	touch $@

.venv/.dev: requirements-dev.lock | .venv/bin/python
	echo "Setting up the tests (about a minute, once) ..."
	$(PIP) -r requirements-dev.lock
	touch .venv/.run $@

.venv-synapse/.done: requirements-synapse.lock
	echo "Setting up the Matrix server for the tests (half a minute, once) ..."
	$(PYTHON) -m venv .venv-synapse
	.venv-synapse/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes --no-deps -r requirements-synapse.lock
	touch $@

# Universal: one lock for all systems and Python versions; hashes, and no address of any index.
UV := .venv-lock/bin/uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --no-emit-index-url --upgrade --quiet
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip --disable-pip-version-check install --quiet uv
	$(UV) pyproject.toml -o requirements.lock
	$(UV) pyproject.toml --extra builtin --group dev -c requirements.lock -o requirements-dev.lock
	echo 'matrix-synapse==1.163.2' | $(UV) - -o requirements-synapse.lock
	$(MAKE) .venv/.dev
	$(BIN)/python -m tests.supply.sbom

clean:
	rm -rf .venv .venv-synapse .venv-lock .mypy_cache .ruff_cache .pytest_cache

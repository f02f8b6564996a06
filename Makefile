# `make demo` sets everything up and turns the wheel; `make test` sets everything up and passes the tests.
PYTHON ?= python3
BIN := .venv/bin
DATA ?= ../shared/data
# Test files are shared out over workers, half as many again as cores, because many tests wait for something.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(min(6, 3 * (os.cpu_count() or 2) // 2))")
SPREAD ?= -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# One thread a process for linear algebra: workers that each take every core wait for each other.
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest

.PHONY: setup demo test check fast bench wheel entries conform-lerobot conform-lerobot-train lerobot conform-rlds docs lock clean

setup: .venv/ready

.venv/ready: constraints.txt constraints-uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Volant needs Python 3.11 or newer; name one with PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r constraints-uv.txt
	@# a third of pip's time; pip itself where uv finds no index, because it does not read pip's settings
	$(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r constraints.txt \
		|| $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r constraints.txt
	@$(MAKE) -s entries
	@touch .venv/ready

entries:
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .

demo: setup
	$(BIN)/python examples/demo.py --data $(DATA) --out demo-out
	rm -rf demo-out/wheel && $(BIN)/volant turn -o demo-out/wheel

test: setup
	@$(BIN)/python tests/warm.py & warming=$$!; $(MAKE) check || { kill $$warming; exit 1; }; wait $$warming
	$(PYTEST) $(SPREAD)

fast: setup
	$(PYTEST) $(SPREAD) -m "not slow"

check: setup
	$(BIN)/ruff format --no-cache --check src tests bench examples
	$(BIN)/ruff check --no-cache src tests bench examples
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/ty check src

bench: setup
	$(BIN)/python -m bench

wheel: setup
	rm -rf dist && $(BIN)/python -m build --no-isolation --wheel -q
	bash tests/wheel/smoke.sh

conform-lerobot: setup
	bash tests/conform_lerobot/run.sh

# LeRobot's own environment, and one of its policies trained, opened and evaluated through ours.
lerobot:
	bash tests/conform_lerobot/train.sh --only-install

conform-lerobot-train: setup
	bash tests/conform_lerobot/train.sh

conform-rlds: setup
	DATA=$(DATA) bash tests/conform_rlds/run.sh

docs: setup
	$(BIN)/python docs/generate.py

lock:
	$(BIN)/python -m pip install -q uv
	echo uv | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q -o constraints-uv.txt -
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml -q -o constraints.txt

clean:
	rm -rf .venv .venvs dist demo-out bench-out .mypy_cache .ruff_cache

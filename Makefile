# What a newcomer types: `make run`, `make test`. Both set everything up first.
VENV := .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := $(VENV)/bin
ARGS ?=
SHELL := /bin/bash

.PHONY: help setup system run test search lint types contracts protos check-protos web check-page bench accuracy soak soak-outage kills simulate bench-calibration test-vm lock clean

help:
	@echo "make run [ARGS=--once]   start a gateway with synthetic devices and make a first capture"
	@echo "make test                every check, as CI runs it"
	@echo "make search              the properties alone, on examples that were not tried before"
	@echo "make bench               the figures beside their goals"
	@echo "make bench-calibration   how well procedures recover what drawn devices are"
	@echo "make accuracy            error rates on the public prints and irises beside the checkout, guidance, slaps, outlines on drawn ones"
	@echo "make soak                2,000 captures over six devices that fail at random; prints the tally"
	@echo "make soak-outage         10,000 packets through every fault of an outage at once; prints the tally"
	@echo "make kills              a gateway killed at 100 random instants of enrolments; each goes on, and is sealed once"
	@echo "make simulate           a country's gateways after a week's outage, before a centre of a given capacity"
	@echo "make test-vm             cameras, card readers and serial ports on a real kernel, in an emulated machine"
	@echo "make protos              the Python code of protos/rekam/v1"
	@echo "make web                 the operator's page: web/ built into gateway/web/page (needs Node)"
	@echo "make lock                requirements.lock from pyproject.toml"

setup: system $(VENV)/installed

system:
	@tools/install_system_packages.sh

$(VENV)/installed: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

run: setup
	$(BIN)/rekam serve --synthetic --demo --state state $(ARGS)

test: setup lint types contracts check-protos check-page
	$(BIN)/python -m pytest --numprocesses auto

search: setup
	$(BIN)/python -m pytest --numprocesses auto -m hypothesis --hypothesis-profile search $(ARGS)

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

protos: setup
	$(BIN)/python protos/generate.py

check-protos:
	PATH="$(CURDIR)/$(BIN):$$PATH" tools/check_protos.sh

web: setup
	tools/check_page.sh --write

check-page: setup
	tools/check_page.sh

bench: setup
	$(BIN)/python -m tests.benchmarks

bench-calibration: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.calibration_figures
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.calibration_verdicts
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.calibration_cameras

accuracy: setup
	$(BIN)/python -m tests.benchmarks.finger_accuracy
	$(BIN)/python -m tests.benchmarks.finger_accuracy --perturb 1
	$(BIN)/python -m tests.benchmarks.finger_quality
	$(BIN)/python -m tests.benchmarks.finger_guidance --count 100
	$(BIN)/python -m tests.benchmarks.slap_segmentation
	$(BIN)/python -m tests.benchmarks.card_templates
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.iris_table

test-vm: setup
	tools/install_vm_packages.sh
	$(BIN)/python -m tests.vm.start $(ARGS)

soak: setup
	$(BIN)/python -m tests.soak $(ARGS)

simulate: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.simulation --plots docs/images $(ARGS)

soak-outage: setup
	OMP_NUM_THREADS=1 GRPC_VERBOSITY=NONE $(BIN)/python -m tests.soak_outage $(ARGS)

kills: setup
	$(BIN)/python -m tests.enrolment_kills --kills 100 $(ARGS)

lock: setup
	$(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 --group dev --extra postgresql pyproject.toml --output-file requirements.lock

clean:
	rm -rf web/node_modules web/.tests web/source/generated $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis state captures

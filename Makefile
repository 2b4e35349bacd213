# `make demo` and `make test` do all the set-up a fresh machine needs: Python 3.11 or newer and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
DEMO_LLM ?= default
# Those of benchmarks/ that ask no language model; the others are run by hand, for hours.
BENCHES := retrieval dense ensemble scale.export speech serving
EXTRAS := articles,bench,dev,mlflow,openai,openai-whisper,ops,postgres,ray,s3,serve,trees
LOCKED := postgres s3 serve

# The one package as it is installed: neither mypy nor import-linter follows the mapping in setup.py.
FOLDERS := agent app core engine eval ingest learning models ops prompts retrieval serving store
TREE := build/tree

# Private evaluation data, used by tests marked `realdata` where it exists.
BENCH_DATA := $(wildcard ../shared/data)
export SHORTLIST_BENCH_DATA ?= $(abspath $(BENCH_DATA))

# Tests start Python many times: compile once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo demo-pipeline serve test test-integration test-all test-aws check lint types spelling fresh-docs format docs screenshot bench constraints clean

help:  ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "expected Python 3.11 or newer, found $$($(PYTHON) -V); set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }

$(STAMP)-install: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(STAMP)-dev: $(STAMP)-install
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

install: $(STAMP)-install  ## make .venv and install Shortlist into it

demo: $(STAMP)-install  ## ingest sample/, recommend with and without a wish, chat once (DEMO_LLM=tiny for a small model)
	@DEMO_LLM=$(DEMO_LLM) sample/demo.sh

demo-pipeline: $(STAMP)-install  ## four days of real news arrive, with all that goes wrong: about ten minutes
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[ops]'
	$(BIN)/shortlist models pull all-MiniLM-L6-v2 splade-tiny
	@$(BIN)/python -m benchmarks.ops.unattended "$(SHORTLIST_BENCH_DATA)/eval/mind_nov9to12"

serve: $(STAMP)-install  ## the web page of the default home, at http://127.0.0.1:7860
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[serve]'
	$(BIN)/shortlist serve web

test: $(STAMP)-dev  ## the default test suite, about 2 minutes on two idle cores after the install
	$(BIN)/shortlist models pull all-MiniLM-L6-v2 splade-tiny smollm2-135m whisper-tiny.en
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-integration: $(STAMP)-dev  ## tests on whole homes, real models, databases, a browser (skipped where not installed)
	$(BIN)/shortlist models pull all-MiniLM-L6-v2 splade-tiny smollm2-135m whisper-tiny.en
	$(BIN)/python -m pytest -m "(servers or integration) and not slow" -n 2 --dist loadfile

test-all: $(STAMP)-dev  ## every test, slow ones and those on real data included
	$(BIN)/shortlist models pull all
	$(BIN)/python -m pytest -m ""

# Everything of deploy/aws, with tools in environments of their own: Shortlist and the CDK want different packages.
AWS := build/aws
CDK := aws-cdk@2.1148.1
RUNTIME_CLIENT := awslambdaric==4.2.2
test-aws: $(STAMP)-dev  ## deploy/aws: templates, policies, and the stack on emulators (installs CDK, ministack and more; minutes)
	test -x $(AWS)/bin/python || $(BIN)/python -m venv $(AWS)
	$(AWS)/bin/python -m pip install -q --disable-pip-version-check -r deploy/aws/requirements.txt
	test -x $(AWS)-emulator/bin/python || $(BIN)/python -m venv $(AWS)-emulator
	$(AWS)-emulator/bin/python -m pip install -q --disable-pip-version-check -r deploy/aws/emulator.txt
	test -d $(AWS)-cdk || PATH="$(abspath $(AWS))/bin:$$PATH" npm install --silent --no-fund --no-audit --prefix $(AWS)-cdk $(CDK)
	test -d $(AWS)-lambda || $(BIN)/python -m pip install -q --disable-pip-version-check --target $(AWS)-lambda $(RUNTIME_CLIENT)
	$(BIN)/shortlist models pull all-MiniLM-L6-v2 splade-tiny
	cd deploy/aws && $(abspath $(AWS))/bin/mypy --cache-dir $(CURDIR)/.mypy_cache
	cd deploy/aws && MINISTACK=$(abspath $(AWS)-emulator)/bin/ministack $(abspath $(AWS))/bin/python -m pytest
	$(BIN)/python -m pytest -m "" tests/deploy/emulated

check: lint types spelling fresh-docs  ## ruff, mypy --strict, layers, spelling, docs freshness

lint: $(STAMP)-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)-dev
	rm -rf $(TREE) && mkdir -p $(TREE)/shortlist && cp -p shortlist/*.py $(TREE)/shortlist && cp -rp $(FOLDERS) $(TREE)/shortlist && cp -rp tools $(TREE)
	cd $(TREE) && $(abspath $(BIN))/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache -p shortlist -p tools
	cd $(TREE) && $(abspath $(BIN))/lint-imports --config $(CURDIR)/pyproject.toml --no-cache

spelling: $(STAMP)-dev
	$(BIN)/codespell

fresh-docs: $(STAMP)-dev
	$(BIN)/python -m docs.generate --check

format: $(STAMP)-dev  ## let ruff format and fix what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(STAMP)-dev  ## write docs/cli.md and docs/config.md from the code
	$(BIN)/python -m docs.generate

screenshot: $(STAMP)-dev  ## write docs/page.png: the web page over sample/ (needs Chromium)
	$(BIN)/python -m docs.screenshot

bench: $(STAMP)-install  ## speed and memory against peers, on the evaluation data (installs the bench extra)
	@test -d "$(SHORTLIST_BENCH_DATA)" || { echo "the evaluation data is missing: set SHORTLIST_BENCH_DATA to its folder (docs/evaluation.md)"; exit 1; }
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[bench,serve]'
	for name in $(BENCHES); do $(BIN)/python -m benchmarks.$$name || exit 1; done

constraints: $(STAMP)-dev  ## write constraints.txt (what pip chooses for every extra) and requirements.lock (with hashes)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@{ echo '# Written by `make constraints`. torch is a range: a CPU build carries a local version that the index does not serve.'; \
	  echo 'torch>=2.9,<2.14'; \
	  $(BIN)/python -m pip freeze --exclude-editable | grep -vE '^(torch|triton|shortlist|pip|setuptools)\b' | LC_ALL=C sort -f; } > constraints.txt.new
	@mv constraints.txt.new constraints.txt
	$(BIN)/uv pip compile -q pyproject.toml -c constraints.txt $(addprefix --extra ,$(LOCKED)) --generate-hashes \
	  --universal --python-version 3.11 --no-header --no-annotate --no-sources -o requirements.lock

clean:  ## remove everything that was made, the default home's contents included
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache reports
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find chroma_db -mindepth 1 ! -name README.md -delete

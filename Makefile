# Two commands: `make run` and `make test`. Both do all the set-up that is missing, and say so on stderr.

SHELL := /bin/sh
BIN := .venv/bin
READ_TOKEN := import dotenv; print(dotenv.dotenv_values(".env").get("DISCORD_TOKEN") or "")
.DEFAULT_GOAL := help
.NOTPARALLEL:
.SILENT:
.PHONY: help run test attacks faults fuzz chat-load chat-llama transcript bench bench-sandbox bench-replay bench-files bench-load soak file-types setup setup-host lint types contracts tests format audit bandit lock clean

help: ## List the commands
	sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 18

run: setup-host ## Open the console, or start the Discord bot when DISCORD_TOKEN is set
	token=$$DISCORD_TOKEN; \
	if [ -z "$$token" ] && [ -f .env ]; then token=$$($(BIN)/python -c '$(READ_TOKEN)'); fi; \
	if [ -n "$$token" ]; then exec $(BIN)/fileledger bot; else exec $(BIN)/fileledger console; fi

test: lint types contracts tests ## Check style, types and layers, and run every test with coverage

setup: ## Install everything, the test tools too
	tools/setup.sh --dev

setup-host:
	tools/setup.sh

lint: setup ## Check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup ## Check types
	$(BIN)/mypy

contracts: setup ## Check the contract between the layers, and that every dependency is declared
	$(BIN)/lint-imports --no-logo
	report=$$($(BIN)/deptry . --no-ansi 2>&1) || { printf '%s\n' "$$report" | grep -v ^Assuming; exit 1; }

tests: setup ## Run the tests; `make tests ARGS='-k expiry'` runs some
	$(BIN)/pytest --numprocesses 3 --dist worksteal --cov --cov-report term $(ARGS)

transcript: setup ## Draw the pictures of docs/discord.md anew
	tools/setup.sh --transcript
	$(BIN)/python -m tests.transcript

bench-sandbox: setup ## Measure how long people wait for a run, beside what else runs Python
	tools/setup.sh --benchmarks || :  # without the peers, the report says which are missing
	$(BIN)/python -m benchmarks.sandbox $(ARGS)

bench-replay: setup ## Measure how fast the ledger appends, reads and rebuilds its views, beside its library
	$(BIN)/python -m benchmarks.replay $(ARGS)

attacks: setup ## Attack the sandbox for real, as root (if you are) and as an ordinary user
	tools/attacks.sh $(ARGS)

chat-load: setup ## Let 200 people chat for an hour, pressed into minutes, while the bot is restarted and killed
	$(BIN)/python -m benchmarks.chat $(ARGS)

chat-llama: setup ## Chat with a small model that really runs (llama.cpp; installs 110 MB)
	tools/setup.sh --llama
	$(BIN)/pytest tests/e2e/test_llama.py -m thorough -s $(ARGS)

bench-files: setup ## Measure how fast load_file opens tables, beside pandas
	$(BIN)/python -m benchmarks.files $(ARGS)

bench: setup ## Run all benchmarks (up to two hours), and write docs/benchmarks.md with the table of all goals
	tools/setup.sh --benchmarks || :  # without the peers, the report says which are missing
	$(BIN)/python -m benchmarks $(ARGS)

bench-load: setup ## Measure the bot with 1,000 users, 100,000 files and a million events
	$(BIN)/python -m benchmarks.load $(ARGS)

soak: setup ## Use the bot for SOAK_MINUTES (20) at a steady pace, and see that nothing grows
	SOAK_MINUTES='$(SOAK_MINUTES)' $(BIN)/python -m benchmarks.soak $(ARGS)

file-types: setup ## Write docs/file_types.md; open types on demand, and files of every type in the console
	$(BIN)/python tools/file_types.py > docs/file_types.md
	$(BIN)/pytest tests/integration/loaders/test_on_demand.py tests/e2e/test_every_type.py -m 'thorough or not thorough' $(ARGS)

faults: setup ## Put every fault into the program, whole sweeps of them: docs/faults.md
	table=$$(mktemp); trap 'rm -f "$$table"' EXIT; \
	FILELEDGER_FAULT_TABLE=$$table FILELEDGER_KILLS=$${FILELEDGER_KILLS:-50} FILELEDGER_SWEEP_STRIDE=1 \
	$(BIN)/pytest -m 'thorough or not thorough' --numprocesses 2 --dist worksteal --timeout 7200 \
		tests/faults \
		tests/e2e/test_kill.py \
		tests/e2e/test_killed_bot.py \
		tests/integration/infrastructure/blobs/test_s3.py \
		tests/integration/infrastructure/ledger/test_postgres_restart.py \
		tests/integration/infrastructure/scheduling/test_expiry.py \
		tests/integration/infrastructure/views/test_audit_replay.py \
		tests/integration/infrastructure/views/test_rebuild.py $(ARGS) && \
	$(BIN)/python -m tests.support.fault_table "$$table"

fuzz: setup ## Try 10 times as many examples of every fuzz target as the suite does (some minutes)
	FILELEDGER_EXAMPLES=$${FILELEDGER_EXAMPLES:-400} $(BIN)/pytest --timeout 1800 -m fuzz \
		--numprocesses 2 --dist worksteal $(ARGS)

format: setup ## Repair style and format where a tool can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

audit: ## Look every locked package up in the public advisory database (needs the network)
	tools/setup.sh --only-uv
	for lock in requirements/*.txt; do \
		.tools/bin/uv --quiet tool run pip-audit==2.10.1 --disable-pip --require-hashes --requirement $$lock || failed=1; \
	done; exit $${failed:-0}

bandit: ## Look for what bandit takes for dangerous; docs/security.md says why each kind is not
	tools/setup.sh --only-uv
	.tools/bin/uv --quiet tool run bandit==1.9.2 --quiet --recursive --severity-level medium --exit-zero \
		application domain infrastructure interfaces migrations tools

lock: ## Write the lock files anew; `make lock UPGRADE=1` moves to the newest versions
	tools/setup.sh --only-uv
	UPGRADE='$(UPGRADE)' tools/lock.sh

clean: ## Remove what set-up and the tools made
	rm -rf .tools .venv .venv-sandbox .venv-mongodb .venv-model-server .venv-transcript \
		.venv-benchmarks .venv-llama .layers .setup-lock .coverage .coverage.* \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

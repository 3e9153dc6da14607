# Charter's commands. `make` alone lists them; each says what it does while it does it.
#
#   UPSTREAM=URL UPSTREAM_KEY=KEY   another model for `make run` than the small one it sets up
#   JOBS=N                          compilers at the same time (2)
#   SECONDS_EACH=N                  how long `make fuzz` gives each fuzzer (300)
#   SOAK_SECONDS=N                  how long `make soak` goes on (600)

JOBS ?= 2
SECONDS_EACH ?= 300
SOAK_SECONDS ?= 600
export JOBS SECONDS_EACH SOAK_SECONDS UPSTREAM UPSTREAM_KEY

.DEFAULT_GOAL := help
.PHONY: help build run test bench fuzz soak format clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

build: ## Build the release command, .build-release/release/charter
	@scripts/build.sh

run: ## Build, start a small real model and the gateway in front of it, and show it at work
	@scripts/run.sh

test: ## Lint, build, fuzz briefly and run every test, as CI does
	@scripts/test.sh

bench: ## Measure the engine and the gateway beside their limits and their peers
	@scripts/bench.sh

fuzz: ## Run each fuzzer for SECONDS_EACH seconds
	@scripts/fuzz.sh $(SECONDS_EACH)

soak: ## Load the gateway for SOAK_SECONDS while everything around it fails and changes
	@scripts/soak.sh

format: ## Rewrite the Swift files in the style of the house
	@scripts/format.sh

clean: ## Remove what building, testing and running have made
	@scripts/clean.sh

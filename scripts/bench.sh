#!/bin/sh
# Measures, and prints every figure beside the limit it is held against: the engine and the documents
# (Benchmarks/, a Swift package), then the gateway beside nginx and LiteLLM (Benchmarks/gateway/).
set -eu
cd "$(dirname "$0")/.."
scripts/install.sh bench
scripts/build.sh
printf 'Measuring the engine and the documents\n'
swift run --package-path Benchmarks --scratch-path .build-benchmarks -c release -j "${JOBS:-2}"
printf 'Measuring the gateway\n'
python3 Benchmarks/gateway/bench.py --charter .build-release/release/charter

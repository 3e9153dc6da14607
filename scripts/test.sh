#!/usr/bin/env bash
# Every check of the house, as CI runs them. The order is from the quick to the slow, but for the test
# run itself: it comes last, so that the runner's own line, which counts what it ran, ends the output.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-2}
times=()

stage() { # stage NAME COMMAND...
    local name=$1 began=$SECONDS
    shift
    echo "== $name"
    "$@"
    times+=("$(printf '%5d s  %s' $((SECONDS - began)) "$name")")
}

environments() {
    scripts/venv.sh .venv-test Tests/Acceptance/requirements.txt
    scripts/model/setup.sh
}

properties() {
    # The laws need only the engine, so a package of its own builds them in release within a minute.
    CHARTER_CASES=${CHARTER_CASES:-100000} swift test -c release --package-path Tests/Release \
        --scratch-path .build-properties -j "$jobs" --disable-xctest
}

stage "Installing what is missing" scripts/install.sh test
stage "Setting up Python and the model" environments
stage "Checking the format" scripts/format.sh --check
stage "Building the tests (debug)" swift build --build-tests -j "$jobs"
stage "Building the command (release)" scripts/build.sh
stage "Properties, ${CHARTER_CASES:-100000} cases each (release)" properties
stage "Fuzzing, ${FUZZ_SECONDS:-10} s each" scripts/fuzz.sh "${FUZZ_SECONDS:-10}"

echo "== Testing"
printf '%s\n' "${times[@]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# CHARTER_ACCEPTANCE=required: the tests that need Python and the model must run, not be skipped.
# So many cuttings of answers as take a minute; fewer where `swift test` is run by hand.
CHARTER_CUTTINGS=${CHARTER_CUTTINGS:-20000} CHARTER_ACCEPTANCE=required swift test --skip-build -j "$jobs" --disable-xctest 2>&1 | tee "$log"
if [ "${CI:-}" = true ] && grep -q '^➜.*skipped' "$log"; then
    echo "In CI nothing may be skipped:"
    grep '^➜.*skipped' "$log"
    exit 1
fi

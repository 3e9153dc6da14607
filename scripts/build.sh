#!/bin/sh
# Builds the release command: optimized, with the Swift runtime inside, so that it starts fast and runs
# where no Swift is installed. Its scratch folder is its own: the flag rebuilds every Swift file.
set -eu
cd "$(dirname "$0")/.."
scripts/install.sh build
printf 'Building .build-release/release/charter\n'
swift build -c release --scratch-path .build-release --product charter -j "${JOBS:-2}" --static-swift-stdlib

#!/bin/sh
# Rewrites the Swift files of the house in its style; with --check, says only where they differ (exit 1).
set -eu
cd "$(dirname "$0")/.."
files() { find Package.swift Sources Tests Benchmarks Fuzz -name '.build*' -prune -o -type f -name '*.swift' -print0 2>/dev/null; }
if [ "${1:-}" = --check ]; then
    files | xargs -0 swift format lint --strict --parallel --configuration .swift-format
else
    printf 'Formatting the Swift files\n'
    files | xargs -0 swift format format --in-place --parallel --configuration .swift-format
fi

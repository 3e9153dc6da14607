#!/bin/sh
# Removes what building, testing and running have made, and nothing that anybody wrote.
set -eu
cd "$(dirname "$0")/.."
printf 'Removing build folders and virtual environments\n'
rm -rf .build .build-* .venv-*
for folder in Benchmarks Fuzz Tests; do
    [ ! -d "$folder" ] || find "$folder" -type d \( -name '.build*' -o -name __pycache__ \) -prune -exec rm -rf {} +
done

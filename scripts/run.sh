#!/bin/sh
# Builds what is missing and shows Charter at work: a real model, the gateway in front of it, and one
# question asked as two operators. Ctrl-C ends it all.
set -eu
cd "$(dirname "$0")/.."
scripts/install.sh run
scripts/build.sh
if [ -z "${UPSTREAM:-}" ]; then
    scripts/model/setup.sh
fi
exec python3 scripts/run.py

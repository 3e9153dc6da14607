#!/bin/sh
# A long mixed load with faults, reloads, rotating keys and vanishing clients, and which promises it leaves standing.
#
#   scripts/soak.sh [--seconds N] [--connections N] [--binary FILE] [--format json]
#
# Unsaid, the release command is built and run for SOAK_SECONDS (600). Exit status: 0 every promise was kept, 1 one
# was not.
set -eu
cd "$(dirname "$0")/.."
scripts/install.sh test
scripts/venv.sh .venv-test Tests/Acceptance/requirements.txt
case " $* " in
*" --binary"*) ;;
*) scripts/build.sh >&2 ;;
esac
exec .venv-test/bin/python Tests/Soak/soak.py "$@"

#!/bin/sh
# Makes a Python virtual environment with exact packages, once.
#
#   scripts/venv.sh FOLDER REQUIREMENTS [REQUIREMENTS-WITHOUT-DEPENDENCIES]
#
# Idempotent: a stamp in the folder holds the requirements that it was made from, and only a change of
# them makes it anew. Wheels only, so that no package runs code of its own while it is installed.
set -eu
folder=$1 requirements=$2 bare=${3:-}
stamp="$folder/stamp"
wanted=$(cat "$requirements" ${bare:+"$bare"})
if [ -x "$folder/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then exit 0; fi

say() { if [ -t 2 ]; then printf '%s\n' "$*" >&2; fi; }
say "Making $folder ($(grep -hv '^#' "$requirements" ${bare:+"$bare"} | tr '\n' ' '))"
rm -rf "$folder"
python3 -m venv "$folder"
install="$folder/bin/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all:"
$install -r "$requirements"
if [ -n "$bare" ]; then $install --no-deps -r "$bare"; fi
printf '%s\n' "$wanted" >"$stamp"

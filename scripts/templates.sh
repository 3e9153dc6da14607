#!/bin/sh
# Writes the summary of each template into its page, between the two `inherit` marks.
#
#   scripts/templates.sh [COMMAND]      (unsaid: .build/debug/charter)
set -eu
cd "$(dirname "$0")/.."
charter=${1:-.build/debug/charter}
for layer in Charters/templates/*.yaml; do
    case "$layer" in *.test.yaml) continue ;; esac
    page="${layer%.yaml}.md"
    [ -f "$page" ] || continue
    summary=$("$charter" inherit --summary "$layer")
    awk -v summary="$summary" '
        /^<!-- inherit -->$/ { print; print summary; skip = 1; next }
        /^<!-- \/inherit -->$/ { skip = 0 }
        !skip { print }
    ' "$page" >"$page.new"
    mv "$page.new" "$page"
done

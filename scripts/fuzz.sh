#!/usr/bin/env bash
# Builds the fuzzers of Fuzz/ and gives each of them SECONDS (300) on its corpus, Fuzz/corpus/NAME.
# Exit 1 if one finds something; the input that did it is then in Fuzz/findings/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-300}
if [ ! -f Fuzz/Package.swift ]; then
    echo "No fuzzers yet"
    exit 0
fi
scripts/install.sh build
echo "Building the fuzzers"
build=(swift build --package-path Fuzz --scratch-path .build-fuzz -j "${JOBS:-2}" --sanitize=address
    -Xswiftc "-sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp")
"${build[@]}"
bin=$("${build[@]}" --show-bin-path)
mkdir -p Fuzz/findings
found=0
for source in Fuzz/Sources/*/; do
    fuzzer=$(basename "$source")
    [ -x "$bin/$fuzzer" ] || continue
    corpus="Fuzz/corpus/$fuzzer" scratch=".build-fuzz/corpus/$fuzzer"
    mkdir -p "$corpus" "$scratch"
    echo "Fuzzing for $seconds s: $fuzzer"
    # What is new goes to the scratch folder, so that a run leaves the kept corpus as it was.
    # Leaks are not looked for: the Swift runtime and XCTest keep some memory for good.
    if ASAN_OPTIONS=detect_leaks=0 "$bin/$fuzzer" "$scratch" "$corpus" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="Fuzz/findings/$fuzzer-" >".build-fuzz/$fuzzer.log" 2>&1; then
        tail -n 1 ".build-fuzz/$fuzzer.log"
    else
        tail -n 40 ".build-fuzz/$fuzzer.log"
        found=1
    fi
done
exit "$found"
